"""Operators of the sealed runtime: every edge of the integers, and what each kind of operand gives."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sealed_engines import P, both
from sealed_texts import SAFE, ints, strings

RESULTS = {
    "add(1, 2, P)": 3,
    f"add({SAFE}, -1, P)": SAFE - 1,
    f"sub(-{SAFE}, 0, P)": -SAFE,
    "sub(3, 3, P)": 0,
    "mul(94906265, 94906265, P)": 94906265**2,
    "mul(-3, 4, P)": -12,
    "div(-6, 3, P)": -2,
    f"div({SAFE}, -1, P)": -SAFE,
    "div(0, 7, P)": 0,
    "rem(-7, 2, P)": -1,
    "rem(7, -2, P)": 1,
    "rem(0, -2, P)": 0,
    "neg(5, P)": -5,
    "not(true, P)": False,
    'add("a", "b", P)': "ab",
    'lt("Z", "a", P)': True,
    'lt("\\ud83d\\ude00", "\\uffff", P)': True,
    "le(2, 2, P)": True,
    "gt(2, 2, P)": False,
    "ge(2, 3, P)": False,
    "type(1)": "number",
    'type("")': "string",
    "type(true)": "boolean",
    "type(fn(1, 0, 0, () => 1, null))": "function",
    "type(none)": "object",
    "type(arr([]))": "object",
    'text(P, "a", 1, "b", true, "c", "d", "")': "a1btruecd",
    'text(P, "", bi(P, "Result.getOr", bi(P, "Decimal.of", "1.50"), 0), "")': "1.5",
    'has("a", rec(P, ["a", 1]), P)': True,
    'has("toString", rec(P, ["a", 1]), P)': False,
    'has("a", bi(P, "Dict.of", arr([arr(["a", 1])])), P)': True,
    "at(arr([4, 5]), 1, P)": 5,
    'at("abc", 2, P)': "c",
    'at(rec(P, ["__proto__", 7]), "__proto__", P)': 7,
    'prop(rec(P, ["length", 7]), "length", P)': 7,
    'prop("\\ud83d\\ude00", "length", P)': 2,
    'prop(arr([1]), "length", P)': 1,
}

ERRORS = {
    f"add({SAFE}, 1, P)": "IntegerOverflowError",
    f"sub(-{SAFE}, 1, P)": "IntegerOverflowError",
    "mul(94906267, 94906267, P)": "IntegerOverflowError",
    "mul(0, -1, P)": "InexactResultError",
    "div(1, 2, P)": "InexactResultError",
    f"div({SAFE}, 2, P)": "InexactResultError",
    "div(0, -3, P)": "InexactResultError",
    "rem(-4, 2, P)": "InexactResultError",
    "neg(0, P)": "InexactResultError",
    "div(1, 0, P)": "DivisionByZeroError",
    "rem(1, 0, P)": "DivisionByZeroError",
    'add(1, "a", P)': "TypeMismatchError",
    'add("a", 1, P)': "TypeMismatchError",
    "add(true, true, P)": "TypeMismatchError",
    'sub("3", 1, P)': "TypeMismatchError",
    "mul(2, none, P)": "TypeMismatchError",
    'lt(1, "2", P)': "TypeMismatchError",
    "lt(true, false, P)": "TypeMismatchError",
    "bool(1, P)": "TypeMismatchError",
    "not(JsonNull, P)": "TypeMismatchError",
    'neg("1", P)': "TypeMismatchError",
    'text(P, "", arr([]), "")': "TypeMismatchError",
    'has(1, rec(P, ["1", 1]), P)': "TypeMismatchError",
    'has("a", arr(["a"]), P)': "TypeMismatchError",
    "at(arr([1]), 1, P)": "IndexOutOfRangeError",
    "at(arr([1]), -1, P)": "IndexOutOfRangeError",
    'at(arr([1]), "0", P)': "TypeMismatchError",
    'at(rec(P, ["0", 1]), 0, P)': "TypeMismatchError",
    'at("\\ud83d\\ude00", 0, P)': "InvalidStringError",
    'at(rec(P, []), "a", P)': "PropertyNotFoundError",
    'prop(arr([]), "map", P)': "PropertyNotFoundError",
    'prop(JsonNull, "a", P)': "TypeMismatchError",
    'prop(rec(P, []), "constructor", P)': "PropertyNotFoundError",
    "early(P)": "UseBeforeDeclarationError",
    f'add("a".repeat({2**20}), "b", P)': "LimitError",
}


@pytest.mark.parametrize("expression", RESULTS)
def test_an_operator_gives_its_result_and_charges_nothing_itself(expression: str) -> None:
    """Operators are charged with their segment, so the runtime's functions for them are free."""
    told = both(f"return {expression};")
    free = "bi(" not in expression

    assert told.value == RESULTS[expression]
    assert type(told.value) is type(RESULTS[expression])
    assert (told.gas == 0) is free


@pytest.mark.parametrize("expression", ERRORS)
def test_what_an_operator_cannot_do_ends_the_run_at_its_place(expression: str) -> None:
    """Each error has its code and the operator's position."""
    told = both(f"return {expression};")

    assert (told.code, told.error["position"]) == (ERRORS[expression], P)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(a=ints(), b=ints(), operator=st.sampled_from(["add", "sub", "mul"]))
def test_arithmetic_is_exact_or_an_error(a: int, b: int, operator: str) -> None:
    """A sum, difference or product is Python's, or is refused for being out of range or -0."""
    exact = {"add": a + b, "sub": a - b, "mul": a * b}[operator]
    told = both(f"return {operator}({a}, {b}, P);")

    if operator == "mul" and exact == 0 and (a < 0 or b < 0):
        assert told.code == "InexactResultError"
    elif abs(exact) > SAFE:
        assert told.code == "IntegerOverflowError"
    else:
        assert told.value == exact


@settings(derandomize=True, deadline=None, max_examples=60)
@given(a=ints(), b=ints())
def test_floor_division_is_that_of_python(a: int, b: int) -> None:
    """Int.div and Int.mod agree with // and % on every pair; a divisor of 0 is an error."""
    told = both(f'return arr([bi(P, "Int.div", {a}, {b}), bi(P, "Int.mod", {a}, {b})]);')

    if b == 0:
        assert told.code == "DivisionByZeroError"
    else:
        assert told.value == [a // b, a % b]


@settings(derandomize=True, deadline=None, max_examples=30)
@given(a=strings(), b=strings())
def test_strings_are_ordered_by_their_units(a: str, b: str) -> None:
    """`<` compares UTF-16 units, which is not the order of code points."""
    units = [text.encode("utf-16-be") for text in (a, b)]
    told = both(f"return lt({ascii_text(a)}, {ascii_text(b)}, P);")

    assert told.value is (units[0] < units[1])


def ascii_text(text: str) -> str:
    """A JavaScript string."""
    units = text.encode("utf-16-be")
    return '"' + "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2)) + '"'


def test_the_nearest_name_is_told_where_a_property_is_not_there() -> None:
    """Details have the key, and the name that takes fewest edits where one is near."""
    near = both('return prop(rec(P, ["amount", 1, "account", 2]), "acount", P);')
    far = both('return prop(rec(P, ["amount", 1]), "zzz", P);')

    assert near.error["details"] == {"key": "acount", "nearest": "account"}
    assert far.error["details"] == {"key": "zzz"}


def test_patterns_take_values_apart() -> None:
    """Fields, rests and items come out in order; more items than the pattern has are no error."""
    told = both(
        'const r = rec(P, ["a", 1, "b", 2, "c", 3]);'
        'return arr([pobj(r, ["b"], P), prest(r, ["b"], P),'
        " parr(arr([1, 2, 3]), 2, 1, P), parr(arr([1, 2]), 1, 0, P)]);"
    )

    assert told.value == [[2], {"a": 1, "c": 3}, [1, 2, [3]], [1]]


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ('pobj(rec(P, []), ["a"], P)', "PropertyNotFoundError"),
        ('pobj(arr([]), ["length"], P)', "TypeMismatchError"),
        ('prest("ab", [], P)', "TypeMismatchError"),
        ("parr(arr([1]), 2, 0, P)", "IndexOutOfRangeError"),
        ('parr("ab", 1, 0, P)', "TypeMismatchError"),
    ],
)
def test_a_pattern_that_does_not_fit_is_an_error(expression: str, code: str) -> None:
    """A missing field, a missing item, and a value of another kind."""
    told = both(f"return {expression};")

    assert (told.code, told.error["position"]) == (code, P)


def test_literals_with_spread() -> None:
    """Arrays in arrays, records in records; of equal keys the last counts."""
    told = both(
        'return arr([arrSpread(P, [0, 1, 1, arr([2, 3]), 0, 4]), recSpread(P, [0, "a", 1, 1, rec(P, ["a", 2, "b", 3]),'
        ' 0, "b", 4])]);'
    )

    assert told.value == [[1, 2, 3, 4], {"a": 2, "b": 4}]


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ('arrSpread(P, [1, "ab"])', "TypeMismatchError"),
        ("recSpread(P, [1, arr([])])", "TypeMismatchError"),
        ("rec(P, [1, 2])", "TypeMismatchError"),
        ('arrSpread(P, [1, bi(P, "List.range", 100000), 0, 1])', "LimitError"),
    ],
)
def test_a_literal_refuses_what_it_cannot_hold(expression: str, code: str) -> None:
    """Spreads of other kinds, keys that are no strings, and too many entries."""
    told = both(f"return {expression};")

    assert (told.code, told.error["position"]) == (code, P)
