"""What went wrong with a server, in words for the script and in words for the operator.

A script learns the server's name and the kind of failure; never a path, a URL, a frame, or a message of the host's own
libraries. What the server itself said is passed on, cut short.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx2
from mcp.shared.exceptions import MCPError
from mcp_types import (
    CONNECTION_CLOSED,
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    PARSE_ERROR,
    REQUEST_TIMEOUT,
)
from pydantic import ValidationError

from belljar.errors import ScriptError, ServerUnavailableError, ToolExecutionError
from belljar.tools._characters import UNPRINTABLE

_LONGEST_TEXT: Final = 2_000
"""Characters of a server's words in one error: SPEC-harness, section 3."""
_UNKNOWN_EFFECT: Final = "whether the call took effect is not known"

NEEDS_INPUT: Final = MISSING_REQUIRED_CLIENT_CAPABILITY
"""What a server says that would ask a person through us, and learnt that it cannot."""


def shortened(text: str, most: int = _LONGEST_TEXT) -> str:
    """A stranger's text without characters that deceive, cut to `most` characters."""
    text = UNPRINTABLE.sub("", text.replace("\r\n", "\n").replace("\t", " ")).strip()
    return text if len(text) <= most else f"{text[:most]}… ({len(text):,} characters)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why a connection could not be made, or ended."""

    reason: str
    """For the script."""
    detail: str = ""
    """For the operator: what the exception said."""
    stderr: str = ""
    """The end of what a child process wrote there, without host paths."""
    exit_code: int | None = None
    """Of a child process that has ended."""

    @classmethod
    def of(cls, error: BaseException, *, http_status: int | None = None, **child: Any) -> Fault:
        """The fault that an exception stands for; groups are opened."""
        cause = _innermost(error)
        reason = f"it answers with HTTP status {http_status}" if http_status else _reason(cause)
        return cls(reason=reason, detail=shortened(f"{type(cause).__name__}: {cause}", 500), **child)

    def error(self, server: str, *, retry_in_s: float) -> ServerUnavailableError:
        """What the script gets."""
        details: dict[str, Any] = {"server": server, "retry_in_s": round(retry_in_s, 1)}
        details |= {"stderr": self.stderr} if self.stderr else {}
        details |= {"exit_code": self.exit_code} if self.exit_code is not None else {}
        return ServerUnavailableError(f"MCP server {server!r} is not available: {self.reason}", details=details)

    def for_operator(self) -> str:
        """All that is known, for a log or a terminal."""
        ending = f"exit code {self.exit_code}" if self.exit_code is not None else ""
        return "\n".join(filter(None, [": ".join(filter(None, [self.reason, self.detail, ending])), self.stderr]))


def _innermost(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _reason(error: BaseException) -> str:
    return next((words(error) for kind, words in _REASONS.items() if isinstance(error, kind)), "it failed")


_REASONS: Final[Mapping[type[BaseException], Callable[[Any], str]]] = {
    FileNotFoundError: lambda _: "its command is not there",
    PermissionError: lambda _: "its command may not be started",
    TimeoutError: lambda _: "it does not answer",
    httpx2.TimeoutException: lambda _: "it does not answer",
    httpx2.HTTPError: lambda _: "it cannot be reached",
    OSError: lambda _: "it cannot be reached",
    MCPError: lambda error: _MCP_REASONS.get(error.code) or f"it refuses: {shortened(error.message, 200)}",
    ValidationError: lambda _: "it does not speak MCP",
    ValueError: lambda _: "it does not speak MCP",
}
"""In this order: TimeoutError and FileNotFoundError are OSErrors, ValidationError is a ValueError."""

_MCP_REASONS: Final[Mapping[int, str]] = {
    CONNECTION_CLOSED: "it ended the connection",
    REQUEST_TIMEOUT: "it does not answer",
    PARSE_ERROR: "it does not speak MCP",
}


def call_error(error: MCPError | ValidationError, *, tool: str, server: str, timeout_s: float) -> ScriptError:
    """What the script gets for a call that failed on its way."""
    if isinstance(error, MCPError) and error.code not in _MCP_REASONS:
        return ToolExecutionError(f"{tool} failed: {shortened(error.message)}", tool=tool, details={"code": error.code})
    what = {
        CONNECTION_CLOSED: "ended the connection during the call",
        REQUEST_TIMEOUT: f"did not answer within {timeout_s:g} s, and was told to stop",
    }.get(getattr(error, "code", 0), "answered with something that is not MCP")
    message = f"MCP server {server!r} {what}; {_UNKNOWN_EFFECT}"
    return ServerUnavailableError(message, tool=tool, details={"server": server, "effect": "unknown"})
