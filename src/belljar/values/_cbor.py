"""Deterministic CBOR of sealed values, after RFC 7049, section 3.9: one value, one sequence of bytes.

Shortest heads, definite lengths, and the keys of a map shorter first, then bytewise. RFC 8949, section 4.2.1, orders
keys bytewise only, which puts 100 (18 64) before -1 (20). Ours is the older rule. The maps here are records, and on
text keys alone the two rules agree, since the length comes first in the bytes of a text.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from belljar.values._decimal import Decimal128
from belljar.values._number import safe_integer
from belljar.values._refusal import RefusedError, type_name
from belljar.values._sealed import JsonNull, Tagged

MAX_NESTING: Final = 256
"""Arrays, records, Options, Results and Dicts (two levels: the entries, the pair) in one another, at most."""

_UNSIGNED, _NEGATIVE, _BYTES, _TEXT, _ARRAY, _MAP, _TAG = range(7)
_DECIMAL_FRACTION: Final = 4
_POSITIVE_BIGNUM: Final = 2
_WIDTHS: Final = ((24, 1), (25, 2), (26, 4), (27, 8))
"""The low bits of a head, and how many bytes follow it then."""

HINT: Final = (
    "Sealed values are: int, bool, str, list, tuple, dict, JSON_NULL, Some, NONE, Ok, Err, Dict and Decimal128."
)


def encode_cbor(value: Any) -> bytes:
    """The bytes of a sealed value; those of equal values are equal.

    Raises SerializationError, with `details["path"]`, for integers beyond ±(2^53 - 1), floats, None, lone surrogates,
    keys of a record that are no strings, other types, and nesting deeper than 256.
    """
    try:
        return cbor_bytes(value)
    except RefusedError as refused:
        raise refused.to_error() from None


def cbor_bytes(value: Any) -> bytes:
    """`encode_cbor` for walks: what it raises is RefusedError."""
    return (_WRITERS.get(type(value)) or _writer_of_subclass(value))(value, MAX_NESTING)


def record_key(key: Any) -> bytes:
    """The bytes of a key of a record; what is no string is refused."""
    if not isinstance(key, str):
        raise RefusedError(f"a key is a Python {type_name(key)}, and those of a record are strings", hint="Use a Dict.")
    return _text(key)


def check_depth(depth: int) -> None:
    """To be called by a walk before it goes into a container with `depth` levels left."""
    if depth <= 0:
        raise RefusedError(f"nested deeper than {MAX_NESTING}, or a cycle", hint="Use flatter data.")


def unsealed(value: Any) -> RefusedError:
    """The refusal of a Python value that is no sealed value."""
    return RefusedError(f"a Python {type_name(value)} is not a sealed value", hint=HINT)


def utf8(value: str) -> bytes:
    """The text's bytes; lone surrogates, which have none, are refused."""
    try:
        return value.encode()
    except UnicodeEncodeError as error:
        raise RefusedError(f"the string has a lone surrogate at character {error.start}") from None


def _head(major: int, number: int) -> bytes:
    if number < 24:
        return bytes((major << 5 | number,))
    low, width = next((low, width) for low, width in _WIDTHS if number < 1 << 8 * width)
    return bytes((major << 5 | low,)) + number.to_bytes(width, "big")


def _integer(value: int) -> bytes:
    """Of any size: as a bignum (RFC 7049, 2.4.2) where 64 bits are too few."""
    major, magnitude = (_UNSIGNED, value) if value >= 0 else (_NEGATIVE, -1 - value)
    if magnitude < 1 << 64:
        return _head(major, magnitude)
    content = magnitude.to_bytes((magnitude.bit_length() + 7) // 8, "big")
    return _head(_TAG, _POSITIVE_BIGNUM + major) + _head(_BYTES, len(content)) + content


def _text(value: str) -> bytes:
    content = utf8(value)
    return _head(_TEXT, len(content)) + content


def _decimal(value: Decimal128) -> bytes:
    canonical = value.reduce()
    pair = _integer(-canonical.scale) + _integer(canonical.coefficient)
    return _head(_TAG, _DECIMAL_FRACTION) + _head(_ARRAY, 2) + pair


def _array(value: Any, depth: int) -> bytes:
    check_depth(depth)
    tag, items = (_head(_TAG, value.cbor_tag), value.cbor_items()) if isinstance(value, Tagged) else (b"", value)
    parts = [tag + _head(_ARRAY, len(items))]
    try:
        for item in items:
            parts.append((_WRITERS.get(type(item)) or _writer_of_subclass(item))(item, depth - 1))
    except RefusedError as refused:
        refused.steps.append(len(parts) - 1)  # the head is a part, too
        raise
    return b"".join(parts)


def _record(value: Any, depth: int) -> bytes:
    check_depth(depth)
    parts = [_head(_MAP, len(value))]
    for encoded, key in sorted((record_key(key), key) for key in value):
        item = value[key]
        try:
            parts += (encoded, (_WRITERS.get(type(item)) or _writer_of_subclass(item))(item, depth - 1))
        except RefusedError as refused:
            refused.steps.append(key)
            raise
    return b"".join(parts)


_WRITERS: Final[dict[type, Callable[[Any, int], bytes]]] = {
    bool: lambda value, _: b"\xf5" if value else b"\xf4",
    int: lambda value, _: _integer(safe_integer(value)),
    str: lambda value, _: _text(value),
    list: _array,
    tuple: _array,
    dict: _record,
    JsonNull: lambda _value, _: b"\xf6",
    Decimal128: lambda value, _: _decimal(value),
    Tagged: _array,
}


def _writer_of_subclass(value: Any) -> Callable[[Any, int], bytes]:
    for kind in (int, str, list, tuple, dict, Tagged):
        if isinstance(value, kind):
            return _WRITERS[kind]
    raise unsealed(value)
