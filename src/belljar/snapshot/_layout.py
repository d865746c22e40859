"""Where the bytes of a snapshot are. Knows lengths and hashes; nothing of trust, and nothing of what the parts mean.

    b"MSQS" | u16 format | u32 header length | u32 pages length | u32 pages length unpacked
    header (canonical JSON) | pages (one zstd frame) | SHA-256 of everything before
    u32 signature block length | signature block

    signature block, empty where nobody has signed:
    SHA-256 of the signer's SubjectPublicKeyInfo | u32 certificate length | certificate (DER) | ECDSA signature (DER)

Integers are little-endian. The signature block is outside the content hash: the same program has the same hash, whoever
signs it.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from typing import Final

from belljar.errors import (
    NotASnapshotError,
    SnapshotCorruptError,
    SnapshotSignatureError,
    SnapshotTooLargeError,
    SnapshotTruncatedError,
    SnapshotVersionError,
)

MAGIC: Final = b"MSQS"
FORMAT: Final = 1
MAX_FILE_BYTES: Final = 400_000
"""A snapshot is shipped and read whole; a real one is 150 to 400 kB."""
MAX_MEMORY_BYTES: Final = 64 << 20
"""What the pages may unpack to: a quarter less than a machine's default memory of 96 MB."""

_FRONT: Final = struct.Struct("<4sHIII")
_LENGTH: Final = struct.Struct("<I")
_HASH_BYTES: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Who signed, and the signature."""

    key_id: bytes
    certificate: bytes
    """DER, or empty."""
    signature: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """A snapshot's parts, still as bytes."""

    content: bytes
    """Everything that the content hash covers."""
    header: bytes
    pages: bytes
    """Compressed."""
    pages_bytes: int
    """What the pages say they unpack to."""
    content_hash: bytes
    signature_block: bytes


def join_content(*, header: bytes, pages: bytes, pages_bytes: int) -> bytes:
    """The content with its hash and an empty signature block: an unsigned snapshot."""
    content = _FRONT.pack(MAGIC, FORMAT, len(header), len(pages), pages_bytes) + header + pages
    return with_block(content, b"")


def with_block(content: bytes, block: bytes) -> bytes:
    """A whole file. Raises SnapshotTooLargeError where it is too large for anybody to read."""
    data = b"".join((content, hashlib.sha256(content).digest(), _LENGTH.pack(len(block)), block))
    refuse_oversize("file", len(data), MAX_FILE_BYTES)
    return data


def join_block(block: Block) -> bytes:
    """The inverse of `split_block`."""
    return b"".join((block.key_id, _LENGTH.pack(len(block.certificate)), block.certificate, block.signature))


def split(data: bytes) -> Parts:
    """Take a file apart, and hold it against its own lengths and hash.

    Raises, in this order, NotASnapshotError, SnapshotVersionError, SnapshotTruncatedError, SnapshotTooLargeError,
    SnapshotCorruptError.
    """
    _refuse_foreign(data)
    header_bytes, pages_bytes, unpacked = _front(data)
    header_end = _FRONT.size + header_bytes
    content_end = header_end + pages_bytes
    block_at = content_end + _HASH_BYTES + _LENGTH.size
    end = block_at + _block_bytes(data, block_at)
    if end > len(data):
        raise SnapshotTruncatedError(f"the snapshot has {end:,} bytes, and only {len(data):,} are here")
    refuse_oversize("file", len(data), MAX_FILE_BYTES)
    refuse_oversize("memory", unpacked, MAX_MEMORY_BYTES)
    parts = Parts(
        content=data[:content_end],
        header=data[_FRONT.size : header_end],
        pages=data[header_end:content_end],
        pages_bytes=unpacked,
        content_hash=data[content_end : content_end + _HASH_BYTES],
        signature_block=data[block_at:end],
    )
    _refuse_changed(parts, surplus=len(data) - end)
    return parts


def split_block(block: bytes) -> Block:
    """Take a signature block apart. Raises SnapshotSignatureError where its lengths do not add up."""
    certificate_at = _HASH_BYTES + _LENGTH.size
    if len(block) < certificate_at:
        raise SnapshotSignatureError("the signature block is too short for a key id")
    certificate_end = certificate_at + _LENGTH.unpack_from(block, _HASH_BYTES)[0]
    if certificate_end > len(block):
        raise SnapshotSignatureError("the signature block is shorter than its certificate")
    return Block(
        key_id=block[:_HASH_BYTES],
        certificate=block[certificate_at:certificate_end],
        signature=block[certificate_end:],
    )


def refuse_oversize(what: str, size: int, limit: int) -> None:
    """Raise SnapshotTooLargeError where `size` bytes of `what` are more than `limit`."""
    if size > limit:
        details = {"what": what, "bytes": size, "limit": limit}
        raise SnapshotTooLargeError(f"a {what} of {size:,} bytes is over the limit of {limit:,}", details=details)


def _refuse_foreign(data: bytes) -> None:
    start = data[: len(MAGIC)]
    if not MAGIC.startswith(start):
        raise NotASnapshotError(f"this is not a snapshot: it begins with {start!r}, not {MAGIC!r}")


def _front(data: bytes) -> tuple[int, int, int]:
    version = data[len(MAGIC) : len(MAGIC) + 2]
    found = int.from_bytes(version, "little")
    if len(version) == 2 and found != FORMAT:
        details = {"found": found, "known": FORMAT}
        raise SnapshotVersionError(f"snapshot format {found} is not known here, only {FORMAT}", details=details)
    if len(data) < _FRONT.size:
        raise SnapshotTruncatedError(f"a snapshot begins with {_FRONT.size} bytes, and only {len(data)} are here")
    _magic, _format, header, pages, unpacked = _FRONT.unpack_from(data)
    return header, pages, unpacked


def _block_bytes(data: bytes, block_at: int) -> int:
    """Zero where the data ends before the length: then it is truncated whatever the length would have been."""
    if block_at > len(data):
        return 0
    return int(_LENGTH.unpack_from(data, block_at - _LENGTH.size)[0])


def _refuse_changed(parts: Parts, *, surplus: int) -> None:
    if surplus:
        raise SnapshotCorruptError(f"{surplus:,} bytes follow the end of the snapshot")
    found = hashlib.sha256(parts.content).digest()
    if found != parts.content_hash:
        details = {"stated": parts.content_hash.hex(), "found": found.hex()}
        raise SnapshotCorruptError("the content does not have the hash that is stored with it", details=details)
