"""Lines, columns and excerpts, counted as ECMAScript and TypeScript's own tools count them.

Lines and columns count from 1. A line ends at LF, CR, CR LF, U+2028 or U+2029 (ECMA-262, 12.3). Columns are UTF-16
code units. So that an index, a column and a length are one and the same number everywhere in this room, text is turned
into *units* once: a str in which every character above U+FFFF stands as its two surrogates.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from typing import Final

EOL: Final = re.compile("\r\n|[\n\r\u2028\u2029]")
NOT_EOL: Final = re.compile("[^\n\r\u2028\u2029]")

_ASTRAL: Final = re.compile("[\U00010000-\U0010ffff]")

WINDOW: Final = 96
"""UTF-16 units of one source line that an excerpt shows: what fits beside a gutter on a 110 column terminal."""

_TAB: Final = "    "
_HIDDEN: Final = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))


def to_units(text: str) -> str:
    """The text with every character above U+FFFF as two surrogates; the same object where there is none."""
    if not text or max(text) <= "\uffff":
        return text
    return _ASTRAL.sub(_pair, text)


def _pair(found: re.Match[str]) -> str:
    low = ord(found[0]) - 0x10000
    return chr(0xD800 + (low >> 10)) + chr(0xDC00 + (low & 0x3FF))


def from_units(units: str) -> str:
    """The inverse of `to_units`; a surrogate without its partner stays alone."""
    if units.isascii():
        return units
    return units.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def readable(units: str) -> str:
    """As `from_units`, with U+FFFD for what has no partner: text that can be printed and written anywhere."""
    return units if units.isascii() else units.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def blank(units: str) -> str:
    """As many spaces, with the line ends kept."""
    return NOT_EOL.sub(" ", units)


class Lines:
    """Where the lines of one text begin. Immutable after construction; offsets are indexes into `units`."""

    __slots__ = ("_starts", "units")

    def __init__(self, units: str) -> None:
        self.units = units
        self._starts = [0, *(found.end() for found in EOL.finditer(units))]

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def offset(self, line: int, column: int) -> int:
        """The offset of a line and column that lie in the text."""
        return self._starts[line - 1] + column - 1

    def line(self, number: int) -> str:
        """One line without its end, in units; empty for a number outside the text."""
        if not 1 <= number <= len(self._starts):
            return ""
        start = self._starts[number - 1]
        found = EOL.search(self.units, start)
        return self.units[start : found.start() if found else len(self.units)]

    def excerpt(self, line: int, column: int, width: int = 1) -> str:
        """The line with a gutter, and under it carets below `width` units from `column`.

        A long line is cut to `WINDOW` units around the column, with an ellipsis at each cut. Tabs are four spaces;
        control, bidi and other invisible characters are shown by their numbers.
        """
        text = self.line(line)
        at = min(max(column - 1, 0), len(text))
        low = max(0, min(at - WINDOW // 2, len(text) - WINDOW))
        high = min(len(text), low + WINDOW)
        end = max(at, min(at + width, high))
        before = ("…" if low else "") + _visible(text[low:at])
        marked = _visible(text[at:end])
        shown = before + marked + _visible(text[end:high]) + ("…" if high < len(text) else "")
        gutter = f"{line:>4} | "
        carets = "^" * max(1, _columns(marked))
        return f"{gutter}{shown.rstrip()}\n{'| ':>{len(gutter)}}{' ' * _columns(before)}{carets}"


def _visible(units: str) -> str:
    """What a person sees of these units, every hidden character spelled out."""
    text = from_units(units)
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(char) for char in text)


def _shown(char: str) -> str:
    if char == "\t":
        return _TAB
    return f"<U+{ord(char):04X}>" if unicodedata.category(char) in _HIDDEN else char


def _columns(shown: str) -> int:
    """Terminal columns: East Asian wide characters take two (UAX #11), combining marks none."""
    if shown.isascii():
        return len(shown)
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in shown)
    marks = sum(unicodedata.combining(char) != 0 for char in shown)
    return len(shown) + wide - marks
