"""Where in the author's source an engine's position is. Pure.

Engines count differently: QuickJS lines by line feeds alone and columns in bytes of UTF-8, V8 both as the language
says, which is how people count. The wrapper around the script is line 0 in both, and 0 means that there is no
position.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Protocol

from belljar.script import Script


class Places(Protocol):
    """A script, and how its engine counts."""

    @property
    def script(self) -> Script: ...

    def at(self, line: int, column: int) -> tuple[int, int]:
        """Line and column in the author's source, from 1; (0, 0) where the engine had no position."""
        ...


class SourcePlaces:
    """As the source has them already: the sealed profile's compiler writes them into the code."""

    def __init__(self, script: Script) -> None:
        self.script = script

    def at(self, line: int, column: int) -> tuple[int, int]:
        return (line, column) if line > 0 else (0, 0)


class UnitPlaces:
    """Lines by every line terminator of the language, columns in UTF-16 units: V8."""

    def __init__(self, script: Script) -> None:
        self.script = script

    def at(self, line: int, column: int) -> tuple[int, int]:
        if line <= 0:
            return (0, 0)
        lines = _lines(self.script.code)
        if line > len(lines):  # the wrapper's last line: what was not closed
            line, column = len(lines), len(lines[-1].encode("utf-16-le")) // 2 + 1
        return self.script.position(line, column)


class BytePlaces:
    """Lines by line feeds, columns in bytes of UTF-8: QuickJS."""

    def __init__(self, script: Script) -> None:
        self.script = script

    def at(self, line: int, column: int) -> tuple[int, int]:
        if line <= 0:
            return (0, 0)
        engine_lines = _lines_by_feed(self.script.code)
        text, lines_before = engine_lines[min(line, len(engine_lines)) - 1]
        before = text if line > len(engine_lines) else text.encode()[: column - 1].decode(errors="ignore")
        if not before.isascii() or "\r" in before:
            pieces = _LINE_ENDS.split(before)
            lines_before += len(pieces) - 1
            before = pieces[-1]
        return self.script.position(lines_before + 1, len(before.encode("utf-16-le")) // 2 + 1)


_LINE_ENDS = re.compile("\r\n|[\n\r\u2028\u2029]")


@lru_cache(maxsize=64)
def _lines(code: str) -> tuple[str, ...]:
    return tuple(_LINE_ENDS.split(code))


@lru_cache(maxsize=64)
def _lines_by_feed(code: str) -> tuple[tuple[str, int], ...]:
    """Lines as QuickJS counts them, each with the number of the author's lines before it."""
    out = []
    before = 0
    for text in code.split("\n"):
        out.append((text, before))
        before += len(_LINE_ENDS.findall(text.removesuffix("\r"))) + 1
    return tuple(out)


def excerpted(places: Places, line: int, column: int) -> dict[str, Any]:
    """line, column and excerpt for an error; nothing where the engine had no position."""
    line, column = places.at(line, column)
    if not line:
        return {}
    return {"line": line, "column": column, "excerpt": places.script.excerpt(line, column)}
