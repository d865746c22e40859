"""Keys that sign checkpoints: ECDSA on P-256, from PEM. The one place in the room that reads files.

belljar.snapshot reads such keys too, but brings a compressor along that a store has no use for. A key has the same id
here and there. cryptography is imported when a key is first used.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from belljar.errors import UsageError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey

PrivateKey: TypeAlias = "EllipticCurvePrivateKey"
PublicKey: TypeAlias = "EllipticCurvePublicKey"


def load_private_key(source: Path | str | bytes) -> PrivateKey:
    """The key in a PEM file, or in PEM bytes. Raises UsageError for anything else, and OSError."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(_pem(source), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise UsageError(f"no private key can be read from {_name(source)}: {error}") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise UsageError(f"the private key in {_name(source)} is not an ECDSA key on P-256")
    return key


def load_public_key(source: Path | str | bytes) -> PublicKey:
    """The key in a PEM file, or in PEM bytes. Raises UsageError for anything else, and OSError."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(_pem(source))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise UsageError(f"no public key can be read from {_name(source)}: {error}") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise UsageError(f"the public key in {_name(source)} is not an ECDSA key on P-256")
    return key


def key_id(public: PublicKey) -> str:
    """The key's name: SHA-256 of its SubjectPublicKeyInfo in DER, in hex."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return hashlib.sha256(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def _pem(source: Path | str | bytes) -> bytes:
    return source if isinstance(source, bytes) else Path(source).read_bytes()


def _name(source: Path | str | bytes) -> str:
    """Never the bytes: they are a key."""
    return "the bytes given" if isinstance(source, bytes) else repr(str(source))
