"""Decimal: exact first, rounded once, and the scale as IEEE 754-2008 computes it within 0 to 28."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from belljar.errors import UsageError
from belljar.values._decimal import Decimal128
from belljar.values._sealed import Err, Ok

NINES = "9" * 34
DECIMALS = st.builds(
    lambda coefficient, scale: Decimal128(coefficient=coefficient, scale=scale),
    st.integers(-(10**34) + 1, 10**34 - 1) | st.integers(-999, 999),
    st.integers(0, 28),
)


def dec(text: str) -> Decimal128:
    """The Decimal with exactly these digits and this scale."""
    answer = Decimal128.of(text)
    assert isinstance(answer, Ok)
    value: Decimal128 = answer.value
    return value


def shown(answer: Any) -> Any:
    """An answer with its scale: 2.40 is not 2.4 here."""
    inner = answer.value if isinstance(answer, Ok) else answer
    return (inner.coefficient, inner.scale) if isinstance(inner, Decimal128) else inner


def fraction(value: Decimal128) -> Fraction:
    return Fraction(value.coefficient, 10**value.scale)


def nearest(exact: Fraction) -> Fraction | Err:
    """What rounding once, half to even, to 34 digits and 28 places gives: by trying all scales, largest first."""
    for scale in range(28, -1, -1):
        coefficient = round(exact * 10**scale)  # Python rounds Fractions half to even
        if abs(coefficient) < 10**34:
            return Fraction(coefficient, 10**scale)
    return Err("Overflow")


def computed(answer: Ok | Err) -> Fraction | Err:
    return fraction(answer.value) if isinstance(answer, Ok) else answer


@given(DECIMALS, DECIMALS)
@settings(max_examples=150, derandomize=True, deadline=None)
def test_arithmetic_is_the_exact_result_rounded_once(a: Decimal128, b: Decimal128) -> None:
    """Sums, differences, products and quotients agree with rational arithmetic."""
    assert computed(a.add(b)) == nearest(fraction(a) + fraction(b))
    assert computed(a.subtract(b)) == nearest(fraction(a) - fraction(b))
    assert computed(a.multiply(b)) == nearest(fraction(a) * fraction(b))
    if b.coefficient:
        assert computed(a.divide(b)) == nearest(fraction(a) / fraction(b))


@given(st.lists(DECIMALS, max_size=6))
@settings(max_examples=60, derandomize=True, deadline=None)
def test_a_sum_is_rounded_once_at_the_end(parts: list[Decimal128]) -> None:
    """The order of the parts cannot matter."""
    assert computed(Decimal128.sum(parts)) == nearest(sum(map(fraction, parts), Fraction(0)))


@given(DECIMALS, DECIMALS, st.integers(0, 28))
@settings(max_examples=100, derandomize=True, deadline=None)
def test_comparing_and_rounding_agree_with_rational_numbers(a: Decimal128, b: Decimal128, scale: int) -> None:
    """compare, equality, round, to_integral and the text are those of the number itself."""
    x, y = fraction(a), fraction(b)

    assert a.compare(b) == (x > y) - (x < y)
    assert (a == b) == (x == y)
    assert computed(a.round(scale)) == Fraction(round(x * 10**scale), 10**scale)
    assert fraction(a.to_integral()) == round(x)
    assert Fraction(str(a)) == x


@pytest.mark.parametrize(
    ("answer", "want"),
    [
        (dec("1.20").add(dec("1.2")), (240, 2)),
        (dec("1.20").subtract(dec("1.2")), (0, 2)),
        (dec("-1.20").multiply(dec("0.000")), (0, 5)),
        (dec("2.40").divide(dec("2")), (120, 2)),
        (dec("6").divide(dec("0.003")), (2000, 0)),
        (dec("1").divide(dec("8")), (125, 3)),
        (dec("1").divide(dec("3")), (3333333333333333333333333333, 28)),
        (dec("200").divide(dec("3")), (666666666666666666666666666667, 28)),
        (dec("1").divide(dec("0.0")), Err("DivisionByZero")),
        (dec("0").divide(dec("0")), Err("DivisionByZero")),
        (dec(NINES).add(dec("0.4")), (int(NINES), 0)),
        (dec(NINES).add(dec("0.5")), Err("Overflow")),
        (dec("9." + "9" * 28).add(dec("0." + "0" * 27 + "1")), (10**29, 28)),
        (dec("0." + NINES[:28]).multiply(dec("0." + NINES[:28])), (int(NINES[:28]) - 1, 28)),
        (dec("9" * 17).multiply(dec("9" * 18)), Err("Overflow")),
        (dec("1.005").quantize(2), (100, 2)),
        (dec("1.015").quantize(2), (102, 2)),
        (dec("7").quantize(28), (7 * 10**28, 28)),
        (dec("12345678").quantize(28), Err("Overflow")),
        (dec("1.25").round(1), (12, 1)),
        (dec("1.25").round(4), (125, 2)),
        (Decimal128.sum([]), (0, 0)),
        (Decimal128.sum([dec("0.10"), dec("0.2")]), (30, 2)),
        (dec("-2.5").to_integral(), (-2, 0)),
        (dec("1200.500").reduce(), (12005, 1)),
        (dec("1200").reduce(), (1200, 0)),
        (dec("-0.50").abs(), (50, 2)),
        (dec("0.00").negate(), (0, 2)),
        (dec("2.4").min(dec("2.40")), (240, 2)),
        (dec("2.4").max(dec("2.40")), (24, 1)),
        (dec("-2.4").min(dec("-2.40")), (-24, 1)),
        (dec("2").min(dec("-3")), (-3, 0)),
    ],
)
def test_scales_and_limits_are_those_of_the_profile(answer: Any, want: Any) -> None:
    """The scale is ideal where the result is exact; a result without room is Overflow and never a negative scale."""
    assert shown(answer) == want


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("1.50", (150, 2)),
        ("-0.0", (0, 1)),
        ("007", (7, 0)),
        ("0." + "0" * 500 + "1", (0, 28)),
        ("1." + "5" * 40, (15555555555555555555555555556, 28)),
        ("9" * 35, Err("Overflow")),
        ("9" * 500, Err("Overflow")),
        *[(text, Err("Syntax")) for text in ("", "+1", "1e5", ".5", "5.", "1_0", " 1", "1\n", "NaN", "٣")],
    ],
)
def test_a_text_of_digits_is_a_decimal(text: str, want: Any) -> None:
    """Places beyond the 28th are rounded, digits beyond the 34th overflow, anything but digits is a Syntax."""
    assert shown(Decimal128.of(text)) == want


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal128(coefficient=-1500, scale=3), "-1.5"),
        (Decimal128(coefficient=0, scale=28), "0"),
        (Decimal128(coefficient=1, scale=28), "0." + "0" * 27 + "1"),
        (Decimal128(coefficient=1000), "1000"),
        (Decimal128(coefficient=-int(NINES), scale=1), f"-{NINES[1:]}.9"),
    ],
)
def test_the_canonical_text_is_the_shortest(value: Decimal128, text: str) -> None:
    """No zeros at the end, no exponent, no -0."""
    assert str(value) == text


def test_members_of_a_cohort_are_equal() -> None:
    """2.40 equals 2.4 and has its hash; a Decimal equals no other kind of value."""
    assert dec("2.40") == dec("2.4")
    assert len({dec("2.40"), dec("2.4"), dec("2.41")}) == 2
    assert dec("2") != 2


@pytest.mark.parametrize(
    "misuse",
    [
        lambda: Decimal128(coefficient=10**34),
        lambda: Decimal128(coefficient=1, scale=29),
        lambda: Decimal128(coefficient=1, scale=-1),
        lambda: dec("1").quantize(29),
        lambda: dec("1").round(-1),
    ],
)
def test_parts_out_of_range_are_the_hosts_mistake(misuse: Callable[[], object]) -> None:
    """A coefficient of 35 digits and scales outside 0 to 28 raise UsageError."""
    with pytest.raises(UsageError):
        misuse()
