"""Which packages a repository pins: what an inventory reads out of its lock files, part by part.

The inventory is a plugin in the jar (`plugin/`), which has `files.read` and nothing else; but for TOML, whose grammar
is too large to be read by hand, it is Python's own reader in a child process (`_toml`). What either says is not
believed: it is checked here to be names, versions and lines. A package that could not be read is a finding. A file that
could not be read to its end is a problem, and the scan is not whole: no lock file is left out in silence.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from posixpath import dirname, join, normpath
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from belljar.agents.security._finding import ScanFinding
from belljar.agents.security._osv import TOOL, Pinned
from belljar.agents.security._problem import ScanProblem
from belljar.agents.security._stamp import with_prints
from belljar.agents.security._text import plain
from belljar.agents.security._walk import SourceFile

Kind = Literal["npm", "toml", "pip"]
Inventory = Callable[[Mapping[str, Any]], Awaitable[Any]]
"""Looks at one part and gives what is in it. Raises InventoryError."""
PARTS: Final = 100
"""Runs for one file, each of up to 512 kB or 1,000 packages."""
_KINDS: Final[Mapping[str, Kind]] = {
    "uv.lock": "toml",
    "poetry.lock": "toml",
    "package-lock.json": "npm",
    "npm-shrinkwrap.json": "npm",
}
_HELP: Final = "Write the lock file anew with its own tool, or look at these dependencies by hand."


class InventoryError(Exception):
    """There is no answer; the text says why."""


_Line = Annotated[int, Field(ge=1)]
_Word = Annotated[str, Field(max_length=1_000)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True)

    pinned: list[tuple[_Word, _Word, _Line]]
    problems: list[tuple[_Line, _Word]]
    unread: list[tuple[_Line, _Word]]
    included: list[tuple[_Line, _Word]]
    """Further files, by their paths from the folder of this one."""
    next: _Line | None
    state: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Locked:
    """What the lock files have."""

    pinned: tuple[Pinned, ...]
    findings: tuple[ScanFinding, ...]
    """About packages that could not be read."""
    problems: tuple[ScanProblem, ...]
    """About files that were not read to their end."""


def kind_of(path: str) -> Kind:
    """Which reader a lock file needs."""
    return _KINDS.get(path.rpartition("/")[2], "pip")


async def locked(files: Iterable[SourceFile], inventory: Inventory, others: Iterable[SourceFile] = ()) -> Locked:
    """What the files pin, and those of the `others` that they include, whatever those are called.

    The same package twice in one file counts where it comes first.
    """
    reading = _Reading(files, others)
    for file in reading.pending:  # which grows
        told: list[tuple[int, str]] = []
        async for part in _parts(file, inventory):
            told += part.problems
            reading.take(file, part)
        reading.findings += with_prints([_finding(file, *each) for each in told], lambda finding: finding.message)
    return reading.locked()


class _Reading:
    """What has been read, and what is still to be."""

    def __init__(self, files: Iterable[SourceFile], others: Iterable[SourceFile]) -> None:
        self.pending = list(files)
        self.findings: list[ScanFinding] = []
        self._there = {file.path: file for file in others}
        self._seen = {file.path for file in self.pending}
        self._pinned: dict[tuple[str, str, str, str], Pinned] = {}
        self._problems: list[ScanProblem] = []

    def take(self, file: SourceFile, part: _Part) -> None:
        """Take in what one part of a file has."""
        ecosystem = "npm" if kind_of(file.path) == "npm" else "PyPI"
        for name, version, line in part.pinned:
            package = Pinned(ecosystem=ecosystem, name=plain(name), version=plain(version), path=file.shown, line=line)
            self._pinned.setdefault((ecosystem, name, version, file.shown), package)
        for line, why in part.unread:
            self._tell(file, f"was not read from line {line} on: {why}")
        for line, name in part.included:
            self._include(file, line, normpath(join(dirname(file.path), name)))

    def _include(self, file: SourceFile, line: int, path: str) -> None:
        if path in self._seen:
            return
        if path not in self._there:
            self._tell(file, f"names in line {line} a further file that was not looked at")
            return
        self._seen.add(path)
        self.pending.append(self._there[path])

    def _tell(self, file: SourceFile, what: str) -> None:
        message = plain(f"the lock file {what}")
        self._problems.append(ScanProblem(tool=TOOL, level="error", message=message, path=file.shown))

    def locked(self) -> Locked:
        """All of it."""
        return Locked(
            pinned=tuple(self._pinned.values()), findings=tuple(self.findings), problems=tuple(self._problems)
        )


async def _parts(file: SourceFile, inventory: Inventory) -> AsyncIterator[_Part]:
    start, state = 1, None
    for _ in range(PARTS):
        asked = {"path": file.path, "kind": kind_of(file.path), "start": start, "state": state}
        try:
            part = _Part.model_validate_json(json.dumps(await inventory(asked)))
        except (InventoryError, ValidationError) as error:
            why = str(error) if isinstance(error, InventoryError) else "the inventory's answer is none"
            yield _ended(start, why)
            return
        yield part
        if part.next is None:
            return
        start, state = part.next, part.state
    yield _ended(start, "it has too many parts")


def _ended(line: int, why: str) -> _Part:
    return _Part(pinned=[], problems=[], unread=[(line, why)], included=[], next=None, state=None)


def _finding(file: SourceFile, line: int, message: str) -> ScanFinding:
    return ScanFinding(
        rule="dependency-unreadable",
        severity="low",
        confidence="high",
        message=plain(message[:1].upper() + message[1:]) + ".",
        path=file.shown,
        line=line,
        end_line=line,
        tool=TOOL,
        help=_HELP,
    )
