"""Built-ins on strings. Lengths and indexes are UTF-16 units, so the work is done on UTF-16 text."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from oracle.natives import Native, placed, pure
from oracle.natives_list import relative
from oracle.values import MAX_STRING_UNITS, Place, Stop, array, string, units

SPACE: Final = " \t\n\r\v\f"

_MAX_CODE: Final = 0x10FFFF


def wide(text: str) -> str:
    """The same text with each UTF-16 unit as one letter."""
    data = text.encode("utf-16-be", "surrogatepass")
    return "".join(chr(data[index] << 8 | data[index + 1]) for index in range(0, len(data), 2))


def unit_at(at: Place, text: str, index: int) -> str:
    """One unit. Raises `Stop` with IndexOutOfRangeError."""
    letters = wide(text)
    if not 0 <= index < len(letters):
        raise Stop("IndexOutOfRangeError", at)
    return letters[index]


def _slice(at: Place, text: str, start: int, end: int | None = None) -> str:
    letters = wide(text)
    size = len(letters)
    return string(letters[relative(start, size) : relative(size if end is None else end, size)], at)


def _substring(at: Place, text: str, start: int, end: int | None = None) -> str:
    letters = wide(text)
    first, last = sorted(max(0, index) for index in (start, len(letters) if end is None else end))
    return string(letters[first:last], at)


def _index_of(text: str, wanted: str) -> int:
    return wide(text).find(wide(wanted))


def _replaced(times: int, at: Place, text: str, *texts: str) -> str:
    """Python looks for matches as JavaScript does, an empty one before each unit and at the end."""
    old, new = map(wide, texts)
    return string(wide(text).replace(old, new, times), at)


def _split(at: Place, text: str, separator: str) -> tuple[str, ...]:
    parts = wide(text).split(wide(separator)) if separator else list(wide(text))
    return array(tuple([string(part, at) for part in parts]), at)


def _filler(at: Place, text: str, length: int, fill: str) -> str:
    """What is missing to a length, cut to the unit."""
    missing = max(0, length - units(text)) if fill else 0
    if length > MAX_STRING_UNITS:
        raise Stop("LimitError", at)
    letters = wide(fill)
    return (letters * (missing // max(1, len(letters)) + 1))[:missing]


def _pad_start(at: Place, text: str, length: int, fill: str = " ") -> str:
    return string(_filler(at, text, length, fill) + text, at)


def _pad_end(at: Place, text: str, length: int, fill: str = " ") -> str:
    return string(text + _filler(at, text, length, fill), at)


def _repeat(at: Place, text: str, times: int) -> str:
    if times < 0:
        raise Stop("IndexOutOfRangeError", at)
    if units(text) * times > MAX_STRING_UNITS:
        raise Stop("LimitError", at)
    return text * times if text else ""


def _ascii(change: Callable[[str], str], text: str) -> str:
    return "".join(change(letter) if letter.isascii() else letter for letter in text)


def _from_code(at: Place, code: int) -> str:
    if not 0 <= code <= _MAX_CODE:
        raise Stop("IndexOutOfRangeError", at)
    return string(chr(code), at)


_PAD: Final = "string int string?"

STRING_METHODS: Final[dict[str, Native]] = {
    "slice": placed("string_slice", "string int int?", _slice),
    "substring": placed("string_slice", "string int int?", _substring),
    "includes": pure("string_search", "string string", lambda text, wanted: wanted in text),
    "indexOf": pure("string_search", "string string", _index_of),
    "startsWith": pure("string_search", "string string", str.startswith),
    "endsWith": pure("string_search", "string string", str.endswith),
    "replace": placed("string_replace", "string string string", partial(_replaced, 1)),
    "replaceAll": placed("string_replace", "string string string", partial(_replaced, -1)),
    "split": placed("string_split", "string string", _split),
    "trim": pure("string_format", "string", lambda text: text.strip(SPACE)),
    "trimStart": pure("string_format", "string", lambda text: text.lstrip(SPACE)),
    "trimEnd": pure("string_format", "string", lambda text: text.rstrip(SPACE)),
    "padStart": placed("string_format", _PAD, _pad_start),
    "padEnd": placed("string_format", _PAD, _pad_end),
    "repeat": placed("string_format", "string int", _repeat),
    "upperAscii": pure("string_format", "string", partial(_ascii, str.upper)),
    "lowerAscii": pure("string_format", "string", partial(_ascii, str.lower)),
    "charCodeAt": placed("element", "string int", lambda at, text, index: ord(unit_at(at, text, index))),
}

TEXT: Final[dict[str, Native]] = {"Text.fromCode": placed("string_format", "int", _from_code)}
