"""Deterministic CBOR, the hash, and the order of keys.

Rule 1: shortest heads, definite lengths, map keys shorter first and then bytewise (RFC 7049, section 3.9). Rule 2: a
function has no encoding and data nested deeper than the cap has none either; `Unencodable` says which.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from oracle.values import (
    MAX_DATA_DEPTH,
    Err,
    Number,
    Ok,
    Place,
    Record,
    Some,
    Stop,
    Table,
    Value,
    kind_of,
)

_OFFSET: Final = 14695981039346656037
_PRIME: Final = 1099511628211
_MASK: Final = 2**64 - 1

_SIZES: Final = ((24, 1), (25, 2), (26, 4), (27, 8))

_TAGS: Final = ("json_null", "boolean", "int", "decimal", "string", "array", "record", "option", "result", "dict")

_CONTAINERS: Final = {"array", "record", "option", "result", "dict"}


class Unencodable(Exception):  # noqa: N818 - the code it stands for is its argument
    """A value without an encoding; `code` is what the run ends with."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def cbor(value: Value, depth: int = 0) -> bytes:
    """The bytes of a value. Raises `Unencodable`."""
    kind = kind_of(value)
    if kind == "function":
        raise Unencodable("UnencodableError")
    if depth >= MAX_DATA_DEPTH and kind in _CONTAINERS:
        raise Unencodable("LimitError")
    return _ENCODERS[kind](value, depth)


def cbor_at(value: Value, at: Place) -> bytes:
    """The bytes of a value that a program asked for at a place. Raises `Stop`."""
    try:
        return cbor(value)
    except Unencodable as refusal:
        raise Stop(refusal.code, at) from None


def fnv1a64(data: bytes) -> int:
    """FNV-1a, 64 bits."""
    found = _OFFSET
    for byte in data:
        found = (found ^ byte) * _PRIME & _MASK
    return found


def sort_key(value: Value) -> tuple[int, int, bytes]:
    """Where a key stands: type tag, hash, bytes."""
    data = cbor(value)
    return _TAGS.index(kind_of(value)), fnv1a64(data), data


def ordered_keys(fields: Iterable[str]) -> list[str]:
    """The keys of a record in the order of the contract."""
    return sorted(fields, key=sort_key)


def canonical(number: Number) -> Number:
    """The same Decimal without trailing zeros."""
    coefficient, scale = number.coefficient, number.scale
    while scale and coefficient % 10 == 0:
        coefficient, scale = coefficient // 10, scale - 1
    return Number(coefficient, scale)


def _head(major: int, amount: int) -> bytes:
    if amount < _SIZES[0][0]:
        return bytes([major << 5 | amount])
    code, size = next(pair for pair in _SIZES if amount < 1 << 8 * pair[1])
    return bytes([major << 5 | code]) + amount.to_bytes(size, "big")


def _integer(value: int) -> bytes:
    major, amount = (0, value) if value >= 0 else (1, -1 - value)
    if amount < 1 << 64:
        return _head(major, amount)
    digits = amount.to_bytes((amount.bit_length() + 7) // 8, "big")
    return _head(6, 2 + major) + _head(2, len(digits)) + digits


def _text(value: str) -> bytes:
    data = value.encode()
    return _head(3, len(data)) + data


def _array(items: Iterable[Value], depth: int) -> bytes:
    parts = [cbor(item, depth + 1) for item in items]
    return _head(4, len(parts)) + b"".join(parts)


def _record(value: Record, depth: int) -> bytes:
    pairs = [(_text(key), cbor(item, depth + 1)) for key, item in value.fields.items()]
    pairs.sort(key=lambda pair: (len(pair[0]), pair[0]))
    return _head(5, len(pairs)) + b"".join(key + item for key, item in pairs)


def _decimal(value: Number) -> bytes:
    short = canonical(value)
    return _head(6, 4) + _head(4, 2) + _integer(-short.scale) + _integer(short.coefficient)


def _option(value: Value, depth: int) -> bytes:
    return _head(6, 40500) + _array((value.value,) if isinstance(value, Some) else (), depth)


def _result(value: Ok | Err, depth: int) -> bytes:
    return _head(6, 40501) + _array((isinstance(value, Ok), value.value), depth)


def _dict(value: Table, depth: int) -> bytes:
    return _head(6, 40502) + _array(value.entries.values(), depth)


_ENCODERS: Final[dict[str, Callable[[Any, int], bytes]]] = {
    "int": lambda value, _depth: _integer(value),
    "boolean": lambda value, _depth: b"\xf5" if value else b"\xf4",
    "json_null": lambda _value, _depth: b"\xf6",
    "string": lambda value, _depth: _text(value),
    "array": _array,
    "record": _record,
    "decimal": lambda value, _depth: _decimal(value),
    "option": _option,
    "result": _result,
    "dict": _dict,
}
