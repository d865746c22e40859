"""What was probably meant: the nearest of known names. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from difflib import get_close_matches
from typing import Final

LISTED: Final = 20
"""Names that a message lists at most."""

_PLAIN: Final = re.compile(r"[\W_]+")


def _folded(name: str) -> str:
    return _PLAIN.sub("", name).lower()


def closest(name: str, names: Iterable[str]) -> str | None:
    """The name that was most likely meant, or None.

    One that differs in case, underscores, hyphens or dots only wins; else the best by difflib's ratio, from 0.72 on
    (one wrong letter in four).
    """
    by_fold: dict[str, str] = {}
    for candidate in sorted(names):
        by_fold.setdefault(_folded(candidate), candidate)
    wanted = _folded(name)
    best = [wanted] if wanted in by_fold else get_close_matches(wanted, by_fold, n=1, cutoff=0.72)
    return by_fold[best[0]] if best else None


def listing(names: Collection[str]) -> str:
    """The names in order, cut at `LISTED`."""
    ordered = sorted(names)
    more = f" and {len(ordered) - LISTED} more" if len(ordered) > LISTED else ""
    return ", ".join(ordered[:LISTED]) + more
