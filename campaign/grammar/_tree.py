"""A generated program as a tree that can be written out, and cut down without being parsed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["expression", "statement", "block"]
Path: TypeAlias = tuple[int, ...]
"""Where a node is: the index of a part, of that part's part, and so on."""


@dataclass(frozen=True, slots=True)
class Node:
    """A piece of a program: text and smaller pieces in turn. The parts of a block are its statements."""

    kind: Kind
    parts: tuple[str | Node, ...]

    def text(self) -> str:
        """The program text."""
        between = "\n" if self.kind == "block" else ""
        return between.join(part if isinstance(part, str) else part.text() for part in self.parts)

    def walk(self, path: Path = ()) -> Iterator[tuple[Path, Node]]:
        """Every node below and this one, outer ones first."""
        yield path, self
        for at, part in enumerate(self.parts):
            if isinstance(part, Node):
                yield from part.walk((*path, at))

    def size(self) -> int:
        """How many nodes."""
        return sum(1 for _ in self.walk())

    def replaced(self, path: Path, new: tuple[str | Node, ...]) -> Node:
        """A copy with `new` in the place of the part at `path`."""
        at, *rest = path
        part = self.parts[at]
        if rest:
            assert isinstance(part, Node)
            new = (part.replaced(tuple(rest), new),)
        return Node(self.kind, (*self.parts[:at], *new, *self.parts[at + 1 :]))
