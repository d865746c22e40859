"""docs/api.md: the public names of each package, with signature and first words."""

from __future__ import annotations

import enum
import inspect
import types
from collections.abc import Mapping
from importlib import import_module
from inspect import Parameter
from typing import Any, Final
from unittest.mock import patch

from belljar import gate

from .text import page, prose, summary

_PACKAGES: Final = (
    "belljar", "belljar.harness", "belljar.tools", "belljar.machine", "belljar.script", "belljar.journal",
    "belljar.errors", "belljar.values", "belljar.audit", "belljar.store", "belljar.durable", "belljar.packs",
    "belljar.patch", "belljar.mcp", "belljar.providers", "belljar.snapshot", "belljar.telemetry", "belljar.typecheck",
    "belljar.web", "belljar.testing", "belljar.plugins", "belljar.agents",
)  # fmt: skip
_ABOUT: Final = (
    "What the packages list in `__all__`. Everything else is private and may change. Most programs need "
    "nothing but the first package. Plugins and agents can be imported only where an operator has "
    "[switched them on](configuration.md#environment-variables)."
)


def names() -> str:
    """The whole page."""
    seen: set[str] = set()
    with patch.object(gate, "_is_on", True):
        return page("Python names", _ABOUT, *(_package(name, seen) for name in _PACKAGES))


def _package(name: str, seen: set[str]) -> list[str]:
    """Names that an earlier package has are only named again."""
    package = import_module(name)
    listed = [each for each in getattr(package, "__all__", ()) if not each.startswith("_")]
    own = [each for each in listed if name == "belljar" or each not in seen]
    lines = [f"## {name}", "", prose(summary(package)), ""]
    for each in own:
        lines += _entry(each, getattr(package, each))
    if again := [each for each in listed if each not in own]:
        lines += ["Also here: " + ", ".join(f"`{each}`" for each in again) + ".", ""]
    seen.update(listed)
    return lines


def _entry(name: str, value: Any) -> list[str]:
    return [f"- **`{name}`** {_kind(value)}{_told(value)}"]


def _kind(value: Any) -> str:
    if isinstance(value, type):
        return "class" if not issubclass(value, BaseException) else "error"
    if isinstance(value, types.ModuleType):
        return "module"
    if callable(value) and not _is_alias(value):
        return f"`{_signature(value)}`"
    return "value"


def _is_alias(value: Any) -> bool:
    return hasattr(value, "__origin__") or isinstance(value, types.UnionType)


_MARKS: Final[Mapping[Any, str]] = {Parameter.VAR_POSITIONAL: "*", Parameter.VAR_KEYWORD: "**"}


def _signature(value: Any) -> str:
    """Names of parameters alone: types are in the editor, and a page is narrow."""
    shown: list[str] = []
    for each in inspect.signature(value).parameters.values():
        if each.kind is each.KEYWORD_ONLY and not any(name.startswith("*") for name in shown):
            shown.append("*")
        shown.append(_MARKS.get(each.kind, "") + each.name)
    return f"({', '.join(shown)})"


def _told(value: Any) -> str:
    """What a class or function says of itself; an instance has only what its class says, which is no use here."""
    if isinstance(value, enum.EnumMeta | type) or inspect.isroutine(value) or isinstance(value, types.ModuleType):
        return f": {prose(summary(value))}" if summary(value) else ""
    return ""
