"""Files in portions, each for one child process; and how one bad file does not cost the others their scan."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from belljar.agents.security._child import ChildFailedError
from belljar.agents.security._finding import ScanFinding
from belljar.agents.security._problem import ScanProblem
from belljar.agents.security._walk import SourceFile

BATCH_FILES: Final = 400
BATCH_BYTES: Final = 4 << 20
MOST_BY_FILES: Final = 100
MOST_BY_BYTES: Final = 75
"""Portions are larger where there would be more of them: a job has at most 1,000 steps, a tool here less than 300."""
CHILD_S: Final = 120.0
"""For one portion of that size. The slowest tools do 300 to 500 kB in a second (2 cores, 2026)."""
FAILURES: Final = 12
"""Children of one portion that may fail. To find one file among 400 takes 9."""


@dataclass(slots=True, kw_only=True)
class Found:
    """What a tool has to say of some files."""

    findings: list[ScanFinding] = field(default_factory=list)
    problems: list[ScanProblem] = field(default_factory=list)
    extra: list[Any] = field(default_factory=list)
    """What the tool found beside, as plain data."""

    def add(self, other: Found) -> None:
        """Take over what another one has."""
        self.findings += other.findings
        self.problems += other.problems
        self.extra += other.extra


def batches(files: Sequence[SourceFile]) -> Iterator[tuple[SourceFile, ...]]:
    """Portions of bounded number and size; a file that is larger than a portion may be is one of its own."""
    most_files = max(BATCH_FILES, len(files) // MOST_BY_FILES)
    most_bytes = max(BATCH_BYTES, sum(file.size for file in files) // MOST_BY_BYTES)
    batch: list[SourceFile] = []
    room = most_bytes
    for file in files:
        if batch and (len(batch) >= most_files or file.size > room):
            yield tuple(batch)
            batch, room = [], most_bytes
        batch.append(file)
        room -= file.size
    if batch:
        yield tuple(batch)


async def divided(
    tool: str,
    batch: Sequence[SourceFile],
    work: Callable[[Sequence[SourceFile], float], Awaitable[Found]],
    *,
    seconds: float | None = None,
) -> Found:
    """What `work` finds in the files. A portion whose child fails is halved, down to the file that it fails on.

    All children together have `seconds`, by default as many as the portion's size needs. Whatever could not be looked
    at is a problem of level error.
    """
    found = Found()
    end = time.monotonic() + (_seconds(batch) if seconds is None else seconds)
    pending: list[Sequence[SourceFile]] = [batch]
    failures = 0
    while pending:
        part = pending.pop()
        try:
            found.add(await work(part, max(end - time.monotonic(), 0.0)))
        except ChildFailedError as error:
            failures += 1
            if len(part) == 1 or failures >= FAILURES or time.monotonic() >= end:
                found.problems.append(_failure(tool, part, error))
            else:
                pending += [part[len(part) // 2 :], part[: len(part) // 2]]
        await asyncio.sleep(0)
    return found


def _seconds(batch: Sequence[SourceFile]) -> float:
    return CHILD_S * max(1.0, sum(file.size for file in batch) / BATCH_BYTES, len(batch) / BATCH_FILES)


def _failure(tool: str, part: Sequence[SourceFile], error: ChildFailedError) -> ScanProblem:
    if len(part) == 1:
        message = f"{tool} failed on the file: {error}"
        return ScanProblem(tool=tool, level="error", message=message, path=part[0].shown)
    message = f"{tool} failed on {len(part):,} files, {part[0].shown} to {part[-1].shown}: {error}"
    return ScanProblem(tool=tool, level="error", message=message)
