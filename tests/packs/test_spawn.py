"""Calls that are begun now and awaited later."""

from __future__ import annotations

import asyncio

import belljar
from belljar import AbortSignal, tool
from belljar.packs import spawn
from belljar.tools import declarations


@tool
async def work(turns: int) -> str:
    """Takes some turns of the event loop."""
    for _ in range(turns):
        await asyncio.sleep(0)
    return f"worked {turns}"


@tool
async def forever() -> None:
    """Ends when it is aborted."""
    await asyncio.Event().wait()


def test_a_spawned_call_goes_on_while_the_script_does_something_else(engine: str) -> None:
    """The handle comes at once; `done` settles as any call's promise does."""
    source = """
        const first = tools.spawn.work({turns: 3});
        const told = await tools.work({turns: 1});
        return [first.id, told, await first.done, Object.isFrozen(first)];
    """

    outcome = belljar.run(source, tools=[work, *spawn(work)], engine=engine)

    assert (outcome.error, outcome.value) == (None, [1, "worked 1", "worked 3", True])


def test_a_spawned_call_can_be_cancelled_once(engine: str) -> None:
    """The tool is aborted, `done` is rejected, and cancelling again says that there is nothing to cancel."""
    source = """
        const call = tools.spawn.forever();
        await tools.work({turns: 2});
        const said = [tools.spawn.cancel(call.id), tools.spawn.cancel(call.id), tools.spawn.cancel({id: 99})];
        try { await call.done } catch (error) { said.push(error.code, error.message) }
        return said;
    """

    outcome = belljar.run(source, tools=[work, *spawn(forever)], engine=engine)

    assert outcome.value == [
        True, False, False, "CallAbortedError", "the call of tools.spawn.forever was cancelled",
    ]  # fmt: skip


def test_only_spawned_calls_can_be_cancelled() -> None:
    """A plain call's id is no handle."""
    source = "const plain = tools.work({turns: 1}); return [tools.spawn.cancel(1), await plain]"

    assert belljar.run(source, tools=[work, *spawn(work)]).value == [False, "worked 1"]


def test_a_cancelled_call_is_told_to_stop_before_the_script_goes_on() -> None:
    """The tool's signal is aborted with a reason, and the journal replays to the same bytes."""
    reasons: list[str] = []

    @tool
    async def watched(signal: AbortSignal) -> None:
        """Ends when it is aborted."""
        try:
            await asyncio.Event().wait()
        finally:
            reasons.append(str(signal.reason))

    source = """
        const call = tools.spawn.watched();
        await tools.work({turns: 2});
        tools.spawn.cancel(call.id);
        await tools.work({turns: 2});
        return await call.done.catch((error) => error.code);
    """

    outcome = belljar.run(source, tools=[work, *spawn(watched)])

    assert (outcome.value, reasons) == ("CallAbortedError", ["the script gave it up"])
    assert belljar.replay(outcome.journal).sha256 == outcome.sha256


def test_a_spawned_call_that_is_left_behind_is_aborted_and_told() -> None:
    """Nothing goes on behind the script's back."""
    outcome = belljar.run("tools.spawn.forever(); return 1", tools=spawn(forever))

    assert outcome.value == 1
    assert [warning.message for warning in outcome.warnings] == [
        "1 call was not awaited and aborted when the script ended"
    ]


def test_arguments_that_are_no_data_reject_done() -> None:
    """The handle is there all the same, with an id that is none."""
    outcome = belljar.run(
        "const call = tools.spawn.work({turns: 1n}); return [call.id, await call.done.catch((e) => e.code)]",
        tools=spawn(work),
    )

    assert outcome.value == [0, "SerializationError"]


def test_the_model_is_told_what_a_handle_is() -> None:
    """The declaration has the shape that the script sees."""
    assert declarations(spawn(work)) == (
        "declare const tools: {\n"
        "  spawn: {\n"
        "    /** Takes some turns of the event loop. */\n"
        "    work(args: { turns: number }): { id: number; done: Promise<string> };\n"
        "    /** Abort a call that `tools.spawn` began. False where it has its answer already, or there is no such "
        "call. */\n"
        "    cancel(id: number): boolean;\n"
        "  };\n"
        "};\n"
    )
