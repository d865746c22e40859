"""CBOR, FNV-1a, JSON and the order of keys: the guest writes what the host writes, byte for byte."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from sealed_engines import P, both
from sealed_texts import expression, sealed_values

from belljar.values import canonical_json
from belljar.values._cbor import encode_cbor
from belljar.values._fnv import fnv1a64
from belljar.values._keys import key_order
from belljar.values._sealed_json import plain_json, sealed_json

DEEP = "let v = 1; for (let i = 0; i < {}; i++) v = {};"


@settings(derandomize=True, deadline=None, max_examples=40)
@given(value=sealed_values())
def test_a_value_has_one_encoding_on_both_sides(value: Any) -> None:
    """CBOR, its FNV-1a hash, RFC 8785 and the sealed answer agree with the host's own encoders."""
    text = expression(value)
    told = both(f'const v = {text}; return arr([bi(P, "cbor", v), bi(P, "fnv1a64", v), bi(P, "Json.stringify", v)]);')
    encoded = encode_cbor(value)

    assert told.value == [encoded.hex(), f"{fnv1a64(encoded):016x}", canonical_json(plain_json(value))]
    assert both(f"return {text};").json == sealed_json(value)


def test_keys_come_in_the_order_of_keys() -> None:
    """By hash, not by insertion or alphabet: the host sorts the same way."""
    names = ["a", "b", "c", "10", "9", "__proto__", "ä", "length", ""]
    record = expression({name: index for index, name in enumerate(names)})
    told = both(
        f'const r = {record}; return arr([bi(P, "Object.keys", r), bi(P, "Object.values", r),'
        ' bi(P, "Object.entries", r), eq(bi(P, "Object.fromEntries", bi(P, "Object.entries", r)), r)]);'
    )
    order = key_order(names)

    values = [names.index(name) for name in order]
    assert told.value == [order, values, [list(pair) for pair in zip(order, values, strict=True)], True]
    assert told.gas == 4 + 4 + 5 + 5 + 5


@pytest.mark.parametrize("layer", ["arr([v])", 'rec(P, ["a", v])', 'bi(P, "some", v)'])
def test_data_may_be_nested_256_deep(layer: str) -> None:
    """One level more is a LimitError where the encoding was asked for."""
    body = DEEP + ' return arr([prop(bi(P, "cbor", v), "length", P)]);'
    allowed = both(body.format(256, layer))
    refused = both(body.format(257, layer))

    assert not allowed.error
    assert (refused.code, refused.error["position"]) == ("LimitError", P)
    assert refused.error["details"] == {"limit": "nesting of data", "max": 256}


def test_an_encoding_has_at_most_a_megabyte() -> None:
    """A value that is small in memory because its parts are shared is not written out without end."""
    for name in ("cbor", "fnv1a64", "Json.stringify"):
        body = (
            f"""let v = "x".repeat(10000); for (let i = 0; i < 200; i++) v = arr([v, v]); return bi(P, "{name}", v);"""
        )
        assert both(body).code == "LimitError"


@pytest.mark.parametrize("name", ["cbor", "fnv1a64", "Json.stringify"])
def test_a_function_has_no_encoding(name: str) -> None:
    """Wherever it is in the value."""
    told = both(f'return bi(P, "{name}", arr([1, fn(1, 0, 0, () => 1, null)]));')

    assert (told.code, told.error["position"]) == ("UnencodableError", P)


@settings(derandomize=True, deadline=None, max_examples=40)
@given(value=sealed_values())
def test_what_stringify_writes_parse_reads(value: Any) -> None:
    """Parsing and writing again gives the same text."""
    text = json.dumps(canonical_json(plain_json(value)))
    told = both(f'return bi(P, "Json.stringify", bi(P, "Result.getOr", bi(P, "Json.parse", {text}), "refused"));')

    assert json.dumps(told.value) == text


PARSED = {
    " [1, -2, 1e2, 100e-2, 1.50e1, 0, 0e5, true, false] ": [1, -2, 100, 1, 15, 0, 0, True, False],
    '{"a":{"__proto__":[]},"b":null}': {"a": {"__proto__": []}, "b": None},
    r'"\u00e9\ud83d\ude00\n\/\"\\"': 'é😀\n/"\\',
    "9007199254740991": 2**53 - 1,
    "[]": [],
    "{ }": {},
}

REFUSED = {
    "": "the text ends at 0",
    "[1,": "the text ends at 3",
    "[1": "',' or ']' is missing at 2",
    "[1,]": "an unexpected character at 3",
    "[1}": "',' or ']' is missing at 2",
    '{"a":1,}': "a key is missing at 7",
    "{1:2}": "a key is missing at 1",
    '{"a" 1}': "':' is missing at 5",
    '{"a":1,"a":1}': "a duplicate key at 7",
    '{"a":1,"\\u0061":1}': "a duplicate key at 7",
    "1 2": "more text after the value at 2",
    "01": "more text after the value at 1",
    "+1": "an unexpected character at 0",
    "-": "an unexpected character at 0",
    "1.": "more text after the value at 1",
    "1.5": "a number that is no safe integer at 0",
    "[1e-1]": "a number that is no safe integer at 1",
    "9007199254740992": "a number that is no safe integer at 0",
    "1e999999999999999999": "a number that is no safe integer at 0",
    "-0": "-0 at 0",
    "-0.0e3": "-0 at 0",
    "NaN": "an unexpected character at 0",
    "nul": "an unexpected character at 0",
    '"\n"': "an unexpected character at 1",
    r'"\x"': "an unexpected character at 1",
    r'"\ud800"': "half a surrogate pair at 0",
    '"ab': "the text ends at 3",
    "\ufeff1": "an unexpected character at 0",
    "[" * 257 + "]" * 257: "nested deeper than 256 at 256",
}


@pytest.mark.parametrize("text", PARSED)
def test_json_is_read(text: str) -> None:
    """Numbers are integers however they are written; a null is JsonNull."""
    told = both(f'return bi(P, "Json.parse", {json.dumps(text)});')

    assert told.value == {"ok": PARSED[text]}
    assert told.gas == 20


@pytest.mark.parametrize("text", REFUSED)
def test_json_that_could_be_read_in_two_ways_is_refused(text: str) -> None:
    """The Err says why and where."""
    assert both(f'return bi(P, "Json.parse", {json.dumps(text)});').value == {"err": REFUSED[text]}


def test_too_many_entries_of_json_end_the_run() -> None:
    """The cap on entries is no matter of syntax."""
    assert both(f'return bi(P, "Json.parse", "[0" + ",0".repeat({100_000}) + "]");').code == "LimitError"
