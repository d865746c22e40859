"""The step machine: what may be done when, what comes out, and what an illegal request leaves as it was."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import pytest
from support import done, finished, started, waiting

from belljar import Limits
from belljar.errors import MachineStateError, ToolExecutionError, UsageError
from belljar.machine import TRANSITIONS, Answer, ConsoleLine, Finished, Progress, State, Waiting, open_machine, thaw
from belljar.script import parse

KEY = b"k" * 32


def test_a_script_without_calls_is_one_step() -> None:
    """start gives Finished with the value, and the machine is used up."""
    machine, step = started("return [1, 'two', null]")
    assert isinstance(step, Finished)
    assert (step.value, step.returned, step.error, machine.state) == ([1, "two", None], True, None, State.ENDED)


def test_calls_of_one_turn_come_in_one_step() -> None:
    """A hundred parallel calls are two crossings, with ids from 1 in the order they were made and their positions."""
    machine, step = waiting("return await Promise.all(Array.from({length: 100}, (_, i) => tools.f(i)))", "f")
    assert [(call.id, call.tool, call.arguments) for call in step.calls] == [(n + 1, "f", [n]) for n in range(100)]
    assert {(call.line, call.column) for call in step.calls} == {(1, 68)}
    end = done(machine, *(Answer(call.id, call.id * 2) for call in step.calls))
    assert end.value == [2 * n for n in range(1, 101)]
    assert machine.figures.steps == 2


def test_answers_settle_in_the_order_they_are_given() -> None:
    """The order of the list is the order in which promises settle."""
    machine, _ = waiting(
        (
            "const seen = []; const see = n => seen.push(n); "
            "await Promise.all([tools.a().then(() => see(1)), tools.a().then(() => see(2))]); return seen"
        ),
        "a",
    )
    assert done(machine, Answer(2), Answer(1)).value == [2, 1]


def test_some_answers_now_and_some_later() -> None:
    """A step may answer a part of the open calls; it lists only calls that are new."""
    machine, step = waiting("const a = tools.f(1), b = tools.f(2); await b; return [await tools.f(3), await a]", "f")
    assert [call.id for call in step.calls] == [1, 2]
    step = machine.resume([Answer(2)])  # type: ignore[assignment]  # a Waiting, as the next line says
    assert isinstance(step, Waiting)
    assert [call.arguments for call in step.calls] == [[3]]
    step = machine.resume([Answer(3, "c")])  # type: ignore[assignment]
    assert isinstance(step, Waiting)
    assert step.calls == ()
    assert done(machine, Answer(1, "a")).value == ["c", "a"]


def test_an_error_as_answer_is_thrown_in_the_script() -> None:
    """The script catches it with code, message, hint, details and the tool's name; uncaught it ends the run."""
    error = ToolExecutionError("no", hint="ask again", details={"why": [1]})
    source = "try { await tools.f() } catch (e) { return [e.code, e.message, e.hint, e.details, e.tool] }"
    machine, _ = waiting(source, "f")
    assert done(machine, Answer(1, error=error)).value == ["ToolExecutionError", "no", "ask again", {"why": [1]}, "f"]
    machine, _ = waiting("\n  await tools.f()", "f")
    end = done(machine, Answer(1, error=error)).error
    assert end is not None
    assert (end.code, end.message, end.line, end.column, end.tool) == ("ToolExecutionError", "no", 2, 15, "f")


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ([Answer(7)], "no open call has the id 7"),
        ([Answer(1), Answer(1)], "two answers to the same call"),
        ([Answer(1), Answer(0)], "no open call has the id 0"),
    ],
)
def test_a_wrong_answer_is_refused_and_changes_nothing(answers: list[Answer], message: str) -> None:
    """UsageError; the machine still waits and takes the right answer."""
    machine, _ = waiting("return await tools.f()", "f")
    with pytest.raises(UsageError, match=message):
        machine.resume(answers)
    assert machine.state is State.WAITING
    assert done(machine, Answer(1, "right")).value == "right"


def test_what_the_state_does_not_allow_is_refused() -> None:
    """Every pair of state and action that is not in TRANSITIONS raises MachineStateError and changes nothing."""
    script = parse("return await tools.f()")
    ready = open_machine()
    waits, _ = waiting("return await tools.f()", "f")
    ended, _ = started("return 1")
    machines = {State.READY: ready, State.WAITING: waits, State.ENDED: ended}
    refused = 0
    for state, machine in machines.items():
        acts: dict[str, Callable[[], object]] = {
            "start": partial(machine.start, script),
            "resume": partial(machine.resume, []),
            "freeze": machine.freeze,
        }
        for name in acts.keys() - TRANSITIONS[state].keys():
            with pytest.raises(MachineStateError, match=f"cannot {name} a machine that is {state.value}"):
                acts[name]()
            refused += 1
        assert machine.state is state
    assert refused == 6
    assert done(waits, Answer(1, 5)).value == 5


def test_close_may_be_called_at_any_time_and_again() -> None:
    """A closed machine is ended; nothing more can be done with it."""
    for machine in (open_machine(), waiting("await tools.f()", "f")[0], started("return 1")[0]):
        machine.close()
        machine.close()
        assert machine.state is State.ENDED


def test_losers_of_a_race_are_told_at_once() -> None:
    """The step that decides a race lists its losers, also behind then(); they take no answer any more."""
    source = """
        const slow = tools.f('slow').then(x => x).then(x => x)
        const first = await Promise.race([slow, tools.f('fast'), 5 as any].slice(0, 2))
        const lost = await slow.catch(e => e.code)
        return [first, lost, await tools.f('next')]
    """
    machine, step = waiting(source, "f")
    step = machine.resume([Answer(2, "won")])  # type: ignore[assignment]
    assert isinstance(step, Waiting)
    assert (step.aborts, [call.id for call in step.calls]) == ((1,), [3])
    with pytest.raises(UsageError, match="no open call has the id 1"):
        machine.resume([Answer(1)])
    assert done(machine, Answer(3, 3)).value == ["won", "CallAbortedError", 3]


def test_what_is_open_at_the_end_is_listed() -> None:
    """Calls of the last step that nobody awaits, and older open ones, are abandoned."""
    machine, _ = waiting("tools.f(1); await tools.f(2); tools.f(3); return 1", "f")
    end = done(machine, Answer(2))
    assert ([call.id for call in end.calls], end.abandoned) == ([3], (1, 3))


def test_console_and_progress_come_with_the_step() -> None:
    """Each step carries what was written since the last one, with positions."""
    source = (
        "console.log('a', {n: [1]})\nconsole.error(new Error('x')); "
        "context.telemetry.emitProgress('p')\nawait tools.f(); console.warn(2n)"
    )
    machine, step = waiting(source, "f")
    assert step.output.console == (
        ConsoleLine(level="log", text="a { n: [1] }", line=1, column=9),
        ConsoleLine(level="error", text="Error: x", line=2, column=9),
    )
    assert step.output.progress == (Progress(message="p", kind="info"),)
    assert done(machine, Answer(1)).output.console == (ConsoleLine(level="warn", text="2n", line=3, column=26),)


def test_the_script_s_clock_moves_with_steps_only() -> None:
    """Date is what the host says, stands still inside a step, and stays where a step brings none."""
    source = (
        "const a = Date.now(); for (let i = 0; i < 1e5; i++); const b = Date.now(); await tools.f(); "
        "const c = new Date().toISOString(); await tools.f(); return [a, b, c, Date.now()]"
    )
    machine, _ = waiting(source, "f", now_ms=1_000)
    machine.resume([Answer(1)], now_ms=86_400_000)
    assert done(machine, Answer(2)).value == [1_000, 1_000, "1970-01-02T00:00:00.000Z", 86_400_000]


def test_the_same_seed_gives_the_same_numbers() -> None:
    """Math.random is a function of the seed, uniform enough to be of use, and other seeds give other numbers."""
    source = "return Array.from({length: 1000}, Math.random)"
    first, again, other = (finished(source, seed=seed).value for seed in (b"a", b"a", b"b"))
    assert first == again
    assert first != other
    assert all(0 <= x < 1 for x in first)
    assert 0.46 < sum(first) / 1000 < 0.54
    assert len(set(first)) == 1000


def test_the_same_inputs_give_the_same_steps() -> None:
    """Steps, fuel and memory are a function of what came in, also over a freeze."""
    source = (
        "console.log(Math.random(), Date.now()); const r = await tools.f({a: Math.random()}); return [r, Math.random()]"
    )
    ran = []
    for thawed in (False, False, True):
        machine, step = waiting(source, "f", seed=b"seed", now_ms=5, context={"model": "m"})
        if thawed:
            machine, _ = thaw(machine.freeze(key=KEY), key=KEY)
        end = done(machine, Answer(1, {"x": 1}), now_ms=9)
        ran.append((step, end, machine.figures.fuel, machine.figures.memory_bytes))
    assert ran[0] == ran[1] == ran[2]


def test_cancel_from_another_thread_stops_the_step() -> None:
    """A step that runs ends with ScriptCancelledError and its position; so does the next step of one that waits."""
    machine = open_machine()
    timer = threading.Timer(0.05, machine.cancel)
    timer.start()
    step = machine.start(parse("const f = () => { while (true) Math.max(1) }\nf()"))
    timer.join()
    assert isinstance(step, Finished)
    assert step.error is not None
    assert (step.error.code, step.error.line) == ("ScriptCancelledError", 1)
    machine, _ = waiting("await tools.f()", "f")
    machine.cancel()
    end = done(machine, Answer(1))
    assert end.error is not None
    assert end.error.code == "ScriptCancelledError"


def test_unknown_engines_are_refused() -> None:
    """UsageError that names those there are."""
    with pytest.raises(UsageError, match="unknown engine 'v9'"):
        open_machine(engine="v9", limits=Limits())


def test_a_small_answer_after_a_large_one_is_read_where_it_was_written() -> None:
    """A message that outgrows the inbox moves it; the next one goes to the new place, also after a thaw."""
    source = "const a = await tools.f(); const b = await tools.f(); return [a.length, await tools.f(), b]"
    machine, _ = waiting(source, "f")
    machine.resume([Answer(1, "x" * 200_000)])
    image = machine.freeze()
    machine.resume([Answer(2, "small")])
    thawed, _ = thaw(image)
    thawed.resume([Answer(2, "small")])
    assert [done(each, Answer(3, 3)).value for each in (machine, thawed)] == [[200_000, 3, "small"]] * 2
