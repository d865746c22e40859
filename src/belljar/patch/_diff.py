"""What a patch says, as data. Pure.

A patch is a list of file patches, each a list of hunks; a hunk is the lines it expects (context and removed) and the
lines it puts there (context and added). Nothing here has looked at a file yet: a name may exist or not.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple, TypeAlias

Mark: TypeAlias = Literal[" ", "-", "+"]

CONTEXT: Mark = " "
REMOVED: Mark = "-"
ADDED: Mark = "+"

Kind: TypeAlias = Literal["change", "create", "delete"]


class Line(NamedTuple):
    """One line of a hunk."""

    mark: Mark
    text: str
    """Without its mark and its line feed; a carriage return stays."""
    is_open: bool = False
    """Whether the patch says that no line feed follows it in the file."""


@dataclass(frozen=True, kw_only=True)
class Hunk:
    """One change in one place."""

    number: int
    """Among the hunks of its file, from 1."""
    patch_line: int
    """Where it begins in the patch, from 1."""
    start: int | None
    """The first line that it expects, from 1, as its header says; None where the header has no number."""
    headings: tuple[str, ...] = ()
    """Lines of the file that stand somewhere above the place, outermost first."""
    is_last: bool = False
    """Whether the patch says that its lines end the file."""
    lines: tuple[Line, ...]
    restored: int = 0
    """Blank lines at the end of `lines` that the patch does not show, and its header counts."""

    @cached_property
    def old(self) -> tuple[Line, ...]:
        """What it expects."""
        return tuple(line for line in self.lines if line.mark != ADDED)

    @cached_property
    def new(self) -> tuple[Line, ...]:
        """What it leaves."""
        return tuple(line for line in self.lines if line.mark != REMOVED)

    def count(self, mark: Mark) -> int:
        """How many lines of one kind."""
        return sum(line.mark == mark for line in self.lines)

    @property
    def stated_index(self) -> int | None:
        """Where it begins in a list, as its header says. One that expects no lines names the line before its place."""
        if self.start is None:
            return None
        return max(self.start - 1, 0) if self.old else self.start


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePatch:
    """All that one section of a patch does."""

    kind: Kind
    old: str
    """The file it reads, as a path in the workspace; for `create` the same as `new`."""
    new: str
    """The file it leaves; for `delete` the same as `old`."""
    is_rename: bool = False
    """Whether the patch says in so many words that the file gets another name."""
    is_executable: bool = False
    """Whether a created file may be run."""
    hunks: tuple[Hunk, ...] = ()
    patch_line: int = 1
    """Where the section begins in the patch, from 1."""
