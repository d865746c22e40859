"""Runs without scripts: journals written by hand, as a harness writes them."""

from __future__ import annotations

from typing import Any

from belljar.journal import Journal, Record
from belljar.store import Lease, RunRequest, Store
from belljar.tools import ApprovalRequest, Decision
from belljar.tools._approval import approval_digest
from belljar.tools._terms import Ceiling, Quorum

SOURCE = "return await tools.refund({ order: 7, cents: 900 })"
REQUEST = RunRequest(source=SOURCE)
NOW = 1_700_000_000_000
"""A moment; the store's own clock is later, so what expires by it says when."""
FAR_MS = 40 * 365 * 86_400_000
SCHEMA = {
    "type": "object",
    "properties": {"order": {"type": "integer"}, "cents": {"type": "integer", "minimum": 0}},
    "required": ["order", "cents"],
    "additionalProperties": False,
}


def run_record(run_id: str) -> Record:
    """The first one."""
    return Record(
        "run",
        {
            "format": 1, "run_id": run_id, "script_sha256": REQUEST.script_sha256, "source": SOURCE,
            "profile": "standard", "engine": "quickjs", "tools": ["refund"], "context": {}, "seed": "00", "now_ms": 1,
            "limits": {},
        },
    )  # fmt: skip


def intent(call: int, *, tool: str = "refund", **facts: Any) -> Record:
    """A call that is about to be made."""
    arguments = {"order": 7, "cents": 900}
    made = {"call": call, "tool": tool, "arguments": arguments, "asked": None, "digest": "d" * 64, "key": "k" * 64}
    return Record("intent", made | {"line": 1, "column": 1} | facts)


def answer(call: int, **facts: Any) -> Record:
    """What came of it."""
    return Record("answer", {"call": call, "value": "ok"} | facts)


def settle(*calls: int, spent_ms: int = 5) -> Record:
    """A step."""
    return Record("settle", {"calls": list(calls), "now_ms": 2, "spent_ms": spent_ms})


def question(run_id: str, call: int = 1, **facts: Any) -> ApprovalRequest:
    """One about a call."""
    arguments = facts.pop("arguments", {"order": 7, "cents": 900})
    attempt = facts.pop("attempt", 1)
    digest = approval_digest(REQUEST.script_sha256, call, "refund", arguments, attempt=attempt)
    base: dict[str, Any] = {
        "id": f"{run_id}:{call}" if attempt == 1 else f"{run_id}:{call}.{attempt}",
        "run_id": run_id, "script_sha256": REQUEST.script_sha256, "ordinal": call, "call_id": str(call),
        "tool": "refund", "arguments": arguments, "display": arguments, "excerpt": "> 1 | return", "line": 1,
        "column": 1, "reason": "money", "elapsed_ms": 3, "expires_ms": FAR_MS, "digest": digest, "schema": SCHEMA,
        "is_unknown": attempt > 1,
    }  # fmt: skip
    return ApprovalRequest(**(base | facts))


def suspend(*pending: ApprovalRequest, spent_ms: int = 9) -> Record:
    """A run that waits."""
    facts = {"pending": [request.to_facts() for request in pending], "spent_ms": spent_ms, "trace": {}}
    return Record("suspend", facts)


def approval(request: ApprovalRequest, decision: Decision | None, *, verdict: str = "") -> Record:
    """How a question ended, as the harness writes it."""
    facts: dict[str, Any] = {
        "call": request.ordinal, "request": request.id, "tool": request.tool, "digest": request.digest,
        "verdict": decision.verdict if decision is not None else verdict, "at_ms": NOW,
    }  # fmt: skip
    if decision is not None:
        facts |= {"who": decision.who, "reason": decision.reason, "at_ms": decision.at_ms or NOW}
        facts |= {"arguments": dict(decision.arguments)} if decision.arguments is not None else {}
        facts |= {"ceiling": decision.ceiling.to_dict()} if decision.ceiling is not None else {}
        facts |= {"value": decision.value} if decision.verdict == "respond" else {}
    return Record("approval", facts)


def end(error: dict[str, Any] | None = None, *, steps: int = 1) -> Record:
    """The last record."""
    facts = {"by": "script", "steps": steps, "returned": error is None, "outcome_sha256": "e" * 64, "value": None}
    return Record("end", facts | {"error": error})


def begun(store: Store, run_id: str = "r") -> tuple[Lease, Journal]:
    """A run that goes on here."""
    lease = store.runs.begin(REQUEST, run_id=run_id, now_ms=NOW)
    journal = Journal(sink=store.sink(lease))
    journal.append(run_record(run_id), durable=True)
    return lease, journal


def taken(store: Store, run_id: str = "r", now_ms: int = NOW) -> tuple[Lease, Journal]:
    """A run that goes on here again."""
    lease = store.runs.take(run_id, now_ms=now_ms)
    assert lease is not None
    journal = store.runs.journal(run_id)
    journal.go_on_in(store.sink(lease))
    return lease, journal


def suspended(store: Store, run_id: str = "r", *pending: ApprovalRequest) -> ApprovalRequest:
    """A run that waits for an answer, and the first question."""
    asked = pending or (question(run_id),)
    begun(store, run_id)[1].append(suspend(*asked), durable=True)
    return asked[0]


def events(store: Store, run_id: str = "r") -> list[str]:
    """What the audit log has of the run, in order."""
    return [record.event for record in store.audit.records() if record.run_id == run_id]


__all__ = ["Ceiling", "Decision", "Quorum"]
