"""`belljar audit tail`, `show`, `export`: a store's log of what was done: read, and carried elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rich.text import Text

from belljar.audit import AuditRecord
from belljar.cli._document import print_json
from belljar.cli._exits import ExitCode
from belljar.cli._screen import counted, err, out, print_value, safe_line
from belljar.cli._store import opened
from belljar.errors import NotInStoreError, UsageError

if TYPE_CHECKING:
    from belljar.store import Store

_POLL_S: Final = 0.3
_BATCH: Final = 1_000
_STYLES: Final = {
    "failed": "red",
    "refused": "red",
    "broken": "red",
    "lost": "red",
    "unknown": "yellow",
    "requested": "yellow",
    "suspended": "yellow",
    "hit": "yellow",
}
"""By the last word of an event's name."""


def tail_command(named: str | None, *, count: int, follow: bool, search: str, as_json: bool) -> ExitCode:
    """Print the last `count` records with the text `search`; with `follow`, each that comes, until Ctrl-C."""
    if follow and as_json:
        raise UsageError("--json is one document, and --follow has no end", hint="belljar audit export --after SEQ.")
    if follow and search:
        raise UsageError("--follow shows all that comes", hint="Search without it.")
    with opened(named) as store:
        last = store.audit.head()[0]
        if search:
            records = store.audit.find(text=search, limit=count)[::-1]
        else:
            records = list(_records(store, after=max(0, last - count)))
        if as_json:
            print_json({"ok": True, "records": [_facts(record) for record in records]})
            return ExitCode.FINE
        _print_lines(records)
        if follow:
            with suppress(KeyboardInterrupt):
                _follow(store, after=last)
    return ExitCode.FINE


def _follow(store: Store, *, after: int) -> None:
    while True:
        sys.stdout.flush()
        time.sleep(_POLL_S)
        for record in _records(store, after=after):
            _print_lines([record])
            after = record.seq


def _records(store: Store, *, after: int) -> Iterator[AuditRecord]:
    while batch := store.audit.records(after=after, limit=_BATCH):
        yield from batch
        after = batch[-1].seq


def _print_lines(records: Sequence[AuditRecord]) -> None:
    console = out()
    width = len(str(records[-1].seq)) if records else 0
    for record in records:
        line = Text.assemble((f"{record.seq:>{width}}", "dim"), "  ", _line(record.facts))
        console.print(line, no_wrap=console.is_terminal, overflow="ellipsis" if console.is_terminal else "ignore")


def _line(facts: Mapping[str, Any]) -> Text:
    """When, what, who, and last, as a terminal cuts it, in which run."""
    event = safe_line(str(facts["event"]))
    return Text.assemble(
        f"{safe_line(str(facts['time']))[:19].replace('T', ' ')}  ",
        (f"{event:<18}", _STYLES.get(event.rpartition(".")[2], "bold")),
        f"  {safe_line(str(facts['action']), limit=60)}  {safe_line(str(facts['actor']), limit=60)}",
        (f"  {safe_line(str(facts['run_id']))}" if facts["run_id"] else "", "dim"),
    )


def _facts(record: AuditRecord) -> dict[str, Any]:
    return {**record.facts, "hash": record.hash}


def show_command(named: str | None, seq: int, *, as_json: bool) -> ExitCode:
    """Print one record with its hash. Raises NotInStoreError."""
    with opened(named) as store:
        found = store.audit.records(after=seq - 1, limit=1)
    if not found or found[0].seq != seq:
        raise NotInStoreError(f"the log has no record {seq}")
    if as_json:
        print_json({"ok": True, "record": _facts(found[0])})
    else:
        print_value(out(), _facts(found[0]))
    return ExitCode.FINE


def export_command(named: str | None, file: Path, *, after: int) -> ExitCode:
    """Write the records' texts, a line each. Raises UsageError for a file that exists."""
    with opened(named) as store, _exporting(file) as write:
        count = store.audit.export(write, after=after)
    err().print(Text(f"{counted(count, 'record')} exported"))
    return ExitCode.FINE


@contextmanager
def _exporting(file: Path) -> Iterator[Callable[[str], object]]:
    if str(file) == "-":
        sys.stdout.flush()
        yield lambda line: sys.stdout.buffer.write(line.encode())  # the very bytes that are hashed, in every locale
        sys.stdout.buffer.flush()
        return
    try:
        with file.open("x", encoding="utf-8", newline="\n") as stream:
            yield stream.write
    except FileExistsError:
        raise UsageError(f"{file} exists already", hint="Name a new file.") from None
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}") from None
