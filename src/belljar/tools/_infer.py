"""What a result looks like, learnt from the results themselves: the JSON Schema of a tool that declares none.

`Shape.of` reads one value, `|` widens a shape to fit another's values too, `schema` writes it down. Order does not
matter to `|`, and a shape that is widened by itself stays the same. A key that some objects lack is optional, arrays
are one array, and an object with many keys, or with keys that are data, is a map.

Values are a stranger's and end up in a prompt: how much is read and how much is written is bounded, and what
lies past the bound is `unknown`. So a shape is a hint to the model and no promise: nothing is validated against it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from itertools import islice
from operator import or_
from typing import Any, Final

Schema = dict[str, Any]

_DEPTH: Final = 8
"""Deeper values are `unknown`."""
_VALUES_READ: Final = 5_000
"""Of one result. Reading them takes about 10 ms; the elements after them are taken to look the same."""
_ITEMS_READ: Final = 100
"""Of one array or map."""
_FIELDS_OF_OBJECT: Final = 32
"""An object with more keys is a map."""
_FIELDS_WRITTEN: Final = 120
"""In one schema, about 1,000 tokens of declaration. Where there are more, the deepest levels become `unknown`."""
_FIELD_NAME: Final = re.compile(r"[A-Za-z_$@][A-Za-z0-9_$@.:-]{0,47}\Z", re.ASCII)
"""Other keys are data (dates, ids, sentences), and make their object a map."""

_SCALARS: Final[Mapping[type, str]] = {
    type(None): "null",
    bool: "boolean",
    int: "number",
    float: "number",
    str: "string",
    bytes: "binary",
}
_SCALAR_SCHEMAS: Final[Mapping[str, Schema]] = {
    "string": {"type": "string"},
    "binary": {"type": "string", "format": "binary"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "null": {"type": "null"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The values that were seen in one place. Without any of them, the shape of nothing."""

    is_unknown: bool = False
    """Whether something was there that is not described."""
    scalars: frozenset[str] = frozenset()
    """`null`, `boolean`, `number`, `string`, `binary`."""
    items: Shape | None = None
    """Of arrays; None where no array was seen."""
    fields: Mapping[str, Shape] | None = None
    """Of objects; None where none was seen, or where one of them was a map."""
    required: frozenset[str] = frozenset()
    """The fields that no object lacked."""
    entries: Shape | None = None
    """Values of objects that are maps; None where no map was seen."""

    @classmethod
    def of(cls, value: Any) -> Shape:
        """The shape of plain data (JSON and bytes)."""
        return _Reader().shape(value, _DEPTH)

    def __or__(self, other: Shape) -> Shape:
        """The narrowest shape that fits the values of both."""
        return Shape(
            is_unknown=self.is_unknown or other.is_unknown,
            scalars=self.scalars | other.scalars,
            items=_either(self.items, other.items),
            **_merged_objects(self, other),
        )

    @property
    def schema(self) -> Schema:
        """JSON Schema. `{}` where nothing was seen or anything may be."""
        depths = range(_DEPTH, -1, -1)
        return next(schema for depth in depths if _field_count(schema := _schema(self, depth)) <= _FIELDS_WRITTEN)


UNKNOWN: Final = Shape(is_unknown=True)


# -- reading a value --------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Reader:
    left: int = field(default=_VALUES_READ)

    def shape(self, value: Any, depth: int) -> Shape:
        self.left -= 1
        scalar = _SCALARS.get(type(value))
        if scalar is not None:
            return Shape(scalars=frozenset({scalar}))
        read = _CONTAINERS.get(type(value))
        return UNKNOWN if read is None or depth <= 0 or self.left < 0 else read(self, value, depth - 1)

    def array(self, value: Iterable[Any], depth: int) -> Shape:
        return Shape(items=self._joined(value, depth))

    def object(self, value: Mapping[str, Any], depth: int) -> Shape:
        if len(value) > _FIELDS_OF_OBJECT or not all(map(_FIELD_NAME.match, value)):
            return Shape(entries=self._joined(value.values(), depth))
        return Shape(fields={key: self.shape(item, depth) for key, item in value.items()}, required=frozenset(value))

    def _joined(self, values: Iterable[Any], depth: int) -> Shape:
        read = (self.shape(item, depth) for item in islice(values, _ITEMS_READ) if self.left > 0)
        return reduce(or_, read, Shape())


_CONTAINERS: Final[Mapping[type, Callable[[_Reader, Any, int], Shape]]] = {
    list: _Reader.array,
    tuple: _Reader.array,
    dict: _Reader.object,
}


# -- widening ---------------------------------------------------------------------------------------------------------


def _either(one: Shape | None, other: Shape | None) -> Shape | None:
    return one | other if one is not None and other is not None else one or other


def _merged_objects(one: Shape, other: Shape) -> dict[str, Any]:
    fields, required = _merged_fields(one, other)
    entries = _either(one.entries, other.entries)
    if fields is None or (entries is None and len(fields) <= _FIELDS_OF_OBJECT):
        return {"fields": fields, "required": required, "entries": entries}
    return {"entries": reduce(or_, fields.values(), entries or Shape())}


def _merged_fields(one: Shape, other: Shape) -> tuple[Mapping[str, Shape] | None, frozenset[str]]:
    if one.fields is None or other.fields is None:
        met = one if one.fields is not None else other
        return met.fields, met.required
    names = dict.fromkeys([*one.fields, *other.fields])
    nothing = Shape()
    merged = {name: one.fields.get(name, nothing) | other.fields.get(name, nothing) for name in names}
    return merged, one.required & other.required


# -- writing ----------------------------------------------------------------------------------------------------------


def _schema(shape: Shape, depth: int) -> Schema:
    if shape.is_unknown:
        return {}
    members = [dict(schema) for name, schema in _SCALAR_SCHEMAS.items() if name in shape.scalars]
    if shape.items is not None:
        members.insert(0, _with_inner({"type": "array"}, "items", shape.items, depth))
    if shape.entries is not None:
        members.insert(0, _with_inner({"type": "object"}, "additionalProperties", shape.entries, depth))
    if shape.fields is not None:
        members.insert(0, _object(shape, shape.fields, depth))
    return members[0] if len(members) == 1 else {"anyOf": members} if members else {}


def _with_inner(schema: Schema, key: str, inner: Shape, depth: int) -> Schema:
    written = _schema(inner, depth - 1) if depth > 0 else {}
    return {**schema, key: written} if written else schema


def _object(shape: Shape, fields: Mapping[str, Shape], depth: int) -> Schema:
    if depth <= 0 or not fields:
        return {"type": "object"}
    properties = {name: _schema(inner, depth - 1) for name, inner in fields.items()}
    return {"type": "object", "properties": properties, "required": sorted(shape.required)}


def _field_count(schema: Schema) -> int:
    inner = [*schema.get("properties", {}).values(), *schema.get("anyOf", ())]
    inner += [schema[key] for key in ("items", "additionalProperties") if key in schema]
    return len(schema.get("properties", ())) + sum(map(_field_count, inner))
