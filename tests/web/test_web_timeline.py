"""A run's time: from records to lanes, from lanes to a picture."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from belljar.journal import Record
from belljar.web._picture import draw
from belljar.web._timeline import Bar, Moment, Timeline, make_timeline

DAY = 86_400_000


def record(type_: str, **facts: Any) -> Record:
    return Record(type_, facts)


def question(**facts: Any) -> Any:
    """As much of a store's question as a timeline reads."""
    usual = {"ordinal": 2, "tool": "refund", "asked_ms": 1_200, "decided_ms": 1_000 + DAY, "state": "used"}
    return SimpleNamespace(**usual | {"request": SimpleNamespace(line=3)} | facts)


RECORDS = (
    record("run", now_ms=1_000),
    record("output", console=[{"level": "log", "text": "begin"}], progress=[{"message": "half"}], at_ms=1_100),
    record("intent", call=1, tool="find", line=2, at_ms=1_100),
    record("answer", call=1, error=None, at_ms=1_150),
    record("settle", calls=[1], now_ms=1_160),
    record("suspend", pending=[], spent_ms=200, at_ms=1_200),
    record("approval", call=2, tool="refund", verdict="approve_for_run", who="Ann", at_ms=1_000 + DAY),
    record("recover", calls=[{"call": 2, "tool": "refund", "how": "again"}], at_ms=1_300 + DAY),
    record("intent", call=2, tool="refund", line=3, at_ms=1_300 + DAY),
    record("answer", call=2, error={"code": "ToolExecutionError", "message": "no funds"}, at_ms=1_500 + DAY),
    record("intent", call=3, tool="note", line=4, at_ms=1_500 + DAY),
    record("abort", call=3, reason="the script ended", at_ms=1_600 + DAY),
    record("end", error=None, at_ms=1_600 + DAY),
)


def made(*records: Record, questions: Any = (), now_ms: int = 0) -> Timeline:
    timeline = make_timeline(records, questions, now_ms=now_ms)
    assert timeline is not None
    return timeline


def test_a_run_before_its_first_record_has_no_time() -> None:
    """It is queued."""
    assert make_timeline((), (), now_ms=5) is None


def test_every_record_has_its_place() -> None:
    """Calls as bars, waits and suspensions too; decisions, console, progress and recovery as moments."""
    run, find, refund, note = made(*RECORDS, questions=[question()]).lanes

    assert run.bars == [
        Bar(kind="run", start_ms=1_000, end_ms=1_200, text="running"),
        Bar(kind="suspended", start_ms=1_200, end_ms=1_300 + DAY, text="suspended, no process needed"),
        Bar(kind="run", start_ms=1_300 + DAY, end_ms=1_600 + DAY, text="running"),
    ]
    assert run.moments == [
        Moment(kind="console", at_ms=1_100, text="log: begin"),
        Moment(kind="progress", at_ms=1_100, text="half"),
        Moment(kind="recovery", at_ms=1_300 + DAY, text="another process went on; call 2: again"),
        Moment(kind="end", at_ms=1_600 + DAY, text="ended with a value"),
    ]
    assert (find.call, find.name, find.line) == (1, "find", 2)
    assert find.bars == [Bar(kind="done", start_ms=1_100, end_ms=1_150, text="answered")]
    assert refund.bars == [
        Bar(kind="failed", start_ms=1_300 + DAY, end_ms=1_500 + DAY, text="ToolExecutionError: no funds"),
        Bar(kind="wait", start_ms=1_200, end_ms=1_000 + DAY, text="waited for a person (used)"),
    ]
    assert refund.moments == [Moment(kind="decision", at_ms=1_000 + DAY, text="approve for run by Ann")]
    assert note.bars == [Bar(kind="aborted", start_ms=1_500 + DAY, end_ms=1_600 + DAY, text="the script ended")]


def test_what_goes_on_lasts_until_now() -> None:
    """An open call, an open question and the run itself."""
    timeline = made(*RECORDS[:3], questions=[question(state="open", decided_ms=None)], now_ms=9_000)

    assert [(lane.call, [(bar.kind, bar.end_ms) for bar in lane.bars]) for lane in timeline.lanes] == [
        (0, [("run", 9_000)]),
        (1, [("going", 9_000)]),
        (2, [("wait", 9_000)]),
    ]


def test_a_call_that_nobody_saw_end_is_unknown() -> None:
    """Where the run has ended and the call has no answer, and where the answer says so."""
    ended = made(RECORDS[0], RECORDS[2], record("end", error={"code": "X", "message": ""}, at_ms=2_000))
    said = made(*RECORDS[:3], record("answer", call=1, error={"code": "X", "message": "m"}, unknown=True, at_ms=1_200))

    assert ended.lanes[1].bars == [Bar(kind="unknown", start_ms=1_100, end_ms=2_000, text="no answer yet")]
    assert said.lanes[1].bars == [Bar(kind="unknown", start_ms=1_100, end_ms=1_200, text="X: m")]


def test_a_call_whose_process_died_is_unknown_from_then_on() -> None:
    """Its bar ends where another process went on; the run's ends at its last sign of life."""
    died = (*RECORDS[:3], record("recover", calls=[{"call": 1, "tool": "find", "how": "ask"}], at_ms=8_000))
    asked = question(ordinal=1, tool="find", asked_ms=8_000, decided_ms=None, state="open")
    run, find = made(*died, record("suspend", pending=[], at_ms=8_000), questions=[asked], now_ms=9_000).lanes

    assert [(bar.kind, bar.start_ms, bar.end_ms) for bar in run.bars] == [
        ("run", 1_000, 1_100),
        ("run", 8_000, 8_000),
        ("suspended", 8_000, 9_000),
    ]
    assert [(bar.kind, bar.start_ms, bar.end_ms) for bar in find.bars] == [
        ("unknown", 1_100, 8_000),
        ("wait", 8_000, 9_000),
    ]


def test_the_picture_breaks_its_axis_at_the_long_wait() -> None:
    """A day is drawn short, and what is beside it still has its order."""
    picture = draw(made(*RECORDS, questions=[question()]))
    run = [box for box in picture.boxes if box.title.startswith("run: running")]

    assert [label.text for label in picture.breaks] == ["23 h 59 min"]
    assert [label.text for label in picture.names] == ["run", "1 find", "2 refund", "3 note"]
    assert run[0].x + run[0].width < run[1].x
    assert run[0].width > 100
    assert [label.text for label in picture.ticks] == ["0 ms", "+200 ms", "+400 ms"]
    assert picture.summary == "1 d from the first record to the last, 3 calls, 1 long wait drawn short"
    assert [dot.kind for dot in picture.dots] == ["console", "progress", "recovery", "end", "decision"]


def test_the_table_says_what_the_picture_shows() -> None:
    """A row for each bar and each moment, in the order of time."""
    timeline = made(*RECORDS, questions=[question()])
    picture = draw(timeline)

    assert len(picture.rows) == len(picture.boxes) + len(picture.dots)
    assert [(row.at, row.lasted, row.what, row.text) for row in picture.rows[:3]] == [
        ("0 ms", "200 ms", "run", "run: running"),
        ("100 ms", "", "run", "console: log: begin"),
        ("100 ms", "", "run", "progress: half"),
    ]


def test_bars_stay_within_the_picture() -> None:
    """The thinnest one at the very end, too."""
    picture = draw(made(RECORDS[0], record("intent", call=1, tool="t" * 99, line=1, at_ms=2_000), now_ms=2_000))

    assert all(box.x >= 0 and box.x + box.width <= picture.width for box in picture.boxes)
    assert picture.names[1].text == f"1 {'t' * 21}…"


def test_a_run_of_many_calls_has_lanes_for_the_first_ones() -> None:
    """The others are in the table, and the picture says how many."""
    calls = [record("intent", call=n, tool="t", line=1, at_ms=1_000 + n) for n in range(1, 301)]
    picture = draw(made(RECORDS[0], *calls, now_ms=2_000))

    assert (len(picture.names), picture.left_out, len(picture.rows)) == (200, 101, 301)
