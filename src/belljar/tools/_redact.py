"""What a person is shown of a value: secrets out, long things cut, and never more than a screen can hold.

For display only. What runs, and what a digest covers, is always the whole value.

A key is secret by its words, not by its letters: it is split at `_`, `-`, `.`, spaces and camel-case humps, so
`apiKey`, `api_key` and `x-api-key` are secret, `keyboard`, `author` and `monkey` are not. Counts are not secret either:
`tokens_used`, `maxTokens` and `token_count` stay, `token` and `refreshToken` do not.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, quote_plus

from belljar.tools._words import word_set

REDACTED: Final = "[redacted]"

ITEMS_SHOWN: Final = 10
KEYS_SHOWN: Final = 50
CHARACTERS_SHOWN: Final = 500
_BEGINNING_SHOWN: Final = 200
_DEPTH_SHOWN: Final = 32

_SECRET_WORDS: Final = word_set(
    "password passwd passphrase passcode pwd pw secret secrets token auth authorization authentication oauth bearer jwt"
    " cookie cookies credential credentials creds pin otp totp cvv cvc apikey apikeys accesskey privatekey secretkey"
    " authtoken accesstoken refreshtoken csrf xsrf mnemonic"
)

_KEY_OWNERS: Final = word_set(
    "access account api app auth client decryption deploy encryption hmac host license master private secret service"
    " session shared signing ssh storage webhook"
)
"""Words that make a following `key` a secret one: `private_key`, but not `sort_key` or `foreign_key`."""

_TOKEN_OWNERS: Final = word_set("access api auth bearer refresh security session user id")
"""Words that make the plural `tokens` secret: `api_tokens`, but not `output_tokens`."""

_MEASURES: Final = word_set(
    "count counts used usage limit limits max min total budget length size number num per cost price remaining"
)
"""Words with which `token` means an amount."""

_WORD: Final = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")


def is_secret_key(key: str) -> bool:
    """Whether a value under this key is a secret, by the words of the key."""
    words = [word.lower() for word in _WORD.findall(key)]
    found = set(words)
    if found & _MEASURES and found & {"token", "tokens"}:
        return bool(found & _SECRET_WORDS - {"token"})
    if found & _SECRET_WORDS or words in (["key"], ["tokens"], ["keys"]):
        return True
    pairs = itertools.pairwise(words)
    return any(
        (second in ("key", "keys") and first in _KEY_OWNERS) or (second == "tokens" and first in _TOKEN_OWNERS)
        for first, second in pairs
    )


def redact(value: Any, *, secrets: Iterable[str] = ()) -> Any:
    """A copy of `value` to show: plain JSON data, also for bytes and for types that are none.

    Values under secret keys become `"[redacted]"` (None and booleans stay: they say nothing). Arrays are cut after 10
    items, objects after 50 keys, both with a marker that has the full size; strings over 500 characters show their
    first 200, their size and SHA-256; bytes show size and SHA-256. Every occurrence of one of `secrets` in any string
    or key is replaced, also where it is base64, percent-encoded or JSON-escaped.
    """
    return _Redactor(secrets=secrets_pattern(secrets)).shown(value, _DEPTH_SHOWN)


def redact_text(text: str, *, secrets: Iterable[str]) -> str:
    """`text` with every occurrence of one of `secrets` replaced; nothing is shortened."""
    return _Redactor(secrets=secrets_pattern(secrets)).without_secrets(text)


def secrets_pattern(secrets: Iterable[str]) -> re.Pattern[str] | None:
    """What finds each secret, also in the forms in which it usually travels; None when there are none."""
    forms = {form for secret in filter(None, secrets) for form in secret_forms(secret)}
    longest_first = sorted(forms, key=lambda form: (-len(form), form))
    return re.compile("|".join(map(re.escape, longest_first))) if forms else None


def secret_forms(secret: str) -> set[str]:
    """`secret` as it is and as it usually travels: in base64, hexadecimal, percent-encoded, JSON-escaped."""
    raw = secret.encode("utf-8", "surrogatepass")
    forms = {secret, raw.hex(), raw.hex().upper(), quote(raw, safe=""), quote(raw), quote_plus(raw)}
    forms |= {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    forms.add("".join(f"\\u{unit:04x}" for unit in _utf16(secret)))
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        forms.add(encode(raw).decode("ascii").rstrip("="))
        forms |= {_inside(encode(bytes(before) + raw).decode("ascii"), before, len(raw)) for before in range(3)}
    return {form for form in forms if len(form) >= len(secret)}


def _utf16(text: str) -> Iterable[int]:
    return memoryview(text.encode("utf-16-le" if sys.byteorder == "little" else "utf-16-be", "surrogatepass")).cast("H")


def _inside(encoded: str, before: int, size: int) -> str:
    """The characters of base64 that say nothing of what stands before and after `size` bytes."""
    return encoded[(before * 8 + 5) // 6 : (before + size) * 8 // 6]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Redactor:
    secrets: re.Pattern[str] | None

    def shown(self, value: Any, depth: int) -> Any:
        if value is None or isinstance(value, (bool, int, float)):
            return value
        if isinstance(value, str):
            return self._string(value)
        if isinstance(value, (bytes, bytearray, memoryview)):
            return f"[{_size(len(bytes(value)), 'byte')}, sha256 {hashlib.sha256(value).hexdigest()}]"
        if depth <= 0:
            return "[nested deeper]"
        if isinstance(value, Mapping):
            return self._object(value, depth)
        return self._array(value, depth) if isinstance(value, (list, tuple)) else f"[{type(value).__name__}]"

    def without_secrets(self, text: str) -> str:
        return self.secrets.sub(REDACTED, text) if self.secrets else text

    def _string(self, text: str) -> str:
        clean = self.without_secrets(text)
        if len(clean) <= CHARACTERS_SHOWN:
            return clean
        # The hash is that of the whole original: the reader can compare it with what runs.
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        return f"{clean[:_BEGINNING_SHOWN]}… [{_size(len(text), 'character')}, sha256 {digest}]"

    def _object(self, value: Mapping[Any, Any], depth: int) -> dict[str, Any]:
        shown: dict[str, Any] = {}
        for key, item in list(value.items())[:KEYS_SHOWN]:
            name = str(key)
            hidden = is_secret_key(name) and not (item is None or isinstance(item, bool))
            shown[self._string(name)] = REDACTED if hidden else self.shown(item, depth - 1)
        if len(value) > KEYS_SHOWN:
            shown["…"] = f"{len(value) - KEYS_SHOWN:,} more of {len(value):,} keys"
        return shown

    def _array(self, value: list[Any] | tuple[Any, ...], depth: int) -> list[Any]:
        shown = [self.shown(item, depth - 1) for item in value[:ITEMS_SHOWN]]
        if len(value) > ITEMS_SHOWN:
            shown.append(f"… {len(value) - ITEMS_SHOWN:,} more of {len(value):,} items")
        return shown


def _size(count: int, unit: str) -> str:
    return f"{count:,} {unit}{'' if count == 1 else 's'}"
