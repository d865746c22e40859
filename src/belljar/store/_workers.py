"""Who works off runs, and who of them is dead.

A worker is dead when it said that it stopped, when its last heartbeat is too old, or, on the same computer, when its
process is gone. The first two believe the clocks of the computers: they may differ by less than `dead_after_ms`.
"""

from __future__ import annotations

import socket
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

import belljar
from belljar.audit import AuditEvent
from belljar.store._database import Database
from belljar.store._host import is_gone, process_name
from belljar.store._schema import runs, workers
from belljar.store._trail import Trail


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerRow:
    """One worker."""

    id: str
    host: str
    pid: int
    started_ms: int
    beat_ms: int
    """Its last heartbeat."""
    state: str
    """running, stopped (it said so), lost (somebody took its runs over)."""
    version: str
    """Of belljar."""


class Workers:
    """This process's own worker, and the others."""

    def __init__(self, database: Database, trail: Trail, *, dead_after_ms: int) -> None:
        self.me = trail.actor
        self.dead_after_ms = dead_after_ms
        self._database = database
        self._trail = trail
        self._has_begun = False

    def beat(self, now_ms: int) -> None:
        """Say that this worker lives; at first, that it is there."""
        self._database.write(lambda connection: self.enlist(connection, now_ms))

    def enlist(self, connection: Connection, now_ms: int) -> None:
        """`beat`, inside of a write."""
        living = update(workers).where(workers.c.id == self.me, workers.c.state == "running").values(beat_ms=now_ms)
        if not (self._has_begun and connection.execute(living).rowcount):
            self._begin(connection, now_ms)
        self._has_begun = True

    def _begin(self, connection: Connection, now_ms: int) -> None:
        """Be there. What an earlier process of this name left is given back: it is nobody's."""
        about = self._about(now_ms) | {"state": "running", "beat_ms": now_ms}
        own = workers.c.id == self.me
        before = connection.execute(select(workers).where(own)).one_or_none()
        if before is None:
            connection.execute(insert(workers).values(about))
        else:
            connection.execute(update(workers).where(own).values(about))
        if before is not None and before.process != about["process"]:
            left = (runs.c.owner == self.me) & (runs.c.state == "running")
            connection.execute(update(runs).where(left).values(state="queued", owner=None))
        self._tell(connection, "worker.started", self.me, now_ms)

    def _about(self, now_ms: int) -> dict[str, Any]:
        host, pid, _ = self.me.rsplit(":", 2) if self.me.count(":") > 1 else (socket.gethostname(), "0", "")
        about = {"id": self.me, "host": host, "pid": int(pid), "process": process_name()}
        return about | {"started_ms": now_ms, "version": belljar.__version__}

    def stop(self, now_ms: int) -> None:
        """Say that this worker ends: what it still holds may be taken over at once."""
        if self._has_begun:
            self._database.write(lambda connection: self._end(connection, self.me, "stopped", now_ms))
            self._has_begun = False

    def bury(self, connection: Connection, worker: str | None, now_ms: int) -> None:
        """Write down that a dead worker is dead."""
        if worker is not None:
            self._end(connection, worker, "lost", now_ms)

    def _end(self, connection: Connection, worker: str, state: str, now_ms: int) -> None:
        living = update(workers).where(workers.c.id == worker, workers.c.state == "running").values(state=state)
        if connection.execute(living).rowcount:
            self._tell(connection, f"worker.{state}", worker, now_ms)

    def _tell(self, connection: Connection, event: str, worker: str, now_ms: int) -> None:
        self._trail.append(connection, AuditEvent(event, worker, actor=self.me, time_ms=now_ms))

    def all(self) -> list[WorkerRow]:
        """Every worker that ever was, the latest first."""
        order = select(workers).order_by(workers.c.started_ms.desc(), workers.c.id)
        return [_worker(row) for row in self._database.read(lambda connection: connection.execute(order).all())]

    def is_dead(self, worker: str, now_ms: int) -> bool:
        """Whether a worker is dead; one that nobody knows is."""
        return self._database.read(lambda connection: worker in self.dead(connection, [worker], now_ms))

    def dead(self, connection: Connection, ids: Collection[str], now_ms: int) -> set[str]:
        """Those of these workers that are dead."""
        if not ids:
            return set()
        rows = connection.execute(select(workers).where(workers.c.id.in_(ids))).all()
        living = {row.id for row in rows if not self._has_ended(row, now_ms)}
        return set(ids) - living

    def dead_owners(self, connection: Connection, now_ms: int) -> set[str]:
        """Workers that hold runs and are dead."""
        owners = connection.scalars(select(runs.c.owner).where(runs.c.state == "running").distinct())
        return {owner for owner in owners.all() if owner and not self.holds(connection, owner, now_ms)}

    def holds(self, connection: Connection, owner: str, now_ms: int) -> bool:
        """Whether what this worker has is its own. This process's has it, however long its computer slept."""
        return owner == self.me or not self.dead(connection, [owner], now_ms)

    def _has_ended(self, row: Row[Any], now_ms: int) -> bool:
        return row.state != "running" or now_ms - row.beat_ms > self.dead_after_ms or is_gone(row.process)


def _worker(row: Row[Any]) -> WorkerRow:
    names = ("id", "host", "pid", "started_ms", "beat_ms", "state", "version")
    return WorkerRow(**{name: getattr(row, name) for name in names})
