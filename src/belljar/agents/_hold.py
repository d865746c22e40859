"""A job's agent in the store, as the process has it that does the job: its lease, its data, its records.

Everything here waits for the database, so it is called in a thread; one thread, so that writes keep their order.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from belljar.agents._steps import ENDED, JobData
from belljar.audit import AuditEvent
from belljar.errors import AgentStoppedError, BelljarError, LeaseLostError, UsageError
from belljar.tools._clock import wall_ms

if TYPE_CHECKING:
    from belljar.store import AgentLease, AgentRow, Store


class AgentFacts(Protocol):
    """Which agent a job is of: an `AgentInfo` of the registry is one."""

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def checksum(self) -> str: ...


class Hold:
    """One job's."""

    def __init__(self, store: Store, agent_id: str, agent: AgentFacts | None) -> None:
        """`agent` None: whichever the job is of."""
        self._store = store
        self._id = agent_id
        self._agent = agent
        self._lease: AgentLease | None = None
        self.checksum = agent.checksum if agent is not None else None
        """Of the agent; every record of the job has it."""
        self.seen_ms = 0
        """When the process that did the job before gave its last sign of life."""

    # -- having it ----------------------------------------------------------------------------------------------------

    def begin(self, data: JobData) -> AgentLease:
        """Make the agent known, and have it."""
        assert self._agent is not None  # a new job is of one
        self._store.agents.register(
            self._id,
            name=self._agent.name,
            version=self._agent.version,
            manifest_sha256=self._agent.checksum,
            now_ms=wall_ms(),
        )
        return self._take(data)

    def recover(self) -> tuple[AgentLease, JobData]:
        """Have the agent of a job whose process is not at work any more, and what it kept.

        Raises UsageError for one that is over, at work, or of another version; NotInStoreError, StoreError.
        """
        row = self._store.agents.get(self._id)
        data = JobData.of(row.id, row.data)
        if self._agent is not None:
            check_version(row, self._agent)
        if row.state == "running" and row.owner is not None:
            self._free(row)
        if data.outcome in ENDED:
            self.stop()  # where it died between its last word and its stop
            raise UsageError(f"the job {self._id} is over: {data.outcome}", hint="Begin a new one.")
        self.checksum, self.seen_ms = row.manifest_sha256, row.beat_ms
        fresh = replace(data, outcome=None, result=None, error=None)
        return self._take(fresh), fresh

    def _take(self, data: JobData) -> AgentLease:
        self._store.workers.beat(wall_ms())
        self._lease = self._store.agents.start(self._id, now_ms=wall_ms())
        if self._lease is None:
            raise self._held(self._store.agents.get(self._id))
        self.save(data)
        return self._lease

    def _free(self, row: AgentRow) -> None:
        """Take the agent from a process that is dead, however fresh its last beat is."""
        assert row.owner is not None  # it is held
        is_fresh = row.beat_ms >= wall_ms() - self._store.dead_after_ms
        if is_fresh and not self._store.workers.is_dead(row.owner, wall_ms()):
            raise self._held(row)
        self.stop()

    def _held(self, row: AgentRow) -> UsageError:
        return UsageError(
            f"the job {self._id} is being done by {row.owner}",
            hint=f"Wait for it, or stop it: {self._command('stop')}",
            details={"agent": self._id, "owner": row.owner},
        )

    def _command(self, *words: str) -> str:
        """To copy; an address with a password in it is not repeated."""
        store = "URL" if "@" in self._store.url else self._store.url
        return shlex.join(("belljar", "agents", *words, self._id, "--store", store))

    # -- writing ------------------------------------------------------------------------------------------------------

    def save(self, data: JobData, event: str | None = None, details: Mapping[str, Any] | None = None) -> None:
        """Keep this, and a record of it in the same transaction.

        Raises LeaseLostError where the agent is not ours any more, and writes nothing then.
        """
        assert self._lease is not None  # it was taken
        told = self._told(event, details or {}) if event is not None else None
        self._store.agents.save(self._lease, data.to_data(), now_ms=wall_ms(), told=told)

    def _told(self, event: str, details: Mapping[str, Any]) -> AuditEvent:
        return AuditEvent(
            event,
            self._id,
            actor=self._store.worker,
            time_ms=wall_ms(),
            manifest_sha256=self.checksum,
            details=details,
        )

    # -- letting go ---------------------------------------------------------------------------------------------------

    def stop(self) -> None:
        """Whoever has it."""
        self._store.agents.stop(self._id, who=self._store.worker, now_ms=wall_ms())

    def let_go(self) -> None:
        """Stop it where it is ours. Raises LeaseLostError where it is not: what another process has is its own."""
        if self._lease is not None:
            self._store.agents.beat(self._lease, now_ms=wall_ms())
            self.stop()

    def why_lost(self) -> BelljarError:
        """Who has it, or who stopped it."""
        row = self._store.agents.get(self._id)
        facts = {"agent": self._id}
        if row.state == "stopped":
            said = self._store.audit.find(event="agent.stopped", text=self._id, limit=1)
            who = said[0].facts["actor"] if said else "somebody"
            hint = f"What it had done is kept: {self._command('run', '--resume')}"
            return AgentStoppedError(f"the job {self._id} was stopped by {who}", hint=hint, details=facts)
        return LeaseLostError(f"the job {self._id} is now done by {row.owner}", details=facts)


def check_version(row: AgentRow, agent: AgentFacts) -> None:
    """Raises UsageError for a job that other code began: what its steps gave may mean something else to this."""
    if (row.name, row.manifest_sha256) != (agent.name, agent.checksum):
        told = f"the job {row.id} is of another version of {row.name!r}: {row.version}"
        raise UsageError(told, hint="It goes on with the belljar that began it; or begin a new job.")
