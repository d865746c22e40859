"""Built-ins on numbers: `Int` and `Decimal`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from oracle import decimals as d
from oracle.encode import canonical
from oracle.natives import Native, Run, decimal_text, native, placed, pure, require
from oracle.values import NONE, SAFE, Err, Number, Ok, Place, Some, Stop, Value, integer

_INT: Final = re.compile(r"0|-?[1-9][0-9]*")
_DECIMAL: Final = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?")
_MAX_INT_LETTERS: Final = 17
_MAX_POWER_BITS: Final = 64


def result(outcome: d.Outcome) -> Ok | Err:
    """What a program gets of a calculation that can fail."""
    return Ok(outcome) if isinstance(outcome, Number) else Err(outcome)


def _divided(at: Place, one: int, other: int) -> int:
    if other == 0:
        raise Stop("DivisionByZeroError", at)
    return integer(one // other, at)


def _modulo(at: Place, one: int, other: int) -> int:
    if other == 0:
        raise Stop("DivisionByZeroError", at)
    return one % other


def _power(at: Place, base: int, exponent: int) -> int:
    """Multiplied out only where the answer may be in the range."""
    if exponent < 0:
        raise Stop("IndexOutOfRangeError", at)
    if abs(base) > 1 and exponent > _MAX_POWER_BITS:
        raise Stop("IntegerOverflowError", at)
    return integer(base ** min(exponent, _MAX_POWER_BITS + exponent % 2), at)


def _parsed(text: str) -> Value:
    if len(text) > _MAX_INT_LETTERS or not _INT.fullmatch(text):
        return NONE
    return Some(int(text)) if abs(int(text)) <= SAFE else NONE


INT: Final[dict[str, Native]] = {
    "Int.abs": pure("compare", "int", abs),
    "Int.min": pure("compare", "int int", lambda *given: min(given)),
    "Int.max": pure("compare", "int int", lambda *given: max(given)),
    "Int.sign": pure("compare", "int", lambda value: (value > 0) - (value < 0)),
    "Int.div": placed("divide", "int int", _divided),
    "Int.mod": placed("divide", "int int", _modulo),
    "Int.pow": placed("multiply", "int int", _power),
    "Int.parse": pure("string_format", "string", _parsed),
    "Int.toText": pure("string_format", "int", str),
}


def _read(text: str) -> Ok | Err:
    found = _DECIMAL.fullmatch(text)
    if not found:
        return Err("Syntax")
    sign, whole, fraction = found[1], found[2], found[3] or ""
    digits = (whole + fraction).lstrip("0")
    if len(whole.lstrip("0")) > d.MAX_DIGITS:
        return Err(d.OVERFLOW)
    return result(d.finish(_long(digits) * (-1 if sign else 1), len(fraction)))


def _long(digits: str) -> int:
    """A number of any length; Python by itself reads no more than some thousand digits."""
    value = 0
    for start in range(0, len(digits), 1000):
        part = digits[start : start + 1000]
        value = value * 10 ** len(part) + int(part)
    return value


def _sum(run: Run, at: Place, given: tuple[Value, ...]) -> Ok | Err:
    run.charge("add", len(given))
    return result(d.total(tuple([require(value, "decimal", at) for value in given])))


def _to_int(value: Number) -> Value:
    found = d.integral(value)
    return NONE if found is None or abs(found) > SAFE else Some(found)


def _quantized(at: Place, value: Number, scale: int) -> Ok | Err:
    if not 0 <= scale <= d.MAX_SCALE:
        raise Stop("IndexOutOfRangeError", at)
    return result(d.quantize(value, scale))


def _rounded(at: Place, value: Number, scale: int) -> Ok | Err:
    """Rounding never adds digits: at a larger scale the value stays as it is."""
    return Ok(value) if value.scale < scale <= d.MAX_SCALE else _quantized(at, value, scale)


def _checked(work: Callable[..., d.Outcome]) -> Callable[..., Any]:
    return lambda *arguments: result(work(*arguments))


_TWO: Final = "decimal decimal"
_SCALED: Final = "decimal int"

DECIMAL: Final[dict[str, Native]] = {
    "Decimal.of": pure("string_format", "string", _read),
    "Decimal.fromInt": pure("string_format", "int", lambda value: Number(value, 0)),
    "Decimal.add": pure("add", _TWO, _checked(d.add)),
    "Decimal.subtract": pure("add", _TWO, _checked(d.subtract)),
    "Decimal.multiply": pure("multiply", _TWO, _checked(d.multiply)),
    "Decimal.divide": pure("divide", _TWO, _checked(d.divide)),
    "Decimal.quantize": placed("divide", _SCALED, _quantized),
    "Decimal.round": placed("divide", _SCALED, _rounded),
    "Decimal.toIntegral": pure("divide", "decimal", d.to_integral),
    "Decimal.reduce": pure("divide", "decimal", canonical),
    "Decimal.abs": pure("negate", "decimal", lambda value: Number(abs(value.coefficient), value.scale)),
    "Decimal.negate": pure("negate", "decimal", d.negate),
    "Decimal.min": pure("compare", _TWO, d.least),
    "Decimal.max": pure("compare", _TWO, d.greatest),
    "Decimal.compare": pure("compare", _TWO, d.compare),
    "Decimal.sum": native(None, "array", _sum),
    "Decimal.toText": pure("string_format", "decimal", decimal_text),
    "Decimal.scale": pure("property", "decimal", lambda value: value.scale),
    "Decimal.coefficient": pure("property", "decimal", lambda value: str(value.coefficient)),
    "Decimal.toInt": pure("divide", "decimal", _to_int),
}
