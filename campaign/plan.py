"""What a campaign is given and what it gives back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One order to a campaign."""

    seconds: float
    """How long to search. A campaign with a fixed amount of work takes as long as that takes."""
    engines: tuple[str, ...]
    """The engines that are installed here; never empty."""
    test262: Path | None = None
    """A checkout of github.com/tc39/test262."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Find:
    """An input that made something go wrong."""

    target: str
    """What it was given to; the name of the folder it is kept in."""
    data: bytes
    why: str
    """What went wrong, in a line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a campaign did."""

    lines: tuple[str, ...]
    """For people: figures, tables, what was left out and why."""
    finds: tuple[Find, ...] = ()


Campaign: TypeAlias = Callable[[Plan], Report]
