"""The benchmark's clock, table and report, with figures made up; and belljar's own work, once each."""

from __future__ import annotations

import json
from typing import Any

import pytest

from benchmarks.__main__ import main
from benchmarks.lineup import SIDES, Lineup
from benchmarks.measure import Figure, Plan, Task, WrongResultError, batch, interleave
from benchmarks.phases import Tracer, traced
from benchmarks.report import Computer, Report, SubjectFacts, number
from benchmarks.rows import BY_ID, Row, select
from benchmarks.subject import Subject
from benchmarks.sweep import Result
from benchmarks.tasks import TASKS
from benchmarks.throughput import repeat
from benchmarks.workloads import Work, typescript

OURS = Figure.of([[0.25, 0.75], [0.5]], scale=400)
THEIRS = Figure.of([[2.5, 2.5], [2.5]], scale=400)
REPORT = Report(
    date="2026-11-21 03:00 UTC",
    computer=Computer(cpu="CPU | 9000", cores=2, kernel="Linux 6", python="3.11.7", load=(0.25, 1.5)),
    plan=Plan(rounds=2),
    subjects=[
        SubjectFacts(name="belljar", version="0.1.0", settings="defaults"),
        SubjectFacts(name="peer", version="1.2", settings="as its page says"),
        SubjectFacts(name="absent", version="", settings="none"),
    ],
    results=[
        Result(row=BY_ID["W1"], figures={"belljar": OURS, "peer": THEIRS}, excuses={"absent": "not installed"}),
        Result(
            row=BY_ID["W5-thaw"],
            figures={"belljar": OURS},
            excuses={"peer": "no: freeze", "absent": "not installed"},
        ),
        Result(row=BY_ID["W8-threads"], figures={"belljar": THEIRS, "peer": OURS, "absent": OURS}),
        Result(row=BY_ID["W2-new"], figures={"belljar": OURS, "peer": OURS, "absent": THEIRS}),
    ],
)


def test_markdown_shows_targets_verdicts_ratios_and_excuses() -> None:
    """The tables are these, to the character."""
    lines = REPORT.to_markdown().splitlines()
    tables = [line for line in lines if line.startswith("|")]

    assert lines[:4] == [
        "# belljar beside its peers",
        "",
        "2026-11-21 03:00 UTC; CPU | 9000, 2 cores, Linux 6, Python 3.11.7;",
        "load 0.2 to 1.5; 2 rounds.",
    ]
    assert tables == [
        "|  | work | unit | to reach | belljar | p90 |  | peer | absent |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
        "| W1 | fresh machine, `return 1+1`, dropped | us | ≤ 120 | 200 | 300 | **missed** | 1,000 (0.20) "
        "| not installed |",
        "| W5-thaw | thaw it | us | ≤ 150 | 200 | 300 | **missed** | no: freeze | not installed |",
        "| W8-threads | W2, two threads over one | x | ≥ 1.00 | 1,000 | 1,000 | met | 200 (5.00) | 200 (5.00) |",
        "| W2-new | the same, a script not seen before | us |  | 200 | 300 |  | 200 (1.00) | 1,000 (0.20) |",
        "| subject | version | settings |",
        "| --- | --- | --- |",
        "| belljar | 0.1.0 | defaults |",
        "| peer | 1.2 | as its page says |",
        "| absent | not installed | none |",
    ]


def test_json_holds_the_raw_figures_of_every_row() -> None:
    """The document survives JSON, and a row tells its target, its verdict, every round and the ratio."""
    document = json.loads(json.dumps(REPORT.to_dict()))

    assert [row["met"] for row in document["rows"]] == [False, False, True, None]
    assert document["rows"][0]["excuses"] == {"absent": "not installed"}
    assert document["rows"][0]["figures"]["belljar"] == {
        "median": 200.0,
        "p90": 300.0,
        "low": 100.0,
        "count": 3,
        "rounds": [200.0, 200.0],
    }
    assert document["rows"][0]["figures"]["peer"]["ours_over_this"] == pytest.approx(0.2)


def test_a_ratio_compares_the_same_rounds() -> None:
    """A computer that is slow in one round is slow for both: the ratio does not see it."""
    ours = Figure.of([[1.0], [10.0], [1.0]])
    theirs = Figure.of([[2.0], [20.0], [2.0]])

    assert ours.over(theirs) == 0.5


NUMBERS = {1234.5: "1,234", 99.94: "99.9", 10.0: "10.0", 9.876: "9.88", 0.0314: "0.03"}


@pytest.mark.parametrize(("value", "text"), NUMBERS.items())
def test_a_figure_is_shown_with_the_digits_that_count(value: float, text: str) -> None:
    """Large figures lose their decimals, small ones keep two."""
    assert number(value) == text


def test_a_wrong_value_ends_the_benchmark() -> None:
    """A subject that computes something else has no time."""
    with pytest.raises(WrongResultError, match=r"^broken gave 4, expected 2$"):
        batch("broken", Task(run=lambda _: 4, expected=2), 1)
    with pytest.raises(WrongResultError, match=r"^broken gave 4, expected 2$"):
        repeat("broken", lambda: 4, 2, 0.01)


def test_subjects_take_turns_and_setup_is_not_timed() -> None:
    """In each round every subject has one batch, and who begins changes."""
    order: list[str] = []

    def task(name: str) -> Task:
        return Task(setup=lambda: order.append(name), run=lambda _: sum(range(40_000)), expected=799_980_000)

    plan = Plan(rounds=3, batch_s=0.0, warmup_s=0.0)
    figures = interleave({"a": task("a"), "b": task("b")}, plan, scale=1e3)

    assert "".join(order[-6:]) == "abbaab"
    assert [(name, figure.count) for name, figure in figures.items()] == [("a", 3), ("b", 3)]
    assert 0 < figures["a"].low <= figures["a"].median <= figures["a"].p90


class Absent(Subject):
    """A peer that nobody can install."""

    name, module, distribution, settings = "absent", "no_such_module_anywhere", "no-such-distribution", ""

    def open(self) -> Any:
        raise NotImplementedError

    def evaluate(self, machine: Any, work: Work) -> Any:
        raise NotImplementedError

    def call_tools(self, work: Work) -> Any:
        raise NotImplementedError


class Frostless(Absent):
    """A peer that cannot freeze."""

    name, module, distribution = "frostless", "json", "json"
    lacks = {"freeze": "no: freeze"}  # noqa: RUF012 - a class of this test alone


def test_a_missing_peer_and_a_missing_feature_are_told_not_raised() -> None:
    """What is not installed has no figure in any row; what a peer lacks is named in the rows that need it."""
    with Frostless() as peer, SIDES["machine"]() as machine:
        lineup = Lineup(kinds={"absent": Absent, "frostless": Frostless}, open={"machine": machine, "frostless": peer})

        assert not Absent.installed()
        assert lineup.excuses(BY_ID["W1"]) == {"absent": "not installed"}
        assert lineup.excuses(BY_ID["W5-thaw"]) == {"absent": "not installed", "frostless": "no: freeze"}
        assert list(lineup.able(BY_ID["W1"])) == ["belljar", "frostless"]
        assert list(lineup.able(BY_ID["W5-thaw"])) == ["belljar"]


def test_rows_are_chosen_by_id_or_by_their_first_part() -> None:
    """W5 is three rows, W4-fib one; order is the table's."""
    assert [row.id for row in select("W4-fib,W5")] == ["W4-fib", "W5-freeze", "W5-thaw", "W5-bytes"]
    assert len(select(None)) == len(BY_ID)


def test_an_unknown_row_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, and the rows there are."""
    assert main(["--only", "W99"]) == 2
    assert capsys.readouterr().err == f"no row is called 'W99'; rows: {', '.join(BY_ID)}\n"


def test_a_target_is_met_on_its_right_side() -> None:
    """At the target counts; without a target there is no verdict."""
    less = Row(id="a", title="", unit="us", ability="run", target=10)
    more = Row(id="b", title="", unit="x", ability="run", target=10, more_is_better=True)
    told = Row(id="c", title="", unit="us", ability="run")

    assert [less.met(value) for value in (9.0, 10.0, 11.0)] == [True, True, False]
    assert [more.met(value) for value in (9.0, 10.0, 11.0)] == [False, True, True]
    assert told.met(1.0) is None


@pytest.mark.parametrize("size", [5_000, 10_000, 20_000])
def test_the_typescript_to_parse_has_exactly_the_size_asked_for(size: int) -> None:
    """And is another text for every serial number."""
    first, second = typescript(size, 1), typescript(size, 2)

    assert (len(first.encode()), len(second.encode())) == (size, size)
    assert first != second


@pytest.mark.parametrize("row", TASKS)
def test_belljar_computes_what_each_row_expects(row: str) -> None:
    """One repetition of every timed row gives the value that was worked out without it."""
    with SIDES[BY_ID[row].side]() as subject:
        assert len(batch(row, TASKS[row](subject), 1)) == 1


def test_the_profile_names_functions_that_exist() -> None:
    """No seam has moved away."""
    with traced(Tracer()) as gone:
        assert list(gone) == []


def test_a_phase_is_charged_for_its_own_time_only() -> None:
    """What one seam calls of another counts once, for the inner one."""
    tracer = Tracer()
    inner = tracer.wrap(lambda: sum(range(200_000)), "inner")
    outer = tracer.wrap(lambda: inner(), "outer")

    outer()

    costs = tracer.costs()
    assert {phase: cost.calls for (_, phase), cost in costs.items()} == {"inner": 1, "outer": 1}
    assert costs["main", "outer"].seconds < costs["main", "inner"].seconds
