"""What a trace tells, and what it leaves to the engines."""

from __future__ import annotations

from dataclasses import replace

import pytest

from belljar.limits import Limits
from campaign.known import RULES, explained, relaxed
from campaign.trace import MOST_STEPS, NOW_MS, STEP_MS, Answers, Setting, Trace, trace

THREE = "return await Promise.all([2, 3, 1].map((n) => tools.later({n})))"
TYPE_ERROR = ("error", "ScriptRuntimeError", "TypeError", 1, 8, "{}", ())


def traced(source: str, **setting: object) -> Trace:
    return trace(source, "quickjs", replace(Setting(), **setting))  # type: ignore[arg-type]  # each test names its own


def test_a_trace_tells_every_call_answer_line_and_end() -> None:
    """Everything a run does is an event, in order, with positions."""
    source = "console.log('a', 1)\nconst v = await tools.echo({value: [1, true]})\nreturn v"
    assert traced(source) == (
        ("console", "log", "a 1", 1, 9),
        ("call", 1, "echo", '[{"value":[1,true]}]', 2, 23),
        ("answer", 1),
        ("end", "[1,true]", ()),
    )


@pytest.mark.parametrize(
    ("answers", "order"),
    [("each", [(3,), (1,), (2,)]), ("all", [(3, 1, 2)]), ("last first", [(2,), (1,), (3,)])],
)
def test_the_policy_chooses_which_calls_are_answered(answers: Answers, order: list[tuple[int, ...]]) -> None:
    """The earliest alone, all earliest first, or the latest alone; `later({n})` says how early."""
    assert [event[1:] for event in traced(THREE, answers=answers) if event[0] == "answer"] == order


def test_the_clock_moves_with_every_answer() -> None:
    """Time in a trace is the number of steps."""
    source = "const a = Date.now(); await tools.echo({value: 1}); return [a, Date.now()]"
    assert traced(source)[-1] == ("end", f"[{NOW_MS},{NOW_MS + STEP_MS}]", ())


def test_an_engine_s_message_is_left_out_and_its_name_kept() -> None:
    """Engines word their errors each in its own way; what kind it is must be the same."""
    assert traced("return null.x") == ((*TYPE_ERROR[:4], 13, *TYPE_ERROR[5:]),)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("throw new TypeError('mine')", "TypeError: mine"),
        ("throw new Error(['joi', 'ned'].join(''))", "Error: joined"),
        ("throw 5", "the script threw 5"),
        ("await tools.boom({message: 'no'})", "no"),
    ],
)
def test_messages_of_the_script_and_of_tools_are_kept(source: str, message: str) -> None:
    """What the script says itself, and what belljar says of it, is compared."""
    assert traced(source)[-1][2] == message


def test_aborts_and_calls_left_behind_are_told() -> None:
    """The losers of a race by their ids, and at the end whatever was still open."""
    source = "tools.later({n: 9})\nreturn await Promise.race([tools.later({n: 1}), tools.later({n: 2})])"
    assert traced(source)[-3:] == (("answer", 2), ("abort", 3), ("end", "1", (1,)))


def test_progress_and_what_was_dropped_are_told() -> None:
    """Events over a limit are counted in the trace."""
    source = (
        "context.telemetry.emitProgress('a', 'k'); context.telemetry.emitProgress('b'); console.log(1)\nconsole.log(2)"
    )
    assert traced(source, limits=Limits(console_events=1)) == (
        ("console", "log", "1", 1, 88),
        ("progress", "k", "a"),
        ("dropped", 1, 1),
        ("end", "undefined", ()),
    )


def test_a_refused_script_has_the_front_end_s_place() -> None:
    """No machine is opened for it."""
    assert traced("return 1 +\n  nowhere") == (("refused", "UndefinedNameError", 2, 3),)


def test_a_script_that_never_ends_asking_is_left() -> None:
    """After MOST_STEPS answers the trace ends."""
    events = traced("for (;;) await tools.echo({value: 1})", limits=Limits(tool_calls=2 * MOST_STEPS))
    assert (events[-1], len(events)) == (("endless",), 2 * MOST_STEPS + 1)


def test_the_same_script_gives_the_same_trace_and_another_seed_another() -> None:
    """Random numbers come from the setting's seed."""
    source = "return Math.random()"
    assert traced(source) == traced(source)
    assert traced(source) != traced(source, seed=b"another")


@pytest.mark.parametrize(
    ("name", "event", "left"),
    [
        ("column of an error", TYPE_ERROR, (*TYPE_ERROR[:4], None, *TYPE_ERROR[5:])),
        ("column of a call", ("call", 1, "echo", "[]", 3, 4), ("call", 1, "echo", "[]", 3, None)),
        ("column of a call", ("console", "log", "a", 3, 4), ("console", "log", "a", 3, None)),
        (
            "place of a syntax error",
            ("error", "ScriptSyntaxError", "", 1, 2, "{}", ()),
            ("error", "ScriptSyntaxError", "", None, None, "{}", ()),
        ),
        (
            "place of a stop",
            ("error", "ScriptMemoryError", "m", 1, 2, "{}", ()),
            ("error", "ScriptMemoryError", "m", None, None, "{}", ()),
        ),
        (
            "place of a thrown value",
            ("error", "ScriptRuntimeError", "the script threw 5", 1, 2, "{}", ()),
            ("error", "ScriptRuntimeError", "the script threw 5", None, None, "{}", ()),
        ),
        (
            "place of an AggregateError",
            ("error", "ScriptRuntimeError", "AggregateError", 1, 2, "{}", ()),
            ("error", "ScriptRuntimeError", "AggregateError", None, None, "{}", ()),
        ),
    ],
)
def test_a_rule_leaves_out_what_it_is_about_and_no_more(name: str, event: tuple[object, ...], left: object) -> None:
    """Every other fact of the event, and every other event, stays."""
    other = ("end", "1", ())
    assert relaxed((event, other), name) == (left, other)
    assert explained((event,), (event,)) == ()


def test_what_no_rule_explains_is_not_explained() -> None:
    """Another value, another kind of error, another number of events: a find."""
    end = ("end", "1", ())
    assert explained((end,), (("end", "2", ()),)) is None
    assert explained((TYPE_ERROR,), ((*TYPE_ERROR[:2], "RangeError", *TYPE_ERROR[3:]),)) is None
    assert explained((end,), (end, end)) is None
    assert len(RULES) == 6
