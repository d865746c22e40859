"""Who vouches for a plugin: ECDSA on P-256 over its checksum.

A signature says who made these bytes and nothing more; whether that is somebody to believe, the policy's keys say.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Final

from belljar.audit import PrivateKey, PublicKey, key_id
from belljar.errors import PluginSignatureError
from belljar.plugins._document import read_document
from belljar.plugins._rules import Checksum, Strict, rule
from belljar.plugins._wording import checked
from belljar.values import canonical_json

if TYPE_CHECKING:
    from belljar.plugins._package import Plugin

SIGNATURE_NAME: Final = "plugin.sig"
"""The file beside the manifest."""
_DOMAIN: Final = b"belljar plugin signature 1\0"
"""So that a signature here can never be taken for one under a snapshot or a checkpoint, nor the reverse."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What somebody signed with. Nothing is checked here; `verify` does that."""

    key_id: str
    """The signer's key: SHA-256 of its SubjectPublicKeyInfo, in hex."""
    signature: str
    """ECDSA with SHA-256, DER, in base64."""

    def to_text(self) -> str:
        """What plugin.sig holds: one line of canonical JSON."""
        return canonical_json(asdict(self)) + "\n"


def _is_base64(text: str) -> bool:
    try:
        return bool(base64.b64decode(text, validate=True)) and len(text) <= 200
    except (binascii.Error, ValueError):
        return False


class _SignatureFile(Strict):
    key_id: Checksum
    signature: Annotated[str, rule(_is_base64, "must be base64")]


def read_signature(raw: bytes) -> Signature:
    """The signature in the bytes of a plugin.sig. Raises ManifestError."""
    read = checked(_SignatureFile, read_document(raw, SIGNATURE_NAME, is_toml=False))
    return Signature(key_id=read.key_id, signature=read.signature)


def sign(plugin: Plugin, key: PrivateKey) -> Signature:
    """The signature of this plugin, to be written beside its manifest."""
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.hashes import SHA256

    signed = key.sign(_message(plugin.checksum), ec.ECDSA(SHA256()))
    return Signature(key_id=key_id(key.public_key()), signature=base64.b64encode(signed).decode("ascii"))


def verify(plugin: Plugin, keys: Iterable[PublicKey]) -> str:
    """The id of the key, one of these, that signed this plugin.

    Raises PluginSignatureError where it is not signed, or by none of them, or where the signature is not of these
    bytes.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.hashes import SHA256

    if plugin.signature is None:
        raise PluginSignatureError(f"{plugin.title} is not signed", details=_facts(plugin))
    signer = plugin.signature.key_id
    key = {key_id(each): each for each in keys}.get(signer)
    if key is None:
        raise PluginSignatureError(f"{plugin.title} is signed by an unknown key {signer}", details=_facts(plugin))
    try:
        key.verify(base64.b64decode(plugin.signature.signature), _message(plugin.checksum), ec.ECDSA(SHA256()))
    except InvalidSignature:
        message = f"the signature beside {plugin.title} is not of this manifest and script"
        raise PluginSignatureError(message, details=_facts(plugin)) from None
    return signer


def _message(checksum: str) -> bytes:
    return _DOMAIN + bytes.fromhex(checksum)


def _facts(plugin: Plugin) -> dict[str, str | None]:
    signer = plugin.signature.key_id if plugin.signature else None
    return {"plugin": plugin.manifest.name, "checksum": plugin.checksum, "key_id": signer}
