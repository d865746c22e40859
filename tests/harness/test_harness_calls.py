"""Calls: how many at once, how many in the queue, what is aborted and when, and what is left behind."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from support import QUICK, Witness, add, boom, echo, error_of, failed, hang, place, stubborn, value_of

import belljar
from belljar import AbortSignal, Limits, tool


@pytest.mark.parametrize("most", [1, 2, 4, 7])
def test_never_more_calls_at_once_than_allowed(most: int) -> None:
    """Measured by the tools themselves: the limit is reached and never passed, and every call is made."""
    witness = Witness()
    source = "return await Promise.all(Array.from({length: 30}, (_, n) => tools.turn({n, turns: n % 5 + 1})))"
    limits = Limits(concurrent_calls=most, tool_calls=30)
    assert value_of(source, witness.turn, limits=limits) == list(range(30))
    assert witness.most_at_once == most


def test_never_more_sync_tools_at_once_than_allowed() -> None:
    """The same for tools that run in threads."""
    lock, now, most = threading.Lock(), 0, 0

    @tool
    def work() -> None:
        """Work for a moment."""
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.005)
        with lock:
            now -= 1

    source = "await Promise.all(Array.from({length: 12}, () => tools.work()))"
    assert belljar.run(source, tools=[work], limits=Limits(concurrent_calls=3)).ok
    assert most == 3


@pytest.mark.parametrize(("running", "queued"), [(1, 0), (2, 3), (4, 10)])
def test_the_queue_is_as_long_as_allowed(running: int, queued: int) -> None:
    """So many run, so many wait, the next one is a ConcurrencyLimitError at its call."""
    witness = Witness()
    source = (
        "return (await Promise.allSettled(Array.from({length: %d}, (_, "
        "n) => tools.turn({n})))).map(s => s.reason?.code ?? s.value)"
    )
    limits = Limits(concurrent_calls=running, queued_calls=queued, tool_calls=1000)
    all_in = running + queued
    assert value_of(source % all_in, witness.turn, limits=limits) == list(range(all_in))
    assert value_of(source % (all_in + 2), witness.turn, limits=limits) == [
        *range(all_in),
        *["ConcurrencyLimitError"] * 2,
    ]


def test_the_queue_s_default_holds_a_thousand() -> None:
    """Four under way and a thousand behind them; no more."""
    source = (
        "return (await Promise.allSettled(Array.from({length: 1010}, (_, "
        "n) => tools.echo({value: n})))).filter(s => s.reason?.code === 'ConcurrencyLimitError').length"
    )
    assert value_of(source, echo, limits=Limits(tool_calls=2_000)) == 6


def test_a_budget_of_nothing() -> None:
    """tool_calls=0 refuses the first call."""
    error = error_of("await tools.echo({value: 1})", echo, limits=Limits(tool_calls=0))
    assert place(error) == ("ToolBudgetExceededError", 1, 13)


RACES = {
    "race": ("Promise.race([tools.echo({value: 1}), L])", 1),
    "race lost by an error": ("Promise.race([tools.boom({}), L]).catch(e => e.code)", "ToolExecutionError"),
    "race behind then": (
        "Promise.race([tools.echo({value: 1}).then(x => x + 1), L.then(x => x).catch(x => x).finally(() => 0)])",
        2,
    ),
    "race that began before": ("(await tools.echo({value: 0}), Promise.race([1, L]))", 1),
    "race in an async function": ("(async () => await Promise.race([tools.echo({value: 1}), L]))()", 1),
    "any": ("Promise.any([tools.boom({}), tools.echo({value: 1}), L])", 1),
    "race of all": ("Promise.race([Promise.all([L, tools.hang()]), tools.echo({value: 1})])", 1),
    "race of races": ("Promise.race([Promise.race([L]), tools.echo({value: 1})])", 1),
}


@pytest.mark.parametrize("name", RACES)
def test_losers_are_aborted_at_once(name: str) -> None:
    """The loser's tool is cancelled before the next call of the script is made."""
    race, value = RACES[name]
    witness = Witness()
    source = (
        f"const L = tools.hold({{name: 'loser'}}); const won = await {race}; "
        f"await tools.note({{text: 'next'}}); return won"
    )
    outcome = belljar.run(source, tools=[witness.hold, witness.note, echo, boom, hang], limits=QUICK)
    assert (outcome.error, outcome.value, witness.log, outcome.warnings) == (None, value, ["loser aborted", "next"], ())


def test_a_loser_of_the_same_step_is_never_sent() -> None:
    """A race that is decided before the host sees the call: its tool is not called."""
    witness = Witness()
    outcome = belljar.run("return await Promise.race([1, tools.note({text: 'lost'})])", tools=[witness.note])
    assert (outcome.value, witness.log, outcome.warnings) == (1, [], ())


def test_all_settled_waits_for_all_and_aborts_none() -> None:
    """Values and errors side by side, in order."""
    source = (
        "return (await Promise.allSettled([tools.boom({message: 'x'}), tools.add({a: 1, "
        "b: 1})])).map(s => s.status === 'fulfilled' ? s.value : s.reason.message)"
    )
    assert value_of(source, boom, add) == ["boom failed: ValueError: x", 2]


def test_promise_all_that_fails_leaves_the_others_to_the_end() -> None:
    """What still runs is aborted when the script ends; an error that is caught lets the script go on."""
    witness = Witness()
    source = (
        "try { await Promise.all([tools.hold({name: 'other'}), "
        "tools.boom({})]) } catch (e) { return [e.code, await tools.note({text: 'on'})] }"
    )
    outcome = belljar.run(source, tools=[witness.hold, witness.note, boom])
    assert (outcome.value, witness.log) == (["ToolExecutionError", "on"], ["on", "other aborted"])


def test_any_with_errors_alone_tells_all_of_them() -> None:
    """AggregateError, with the first errors in the details."""
    error = error_of("await Promise.any([tools.boom({message: 'a'}), tools.boom({message: 'b'})])", boom)
    assert (error.code, error.line) == ("ScriptRuntimeError", 1)
    assert error.details["errors"] == [
        "ToolExecutionError: boom failed: ValueError: a",
        "ToolExecutionError: boom failed: ValueError: b",
    ]


def test_orphans_are_a_warning_or_in_strict_runs_the_error() -> None:
    """DetachedPromiseError names the calls; the value is kept, or given up where allow_detached is False."""
    source = "tools.hang(); await tools.echo({value: 1}); return 'value'"
    lenient = belljar.run(source, tools=[hang, echo])
    assert (lenient.value, [warning.code for warning in lenient.warnings]) == ("value", ["DetachedPromiseError"])
    strict = failed(source, hang, echo, limits=Limits(allow_detached=False))
    assert strict.error is not None
    assert (strict.error.code, strict.error.details["calls"]) == ("DetachedPromiseError", [1])
    assert belljar.run("return await tools.echo({value: 1})", tools=[echo], limits=Limits(allow_detached=False)).ok


def test_a_call_made_in_the_last_step_is_never_sent() -> None:
    """Nobody awaits it any more: the tool is not called, and the warning says so."""
    witness = Witness()
    outcome = belljar.run("tools.note({text: 'too late'}); return 1", tools=[witness.note])
    assert (outcome.value, witness.log, outcome.calls) == (1, [], ())
    assert [warning.details["calls"] for warning in outcome.warnings] == [[1]]


def test_signals_tell_why() -> None:
    """A tool that takes a signal learns the reason: a lost race, the end of the script."""
    witness = Witness()
    source = "await Promise.race([tools.heed(), tools.echo({value: 1})]); tools.heed(); await tools.echo({value: 2})"
    belljar.run(source, tools=[witness.heed, echo])
    assert witness.log == ["heed 1: the script gave it up", "heed 3: the script has ended"]


def test_a_sync_tool_that_heeds_its_signal_ends_in_the_grace() -> None:
    """It waits on the signal instead of sleeping, so the run need not wait for it."""
    ended = threading.Event()

    @tool
    def wait(signal: AbortSignal) -> None:
        """Wait for the signal."""
        if signal.wait(10):
            ended.set()

    begun = time.monotonic()
    outcome = belljar.run("tools.wait(); return await tools.echo({value: 1})", tools=[wait, echo])
    assert outcome.value == 1
    assert ended.is_set()
    assert time.monotonic() - begun < 1


@pytest.mark.parametrize("grace_ms", [0, 100])
def test_the_grace_is_as_long_as_allowed(grace_ms: int) -> None:
    """A tool that ignores its signal holds the run up for the grace; then its call is unknown."""

    async def measured() -> float:
        async with belljar.Harness([stubborn, echo], limits=Limits(grace_ms=grace_ms)) as harness:
            begun = time.monotonic()
            outcome = await harness.run("tools.stubborn({ms: 350}); return await tools.echo({value: 1})")
            took = time.monotonic() - begun
            assert [(call.tool, call.state.value) for call in outcome.calls] == [
                ("stubborn", "unknown"),
                ("echo", "done"),
            ]
            assert "1 did not stop within" in outcome.warnings[0].message
            return took

    assert grace_ms / 1000 <= asyncio.run(measured()) < grace_ms / 1000 + 0.15


def test_a_late_answer_of_a_tool_that_was_given_up_is_not_heard() -> None:
    """What a thread returns after the run's end changes neither outcome nor journal."""

    async def run() -> tuple[str, str]:
        async with belljar.Harness([stubborn, echo], limits=QUICK) as harness:
            outcome = await harness.run("tools.stubborn({ms: 120}); return await tools.echo({value: 1})")
            text = outcome.journal.text()
            await asyncio.sleep(0.15)
            return text, outcome.journal.text()

    before, after = asyncio.run(run())
    assert before == after


def test_a_tool_s_own_time_limit() -> None:
    """timeout_ms of a tool fails that call alone."""

    @tool(timeout_ms=30)
    async def slow() -> None:
        """Never in time."""
        await asyncio.Event().wait()

    source = "try { await tools.slow() } catch (e) { return [e.code, e.message] }"
    assert value_of(source, slow) == ["ToolExecutionError", "slow did not answer within 0.03 s"]


Tried = TypeVar("Tried", bound=Callable[..., Any])
BAD_TOOLS: dict[str, tuple[Any, str]] = {}


def bad(code: str) -> Callable[[Tried], Tried]:
    """Collects a tool that fails in its own way, and the code that the script sees."""

    def keep(fn: Tried) -> Tried:
        BAD_TOOLS[fn.__name__] = (tool(fn), code)
        return fn

    return keep


@bad("ToolExecutionError")
async def raises_base() -> None:
    """Raises what is no Exception of its own."""
    raise TimeoutError


@bad("ToolExecutionError")
async def raises_recursion() -> None:
    """Runs out of Python's stack."""
    await raises_recursion()


@bad("ToolValidationError")
async def returns_other() -> int:
    """Returns something else than it says."""
    return "text"  # type: ignore[return-value]  # the fault under test


@bad("SerializationError")
async def returns_object() -> Any:
    """Returns no data."""
    return object()


@bad("SerializationError")
async def returns_nan() -> Any:
    """Returns what JSON has not."""
    return {"a": [float("nan")]}


@bad("SerializationError")
async def returns_cycle() -> Any:
    """Returns itself."""
    cycle: list[Any] = []
    cycle.append(cycle)
    return cycle


@bad("ToolExecutionError")
def raises_stop_iteration() -> None:
    """Raises what would end a coroutine in a strange way."""
    raise StopIteration("x")


@bad("ToolExecutionError")
async def raises_surrogate() -> None:
    """Fails with half a character."""
    raise ValueError("\ud800")


@pytest.mark.parametrize("name", BAD_TOOLS)
def test_a_tool_that_misbehaves_is_a_coded_error_in_the_script(name: str) -> None:
    """Whatever a tool does, the script gets an error it can catch, and the run goes on."""
    made, code = BAD_TOOLS[name]
    source = (
        f"let code; try {{ await tools.{name}() }} catch (e) {{ code = e.code }}; "
        f"return [code, await tools.echo({{value: 1}})]"
    )
    outcome = belljar.run(source, tools=[made, echo], limits=Limits(timeout_ms=3_000))
    assert outcome.error is None, outcome.error
    assert outcome.value == [code, 1]
    assert belljar.replay(outcome.journal).sha256 == outcome.sha256
