"""decTest for decimal128, as far as the sealed profile has its numbers: finite, no -0, scales from 0 to 28, half even.

A result is compared as text, so with its scale, where no exponent is above 0. Such numbers (2E+3) are in the profile as
another member of their cohort (2000), and their results are compared by value; from 10^34 on they must be "Overflow".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Context, Decimal
from pathlib import Path
from typing import Any, Final

from belljar.values._decimal import MAX_DIGITS, MAX_SCALE, Decimal128
from conformance.cases import Case, InexpressibleError, Left, Vector, loader
from conformance.subject import Subject

_OPERATIONS: Final = {
    **{name: name for name in ("add", "subtract", "multiply", "divide", "compare", "quantize", "reduce")},
    **{name: name for name in ("min", "max", "abs")},
    "minus": "negate",
    "tointegralx": "toIntegral",
}
_PROBLEMS: Final = {
    "division_by_zero": "DivisionByZero",
    "division_undefined": "DivisionByZero",
    "invalid_operation": "Overflow",
}
"""By decTest's condition: with finite operands, the last one is a quantize that has no room."""

_WIDE: Final = Context(prec=100)
"""Nothing is rounded in it."""


def decimal_vectors(vectors: Path) -> Iterator[Vector]:
    """All cases of the suite."""
    return (_vector(entry) for entry in loader(vectors, "dectest").load())


def _vector(entry: dict[str, Any]) -> Vector:
    try:
        return _case(entry)
    except InexpressibleError as reason:
        return Left(name=entry["id"], reason=str(reason))


def _case(entry: dict[str, Any]) -> Case:
    _check_entry(entry)
    numbers = [_finite(text) for text in entry["operands"]]
    operation = _OPERATIONS[entry["op"]]
    if operation == "quantize" and _exponent(numbers[1]) > 0:
        raise InexpressibleError("a scale below 0 is asked for")
    operands = tuple(_decimal128(number) for number in numbers)
    problem = next((_PROBLEMS[name] for name in entry["conditions"] if name in _PROBLEMS), None)
    if problem:
        return Case(name=entry["id"], ask=lambda subject: subject.decimal(operation, operands), want=problem)
    result = _finite(entry["result"])
    by_value = any(_exponent(number) > 0 for number in (*numbers, result))
    shown = _value_text if by_value else _cohort_text
    return Case(name=entry["id"], ask=_asker(operation, operands, shown), want=_wanted(result, shown))


def _check_entry(entry: dict[str, Any]) -> None:
    if entry["op"] not in _OPERATIONS:
        raise InexpressibleError("an operation that the sealed profile does not have")
    if entry["skip"] or entry["result"] == "?":
        raise InexpressibleError("about bit images, or without a result")
    if entry["ctx"]["rounding"] != "half_even":
        raise InexpressibleError("another way of rounding than half even")


def _finite(text: str) -> Decimal:
    number = Decimal(text)
    if not number.is_finite() and not text.startswith(("Inf", "-Inf")):
        raise InexpressibleError("NaN")
    if not number.is_finite():
        raise InexpressibleError("an infinity")
    if number.is_zero() and number.is_signed():
        raise InexpressibleError("-0")
    if -_exponent(number) > MAX_SCALE:
        raise InexpressibleError(f"more than {MAX_SCALE} places")
    return number


def _decimal128(number: Decimal) -> Decimal128:
    if number.adjusted() >= MAX_DIGITS:
        raise InexpressibleError("an operand of 10^34 or more")
    scale = max(-_exponent(number), 0)
    return Decimal128(coefficient=int(number.scaleb(scale, _WIDE)), scale=scale)


def _exponent(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int)
    return exponent


def _asker(
    operation: str, operands: tuple[Decimal128, ...], shown: Callable[[Decimal], str]
) -> Callable[[Subject], str]:
    def ask(subject: Subject) -> str:
        answer = subject.decimal(operation, operands)
        return answer if isinstance(answer, str) else shown(_number(answer))

    return ask


def _number(answer: Decimal128 | int) -> Decimal:
    if isinstance(answer, int):
        return Decimal(answer)
    sign = int(answer.coefficient < 0)
    digits = tuple(int(digit) for digit in str(abs(answer.coefficient)))
    return Decimal((sign, digits, -answer.scale))


def _wanted(result: Decimal, shown: Callable[[Decimal], str]) -> str:
    return "Overflow" if result.adjusted() >= MAX_DIGITS else shown(result)


def _cohort_text(number: Decimal) -> str:
    return str(number)


def _value_text(number: Decimal) -> str:
    return f"{number.normalize(_WIDE):f}"
