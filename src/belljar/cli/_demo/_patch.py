"""Unified diffs onto text: every hunk fits, or nothing changes. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

_HUNK: Final = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunk:
    """One change: the lines it expects from `start` on (from 1), and the lines it puts there."""

    start: int
    old: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)
    """The first character of every line: blank, minus or plus."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """All hunks of one existing file."""

    path: str
    hunks: list[Hunk] = field(default_factory=list)

    def apply(self, text: str) -> str:
        """`text`, changed. Raises ValueError that names the first line which is not what the diff says."""
        lines = text.splitlines(keepends=True)
        for hunk in reversed(self.hunks):
            at = hunk.start - 1
            _must_fit(self.path, hunk, lines[at : at + len(hunk.old)])
            lines[at : at + len(hunk.old)] = hunk.new
        return "".join(lines)


def _must_fit(path: str, hunk: Hunk, found: Sequence[str]) -> None:
    for offset, wanted in enumerate(hunk.old):
        is_there = found[offset] if offset < len(found) else ""
        if is_there.rstrip("\n") != wanted.rstrip("\n"):
            raise ValueError(f"{path}:{hunk.start + offset} is {is_there.rstrip()!r}, the diff expects {wanted!r}")


def parse_diff(diff: str) -> list[FileChange]:
    """The changes that a diff describes. Raises ValueError where it is none, or adds or deletes whole files."""
    changes: list[FileChange] = []
    left = [0, 0]
    for line in diff.splitlines(keepends=True):
        if left != [0, 0]:
            _take(changes[-1].hunks[-1], line, left)
        elif line.startswith("+++ "):
            changes.append(FileChange(path=_path(line)))
        elif header := _HUNK.match(line):
            left = _counts(header)
            _open_hunk(changes, int(header[1]))
    if left != [0, 0] or not any(change.hunks for change in changes):
        raise ValueError("this is not a whole unified diff: a header or lines of a hunk are missing")
    return changes


def _open_hunk(changes: Sequence[FileChange], start: int) -> None:
    if not changes:
        raise ValueError("a hunk without a `+++ b/FILE` line before it")
    changes[-1].hunks.append(Hunk(start=start))


def _counts(header: re.Match[str]) -> list[int]:
    return [int(header[group] or 1) for group in (2, 4)]


def _take(hunk: Hunk, line: str, left: list[int]) -> None:
    kind, text = line[:1], line[1:]
    if kind == "\n":  # an editor took the blank of an empty context line
        kind, text = " ", "\n"
    if kind not in (" ", "-", "+"):
        raise ValueError(f"{line.rstrip()!r} is no line of a hunk")
    hunk.marks.append(kind)
    for side, (lines, absent) in enumerate(((hunk.old, "+"), (hunk.new, "-"))):
        if kind != absent:
            lines.append(text)
            left[side] -= 1
    if min(left) < 0:
        raise ValueError("a hunk has more lines than its header says")


def _path(line: str) -> str:
    path = line[4:].split("\t")[0].strip()
    if path == "/dev/null":
        raise ValueError("whole files are neither added nor deleted here")
    return path.removeprefix("b/")


def paths_of(changes: Iterable[FileChange]) -> list[str]:
    """Each file once, in order."""
    return list(dict.fromkeys(change.path for change in changes))
