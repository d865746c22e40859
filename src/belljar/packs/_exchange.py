"""One request and its answer in HTTP/1.1, over a `Line`. The rules of framing are h11's, which takes no odd message.

An answer whose end two programs would see in different places (two lengths, a length and chunks, an unknown coding, a
header line that is none) is no answer. Interim answers (1xx) are passed over, a few of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import h11

from belljar.packs._line import Line, TooMuchError

_READ_BYTES: Final = 1 << 16
_HEAD_BYTES: Final = 1 << 18
"""Of an answer's headers, in all."""
_INTERIM: Final = 10
"""Answers before the answer."""


class AnswerError(Exception):
    """What came is no whole answer; the text goes on after the host's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The head of an answer."""

    status: int
    headers: tuple[tuple[str, str], ...]
    """Names in lower case, values as Latin-1, in the order in which they came."""

    def header(self, name: str) -> str | None:
        """The values under this name, joined by ", "; None where there are none."""
        values = [value for key, value in self.headers if key == name]
        return ", ".join(values) if values else None


class Exchange:
    """Ask once, then read the body once. Both raise AnswerError, TooMuchError, and what the line raises."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_HEAD_BYTES)
        self._is_over = False
        self._length = 0
        """Of the body, where the answer states one."""

    def ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Answered:
        """The head of the answer to this request, which is sent whole first."""
        self._send(h11.Request(method=method, target=path, headers=list(headers.items())))
        if body:
            self._send(h11.Data(data=body))
        self._send(h11.EndOfMessage())
        for _ in range(_INTERIM):
            event = self._next()
            if isinstance(event, h11.Response):
                return self._answered(event, has_body=method != "HEAD" and event.status_code not in (204, 304))
            if not isinstance(event, h11.InformationalResponse) or event.status_code == 101:
                break
        raise AnswerError("is no HTTP")

    def body(self, most_bytes: int) -> bytes:
        """To its end."""
        if self._length > most_bytes:
            raise TooMuchError
        data = bytearray()
        while isinstance(event := self._next(), h11.Data):
            data += event.data
            if len(data) > most_bytes:
                raise TooMuchError
        return bytes(data)

    def _answered(self, event: h11.Response, *, has_body: bool) -> Answered:
        if event.http_version not in (b"1.0", b"1.1"):
            raise AnswerError("is no HTTP")
        pairs = ((name.decode("ascii"), value.decode("latin-1")) for name, value in event.headers)
        answered = Answered(status=event.status_code, headers=tuple(pairs))
        length = answered.header("content-length")
        if length and answered.header("transfer-encoding"):
            raise AnswerError("is no HTTP")
        self._length = int(length) if length and has_body else 0
        return answered

    def _send(self, event: h11.Event) -> None:
        self._line.sendall(self._http.send(event) or b"")

    def _next(self) -> h11.Event:
        try:
            while (event := self._http.next_event()) is h11.NEED_DATA:
                data = self._line.receive(_READ_BYTES)
                self._is_over = not data
                self._http.receive_data(data)
        except h11.RemoteProtocolError as error:
            raise AnswerError("ended too soon" if self._is_over else "is no HTTP") from error
        if not isinstance(event, h11.Event) or isinstance(event, h11.ConnectionClosed):
            raise AnswerError("ended too soon")
        return event
