"""Where an MCP server is: in this process, behind a URL, or a command to start."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeAlias

from mcp.client.stdio import StdioServerParameters
from mcp.server import Server
from mcp.server.mcpserver import MCPServer

from belljar.errors import UsageError
from belljar.tools._names import checked_tool_name

Address: TypeAlias = MCPServer | Server[Any] | StdioServerParameters | str
"""What a connection is made to; a text is a URL."""

Target: TypeAlias = "Address | Sequence[str] | ServerSpec"
"""A server object of the official SDK, an `http(s)` URL (streamable HTTP), a command line (parsed as a shell would,
and run without one), a command as a list, or a `ServerSpec`."""

_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSpec:
    """A target with what one server needs besides."""

    target: Target
    """Where it is."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Sent with every HTTP request: the place for a bearer token."""
    call_timeout_ms: int = 60_000
    """Longest wait for the answer to one request; then it is cancelled, and the script gets ServerUnavailableError."""
    connect_timeout_ms: int = 10_000
    """Longest wait for a connection; then the server counts as down."""

    @property
    def address(self) -> Address:
        """The target, parsed. Raises UsageError for one that cannot be."""
        return _address(self.target)


def spec_of(name: str, target: Target) -> ServerSpec:
    """A target as a spec that is sure to have an address. Raises UsageError, naming the server, where it cannot."""
    _check_name(name)
    spec = target if isinstance(target, ServerSpec) else ServerSpec(target=target)
    try:
        spec = replace(spec, target=spec.address)
    except UsageError as error:
        raise UsageError(f"MCP server {name!r}: {error.message}", hint=error.hint) from None
    if spec.headers and not isinstance(spec.target, str):
        raise UsageError(f"MCP server {name!r} has headers and no URL", hint="Pass secrets to a command as env.")
    if min(spec.call_timeout_ms, spec.connect_timeout_ms) < 1:
        raise UsageError(f"MCP server {name!r}: a time limit must be at least 1 ms")
    return spec


def parse_target(text: str) -> tuple[str, Target]:
    """`NAME=COMMAND` or `NAME=URL`, as on a command line. Raises UsageError for anything else."""
    name, equals, target = text.partition("=")
    if not equals:
        raise UsageError(f"{text!r} is not NAME=COMMAND or NAME=URL", hint="For instance: --mcp git='uvx mcp-server'.")
    _check_name(name)
    return name, _address(target)


def _check_name(name: str) -> None:
    if "." in name:
        raise UsageError(f"MCP server name {name!r} has a dot", hint="Use a-z, 0-9, _.")
    try:
        checked_tool_name(f"mcp.{name}")
    except UsageError:
        raise UsageError(f"MCP server name {name!r} is not a JavaScript name", hint="Use a-z, 0-9, _.") from None


def _address(target: Target) -> Address:
    if isinstance(target, ServerSpec):
        raise UsageError("a ServerSpec inside another one", hint="Use dataclasses.replace for a changed copy.")
    if isinstance(target, (MCPServer, Server, StdioServerParameters)):
        return target
    if isinstance(target, str):
        return _url(target) if _SCHEME.match(target) else _command(_words(target))
    if isinstance(target, Sequence) and all(isinstance(word, str) for word in target):
        return _command(list(target))
    raise UsageError(f"a {type(target).__name__} is no MCP server", hint="Give a command, a URL or a server object.")


def _url(text: str) -> str:
    if not text.lower().startswith(("http://", "https://")):
        raise UsageError(f"MCP does not run over {text.partition(':')[0]}", hint="Use http or https, or a command.")
    return text


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError as error:
        raise UsageError(f"the command cannot be split into words: {error}", hint="Close every quote.") from None


def _command(words: list[str]) -> StdioServerParameters:
    if not words or not words[0] or any("\0" in word for word in words):
        raise UsageError("the command is empty", hint="Give a program and its arguments.")
    return StdioServerParameters(command=words[0], args=words[1:])
