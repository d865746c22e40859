"""The stub server's HTTP: requests to the three services, and answers in one piece or as server-sent events."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Protocol

from belljar.testing._reply import Plain, RefusedError, Say, StubError, StubReply, StubRequest

MAX_BODY: int = 64 << 20


class Service(Protocol):
    """One provider's API."""

    path: ClassVar[str]

    def check(self, body: Plain, headers: Mapping[str, str]) -> None:
        """Raises RefusedError for what the service refuses."""
        ...

    def answer(self, body: Plain, reply: StubReply) -> Plain:
        """The response."""
        ...

    def events(self, response: Plain, *, is_broken: bool) -> Iterable[tuple[str, Any]]:
        """The response as server-sent events: name and data."""
        ...

    def error(self, refused: RefusedError) -> Plain:
        """An error in the service's shape."""
        ...


class Server(ThreadingHTTPServer):
    """On loopback only."""

    daemon_threads = True

    def __init__(
        self,
        port: int,
        services: Iterable[Service],
        record: Callable[[StubRequest], None],
        ask: Callable[[StubRequest], Say],
    ) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.services = {service.path: service for service in services}
        self.record = record
        self.ask = ask


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def do_POST(self) -> None:
        body = self._body()
        service = self.server.services.get(self.path)
        if service is None:
            known = ", ".join(self.server.services)
            return self._send(404, {"error": {"message": f"no such path: {self.path}; there are {known}"}})
        try:
            return self._answer(service, body)
        except RefusedError as refused:
            return self._send(refused.status, service.error(refused))

    def _answer(self, service: Service, body: Plain) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = StubRequest(path=self.path, headers=headers, body=body)
        self.server.record(request)
        _check(service, request)
        said = self.server.ask(request)
        if isinstance(said, StubError):
            raise RefusedError(said.message, status=said.status)
        response = service.answer(body, said)
        if not body.get("stream"):
            return self._send(200, response)
        return self._stream(service.events(response, is_broken=said.is_broken))

    def _body(self) -> Plain:
        data = self.rfile.read(min(int(self.headers.get("content-length", 0)), MAX_BODY))
        try:
            body = json.loads(data)
        except ValueError:
            return {}
        return body if isinstance(body, dict) else {}

    def _send(self, status: int, data: Plain) -> None:
        text = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.send_header("retry-after-ms", "1")  # both SDKs wait so long before they try again, not their half second
        self.end_headers()
        self.wfile.write(text)

    def _stream(self, events: Iterable[tuple[str, Any]]) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        self.close_connection = True
        try:
            for name, data in events:
                self.wfile.write(_event(name, data))
        except ConnectionError:
            return  # the client has read enough, as it may

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: a test's output is its own."""


def _check(service: Service, request: StubRequest) -> None:
    try:
        service.check(request.body, request.headers)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise RefusedError(f"a field is missing or has the wrong type: {error}") from error


def _event(name: str, data: Any) -> bytes:
    head = f"event: {name}\n" if name else ""
    text = data if isinstance(data, str) else json.dumps(data)
    return f"{head}data: {text}\n\n".encode()
