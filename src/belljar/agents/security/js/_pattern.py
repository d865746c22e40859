"""A regular expression of JavaScript as a small tree: sets of characters, sequences, choices, repeats.

What looks around, looks back or stands between characters is a `Wall`: it takes no character and may fail. What this
module does not know (property escapes, set notation) makes it give up, with None: then nothing is said of the pattern.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

Ranges = tuple[tuple[int, int], ...]

LAST: Final = 0x10FFFF
_DIGITS: Final[Ranges] = ((48, 57),)
_WORDS: Final[Ranges] = ((48, 57), (65, 90), (95, 95), (97, 122))
_BLANKS: Final[Ranges] = ((9, 13), (32, 32), (160, 160), (0x2000, 0x200A), (0x2028, 0x2029), (0x3000, 0x3000))
_LINE_ENDS: Final[Ranges] = ((10, 10), (13, 13), (0x2028, 0x2029))

MAX_LENGTH: Final = 2_000
"""Characters of a pattern. A longer one is generated, and its analysis would cost more than it tells."""
MAX_DEPTH: Final = 40
"""Groups inside groups."""


@dataclass(frozen=True, slots=True)
class Chars:
    """One character out of a set."""

    ranges: Ranges


@dataclass(frozen=True, slots=True)
class Wall:
    """A place that takes no character and may fail; `inside` is what it looks for."""

    inside: Item | None = None
    is_end: bool = False
    """Whether it is the end of the text: `$`, where lines do not count."""


@dataclass(frozen=True, slots=True)
class Sequence:
    """One after the other."""

    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of them."""

    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """From `low` to `high` times, without end where that is None."""

    item: Item
    low: int
    high: int | None


Item = Chars | Wall | Sequence | Choice | Repeat


class UnknownPatternError(Exception):
    """Something that is not known here, or no regular expression."""


def negated(ranges: Ranges) -> Ranges:
    """All other characters."""
    found: list[tuple[int, int]] = []
    start = 0
    for low, high in sorted(ranges):
        if low > start:
            found.append((start, low - 1))
        start = max(start, high + 1)
    if start <= LAST:
        found.append((start, LAST))
    return tuple(found)


_CLASSES: Final[dict[str, Ranges]] = {
    "d": _DIGITS,
    "D": negated(_DIGITS),
    "w": _WORDS,
    "W": negated(_WORDS),
    "s": _BLANKS,
    "S": negated(_BLANKS),
}
_CONTROLS: Final = {"n": 10, "r": 13, "t": 9, "v": 11, "f": 12, "0": 0}
_COUNTS: Final[dict[str, tuple[int, int | None]]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}


@dataclass(slots=True)
class _Group:
    """A group that is open: its finished branches, and the branch that is being read."""

    is_wall: bool
    branches: list[Sequence]
    items: list[Item]

    def closed(self) -> Item:
        self.branches.append(Sequence(tuple(self.items)))
        whole = self.branches[0] if len(self.branches) == 1 else Choice(tuple(self.branches))
        return Wall(whole) if self.is_wall else whole


def parse_pattern(pattern: str, flags: str) -> Item | None:
    """The tree of a pattern, or None where it has something that is not known here."""
    if len(pattern) > MAX_LENGTH or "v" in flags:
        return None
    try:
        return _Reader(pattern, flags).read()
    except UnknownPatternError:
        return None


class _Reader:
    """Reads a pattern from its start to its end; open groups are a list, so that nothing recurses."""

    __slots__ = ("_at", "_flags", "_groups", "_text")

    def __init__(self, text: str, flags: str) -> None:
        self._text = text
        self._flags = flags
        self._at = 0
        self._groups = [_Group(False, [], [])]

    def read(self) -> Item:
        while self._at < len(self._text):
            self._step(self._take())
        if len(self._groups) != 1:
            raise UnknownPatternError
        return self._groups.pop().closed()

    def _take(self) -> str:
        if self._at >= len(self._text):
            raise UnknownPatternError
        self._at += 1
        return self._text[self._at - 1]

    def _took(self, word: str) -> bool:
        if not self._text.startswith(word, self._at):
            return False
        self._at += len(word)
        return True

    def _add(self, item: Item) -> None:
        self._groups[-1].items.append(self._repeated(item))

    def _step(self, sign: str) -> None:
        if sign == "(":
            self._open()
        elif sign == ")":
            self._close()
        elif sign == "|":
            group = self._groups[-1]
            group.branches.append(Sequence(tuple(group.items)))
            group.items = []
        elif sign in "^$":
            self._add(Wall(is_end=sign == "$" and "m" not in self._flags))
        elif sign == "[":
            self._add(self._set())
        elif sign == "\\":
            self._add(self._escape())
        elif sign == ".":
            self._add(Chars(((0, LAST),) if "s" in self._flags else negated(_LINE_ENDS)))
        elif sign in _COUNTS:
            raise UnknownPatternError
        else:
            self._add(self._chars([(ord(sign), ord(sign))]))

    def _open(self) -> None:
        if len(self._groups) > MAX_DEPTH:
            raise UnknownPatternError
        is_wall = False
        if self._took("?"):
            is_wall = any(self._took(word) for word in ("=", "!", "<=", "<!"))
            if not is_wall and not self._took(":"):
                self._name()
        self._groups.append(_Group(is_wall, [], []))

    def _name(self) -> None:
        end = self._text.find(">", self._at)
        if not self._took("<") or end < 0:
            raise UnknownPatternError
        self._at = end + 1

    def _close(self) -> None:
        if len(self._groups) < 2:
            raise UnknownPatternError
        self._add(self._groups.pop().closed())

    def _repeated(self, item: Item) -> Item:
        count = self._count()
        if count is None:
            return item
        self._took("?")
        return Repeat(item, *count)

    def _count(self) -> tuple[int, int | None] | None:
        sign = self._text[self._at : self._at + 1]
        if sign in _COUNTS:
            self._at += 1
            return _COUNTS[sign]
        end = self._text.find("}", self._at)
        if sign != "{" or end < 0:
            return None
        low, comma, high = self._text[self._at + 1 : end].partition(",")
        if not _is_number(low) or not (high == "" or _is_number(high)):
            return None
        self._at = end + 1
        return int(low), (int(high) if high else None) if comma else int(low)

    def _chars(self, ranges: list[tuple[int, int]]) -> Chars:
        if "i" in self._flags:
            ranges = [*ranges, *_other_case(ranges)]
        return Chars(tuple(ranges))

    def _set(self) -> Item:
        is_negated = self._took("^")
        ranges: list[tuple[int, int]] = []
        while not self._took("]"):
            ranges.extend(self._set_part())
        chars = self._chars(ranges)
        return Chars(negated(chars.ranges)) if is_negated else chars

    def _set_part(self) -> Ranges:
        first = self._set_member()
        if not (self._text.startswith("-", self._at) and not self._text.startswith("-]", self._at)):
            return first
        self._at += 1
        last = self._set_member()
        if len(first) != 1 or len(last) != 1 or first[0][0] != first[0][1] or last[0][0] != last[0][1]:
            return (*first, (45, 45), *last)
        return ((first[0][0], last[0][0]),)

    def _set_member(self) -> Ranges:
        sign = self._take()
        if sign != "\\":
            return ((ord(sign), ord(sign)),)
        if self._took("b"):
            return ((8, 8),)
        item = self._escape()
        if not isinstance(item, Chars):
            raise UnknownPatternError
        return item.ranges

    def _escape(self) -> Item:
        sign = self._take()
        if sign in _CLASSES:
            return Chars(_CLASSES[sign])
        if sign in _CONTROLS:
            return Chars(((_CONTROLS[sign], _CONTROLS[sign]),))
        if sign in "bB" or sign.isdigit():
            return Wall()
        if sign == "k":
            self._name()
            return Wall()
        if sign in "pPc":
            raise UnknownPatternError
        code = self._code(sign) if sign in "xu" else ord(sign)
        return self._chars([(code, code)])

    def _code(self, sign: str) -> int:
        if sign == "u" and self._took("{"):
            digits, _, rest = self._text[self._at :].partition("}")
            self._at = len(self._text) - len(rest)
        else:
            length = 2 if sign == "x" else 4
            digits = self._text[self._at : self._at + length]
            self._at += length
        if not digits or len(digits) > 6 or any(digit not in "0123456789abcdefABCDEF" for digit in digits):
            raise UnknownPatternError
        return min(int(digits, 16), LAST)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 9


def _other_case(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for low, high in ranges:
        for start, end, shift in ((65, 90, 32), (97, 122, -32)):
            if max(low, start) <= min(high, end):
                found.append((max(low, start) + shift, min(high, end) + shift))
    return found
