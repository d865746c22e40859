"""Names at run time: one scope for the program, each call and each block.

A name is there from the start of its scope and unset until its declaration has been executed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from oracle.values import Value


class Unset:
    """The mark of a name whose declaration has not been executed."""


UNSET: Final = Unset()


class Scope:
    """Names and their values; `level` is the number of functions around."""

    __slots__ = ("level", "outer", "values")

    def __init__(self, outer: Scope | None, names: Iterable[str], *, level: int) -> None:
        self.outer = outer
        self.values: dict[str, Value] = dict.fromkeys(names, UNSET)
        self.level = level

    def find(self, name: str) -> Scope | None:
        """The scope that declares a name, innermost first."""
        scope: Scope | None = self
        while scope is not None and name not in scope.values:
            scope = scope.outer
        return scope

    def captured(self, name: str) -> tuple[Value] | None:
        """What a function made here has captured under a name; None for a name of the program itself."""
        scope = self.find(name)
        return None if scope is None or scope.level == 0 else (scope.values[name],)
