"""The JSON that crosses between host and machine: plain data plus bytes.

The law. Encoding, at any depth:
  1. bytes become `{"$bytes": "<base64>"}`;
  2. an object that has exactly one key, where that key starts with `$`, becomes `{"$object": <that object>}`, its value
     encoded by this same law;
  3. everything else is itself.
Decoding takes every object with exactly one key that starts with `$` to be one of these two forms and undoes it; the
object inside `$object` is not looked at again, only its value is. A one-key `$` object of any other shape was not made
by an encoder and is refused. So for every value v that `to_wire` accepts, `from_wire(to_wire(v)) == v` (tuples come
back as lists), whatever keys a script or a tool makes up.

The text is pure ASCII, so that lone surrogates, which JavaScript strings may hold, cross as `\\ud800` escapes.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable
from math import isfinite
from typing import Any, Final, NoReturn

from belljar.errors import SerializationError
from belljar.values._number import MAX_SAFE_INTEGER, finite_number, safe_integer
from belljar.values._refusal import RefusedError, type_name

BYTES_KEY: Final = "$bytes"
OBJECT_KEY: Final = "$object"
DEFAULT_DEPTH: Final = 32
"""Limits.return_depth's default."""

_MARK: Final = '"$'
"""No wire form can be in a text without this. (An encoder never writes the dollar sign as an escape.)"""


def to_wire(value: Any, *, depth: int = DEFAULT_DEPTH) -> str:
    """The wire text of None, bool, int, float, str, list, tuple, dict with string keys, and bytes, nested at will.

    Raises SerializationError, with `details["path"]` and what to do instead, for integers outside ±(2^53 - 1), NaN and
    infinities, other types, keys that are no strings, and nesting deeper than `depth` (a cycle is that, too).
    """
    return _ENCODER.encode(wire_tree(value, depth=depth))


def wire_tree(value: Any, *, depth: int = DEFAULT_DEPTH) -> Any:
    """What `to_wire` writes, before it is text: plain JSON data, which `canonical_json` accepts. Raises as it does."""
    try:
        return (_ENCODERS.get(type(value)) or _encoder_of_subclass(value))(value, depth)
    except RefusedError as refused:
        raise refused.to_error() from None


def from_wire(text: str) -> Any:
    """The value of a wire text; objects are dicts, arrays are lists, `$bytes` are bytes.

    A whole number beyond ±(2^53 - 1) is a float, as it was in the script. Raises SerializationError for what is not
    JSON, for NaN, Infinity and numbers that are too large for a double, and for a malformed `$` form.
    """
    value = _parse(text)
    if _MARK not in text:
        return value
    root = [value]
    _decode_in_place(root)
    return root[0]


# -- encoding ---------------------------------------------------------------------------------------------------------

_ENCODER: Final = json.JSONEncoder(separators=(",", ":"), allow_nan=False, check_circular=False)


def _encode_array(value: Any, depth: int) -> list[Any]:
    if depth <= 0:
        raise RefusedError("nested too deep, or a cycle", hint="Return flatter data.")
    items: list[Any] = []
    try:
        for item in value:
            items.append((_ENCODERS.get(type(item)) or _encoder_of_subclass(item))(item, depth - 1))
    except RefusedError as refused:
        refused.steps.append(len(items))  # what is encoded so far counts the items before the refused one
        raise
    return items


def _encode_object(value: Any, depth: int) -> dict[str, Any]:
    if depth <= 0:
        raise RefusedError("nested too deep, or a cycle", hint="Return flatter data.")
    encoded: dict[str, Any] = {}
    for key, item in value.items():
        if not isinstance(key, str):
            raise RefusedError(f"a key is a Python {type_name(key)}, and JSON keys are strings")
        try:
            encoded[key] = (_ENCODERS.get(type(item)) or _encoder_of_subclass(item))(item, depth - 1)
        except RefusedError as refused:
            refused.steps.append(key)
            raise
    return {OBJECT_KEY: encoded} if _looks_like_a_form(encoded) else encoded


def _encode_bytes(value: Any, _depth: int) -> dict[str, str]:
    return {BYTES_KEY: base64.b64encode(value).decode("ascii")}


_ENCODERS: Final[dict[type, Callable[[Any, int], Any]]] = {
    type(None): lambda value, _: value,
    bool: lambda value, _: value,
    int: lambda value, _: safe_integer(value),
    float: lambda value, _: finite_number(value),
    str: lambda value, _: str.__str__(value),
    dict: _encode_object,
    list: _encode_array,
    tuple: _encode_array,
    bytes: _encode_bytes,
    bytearray: _encode_bytes,
    memoryview: _encode_bytes,
}


def _encoder_of_subclass(value: Any) -> Callable[[Any, int], Any]:
    for kind in (str, int, float, dict, list, tuple, bytes):
        if isinstance(value, kind):
            return _ENCODERS[kind]
    raise RefusedError(f"a Python {type_name(value)} cannot cross into a script")


# -- decoding ---------------------------------------------------------------------------------------------------------


def _refuse_constant(name: str) -> NoReturn:
    raise SerializationError(f"{name} is not a JSON number")


def _number(text: str) -> float:
    """A number of many digits. JavaScript writes its large doubles without an exponent; here they stay doubles."""
    if text.lstrip("-").isdigit() and abs(int(text)) <= MAX_SAFE_INTEGER:
        return int(text)
    value = float(text)
    if not isfinite(value):
        raise SerializationError(f"{text[:40]} is beyond the numbers of JavaScript")
    return value


_DECODER: Final = json.JSONDecoder(parse_constant=_refuse_constant)
_EXACT_DECODER: Final = json.JSONDecoder(parse_constant=_refuse_constant, parse_int=_number, parse_float=_number)
_MANY_DIGITS: Final = re.compile(r"\d{16}|[eE]\+?\d{3}")
"""Only a number with one of these can be an integer beyond 2^53 - 1 or overflow a double; the quick decoder knows
neither."""


def _parse(text: str) -> Any:
    decoder = _EXACT_DECODER if _MANY_DIGITS.search(text) else _DECODER
    try:
        return decoder.decode(text)
    except RecursionError:
        raise SerializationError("the text is nested too deep", details={"path": "$"}) from None
    except ValueError as error:
        raise SerializationError(f"not JSON: {error}", details={"path": "$"}) from None


def _decode_in_place(root: list[Any]) -> None:
    """A loop with its own stack: what a script sends may be nested deeper than Python recurses."""
    waiting: list[Any] = [root]
    while waiting:
        container = waiting.pop()
        for place, item in _items(container):
            inner = _unwrapped(item) if type(item) is dict and _looks_like_a_form(item) else item
            container[place] = inner
            if type(inner) is dict or type(inner) is list:
                waiting.append(inner)


def _items(container: Any) -> list[tuple[Any, Any]]:
    return list(container.items() if type(container) is dict else enumerate(container))


def _looks_like_a_form(value: dict[str, Any]) -> bool:
    return len(value) == 1 and next(iter(value)).startswith("$")


def _unwrapped(form: dict[str, Any]) -> Any:
    key, inner = next(iter(form.items()))
    if key == BYTES_KEY and isinstance(inner, str):
        return _bytes_of(inner)
    if key == OBJECT_KEY and isinstance(inner, dict) and _looks_like_a_form(inner):
        return inner
    raise SerializationError(f'malformed wire form "{key}"')


def _bytes_of(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise SerializationError("malformed wire bytes: not base64") from None
