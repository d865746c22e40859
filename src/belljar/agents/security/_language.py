"""What a file is, by its name or its first line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Literal

Language = Literal["", "python", "javascript"]
_SUFFIXES: Final[Mapping[Language, tuple[str, ...]]] = {
    "python": (".py", ".pyw"),
    "javascript": (".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx"),
}
_PROGRAMS: Final[Mapping[Language, re.Pattern[bytes]]] = {
    "python": re.compile(rb"#![^\n]{0,200}\b(?:python|pypy)"),
    "javascript": re.compile(rb"#![^\n]{0,200}\b(?:node|nodejs|deno|bun)\b"),
}
"""By the first line of a file whose name says nothing."""
_LOCKS: Final = re.compile(
    r"(?:.*/)?(?:[^/]*requirements[^/]*\.txt|requirements/[^/]*\.txt|uv\.lock|poetry\.lock|package-lock\.json"
    r"|npm-shrinkwrap\.json)",
    re.DOTALL,
)


def is_lock(path: str) -> bool:
    """Whether a file of this name pins dependencies."""
    return _LOCKS.fullmatch(path) is not None


def language_of(path: str, head: bytes) -> Language:
    """What a file is written in, by its name or its first line; empty where no rules are for it."""
    by_name = [each for each, suffixes in _SUFFIXES.items() if path.lower().endswith(suffixes)]
    by_head = [each for each, program in _PROGRAMS.items() if program.match(head)]
    return (by_name or by_head or [""])[0]
