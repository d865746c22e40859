"""Snapshots for the tests: a good one, fixed keys, and a second writer of the format that writes what it is told."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import zstandard
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from belljar.snapshot import Build, Certificate, Manifest, PrivateKey, Snapshot, key_id

SOURCE = "const einheit = 'µs 😀'\nreturn einheit\n"
GUEST = "ab" * 32
PAGES = ((0, b"first page " * 20), (4096, bytes(range(256))), (4352, b"touches the one before"))


def private_key(number: int) -> PrivateKey:
    """The same number, the same key."""
    return ec.derive_private_key(number, ec.SECP256R1())


SIGNER, STRANGER, ISSUER = private_key(1001), private_key(1002), private_key(1003)
TRUSTED = {key_id(SIGNER.public_key()): SIGNER.public_key()}

GOOD = Snapshot(
    manifest=Manifest(
        name="prices",
        version="1.2.0",
        entry="app.ts",
        effects=("rates", "audit"),
        source_sha256=hashlib.sha256(SOURCE.encode()).hexdigest(),
        gas_table_sha256="cd" * 32,
    ),
    source=SOURCE,
    build=Build(guest=GUEST, engine="QuickJS-ng 0.17.0"),
    memory_bytes=65_536,
    pages=PAGES,
)
HEADER = (
    f'{{"build":{{"engine":"QuickJS-ng 0.17.0","guest":"{GUEST}"}},"manifest":{{"effects":["rates","audit"],'
    f'"entry":"app.ts","gas_table_sha256":"{"cd" * 32}","name":"prices","source_sha256":'
    f'"{hashlib.sha256(SOURCE.encode()).hexdigest()}","version":"1.2.0"}},"memory_bytes":65536,'
    '"pages":[[0,220],[4096,256],[4352,22]],"profile":"sealed",'
    '"source":"const einheit = \'µs 😀\'\\nreturn einheit\\n"}'
)
"""The header of GOOD, written by hand."""


def zstd(data: bytes) -> bytes:
    """A frame as the format wants it."""
    return zstandard.ZstdCompressor(level=19).compress(data)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forge:
    """Every part of a file, to be changed one at a time; as it stands, GOOD signed by SIGNER."""

    magic: bytes = b"MSQS"
    version: int = 1
    header: bytes = HEADER.encode()
    frame: bytes = zstd(b"".join(data for _, data in PAGES))
    unpacked: int = sum(len(data) for _, data in PAGES)
    hash_flaw: int = 0
    """Exclusive-or with the content hash's last byte, after signing."""
    signer: PrivateKey | None = SIGNER
    certificate: bytes = b""
    signature: bytes | None = None
    """None signs honestly."""
    cut: int = 0
    """Bytes that are missing at the end."""

    def content(self) -> bytes:
        """What the content hash covers."""
        front = struct.pack("<4sHIII", self.magic, self.version, len(self.header), len(self.frame), self.unpacked)
        return front + self.header + self.frame

    def block(self) -> bytes:
        """The signature block."""
        if self.signer is None:
            return b""
        told = b"belljar snapshot signature v1\0" + hashlib.sha256(self.content()).digest()
        told += hashlib.sha256(self.certificate).digest()
        signature = self.signer.sign(told, ec.ECDSA(hashes.SHA256())) if self.signature is None else self.signature
        name = bytes.fromhex(key_id(self.signer.public_key()))
        return name + struct.pack("<I", len(self.certificate)) + self.certificate + signature

    def build(self) -> bytes:
        """The file."""
        digest = bytearray(hashlib.sha256(self.content()).digest())
        digest[-1] ^= self.hash_flaw
        block = self.block()
        data = self.content() + digest + struct.pack("<I", len(block)) + block
        return data[: len(data) - self.cut]


def changed_header(old: str, new: str) -> bytes:
    """The good header with one text in place of another."""
    assert HEADER.count(old) == 1, old
    return HEADER.replace(old, new).encode()


NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
YEAR = timedelta(days=365)
CODE_SIGNING = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING])
SERVER = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
IS_AUTHORITY = x509.BasicConstraints(ca=True, path_length=None)


def certificate(
    subject: str,
    key: PrivateKey | ed25519.Ed25519PrivateKey,
    *extensions: x509.ExtensionType,
    issuer: str = "authority",
    issued_by: PrivateKey = ISSUER,
    start: datetime = NOON - YEAR,
    end: datetime = NOON + YEAR,
) -> Certificate:
    """A certificate with these extensions, all of them critical."""
    builder = x509.CertificateBuilder(
        issuer_name=x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]),
        subject_name=x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]),
        public_key=key.public_key(),
        serial_number=7,
        not_valid_before=start,
        not_valid_after=end,
    )
    for one in extensions:
        builder = builder.add_extension(one, critical=True)
    return builder.sign(issued_by, hashes.SHA256())


AUTHORITY = certificate("authority", ISSUER, IS_AUTHORITY)
SIGNER_CERTIFICATE = certificate("signer", SIGNER, CODE_SIGNING)
