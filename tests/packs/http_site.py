"""A small server that says exactly what a test wants, and remembers what it was asked.

Certificates: an authority and one for `api.test`, both until 2126, made with OpenSSL 3.0 (`openssl ecparam -name
prime256v1 -genkey`, `openssl req -x509`, `openssl x509 -req`). They guard nothing.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from belljar.packs._http import http_tool
from belljar.packs._http_policy import HttpPolicy
from belljar.tools import AnyTool

Say = bytes | Callable[[socket.socket], None]
"""What to answer: bytes as they are, or whoever does it."""


@dataclass(frozen=True)
class Asked:
    """One request."""

    line: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Site:
    """Listens on a port of 127.0.0.1."""

    port: int
    answers: Mapping[str, Say]
    greeting: bytes = b""
    """Said before anything is asked."""
    asked: list[Asked] = field(default_factory=list)
    names: list[str | None] = field(default_factory=list)
    """Asked for in TLS."""
    connections: int = 0
    connected_one: threading.Event = field(default_factory=threading.Event)
    asked_one: threading.Event = field(default_factory=threading.Event)
    closed_one: threading.Event = field(default_factory=threading.Event)
    """Whether a connection is over."""

    @property
    def lines(self) -> list[str]:
        return [asked.line for asked in self.asked]

    def resolver(self, _host: str, _port: int) -> list[str]:
        """Every name is here."""
        return ["127.0.0.1"]

    def policy(self, *hosts: str, **options: Any) -> HttpPolicy:
        """The hosts may be local, and on this port."""
        names = hosts or ("api.test",)
        given: dict[str, Any] = {
            "schemes": ("http",),
            "ports": (self.port,),
            "allow_private": names,
            "timeout_ms": 5_000,
        } | options
        return HttpPolicy(hosts=names, **given)

    def tool(self, *hosts: str, **options: Any) -> AnyTool:
        """With a policy of that kind, and this resolver."""
        return http_tool(self.policy(*hosts, **options), resolver=self.resolver)

    def url(self, path: str = "/", *, host: str = "api.test", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    # -- one connection -------------------------------------------------------------------------------------------

    def serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):  # who is cut off has nothing to answer
            asked = _request(connection)
            self.asked.append(asked)
            self.asked_one.set()
            path = asked.line.split()[1]
            say = self.answers.get(path, answer(b"nothing here", status="404 Not Found"))
            if callable(say):
                say(connection)
            else:
                connection.sendall(say)
        self.closed_one.set()


def answer(body: bytes = b"", *headers: str, status: str = "200 OK", kind: str = "text/plain") -> bytes:
    """A whole response."""
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def redirect(location: str, status: str = "302 Found") -> bytes:
    return answer(b"moved", f"Location: {location}", status=status)


def wait_for_the_end(connection: socket.socket) -> None:
    """Say nothing until the other side goes."""
    while connection.recv(100):
        pass


@contextmanager
def site(answers: Mapping[str, Say], *, tls: bool = False, greeting: bytes = b"") -> Iterator[Site]:
    """A server for as long as the block. Its threads are gone afterwards."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        made = Site(port=listening.getsockname()[1], answers=answers, greeting=greeting)
        context = server_context(made) if tls else None
        threads: list[threading.Thread] = []
        accepting = threading.Thread(target=_accept, args=(listening, made, context, threads))
        accepting.start()
        try:
            yield made
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            for thread in [accepting, *threads]:
                thread.join(5)
                assert not thread.is_alive()


def _accept(
    listening: socket.socket, made: Site, context: ssl.SSLContext | None, threads: list[threading.Thread]
) -> None:
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        made.connections += 1
        made.connected_one.set()
        thread = threading.Thread(target=_begin, args=(connection, made, context))
        threads.append(thread)
        thread.start()


def _begin(connection: socket.socket, made: Site, context: ssl.SSLContext | None) -> None:
    connection.settimeout(5)
    if context is None:
        connection.sendall(made.greeting)
        made.serve(connection)
        return
    try:
        secure = context.wrap_socket(connection, server_side=True)
    except OSError:
        connection.close()
    else:
        made.serve(secure)


def _request(connection: socket.socket) -> Asked:
    data = b""
    while b"\r\n\r\n" not in data:
        if not (more := connection.recv(65_536)):
            raise ConnectionError
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    line, *rest = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (each.partition(": ") for each in rest)}
    while len(body) < int(headers.get("content-length", "0")):
        body += connection.recv(65_536)
    return Asked(line, headers, body)


# -- TLS --------------------------------------------------------------------------------------------------------------


def server_context(made: Site) -> ssl.SSLContext:
    """With the certificate of `api.test`, whatever name is asked for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
        file.write(CERTIFICATE)
        file.flush()
        context.load_cert_chain(file.name)
    context.sni_callback = lambda _socket, name, _context: made.names.append(name)
    return context


def client_context() -> ssl.SSLContext:
    """Trusts the authority of the test, and nobody else."""
    return ssl.create_default_context(cadata=AUTHORITY)


AUTHORITY = """\
-----BEGIN CERTIFICATE-----
MIIBqDCCAU+gAwIBAgIUOinLCMLibxbMogwpv1i3H30d5nswCgYIKoZIzj0EAwIw
ITEfMB0GA1UEAwwWYmVsbGphciB0ZXN0IGF1dGhvcml0eTAgFw0yNjExMjEwOTUy
MDVaGA8yMTI2MTAyODA5NTIwNVowITEfMB0GA1UEAwwWYmVsbGphciB0ZXN0IGF1
dGhvcml0eTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABEaeVBtHw3bInXN14URq
gXONUIwG9FvuvJK17ZBmtuGS/g8UMBXFFzkzNO9zOdMSSQkVyYG2x+SswqqxKukZ
kdWjYzBhMB0GA1UdDgQWBBRpzW2gaKr5hW5wneisqwE9C5YlvDAfBgNVHSMEGDAW
gBRpzW2gaKr5hW5wneisqwE9C5YlvDAPBgNVHRMBAf8EBTADAQH/MA4GA1UdDwEB
/wQEAwICBDAKBggqhkjOPQQDAgNHADBEAiAqRiCPbH5dZSXJPEix96RfmWQ+DPqB
eNMYX3KPbl1aLAIgAvb4hnLhOeVG0QE0caQpjKkYFKVvuc1dCtMb5Nx3soA=
-----END CERTIFICATE-----
"""
CERTIFICATE = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgl3ovjThEGDveb5Fv
jjUoq0cNGJQjah96fgUTFV5aAcmhRANCAASp6NqZJdtpdYclB2UetNuwlHd9Go0s
ruaF2Caq0zxKRsRMFVvkxiTLUlPXkc4rOzLHCgzNBOJYt6cd5ixu8qZW
-----END PRIVATE KEY-----
-----BEGIN CERTIFICATE-----
MIIBrjCCAVWgAwIBAgIUKxa/ZfNxskgsk5h9Pf3fgavzYCswCgYIKoZIzj0EAwIw
ITEfMB0GA1UEAwwWYmVsbGphciB0ZXN0IGF1dGhvcml0eTAgFw0yNjExMjEwOTUy
MDVaGA8yMTI2MTAyODA5NTIwNVowEzERMA8GA1UEAwwIYXBpLnRlc3QwWTATBgcq
hkjOPQIBBggqhkjOPQMBBwNCAASp6NqZJdtpdYclB2UetNuwlHd9Go0sruaF2Caq
0zxKRsRMFVvkxiTLUlPXkc4rOzLHCgzNBOJYt6cd5ixu8qZWo3cwdTATBgNVHREE
DDAKgghhcGkudGVzdDAJBgNVHRMEAjAAMBMGA1UdJQQMMAoGCCsGAQUFBwMBMB0G
A1UdDgQWBBQSWOlnOs2D1rPeGFQy9Q+rIGBfYTAfBgNVHSMEGDAWgBRpzW2gaKr5
hW5wneisqwE9C5YlvDAKBggqhkjOPQQDAgNHADBEAiADqaU69RP2ZwhAoFuIU0cV
yTd7/SyK4Q07R0uLNtlmcgIgDn6y3XyAdSGrrxR3736EnFTL3g/hQWrBbP5+jE1J
Iiw=
-----END CERTIFICATE-----
"""
