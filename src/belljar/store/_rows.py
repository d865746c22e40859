"""What the store says of a run, and what it is asked to run. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from belljar.errors import StoreError
from belljar.values import from_wire, to_wire

ENDED: Final = ("succeeded", "failed", "cancelled")
STATES: Final = ("queued", "running", "suspended", *ENDED)
_DEPTH: Final = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """All that another process needs to run a script."""

    source: str
    profile: str = "standard"
    limits: Mapping[str, Any] = field(default_factory=dict)
    """Fields of `Limits` that are not the default."""
    context: Mapping[str, Any] = field(default_factory=dict)
    """What the script is given."""
    seed: str | None = None
    """Hex; None: a fresh one."""
    engine: str | None = None
    """None: the default engine."""
    mode: str = "enabled"
    manifest_sha256: str | None = None
    """The checksum of the plugin or agent that the run is of."""

    def to_json(self) -> str:
        """JSON that `from_json` reads."""
        facts = asdict(self)
        if self.manifest_sha256 is None:  # so that processes that know no plugins read it
            del facts["manifest_sha256"]
        return dumps(facts)

    @classmethod
    def from_json(cls, text: str) -> RunRequest:
        """The request of that text. Raises StoreError for one of another version."""
        facts = from_wire(text)
        if type(facts) is not dict or not {"source"} <= facts.keys() <= cls.__dataclass_fields__.keys():
            raise StoreError(
                "the run was asked for by another version of belljar, in terms that this one does not know"
            )
        return cls(**facts)

    @property
    def script_sha256(self) -> str:
        """Names the script."""
        return hashlib.sha256(self.source.encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def gas_limit(self) -> int | None:
        """The sealed profile's."""
        return self.context.get("gas_limit") if self.profile == "sealed" else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A worker's hold on a run. What is written of the run names it, so that one who lost it can write nothing."""

    run_id: str
    worker: str
    epoch: int
    """Counts the leases of the run, from 1."""
    slice: int
    """Counts the run's slices, from 1."""
    request: RunRequest
    history_records: int
    """Records that the journal has already; 0: the run begins."""
    is_from_wait: bool = False
    """Whether the run was suspended when it was taken. Given back without a new record, it is again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyRun:
    """A run that a worker could go on with."""

    id: str
    slice: int
    """The one that taking it would begin."""
    queue: str
    priority: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """What is known of a run."""

    id: str
    state: str
    created_ms: int
    updated_ms: int
    ended_ms: int | None
    script_sha256: str
    source: str
    profile: str
    queue: str
    priority: int
    agent_id: str | None
    owner: str | None
    """The worker that has it."""
    epoch: int
    slice: int
    steps: int
    calls: int
    """Started, however they ended."""
    spent_ms: int
    """Of the run's time; waiting for people does not count."""
    records: int
    head: str
    """Hash of the journal's last record."""
    error: str | None
    """Code of the error it ended with."""
    outcome_sha256: str | None
    waiting: int
    """Open questions."""
    cancel_requested: bool
    journal_bytes: int


def dumps(value: Any) -> str:
    """Compact JSON of plain data and bytes, which `from_wire` reads. The order of keys stays: scripts see it."""
    return to_wire(value, depth=_DEPTH)
