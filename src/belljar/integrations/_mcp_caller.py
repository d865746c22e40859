"""Who calls: one request of an MCP client, and what can be said to it and asked of it while it waits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final, Literal, TypeAlias

import anyio
import mcp_types as t
from mcp.server.mcpserver import Context
from mcp.shared.exceptions import MCPError

from belljar.harness import Outcome
from belljar.integrations._mcp_questions import Round, decisions_of, form
from belljar.integrations._mcp_results import progress_text
from belljar.tools import ApprovalRequest, Decision
from belljar.tools._terminal_io import visible
from belljar.tools.events import Event

AnyContext: TypeAlias = Context[Any, Any]
Listener: TypeAlias = Callable[[Event], None]
Asking: TypeAlias = Literal["result", "request"]
"""How a person at the client is asked: by a result that the client answers with its next request (protocol 2026-07-28),
or by a request of the server's own while the client's is open (the protocols before)."""

_RESULTS_ASK_SINCE: Final = "2026-07-28"


class Caller:
    """One request of a client."""

    def __init__(self, context: AnyContext) -> None:
        self._context = context
        self._told = 0

    @property
    def round(self) -> Round | None:
        """What the client was asked before; None for a request that answers nothing."""
        state = self._context.request_state
        return Round.from_text(state) if state is not None else None

    @property
    def who(self) -> str:
        """Who decides here, for the journal: no more is known than what the client calls itself."""
        params = self._context.session.client_params
        info = params.client_info if params is not None else None
        name = visible(f"{info.name} {info.version}")[:100] if info is not None else "that gives no name"
        return f"person at the MCP client {name}"

    @property
    def asking(self) -> Asking | None:
        """How this client can be asked; None where it shows no forms."""
        capabilities = self._context.client_capabilities
        elicitation = capabilities.elicitation if capabilities is not None else None
        if elicitation is None or (elicitation.form is None and elicitation.url is not None):
            return None
        if (self._context.protocol_version or "") >= _RESULTS_ASK_SINCE:
            return "result"
        return "request" if self._context.session.can_send_request else None

    def decisions(self, pending: Iterable[ApprovalRequest]) -> dict[str, Decision]:
        """Those that this request brings."""
        return decisions_of(pending, self._context.input_responses or {}, who=self.who)

    async def ask(self, pending: Iterable[ApprovalRequest]) -> dict[str, Decision]:
        """Decisions of a person who is asked while this request waits, one question after another."""
        asked = tuple(pending)
        responses: dict[str, t.ElicitResult] = {}
        for request in asked:
            shown = form(request)
            try:
                responses[request.id] = await self._context.session.elicit_form(
                    shown.message, shown.requested_schema, self._context.request_id
                )
            except MCPError:  # the client cannot ask after all: what is not answered stays open
                break
        return decisions_of(asked, responses, who=self.who)

    async def wait(self, begin: Callable[[Listener], Awaitable[Outcome]]) -> Outcome:
        """The outcome of a run that tells this client how it goes, and ends with this request.

        The run has a task of its own: a cancelled request cancels it once, and waits until it is wound up. In the
        request's own task each of its waits would be cancelled again, those of winding up included.
        """
        events: asyncio.Queue[Event | None] = asyncio.Queue()
        run = asyncio.ensure_future(begin(events.put_nowait))
        run.add_done_callback(lambda _: events.put_nowait(None))
        try:
            while (event := await events.get()) is not None:
                await self._tell(event)
        finally:
            if not run.done():
                run.cancel()
                with anyio.CancelScope(shield=True):
                    await asyncio.wait([run])
        return run.result()

    async def _tell(self, event: Event) -> None:
        if (text := progress_text(event)) is not None:
            self._told += 1  # within one request it must never fall, over several runs' ends too
            await self._context.report_progress(self._told, message=text)
