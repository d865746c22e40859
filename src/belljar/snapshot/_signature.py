"""Signatures over a content hash, and whom to believe.

A signer is believed in one of two ways. Its key is among the trusted keys: then nothing else is asked. Or it brings a
certificate for which one of the given authorities vouches.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from belljar.errors import SnapshotCertificateError, SnapshotSignatureError, SnapshotUnknownKeyError, UsageError
from belljar.snapshot._certificates import Authorities, read_certificate, refuse_unvouched, signing_key
from belljar.snapshot._keys import Certificate, PrivateKey, PublicKey, is_p256, key_id
from belljar.snapshot._layout import Block

_DOMAIN: Final = b"belljar snapshot signature v1\0"
"""So that a signature under a snapshot can never be taken for one under something else, nor the reverse."""
_ALGORITHM: Final = ec.ECDSA(hashes.SHA256())


def signed_block(content_hash: bytes, private_key: PrivateKey, certificate: Certificate | None) -> Block:
    """The signature over a content hash. Raises UsageError for a key not on P-256, or another key's certificate."""
    if not is_p256(private_key):
        raise UsageError("a snapshot is signed with an ECDSA key on P-256")
    name = key_id(private_key.public_key())
    der = b"" if certificate is None else _der_of(certificate, name)
    signature = private_key.sign(_message(content_hash, der), _ALGORITHM)
    return Block(key_id=bytes.fromhex(name), certificate=der, signature=signature)


def refuse_untrusted(
    block: Block, content_hash: bytes, trusted: Mapping[str, PublicKey], authorities: Authorities | None
) -> None:
    """Raise unless a believed signer signed this hash.

    SnapshotUnknownKeyError, SnapshotCertificateError for a certificate that cannot be read or is not of the key,
    SnapshotSignatureError, then what `refuse_unvouched` raises.
    """
    pinned = trusted.get(block.key_id.hex())
    if pinned is not None:
        _refuse_forged(block, content_hash, pinned)
    elif authorities is not None and block.certificate:
        certificate, key = _certified(block)
        _refuse_forged(block, content_hash, key)
        refuse_unvouched(certificate, authorities)
    else:
        details = {"key_id": block.key_id.hex()}
        raise SnapshotUnknownKeyError("the snapshot is signed with a key that is not trusted here", details=details)


def _der_of(certificate: Certificate, name: str) -> bytes:
    key = signing_key(certificate)
    if key is None or key_id(key) != name:
        raise UsageError("the certificate is not of this private key")
    return certificate.public_bytes(Encoding.DER)


def _certified(block: Block) -> tuple[Certificate, PublicKey]:
    certificate = read_certificate(block.certificate)
    key = signing_key(certificate)
    if key is None or key_id(key) != block.key_id.hex():
        raise SnapshotCertificateError("the certificate is not of the key that signed the snapshot")
    return certificate, key


def _message(content_hash: bytes, certificate: bytes) -> bytes:
    """The certificate is covered too: nobody can put another one beside a signature."""
    return _DOMAIN + content_hash + hashlib.sha256(certificate).digest()


def _refuse_forged(block: Block, content_hash: bytes, key: PublicKey) -> None:
    try:
        key.verify(block.signature, _message(content_hash, block.certificate), _ALGORITHM)
    except InvalidSignature:
        raise SnapshotSignatureError("the signature is not this key's signature of this snapshot") from None
