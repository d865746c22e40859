"""One connection while it lasts: the SDK's client over the right transport, and what is known of its other end."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import mcp_types as types
from mcp.client.client import Client
from mcp.client.session import IncomingMessage
from mcp.client.stdio import StdioServerParameters
from mcp.shared.exceptions import MCPError
from mcp_types import CONNECTION_CLOSED, INVALID_REQUEST
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from belljar.mcp._faults import Fault
from belljar.mcp._http import Remote
from belljar.mcp._screen import screened
from belljar.mcp._stdio import Child
from belljar.mcp._targets import ServerSpec
from belljar.tools._open_call import without_host_paths

if TYPE_CHECKING:
    from mcp.client._transport import TransportStreams

_LOG: Final = logging.getLogger("belljar.mcp")

MODE = "auto"
"""How the era of the protocol is found: the SDK asks for 2026-07-28 first. Tests choose the older one."""
PAGES: Final = 100
"""Of a list. The SDK follows as many."""
TOOLS: Final = 2_000
"""Of one server. Ten times the largest catalogue that is known to us."""
_POLL_S: Final = 60.0
"""Between two looks at a list whose changes nobody tells."""


@dataclass(slots=True)
class Link:
    """What `_connection` holds of a connection."""

    spec: ServerSpec
    elicitation_callback: Any = None
    repairs: list[tuple[str, str]] = field(default_factory=list)
    """Tools of the last list that had to be repaired, and why."""
    over: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the connection is to end, or has."""
    client: Client = field(init=False)
    _child: Child | None = None
    _remote: Remote | None = None
    _subscriber: asyncio.Task[None] = field(init=False)
    _is_stale: bool = True
    _is_told: bool = False
    """Whether the server tells of changes."""
    _look_again_at: float = 0.0
    _is_garbled: bool = False
    """Whether something came that is no message of the protocol. By itself no fault: some servers print a banner."""

    @asynccontextmanager
    async def entered(self) -> AsyncGenerator[None, None]:
        """Connected, in the task that leaves again. Raises what the SDK raises."""
        async with Client(
            self._server(),
            read_timeout_seconds=self.spec.call_timeout_ms / 1000,
            elicitation_callback=self.elicitation_callback,
            message_handler=self._receive,
            cache=None,
            mode=MODE,
        ) as self.client:
            # The SDK would check results against the server's own schema, which can be made to take for ever.
            setattr(self.client.session, "validate_tool_result", _believe)  # noqa: B010 - mypy forbids the assignment
            self._subscriber = asyncio.create_task(self._subscribe())
            try:
                yield
            finally:
                self._subscriber.cancel()
                await asyncio.wait([self._subscriber])

    def fault(self, error: BaseException | None) -> Fault:
        """Why it ended, or never began."""
        child = self._child
        if isinstance(error, TimeoutError) and self._is_garbled:
            error = ValueError("what it sends is no JSON-RPC message")
        return Fault.of(
            error or MCPError(CONNECTION_CLOSED, "Connection closed"),
            http_status=self._remote.status if self._remote is not None else None,
            stderr=without_host_paths(child.stderr) if child is not None else "",
            exit_code=child.exit_code if child is not None else None,
        )

    def has_forgotten(self, error: MCPError) -> bool:
        """Whether an HTTP server said that it does not know our session: then it has done nothing of what was asked."""
        return error.code == INVALID_REQUEST and self._remote is not None and self._remote.is_forgotten

    # -- the list of tools ------------------------------------------------------------------------------------------

    def needs_look(self) -> bool:
        """Whether the tools may have changed since the last list."""
        return self._is_stale or (not self._is_told and time.monotonic() >= self._look_again_at)

    async def tools(self) -> list[types.Tool]:
        """All pages, up to the bounds; none from a server that says it has no tools."""
        if self._subscriber.done():  # a server that was restarted has forgotten it
            self._subscriber = asyncio.create_task(self._subscribe())
        self._is_stale = False  # before the list, so that a change in the middle of it counts
        try:
            return await self._pages() if self.client.server_capabilities.tools is not None else []
        except BaseException:  # a cancellation too: nobody has seen the list
            self._is_stale = True
            raise

    async def _pages(self) -> list[types.Tool]:
        self.repairs.clear()
        found: list[types.Tool] = []
        cursor: str | None = None
        for _ in range(PAGES):
            page = await self.client.list_tools(cursor=cursor)
            found += page.tools
            cursor = page.next_cursor
            if cursor is None or len(found) > TOOLS:
                break
        self._look_again_at = time.monotonic() + _POLL_S
        return found

    async def _receive(self, message: IncomingMessage) -> None:
        if isinstance(message, types.ToolListChangedNotification):
            self._is_stale = True
        elif isinstance(message, Exception):
            self._is_garbled = True

    async def _subscribe(self) -> None:
        tools = self.client.server_capabilities.tools
        if tools is None or not tools.list_changed:
            return
        if self.client.protocol_version not in MODERN_PROTOCOL_VERSIONS:
            self._is_told = True
            return
        try:
            async with self.client.listen(tools_list_changed=True) as subscription:
                self._is_told = bool(subscription.honored.tools_list_changed)
                self._is_stale = True  # what changed before this moment was not told
                async for _ in subscription:
                    self._is_stale = True
        except Exception as error:  # a server that will not tell, or stops telling, however it fails, is asked instead
            _LOG.debug("no news of tools: %s", type(error).__name__)
        finally:
            self._is_told = False

    # -- the transport ----------------------------------------------------------------------------------------------

    def _server(self) -> Any:
        address = self.spec.address
        if isinstance(address, StdioServerParameters):
            self._child = Child(address, on_end=self.over.set)
            return self._screened(self._child.streams())
        if isinstance(address, str):
            self._remote = Remote(address, self.spec.headers)
            return self._screened(self._remote.streams())
        return address

    def _screened(
        self, transport: AbstractAsyncContextManager[TransportStreams]
    ) -> AbstractAsyncContextManager[TransportStreams]:
        return screened(
            transport, version=lambda: self.client.protocol_version, on_repair=lambda *why: self.repairs.append(why)
        )


async def _believe(_name: str, _result: types.CallToolResult) -> None:
    """In the place of the SDK's validation."""
