"""The names that a function takes from around it, which are what makes two functions of one code differ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from oracle.syntax import Block, Function, Name, declared, names_of


def captures_of(function: Function) -> tuple[str, ...]:
    """The free names of a function, each once, in the order of the alphabet."""
    return tuple(sorted(set(_free_in_function(function))))


def _free_in_function(function: Function) -> Iterator[str]:
    patterns = (*function.parameters, *([function.rest] if function.rest else []))
    own = {name for pattern in patterns for name in names_of(pattern)}
    if isinstance(function.body, tuple):
        own.update(declared(function.body))
    return (name for name in _free(function.body) if name not in own)


def _free(node: Any) -> Iterator[str]:
    """The free names of a node, of a tuple of them, or of what holds none."""
    if isinstance(node, Name):
        yield node.name
    elif isinstance(node, Function):
        yield from node.captures
    elif isinstance(node, Block):
        own = declared(node.statements)
        yield from (name for name in _free(node.statements) if name not in own)
    else:
        for part in _parts(node):
            yield from _free(part)


def _parts(node: Any) -> Iterator[Any]:
    if isinstance(node, tuple):
        yield from node
    elif hasattr(node, "__dataclass_fields__"):
        yield from (getattr(node, field.name) for field in fields(node))
