"""Makes a program that shows something smaller, as long as it shows it still."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from campaign.grammar._tree import Kind, Node

MOST_TRIES = 500
"""How many programs are tried at most: each costs some milliseconds on every engine."""
_PLAIN = ("0", "null")


def shrunk(program: Node, shows: Callable[[Node], bool], tries: int = MOST_TRIES) -> Node:
    """The smallest program found that `shows`, by deleting statements and simplifying expressions, large cuts first."""
    smaller: Node | None = program
    while smaller is not None:
        program, smaller = smaller, None
        for candidate in _candidates(program):
            if tries == 0:
                return program
            tries -= 1
            if shows(candidate):
                smaller = candidate
                break
    return program


def _candidates(program: Node) -> Iterator[Node]:
    yield from _without_statements(program)
    yield from _unwrapped(program)
    yield from _simpler_expressions(program)


def _without_statements(program: Node) -> Iterator[Node]:
    """Each block without a half of its statements, without a quarter, ... without one."""
    for path, block in program.walk():
        if block.kind == "block":
            yield from (program.replaced(path, (rest,)) if path else rest for rest in _shorter(block))


def _shorter(block: Node) -> Iterator[Node]:
    for size in _halves(len(block.parts)):
        for at in range(0, len(block.parts), size):
            yield Node("block", (*block.parts[:at], *block.parts[at + size :]))


def _halves(count: int) -> Iterator[int]:
    """A half, a quarter, ... and one, of what there is."""
    size = (count + 1) // 2
    while size > 1:
        yield size
        size //= 2
    if count:
        yield 1


def _unwrapped(program: Node) -> Iterator[Node]:
    """Each statement replaced by the statements that it holds."""
    for path, statement in program.walk():
        if statement.kind == "statement" and path:
            yield from (program.replaced(path, block.parts) for block in _inside(statement, "block"))


def _simpler_expressions(program: Node) -> Iterator[Node]:
    """Each expression replaced by something plain, or by a part of it."""
    for path, expression in program.walk():
        if expression.kind == "expression":
            size = len(expression.text())
            simple = (Node("expression", (plain,)) for plain in _PLAIN if len(plain) < size)
            yield from (program.replaced(path, (new,)) for new in (*simple, *_inside(expression, "expression")))


def _inside(node: Node, kind: Kind) -> Iterator[Node]:
    return (part for part in node.parts if isinstance(part, Node) and part.kind == kind)
