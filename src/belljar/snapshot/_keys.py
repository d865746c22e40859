"""Keys and certificates: made, named, and read from PEM files. The one place in the room that reads files.

Keys are ECDSA on P-256. A key's id is the SHA-256 of its SubjectPublicKeyInfo in DER, so a private key, its public key
and its certificate all have the same one.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TypeAlias

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from belljar.errors import UsageError

PublicKey: TypeAlias = ec.EllipticCurvePublicKey
PrivateKey: TypeAlias = ec.EllipticCurvePrivateKey
Certificate: TypeAlias = x509.Certificate


def keygen() -> tuple[bytes, bytes]:
    """A new private key (PKCS#8, not encrypted) and its public key, both as PEM."""
    private = ec.generate_private_key(ec.SECP256R1())
    private_pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public_pem = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private_pem, public_pem


def key_id(public: PublicKey) -> str:
    """The key's name, in hex."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return hashlib.sha256(public.public_bytes(serialization.Encoding.DER, form)).hexdigest()


def is_p256(key: object) -> bool:
    """Whether a key is an ECDSA key on the one curve that is used here."""
    return isinstance(key, PublicKey | PrivateKey) and isinstance(key.curve, ec.SECP256R1)


def load_private_key(path: Path | str, password: bytes | None = None) -> PrivateKey:
    """The key in a PEM file. Raises UsageError for another kind of file or key or a wrong password, and OSError."""
    try:
        key = serialization.load_pem_private_key(Path(path).read_bytes(), password)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise UsageError(f"no private key can be read from {str(path)!r}: {error}") from error
    if not is_p256(key):
        raise UsageError(f"the private key in {str(path)!r} is not an ECDSA key on P-256")
    assert isinstance(key, PrivateKey)
    return key


def load_public_key(path: Path | str) -> PublicKey:
    """The key in a PEM file. Raises UsageError for another kind of file or key, and OSError."""
    try:
        key = serialization.load_pem_public_key(Path(path).read_bytes())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise UsageError(f"no public key can be read from {str(path)!r}: {error}") from error
    if not is_p256(key):
        raise UsageError(f"the public key in {str(path)!r} is not an ECDSA key on P-256")
    assert isinstance(key, PublicKey)
    return key


def load_certificate(path: Path | str) -> Certificate:
    """The first certificate in a PEM file. Raises UsageError for another kind of file, and OSError."""
    try:
        return x509.load_pem_x509_certificate(Path(path).read_bytes())
    except (ValueError, x509.InvalidVersion) as error:
        raise UsageError(f"no certificate can be read from {str(path)!r}: {error}") from error
