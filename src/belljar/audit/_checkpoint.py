"""Checkpoints: signed words that the log had a record with this hash.

Whoever may write the log can write all of it anew, and a chain of hashes then holds. What they cannot do is sign, nor
reach a checkpoint that was carried elsewhere.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from belljar.audit._keys import PrivateKey, PublicKey, key_id
from belljar.audit._record import AuditEvent
from belljar.errors import AuditBrokenError
from belljar.values import canonical_json

SIGNED: Final = "checkpoint.signed"
"""The event by which the log itself remembers a checkpoint, so that a lost one is missed."""

_DOMAIN: Final = b"belljar audit checkpoint 1\0"
"""So that a signature here can never be taken for one under a snapshot, nor the reverse."""
_TYPES: Final = {"seq": int, "hash": str, "time_ms": int, "key_id": str, "signature": str}


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The hash that a record has, and who says so. Nothing is checked here; `verify` does that."""

    seq: int
    hash: str
    time_ms: int
    """When it was signed: milliseconds since 1970, UTC."""
    key_id: str
    """The signer's key: SHA-256 of its SubjectPublicKeyInfo, in hex."""
    signature: str
    """ECDSA with SHA-256, DER, in base64."""

    def to_line(self) -> str:
        """One line of canonical JSON, for the file that is kept elsewhere."""
        return canonical_json(asdict(self))

    @classmethod
    def from_line(cls, line: str) -> Checkpoint:
        """Raises AuditBrokenError for a line that is no checkpoint."""
        try:
            facts = json.loads(line)
        except (ValueError, RecursionError):
            facts = None
        if not isinstance(facts, dict) or {name: type(value) for name, value in facts.items()} != _TYPES:
            details = {"record": None, "kind": "checkpoint"}
            raise AuditBrokenError(f"this line is no checkpoint: {line[:80]!r}", details=details)
        return cls(**facts)

    def to_event(self, *, actor: str) -> AuditEvent:
        """The event to append after signing."""
        facts = {"seq": self.seq, "hash": self.hash, "key_id": self.key_id}
        return AuditEvent(SIGNED, "sign", actor=actor, time_ms=self.time_ms, details=facts)


def read_checkpoints(lines: Iterable[str]) -> list[Checkpoint]:
    """The checkpoints of a file's lines; empty ones count for nothing, and nor does a last one that was cut short.

    Raises AuditBrokenError for any other line that is no checkpoint.
    """
    kept = [line.strip() for line in lines if line.strip()]
    if kept and not _is_whole(kept[-1]):
        kept.pop()
    return [Checkpoint.from_line(line) for line in kept]


def _is_whole(line: str) -> bool:
    """Whether a line was written to its end: it is one JSON object, so only the whole of it ends its first brace."""
    return not line.startswith("{") or line.endswith("}")


def sign(seq: int, hash: str, time_ms: int, key: PrivateKey) -> Checkpoint:
    """A checkpoint of the record `seq`."""
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.hashes import SHA256

    name = key_id(key.public_key())
    signature = key.sign(_message(seq, hash, time_ms, name), ec.ECDSA(SHA256()))
    encoded = base64.b64encode(signature).decode("ascii")
    return Checkpoint(seq=seq, hash=hash, time_ms=time_ms, key_id=name, signature=encoded)


def is_genuine(checkpoint: Checkpoint, keys: Mapping[str, PublicKey]) -> bool:
    """Whether one of `keys`, which are named by their ids, has signed it."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.hashes import SHA256

    key = keys.get(checkpoint.key_id)
    if key is None:
        return False
    message = _message(checkpoint.seq, checkpoint.hash, checkpoint.time_ms, checkpoint.key_id)
    try:
        key.verify(base64.b64decode(checkpoint.signature, validate=True), message, ec.ECDSA(SHA256()))
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def announced(facts: Mapping[str, Any]) -> int | None:
    """The record that a checkpoint was signed for, where these facts of a record tell of one."""
    if facts.get("event") != SIGNED or not isinstance(facts.get("details"), dict):
        return None
    seq = facts["details"].get("seq")
    return seq if type(seq) is int else None


def _message(seq: int, hash: str, time_ms: int, name: str) -> bytes:
    facts = {"seq": seq, "hash": hash, "time_ms": time_ms, "key_id": name}
    return _DOMAIN + canonical_json(facts).encode("utf-8", "surrogatepass")
