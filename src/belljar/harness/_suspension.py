"""A run that waits for a person and is no process's business meanwhile: what it waits for, and how it is taken up.

The journal holds all of it. Its last record, "suspend", has the open questions; the run goes on by replaying the
journal in a fresh machine, so no tool is called twice, and any build of the guest can do it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from belljar.errors import JournalError, UsageError
from belljar.journal import History, Journal, Record, seal, unseal
from belljar.machine import user_key
from belljar.tools import ApprovalRequest, Approver, CallbackApprover, Decision, MaybeAnswer
from belljar.tools._approval import decision_on
from belljar.tools._clock import wall_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspension:
    """What a suspended run waits for."""

    run_id: str
    pending: tuple[ApprovalRequest, ...]
    """The open questions, in the order of the calls."""
    state: str = field(repr=False)
    """All that another process needs to go on: ASCII text, sealed with the harness's `image_key`. It holds the script,
    its arguments and the tools' answers, and is not encrypted."""

    @classmethod
    def of(cls, journal: Journal, *, key: bytes | None) -> Suspension:
        """Of the run with this journal. Raises JournalError where the run is not suspended."""
        history = History(journal.records)
        state = seal(journal, key or user_key())
        return cls(run_id=history.run["run_id"], pending=pending_of(history), state=state)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON data for a person's eyes: the questions as an approver sees them, without `state`."""
        return {"run_id": self.run_id, "pending": [request.to_dict() for request in self.pending]}


def open_state(state: str, *, key: bytes | None) -> Journal:
    """The journal in a `Suspension.state`. Raises JournalError: changed, of another key, or not suspended."""
    journal = unseal(state, key or user_key())
    pending_of(History(journal.records))
    return journal


def pending_of(history: History) -> tuple[ApprovalRequest, ...]:
    """The questions that a suspended run waits for. Raises JournalError where it is not suspended."""
    if history.suspension is None:
        raise JournalError("this run is not suspended", hint="It has ended, goes on, or its process died.")
    return tuple(_request(facts) for facts in history.suspension["pending"])


def write_suspension(
    journal: Journal, pending: Iterable[ApprovalRequest], *, spent_ms: int, trace: Mapping[str, str]
) -> None:
    """The journal's last record until the run goes on, on the disk when this returns."""
    known = History(journal.records).questions
    asked = [_named(request) if request.id in known else request.to_facts() for request in pending]
    facts = {"pending": asked, "spent_ms": spent_ms, "trace": dict(trace)}
    journal.append(Record("suspend", facts | {"at_ms": wall_ms()}), durable=True)
    journal.close()


def _named(request: ApprovalRequest) -> dict[str, Any]:
    """Of a question that an earlier record has whole: else a journal grows with the square of its open questions."""
    return {"id": request.id, "ordinal": request.ordinal, "tool": request.tool, "digest": request.digest}


def decided(
    decisions: Mapping[str, MaybeAnswer], pending: Iterable[ApprovalRequest], otherwise: Approver | None
) -> Approver:
    """Answers with `decisions`, by request id, and asks `otherwise` about the rest.

    A decision is on what `pending` shows; should the call be another one when it is made again, it is denied. Raises
    UsageError for other ids, kinds and digests.
    """
    made = dict(_decisions(decisions, {request.id: request for request in pending}))

    async def decide(request: ApprovalRequest) -> MaybeAnswer:
        if request.id in made:
            return made[request.id]
        return False if otherwise is None else await otherwise.decide(request)

    return CallbackApprover(decide, who="resume")


def _decisions(
    answers: Mapping[str, MaybeAnswer], asked: Mapping[str, ApprovalRequest]
) -> Iterator[tuple[str, Decision]]:
    for id_, answer in answers.items():
        if id_ not in asked:
            raise UsageError(f"nobody asked {id_!r}", hint=f"The run waits for: {', '.join(asked)}.")
        decision = decision_on(asked[id_], answer, who="resume")
        if decision is None:
            continue
        if decision.digest != asked[id_].digest:
            raise UsageError(f"the decision on {id_!r} was made for another call", hint="Take it from `pending`.")
        yield id_, decision


def _request(facts: Mapping[str, Any]) -> ApprovalRequest:
    try:
        return ApprovalRequest.from_facts(facts)
    except TypeError as error:
        raise JournalError("the journal's open questions are not those of this version") from error
