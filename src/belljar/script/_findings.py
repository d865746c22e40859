"""Findings with their excerpts; the one place where offsets become what a model reads."""

from __future__ import annotations

from typing import Final

from belljar.errors import Finding
from belljar.script._text import Lines, readable

MAX_FINDINGS: Final = 100
"""Findings of one text at most; a model that reads a hundred will not miss the rest."""

MAX_QUOTED: Final = 60
"""Characters of a name or token that a message repeats."""


class Reporter:
    """Collects the findings of one text."""

    __slots__ = ("_listed", "lines")

    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self._listed: list[tuple[int, int, Finding]] = []

    def add(self, code: str, start: int, message: str, *, width: int = 1, hint: str = "") -> None:
        """One more, at an offset; `width` units are marked. Beyond `MAX_FINDINGS` nothing is added."""
        if len(self._listed) >= MAX_FINDINGS:
            return
        line, column = self.lines.position(start)
        finding = Finding(
            code=code,
            message=readable(message),
            line=line,
            column=column,
            hint=readable(hint),
            excerpt=readable(self.lines.excerpt(line, column, width)),
        )
        self._listed.append((start, len(self._listed), finding))

    def __len__(self) -> int:
        return len(self._listed)

    def findings(self) -> tuple[Finding, ...]:
        """All of them, in the order of the text."""
        return tuple(finding for _, _, finding in sorted(self._listed, key=lambda item: item[:2]))


def quote(text: str) -> str:
    """A token for a message: in single quotes, on one line, cut where it is long."""
    shown = " ".join(readable(text).split())
    return f"'{shown[:MAX_QUOTED]}…'" if len(shown) > MAX_QUOTED else f"'{shown}'"
