"""JSON as a sealed program reads and writes it.

Two orders of keys: RFC 8785 (`stringify`) and the order of the sealed response (`sealed_json`). What JSON has no form
for is written as the contract says: a Decimal as its shortest text, none as null, some x as x, a Result as a record of
one key, a Dict as a list of pairs.
"""

from __future__ import annotations

import decimal
import json
import re
from collections.abc import Callable, Iterable
from typing import Any, Final, NoReturn

from oracle.encode import ordered_keys
from oracle.natives import decimal_text
from oracle.values import MAX_DATA_DEPTH, SAFE, Ok, Record, Some, Value, kind_of

Order = Callable[[Iterable[str]], list[str]]


class Unreadable(Exception):  # noqa: N818 - a program gets it as an `err`
    """The text is no JSON of the profile."""


def stringify(value: Value) -> str:
    """The canonical JSON of a value that has an encoding: keys by UTF-16 unit."""
    return json.dumps(_plain(value, utf16_order), ensure_ascii=False, separators=(",", ":"))


def sealed_json(value: Value) -> str:
    """The sealed response of a value that has an encoding: keys by tag, hash and bytes."""
    return json.dumps(_plain(value, ordered_keys), ensure_ascii=False, separators=(",", ":"))


def utf16_order(keys: Iterable[str]) -> list[str]:
    """The order of RFC 8785."""
    return sorted(keys, key=lambda key: key.encode("utf-16-be"))


def _plain(value: Value, order: Order) -> Any:
    writer = _PLAIN.get(kind_of(value))
    return writer(value, order) if writer else value


def _list(items: Iterable[Value], order: Order) -> list[Any]:
    return [_plain(item, order) for item in items]


def _result(value: Any, order: Order) -> dict[str, Any]:
    return {"ok" if isinstance(value, Ok) else "err": _plain(value.value, order)}


_PLAIN: Final[dict[str, Callable[[Any, Order], Any]]] = {
    "array": _list,
    "record": lambda value, order: {key: _plain(value.fields[key], order) for key in order(value.fields)},
    "decimal": lambda value, _order: decimal_text(value),
    "option": lambda value, order: _plain(value.value, order) if isinstance(value, Some) else None,
    "result": _result,
    "dict": lambda value, order: [_list(pair, order) for pair in value.entries.values()],
}


_MAX_EXPONENT: Final = 15
_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


def parse(text: str) -> Value:
    """The value of a JSON text. Raises `Unreadable`: duplicate keys, half pairs, other numbers than safe ints."""
    if _nesting(text) > MAX_DATA_DEPTH:
        raise Unreadable
    try:
        return _value(
            json.loads(text, object_pairs_hook=_record, parse_int=_number, parse_float=_number, parse_constant=_refuse)
        )
    except (ValueError, ArithmeticError):
        raise Unreadable from None


def _nesting(text: str) -> int:
    depth = deepest = 0
    for letter in _STRING.sub("", text):
        depth += (letter in "[{") - (letter in "]}")
        deepest = max(deepest, depth)
    return deepest


def _refuse(text: str) -> NoReturn:
    raise ValueError(text)


def _number(text: str) -> int:
    """A number by its value: `1e2` is 100. -0, a fraction and what is beyond the range are refused."""
    exact = decimal.Decimal(text)
    if exact.is_zero():
        return 0 if not exact.is_signed() else _refuse(text)
    if exact.adjusted() > _MAX_EXPONENT or exact % 1 or abs(exact) > SAFE:
        return _refuse(text)
    return int(exact)


def _record(pairs: list[tuple[str, Any]]) -> Record:
    fields = {_value(key): _value(value) for key, value in pairs}
    return Record(fields) if len(fields) == len(pairs) else _refuse("duplicate key")


def _value(value: Any) -> Value:
    """Lists to tuples; a text with half a pair has no UTF-8 and raises."""
    if isinstance(value, list):
        return tuple(map(_value, value))
    if isinstance(value, str):
        value.encode()
    return value
