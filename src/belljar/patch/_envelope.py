"""The other form in which models write patches: `*** Begin Patch`, sections by file, places by context alone. Pure.

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

from typing import Final

from belljar.patch._diff import ADDED, FilePatch, Hunk, Kind, Line
from belljar.patch._hunks import Lines, loose_line, read_header, trouble
from belljar.patch._text import shown

BEGIN: Final = "*** Begin Patch"
_END: Final = "*** End Patch"
_END_OF_FILE: Final = "*** End of File"
_MOVE: Final = "*** Move to: "
_KINDS: Final[dict[str, Kind]] = {
    "*** Update File: ": "change",
    "*** Add File: ": "create",
    "*** Delete File: ": "delete",
}


def read_envelope(lines: Lines) -> tuple[FilePatch, ...]:
    """The sections in order. Raises PatchError with the line it cannot read, and where the envelope has no end."""
    begin = next(at for at, line in enumerate(lines) if line.startswith(BEGIN)) + 1
    end = next((at for at, line in enumerate(lines) if line.startswith(_END)), None)
    if end is None:
        raise trouble(len(lines) - 1, f"the patch ends without `{_END}`")
    starts = [at for at in range(begin, end) if _section_of(lines[at])]
    if stray := [at for at in range(begin, starts[0] if starts else end) if lines[at].strip()]:
        raise trouble(stray[0], f"{shown(lines[stray[0]])} stands before any `*** Update File: `")
    return tuple(_section(lines, at, after) for at, after in zip(starts, [*starts[1:], end], strict=True))


def _section_of(line: str) -> tuple[Kind, str] | None:
    return next(((kind, line[len(mark) :].strip()) for mark, kind in _KINDS.items() if line.startswith(mark)), None)


def _section(lines: Lines, at: int, end: int) -> FilePatch:
    found = _section_of(lines[at])
    assert found is not None
    kind, name = found
    begin, new = at + 1, name
    if begin < end and lines[begin].startswith(_MOVE):
        new = lines[begin][len(_MOVE) :].strip()
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
