"""What a person is shown of a value."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from belljar.audit import redact, redact_text


@pytest.mark.parametrize(
    "key",
    """password Password userPassword db_password PASSWORD passwd secret clientSecret client-secret token access_token
    refreshToken x-auth-token X-Api-Key apiKey APIKey api_key apikey privateKey aws_secret_access_key auth authorization
    Authorization oauth cookie Set-Cookie cookies credentials bearer jwt otp pin cvv ssh_key signing.key session.token
    key api_tokens tokens csrfToken""".split(),  # noqa: SIM905 - a table of words
)
def test_secret_keys_are_known_by_their_words(key: str) -> None:
    """Snake, kebab and camel case, upper case and dots: the words decide."""
    assert redact({key: "s3cr3t-value"}) == {key: "[redacted]"}


@pytest.mark.parametrize(
    "key",
    """keyboard author authority authored monkey turkey tokens_used max_tokens outputTokens token_count tokenLimit
    total_tokens tokenizer secretary passenger sort_key primaryKey foreign_key keys_pressed cookiecutter pinned spin
    compass description key_name inputTokens seed sessionId""".split(),  # noqa: SIM905 - a table of words
)
def test_keys_that_only_look_like_secrets_stay(key: str) -> None:
    """A word that merely begins or ends like a secret one hides nothing, and a count of tokens is no token."""
    assert redact({key: "shown"}) == {key: "shown"}


def test_secrets_are_found_anywhere_in_the_tree() -> None:
    """Nested objects and arrays are searched; a whole subtree under a secret key is one redaction."""
    value = {"users": [{"name": "a", "password": "x"}, {"auth": {"user": "u", "token": ["t"]}}], "token": None}

    assert redact(value) == {
        "users": [{"name": "a", "password": "[redacted]"}, {"auth": "[redacted]"}],
        "token": None,
    }


def test_booleans_and_null_under_secret_keys_stay() -> None:
    """They tell the reader something and an attacker nothing; numbers may be a PIN."""
    assert redact({"auth": True, "password": None, "pin": 1234}) == {
        "auth": True,
        "password": None,
        "pin": "[redacted]",
    }


def test_long_arrays_are_cut_with_a_marker() -> None:
    """Ten items and how many there are in all."""
    assert redact(list(range(10))) == list(range(10))
    assert redact(list(range(1234))) == [*range(10), "… 1,224 more of 1,234 items"]


def test_large_objects_are_cut_with_a_marker() -> None:
    """Fifty keys and how many there are in all."""
    shown = redact({f"k{index}": index for index in range(60)})

    assert shown == {**{f"k{index}": index for index in range(50)}, "…": "10 more of 60 keys"}


def test_long_strings_show_size_and_hash() -> None:
    """The beginning, the number of characters and the SHA-256 of the whole."""
    text = "é" * 501
    digest = hashlib.sha256(text.encode()).hexdigest()

    assert redact("x" * 500) == "x" * 500
    assert redact(text) == f"{'é' * 200}… [501 characters, sha256 {digest}]"


def test_bytes_show_size_and_hash() -> None:
    """Bytes are never printed."""
    assert redact({"raw": b"a"}) == {"raw": f"[1 byte, sha256 {hashlib.sha256(b'a').hexdigest()}]"}


@pytest.mark.parametrize(
    "form",
    ["p@ss word/1", "cEBzcyB3b3JkLzE", "p%40ss%20word%2F1", "p%40ss%20word/1", "p%40ss+word%2F1"],
)
def test_registered_secrets_are_removed_in_every_usual_form(form: str) -> None:
    """As it is, base64 and percent-encoded; in values and in keys."""
    shown = redact({"url": f"https://x/?q={form}&z", form: 1}, secrets=["p@ss word/1"])

    assert shown == {"url": "https://x/?q=[redacted]&z", "[redacted]": 1}


def test_a_secret_with_quotes_is_removed_from_json_text() -> None:
    """JSON-escaped inside a string counts too."""
    value = 'a"b\nc'

    assert redact_text(json.dumps({"x": value}), secrets=[value]) == '{"x": "[redacted]"}'


def test_an_empty_secret_removes_nothing() -> None:
    """It occurs everywhere and means nothing."""
    assert redact("abc", secrets=[""]) == "abc"


def test_a_longer_secret_wins_over_one_inside_it() -> None:
    """No rest of the longer one is left standing."""
    assert redact("abcdef", secrets=["abc", "abcdef"]) == "[redacted]"


def test_other_types_and_bottomless_nesting_are_shown_as_markers() -> None:
    """redact is for any value and never fails: it is what an error message is made with."""
    nested: Any = "x"
    for _ in range(40):
        nested = [nested]
    cycle: dict[str, Any] = {}
    cycle["self"] = cycle

    assert redact({"o": object(), 1: (1,)}) == {"o": "[object]", "1": [1]}
    assert "[nested deeper]" in json.dumps(redact(nested))
    assert "[nested deeper]" in json.dumps(redact(cycle))


@given(
    st.recursive(st.text(max_size=5) | st.integers(), lambda s: st.lists(s, max_size=2), max_leaves=3),
    st.text('ab"é ', min_size=4, max_size=8),
)
@settings(max_examples=40, derandomize=True, deadline=None)
def test_a_secret_never_survives(value: Any, hidden: str) -> None:
    """Put anywhere, a registered secret is in no string that is shown."""
    shown = redact({"a": [f"x{hidden}y", value], f"k{hidden}": value}, secrets=[hidden])

    assert not any(hidden in text for text in strings_of(shown))


def strings_of(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [*value, *(text for item in value.values() for text in strings_of(item))]
    if isinstance(value, list):
        return [text for item in value for text in strings_of(item)]
    return [value] if isinstance(value, str) else []


def test_two_keys_that_look_alike_without_their_secrets_are_two() -> None:
    """Else a script could hide an argument behind another one."""
    token = "ghp_" + "a1B2" * 9
    shown = redact({f"{token}A": {"evil": 1}, f"{token}B": 0, "…": 1})

    assert len(shown) == 3
    assert {"evil": 1} in shown.values()


def test_a_text_that_a_person_reads_has_no_token_in_it() -> None:
    """The script's excerpt shows no more than the arguments do; nothing of it is shortened."""
    token = "ghp_" + "a1B2" * 9
    line = f"  3  pay({{key: '{token}', note: '{'x' * 600}'}})"

    assert redact_text(line, secrets=()) == line.replace(token, "[redacted]")
