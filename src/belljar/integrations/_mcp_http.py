"""An MCP server over HTTP: who may speak to it.

A web page that a person looks at can send requests to his own computer, and a name that its owner points at 127.0.0.1
lets it read the answers (DNS rebinding). So the Host header must be one of those that the server is known by, an Origin
header must be of one of them, and off the loopback every request must carry a token.
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Sequence
from typing import Any, Final

from mcp.server.mcpserver import MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from belljar.errors import UsageError

PATH: Final = "/mcp"
TOKEN_CHARACTERS: Final = 32
"""The fewest that a token may have: `secrets.token_urlsafe(24)` has as many, and 192 bits."""
_LOOPBACK_NAMES: Final = ("127.0.0.1", "localhost", "[::1]")


def http_app(
    server: MCPServer[Any], *, host: str = "127.0.0.1", token: str | None = None, allowed_hosts: Sequence[str] = ()
) -> ASGIApp:
    """The server at `/mcp`, for an ASGI server that listens on `host`.

    `token` is what requests carry as `Authorization: Bearer TOKEN`; it is required where `host` is not of the loopback.
    `allowed_hosts` are names, without ports, by which clients reach the server, besides `host` itself. Raises
    UsageError for a server that strangers could use.
    """
    _check(host, token, allowed_hosts)
    names = [*(_LOOPBACK_NAMES if is_loopback(host) else ()), *allowed_hosts]
    if not _is_any(host):
        names.append(_bracketed(host))
    app = server.streamable_http_app(
        streamable_http_path=PATH, host=host, transport_security=_security(dict.fromkeys(names))
    )
    return app if token is None else _Bearer(app, token=token)


def is_loopback(host: str) -> bool:
    """Whether only this computer reaches `host`."""
    if host == "localhost":
        return True
    address = _address(host)
    return address is not None and address.is_loopback


def _check(host: str, token: str | None, allowed_hosts: Sequence[str]) -> None:
    if token is None and not is_loopback(host):
        raise UsageError(f"{host} can be reached from other computers, and there is no token")
    if token is not None and (len(token) < TOKEN_CHARACTERS or not token.isascii() or not token.isprintable()):
        raise UsageError(
            f"the token must have {TOKEN_CHARACTERS} ASCII characters or more",
            hint='Make one: python -c "import secrets; print(secrets.token_urlsafe(32))"',
        )
    if _is_any(host) and not allowed_hosts:
        raise UsageError(f"{host} is no name that clients use", hint="Name those by which they reach this computer.")


def _security(names: Sequence[str] | dict[str, None]) -> TransportSecuritySettings:
    hosts = [form for name in names for form in (name, f"{name}:*")]
    origins = [f"{scheme}://{host}" for host in hosts for scheme in ("http", "https")]
    return TransportSecuritySettings(allowed_hosts=hosts, allowed_origins=origins)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:  # a name
        return None


def _is_any(host: str) -> bool:
    address = _address(host)
    return address is not None and address.is_unspecified


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


class _Bearer:
    """Lets requests pass that carry the token; all others are told that one is needed, and no more."""

    def __init__(self, app: ASGIApp, *, token: str) -> None:
        self._app = app
        self._expected = f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self._is_known(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        refusal = PlainTextResponse("A token is needed.\n", 401, {"WWW-Authenticate": "Bearer"})
        await refusal(scope, receive, send)

    def _is_known(self, headers: Headers) -> bool:
        given = headers.get("authorization", "").encode("latin-1", "replace")
        return hmac.compare_digest(given, self._expected)
