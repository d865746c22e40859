"""File patterns: `*.py`, `src/**/*.{ts,tsx}`, `**/test_?.py`. Pure, and never slower than path times pattern.

`*`, `?` and `[...]` stay within a name, `**` is any number of folders, `{a,b}` either. A pattern without a slash fits
the name alone, at any depth. Letter case counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Final

from belljar.errors import ToolValidationError

_MOST_ALTERNATIVES: Final = 64
_MOST_CHARACTERS: Final = 1_000
_BRACES: Final = re.compile(r"\{([^{}]*)\}")


def globber(glob: str) -> Callable[[str], bool]:
    """Whether a path fits; an empty pattern fits all. Raises ToolValidationError for a pattern that is too long."""
    if not glob:
        return lambda _path: True
    patterns = [_segments(each) for each in _alternatives(glob)]
    return lambda path: any(_fits(path.split("/"), pattern) for pattern in patterns)


def _segments(glob: str) -> tuple[str, ...]:
    plain = glob.removeprefix("./").strip("/")
    return tuple(plain.split("/")) if "/" in glob.removeprefix("./") else ("**", plain)


def _alternatives(glob: str) -> list[str]:
    """The pattern without its braces, inner ones first."""
    if len(glob) > _MOST_CHARACTERS:
        raise ToolValidationError(f"glob: a pattern of more than {_MOST_CHARACTERS:,} characters")
    ready, waiting = list[str](), [glob]
    while waiting:
        current = waiting.pop()
        match = _BRACES.search(current)
        if match is None:
            ready.append(current)
        else:
            waiting += [current[: match.start()] + each + current[match.end() :] for each in match[1].split(",")]
        if len(ready) + len(waiting) > _MOST_ALTERNATIVES:
            raise ToolValidationError(f"glob: {glob!r} stands for more than {_MOST_ALTERNATIVES} patterns")
    return ready


def _fits(names: Sequence[str], pattern: tuple[str, ...]) -> bool:
    """Row by row: after each part of the pattern, which numbers of names it may have used up."""
    reached = {0}
    for part in pattern:
        if part == "**":
            reached = set(range(min(reached), len(names) + 1))
        else:
            reached = {at + 1 for at in reached if at < len(names) and _name_fits(names[at], part)}
        if not reached:
            return False
    return len(names) in reached


@lru_cache(4096)
def _name_fits(name: str, part: str) -> bool:
    # fnmatch turns every `*` into an atomic group, so it does not backtrack: linear for each star
    return fnmatchcase(name, part)
