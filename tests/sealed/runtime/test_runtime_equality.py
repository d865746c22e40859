"""Structural equality: its laws, and functions, which are equal when their code and what they captured are."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from sealed_engines import both
from sealed_texts import expression, sealed_values

ADDER = "const adder = fn(1, 1, 0, (n) => fn(2, 1, 0, (x) => add(x, n, P), () => [n]), null);"
KNOT = "const knot = (code) => { const f = fn(code, 0, 0, () => f, () => [f]); return f; };"


@settings(derandomize=True, deadline=None, max_examples=60)
@given(value=sealed_values())
def test_a_value_equals_another_that_is_made_alike(value: Any) -> None:
    """Equality is reflexive and looks at structure, not at identity."""
    text = expression(value)

    assert both(f"return arr([eq({text}, {text}), ne({text}, {text})]);").value == [True, False]


@settings(derandomize=True, deadline=None, max_examples=60)
@given(a=sealed_values(), b=sealed_values())
def test_values_are_equal_exactly_when_their_encodings_are(a: Any, b: Any) -> None:
    """Equality is symmetric, and two values have the same CBOR if and only if they are equal."""
    left, right = expression(a), expression(b)
    told = both(
        f"const a = {left}, b = {right};"
        'return arr([eq(a, b), eq(b, a), eq(bi(P, "cbor", a), bi(P, "cbor", b)), ne(a, b)]);'
    )

    equal, turned, encoded, unequal = told.value
    assert equal == turned == encoded
    assert unequal is not equal


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        ("1", "true", False),
        ('"1"', "1", False),
        ("none", "JsonNull", False),
        ("arr([])", "rec(P, [])", False),
        ('rec(P, ["a", 1, "b", 2])', 'rec(P, ["b", 2, "a", 1])', True),
        ('rec(P, ["a", 1])', 'rec(P, ["b", 1])', False),
        ('bi(P, "some", 1)', 'bi(P, "ok", 1)', False),
        ('bi(P, "ok", 1)', 'bi(P, "err", 1)', False),
        ('bi(P, "Decimal.of", "2.40")', 'bi(P, "Decimal.of", "2.4")', True),
        ("call(P, adder, 1)", "call(P, adder, 1)", True),
        ("call(P, adder, 1)", "call(P, adder, 2)", False),
        ("adder", "call(P, adder, 1)", False),
        ("knot(5)", "knot(5)", True),
        ("knot(5)", "knot(6)", False),
        ("fn(9, 0, 0, () => 1, () => [U])", "fn(9, 0, 0, () => 1, () => [rec(P, [])])", False),
    ],
)
def test_equality_is_total(left: str, right: str, equal: bool) -> None:
    """Kinds differ, records have no order, cohorts are one number, closures compare what they captured."""
    assert both(f"{ADDER}{KNOT} return eq({left}, {right});").value is equal


def test_values_of_any_depth_and_sharing_are_compared() -> None:
    """20,000 levels take no stack, and parts that occur over and over are compared once."""
    deep = "const deep = () => { let v = 1; for (let i = 0; i < 10000; i++) v = arr([v]); return v; };"
    wide = "const wide = () => { let v = 1; for (let i = 0; i < 100; i++) v = arr([v, v]); return v; };"

    assert both(f"{deep}{wide} return arr([eq(deep(), deep()), eq(wide(), wide())]);").value == [True, True]
