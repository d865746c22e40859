"""Secrets in whole texts: where they stand, and a copy of a value without them in which nothing is shortened.

For what a program goes on with, and for what is looked through to the end. Three kinds of rule: registered values in
all their forms, forms of secret (`_shapes`), names inside of texts (`_named`). Strings without order, e-mail addresses
and card numbers stay: a lock file is full of hashes, and who reads a file must get its data.

A text is looked at as it is and as it reads: control characters and marks that nobody sees hide nothing, the zeros
between the letters of UTF-16 among them.

A text of any length costs time in proportion to it. It is read in windows that overlap, and a window grows for a
secret that reaches past its end, so a secret of any length is found whole.
"""

from __future__ import annotations

import itertools
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, Final, NamedTuple

from belljar.audit._named import named_spans
from belljar.audit._names import is_secret_key
from belljar.audit._redact import REDACTED, secrets_pattern
from belljar.audit._shapes import _MARKED, SHAPES, Span, spans_of

_Rule = Callable[[str], Iterable[Span]]

REGISTERED: Final = "registered secret"
NAMED: Final = "named secret"

_WINDOW: Final = 65_536
_BEFORE: Final = 2_048
"""Characters before a secret that a rule may need to see: a name, a scheme and a user, the headers of a key."""
_AFTER: Final = 8_192
"""Characters that a secret may have before its window must grow. A private key of RSA with 8,192 bits has 6,400."""
_ROW: Final = 512
"""A key that ends so near to the end of its window may have another row behind it."""
_SHORTEST: Final = 6
_BETWEEN: Final = frozenset("=: ")
"""Between a name and its value is one of these."""
_BREAKS: Final = re.compile("\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
"""What str.splitlines takes for the end of a line."""
_HIDING: Final = re.compile(
    "[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]|\r(?!\n)"
)
"""What moves a cursor, turns the direction of writing, or is not seen. The tab and the end of a line are none."""


class SecretSpan(NamedTuple):
    """Where a secret stands in a text, the end exclusive, and how it was known."""

    start: int
    end: int
    kind: str
    """Name of the form (`jwt`, `private key`), `named secret` or `registered secret`."""


def secret_spans(text: str, *, secrets: Iterable[str] = ()) -> list[SecretSpan]:
    """Where secrets stand in `text`, in order and apart; where several rules found one, the surest names it.

    A registered secret is surer than a form, a form surer than a name.
    """
    return _spans(text, _pattern(tuple(secrets)))


def redacted_whole(
    value: Any,
    *,
    secrets: Iterable[str] = (),
    first: Callable[[str], str] | None = None,
    data: Callable[[bytes], bytes] | None = None,
) -> Any:
    """A copy of JSON data in which each secret is `"[redacted]"`, in keys too, and nothing is shortened.

    Values under secret keys go as `redact` takes them: all but None and booleans. A text keeps its number of lines. A
    number goes when its digits hold a registered secret. `first` changes each text before it is looked at; `data` says
    what stands for bytes, which otherwise stay as they are.
    """
    rules = _Rules(pattern=_pattern(tuple(secrets)), first=first, data=data)
    result: list[Any] = [None]
    # A list of work, and no recursion: no nesting is too deep for it.
    pending: list[tuple[Any, Any, Any]] = [(value, result, 0)]
    while pending:
        item, target, place = pending.pop()
        target[place] = copy = rules.begun(item)
        if isinstance(copy, dict):
            pending += _entries(item, copy, rules)
        elif isinstance(copy, list):
            pending += [(each, copy, number) for number, each in enumerate(item)]
    return result[0]


@lru_cache(maxsize=8)
def _pattern(secrets: tuple[str, ...]) -> re.Pattern[str] | None:
    """Kept, since to make one takes longer than to look through a line."""
    return secrets_pattern(secrets)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rules:
    """What becomes of each part of a value."""

    pattern: re.Pattern[str] | None
    first: Callable[[str], str] | None
    data: Callable[[bytes], bytes] | None

    def begun(self, item: Any) -> Any:
        """The copy of what has no parts; for what has, a container that waits for them."""
        if isinstance(item, str):
            return self.text(item)
        if isinstance(item, Mapping):
            return {}
        if isinstance(item, (list, tuple)):
            return [None] * len(item)
        if isinstance(item, (bytes, bytearray, memoryview)):
            return self.data(bytes(item)) if self.data else item
        is_number = isinstance(item, (int, float)) and not isinstance(item, bool)
        return REDACTED if is_number and self.pattern and self.pattern.search(repr(item)) else item

    def text(self, text: str) -> str:
        return _clean(self.first(text) if self.first else text, self.pattern)


def _entries(item: Mapping[Any, Any], copy: dict[str, Any], rules: _Rules) -> Iterator[tuple[Any, Any, Any]]:
    """What of an object is still to be looked at. Its keys are put into the copy in their order."""
    numbers: dict[str, int] = {}
    for key, each in item.items():
        clean = rules.text(str(key))
        name = _free(copy, numbers, clean)
        copy[name] = REDACTED
        if each is None or isinstance(each, bool) or not (is_secret_key(str(key)) or is_secret_key(clean)):
            yield each, copy, name


def _free(taken: Mapping[str, Any], numbers: dict[str, int], name: str) -> str:
    """`name`, or one like it that is not taken: two keys that look alike without their secrets are two."""
    free = name
    while free in taken:
        numbers[name] = numbers.get(name, 1) + 1
        free = f"{name} ({numbers[name]})"
    return free


def _clean(text: str, pattern: re.Pattern[str] | None) -> str:
    spans = _spans(text, pattern)
    parts = [REDACTED + _breaks(text[span.start : span.end]) for span in spans]
    edges = [0, *itertools.chain.from_iterable((span.start, span.end) for span in spans), len(text)]
    kept = (text[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True))
    return "".join(itertools.chain.from_iterable(itertools.zip_longest(kept, parts, fillvalue="")))


def _breaks(text: str) -> str:
    """As many ends of lines as there are. A carriage return would be one with a line feed that follows."""
    return "".join("\n" if each == "\r" else each for each in _BREAKS.findall(text))


def _spans(text: str, pattern: re.Pattern[str] | None) -> list[SecretSpan]:
    plain = _HIDING.sub("", text)
    if len(plain) == len(text):
        return _apart(_seen(text, pattern))
    return _apart([*_seen(text, pattern), *_placed(_seen(plain, pattern), text)])


def _placed(spans: list[SecretSpan], text: str) -> list[SecretSpan]:
    """Spans of a text without what hides, as those of the text itself."""
    if not spans:
        return []
    before = [match.start() - number for number, match in enumerate(_HIDING.finditer(text))]

    def place(index: int) -> int:
        return index + bisect_right(before, index)

    return [SecretSpan(place(span.start), place(span.end - 1) + 1, span.kind) for span in spans]


def _seen(text: str, pattern: re.Pattern[str] | None) -> list[SecretSpan]:
    registered = (SecretSpan(*match.span(), REGISTERED) for match in pattern.finditer(text)) if pattern else ()
    by_rule = _windowed(text) if len(text) >= _SHORTEST else ()
    return [*registered, *by_rule]


def _apart(spans: list[SecretSpan]) -> list[SecretSpan]:
    """Spans that overlap as one, of the kind that came first. `sorted` keeps equal ones in the order of the rules."""
    apart: list[SecretSpan] = []
    rank: dict[str, int] = {REGISTERED: 0, NAMED: 2}
    for span in sorted(spans, key=lambda span: span.start):
        last = apart[-1] if apart else None
        if last is None or span.start >= last.end:
            apart.append(span)
        else:
            kind = min(last.kind, span.kind, key=lambda kind: rank.get(kind, 1))
            apart[-1] = SecretSpan(last.start, max(last.end, span.end), kind)
    return apart


def _windowed(text: str) -> Iterator[SecretSpan]:
    """What the rules find, window by window; a secret that begins in what two windows share is the later one's."""
    start, size = 0, _WINDOW
    while True:
        end = min(start + size, len(text))
        is_last = end == len(text)
        first = start + _BEFORE if start else 0
        found = [
            span for span in _ruled(text, start, end) if first <= span.start and (is_last or span.start < end - _AFTER)
        ]
        if not is_last and any(span.end > end - _ROW for span in found):
            # It may go on. The window doubles, so that all its sizes together are less than twice the last.
            size *= 2
            continue
        yield from found
        if is_last:
            return
        start, size = end - _AFTER - _BEFORE, _WINDOW


def _ruled(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    window = text if (start, end) == (0, len(text)) else text[start:end]
    for kind, rule in _rules_for(window):
        for first, last in rule(window):
            if not _is_pin(window, first):
                yield SecretSpan(start + first, start + last, kind)


def _rules_for(window: str) -> Iterator[tuple[str, _Rule]]:
    for place in sorted({place for mark, place in _MARKED if mark in window}):
        yield SHAPES[place].name, partial(spans_of, SHAPES[place])
    if not _BETWEEN.isdisjoint(window):
        yield NAMED, named_spans


def _is_pin(window: str, start: int) -> bool:
    """Whether a named value is what follows the first sign of `==`: a comparison, or the version of a requirement."""
    return window.startswith("=", start)
