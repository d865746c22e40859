"""Deterministic CBOR of sealed values, and the hash over it."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from belljar.errors import SerializationError
from belljar.values import MAX_SAFE_INTEGER
from belljar.values._cbor import encode_cbor
from belljar.values._decimal import Decimal128
from belljar.values._fnv import fnv1a64
from belljar.values._keys import Dict
from belljar.values._sealed import JSON_NULL, NONE, Err, Ok, Some


class Size(IntEnum):
    LARGE = 3


@pytest.mark.parametrize(
    ("value", "digits"),
    [
        (0, "00"),
        (23, "17"),
        (24, "1818"),
        (-256, "38ff"),
        (65536, "1a00010000"),
        (MAX_SAFE_INTEGER, "1b001fffffffffffff"),
        (-MAX_SAFE_INTEGER, "3b001ffffffffffffe"),
        (True, "f5"),
        (False, "f4"),
        (JSON_NULL, "f6"),
        ("é", "62c3a9"),
        ((1, [2]), "82018102"),
        ({}, "a0"),
        ({"bb": 1, "c": 2, "a": 3}, "a361610361630262626201"),
        (Size.LARGE, "03"),
        (Some(1), "d99e348101"),
        (NONE, "d99e3480"),
        (Ok("x"), "d99e3582f56178"),
        (Err("x"), "d99e3582f46178"),
        (Dict([("a", 1), (True, 2)]), "d99e368282f50282616101"),
        (Decimal128(coefficient=-1500, scale=3), "c482202e"),
    ],
    ids=repr,
)
def test_every_kind_of_value_has_its_bytes(value: Any, digits: str) -> None:
    """Shortest heads, keys shorter first, tags 4, 40500, 40501 and 40502; -1.500 as a Decimal is -15 * 10 ** -1."""
    assert encode_cbor(value).hex() == digits


@pytest.mark.parametrize(
    ("coefficient", "digits"),
    [
        (2**64 - 1, "c482001bffffffffffffffff"),
        (2**64, "c48200c249010000000000000000"),
        (-(2**64), "c482003bffffffffffffffff"),
        (-(2**64) - 1, "c48200c349010000000000000000"),
    ],
)
def test_a_coefficient_beyond_64_bits_is_a_bignum(coefficient: int, digits: str) -> None:
    """The coefficient of a Decimal is not bound to the safe range, and takes tag 2 or 3 only where it must."""
    assert encode_cbor(Decimal128(coefficient=coefficient)).hex() == digits


@given(st.sets(st.text(max_size=40), max_size=8))
@settings(max_examples=60, derandomize=True, deadline=None)
def test_on_records_the_two_orders_of_keys_of_cbor_agree(keys: set[str]) -> None:
    """Text keys shorter first (RFC 7049, 3.9) are text keys bytewise (RFC 8949, 4.2.1): the length comes first."""
    encoded = [encode_cbor(key) for key in keys]
    bytewise = b"".join(key + b"\x00" for key in sorted(encoded))

    assert encode_cbor(dict.fromkeys(keys, 0))[1:] == bytewise
    assert sorted(encoded) == sorted(encoded, key=lambda key: (len(key), key))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([1, {"a": 1.5}], "$[1].a: a Python float is not a sealed value"),
        ({"a": None}, "$.a: a Python NoneType is not a sealed value"),
        (Some([2**53]), "$[0][0]: the integer is outside ±(2^53 - 1) and would lose digits"),
        (["\ud800"], "$[0]: the string has a lone surrogate at character 0"),
        ({"\ud800": 1}, "$: the string has a lone surrogate at character 0"),
        ({"a": {1: 2}}, "$.a: a key is a Python int, and those of a record are strings"),
        (b"bytes", "$: a Python bytes is not a sealed value"),
    ],
)
def test_what_is_no_sealed_value_is_refused_with_its_place(value: Any, message: str) -> None:
    """Nothing is coerced; the error says which part of the value it is about."""
    with pytest.raises(SerializationError) as caught:
        encode_cbor(value)

    assert caught.value.message == message
    assert caught.value.details == {"path": message.split(":")[0]}


@pytest.mark.parametrize(
    ("wrap", "levels"),
    [
        (lambda inner: [inner], 256),
        (lambda inner: {"a": inner}, 256),
        (Some, 256),
        (Ok, 256),
        (lambda inner: Dict([("a", inner)]), 128),
    ],
    ids=["array", "record", "option", "result", "dict"],
)
def test_values_nest_256_levels_deep(wrap: Callable[[Any], Any], levels: int) -> None:
    """Every container takes one level, a Dict two; one more than 256 is refused."""
    value: Any = 1
    for _ in range(levels):
        value = wrap(value)

    assert encode_cbor(value).endswith(b"\x01")
    with pytest.raises(SerializationError, match="nested deeper than 256"):
        encode_cbor(wrap(value))


def test_fnv_1a_is_that_of_the_published_algorithm() -> None:
    """The offset basis for no bytes, and the well-known values of two texts."""
    assert [f"{fnv1a64(data):016x}" for data in (b"", b"a", b"foobar")] == [
        "cbf29ce484222325",
        "af63dc4c8601ec8c",
        "85944171f73967e8",
    ]
