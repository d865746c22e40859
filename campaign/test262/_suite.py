"""The suite on the disk: which tests there are, what their front matter says, which of them can run here at all.

The format is that of INTERPRETING.md in github.com/tc39/test262. Front matter is YAML, but what is wanted of it has
three shapes only, a word, a list in brackets, a list of lines with hyphens: they are read without a YAML library.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from textwrap import dedent
from typing import Final

ALWAYS: Final = ("assert.js", "sta.js")
"""Harness files that every test sees."""
GOLDEN: Final = (5**0.5 - 1) / 2
_FRONT_MATTER: Final = re.compile(r"/\*---(.*?)---\*/", re.DOTALL)
_COMMENT: Final = re.compile(r"(?:^|\s)#.*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Negative:
    """The error that a test is expected to end with."""

    phase: str
    """parse, early (its old name), resolution or runtime."""
    type: str
    """Name of the error's constructor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One test."""

    path: str
    """Below `test/`, with slashes."""
    source: str
    flags: frozenset[str] = frozenset()
    features: frozenset[str] = frozenset()
    includes: tuple[str, ...] = ()
    """Harness files besides those of ALWAYS."""
    negative: Negative | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """A checkout."""

    root: Path
    paths: tuple[str, ...] = field(repr=False)
    """Of all tests, below `test/`, sorted."""

    def case(self, path: str) -> Case:
        """Raises UnicodeDecodeError for a file that is not UTF-8."""
        return read_case(path, (self.root / "test" / path).read_bytes().decode())

    def harness(self, name: str) -> str:
        """The text of a harness file. Raises FileNotFoundError."""
        return _text(self.root / "harness" / name)


@cache
def _text(file: Path) -> str:
    return file.read_bytes().decode()


def open_suite(root: Path) -> Suite:
    """The suite below `root`. Raises FileNotFoundError where there is none."""
    for name in ALWAYS:
        _text(root / "harness" / name)
    folder = root / "test"
    files = (file.relative_to(folder).as_posix() for file in folder.rglob("*.js"))
    return Suite(root=root, paths=tuple(sorted(path for path in files if not path.endswith("_FIXTURE.js"))))


def read_case(path: str, source: str) -> Case:
    """A test from its text."""
    found = _FRONT_MATTER.search(source)
    fields = dict(_fields(found[1] if found else ""))
    negative = _words(fields.get("negative", ""))
    return Case(
        path=path,
        source=source,
        flags=frozenset(_words(fields.get("flags", ""))),
        features=frozenset(_words(fields.get("features", ""))),
        includes=tuple(_words(fields.get("includes", ""))),
        negative=Negative(phase=_after("phase:", negative), type=_after("type:", negative)) if negative else None,
    )


def _fields(front_matter: str) -> Iterator[tuple[str, str]]:
    """Each key that begins a line and the text up to the next one. The whole may be indented."""
    text = dedent("\n".join(front_matter.splitlines()))
    parts = re.split(r"^(\w+):", text, flags=re.MULTILINE)
    return zip(parts[1::2], parts[2::2], strict=True)


def _words(text: str) -> list[str]:
    """The words of a list of either shape, or of a mapping."""
    lines = (re.sub(r"^\s*-\s", " ", _COMMENT.sub("", line)) for line in text.splitlines())
    return re.sub(r"[\[\],]", " ", "\n".join(lines)).split()


def _after(key: str, words: Sequence[str]) -> str:
    at = words.index(key) + 1 if key in words else len(words)
    return words[at] if at < len(words) else ""


def spread(paths: Sequence[str]) -> Iterator[str]:
    """All `paths`, in an order of which every beginning is spread evenly over the list.

    The multiples of the golden ratio that fall into a given part of the unit circle follow each other at no more than
    three distances (the three-distance theorem, V. T. Sós, 1958), whichever part it is.
    """
    return (paths[index] for index in sorted(range(len(paths)), key=lambda index: index * GOLDEN % 1))


# -- what cannot run here ---------------------------------------------------------------------------------------------

_SKIPPED_FLAGS: Final = {
    "module": "module code: a script is no module",
    "raw": "raw source: a script is always wrapped, and strict",
    "noStrict": "sloppy mode: a script is always strict",
}


def why_skipped(suite: Suite, case: Case) -> str | None:
    """Why a test asks for something that a strict function body cannot be given; None where it can run."""
    for flag, why in _SKIPPED_FLAGS.items():
        if flag in case.flags:
            return why
    if any(not (suite.root / "harness" / name).is_file() for name in case.includes):
        return "a harness file is missing in this checkout"
    if "$262" in case.source or any("$262" in suite.harness(name) for name in case.includes):
        return "$262: the host's realms, agents, garbage collector and detached buffers are not lent out"
    return None
