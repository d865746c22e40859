"""An MCP server that is a child process: JSON-RPC lines over its stdin and stdout.

The SDK has such a transport too. This one bounds a line, ends the connection when the child ends (and not when the last
of its own children lets go of its stdout), keeps the end of stderr, and leaves nobody of the process group behind.
The child sees the SDK's minimal environment and what the operator adds to it. Enter and leave it in one task.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
from asyncio.subprocess import SubprocessStreamProtocol
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

import anyio
import mcp_types as types
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.client.stdio import StdioServerParameters, get_default_environment
from mcp.shared.message import SessionMessage

if TYPE_CHECKING:
    from mcp.client._transport import TransportStreams

_LINE_BYTES: Final = 16 << 20
"""One message. Answers of a few MB occur (images); a child that never ends its line must not fill our memory."""
_MESSAGES_UNWRITTEN: Final = 16
"""For a child that does not read. Without some room, telling it to stop would have to wait for it to read."""
_STDERR_KEPT: Final = 2_048
_LAST_WORDS_S: Final = 0.2
"""What an ended child wrote is still in the pipe; a child of its own may hold that pipe open for ever."""
_LEAVE_S: Final = 1.0
"""From the end of stdin to SIGTERM, and from there to SIGKILL."""


class Child:
    """One process."""

    def __init__(self, parameters: StdioServerParameters, *, on_end: Callable[[], None]) -> None:
        self._ended = asyncio.Event()
        self._on_end = on_end
        self._parameters = parameters
        self._stderr = bytearray()
        self._transport: asyncio.SubprocessTransport | None = None

    @property
    def exit_code(self) -> int | None:
        """None while it runs, and where it never did. A signal is negative."""
        return self._transport.get_returncode() if self._transport is not None else None

    @property
    def stderr(self) -> str:
        """The last 2 kB of it."""
        return bytes(self._stderr[-_STDERR_KEPT:]).decode(errors="replace")

    @asynccontextmanager
    async def streams(self) -> AsyncGenerator[TransportStreams, None]:
        """Start it, and give what the SDK talks to it through. Raises OSError when it cannot be started."""
        transport, protocol = await self._start()
        incoming_end, incoming = anyio.create_memory_object_stream[SessionMessage | Exception](0)
        outgoing, outgoing_end = anyio.create_memory_object_stream[SessionMessage](_MESSAGES_UNWRITTEN)
        tasks = [
            asyncio.create_task(self._read(protocol.stdout, incoming_end)),
            asyncio.create_task(self._write(protocol, outgoing_end)),
            asyncio.create_task(self._listen(protocol.stderr)),
        ]
        watch = asyncio.create_task(self._watch(tasks[0]))
        try:
            yield incoming, outgoing
        finally:
            for stream in (incoming, outgoing, incoming_end, outgoing_end):
                stream.close()
            try:
                await self._stop(transport)
            finally:
                transport.close()
                await _cancelled([*tasks, watch])

    async def _start(self) -> tuple[asyncio.SubprocessTransport, _Protocol]:
        loop = asyncio.get_running_loop()
        asked = self._parameters
        transport, protocol = await loop.subprocess_exec(
            lambda: _Protocol(self._ended, limit=_LINE_BYTES, loop=loop),
            asked.command,
            *asked.args,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=get_default_environment() | (asked.env or {}),
            cwd=asked.cwd,
            start_new_session=True,
        )
        self._transport = transport
        return transport, protocol

    # -- while it runs ----------------------------------------------------------------------------------------------

    async def _read(self, stdout: Any, out: MemoryObjectSendStream[SessionMessage | Exception]) -> None:
        with contextlib.suppress(anyio.ClosedResourceError, anyio.BrokenResourceError):  # the session has ended first
            async with out:
                while line := await _line(stdout):
                    if not line.isspace():
                        await out.send(_message(line))
                self._on_end()  # before the session learns of it, so that nothing more is asked here

    async def _write(self, protocol: _Protocol, outgoing: MemoryObjectReceiveStream[SessionMessage]) -> None:
        stdin: Any = protocol.stdin
        with contextlib.suppress(OSError, anyio.ClosedResourceError):  # the child has ended, which `_watch` tells
            async for message in outgoing:
                text = message.message.model_dump_json(by_alias=True, exclude_unset=True)
                stdin.write(text.encode() + b"\n")
                await stdin.drain()

    async def _listen(self, stderr: Any) -> None:
        while chunk := await stderr.read(65_536):
            self._stderr += chunk
            del self._stderr[:-_STDERR_KEPT]

    async def _watch(self, reader: asyncio.Task[None]) -> None:
        await self._ended.wait()
        await asyncio.wait([reader], timeout=_LAST_WORDS_S)
        reader.cancel()  # leaves its `async with out`, which ends the session
        self._on_end()

    # -- the end ----------------------------------------------------------------------------------------------------

    async def _stop(self, transport: asyncio.SubprocessTransport) -> None:
        """As the protocol asks: close stdin, wait, SIGTERM, wait, SIGKILL; always for the whole group."""
        stdin: Any = transport.get_pipe_transport(0)
        stdin.close()
        try:
            if not await self._has_ended(_LEAVE_S):
                _signal_group(transport, signal.SIGTERM)
                await self._has_ended(_LEAVE_S)
        finally:
            _signal_group(transport, signal.SIGKILL)
        await self._has_ended(_LEAVE_S)

    async def _has_ended(self, timeout_s: float) -> bool:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._ended.wait(), timeout_s)
        return self._ended.is_set()


class _Protocol(SubprocessStreamProtocol):
    """asyncio's own, and an event for the exit: `Process.wait` waits for the pipes to close, too."""

    def __init__(self, ended: asyncio.Event, *, limit: int, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(limit=limit, loop=loop)
        self._belljar_ended = ended

    def process_exited(self) -> None:
        super().process_exited()
        self._belljar_ended.set()


async def _line(stdout: asyncio.StreamReader) -> bytes:
    """The next line; nothing at the end, and for a line that is too long, which nothing can follow."""
    try:
        return await stdout.readline()
    except ValueError:
        return b""


def _message(line: bytes) -> SessionMessage | Exception:
    """A line that is no message (a banner, a print left in) goes on as an exception: the session passes over it."""
    try:
        return SessionMessage(types.jsonrpc_message_adapter.validate_json(line, by_name=False))
    except ValueError as error:
        return _lenient(line) or error


def _lenient(line: bytes) -> SessionMessage | None:
    """With half a character in a text, which JavaScript writes where it cuts an emoji in two; deep nesting, too."""
    try:
        whole = json.dumps(json.loads(line), ensure_ascii=False).encode(errors="replace")
        return SessionMessage(types.jsonrpc_message_adapter.validate_python(json.loads(whole), by_name=False))
    except (ValueError, RecursionError):
        return None


def _signal_group(transport: asyncio.SubprocessTransport, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(transport.get_pid(), number)  # the leader's pid is the group's, see start_new_session
        else:
            transport.kill()


async def _cancelled(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
