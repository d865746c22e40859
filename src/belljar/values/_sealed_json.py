"""Sealed values as JSON text: the bytes of a sealed answer, whose SHA-256 is its name.

What JSON has no form for becomes: a Decimal its canonical text, an Option its value or null, a Result {"ok": value} or
{"err": error}, a Dict an array of pairs.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from belljar.values._cbor import MAX_NESTING, check_depth, unsealed, utf8
from belljar.values._decimal import Decimal128
from belljar.values._keys import record_keys
from belljar.values._number import safe_integer
from belljar.values._refusal import RefusedError
from belljar.values._sealed import JsonNull, Option, Tagged

_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False, check_circular=False)


def sealed_json(value: Any) -> str:
    """The JSON text of a sealed value, keys in the order of keys. Raises SerializationError as `encode_cbor` does."""
    return _ENCODER.encode(plain_json(value))


def plain_json(value: Any) -> Any:
    """The plain data that `sealed_json` writes: its dicts have their keys in the order of keys.

    `canonical_json` of it is the text after RFC 8785, which is what `Json.stringify` gives in a script.
    """
    try:
        return (_FORMS.get(type(value)) or _form_of_subclass(value))(value, MAX_NESTING)
    except RefusedError as refused:
        raise refused.to_error() from None


def _string(value: str) -> str:
    utf8(value)
    return str.__str__(value)


def _array(value: Any, depth: int) -> list[Any]:
    check_depth(depth)
    items: list[Any] = []
    try:
        for item in value:
            items.append((_FORMS.get(type(item)) or _form_of_subclass(item))(item, depth - 1))
    except RefusedError as refused:
        refused.steps.append(len(items))
        raise
    return items


def _record(value: Any, depth: int) -> dict[str, Any]:
    check_depth(depth)
    plain: dict[str, Any] = {}
    for key in record_keys(value):
        item = value[key]
        try:
            plain[str.__str__(key)] = (_FORMS.get(type(item)) or _form_of_subclass(item))(item, depth - 1)
        except RefusedError as refused:
            refused.steps.append(key)
            raise
    return plain


def _option(value: Option, depth: int) -> Any:
    form: Any = value
    while isinstance(form, Option):  # takes no level, as its text has none; a loop, as a chain of them can be long
        form = form.json_form()
    return (_FORMS.get(type(form)) or _form_of_subclass(form))(form, depth)


def _tagged(value: Tagged, depth: int) -> Any:
    form = value.json_form()
    return (_FORMS.get(type(form)) or _form_of_subclass(form))(form, depth)


_FORMS: Final[dict[type, Callable[[Any, int], Any]]] = {
    bool: lambda value, _: value,
    int: lambda value, _: safe_integer(value),
    str: lambda value, _: _string(value),
    list: _array,
    tuple: _array,
    dict: _record,
    JsonNull: lambda _value, _: None,
    Decimal128: lambda value, _: str(value),
    Option: _option,
    Tagged: _tagged,
}


def _form_of_subclass(value: Any) -> Callable[[Any, int], Any]:
    for kind in (int, str, list, tuple, dict, Option, Tagged):
        if isinstance(value, kind):
            return _FORMS[kind]
    raise unsealed(value)
