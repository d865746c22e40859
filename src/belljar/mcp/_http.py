"""An MCP server behind a URL: the SDK's streamable HTTP, with what bounds a stranger's answers."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import httpx2
from mcp.client.streamable_http import streamable_http_client

if TYPE_CHECKING:
    from mcp.client._transport import TransportStreams

_BODY_BYTES: Final = 16 << 20
"""Of one answer that is not a stream of events; the SDK bounds one event itself."""
_CONNECT_S: Final = 30.0
_SILENCE_S: Final = 300.0
"""Between two parts of an answer: a stream of events may be quiet for long. The SDK's own figures."""


class Remote:
    """One URL. `status` is that of the last answer if it was a refusal."""

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        self._url = url
        self._headers = headers
        self.status: int | None = None
        self.is_forgotten = False
        """Whether the server has said that it does not know our session (404: streamable HTTP, session management)."""

    @asynccontextmanager
    async def streams(self) -> AsyncGenerator[TransportStreams, None]:
        """What the SDK talks to the server through. Nothing is sent yet."""
        timeout = httpx2.Timeout(_CONNECT_S, read=_SILENCE_S)
        hooks = {"response": [self._note]}
        async with (
            httpx2.AsyncClient(headers=dict(self._headers), timeout=timeout, event_hooks=hooks) as client,
            streamable_http_client(self._url, http_client=client, max_sse_event_size=_BODY_BYTES) as streams,
        ):
            yield streams

    async def _note(self, response: httpx2.Response) -> None:
        status = response.status_code
        self.status = status if status in (401, 403) or response.is_server_error else None
        self.is_forgotten |= status == 404 and "mcp-session-id" in response.request.headers
        if "text/event-stream" not in response.headers.get("content-type", ""):
            response.stream = _Bounded(response.stream)


class _Bounded(httpx2.AsyncByteStream):
    """A body that breaks off where it gets too long."""

    def __init__(self, inner: httpx2.SyncByteStream | httpx2.AsyncByteStream) -> None:
        assert isinstance(inner, httpx2.AsyncByteStream)
        self._inner = inner

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = _BODY_BYTES
        async for chunk in self._inner:
            left -= len(chunk)
            if left < 0:
                raise httpx2.ReadError(f"the answer is over {_BODY_BYTES:,} bytes")
            yield chunk

    async def aclose(self) -> None:
        await self._inner.aclose()
