"""Operators, elements and patterns on values; each failure is at the place it is given."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

from oracle import decimals
from oracle.natives import is_same, require
from oracle.natives_text import unit_at
from oracle.values import Place, Record, Stop, Table, Value, integer, kind_of, string, units


def binary(operator: str, left: Value, right: Value, at: Place) -> Value:
    """The value of an operator that takes both sides. Raises `Stop`."""
    return _BINARY[operator](left, right, at)


def negated(value: Value, at: Place) -> int:
    """Unary minus."""
    return _zero(-require(value, "int", at), at, is_negative=True)


def _ints(left: Value, right: Value, at: Place) -> tuple[int, int]:
    return require(left, "int", at), require(right, "int", at)


def _zero(value: int, at: Place, *, is_negative: bool) -> int:
    """A result where a zero with a minus would be -0. Raises `Stop` with InexactResultError."""
    if value == 0 and is_negative:
        raise Stop("InexactResultError", at)
    return integer(value, at)


def _add(left: Value, right: Value, at: Place) -> Value:
    if kind_of(left) == kind_of(right) == "string":
        return string(left + right, at)
    one, other = _ints(left, right, at)
    return integer(one + other, at)


def _subtract(left: Value, right: Value, at: Place) -> int:
    one, other = _ints(left, right, at)
    return integer(one - other, at)


def _multiply(left: Value, right: Value, at: Place) -> int:
    one, other = _ints(left, right, at)
    return _zero(one * other, at, is_negative=one < 0 or other < 0)


def _divide(left: Value, right: Value, at: Place) -> int:
    one, other = _ints(left, right, at)
    if other == 0:
        raise Stop("DivisionByZeroError", at)
    if one % other:
        raise Stop("InexactResultError", at)
    return _zero(one // other, at, is_negative=other < 0)


def _remainder(left: Value, right: Value, at: Place) -> int:
    """The sign is the left side's, as in JavaScript."""
    one, other = _ints(left, right, at)
    if other == 0:
        raise Stop("DivisionByZeroError", at)
    return _zero(int(math.copysign(1, one)) * (abs(one) % abs(other)), at, is_negative=one < 0)


def _ordered(is_right: Callable[[int], bool]) -> Callable[[Value, Value, Place], bool]:
    def compared(left: Value, right: Value, at: Place) -> bool:
        return is_right(_order(left, right, at))

    return compared


def _order(left: Value, right: Value, at: Place) -> int:
    """-1, 0 or 1 of two ints, two strings or two Decimals."""
    kind = kind_of(left)
    if kind != kind_of(right) or kind not in _KEYS:
        raise Stop("TypeMismatchError", at)
    if kind == "decimal":
        return decimals.compare(left, right)
    one, other = _KEYS[kind](left), _KEYS[kind](right)
    return int(one > other) - int(one < other)


_KEYS: Final[dict[str, Callable[[Any], Any]]] = {
    "int": int,
    "string": lambda text: text.encode("utf-16-be"),
    "decimal": lambda value: value,
}


def _has(key: Value, target: Value, at: Place) -> bool:
    require(key, "string", at)
    if isinstance(target, Table):
        return any(is_same(key, known) for known, _ in target.entries.values())
    return key in require(target, "record", at).fields


_BINARY: Final[dict[str, Callable[[Value, Value, Place], Value]]] = {
    "+": _add,
    "-": _subtract,
    "*": _multiply,
    "/": _divide,
    "%": _remainder,
    "===": lambda left, right, _at: is_same(left, right),
    "!==": lambda left, right, _at: not is_same(left, right),
    "<": _ordered(lambda order: order < 0),
    "<=": _ordered(lambda order: order <= 0),
    ">": _ordered(lambda order: order > 0),
    ">=": _ordered(lambda order: order >= 0),
    "in": _has,
}


def element(target: Value, index: Value, at: Place) -> Value:
    """`target[index]`."""
    kind = kind_of(target)
    if kind == "record":
        return field(target, require(index, "string", at), at)
    if kind == "string":
        return string(unit_at(at, target, require(index, "int", at)), at)
    require(target, "array", at)
    if not 0 <= require(index, "int", at) < len(target):
        raise Stop("IndexOutOfRangeError", at)
    return target[index]


def field(target: Record, name: str, at: Place) -> Value:
    """A record's own value."""
    if name not in target.fields:
        raise Stop("PropertyNotFoundError", at)
    return target.fields[name]


def property_of(target: Value, name: str, at: Place) -> Value:
    """`target.name`; of arrays and strings only the length."""
    kind = kind_of(target)
    if kind in ("array", "string") and name == "length":
        return len(target) if kind == "array" else units(target)
    if kind in ("array", "string"):
        raise Stop("PropertyNotFoundError", at)
    return field(require(target, "record", at), name, at)
