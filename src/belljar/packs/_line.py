"""One connection to an address that was checked before: it ends in time, when the call is aborted, and when it is fed
too much.

The address is connected to as it is, never looked up again; the name is only for the certificate. Every wait for the
other side is cut to what is left of the call's time, so one byte a second does not prolong it. An abort shuts the
socket down from another thread, which wakes whoever waits on it.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from types import TracebackType
from typing import Final

from belljar.packs._pace import Pace
from belljar.tools import AbortSignal

Resolver = Callable[[str, int], Sequence[str]]
"""From a host's name and a port to its addresses, as text, the best first. Raises OSError where there are none."""

_TRIED: Final = 4
"""Addresses of one name."""
_CHUNK: Final = 1 << 14
"""Bytes sent at once, each time with the time left; TLS's largest record."""


class TooMuchError(Exception):
    """More bytes came than may come."""


def system_resolver(host: str, port: int) -> list[str]:
    """What the system says, IPv6 and IPv4."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def look_up(resolver: Resolver, host: str, port: int, *, pace: Pace, signal: AbortSignal) -> Sequence[str]:
    """Addresses of a name, asked once.

    Raises TimeoutError and CallAbortedError when they do not come in time; the thread that waits for them is then left
    to itself, since no system can take the question back.
    """
    answer: Future[Sequence[str]] = Future()
    decided = threading.Event()
    answer.add_done_callback(lambda _: decided.set())
    signal.add_callback(lambda _: decided.set())

    def ask() -> None:
        try:
            answer.set_result(resolver(host, port))
        except BaseException as error:  # it is raised where the answer is waited for
            answer.set_exception(error)

    threading.Thread(target=ask, name="belljar-resolve", daemon=True).start()
    decided.wait(pace.left_s)
    if pace.is_over or not answer.done():
        raise TimeoutError
    return answer.result()


class Line:
    """A context manager; the socket is closed when it is left."""

    def __init__(self, *, pace: Pace, signal: AbortSignal, most_bytes: int) -> None:
        self._pace = pace
        self._left_bytes = most_bytes
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        signal.add_callback(lambda _: self._cut())

    def __enter__(self) -> Line:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._hold(None)

    def connect(self, addresses: Sequence[str], port: int) -> None:
        """To the first of these addresses that answers. Raises OSError where none does."""
        tried = addresses[:_TRIED]
        for at, address in enumerate(tried):
            is_last = at == len(tried) - 1
            try:
                self._dial(address, port, self._pace.left_s / (len(tried) - at))
                break
            except OSError:
                if is_last or not self._left_s():
                    raise

    def secure(self, context: ssl.SSLContext, name: str) -> None:
        """TLS, with a certificate for `name`. Raises ssl.SSLError."""
        assert self._socket is not None
        wrapped = context.wrap_socket(
            self._socket, server_hostname=name, do_handshake_on_connect=False, suppress_ragged_eofs=False
        )
        self._hold(wrapped)
        wrapped.settimeout(self._left_s())
        wrapped.do_handshake()

    def sendall(self, data: bytes) -> None:
        """In pieces, each within the time left."""
        for at in range(0, len(data), _CHUNK):
            self._ready().sendall(data[at : at + _CHUNK])

    def receive(self, at_most: int) -> bytes:
        """At least one byte; none at the end. Raises TooMuchError."""
        try:
            data = self._ready().recv(at_most)
        finally:
            self._left_s()  # what looks like the other side's end may be ours
        self._left_bytes -= len(data)
        if self._left_bytes < 0:
            raise TooMuchError
        return data

    # -- inside ---------------------------------------------------------------------------------------------------

    def _dial(self, address: str, port: int, at_most_s: float) -> None:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        plain = socket.socket(family, socket.SOCK_STREAM)
        self._hold(plain)
        plain.settimeout(min(at_most_s, self._left_s()))
        plain.connect((address, port))
        self._left_s()

    def _ready(self) -> socket.socket:
        assert self._socket is not None
        self._socket.settimeout(self._left_s())
        return self._socket

    def _left_s(self) -> float:
        """More than 0: a socket takes 0 for "do not wait". Raises TimeoutError and CallAbortedError."""
        if (left_s := self._pace.left_s) <= 0:
            raise TimeoutError
        return left_s

    def _hold(self, held: socket.socket | None) -> None:
        """Close what was held before. A wrapped socket has nothing left to close."""
        with self._lock:
            before, self._socket = self._socket, held
        if before is not None:
            before.close()

    def _cut(self) -> None:
        with self._lock, suppress(OSError):  # not connected, or closed already
            if self._socket is not None:
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)  # that of TLS would touch its state
