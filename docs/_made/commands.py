"""docs/commands.md: every command with its arguments and options, as the command line itself has them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, Literal, get_args, get_origin

import typer

from belljar.cli._app import app

from .text import code, page, prose, table

_ABOUT: Final = (
    "Exit codes are in [configuration.md](configuration.md#exit-codes), environment variables "
    "[beside them](configuration.md#environment-variables). `--json` prints one JSON document on standard output and "
    "everything else on standard error."
)


def commands() -> str:
    """The whole page."""
    return page("Command line", _ABOUT, *(_section(path, each) for path, each in all_commands()))


def all_commands() -> Iterator[tuple[str, Any]]:
    """Name as typed -> command; of groups those that have options of their own."""
    yield from _below("belljar", typer.main.get_command(app))


def _below(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    members = getattr(command, "commands", None)
    if members is None or any(each.name != "help" for each in command.params):
        yield path, command
    for name, each in (members or {}).items():
        yield from _below(f"{path} {name}", each)


def _section(path: str, command: Any) -> list[str]:
    lines = [f"## {path}", "", prose(command.help or ""), ""]
    rows = [_row(each) for each in command.params if each.name != "help"]
    return lines + (table(("argument or option", "default", "effect"), rows) if rows else [])


def _row(parameter: Any) -> tuple[str, str, str]:
    return code(_written(parameter)), _default(parameter), getattr(parameter, "help", None) or ""


def _written(parameter: Any) -> str:
    if not hasattr(parameter, "is_flag"):
        return str(parameter.metavar or parameter.name.upper())
    names = ", ".join(parameter.opts)
    return names if parameter.is_flag else f"{names} {parameter.metavar or _placeholder(parameter)}"


def _placeholder(parameter: Any) -> str:
    """The choices, or the type's name."""
    annotation = parameter.type_descriptor.annotation
    inner = get_args(annotation)
    if get_origin(annotation) is Literal:
        return "|".join(inner)
    return str((inner[0] if inner else annotation).__name__).upper()


def _default(parameter: Any) -> str:
    if parameter.required:
        return "must be given"
    value = parameter.default
    if callable(value) or value in (None, False, (), [], ""):
        return ""
    return f"{value:,}" if type(value) is int and value >= 10_000 else code(value)
