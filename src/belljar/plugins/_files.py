"""The files of a plugin, out of a folder or a zip, bounded in every way.

A folder's other files are nobody's business and are not looked at; a zip is somebody's parcel, and must hold nothing
else than a plugin has. Neither follows links. A zip's entries are believed in nothing: what is read is bounded,
whatever an entry says of its size.
"""

from __future__ import annotations

import os
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol

from belljar.errors import ManifestError
from belljar.packs._plain_file import beginning_of
from belljar.plugins._problems import Problem, refusal

ZIP_BYTES: Final = 2 << 20
"""Of the whole zip: a script that does not shrink, and as much again for what people read."""
ENTRIES: Final = 16
UNPACKED_BYTES: Final = 4 << 20
"""That all entries together say they have."""
RATIO: Final = 200
"""By which an entry may have shrunk. Deflate makes source text 3 to 20 times smaller, and zeros 1,000 times."""

_BESIDE: Final = re.compile(r"(?:README|LICEN[CS]E)[A-Za-z0-9._-]{0,20}\Z", re.IGNORECASE | re.ASCII)
"""Files for people."""
_PLAIN: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}\Z", re.ASCII)
_OWN: Final = ("plugin.toml", "plugin.json", "plugin.sig")
_ENCRYPTED: Final = 0x1 | 0x40
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_UNREADABLE: Final = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError, RuntimeError)
"""What zipfile raises for a damaged one; RuntimeError and NotImplementedError for entries that it cannot unpack."""


class FileSource(Protocol):
    """Files by name."""

    def has(self, name: str) -> bool:
        """Whether there is one."""

    def read(self, name: str, most: int) -> bytes:
        """The whole file. Raises ManifestError where it is larger than `most` bytes, or no plain file, or missing."""

    def strangers(self, script: str) -> list[Problem]:
        """A problem for each file that a plugin with this script does not have."""


def _wrong(file: str, message: str) -> ManifestError:
    return refusal([Problem(file=file, message=message)])


class FolderFiles:
    """Of an open folder: it stays the same one, whatever is renamed meanwhile."""

    def __init__(self, path: Path) -> None:
        try:
            self._folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            raise _wrong(path.name, f"cannot be opened: {error.strerror}") from None

    def __enter__(self) -> FolderFiles:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._folder)

    def has(self, name: str) -> bool:
        """Links count: they are refused when they are read."""
        return name in os.listdir(self._folder)

    def read(self, name: str, most: int) -> bytes:
        """A link is not followed."""
        try:
            return _bounded(beginning_of(name, most + 1, folder=self._folder, follow=False), name, most)
        except FileNotFoundError:
            raise _wrong(name, "is not there") from None
        except OSError as error:
            raise _wrong(name, f"cannot be opened as a plain file: {error.strerror}") from None

    def strangers(self, script: str) -> list[Problem]:  # noqa: ARG002 - a folder may hold what it likes
        """None: tests, drafts and notes stand beside a plugin."""
        return []


class ZipFiles:
    """Of a zip that is read into memory as a whole."""

    def __init__(self, path: Path) -> None:
        self._name = path.name
        try:
            raw = _bounded(beginning_of(path, ZIP_BYTES + 1), self._name, ZIP_BYTES)
        except OSError as error:
            raise _wrong(self._name, f"cannot be opened: {error.strerror}") from None
        try:
            self._zip = zipfile.ZipFile(BytesIO(raw))
        except _UNREADABLE:
            raise _wrong(self._name, "is neither a folder nor a zip file that can be read") from None
        entries = self._zip.infolist()
        if problems := list(self._problems(entries)):
            raise refusal(problems)
        self._entries = {entry.filename: entry for entry in entries}

    def __enter__(self) -> ZipFiles:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()

    def has(self, name: str) -> bool:
        """By its exact name."""
        return name in self._entries

    def read(self, name: str, most: int) -> bytes:
        """Unpacked up to the bound and no further."""
        if name not in self._entries:
            raise _wrong(name, f"is not in {self._name}")
        try:
            with self._zip.open(self._entries[name]) as file:
                return _bounded(file.read(most + 1), name, most)
        except _UNREADABLE:
            raise _wrong(name, f"cannot be unpacked from {self._name}") from None

    def strangers(self, script: str) -> list[Problem]:
        """Whatever else is in the parcel."""
        return [
            Problem(file=self._name, path=name, message="is none of manifest, script, signature, README and LICENSE")
            for name in self._entries
            if name not in (*_OWN, script) and not _BESIDE.match(name)
        ]

    def _problems(self, entries: list[zipfile.ZipInfo]) -> Iterator[Problem]:
        if len(entries) > ENTRIES:
            yield Problem(file=self._name, message=f"has {len(entries):,} entries, and at most {ENTRIES} are read")
            return
        if sum(entry.file_size for entry in entries) > UNPACKED_BYTES:
            yield Problem(file=self._name, message=f"would unpack to more than {UNPACKED_BYTES:,} bytes")
        seen: set[str] = set()
        for entry in entries:
            if (why := _why_not(entry, seen)) is not None:
                yield Problem(file=self._name, path=ascii(entry.orig_filename[:100])[1:-1], message=why)
            seen.add(entry.filename.lower())


def _why_not(entry: zipfile.ZipInfo, seen: set[str]) -> str | None:
    kind = stat.S_IFMT(entry.external_attr >> 16)
    checks = (
        ("/" in entry.orig_filename, "is in a folder; pack the files, not the folder they are in"),
        (not _PLAIN.match(entry.orig_filename), "is no plain name of a file"),
        (entry.filename.lower() in seen, "is there more than once"),
        (kind not in (0, stat.S_IFREG), "is a link or no plain file"),
        (entry.flag_bits & _ENCRYPTED, "is encrypted"),
        (entry.compress_type not in _METHODS, "is packed in another way than deflate"),
        (entry.file_size > RATIO * max(entry.compress_size, 1), f"is packed more than {RATIO} times smaller"),
    )
    return next((why for is_so, why in checks if is_so), None)


def _bounded(raw: bytes, name: str, most: int) -> bytes:
    if len(raw) > most:
        raise _wrong(name, f"is larger than {most:,} bytes")
    return raw
