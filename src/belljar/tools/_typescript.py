"""JSON Schema to TypeScript types.

Takes what pydantic writes and what strangers send (MCP servers): a key that means nothing here, or is of the wrong
shape, makes a type wider, never an error and never code. Every name and text that comes from a schema goes through
`key_text`, `literal_text` or `_jsdoc`.

Compact, since a model pays for every token: what fits a line is a line, and a field's constraints are JSDoc tags.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from belljar.tools._characters import DECEIVING, written_out
from belljar.tools._jsdoc import field_comment
from belljar.values import ecmascript_number

Schema = Mapping[str, Any]

UNKNOWN: Final = "unknown"
_DEPTH: Final = 24
"""Deeper schemas end in `unknown`. No hand-written schema comes near; a hostile one must not exhaust the stack."""

_IDENTIFIER: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*\Z", re.ASCII)

_SCALARS: Final = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeWriter:
    """Writes types for one schema document."""

    names: Mapping[str, str]
    """TypeScript name of each `$ref` that the document may use."""
    has_comments: bool = True
    """Whether fields get their JSDoc."""
    depth: int = 0
    """Levels of indentation of the line on which the type begins."""
    left: int = _DEPTH

    def text(self, schema: Any) -> str:
        """The type of values that fit `schema`; `unknown` where it says nothing."""
        if schema is False:
            return "never"
        if not isinstance(schema, Mapping) or self.left <= 0:
            return UNKNOWN
        inner = self._with(left=self.left - 1)
        parts = [rule(inner, schema) for key, rule in _RULES.items() if key in schema]
        parts = [part for part in dict.fromkeys(parts) if part != UNKNOWN]
        if len(parts) < 2:
            return parts[0] if parts else UNKNOWN
        return " & ".join(_grouped(part) for part in parts)

    def fields(self, schema: Schema) -> list[str]:
        """Each property as `name: type`, with its comment before it on a line of its own."""
        required = set(filter(_is_text, _sequence(schema.get("required"))))
        found = _mapping(schema.get("properties")).items()
        return [self._field(name, inner, is_required=name in required) for name, inner in found if _is_text(name)]

    def object_text(self, fields: Sequence[str]) -> str:
        """`{ a: string; b?: number }`, over several lines when a field has a comment or the line gets long."""
        line = f"{{ {'; '.join(fields)} }}"
        if "\n" not in line and "/*" not in line and len(line) <= 100:
            return line
        inside, outside = "  " * (self.depth + 1), "  " * self.depth
        return "{\n" + "".join(f"{inside}{field};\n" for field in fields) + f"{outside}}}"

    def _field(self, name: str, schema: Any, *, is_required: bool) -> str:
        deeper = self._with(depth=self.depth + 1)
        declared = f"{key_text(name)}{'' if is_required else '?'}: {deeper.text(schema)}"
        comment = field_comment(schema, indent="  " * deeper.depth) if self.has_comments else ""
        return f"{comment}\n{'  ' * deeper.depth}{declared}" if comment else declared

    def _with(self, *, depth: int | None = None, left: int | None = None) -> TypeWriter:
        return TypeWriter(
            names=self.names,
            has_comments=self.has_comments,
            depth=self.depth if depth is None else depth,
            left=self.left if left is None else left,
        )

    # -- one method a keyword ------------------------------------------------------------------------------------------

    def _reference(self, schema: Schema) -> str:
        return self.names.get(str(schema["$ref"]), UNKNOWN)

    def _const(self, schema: Schema) -> str:
        return literal_text(schema["const"])

    def _enum(self, schema: Schema) -> str:
        return _union([literal_text(value) for value in _sequence(schema["enum"])])

    def _any_of(self, schema: Schema) -> str:
        return _union([self.text(member) for member in _sequence(schema.get("anyOf"))])

    def _one_of(self, schema: Schema) -> str:
        return _union([self.text(member) for member in _sequence(schema.get("oneOf"))])

    def _all_of(self, schema: Schema) -> str:
        parts = [self.text(member) for member in _sequence(schema["allOf"])]
        parts = [part for part in dict.fromkeys(parts) if part != UNKNOWN]
        return " & ".join(map(_grouped, parts)) if parts else UNKNOWN

    def _typed(self, schema: Schema) -> str:
        if "const" in schema or "enum" in schema:
            return UNKNOWN  # the literals say more
        kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        return _union([self._kind(kind, schema) for kind in kinds])

    def _kind(self, kind: Any, schema: Schema) -> str:
        if kind == "object":
            return self._object(schema)
        if kind == "array":
            return self._array(schema)
        if kind == "string" and schema.get("format") == "binary":
            return "Uint8Array"
        return _SCALARS.get(kind, UNKNOWN) if _is_text(kind) else UNKNOWN

    def _object(self, schema: Schema) -> str:
        fields = self.fields(schema)
        if not fields:
            return self._record(schema)
        if schema.get("additionalProperties", False) is not False:
            fields.append("[key: string]: unknown")  # the one index type that any declared field agrees with
        return self.object_text(fields)

    def _record(self, schema: Schema) -> str:
        patterns = list(_mapping(schema.get("patternProperties")).values())
        values = patterns or [schema.get("additionalProperties", True)]
        if values == [False]:
            return "Record<string, never>"
        value = _union([self.text(inner) for inner in values])
        keys = self._literal_keys(schema.get("propertyNames"))
        if keys:
            return f"{{ [key in {keys}]?: {value} }}"
        if any(name in value for name in self.names.values()):
            return f"{{ [key: string]: {value} }}"  # an alias may refer to itself in here, but not in Record<>
        return f"Record<string, {value}>"

    def _literal_keys(self, schema: Any) -> str:
        keys = _sequence(_mapping(schema).get("enum"))
        return _union([literal_text(key) for key in keys]) if keys and all(map(_is_text, keys)) else ""

    def _array(self, schema: Schema) -> str:
        if _sequence(schema.get("prefixItems")):
            return self._tuple(schema)
        return f"{_grouped(self.text(schema.get('items', True)))}[]"

    def _tuple(self, schema: Schema) -> str:
        prefix = _sequence(schema["prefixItems"])
        least = schema.get("minItems", 0)
        least = least if isinstance(least, int) else 0
        texts = [self.text(item) for item in prefix]
        items = [text if index < least else f"{_grouped(text)}?" for index, text in enumerate(texts)]
        if schema.get("items", True) is not False and schema.get("maxItems") != len(prefix):
            items.append(f"...{_grouped(self.text(schema.get('items', True)))}[]")
        return f"[{', '.join(items)}]"


_RULES: Final[Mapping[str, Callable[[TypeWriter, Schema], str]]] = {
    "$ref": TypeWriter._reference,
    "const": TypeWriter._const,
    "enum": TypeWriter._enum,
    "anyOf": TypeWriter._any_of,
    "oneOf": TypeWriter._one_of,
    "allOf": TypeWriter._all_of,
    "type": TypeWriter._typed,
}
"""What each keyword contributes; a schema with several means all of them at once."""


def key_text(name: str) -> str:
    """A property's name, quoted where it is no identifier (or is `new`, which would make it a constructor)."""
    return name if _IDENTIFIER.match(name) and name != "new" else literal_text(name)


def literal_text(value: Any) -> str:
    """A JSON scalar as a literal type; `unknown` for anything else."""
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, str):
        text = json.dumps(value, ensure_ascii=False)
        return DECEIVING.sub(written_out, text)
    if isinstance(value, int):
        return str(int(value))
    is_finite = isinstance(value, float) and value - value == 0
    return ecmascript_number(value) if is_finite else UNKNOWN


def _union(members: Sequence[str]) -> str:
    distinct = list(dict.fromkeys(members))
    if UNKNOWN in distinct or not distinct:
        return UNKNOWN
    kept = [member for member in distinct if member != "never"] or ["never"]
    return " | ".join(_grouped(member) if " & " in member else member for member in kept)


def _grouped(text: str) -> str:
    return f"({text})" if _has_bare_operator(text) else text


_COMMENT_OR_STRING: Final = re.compile(r'/\*.*?\*/|"(?:[^"\\]|\\.)*"', re.DOTALL)
_INNERMOST: Final = re.compile(r"\([^()[\]{}<>]*\)|\[[^()[\]{}<>]*\]|\{[^()[\]{}<>]*\}|<[^()[\]{}<>]*>")


def _has_bare_operator(text: str) -> bool:
    """Whether a `|` or `&` stands outside of all brackets."""
    if " | " not in text and " & " not in text:
        return False
    bare = _COMMENT_OR_STRING.sub("", text)
    found = 1
    while found:
        bare, found = _INNERMOST.subn("", bare)
    return "|" in bare or "&" in bare


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _mapping(value: Any) -> Mapping[Any, Any]:
    return value if isinstance(value, Mapping) else {}


def _sequence(value: Any) -> Sequence[Any]:
    return value if isinstance(value, (list, tuple)) else ()
