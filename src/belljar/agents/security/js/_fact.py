"""What is known of the value of one expression without running anything."""

from __future__ import annotations

from typing import Final, NamedTuple

NOBODY: Final = 0
"""The value is the author's own, as far as can be seen."""
REQUEST: Final = 1
"""A request that a server has received chooses it."""
PAGE: Final = 2
"""The address, the referrer or a message that a page in a browser has got chooses it."""
ARGUMENTS: Final = 4
"""Who starts the program chooses it."""
ARCHIVE: Final = 8
"""Who has made an archive chooses it."""
REMOTE: Final = REQUEST | PAGE
OUTSIDE: Final = REMOTE | ARGUMENTS

HOLE: Final = "\0"
"""Stands in `Fact.text` for a part that is only known when the program runs."""


class Fact(NamedTuple):
    """What is known of one value."""

    path: str = ""
    """Where it comes from, as a dotted name: `@child_process.exec` for what a module exports, `document.body` for a
    global, `?name` for a local name. Calls are `f()`."""
    text: str | None = None
    """Its text, with `HOLE` for what is not known; None for a value of which no part is known."""
    origin: int = NOBODY
    """Who else than the author can choose it: a sum of `REQUEST`, `PAGE`, `ARGUMENTS` and `ARCHIVE`."""

    @property
    def is_constant(self) -> bool:
        """Whether the whole text is known."""
        return self.text is not None and HOLE not in self.text

    @property
    def is_built(self) -> bool:
        """Whether it is a text that is put together from known and unknown parts."""
        return self.text is not None and HOLE in self.text and self.text != HOLE


NOTHING: Final = Fact()
CLEAN: Final = Fact(text="0")
"""A number, or another value that cannot carry a text."""

_MAX_TEXT: Final = 2_000
"""Characters of a text that are kept: enough for a query or a page's skeleton, and linear over any sum of parts."""


def joined(parts: list[Fact]) -> Fact:
    """The parts one after the other."""
    text = "".join(HOLE if part.text is None else part.text for part in parts)
    return Fact(text=text[:_MAX_TEXT], origin=any_origin(parts))


def any_origin(parts: list[Fact]) -> int:
    """Everybody who can choose one of the parts."""
    origin = NOBODY
    for part in parts:
        origin |= part.origin
    return origin
