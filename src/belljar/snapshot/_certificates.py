"""Certificates: who may vouch for a signer's key, for what use and until when. No clock: the time is given.

There are no chains: an authority is one certificate, trusted itself. A signer's certificate must be issued by it, be
for code signing, and both must be valid at the given time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from belljar.errors import SnapshotCertificateError, SnapshotExpiredError, UsageError
from belljar.snapshot._keys import Certificate, PublicKey, is_p256

if TYPE_CHECKING:
    from datetime import datetime

_UNDERSTOOD: Final = {ExtensionOID.BASIC_CONSTRAINTS, ExtensionOID.KEY_USAGE, ExtensionOID.EXTENDED_KEY_USAGE}
_UNREADABLE: Final = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
"""What the library raises for certificates that are odd."""

_Value = TypeVar("_Value", bound=x509.ExtensionType)


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorities:
    """Who may vouch for signers, and when. Raises UsageError for a time without a time zone."""

    certificates: tuple[Certificate, ...]
    at: datetime
    """The time at which the signer's certificate and its authority's must be valid."""

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise UsageError("Authorities.at must have a time zone")


def read_certificate(der: bytes) -> Certificate:
    """Raises SnapshotCertificateError."""
    try:
        return x509.load_der_x509_certificate(der)
    except _UNREADABLE as error:
        raise SnapshotCertificateError("the certificate cannot be read") from error


def signing_key(certificate: Certificate) -> PublicKey | None:
    """The certificate's key, where it is of the kind that signs snapshots."""
    try:
        key = certificate.public_key()
    except _UNREADABLE:  # a kind of key that the library does not know is not of the kind that signs snapshots
        return None
    return key if isinstance(key, PublicKey) and is_p256(key) else None


def describe(certificate: Certificate) -> dict[str, str]:
    """What a certificate says, as plain data. Raises SnapshotCertificateError where its names cannot be read."""
    try:
        return {
            "subject": certificate.subject.rfc4514_string(),
            "issuer": certificate.issuer.rfc4514_string(),
            "not_before": certificate.not_valid_before_utc.isoformat(),
            "not_after": certificate.not_valid_after_utc.isoformat(),
            "sha256": certificate.fingerprint(hashes.SHA256()).hex(),
        }
    except _UNREADABLE as error:
        raise SnapshotCertificateError("the certificate's names cannot be read") from error


def refuse_unvouched(certificate: Certificate, authorities: Authorities) -> None:
    """Raise SnapshotCertificateError, then SnapshotExpiredError, unless an authority vouches for the certificate."""
    issuers = [one for one in authorities.certificates if _is_issued_by(certificate, one)]
    if not issuers:
        raise SnapshotCertificateError("the certificate was not issued by an authority that is trusted here")
    _refuse_other_use(certificate)
    _refuse_expired([certificate], authorities.at)
    _refuse_expired(issuers, authorities.at)


def _is_issued_by(certificate: Certificate, authority: Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
        constraints = _extension(authority.extensions, x509.BasicConstraints)
    except (InvalidSignature, *_UNREADABLE):  # the library's way to say no
        return False
    return constraints is not None and constraints.ca


def _refuse_other_use(certificate: Certificate) -> None:
    """An authority also issues certificates for web servers; those must not sign programs."""
    try:
        extensions = certificate.extensions
    except _UNREADABLE as error:
        raise SnapshotCertificateError("the certificate's extensions cannot be read") from error
    unknown = sorted({one.oid.dotted_string for one in extensions if one.critical and one.oid not in _UNDERSTOOD})
    if unknown:
        names = ", ".join(unknown)
        raise SnapshotCertificateError(f"the certificate has critical extensions that are not known here: {names}")
    usage, purposes = _extension(extensions, x509.KeyUsage), _extension(extensions, x509.ExtendedKeyUsage)
    if usage is not None and not usage.digital_signature:
        raise SnapshotCertificateError("the certificate's key is not for signatures")
    if purposes is None or ExtendedKeyUsageOID.CODE_SIGNING not in purposes:
        raise SnapshotCertificateError("the certificate is not for code signing")


def _extension(extensions: x509.Extensions, kind: type[_Value]) -> _Value | None:
    return next((one.value for one in extensions if isinstance(one.value, kind)), None)


def _refuse_expired(certificates: Sequence[Certificate], at: datetime) -> None:
    """One that is valid is enough: an authority's old certificate may be listed beside its new one."""
    spans = [(one.not_valid_before_utc, one.not_valid_after_utc) for one in certificates]
    if not any(begin <= at <= end for begin, end in spans):
        begin, end = spans[0]
        details = {"not_before": begin.isoformat(), "not_after": end.isoformat(), "at": at.isoformat()}
        raise SnapshotExpiredError("a certificate is not valid at the given time", details=details)
