"""A record of the audit log: one line of canonical JSON, and the hash that ties it to the line before.

The text is the record: it has all facts, also its number and the hash before it, and its hash covers every byte of it.
Whatever a store keeps beside the text (columns to search by) is a copy.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from belljar.errors import AuditBrokenError
from belljar.values import canonical_json

START: Final = "0" * 64
"""What the first record has as the hash before it."""

_DOMAIN: Final = b"belljar audit 1\0"
"""So that a record's hash can never be taken for a hash of something else."""
_NAMES: Final = {
    "seq", "time", "actor", "run_id", "event", "action", "script_sha256", "manifest_sha256", "gas_limit", "details",
    "previous",
}  # fmt: skip
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """Something that happened, before it has its place in the log."""

    event: str
    """What kind, like `call.done`."""
    action: str
    """What was done, in the words of the place where it was: a tool's name, a verdict, a command."""
    _: KW_ONLY
    actor: str
    """Who did it: a worker, a person, an agent."""
    time_ms: int
    """Milliseconds since 1970, UTC."""
    run_id: str | None = None
    script_sha256: str | None = None
    manifest_sha256: str | None = None
    gas_limit: int | None = None
    """The sealed profile's; None for other scripts."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """Plain JSON data, already through `redact_details`."""


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """An event at its place in the log. Nothing is checked here; `verify` does that."""

    seq: int
    """Counts from 1, without gaps."""
    previous: str
    """The hash of the record before."""
    hash: str
    """64 hex digits."""
    text: str
    """The facts as canonical JSON (RFC 8785): what is hashed and what is exported."""

    @classmethod
    def from_text(cls, text: str) -> AuditRecord:
        """The record whose exported text this is. Raises AuditBrokenError for a text that is none."""
        facts = facts_of(text)
        if facts is None:
            details = {"record": None, "kind": "edited"}
            raise AuditBrokenError(f"this is no record of an audit log: {text[:80]!r}", details=details)
        return cls(seq=facts["seq"], previous=facts["previous"], hash=text_hash(text), text=text)

    @property
    def facts(self) -> dict[str, Any]:
        """The text, read."""
        facts: dict[str, Any] = json.loads(self.text)
        return facts

    @property
    def event(self) -> str:
        return str(self.facts["event"])

    @property
    def run_id(self) -> str | None:
        run_id: str | None = self.facts["run_id"]
        return run_id

    @property
    def time_ms(self) -> int:
        return (datetime.fromisoformat(self.facts["time"]) - _EPOCH) // _MILLISECOND


def link(event: AuditEvent, *, seq: int, previous: str) -> AuditRecord:
    """The record of `event` after the one with the hash `previous`.

    Raises SerializationError for details that are no plain JSON data.
    """
    text = canonical_json(
        {
            "seq": seq,
            "time": iso(event.time_ms),
            "actor": event.actor,
            "run_id": event.run_id,
            "event": event.event,
            "action": event.action,
            "script_sha256": event.script_sha256,
            "manifest_sha256": event.manifest_sha256,
            "gas_limit": event.gas_limit,
            "details": dict(event.details),
            "previous": previous,
        }
    )
    return AuditRecord(seq=seq, previous=previous, hash=text_hash(text), text=text)


def text_hash(text: str) -> str:
    """64 hex digits over a domain prefix and the text. A lone surrogate, which no honest text has, is hashed too."""
    return hashlib.sha256(_DOMAIN + text.encode("utf-8", "surrogatepass")).hexdigest()


def facts_of(text: str) -> dict[str, Any] | None:
    """The text, read; None where it is not the text of a record."""
    try:
        facts = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(facts, dict) or facts.keys() != _NAMES or type(facts["seq"]) is not int:
        return None
    return facts if isinstance(facts["previous"], str) else None


def iso(time_ms: int) -> str:
    """A moment as a record has it."""
    return (_EPOCH + time_ms * _MILLISECOND).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
