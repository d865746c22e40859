"""Measures a selection of rows: each row by timed tasks, by rates, by fresh processes or by size."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from benchmarks.lineup import Lineup
from benchmarks.measure import Figure, Plan, interleave
from benchmarks.rows import BY_ID, Row
from benchmarks.spawn import Child, first_result_s
from benchmarks.subject import Subject
from benchmarks.tasks import PER_REPETITION, TASKS, frozen_image, parse
from benchmarks.throughput import ProcessWorker, ThreadWorker, scaling

Figures: TypeAlias = dict[str, Figure]
"""By subject."""
IDLE_MACHINES: Final = 50
_SCALE: Final = {"us": 1e6, "ms": 1e3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One row, measured."""

    row: Row
    figures: Figures
    excuses: Mapping[str, str] = field(default_factory=dict)
    """Why a subject has no figure."""


def sweep(rows: Iterable[Row], lineup: Lineup, plan: Plan, *, tell: Callable[[Row], None]) -> list[Result]:
    """Measure `rows` in order; `tell` hears of each before it begins."""
    known: dict[str, Figures] = {}
    results = []
    for row in rows:
        tell(row)
        if row.id not in known:
            known |= _MEASURES.get(row.id, _timed)(row, lineup, plan)
        results.append(Result(row=row, figures=known[row.id], excuses=lineup.excuses(row)))
    return results


def _timed(row: Row, lineup: Lineup, plan: Plan) -> dict[str, Figures]:
    tasks = {name: TASKS[row.id](subject) for name, subject in lineup.able(row).items()}
    scale = _SCALE[row.unit] / PER_REPETITION.get(row.id, 1)
    return {row.id: interleave(tasks, plan, scale=scale)}


def _size(row: Row, lineup: Lineup, _: Plan) -> dict[str, Figures]:
    sizes = {name: len(frozen_image(subject)) for name, subject in lineup.able(row).items()}
    return {row.id: {name: Figure.of([[size]], scale=1e-3) for name, size in sizes.items()}}


def _kind(subject: Subject, row: Row) -> str:
    """The name under which a child process or a thread finds the class of `subject`."""
    return row.side if subject.name == "belljar" else subject.name


def _idle(row: Row, lineup: Lineup, plan: Plan) -> dict[str, Figures]:
    out: dict[str, Figures] = {"W6": {}, "W6-own": {}}
    for name, subject in lineup.able(row).items():
        samples = [_idle_sample(_kind(subject, row)) for _ in range(max(1, plan.processes // 4))]
        out["W6"][name] = Figure.of([[resident] for resident, _ in samples], scale=1e-3)
        out["W6-own"][name] = Figure.of([[own] for _, own in samples], scale=1e-3)
    return out


def _idle_sample(kind: str) -> tuple[float, float]:
    with Child("idle", kind, str(IDLE_MACHINES)) as child:
        return float(child.hear()), float(child.hear())


def _first_result(row: Row, lineup: Lineup, plan: Plan) -> dict[str, Figures]:
    able = lineup.able(row)
    samples: dict[str, list[list[float]]] = {name: [] for name in able}
    for number in range(plan.processes + 1):
        for name, subject in able.items():
            taken = first_result_s(subject.first_result)
            if number:  # the first fills the caches
                samples[name].append([taken])
    return {row.id: {name: Figure.of(each, scale=1e3) for name, each in samples.items()}}


def _rates(ids: tuple[str | None, str | None, str], worker: type, action: str) -> Callable[..., dict[str, Figures]]:
    """`ids`: the rows of one worker, of two, and of their ratio."""

    def measure(row: Row, lineup: Lineup, plan: Plan) -> dict[str, Figures]:
        out: dict[str, Figures] = {id_: {} for id_ in ids if id_ is not None}
        for name, subject in lineup.able(row).items():
            for id_, figure in zip(ids, scaling(worker, _kind(subject, row), action, plan), strict=True):
                if id_ is not None:
                    out[id_][name] = figure
        return out

    return measure


def _linear(row: Row, lineup: Lineup, plan: Plan) -> dict[str, Figures]:
    out = {}
    for name, subject in lineup.able(row).items():
        taken = interleave({"long": parse(20_000)(subject), "short": parse(10_000)(subject)}, plan, scale=1.0)
        ratios = [long / short for long, short in zip(taken["long"].rounds, taken["short"].rounds, strict=True)]
        out[name] = Figure.of([[ratio] for ratio in ratios])
    return {row.id: out}


_THREADS = _rates(("W8-1", "W8-2", "W8-threads"), ThreadWorker, "tools")
_MEASURES: Final[Mapping[str, Callable[[Row, Lineup, Plan], dict[str, Figures]]]] = {
    "W5-bytes": _size,
    "W6": _idle,
    "W6-own": _idle,
    "W7": _first_result,
    "W8-1": _THREADS,
    "W8-2": _THREADS,
    "W8-threads": _THREADS,
    "W8-compute": _rates((None, None, "W8-compute"), ThreadWorker, "compute"),
    "W8-processes": _rates((None, None, "W8-processes"), ProcessWorker, "tools"),
    "parse-linear": _linear,
}
assert set(_MEASURES) | set(TASKS) == set(BY_ID), "a row without a measure"
