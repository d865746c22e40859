"""Decimal in the guest against the host's, which stands on libmpdec: results, scales and errors."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sealed_engines import P, both
from sealed_texts import SAFE, decimal, decimals

from belljar.values._decimal import Decimal128
from belljar.values._sealed import Err, Ok

PARTS = 'arr([bi(P, "Decimal.coefficient", d), bi(P, "Decimal.scale", d), bi(P, "Decimal.toText", d)])'
SHOWN = f'const show = (d) => {PARTS}; const told = (r) => bi(P, "Result.map", r, fn(1, 1, 0, show, null));'


def parts(value: Decimal128) -> list[str | int]:
    """What PARTS gives."""
    return [str(value.coefficient), value.scale, str(value)]


def form(result: Ok | Err) -> dict[str, object]:
    """A Result as JSON has it, with the parts of its Decimal."""
    return {"ok": parts(result.value)} if isinstance(result, Ok) else {"err": result.error}


@settings(derandomize=True, deadline=None, max_examples=50)
@given(a=decimals(), b=decimals(), scale=st.integers(0, 28))
def test_every_operation_is_that_of_the_host(a: Decimal128, b: Decimal128, scale: int) -> None:
    """Values, scales, rounding, overflow and division by zero agree on random operands."""
    results = [a.add(b), a.subtract(b), a.multiply(b), a.divide(b), a.quantize(scale), a.round(scale)]
    values = [a.min(b), a.max(b), a.reduce(), a.to_integral(), a.abs(), a.negate()]
    told = both(
        f"{SHOWN} const a = {decimal(a)}, b = {decimal(b)}; const two = (name) => told(bi(P, name, a, b));"
        f'const scaled = (name) => told(bi(P, name, a, {scale})); return arr([two("Decimal.add"),'
        ' two("Decimal.subtract"), two("Decimal.multiply"), two("Decimal.divide"), scaled("Decimal.quantize"),'
        ' scaled("Decimal.round"), show(bi(P, "Decimal.min", a, b)), show(bi(P, "Decimal.max", a, b)),'
        ' show(bi(P, "Decimal.reduce", a)), show(bi(P, "Decimal.toIntegral", a)), show(bi(P, "Decimal.abs", a)),'
        ' show(bi(P, "Decimal.negate", a)), bi(P, "Decimal.compare", a, b), lt(a, b, P), eq(a, b)]);'
    )

    compared = [a.compare(b), a.compare(b) < 0, a == b]
    assert told.value == [*map(form, results), *map(parts, values), *compared]


@settings(derandomize=True, deadline=None, max_examples=40)
@given(items=st.lists(decimals(), max_size=6))
def test_a_sum_is_rounded_once(items: list[Decimal128]) -> None:
    """The sum does not depend on the order of its parts; each part costs an addition."""
    given_ = f"arr([{', '.join(map(decimal, items))}])"
    told = both(f'{SHOWN} return told(bi(P, "Decimal.sum", {given_}));')

    expected = form(Decimal128.sum(items))
    shown = 3 + (5 + 3 + 3 + 5 if "ok" in expected else 0)
    made = (5 + 3) * len(items)
    assert (told.value, told.gas) == (expected, 2 * len(items) + made + shown)


@settings(derandomize=True, deadline=None, max_examples=40)
@given(whole=st.integers(0, 10**40), zeros=st.integers(0, 40), digits=st.integers(0, 10**50), sign=st.booleans())
def test_texts_are_read_and_rounded_as_on_the_host(whole: int, zeros: int, digits: int, sign: bool) -> None:
    """Digits before and after the point, however many."""
    text = f"{'-' * sign}{whole}.{'0' * zeros}{digits}"

    assert both(f'{SHOWN} return told(bi(P, "Decimal.of", "{text}"));').value == form(Decimal128.of(text))


@pytest.mark.parametrize("text", ["", ".5", "5.", "+1", "1e3", " 1", "1,0", "NaN", "--1", "1.2.3", "٣"])
def test_what_is_no_plain_number_is_a_syntax_error(text: str) -> None:
    """An Err with the text "Syntax"."""
    assert both(f'return bi(P, "Decimal.of", "{text}");').value == {"err": "Syntax"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0." + "0" * 2000 + "1", ["0", 28, "0"]),
        ("0" * 2000 + "7.5", ["75", 1, "7.5"]),
        ("0.5" + "0" * 27 + "5" + "0" * 2000 + "1", ["5" + "0" * 26 + "1", 28, "0.5" + "0" * 26 + "1"]),
        ("-0.00", ["0", 2, "0"]),
    ],
)
def test_long_texts_round_by_all_of_their_digits(text: str, expected: list[str | int]) -> None:
    """A digit far behind the point decides a tie; zero has no sign."""
    assert both(f'{SHOWN} return told(bi(P, "Decimal.of", "{text}"));').value == {"ok": expected}


def test_decimals_come_from_integers_and_go_back() -> None:
    """toInt is Some where the number is a safe integer."""
    told = both(
        f'const i = (t) => bi(P, "Decimal.toInt", {decimal(Decimal128(coefficient=SAFE))});'
        'const of = (t) => bi(P, "Decimal.toInt", bi(P, "Result.getOr", bi(P, "Decimal.of", t), 0));'
        'return arr([i(), of("2.00"), of("2.5"), of("9007199254740992"), bi(P, "Decimal.fromInt", -5)]);'
    )

    assert told.value == [SAFE, 2, None, None, "-5"]
    assert Decimal(told.value[4]) == -5


@pytest.mark.parametrize("scale", [-1, 29])
def test_scales_beyond_28_are_out_of_range(scale: int) -> None:
    """For quantize and round alike."""
    for name in ("quantize", "round"):
        told = both(f'return bi(P, "Decimal.{name}", bi(P, "Decimal.fromInt", 1), {scale});')
        assert (told.code, told.error["position"]) == ("IndexOutOfRangeError", P)
