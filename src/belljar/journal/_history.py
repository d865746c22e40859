"""What a journal says happened. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from belljar.errors import BelljarError, JournalError, from_dict
from belljar.journal._records import Record
from belljar.machine import Answer


class CallState(Enum):
    """What is known of a call."""

    INTENDED = "intended"
    """The journal has the intent and the run goes on."""
    DONE = "done"
    """The tool gave a value."""
    FAILED = "failed"
    """The tool raised, or the call was refused before it was made."""
    UNKNOWN = "unknown"
    """The tool was called and nobody saw it end: it may have had its effect."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallStatus:
    """One call that was started, and how far it came."""

    id: int
    tool: str
    state: CallState
    line: int
    column: int
    error: str | None = None
    """Code of the error, where it failed."""

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for reports to the model."""
        data: dict[str, Any] = {"call": self.id, "tool": self.tool, "state": self.state.value, "line": self.line}
        return data | ({"error": self.error} if self.error else {})


class History:
    """A journal's records, indexed."""

    def __init__(self, records: Iterable[Record]) -> None:
        self.run: Mapping[str, Any] = {}
        self.end: Mapping[str, Any] | None = None
        self.suspension: Mapping[str, Any] | None = None
        """What the run waits for, where the last record says that it is suspended."""
        self.settles: list[Mapping[str, Any]] = []
        self.intents: dict[int, Mapping[str, Any]] = {}
        self.answers: dict[int, Mapping[str, Any]] = {}
        self.approvals: dict[int, Mapping[str, Any]] = {}
        self.aborts: dict[int, Mapping[str, Any]] = {}
        for record in records:
            self._take(record)

    def _take(self, record: Record) -> None:
        facts = record.facts
        self.suspension = facts if record.type == "suspend" else None
        match record.type:
            case "run":
                self.run = facts
            case "end":
                self.end = facts
            case "settle":
                self.settles.append(facts)
            case "intent":
                self.intents[facts["call"]] = facts
            case "answer":
                if facts["call"] not in self.intents and not isinstance(facts.get("tool"), str):
                    raise JournalError(f"the journal answers call {facts['call']}, which nobody made")
                self.answers.setdefault(facts["call"], facts)
            case "approval":
                self.approvals[facts["call"]] = facts
            case "abort":
                self.aborts[facts["call"]] = facts

    def answer(self, call: int) -> Answer:
        """The answer that `call` got. Raises JournalError where the journal has none."""
        facts = self.answers.get(call)
        if facts is None:
            raise JournalError(f"the journal settles call {call} but has no answer to it")
        error = error_of(facts)
        return Answer(call, facts.get("value"), error)

    @property
    def approved_tools(self) -> frozenset[str]:
        """Tools that a person approved for the rest of the run."""
        granted = (id_ for id_, facts in self.approvals.items() if facts["verdict"] == "approve_for_run")
        return frozenset(self.intents[id_]["tool"] for id_ in granted if id_ in self.intents)

    def is_open(self, call: int) -> bool:
        """Whether nobody has answered `call` or given it up."""
        return call not in self.answers and call not in self.aborts

    def calls(self) -> tuple[CallStatus, ...]:
        """Every call that was started or refused, in order, with its state."""
        ids = sorted(self.intents.keys() | self.answers.keys())
        return tuple(self._status(id_) for id_ in ids)

    def _status(self, id_: int) -> CallStatus:
        facts = self.intents.get(id_) or self.answers[id_]
        answer = self.answers.get(id_)
        if answer is None:
            state = CallState.UNKNOWN if self.end is not None or id_ in self.aborts else CallState.INTENDED
        elif not answer.get("error"):
            state = CallState.DONE
        else:
            state = CallState.UNKNOWN if answer.get("unknown") else CallState.FAILED
        code = answer["error"]["code"] if answer is not None and answer.get("error") else None
        return CallStatus(
            id=id_, tool=facts["tool"], state=state, line=facts["line"] or 0, column=facts["column"] or 0, error=code
        )

    def after_crash(self) -> tuple[CallStatus, ...]:
        """`calls`, for the journal of a process that is known to be dead: an intent without an answer is unknown."""
        return tuple(
            CallStatus(id=call.id, tool=call.tool, state=CallState.UNKNOWN, line=call.line, column=call.column)
            if call.state is CallState.INTENDED
            else call
            for call in self.calls()
        )


def error_of(facts: Mapping[str, Any]) -> BelljarError | None:
    """The error in an answer or end record; None where it holds a value."""
    return from_dict(facts["error"]) if facts.get("error") else None
