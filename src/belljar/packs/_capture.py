"""What is kept of a stream that may be endless: its beginning and its end."""

from __future__ import annotations

import codecs
from typing import Final

_CONTINUATION: Final = range(0x80, 0xC0)
"""Second to fourth bytes of a UTF-8 character."""


class Capture:
    """Takes bytes, holds at most one and a half times `most_bytes`, and gives text."""

    def __init__(self, most_bytes: int) -> None:
        self._half = max(most_bytes // 2, 1)
        self._head = bytearray()
        self._tail = bytearray()
        self._size = 0

    def add(self, data: bytes) -> None:
        """The next bytes of the stream."""
        self._size += len(data)
        room = self._half - len(self._head)
        self._head += data[:room]
        self._tail += data[room:]
        if len(self._tail) > 2 * self._half:
            del self._tail[: -self._half]

    @property
    def is_cut(self) -> bool:
        """Whether the middle is left out."""
        return self._size > 2 * self._half

    def text(self) -> str:
        """As UTF-8, U+FFFD where it is none. A cut is marked, with how many bytes are missing, between characters."""
        if not self.is_cut:
            return bytes(self._head + self._tail).decode("utf-8", "replace")
        head = _without_half_character(self._head)
        tail = bytes(self._tail[-self._half :])
        tail = tail[_continued(tail) :]
        left_out = self._size - len(head) - len(tail)
        shown_head, shown_tail = (part.decode("utf-8", "replace") for part in (head, tail))
        return f"{shown_head}\n[... {left_out:,} bytes left out ...]\n{shown_tail}"

    def last(self, most_bytes: int) -> str:
        """The end of the stream, without a mark."""
        kept = bytes(self._tail if self.is_cut else self._head + self._tail)[-most_bytes:]
        return kept[_continued(kept) if len(kept) < self._size else 0 :].decode("utf-8", "replace")


def _continued(data: bytes) -> int:
    """How many bytes at the beginning belong to a character that began before."""
    return next((at for at, byte in enumerate(data[:4]) if byte not in _CONTINUATION), 0)


def _without_half_character(data: bytearray) -> bytes:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    decoder.decode(data)
    return bytes(data[: len(data) - len(decoder.getstate()[0])])
