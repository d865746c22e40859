"""Secrets that no look at a part of a file would show: lines of a key, a value below its name.

Tools give files line by line, and a line of a private key looks like any other. So all files are looked through as a
whole, and what is a secret in one of them is known as a text from then on. It is kept in memory only.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from belljar.agents._model import looks_random
from belljar.audit import secret_spans
from belljar.audit._whole import NAMED
from belljar.packs._plain_file import beginning_of

_FILE_BYTES: Final = 1 << 20
"""Of a file that is looked through. 2 MB take a second, in which nothing else goes on."""
_ALL_BYTES: Final = 64 << 20
"""Of all files together."""
_SHORTEST: Final = 8
"""Characters of a line. What is shorter stands in texts that are none."""


def secrets_in(tree: Path, *, is_over: Callable[[], bool]) -> frozenset[str]:
    """Of all files that are text and not too large. In a thread: `is_over` is asked before each file."""
    found: set[str] = set()
    room = _ALL_BYTES
    for path in (Path(folder, name) for folder, _, names in os.walk(tree) for name in names):
        text = _text(path)
        room -= len(text)
        if is_over() or room < 0:
            break
        found.update(lines_of_secrets(text))
    return frozenset(found)


def _text(path: Path) -> str:
    """Nothing of what is no text."""
    try:
        data = beginning_of(path, _FILE_BYTES + 1, follow=False)
    except OSError:  # no plain file, or one that nobody here can read: no tool shows it either
        return ""
    return "" if len(data) > _FILE_BYTES or b"\0" in data else data.decode("utf-8", "replace")


def lines_of_secrets(text: str) -> Iterator[str]:
    """Each line of each secret in a text, without the blanks around it.

    What is known by its name alone counts where it looks random: a fixture's password is a word of the program, too.
    """
    for span in secret_spans(text):
        for line in map(str.strip, text[span.start : span.end].splitlines()):
            if len(line) >= _SHORTEST and not line.startswith("-----") and (span.kind != NAMED or looks_random(line)):
                yield line
