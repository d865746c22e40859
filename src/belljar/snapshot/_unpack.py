"""Read snapshots: with trust, or only to look.

`unpack` asks first what needs no belief: the form, the lengths, the hash. Then the signature; and only under one that
counts, the header's meaning and the pages. Nothing is decompressed before.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from belljar.errors import SnapshotPagesError, SnapshotUnsignedError
from belljar.snapshot import _header, _layout, _pages
from belljar.snapshot._certificates import Authorities, describe, read_certificate
from belljar.snapshot._keys import PublicKey
from belljar.snapshot._layout import Parts
from belljar.snapshot._signature import refuse_untrusted
from belljar.snapshot._snapshot import Snapshot


def unpack(
    data: bytes, *, trusted: Mapping[str, PublicKey], guest_build: str, authorities: Authorities | None = None
) -> Snapshot:
    """The snapshot in `data`, signed by one of the `trusted` keys (by key id) or under one of the `authorities`.

    Raises, in this order: NotASnapshotError, SnapshotVersionError, SnapshotTruncatedError, SnapshotTooLargeError,
    SnapshotCorruptError, SnapshotUnsignedError, SnapshotUnknownKeyError, SnapshotSignatureError,
    SnapshotCertificateError (one that cannot be read comes before its signature), SnapshotExpiredError,
    SnapshotBuildError, SnapshotProfileError, SnapshotHeaderError, SnapshotPagesError. All are ImageErrors.
    """
    parts = _layout.split(data)
    if not parts.signature_block:
        raise SnapshotUnsignedError("the snapshot is not signed")
    refuse_untrusted(_layout.split_block(parts.signature_block), parts.content_hash, trusted, authorities)
    header = _header.read(parts.header)
    _header.refuse_other_build(header, guest_build)
    _header.refuse_other_profile(header)
    _header.check(header)
    return _header.snapshot_of(header, pages=_open_pages(header, parts), content_hash=parts.content_hash)


def inspect(data: bytes) -> dict[str, Any]:
    """What a snapshot says about itself, as plain data. Nothing is trusted, verified or decompressed.

    `signed_by` is the id of the key that is said to have signed it, or None. Raises for data that is no whole snapshot,
    as `unpack` does, and for a header or a certificate that cannot be read.
    """
    parts = _layout.split(data)
    header = _header.read(parts.header)
    _header.check(header)
    return {
        "format": _layout.FORMAT,
        "profile": header["profile"],
        "build": header["build"],
        "manifest": header["manifest"],
        "source_bytes": len(header["source"].encode()),
        "memory_bytes": header["memory_bytes"],
        "pages": len(header["pages"]),
        "pages_bytes": parts.pages_bytes,
        "file_bytes": len(data),
        "content_sha256": parts.content_hash.hex(),
        **_said_signer(parts),
    }


def _open_pages(header: _header.Header, parts: Parts) -> _pages.Pages:
    spans = _header.spans(header)
    _pages.check_spans(spans, header["memory_bytes"])
    if sum(length for _, length in spans) != parts.pages_bytes:
        raise SnapshotPagesError("the pages are not as long together as the file states")
    return _pages.decompress(parts.pages, spans)


def _said_signer(parts: Parts) -> dict[str, Any]:
    if not parts.signature_block:
        return {"signed_by": None, "certificate": None}
    block = _layout.split_block(parts.signature_block)
    certificate = describe(read_certificate(block.certificate)) if block.certificate else None
    return {"signed_by": block.key_id.hex(), "certificate": certificate}
