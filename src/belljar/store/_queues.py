"""Queues: how many runs of one name go on at once, over all workers, and how many begin in a period.

A queue needs no row: runs of any other name go on without bounds. The bounds hold exactly, because `admits` counts in
the very transaction that gives the lease, and the store has one writer at a time: between the count and the lease no
other process can take a run. A suspended run takes no place. A run whose worker died keeps its place until it is taken
over, and never waits for itself. A run counts once in a period, however often it was taken in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select

from belljar.errors import NotInStoreError, UsageError
from belljar.store._database import Database
from belljar.store._schema import queues, runs

_BOUNDLESS: Final = 1 << 30
"""The room of a queue with neither bound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueLimits:
    """The bounds of one queue. None is no bound."""

    name: str
    concurrency: int | None = None
    """Runs at once, over all workers. 0 holds the queue."""
    rate_limit: int | None = None
    """Runs that may begin in each `rate_period_ms`, wherever it is laid."""
    rate_period_ms: int | None = None

    def __post_init__(self) -> None:
        if not self.name:
            raise UsageError("a queue has a name")
        if (self.concurrency or 0) < 0 or (self.rate_limit or 0) < 0:
            raise UsageError(
                f"the bounds of queue {self.name!r} are negative", hint="0 holds a queue; None lets it go."
            )
        has_no_period = self.rate_period_ms is not None and self.rate_period_ms < 1
        if (self.rate_limit is None) is not (self.rate_period_ms is None) or has_no_period:
            raise UsageError(
                f"queue {self.name!r} has half a rate", hint="Give both: rate_limit runs in each rate_period_ms."
            )


class Queues:
    """The queues that have bounds."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, limits: QueueLimits) -> None:
        """Set the bounds of a queue; they hold from the next lease on."""
        self._database.write(lambda connection: _put(connection, limits))

    def drop(self, name: str) -> None:
        """Take the bounds away. Nothing happens where there are none."""
        self._database.write(lambda connection: connection.execute(delete(queues).where(queues.c.name == name)))

    def get(self, name: str) -> QueueLimits:
        """Raises NotInStoreError for a queue without bounds."""
        found = self._database.read(lambda connection: _limits(connection, name))
        if found is None:
            raise NotInStoreError(f"queue {name!r} has no bounds", details={"queue": name})
        return found

    def all(self) -> list[QueueLimits]:
        """By name."""
        return self._database.read(_all)

    def room(self, *, now_ms: int) -> Mapping[str, int]:
        """How many more runs each bounded queue takes now. A hint for whoever chooses; `take` decides."""
        return self._database.read(
            lambda connection: {limits.name: _room(connection, limits, now_ms=now_ms) for limits in _all(connection)}
        )


def admits(connection: Connection, queue: str, *, run_id: str, now_ms: int) -> bool:
    """Whether `run_id` may be taken from `queue` now. Only true within a write, until its commit."""
    limits = _limits(connection, queue)
    return limits is None or _room(connection, limits, now_ms=now_ms, but=run_id) > 0


def _room(connection: Connection, limits: QueueLimits, *, now_ms: int, but: str = "") -> int:
    bounds = (
        (limits.concurrency, runs.c.state == "running"),
        (limits.rate_limit, runs.c.taken_ms > now_ms - (limits.rate_period_ms or 0)),
    )
    left = [bound - _count(connection, limits.name, what, but) for bound, what in bounds if bound is not None]
    return max(min(left), 0) if left else _BOUNDLESS


def _count(connection: Connection, queue: str, what: ColumnElement[bool], but: str) -> int:
    counted = select(func.count()).select_from(runs).where(runs.c.queue == queue, runs.c.id != but, what)
    return connection.scalar(counted) or 0


def _put(connection: Connection, limits: QueueLimits) -> None:
    connection.execute(delete(queues).where(queues.c.name == limits.name))
    connection.execute(
        insert(queues).values(
            name=limits.name,
            concurrency=limits.concurrency,
            rate_limit=limits.rate_limit,
            rate_period_ms=limits.rate_period_ms,
        )
    )


def _limits(connection: Connection, name: str) -> QueueLimits | None:
    row = connection.execute(select(queues).where(queues.c.name == name)).one_or_none()
    return None if row is None else _of(row)


def _all(connection: Connection) -> list[QueueLimits]:
    return [_of(row) for row in connection.execute(select(queues).order_by(queues.c.name))]


def _of(row: Row[Any]) -> QueueLimits:
    return QueueLimits(**row._mapping)
