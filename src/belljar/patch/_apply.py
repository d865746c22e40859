"""Hunks onto text. Pure.

All places are found in the text as it was, and only then is anything changed, so hunks may come in any order and share
context. Context lines stay as the file has them; added lines take the file's line ending unless the hunk agrees with
the file in its own. A text that does not end with a line feed stays so unless the patch says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from belljar.errors import PatchError
from belljar.patch._diff import ADDED, CONTEXT, REMOVED, FilePatch, Hunk, Line
from belljar.patch._locate import Placed, locate
from belljar.patch._nearest import misfit
from belljar.patch._pace import Pace
from belljar.patch._text import BOM, bare, ending_of, plain, split_lines, trimmed


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """A text, and how the hunks fitted."""

    text: str
    placed: tuple[Placed, ...]


class _Edit(NamedTuple):
    """`removed` lines at `place` go, `added` come."""

    place: int
    removed: int
    added: list[str]
    hunk: Hunk

    @property
    def end(self) -> int:
        return self.place + self.removed


def apply_hunks(text: str, hunks: Sequence[Hunk], *, path: str, fuzz: int, pace: Pace = lambda: None) -> Applied:
    """`text`, changed. Raises PatchError when a hunk has no place, has several, or two change the same lines."""
    mark, body = (BOM, text[1:]) if text.startswith(BOM) else ("", text)
    lines = split_lines(body)
    placed = locate(lines, hunks, path=path, fuzz=fuzz, pace=pace)
    ending = ending_of(lines)
    edits = sorted((edit for each in placed for edit in _edits(each, ending)), key=lambda edit: edit.place)
    _must_not_meet(edits, path)
    return Applied(text=mark + _changed(lines, edits, ending), placed=tuple(placed))


def created_text(section: FilePatch) -> str:
    """The text of a file that a patch creates. Raises PatchError where it expects or removes lines."""
    for hunk in section.hunks:
        for line in hunk.lines:
            if line.mark == REMOVED or (line.mark == CONTEXT and line.text.strip()):
                raise PatchError(
                    f"{section.new}, hunk {hunk.number}: the file is created, so every line of it begins with '+'",
                    details={"path": section.new, "hunk": hunk.number, "patch_line": hunk.patch_line},
                )
    lines = [line for hunk in section.hunks for line in hunk.lines]
    return "".join(f"{line.text}\n" for line in lines[:-1]) + "".join(_closed(line) for line in lines[-1:])


def must_be_all(section: FilePatch, text: str) -> None:
    """Raises PatchError when a patch that deletes a file shows other lines than the file has."""
    lines = split_lines(text.removeprefix(BOM))
    wanted = [trimmed(line.text) for hunk in section.hunks for line in hunk.old]
    if not section.hunks or wanted == [trimmed(line) for line in lines]:
        return
    if wanted == [trimmed(line) for line in lines[: len(wanted)]]:
        raise PatchError(
            f"{section.old}: the patch deletes the file but shows {len(wanted)} of its {len(lines)} lines",
            hint="Show all lines with '-', or leave the file and remove lines from it.",
            details={"path": section.old, "patch_line": section.patch_line},
        )
    raise misfit(lines, section.hunks[0], path=section.old)


def _closed(line: Line) -> str:
    return line.text if line.is_open else f"{line.text}\n"


# -- edits ------------------------------------------------------------------------------------------------------------


def _edits(placed: Placed, ending: str) -> Iterator[_Edit]:
    """Each run of removed and added lines."""
    at, removed, added = placed.index, 0, list[str]()
    for line in (*placed.hunk.lines, Line(CONTEXT, "")):
        if line.mark == REMOVED:
            removed += 1
        elif line.mark == ADDED:
            added.append(_added(line, ending, is_literal=placed.is_literal))
        else:
            if removed or added:
                yield _Edit(at, removed, added, placed.hunk)
            at, removed, added = at + removed + 1, 0, []


def _added(line: Line, ending: str, *, is_literal: bool) -> str:
    text = line.text if is_literal else plain(line.text)
    return text if line.is_open else text + ("\n" if is_literal else ending)


def _must_not_meet(edits: Sequence[_Edit], path: str) -> None:
    for first, second in pairwise(edits):
        if first.hunk is not second.hunk and second.place < first.place + max(first.removed, 1):
            raise PatchError(
                f"{path}: hunks {first.hunk.number} and {second.hunk.number} both change line {second.place + 1}",
                hint="Make one hunk of them.",
                details={"path": path, "hunk": second.hunk.number, "line": second.place + 1},
            )


def _changed(lines: list[str], edits: Sequence[_Edit], ending: str) -> str:
    changed, at = list[str](), 0
    for edit in edits:
        changed += lines[at : edit.place]
        changed += edit.added
        at = edit.end
    changed += lines[at:]
    inner = [line if line.endswith("\n") else line + ending for line in changed[:-1]]
    last = [bare(line).removesuffix("\r") if _loses_feed(lines, edits) else line for line in changed[-1:]]
    return "".join(inner + last)


def _loses_feed(lines: list[str], edits: Sequence[_Edit]) -> bool:
    """Whether the last line is an added one, the text had no line feed at its end, and the patch says nothing of it."""
    if not (lines and edits) or lines[-1].endswith("\n") or edits[-1].end < len(lines) or not edits[-1].added:
        return False
    return not any(line.is_open for line in edits[-1].hunk.lines)
