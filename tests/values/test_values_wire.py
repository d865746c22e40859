"""The JSON between host and machine: the law of the `$` forms, in both directions."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from enum import IntEnum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from belljar.errors import SerializationError
from belljar.values import MAX_SAFE_INTEGER, from_wire, to_wire, wire_tree


class Size(IntEnum):
    LARGE = 3


KEYS = st.sampled_from(["$bytes", "$object", "$", "$x", "a", ""]) | st.text(max_size=4)
WIRE_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-MAX_SAFE_INTEGER, MAX_SAFE_INTEGER)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=()))
    | st.binary(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=2),
    max_leaves=10,
)


@given(WIRE_VALUES)
@settings(max_examples=150, derandomize=True, deadline=None)
def test_every_value_comes_back_as_it_was(value: Any) -> None:
    """from_wire undoes to_wire, also for keys that look like wire forms, lone surrogates and bytes."""
    text = to_wire(value)

    assert text.isascii()
    assert from_wire(text) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"\xff\x00", '{"$bytes":"/wA="}'),
        ({"$bytes": "aGk="}, '{"$object":{"$bytes":"aGk="}}'),
        ({"$object": {"$x": 1}}, '{"$object":{"$object":{"$object":{"$x":1}}}}'),
        ({"$a": 1, "b": 2}, '{"$a":1,"b":2}'),
        ({"a": (1, True, None, 1.5, "é")}, '{"a":[1,true,null,1.5,"\\u00e9"]}'),
        ([Size.LARGE, defaultdict(int, a=1)], '[3,{"a":1}]'),
        (bytearray(b"a"), '{"$bytes":"YQ=="}'),
    ],
)
def test_the_law_is_to_the_letter(value: Any, text: str) -> None:
    """Exactly the one-key objects whose key starts with a dollar sign are wrapped."""
    assert to_wire(value) == text
    assert wire_tree(value) == json.loads(text)


@pytest.mark.parametrize(
    ("value", "message", "hint"),
    [
        ({"n": [0, 2**53]}, "$.n[1]: the integer is outside ±(2^53 - 1) and would lose digits", "Send it as a string."),
        ([math.nan], "$[0]: NaN is not a JSON number", "Use null, or a string."),
        ({"f": object()}, "$.f: a Python object cannot cross into a script", SerializationError.advice),
        ({None: 1}, "$: a key is a Python NoneType, and JSON keys are strings", SerializationError.advice),
    ],
)
def test_what_cannot_cross_is_refused_with_its_path_and_what_to_do(value: Any, message: str, hint: str) -> None:
    """The error names the place, the Python type and the way out."""
    with pytest.raises(SerializationError) as caught:
        to_wire(value)

    assert (caught.value.message, caught.value.hint) == (message, hint)


def test_nesting_is_bounded() -> None:
    """32 containers cross by default, 33 do not, and a cycle is an error like that."""
    nested: Any = 1
    for _ in range(32):
        nested = [nested]
    cycle: dict[str, Any] = {}
    cycle["self"] = cycle

    assert from_wire(to_wire(nested)) == nested
    for value in ([nested], cycle):
        with pytest.raises(SerializationError, match="nested too deep, or a cycle"):
            to_wire(value)


def test_deep_text_from_a_machine_is_decoded_without_recursion() -> None:
    """A `$` form under 500 arrays is undone; the decoder keeps its own stack."""
    value = from_wire("[" * 500 + '{"$bytes":"aGk="}' + "]" * 500)
    for _ in range(500):
        (value,) = value

    assert value == b"hi"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1,", "not JSON: Expecting value: line 1 column 4 (char 3)"),
        ("NaN", "NaN is not a JSON number"),
        ('{"$bytes":5}', 'malformed wire form "$bytes"'),
        ('{"$bytes":"*"}', "malformed wire bytes: not base64"),
        ('{"$object":{"a":1}}', 'malformed wire form "$object"'),
        ('[{"$x":1}]', 'malformed wire form "$x"'),
        ("[" * 100_000, "the text is nested too deep"),
    ],
)
def test_text_that_no_encoder_wrote_is_refused(text: str, message: str) -> None:
    """Malformed JSON, malformed forms and bottomless nesting are SerializationErrors and nothing else."""
    with pytest.raises(SerializationError) as caught:
        from_wire(text)

    assert caught.value.message == message


def test_text_without_forms_is_plain_json() -> None:
    """Without a `"$` in it, a text means what json.loads says."""
    text = '{"a":[1,2.5,"x$y",null,true],"b":{"c":{}}}'

    assert from_wire(text) == json.loads(text)
