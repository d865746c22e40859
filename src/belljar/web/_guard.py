"""What every request passes before it reaches a page: address, size, origin; and the headers of every answer.

The content-security policy allows what this server sends and nothing else: no inline script, no inline style, no frame,
no other origin. Each check is a small ASGI layer; `layers` has them from the outside in.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from belljar.web._buckets import Buckets, Rate

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS: Final[Mapping[str, str]] = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "x-frame-options": "DENY",
}
MAX_BODY: Final = 512 << 10
"""Bytes. Edited arguments are the largest thing that anybody sends."""
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


def layers(hosts: Sequence[str], rate: Rate) -> list[Middleware]:
    """From the outside in."""
    return [
        Middleware(AnswerHeaders),
        Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False),
        Middleware(RateLimit, buckets=Buckets(rate, time.monotonic)),
        Middleware(SameOrigin),
        Middleware(BodyLimit, max_bytes=MAX_BODY),
    ]


def address_of(scope: Scope) -> str:
    """The client's address, for limits and for the record of who decided from where."""
    client = scope.get("client")
    return str(client[0]) if client else "unknown"


class AnswerHeaders:
    """Puts the security headers on every answer, errors and refusals included."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """An ASGI call."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        await self._app(scope, receive, with_headers)


class RateLimit:
    """So many requests for each address; what is over gets 429."""

    def __init__(self, app: ASGIApp, buckets: Buckets) -> None:
        self._app = app
        self._buckets = buckets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """An ASGI call."""
        wait = self._buckets.wait_s(address_of(scope)) if scope["type"] == "http" else 0
        await (_refusal(too_many(wait)) if wait else self._app)(scope, receive, send)


def too_many(wait_s: float) -> HTTPException:
    """The refusal, with the seconds to wait."""
    seconds = str(math.ceil(wait_s))
    return HTTPException(429, f"Too many requests. Try again in {seconds} s.", {"retry-after": seconds})


def _refusal(error: HTTPException) -> PlainTextResponse:
    return PlainTextResponse(error.detail, error.status_code, error.headers)


class SameOrigin:
    """Refuses what another site's page sends.

    `Sec-Fetch-Site` decides where the browser gives it. Where it does not (plain HTTP elsewhere than on loopback),
    `Origin` must be this host. An origin of `null` is what our own policy of no referrer makes of a form, so it says
    nothing; the session's cookie (SameSite=Strict) and the form's token decide then, as they do in every case.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """An ASGI call."""
        is_ours = scope["type"] != "http" or scope["method"] in _SAFE or _is_ours(Headers(scope=scope))
        refusal = PlainTextResponse("This request came from another site.", 403)
        await (self._app if is_ours else refusal)(scope, receive, send)


def _is_ours(headers: Headers) -> bool:
    if (site := headers.get("sec-fetch-site")) is not None:
        return site == "same-origin"
    origin = headers.get("origin", "null")
    return origin == "null" or urlsplit(origin).netloc == headers.get("host")


class BodyLimit:
    """Reads the whole body before the page does; one that is too long gets 413."""

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self._app = app
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """An ASGI call."""
        if scope["type"] != "http" or scope["method"] in _SAFE:
            await self._app(scope, receive, send)
            return
        body = await self._body(receive)
        if body is None:
            await PlainTextResponse(f"A request has at most {self._max_bytes} bytes.", 413)(scope, receive, send)
        else:
            await self._app(scope, _once(body, receive), send)

    async def _body(self, receive: Receive) -> bytes | None:
        """None where it is too long; what has come of it when the client leaves."""
        body = b""
        while len(body) <= self._max_bytes:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body", False):
                return body if len(body) <= self._max_bytes else None
        return None


def _once(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives `body` first."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def next_message() -> Message:
        return messages.pop() if messages else await receive()

    return next_message
