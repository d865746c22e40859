"""The journal of one run, in memory or also in a file of JSON lines.

A file is written ahead: `append(..., durable=True)` returns when the records are on the disk. A process that dies may
leave half a line at the end; `Journal.load` reads up to it and says so with `torn`.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from pathlib import Path

from belljar.errors import JournalError
from belljar.journal._records import FORMAT, START, Record, check, decode, encode


class Journal:
    """Append-only. Any thread may append; records of one `append` stay together."""

    def __init__(self, path: str | os.PathLike[str] | None = None) -> None:
        """A new journal; with `path`, also in that file, which must not exist. Raises JournalError."""
        self.path = Path(path) if path is not None else None
        self.torn = False
        self._records: list[Record] = []
        self._lines: list[str] = []
        self._head = START
        self._lock = threading.Lock()
        self._file = self._create() if self.path is not None else None

    def _create(self) -> int:
        assert self.path is not None
        hint = "Name a file in a folder that can be written."
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise JournalError(f"{self.path} cannot be made: {error.strerror}", hint=hint) from None
        try:
            return os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        except FileExistsError:
            raise JournalError(
                f"{self.path} exists already", hint="A journal is of one run; name a new file."
            ) from None
        except OSError as error:
            raise JournalError(f"{self.path} cannot be made: {error.strerror}", hint=hint) from None

    @property
    def records(self) -> tuple[Record, ...]:
        """Everything written so far."""
        return tuple(self._records)

    @property
    def head(self) -> str:
        """Hash of the last record: names the whole journal."""
        with self._lock:
            self._encode()
            return self._head

    @property
    def in_file(self) -> bool:
        """Whether appending durably waits for a disk."""
        return self._file is not None

    def append(self, *records: Record, durable: bool = False) -> None:
        """Add records. With `durable`, return only when a file's disk has them. Raises JournalError: disk full."""
        with self._lock:
            self._records.extend(records)
            if self._file is not None:
                self._write("".join(f"{line}\n" for line in self._encode()).encode(), durable)

    def _encode(self) -> list[str]:
        """The lines that are not made yet. A journal in memory makes them when somebody asks for its text."""
        begin = len(self._lines)
        for n in range(begin, len(self._records)):
            line, self._head = encode(self._records[n], n=n, previous=self._head)
            self._lines.append(line)
        return self._lines[begin:]

    def _write(self, data: bytes, durable: bool) -> None:
        assert self._file is not None
        try:
            while data:
                data = data[os.write(self._file, data) :]
            if durable:
                os.fsync(self._file)
        except OSError as error:
            hint = "The run is stopped; what was written before is still there."
            raise JournalError(f"{self.path} cannot be written: {error.strerror}", hint=hint) from None

    def close(self) -> None:
        """Close the file. The records stay readable."""
        with self._lock:
            if self._file is not None:
                os.fsync(self._file)
                os.close(self._file)
                self._file = None

    def text(self) -> str:
        """The journal as JSON lines: what a file of it holds."""
        with self._lock:
            self._encode()
            return "".join(f"{line}\n" for line in self._lines)

    def move_to(self, path: str | os.PathLike[str]) -> None:
        """Go on in the file `path`, which must hold these records and no others, or not exist.

        Raises JournalError where another process goes on with the run, or did so before.
        """
        self.path = Path(path)
        is_new = not self.path.exists()
        self._file = self._locked(self._create() if is_new else self._open())
        if is_new:
            self._write(self.text().encode(), durable=True)
        elif self.path.read_bytes() != self.text().encode():
            self.close()
            raise JournalError(
                f"the run of {self.path.name} went on since; this state of it is used up",
                hint="A suspended run is resumed once. Look at its journal for what came of it.",
            )

    def _open(self) -> int:
        assert self.path is not None
        try:
            return os.open(self.path, os.O_WRONLY | os.O_APPEND)
        except OSError as error:
            raise JournalError(f"{self.path} cannot be written: {error.strerror}") from None

    def _locked(self, file: int) -> int:
        """`file`, ours for as long as it is open, however this process ends."""
        assert self.path is not None
        import fcntl  # POSIX only, as are the workers

        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            raise JournalError(f"the run of {self.path.name} goes on in another process") from None
        return file

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Journal:
        """Read a journal file. Raises JournalError: not there, not a journal, another format, edited."""
        try:
            data = Path(path).read_bytes()
        except OSError as error:
            raise JournalError(f"{path} cannot be read: {error.strerror}") from None
        journal = cls.parse(data)
        journal.path = Path(path)
        return journal

    @classmethod
    def parse(cls, data: bytes) -> Journal:
        """Read JSON lines. Raises JournalError as `load` does."""
        journal = cls()
        lines = data.split(b"\n")
        journal.torn = bool(lines.pop())
        try:
            journal._read(line.decode() for line in lines)
        except UnicodeDecodeError:
            raise JournalError(f"record {len(journal._records)} is not UTF-8 text") from None
        if not journal._records or journal._records[0].type != "run":
            raise JournalError("this is not a journal, or its first record is missing")
        if (found := journal._records[0].facts.get("format")) != FORMAT:
            raise JournalError(f"journal format {found} is not known here; this belljar reads format {FORMAT}")
        for n, record in enumerate(journal._records):
            check(record, n=n)
        return journal

    def _read(self, lines: Iterable[str]) -> None:
        for line in lines:
            record, self._head = decode(line, n=len(self._records), previous=self._head)
            self._records.append(record)
            self._lines.append(line)
