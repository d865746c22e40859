"""A server's schemas, made fit for declarations and prompts: bounded, and wide where they cannot be used."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

Schema = Mapping[str, Any]

SCHEMA_BYTES: Final = 32_768
"""Of one schema as JSON. The largest in the wild are some 20 kB; larger ones would fill a model's context."""

ANY_ARGUMENTS: Final[Schema] = {"type": "object"}
ANYTHING: Final[Schema] = {}

_WRAPPER_KEYS: Final = frozenset({"type", "properties", "required", "title", "$defs", "x-fastmcp-wrap-result"})
_OPENS: Final = frozenset({"additionalProperties", "patternProperties", "$ref", "anyOf", "oneOf", "allOf"})
_KEY: Final = "result"


def parameters_of(schema: Schema) -> Schema:
    """The schema of the arguments; one that lists no property takes none, as its author says by listing them."""
    is_empty = schema.get("properties") == {} and not _OPENS.intersection(schema)
    return {**schema, "additionalProperties": False} if is_empty else schema


def complaint_of(schema: Any) -> str | None:
    """Why a schema is not used; None when it is."""
    if not isinstance(schema, Mapping):
        return "is not an object"
    try:
        size = len(json.dumps(schema))
    except (TypeError, ValueError, RecursionError):
        return "is not JSON"
    return f"has {size:,} bytes, and at most {SCHEMA_BYTES:,} are used" if size > SCHEMA_BYTES else None


def is_wrapper(schema: Any) -> bool:
    """Whether a result schema is the `{"result": X}` in which the Python SDKs send what is no object.

    They title it after the function (`addOutput`; func_metadata.py of mcp 2.3) or mark it (fastmcp). A server's own
    object with a `result` in it is left alone.
    """
    if not isinstance(schema, Mapping) or not schema.keys() <= _WRAPPER_KEYS:
        return False
    properties = schema.get("properties")
    if not isinstance(properties, Mapping) or list(properties) != [_KEY] or schema.get("required") != [_KEY]:
        return False
    return schema.get("x-fastmcp-wrap-result") is True or str(schema.get("title", "")).endswith("Output")


def unwrapped_schema(schema: Schema) -> Schema:
    """What is inside the wrapper."""
    inner = schema["properties"][_KEY]
    if not isinstance(inner, Mapping):
        return ANYTHING
    plain = {key: value for key, value in inner.items() if key != "title"}
    return {**plain, "$defs": schema["$defs"]} if "$defs" in schema else plain


def unwrapped_value(value: Any) -> Any:
    """What is inside the wrapper; the value itself where it is none."""
    return value[_KEY] if isinstance(value, dict) and value.keys() == {_KEY} else value
