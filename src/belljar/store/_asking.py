"""The questions of a run as its journal has them: asked when it is suspended, taken up when it goes on.

A decision is used once. What the journal says was decided must be what the store has, where it has something: a run
that went on with another answer is refused its write, and goes on from the store's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sqlalchemy import Connection, Row, insert, select, update

from belljar.errors import DecisionRefusedError
from belljar.store._proof import is_on_record, text_sha256
from belljar.store._questions import decision_json, save_vote, voted_digest
from belljar.store._rows import Lease, dumps
from belljar.store._schema import approvals
from belljar.tools import ApprovalRequest, Decision
from belljar.tools._questions import decision_of
from belljar.tools._terms import HOST
from belljar.values import from_wire

_Event = tuple[str, str | None, dict[str, Any]]
_ENDINGS: Final = {"timed_out": "expired", "cancelled": "cancelled"}
"""How a question ends without a decision, and what its state is then."""
_LIVE: Final = "the process that runs it"
"""Where an answer came from that did not go through the store."""


def ask(connection: Connection, request: Mapping[str, Any], now_ms: int) -> dict[str, Any] | None:
    """Open a question: what the audit log knows it by. None for one that is open from before, and stays as it is.

    Raises DecisionRefusedError for one that has been taken up.
    """
    row = _row(connection, request["id"])
    if row is None:
        text, expires_ms = dumps(dict(request)), now_ms + request["expires_ms"]
        values = {"state": "open", "asked_ms": now_ms, "expires_ms": expires_ms, "request": text}
        _insert(connection, request, values)
        return {"request_sha256": text_sha256(text), "expires_ms": expires_ms}
    if row.taken_up_ms is not None or row.digest != request["digest"]:
        raise _refused(row, "it was answered before, and an answer is used once")
    return None


def settle(connection: Connection, lease: Lease, facts: Mapping[str, Any], now_ms: int) -> Iterator[_Event]:
    """Take up how a question ended, after an approval record: what the audit log is told, by whom.

    Raises DecisionRefusedError where the store knows another end, or the decision was used before.
    """
    row = _row(connection, facts["request"])
    end = _ENDINGS.get(facts["verdict"])
    if end is not None:
        yield from _give_up(connection, lease, row, facts, end, now_ms)
        return
    decision = decision_of(facts)
    if row is not None and row.state == "open" and row.expires_ms <= now_ms and not _is_hosts_denial(decision):
        raise _refused(row, "it has expired")
    if row is not None and row.state == "open" and _needs_several(row) and not _is_hosts_denial(decision):
        raise _refused(row, "it needs the word of several people")
    vote: str | None = None
    if row is None:
        vote = _insert_live(connection, lease, facts, decision, now_ms)
    elif row.state == "open" or (row.taken_up_ms is None and _is_hosts_denial(decision)):
        vote = _decide_live(connection, row, decision, now_ms)
    else:
        _use(connection, row, decision, now_ms)
    details = {"approval": facts["request"], "call": facts["call"], "digest": facts["digest"]}
    if vote is not None:
        yield "approval.decided", decision.who or None, details | _told_live(decision, vote)
    yield "approval.used", None, details | {"verdict": decision.verdict}


def _told_live(decision: Decision, vote: str) -> dict[str, Any]:
    ceiling = decision.ceiling.to_dict() if decision.ceiling is not None else None
    told = {"verdict": decision.verdict, "reason": decision.reason, "ceiling": ceiling, "source": _LIVE}
    if decision.arguments is not None:
        told |= {"arguments": dict(decision.arguments)}
    return told | {"vote_sha256": vote, "decision_sha256": text_sha256(decision_json(decision))}


def _use(connection: Connection, row: Row[Any], decision: Decision, now_ms: int) -> None:
    if row.state != "decided" or row.taken_up_ms is not None or not _is_same(row, decision):
        raise _refused(row, f"it is {row.state} already")
    if not is_on_record(connection, row):
        raise _refused(row, "the audit log does not have its decision; run `belljar audit verify`")
    is_unused = (approvals.c.id == row.id) & (approvals.c.state == "decided")
    used = update(approvals).where(is_unused).values(state="used", taken_up_ms=now_ms)
    assert connection.execute(used).rowcount == 1  # writers come one after the other, and this one has just seen it


def _decide_live(connection: Connection, row: Row[Any], decision: Decision, now_ms: int) -> str:
    request = ApprovalRequest.from_facts(from_wire(row.request))
    edited = None if decision.arguments is None else voted_digest(request, decision.arguments)
    values = _decided(decision, now_ms) | {"edited_digest": edited}
    connection.execute(update(approvals).where(approvals.c.id == row.id).values(values))
    return _save_live_vote(connection, row.id, decision, edited or row.digest)


def _insert_live(
    connection: Connection, lease: Lease, facts: Mapping[str, Any], decision: Decision, now_ms: int
) -> str:
    _insert(connection, _asked_live(lease, facts), _decided(decision, now_ms) | _moment(now_ms))
    return _save_live_vote(connection, facts["request"], decision, facts["digest"])


def _give_up(
    connection: Connection, lease: Lease, row: Row[Any] | None, facts: Mapping[str, Any], end: str, now_ms: int
) -> Iterator[_Event]:
    values = {"state": end, "taken_up_ms": now_ms}
    if row is None:
        _insert(connection, _asked_live(lease, facts), values | _moment(now_ms))
    elif row.state in ("open", end) and row.taken_up_ms is None:
        connection.execute(update(approvals).where(approvals.c.id == row.id).values(values))
    elif end == "expired":
        raise _refused(row, f"it is {row.state} already")
    if row is None or row.state == "open":
        yield (
            f"approval.{end}", None,
            {"approval": facts["request"], "call": facts["call"], "digest": facts["digest"]},
        )  # fmt: skip


def _moment(now_ms: int) -> dict[str, Any]:
    """Of a question that never waited."""
    return {"asked_ms": now_ms, "expires_ms": now_ms}


def _asked_live(lease: Lease, facts: Mapping[str, Any]) -> dict[str, Any]:
    named = {"id": facts["request"], "run_id": lease.run_id, "ordinal": facts["call"]}
    return named | {"tool": facts["tool"], "digest": facts["digest"]}


def _decided(decision: Decision, now_ms: int) -> dict[str, Any]:
    values = {"state": "used", "decision": decision_json(decision), "decided_ms": decision.at_ms or now_ms}
    return values | {"taken_up_ms": now_ms}


def _save_live_vote(connection: Connection, id_: str, decision: Decision, digest: str) -> str:
    # After the votes that the store has: people who were asked through it come first.
    return save_vote(connection, id_, decision, n=1_000_000, source=_LIVE, digest=digest)


def _insert(connection: Connection, asked: Mapping[str, Any], values: dict[str, Any]) -> None:
    named = {name: asked[name] for name in ("id", "run_id", "ordinal", "tool", "digest")}
    connection.execute(insert(approvals).values(named | values))


def _row(connection: Connection, id_: str) -> Row[Any] | None:
    return connection.execute(select(approvals).where(approvals.c.id == id_)).one_or_none()


def _needs_several(row: Row[Any]) -> bool:
    """Whether the question was put to people by name; a process on its own cannot answer for them."""
    return bool(from_wire(row.request).get("quorum"))


def _is_hosts_denial(decision: Decision) -> bool:
    """The host may deny what people approved: where the call is another one than they were shown."""
    return decision.verdict == "deny" and decision.who == HOST


def _is_same(row: Row[Any], decision: Decision) -> bool:
    """Whether the run went on with what was decided; who said it and when is the store's to say."""
    stored = decision_of(from_wire(row.decision))
    names = ("verdict", "digest", "arguments", "ceiling", "value")
    return all(getattr(stored, name) == getattr(decision, name) for name in names)


def _refused(row: Row[Any], why: str) -> DecisionRefusedError:
    return DecisionRefusedError(
        f"the question {row.id} cannot be taken up: {why}", tool=row.tool, details={"approval": row.id}
    )
