"""A question as the store has it: what was asked, the votes, and what they came to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, insert, select

from belljar.errors import NotInStoreError, UsageError
from belljar.store._proof import vote_sha256
from belljar.store._rows import dumps
from belljar.store._schema import approvals, votes
from belljar.tools import ApprovalRequest, Decision
from belljar.tools._approval import approval_digest
from belljar.tools._questions import decision_of
from belljar.tools._terms import Quorum
from belljar.values import from_wire

QUESTION_STATES: Final = ("open", "decided", "used", "expired", "cancelled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """One person's answer."""

    who: str
    source: str
    """From where: "cli", "web 127.0.0.1"."""
    at_ms: int
    verdict: str
    reason: str
    arguments: Mapping[str, Any] | None
    """Instead of the request's."""
    digest: str
    """Of the call with the arguments that were voted for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question to people about one call."""

    id: str
    run_id: str
    ordinal: int
    """Of the call in its run."""
    tool: str
    request: ApprovalRequest | None
    """All of it. None where somebody was there to be asked and it never waited in the store, and where another version
    of belljar asked in terms that this one does not know."""
    state: str
    """open, decided, used (the run went on with the decision), expired, cancelled (the run ended)."""
    asked_ms: int
    expires_ms: int
    """When it expires: milliseconds since 1970, UTC."""
    digest: str
    """Of the call as it was asked about."""
    votes: tuple[Vote, ...]
    """The first first."""
    decision: Decision | None
    """What the votes came to."""
    decided_ms: int | None
    edited_digest: str | None
    """Of the call with the arguments that were decided on, where they are others than asked."""

    @property
    def quorum(self) -> Quorum | None:
        """Whose word is needed."""
        return self.request.quorum if self.request is not None else None

    @property
    def schema(self) -> Mapping[str, Any] | None:
        """JSON Schema of the tool's parameters."""
        return self.request.schema if self.request is not None else None


def decision_json(decision: Decision) -> str:
    """JSON that `decision_from` reads."""
    names = ("verdict", "digest", "reason", "who", "at_ms", "value")
    facts = {name: getattr(decision, name) for name in names}
    facts["ceiling"] = decision.ceiling.to_dict() if decision.ceiling is not None else None
    facts["arguments"] = dict(decision.arguments) if decision.arguments is not None else None
    return dumps(facts)


def decision_from(text: str) -> Decision:
    """The decision of that JSON."""
    return decision_of(from_wire(text))


def voted_digest(request: ApprovalRequest, arguments: Mapping[str, Any] | None) -> str:
    """The digest of the call with these arguments."""
    if arguments is None:
        return request.digest
    # The id ends with the ordinal, and with the attempt where it is not the first.
    attempt = int(request.id.rpartition(":")[2].partition(".")[2] or 1)
    return approval_digest(request.script_sha256, request.ordinal, request.tool, arguments, attempt=attempt)


def load(connection: Connection, query: Select[Any]) -> list[Question]:
    """The questions whose rows `query` selects, in its order."""
    rows = connection.execute(query).all()
    cast = select(votes).where(votes.c.approval_id.in_([row.id for row in rows])).order_by(votes.c.n)
    by_id: dict[str, list[Vote]] = {}
    for vote in connection.execute(cast):
        by_id.setdefault(vote.approval_id, []).append(_vote(vote))
    return [_question(row, by_id.get(row.id, ())) for row in rows]


def load_one(connection: Connection, id_: str) -> Question:
    """Raises NotInStoreError."""
    found = load(connection, select(approvals).where(approvals.c.id == id_))
    if not found:
        raise NotInStoreError(f"the store has no question {id_!r}", details={"approval": id_})
    return found[0]


def save_vote(connection: Connection, id_: str, decision: Decision, *, n: int, source: str, digest: str) -> str:
    """Keep one person's answer. What the audit log knows it by."""
    named = {name: getattr(decision, name) for name in ("who", "at_ms", "verdict", "reason")}
    vote = named | {"source": source, "digest": digest, "decision": decision_json(decision)}
    connection.execute(insert(votes).values(approval_id=id_, n=n, **vote))
    return vote_sha256(vote)


def vote_decisions(connection: Connection, id_: str) -> list[Decision]:
    """The answers that a question got, the first first."""
    query = select(votes.c.decision).where(votes.c.approval_id == id_).order_by(votes.c.n)
    return [decision_from(text) for text in connection.scalars(query)]


def _vote(row: Row[Any]) -> Vote:
    return Vote(
        who=row.who,
        source=row.source,
        at_ms=row.at_ms,
        verdict=row.verdict,
        reason=row.reason,
        arguments=decision_from(row.decision).arguments,
        digest=row.digest,
    )


def _request(text: str) -> ApprovalRequest | None:
    try:
        return ApprovalRequest.from_facts(from_wire(text))
    except (
        AttributeError,
        KeyError,
        TypeError,
        UsageError,
    ):  # of another version: it can be listed, and nobody can vote on it here
        return None


def _question(row: Row[Any], cast: Iterable[Vote]) -> Question:
    return Question(
        id=row.id,
        run_id=row.run_id,
        ordinal=row.ordinal,
        tool=row.tool,
        request=None if row.request is None else _request(row.request),
        state=row.state,
        asked_ms=row.asked_ms,
        expires_ms=row.expires_ms,
        digest=row.digest,
        votes=tuple(cast),
        decision=None if row.decision is None else decision_from(row.decision),
        decided_ms=row.decided_ms,
        edited_digest=row.edited_digest,
    )
