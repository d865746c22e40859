"""The clock: work of several subjects measured in turns, and the figures drawn from it.

Rule 1: subjects take turns in short batches (A B C, B C A, ...), so that what else the computer does meets all of
them; ratios are those of the same round. Rule 2: the collector is run before a batch and off during it. Rule 3: every
result is compared with the expected value; a wrong one ends the benchmark.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any

MIN_WARMUP = 2
MAX_BATCH = 500
"""Repetitions in one batch."""


class WrongResultError(AssertionError):
    """A subject gave another value than the work has: its time means nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How long to measure."""

    rounds: int = 11
    """Turns of each subject."""
    batch_s: float = 0.06
    """Length of one turn; at least one repetition is made."""
    warmup_s: float = 0.12
    """Untimed repetitions of each subject before the first round; at least MIN_WARMUP, and one that loads things."""
    processes: int = 11
    """Fresh processes per subject, where one is measured per process."""
    rate_rounds: int = 12
    rate_s: float = 0.2
    """Length of one turn where repetitions per second are counted."""


FULL = Plan()
QUICK = Plan(rounds=5, batch_s=0.02, warmup_s=0.04, processes=3, rate_rounds=4, rate_s=0.1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One repetition in three parts, of which only `run` is timed."""

    run: Callable[[Any], Any]
    """Gets what `setup` gave."""
    expected: Any
    setup: Callable[[], Any] = lambda: None
    finish: Callable[[Any, Any], Any] = lambda _, result: result
    """Gets what `setup` and `run` gave, cleans up, and gives the value to compare with `expected`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One subject's figure in one row, in the row's unit."""

    median: float
    p90: float
    low: float
    count: int
    """Repetitions that were timed."""
    rounds: tuple[float, ...]
    """The median of each round: pairs with the same round of another subject."""

    @classmethod
    def of(cls, rounds: Sequence[Sequence[float]], *, scale: float = 1.0) -> Figure:
        """From the samples of each round, times `scale`."""
        values = sorted(value * scale for each in rounds for value in each)
        return cls(
            median=median(values),
            p90=values[min(len(values) - 1, len(values) * 9 // 10)],
            low=values[0],
            count=len(values),
            rounds=tuple(median(each) * scale for each in rounds),
        )

    def over(self, other: Figure) -> float:
        """This figure divided by another: the median over rounds that both took part in."""
        pairs = list(zip(self.rounds, other.rounds, strict=False))
        return median(mine / theirs for mine, theirs in pairs)


def check(name: str, result: Any, expected: Any) -> None:
    """Raise WrongResultError unless they are equal."""
    if result != expected:
        raise WrongResultError(f"{name} gave {result!r}, expected {expected!r}")


def interleave(tasks: Mapping[str, Task], plan: Plan, *, scale: float) -> dict[str, Figure]:
    """Seconds of one repetition, times `scale`, of each named task."""
    counts = {name: _warm_up(name, task, plan) for name, task in tasks.items()}
    samples: dict[str, list[list[float]]] = {name: [] for name in tasks}
    names = list(tasks)
    for number in range(plan.rounds):
        turn = number % max(len(names), 1)
        for name in names[turn:] + names[:turn]:
            samples[name].append(batch(name, tasks[name], counts[name]))
    return {name: Figure.of(rounds, scale=scale) for name, rounds in samples.items()}


def _warm_up(name: str, task: Task, plan: Plan) -> int:
    """Repeat untimed, and tell how many repetitions fill a batch."""
    _repeat(name, task, 1)  # loads what is loaded once
    begin = time.perf_counter()
    times: list[float] = []
    while len(times) < MIN_WARMUP or time.perf_counter() - begin < plan.warmup_s:
        times += _repeat(name, task, 1)
    return max(1, min(MAX_BATCH, int(plan.batch_s / median(times))))


def batch(name: str, task: Task, count: int) -> list[float]:
    """Seconds of each of `count` repetitions. A short one is made once more, untimed, after the collection."""
    with quiet():
        if count > 1:
            _repeat(name, task, 1)
        return _repeat(name, task, count)


def _repeat(name: str, task: Task, count: int) -> list[float]:
    out = []
    for _ in range(count):
        state = task.setup()
        begin = time.perf_counter()
        result = task.run(state)
        out.append(time.perf_counter() - begin)
        check(name, task.finish(state, result), task.expected)
    return out


@contextmanager
def quiet() -> Iterator[None]:
    """No garbage collection inside; one before it."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
