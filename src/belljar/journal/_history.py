"""What a journal says happened. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from belljar.errors import BelljarError, JournalError, from_dict
from belljar.journal._records import Record
from belljar.machine import Answer, ConsoleLine, Output, Progress


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
        self.attempts: dict[int, int] = {}
        """How often each call was sent to its tool."""
        self.unused: dict[int, Mapping[str, Any]] = {}
        """Decisions that nothing came of yet."""
        self.questions: dict[str, Mapping[str, Any]] = {}
        """What people were asked, whole, by the question's id."""
        self.asked: dict[int, str] = {}
        """Why calls that are open asked for a decision in the middle of their work."""
        self.waiting: dict[int, str] = {}
        """Why people were asked about calls, of those that nobody has decided on."""
        self.grants: dict[str, Mapping[str, Any]] = {}
        """Approvals for the rest of the run, by tool; the last of each counts."""
        self.spent_ms = 0
        """Running time, as far as the journal knows."""
        self._in_flight: dict[int, None] = {}
        self._outputs: list[Mapping[str, Any]] = []
        self._settled: set[int] = set()
        for record in records:
            self._take(record)

    def _take(self, record: Record) -> None:
        facts = record.facts
        self.suspension = None
        self.spent_ms = facts.get("spent_ms", self.spent_ms)
        if (take := getattr(self, f"_take_{record.type}", None)) is not None:
            take(facts)

    def _take_run(self, facts: Mapping[str, Any]) -> None:
        self.run = facts

    def _take_end(self, facts: Mapping[str, Any]) -> None:
        self.end = facts

    def _take_suspend(self, facts: Mapping[str, Any]) -> None:
        self.questions.update((asked["id"], asked) for asked in facts["pending"] if "arguments" in asked)
        pending = [self.questions.get(asked["id"], asked) for asked in facts["pending"]]
        self.suspension = {**facts, "pending": pending}
        self.waiting.update((asked["ordinal"], asked["reason"]) for asked in pending)

    def _take_output(self, facts: Mapping[str, Any]) -> None:
        self._outputs.append(facts)

    def _take_settle(self, facts: Mapping[str, Any]) -> None:
        self.settles.append(facts)
        self._settled.update(facts["calls"])

    def _take_intent(self, facts: Mapping[str, Any]) -> None:
        call = facts["call"]
        self.intents[call] = facts
        self.attempts[call] = self.attempts.get(call, 0) + 1
        self.unused.pop(call, None)
        self.asked.pop(call, None)
        self.waiting.pop(call, None)
        self._in_flight[call] = None

    def _take_ask(self, facts: Mapping[str, Any]) -> None:
        self.asked[facts["call"]] = facts["reason"]
        self._in_flight.pop(facts["call"], None)

    def _take_answer(self, facts: Mapping[str, Any]) -> None:
        call = facts["call"]
        if call not in self.intents and not isinstance(facts.get("tool"), str):
            raise JournalError(f"the journal answers call {call}, which nobody made")
        self.answers.setdefault(call, facts)
        self.unused.pop(call, None)
        self.waiting.pop(call, None)
        self._in_flight.pop(call, None)

    def _take_approval(self, facts: Mapping[str, Any]) -> None:
        self.approvals[facts["call"]] = facts
        self.waiting.pop(facts["call"], None)
        if "who" in facts:  # else nobody decided
            self.unused[facts["call"]] = facts
        if facts["verdict"] == "approve_for_run" and "tool" in facts:
            self.grants[facts["tool"]] = facts

    def _take_abort(self, facts: Mapping[str, Any]) -> None:
        self.aborts[facts["call"]] = facts
        self._in_flight.pop(facts["call"], None)

    def answer(self, call: int) -> Answer:
        """The answer that `call` got. Raises JournalError where the journal has none."""
        facts = self.answers.get(call)
        if facts is None:
            raise JournalError(f"the journal settles call {call} but has no answer to it")
        error = error_of(facts)
        return Answer(call, facts.get("value"), error)

    @property
    def unsettled(self) -> tuple[Answer, ...]:
        """Answers that are known and never went back to the script, in the order in which they came."""
        waiting = (call for call in self.answers if call not in self._settled and call not in self.aborts)
        return tuple(self.answer(call) for call in waiting)

    def is_in_flight(self, call: int) -> bool:
        """Whether `call` was sent to its tool and nothing was heard of it: it may have taken place."""
        return call in self._in_flight

    @property
    def printed(self) -> frozenset[int]:
        """Steps, from 1, whose output the journal has."""
        return frozenset(facts["step"] for facts in self._outputs)

    def outputs_until(self, settled: int) -> Iterator[Output]:
        """What the script printed and reported up to the step after so many settled ones."""
        for facts in self._outputs:
            if facts["step"] <= settled + 1:
                console = (ConsoleLine(**line) for line in facts["console"])
                progress = (Progress(**event) for event in facts["progress"])
                yield Output(console=tuple(console), progress=tuple(progress))

    def is_approved(self, call: int) -> bool:
        """Whether somebody agreed to `call`, or to the calls of its tool for the run, before it was sent."""
        said = self.approvals.get(call, {}).get("verdict")
        return said in ("approve", "approve_for_run") or self.intents.get(call, {}).get("granted") is not None

    def granted(self, approval: int) -> tuple[Mapping[str, Any], ...]:
        """The calls that were sent on the approval for the run that `approval` got, itself included."""
        return tuple(facts for facts in self.intents.values() if facts.get("granted") == approval)

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
