"""Write snapshots: pack one, sign one. No trust is asked for here; what is written can be read by `unpack`."""

from __future__ import annotations

from belljar.snapshot import _header, _layout, _pages
from belljar.snapshot._keys import Certificate, PrivateKey
from belljar.snapshot._signature import signed_block
from belljar.snapshot._snapshot import Snapshot


def pack(snapshot: Snapshot) -> bytes:
    """The snapshot as bytes, unsigned. Equal snapshots have equal bytes, with the same zstd library.

    Raises for what `unpack` would refuse: SnapshotHeaderError, SnapshotProfileError, SnapshotPagesError,
    SnapshotTooLargeError.
    """
    header = _header.write(snapshot)
    _pages.check_spans([(offset, len(data)) for offset, data in snapshot.pages], snapshot.memory_bytes)
    return _layout.join_content(
        header=header,
        pages=_pages.compress(snapshot.pages),
        pages_bytes=sum(len(data) for _, data in snapshot.pages),
    )


def sign(data: bytes, private_key: PrivateKey, certificate: Certificate | None = None) -> bytes:
    """The same snapshot with this signature, in place of any that it had.

    A certificate lets those accept it who trust its authority and not the key. Raises UsageError for a key that is not
    on P-256 or not the certificate's, and what `unpack` raises for data that is no whole snapshot.
    """
    parts = _layout.split(data)
    block = signed_block(parts.content_hash, private_key, certificate)
    return _layout.with_block(parts.content, _layout.join_block(block))
