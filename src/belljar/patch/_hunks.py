"""The hunks of a diff: their headers and their lines. Pure.

The counts in a header are believed when exactly so many lines follow; else the hunk ends where its lines end, at the
next header. Where a patch ends with fewer lines than both counts say, it was cut short, and that is an error. Line
numbers here count from 0, in messages from 1.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from belljar.errors import PatchError
from belljar.patch._diff import ADDED, CONTEXT, REMOVED, Line, Mark
from belljar.patch._text import shown

_RANGES: Final = re.compile(r"\s*-(\d+)(?:,(\d+))?\s+\+(\d+)(?:,(\d+))?\s*\Z", re.ASCII)
_START: Final = re.compile(r"\s*-(\d+)", re.ASCII)
_VERSION: Final = re.compile(r"\d+\.\d+")
_MARKS: Final[dict[str, Mark]] = {" ": CONTEXT, "-": REMOVED, "+": ADDED}
_BLANK: Final = ("", "\r")
"""A context line that is empty, and has lost its mark."""
_AFTER: Final = ("@@", "diff --git ", "Index: ", "```")
_MOST_DIGITS: Final = 9
_TRIMMED: Final = 3
"""Blank lines at the end of a patch that may be missing: as many as a hunk has context there."""
_HINT: Final = "Nothing was changed. Put that line right and send the whole patch again."
_HINT_CUT: Final = "Nothing was changed. Send the whole patch again, or write `@@` in place of counts that are wrong."

Lines = Sequence[str]


def trouble(at: int, message: str, *, hint: str = _HINT) -> PatchError:
    """The error for line `at` of a patch, before any file was looked at."""
    return PatchError(f"line {at + 1} of the patch: {message}", hint=hint, details={"patch_line": at + 1})


def names_at(lines: Lines, at: int) -> bool:
    """Whether `--- NAME` and `+++ NAME` begin here."""
    return at + 1 < len(lines) and lines[at].startswith("--- ") and lines[at + 1].startswith("+++ ")


def is_signature(lines: Lines, at: int) -> bool:
    """Whether git's mail signature, `-- ` and a version, begins here."""
    return lines[at] == "-- " and at + 1 < len(lines) and _VERSION.match(lines[at + 1]) is not None


def is_body(line: str) -> bool:
    return line[:1] in _MARKS and not line.startswith(("--- ", "+++ "))


class Header(NamedTuple):
    """What `@@ ... @@` says."""

    start: int | None = None
    counts: tuple[int, int] | None = None
    heading: str = ""


class Body(NamedTuple):
    """The lines of a hunk, and where the next thing begins."""

    lines: tuple[Line, ...]
    end: int
    restored: int = 0
    """Blank lines at their end that only the header knew of."""


def read_body(lines: Lines, begin: int, header: Header) -> Body:
    """The lines of the hunk that begins at `begin`. Raises PatchError at a line that has no mark, or is missing."""
    return _counted(lines, begin, header) or _whole(lines, _loose(lines, begin), header)


def read_header(line: str, at: int) -> Header:
    """`@@ -1,2 +1,3 @@ heading`, and what becomes of it: no counts, no numbers, code in their place."""
    if line.startswith("@@@"):
        raise trouble(at, "a diff against several parents cannot be applied here")
    ranges, _, heading = line[2:].partition("@@")
    if full := _RANGES.match(ranges):
        counts = _number(full[2] or "1", at), _number(full[4] or "1", at)
        return Header(_number(full[1], at), counts, heading.strip())
    if start := _START.match(ranges):
        return Header(_number(start[1], at), None, heading.strip())
    words = f"{ranges} {heading}".strip()
    return Header(heading="" if words == "..." else words)


def _number(digits: str, at: int) -> int:
    if len(digits) > _MOST_DIGITS:
        raise trouble(at, "a line number of more than nine digits")
    return int(digits)


def _counted(lines: Lines, begin: int, header: Header) -> Body | None:
    """The hunk's lines when there are just as many as its header says; None when its counts are wrong."""
    if header.counts is None or header.counts == (0, 0):
        return None
    left, at, taken = list(header.counts), begin, list[Line]()
    while max(left) > 0:
        if at >= len(lines) or (mark := _mark(lines[at])) is None:
            return None
        taken.append(Line(mark, lines[at] if lines[at] in _BLANK else lines[at][1:]))
        left[0] -= mark != ADDED
        left[1] -= mark != REMOVED
        at = _closed(lines, at + 1, taken)
    fits = min(left) == 0 and (at >= len(lines) or not is_body(lines[at]) or is_signature(lines, at))
    return Body(tuple(taken), at) if fits else None


def _mark(line: str) -> Mark | None:
    return CONTEXT if line in _BLANK else _MARKS.get(line[0])


def _closed(lines: Lines, at: int, taken: list[Line]) -> int:
    r"""Past `\ No newline at end of file`, which is said of the line before it."""
    if taken and at < len(lines) and lines[at].startswith("\\"):
        taken[-1] = taken[-1]._replace(is_open=True)
        return at + 1
    return at


def _loose(lines: Lines, begin: int) -> Body:
    """The hunk's lines up to the next header, whatever was counted. Empty lines at the end are only space between."""
    at, taken = begin, list[Line]()
    while at < len(lines) and not _ends_hunk(lines, at):
        taken.append(loose_line(lines[at], at))
        at = _closed(lines, at + 1, taken)
    while taken and lines[at - 1] in _BLANK and taken[-1] == Line(CONTEXT, lines[at - 1]):
        taken.pop()
        at -= 1
    return Body(tuple(taken), at)


def _whole(lines: Lines, body: Body, header: Header) -> Body:
    """The hunk, with the blank lines at the end of the patch that somebody trimmed: where they are not in the file,
    more than blanks was lost."""
    if header.counts is None or any(lines[at].strip() for at in range(body.end, len(lines))):
        return body
    there = sum(line.mark != ADDED for line in body.lines), sum(line.mark != REMOVED for line in body.lines)
    old, new = (said - found for said, found in zip(header.counts, there, strict=True))
    if min(old, new) <= 0 or not body.lines:
        return body
    if old == new <= _TRIMMED:
        return Body(body.lines + (Line(CONTEXT, ""),) * old, len(lines), restored=old)
    raise trouble(
        len(lines) - 1,
        f"the patch ends in the middle of a hunk, whose header says {header.counts[0]} lines before and "
        f"{header.counts[1]} after; {there[0]} and {there[1]} are there",
        hint=_HINT_CUT,
    )


def _ends_hunk(lines: Lines, at: int) -> bool:
    return lines[at].startswith(_AFTER) or names_at(lines, at) or is_signature(lines, at)


def loose_line(line: str, at: int) -> Line:
    """A line of a hunk by its first character. Raises PatchError when it has none of the marks."""
    if line in _BLANK or line.startswith("\t"):
        return Line(CONTEXT, line)
    mark = _MARKS.get(line[0])
    if mark is None:
        raise trouble(at, f"{shown(line)} is no line of a hunk, which begins with ' ', '-' or '+'")
    return Line(mark, line[1:])
