"""Which folders git keeps files of, from its index: what is kept there is the repository's own, whatever it is called.

The index is read here, not by running git, whose configuration in a strange repository can start programs. It may be
anything, too: it is read with bounds, and one that is none says nothing of any folder.
"""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from belljar.agents.security._file import read

INDEX_BYTES: Final = 64 << 20
"""Of 400,000 files. The kernel's has 10 MB."""
NAME_BYTES: Final = 64 << 20
"""Of all names together, which an index of version 4 has in short."""
_LONGEST: Final = 4_096
_STAT: Final = 40
"""Bytes of an entry before the name of its object."""
_OBJECT: Final = 20
_LONG_FLAGS: Final = 0x4000


class Tracked:
    """The files that git keeps."""

    def __init__(self, root: Path) -> None:
        self._names: list[bytes] = []
        self.is_unread = False
        """Whether there is an index that cannot be read."""
        try:
            self._names = sorted(_bounded(_names(read(root / ".git" / "index", INDEX_BYTES + 1))))
        except (FileNotFoundError, NotADirectoryError):
            return
        except (OSError, ValueError, IndexError):
            self.is_unread = True

    def has(self, folder: str) -> bool:
        """Whether a file of the folder, or of one below it, is kept."""
        begin = os.fsencode(folder) + b"/"
        at = bisect_left(self._names, begin)
        return at < len(self._names) and self._names[at].startswith(begin)


def _bounded(names: Iterator[bytes]) -> Iterator[bytes]:
    """Raises ValueError for more than anybody's repository has."""
    room = NAME_BYTES
    for name in names:
        room -= len(name)
        if len(name) > _LONGEST or room < 0:
            raise ValueError
        yield name


def _names(data: bytes) -> Iterator[bytes]:
    """Raises ValueError, IndexError for what is no index of SHA-1 objects."""
    version, count = int.from_bytes(data[4:8]), int.from_bytes(data[8:12])
    if data[:4] != b"DIRC" or version not in (2, 3, 4) or len(data) > INDEX_BYTES:
        raise ValueError
    at, name = 12, b""
    for _ in range(count):
        start = at
        flags = int.from_bytes(data[at + _STAT + _OBJECT : at + _STAT + _OBJECT + 2])
        at += _STAT + _OBJECT + (4 if flags & _LONG_FLAGS else 2)
        kept = 0
        if version == 4:
            cut, at = _number(data, at)
            kept = max(0, len(name) - cut)
        end = data.index(b"\0", at)
        name = name[:kept] + data[at:end]
        at = end + 1 if version == 4 else start + ((end - start) // 8 + 1) * 8
        yield name


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A count of bytes as version 4 writes it, and where it ends."""
    value, end = data[at] & 127, at + 4
    while data[at] & 128 and at < end:
        at += 1
        value = ((value + 1) << 7) | (data[at] & 127)
    return value, at + 1
