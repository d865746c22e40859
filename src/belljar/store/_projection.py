"""What follows from a journal record: the run's row, its questions and budgets, the audit log. A table by its type.

All of it is made from the records alone and in their transaction, so the rows can never say more than the journal.
Arguments and messages go to the audit log, which redacts them; digests and hashes go whole.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, select

from belljar.audit import AuditEvent
from belljar.errors import ERRORS
from belljar.journal import Line
from belljar.store._asking import ask, settle
from belljar.store._budgets import open_budget, use_budget
from belljar.store._closing import check_call, close
from belljar.store._leases import CANCELLED, clear
from belljar.store._rows import Lease
from belljar.store._schema import journal, runs
from belljar.values import from_wire


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One transaction of a run, as far as it has come."""

    connection: Connection
    lease: Lease
    called: dict[int, str]
    """Tools by call, of those that were made under this lease."""
    now_ms: int
    changes: dict[str, Any] = field(default_factory=dict)
    """Of the run's row."""
    events: list[AuditEvent] = field(default_factory=list)

    def tell(self, event: str, action: str, *, actor: str | None = None, **details: Any) -> None:
        """Something for the audit log."""
        request = self.lease.request
        told = AuditEvent(
            event,
            action,
            actor=actor or self.lease.worker,
            time_ms=self.now_ms,
            run_id=self.lease.run_id,
            script_sha256=request.script_sha256,
            manifest_sha256=request.manifest_sha256,
            gas_limit=request.gas_limit,
            details=details,
        )
        self.events.append(told)

    def add(self, **amounts: int) -> None:
        """Count up in the run's row."""
        for name, amount in amounts.items():
            self.changes[name] = self.changes.get(name, runs.c[name]) + amount

    def close(self, *, call: int | None = None, but: Collection[str] = ()) -> None:
        """Close questions that the run needs no more."""
        closed = close(self.connection, self.lease.run_id, self.now_ms, call=call, but=but)
        for tool, details in closed:
            self.tell("approval.cancelled", tool, **details)

    def leave(self, state: str) -> None:
        """Give the lease up."""
        self.changes.update(state=state, owner=None)


def project(step: Step, line: Line) -> None:
    """Do what follows from a record that is now in the journal."""
    follow = _FOLLOWS.get(line.record.type)
    if follow is not None:
        follow(step, line)


_Facts = Mapping[str, Any]


def _run(step: Step, line: Line) -> None:
    facts = line.record.facts
    step.tell("run.started", facts["profile"], engine=facts["engine"], slice=step.lease.slice)


def _recover(step: Step, line: Line) -> None:
    calls = line.record.facts["calls"]
    step.tell("run.recovered", step.lease.request.profile, unknown=len(calls), slice=step.lease.slice, **_head(line))
    for unknown in calls:
        step.called[unknown["call"]] = unknown["tool"]
        step.tell("call.unknown", unknown["tool"], call=unknown["call"], how=unknown["how"])


def _approval(step: Step, line: Line) -> None:
    facts = line.record.facts
    if "request" not in facts:
        return
    for event, actor, details in settle(step.connection, step.lease, facts, step.now_ms):
        step.tell(event, facts["tool"], actor=actor, **details)
    if facts.get("ceiling"):
        open_budget(step.connection, step.lease.run_id, facts)


def _intent(step: Step, line: Line) -> None:
    facts = line.record.facts
    tool = facts["tool"]
    check_call(step.connection, step.lease, facts)
    step.close(call=facts["call"])
    if tool not in step.called.values():
        _add_tool(step, tool)
    step.called[facts["call"]] = tool
    if facts.get("attempt", 1) == 1:
        step.add(calls=1)
    if "granted" in facts and not (facts.get("attempt", 1) > 1 and _was_granted(step, line)):
        use_budget(step.connection, step.lease.run_id, facts)
    shown = {name: facts[name] for name in ("arguments", "digest", "line", "granted", "attempt") if name in facts}
    step.tell("call.intended", tool, call=facts["call"], **shown)


def _was_granted(step: Step, line: Line) -> bool:
    """Whether the call was sent before on the same approval for the run, and is counted already."""
    earlier = (journal.c.run_id == step.lease.run_id) & (journal.c.n < line.n) & (journal.c.type == "intent")
    sent = map(from_wire, step.connection.scalars(select(journal.c.line).where(earlier)))
    this = (line.record.facts["call"], line.record.facts["granted"])
    return any((facts["call"], facts.get("granted")) == this for facts in sent)


def _add_tool(step: Step, tool: str) -> None:
    """The names of the tools called, each once and between spaces."""
    known = step.changes.get("tools")
    if known is None:
        known = step.connection.scalar(select(runs.c.tools).where(runs.c.id == step.lease.run_id)) or " "
    if f" {tool} " not in known:
        step.changes["tools"] = f"{known}{tool} "


def _answer(step: Step, line: Line) -> None:
    facts = line.record.facts
    error = facts.get("error")
    tool = facts.get("tool") or step.called.get(facts["call"], "")
    step.close(call=facts["call"])
    details = {"code": error["code"], "message": error["message"]} if error else {}
    step.tell(_ending_of_call(facts), tool, call=facts["call"], **details)
    if error:
        _tell_of_bounds(step, tool, error)


def _ending_of_call(facts: _Facts) -> str:
    if not facts.get("error"):
        return "call.done"
    if facts.get("unknown"):
        return "call.unknown"
    return "call.refused" if facts.get("tool") else "call.failed"


def _abort(step: Step, line: Line) -> None:
    call = line.record.facts["call"]
    step.close(call=call)
    step.tell("call.aborted", step.called.get(call, ""), call=call, reason=line.record.facts["reason"])


def _settle(step: Step, line: Line) -> None:
    step.add(steps=1)
    if "spent_ms" in line.record.facts:
        step.changes["spent_ms"] = line.record.facts["spent_ms"]


def _suspend(step: Step, line: Line) -> None:
    facts = line.record.facts
    step.close(but={request["id"] for request in facts["pending"]})
    for request in facts["pending"]:
        _ask(step, request)
    step.leave("suspended")
    step.changes["spent_ms"] = facts["spent_ms"]
    step.tell("run.suspended", "suspend", waiting=len(facts["pending"]), **_head(line))
    if step.connection.scalar(select(runs.c.cancel_requested).where(runs.c.id == step.lease.run_id)):
        _cancel(step, line)


def _ask(step: Step, request: _Facts) -> None:
    if known_by := ask(step.connection, request, step.now_ms):
        shown = {name: request[name] for name in ("arguments", "digest", "reason", "is_unknown", "quorum")}
        shown |= {"approval": request["id"], "call": request["ordinal"], **known_by}
        step.tell("approval.requested", request["tool"], **shown)


def _cancel(step: Step, line: Line) -> None:
    """The run waits, and somebody wanted it to end: it does, and nobody is asked."""
    step.close()
    clear(step.connection, step.lease.run_id)
    step.changes.update(state="cancelled", ended_ms=step.now_ms, error=CANCELLED)
    step.tell("run.cancelled", "suspend", **_head(line))


def _end(step: Step, line: Line) -> None:
    facts = line.record.facts
    error = facts["error"]
    code = error["code"] if error else None
    state = "cancelled" if code == CANCELLED else "failed" if error else "succeeded"
    step.leave(state)
    step.changes.update(steps=facts["steps"], ended_ms=step.now_ms, error=code, outcome_sha256=facts["outcome_sha256"])
    step.close()
    clear(step.connection, step.lease.run_id)
    if error:
        _tell_of_bounds(step, "run", error)
    step.tell("run.ended", state, outcome_sha256=facts["outcome_sha256"], code=code, **_head(line))


def _head(line: Line) -> dict[str, Any]:
    """What the journal was at this moment, so that a record of it which is edited later shows in the audit log."""
    return {"journal_records": line.n + 1, "journal_sha256": line.sha256}


def _tell_of_bounds(step: Step, action: str, error: _Facts) -> None:
    """An error that stands for a limit or a policy is an event of its own."""
    event = _BOUNDS.get(error["code"])
    if event is not None:
        step.tell(event, action, code=error["code"], message=error["message"])


_FOLLOWS: Final[Mapping[str, Callable[[Step, Line], None]]] = {
    "run": _run,
    "recover": _recover,
    "approval": _approval,
    "intent": _intent,
    "answer": _answer,
    "abort": _abort,
    "settle": _settle,
    "suspend": _suspend,
    "end": _end,
}
"""Of the other types nothing follows."""

_LIMITS: Final = (
    "ScriptTimeoutError", "ScriptMemoryError", "ScriptStackError", "ToolBudgetExceededError", "ConcurrencyLimitError",
    "ReturnValueTooLargeError", "LimitError", "CpuLimitError",
)  # fmt: skip
_BOUNDS: Final = dict.fromkeys(_LIMITS, "limit.hit") | {"NetworkPolicyError": "policy.refused"}
assert _BOUNDS.keys() <= ERRORS.keys()
