"""SHA-256 and HMAC in the guest against Python's."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest
from hypothesis import given, settings
from sealed_engines import both
from sealed_texts import strings


@settings(derandomize=True, deadline=None, max_examples=40)
@given(key=strings(), text=strings())
def test_hashes_are_over_the_utf_8_of_a_text(key: str, text: str) -> None:
    """Both functions agree with hashlib and hmac."""
    told = both(
        f"const key = {json.dumps(key)}, message = {json.dumps(text)};"
        'return arr([bi(P, "sha256", message), bi(P, "hmacSha256", key, message)]);'
    )

    encoded = text.encode()
    signed = hmac.new(key.encode(), encoded, "sha256").hexdigest()
    assert told.value == [hashlib.sha256(encoded).hexdigest(), signed]
    assert told.gas == 50 + 60


@pytest.mark.parametrize("length", [0, 1, 55, 56, 57, 63, 64, 65, 119, 120, 128, 1000])
def test_every_length_around_a_block_is_padded(length: int) -> None:
    """Also for keys, which are hashed themselves when they are longer than a block."""
    told = both(f'const t = "a".repeat({length}); return arr([bi(P, "sha256", t), bi(P, "hmacSha256", t, t)]);')

    text = b"a" * length
    assert told.value == [hashlib.sha256(text).hexdigest(), hmac.new(text, text, "sha256").hexdigest()]
