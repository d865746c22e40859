"""Strings without any order: what no person typed and no language has, and is none of the usual kinds of names.

A run of letters, digits, `+`, `/`, `_` and `-` is taken when all of these hold:

- it has 24 to 200 characters; keys are not longer, images and files are;
- it has small letters, capitals and digits. So hexadecimal never is, whatever its length: digests, commits, UUIDs;
- its Shannon entropy is at least 80 % of what its length allows (of 64 letters);
- of its neighbouring letters and digits, at least 38 % are of different classes. In random base64 it is six in ten, in
  words joined by capitals, underscores and slashes two in ten;
- it is not base64 of readable text;
- it stands neither in a `data:` address, nor behind a name or a prefix of digests and ids (`sha512-`, `"file_id": "`),
  nor is it a row of a certificate or a public key.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from belljar.audit._shapes import Span

_RUN: Final = re.compile(r"[A-Za-z0-9+/_-]{24,}+={0,2}+")
_LONGEST: Final = 200
_ENTROPY: Final = 0.8
_CHANGES: Final = 0.38
_BEFORE: Final = 110
_DIGEST: Final = re.compile(
    r"(?i:\bsha-?(?:1|256|384|512)[:\s-]{1,2}|\bbase64,|\b(?:ssh-[a-z0-9]{2,10}|ecdsa-[a-z0-9-]{4,20}) "
    r"|(?:id|sha\d{0,3}|hash|digest|etag|checksum|integrity|fingerprint|commit|revision|cursor|nonce)"
    r"[\"'\\]{0,6}\s{0,2}[:=]\s{0,2}(?:W/)?[\"'\\]{0,6})$"
)
"""What a digest, an id or an image has right before it."""
_ROW: Final = re.compile(r"(?:-----|[A-Za-z0-9+/]{60,76})(?:\r?\n[ \t>|]{0,12}|\\{1,3})$")
"""What a row of a certificate has before it: the first line, or another row."""
_PREFIX: Final = re.compile(r"sha-?(?:1|256|384|512)[-_]")
_CLASSES: Final = {
    letter: name
    for name, letters in enumerate(("abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"))
    for letter in letters
}


def entropy_spans(text: str) -> Iterator[Span]:
    """Where strings without any order stand."""
    for match in _RUN.finditer(text):
        start, end = match.span()
        before = text[max(0, start - _BEFORE) : start]
        if end - start <= _LONGEST and is_random(match[0]) and not _is_public(before, match[0]):
            yield start, end


def _is_public(before: str, run: str) -> bool:
    """Whether what stands before a run, or its beginning, says that it is meant to be seen."""
    return bool(_DIGEST.search(before) or _ROW.search(before) or _PREFIX.match(run))


def is_random(run: str) -> bool:
    """Whether a run of such characters is without order."""
    classes = [_CLASSES[letter] for letter in run if letter in _CLASSES]
    if len(set(classes)) < 3:
        return False
    changes = sum(one != other for one, other in pairwise(classes))
    return changes >= _CHANGES * (len(classes) - 1) and _entropy(run) >= _ENTROPY * _most(run) and not _is_text(run)


def _entropy(run: str) -> float:
    return -sum(count / len(run) * math.log2(count / len(run)) for count in Counter(run).values())


def _most(run: str) -> float:
    return math.log2(min(len(run), 64))


def _is_text(run: str) -> bool:
    """Whether it is base64 of text that can be read, from any of the four places where a group may begin."""
    return any(_reads(run.rstrip("=")[skipped:]) for skipped in range(4))


def _reads(run: str) -> bool:
    whole = run[: len(run) // 4 * 4].replace("-", "+").replace("_", "/")
    try:
        decoded = base64.b64decode(whole, validate=True)
    except binascii.Error:
        return False
    return decoded.isascii() and decoded.decode("ascii").isprintable()
