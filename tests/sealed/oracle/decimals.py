"""Decimal arithmetic on whole numbers: coefficient up to 34 digits, scale 0 to 28, rounded once, half even.

Every function gives a `Number`, or the reason why there is none as a text. An exact result keeps the scale that IEEE
754 calls ideal, brought into 0..28; an inexact one has as many digits as fit.
"""

from __future__ import annotations

from typing import Final, TypeAlias

from oracle.encode import canonical
from oracle.values import Number

MAX_DIGITS: Final = 34
MAX_SCALE: Final = 28
OVERFLOW: Final = "Overflow"
DIVISION_BY_ZERO: Final = "DivisionByZero"

Outcome: TypeAlias = Number | str


def digits(value: int) -> int:
    """How many decimal digits a coefficient has; zero has one."""
    return len(str(abs(value)))


def finish(coefficient: int, scale: int) -> Outcome:
    """An exact value as a Decimal: as it is where it fits, else rounded."""
    if scale < 0:
        coefficient, scale = coefficient * 10**-scale, 0
    kept = min(MAX_SCALE, scale - max(0, digits(coefficient) - MAX_DIGITS))
    return _fitted(coefficient, 10 ** max(0, scale - kept), kept)


def _fitted(numerator: int, denominator: int, scale: int) -> Outcome:
    """numerator / denominator as a coefficient at a scale; rounding up may add the one digit that is a zero."""
    coefficient = half_even(numerator, denominator)
    if digits(coefficient) > MAX_DIGITS and coefficient % 10 == 0:
        coefficient, scale = coefficient // 10, scale - 1
    return Number(coefficient, scale) if scale >= 0 and digits(coefficient) <= MAX_DIGITS else OVERFLOW


def half_even(numerator: int, denominator: int) -> int:
    """The nearest whole number, the even one of two; the denominator is positive."""
    whole, left = divmod(numerator, denominator)
    twice = 2 * left
    return whole + (twice > denominator or (twice == denominator and whole % 2 == 1))


def add(one: Number, other: Number) -> Outcome:
    """one + other, at the larger scale."""
    scale = max(one.scale, other.scale)
    return finish(at_scale(one, scale) + at_scale(other, scale), scale)


def at_scale(value: Number, scale: int) -> int:
    """The coefficient at a scale that is at least its own."""
    return int(value.coefficient * 10 ** (scale - value.scale))


def negate(value: Number) -> Number:
    """The opposite; zero stays as it is."""
    return Number(-value.coefficient, value.scale)


def subtract(one: Number, other: Number) -> Outcome:
    """one - other."""
    return add(one, negate(other))


def multiply(one: Number, other: Number) -> Outcome:
    """one * other."""
    return finish(one.coefficient * other.coefficient, one.scale + other.scale)


def divide(one: Number, other: Number) -> Outcome:
    """one / other: the scale nearest to the difference of theirs that holds the quotient exactly, else all digits."""
    if other.coefficient == 0:
        return DIVISION_BY_ZERO
    sign = -1 if other.coefficient < 0 else 1
    numerator, denominator = sign * one.coefficient * 10**other.scale, sign * other.coefficient * 10**one.scale
    ideal = max(0, one.scale - other.scale)
    for scale in range(ideal, MAX_SCALE + 1):
        if numerator * 10**scale % denominator == 0 and _holds(numerator, denominator, scale):
            return Number(numerator * 10**scale // denominator, scale)
    return _inexact(numerator, denominator)


def _holds(numerator: int, denominator: int, scale: int) -> bool:
    return digits(numerator * 10**scale // denominator) <= MAX_DIGITS


def _inexact(numerator: int, denominator: int) -> Outcome:
    """The quotient at the largest scale whose coefficient fits."""
    whole = abs(numerator) // denominator
    scale = MAX_SCALE
    while scale > 0 and digits(whole_at(abs(numerator), denominator, scale)) > MAX_DIGITS:
        scale -= 1
    if digits(whole) > MAX_DIGITS:
        return OVERFLOW
    return _fitted(numerator * 10**scale, denominator, scale)


def whole_at(numerator: int, denominator: int, scale: int) -> int:
    """The digits of a quotient at a scale, cut."""
    return int(numerator * 10**scale // denominator)


def quantize(value: Number, scale: int) -> Outcome:
    """The value at exactly this scale, which is from 0 to 28."""
    if scale >= value.scale:
        coefficient = at_scale(value, scale)
    else:
        coefficient = half_even(value.coefficient, 10 ** (value.scale - scale))
    return Number(coefficient, scale) if digits(coefficient) <= MAX_DIGITS else OVERFLOW


def to_integral(value: Number) -> Number:
    """The nearest whole number, scale 0; it cannot have more digits than the value."""
    return Number(half_even(value.coefficient, 10**value.scale), 0)


def compare(one: Number, other: Number) -> int:
    """-1, 0 or 1, whatever the scales."""
    scale = max(one.scale, other.scale)
    left, right = at_scale(one, scale), at_scale(other, scale)
    return (left > right) - (left < right)


def _is_before(one: Number, other: Number) -> bool:
    """The total order of IEEE 754: of two equal numbers the one with more zeros is nearer to zero."""
    order = compare(one, other)
    if order:
        return order < 0
    return one.scale < other.scale if one.coefficient < 0 else one.scale > other.scale


def least(one: Number, other: Number) -> Number:
    """The smaller."""
    return other if _is_before(other, one) else one


def greatest(one: Number, other: Number) -> Number:
    """The larger."""
    return other if _is_before(one, other) else one


def total(given: tuple[Number, ...]) -> Outcome:
    """The sum from the left, each step rounded as `add` rounds; of nothing it is 0."""
    found: Outcome = Number(0, 0)
    for value in given:
        if isinstance(found, Number):
            found = add(found, value)
    return found


def integral(value: Number) -> int | None:
    """The int that a Decimal is, if it is one."""
    short = canonical(value)
    return None if short.scale else short.coefficient
