"""Who holds a run: the changes of a run's row that give it to a worker, take it away, or end it. Inside of writes.

A run is held by the worker that its row names, under the row's epoch. Whoever takes it raises the epoch, so the one
who held it before can write nothing more of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, insert, select, update

from belljar.audit import AuditEvent
from belljar.errors import JournalError, LeaseLostError, NotInStoreError, QueueFullError, StoreError
from belljar.journal._records import START
from belljar.store._closing import close
from belljar.store._proof import text_sha256
from belljar.store._queues import admits
from belljar.store._rows import ENDED, Lease, RunRequest
from belljar.store._schema import images, runs
from belljar.store._trail import Trail
from belljar.store._workers import Workers

CANCELLED: Final = "ScriptCancelledError"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a new run waits for its turn."""

    queue: str = "default"
    priority: int = 0
    """The highest goes first."""
    not_before_ms: int = 0
    agent_id: str | None = None
    is_bound: bool = False
    """Whether the queue's bounds hold for a run that begins at once."""


def row_of(connection: Connection, run_id: str) -> Row[Any]:
    """The run's row. Raises NotInStoreError."""
    row = connection.execute(select(runs).where(runs.c.id == run_id)).one_or_none()
    if row is None:
        raise NotInStoreError(f"the store has no run {run_id!r}", details={"run_id": run_id})
    return row


def request_of(row: Row[Any]) -> RunRequest:
    """What was asked to be run."""
    return replace(RunRequest.from_json(row.request), source=row.source)


def add(connection: Connection, trail: Trail, request: RunRequest, run_id: str, place: Place, now_ms: int) -> None:
    """A queued run; the same one twice is one. Raises StoreError where the id is another request's."""
    found = connection.execute(select(runs).where(runs.c.id == run_id)).one_or_none()
    kept = replace(request, source="").to_json()
    if found is None:
        connection.execute(insert(runs).values(_first(request, run_id, place, now_ms) | {"request": kept}))
        details = {"queue": place.queue, "priority": place.priority, "agent_id": place.agent_id}
        details |= {"request_sha256": text_sha256(kept)}
        trail.append(connection, run_event("run.queued", request, run_id, trail.actor, now_ms, details))
    elif request_of(found) != replace(RunRequest.from_json(kept), source=request.source):
        raise StoreError(f"the store has another run {run_id!r}", details={"run_id": run_id})


def _first(request: RunRequest, run_id: str, place: Place, now_ms: int) -> dict[str, Any]:
    return {
        "id": run_id,
        "state": "queued",
        "created_ms": now_ms,
        "updated_ms": now_ms,
        "not_before_ms": place.not_before_ms,
        "script_sha256": request.script_sha256,
        "source": request.source,
        "profile": request.profile,
        "queue": place.queue,
        "priority": place.priority,
        "agent_id": place.agent_id,
        "head": START,
    }


def take(
    connection: Connection, workers: Workers, trail: Trail, run_id: str, now_ms: int, expect_head: str | None
) -> Lease | None:
    """Hold the run, where nobody alive does, it has not ended, and its queue lets it start.

    One that somebody wants cancelled ends here.
    """
    row = row_of(connection, run_id)
    if row.state in ENDED or (row.state == "running" and workers.holds(connection, row.owner, now_ms)):
        return None
    if expect_head is not None and row.head != expect_head:
        raise JournalError(
            f"the run {run_id} went on since; this state of it is used up",
            hint="A suspended run is resumed once. Look at its journal for what came of it.",
        )
    if not row.cancel_requested and not admits(connection, row.queue, run_id=run_id, now_ms=now_ms):
        return None
    if row.state == "running":
        workers.bury(connection, row.owner, now_ms)
    if row.cancel_requested:  # its worker died before it heard of it
        _end(connection, trail, row, workers.me, now_ms)
        return None
    lease = _hold(connection, workers, row, now_ms)
    if row.records and row.state != "running":
        details = {"slice": lease.slice, **_head(row)}
        trail.append(connection, run_event("run.resumed", lease.request, run_id, workers.me, now_ms, details))
    return lease


def _hold(connection: Connection, workers: Workers, row: Row[Any], now_ms: int) -> Lease:
    workers.enlist(connection, now_ms)
    epoch, number = row.epoch + 1, row.slice + 1
    held = {"state": "running", "owner": workers.me, "epoch": epoch, "slice": number}
    connection.execute(
        update(runs).where(runs.c.id == row.id).values(held | {"taken_ms": now_ms, "updated_ms": now_ms})
    )
    return Lease(
        run_id=row.id,
        worker=workers.me,
        epoch=epoch,
        slice=number,
        request=request_of(row),
        history_records=row.records,
        is_from_wait=row.state == "suspended",
    )


def begin(
    connection: Connection,
    workers: Workers,
    trail: Trail,
    request: RunRequest,
    run_id: str,
    place: Place,
    now_ms: int,
) -> Lease:
    """A new run, held at once. Raises StoreError where there is one of that id, QueueFullError."""
    if connection.scalar(select(runs.c.id).where(runs.c.id == run_id)) is not None:
        raise StoreError(f"the store has a run {run_id!r} already", details={"run_id": run_id})
    if place.is_bound and not admits(connection, place.queue, run_id=run_id, now_ms=now_ms):
        raise QueueFullError(f"the queue {place.queue!r} lets no more runs begin now", details={"queue": place.queue})
    add(connection, trail, request, run_id, place, now_ms)
    return _hold(connection, workers, row_of(connection, run_id), now_ms)


def release(connection: Connection, trail: Trail, lease: Lease, state: str | None, now_ms: int) -> None:
    """Give the run back; one that somebody wants cancelled ends.

    Raises LeaseLostError where it is another's already.
    """
    row = connection.execute(select(runs).where(*held_by(lease))).one_or_none()
    if row is None:
        raise lease_lost(lease)
    waits = lease.is_from_wait and row.records == lease.history_records
    back = {"state": state or ("suspended" if waits else "queued"), "owner": None, "updated_ms": now_ms}
    connection.execute(update(runs).where(runs.c.id == lease.run_id).values(back))
    if row.cancel_requested:
        _end(connection, trail, row, lease.worker, now_ms)


def held_by(lease: Lease) -> tuple[Any, ...]:
    """What must be true of the row for the lease to hold."""
    return (runs.c.id == lease.run_id, runs.c.owner == lease.worker, runs.c.epoch == lease.epoch)


def lease_lost(lease: Lease) -> LeaseLostError:
    """The error of whoever writes under a lease that is over."""
    return LeaseLostError(f"another process goes on with the run {lease.run_id}", details={"run_id": lease.run_id})


def cancel(connection: Connection, trail: Trail, run_id: str, who: str, now_ms: int) -> str:
    """End a run that nobody holds; ask whoever holds it to. "cancelled", "requested" or "ended"."""
    row = row_of(connection, run_id)
    if row.state in ENDED:
        return "ended"
    connection.execute(update(runs).where(runs.c.id == run_id).values(cancel_requested=True, updated_ms=now_ms))
    if row.state != "running":
        _end(connection, trail, row, who, now_ms)
        return "cancelled"
    trail.append(connection, run_event("run.cancelled", request_of(row), run_id, who, now_ms, {"state": row.state}))
    return "requested"


def _end(connection: Connection, trail: Trail, row: Row[Any], who: str, now_ms: int) -> None:
    """End a run as cancelled, where nobody alive holds it."""
    ended = {"state": "cancelled", "owner": None, "ended_ms": now_ms, "updated_ms": now_ms, "error": CANCELLED}
    connection.execute(update(runs).where(runs.c.id == row.id).values(ended))
    clear(connection, row.id)
    details = {"state": row.state, **_head(row)}
    told = run_event("run.cancelled", request_of(row), row.id, who, now_ms, details)
    closed = close(connection, row.id, now_ms)
    questions = (replace(told, event="approval.cancelled", action=tool, details=each) for tool, each in closed)
    trail.append(connection, *questions, told)


def _head(row: Row[Any]) -> dict[str, Any]:
    """What the run's journal is now, for the audit log."""
    return {"journal_records": row.records, "journal_sha256": row.head}


def clear(connection: Connection, run_id: str) -> None:
    """What a run that has ended needs no more: its image."""
    connection.execute(delete(images).where(images.c.run_id == run_id))


def run_event(
    event: str, request: RunRequest, run_id: str, actor: str, now_ms: int, details: dict[str, Any]
) -> AuditEvent:
    """An event of a run."""
    return AuditEvent(
        event,
        request.profile,
        actor=actor,
        time_ms=now_ms,
        run_id=run_id,
        script_sha256=request.script_sha256,
        manifest_sha256=request.manifest_sha256,
        gas_limit=request.gas_limit,
        details=details,
    )
