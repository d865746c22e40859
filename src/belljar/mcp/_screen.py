"""Between the wire and the SDK: a list of tools with a bad entry loses the entry, not the list.

The SDK validates a page of `tools/list` as a whole and refuses all of it when one tool has, say, `"inputSchema": true`.
Here each entry that the SDK would refuse loses what is wrong with it, and one that has no name is left out. The SDK's
own rules for the protocol version decide, not ours.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

from mcp.shared.message import SessionMessage
from mcp_types import JSONRPCRequest, JSONRPCResponse, RequestId
from mcp_types import methods as _methods
from pydantic import ValidationError

if TYPE_CHECKING:
    from mcp.client._transport import ReadStream, TransportStreams

_METHOD: Final = "tools/list"
_LISTS_WAITED_FOR: Final = 16
_LEAST: Final = {"inputSchema": {"type": "object"}}
"""What a tool must have besides a name."""


@asynccontextmanager
async def screened(
    transport: AbstractAsyncContextManager[TransportStreams],
    *,
    version: Callable[[], str],
    on_repair: Callable[[str, str], None],
) -> AsyncGenerator[TransportStreams, None]:
    """The transport, with lists repaired. `on_repair` gets the tool's name and what was wrong."""
    async with transport as (incoming, outgoing):
        asked: list[RequestId] = []
        yield _Incoming(incoming, asked, version, on_repair), _Outgoing(outgoing, asked)


class _Outgoing:
    """Notes which requests ask for a list."""

    def __init__(self, inner: Any, asked: list[RequestId]) -> None:
        self._inner = inner
        self._asked = asked

    async def send(self, item: SessionMessage, /) -> None:
        if isinstance(item.message, JSONRPCRequest) and item.message.method == _METHOD:
            self._asked.append(item.message.id)
            del self._asked[:-_LISTS_WAITED_FOR]
        await self._inner.send(item)

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def __aenter__(self) -> _Outgoing:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


class _Incoming:
    """Repairs their answers."""

    def __init__(
        self,
        inner: ReadStream[SessionMessage | Exception],
        asked: list[RequestId],
        version: Callable[[], str],
        on_repair: Callable[[str, str], None],
    ) -> None:
        self._inner = inner
        self._asked = asked
        self._version = version
        self._on_repair = on_repair

    @property
    def last_context(self) -> Any:
        """Of the SDK's own streams: in which context the message was sent."""
        return getattr(self._inner, "last_context", None)

    async def receive(self) -> SessionMessage | Exception:
        return self._screened(await self._inner.receive())

    async def aclose(self) -> None:
        await self._inner.aclose()

    def __aiter__(self) -> _Incoming:
        return self

    async def __anext__(self) -> SessionMessage | Exception:
        return self._screened(await self._inner.__anext__())

    async def __aenter__(self) -> _Incoming:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def _screened(self, item: SessionMessage | Exception) -> SessionMessage | Exception:
        if not isinstance(item, SessionMessage) or not isinstance(item.message, JSONRPCResponse):
            return item
        if item.message.id in self._asked:
            self._asked.remove(item.message.id)
            self._repair(item.message.result)
        return item

    def _repair(self, result: dict[str, Any]) -> None:
        tools = result.get("tools")
        if isinstance(tools, list) and self._unfit(result, tools):
            repaired = (self._repaired(result, entry) for entry in tools)
            result["tools"] = [entry for entry in repaired if entry is not None]

    def _repaired(self, result: dict[str, Any], entry: Any) -> Any:
        unfit = self._unfit(result, [entry])
        if not unfit:
            return entry
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
            self._on_repair("", "a tool without a name was left out")
            return None
        self._on_repair(entry["name"], f"{', '.join(sorted(unfit))} cannot be used: the tool does without")
        fit = {**_LEAST, **{key: value for key, value in entry.items() if key not in unfit}}
        return fit if not self._unfit(result, [fit]) else {**_LEAST, "name": entry["name"]}

    def _unfit(self, result: dict[str, Any], tools: list[Any]) -> set[str]:
        """The keys of these entries that do not fit the protocol."""
        try:
            _methods.validate_server_result(_METHOD, self._version(), {**result, "tools": tools})
        except ValidationError as error:
            return {str((*found["loc"], "", "")[2]) for found in error.errors() if found["loc"][0] == "tools"}
        return set()
