"""Signatures: who made these bytes. Believing them is the policy's part."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from belljar import snapshot
from belljar.audit import key_id, load_private_key, load_public_key
from belljar.errors import PluginSignatureError
from belljar.plugins import Manifest, Plugin, Signature, load, read_signature, sign, verify

PRIVATE_PEM, PUBLIC_PEM = snapshot.keygen()
PRIVATE, PUBLIC = load_private_key(PRIVATE_PEM), load_public_key(PUBLIC_PEM)
OTHER_PRIVATE_PEM, OTHER_PUBLIC_PEM = snapshot.keygen()
OTHER_PRIVATE, OTHER = load_private_key(OTHER_PRIVATE_PEM), load_public_key(OTHER_PUBLIC_PEM)
MANIFEST = Manifest(name="fx-report", version="1.4.0", description="Rates.", author="Ada", entry_point="report")
UNSIGNED = Plugin(manifest=MANIFEST, source="export function report() {}")
SIGNED = Plugin(manifest=MANIFEST, source=UNSIGNED.source, signature=sign(UNSIGNED, PRIVATE))


def with_signature(signature: Signature | None, source: str = UNSIGNED.source) -> Plugin:
    return Plugin(manifest=MANIFEST, source=source, signature=signature)


def test_a_signature_is_of_the_key_that_made_it() -> None:
    """`verify` names that key, among whichever others."""
    assert verify(SIGNED, [OTHER, PUBLIC]) == key_id(PUBLIC)
    assert SIGNED.checksum == UNSIGNED.checksum


def test_a_signature_survives_its_file(tmp_path: Path) -> None:
    """What is written beside the manifest is read back and holds."""
    (tmp_path / "plugin.json").write_text(MANIFEST.canonical_json)
    (tmp_path / "plugin.ts").write_text(UNSIGNED.source)
    signature = sign(load(tmp_path), PRIVATE)
    (tmp_path / "plugin.sig").write_text(signature.to_text())

    assert load(tmp_path).signature == signature == read_signature(signature.to_text().encode())
    assert verify(load(tmp_path), [PUBLIC]) == key_id(PUBLIC)
    assert json.loads(signature.to_text()) == {"key_id": signature.key_id, "signature": signature.signature}


def test_anybody_can_check_a_signature() -> None:
    """It is ECDSA with SHA-256 on P-256, DER, over a domain and the checksum's 32 bytes."""
    assert SIGNED.signature is not None
    message = b"belljar plugin signature 1\0" + bytes.fromhex(SIGNED.checksum)

    PUBLIC.verify(base64.b64decode(SIGNED.signature.signature), message, ec.ECDSA(hashes.SHA256()))


def refused(plugin: Plugin) -> PluginSignatureError:
    with pytest.raises(PluginSignatureError) as caught:
        verify(plugin, [PUBLIC])
    return caught.value


def test_a_plugin_without_a_signature_is_refused() -> None:
    """Where a signature is asked for."""
    error = refused(UNSIGNED)

    assert error.message == "plugin fx-report 1.4.0 is not signed"
    assert error.details == {"plugin": "fx-report", "checksum": UNSIGNED.checksum, "key_id": None}


def test_a_key_that_nobody_knows_is_refused() -> None:
    """However good its signature is."""
    error = refused(with_signature(sign(UNSIGNED, OTHER_PRIVATE)))

    assert error.message == f"plugin fx-report 1.4.0 is signed by an unknown key {key_id(OTHER)}"
    assert error.details == {"plugin": "fx-report", "checksum": UNSIGNED.checksum, "key_id": key_id(OTHER)}


def test_a_signature_under_another_key_s_name_is_refused() -> None:
    """A name is not a signature."""
    forged = replace(sign(UNSIGNED, OTHER_PRIVATE), key_id=key_id(PUBLIC))

    assert refused(with_signature(forged)).message == (
        "the signature beside plugin fx-report 1.4.0 is not of this manifest and script"
    )


def test_a_changed_script_is_refused() -> None:
    """One byte more, and the signature is of something else."""
    assert (
        "is not of this manifest and script" in refused(with_signature(SIGNED.signature, UNSIGNED.source + " ")).message
    )


def test_a_changed_manifest_is_refused() -> None:
    """A capability more, and the signature is of something else."""
    asking = MANIFEST.model_copy(update={"capabilities": ("metrics",)})
    plugin = Plugin(manifest=asking, source=UNSIGNED.source, signature=SIGNED.signature)

    assert "is not of this manifest and script" in refused(plugin).message


def test_a_signature_under_something_else_is_none_here() -> None:
    """The same key signs checkpoints and snapshots; none of these is a plugin's signature."""
    signed = PRIVATE.sign(bytes.fromhex(UNSIGNED.checksum), ec.ECDSA(hashes.SHA256()))
    bare = Signature(key_id=key_id(PUBLIC), signature=base64.b64encode(signed).decode())

    assert "is not of this manifest and script" in refused(with_signature(bare)).message


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.binary(min_size=1, max_size=100))
def test_no_other_bytes_are_a_signature(raw: bytes) -> None:
    """Whatever stands there, it is refused with our error."""
    signature = Signature(key_id=key_id(PUBLIC), signature=base64.b64encode(raw).decode())

    assert "is not of this manifest and script" in refused(with_signature(signature)).message
