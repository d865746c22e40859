"""Decimal: IEEE 754-2008 decimal128 with scales from 0 to 28, on Python's own `decimal` (libmpdec).

A Decimal is coefficient / 10^scale. An operation is exact first and rounded once, half to even, to 34 digits and to 28
places. What has no room even then, because it is 10^34 or more, is Err("Overflow"). The scale is kept as IEEE computes
it (2.40 is not 2.4), equality does not look at it, and zero has no sign.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_05UP, ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from functools import reduce
from typing import Final, TypeAlias

from belljar.errors import UsageError
from belljar.values._sealed import Err, Ok

MAX_DIGITS: Final = 34
MAX_SCALE: Final = 28

OVERFLOW: Final = Err("Overflow")
DIVISION_BY_ZERO: Final = Err("DivisionByZero")
SYNTAX: Final = Err("Syntax")

Computed: TypeAlias = Ok | Err
"""Ok with a Decimal128, or Err with "Overflow", "DivisionByZero" or "Syntax"."""

_TRAPS: Final = [InvalidOperation, DivisionByZero, Overflow]
_EXACT: Final = Context(prec=150, rounding=ROUND_05UP, traps=_TRAPS)
"""Products have 68 digits, sums of 100,000 parts 68, so both are exact. A quotient is cut, and 05UP cuts in such a way
that rounding again later gives what rounding once would have given."""
_HALF_EVEN: Final = Context(prec=150, rounding=ROUND_HALF_EVEN, traps=_TRAPS)

_TEXT: Final = re.compile(r"-?[0-9]+(?:\.[0-9]+)?\Z", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Decimal128:
    """One Decimal; `str` gives its canonical text. Raises UsageError for parts that are out of range."""

    coefficient: int
    """At most 34 digits."""
    scale: int = 0
    """Digits after the point, 0 to 28."""

    def __post_init__(self) -> None:
        if abs(self.coefficient) >= 10**MAX_DIGITS:
            raise UsageError(f"the coefficient has more than {MAX_DIGITS} digits")
        _check_scale(self.scale)

    @staticmethod
    def of(text: str) -> Computed:
        """The number that `text` writes in digits, with or without a point; an exponent or a plus is a "Syntax"."""
        return _rounded(_EXACT.create_decimal(text)) if _TEXT.match(text) else SYNTAX

    @staticmethod
    def sum(parts: Iterable[Decimal128]) -> Computed:
        """All parts together, rounded once at the end; 0 for none."""
        return _rounded(reduce(_EXACT.add, (part._exact() for part in parts), Decimal(0)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Decimal128):
            return NotImplemented
        return self._exact() == other._exact()

    def __hash__(self) -> int:
        return hash(self._exact())

    def __str__(self) -> str:
        """The shortest digits that say the number: no zeros at the end, no exponent, no -0."""
        return f"{self.reduce()._exact():f}"

    def add(self, other: Decimal128) -> Computed:
        """Ideal scale: the larger one."""
        return _rounded(_EXACT.add(self._exact(), other._exact()))

    def subtract(self, other: Decimal128) -> Computed:
        """Ideal scale: the larger one."""
        return _rounded(_EXACT.subtract(self._exact(), other._exact()))

    def multiply(self, other: Decimal128) -> Computed:
        """Ideal scale: the sum."""
        return _rounded(_EXACT.multiply(self._exact(), other._exact()))

    def divide(self, other: Decimal128) -> Computed:
        """Ideal scale of an exact quotient: the difference, or the nearest to it. Others: all digits that fit."""
        if other.coefficient == 0:
            return DIVISION_BY_ZERO
        return _rounded(_EXACT.divide(self._exact(), other._exact()))

    def quantize(self, scale: int) -> Computed:
        """The same number at exactly this scale, rounded or padded with zeros."""
        quantized = self._at(scale)
        return OVERFLOW if _digits(quantized) > MAX_DIGITS else Ok(_decimal128(quantized))

    def round(self, scale: int) -> Computed:
        """At most `scale` places; nothing is padded."""
        _check_scale(scale)
        return self.quantize(min(scale, self.scale))

    def to_integral(self) -> Decimal128:
        """The nearest whole number."""
        return _decimal128(self._at(0))

    def reduce(self) -> Decimal128:
        """The canonical member of its cohort: no zeros after the point that could go."""
        coefficient, scale = self.coefficient, self.scale
        while scale > 0 and coefficient % 10 == 0:
            coefficient //= 10
            scale -= 1
        return Decimal128(coefficient=coefficient, scale=scale)

    def abs(self) -> Decimal128:
        return Decimal128(coefficient=abs(self.coefficient), scale=self.scale)

    def negate(self) -> Decimal128:
        return Decimal128(coefficient=-self.coefficient, scale=self.scale)

    def min(self, other: Decimal128) -> Decimal128:
        """Of two equal ones, the one that IEEE's total order puts first: 2.40 before 2.4, -2.4 before -2.40."""
        return _decimal128(_EXACT.min(self._exact(), other._exact()))

    def max(self, other: Decimal128) -> Decimal128:
        """Of two equal ones, the one that IEEE's total order puts last."""
        return _decimal128(_EXACT.max(self._exact(), other._exact()))

    def compare(self, other: Decimal128) -> int:
        """-1, 0 or 1."""
        return int(_EXACT.compare(self._exact(), other._exact()))

    def _exact(self) -> Decimal:
        return Decimal(self.coefficient).scaleb(-self.scale, _EXACT)

    def _at(self, scale: int) -> Decimal:
        _check_scale(scale)
        return _quantized(self._exact(), -scale)


def _check_scale(scale: int) -> None:
    if not 0 <= scale <= MAX_SCALE:
        raise UsageError(f"the scale is {scale}, and it can be 0 to {MAX_SCALE}")


def _rounded(exact: Decimal) -> Computed:
    """`exact` at its own scale, or at the largest lower one that has room."""
    if exact.adjusted() >= MAX_DIGITS:
        return OVERFLOW
    exponent = _exponent(exact)
    cut = max(_digits(exact) - MAX_DIGITS, -MAX_SCALE - exponent, 0)
    place = min(exponent + cut, 0)
    if _digits(_quantized(exact, place)) > MAX_DIGITS:
        place += 1  # 99...99.9 became 100...00, which is one digit longer
    return OVERFLOW if place > 0 else Ok(_decimal128(_quantized(exact, place)))


def _quantized(exact: Decimal, exponent: int) -> Decimal:
    return exact.quantize(Decimal(1).scaleb(exponent, _EXACT), context=_HALF_EVEN)


def _digits(value: Decimal) -> int:
    return value.adjusted() - _exponent(value) + 1


def _exponent(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)
    return exponent


def _decimal128(value: Decimal) -> Decimal128:
    scale = -_exponent(value)
    return Decimal128(coefficient=int(value.scaleb(scale, _EXACT)), scale=scale)
