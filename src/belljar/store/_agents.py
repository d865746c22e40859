"""Agents: durable objects with one writer each.

A worker that starts an agent, or takes over a lost one, has its lease until it misses its heartbeats. The lease has an
epoch that counts them, and every write names it: a worker that was stopped for a while and comes back finds that it may
write nothing (LeaseLostError). Each change of an agent's state is in the audit log, in the same transaction.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, and_, insert, or_, select, update

from belljar.audit import AuditEvent, AuditRecord
from belljar.errors import LeaseLostError, NotInStoreError, UsageError
from belljar.store._database import Database
from belljar.store._listing import older
from belljar.store._schema import agents, audit, runs
from belljar.store._trail import Trail
from belljar.values import canonical_json

_EVENTS: Final = (
    "agent.started", "agent.step", "agent.finished", "agent.stopped", "agent.lost", "agent.taken_over",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRow:
    """An agent as the store has it."""

    id: str
    name: str
    version: str
    queue: str
    """Where its runs go."""
    state: str
    """running, stopped or lost."""
    owner: str | None
    """The worker that has it."""
    epoch: int
    """Counts the leases; a stop counts too."""
    beat_ms: int
    data: Any
    """What the agent keeps: plain JSON data."""
    created_ms: int
    updated_ms: int
    manifest_sha256: str | None
    """Checksum of what the agent is made of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentLease:
    """A worker's hold on an agent."""

    agent_id: str
    worker: str
    epoch: int


class Agents:
    """The agents of a store. The trail's actor takes leases here; a beat older than `dead_after_ms` was missed."""

    def __init__(self, database: Database, trail: Trail, *, dead_after_ms: int) -> None:
        self._database = database
        self._trail = trail
        self._worker = trail.actor
        self._dead_after_ms = dead_after_ms

    # -- what there is ------------------------------------------------------------------------------------------------

    def register(
        self,
        agent_id: str,
        *,
        name: str,
        version: str = "",
        queue: str = "default",
        manifest_sha256: str | None = None,
        now_ms: int,
    ) -> AgentRow:
        """Make an agent known; it is stopped at first. A known one gets the new name, version, queue and checksum."""
        if not agent_id:
            raise UsageError("an agent has an id")
        named: dict[str, Any] = {"name": name, "version": version, "queue": queue, "updated_ms": now_ms}
        named["manifest_sha256"] = manifest_sha256
        new = {"id": agent_id, "state": "stopped", "data": "{}", "created_ms": now_ms, **named}

        def work(connection: Connection) -> AgentRow:
            is_known = connection.execute(update(agents).where(agents.c.id == agent_id).values(named)).rowcount
            if not is_known:
                connection.execute(insert(agents).values(new))
            return _agent(connection, agent_id)

        return self._database.write(work)

    def get(self, agent_id: str) -> AgentRow:
        """Raises NotInStoreError."""
        return self._database.read(lambda connection: _agent(connection, agent_id))

    def all(self) -> list[AgentRow]:
        """By id."""
        return self._database.read(
            lambda connection: [_of(row) for row in connection.execute(select(agents).order_by(agents.c.id))]
        )

    def newest(self, *, limit: int, before: tuple[int, str] | None = None) -> list[AgentRow]:
        """The newest first; `before` is the time and the id of the last one seen."""
        found = select(agents).order_by(agents.c.created_ms.desc(), agents.c.id.desc()).limit(limit)
        if before is not None:
            found = found.where(older(agents.c.created_ms, agents.c.id, before))
        return self._database.read(lambda connection: [_of(row) for row in connection.execute(found)])

    def trail(self, agent_id: str, *, after: int = 0, limit: int = 1_000) -> list[AuditRecord]:
        """What the audit log says of the agent and of its runs, after record `after`."""
        of_agent = and_(
            audit.c.event.in_(_EVENTS), audit.c.text.contains(f'"action":{canonical_json(agent_id)},', autoescape=True)
        )
        of_runs = audit.c.run_id.in_(select(runs.c.id).where(runs.c.agent_id == agent_id))
        found = select(audit.c.text).where(or_(of_agent, of_runs), audit.c.seq > after)
        return self._database.read(
            lambda connection: [
                AuditRecord.from_text(text) for text in connection.scalars(found.order_by(audit.c.seq).limit(limit))
            ]
        )

    # -- who has it ---------------------------------------------------------------------------------------------------

    def start(self, agent_id: str, *, now_ms: int) -> AgentLease | None:
        """Take the agent. None while another worker has it; the worker that has it gets the same lease again.

        One that is lost, or whose worker misses its heartbeats, is taken over. Raises NotInStoreError.
        """
        return self._database.write(lambda connection: self._start(connection, agent_id, now_ms))

    def _start(self, connection: Connection, agent_id: str, now_ms: int) -> AgentLease | None:
        row = _agent(connection, agent_id)
        is_held = row.state == "running" and row.owner is not None and row.beat_ms >= now_ms - self._dead_after_ms
        if is_held:
            is_ours = row.owner == self._worker
            return AgentLease(agent_id=agent_id, worker=self._worker, epoch=row.epoch) if is_ours else None
        return self._give(connection, row, now_ms)

    def _give(self, connection: Connection, row: AgentRow, now_ms: int) -> AgentLease:
        lease = AgentLease(agent_id=row.id, worker=self._worker, epoch=row.epoch + 1)
        values = {"state": "running", "owner": self._worker, "epoch": lease.epoch, "beat_ms": now_ms}
        connection.execute(update(agents).where(agents.c.id == row.id).values(**values, updated_ms=now_ms))
        event = "agent.started" if row.state == "stopped" else "agent.taken_over"
        self._tell(connection, event, row, actor=self._worker, epoch=lease.epoch, now_ms=now_ms)
        return lease

    def beat(self, lease: AgentLease, *, now_ms: int) -> None:
        """Say that the lease's worker is alive. Raises LeaseLostError where the agent was stopped, lost or taken."""
        self._database.write(lambda connection: _fenced(connection, lease, beat_ms=now_ms))

    def save(self, lease: AgentLease, data: Any, *, now_ms: int, told: AuditEvent | None = None) -> None:
        """Replace what the agent keeps; `told` is a record of it, in the same transaction.

        Raises LeaseLostError, and SerializationError for what is no JSON; then neither is written.
        """
        text = canonical_json(data)

        def work(connection: Connection) -> None:
            _fenced(connection, lease, data=text, beat_ms=now_ms, updated_ms=now_ms)
            self._trail.append(connection, *(each for each in (told,) if each is not None))

        self._database.write(work)

    def release(self, lease: AgentLease, *, now_ms: int) -> None:
        """Let another worker have the agent at once. It stays running. Raises LeaseLostError."""
        self._database.write(lambda connection: _fenced(connection, lease, owner=None, beat_ms=0, updated_ms=now_ms))

    def stop(self, agent_id: str, *, who: str, now_ms: int) -> AgentRow:
        """Stop the agent, wherever it is: its worker hears of it at its next write. Harmless twice."""

        def work(connection: Connection) -> AgentRow:
            row = _agent(connection, agent_id)
            if row.state != "stopped":
                values = {"state": "stopped", "owner": None, "epoch": row.epoch + 1, "updated_ms": now_ms}
                connection.execute(update(agents).where(agents.c.id == agent_id).values(values))
                self._tell(connection, "agent.stopped", row, actor=who, epoch=row.epoch + 1, now_ms=now_ms)
            return _agent(connection, agent_id)

        return self._database.write(work)

    # -- who has gone -------------------------------------------------------------------------------------------------

    def sweep(self, *, now_ms: int) -> list[str]:
        """Mark those whose worker missed its heartbeats as lost. Their ids."""
        overdue = and_(_IS_HELD, agents.c.beat_ms < now_ms - self._dead_after_ms)
        if not self._database.read(lambda connection: _ids(connection, overdue)):
            return []
        return self._database.write(lambda connection: self._lose(connection, overdue, now_ms))

    def _lose(self, connection: Connection, overdue: ColumnElement[bool], now_ms: int) -> list[str]:
        lost = _ids(connection, overdue)
        for agent_id in lost:
            row = _agent(connection, agent_id)
            connection.execute(update(agents).where(agents.c.id == agent_id).values(state="lost", updated_ms=now_ms))
            self._tell(connection, "agent.lost", row, actor=self._worker, epoch=row.epoch, now_ms=now_ms)
        return lost

    def take_over(self, *, now_ms: int, queues: Collection[str] = ()) -> list[AgentLease]:
        """Take every agent that is lost, or was released by its worker; of these queues, where there are any.

        One with a manifest is more than its runs: only who has its program starts it again.
        """
        free = and_(_IS_FREE, agents.c.manifest_sha256.is_(None))
        free = and_(free, agents.c.queue.in_(queues)) if queues else free
        ids = self._database.read(lambda connection: _ids(connection, free))
        leases = [self.start(agent_id, now_ms=now_ms) for agent_id in ids]
        return [lease for lease in leases if lease is not None]

    def _tell(self, connection: Connection, event: str, row: AgentRow, *, actor: str, epoch: int, now_ms: int) -> None:
        details = {"epoch": epoch, "name": row.name, "owner": row.owner}
        told = AuditEvent(
            event, row.id, actor=actor, time_ms=now_ms, manifest_sha256=row.manifest_sha256, details=details
        )
        self._trail.append(connection, told)


_IS_HELD: Final = and_(agents.c.state == "running", agents.c.owner.is_not(None))
_IS_FREE: Final = or_(agents.c.state == "lost", and_(agents.c.state == "running", agents.c.owner.is_(None)))


def _fenced(connection: Connection, lease: AgentLease, **values: Any) -> None:
    """Write to an agent that is still the lease's."""
    is_ours = and_(
        agents.c.id == lease.agent_id,
        agents.c.owner == lease.worker,
        agents.c.epoch == lease.epoch,
        agents.c.state == "running",
    )
    if connection.execute(update(agents).where(is_ours).values(values)).rowcount != 1:
        raise LeaseLostError(f"agent {lease.agent_id!r} is no longer this worker's", details={"agent": lease.agent_id})


def _ids(connection: Connection, which: ColumnElement[bool]) -> list[str]:
    return list(connection.scalars(select(agents.c.id).where(which).order_by(agents.c.id)))


def _agent(connection: Connection, agent_id: str) -> AgentRow:
    row = connection.execute(select(agents).where(agents.c.id == agent_id)).one_or_none()
    if row is None:
        raise NotInStoreError(f"there is no agent {agent_id!r}", details={"agent": agent_id})
    return _of(row)


def _of(row: Row[Any]) -> AgentRow:
    return AgentRow(**{**row._mapping, "data": json.loads(row.data)})
