"""The kinds of fields that manifests and policies have, each with its rule in plain words.

pydantic does the walking; what it says of its own is put into words in `_wording`, so no rule here is one of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Final, Literal, TypeAlias, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from belljar.errors import UsageError
from belljar.packs._url import is_address, parse_host
from belljar.tools._names import checked_tool_name

T = TypeVar("T")

RULE: Final = "rule"
"""The type of our own errors; the context has `why`."""

Capability: TypeAlias = Literal[
    "network", "secrets", "files.read", "files.write", "commands", "database", "read:repo", "metrics"
]
"""What a plugin may ask for beside computing."""


class Strict(BaseModel):
    """A table with known fields only, whose values are of the type that is asked for and not made so."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, arbitrary_types_allowed=True)


def broken(why: str, *, is_shown: bool = True) -> PydanticCustomError:
    """The error of a rule. `why` reads after the path: `must be ...`. The value is shown behind it, unless it may hold
    a password."""
    return PydanticCustomError(RULE, "{why}", {"why": why, "is_shown": is_shown})


def rule(holds: Callable[[Any], bool], why: str, *, is_shown: bool = True) -> AfterValidator:
    """A value is taken where `holds`."""

    def check(value: T) -> T:
        if not holds(value):
            raise broken(why, is_shown=is_shown)
        return value

    return AfterValidator(check)


def words(pattern: str, why: str) -> AfterValidator:
    """A text that is wholly of this form; ASCII."""
    compiled = re.compile(rf"(?:{pattern})\Z", re.ASCII)
    return rule(lambda text: compiled.match(text) is not None, why)


def line_of_text(low: int, high: int) -> AfterValidator:
    """What people read, in a terminal too."""
    return rule(
        lambda text: low <= len(text) <= high and (text.isprintable()),
        f"must be {f'{low} to ' if low else 'at most '}{high} characters on one line, all of them visible",
    )


def between(low: int, high: int) -> AfterValidator:
    """A whole number in a range."""
    return rule(lambda number: low <= number <= high, f"must be from {low:,} to {high:,}")


def _no_item_twice(items: Sequence[Any]) -> Any:
    seen = set()
    for item in items:
        if item in seen:
            raise broken(f"has {item!r} more than once")
        seen.add(item)
    return items


def _one_host(text: str) -> str:
    wild, name = (text[:2], text[2:]) if text.startswith("*.") else ("", text)
    try:
        spelled = parse_host(name)
    except ValueError as error:
        raise broken(str(error)) from None
    if wild and ("." not in spelled or is_address(spelled)):
        raise broken('is too wide; write it like "*.example.com"')
    if (plain := f"{wild}[{spelled}]" if ":" in spelled else wild + spelled) != text:
        raise broken(f"must be written as {plain!r}")
    return text


def _one_exact_host(text: str) -> str:
    if text.startswith("*"):
        raise broken("must be one host, not a pattern")
    return _one_host(text)


def _one_tool(text: str) -> str:
    try:
        return checked_tool_name(text)
    except UsageError as error:
        raise broken(f"is no name that a tool can have: {error.message}") from None


UNIQUE: Final = AfterValidator(_no_item_twice)
AS_LIST: Final = Field(strict=False)
"""TOML and JSON have lists and no tuples."""

Capabilities: TypeAlias = Annotated[tuple[Capability, ...], AS_LIST, UNIQUE]


def at_most(count: int) -> AfterValidator:
    """Items of a list."""
    return rule(lambda items: len(items) <= count, f"must have at most {count} items")


PluginName: TypeAlias = Annotated[
    str, words("[a-z0-9][a-z0-9-]{0,49}", "must be 1 to 50 of a-z, 0-9 and '-', and not begin with '-'")
]
Host: TypeAlias = Annotated[str, AfterValidator(_one_host)]
ExactHost: TypeAlias = Annotated[str, AfterValidator(_one_exact_host)]
ToolName: TypeAlias = Annotated[str, AfterValidator(_one_tool)]
SecretName: TypeAlias = Annotated[
    str, words("[A-Za-z_][A-Za-z0-9_]{0,63}", "must be 1 to 64 of A-Z, a-z, 0-9 and '_', and not begin with a digit")
]
Label: TypeAlias = Annotated[
    str, words("[A-Za-z0-9][A-Za-z0-9._-]{0,63}", "must be 1 to 64 of A-Z, a-z, 0-9, '.', '_' and '-'")
]
Identifier: TypeAlias = Annotated[
    str, words("[A-Za-z_$][A-Za-z0-9_$]{0,127}", "must be a JavaScript name of A-Z, a-z, 0-9, '_' and '$'")
]
ScriptName: TypeAlias = Annotated[
    str,
    words(
        r"(?!.*\.d\.ts\Z)[A-Za-z0-9_][A-Za-z0-9._-]{0,95}\.(?:ts|js)",
        "must be the name of a file beside the manifest that ends in .ts or .js, without a folder",
    ),
]
Version: TypeAlias = Annotated[
    str,
    rule(lambda text: len(text) <= 100, "must have at most 100 characters"),
    words(
        # the grammar of semver.org, version 2.0.0, written as one expression
        r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)"
        r"(-(0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)(\.(0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*))*)?"
        r"(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?",
        "must be a version after semver.org, like 1.4.0 or 2.0.0-beta.1",
    ),
]
WebAddress: TypeAlias = Annotated[
    str, words(r"(?:https://[\x21-\x7e]{1,192})?", "must be an https:// address of at most 200 characters, or empty")
]
Checksum: TypeAlias = Annotated[str, words("[0-9a-f]{64}", "must be a checksum: 64 of 0-9 and a-f")]

TimeoutMs: TypeAlias = Annotated[int, between(100, 10_000)]
MemoryMb: TypeAlias = Annotated[int, between(1, 50)]
Concurrent: TypeAlias = Annotated[int, between(1, 10)]
