"""Repetitions per second with one and with two workers: threads of this process, or processes.

A worker has its own subject, which lives through all rounds. In a round the first one, or both, repeat an action for
the same length of time; rounds with one and with two follow each other. Scaling is the best rate of two over the best
of one: whatever else runs on the computer only ever takes from a rate, and from that of two more.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any, Protocol

from benchmarks.lineup import subject_kind
from benchmarks.measure import Figure, Plan, check, quiet
from benchmarks.spawn import Child
from benchmarks.tasks import ACTIONS

WORKERS = 2


class Worker(Protocol):
    """Repeats one action when told to."""

    def begin(self, seconds: float) -> None:
        """Repeat for so long; returns at once."""

    def rate(self) -> float:
        """Wait for the end of the turn: repetitions per second."""

    def __enter__(self) -> Worker: ...

    def __exit__(self, *_: object) -> None: ...


def repeat(name: str, action: Callable[[], object], expected: object, seconds: float) -> float:
    """Repetitions per second over `seconds`, every result checked."""
    done, begin = 0, time.perf_counter()
    end = begin + seconds
    while (now := time.perf_counter()) < end:
        check(name, action(), expected)
        done += 1
    return done / (now - begin)


class ThreadWorker:
    """A thread of this process, with its own subject."""

    def __init__(self, kind: str, action: str) -> None:
        self._kind = kind
        self._act, self._work = ACTIONS[action]

    def begin(self, seconds: float) -> None:
        self._turn = self._thread.submit(repeat, self._kind, self._once, self._work.expected, seconds)

    def rate(self) -> float:
        return self._turn.result()

    def __enter__(self) -> Worker:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="bench")
        self._subject = self._thread.submit(lambda: subject_kind(self._kind)().__enter__()).result()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.submit(self._subject.__exit__).result()
        self._thread.shutdown()

    def _once(self) -> object:
        return self._act(self._subject, self._work)


class ProcessWorker(Child):
    """A child process that does what ThreadWorker does."""

    def __init__(self, kind: str, action: str) -> None:
        super().__init__("rate", kind, action)

    def begin(self, seconds: float) -> None:
        self.tell(str(seconds))

    def rate(self) -> float:
        return float(self.hear())


def scaling(worker: Callable[[str, str], Any], kind: str, action: str, plan: Plan) -> tuple[Figure, Figure, Figure]:
    """Rates with one worker and with two, and the best of the second over the best of the first."""
    rates: dict[int, list[float]] = {1: [], 2: []}
    with ExitStack() as stack:
        workers = [stack.enter_context(worker(kind, action)) for _ in range(WORKERS)]
        _turn(workers, plan.warmup_s)
        for number in range(plan.rate_rounds):
            for size in (1, 2) if number % 2 else (2, 1):
                rates[size].append(_turn(workers[:size], plan.rate_s))
    one, both = (Figure.of([[rate] for rate in rates[size]]) for size in (1, 2))
    return one, both, Figure.of([[max(rates[2]) / max(rates[1])]])


def _turn(workers: Sequence[Worker], seconds: float) -> float:
    with quiet():
        for worker in workers:
            worker.begin(seconds)
        return sum(worker.rate() for worker in workers)
