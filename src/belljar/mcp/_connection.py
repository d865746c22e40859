"""One server: at most one connection to it at a time, made when it is needed and made again after it was lost.

The SDK's client must be entered and left in one task, so each connection has an owner: a task that enters, waits, and
leaves. Any other task of the same event loop may call in between. When the owner ends, for whatever reason, requests
in flight fail with the SDK's CONNECTION_CLOSED, and the next use connects again; after failures some time must pass
first, twice as much each time, and until then a use fails at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from contextlib import AsyncExitStack
from typing import Any, Final

import mcp_types as types
from mcp.client import InputRequiredRoundsExceededError
from mcp.shared.dispatcher import ProgressFnT
from mcp.shared.exceptions import MCPError
from pydantic import ValidationError

from belljar.errors import ScriptError, ServerUnavailableError, ToolExecutionError, UsageError
from belljar.mcp._elicitation import ElicitationHandler, callback_of, calling, refusal
from belljar.mcp._faults import NEEDS_INPUT, Fault, call_error, shortened
from belljar.mcp._link import Link
from belljar.mcp._targets import ServerSpec
from belljar.tools import CallInfo

_LOG: Final = logging.getLogger("belljar.mcp")

_FIRST_PAUSE_S: Final = 0.5
_LONGEST_PAUSE_S: Final = 60.0
_PATIENCE_S: Final = 1.0
"""Of a refresh with a server that failed before: a dead one must not hold up every run."""
_LEAVE_S: Final = 5.0
"""For an owner to leave by itself; a child process needs up to 3 s."""
_CLOSED: Final = Fault(reason="it was closed by the host")


class Connection:
    """The way to one server. Everything but the constructor runs in one event loop."""

    def __init__(self, name: str, spec: ServerSpec, *, elicitation: ElicitationHandler | None) -> None:
        self.name = name
        self.fault: Fault | None = None
        """Why there is no connection, when the last attempt failed or the last connection broke."""
        self._spec = spec
        self._handler = elicitation
        self._link: Link | None = None
        """While connected."""
        self._owner: asyncio.Task[None] | None = None
        self._settled = asyncio.Event()
        """Set when the owner has connected or given up."""
        self._failures = 0
        self._retry_at = 0.0
        self._is_closed = False

    # -- what others do with it -------------------------------------------------------------------------------------

    @property
    def may_connect(self) -> bool:
        """Whether a use would not fail at once."""
        return self._link is not None or (not self._is_closed and time.monotonic() >= self._retry_at)

    @property
    def needs_look(self) -> bool:
        """Whether `new_tools` may have something to tell."""
        return self.may_connect if self._link is None else self._link.needs_look()

    async def new_tools(self) -> tuple[list[types.Tool], list[tuple[str, str]]]:
        """The server's tools, and the repairs that they needed.

        A server that failed before is given a second to come back, and otherwise comes back in the background. Raises
        ServerUnavailableError; a server that does not list its tools counts as down.
        """
        link = await self._connected(patience_s=_PATIENCE_S if self._failures else None)
        try:
            async with asyncio.timeout(self._spec.connect_timeout_ms / 1000):
                tools = await link.tools()
        except Exception as error:  # a server, or the SDK over it, may fail in any way: it counts as down
            self._note(link, error)
            link.over.set()
            raise self._unavailable() from error
        self._failures = 0
        return tools, list(link.repairs)

    async def call(self, name: str, arguments: dict[str, Any], call: CallInfo) -> types.CallToolResult:
        """One `tools/call` of the server's `name`; cancelling the task that waits cancels the request.

        Raises ServerUnavailableError, and ToolExecutionError where the server refuses or asks for input that nobody
        can give.
        """
        token = calling.set(call.tool)
        try:
            link = await self._connected()
            try:
                return await self._answered(link, name, arguments, call)
            except MCPError as error:
                if not link.has_forgotten(error):
                    raise
            link.over.set()
            return await self._answered(await self._connected(), name, arguments, call)
        except (MCPError, ValidationError) as error:
            raise self._call_error(error, call.tool) from error
        except InputRequiredRoundsExceededError as error:
            message = f"{call.tool} failed: MCP server {self.name!r} asks for input again and again"
            raise ToolExecutionError(message, tool=call.tool) from error
        finally:
            calling.reset(token)

    def _call_error(self, error: MCPError | ValidationError, tool: str) -> ScriptError:
        if isinstance(error, MCPError) and error.code == NEEDS_INPUT:
            return refusal(self.name, tool)
        return call_error(error, tool=tool, server=self.name, timeout_s=self._spec.call_timeout_ms / 1000)

    async def _answered(self, link: Link, name: str, arguments: dict[str, Any], call: CallInfo) -> types.CallToolResult:
        on_progress = _reporter(call)
        if self._handler is not None:
            return await link.client.call_tool(name, arguments, progress_callback=on_progress)
        result = await link.client.session.call_tool(
            name, arguments, progress_callback=on_progress, allow_input_required=True
        )
        if isinstance(result, types.InputRequiredResult):
            raise refusal(self.name, call.tool, result)
        return result

    async def aclose(self) -> None:
        """For good. A connection that will not end is cut off after some seconds."""
        self._check_loop()
        self._is_closed = True
        owner = self._owner
        if owner is None:
            return
        if not self._settled.is_set():
            owner.cancel()
        elif self._link is not None:
            self._link.over.set()
        await asyncio.wait([owner], timeout=_LEAVE_S)
        owner.cancel()
        await asyncio.wait([owner])

    # -- the owner --------------------------------------------------------------------------------------------------

    async def _connected(self, *, patience_s: float | None = None) -> Link:
        self._check_loop()
        if self._owner is not None and self._is_leaving():
            await asyncio.wait([self._owner])
        if self._owner is None or self._owner.done():
            self._begin()
        with contextlib.suppress(TimeoutError):  # the owner goes on trying
            await asyncio.wait_for(self._settled.wait(), patience_s)
        if self._link is None:
            raise self._unavailable()
        return self._link

    def _is_leaving(self) -> bool:
        return self._settled.is_set() and (self._link is None or self._link.over.is_set())

    def _begin(self) -> None:
        if not self.may_connect:
            raise self._unavailable()
        self._settled = asyncio.Event()
        self._owner = asyncio.create_task(self._own(), name=f"belljar MCP {self.name}")

    def _check_loop(self) -> None:
        loop = self._owner.get_loop() if self._owner is not None else None
        if loop is None or loop is asyncio.get_running_loop():
            return
        if not loop.is_closed():
            raise UsageError(f"MCP server {self.name!r} is in use in another event loop", hint="Use one loop.")
        self._owner = self._link = None

    async def _own(self) -> None:
        callback = callback_of(self.name, self._handler) if self._handler is not None else None
        link = Link(self._spec, callback)
        try:
            await self._live(link)
        except Exception as error:  # a server, or the SDK over it, may fail in any way: it ends this connection alone
            self._note(link, error)
        finally:
            self._link = None
            self._settled.set()

    async def _live(self, link: Link) -> None:
        async with AsyncExitStack() as stack:
            async with asyncio.timeout(self._spec.connect_timeout_ms / 1000):
                await stack.enter_async_context(link.entered())
            self._link = link
            self.fault = None
            self._settled.set()
            await link.over.wait()
            self._link = None
        if not self._is_closed and self.fault is None:
            self.fault = link.fault(None)

    def _note(self, link: Link, error: BaseException) -> None:
        known, self.fault = self.fault, link.fault(error)
        self._retry_at = time.monotonic() + min(_FIRST_PAUSE_S * 2**self._failures, _LONGEST_PAUSE_S)
        self._failures += 1
        if known != self.fault:
            _LOG.warning("MCP server %s is not available: %s", self.name, self.fault.for_operator())

    def _unavailable(self) -> ServerUnavailableError:
        fault = _CLOSED if self._is_closed or self.fault is None else self.fault
        return fault.error(self.name, retry_in_s=max(0.0, self._retry_at - time.monotonic()))


def _reporter(call: CallInfo) -> ProgressFnT:
    async def report(progress: float, total: float | None, message: str | None) -> None:
        share = f"{progress:g} of {total:g}" if total is not None else f"{progress:g}"
        call.progress(f"{share}: {shortened(message)}" if message else share)

    return report
