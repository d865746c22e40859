"""Which tools a few words mean: a ranking by BM25 over names, descriptions and parameters.

A tool is a document of four fields; how often a word occurs in each is weighted and set against the field's usual
length before it is saturated (BM25F: Robertson, Zaragoza and Taylor, "Simple BM25 Extension to Multiple Weighted
Fields", CIKM 2004). Words are split as programmers write them and shortened to their stems. A word of the query also
finds what tool names say instead of it ("remove" for "delete") and, where no tool has it, the words that begin with
it, that it begins with, or that it is a slip of. The same tools and query give the same ranking on every computer.

Still ugly: stems, synonyms and the words that say nothing are English; other languages are found by their words as
they are written, and those that write no spaces by pairs of letters.
"""

from __future__ import annotations

import math
import re
import unicodedata
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any, Final
from weakref import WeakKeyDictionary

from belljar.audit._words import word_set
from belljar.guess import closest
from belljar.tools._tool import AnyTool

K1: Final = 1.2
"""How soon more of the same word stops to count. Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25
and Beyond", 2009, recommend 1.2 < k1 < 2 and 0.5 < b < 0.8; 1.2 and 0.75 are what Lucene takes."""
_B: Final = 0.75
"""How much a long text loses. From 0.3 to 1 recall at 10 of the benchmark's questions moves by one in a hundred."""
_WEIGHTS: Final = (4.0, 2.0, 1.0, 0.5)
"""Of a word in a tool's own name, its groups, its description, and its parameters: what is said by name is meant most.
Half or twice of any of them leaves recall at 10 of the benchmark's questions as it is, and moves that at 5 by less than
four in a hundred."""

_SYNONYM: Final = 0.5
_GUESSED: Final = 0.5
"""What a word counts that stands in for the one that was asked for."""
_EXPANSIONS: Final = 8
"""Words that one unknown word stands for, at most."""
_QUERY_WORDS: Final = 32
"""Different words of a query that are looked at; what a person or a model asks has fewer."""
_PARAMETER_WORDS: Final = 200
"""Words of a tool's parameters that are looked at, so that an enum of all countries does not drown its name."""
_READ_CHARS: Final = 4_000
"""Of a description or a query: what is said later is seldom what the tool is for."""


class SearchIndex:
    """A catalogue, ready to be asked. Tools are compared by identity, so one that changes is another one."""

    __slots__ = ("_letters", "_numbers", "_postings", "_terms", "tools")

    def __init__(self, tools: Iterable[AnyTool]) -> None:
        self.tools = tuple(tools)
        self._numbers = {tool.name.casefold(): number for number, tool in enumerate(self.tools)}
        self._numbers |= {tool.name: number for number, tool in enumerate(self.tools)}
        self._postings = _weigh([_document_of(tool) for tool in self.tools])
        self._terms = sorted(self._postings)
        self._letters: defaultdict[str, list[str]] = defaultdict(list)
        for term in self._terms:
            self._letters[term[0]].append(term)

    def rank(self, query: str, limit: int | None = None) -> tuple[AnyTool, ...]:
        """The tools that have a word of the query, best first; equals in the order of their names.

        A query that is a tool's full name puts that tool first.
        """
        scores = self._scores(query)
        name = query.strip().removeprefix("tools.")
        named = self._numbers.get(name, self._numbers.get(name.casefold()))
        if named is not None:
            scores[named] = math.inf
        best = sorted(scores, key=lambda number: (-scores[number], self.tools[number].name))
        return tuple(self.tools[number] for number in best[:limit])

    def _scores(self, query: str) -> dict[int, float]:
        scores: defaultdict[int, float] = defaultdict(float)
        for word in islice(query_terms(query), _QUERY_WORDS):
            frequencies = self._frequencies(word)
            rarity = _rarity(len(frequencies), len(self.tools))
            for number, frequency in frequencies.items():
                scores[number] += rarity * frequency / (K1 + frequency)
        return scores

    def _frequencies(self, word: str) -> dict[int, float]:
        """Weighted frequency by tool, of the word and all that stand in for it as if they were one word."""
        best: dict[int, float] = {}
        for term, weight in self._expanded(word).items():
            for number, frequency in self._postings.get(term, ()):
                best[number] = max(best.get(number, 0.0), weight * frequency)
        return best

    def _expanded(self, word: str) -> dict[str, float]:
        synonyms = dict.fromkeys(_SYNONYMS.get(word, ()), _SYNONYM)
        return synonyms | ({word: 1.0} if word in self._postings else dict.fromkeys(self._guesses(word), _GUESSED))

    def _guesses(self, word: str) -> list[str]:
        """What an unknown word may mean: longer words, the longest shorter one, or else the nearest."""
        at = bisect_left(self._terms, word)
        longer = [term for term in self._terms[at : at + _EXPANSIONS] if term.startswith(word) and len(word) > 2]
        shorter = next((word[:n] for n in range(len(word) - 1, 3, -1) if word[:n] in self._postings), None)
        found = longer + ([shorter] if shorter else [])
        # Few slips are in the first letter (Yannakoudakis and Fawthrop, IP&M 19/2, 1983), and the rest is quick.
        near = closest(word, self._near(word)) if not found and len(word) > 2 else None
        return found + ([near] if near else [])

    def _near(self, word: str) -> list[str]:
        return [term for term in self._letters.get(word[0], ()) if abs(len(term) - len(word)) <= 2]


# -- documents --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Document:
    """The words of one tool."""

    fields: tuple[Counter[str], ...]
    """How often each word occurs, in the order of `_WEIGHTS`."""


_documents: WeakKeyDictionary[AnyTool, _Document] = WeakKeyDictionary()
"""A catalogue that changes by one tool reads that one alone."""


def _document_of(tool: AnyTool) -> _Document:
    found = _documents.get(tool)
    if found is None:
        found = _documents[tool] = _read(tool)
    return found


def _read(tool: AnyTool) -> _Document:
    group, _, own = tool.name.rpartition(".")
    parameters = islice(_parameter_words(tool.parameters), _PARAMETER_WORDS)
    texts = (terms(own), terms(group), terms(tool.description[:_READ_CHARS]), parameters)
    return _Document(fields=tuple(map(Counter, texts)))


def _parameter_words(schema: Mapping[str, Any]) -> Iterator[str]:
    """Words of the parameters' names and of the values that they are limited to."""
    properties = schema.get("properties")
    for name, inner in properties.items() if isinstance(properties, Mapping) else ():
        yield from terms(str(name))
        for value in _values(inner):
            yield from terms(value)


def _values(schema: Any) -> Iterator[str]:
    if isinstance(schema, Mapping):
        for holder in (schema, schema.get("items")):
            listed = holder.get("enum") if isinstance(holder, Mapping) else None
            yield from (value for value in listed if isinstance(value, str)) if isinstance(listed, list) else ()


def _weigh(documents: Sequence[_Document]) -> dict[str, list[tuple[int, float]]]:
    """For each word the tools that have it, with the sum of its frequencies by weight and length of the field."""
    lengths = [[counts.total() for counts in document.fields] for document in documents]
    means = [sum(column) / len(documents) or 1.0 for column in zip(*lengths, strict=True)]
    postings: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
    for number, document in enumerate(documents):
        weighted: defaultdict[str, float] = defaultdict(float)
        for counts, weight, length, mean in zip(document.fields, _WEIGHTS, lengths[number], means, strict=True):
            share = weight / (1 - _B + _B * length / mean)
            for term, count in counts.items():
                weighted[term] += count * share
        for term, frequency in weighted.items():
            postings[term].append((number, frequency))
    return dict(postings)


def _rarity(having: int, total: int) -> float:
    """The Robertson/Spärck Jones weight without relevance information (JASIS 27/3, 1976), plus 1 under the logarithm
    so that a word of more than half of all tools still counts for something."""
    return math.log(1 + (total - having + 0.5) / (having + 0.5))


# -- words ------------------------------------------------------------------------------------------------------------

_UNSPACED: Final = "\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
"""Thai, Lao, Khmer, kana, Han and Hangul: written without blanks, or with endings that a blank does not part."""
_RUN: Final = re.compile(rf"[{_UNSPACED}]{{1,64}}|[^\W_{_UNSPACED}]{{1,64}}")
"""A longer run is no word; its parts are compared."""
_PAIRED: Final = re.compile(f"[{_UNSPACED}]")
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_ACCENTS: Final = re.compile("[\u0300-\u036f]")


def terms(text: str) -> Iterator[str]:
    """The words of a text as they are compared: `createPullRequests` gives creat, pull, request, createpullrequest."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFKD", text)))
    for run in _RUN.findall(text):
        yield from _run_terms(run)


def query_terms(query: str) -> Iterator[str]:
    """The different words of a query without those that say nothing, unless it has no others."""
    found = dict.fromkeys(terms(query[:_READ_CHARS]))
    return iter([term for term in found if term not in _SILENT] or list(found))


@lru_cache(maxsize=4096)
def _run_terms(run: str) -> tuple[str, ...]:
    if _PAIRED.match(run):
        return tuple(run[at : at + 2] for at in range(len(run) - 1)) or (run,)
    parts = _HUMP.split(run)
    whole = [run.casefold()] if len(parts) > 1 else []  # GitHub, PostgreSQL
    return (*(stem(part.casefold()) for part in parts), *whole)


def stem(word: str) -> str:
    """An English word without its ending, so that `issues`, `issued` and `issue` meet.

    The plural and -ed, -ing endings are steps 1a and 1b of Porter, "An algorithm for suffix stripping", 1980, made
    shorter; -ment, -ion and a last e go too. Words of other alphabets and of up to three letters stay.
    """
    if len(word) < 4 or not word.isascii():
        return word
    word = _singular(word)
    for ending in ("ing", "ed", "ment", "ion"):
        rest = word.removesuffix(ending)
        if rest != word and len(rest) > 2 and _VOWEL.search(rest):
            word = rest[:-1] if rest[-1] == rest[-2] and rest[-1] not in "lsz" else rest
            break
    return word.removesuffix("e") if len(word) > 3 else word


_VOWEL: Final = re.compile("[aeiouy]")


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    return word if word.endswith(("ss", "us", "is")) else word.removesuffix("s")


def _stems(text: str) -> frozenset[str]:
    return frozenset(map(stem, word_set(text)))


_SILENT: Final = _stems(
    "a an and are as at be been by can could did do does for from has have how i if in into is it its like me my need"
    " of off on one or our out please should so some that the their them then there these they this those to up us"
    " want was we what when where which who whose will with would you your"
)

_SYNONYM_ROWS: Final = (
    "create add make new open insert book register",
    "delete remove drop erase discard trash destroy",
    "get show read retrieve fetch view describe look see",
    "list all every overview enumerate",
    "update edit change modify alter set patch adjust",
    "search find query lookup filter",
    "send post mail deliver",
    "cancel stop abort end terminate kill close",
    "run execute start invoke launch trigger",
    "copy duplicate clone",
    "merge join combine",
    "restart reboot rerun retry again",
    "person people user member",
    "email mail",
)
"""What tool names say for the same thing."""


def _synonyms() -> Mapping[str, frozenset[str]]:
    table: defaultdict[str, frozenset[str]] = defaultdict(frozenset)
    for row in map(_stems, _SYNONYM_ROWS):
        for word in row:
            table[word] |= row - {word}
    return dict(table)


_SYNONYMS: Final = _synonyms()
