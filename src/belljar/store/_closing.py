"""Questions whose answers nobody needs any more, and calls that may not be made because a question stands.

A question is closed with its call, and with the suspension that does not name it: a run is never waited for, nor woken,
by an answer that it will not take up. What people had decided stays on record.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, Row, select, update

from belljar.errors import DecisionRefusedError
from belljar.store._questions import decision_from
from belljar.store._rows import Lease
from belljar.store._schema import approvals
from belljar.tools._approval import approval_digest

Closed = tuple[str, dict[str, Any]]
"""A tool, and what the audit log is told of the question about its call."""


def close(
    connection: Connection, run_id: str, now_ms: int, *, call: int | None = None, but: Collection[str] = ()
) -> list[Closed]:
    """Close the run's questions that it has not taken up: those of one call, or all but some."""
    rows = [row for row in _standing(connection, run_id, call) if row.id not in but]
    return list(_closed(connection, rows, now_ms))


def check_call(connection: Connection, lease: Lease, facts: Mapping[str, Any]) -> None:
    """Raise DecisionRefusedError for a call that is about to be made against what people said, or before they did."""
    for row in _standing(connection, lease.run_id, facts["call"]):
        if _forbids(row, facts, lease.request.script_sha256):
            raise DecisionRefusedError(
                f"the call cannot be made: the question {row.id} is {row.state} and was not taken up",
                tool=row.tool,
                details={"approval": row.id},
            )


def _forbids(row: Row[Any], facts: Mapping[str, Any], script_sha256: str) -> bool:
    decision = decision_from(row.decision) if row.state == "decided" else None
    if "." in row.id.rpartition(":")[2]:
        # Whether to make the call once more. Its tool may have come to know that it can; a person's no stands.
        return decision is not None and not _allows(decision.verdict)
    if decision is None or not _allows(decision.verdict):
        return True
    made = approval_digest(script_sha256, facts["call"], facts["tool"], facts["arguments"])
    return bool(made != (row.edited_digest or row.digest))


def _allows(verdict: str) -> bool:
    return verdict in ("approve", "approve_for_run")


def _standing(connection: Connection, run_id: str, call: int | None) -> list[Row[Any]]:
    query = select(approvals).where(approvals.c.run_id == run_id, approvals.c.taken_up_ms.is_(None))
    if call is not None:
        query = query.where(approvals.c.ordinal == call)
    return list(connection.execute(query.order_by(approvals.c.ordinal, approvals.c.id)))


def _closed(connection: Connection, rows: Collection[Row[Any]], now_ms: int) -> Iterator[Closed]:
    for row in rows:
        state = "expired" if row.state == "expired" else "cancelled"
        this = update(approvals).where(approvals.c.id == row.id)
        connection.execute(this.values(state=state, taken_up_ms=now_ms))
        if state == "cancelled":
            yield row.tool, {"approval": row.id, "call": row.ordinal, "digest": row.digest}
