"""Streamed replies: whatever the pieces, the same turn, and nothing shown that is part of a script."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from provider_support import PROVIDERS, first_turn, talking, timeless
from support import Witness, echo

from belljar import Harness
from belljar.errors import UsageError
from belljar.harness import CallPart, ScriptPart, TextPart, ThinkingPart
from belljar.providers import AnthropicMessages, OpenAIChat, OpenAIResponses, ProviderTurn, ReasoningDelta, TextDelta
from belljar.testing.stub import StubReply

EACH = pytest.mark.parametrize("provider", PROVIDERS)
FULL = StubReply(
    parts=[
        ThinkingPart("Think, \U0001f600 then `act`."),
        TextPart(
            "A < b; <tool-calls>\nreturn 'x</tool' + '>'\n</tool-calls> `<tool-calls>` <thinking>inner</thinking> end"
        ),
        CallPart("echo", {"value": 'deep "quoted" \\ text'}),
        ScriptPart("return 2"),
    ]
)


@EACH
def test_a_streamed_reply_comes_to_the_same_turn_as_a_whole_one(provider: str) -> None:
    """Items, what goes back and the answers."""
    whole, streamed = (first_turn(provider, FULL, streamed=streamed) for streamed in (False, True))
    assert timeless(whole) == timeless(streamed)
    assert whole.answers == streamed.answers
    assert [{**said, "refusal": None} for said in whole.said] == [{**said, "refusal": None} for said in streamed.said]


@EACH
def test_what_is_shown_is_the_text_without_scripts(provider: str) -> None:
    """Tags of scripts are gone, tags in code spans are text, thinking in tags is thinking."""

    async def run() -> tuple[str, str]:
        async with talking(provider, [FULL], streamed=True) as talk:
            await talk.round()
            thoughts = [event.text for event in talk.events if isinstance(event, ReasoningDelta)]
            return "".join(thoughts), "".join(event.text for event in talk.events if isinstance(event, TextDelta))

    thought, text = asyncio.run(run())
    assert thought == "Think, \U0001f600 then `act`.<thinking>inner</thinking>"
    assert text == "A < b;  `<tool-calls>`  end"


@EACH
@pytest.mark.parametrize("is_async", [False, True])
def test_the_sdk_s_own_stream_helpers_are_streams_too(provider: str, is_async: bool) -> None:
    """Their additional events are passed over."""

    async def run() -> tuple[ProviderTurn, ProviderTurn]:
        replies = [FULL, FULL]
        async with talking(provider, replies, is_async=is_async) as talk:
            plain = await talk.round()
            talk.history = talk.history[:1]
            events = [event async for event in talk.adapter.stream(_helped(talk, is_async=is_async))]
            return plain, events[-1]

    plain, helped = asyncio.run(run())
    assert timeless(plain) == timeless(helped)
    assert [answer.keys() for answer in plain.answers] == [answer.keys() for answer in helped.answers]


def _helped(talk: Any, *, is_async: bool) -> Any:
    options: dict[str, Any] = {"model": "stub", "tools": talk.adapter.tools(structured=True)}
    if isinstance(talk.adapter, OpenAIResponses):
        manager = talk.client.responses.stream(input=talk.history, **options)
    elif isinstance(talk.adapter, OpenAIChat):
        tools = [{**each, "function": {**each["function"], "strict": True}} for each in options["tools"][:1]]
        manager = talk.client.chat.completions.stream(messages=talk.history, model="stub", tools=tools)
    else:
        manager = talk.client.messages.stream(messages=talk.history, max_tokens=100, **options)
    return _entered_async(manager) if is_async else _entered(manager)


def _entered(manager: Any) -> Iterator[Any]:
    with manager as stream:
        yield from stream


async def _entered_async(manager: Any) -> AsyncIterator[Any]:
    async with manager as stream:
        async for event in stream:
            yield event


TEXTS = st.lists(
    st.sampled_from(
        ["<tool-calls>", "</tool-calls>", "return 1", "`", "```\n", "\n", " prose ", "<", "\\", "<thinking>", "é"]
    ),
    max_size=12,
).map("".join)


@given(TEXTS, st.randoms(use_true_random=False))
def test_pieces_of_any_size_show_the_same(text: str, random: Any) -> None:
    """However the service cuts its deltas, what is shown and what it comes to is the same."""
    cuts = sorted(random.sample(range(len(text) + 1), k=min(4, len(text))))
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    one, many = asyncio.run(_both([[text], pieces]))
    assert one == many


async def _both(ways: list[list[str]]) -> list[tuple[str, Any, list[Any]]]:
    async with Harness([echo], mode="dry-run", type_checker=None) as harness:
        return [await _shown(harness, pieces) for pieces in ways]


async def _shown(harness: Harness, pieces: list[str]) -> tuple[str, Any, list[Any]]:
    chunks = [{"choices": [{"delta": {"content": piece}}]} for piece in pieces]
    end = {"choices": [{"delta": {}, "finish_reason": "stop"}]}
    events = [event async for event in OpenAIChat(harness).stream([*chunks, end])]
    turn = events[-1]
    assert isinstance(turn, ProviderTurn)
    shown = "".join(event.text for event in events if isinstance(event, TextDelta | ReasoningDelta))
    return shown, turn.input, timeless(turn)


def test_leaving_a_stream_early_cancels_what_runs() -> None:
    """The tool sees it, and nothing is left behind."""
    witness = Witness()

    async def run() -> None:
        reply = StubReply(parts=[ScriptPart("await tools.hold({name: 'it'})")])
        async with talking("anthropic_messages", [reply], witness.hold) as talk:
            talk.streamed = True
            stream = talk.adapter.stream(await talk.ask())
            async for event in stream:
                if getattr(event, "name", "") == "call_started":
                    break
            await stream.aclose()

    asyncio.run(run())
    assert witness.log == ["it aborted"]


def test_what_is_no_stream_is_the_host_s_mistake() -> None:
    """For instance a response that was not streamed."""

    async def run() -> None:
        async with Harness() as harness:
            with pytest.raises(UsageError, match="a int is no stream"):
                _ = [event async for event in OpenAIResponses(harness).stream(1)]  # type: ignore[arg-type]

    asyncio.run(run())


def test_an_error_in_a_stream_voids_the_reply() -> None:
    """The service's own word for it is in the turn."""
    events = [
        {"type": "response.created", "response": {"status": "in_progress", "output": []}},
        {"type": "error", "message": "overloaded", "code": "server_error"},
    ]

    async def run() -> ProviderTurn:
        async with Harness() as harness:
            *_, turn = [event async for event in OpenAIResponses(harness).stream(events)]
            assert isinstance(turn, ProviderTurn)
            return turn

    turn = asyncio.run(run())
    assert (turn.input, turn.stop, turn.turn.items[0].error.message) == (  # type: ignore[union-attr]
        [], "failed", "the reply is failed: overloaded",
    )  # fmt: skip


def test_deltas_of_tomorrow_s_blocks_are_put_together() -> None:
    """Texts grow, the rest is replaced: what was streamed goes back as one block."""
    events = [
        {"type": "message_start", "message": {"model": "m", "content": []}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "of_tomorrow", "words": "a", "n": 1}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "words_delta", "words": "b"}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "n_delta", "n": 2, "more": [3]}},
        {"type": "content_block_stop", "index": 0},
        {"type": "ping"},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {}},
        {"type": "message_stop"},
    ]

    async def run() -> ProviderTurn:
        async with Harness() as harness:
            *_, turn = [event async for event in AnthropicMessages(harness).stream(events)]
            assert isinstance(turn, ProviderTurn)
            return turn

    (said,) = asyncio.run(run()).said
    assert said["content"] == [{"type": "of_tomorrow", "words": "ab", "n": 2, "more": [3]}]


def test_a_long_reply_in_many_small_pieces_is_put_together_whole() -> None:
    """Text and arguments, each a few characters at a time."""
    pieces = [f"{n} word " for n in range(2_000)]
    call = {"index": 0, "id": "c1", "type": "function", "function": {"name": "echo", "arguments": '{"value": "'}}

    async def chunks() -> AsyncIterator[Any]:
        yield {"choices": [{"delta": {"tool_calls": [call]}}]}
        for piece in [*pieces, '"}']:
            more = [{"index": 0, "function": {"arguments": piece}}]
            yield {"choices": [{"delta": {"content": piece, "tool_calls": more}}]}
        yield {"choices": [{"delta": {}, "finish_reason": "tool_calls"}]}

    async def run() -> ProviderTurn:
        async with Harness([echo]) as harness:
            *_, turn = [event async for event in OpenAIChat(harness).stream(chunks())]
            assert isinstance(turn, ProviderTurn)
            return turn

    turn = asyncio.run(run())
    text = "".join(pieces)
    assert turn.text == text + '"}'
    (call,) = turn.said[0]["tool_calls"]
    assert json.loads(call["function"]["arguments"]) == {"value": text}


def test_a_sync_stream_does_not_hold_the_event_loop_up() -> None:
    """While its next event is waited for, other work goes on."""
    other_done = asyncio.Event

    async def run() -> bool:
        done = other_done()
        loop = asyncio.get_running_loop()

        def events() -> Iterator[Any]:
            waiter = asyncio.run_coroutine_threadsafe(done.wait(), loop)
            yield {"choices": [{"delta": {"content": "x"}, "finish_reason": "stop" if waiter.result(5) else None}]}

        async def work() -> None:
            done.set()

        async with Harness() as harness:
            task = asyncio.ensure_future(work())
            *_, turn = [event async for event in OpenAIChat(harness).stream(events())]
            await task
            assert isinstance(turn, ProviderTurn)
            return turn.text == "x"

    assert asyncio.run(run())


def test_clients_are_not_imported() -> None:
    """The adapters work on shapes: neither SDK is loaded by them."""
    import subprocess
    import sys

    program = "import sys, belljar.providers; print([name for name in ('openai', 'anthropic') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603  (our own interpreter)
    assert done.stdout == "[]\n"
