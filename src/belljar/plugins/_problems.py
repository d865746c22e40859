"""What is wrong with a file that somebody wrote: each problem with its file, line and path, and all of them at once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final, TypeAlias

from belljar.audit import redact_text
from belljar.errors import ManifestError

_PLAIN: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}\Z", re.ASCII)
"""A name that can be shown as it is."""
_LONGEST: Final = 60
_LOOKED_AT: Final = 8_192

Place: TypeAlias = tuple[str | int, ...]
"""Where in a document: names of fields and numbers of items, from its top."""


MOST_PROBLEMS: Final = 50
"""Shown of one file. More are counted: 64 kB can be 30,000 of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong. As text it reads `plugin.toml:7 limits.timeout_ms: must be ...`."""

    file: str
    """Its name, without folders."""
    line: int | None = None
    """Counts from 1; None where it is about the whole file."""
    path: str = ""
    """As in `limits.timeout_ms` and `hosts[1]`; empty where it is about the whole file."""
    message: str
    """What is wrong, without a subject."""

    def __str__(self) -> str:
        line = f":{self.line}" if self.line is not None else ""
        path = f" {self.path}" if self.path else ""
        return f"{self.file}{line}{path}: {self.message}"


def path_of(place: Place) -> str:
    """The place as people write it. A name that somebody made up is shown like a value."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{_step(step)}" for step in place)
    return "".join(steps).removeprefix(".")


def _step(name: str) -> str:
    return name if _PLAIN.match(name) and redact_text(name, secrets=()) == name else quoted(name)


def quoted(text: str) -> str:
    """What somebody wrote, in a message: short, on one line, and no secret that stands in the wrong field."""
    clean = redact_text(text[:_LOOKED_AT], secrets=())
    return ascii(clean[:_LONGEST]) + ("..." if len(text) > _LONGEST else "")


def refusal(problems: Sequence[Problem], *, count: int | None = None) -> ManifestError:
    """The error for all of them; `count` is how many there are where these are the first alone."""
    lines = [str(problem) for problem in problems]
    total = count or len(lines)
    head = [] if total == 1 else [f"{total:,} problems:"]
    tail = [] if total == len(lines) else [f"and {total - len(lines):,} more"]
    details = {"problems": [asdict(problem) for problem in problems]}
    return ManifestError("\n".join((*head, *lines, *tail)), details=details)
