"""A turn that waits for a person: nothing is sent meanwhile, and any process can finish it."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from provider_support import KINDS, PROVIDERS, history_of, talking, told

from belljar import DeferApprover, Harness, tool
from belljar.errors import JournalError, UsageError
from belljar.harness import CallPart, ScriptCallItem, ScriptPart, TextPart, ThinkingPart, ToolCallItem
from belljar.providers import ProviderTurn
from belljar.testing.stub import StubReply

EACH = pytest.mark.parametrize("provider", PROVIDERS)
KEY = b"k" * 32
KNOWS = StubReply(parts=[TextPart("Paid.")])
WANTS = StubReply(
    parts=[
        ThinkingPart("Pay, then look."),
        TextPart("I pay.\n<tool-calls>return await tools.look({at: 'tag'})</tool-calls>\n"),
        CallPart("look", {"at": "call"}),
        CallPart("pay", {"cents": 1}),
        ScriptPart("return [await tools.look({at: 'script'}), await tools.pay({cents: 2})]"),
        ScriptPart("return await tools.look({at: 'after'})"),
    ]
)


class Till:
    """Tools that remember what was asked of them."""

    def __init__(self) -> None:
        self.log: list[str] = []

    @tool(approval="always")
    async def pay(self, cents: int) -> str:
        """Pay."""
        self.log.append(f"pay {cents}")
        return f"paid {cents}"

    @tool
    async def look(self, at: str) -> str:
        """Look."""
        self.log.append(f"look {at}")
        return at


def settings(**more: Any) -> dict[str, Any]:
    return {"approver": DeferApprover(), "image_key": KEY, "mode": "enabled", "type_checker": None, **more}


def statuses(turn: ProviderTurn) -> list[str]:
    return [item.status for item in turn.turn.items if isinstance(item, ScriptCallItem | ToolCallItem)]


async def first_round(provider: str, till: Till, **more: Any) -> ProviderTurn:
    """The turn that waits."""
    async with talking(provider, [WANTS], till.pay, till.look, **settings(**more)) as talk:
        return await talk.round()


def state_of(turn: ProviderTurn) -> str:
    assert turn.suspended is not None
    return turn.suspended.state


@EACH
@pytest.mark.parametrize("streamed", [False, True])
def test_a_turn_that_waits_is_finished_later(provider: str, streamed: bool) -> None:
    """Nothing is sent while it waits; then every call is answered once and in order, and no tool was called twice."""
    till = Till()

    async def converse() -> Any:
        async with talking(provider, [WANTS, KNOWS], till.pay, till.look, streamed=streamed, **settings()) as talk:
            waits = await talk.round()
            assert waits.suspended is not None
            asked = [(ask.tool, dict(ask.arguments)) for ask in waits.suspended.pending]
            before = (waits.input, waits.goes_on, statuses(waits), list(till.log), asked)
            assert talk.adapter.pending(waits.suspended.state) == waits.suspended.pending
            decisions = {ask.id: True for ask in waits.suspended.pending}
            talk.take(await talk.adapter.resume(waits.suspended.state, decisions))
            return before, talk.last, (await talk.round()).text, history_of(talk.requests[1])

    before, turn, text, history = asyncio.run(converse())
    assert before == (
        [],
        False,
        ["completed", "completed", "suspended", "suspended", "skipped"],
        ["look tag", "look call", "look script"],
        [("pay", {"cents": 1}), ("pay", {"cents": 2})],
    )
    assert (statuses(turn), turn.suspended, turn.goes_on, text) == (["completed"] * 5, None, True, "Paid.")
    assert till.log == ["look tag", "look call", "look script", "pay 1", "pay 2", "look after"]
    assert [answer for _, answer in told(turn)][:4] == ['"call"', '"paid 1"', '["script", "paid 2"]', '"after"']
    assert history[1 : 1 + len(turn.said)] == list(turn.said)


def test_the_turn_of_a_resumed_one_has_all_items_in_order() -> None:
    """Those that were done before are read back as they were; the outcomes are those of here."""

    async def run() -> tuple[ProviderTurn, ProviderTurn]:
        till = Till()
        waits = await first_round("openai_responses", till)
        async with Harness([till.pay, till.look], **settings()) as harness:
            adapter = KINDS["openai_responses"](harness)
            assert waits.suspended is not None
            decisions = {ask.id: True for ask in waits.suspended.pending}
            return waits, await adapter.resume(waits.suspended.state, decisions)

    waits, turn = asyncio.run(run())
    assert turn.turn.items[:7] == waits.turn.items[:7]
    assert [item.part for item in turn.turn.items] == [item.part for item in waits.turn.items]
    assert [getattr(item, "call_id", None) for item in turn.turn.items] == [
        getattr(item, "call_id", None) for item in waits.turn.items
    ]
    assert [outcome.value for outcome in turn.turn.outcomes] == ["paid 1", ["script", "paid 2"], "after"]


@EACH
def test_a_denial_is_told_and_what_stood_behind_it_stays_undone(provider: str) -> None:
    """The script after one that failed is not run."""

    async def run() -> tuple[ProviderTurn, list[str]]:
        till = Till()
        waits = await first_round(provider, till)
        async with Harness([till.pay, till.look], **settings()) as harness:
            assert waits.suspended is not None
            first, second = waits.suspended.pending
            decisions: dict[str, Any] = {first.id: "too much", second.id: False}
            turn = await KINDS[provider](harness).resume(waits.suspended.state, decisions)
        return turn, till.log

    turn, log = asyncio.run(run())
    texts = [text for _, text in told(turn)]
    assert texts[1].startswith("ApprovalDeniedError: ")
    assert "too much" in texts[1]
    assert (statuses(turn)[1:], texts[3]) == (
        ["completed", "failed", "failed", "skipped"],
        "not run: a script before it failed",
    )
    assert log == ["look tag", "look call", "look script"]


@EACH
def test_decisions_come_one_by_one(provider: str) -> None:
    """What is still open leaves the turn suspended, with a state that knows what was done."""

    async def run() -> tuple[list[Any], list[str], ProviderTurn]:
        till = Till()
        turn = await first_round(provider, till)
        seen = []
        async with Harness([till.pay, till.look], **settings()) as harness:
            adapter = KINDS[provider](harness)
            while turn.suspended is not None:
                ask = turn.suspended.pending[-1]
                turn = await adapter.resume(turn.suspended.state, {ask.id: True})
                seen.append((statuses(turn), turn.input == []))
        return seen, till.log, turn

    seen, log, turn = asyncio.run(run())
    assert seen == [
        (["completed", "completed", "suspended", "completed", "skipped"], True),
        (["completed"] * 5, False),
    ]
    assert log == ["look tag", "look call", "look script", "pay 2", "pay 1", "look after"]
    assert len(told(turn)) == 5


CHILD = """
import asyncio, json, sys
from pathlib import Path
from belljar import Harness, tool
from belljar.providers import KIND

@tool(approval="always")
async def pay(cents: int) -> str:
    return f"paid {cents}"

@tool
async def look(at: str) -> str:
    return at

async def main():
    state = Path(sys.argv[1]).read_text()
    async with Harness([pay, look], image_key=b"k" * 32, type_checker=None, mode="enabled") as harness:
        adapter = KIND(harness)
        turn = await adapter.resume(state, {ask.id: True for ask in adapter.pending(state)})
    print(json.dumps([turn.input, turn.goes_on]))

asyncio.run(main())
"""


@EACH
def test_another_process_finishes_the_turn(provider: str, tmp_path: Path) -> None:
    """The state is JSON text; with the tools and the key, that is all it takes."""
    turn = asyncio.run(first_round(provider, Till()))
    file = tmp_path / "state.json"
    file.write_text(state_of(turn))
    program = CHILD.replace("KIND", KINDS[provider].__name__)

    done = subprocess.run(  # noqa: S603  (our own interpreter)
        [sys.executable, "-c", program, str(file)], capture_output=True, text=True, check=False, timeout=30
    )

    assert done.stderr == ""
    items, goes_on = json.loads(done.stdout)
    assert (goes_on, json.dumps(items).count("paid")) == (True, 2)


@pytest.mark.parametrize(
    ("turn_mode", "later_mode", "status"),
    [
        (None, "enabled", "completed"),
        (None, None, "disabled"),
        (None, "dry-run", "checked"),
        ("enabled", None, "completed"),
    ],
)
def test_what_stood_behind_runs_if_the_mode_lets_it(turn_mode: Any, later_mode: Any, status: str) -> None:
    """The run that waited was let run; the next script asks for the turn's mode, then for that of the harness now."""

    async def run() -> tuple[ProviderTurn, list[str]]:
        till = Till()
        async with talking("openai_responses", [WANTS], till.pay, till.look, **settings()) as talk:
            state = state_of(await talk.round(mode=turn_mode))
        async with Harness([till.pay, till.look], **settings(mode=later_mode)) as harness:
            adapter = KINDS["openai_responses"](harness)
            return await adapter.resume(state, {ask.id: True for ask in adapter.pending(state)}), till.log

    turn, log = asyncio.run(run())
    assert (statuses(turn)[-1], "look after" in log) == (status, status == "completed")
    assert (log.count("pay 1"), log.count("pay 2"), len(told(turn))) == (1, 1, 5)


def test_a_state_is_used_once() -> None:
    """A second click is refused, and pays nothing."""

    async def run() -> list[str]:
        till = Till()
        state = state_of(await first_round("openai_chat", till))
        async with Harness([till.pay, till.look], **settings()) as harness:
            adapter = KINDS["openai_chat"](harness)
            decisions = {ask.id: True for ask in adapter.pending(state)}
            await adapter.resume(state, decisions)
            with pytest.raises(JournalError, match="used up"):
                await adapter.resume(state, decisions)
        return till.log

    assert asyncio.run(run()).count("pay 1") == 1


def test_a_run_that_cannot_be_taken_up_does_not_lose_the_others() -> None:
    """One of two went on elsewhere: it is told as failed, and the other's result is there."""

    async def run() -> ProviderTurn:
        till = Till()
        state = state_of(await first_round("openai_chat", till))
        async with Harness([till.pay, till.look], **settings()) as harness:
            adapter = KINDS["openai_chat"](harness)
            decisions = {ask.id: True for ask in adapter.pending(state)}
            *_, second = json.loads(state)["runs"].values()
            await harness.resume(second, {ask.id: True for ask in harness.pending(second)})
            return await adapter.resume(state, decisions)

    turn = asyncio.run(run())
    assert statuses(turn) == ["completed", "completed", "completed", "failed", "skipped"]
    texts = [text for _, text in told(turn)]
    assert (texts[1], texts[2].startswith("JournalError: the run ")) == ('"paid 1"', True)


NO_STATES: dict[str, Any] = {
    "no JSON": "x",
    "no object": "[]",
    "empty": "{}",
    "another provider's": None,
    "another version's": {"version": 0},
    "without its items": {"items": None},
    "with an item of another kind": {"items": [{"type": "other"}]},
    "with a slot of another kind": {"frame": {"slots": [{"x": 1}]}},
}


@pytest.mark.parametrize("name", NO_STATES)
def test_what_is_no_state_is_refused(name: str) -> None:
    """UsageError, and nothing goes on."""

    async def run() -> None:
        till = Till()
        state = state_of(await first_round("openai_chat", till))
        change = NO_STATES[name]
        if isinstance(change, dict):
            state = json.dumps({**json.loads(state), **change})
        elif change is not None:
            state = change
        async with Harness([till.pay, till.look], **settings()) as harness:
            adapter = KINDS["openai_responses" if change is None else "openai_chat"](harness)
            with pytest.raises(UsageError, match="this is no state of an openai"):
                await adapter.resume(state)
        assert "pay 1" not in till.log

    asyncio.run(run())


def test_decisions_that_nobody_asked_for_are_refused() -> None:
    """Before anything goes on."""

    async def run() -> list[str]:
        till = Till()
        state = state_of(await first_round("openai_chat", till))
        async with Harness([till.pay, till.look], **settings()) as harness:
            adapter = KINDS["openai_chat"](harness)
            first = adapter.pending(state)[0].id
            with pytest.raises(UsageError, match="nobody asked 'x:1'"):
                await adapter.resume(state, {first: True, "x:1": True})
        return till.log

    assert "pay 1" not in asyncio.run(run())
