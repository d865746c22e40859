"""The results as JSON and as Markdown. Pure: what it needs to know of the computer and the date is given.

Neither has a host name, a user name or a path in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from benchmarks.lineup import OURS
from benchmarks.measure import Figure, Plan
from benchmarks.sweep import Result

_VERDICTS: Final = {True: "met", False: "**missed**", None: ""}
_HOW: Final = """\
Each cell is a median; in brackets, ours divided by the peer's: below 1.00 belljar is faster or smaller (for runs/s and
x, above 1.00). Subjects take turns in short batches and a ratio is the median of the ratios inside each round, so it
says more than two figures of a shared computer do. Garbage is collected before a batch and not during it; there are
untimed repetitions first; every result is compared with the expected value. W4 is evaluation in a machine that is
open; everything else includes opening it. W8's ratios are of the best rounds, and ask for a computer whose cores are
free: see the load. No peer validates arguments, asks for approval or keeps a journal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Computer:
    """Where it was measured."""

    cpu: str
    cores: int
    kernel: str
    python: str
    load: tuple[float, float]
    """Processes that wanted to run, averaged over a minute, before and after."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectFacts:
    """Who was measured."""

    name: str
    version: str
    """Empty where it is not installed."""
    settings: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All of one benchmark run."""

    date: str
    """As in ISO 8601."""
    computer: Computer
    plan: Plan
    subjects: Sequence[SubjectFacts]
    results: Sequence[Result]

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON data with the raw figures."""
        return {
            "date": self.date,
            "computer": asdict(self.computer),
            "plan": asdict(self.plan),
            "subjects": [asdict(subject) for subject in self.subjects],
            "rows": [_row_dict(result) for result in self.results],
        }

    def to_markdown(self) -> str:
        """Tables for people."""
        computer = self.computer
        load = " to ".join(f"{each:.1f}" for each in computer.load)
        return "\n".join(
            [
                "# belljar beside its peers",
                "",
                f"{self.date}; {computer.cpu}, {computer.cores} cores, {computer.kernel}, Python {computer.python};",
                f"load {load}; {self.plan.rounds} rounds.",
                "",
                _HOW,
                "",
                *_figures_table(self.results, [subject.name for subject in self.subjects]),
                "",
                *_subjects_table(self.subjects),
                "",
            ]
        )


def _row_dict(result: Result) -> dict[str, Any]:
    row, ours = result.row, result.figures.get(OURS)
    figures = {name: asdict(figure) for name, figure in result.figures.items()}
    for name, data in figures.items():
        if ours is not None and name != OURS:
            data["ours_over_this"] = ours.over(result.figures[name])
    return {
        "id": row.id,
        "title": row.title,
        "unit": row.unit,
        "target": row.target,
        "more_is_better": row.more_is_better,
        "met": row.met(ours.median) if ours is not None else None,
        "figures": figures,
        "excuses": dict(result.excuses),
    }


def _figures_table(results: Sequence[Result], names: Sequence[str]) -> list[str]:
    peers = [name for name in names if name != OURS]
    head = ["", "work", "unit", "to reach", "belljar", "p90", "", *peers]
    return _table(head, [_figures_line(result, peers) for result in results])


def _figures_line(result: Result, peers: Sequence[str]) -> list[str]:
    row, ours = result.row, result.figures[OURS]
    limit = "" if row.target is None else ("≥ " if row.more_is_better else "≤ ") + number(row.target)
    mine = [number(ours.median), number(ours.p90), _VERDICTS[row.met(ours.median)]]
    return [row.id, row.title, row.unit, limit, *mine, *(_peer_cell(name, result, ours) for name in peers)]


def _peer_cell(name: str, result: Result, ours: Figure) -> str:
    if name not in result.figures:
        return result.excuses[name]
    figure = result.figures[name]
    return f"{number(figure.median)} ({ours.over(figure):.2f})"


def _subjects_table(subjects: Sequence[SubjectFacts]) -> list[str]:
    lines = [[each.name, each.version or "not installed", each.settings] for each in subjects]
    return _table(["subject", "version", "settings"], lines)


def _table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> list[str]:
    rule = ["---"] * len(head)
    return [f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in (head, rule, *lines)]


def number(value: float) -> str:
    """Three digits that count, with separators: 1,234; 12.3; 1.23."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
