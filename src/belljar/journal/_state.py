"""A suspended run's journal as one text that may travel: through a framework's JSON, a queue, a mail.

    base64url( HMAC-SHA-256 of the rest | zlib of the journal's lines )

Who holds the key can make one, and nobody else: a journal is believed (its answers are not asked for again), so one
that a stranger could write would let him put words into the mouths of tools. It is sealed, not encrypted.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import zlib

from belljar.errors import JournalError
from belljar.journal._journal import Journal

_DOMAIN = b"belljar suspended run 1\x00"
_TAG_BYTES = 32


def seal(journal: Journal, key: bytes) -> str:
    """ASCII text that `unseal` reads."""
    body = zlib.compress(journal.text().encode(), 6)
    return base64.urlsafe_b64encode(_tag(body, key) + body).decode()


def unseal(state: str, key: bytes) -> Journal:
    """The journal in `state`. Raises JournalError: not such a text, changed, or sealed with another key."""
    try:
        data = base64.urlsafe_b64decode(state.encode("ascii"))
    except (UnicodeEncodeError, binascii.Error):
        raise JournalError("this is not the state of a suspended run") from None
    tag, body = data[:_TAG_BYTES], data[_TAG_BYTES:]
    if not hmac.compare_digest(tag, _tag(body, key)):
        raise JournalError(
            "the state of the run does not match its seal: it was changed, cut short, or sealed with another key",
            hint="Give the same image_key to every harness that resumes runs of another.",
        )
    return Journal.parse(zlib.decompress(body))


def _tag(body: bytes, key: bytes) -> bytes:
    return hmac.digest(key, _DOMAIN + body, "sha256")
