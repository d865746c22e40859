"""The other form in which models write patches: `*** Begin Patch`, sections by file, places by context alone. Pure.

Several of them may follow each other, with prose between; anything of a patch outside of them is an error, never left
out.

*** Begin Patch
*** Update File: src/a.py
*** Move to: src/b.py
@@ def greet():
-    return "hi"
+    return "hello"
*** Add File: new.txt
+one line
*** Delete File: old.txt
*** End Patch
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from belljar.patch._diff import ADDED, FilePatch, Hunk, Kind, Line
from belljar.patch._hunks import Lines, loose_line, names_at, read_header, trouble
from belljar.patch._names import plain_name
from belljar.patch._text import shown

BEGIN: Final = "*** Begin Patch"
_END: Final = "*** End Patch"
_END_OF_FILE: Final = "*** End of File"
_MOVE: Final = "*** Move to: "
_MOST_HEADINGS: Final = 8
"""Above one hunk. Each is looked for in all of the file; code is not nested deeper."""
_KINDS: Final[dict[str, Kind]] = {
    "*** Update File: ": "change",
    "*** Add File: ": "create",
    "*** Delete File: ": "delete",
}
_OUTSIDE: Final = ("diff --git ", "@@", _END, *_KINDS)
"""Beginnings of lines that are part of a patch."""


def read_envelope(lines: Lines) -> tuple[FilePatch, ...]:
    """The sections of all envelopes in order. Raises PatchError with the line it cannot read, and where an envelope
    has no end."""
    found: list[FilePatch] = []
    at = 0
    while (begin := _line_with(BEGIN, lines, at)) < len(lines):
        _must_be_prose(lines, at, begin)
        end = _line_with(_END, lines, begin)
        if end == len(lines):
            raise trouble(end - 1, f"the patch ends without `{_END}`")
        found += _sections(lines, begin + 1, end)
        at = end + 1
    _must_be_prose(lines, at, len(lines))
    return tuple(found)


def _line_with(opening: str, lines: Lines, at: int) -> int:
    """The first line from `at` on that begins so, or behind the last."""
    return next((later for later in range(at, len(lines)) if lines[later].startswith(opening)), len(lines))


def _must_be_prose(lines: Lines, begin: int, end: int) -> None:
    """What stands outside: before the first envelope it may have lists, as in front of any patch."""
    openings = _OUTSIDE if begin == 0 else (*_OUTSIDE, "+", "-")
    for at in range(begin, end):
        if lines[at].startswith(openings) or names_at(lines, at):
            raise trouble(at, f"{shown(lines[at])} stands outside of `{BEGIN}` and `{_END}`")


def _sections(lines: Lines, begin: int, end: int) -> Iterator[FilePatch]:
    starts = [at for at in range(begin, end) if lines[at].startswith(tuple(_KINDS))]
    if stray := [at for at in range(begin, starts[0] if starts else end) if lines[at].strip()]:
        raise trouble(stray[0], f"{shown(lines[stray[0]])} stands before any `*** Update File: `")
    return (_section(lines, at, after) for at, after in pairwise((*starts, end)))


def _section(lines: Lines, at: int, end: int) -> FilePatch:
    mark, kind = next((mark, kind) for mark, kind in _KINDS.items() if lines[at].startswith(mark))
    name = new = plain_name(lines[at][len(mark) :], at)
    begin = at + 1
    if begin < end and lines[begin].startswith(_MOVE):
        new = plain_name(lines[begin][len(_MOVE) :], begin)
        begin += 1
    hunks = tuple(_hunks(lines, begin, end))
    if kind == "change" and not hunks and new == name:
        raise trouble(at, f"there is no change for {shown(name)}")
    return FilePatch(kind=kind, old=name, new=new, is_rename=new != name, hunks=hunks, patch_line=at + 1)


def _hunks(lines: Lines, begin: int, end: int) -> list[Hunk]:
    hunks: list[Hunk] = []
    at = begin
    while at < end:
        headings: list[str] = []
        first = at
        while at < end and lines[at].startswith("@@"):
            headings.append(read_header(lines[at], at).heading)
            at += 1
        if len(headings) > _MOST_HEADINGS:
            raise trouble(first, f"more than {_MOST_HEADINGS} lines with `@@` above one hunk")
        stop = next((later for later in range(at, end) if lines[later].startswith(("@@", "*** "))), end)
        is_last = stop < end and lines[stop].startswith(_END_OF_FILE)
        taken = _taken(lines, at, stop)
        if taken:
            hunks.append(_hunk(len(hunks) + 1, first, headings, is_last, taken))
        elif headings:
            raise trouble(first, "a hunk without lines")
        if stop < end and lines[stop].startswith("*** ") and not is_last:
            raise trouble(stop, f"{shown(lines[stop])} is unknown here")
        at = stop + is_last
    return hunks


def _hunk(number: int, at: int, headings: list[str], is_last: bool, taken: list[Line]) -> Hunk:
    return Hunk(
        number=number,
        patch_line=at + 1,
        start=None,
        headings=tuple(filter(None, headings)),
        is_last=is_last,
        lines=tuple(taken),
    )


def _taken(lines: Lines, at: int, stop: int) -> list[Line]:
    taken = [loose_line(lines[line], line) for line in range(at, stop)]
    while taken and lines[stop - 1] == "" and taken[-1].mark != ADDED:
        taken.pop()
        stop -= 1
    return taken
