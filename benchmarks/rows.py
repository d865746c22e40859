"""The rows of the table: what each one measures, in which unit, and what is to be reached.

Targets are those of the design; the figures of the field behind them were measured in November 2026 on a 2-core box.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from benchmarks.subject import Ability


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the report."""

    id: str
    """What `--only` selects, by the part before the dash too."""
    title: str
    unit: str
    """us, ms, kB, runs/s or x (a ratio of two figures of the same subject)."""
    ability: Ability
    """What a subject must be able to do."""
    target: float | None = None
    """None where the row is only told."""
    more_is_better: bool = False
    side: Literal["machine", "harness"] = "machine"
    """Which part of belljar the row is about."""

    def met(self, figure: float) -> bool | None:
        """Whether `figure` reaches the target; None where there is none."""
        if self.target is None:
            return None
        return figure >= self.target if self.more_is_better else figure <= self.target


ROWS: Final = (
    Row(id="W1", title="fresh machine, `return 1+1`, dropped", unit="us", ability="run", target=120),
    Row(id="W1-clone", title="fresh machine alone, ready to start", unit="us", ability="run", target=20),
    Row(
        id="W2",
        title="3 tool calls, 2 of them parallel; ours with schema, budget, approval rule, journal",
        unit="us",
        ability="tools",
        target=600,
        side="harness",
    ),
    Row(id="W2-new", title="the same, a script not seen before", unit="us", ability="tools", side="harness"),
    Row(id="W2-machine", title="the same work at the machine", unit="us", ability="tools"),
    Row(
        id="W3",
        title="100 parallel tool calls, per call",
        unit="us",
        ability="tools",
        target=30,
        side="harness",
    ),
    Row(id="W3-machine", title="the same at the machine, per call", unit="us", ability="tools", target=12),
    Row(id="W4-fib", title="fib(25)", unit="ms", ability="run", target=10.7),
    Row(id="W4-loop", title="loop of 3 million", unit="ms", ability="run", target=143),
    Row(id="W4-json", title="JSON of 20,000 objects, both ways", unit="ms", ability="run", target=138),
    Row(id="W4-sort", title="sort 100,000 numbers", unit="ms", ability="run", target=103),
    Row(id="W4-append", title="200,000 appends", unit="ms", ability="run", target=32),
    Row(id="W5-freeze", title="freeze with two calls pending", unit="us", ability="freeze", target=500),
    Row(id="W5-thaw", title="thaw it", unit="us", ability="freeze", target=150),
    Row(id="W5-bytes", title="bytes of it", unit="kB", ability="freeze", target=80),
    Row(id="W6", title="resident memory of a machine that waits", unit="kB", ability="hold", target=250),
    Row(id="W6-own", title="of that, pages it shares with no other", unit="kB", ability="hold"),
    Row(
        id="W7",
        title="new process to first result, warm cache",
        unit="ms",
        ability="first",
        target=250,
        side="harness",
    ),
    Row(id="W8-1", title="W2 with one thread", unit="runs/s", ability="tools", more_is_better=True, side="harness"),
    Row(id="W8-2", title="W2 with two threads", unit="runs/s", ability="tools", more_is_better=True, side="harness"),
    Row(
        id="W8-threads",
        title="W2, two threads over one",
        unit="x",
        ability="tools",
        target=1.0,
        more_is_better=True,
        side="harness",
    ),
    Row(
        id="W8-compute",
        title="fib(22) in fresh machines, two threads over one",
        unit="x",
        ability="run",
        target=1.8,
        more_is_better=True,
    ),
    Row(
        id="W8-processes",
        title="W2, two worker processes over one",
        unit="x",
        ability="tools",
        target=1.8,
        more_is_better=True,
        side="harness",
    ),
    Row(
        id="parse",
        title="parse, check and erase 20 kB of TypeScript, not cached",
        unit="ms",
        ability="parse",
        target=10,
    ),
    Row(id="parse-linear", title="20 kB over 10 kB of the same", unit="x", ability="parse", target=2.4),
)

BY_ID: Final = {row.id: row for row in ROWS}


def select(only: str | None) -> tuple[Row, ...]:
    """The rows named by a comma-separated list of ids or of their first parts; all for None. Raises ValueError."""
    if only is None:
        return ROWS
    wanted = [name for name in only.split(",") if name]
    for name in wanted:
        if not any(_is_named(row, name) for row in ROWS):
            raise ValueError(f"no row is called {name!r}; rows: {', '.join(BY_ID)}")
    return tuple(row for row in ROWS if any(_is_named(row, name) for name in wanted))


def _is_named(row: Row, name: str) -> bool:
    return name in (row.id, row.id.partition("-")[0])
