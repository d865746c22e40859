"""Many tests in worker processes, for as long as the plan allows.

Rule 1: a test can cost its time limit and no more. A worker in which a machine does not stop at its limit ends itself.
Rule 2: no test is lost. When a worker dies, what was under way is run again one by one, and the test that kills its
worker again is told of: the engine ended its host.
"""

from __future__ import annotations

import contextlib
import faulthandler
import itertools
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path
from typing import Final, TypeAlias

from campaign.test262._body import LIMITS, Verdict, judge
from campaign.test262._causes import cause_of
from campaign.test262._suite import Case, Suite, spread, why_skipped
from campaign.test262._upstream import Upstream, read_upstream

WORKERS: Final = 2
BATCH: Final = 10
"""Tests that a worker gets at once: a fifth of a second's work, unless they hang."""
ROUND: Final = 16
"""Batches between two looks at the clock."""
OVERRUN_S: Final = 2 * LIMITS.timeout_ms / 1000 + 5
"""From when on a machine that has not stopped takes its worker with it. Starting an engine is within."""

HOST_RAISED: Final = "the host raised"
"""How the message of a test begins that made belljar raise instead of answer."""

Batch: TypeAlias = tuple[str, ...]
Work: TypeAlias = Callable[[Path, tuple[str, ...], Batch], "tuple[Result, ...]"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of one test."""

    path: str
    skipped: str = ""
    """Why it was not run."""
    skipped_upstream: bool = False
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    """By engine. Empty where it was skipped, or where it killed its worker."""

    @property
    def died(self) -> bool:
        """Whether the test ended the process that ran it."""
        return not self.skipped and not self.verdicts


class Crew:
    """Worker processes that can be had anew. Spawned, not forked: engines have threads, which a fork loses."""

    def __init__(self, size: int, work: Callable[[Batch], tuple[Result, ...]]) -> None:
        self._size = size
        self._work = work
        self._pool: ProcessPoolExecutor | None = None

    def run(self, batches: Sequence[Batch]) -> Iterator[tuple[Result, ...]]:
        """The results of each batch in turn. Raises BrokenProcessPool where a worker died; then there are new ones."""
        self._pool = self._pool or ProcessPoolExecutor(self._size, mp_context=get_context("spawn"))
        try:
            yield from self._pool.map(self._work, batches)
        except BrokenProcessPool:
            self.close()
            raise

    def close(self) -> None:
        """End the workers."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
        self._pool = None


def attempts(suite: Suite, engines: tuple[str, ...], seconds: float, work: Work | None = None) -> Iterator[Result]:
    """The results of as many tests as there is time for, in the order of `spread`. `work` is `attempt`."""
    end = time.monotonic() + seconds
    batches = _batches(spread(suite.paths))
    task = partial(work or attempt, suite.root, engines)
    with contextlib.closing(Crew(WORKERS, task)) as crew:
        while time.monotonic() < end and (share := tuple(itertools.islice(batches, ROUND))):
            yield from _round(crew, task, share)


def _batches(paths: Iterable[str]) -> Iterator[Batch]:
    rest = iter(paths)
    while batch := tuple(itertools.islice(rest, BATCH)):
        yield batch


def _round(crew: Crew, task: Callable[[Batch], tuple[Result, ...]], batches: Sequence[Batch]) -> Iterator[Result]:
    done = 0
    try:
        for results in crew.run(batches):
            done += 1
            yield from results
    except BrokenProcessPool:
        with contextlib.closing(Crew(1, task)) as single:
            yield from (_alone(single, path) for path in itertools.chain(*batches[done:]))


def _alone(crew: Crew, path: str) -> Result:
    """One test in a worker that runs nothing else meanwhile."""
    try:
        return next(crew.run([(path,)]))[0]
    except BrokenProcessPool:
        return Result(path=path)


# -- in a worker ------------------------------------------------------------------------------------------------------


def attempt(root: Path, engines: tuple[str, ...], batch: Batch) -> tuple[Result, ...]:
    """Run a batch of tests on each engine, here."""
    suite = Suite(root=root, paths=())
    return tuple(_attempt_one(suite, engines, path) for path in batch)


def _attempt_one(suite: Suite, engines: tuple[str, ...], path: str) -> Result:
    try:
        case = suite.case(path)
    except UnicodeDecodeError:
        return Result(path=path, skipped="the file is not UTF-8")
    if why := why_skipped(suite, case):
        return Result(path=path, skipped=why)
    verdicts = {engine: _explained(case, engine, _judged(suite, case, engine)) for engine in engines}
    return Result(path=path, verdicts=verdicts, skipped_upstream=_upstream(suite.root).skips(case))


def _judged(suite: Suite, case: Case, engine: str) -> Verdict:
    faulthandler.dump_traceback_later(OVERRUN_S, exit=True)
    try:
        return judge(suite, case, engine)
    except Exception as error:  # whatever a script makes the host raise is what a campaign looks for
        return Verdict(passed=False, message=f"{HOST_RAISED} {type(error).__name__}: {error}")
    finally:
        faulthandler.cancel_dump_traceback_later()


def _explained(case: Case, engine: str, verdict: Verdict) -> Verdict:
    return verdict if verdict.passed else replace(verdict, cause=cause_of(case, engine, verdict.message))


@cache
def _upstream(root: Path) -> Upstream:
    return read_upstream(root)
