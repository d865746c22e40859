"""Tool definitions: what a request tells the model of the harness's tools, but for the envelope of each provider."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any, Final, Literal, TypeAlias

from belljar.errors import UsageError
from belljar.providers._reply import RUN_TYPESCRIPT
from belljar.tools import AnyTool, Registry
from belljar.tools._names import SPAWN

Form: TypeAlias = Literal["custom", "function"]
"""How scripts are handed over: as raw text, or as `code` in a JSON object."""

DESCRIPTION: Final = "Run one TypeScript script that calls tools, and get back what it returns."

CODE_SCHEMA: Final[Mapping[str, Any]] = {
    "type": "object",
    "properties": {"code": {"type": "string", "description": "The script: TypeScript, the body of an async function."}},
    "required": ["code"],
    "additionalProperties": False,
}

_NAME_LENGTH: Final = 64
"""OpenAI: `^[a-zA-Z0-9_-]+$`, at most 64 (chat/completions reference); Anthropic allows at least as much."""
_UNFIT: Final = re.compile(r"[^A-Za-z0-9_-]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One of the harness's tools, for a structured call."""

    name: str
    """On the wire."""
    description: str
    parameters: Mapping[str, Any]
    result: Mapping[str, Any]


def definitions(registry: Registry) -> list[Definition]:
    """Of all tools that a structured call can use. Raises UsageError for a tool with the name `run_typescript`."""
    check_names(registry)
    names = wire_names(registry.names)
    return [
        Definition(name=names[tool.name], description=tool.description, parameters=tool.parameters, result=tool.result)
        for tool in registry
        if _is_callable_alone(tool)
    ]


def check_names(registry: Registry) -> None:
    """Raises UsageError for a tool that has the name of the tool which takes scripts."""
    if RUN_TYPESCRIPT in registry:
        raise UsageError(f"a tool is named {RUN_TYPESCRIPT!r}, as the one that takes scripts", hint="Give it name=.")


def _is_callable_alone(tool: AnyTool) -> bool:
    return not tool.name.startswith(SPAWN)  # what it begins is awaited in the same script, or never


def wire_names(names: Iterable[str]) -> dict[str, str]:
    """A name that providers accept for each tool: dots and the like become `_`, and no two are the same.

    A tool keeps the name it has if it can, whatever other tools are called: no server's tool can pass for it.
    """
    listed = list(names)
    kept = {name: name for name in listed if len(name) <= _NAME_LENGTH and not _UNFIT.search(name)}
    taken = {RUN_TYPESCRIPT, *listed}
    for name in listed:
        if name not in kept:
            kept[name] = next(wish for wish in _wishes(name) if wish not in taken)
            taken.add(kept[name])
    return kept


def _wishes(name: str) -> Iterator[str]:
    wish = _UNFIT.sub("_", name)
    if len(wish) <= _NAME_LENGTH:
        yield wish
    for salt in count():
        mark = hashlib.sha256(f"{salt} {name}".encode()).hexdigest()[:8]
        yield f"{wish[: _NAME_LENGTH - 9]}_{mark}"


def tool_names(registry: Registry) -> dict[str, str]:
    """The tool of each name on the wire. A model that writes a tool's true name is understood too."""
    names = wire_names(registry.names)
    return {wire: name for name, wire in names.items()} | {name: name for name in names}
