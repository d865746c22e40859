"""How prose is read: tags, Markdown fences, code spans, and the place in the reply.

The patterns follow CommonMark 0.31: fences (4.5), code spans (6.1), backslash escapes (2.4). A paragraph ends at a
blank line or at a fence; headings, lists and quotes are not told apart from it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import Final

from belljar.script._text import EOL

OPEN: Final = "<tool-calls>"
CLOSE: Final = "</tool-calls>"

TAGS: Final = (OPEN, CLOSE, "<thinking>", "<think>", "</thinking>", "</think>")
LONGEST: Final = max(map(len, TAGS))
_FENCE: Final = r"[\r\n] {0,3}(?P<fence>`{3,}(?=[^`\r\n]*(?:[\r\n]|\Z))|~{3,})[^\r\n]*"
TOKEN: Final = re.compile(rf"{_FENCE}|(?P<escape>\\[\\`])|(?P<run>`+)|(?P<tag></?(?:tool-calls|thinking|think)>)")
TAG: Final = re.compile("</?(?:tool-calls|thinking|think)>")
BLOCK_TAG: Final = re.compile("</?tool-calls>")
FENCE_END: Final = re.compile(r"[\r\n] {0,3}(?P<fence>`{3,}|~{3,})[ \t]*(?=[\r\n]|\Z)")
_PARAGRAPH_END: Final = re.compile(rf"(?:\r\n|\n|\r(?!\n))[ \t]*(?=[\r\n])|{_FENCE}")
_RUN: Final = re.compile("`+")
HALF_TAG: Final = re.compile(r"<[/a-z-]{0,12}\Z")
HALF_LINE: Final = re.compile(r"[\r\n] {0,3}(?:`*|~*)[ \t]*\Z")
HALF_ESCAPE: Final = re.compile(r"\\\Z")


class Cursor:
    """Line and column at the end of the text it was led over."""

    __slots__ = ("_after_return", "column", "line")

    def __init__(self) -> None:
        self.line = 1
        self.column = 1
        self._after_return = False

    def advance(self, text: str) -> None:
        if not text:
            return
        count, last = _line_ends(text)
        self.line += count - (self._after_return and text[0] == "\n")
        if count:
            self.column = 1
        rest = text[last:]
        self.column += len(rest) if rest.isascii() else len(rest.encode("utf-16-le", "surrogatepass")) // 2
        self._after_return = text[-1] == "\r"


def _line_ends(text: str) -> tuple[int, int]:
    """How many line ends there are, and where the last one ends."""
    if text.isascii():
        count = text.count("\n") + text.count("\r") - text.count("\r\n")
        return count, max(text.rfind("\n"), text.rfind("\r")) + 1
    ends = [found.end() for found in EOL.finditer(text)]
    return len(ends), ends[-1] if ends else 0


class Paragraph:
    """The rest of a paragraph: where it ends, and which backtick runs it has."""

    def __init__(self, text: str, start: int, *, is_final: bool) -> None:
        found = _PARAGRAPH_END.search(text, start)
        self.is_open = not is_final and (found is None or found.end() == len(text))
        self.end = found.start() if found else len(text)
        self._runs: dict[int, list[int]] = {}
        for run in _RUN.finditer(text, start, self.end):
            if is_final or run.end() < len(text):
                self._runs.setdefault(len(run[0]), []).append(run.start())

    def closing(self, length: int, after: int) -> int | None:
        """The end of the next run of exactly this length."""
        starts = self._runs.get(length, [])
        index = bisect_left(starts, after)
        return starts[index] + length if index < len(starts) else None
