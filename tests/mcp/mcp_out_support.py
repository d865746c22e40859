"""A belljar MCP server under test, official clients of it, and people who answer their forms."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import mcp_types as t
import uvicorn
from mcp.client.client import Client
from mcp.client.context import ClientRequestContext
from mcp.server.mcpserver import MCPServer

from belljar import DeferApprover, Harness, tool
from belljar.integrations.mcp_server import build_server

T = TypeVar("T")
KEY = b"k" * 32
PAY = "return await tools.pay({cents: 5});"
TWO = "return await Promise.all([tools.pay({cents: 1}), tools.pay({cents: 2})]);"

Form: TypeAlias = Callable[[str], t.ElicitResult]
"""A person: the form's text in, what the person does out."""


class Till:
    """Tools that remember what was done."""

    def __init__(self) -> None:
        self.paid: list[int] = []
        self.started = asyncio.Event()
        self.stopped = asyncio.Event()

    @tool
    def add(self, a: int, b: int) -> int:
        """The sum."""
        return a + b

    @tool(approval="always")
    def pay(self, cents: int, token: str = "") -> str:
        """Pay."""
        self.paid.append(cents)
        return f"paid {cents}" + token[:0]

    @tool
    async def wait(self) -> None:
        """Waits until it is cancelled."""
        self.started.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.stopped.set()

    def harness(self, folder: Path, **options: Any) -> Harness:
        given: dict[str, Any] = {"approver": DeferApprover(), "image_key": KEY, **options}
        return Harness([self.add, self.pay, self.wait], journal=folder, **given)


# -- people -----------------------------------------------------------------------------------------------------------


def said(decision: str, reason: str | None = None) -> t.ElicitResult:
    """A form that was filled and sent."""
    content: dict[str, Any] = {"decision": decision} | ({"reason": reason} if reason is not None else {})
    return t.ElicitResult(action="accept", content=content)


class Person:
    """Does the same with every form, or one thing after another; remembers what was shown."""

    def __init__(self, *answers: t.ElicitResult) -> None:
        self._answers = list(answers)
        self.shown: list[str] = []

    async def __call__(
        self,
        context: ClientRequestContext,  # noqa: ARG002 - the SDK calls it so
        params: t.ElicitRequestParams,
    ) -> t.ElicitResult:
        self.shown.append(params.message)
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


APPROVES = said("approve")
DENIES = said("deny", "too much")
DECLINES = t.ElicitResult(action="decline")
CANCELS = t.ElicitResult(action="cancel")


# -- servers and clients ----------------------------------------------------------------------------------------------


def with_server(
    folder: Path,
    work: Callable[[Till, MCPServer[Any]], Coroutine[Any, Any, T]],
    *,
    harness: dict[str, Any] | None = None,
    **options: Any,
) -> T:
    """What `work` gives; the server lives as long."""

    async def main() -> T:
        till = Till()
        async with till.harness(folder, **(harness or {})) as made:
            return await work(till, build_server(made, keys=[KEY], **options))

    return asyncio.run(main())


def with_client(
    folder: Path,
    work: Callable[[Till, Client], Awaitable[T]],
    *,
    person: Person | None = None,
    mode: str = "auto",
    harness: dict[str, Any] | None = None,
    **options: Any,
) -> T:
    """What `work` gives with a client in the server's own process."""

    async def connected(till: Till, server: MCPServer[Any]) -> T:
        async with Client(server, mode=mode, elicitation_callback=person) as client:
            return await work(till, client)

    return with_server(folder, connected, harness=harness, **options)


def ran(folder: Path, code: str, person: Person | None, **options: Any) -> tuple[t.CallToolResult, list[int]]:
    """The result of a script, and what was paid."""

    async def run(till: Till, client: Client) -> tuple[t.CallToolResult, list[int]]:
        return await client.call_tool("run_typescript", {"code": code}), till.paid

    return with_client(folder, run, person=person, **options)


async def asked(client: Client, code: str) -> t.InputRequiredResult:
    """The questions that a script's run comes to, not yet shown to anybody."""
    result = await client.session.call_tool("run_typescript", {"code": code}, allow_input_required=True)
    assert isinstance(result, t.InputRequiredResult), result
    return result


async def answered(
    client: Client, code: str, questions: t.InputRequiredResult, answer: t.ElicitResult = APPROVES
) -> t.CallToolResult | t.InputRequiredResult:
    """What comes of the same answer to all of them."""
    responses = dict.fromkeys(questions.input_requests or {}, answer)
    result = await client.session.call_tool(
        "run_typescript",
        {"code": code},
        input_responses=dict(responses),
        request_state=questions.request_state,
        allow_input_required=True,
    )
    assert isinstance(result, t.CallToolResult | t.InputRequiredResult)
    return result


def text_of(result: object) -> str:
    """The text that a model reads."""
    assert isinstance(result, t.CallToolResult), result
    (block,) = result.content
    assert isinstance(block, t.TextContent)
    return block.text


def facts_of(result: object) -> dict[str, Any]:
    """The structured content."""
    assert isinstance(result, t.CallToolResult), result
    facts: dict[str, Any] | None = result.structured_content
    assert facts is not None, text_of(result)
    return facts


@contextmanager
def _listener() -> Any:
    with socket.create_server(("127.0.0.1", 0)) as made:
        yield made


@asynccontextmanager
async def over_http(app: Any) -> AsyncIterator[str]:
    """The URL of an app that is served on a free port."""
    with _listener() as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", timeout_graceful_shutdown=1))
        serving = asyncio.ensure_future(server.serve(sockets=[listener]))
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/mcp"
        finally:
            server.should_exit = True
            await serving
