"""Replies that come as parts: thinking, text, scripts from a tool, structured calls."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from belljar import CallInfo, DeferApprover, Harness, Limits, Turn, tool
from belljar.harness import (
    CallPart,
    ErrorItem,
    Item,
    Part,
    ScriptCallItem,
    ScriptOutputItem,
    ScriptPart,
    TextPart,
    ThinkingPart,
    ToolCallItem,
    ToolOutputItem,
)
from belljar.tools.events import ProgressMade


@tool
def double(n: int) -> int:
    """Twice the number."""
    return 2 * n


@tool(approval="always")
def pay(cents: int) -> str:
    """Pay."""
    return f"paid {cents}"


def turn_of(*parts: Part, limits: Limits | None = None, **options: Any) -> Turn:
    async def main() -> Turn:
        async with Harness([double, pay], approver=DeferApprover(), limits=limits) as harness:
            return await harness.process(parts, **options)

    return asyncio.run(main())


def told(item: Item) -> tuple[Any, ...]:
    """Kind, part and what matters of an item."""
    match item:
        case ScriptCallItem():
            return item.type, item.part, item.call_id, item.source, item.status
        case ToolCallItem():
            return item.type, item.part, item.call_id, item.tool, item.status
        case ScriptOutputItem() | ToolOutputItem():
            return item.type, item.part, item.call_id, item.output_json, item.error and item.error.code
        case ErrorItem():
            return item.type, item.part, item.error.code
        case _:
            return item.type, item.part, item.text


def test_items_come_in_the_order_of_the_parts_and_name_them() -> None:
    """Whatever the channel, an item says which part it came from, and ids count through the turn."""
    turn = turn_of(
        ThinkingPart("first"),
        TextPart("Now <tool-calls>return 1</tool-calls> then"),
        CallPart("double", {"n": 4}),
        CallPart("double", {"n": "four"}),
        ScriptPart("return await tools.double({n: 3})"),
        ThinkingPart("last"),
    )

    assert [told(item) for item in turn.items] == [
        ("reasoning", 0, "first"),
        ("message", 1, "Now "),
        ("script_call", 1, "call_1", "return 1", "completed"),
        ("script_output", 1, "call_1", "1", None),
        ("message", 1, " then"),
        ("tool_call", 2, "call_2", "double", "completed"),
        ("tool_output", 2, "call_2", "8", None),
        ("tool_call", 3, "call_3", "double", "failed"),
        ("tool_output", 3, "call_3", None, "ToolValidationError"),
        ("script_call", 4, "call_4", "return await tools.double({n: 3})", "completed"),
        ("script_output", 4, "call_4", "6", None),
        ("reasoning", 5, "last"),
    ]
    assert len(turn.outcomes) == 4


def test_tags_count_in_text_only() -> None:
    """Thinking is never looked into, and a script from a tool is taken as it is."""
    turn = turn_of(ThinkingPart("<tool-calls>return 1</tool-calls>"), ScriptPart("return '<tool-calls>'"))

    assert [told(item)[0] for item in turn.items] == ["reasoning", "script_call", "script_output"]
    assert turn.outcomes[0].value == "<tool-calls>"


def test_a_malformed_text_stops_everything_that_would_run() -> None:
    """Which scripts a broken reply means is not known, so no call is made either."""
    turn = turn_of(TextPart("<tool-calls>return 1"), CallPart("double", {"n": 1}))

    assert [told(item) for item in turn.items] == [
        ("message", 0, "<tool-calls>return 1"),
        ("error", 0, "MalformedReplyError"),
    ]


def test_calls_that_follow_one_another_run_at_the_same_time() -> None:
    """Each waits for the other, and both end."""
    met = asyncio.Barrier(2)

    @tool
    async def meet(who: str) -> str:
        """Waits for another."""
        await met.wait()
        return who

    async def main() -> Turn:
        async with Harness([meet], limits=Limits(timeout_ms=5_000)) as harness:
            return await harness.process([CallPart("meet", {"who": "a"}), CallPart("meet", {"who": "b"})])

    assert [outcome.value for outcome in asyncio.run(main()).outcomes] == ["a", "b"]


def test_a_structured_call_has_the_schema_the_approval_and_the_journal_of_any_call() -> None:
    """What a script could not do, a structured call cannot do; its error names no place, since there is no script."""
    turn = turn_of(CallPart("pay", {"cents": 1}), CallPart("dubble", {"n": 1}), CallPart("double", [1]))

    outputs = [item for item in turn.items if isinstance(item, ToolOutputItem)]
    assert [told(item)[3:] for item in outputs] == [
        (None, "RunSuspendedError"), (None, "ToolNotFoundError"), (None, "ToolValidationError"),
    ]  # fmt: skip
    assert outputs[1].text.startswith("ToolNotFoundError: there is no tool 'dubble'\nhint: Did you mean 'double'?")
    assert [outcome.status for outcome in turn.suspended] == ["suspended"]
    assert [record.type for record in turn.outcomes[0].journal.records] == ["run", "suspend"]


def test_a_turn_makes_no_more_structured_calls_than_it_may() -> None:
    """The rest is answered with a coded error."""
    calls = [CallPart("double", {"n": n}) for n in range(3)]

    by_option = turn_of(*calls, calls_left=2)
    by_limit = turn_of(*calls, limits=Limits(tool_calls=1))

    assert [told(i)[3:] for i in by_option.items if isinstance(i, ToolOutputItem)] == [
        ("0", None), ("2", None), (None, "ToolBudgetExceededError"),
    ]  # fmt: skip
    assert len(by_limit.outcomes) == 1


def test_a_script_after_a_suspended_one_is_skipped() -> None:
    """It may need what the first has not done yet."""
    turn = turn_of(ScriptPart("return await tools.pay({cents: 1})"), ScriptPart("return 2"))

    assert [told(item)[4] for item in turn.items if isinstance(item, ScriptCallItem)] == ["suspended", "skipped"]


@pytest.mark.parametrize(
    ("mode", "status", "kinds"),
    [
        ("disabled", "disabled", ["tool_call", "error"]),
        ("dry-run", "checked", ["tool_call", "tool_output"]),
    ],
)
def test_modes_hold_for_structured_calls(mode: str, status: str, kinds: list[str]) -> None:
    """Nothing is called, and the items say so."""
    turn = turn_of(CallPart("double", {"n": 1}), mode=mode)

    call = turn.items[0]
    assert isinstance(call, ToolCallItem)
    assert (call.status, [item.type for item in turn.items], turn.outcomes) == (status, kinds, ())


def test_what_a_provider_brings_is_not_run_without_a_word_about_it() -> None:
    """A developer's own call is; a wired pipeline asks for it: in the harness or in the turn."""

    async def main() -> list[str]:
        said: list[str] = []
        given: list[dict[str, Any]] = [{}, {"provider": "openai"}, {"provider": "openai", "mode": "enabled"}]
        async with Harness([double]) as harness:
            for options in given:
                (call, _) = (await harness.process([ScriptPart("return 1")], **options)).items
                assert isinstance(call, ScriptCallItem)
                said.append(call.status)
            said.append(str(harness.disabled_count))
        return said

    assert asyncio.run(main()) == ["completed", "disabled", "completed", "1"]


def test_arguments_reach_the_tool_as_the_model_gave_them() -> None:
    """Every JSON value survives being written as a script, `__proto__` and line separators too."""
    seen: list[Any] = []

    @tool
    def take(value: dict[str, Any]) -> None:
        """Take anything."""
        seen.append(value)

    given = {"text": "\u2028 \" ' ` ${x} \\ </script> 🎉 \ud83d\ude00", "__proto__": {"a": 1}, "n": [1e300, -0.5, None]}

    async def main() -> None:
        async with Harness([take]) as harness:
            outcome = await harness.call("take", {"value": {"text": given["text"], "n": given["n"]}})
            assert outcome.error is None
            long = await harness.call("take", {"value": {"text": "x" * 100_000}})
            assert long.error is None
            hostile = await harness.call("take", {"value": given})
            assert hostile.error is None

    asyncio.run(main())
    assert seen[0] == {"text": "\u2028 \" ' ` ${x} \\ </script> 🎉 😀", "n": [1e300, -0.5, None]}
    assert len(seen[1]["text"]) == 100_000
    assert seen[2] == {**given, "text": seen[0]["text"]}


def test_a_tool_tells_how_far_it_is() -> None:
    """From a thread or the loop, in order, cut and counted; nobody listening costs nothing."""

    @tool
    def slow(call: CallInfo) -> int:
        """Tells three times."""
        for step in range(3):
            call.progress(f"step {step} of a long way")
        return 3

    async def main() -> tuple[list[tuple[str, str, int | None]], Any]:
        told = []
        limits = Limits(progress_events=2, progress_chars=6)
        async with Harness([slow], limits=limits) as harness:
            async for event in harness.stream("return await tools.slow()"):
                if isinstance(event, ProgressMade):
                    told.append((event.message, event.kind, event.call))
            return told, (await harness.run("return await tools.slow()")).value

    assert asyncio.run(main()) == ([("step 0", "tool", 1), ("step 1", "tool", 1)], 3)
