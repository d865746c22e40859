"""JSON in, strictly: RFC 8259, and nothing that two readers could take in two ways.

Refused beyond the grammar: duplicate keys, lone surrogates, more than 256 levels, and every number that is not exactly
an integer within ±(2^53 - 1). A number counts by its value: 1.0, 1e2 and 1500e-2 are integers, 1.5 and -0 are not.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from belljar.errors import SerializationError
from belljar.values._cbor import MAX_NESTING
from belljar.values._number import MAX_SAFE_INTEGER
from belljar.values._sealed import JSON_NULL

_BLANKS: Final = re.compile(r"[ \t\n\r]*")
_NUMBER: Final = re.compile(r"(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?")
_PLAIN: Final = r'[^"\\\x00-\x1f]*'
_CONTENT: Final = re.compile(rf'{_PLAIN}(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{{4}}){_PLAIN})*')
_ESCAPE: Final = re.compile(r"\\(?:u(....)|(.))")
_ESCAPED: Final = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_WORDS: Final = {"true": True, "false": False, "null": JSON_NULL}

_SAFE_DIGITS: Final = len(str(MAX_SAFE_INTEGER))
_HUGE: Final = 10**9
"""Stands for every larger exponent: no text is long enough to make up for it."""


def parse_json(text: str) -> Any:
    """The sealed value of a JSON text: records are dicts, arrays lists, null is JSON_NULL.

    Raises SerializationError for anything else; `details` has `line` and `column`, from 1, columns in UTF-16 units.
    """
    return _Reader(text).whole()


class _Reader:
    """How far a text is read. What reads a value begins at its first character and stops behind its last."""

    __slots__ = ("at", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def whole(self) -> Any:
        self.skip_blanks()
        value = _READERS.get(self.next(), _Reader.nothing)(self, MAX_NESTING)
        self.skip_blanks()
        if self.at < len(self.text):
            raise self.refusal(f"{self.next()!r} after the end of the value")
        return value

    # -- values: each takes how many levels of nesting are left --------------------------------------------------------

    def array(self, depth: int) -> list[Any]:
        self.enter(depth)
        items: list[Any] = []
        while not self.ends("]", items):
            items.append(_READERS.get(self.next(), _Reader.nothing)(self, depth - 1))
        return items

    def record(self, depth: int) -> dict[str, Any]:
        self.enter(depth)
        record: dict[str, Any] = {}
        while not self.ends("}", record):
            key = self.key(record)
            record[key] = _READERS.get(self.next(), _Reader.nothing)(self, depth - 1)
        return record

    def string(self, _depth: int) -> str:
        begin = self.at
        content = _CONTENT.match(self.text, begin + 1)
        assert content is not None, "the pattern matches nothing at all, too"
        self.at = content.end()
        if self.next() != '"':
            raise self.refusal("the string does not end" if not self.next() else f"{self.next()!r} in a string")
        self.at += 1
        return self.joined(_ESCAPE.sub(_unescaped, content[0]), begin)

    def number(self, _depth: int) -> int:
        match = _NUMBER.match(self.text, self.at)
        if match is None:
            raise self.refusal("'-' without a digit after it")
        sign, whole, fraction, exponent = match.groups(default="")
        value = _exact_integer(whole + fraction, _bounded(exponent) - len(fraction))
        if value is None or (value == 0 and sign):
            raise self.refusal(f"{_shown(match[0])} is not an integer of the sealed profile")
        self.at = match.end()
        return -value if sign else value

    def word(self, _depth: int) -> Any:
        for word, value in _WORDS.items():
            if self.text.startswith(word, self.at):
                self.at += len(word)
                return value
        return self.nothing(0)

    def nothing(self, _depth: int) -> Any:
        raise self.refusal(
            f"{self.next()!r} where a value should be" if self.next() else "the text ends before a value"
        )

    # -- parts of values -----------------------------------------------------------------------------------------------

    def next(self) -> str:
        """The next character, or nothing at the end."""
        return self.text[self.at : self.at + 1]

    def skip_blanks(self) -> None:
        blanks = _BLANKS.match(self.text, self.at)
        assert blanks is not None, "the pattern matches nothing at all, too"
        self.at = blanks.end()

    def enter(self, depth: int) -> None:
        if depth <= 0:
            raise self.refusal(f"nested deeper than {MAX_NESTING}")
        self.at += 1

    def ends(self, bracket: str, read: list[Any] | dict[str, Any]) -> bool:
        """Whether the container does; else a comma was read where one is due, and the next item begins here."""
        self.skip_blanks()
        if self.next() == bracket:
            self.at += 1
            return True
        if read:
            self.expect(",", f"',' or {bracket!r}")
        return False

    def expect(self, character: str, wanted: str) -> None:
        if self.next() != character:
            raise self.refusal(f"{self.next()!r} where {wanted} should be" if self.next() else f"{wanted} is missing")
        self.at += 1
        self.skip_blanks()

    def key(self, record: dict[str, Any]) -> str:
        begin = self.at
        if self.next() != '"':
            raise self.refusal(
                f"{self.next()!r} where a key should be" if self.next() else "the text ends before a key"
            )
        key = self.string(0)
        if key in record:
            raise self.refusal(f"the key {_shown(key)!r} is there twice", begin)
        self.skip_blanks()
        self.expect(":", "':'")
        return key

    def joined(self, value: str, begin: int) -> str:
        """The two halves of a surrogate pair, which are two escapes, are one character."""
        if value.isascii():
            return value
        try:
            return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
        except UnicodeDecodeError:
            raise self.refusal("the string has a lone surrogate", begin) from None

    def refusal(self, reason: str, at: int | None = None) -> SerializationError:
        before = self.text[: self.at if at is None else at]
        line = before.count("\n") + 1
        column = len(before[before.rfind("\n") + 1 :].encode("utf-16-le", "surrogatepass")) // 2 + 1
        return SerializationError(
            f"line {line}, column {column}: {reason}",
            hint="Send strict JSON: integers within ±(2^53 - 1) but not -0, each key once, whole characters.",
            details={"line": line, "column": column},
        )


_READERS: Final[dict[str, Callable[[_Reader, int], Any]]] = {
    "{": _Reader.record,
    "[": _Reader.array,
    '"': _Reader.string,
    **dict.fromkeys("-0123456789", _Reader.number),
    **dict.fromkeys("tfn", _Reader.word),
}


def _unescaped(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16)) if escape[1] else _ESCAPED[escape[2]]


def _bounded(exponent: str) -> int:
    digits = exponent.lstrip("+-").lstrip("0")
    size = int(digits or "0") if len(digits) <= 9 else _HUGE
    return -size if exponent.startswith("-") else size


def _exact_integer(digits: str, exponent: int) -> int | None:
    """digits * 10 ** exponent where that is a safe integer. Nothing is rounded, however long the digits are."""
    significant = digits.lstrip("0")
    if not significant:
        return 0
    short = significant.rstrip("0")
    zeros = exponent + len(significant) - len(short)
    if zeros < 0 or len(short) + zeros > _SAFE_DIGITS:
        return None
    value = int(short + "0" * zeros)
    return value if value <= MAX_SAFE_INTEGER else None


def _shown(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:40]}..."
