"""Texts of a repository as a report may have them."""

from __future__ import annotations

from typing import Final

from belljar.audit import redacted_whole
from belljar.tools._characters import UNPRINTABLE, written_out

LONGEST: Final = 1_000
"""Characters of a message. A finding of any size would leave no room for the others."""


def plain(text: str, *, limit: int = LONGEST) -> str:
    """On one line, without secrets, with controls and characters that deceive written out, and not without end."""
    clean: str = UNPRINTABLE.sub(written_out, redacted_whole(text)).replace("\n", "\\n")
    return clean if len(clean) <= limit else clean[: limit - 3] + "..."
