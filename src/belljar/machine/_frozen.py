"""The format of a frozen run. Pure.

    b"BJFROZEN" | u16 format | 32 bytes guest build id | u32 header length | header (JSON) | zlib pages | 32 bytes tag

The tag is HMAC-SHA-256 over everything before it. Only memory that differs from the base image is stored: runs of
changed 256-byte grains, each behind its offset and length, and exclusive-or with the base image, since most of a
changed grain is not changed and zeros cost next to nothing.
"""

from __future__ import annotations

import hmac
import json
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from belljar.errors import ImageError

MAGIC = b"BJFROZEN"
FORMAT = 1
_FRONT = struct.Struct("<8sH32sI")
_TAG_BYTES = 32
_RUN = struct.Struct("<II")
_COARSE, _FINE = 4_096, 256
"""Grains of the search for changed memory: pages first, then the parts of a changed page."""
_ZEROS = bytes(_COARSE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """A frozen run, taken apart."""

    build_id: str
    header: dict[str, Any]
    size: int
    """Bytes of linear memory."""
    runs: tuple[tuple[int, bytes], ...]
    """Offset of each changed run of memory, and its exclusive-or with the base image."""


def pack(*, build_id: str, header: dict[str, Any], memory: bytes, base: bytes, key: bytes) -> bytes:
    """The image of `memory` as differences from `base` (which is never longer)."""
    body = bytearray()
    for begin, end in changed_ranges(memory, base):
        body += _RUN.pack(begin, end - begin) + exclusive_or(memory[begin:end], base[begin:end])
    text = json.dumps({**header, "memory_bytes": len(memory)}, separators=(",", ":")).encode()
    front = _FRONT.pack(MAGIC, FORMAT, bytes.fromhex(build_id), len(text))
    image = front + text + zlib.compress(body, 1)
    return image + hmac.digest(key, image, "sha256")


def exclusive_or(one: bytes, other: bytes) -> bytes:
    """Byte by byte, as long as `one`; `other` counts as zero beyond its end."""
    mixed = int.from_bytes(one, "little") ^ int.from_bytes(other, "little")
    return mixed.to_bytes(len(one), "little")


def unpack(image: bytes, *, build_id: str, key: bytes) -> Frozen:
    """Check and take apart. Raises ImageError: truncated, not an image, another format or guest build, forged."""
    if len(image) < _FRONT.size + _TAG_BYTES:
        raise ImageError("the image is truncated")
    magic, format_, build, header_size = _FRONT.unpack_from(image)
    if magic != MAGIC:
        raise ImageError("this is not a frozen run")
    if format_ != FORMAT:
        raise ImageError(f"image format {format_} is not known here; this belljar reads format {FORMAT}")
    if not hmac.compare_digest(hmac.digest(key, image[:-_TAG_BYTES], "sha256"), image[-_TAG_BYTES:]):
        raise ImageError("the image's tag does not match: it was changed, cut short, or frozen with another key")
    if build.hex() != build_id:
        raise ImageError(
            "the image was frozen by another build of the guest",
            details={"image_build": build.hex(), "this_build": build_id},
        )
    text_end = _FRONT.size + header_size
    try:
        header = json.loads(image[_FRONT.size : text_end])
        size = header.pop("memory_bytes")
        if type(size) is not int or not 0 < size <= 1 << 32:
            raise ValueError("not the size of a memory")
        body = _decompressed(image[text_end:-_TAG_BYTES], at_most=2 * size)
        return Frozen(build_id=build.hex(), header=header, size=size, runs=tuple(_runs(body)))
    except (ValueError, KeyError, TypeError, AttributeError, struct.error, zlib.error) as error:
        raise ImageError("the image's inside is not of this format") from error


def _decompressed(data: bytes, *, at_most: int) -> bytes:
    """Runs and their offsets are never twice as long as the memory they describe."""
    machine = zlib.decompressobj()
    body = machine.decompress(data, at_most)
    if machine.unconsumed_tail:
        raise ValueError("more content than memory")
    return body


def _runs(body: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(body):
        begin, size = _RUN.unpack_from(body, at)
        at += _RUN.size
        yield begin, body[at : at + size]
        at += size


def changed_ranges(memory: bytes, base: bytes) -> Iterator[tuple[int, int]]:
    """Begin and end of each run of FINE grains that differ from `base`, or from zero beyond its end."""
    begin = last = -1
    for at in _changed_grains(memory, base):
        if at != last:
            if begin >= 0:
                yield begin, last
            begin = at
        last = at + _FINE
    if begin >= 0:
        yield begin, last


def _changed_grains(memory: bytes, base: bytes) -> Iterator[int]:
    """Comparing with `startswith` copies nothing of the memory, which is most of the work otherwise."""
    pages = _pages(base)
    for number in range(len(memory) // _COARSE):
        page = pages[number] if number < len(pages) else _ZEROS
        begin = number * _COARSE
        if memory.startswith(page, begin):
            continue
        for at in range(0, _COARSE, _FINE):
            if not memory.startswith(page[at : at + _FINE], begin + at):
                yield begin + at


@lru_cache(maxsize=2)
def _pages(base: bytes) -> tuple[bytes, ...]:
    return tuple(base[at : at + _COARSE] for at in range(0, len(base), _COARSE))
