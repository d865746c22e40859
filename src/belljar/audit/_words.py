"""Word lists written as words."""

from __future__ import annotations


def word_set(text: str) -> frozenset[str]:
    """The blank-separated words of `text`. A table of a hundred names reads better so than as a hundred literals."""
    return frozenset(text.split())
