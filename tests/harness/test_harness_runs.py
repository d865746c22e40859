"""Many runs on one event loop: streams, cancellation, freezing, broken machines, and a loop that never stalls."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support import QUICK, Witness, add, echo, hang

import belljar
from belljar import Harness, Limits, Outcome, tool
from belljar.errors import UsageError
from belljar.machine._machine import Stop
from belljar.machine._quickjs import QuickJsMachine
from belljar.tools.events import CallFinished, Event


def in_harness(work: Callable[[Harness], Any], *tools: Any, **options: Any) -> Any:
    """What `work` gives inside a harness."""

    async def run() -> Any:
        async with Harness(tools, **options) as harness:
            return await work(harness)

    return asyncio.run(run())


def test_events_come_in_order() -> None:
    """Started first, each call's start before its end, console and progress where they happened, the outcome last."""

    async def work(harness: Harness) -> list[Any]:
        source = (
            "console.log('a'); const x = await tools.add({a: 1, b: 1}); context.telemetry.emitProgress('p'); "
            "await tools.add({a: x, b: 1}); console.log('z')"
        )
        return [event async for event in harness.stream(source)]

    events = in_harness(work, add)
    assert [event.name for event in events] == [
        "script_started",
        "console",
        "call_started",
        "call_finished",
        "progress",
        "call_started",
        "call_finished",
        "console",
        "script_finished",
    ]
    assert [event.call for event in events if event.name == "call_finished"] == [1, 2]
    assert {event.run_id for event in events} == {events[-1].outcome.run_id}
    assert (events[-1].ok, events[-1].error) == (True, None)


def test_events_of_approvals_frame_the_call() -> None:
    """Requested, resolved, started, finished."""

    @tool(approval="always")
    async def pay() -> None:
        """Pay."""

    async def work(harness: Harness) -> list[str]:
        return [event.name async for event in harness.stream("await tools.pay()")]

    names = in_harness(work, pay, approver=belljar.AutoApprover("all"))
    assert names == [
        "script_started",
        "approval_requested",
        "approval_resolved",
        "call_started",
        "call_finished",
        "script_finished",
    ]


@pytest.mark.parametrize("source", ["return (", "eval('1')", "x" * 30_000])
def test_a_refused_script_still_ends_its_stream(source: str) -> None:
    """The last event is script_finished with the error."""

    async def work(harness: Harness) -> list[Any]:
        return [event async for event in harness.stream(source)]

    (event,) = in_harness(work)
    assert (event.name, event.ok, event.error) == ("script_finished", False, event.outcome.error.code)


def test_leaving_a_stream_early_cancels_the_run() -> None:
    """The tool under way is cancelled, and the harness has no run left."""
    witness = Witness()

    async def work(harness: Harness) -> None:
        stream = harness.stream("await tools.hold({name: 'left'})")
        async for event in stream:
            if event.name == "call_started":
                break
        await stream.aclose()  # type: ignore[attr-defined]  # an async generator
        for _ in range(100):
            await asyncio.sleep(0)

    in_harness(work, witness.hold)
    assert witness.log == ["left aborted"]


@pytest.mark.parametrize(
    "source", ["while (true) Math.max(1)", "await tools.hold({name: 'x'})", "for (;;) await tools.echo({value: 1})"]
)
def test_cancel_ends_a_run_wherever_it_is(source: str) -> None:
    """Computing, waiting for a tool, or between: ScriptCancelledError, tools cancelled, the harness usable."""
    witness = Witness()

    async def work(harness: Harness) -> tuple[Outcome, Outcome, bool]:
        running = asyncio.ensure_future(harness.run(source, run_id="r", limits=Limits(tool_calls=1_000_000)))
        await asyncio.sleep(0.03)
        assert harness.cancel("r")
        begun = time.monotonic()
        outcome = await running
        assert time.monotonic() - begun < 0.3
        return outcome, await harness.run("return 1"), harness.cancel("r")

    outcome, after, again = in_harness(work, witness.hold, echo)
    assert outcome.error is not None
    assert (outcome.error.code, outcome.error.retryable, after.value, again) == ("ScriptCancelledError", True, 1, False)
    assert witness.log in ([], ["x aborted"])


def test_cancelling_the_task_winds_the_run_up_and_goes_on() -> None:
    """CancelledError reaches the awaiter; the tool was cancelled and the journal has its end."""
    witness = Witness()
    journal = belljar.Journal()

    async def work(harness: Harness) -> None:
        task = asyncio.ensure_future(harness.run("await tools.hold({name: 'x'})", journal=journal))
        await asyncio.sleep(0.03)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    in_harness(work, witness.hold)
    assert witness.log == ["x aborted"]
    end = journal.records[-1]
    assert (end.type, end.facts["by"], end.facts["error"]["code"]) == ("end", "host", "ScriptCancelledError")


def test_closing_the_harness_cancels_what_runs() -> None:
    """Runs that go on end with ScriptCancelledError; a new one is refused."""

    async def work() -> tuple[Outcome, Harness]:
        harness = Harness([hang])
        running = asyncio.ensure_future(harness.run("await tools.hang()"))
        await asyncio.sleep(0.03)
        await harness.aclose()
        return await running, harness

    outcome, harness = asyncio.run(work())
    assert outcome.error is not None
    assert outcome.error.code == "ScriptCancelledError"
    with pytest.raises(UsageError, match="this harness is closed"):
        asyncio.run(harness.run("return 1"))


def test_two_runs_cannot_have_one_id_at_the_same_time() -> None:
    """UsageError for the second; the first goes on."""

    async def work(harness: Harness) -> Outcome:
        first = asyncio.ensure_future(harness.run("await tools.echo({value: 1}); return 'first'", run_id="r"))
        await asyncio.sleep(0)
        with pytest.raises(UsageError, match="goes on already"):
            await harness.run("return 2", run_id="r")
        return await first

    assert in_harness(work, echo).value == "first"


def test_an_option_that_no_run_has_is_refused() -> None:
    """A limit that nobody reads would be none."""
    for name, hint in (("limit", "Did you mean limits?"), ("engines", "Most settings belong to Harness(...).")):
        options: dict[str, Any] = {name: 1}
        with pytest.raises(UsageError) as error:
            belljar.run("return 1", **options)
        assert (error.value.message, error.value.hint) == (f"a run has no option {name!r}", hint)


def test_belljar_run_refuses_to_block_an_event_loop() -> None:
    """UsageError that says what to await instead."""

    async def inside() -> None:
        with pytest.raises(UsageError, match="inside a running event loop"):
            belljar.run("return 1")

    asyncio.run(inside())


def resident_mb() -> float:
    """Resident memory of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4 / 1024


def test_two_hundred_runs_at_once() -> None:
    """No run sees another's values or answers, each is right, and memory stays bounded."""
    source = """
        const mine = await tools.echo({value: context.turnId})
        const [a, b] = await Promise.all([tools.echo({value: mine + '-a'}), tools.echo({value: mine + '-b'})])
        let n = 0; for (let i = 0; i < 20_000; i++) n += i
        return [mine, a, b, n, context.turnId]
    """

    async def work(harness: Harness) -> list[Outcome]:
        return await asyncio.gather(*(harness.run(source, context={"turnId": f"t{n}"}) for n in range(200)))

    gc.collect()
    before = resident_mb()
    outcomes = in_harness(work, echo)
    assert [outcome.value for outcome in outcomes] == [
        [f"t{n}", f"t{n}-a", f"t{n}-b", 199990000, f"t{n}"] for n in range(200)
    ]
    assert len({outcome.run_id for outcome in outcomes}) == 200
    assert resident_mb() - before < 600


def test_memory_does_not_grow_from_run_to_run() -> None:
    """After the first hundred, three hundred more runs with calls and errors add less than 10 MB."""

    async def work(harness: Harness) -> float:
        async def some(count: int) -> None:
            for n in range(count):
                await harness.run(
                    (
                        "const r = await tools.echo({value: 'x'.repeat(10_000)}); "
                        "if (r.length % 2) throw new Error('x'); return r.length"
                    ),
                    run_id=f"r{n}",
                )

        await some(100)
        gc.collect()
        before = resident_mb()
        await some(300)
        gc.collect()
        return resident_mb() - before

    assert in_harness(work, echo) < 10


async def longest_wait_s(running: Awaitable[Any]) -> tuple[Any, float]:
    """The outcome, and how long a task that wanted to run every millisecond had to wait at most meanwhile."""
    longest, is_over = 0.0, False

    async def tick() -> None:
        nonlocal longest
        while not is_over:
            begun = time.monotonic()
            await asyncio.sleep(0.001)
            longest = max(longest, time.monotonic() - begun)

    ticking = asyncio.ensure_future(tick())
    outcome = await running
    is_over = True
    await ticking
    return outcome, longest


def test_the_event_loop_never_stalls_while_scripts_burn() -> None:
    """While six scripts compute for 250 ms each, a task that wants to run every millisecond waits 100 ms at most."""

    burning = "for (let i = 0; ; i++) Math.max(i)"

    async def work(harness: Harness) -> tuple[list[Outcome], float]:
        return await longest_wait_s(asyncio.gather(*(harness.run(burning, limits=QUICK) for _ in range(6))))

    outcomes, longest = in_harness(work)
    assert [outcome.error.code for outcome in outcomes] == ["ScriptTimeoutError"] * 6
    assert longest < 0.1


def test_a_flood_of_calls_does_not_stall_the_event_loop() -> None:
    """Ten thousand calls in one step are refused without keeping others waiting."""
    source = (
        "await Promise.all(Array.from({length: 10_000}, () => tools.echo({value: 1}).catch(() => 0))); return 'flooded'"
    )
    outcome, longest = in_harness(lambda harness: longest_wait_s(harness.run(source)), echo)
    assert outcome.value == "flooded"
    assert longest < 0.1
    assert len(outcome.journal.text()) < 1_000_000


def test_a_big_answer_does_not_stall_the_event_loop() -> None:
    """A megabyte from a tool is written and read off the loop, or quickly enough."""

    @tool
    async def much() -> list[int]:
        """A list as JSON of about a megabyte."""
        return list(range(150_000))

    source = "return (await tools.much()).length"
    outcome, longest = in_harness(lambda harness: longest_wait_s(harness.run(source)), much)
    assert outcome.value == 150_000
    assert longest < 0.25


# -- freezing while a run waits ---------------------------------------------------------------------------------------


def frozen_counter(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The images that are made from now on."""
    images: list[bytes] = []
    freeze = QuickJsMachine.freeze

    def counted(self: QuickJsMachine, *, key: bytes | None = None) -> bytes:
        images.append(freeze(self, key=key))
        return images[-1]

    monkeypatch.setattr(QuickJsMachine, "freeze", counted)
    return images


@pytest.mark.parametrize(("freeze_after_ms", "frozen"), [(5, 1), (10_000, 0)])
def test_a_run_that_waits_long_is_frozen_and_thawed(
    monkeypatch: pytest.MonkeyPatch, freeze_after_ms: int, frozen: int
) -> None:
    """After freeze_after_ms its machine is given back; the answer thaws it, and the script notices nothing."""
    images = frozen_counter(monkeypatch)

    @tool
    async def slow() -> str:
        """Longer than the wait."""
        while len(images) < frozen:
            await asyncio.sleep(0.001)
        return "late"

    source = "let n = 41; const f = () => ++n; const r = await tools.slow(); return [r, f(), Math.random() < 1]"
    outcome = in_harness(
        lambda h: h.run(source), slow, limits=Limits(freeze_after_ms=freeze_after_ms), image_key=b"k" * 32
    )
    assert (outcome.value, len(images)) == (["late", 42, True], frozen)
    assert all(len(image) < 80_000 for image in images)


def test_a_frozen_run_can_be_cancelled_and_can_time_out() -> None:
    """It ends as one that was not frozen; no machine is needed for that."""

    async def work(harness: Harness) -> list[str | None]:
        running = asyncio.ensure_future(harness.run("await tools.hang()", run_id="r"))
        await asyncio.sleep(0.05)
        harness.cancel("r")
        ended = [
            await running,
            await harness.run("await tools.hang()", limits=Limits(freeze_after_ms=1, timeout_ms=60)),
        ]
        return [outcome.error.code if outcome.error else None for outcome in ended]

    assert in_harness(work, hang, limits=Limits(freeze_after_ms=1)) == ["ScriptCancelledError", "ScriptTimeoutError"]


def test_an_answer_that_comes_while_its_run_is_being_frozen_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine is thawed at once; nothing waits for an answer that is there already."""
    freezing, answered = threading.Event(), threading.Event()
    freeze = QuickJsMachine.freeze

    def held_up(self: QuickJsMachine, *, key: bytes | None = None) -> bytes:
        freezing.set()
        assert answered.wait(10)
        return freeze(self, key=key)

    monkeypatch.setattr(QuickJsMachine, "freeze", held_up)

    @tool
    async def slow() -> str:
        """Until the run is being frozen."""
        while not freezing.is_set():
            await asyncio.sleep(0.001)
        return "just then"

    def listen(event: Event) -> None:
        if isinstance(event, CallFinished):
            answered.set()

    outcome = in_harness(
        lambda h: h.run("return await tools.slow()", on_event=listen), slow, limits=Limits(freeze_after_ms=1)
    )
    assert outcome.value == "just then"


def test_several_answers_reach_a_frozen_run() -> None:
    """It freezes again while the next one is awaited."""

    @tool
    async def slow(n: int) -> int:
        """Longer than the wait."""
        await asyncio.sleep(0.02)
        return n

    source = "let sum = 0; for (let n = 1; n <= 4; n++) sum += await tools.slow({n}); return sum"
    outcome = in_harness(lambda h: h.run(source), slow, limits=Limits(freeze_after_ms=1))
    assert outcome.value == 10
    assert belljar.replay(outcome.journal).value == 10


# -- a machine that breaks down ---------------------------------------------------------------------------------------


def breaking(monkeypatch: pytest.MonkeyPatch, *steps: int) -> None:
    """Lets the machine break down at these steps, counted over all machines from 1."""
    count, run = 0, QuickJsMachine._cross

    def broken(self: QuickJsMachine, *args: Any, **options: Any) -> Any:
        nonlocal count
        count += 1
        if count in steps:
            return Stop(cause="died")
        return run(self, *args, **options)

    monkeypatch.setattr(QuickJsMachine, "_cross", broken)


@pytest.mark.parametrize("step", [1, 2, 3])
def test_a_machine_that_breaks_down_once_is_replaced(monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    """The journal is replayed into a new one: the outcome is as ever, and no tool is called twice."""
    witness = Witness()
    breaking(monkeypatch, step)
    source = (
        "const r = Math.random(); const a = await tools.note({text: 'one'}); "
        "const b = await tools.note({text: 'two'}); return [a, b, r === Math.random()]"
    )
    outcome = in_harness(lambda h: h.run(source), witness.note)
    assert (outcome.error, outcome.value, witness.log) == (None, ["one", "two", False], ["one", "two"])


def test_a_machine_that_breaks_down_twice_is_an_internal_error() -> None:
    """HarnessInternalError, retryable, which names no fault of the script; calls made are listed."""
    witness = Witness()
    with pytest.MonkeyPatch.context() as patch:
        breaking(patch, 2, 3)
        outcome = in_harness(lambda h: h.run("await tools.note({text: 'one'}); return 1"), witness.note)
    assert outcome.error is not None
    assert (outcome.error.code, outcome.error.retryable, witness.log) == ("HarnessInternalError", True, ["one"])
    assert [(call.tool, call.state.value) for call in outcome.calls] == [("note", "done")]


def test_a_report_that_cannot_be_read_is_an_internal_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes out of the machine is never believed beyond its shape: the run is tried once more, then given up."""
    for text in (
        "",
        "{",
        "[]",
        '{"status":"odd"}',
        '{"status":"running","calls":[[1]]}',
        '{"status":"finished","calls":5}',
    ):
        monkeypatch.setattr(QuickJsMachine, "_cross", lambda *_, text=text, **__: text)
        outcome = belljar.run("return 1")
        assert outcome.error is not None
        assert outcome.error.code == "HarnessInternalError", text


def test_limits_of_one_run_do_not_change_those_of_the_harness() -> None:
    """Limits are values; a changed copy is for one run."""

    async def work(harness: Harness) -> list[Any]:
        one = await harness.run("return context.sandbox.timeoutMs", limits=replace(harness.limits, timeout_ms=77))
        return [one.value, (await harness.run("return context.sandbox.timeoutMs")).value]

    assert in_harness(work) == [77, 30_000]
