"""Listens: on this computer alone unless a token was given, and on what it was told.

A server that made its own token prints one link that signs in, with the token behind `#`; such a token is for the
person at this terminal, so an address that others reach needs a token that somebody chose to give.
"""

from __future__ import annotations

import asyncio
import ipaddress
import signal
import socket
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import uvicorn

from belljar.errors import UsageError
from belljar.web._app import make_app
from belljar.web._people import People, new_token

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from belljar.audit import PublicKey
    from belljar.harness import Harness
    from belljar.store import Store

# belljar: ignore B104 -- addresses that are asked about; nothing is bound here
_ANY: Final = ("0.0.0.0", "::")  # noqa: S104 - what is asked about
_GRACE_S: Final = 5
"""What open requests have to end when the server is told to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeOptions:
    """Where the server listens, and for whom."""

    host: str = "127.0.0.1"
    port: int = 8790
    """0: any free one."""
    people: People | None = None
    """None: the server makes a token and tells it."""
    allow_hosts: tuple[str, ...] = ()
    """Names it answers to besides its address; a proxy in front of it has one."""
    keys: tuple[PublicKey, ...] = ()
    """Whose signatures count when the audit log is verified; none: signatures are not looked at."""


def serve(store: Store, options: ServeOptions, *, tell: Callable[[str], None], harness: Harness | None = None) -> None:
    """Serve until Ctrl-C or SIGTERM. `tell` gets the lines for the person who started it. Raises UsageError."""
    if options.people is None and not is_loopback(options.host):
        raise UsageError(
            f"{options.host} can be reached by others, so the server needs a token that you give it",
            hint="Add --token-file FILE with a line NAME:TOKEN for each person, or listen on 127.0.0.1.",
        )
    if options.host in _ANY and not options.allow_hosts:
        raise UsageError(
            f"{options.host} is every address of this computer, and the server answers only to names that it knows",
            hint="Add --allow-host NAME with the name or address by which browsers reach it.",
        )
    token = new_token() if options.people is None else None
    people = People.shared(token) if token is not None else options.people
    assert people is not None
    with _listening(options.host, options.port) as listener:
        hosts = (options.host, _in_url(options.host), *options.allow_hosts)
        app = make_app(store, token=people, harness=harness, hosts=hosts, keys=options.keys)
        for line in _greeting(_in_url(options.host), listener.getsockname()[1], token, people):
            tell(line)
        asyncio.run(_run(app, listener, is_behind_proxy=bool(options.allow_hosts)))


def is_loopback(host: str) -> bool:
    """Whether only this computer reaches it."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _greeting(host: str, port: int, token: str | None, people: People) -> list[str]:
    address = f"http://{host}:{port}/"
    if token is not None:
        return [f"console at {address}", f"sign in with {address}sign-in#token={token}"]
    whose = "each person's own token" if people.is_named else "the shared token: names are what people say they are"
    return [f"console at {address}", f"sign in with {whose}"]


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _listening(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise UsageError(f"cannot listen on {host}:{port}: {error.strerror or error}") from None


async def _run(app: Starlette, listener: socket.socket, *, is_behind_proxy: bool) -> None:
    """What a proxy says of the client's address and of HTTPS counts where one was announced, and from here only."""

    class Server(uvicorn.Server):
        """Leaves signals to us: it would send itself the signal again, before runs are wound up."""

        @contextmanager
        def capture_signals(self) -> Generator[None, None, None]:
            yield

    config = uvicorn.Config(
        app, log_level="warning", server_header=False, proxy_headers=is_behind_proxy, timeout_graceful_shutdown=_GRACE_S
    )
    server = Server(config)

    async def stop() -> None:
        server.should_exit = True
        await app.state.console.feed.close()

    loop = asyncio.get_running_loop()
    stopping: set[asyncio.Task[None]] = set()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, lambda: stopping.add(loop.create_task(stop())))
    await server.serve(sockets=[listener])
