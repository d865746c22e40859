"""What the log keeps of a value, beside what an approver is shown."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from belljar.audit import redact, redact_details
from belljar.values import canonical_json

TOKEN = "ghp_" + "aB3dE6" * 6
RANDOM = "kQ8vZ2mX7pLr4TnB9wYc3HdF"
TEXT = f"send {TOKEN} and {RANDOM} to mara@fjord.io, card 4111 1111 1111 1111, PASSWORD=hunter22"


def test_an_approver_sees_what_the_log_does_not_keep() -> None:
    """A decision needs the address and the card; a token it does not need."""
    assert redact(TEXT) == TEXT.replace(TOKEN, "[redacted]")
    assert redact_details(TEXT) == (
        "send [redacted] and [redacted] to [redacted], card [redacted], PASSWORD=[redacted]"
    )


def test_keys_of_objects_are_searched_too() -> None:
    """A table by e-mail address has them as keys."""
    assert redact_details({"mara@fjord.io": 1, "plain": [TOKEN]}) == {"[redacted]": 1, "plain": ["[redacted]"]}


def test_a_value_beside_the_name_of_a_secret_is_one() -> None:
    """Lists of variables are written so."""
    assert redact_details([{"name": "DB_PASSWORD", "value": "swordfish"}, {"name": "MODE", "value": "fast"}]) == [
        {"name": "DB_PASSWORD", "value": "[redacted]"},
        {"name": "MODE", "value": "fast"},
    ]
    assert redact({"name": "auth_mode", "value": "open"}) == {"name": "auth_mode", "value": "open"}


def test_secrets_that_overlap_are_one_redaction() -> None:
    """A header with a token is a header, a token, and a string without order."""
    assert redact_details(f"Authorization: Bearer {TOKEN}; next") == "Authorization: Bearer [redacted]; next"


def test_registered_values_go_in_every_form() -> None:
    """Also words that no rule would find."""
    secret = 'open "sesame" now'  # noqa: S105 - made up
    forms = [
        secret,
        json.dumps(secret),
        quote(secret),
        base64.b64encode(secret.encode()).decode(),
        secret.encode().hex(),
    ]

    for form in forms:
        assert "[redacted]" in redact_details(f"see {form} there", secrets=[secret])


def test_a_secret_at_the_cut_of_a_long_text_is_found_whole() -> None:
    """The text is searched before it is cut."""
    text = "x " * 95 + TOKEN + " y" * 9_000

    assert TOKEN[:12] not in redact_details(text)


@pytest.mark.parametrize("before", [6_990, 7_100, 8_150, 8_180, 8_300])
def test_what_follows_a_secret_of_thousands_of_characters_is_not_shown_unseen(before: int) -> None:
    """A redaction makes a text shorter; what moves up with that is shown only where it was searched."""
    key = "-----BEGIN PRIVATE KEY-----\n" + "aB3d" * (before // 4)
    shown = redact_details(f"{key} {TOKEN} end")

    assert shown.startswith("-----BEGIN PRIVATE KEY-----\n[redacted]")
    assert TOKEN[:12] not in shown


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (4111111111111111, "[redacted]"),
        (2**53, "9007199254740992"),
        (2**53 - 1, 2**53 - 1),
        (-(2**53), "-9007199254740992"),
        (1 << 16_609, "[integer of 16,610 bits]"),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        (True, True),
        ("a\ud800b", "a\ufffdb"),
    ],
    ids=range(9),
)
def test_the_log_keeps_what_canonical_json_can_hold(value: Any, kept: Any) -> None:
    """No argument can make an append fail; card numbers may be numbers."""
    assert redact_details(value) == kept
    assert canonical_json(redact_details({"value": value}))


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5) | st.integers(), inner, max_size=4),
    max_leaves=10,
)


@settings(derandomize=True, deadline=None, max_examples=30)
@given(values)
def test_the_details_of_any_value_are_canonical_and_stay_as_they_are(value: Any) -> None:
    """What went through once can be hashed, and goes through again unchanged."""
    once = redact_details(value)

    assert canonical_json(once)
    assert redact_details(once) == once
