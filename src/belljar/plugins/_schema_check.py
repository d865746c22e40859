"""`api.validateInput`: a value against a JSON Schema (draft 2020-12), both of them a stranger's.

The work is done in a process of its own that can be killed (`_apart`, `_schema_worker`). The schema refers to nothing
outside of itself, and is bounded in size and depth before it is looked at.
"""

from __future__ import annotations

import json
import sys
from typing import Any, Final

from typing_extensions import TypedDict

from belljar.errors import ToolExecutionError, ToolValidationError
from belljar.plugins._apart import DiedError, answer_of
from belljar.tools import AbortSignal

SCHEMA_BYTES: Final = 65_536
"""Of the schema as JSON."""
SCHEMA_DEPTH: Final = 64
"""Of the schema's nesting."""
CHECK_MS: Final = 2_000
"""Of one check. The process needs about 130 of it to begin (measured)."""
_MEMORY_BYTES: Final = 512 << 20
_PROBLEMS: Final = 20
_PROBLEM_CHARACTERS: Final = 200
_HINT: Final = "Use a simpler schema: no nested repeats in patterns, no branching in branching."
_DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
TOOL: Final = "validateInput"


class SchemaProblem(TypedDict):
    """One place where a value does not fit."""

    path: str
    """A JSON pointer; empty for the value itself."""
    message: str


class SchemaResult(TypedDict):
    """What validateInput gives."""

    valid: bool
    problems: list[SchemaProblem]
    """The first twenty; empty when it fits."""


def schema_result(value: Any, schema: Any, signal: AbortSignal, *, check_ms: int = CHECK_MS) -> SchemaResult:
    """Raises ToolValidationError for a schema that cannot be used, ToolExecutionError where it takes too long."""
    try:
        answer = answer_of("_schema_worker.py", _task(value, schema), signal, ms=check_ms)
    except TimeoutError:
        raise ToolExecutionError(
            f"the value could not be checked within {check_ms:,} ms", hint=_HINT, tool=TOOL
        ) from None
    except DiedError:
        raise ToolExecutionError("the check took too much time or memory", hint=_HINT, tool=TOOL) from None
    if "refused" in answer:
        raise ToolValidationError(answer["refused"], tool=TOOL)
    problems: list[SchemaProblem] = answer["problems"]
    return {"valid": not problems, "problems": problems}


def _task(value: Any, schema: Any) -> dict[str, Any]:
    try:
        written = json.dumps(schema, allow_nan=False)
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        raise ToolValidationError("the value and its schema are plain JSON, without bytes", tool=TOOL) from None
    for is_so, why in (
        (len(written) > SCHEMA_BYTES, f"has at most {SCHEMA_BYTES:,} bytes"),
        (_depth(schema) > SCHEMA_DEPTH, f"nests at most {SCHEMA_DEPTH} levels deep"),
        (
            isinstance(schema, dict) and str(schema.get("$schema", _DRAFT)).rstrip("#") != _DRAFT,
            f"is of the draft {_DRAFT}",
        ),
    ):
        if is_so:
            raise ToolValidationError(f"a schema {why}", tool=TOOL)
    bounds = {"memory_bytes": _MEMORY_BYTES, "path": sys.path, "most": _PROBLEMS, "characters": _PROBLEM_CHARACTERS}
    return {"schema": schema, "value": value, **bounds}


def _depth(schema: Any) -> int:
    """Levels, without recursion."""
    level, depth = [schema], 0
    while level:
        level = [item for each in level if isinstance(each, dict | list) for item in _parts(each)]
        depth += 1
    return depth


def _parts(value: dict[str, Any] | list[Any]) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value
