"""Personal data: e-mail addresses and card numbers.

A card number has 13 to 19 digits, bare or grouped as on cards by blanks or hyphens, begins as its issuer's numbers do,
has their length, and Luhn's check digit. An IBAN stays: it is on every invoice and opens nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from belljar.audit._shapes import Span

_MAIL: Final = re.compile(
    r"(?:(?<![\w.%+\\-])|(?<=\\[nrt])|(?<=%[0-9A-Fa-f]{2}))(?!git@)[\w.%+-]{1,64}+@"
    r"(?!\d{1,9}+\.)(?:[A-Za-z0-9][A-Za-z0-9-]{0,62}+\.){1,8}(?P<top>[A-Za-z]{2,24})(?![\w-])"
)
_FILES: Final = frozenset({"png", "jpg", "jpeg", "gif", "svg", "webp", "css", "js", "ts", "html", "json", "txt", "pdf"})
"""Endings of file names like `icon@2x.png`."""
_DIGITS: Final = re.compile(
    r"(?<![\w.+-])(?:[0-9]{13,19}+|[0-9]{4}([ -])[0-9]{4}\1[0-9]{4}\1[0-9]{4}(?:\1[0-9]{3})?+"
    r"|[0-9]{4}([ -])[0-9]{6}\2[0-9]{4,5})(?![\w-])"
)
_IBAN: Final = re.compile(r"[A-Z]{2}[0-9]{2} (?:[0-9]{4} ){0,6}$")
_IBAN_LENGTH: Final = 42
_ISSUERS: Final = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})"  # Visa
    r"|(?:5[1-5]\d{2}|222[1-9]|22[3-9]\d|2[3-6]\d{2}|27[01]\d|2720)\d{12}"  # Mastercard
    r"|3[47]\d{13}"  # American Express
    r"|3(?:0[0-59]|[689]\d)\d{11}"  # Diners Club
    r"|(?:6011|65\d{2}|64[4-9]\d)\d{12}(?:\d{3})?"  # Discover
    r"|35(?:2[89]|[3-8]\d)\d{12}(?:\d{3})?"  # JCB
    r"|62\d{14}(?:\d{3})?"  # UnionPay
    r"|(?:5018|5020|5038|6304|6759|676[1-3])\d{8,15}"  # Maestro
)
_DOUBLED: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
_SEPARATORS: Final = str.maketrans("", "", " -")


def personal_spans(text: str) -> Iterator[Span]:
    """Where e-mail addresses and card numbers stand."""
    if "@" in text:
        yield from (match.span() for match in _MAIL.finditer(text) if match["top"].lower() not in _FILES)
    for match in _DIGITS.finditer(text):
        before = text[max(0, match.start() - _IBAN_LENGTH) : match.start()]
        if is_card(match[0].translate(_SEPARATORS)) and not _IBAN.search(before):
            yield match.span()


def is_card(digits: str) -> bool:
    """Whether these digits are a card's number."""
    return bool(_ISSUERS.fullmatch(digits)) and _luhn(digits) % 10 == 0


def _luhn(digits: str) -> int:
    values = [int(digit) for digit in reversed(digits)]
    return sum(values[::2]) + sum(_DOUBLED[value] for value in values[1::2])
