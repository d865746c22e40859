"""docs/benchmark.md: the figures of benchmarks/latest.json, against the targets and beside the peers."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from .text import page, table

LATEST: Final = Path(__file__).resolve().parents[2] / "benchmarks/latest.json"
_OURS: Final = "belljar"
_VERDICTS: Final = {True: "met", False: "**missed**", None: ""}
_HOW: Final = """\
Each figure is a median. Subjects take turns in short batches in one process, and a ratio is the median of the ratios
inside of each round, so it says more than two figures of a shared computer do. Garbage is collected before a batch and
not during it; there are untimed repetitions first; every result is compared with the expected value. W4 is evaluation
in a machine that is open; everything else includes opening it. W8's ratios ask for a computer whose cores are free: see
the load. `make bench` makes all of it anew."""


def benchmark() -> str:
    """The whole page."""
    latest = json.loads(LATEST.read_text(encoding="utf-8"))
    return page("Benchmarks", _where(latest), [_HOW], _targets(latest), _peers(latest), _subjects(latest))


def _where(latest: Mapping[str, Any]) -> str:
    computer = latest["computer"]
    kernel = computer["kernel"].partition("-")[0]
    load = " to ".join(f"{each:.1f}" for each in computer["load"])
    return (
        f"Measured on {latest['date']}: {computer['cpu']}, {computer['cores']} cores, "
        f"{kernel}, Python {computer['python']}, load {load}, {latest['plan']['rounds']} rounds."
    )


def _targets(latest: Mapping[str, Any]) -> Iterable[str]:
    rows = (_target_row(row) for row in latest["rows"])
    return ["## Against the targets", "", *table(("", "unit", "to reach", "median", "p90", "", "work"), rows)]


def _target_row(row: Mapping[str, Any]) -> tuple[str, ...]:
    ours, sign = row["figures"][_OURS], "≥" if row["more_is_better"] else "≤"
    target = "" if row["target"] is None else f"{sign} {number(row['target'])}"
    figures = number(ours["median"]), number(ours["p90"]), _VERDICTS[row["met"]]
    return row["id"], row["unit"], target, *figures, row["title"]


def _peers(latest: Mapping[str, Any]) -> Iterable[str]:
    peers = [each["name"] for each in latest["subjects"] if each["name"] != _OURS]
    about = (
        "In brackets, ours divided by the peer's: below 1.00 belljar takes less (for runs/s and x, above 1.00 it does "
        "more). No peer validates arguments, asks for approval or keeps a journal."
    )
    rows = (
        (row["id"], row["unit"], number(row["figures"][_OURS]["median"]), *_cells(row, peers)) for row in latest["rows"]
    )
    return ["## Beside the peers", "", *textwrap.wrap(about, 119), "", *table(("", "unit", _OURS, *peers), rows)]


def _cells(row: Mapping[str, Any], peers: Iterable[str]) -> Iterable[str]:
    for peer in peers:
        figure = row["figures"].get(peer)
        excuse = row["excuses"].get(peer, "")
        yield excuse if figure is None else f"{number(figure['median'])} ({figure['ours_over_this']:.2f})"


def _subjects(latest: Mapping[str, Any]) -> Iterable[str]:
    rows = ((each["name"], each["version"], each["settings"]) for each in latest["subjects"])
    return ["## How each was run", "", *table(("subject", "version", "settings"), rows)]


def number(value: float) -> str:
    """Three digits that count."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
