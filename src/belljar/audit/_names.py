"""Names of secrets.

A key is secret by its words, not by its letters: it is split at `_`, `-`, `.`, spaces and camel-case humps, so
`apiKey`, `api_key` and `x-api-key` are secret, `keyboard`, `author` and `monkey` are not. Counts are not secret either:
`tokens_used`, `maxTokens` and `token_count` stay, `token` and `refreshToken` do not.
"""

from __future__ import annotations

import itertools
import re
from typing import Final

from belljar.audit._words import word_set

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
