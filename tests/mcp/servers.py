"""MCP servers for tests, with the official SDK. Run as a program, `demo()` over stdio."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import mcp_types as types
import uvicorn
from mcp.server.elicitation import ElicitationResult
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.resolve import Elicit, Resolve
from pydantic import BaseModel


class Invoice(BaseModel):
    """One invoice."""

    number: str
    cents: int


class Agreement(BaseModel):
    """What `send` asks."""

    agreed: bool


def _ask(to: str) -> Elicit[Agreement]:
    return Elicit(f"Send it to {to}?", Agreement)


def demo() -> MCPServer:
    """A server with one tool for each thing that a result can be."""
    cancelled = threading.Event()
    server = MCPServer("demo", version="1", log_level="CRITICAL")

    @server.tool(annotations=types.ToolAnnotations(read_only_hint=True))
    async def add(a: int, b: int, ctx: Context) -> int:
        """The sum."""
        await ctx.report_progress(1, 2, "half way")
        return a + b

    @server.tool(name="get-invoice")
    def get_invoice(number: str) -> Invoice:
        """The invoice of this number."""
        return Invoice(number=number, cents=1_250)

    @server.tool(structured_output=False)
    def report(kind: str) -> str:
        """A report."""
        return {"text": "all is well", "json": '[{"id": 1}, {"id": 2, "name": "b"}]'}[kind]

    @server.tool(structured_output=False)
    def picture() -> list[Any]:
        """A picture and what it shows."""
        image = types.ImageContent(data="iVBORw==", mime_type="image/png")
        return [types.TextContent(text="a cat"), image]

    @server.tool()
    def fail() -> str:
        """Fails."""
        raise ToolError("no such account: 7")

    @server.tool()
    async def wait(ctx: Context) -> str:
        """Says that it began, and waits until it is cancelled."""
        await ctx.report_progress(0)
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.set()
            raise
        return "woke up"

    @server.tool()
    async def was_cancelled() -> bool:
        """Whether `wait` was, within some seconds."""
        return await asyncio.to_thread(cancelled.wait, 5)

    @server.tool()
    async def grow(ctx: Context) -> str:
        """Adds a tool to the server."""
        server.add_tool(extra)
        await ctx.notify_tools_changed()
        await ctx.session.send_tool_list_changed()
        return "grown"

    @server.tool()
    def send(to: str, answer: Annotated[ElicitationResult[Agreement], Resolve(_ask)]) -> str:
        """Sends something, once a person agreed."""
        data = getattr(answer, "data", None)
        return f"{to}: {answer.action} {data.agreed if data else None}"

    @server.tool()
    def ask_again() -> str | types.InputRequiredResult:
        """Asks without looking whether it may."""
        params = types.ElicitRequestFormParams(
            message="Which one?", requested_schema={"type": "object", "properties": {}}
        )
        return types.InputRequiredResult(input_requests={"q": types.ElicitRequest(params=params)}, request_state="s")

    return server


def extra(x: int) -> int:
    """Came later."""
    return x


@contextmanager
def over_http(server: MCPServer, listener: socket.socket | None = None) -> Iterator[str]:
    """The server's URL on a loopback port, until the block ends. A `listener` stays open for another server."""
    with listener.dup() if listener is not None else socket.create_server(("127.0.0.1", 0)) as own:
        config = uvicorn.Config(server.streamable_http_app(), log_config=None, timeout_graceful_shutdown=0)
        runner = uvicorn.Server(config)
        thread = threading.Thread(target=runner.run, kwargs={"sockets": [own]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{own.getsockname()[1]}/mcp"
        finally:
            runner.should_exit = True
            thread.join()


_SCRIPTED = """
import json, os, subprocess, sys, time
listed, answer, era, mark = json.loads(sys.argv[1])
if mark and os.path.exists(mark):
    sys.exit(3)
def say(text):
    sys.stdout.write(text + chr(10))
    sys.stdout.flush()
HELLO = {"protocolVersion": "2025-11-25", "serverInfo": {"name": "s", "version": "1"}, "capabilities": {"tools": {}}}
MODERN = {"supportedVersions": ["2026-07-28"], "capabilities": {"tools": {}}, "resultType": "complete",
          "ttlMs": 0, "cacheScope": "public"}
for line in sys.stdin:
    asked = json.loads(line)
    method, id = asked["method"], asked.get("id")
    known = {"initialize": HELLO, "tools/list": listed, "tools/call": answer}
    known["server/discover"] = MODERN if era == "modern" else None
    reply = known.get(method)
    if id is None:
        continue
    if isinstance(reply, str):
        exec(reply)
    elif reply is None:
        say(json.dumps({"jsonrpc": "2.0", "id": id, "error": {"code": -32601, "message": "no " + method}}))
    else:
        say(json.dumps({"jsonrpc": "2.0", "id": id, "result": reply}))
"""


def scripted(listed: Any, answer: Any = None, *, era: str = "legacy", mark: str = "") -> list[str]:
    """A command: a server that lists `{"tools": listed}` and answers each call so, whatever the protocol says.

    A text in the place of an answer is run as Python, with `say`, `id` and `asked`. Where a file `mark` is, the server
    does not start.
    """
    page = {"tools": listed} if isinstance(listed, list) else listed
    if era == "modern":
        page = {**page, "resultType": "complete", "ttlMs": 0, "cacheScope": "public"}
        answer = {**answer, "resultType": "complete"}
    return [sys.executable, "-SEs", "-c", _SCRIPTED, json.dumps([page, answer, era, mark])]


def answering(result: str) -> str:
    """Python for `scripted`: answer with this expression's value."""
    return f"say(json.dumps({{'jsonrpc': '2.0', 'id': id, 'result': {result}}}))"


def one_tool(name: str = "go", **facts: Any) -> list[dict[str, Any]]:
    """A list with one tool that takes anything."""
    return [{"name": name, "inputSchema": {"type": "object"}, **facts}]


COMMAND = [sys.executable, __file__]
"""Starts `demo()` over stdio."""

if __name__ == "__main__":
    demo().run("stdio")
