"""What the audit log says of the rows of runs and questions, and whether they are so."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import Connection, Row, select

from belljar.errors import AuditBrokenError
from belljar.store._leases import CANCELLED
from belljar.store._proof import text_sha256, vote_sha256
from belljar.store._schema import approvals, runs, votes

T = TypeVar("T", "_Run", "_Question")
_ACTIVE: Final = "queued or running"
_STATES: Final = {"approval.requested": "open"} | {
    f"approval.{state}": state for state in ("decided", "used", "expired", "cancelled")
}
_RESTS: Final = {"run.suspended": "suspended", "run.cancelled": "cancelled"}


_OF_RUN: Final = (
    "id", "state", "source", "request", "script_sha256", "error", "outcome_sha256", "cancel_requested", "records",
    "head",
)  # fmt: skip


@dataclass(slots=True, kw_only=True)
class _Run:
    seq: int
    """Of the last record that says something of its row."""
    script_sha256: str
    request_sha256: str
    state: str = _ACTIVE
    error: str | None = None
    outcome_sha256: str | None = None
    is_resumed: bool = False
    is_cancelled: bool = False
    """Whether somebody wanted it to be."""
    journal: tuple[int, str] | None = None
    """Its length and head, where it is at rest."""


@dataclass(slots=True, kw_only=True)
class _Question:
    seq: int
    state: str = "open"
    request_sha256: str | None = None
    decision_sha256: str | None = None
    digest: str | None = None
    expires_ms: int | None = None
    """None for one that never waited."""
    votes: list[str] = field(default_factory=list)


class _Rows(Generic[T]):
    """Rows of one kind, by id."""

    prefix: str
    noun: str

    def __init__(self) -> None:
        self.told: dict[str, T] = {}

    def match(self, rows: Iterable[Row[Any]], is_so: Callable[[T, Row[Any]], bool]) -> None:
        """Raise AuditBrokenError for the first row that is another than the log says, is missing, or is too many."""
        left = dict(self.told)
        for row in rows:
            told = left.pop(row.id, None)
            if told is None:
                raise self._broken(None, row.id, "inserted", "is not known to the audit log")
            if not is_so(told, row):
                raise self._broken(told.seq, row.id, "edited", f"is not what record {told.seq} of the audit log says")
        for id_, told in left.items():
            raise self._broken(
                told.seq, id_, "missing", f"is missing, of which record {told.seq} of the audit log tells"
            )

    def _broken(self, seq: int | None, id_: str, kind: str, why: str) -> AuditBrokenError:
        details = {"record": seq, "kind": kind, f"{self.noun}_id": id_}
        return AuditBrokenError(f"the {self.noun} {id_} {why}", details=details)


class ToldRuns(_Rows[_Run]):
    """State, script, request and outcome of each run."""

    prefix = "run."
    noun = "run"

    def note(self, seq: int, facts: Mapping[str, Any]) -> None:
        """One record about a run."""
        event, details = facts["event"], facts["details"]
        if event == "run.queued":
            self.told[facts["run_id"]] = _Run(
                seq=seq, script_sha256=facts["script_sha256"], request_sha256=details["request_sha256"]
            )
        run = self.told.get(facts["run_id"])
        if run is None:
            return
        run.seq = seq
        run.is_cancelled = run.is_cancelled or event == "run.cancelled"
        if event == "run.cancelled" and "journal_records" not in details:
            return  # it was only asked for
        run.is_resumed = event == "run.resumed"
        run.state = facts["action"] if event == "run.ended" else _RESTS.get(event, _ACTIVE)
        run.error = CANCELLED if event == "run.cancelled" else details.get("code")
        run.outcome_sha256 = details.get("outcome_sha256")
        is_at_rest = event == "run.ended" or event in _RESTS
        run.journal = (details["journal_records"], details["journal_sha256"]) if is_at_rest else None

    def compare(self, connection: Connection) -> None:
        """Raise AuditBrokenError."""
        rows = connection.execute(select(*(runs.c[name] for name in _OF_RUN)).order_by(runs.c.id))
        self.match(rows, _is_run)


def _is_run(told: _Run, row: Row[Any]) -> bool:
    state = _ACTIVE if row.state in ("queued", "running") else row.state
    if told.is_resumed and state == "suspended":
        state = _ACTIVE  # given back as it was taken
    script, request = text_sha256(row.source), text_sha256(row.request)
    known = (told.state, told.error, told.outcome_sha256, told.script_sha256, told.request_sha256, told.is_cancelled)
    found = (state, row.error, row.outcome_sha256, script, request, row.cancel_requested)
    journal = (row.records, row.head)
    return found == known and row.script_sha256 == script and told.journal in (None, journal)


class ToldQuestions(_Rows[_Question]):
    """State, request, votes and decision of each question."""

    prefix = "approval."
    noun = "question"

    def note(self, seq: int, facts: Mapping[str, Any]) -> None:
        """One record about a question."""
        details = facts["details"]
        question = self.told.setdefault(details["approval"], _Question(seq=seq))
        question.seq = seq
        question.state = _STATES.get(facts["event"], question.state)
        for name in ("request_sha256", "decision_sha256", "digest", "expires_ms"):
            setattr(question, name, details.get(name, getattr(question, name)))
        if "vote_sha256" in details:
            question.votes.append(details["vote_sha256"])

    def compare(self, connection: Connection) -> None:
        """Raise AuditBrokenError."""
        cast: dict[str, list[str]] = {}
        for vote in connection.execute(select(votes)):
            cast.setdefault(vote.approval_id, []).append(vote_sha256(dict(vote._mapping)))
        names = ("id", "state", "request", "decision", "digest", "expires_ms")
        rows = connection.execute(select(*(approvals.c[name] for name in names)).order_by(approvals.c.id))
        self.match(rows, lambda told, row: _is_question(told, row, cast.get(row.id, [])))


def _is_question(told: _Question, row: Row[Any], cast: list[str]) -> bool:
    known = (told.state, told.request_sha256, told.decision_sha256, told.digest, sorted(told.votes))
    found = (row.state, _hash(row.request), _hash(row.decision), row.digest, sorted(cast))
    return known == found and told.expires_ms in (None, row.expires_ms)


def _hash(text: str | None) -> str | None:
    return None if text is None else text_sha256(text)
