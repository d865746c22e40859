"""Text as lines that keep their own endings, so that what a patch leaves alone stays as it was to the byte. Pure."""

from __future__ import annotations

import re
from typing import Final

_LINE: Final = re.compile(r"[^\n]*\n|[^\n]+")
BOM: Final = "\ufeff"


def split_lines(text: str) -> list[str]:
    """Lines with their endings. Only a line feed ends one: form feeds and Unicode's separators are text."""
    return _LINE.findall(text)


def bare(line: str) -> str:
    """Without its line feed; a carriage return stays."""
    return line[:-1] if line.endswith("\n") else line


def plain(line: str) -> str:
    """Without its ending, LF or CRLF."""
    return bare(line).removesuffix("\r")


def trimmed(line: str) -> str:
    """Without white space at its end."""
    return line.rstrip()


def collapsed(line: str) -> str:
    """What is left of a line when white space counts for nothing but a gap."""
    return " ".join(line.split())


def ending_of(lines: list[str]) -> str:
    """The ending that most lines have: LF, or CRLF where more than half of those with an ending have it."""
    crlf = sum(line.endswith("\r\n") for line in lines)
    return "\r\n" if crlf * 2 > sum(line.endswith("\n") for line in lines) else "\n"


def shown(text: str, most: int = 160) -> str:
    """A line for a message: its quotes and escapes visible, cut where it is long."""
    cut = text if len(text) <= most else f"{text[:most]}…"
    return repr(cut)
