"""The values of a sealed program as Python sees them.

int, bool, str and None (JsonNull) stand for themselves and a tuple is an array; all else is a small frozen class.
Rule 1: `kind_of` is the one place that tells kinds apart, because Python takes True for 1. Rule 2: an error that ends
the run is a `Stop`, and only the machine catches it.
"""

from __future__ import annotations

from collections.abc import Sized
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from oracle.scope import Scope
    from oracle.syntax import Function

SAFE: Final = 2**53 - 1
MAX_STRING_UNITS: Final = 1_048_576
MAX_ENTRIES: Final = 100_000
MAX_DATA_DEPTH: Final = 256
MAX_CALL_DEPTH: Final = 256


class Place(NamedTuple):
    """Where something is in the source: 1-based, columns in UTF-16 units."""

    line: int
    column: int


NOWHERE: Final = Place(0, 0)
"""The place of an error that no operator has: the answer itself, or the end of the gas."""


class Stop(Exception):  # noqa: N818 - it ends a run, and not every end is an error
    """The run is over: a code of the contract and the place it names."""

    def __init__(self, code: str, at: Place) -> None:
        super().__init__(code, at)
        self.code = code
        self.at = at


@dataclass(frozen=True, slots=True)
class Record:
    """String keys to values; two records are the same whatever the order they were written in."""

    fields: dict[str, Value]


@dataclass(frozen=True, slots=True)
class Number:
    """A Decimal: coefficient * 10 ** -scale, the scale as it was computed."""

    coefficient: int
    scale: int


@dataclass(frozen=True, slots=True)
class Some:
    """An Option that holds a value."""

    value: Value


@dataclass(frozen=True, slots=True)
class Nothing:
    """The Option `none`."""


@dataclass(frozen=True, slots=True)
class Ok:
    """A Result that holds an answer."""

    value: Value


@dataclass(frozen=True, slots=True)
class Err:
    """A Result that holds a reason."""

    value: Value


@dataclass(frozen=True, slots=True)
class Table:
    """A Dict: the CBOR bytes of each key to its entry, already in key order."""

    entries: dict[bytes, tuple[Value, Value]]


@dataclass(frozen=True, slots=True, eq=False)
class Closure:
    """A function and the scope it was made in."""

    code: Function
    scope: Scope = field(repr=False)


Value: TypeAlias = Any
"""Any of the types below, or a tuple of them; kinds are checked where a program uses a value, as in the language."""

NONE: Final = Nothing()

_KINDS: Final[dict[type, str]] = {
    bool: "boolean",
    int: "int",
    str: "string",
    type(None): "json_null",
    tuple: "array",
    Record: "record",
    Number: "decimal",
    Some: "option",
    Nothing: "option",
    Ok: "result",
    Err: "result",
    Table: "dict",
    Closure: "function",
}

_TYPE_NAMES: Final = {"int": "number", "string": "string", "boolean": "boolean", "function": "function"}


def kind_of(value: Value) -> str:
    """The kind of a value, by the name that the contract uses."""
    return _KINDS[type(value)]


def type_name(value: Value) -> str:
    """What `typeof` gives."""
    return _TYPE_NAMES.get(kind_of(value), "object")


def from_python(value: object, at: Place = NOWHERE) -> Value:
    """A host's data as a value: lists and dicts become arrays and records, what is a value already stays.

    Raises `Stop` for a number that is no int of the language.
    """
    if isinstance(value, float):
        raise Stop("InexactResultError", at)
    if isinstance(value, list | tuple):
        return tuple(from_python(item, at) for item in value)
    if isinstance(value, dict):
        return Record({key: from_python(item, at) for key, item in value.items()})
    return value


def units(text: str) -> int:
    """The length in UTF-16 units."""
    return len(text) + sum(letter > "\uffff" for letter in text)


def string(text: str, at: Place) -> str:
    """A string result, within its cap and without half a pair.

    Raises `Stop` with LimitError or InvalidStringError.
    """
    if units(text) > MAX_STRING_UNITS:
        raise Stop("LimitError", at)
    joined = text.encode("utf-16-le", "surrogatepass")
    try:
        return joined.decode("utf-16-le")
    except UnicodeDecodeError:
        raise Stop("InvalidStringError", at) from None


def array(items: tuple[Value, ...], at: Place) -> tuple[Value, ...]:
    """An array result, within its cap."""
    bounded(items, at)
    return items


def record(fields: dict[str, Value], at: Place) -> Record:
    """A record result, within its cap."""
    bounded(fields, at)
    return Record(fields)


def table(entries: dict[bytes, tuple[Value, Value]], at: Place) -> Table:
    """A Dict result, within its cap."""
    bounded(entries, at)
    return Table(entries)


def bounded(entries: Sized, at: Place) -> None:
    """Nothing, if it is not too long. Raises `Stop` with LimitError."""
    if len(entries) > MAX_ENTRIES:
        raise Stop("LimitError", at)


def integer(value: int, at: Place) -> int:
    """An int result. Raises `Stop` with IntegerOverflowError beyond the safe range."""
    if abs(value) > SAFE:
        raise Stop("IntegerOverflowError", at)
    return value
