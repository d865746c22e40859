"""The questions of a store: found, voted on, and taken up by their runs.

A question is decided once. Whoever answers later, or twice, changes nothing and is told what holds. Every vote and
every decision is in the audit log, in the same transaction.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from sqlalchemy import Connection, Row, select, update

from belljar.audit import AuditEvent
from belljar.errors import DecisionRefusedError
from belljar.store._budgets import Budget, budgets_of
from belljar.store._database import Database
from belljar.store._leases import request_of, row_of, run_event
from belljar.store._listing import older
from belljar.store._proof import text_sha256
from belljar.store._questions import (
    Question,
    decision_from,
    decision_json,
    load,
    load_one,
    save_vote,
    vote_decisions,
    voted_digest,
)
from belljar.store._schema import approvals
from belljar.store._trail import Trail
from belljar.store._voting import check, named, outcome
from belljar.tools import Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a question stands after an answer."""

    question: Question
    is_new: bool
    """Whether the answer counted. False for one that came too late, or a second time."""
    decided: Decision | None
    """What holds; None while more votes are needed."""


class Approvals:
    """Each method is one transaction. Any thread may call it."""

    def __init__(self, database: Database, trail: Trail) -> None:
        self._database = database
        self._trail = trail

    def open(self, *, run_id: str | None = None, limit: int | None = None) -> list[Question]:
        """What waits for people, the oldest first; at most `limit` of it."""
        order = (approvals.c.asked_ms, approvals.c.id)
        query = select(approvals).where(approvals.c.state == "open").order_by(*order).limit(limit)
        return self._load(query if run_id is None else query.where(approvals.c.run_id == run_id))

    def find(
        self,
        *,
        state: str | None = None,
        run_id: str | None = None,
        before: tuple[int, str] | None = None,
        limit: int = 50,
    ) -> list[Question]:
        """Questions, newest first. `before` is the (asked_ms, id) of the last one of the page before."""
        query = select(approvals).order_by(approvals.c.asked_ms.desc(), approvals.c.id.desc()).limit(limit)
        for column, value in ((approvals.c.state, state), (approvals.c.run_id, run_id)):
            query = query if value is None else query.where(column == value)
        if before is not None:
            query = query.where(older(approvals.c.asked_ms, approvals.c.id, before))
        return self._load(query)

    def _load(self, query: Any) -> list[Question]:
        return self._database.read(lambda connection: load(connection, query))

    def get(self, id_: str) -> Question:
        """One question. Raises NotInStoreError."""
        return self._database.read(lambda connection: load_one(connection, id_))

    def budgets(self, run_id: str) -> list[Budget]:
        """The approvals of the run that have a ceiling, and what was used of each."""
        return self._database.read(lambda connection: budgets_of(connection, run_id))

    # -- deciding -----------------------------------------------------------------------------------------------------

    def vote(self, id_: str, decision: Decision, *, who: str, source: str, now_ms: int) -> Standing:
        """One person's answer. Harmless twice: the same person again, or a question that is decided, changes nothing.

        Raises DecisionRefusedError where the answer cannot count, and NotInStoreError.
        """
        made = named(decision, who, now_ms=now_ms)
        return self._database.write(lambda connection: self._vote(connection, id_, made, source, now_ms))

    def _vote(self, connection: Connection, id_: str, decision: Decision, source: str, now_ms: int) -> Standing:
        question = load_one(connection, id_)
        is_decided = question.decision is not None
        if is_decided or any(vote.who == decision.who for vote in question.votes):
            return Standing(question=question, is_new=False, decided=question.decision)
        if question.request is None:
            raise DecisionRefusedError(
                f"the question {id_} was asked by another version of belljar; this one cannot show it",
                tool=question.tool,
            )
        check(question, decision, now_ms=now_ms)
        digest = voted_digest(question.request, decision.arguments)
        known_by = save_vote(connection, id_, decision, n=len(question.votes) + 1, source=source, digest=digest)
        more: dict[str, Any] = {"source": source, "vote_sha256": known_by}
        voted = question_event(connection, "approval.voted", question, decision, actor=decision.who, **more)
        self._trail.append(connection, voted)
        decided = outcome(question.request, vote_decisions(connection, id_), now_ms=now_ms)
        if decided is not None:
            self._decide(connection, question, decided, now_ms)
        return Standing(question=load_one(connection, id_), is_new=True, decided=decided)

    def _decide(self, connection: Connection, question: Question, decided: Decision, now_ms: int) -> None:
        assert question.request is not None
        text = decision_json(decided)
        told = question_event(
            connection, "approval.decided", question, decided, actor=decided.who, decision_sha256=text_sha256(text)
        )
        (record,) = self._trail.append(connection, told)
        edited = None if decided.arguments is None else voted_digest(question.request, decided.arguments)
        values = {"state": "decided", "decision": text, "decided_ms": now_ms, "edited_digest": edited}
        is_open = (approvals.c.id == question.id) & (approvals.c.state == "open")
        changed = connection.execute(update(approvals).where(is_open).values(values | {"decided_seq": record.seq}))
        assert changed.rowcount == 1  # writers come one after the other, and this one has just seen it open

    def decision_for(self, request_id: str, digest: str, now_ms: int) -> Decision | Literal["expired"] | None:
        """What holds when a run asks again: the decision, "expired", or None while it is open or where it is used up.

        Raises DecisionRefusedError where what was decided on is another call.
        """
        query = select(approvals).where(approvals.c.id == request_id)
        row = self._database.read(lambda connection: connection.execute(query).one_or_none())
        if row is None or row.state in ("used", "cancelled"):
            return None
        if row.digest != digest:
            raise DecisionRefusedError("what was decided on is another call", details={"approval": request_id})
        if row.state == "decided":
            return decision_from(row.decision)
        return "expired" if row.state == "expired" or row.expires_ms <= now_ms else None

    def expire(self, now_ms: int) -> int:
        """End open questions whose time is over; their runs become ready. How many there were."""
        late = (approvals.c.state == "open") & (approvals.c.expires_ms <= now_ms)
        if self._database.read(lambda c: c.execute(select(approvals.c.id).where(late).limit(1)).first()) is None:
            return 0
        return self._database.write(lambda connection: self._expire(connection, late, now_ms))

    def _expire(self, connection: Connection, late: Any, now_ms: int) -> int:
        order = select(approvals).where(late).order_by(approvals.c.expires_ms, approvals.c.id)
        questions = connection.execute(order).all()
        connection.execute(update(approvals).where(late).values(state="expired", decided_ms=now_ms))
        events = (
            question_event(connection, "approval.expired", each, None, actor=self._trail.actor, now_ms=now_ms)
            for each in questions
        )
        self._trail.append(connection, *events)
        return len(questions)


def question_event(
    connection: Connection,
    event: str,
    question: Question | Row[Any],
    decision: Decision | None,
    *,
    actor: str,
    now_ms: int = 0,
    **more: Any,
) -> AuditEvent:
    """An event of a question, with what was decided."""
    details: dict[str, Any] = {"approval": question.id, "call": question.ordinal, "digest": question.digest, **more}
    if decision is not None:
        details |= decision_details(question, decision)
    time_ms = decision.at_ms if decision is not None else now_ms
    request = request_of(row_of(connection, question.run_id))
    told = run_event(event, request, question.run_id, actor, time_ms, details)
    return replace(told, action=question.tool)


def decision_details(question: Question | Row[Any], decision: Decision) -> dict[str, Any]:
    """What the audit log has of a decision."""
    details: dict[str, Any] = {"verdict": decision.verdict, "reason": decision.reason}
    if decision.ceiling is not None:
        details["ceiling"] = decision.ceiling.to_dict()
    if decision.arguments is not None and question.request is not None:
        details["arguments"] = dict(decision.arguments)
        details["edited_digest"] = voted_digest(question.request, decision.arguments)
    return details
