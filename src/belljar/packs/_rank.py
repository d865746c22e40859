"""Fuzzy search in paths: which of them was meant by a few letters. Pure and deterministic.

Every word of the query must be in the path as a subsequence, whatever the case. The score of a word grows with letters
that stand together, that begin a word of the path (`fr` in `file_reader.py`, `readFile`), and that are in the file's
own name; gaps and long paths lose. Letters, word beginnings, neighbours and gaps weigh what they weigh in fzf (its
src/algo/algo.go, algorithm v1); a file's own name is our addition. Linear in the path for each word.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from typing import Final

_LETTER: Final = 16
_START: Final = 8
_TOGETHER: Final = 4
_GAP_START: Final = -3
_GAP: Final = -1
_IN_NAME: Final = 6
_WHOLE: Final = 40
"""A word that is the file's name, or its name without an ending."""


def ranked(query: str, paths: Iterable[str], *, most: int) -> list[tuple[int, str]]:
    """The best paths with their scores: highest first, then shortest, then in order of the alphabet.

    Takes the paths one by one and holds `most` of them. A word that is repeated counts once.
    """
    words = dict.fromkeys(query.lower().split())
    scored = ((score, path) for path in paths if (score := _score(words, path)) is not None)
    return heapq.nsmallest(most, scored, key=lambda each: (-each[0], len(each[1]), each[1]))


def _score(words: Iterable[str], path: str) -> int | None:
    lowered = path.lower()
    if len(lowered) != len(path):  # a letter that becomes two, as in Turkish
        path = lowered
    name_at = path.rfind("/") + 1
    total = 0
    for word in words:
        score = _word_score(word, path, lowered, name_at)
        if score is None:
            return None
        total += score
    return total


def _word_score(word: str, path: str, lowered: str, name_at: int) -> int | None:
    """In the name where it fits there, else anywhere."""
    for start in (name_at, 0):
        places = _places(word, lowered, start)
        if places is not None:
            name = lowered[name_at:]
            whole = _WHOLE if word in (name, name.partition(".")[0]) else 0
            return _sum(places, path) + whole + (_IN_NAME * len(word) if start else 0)
    return None


def _places(word: str, text: str, start: int) -> list[int] | None:
    """The first subsequence, then drawn together from its end."""
    at = start - 1
    for letter in word:
        at = text.find(letter, at + 1)
        if at < 0:
            return None
    places = []
    for letter in reversed(word):
        at = text.rfind(letter, start, at + 1)
        places.append(at)
        at -= 1
    return places[::-1]


def _sum(places: list[int], path: str) -> int:
    """Letters that follow each other weigh what the first of them weighs, so that `base` beats `b a s e`."""
    total, last, run = 0, -2, 0
    for at in places:
        if at != last + 1:
            total += max(_GAP_START + _GAP * (at - last - 2), -_LETTER) if last >= 0 else 0
            run = 0
        run = max(run, _START if _begins_word(path, at) else 0, _TOGETHER if at == last + 1 else 0)
        total += _LETTER + run
        last = at
    return total


def _begins_word(path: str, at: int) -> bool:
    before = path[at - 1] if at else "/"
    return not before.isalnum() or (path[at].isupper() and before.islower()) or (path[at].isdigit() > before.isdigit())
