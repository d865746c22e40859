"""Reading runs: one, many, those that could go on, and their journals. Inside of reads."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Final, TypeAlias

from sqlalchemy import ColumnElement, Connection, Row, Select, Text, and_, func, or_, select, type_coerce, union_all

from belljar.errors import NotInStoreError
from belljar.store._rows import ReadyRun, RunRow
from belljar.store._schema import approvals, escaped, journal, runs

_WAITING: Final = (
    select(func.count())
    .where(approvals.c.run_id == runs.c.id, approvals.c.state == "open")
    .correlate(runs)
    .scalar_subquery()
    .label("waiting")
)
_NAMES: Final = tuple(field.name for field in fields(RunRow) if field.name != "waiting")
_SELECT: Final[Select[Any]] = select(*(runs.c[name] for name in _NAMES), _WAITING)


def one(connection: Connection, run_id: str) -> RunRow:
    """The run. Raises NotInStoreError."""
    row = connection.execute(_SELECT.where(runs.c.id == run_id)).one_or_none()
    if row is None:
        raise NotInStoreError(f"the store has no run {run_id!r}", details={"run_id": run_id})
    return _run(row)


def many(
    connection: Connection, *, where: dict[str, Any], text: str | None, before: tuple[int, str] | None, limit: int
) -> list[RunRow]:
    """Runs that have these columns and this text somewhere, newest first, after the place `before`."""
    query = _SELECT.order_by(runs.c.created_ms.desc(), runs.c.id.desc()).limit(limit)
    query = query.where(*(runs.c[name] == value for name, value in where.items() if value is not None))
    if text:
        query = query.where(_has(text))
    if before is not None:
        query = query.where(older(runs.c.created_ms, runs.c.id, before))
    return [_run(row) for row in connection.execute(query)]


def older(age: ColumnElement[int], id_: ColumnElement[str], before: tuple[int, str]) -> ColumnElement[bool]:
    """Comes after the place `before` in a list that begins with the newest."""
    return or_(age < before[0], and_(age == before[0], id_ < before[1]))


def _has(text: str) -> ColumnElement[bool]:
    needle = escaped(text)
    columns = (runs.c.id, type_coerce(runs.c.source, Text), runs.c.tools, runs.c.error)
    return or_(*(column.icontains(needle, autoescape=True) for column in columns))


def _run(row: Row[Any]) -> RunRow:
    return RunRow(**row._mapping)


def ready(connection: Connection, *, now_ms: int, limit: int, queue: str | None, dead: set[str]) -> list[ReadyRun]:
    """Runs that a worker could take now: the highest priority first, then the oldest."""
    found = union_all(*(_of_queue(query, queue) for query in _ready(now_ms, dead))).subquery()
    order = (found.c.priority.desc(), found.c.created_ms, found.c.id)
    rows = connection.execute(select(found).distinct().order_by(*order).limit(limit))
    return [ReadyRun(id=row.id, slice=row.slice + 1, queue=row.queue, priority=row.priority) for row in rows]


_Found: TypeAlias = Select[Any]


def _ready(now_ms: int, dead: set[str]) -> tuple[_Found, ...]:
    """Queued and due; answered; to be cancelled; left behind. Each by an index, so that those who wait cost nothing."""
    shown = select(runs.c.id, runs.c.slice, runs.c.queue, runs.c.priority, runs.c.created_ms)
    answered = shown.join(approvals, approvals.c.run_id == runs.c.id).where(
        runs.c.state == "suspended", approvals.c.taken_up_ms.is_(None)
    )
    return (
        shown.where(runs.c.state == "queued", runs.c.not_before_ms <= now_ms),
        answered.where(approvals.c.state.in_(("decided", "expired"))),
        answered.where(approvals.c.state == "open", approvals.c.expires_ms <= now_ms),
        shown.where(runs.c.cancel_requested, runs.c.state.in_(("queued", "suspended"))),
        shown.where(runs.c.state == "running", runs.c.owner.in_(sorted(dead))),
    )


def _of_queue(query: _Found, queue: str | None) -> _Found:
    return query if queue is None else query.where(runs.c.queue == queue)


def to_cancel(connection: Connection, worker: str) -> list[str]:
    """Runs that the worker holds and somebody wants to be cancelled."""
    mine = (runs.c.state == "running") & (runs.c.owner == worker) & runs.c.cancel_requested
    return list(connection.scalars(select(runs.c.id).where(mine).order_by(runs.c.id)))


def counts(connection: Connection) -> dict[str, int]:
    """How many runs are in each state."""
    rows = connection.execute(select(runs.c.state, func.count()).group_by(runs.c.state))
    return {row[0]: row[1] for row in rows}


def journal_lines(connection: Connection, run_id: str) -> list[str]:
    """The lines of the run's journal. Raises NotInStoreError."""
    if connection.scalar(select(runs.c.id).where(runs.c.id == run_id)) is None:
        raise NotInStoreError(f"the store has no run {run_id!r}", details={"run_id": run_id})
    return list(connection.scalars(select(journal.c.line).where(journal.c.run_id == run_id).order_by(journal.c.n)))
