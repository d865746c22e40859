"""Numbers and texts as they are written in the source."""

from __future__ import annotations

import re
from typing import Final

from oracle.values import SAFE

_ESCAPE: Final = re.compile(
    r"\\(?:u\{(?P<point>[0-9a-fA-F]+)\}|u(?P<unit>[0-9a-fA-F]{4})|x(?P<byte>[0-9a-fA-F]{2})"
    r"|(?P<join>\r\n|[\n\r\u2028\u2029])|(?P<letter>.))",
    re.DOTALL,
)
_LETTERS: Final = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}
_INTEGER: Final = re.compile(r"0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|0|[1-9][0-9_]*")


def number_of(text: str) -> int | None:
    """The int that a number literal stands for; None for a fraction, an exponent, a BigInt or one beyond the range."""
    if not _INTEGER.fullmatch(text):
        return None
    value = int(text.replace("_", ""), 0)
    return value if value <= SAFE else None


def text_of(raw: str) -> str | None:
    """The text that the inside of a string or a template stands for; None where half a pair is left over."""
    units = _ESCAPE.sub(_unescaped, raw.replace("\r\n", "\n")).encode("utf-16-le", "surrogatepass")
    try:
        return units.decode("utf-16-le")
    except UnicodeDecodeError:
        return None


def _unescaped(found: re.Match[str]) -> str:
    code = found["point"] or found["unit"] or found["byte"]
    if code:
        return chr(int(code, 16))
    return "" if found["join"] else _LETTERS.get(found["letter"], found["letter"])
