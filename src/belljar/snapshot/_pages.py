"""The pages: parts of a machine's memory, held against its size, and compressed.

zstandard is used on every Python, the standard library's own zstd nowhere: the wheels carry one version of the C
library, so the same pages have the same bytes on every computer with the same wheel. It is imported when pages are
packed or read: making keys needs none of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from belljar.errors import SnapshotPagesError
from belljar.snapshot._layout import MAX_MEMORY_BYTES, refuse_oversize

Pages = tuple[tuple[int, bytes], ...]
Spans = Sequence[tuple[int, int]]
"""Offset and length of each page."""

_LEVEL: Final = 19
"""Packed once and loaded often, and the file's size is bounded."""


def check_spans(spans: Spans, memory_bytes: int) -> None:
    """Raises SnapshotPagesError unless the pages ascend, do not overlap and lie in the memory.

    SnapshotTooLargeError where the memory itself is too large.
    """
    refuse_oversize("memory", memory_bytes, MAX_MEMORY_BYTES)
    if not spans:
        raise SnapshotPagesError("there are no pages")
    for offset, length in spans:
        if offset < 0 or length < 1 or offset + length > memory_bytes:
            raise SnapshotPagesError(f"{length} bytes at {offset} do not lie in a memory of {memory_bytes}")
    for (one, length), (other, _) in pairwise(spans):
        if one + length > other:
            raise SnapshotPagesError(f"the page at {other} begins before the end of the page at {one}")


def compress(pages: Pages) -> bytes:
    """One frame that states its size; same pages, same bytes."""
    import zstandard

    return zstandard.ZstdCompressor(level=_LEVEL).compress(b"".join(data for _, data in pages))


def decompress(frame: bytes, spans: Spans) -> Pages:
    """The pages that `spans` lists, which must be checked. Raises SnapshotPagesError where the frame has others."""
    import zstandard

    expected = sum(length for _, length in spans)
    try:
        # The size is compared first because the library allocates whatever the frame states.
        if zstandard.frame_content_size(frame) != expected:
            raise SnapshotPagesError(f"the pages do not unpack to the {expected:,} bytes that the header lists")
        data = zstandard.ZstdDecompressor().decompress(frame, max_output_size=expected, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise SnapshotPagesError("the pages are not one zstd frame") from error
    return tuple(_cut(data, spans))


def _cut(data: bytes, spans: Spans) -> Iterator[tuple[int, bytes]]:
    at = 0
    for offset, length in spans:
        yield offset, data[at : at + length]
        at += length
