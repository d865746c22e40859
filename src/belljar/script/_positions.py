"""Edits of a source, and the way back from the edited text to the source.

Blanking keeps every position. The few edits that do not (an inserted `return(`, a lowered enum) never contain a line
end, so they move columns on their own line only; `PositionMap` keeps those lines and is the identity for all others.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from belljar.script._text import Lines


class Edit(NamedTuple):
    """Replace units[start:end] by text; start == end inserts."""

    start: int
    end: int
    text: str
    rank: int = 0
    """Among insertions at one place, the lower rank comes first."""


class Piece(NamedTuple):
    """From this column of the code on: the source column, and whether the text was copied from there or made up."""

    code_column: int
    source_column: int
    copied: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionMap:
    """Maps a line and column of the code back to the source. Lines are never moved."""

    moved: Mapping[int, tuple[Piece, ...]] = field(default_factory=dict)
    """Only the lines whose columns moved."""

    def source(self, line: int, column: int) -> tuple[int, int]:
        """Where in the source the code's (line, column) comes from; made-up text points at where it was put."""
        pieces = self.moved.get(line, ())
        index = bisect_right(pieces, column, key=lambda piece: piece.code_column) - 1
        if index < 0:
            return line, column
        piece = pieces[index]
        return line, piece.source_column + (column - piece.code_column if piece.copied else 0)


def in_order(edits: Iterable[Edit]) -> list[Edit]:
    """The edits as they are to be applied: insertions first at their place, and none inside a wider edit."""
    kept: list[Edit] = []
    covered = 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end > edit.start, -edit.end, edit.rank)):
        if edit.start < covered:
            continue
        kept.append(edit)
        covered = max(covered, edit.end)
    return kept


def apply(units: str, edits: Iterable[Edit]) -> str:
    """The text after edits that are in order."""
    parts: list[str] = []
    done = 0
    for edit in edits:
        parts += units[done : edit.start], edit.text
        done = edit.end
    parts.append(units[done:])
    return "".join(parts)


def position_map(lines: Lines, edits: Iterable[Edit]) -> PositionMap:
    """The way back through edits that are in order."""
    moved: dict[int, list[Piece]] = {}
    shift: dict[int, int] = {}
    for edit in edits:
        growth = len(edit.text) - (edit.end - edit.start)
        if not growth:
            continue
        line, column = lines.position(edit.start)
        at = column + shift.get(line, 0)
        shift[line] = shift.get(line, 0) + growth
        moved.setdefault(line, []).extend(
            (Piece(at, column, False), Piece(at + len(edit.text), column + edit.end - edit.start, True))
        )
    return PositionMap(moved={line: tuple(pieces) for line, pieces in moved.items()})
