"""Canonical JSON through its public function: against RFC 8785's vectors, another implementation, and its own laws."""

from __future__ import annotations

import importlib.util
import json
import math
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from belljar.errors import SerializationError
from belljar.values import MAX_SAFE_INTEGER, canonical_json, ecmascript_number

VECTORS = Path(__file__).resolve().parents[3] / "shared" / "vectors" / "load_jcs.py"

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-MAX_SAFE_INTEGER, MAX_SAFE_INTEGER)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def vectors() -> ModuleType:
    if not VECTORS.exists():
        pytest.skip(f"the published JCS vectors are not at {VECTORS}")
    spec = importlib.util.spec_from_file_location("load_jcs", VECTORS)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def refusal(value: Any) -> tuple[str, str]:
    with pytest.raises(SerializationError) as caught:
        canonical_json(value)
    return caught.value.message, caught.value.details["path"]


def test_published_files_give_the_published_bytes() -> None:
    """Every input file of the RFC author's suite canonicalises to the bytes beside it."""
    cases = list(vectors().canonical_files())

    assert [canonical_json(json.loads(given)).encode() for _, given, _ in cases] == [want for _, _, want in cases]


def test_ten_thousand_published_numbers_are_written_as_ecmascript_writes_them() -> None:
    """The first 10,000 lines of the ES6 number file agree to the character."""
    numbers = list(vectors().es6_numbers())

    assert [ecmascript_number(value) for _, value, _ in numbers] == [text for _, _, text in numbers]


def test_the_rfcs_appendix_b_holds() -> None:
    """The finite sample numbers of RFC 8785, appendix B, come out as printed there; the others are refused."""
    for _, value, text, _ in vectors().rfc_appendix_b():
        if math.isfinite(value):
            assert canonical_json(value) == text
        else:
            assert refusal(value)[1] == "$"
            with pytest.raises(SerializationError):
                ecmascript_number(value)


@given(PLAIN)
@settings(max_examples=50, derandomize=True, deadline=None)
def test_another_implementation_agrees(value: Any) -> None:
    """The rfc8785 package writes the same bytes for any plain value."""
    oracle = pytest.importorskip("rfc8785", reason="the rfc8785 package is the oracle")

    assert canonical_json(value).encode() == oracle.dumps(value)


@given(PLAIN)
@settings(max_examples=50, derandomize=True, deadline=None)
def test_canonical_text_is_a_fixed_point(value: Any) -> None:
    """Reading the text as JavaScript does, every number a double, and writing it again gives the same text."""
    text = canonical_json(value)

    assert canonical_json(json.loads(text, parse_int=float)) == text


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_number_that_json_does_not_have_is_refused(value: float) -> None:
    """Not `null`, as JSON.stringify writes: a digest of something else is worthless."""
    with pytest.raises(SerializationError, match="is not a JSON number"):
        ecmascript_number(value)


def test_keys_are_sorted_by_utf16_code_units() -> None:
    """An astral character sorts before U+FB33, as its first surrogate does, though its code point is larger."""
    assert canonical_json({"\ufb33": 1, "\U0001f600": 2, "a": 3}) == '{"a":3,"\U0001f600":2,"\ufb33":1}'


def test_subclasses_count_as_what_they_extend() -> None:
    """A str subclass is a string, a bool is not an integer, a tuple is an array."""

    class Name(str):
        __slots__ = ()

    assert canonical_json([Name("x"), True, (1, 2.0), -0.0]) == '["x",true,[1,2],0]'


@pytest.mark.parametrize(
    ("value", "message", "path"),
    [
        ({"a": [1, 2, 3, {"b": math.nan}]}, "$.a[3].b: NaN is not a JSON number", "$.a[3].b"),
        ([-math.inf], "$[0]: -Infinity is not a JSON number", "$[0]"),
        (2**53, "$: the integer is outside ±(2^53 - 1) and would lose digits", "$"),
        ({"a b": {1, 2}}, '$["a b"]: a Python set is not plain JSON data', '$["a b"]'),
        ({"x": {1: 2}}, "$.x: a key is a Python int, and JSON keys are strings", "$.x"),
        (["ok", "\ud800"], "$[1]: the string has a lone surrogate at character 0", "$[1]"),
        ({"\udfff": 1}, '$["\\udfff"]: the string has a lone surrogate at character 0', '$["\\udfff"]'),
        (b"x", "$: a Python bytes is not plain JSON data", "$"),
    ],
)
def test_what_cannot_be_canonical_is_refused_with_its_path(value: Any, message: str, path: str) -> None:
    """Nothing is coerced: the error names the place and the Python type."""
    assert refusal(value) == (message, path)


def test_the_largest_safe_integers_pass() -> None:
    """±(2^53 - 1) are the last integers that every double represents."""
    assert canonical_json([MAX_SAFE_INTEGER, -MAX_SAFE_INTEGER]) == "[9007199254740991,-9007199254740991]"


def test_a_cycle_is_refused_like_any_depth() -> None:
    """A list that holds itself ends in SerializationError, not in a RecursionError."""
    cycle: list[Any] = []
    cycle.append(cycle)

    wheel: dict[str, Any] = {}
    wheel["self"] = wheel

    assert refusal(cycle)[0].endswith("[0]: nested too deep, or a cycle")
    assert refusal(wheel)[0].endswith(".self: nested too deep, or a cycle")


def test_depth_is_counted_in_containers() -> None:
    """depth=2 admits two containers inside each other and not three."""
    assert canonical_json([[1]], depth=2) == "[[1]]"
    with pytest.raises(SerializationError) as caught:
        canonical_json([[[]]], depth=2)
    assert caught.value.details == {"path": "$[0][0]"}
