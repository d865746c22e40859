"""The schema of results that nobody declared, learnt from the results: `belljar.tools._infer`."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from belljar.tools._infer import Shape
from belljar.tools._typescript import TypeWriter

KEYS = st.sampled_from(["id", "name", "tags", "a-b", "2024-01-01", "not a name", ""])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=25,
)


def merged(*values: Any) -> Shape:
    shape = Shape()
    for value in values:
        shape |= Shape.of(value)
    return shape


def typescript(*values: Any) -> str:
    """The declared type after these results."""
    return TypeWriter(names={}).text(merged(*values).schema)


@pytest.mark.parametrize(
    ("values", "declared"),
    [
        ([], "unknown"),
        ([None], "null"),
        (["x"], "string"),
        ([1, 2.5], "number"),
        ([True, 1], "number | boolean"),
        (["x", None], "string | null"),
        ([b"x"], "Uint8Array"),
        ([[]], "unknown[]"),
        ([[], [1]], "number[]"),
        ([[1, "x"]], "(string | number)[]"),
        ([{}], "Record<string, unknown>"),
        ([{"a": 1}], "{ a: number }"),
        ([{"a": 1}, {"b": "x"}], "{ a?: number; b?: string }"),
        ([{"a": 1}, {}], "{ a?: number }"),
        ([[{"a": 1, "b": None}, {"a": 2}]], "{ a: number; b?: null }[]"),
        ([{"a": [{"b": b"x"}]}, None], "{ a: { b: Uint8Array }[] } | null"),
        ([{"2024-01-01": 1, "2024-01-02": 2}], "Record<string, number>"),
        ([{"2024-01-01": 1}, {"total": "x"}], "Record<string, string | number>"),
        ([{f"k{n}": n for n in range(33)}], "Record<string, number>"),
        ([{f"k{n}": n for n in range(20)}, {f"j{n}": "" for n in range(20)}], "Record<string, string | number>"),
        ([{"a-b": 1}], '{ "a-b": number }'),
        ([[object()]], "unknown[]"),
    ],
)
def test_the_type_that_results_show(values: list[Any], declared: str) -> None:
    """Keys that come and go are optional, arrays are one, objects with data for keys are maps."""
    assert typescript(*values) == declared


@given(JSON)
def test_a_shape_fits_its_value(value: Any) -> None:
    """By an independent validator."""
    Draft202012Validator(Shape.of(value).schema).validate(value)


@given(st.lists(JSON, max_size=4))
def test_a_widened_shape_fits_every_value(values: list[Any]) -> None:
    """Widening loses nothing that was seen."""
    schema = merged(*values).schema
    Draft202012Validator.check_schema(schema)
    for value in values:
        Draft202012Validator(schema).validate(value)


@given(JSON, JSON, JSON)
def test_the_order_of_results_does_not_matter(one: Any, two: Any, three: Any) -> None:
    """`|` is commutative, associative and idempotent, and the empty shape changes nothing."""
    a, b, c = Shape.of(one), Shape.of(two), Shape.of(three)

    assert a | b == b | a
    assert (a | b) | c == a | (b | c)
    assert a | a == a == Shape() | a


def _deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = {"a": value}
    return value


@pytest.mark.parametrize(
    "value",
    [
        _deep(200),
        [_deep(3)] * 200_000,
        {f"k{n}": {f"j{m}": {f"i{k}": 0 for k in range(30)} for m in range(30)} for n in range(30)},
        {"x" * 100_000: 1},
        {str(n): n for n in range(200_000)},
        [[[[list(range(50))] * 50] * 50] * 50] * 50,
    ],
    ids=["deep", "long", "bushy", "long key", "many keys", "nested arrays"],
)
def test_reading_and_writing_are_bounded(value: Any) -> None:
    """However large a result is, its schema is small and found quickly."""
    began = time.process_time()
    text = json.dumps(Shape.of(value).schema)

    assert len(text) < 20_000
    assert time.process_time() - began < 0.5
