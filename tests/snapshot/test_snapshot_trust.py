"""Whose signature counts, and how keys and certificates are read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PrivateFormat, PublicFormat
from snapshot_forge import (
    AUTHORITY,
    CODE_SIGNING,
    GOOD,
    GUEST,
    IS_AUTHORITY,
    ISSUER,
    NOON,
    SERVER,
    SIGNER,
    SIGNER_CERTIFICATE,
    STRANGER,
    TRUSTED,
    YEAR,
    Forge,
    certificate,
)

from belljar.errors import (
    SnapshotCertificateError,
    SnapshotError,
    SnapshotExpiredError,
    SnapshotSignatureError,
    SnapshotUnknownKeyError,
    UsageError,
)
from belljar.snapshot import (
    Authorities,
    Certificate,
    PublicKey,
    Snapshot,
    inspect,
    key_id,
    keygen,
    load_certificate,
    load_private_key,
    load_public_key,
    pack,
    sign,
    unpack,
)

DAY = timedelta(days=1)


def certified(found: Certificate = SIGNER_CERTIFICATE, *authorities: Certificate, at: datetime = NOON) -> Snapshot:
    """GOOD, signed by SIGNER with this certificate, for somebody who trusts AUTHORITY (or others), and no key."""
    trust = Authorities(certificates=authorities or (AUTHORITY,), at=at)
    return unpack(sign(pack(GOOD), SIGNER, found), trusted={}, guest_build=GUEST, authorities=trust)


def test_a_snapshot_signed_by_another_key_is_refused() -> None:
    """The error has the id of the key, so that one can ask whose it is."""
    with pytest.raises(SnapshotUnknownKeyError) as caught:
        unpack(sign(pack(GOOD), STRANGER), trusted=TRUSTED, guest_build=GUEST)

    assert caught.value.details == {"key_id": key_id(STRANGER.public_key())}


def test_a_stranger_who_names_a_trusted_key_is_refused() -> None:
    """The key id says which key to verify with; it proves nothing."""
    name = bytes.fromhex(key_id(SIGNER.public_key()))
    block = name + Forge(signer=STRANGER).block()[32:]
    data = pack(GOOD)[:-4] + len(block).to_bytes(4, "little") + block

    with pytest.raises(SnapshotSignatureError):
        unpack(data, trusted=TRUSTED, guest_build=GUEST)


def test_a_certificate_stands_for_a_key_that_is_not_known() -> None:
    """Who trusts the authority needs no key of the signer."""
    assert certified() == GOOD


def test_without_authorities_a_certificate_counts_for_nothing() -> None:
    """Anybody can write a certificate."""
    with pytest.raises(SnapshotUnknownKeyError):
        unpack(sign(pack(GOOD), SIGNER, SIGNER_CERTIFICATE), trusted={}, guest_build=GUEST)


def test_a_trusted_key_needs_no_certificate() -> None:
    """What its certificate says, and how old it is, is not asked."""
    data = sign(pack(GOOD), SIGNER, certificate("signer", SIGNER, end=NOON - DAY))

    assert unpack(data, trusted=TRUSTED, guest_build=GUEST) == GOOD


NOT_TRUSTED: dict[str, Callable[[], Certificate]] = {
    "signed by itself": lambda: certificate("authority", SIGNER, CODE_SIGNING, issued_by=SIGNER),
    "signed by another of the authority's name": lambda: certificate("s", SIGNER, CODE_SIGNING, issued_by=STRANGER),
    "issuer of another name": lambda: certificate("signer", SIGNER, CODE_SIGNING, issuer="somebody"),
    "of a web server": lambda: certificate("signer", SIGNER, SERVER),
    "of no use": lambda: certificate("signer", SIGNER),
    "key not for signatures": lambda: certificate("signer", SIGNER, CODE_SIGNING, key_usage(digital_signature=False)),
    "critical extension that nobody knows": lambda: certificate(
        "signer", SIGNER, CODE_SIGNING, x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"x")
    ),
}


def key_usage(*, digital_signature: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


@pytest.mark.parametrize("made", NOT_TRUSTED.values(), ids=NOT_TRUSTED)
def test_a_certificate_for_which_no_authority_vouches_is_refused(made: Callable[[], Certificate]) -> None:
    """Issued by somebody else, or by the authority for another use."""
    with pytest.raises(SnapshotCertificateError):
        certified(made())


def test_a_certificate_that_allows_signatures_is_accepted() -> None:
    """The use of the key may be stated, and must then be this one."""
    assert certified(certificate("signer", SIGNER, CODE_SIGNING, key_usage(digital_signature=True))) == GOOD


def test_who_is_no_authority_cannot_vouch() -> None:
    """A certificate among the authorities counts only if it says that it is one."""
    with pytest.raises(SnapshotCertificateError):
        certified(SIGNER_CERTIFICATE, certificate("authority", ISSUER))


@pytest.mark.parametrize("at", [NOON - YEAR, NOON, NOON + YEAR, NOON.astimezone(timezone(timedelta(hours=5)))])
def test_a_certificate_is_valid_from_its_first_to_its_last_second(at: datetime) -> None:
    """Whatever the time zone of the given time is."""
    assert certified(at=at) == GOOD


@pytest.mark.parametrize("at", [NOON - YEAR - timedelta(seconds=1), NOON + YEAR + timedelta(seconds=1)])
def test_a_certificate_is_refused_before_and_after_its_time(at: datetime) -> None:
    """The error has the span and the time."""
    with pytest.raises(SnapshotExpiredError) as caught:
        certified(at=at)

    assert caught.value.details == {
        "not_before": "2025-06-01T12:00:00+00:00",
        "not_after": "2027-06-01T12:00:00+00:00",
        "at": at.isoformat(),
    }


def test_an_authority_must_be_valid_too() -> None:
    """A certificate does not outlive who vouches for it; a renewed authority beside the old one is enough."""
    old = certificate("authority", ISSUER, IS_AUTHORITY, end=NOON - DAY)

    with pytest.raises(SnapshotExpiredError):
        certified(SIGNER_CERTIFICATE, old)
    assert certified(SIGNER_CERTIFICATE, old, AUTHORITY) == GOOD


@pytest.mark.parametrize(
    ("der", "error"),
    [
        (b"not a certificate", SnapshotCertificateError),
        (AUTHORITY.public_bytes(Encoding.DER), SnapshotCertificateError),
        (SIGNER_CERTIFICATE.public_bytes(Encoding.DER) + b"\0", SnapshotCertificateError),
    ],
)
def test_a_certificate_that_is_not_the_signers_is_refused(der: bytes, error: type[SnapshotError]) -> None:
    """Not readable, of another key, or with something behind it."""
    trust = Authorities(certificates=(AUTHORITY,), at=NOON)

    with pytest.raises(error):
        unpack(Forge(certificate=der).build(), trusted={}, guest_build=GUEST, authorities=trust)


def test_a_certificate_without_its_signature_is_refused() -> None:
    """Somebody's certificate is public; only who has its key can use it."""
    data = Forge(certificate=SIGNER_CERTIFICATE.public_bytes(Encoding.DER), signature=b"\x30\x00").build()
    trust = Authorities(certificates=(AUTHORITY,), at=NOON)

    with pytest.raises(SnapshotSignatureError):
        unpack(data, trusted={}, guest_build=GUEST, authorities=trust)


def test_inspect_shows_the_certificate_that_is_in_the_file() -> None:
    """Believed or not: a person may want to know."""
    assert inspect(sign(pack(GOOD), SIGNER, SIGNER_CERTIFICATE))["certificate"] == {
        "subject": "CN=signer",
        "issuer": "CN=authority",
        "not_before": "2025-06-01T12:00:00+00:00",
        "not_after": "2027-06-01T12:00:00+00:00",
        "sha256": hashlib.sha256(SIGNER_CERTIFICATE.public_bytes(Encoding.DER)).hexdigest(),
    }


def test_a_time_without_a_time_zone_is_refused() -> None:
    """Whether a certificate is valid must not depend on where the computer stands."""
    with pytest.raises(UsageError, match="time zone"):
        Authorities(certificates=(AUTHORITY,), at=datetime(2026, 6, 1))


def test_sign_refuses_a_certificate_of_another_key() -> None:
    """Such a file could never be verified."""
    for found in (SIGNER_CERTIFICATE, certificate("edwards", ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32)))):
        with pytest.raises(UsageError, match="not of this private key"):
            sign(pack(GOOD), STRANGER, found)


def test_sign_refuses_a_key_on_another_curve() -> None:
    """There is one algorithm, so no file can ask for a weaker one."""
    with pytest.raises(UsageError, match="P-256"):
        sign(pack(GOOD), ec.derive_private_key(5, ec.SECP384R1()))


def test_a_key_and_its_certificate_have_one_id() -> None:
    """The id is the SHA-256 of the SubjectPublicKeyInfo, as openssl would compute it."""
    held = SIGNER_CERTIFICATE.public_key()
    assert isinstance(held, PublicKey)

    assert key_id(held) == key_id(SIGNER.public_key())
    assert key_id(SIGNER.public_key()) == "e2e36c5a8396103c8edb0638c55e30abf69f93edb50bea72486362ba99c2364f"


def test_a_new_pair_of_keys_belongs_together(tmp_path: Path) -> None:
    """Both are PEM, each time others, and the files can be read."""
    private_pem, public_pem = keygen()
    (tmp_path / "key.pem").write_bytes(private_pem)
    (tmp_path / "key.pub").write_bytes(public_pem)

    private, public = load_private_key(tmp_path / "key.pem"), load_public_key(str(tmp_path / "key.pub"))

    assert key_id(private.public_key()) == key_id(public)
    assert keygen() != (private_pem, public_pem)


def test_an_encrypted_key_needs_its_password(tmp_path: Path) -> None:
    """None, a wrong one, and one for a key that has none are each refused; so nothing is opened by guess."""
    secret = serialization.BestAvailableEncryption(b"open")
    locked, plain = tmp_path / "locked.pem", tmp_path / "plain.pem"
    locked.write_bytes(SIGNER.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, secret))
    plain.write_bytes(keygen()[0])

    assert key_id(load_private_key(locked, b"open").public_key()) == key_id(SIGNER.public_key())
    for path, password in ((locked, None), (locked, b"wrong"), (plain, b"open")):
        with pytest.raises(UsageError, match="no private key can be read"):
            load_private_key(path, password)


@pytest.mark.parametrize("load", [load_private_key, load_public_key, load_certificate])
def test_a_file_with_something_else_is_refused(load: Callable[[Path], object], tmp_path: Path) -> None:
    """The error names the file."""
    (tmp_path / "notes.txt").write_text("hello")

    with pytest.raises(UsageError, match=r"can be read from .*notes\.txt"):
        load(tmp_path / "notes.txt")


def test_keys_of_another_kind_are_refused(tmp_path: Path) -> None:
    """P-256 only, whichever file it is read from."""
    private, public = tmp_path / "key.pem", tmp_path / "key.pub"
    for key in (ec.derive_private_key(5, ec.SECP384R1()), ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))):
        private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, serialization.NoEncryption()))
        public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
        with pytest.raises(UsageError, match="not an ECDSA key on P-256"):
            load_private_key(private)
        with pytest.raises(UsageError, match="not an ECDSA key on P-256"):
            load_public_key(public)


def test_a_certificate_is_read_from_a_pem_file(tmp_path: Path) -> None:
    """For the signer and for the list of authorities."""
    (tmp_path / "authority.pem").write_bytes(AUTHORITY.public_bytes(Encoding.PEM))

    assert load_certificate(tmp_path / "authority.pem") == AUTHORITY
