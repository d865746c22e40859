"""How often a backtracking engine may try one text again: found on the automaton of the pattern, not guessed.

The automaton has one position for each set of characters (Glushkov's construction). A loop is *exponential* where some
text leads from a position back to itself in two ways: by two paths side by side, or by one step that two repeats both
allow, as in `(a+)+`. Two loops side by side that share a character, as in `a*a*b`, are *polynomial*: each text of that
character is divided between them in every way. Neither matters where the match has already succeeded when the loop
ends, since then nothing is tried again; so only loops that something fallible follows count.

Walls cut paths: what is only ambiguous through a wall is not found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from typing import Final

from belljar.agents.security.js._pattern import LAST, Chars, Choice, Item, Repeat, Sequence, Wall, parse_pattern

MAX_POSITIONS: Final = 120
"""Sets of characters of one pattern, counted repeats written out."""
MAX_STEPS: Final = 10_000
"""Links that are made and pairs that are compared: some 10 ms. A pattern that needs more is not judged."""
_COPIES: Final = 4
"""A counted repeat is written out so many times at most; the shape of the ambiguity shows by then."""


class Blowup(Enum):
    """How the number of tries grows with the text."""

    EXPONENTIAL = "exponential"
    POLYNOMIAL = "polynomial"


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of the pattern: whether it can be empty, and the positions it may begin and end with."""

    is_empty: bool
    first: tuple[int, ...]
    last: tuple[int, ...]


_EMPTY: Final = _Part(True, (), ())


class _TooLargeError(Exception):
    """The pattern is beyond the bounds."""


class _Automaton:
    """Positions, their sets, and in how many ways one may follow another."""

    __slots__ = ("_links", "ends", "sets", "walls_at_end", "ways")

    def __init__(self, item: Item) -> None:
        self._links = 0
        self.walls_at_end: set[int] = set()
        self.sets: list[Chars] = []
        self.ways: list[dict[int, int]] = []
        self.ends = frozenset(self._part(item).last)

    def _position(self, chars: Chars) -> int:
        if len(self.sets) >= MAX_POSITIONS:
            raise _TooLargeError
        self.sets.append(chars)
        self.ways.append({})
        return len(self.sets) - 1

    def _link(self, before: tuple[int, ...], after: tuple[int, ...]) -> None:
        self._links += len(before) * len(after)
        if self._links > MAX_STEPS:
            raise _TooLargeError
        for start in before:
            for end in after:
                self.ways[start][end] = self.ways[start].get(end, 0) + 1

    # the depth of a pattern is bounded where it is parsed, so this may recurse
    def _part(self, item: Item) -> _Part:
        if isinstance(item, Chars):
            position = self._position(item)
            return _Part(False, (position,), (position,))
        if isinstance(item, Wall):
            if item.inside is not None:
                self._part(item.inside)
            wall = self._position(Chars(()))
            if item.is_end:
                self.walls_at_end.add(wall)
            return _Part(False, (wall,), (wall,))
        if isinstance(item, Sequence):
            return self._sequence(self._part(one) for one in item.items)
        if isinstance(item, Choice):
            return _either([self._part(one) for one in item.items])
        return self._repeat(item)

    def _sequence(self, parts: Iterable[_Part]) -> _Part:
        whole = _EMPTY
        for part in parts:
            self._link(whole.last, part.first)
            whole = _Part(
                whole.is_empty and part.is_empty,
                whole.first + part.first if whole.is_empty else whole.first,
                whole.last + part.last if part.is_empty else part.last,
            )
        return whole

    def _repeat(self, item: Repeat) -> _Part:
        low = min(item.low, _COPIES)
        if item.high is None:
            copies = [self._part(item.item) for _ in range(max(low, 1))]
            self._link(copies[-1].last, copies[-1].first)
            whole = self._sequence(copies)
            return _Part(whole.is_empty or item.low == 0, whole.first, whole.last)
        high = low + min(item.high - item.low, _COPIES)
        return self._counted([self._part(item.item) for _ in range(high)], low)

    def _counted(self, copies: list[_Part], low: int) -> _Part:
        """Copies that are taken from the first on: none is left out before another, or one text had many ways."""
        if not copies:
            return _EMPTY
        for before, after in pairwise(copies):
            self._link(before.last, after.first)
        may_end = copies if copies[0].is_empty else copies[max(low, 1) - 1 :]
        return _Part(
            low == 0 or copies[0].is_empty,
            copies[0].first,
            tuple(position for copy in may_end for position in copy.last),
        )


def _either(parts: list[_Part]) -> _Part:
    return _Part(
        any(part.is_empty for part in parts),
        tuple(position for part in parts for position in part.first),
        tuple(position for part in parts for position in part.last),
    )


def blowup(pattern: str, flags: str = "") -> Blowup | None:
    """How a failing match of this pattern can grow; None where it does not, or nothing can be said."""
    item = parse_pattern(pattern, flags)
    if item is None:
        return None
    try:
        return _judged(_Automaton(item))
    except _TooLargeError:
        return None


def _judged(automaton: _Automaton) -> Blowup | None:
    *masks, everything = _masks([*automaton.sets, Chars(((0, LAST),))])
    reach = _reach(automaton.ways, masks)
    loops = [loop for loop in _loops(automaton, reach) if not _takes_all(loop, automaton, masks, everything)]
    if any(_is_exponential(loop, automaton, masks) for loop in loops):
        return Blowup.EXPONENTIAL
    return Blowup.POLYNOMIAL if _is_polynomial(loops, automaton, masks) else None


def _masks(sets: list[Chars]) -> list[int]:
    """Each set as bits, one for each stretch of characters that no set divides."""
    edges = sorted({edge for chars in sets for low, high in chars.ranges for edge in (low, high + 1)})
    number = {edge: index for index, edge in enumerate(edges)}
    bits = [((1 << number[high + 1]) - (1 << number[low]) for low, high in _apart(chars.ranges)) for chars in sets]
    return [sum(parts) for parts in bits]


def _apart(ranges: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The same characters in ranges that do not overlap."""
    last = -1
    for low, high in sorted(ranges):
        if high > last:
            yield max(low, last + 1), high
            last = high


def _reach(ways: list[dict[int, int]], masks: list[int]) -> list[int]:
    """For each position the bits of those that can come later; a wall takes no character, so none comes through it."""
    reach = [sum(1 << after for after in follow if masks[after]) for follow in ways]
    for middle in range(len(reach)):
        bit, through = 1 << middle, reach[middle]
        for start, seen in enumerate(reach):
            if seen & bit:
                reach[start] = seen | through
    return reach


def _loops(automaton: _Automaton, reach: list[int]) -> list[frozenset[int]]:
    """Positions that come back to themselves, in groups that reach one another, where the match may fail afterwards."""
    groups: set[frozenset[int]] = set()
    for position, seen in enumerate(reach):
        if seen >> position & 1:
            groups.add(frozenset(p for p in range(len(reach)) if seen >> p & 1 and reach[p] >> position & 1))
    return sorted((group for group in groups if not group & automaton.ends), key=min)


def _takes_all(loop: frozenset[int], automaton: _Automaton, masks: list[int], everything: int) -> bool:
    """Whether the loop can go on over any character up to the end, and the match ends there: `([^]|a)*$`."""
    closing = automaton.walls_at_end & automaton.ends
    return all(_any_of(masks[q] for q in automaton.ways[p] if q in loop) == everything for p in loop) and any(
        closing & automaton.ways[p].keys() for p in loop
    )


def _any_of(masks: Iterable[int]) -> int:
    whole = 0
    for mask in masks:
        whole |= mask
    return whole


def _is_exponential(loop: frozenset[int], automaton: _Automaton, masks: list[int]) -> bool:
    inside = {p: [q for q in automaton.ways[p] if q in loop] for p in loop}
    if any(automaton.ways[p][q] > 1 for p in loop for q in inside[p]):
        return True
    near = {p: frozenset(q for q in loop if masks[p] & masks[q]) for p in loop}
    todo = [(p, p) for p in loop]
    seen = set(todo)
    steps = 0
    while todo:
        left, right = todo.pop()
        for pair in _steps(inside[left], inside[right], near):
            steps += 1
            if steps > MAX_STEPS:
                raise _TooLargeError
            if left != right and pair[0] == pair[1]:
                return True
            if pair not in seen:
                seen.add(pair)
                todo.append(pair)
    return False


def _steps(left: list[int], right: list[int], near: dict[int, frozenset[int]]) -> Iterator[tuple[int, int]]:
    """Pairs of positions, the smaller first, that one and the same character leads to."""
    for p in left:
        for q in near[p].intersection(right):
            yield (p, q) if p <= q else (q, p)


def _is_polynomial(loops: list[frozenset[int]], automaton: _Automaton, masks: list[int]) -> bool:
    """Whether a repeat of one set stands beside another that shares a character with it."""
    alone = {p for loop in loops for p in loop if p in automaton.ways[p]}
    group = {p: loop for loop in loops for p in loop}
    return any(
        q in alone and group[p] is not group[q] and masks[p] & masks[q]
        for p in alone
        for q in automaton.ways[p]
        if q != p
    )
