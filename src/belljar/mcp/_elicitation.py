"""Questions that a server asks while it works on a call, and who answers them.

Without a handler the server is told that nobody can be asked (the client then does not declare the capability); one
that asks all the same makes its call fail with the question in the error, so that it is not lost.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import mcp_types as types
from mcp.client.session import ClientRequestContext

from belljar.errors import ToolExecutionError
from belljar.mcp._faults import shortened

_LOG: Final = logging.getLogger("belljar.mcp")
_HINT: Final = "Ask the user what the server asks, or go on without this tool."


@dataclass(frozen=True, slots=True, kw_only=True)
class Elicitation:
    """One question of a server. Its words are a stranger's."""

    server: str
    """By the operator's name for it."""
    tool: str | None
    """The tool that was called, by the script's name; None where the protocol does not say (before 2026-07-28)."""
    message: str
    """What is asked."""
    fields: Mapping[str, Any] | None
    """JSON Schema of the answer, with primitive properties only; None where the user must open `url`."""
    url: str | None
    """A page to open instead of filling in fields."""


ElicitationHandler: TypeAlias = Callable[[Elicitation], Awaitable[Mapping[str, Any] | None]]
"""Answers with the fields (for a URL with `{}`, once the user agreed to open it), or with None: declined."""

calling: ContextVar[str | None] = ContextVar("belljar_mcp_calling", default=None)
"""The tool that the current task calls."""


def callback_of(server: str, handler: ElicitationHandler) -> Any:
    """The handler as the SDK calls it."""

    async def answer(_context: ClientRequestContext, params: types.ElicitRequestParams) -> types.ElicitResult:
        try:
            found = await handler(_question(server, params))
        except (
            Exception
        ):  # the operator's function: a question that it cannot answer is withdrawn, and the call goes on
            _LOG.exception("the elicitation handler failed on a question of MCP server %s", server)
            return types.ElicitResult(action="cancel")
        if found is None:
            return types.ElicitResult(action="decline")
        return types.ElicitResult(action="accept", content=dict(found) if params.mode == "form" else None)

    return answer


def refusal(server: str, tool: str, asked: types.InputRequiredResult | None = None) -> ToolExecutionError:
    """The error for questions that nobody answers."""
    requests = asked.input_requests or {} if asked is not None else {}
    texts = [str(getattr(request.params, "message", request.method)) for request in requests.values()]
    words = f": {shortened('; '.join(texts), 500)}" if texts else ""
    message = f"{tool} was not carried out: MCP server {server!r} asks for input that nobody here can give{words}"
    return ToolExecutionError(message, tool=tool, hint=_HINT, details={"server": server, "input_required": True})


def _question(server: str, params: types.ElicitRequestParams) -> Elicitation:
    is_form = isinstance(params, types.ElicitRequestFormParams)
    return Elicitation(
        server=server,
        tool=calling.get(),
        message=shortened(params.message),
        fields=params.requested_schema if isinstance(params, types.ElicitRequestFormParams) else None,
        url=None if is_form else str(getattr(params, "url", "")),
    )
