"""A part of one file: lines as text, or bytes as they are."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import BinaryIO, Literal, NotRequired

from typing_extensions import TypedDict

from belljar.packs._limits import FileLimits
from belljar.packs._workspace import refused
from belljar.tools import AbortSignal

_CHUNK = 1 << 16
_CHECKED_EVERY = 1_024
"""Lines between two looks at the signal."""


class FileContent(TypedDict):
    """What readFile gives."""

    path: str
    size: int
    """Bytes of the whole file."""
    text: str
    """The lines asked for, with their endings; empty when bytes were asked for."""
    data: NotRequired[bytes]
    """The bytes, when bytes were asked for."""
    start: int
    """The first line given, or the first byte."""
    end: int
    """The last line given, or the byte after the last."""
    lines: int | None
    """Lines of the whole file; null when bytes were asked for, or the file is too long to count."""
    truncated: bool
    """Whether less was given than asked for, because of the limit."""
    next: int | None
    """The `start` (for bytes, the `offset`) to go on from; null when all that was asked for is here."""


@dataclass(slots=True, kw_only=True)
class _Selection:
    """The lines of a range, as far as they fit."""

    start: int
    end: int | None
    room: int
    taken: list[bytes]
    last: int = 0
    lines: int = 0
    is_cut: bool = False
    is_counted: bool = True

    def add(self, line: bytes) -> None:
        self.lines += 1
        if self.is_cut or self.lines < self.start or (self.end is not None and self.lines > self.end):
            return
        if len(line) > self.room and self.taken:
            self.is_cut = True
            return
        self.is_cut = len(line) > self.room
        self.taken.append(line[: self.room])
        self.room -= len(line)
        self.last = self.lines


def read_text(
    descriptor: int, path: str, *, start: int, end: int | None, encoding: str, limits: FileLimits, signal: AbortSignal
) -> FileContent:
    """Lines `start` to `end` (from 1, both included). Closes the descriptor.

    Raises WorkspaceError when they are not in the encoding.
    """
    with os.fdopen(descriptor, "rb") as file:
        size = os.fstat(descriptor).st_size
        chosen = _Selection(start=start, end=end, room=limits.read_bytes, taken=[])
        _scan(file, chosen, limits, signal)
    if not chosen.taken and not chosen.is_counted:
        raise refused(path, f"is too long: line {start} lies behind its first {limits.scan_bytes:,} bytes")
    return {
        "path": path,
        "size": size,
        "text": _decoded(b"".join(chosen.taken), path, encoding, chosen),
        "start": start,
        "end": chosen.last if chosen.taken else start - 1,
        "lines": chosen.lines if chosen.is_counted else None,
        "truncated": chosen.is_cut,
        "next": chosen.last + 1 if chosen.is_cut else None,
    }


def _scan(file: BinaryIO, chosen: _Selection, limits: FileLimits, signal: AbortSignal) -> None:
    """Go through the lines; one that is longer than can be given is read in pieces and counted once."""
    gone, piece = 0, b""
    longest = limits.read_bytes + 4
    while line := file.readline(longest):
        if not piece or piece.endswith(b"\n"):
            chosen.add(line)
        piece = line
        gone += len(line)
        if chosen.lines % _CHECKED_EVERY == 0 or len(line) == longest:
            signal.throw_if_aborted()
        if gone >= limits.scan_bytes:
            chosen.is_counted = not file.read(1)
            chosen.is_cut |= not chosen.is_counted and (chosen.end is None or chosen.lines < chosen.end)
            return


def _decoded(data: bytes, path: str, encoding: str, chosen: _Selection) -> str:
    codec = "utf-8-sig" if encoding == "utf-8" and chosen.start == 1 else encoding
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        if chosen.is_cut and error.reason == "unexpected end of data":
            return data[: error.start].decode(codec)  # a character that the limit cut in two
        byte = data[error.start]
        line = chosen.start + data.count(b"\n", 0, error.start)
        raise refused(
            path,
            f"is not {encoding} text: byte 0x{byte:02x} in line {line}",
            hint='Read it with encoding "bytes", or "latin-1" to see bytes as characters.',
        ) from None


def read_bytes(descriptor: int, path: str, *, offset: int, limits: FileLimits, signal: AbortSignal) -> FileContent:
    """Bytes from `offset` on. Closes the descriptor."""
    with os.fdopen(descriptor, "rb") as file:
        size = os.fstat(descriptor).st_size
        file.seek(offset)
        data = bytearray()
        while len(data) < limits.read_bytes and (chunk := file.read(min(_CHUNK, limits.read_bytes - len(data)))):
            signal.throw_if_aborted()
            data += chunk
        is_cut = bool(file.read(1))
    end = offset + len(data)
    return {
        "path": path,
        "size": size,
        "text": "",
        "data": bytes(data),
        "start": offset,
        "end": end,
        "lines": None,
        "truncated": is_cut,
        "next": end if is_cut else None,
    }


Encoding = Literal["utf-8", "latin-1", "bytes"]
