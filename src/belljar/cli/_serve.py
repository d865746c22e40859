"""`belljar serve`: the web console of a store."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from belljar.audit import load_public_key
from belljar.cli._exits import ExitCode
from belljar.cli._inputs import checked_engine
from belljar.cli._loading import load_registry, parse_servers
from belljar.cli._screen import err, safe
from belljar.errors import UsageError

if TYPE_CHECKING:
    from belljar.audit import PublicKey
    from belljar.harness import Harness
    from belljar.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeCommandOptions:
    """What the command line said."""

    host: str = "127.0.0.1"
    port: int = 8790
    token_file: Path | None = None
    """Lines NAME:TOKEN, or one token for all; None: the server makes one and prints a link."""
    allow_hosts: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    """With any of these three the server works off runs itself; without, it only watches and records decisions."""
    workspace: Path | None = None
    mcp: tuple[str, ...] = ()
    engine: str = "quickjs"
    keys: tuple[Path, ...] = ()
    """Public keys, PEM: whose signatures count when the audit log is verified."""


def serve_command(store: Store, options: ServeCommandOptions) -> ExitCode:
    """Serve until Ctrl-C or SIGTERM. Raises UsageError for options that cannot work."""
    from belljar.web import People, ServeOptions, serve

    people = People.from_file(options.token_file) if options.token_file is not None else None
    where = ServeOptions(
        host=options.host,
        port=options.port,
        people=people,
        allow_hosts=options.allow_hosts,
        keys=tuple(map(_public_key, options.keys)),
    )
    serve(store, where, tell=lambda line: err().print(Text(safe(line))), harness=_harness(store, options))
    return ExitCode.FINE


def _public_key(path: Path) -> PublicKey:
    try:
        return load_public_key(path)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None


def _harness(store: Store, options: ServeCommandOptions) -> Harness | None:
    """None where no tool is named."""
    if not (options.tools or options.workspace or options.mcp):
        return None
    from belljar.harness import Harness

    return Harness(
        load_registry(options.tools, workspace=options.workspace),
        engine=checked_engine(options.engine),
        mcp=parse_servers(options.mcp),
        store=store,
    )
