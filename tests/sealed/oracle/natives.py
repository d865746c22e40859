"""What a built-in is: its gas row, the kinds of its arguments, and its work.

A signature is written as words: `int`, `any`, `string?` (may be left out), `any*` (any number).
Rule 1: the row is charged first, then the number of arguments is checked, then their kinds from left to right, then the
work is done. Rule 2: each call back is charged by itself, just before it is made.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

from oracle.encode import canonical
from oracle.scope import Unset
from oracle.values import Closure, Number, Place, Stop, Value, kind_of


class Run(Protocol):
    """What a built-in may ask of the run it is called in."""

    def charge(self, row: str, times: int = 1) -> None:
        """Pay for a row of the gas table. Raises `Stop` with GasExhausted."""

    def apply(self, function: Value, arguments: tuple[Value, ...], at: Place) -> Value:
        """Call a function value, one deeper."""

    def say(self, line: str) -> None:
        """Write a line of the run's log."""


Work = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Native:
    """A built-in; its work gets the run, the place and then the arguments."""

    row: str | None
    kinds: tuple[str, ...]
    work: Work

    def call(self, run: Run, at: Place, arguments: tuple[Value, ...]) -> Value:
        """Charge, check, do."""
        if self.row:
            run.charge(self.row)
        self._check_arity(len(arguments), at)
        for index, argument in enumerate(arguments):
            require(argument, self.kinds[min(index, len(self.kinds) - 1)].rstrip("?*"), at)
        return self.work(run, at, *arguments)

    def _check_arity(self, given: int, at: Place) -> None:
        least = sum(kind[-1] not in "?*" for kind in self.kinds)
        is_open = bool(self.kinds) and self.kinds[-1][-1] == "*"
        if given < least or (given > len(self.kinds) and not is_open):
            raise Stop("ArityError", at)


def native(row: str | None, signature: str, work: Work) -> Native:
    """A built-in that may call back or say where it failed."""
    return Native(row, tuple(signature.split()), work)


def pure(row: str | None, signature: str, work: Work) -> Native:
    """A built-in of its arguments alone."""
    return native(row, signature, lambda _run, _at, *arguments: work(*arguments))


def placed(row: str | None, signature: str, work: Work) -> Native:
    """A built-in of its arguments that can fail: its work gets the place as well."""
    return native(row, signature, lambda _run, at, *arguments: work(at, *arguments))


def require(value: Value, kind: str, at: Place) -> Value:
    """The value, if it is of that kind. Raises `Stop`."""
    if kind not in ("any", kind_of(value)):
        raise Stop("TypeMismatchError", at)
    return value


def called(value: Value, at: Place) -> Closure:
    """The function that a value is. Raises `Stop` with NotAFunctionError."""
    if not isinstance(value, Closure):
        raise Stop("NotAFunctionError", at)
    return value


def check_arity(function: Closure, given: int, at: Place) -> None:
    """Exactly the parameters, or at least the fixed ones. Raises `Stop` with ArityError."""
    fixed = len(function.code.parameters)
    if given < fixed or (function.code.rest is None and given > fixed):
        raise Stop("ArityError", at)


def call_back(run: Run, at: Place, function: Closure, *arguments: Value) -> Value:
    """One call of a function that a built-in was given."""
    run.charge("call")
    return run.apply(function, arguments, at)


_PLAIN: Final[dict[str, Callable[[Any], str]]] = {
    "int": str,
    "string": str,
    "boolean": lambda value: "true" if value else "false",
    "decimal": lambda value: decimal_text(value),
}


def part_text(value: Value, at: Place) -> str:
    """A value as part of a template. Raises `Stop` with TypeMismatchError for what has no text of its own."""
    writer = _PLAIN.get(kind_of(value))
    if writer is None:
        raise Stop("TypeMismatchError", at)
    return writer(value)


def decimal_text(value: Number) -> str:
    """The shortest form: no exponent, no trailing zeros."""
    short = canonical(value)
    digits = str(abs(short.coefficient)).rjust(short.scale + 1, "0")
    point = len(digits) - short.scale
    sign = "-" if short.coefficient < 0 else ""
    return sign + digits[:point] + ("." + digits[point:] if short.scale else "")


def is_same(left: Value, right: Value) -> bool:
    """Structural equality; a pair of functions that is being compared already is taken as equal."""
    seen: set[tuple[int, int]] = set()
    uncompared = [(left, right)]
    while uncompared:
        one, other = uncompared.pop()
        kind = kind_of(one)
        if kind != kind_of(other):
            return False
        inside = _INSIDE.get(kind, _plain)(one, other)
        if inside is None:
            return False
        if kind == "function":
            if (id(one), id(other)) in seen:
                continue
            seen.add((id(one), id(other)))
        uncompared += inside
    return True


Pairs = list[tuple[Value, Value]]


def _plain(one: Value, other: Value) -> Pairs | None:
    return [] if one == other else None


def _arrays(one: tuple[Value, ...], other: tuple[Value, ...]) -> Pairs | None:
    return list(zip(one, other, strict=True)) if len(one) == len(other) else None


def _records(one: Any, other: Any) -> Pairs | None:
    if one.fields.keys() != other.fields.keys():
        return None
    return [(value, other.fields[key]) for key, value in one.fields.items()]


def _wrapped(one: Any, other: Any) -> Pairs | None:
    if type(one) is not type(other):
        return None
    return [(one.value, other.value)] if hasattr(one, "value") else []


def _dicts(one: Any, other: Any) -> Pairs | None:
    if one.entries.keys() != other.entries.keys():
        return None
    return [(one.entries[key][1], other.entries[key][1]) for key in one.entries]


def _functions(one: Closure, other: Closure) -> Pairs | None:
    if one.code is not other.code:
        return None
    found = [(one.scope.captured(name), other.scope.captured(name)) for name in one.code.captures]
    if any(_is_set(a) != _is_set(b) for a, b in found):
        return None
    return [(a[0], b[0]) for a, b in found if a and b and _is_set(a)]


def _is_set(captured: tuple[Value] | None) -> bool:
    return captured is not None and not isinstance(captured[0], Unset)


_INSIDE: Final[dict[str, Callable[[Any, Any], Pairs | None]]] = {
    "array": _arrays,
    "record": _records,
    "decimal": lambda one, other: _plain(canonical(one), canonical(other)),
    "option": _wrapped,
    "result": _wrapped,
    "dict": _dicts,
    "function": _functions,
}
