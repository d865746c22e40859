"""The order of keys, and Dicts, which keep to it."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from belljar.errors import SerializationError
from belljar.values import MAX_SAFE_INTEGER
from belljar.values._cbor import encode_cbor
from belljar.values._decimal import Decimal128
from belljar.values._fnv import fnv1a64
from belljar.values._keys import Dict, key_order
from belljar.values._sealed import JSON_NULL, NONE, Err, Ok, Some

SCALARS = st.booleans() | st.integers(-MAX_SAFE_INTEGER, MAX_SAFE_INTEGER) | st.text(max_size=5)
KEYS = st.lists(SCALARS | st.lists(SCALARS, max_size=2) | st.builds(Some, SCALARS), max_size=8)


def test_keys_are_ordered_by_kind_first() -> None:
    """JsonNull, boolean, int, Decimal, string, array, record, Option, Result, Dict."""
    kinds: list[Any] = [
        JSON_NULL, True, 7, Decimal128(coefficient=1), "a", [], {}, Some(1), Ok(1), Dict(),
    ]  # fmt: skip

    assert key_order(reversed(kinds)) == kinds


def test_keys_of_one_kind_are_ordered_by_hash_and_not_as_a_reader_would() -> None:
    """Within a kind the FNV-1a 64 of the CBOR decides; the order is the same in every run and on every machine."""
    names = ["name", "total", "id", "price", "tax"]

    assert key_order(names) == sorted(names, key=lambda name: fnv1a64(encode_cbor(name)))
    assert key_order(names) == ["id", "price", "tax", "name", "total"]


@given(KEYS, st.randoms(use_true_random=False))
@settings(max_examples=60, derandomize=True, deadline=None)
def test_the_order_does_not_depend_on_how_the_keys_came(keys: list[Any], rng: random.Random) -> None:
    """Any permutation of the keys comes out as the same bytes."""
    shuffled = list(keys)
    rng.shuffle(shuffled)

    assert encode_cbor(key_order(shuffled)) == encode_cbor(key_order(keys))


@given(st.lists(st.tuples(SCALARS, SCALARS), max_size=8), st.randoms(use_true_random=False))
@settings(max_examples=60, derandomize=True, deadline=None)
def test_equal_dicts_have_equal_bytes(entries: list[tuple[Any, Any]], rng: random.Random) -> None:
    """How a Dict was put together is not in its encoding."""
    once = list({encode_cbor(key): (key, value) for key, value in entries}.values())
    shuffled = list(once)
    rng.shuffle(shuffled)

    assert encode_cbor(Dict(shuffled)) == encode_cbor(Dict(entries))
    assert Dict(shuffled) == Dict(entries)


def test_a_dict_tells_its_keys_apart_as_a_script_does() -> None:
    """1 and true are two keys, 1.0 and 1.00 as Decimals are one, and an array is a key like any other."""
    long, short = Decimal128(coefficient=100, scale=2), Decimal128(coefficient=10, scale=1)
    entries = Dict([(1, "int"), (True, "boolean"), (long, "first"), (short, "last"), ([1], "array")])

    assert len(entries) == 4
    assert list(entries) == [True, 1, short, [1]]
    assert [entries[1], entries[True], entries[long], entries[[1]], entries.get(2)] == [
        "int", "boolean", "last", "array", None,
    ]  # fmt: skip
    assert entries != Dict([(1, "int")])
    assert entries != {}
    assert repr(Dict([([1], "a")])) == "Dict((([1], 'a'),))"


@pytest.mark.parametrize("key", [1.5, None, "\ud800", len])
def test_what_has_no_cbor_is_no_key(key: Any) -> None:
    """A Dict and an order of keys refuse what cannot be encoded."""
    with pytest.raises(SerializationError):
        Dict([(key, 1)])
    with pytest.raises(SerializationError):
        key_order([key])


def test_wrapped_values_are_equal_by_content() -> None:
    """Options and Results compare as values, and none is not a some."""
    assert (Some(1), Ok("a"), Err("a"), NONE) == (Some(1), Ok("a"), Err("a"), NONE)
    assert len({Some(1), Ok(1), Err(1), NONE, JSON_NULL}) == 5
