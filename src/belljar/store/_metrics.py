"""Figures of a store for a monitor. Inside of a read."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, func, select

from belljar.store._listing import counts, ready
from belljar.store._rows import STATES
from belljar.store._schema import approvals, workers
from belljar.store._trail import head_of, last_checkpoint_ms
from belljar.store._workers import Workers

_MOST: int = 10_000
"""Ready runs that are counted; more are as many."""


def metrics(connection: Connection, known: Workers, now_ms: int) -> Mapping[str, float]:
    """Name and value. Ages are in seconds, 0 where there is nothing that could be old."""
    by_state = counts(connection)
    dead = known.dead_owners(connection, now_ms)
    waiting, oldest_ms = connection.execute(
        select(func.count(), func.min(approvals.c.asked_ms)).where(approvals.c.state == "open")
    ).one()
    return {
        **{f"runs_{state}": float(by_state.get(state, 0)) for state in STATES},
        "approvals_open": float(waiting),
        "approvals_oldest_seconds": _age_s(oldest_ms, now_ms),
        "runs_ready": float(len(ready(connection, now_ms=now_ms, limit=_MOST, queue=None, dead=dead))),
        "workers_dead": float(len(_overdue(connection, known, now_ms))),
        "audit_records": float(head_of(connection)[0]),
        "audit_checkpoint_seconds": _age_s(last_checkpoint_ms(connection), now_ms),
    }


def _age_s(since_ms: int | None, now_ms: int) -> float:
    return 0.0 if since_ms is None else max(now_ms - since_ms, 0) / 1_000


def _overdue(connection: Connection, known: Workers, now_ms: int) -> set[str]:
    """Workers that never said that they stop, and are dead."""
    running = list(connection.scalars(select(workers.c.id).where(workers.c.state == "running")))
    return known.dead(connection, running, now_ms)
