"""Comments in the declarations. Text of strangers becomes comment text and stays it.

`*/` cannot occur in what comes out, nor can a control, invisible or direction-changing character.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from belljar.tools._characters import UNPRINTABLE

_TAGS: Final = (
    *("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "multipleOf"),
    *("minLength", "maxLength", "minItems", "maxItems", "uniqueItems", "format", "pattern"),
)
_BINARY: Final = "binary"
"""The one format that the type itself shows."""
_SAYS_NOTHING: Final[tuple[Any, ...]] = (None, [], {})
"""Defaults that an optional field is read to have anyway."""
_LONGEST_TAG: Final = 80
"""Longer values (pydantic's pattern for Decimal) cost a model more than they tell it."""


def comment(text: str, *, indent: str) -> str:
    """A JSDoc block for `text`, its first line without indentation; empty for empty text."""
    lines = [line.rstrip() for line in _safe(text).strip().splitlines()]
    if not lines:
        return ""
    if len(lines) == 1:
        return f"/** {lines[0]} */"
    body = "".join(f"{indent} * {line}".rstrip() + "\n" for line in lines)
    return f"/**\n{body}{indent} */"


def field_comment(schema: Any, *, indent: str) -> str:
    """Description, default and constraints of a property's schema."""
    if not isinstance(schema, Mapping):
        return ""
    description = schema.get("description")
    text = description if isinstance(description, str) else ""
    return comment(" ".join([text.strip(), *_tags(schema)]), indent=indent)


def _tags(schema: Mapping[str, Any]) -> list[str]:
    constrained = _constrained(schema)
    values = {tag: constrained[tag] for tag in _TAGS if tag in constrained and constrained[tag] != _BINARY}
    if "prefixItems" in constrained:
        values.pop("minItems", None)
        values.pop("maxItems", None)
    if schema.get("default") not in _SAYS_NOTHING and constrained.get("format") != _BINARY:
        values["default"] = schema["default"]
    return [f"@{tag} {text}" for tag, value in values.items() if len(text := _tag_value(tag, value)) <= _LONGEST_TAG]


def _constrained(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema itself, or in `X | null` the schema of X."""
    members = schema.get("anyOf")
    if not isinstance(members, list):
        return schema
    others = [member for member in members if isinstance(member, Mapping) and member.get("type") != "null"]
    return others[0] if len(others) == 1 else {}


def _tag_value(tag: str, value: Any) -> str:
    return value if tag in ("format", "pattern") and isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _safe(text: str) -> str:
    plain = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return UNPRINTABLE.sub("", plain).replace("*/", "*\\/")
