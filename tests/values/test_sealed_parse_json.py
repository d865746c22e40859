"""Strict JSON: one text, one value, or an error with its place."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from belljar.errors import SerializationError
from belljar.values import MAX_SAFE_INTEGER
from belljar.values._sealed import JSON_NULL
from belljar.values._strict_json import parse_json


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (" null ", JSON_NULL),
        ('\t{"a":[true,\r\nfalse],"__proto__":{}}\n', {"a": [True, False], "__proto__": {}}),
        ("-9007199254740991", -MAX_SAFE_INTEGER),
        ("[0,1.0,1e2,1500e-2,0e99999999999,0.0]", [0, 1, 100, 15, 0, 0]),
        ("1" + "0" * 40 + "e-40", 1),
        (r'"\"\\\/\b\f\n\r\t\u0041\\u0041"', '"\\/\b\f\n\r\tA\\u0041'),
        (r'"\ud83d\ude00é"', "\U0001f600é"),
        ('"\uffff\x7f"', "\uffff\x7f"),
        ("[" * 256 + "]" * 256, None),
    ],
)
def test_every_value_of_the_profile_is_read(text: str, value: Any) -> None:
    """Numbers count by their exact value, halves of a pair come together, 256 levels are allowed."""
    read = parse_json(text)
    if value is None:
        assert str(read) == text
    else:
        assert read == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1, column 1: the text ends before a value"),
        (" nul", "line 1, column 2: 'n' where a value should be"),
        ("1 2", "line 1, column 3: '2' after the end of the value"),
        ("01", "line 1, column 2: '1' after the end of the value"),
        ('[1,\n 2,\n"\U0001f600",]', "line 3, column 6: ']' where a value should be"),
        ("[1 2]", "line 1, column 4: '2' where ',' or ']' should be"),
        ("[1", "line 1, column 3: ',' or ']' is missing"),
        ("{", "line 1, column 2: the text ends before a key"),
        ("{a:1}", "line 1, column 2: 'a' where a key should be"),
        ('{"a" 1}', "line 1, column 6: '1' where ':' should be"),
        ('{"a":1,\n "\\u0061":2}', "line 2, column 2: the key 'a' is there twice"),
        ('"a\n"', "line 1, column 3: '\\n' in a string"),
        ('"\\x"', "line 1, column 2: '\\\\' in a string"),
        ('"abc', "line 1, column 5: the string does not end"),
        (r'[1,"\ud800"]', "line 1, column 4: the string has a lone surrogate"),
        ('"\udc00"', "line 1, column 1: the string has a lone surrogate"),
        ("NaN", "line 1, column 1: 'N' where a value should be"),
        ("-Infinity", "line 1, column 1: '-' without a digit after it"),
        ("[" * 257, "line 1, column 257: nested deeper than 256"),
    ],
)
def test_what_is_no_strict_json_is_refused_with_its_place(text: str, message: str) -> None:
    """Line and column count from 1, columns in UTF-16 units; a duplicate is found behind its escapes."""
    with pytest.raises(SerializationError) as caught:
        parse_json(text)

    line, column = message.split(":")[0].removeprefix("line ").split(", column ")
    assert caught.value.message == message
    assert caught.value.details == {"line": int(line), "column": int(column)}


@pytest.mark.parametrize(
    "number",
    [
        "-0",
        "-0.0",
        "-0e5",
        "1.5",
        "1e-1",
        "9007199254740992",
        "-9007199254740992",
        "1e16",
        "1e99999999999",
        "1e-99999999999",
    ],
)
def test_a_number_that_is_no_integer_of_the_profile_is_refused(number: str) -> None:
    """No fraction, no -0, nothing beyond the safe range, and no exponent is worked out to find that."""
    with pytest.raises(SerializationError) as caught:
        parse_json(f"[{number}]")

    assert caught.value.message == f"line 1, column 2: {number} is not an integer of the sealed profile"


def test_a_number_is_read_exactly() -> None:
    """A double would round this to the largest safe integer, or to 1."""
    for text in ("9007199254740991.4", "1.00000000000000000000000000000001", "9" * 10_000):
        with pytest.raises(SerializationError, match="not an integer of the sealed profile"):
            parse_json(text)


@given(st.text(st.sampled_from('[]{}",:\\ue-+.019truefalsn \n\ud800é'), max_size=12))
@settings(max_examples=200, derandomize=True, deadline=None)
def test_any_text_gives_a_value_or_one_kind_of_error(text: str) -> None:
    """Nothing but SerializationError comes out, and its place is in the text."""
    place = {"line": 1, "column": 1}
    try:
        parse_json(text)
    except SerializationError as error:
        place = error.details

    assert 1 <= place["line"] <= text.count("\n") + 1
    assert 1 <= place["column"] <= len(text) + 1
