"""Conversations through the real SDK clients, with the stub server at the other end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import anthropic
import openai
from support import add, boom, echo

from belljar import Harness
from belljar.harness._items import item_dict
from belljar.providers import Adapter, AnthropicMessages, LiveEvent, OpenAIChat, OpenAIResponses, ProviderTurn
from belljar.testing.stub import Say, StubRequest, StubServer

KINDS: dict[str, type[Adapter]] = {
    "openai_responses": OpenAIResponses,
    "openai_chat": OpenAIChat,
    "anthropic_messages": AnthropicMessages,
}
PROVIDERS = tuple(KINDS)
TOOLS = (add, echo, boom)


@dataclass
class Talk:
    """One conversation, as it goes on."""

    adapter: Any
    client: Any
    stub: StubServer
    streamed: bool = False
    history: list[Any] = field(default_factory=lambda: [{"role": "user", "content": "Go."}])
    turns: list[ProviderTurn] = field(default_factory=list)
    events: list[LiveEvent] = field(default_factory=list)
    request: dict[str, Any] = field(default_factory=dict)
    """Options of every request; `tools` are of the adapter unless given here."""

    @property
    def requests(self) -> list[StubRequest]:
        """What the stub was asked."""
        return self.stub.requests

    @property
    def last(self) -> ProviderTurn:
        """The latest turn."""
        return self.turns[-1]

    async def ask(self) -> Any:
        """The provider's response to the history: the SDK's own object or stream."""
        make, options = _REQUESTS[self.adapter.provider](self)
        asked = make(model="stub", stream=self.streamed, **{**options, **self.request})
        return await asked if hasattr(asked, "__await__") else asked

    async def round(self, **options: Any) -> ProviderTurn:
        """Ask once and work the response off."""
        response = await self.ask()
        if self.streamed:
            *events, turn = [event async for event in self.adapter.stream(response, **options)]
            self.events += events
            assert isinstance(turn, ProviderTurn)
        else:
            turn = await self.adapter.process(response, **options)
        return self.take(turn)

    def take(self, turn: ProviderTurn) -> ProviderTurn:
        """Put a turn into the history."""
        self.turns.append(turn)
        self.history += turn.input
        self.request |= turn.request
        return turn

    async def to_the_end(self, **options: Any) -> ProviderTurn:
        """Rounds until the model has no more to do."""
        while (await self.round(**options)).goes_on:
            assert len(self.turns) < 10
        return self.last


def _of_responses(talk: Talk) -> tuple[Callable[..., Any], dict[str, Any]]:
    return talk.client.responses.create, {"input": talk.history, "tools": talk.adapter.tools(structured=True)}


def _of_chat(talk: Talk) -> tuple[Callable[..., Any], dict[str, Any]]:
    return talk.client.chat.completions.create, {
        "messages": talk.history,
        "tools": talk.adapter.tools(structured=True),
    }


def _of_messages(talk: Talk) -> tuple[Callable[..., Any], dict[str, Any]]:
    return talk.client.messages.create, {
        "messages": talk.history,
        "tools": talk.adapter.tools(structured=True),
        "max_tokens": 1_000,
    }


_REQUESTS: dict[str, Callable[[Talk], tuple[Callable[..., Any], dict[str, Any]]]] = {
    "openai_responses": _of_responses,
    "openai_chat": _of_chat,
    "anthropic_messages": _of_messages,
}


def client_of(provider: str, stub: StubServer, *, is_async: bool = False, **options: Any) -> Any:
    """The SDK's client, which the caller closes."""
    if provider == "anthropic_messages":
        kind: Any = anthropic.AsyncAnthropic if is_async else anthropic.Anthropic
        return kind(base_url=stub.url, **{"api_key": "key", **options})
    kind = openai.AsyncOpenAI if is_async else openai.OpenAI
    return kind(base_url=stub.openai_url, **{"api_key": "key", **options})


@asynccontextmanager
async def talking(
    provider: str,
    replies: Sequence[Say],
    *tools: Any,
    is_async: bool = False,
    streamed: bool = False,
    request: dict[str, Any] | None = None,
    **settings: Any,
) -> AsyncIterator[Talk]:
    """A conversation with a harness of its own; `settings` are the harness's."""
    with StubServer(replies) as stub:
        async with Harness(tools or TOOLS, **{"mode": "enabled", "type_checker": None, **settings}) as harness:
            client = client_of(provider, stub, is_async=is_async)
            try:
                yield Talk(KINDS[provider](harness), client, stub, streamed=streamed, request=dict(request or {}))
            finally:
                closed = client.close()
                if closed is not None:
                    await closed


def talk_through(provider: str, replies: Sequence[Say], *tools: Any, **settings: Any) -> Talk:
    """A whole conversation, to its end."""

    async def converse() -> Talk:
        async with talking(provider, replies, *tools, **settings) as talk:
            await talk.to_the_end()
            return talk

    return asyncio.run(converse())


def first_turn(provider: str, reply: Say, *tools: Any, **settings: Any) -> ProviderTurn:
    """What the first reply comes to."""
    options = settings.pop("process", {})

    async def converse() -> ProviderTurn:
        async with talking(provider, [reply], *tools, **settings) as talk:
            return await talk.round(**options)

    return asyncio.run(converse())


def timeless(turn: ProviderTurn) -> list[dict[str, Any]]:
    """The turn's items as data, without what a clock had a part in."""
    items = [item_dict(item) for item in turn.turn.items]
    for item in items:
        item.pop("summary", None)
        if item.get("figures"):
            item["figures"] = {name: item["figures"][name] for name in ("tool_calls", "steps")}
    return items


def told(turn: ProviderTurn) -> list[tuple[str, str]]:
    """What the model is told in answer to its calls: id and text. Notes have no id."""
    found: list[tuple[str, str]] = []
    for answer in turn.answers:
        blocks = answer["content"] if isinstance(answer.get("content"), list) else [answer]
        for block in blocks:
            name = block.get("call_id") or block.get("tool_call_id") or block.get("tool_use_id") or ""
            found.append((name, block.get("output") or block.get("content") or block.get("text") or ""))
    return found


def history_of(request: StubRequest) -> list[Any]:
    """The conversation in a request."""
    history: list[Any] = request.body.get("input") or request.body["messages"]
    return history
