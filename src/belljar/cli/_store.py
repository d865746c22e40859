"""The store that a command works on, and how its times, people and rows are told."""

from __future__ import annotations

import getpass
import os
import shlex
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from belljar.cli._options import STORE_VARIABLE
from belljar.cli._screen import safe_line
from belljar.errors import UsageError
from belljar.tools._terms import person_name

if TYPE_CHECKING:
    from belljar.store import Checkpoints, Store

_SQLITE: Final = "sqlite:///"
_UNITS: Final = ((86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s"))
STATE_STYLES: Final = {
    "queued": "cyan",
    "running": "cyan",
    "suspended": "yellow",
    "succeeded": "green",
    "failed": "red",
    "cancelled": "dim",
    "open": "yellow",
    "unknown": "yellow",
    "decided": "green",
    "used": "green",
    "expired": "red",
    "approve": "green",
    "approve_for_run": "green",
    "respond": "green",
    "deny": "red",
    "done": "green",
    "lost": "red",
    "finished": "green",
    "waiting": "yellow",
    "denied": "red",
    "stopped": "dim",
}
"""Of runs, of questions and how those were decided, of what a slice came to, and of jobs."""


@contextmanager
def opened(named: str | None, *, may_be_new: bool = False, checkpoints: Checkpoints | None = None) -> Iterator[Store]:
    """The store that `--store` or the environment names. Raises UsageError and StoreError.

    A file that is not there is made only where runs begin: anywhere else it is a typing error.
    """
    url = store_url(named)
    file = file_of(url)
    if not may_be_new and file is not None and not file.exists():
        raise UsageError(f"there is no store at {file}", hint="belljar run --store makes one.")
    from belljar.store import open_store

    store = open_store(url, checkpoints=checkpoints)
    try:
        yield store
    finally:
        store.close()


def store_url(named: str | None) -> str:
    """What `--store` says, or else the environment. Raises UsageError where neither does."""
    url = store_url_or_none(named)
    if url is None:
        raise UsageError("no store is named", hint=f"--store runs.db, --store postgresql://…, or ${STORE_VARIABLE}.")
    return url


def store_url_or_none(named: str | None) -> str | None:
    """As `store_url`; None where neither does."""
    return named or os.environ.get(STORE_VARIABLE) or None


def file_of(url: str) -> Path | None:
    """Where a store of SQLite is; None for another's."""
    if url.startswith(_SQLITE):
        return Path(url.removeprefix(_SQLITE))
    return None if "://" in url else Path(url)


def login_name(named: str | None) -> str:
    """Who decides: as they say, or by their login. Raises UsageError where that is nobody's name, or there is none."""
    if named is not None:
        return person_name(named)
    try:
        login = getpass.getuser()
    except (OSError, KeyError):  # KeyError before Python 3.13
        raise UsageError("this system does not know who you are", hint="Say it: $USER, or --as NAME.") from None
    try:
        return person_name(login)
    except UsageError as error:  # a service's account is nobody: whoever uses it has a name of their own
        raise UsageError(f"your login: {error.message}", hint="Say who you are: $LOGNAME, or --as NAME.") from None


def source() -> str:
    """From where a decision comes."""
    return f"cli {socket.gethostname()}"


def moment(ms: int) -> str:
    """A point in time, UTC, to the second."""
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d %H:%M:%S}Z"


def span(ms: int) -> str:
    """A length of time in its largest unit: `3 min`."""
    for size, unit in _UNITS:
        if ms >= size:
            return f"{ms // size} {unit}"
    return f"{max(ms, 0)} ms"


def command(*words: str, store: str | None) -> str:
    """A command line to copy, for the same store as this one's; an address with a password in it is not repeated."""
    where = ("--store", "URL" if "@" in store else store) if store else ()
    return shlex.join(("belljar", *words, *where))


Cell = str | Text


def print_rows(console: Console, headings: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    """Columns as wide as what is in them; a terminal cuts the last, a pipe gets it whole."""
    table = [[_cell(cell) for cell in row] for row in rows]
    head = [Text(heading, style="dim") for heading in headings]
    widths = [max(cell_len(row[at].plain) for row in [head, *table]) for at in range(len(headings))]
    for row in [head, *table]:
        line = Text("  ").join(_padded(cell, width) for cell, width in zip(row, [*widths[:-1], 0], strict=True))
        line.rstrip()
        console.print(line, no_wrap=console.is_terminal, overflow="ellipsis" if console.is_terminal else "ignore")


def _cell(cell: Cell) -> Text:
    return cell if isinstance(cell, Text) else Text(safe_line(cell))


def _padded(cell: Text, width: int) -> Text:
    cell = cell.copy()
    cell.append(" " * (width - cell_len(cell.plain)))
    return cell


def state_text(state: str) -> Text:
    """A run's or a question's state, coloured."""
    return Text(safe_line(state), style=STATE_STYLES.get(state, ""))


def print_facts(console: Console, facts: Sequence[tuple[str, Cell]]) -> None:
    """Labels and what they say, one to a line."""
    width = max(len(label) for label, _ in facts)
    for label, value in facts:
        console.print(Text.assemble((f"  {label:<{width}}  ", "dim"), _cell(value)))
