"""Where a journal's lines go besides memory: what a sink does, and the sink that is a file of JSON lines."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from belljar.errors import JournalError
from belljar.journal._records import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One record as it is kept: its place, its line of text without the line end, and its hash."""

    n: int
    record: Record
    text: str
    sha256: str


class Sink(Protocol):
    """Keeps lines in the order in which they come. Called from any thread, by one at a time."""

    def write(self, lines: Sequence[Line]) -> None:
        """Take lines. They are kept soon, without anybody's waiting. Raises HostError where they cannot be."""
        ...

    def flush(self) -> None:
        """Return when all lines taken so far outlive this computer's power.

        Raises HostError: the disk is full, another process has taken the run over.
        """
        ...

    def close(self) -> None:
        """`flush`; and nothing is written any more."""
        ...


class FileSink:
    """A file of JSON lines, which others may read meanwhile."""

    def __init__(self, path: Path, file: int) -> None:
        self._path = path
        self._file: int | None = file

    @classmethod
    def create(cls, path: Path) -> FileSink:
        """Into a file that must not exist. Raises JournalError."""
        hint = "Name a file in a folder that can be written."
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            return cls(path, os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600))
        except FileExistsError:
            raise JournalError(f"{path} exists already", hint="A journal is of one run; name a new file.") from None
        except OSError as error:
            raise JournalError(f"{path} cannot be made: {error.strerror}", hint=hint) from None

    @classmethod
    def take_up(cls, path: Path, text: str) -> FileSink:
        """Go on in a file that holds `text` and no more, or does not exist; nobody else can, until it is closed.

        Raises JournalError where another process goes on with the run, or did so before.
        """
        is_new = not path.exists()
        sink = cls.create(path) if is_new else cls._opened(path)
        sink._lock()
        if is_new:
            sink._append(text.encode())
            sink.flush()
        elif path.read_bytes() != text.encode():
            sink.close()
            raise JournalError(
                f"the run of {path.name} went on since; this state of it is used up",
                hint="A suspended run is resumed once. Look at its journal for what came of it.",
            )
        return sink

    @classmethod
    def _opened(cls, path: Path) -> FileSink:
        try:
            return cls(path, os.open(path, os.O_WRONLY | os.O_APPEND))
        except OSError as error:
            raise JournalError(f"{path} cannot be written: {error.strerror}") from None

    def _lock(self) -> None:
        """Ours for as long as it is open, however this process ends."""
        import fcntl  # POSIX only, as are the workers

        assert self._file is not None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._file)
            raise JournalError(f"the run of {self._path.name} goes on in another process") from None

    def write(self, lines: Sequence[Line]) -> None:
        """At once, so that it outlives this process. Raises JournalError: disk full."""
        self._append("".join(f"{line.text}\n" for line in lines).encode())

    def _append(self, data: bytes) -> None:
        with self._coded():
            while data:
                data = data[os.write(self._open(), data) :]

    def flush(self) -> None:
        """To the disk. Raises JournalError."""
        with self._coded():
            os.fsync(self._open())

    def close(self) -> None:
        """To the disk, and closed; more than once is harmless."""
        if self._file is not None:
            self.flush()
            os.close(self._file)
            self._file = None

    def _open(self) -> int:
        assert self._file is not None, "the journal's file is closed"
        return self._file

    @contextmanager
    def _coded(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            hint = "The run is stopped; what was written before is still there."
            raise JournalError(f"{self._path} cannot be written: {error.strerror}", hint=hint) from None
