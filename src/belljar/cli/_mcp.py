"""`belljar mcp`: tools for a client's model, called from scripts, over standard input and output or HTTP."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from rich.text import Text

from belljar.cli._approve import Policy
from belljar.cli._exits import ExitCode
from belljar.cli._inputs import checked_engine
from belljar.cli._loading import load_registry, parse_servers
from belljar.cli._screen import err, safe
from belljar.errors import UsageError
from belljar.harness import Harness
from belljar.limits import Limits
from belljar.tools import Approver, AutoApprover, DeferApprover

if TYPE_CHECKING:
    from mcp.server.mcpserver import MCPServer

TOKEN_VARIABLE: Final = "BELLJAR_MCP_TOKEN"  # noqa: S105 - where the token is, not the token
_GRACE_S: Final = 5
"""What open requests have to end when the HTTP server is told to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class McpOptions:
    """What the command line said."""

    tools: tuple[str, ...] = ()
    workspace: Path | None = None
    mcp: tuple[str, ...] = ()
    approve: Policy = "ask"
    decide: Literal["client", "operator"] = "client"
    trust_client_decisions: bool = False
    engine: str = "quickjs"
    journal: Path | None = None
    limits: Limits = field(default_factory=Limits)
    prompt_tokens: int | None = None
    http: str | None = None
    """HOST:PORT; None is standard input and output."""
    token_file: Path | None = None
    allow_hosts: tuple[str, ...] = ()


def mcp_command(options: McpOptions) -> ExitCode:
    """Serve until the client leaves, or until Ctrl-C or SIGTERM. Raises UsageError for options that cannot work."""
    _check(options)
    with _journal_folder(options.journal) as folder:
        return _serve(replace(options, journal=folder), has_operator=options.journal is not None)


def _check(options: McpOptions) -> None:
    if options.journal is None and options.decide == "operator":
        raise UsageError("an operator decides in the journal folder, and there is none", hint="Add --journal FOLDER.")
    if options.journal is not None and options.workspace is not None:
        inside, root = options.journal.resolve(), options.workspace.resolve()
        if inside.is_relative_to(root):
            raise UsageError(
                f"the journal folder {options.journal} is in the workspace, where scripts can write",
                hint="Keep journals outside: they say what was decided.",
            )
    if options.http is None and (sys.stdin is None or sys.stdout is None):
        raise UsageError("a client speaks over standard input and output, and one is closed", hint="Or: --http.")
    if options.http is None and (options.token_file is not None or options.allow_hosts):
        raise UsageError("a token and host names are for HTTP", hint="Add --http HOST:PORT.")


@contextmanager
def _journal_folder(named: Path | None) -> Iterator[Path]:
    """The folder, or one that lasts as long as the server: what waits is lost with it."""
    if named is not None:
        yield named
        return
    with tempfile.TemporaryDirectory(prefix="belljar-mcp-") as folder:
        yield Path(folder)


def _serve(options: McpOptions, *, has_operator: bool) -> ExitCode:
    with _spared_stdout() if options.http is None else nullcontext():
        harness = Harness(
            load_registry(options.tools, workspace=options.workspace),
            approver=_approver(options.approve),
            limits=options.limits,
            engine=checked_engine(options.engine),
            journal=options.journal,
            mcp=parse_servers(options.mcp),
            prompt_tokens=options.prompt_tokens,
        )
        server = _server(harness, options, has_operator=has_operator)
    if options.http is None:
        asyncio.run(_over_stdio(harness, server))
    else:
        asyncio.run(_over_http(harness, server, options))
    return ExitCode.FINE


def _approver(policy: Policy) -> Approver:
    return DeferApprover() if policy == "ask" else AutoApprover(policy)


def _server(harness: Harness, options: McpOptions, *, has_operator: bool) -> MCPServer[Any]:
    """The client's person decides, or the operator; a journal folder that lasts lets him help where a client cannot."""
    from belljar.integrations.decisions import DecisionFolder
    from belljar.integrations.mcp_server import build_server

    assert options.journal is not None
    is_operators = has_operator and not options.trust_client_decisions
    return build_server(
        harness,
        asks_client=options.decide == "client",
        operator=DecisionFolder(options.journal) if is_operators or options.decide == "operator" else None,
        trust_client_decisions=options.trust_client_decisions,
    )


# -- standard input and output ----------------------------------------------------------------------------------------


@contextmanager
def _spared_stdout() -> Iterator[None]:
    """Standard output is the protocol's: what tools print while they load goes to standard error."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)


async def _over_stdio(harness: Harness, server: MCPServer[Any]) -> None:
    """The SDK diverts standard output itself while it serves: tools may print, as long as no line waits for the end."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)
    with _ending_stdin() as end:
        _at_signals(end)
        async with harness:
            await server.run_stdio_async()


@contextmanager
def _ending_stdin() -> Iterator[Callable[[], None]]:
    """What ends standard input from inside: nothing else wakes the SDK's thread, which waits there for a line."""
    ours, theirs = socket.socketpair()
    real = os.dup(0)
    with ours, theirs:
        os.dup2(theirs.fileno(), 0)
        threading.Thread(target=_pass_on, args=(real, ours), daemon=True).start()
        try:
            yield lambda: _end(ours)
        finally:
            os.dup2(real, 0)


def _pass_on(source: int, sink: socket.socket) -> None:
    with suppress(OSError):  # the server has ended
        while data := os.read(source, 1 << 16):
            sink.sendall(data)
    _end(sink)


def _end(sink: socket.socket) -> None:
    with suppress(OSError):  # it has ended already
        sink.shutdown(socket.SHUT_WR)


def _at_signals(stop: Callable[[], None]) -> None:
    """Ctrl-C and SIGTERM wind up what runs, instead of leaving it."""
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop)


# -- HTTP -------------------------------------------------------------------------------------------------------------


async def _over_http(harness: Harness, server: MCPServer[Any], options: McpOptions) -> None:
    from belljar.integrations.mcp_server import http_app

    assert options.http is not None
    host, port = _address(options.http)
    app = http_app(server, host=host, token=_token(options.token_file), allowed_hosts=options.allow_hosts)
    with _listening(host, port) as listener:
        shown = f"[{host}]" if ":" in host else host
        err().print(Text(safe(f"serving at http://{shown}:{listener.getsockname()[1]}/mcp")))
        async with harness:
            await _run_uvicorn(app, listener)


def _address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not (colon and host and port.isascii() and port.isdigit() and int(port) < 1 << 16):
        raise UsageError(
            f"{text!r} is not HOST:PORT", hint="For instance: --http 127.0.0.1:8765. Port 0: any free one."
        )
    return host.removeprefix("[").removesuffix("]"), int(port)


def _token(file: Path | None) -> str | None:
    """From the file or the environment, never from an option: other users see those."""
    if file is None:
        return os.environ.get(TOKEN_VARIABLE)
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the token file {file} cannot be read: {error}") from None


def _listening(host: str, port: int) -> AbstractContextManager[socket.socket]:
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise UsageError(f"cannot listen on {host}:{port}: {error.strerror or error}") from None


async def _run_uvicorn(app: Any, listener: socket.socket) -> None:
    import uvicorn

    class Server(uvicorn.Server):
        """Leaves signals to us: it would send itself the signal again, before runs and servers are wound up."""

        @contextmanager
        def capture_signals(self) -> Generator[None, None, None]:
            yield

    server = Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=_GRACE_S))
    _at_signals(lambda: setattr(server, "should_exit", True))
    await server.serve(sockets=[listener])
