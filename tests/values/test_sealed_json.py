"""JSON of sealed values: the text of a sealed answer, and what is plain enough for RFC 8785."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from belljar.errors import SerializationError
from belljar.values import MAX_SAFE_INTEGER, canonical_json
from belljar.values._decimal import Decimal128
from belljar.values._keys import Dict, key_order
from belljar.values._sealed import JSON_NULL, NONE, Err, Ok, Some
from belljar.values._sealed_json import plain_json, sealed_json
from belljar.values._strict_json import parse_json

PLAIN = st.recursive(
    st.just(JSON_NULL) | st.booleans() | st.integers(-MAX_SAFE_INTEGER, MAX_SAFE_INTEGER) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (JSON_NULL, "null"),
        ([True, -1, 'é\n"\x7f'], '[true,-1,"é\\n\\"\x7f"]'),
        (Decimal128(coefficient=-1500, scale=3), '"-1.5"'),
        (NONE, "null"),
        (Some(Some(1)), "1"),
        (Ok(NONE), '{"ok":null}'),
        (Err("why"), '{"err":"why"}'),
        (Dict([("b", 1), (2, (3,))]), '[[2,[3]],["b",1]]'),
    ],
    ids=repr,
)
def test_every_kind_of_value_has_its_json(value: Any, text: str) -> None:
    """What JSON has no form for takes the one that the profile gives it."""
    assert sealed_json(value) == text


def test_an_answer_has_its_keys_in_the_order_of_keys_and_stringify_in_that_of_rfc_8785() -> None:
    """Both orders are there for the same value."""
    value = {"alpha": 1, "beta": {"delta": 2, "gamma": 3}}

    assert sealed_json(value) == '{"alpha":1,"beta":{"gamma":3,"delta":2}}'
    assert canonical_json(plain_json(value)) == '{"alpha":1,"beta":{"delta":2,"gamma":3}}'


@given(PLAIN)
@settings(max_examples=100, derandomize=True, deadline=None)
def test_what_json_can_hold_comes_back(value: Any) -> None:
    """parse_json undoes sealed_json, and writing once more gives the same text."""
    text = sealed_json(value)

    assert parse_json(text) == value
    assert sealed_json(parse_json(text)) == text
    assert json.loads(text) == plain_json(value)


@given(st.dictionaries(st.text(max_size=4), st.integers(0, 9), max_size=6))
@settings(max_examples=50, derandomize=True, deadline=None)
def test_the_keys_of_a_record_are_in_the_order_of_keys(record: dict[str, int]) -> None:
    """sealed_json and key_order agree."""
    assert list(plain_json(record)) == key_order(record)


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ({"a": [1, 2.5]}, "$.a[1]"),
        ([{"a": {1: 2}}], "$[0].a"),
        (Ok({"x": None}), "$.ok.x"),
        (["\udc00"], "$[0]"),
        ([2**53], "$[0]"),
    ],
)
def test_what_is_no_sealed_value_is_refused_with_its_place(value: Any, path: str) -> None:
    """The path is that of the JSON text."""
    with pytest.raises(SerializationError) as caught:
        sealed_json(value)

    assert caught.value.details == {"path": path}


@pytest.mark.parametrize(
    ("wrap", "levels"),
    [
        (lambda inner: [inner], 256),
        (lambda inner: {"a": inner}, 256),
        (Ok, 256),
        (lambda inner: Dict([("a", inner)]), 128),
    ],
    ids=["array", "record", "result", "dict"],
)
def test_json_nests_256_levels_deep(wrap: Callable[[Any], Any], levels: int) -> None:
    """One more than 256 is refused; a Dict is two levels in JSON, as in CBOR."""
    value: Any = 1
    for _ in range(levels):
        value = wrap(value)

    assert sealed_json(value).count("1") == 1
    with pytest.raises(SerializationError, match="nested deeper than 256"):
        sealed_json(wrap(value))


def test_an_option_takes_no_level_of_json() -> None:
    """It is not in the text, however many stand in one another."""
    value: Any = [1]
    for _ in range(5_000):
        value = Some(value)

    assert sealed_json(value) == "[1]"
