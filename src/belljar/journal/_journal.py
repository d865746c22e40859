"""The journal of one run, in memory or also in a file of JSON lines or another sink.

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
from belljar.journal._sink import FileSink, Line, Sink


class Journal:
    """Append-only. Any thread may append; records of one `append` stay together."""

    def __init__(self, path: str | os.PathLike[str] | None = None, *, sink: Sink | None = None) -> None:
        """A new journal; with `path`, also in that file, which must not exist; or in a sink. Raises JournalError."""
        self.path = Path(path) if path is not None else None
        self.torn = False
        self._records: list[Record] = []
        self._lines: list[Line] = []
        self._head = START
        self._lock = threading.Lock()
        self._sink = sink if self.path is None else FileSink.create(self.path)

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
    def is_kept(self) -> bool:
        """Whether appending durably waits for a disk."""
        return self._sink is not None

    def append(self, *records: Record, durable: bool = False) -> None:
        """Add records. With `durable`, return only when they are safe in the file or sink. Raises HostError."""
        with self._lock:
            self._records.extend(records)
            sink = self._sink
            if sink is not None:
                sink.write(self._encode())
        if durable and sink is not None:
            sink.flush()  # outside of the lock: others may append meanwhile

    def _encode(self) -> list[Line]:
        """The lines that are not made yet. A journal in memory makes them when somebody asks for its text."""
        begin = len(self._lines)
        for n in range(begin, len(self._records)):
            text, self._head = encode(self._records[n], n=n, previous=self._head)
            self._lines.append(Line(n=n, record=self._records[n], text=text, sha256=self._head))
        return self._lines[begin:]

    def close(self) -> None:
        """End the file or sink. The records stay readable."""
        with self._lock:
            sink, self._sink = self._sink, None
        if sink is not None:
            sink.close()

    def text(self) -> str:
        """The journal as JSON lines: what a file of it holds."""
        with self._lock:
            self._encode()
            return "".join(f"{line.text}\n" for line in self._lines)

    def go_on_in(self, sink: Sink | None) -> None:
        """Write what follows to `sink`, which has these records already; None: nowhere but in memory."""
        with self._lock:
            self._encode()
            self._sink = sink

    def move_to(self, path: str | os.PathLike[str]) -> None:
        """Go on in the file `path`, which must hold these records and no others, or not exist.

        Raises JournalError where another process goes on with the run, or did so before.
        """
        self.path = Path(path)
        self.go_on_in(FileSink.take_up(self.path, self.text()))

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
            n = len(self._records)
            record, self._head = decode(line, n=n, previous=self._head)
            self._records.append(record)
            self._lines.append(Line(n=n, record=record, text=line, sha256=self._head))
