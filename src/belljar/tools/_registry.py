"""The tools of one harness, by name, in the order they were given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from belljar.errors import UsageError
from belljar.guess import closest
from belljar.tools._tool import AnyTool, Tool


class Registry:
    """Read-only. Plain callables become tools."""

    __slots__ = ("_tools",)

    def __init__(self, tools: Iterable[AnyTool | Callable[..., Any]] = ()) -> None:
        self._tools: dict[str, AnyTool] = {}
        for given in tools:
            self._add(Tool.of(given))
        _check_groups(self._tools)

    def _add(self, added: AnyTool) -> None:
        if added.is_method:
            raise UsageError(f"tool {added.name!r} is a method without its object", hint="Register object.method.")
        if added.name in self._tools:
            both = f"{_where(self._tools[added.name])} and {_where(added)}"
            raise UsageError(f"two tools are named {added.name!r}: {both}", hint="Give one of them name=.")
        self._tools[added.name] = added

    @property
    def names(self) -> tuple[str, ...]:
        """In order."""
        return tuple(self._tools)

    def get(self, name: str) -> AnyTool | None:
        """The tool of this name, or None."""
        return self._tools.get(name)

    def closest(self, name: str) -> str | None:
        """The name that `name` is most likely a slip of, or None."""
        return closest(name, self._tools)

    def __iter__(self) -> Iterator[AnyTool]:
        return iter(self._tools.values())

    def __len__(self) -> int:
        return len(self._tools)

    def __contains__(self, name: object) -> bool:
        return name in self._tools


def _where(given: AnyTool) -> str:
    name = getattr(given.fn, "__qualname__", None) or type(given.fn).__qualname__
    return f"{given.__module__}.{name}"


def _check_groups(tools: dict[str, AnyTool]) -> None:
    """A name cannot be a tool and a group of tools at once: `tools.a` is a function or a namespace."""
    for name in tools:
        segments = name.split(".")
        for length in range(1, len(segments)):
            group = ".".join(segments[:length])
            if group in tools:
                raise UsageError(f"tool {group!r} is also the group of tool {name!r}", hint="Rename one of them.")
