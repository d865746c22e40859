"""The file that keeps checkpoints elsewhere: a line for each, in order, whoever of several processes writes it.

A line that was cut short, by a full disk or a kill in the middle of it, is taken away before the next is written. What
the file lacks is known by its last checkpoint, so that a long file costs no more than a short one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from belljar.audit import Checkpoint
from belljar.errors import AuditBrokenError, StoreError

_LOOKED_AT: Final = 65_536
"""Bytes of the end. A checkpoint has about 350."""


def write_missing(file: Path, since: Callable[[int], Sequence[str]]) -> None:
    """Append the checkpoints that come after the file's last one. Processes take turns.

    `since` gives the store's lines from the record with this number on. Raises OSError; StoreError where the file's
    last checkpoint is none of the store's.
    """
    import fcntl  # POSIX only, as are the workers

    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        last = _last(_whole_lines(descriptor))
        lines = list(since(0 if last is None else last.seq))
        if last is not None and lines[:1] != [last.to_line()]:
            raise StoreError(f"{file} ends with a checkpoint of record {last.seq} that this store does not have")
        _write(descriptor, lines if last is None else lines[1:])
    finally:
        os.close(descriptor)


def _whole_lines(descriptor: int) -> list[bytes]:
    """The last lines. What comes after the last line end is taken out of the file."""
    size = os.fstat(descriptor).st_size
    start = max(size - _LOOKED_AT, 0)
    whole, end, _torn = os.pread(descriptor, size - start, start).rpartition(b"\n")
    if start + len(whole + end) < size:
        os.ftruncate(descriptor, start + len(whole + end))
    return whole.split(b"\n")


def _last(lines: Sequence[bytes]) -> Checkpoint | None:
    return next((found for line in reversed(lines) for found in _checkpoints(line)), None)


def _checkpoints(line: bytes) -> Iterator[Checkpoint]:
    """The line's checkpoint, where it is one: what people wrote beside them stays."""
    try:
        yield Checkpoint.from_line(line.decode())
    except (AuditBrokenError, UnicodeDecodeError):
        return


def _write(descriptor: int, lines: Sequence[str]) -> None:
    data = "".join(f"{line}\n" for line in lines).encode()
    while data:
        data = data[os.write(descriptor, data) :]
    os.fsync(descriptor)
