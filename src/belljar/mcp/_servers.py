"""All MCP servers of one harness."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from types import TracebackType

from belljar.errors import ServerUnavailableError, UsageError
from belljar.mcp._catalogue import ApprovalRule, Catalogue, Policy, Problem
from belljar.mcp._connection import Connection
from belljar.mcp._elicitation import ElicitationHandler
from belljar.mcp._targets import Target, spec_of
from belljar.tools import AnyTool


class McpServers:
    """Servers by name; their tools are `mcp.NAME.TOOL`. Use it in one event loop.

        async with McpServers({"git": "uvx mcp-server-git", "crm": "https://crm.example/mcp"}) as servers:
            harness = Harness(tools=servers.tools, approver=TerminalApprover())

    A server that is down, slow or broken is listed in `problems` and has no tools, or its calls fail inside the script;
    it never keeps the others from working. Nothing is connected before `connect` or `refresh`.
    """

    def __init__(
        self,
        targets: Mapping[str, Target],
        *,
        approval: ApprovalRule | None = None,
        trust_hints: bool = False,
        elicitation: ElicitationHandler | None = None,
    ) -> None:
        """`approval` None asks a person for every call. `trust_hints` believes what servers say of their tools: those
        that are said to be read-only are not asked for, and those that are said to be idempotent may be repeated.
        `elicitation` answers what servers ask while they work on a call.

        Raises UsageError for a name that is not a JavaScript name and for a target that cannot be one.
        """
        policy = Policy(approval=approval, trust_hints=trust_hints)
        self._servers: dict[str, tuple[Connection, Catalogue]] = {}
        for name, target in targets.items():
            connection = Connection(name, spec_of(name, target), elicitation=elicitation)
            self._servers[name] = connection, Catalogue(name, policy, connection.call)
        self._tools: tuple[AnyTool, ...] = ()
        self._looking: asyncio.Task[None] | None = None
        self._is_closed = False

    async def __aenter__(self) -> McpServers:
        await self.connect()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    @property
    def tools(self) -> tuple[AnyTool, ...]:
        """What the servers offered when they were last asked, in the order of the servers."""
        return self._tools

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong now: servers that cannot be reached, tools that were left out or made wide."""
        found: list[Problem] = []
        for name, (connection, catalogue) in self._servers.items():
            if connection.fault is not None:
                found.append(Problem(server=name, tool=None, message=connection.fault.for_operator()))
            found.extend(catalogue.problems)
        return tuple(found)

    async def connect(self) -> None:
        """Connect to every server, at the same time, and list its tools. Never fails of a server."""
        await self.refresh()

    async def refresh(self) -> bool:
        """Ask for the tools again where they may have changed; whether `tools` is another now.

        Costs nothing for a server that tells of its changes and told of none. A server that is down is tried again once
        its pause is over; until it answers, the tools that it had stay.
        """
        if self._is_closed:
            raise UsageError("these MCP servers are closed", hint="Make a new McpServers.")
        for _ in range(2):  # what another task has begun to ask, and what that did not yet see
            if self._looking is None or self._looking.done():
                if not any(connection.needs_look for connection, _ in self._servers.values()):
                    break
                self._looking = asyncio.create_task(self._look())
            await asyncio.shield(self._looking)
        tools = tuple(tool for _, catalogue in self._servers.values() for tool in catalogue.tools())
        is_changed = tools != self._tools
        self._tools = tools
        return is_changed

    async def aclose(self) -> None:
        """Leave every server; child processes are ended, with what they started. Calls fail from now on."""
        self._is_closed = True
        await asyncio.gather(*(connection.aclose() for connection, _ in self._servers.values()))

    async def _look(self) -> None:
        servers = (server for server in self._servers.values() if server[0].needs_look)
        await asyncio.gather(*(_take(*server) for server in servers))


async def _take(connection: Connection, catalogue: Catalogue) -> None:
    with contextlib.suppress(ServerUnavailableError):  # it is in the connection's `fault`, and so in `problems`
        catalogue.take(*await connection.new_tools())
