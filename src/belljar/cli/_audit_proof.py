"""`belljar audit verify` and `checkpoint`: whether a log or an export of one is what was written, and a word on it.

What holds is told with what it rests on: who can write a whole log anew is stopped by signatures only, so a log that
holds and is not signed says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final, TypeVar

from rich.text import Text

from belljar.audit import (
    START,
    AuditRecord,
    Checkpoint,
    PublicKey,
    Verified,
    load_private_key,
    load_public_key,
    read_checkpoints,
    verify,
)
from belljar.cli._document import print_json
from belljar.cli._exits import ExitCode
from belljar.cli._screen import counted, err, out, safe
from belljar.cli._store import opened
from belljar.errors import UsageError
from belljar.tools._clock import wall_ms

_PLACE: Final = re.compile(r"([0-9]{1,18}):([0-9a-fA-F]{64})")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyOptions:
    """What the command line said."""

    store: str | None
    file: Path | None
    """An export to be looked at instead of a store."""
    keys: tuple[Path, ...]
    """Whose signatures count. (): signatures are not looked at."""
    checkpoints: Path | None
    head: str | None
    """SEQ:HASH."""
    as_json: bool

    def __post_init__(self) -> None:
        if self.file is not None and self.store is not None:
            raise UsageError("--file is looked at without a store", hint="Leave out --store.")
        if self.file is not None and self.keys and self.checkpoints is None:
            raise UsageError("an export has no checkpoints in it that a --key could be for", hint="--checkpoints FILE.")


def verify_command(options: VerifyOptions) -> ExitCode:
    """Print what holds. Raises AuditBrokenError that names the record where it does not."""
    facts = _verified(options)
    if options.as_json:
        print_json(_document(facts))
        return ExitCode.FINE
    console = err()
    part = "" if facts.first == 1 else f", from record {facts.first:,} on: nothing is known of those before"
    console.print(Text.assemble(("the chain holds", "bold green"), f", {counted(facts.records, 'record')}{part}"))
    console.print(Text(f"  {_signed_text(facts)}", style="yellow" if facts.signed_until is None else "dim"))
    out().print(Text(f"{facts.head[0]}:{facts.head[1]}"))
    return ExitCode.FINE


def _document(facts: Verified) -> dict[str, Any]:
    return {
        "ok": True,
        "records": facts.records,
        "first": facts.first,
        "head": {"seq": facts.head[0], "hash": facts.head[1]},
        "checkpoints": facts.checkpoints,
        "signed_until": facts.signed_until,
    }


def _signed_text(facts: Verified) -> str:
    if facts.signed_until is not None:
        return f"signed up to record {facts.signed_until:,}: {counted(facts.checkpoints, 'checkpoint')} compared"
    if facts.checkpoints == 0:
        return "nothing is signed: there is no checkpoint"
    return f"nothing is known to be signed: {counted(facts.checkpoints, 'checkpoint')} compared, but no --key was given"


def _verified(options: VerifyOptions) -> Verified:
    keys = [_loaded(load_public_key, file) for file in options.keys] or None
    lines = None if options.checkpoints is None else list(_lines(options.checkpoints))
    kept = None if lines is None else read_checkpoints(lines)
    if kept == []:
        raise UsageError(f"{options.checkpoints} has no checkpoint in it", hint="belljar audit checkpoint writes one.")
    head = None if options.head is None else _place(options.head)
    if options.file is not None:
        return _verified_file(options.file, keys=keys, checkpoints=kept, head=head)
    with opened(options.store) as store:
        return store.audit.verify(key=keys, checkpoints=lines, head=head)


def _verified_file(
    file: Path, *, keys: list[PublicKey] | None, checkpoints: list[Checkpoint] | None, head: tuple[int, str] | None
) -> Verified:
    """An export may begin anywhere: what its first record says of the one before it is taken at its word."""
    records = map(AuditRecord.from_text, _lines(file))
    begin = list(islice(records, 1))
    after = (begin[0].seq - 1, begin[0].previous) if begin and begin[0].seq > 1 else (0, START)
    verified = verify(chain(begin, records), key=keys, checkpoints=checkpoints, head=head, after=after)
    if not begin:
        raise UsageError(f"{file} has no record in it", hint="belljar audit export writes them.")
    return verified


def _loaded(load: Callable[[Path], _T], file: Path) -> _T:
    try:
        return load(file)
    except OSError as error:
        raise _unreadable(file, error) from None


def _lines(file: Path) -> Iterator[str]:
    """One after another: an export may be larger than the memory."""
    try:
        with file.open(encoding="utf-8", newline="\n") as stream:
            for line in stream:
                yield line.removesuffix("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(file, error) from None


def _unreadable(file: Path, error: OSError | UnicodeDecodeError) -> UsageError:
    why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
    return UsageError(f"{file} cannot be read: {why}")


def _place(text: str) -> tuple[int, str]:
    found = _PLACE.fullmatch(text)
    if found is None:
        raise UsageError(f"{text!r} is not SEQ:HASH", hint="Take it from an earlier belljar audit verify.")
    return int(found[1]), found[2].lower()


def checkpoint_command(named: str | None, *, key: Path, file: Path | None) -> ExitCode:
    """Sign the last record, print the checkpoint's line, and add it to `file`."""
    from belljar.store import Checkpoints

    checkpoints = Checkpoints(key=_loaded(load_private_key, key), file=file)
    with opened(named, checkpoints=checkpoints) as store:
        checkpoint = store.audit.checkpoint(wall_ms())
    if checkpoint is None:
        err().print(Text("nothing was signed: no record came since the last checkpoint", style="dim"))
    else:
        out().print(Text(safe(checkpoint.to_line())))
    return ExitCode.FINE
