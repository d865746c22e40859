"""What happened in a run and when, from its journal and its questions. Pure.

A run has one lane for itself and one for each call. A call's lane has the times it waited for a person and the times it
was with its tool; moments (a decision, a console line, progress, a recovery) have a lane or belong to the run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from belljar.journal import Record
from belljar.web._visible import cleaned, cut

if TYPE_CHECKING:
    from belljar.store import Question

BarKind = Literal["run", "suspended", "wait", "done", "failed", "unknown", "aborted", "going"]
MomentKind = Literal["decision", "console", "progress", "recovery", "end"]
_TEXT: Final = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A length of time."""

    kind: BarKind
    start_ms: int
    end_ms: int
    text: str
    """What it was, for a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A point of time."""

    kind: MomentKind
    at_ms: int
    text: str


@dataclass(slots=True, kw_only=True)
class Lane:
    """The run itself (call 0) or one of its calls."""

    call: int
    name: str
    line: int | None = None
    bars: list[Bar] = field(default_factory=list)
    moments: list[Moment] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """All lanes, the run's own first."""

    start_ms: int
    end_ms: int
    lanes: tuple[Lane, ...]

    @property
    def busy(self) -> Iterator[tuple[int, int]]:
        """The times in which more than waiting went on."""
        for lane in self.lanes:
            yield from ((bar.start_ms, bar.end_ms) for bar in lane.bars if bar.kind not in ("wait", "suspended"))
            yield from ((moment.at_ms, moment.at_ms) for moment in lane.moments)


def make_timeline(records: Iterable[Record], questions: Iterable[Question], *, now_ms: int) -> Timeline | None:
    """Of a run that may go on still; None before it has begun."""
    reader = _Reader(now_ms)
    for record in records:
        reader.read(record)
    for question in questions:
        reader.ask(question)
    return reader.timeline() if reader.run is not None else None


class _Reader:
    """Follows the records, in order. A record without a time of its own is as late as the one before it."""

    def __init__(self, now_ms: int) -> None:
        self.run: Lane | None = None
        self._now = now_ms
        self._at = self._before = 0
        """The time of this record, and of the one before."""
        self._start = 0
        self._active_since: int | None = None
        self._idle_since: int | None = None
        self._ended = False
        self._lanes: dict[int, Lane] = {}
        self._open: dict[int, int] = {}
        """Call -> when it was given to its tool."""

    def read(self, record: Record) -> None:
        self._before = self._at
        if record.type != "approval":  # that has the time of the person, which the run hears of later
            self._at = max(self._at, record.facts.get("at_ms") or record.facts.get("now_ms") or 0)
        if self._idle_since is not None and record.type not in ("suspend", "approval"):
            self._resume()
        take = _TAKERS.get(record.type)
        if take is not None:
            take(self, record.facts)

    def _resume(self) -> None:
        assert self.run is not None
        assert self._idle_since is not None
        self.run.bars.append(_bar("suspended", self._idle_since, self._at, "suspended, no process needed"))
        self._active_since, self._idle_since = self._at, None

    def take_run(self, _facts: Mapping[str, Any]) -> None:
        self.run = Lane(call=0, name="run")
        self._start = self._active_since = self._at

    def take_intent(self, facts: Mapping[str, Any]) -> None:
        self._lane(facts["call"], facts["tool"], facts["line"])
        self._open[facts["call"]] = self._at

    def take_answer(self, facts: Mapping[str, Any]) -> None:
        lane = self._lane(facts["call"], facts.get("tool") or "", facts.get("line"))
        error = facts.get("error")
        if error is None:
            self._close(lane, "done", "answered")
        else:
            self._close(lane, "unknown" if facts.get("unknown") else "failed", f"{error['code']}: {error['message']}")

    def take_abort(self, facts: Mapping[str, Any]) -> None:
        if facts["call"] in self._lanes:
            self._close(self._lanes[facts["call"]], "aborted", facts["reason"])

    def take_approval(self, facts: Mapping[str, Any]) -> None:
        lane = self._lane(facts["call"], facts.get("tool", ""), None)
        who = f" by {facts['who']}" if facts.get("who") else ""
        lane.moments.append(
            _moment("decision", facts.get("at_ms", self._at), f"{facts['verdict'].replace('_', ' ')}{who}")
        )

    def take_output(self, facts: Mapping[str, Any]) -> None:
        assert self.run is not None
        for line in facts["console"]:
            self.run.moments.append(_moment("console", self._at, f"{line.get('level', 'log')}: {line.get('text', '')}"))
        for each in facts["progress"]:
            self.run.moments.append(_moment("progress", self._at, str(each.get("message", ""))))

    def take_recover(self, facts: Mapping[str, Any]) -> None:
        assert self.run is not None
        calls = ", ".join(f"call {each.get('call')}: {each.get('how')}" for each in facts["calls"])
        text = f"another process went on; {calls or 'no call was open'}"
        self.run.moments.append(_moment("recovery", self._at, text))
        if self._active_since is not None and self._active_since <= self._before:
            self.run.bars.append(_bar("run", self._active_since, self._before, "running, until the last sign of life"))
            self._active_since = self._at
        for call in [each["call"] for each in facts["calls"] if each["call"] in self._open]:
            self._close(self._lanes[call], "unknown", "its process died; nobody knows whether it took place")

    def take_suspend(self, _facts: Mapping[str, Any]) -> None:
        assert self.run is not None
        if self._active_since is not None:
            self.run.bars.append(_bar("run", self._active_since, self._at, "running"))
        self._active_since, self._idle_since = None, self._at

    def take_end(self, facts: Mapping[str, Any]) -> None:
        assert self.run is not None
        error = facts.get("error")
        self.run.moments.append(_moment("end", self._at, error["code"] if error else "ended with a value"))
        self._ended = True

    def ask(self, question: Question) -> None:
        if self.run is None:
            return
        lane = self._lane(
            question.ordinal, question.tool, question.request.line if question.request is not None else None
        )
        until = question.decided_ms or (self._now if question.state == "open" else self._at)
        lane.bars.append(
            _bar("wait", question.asked_ms, max(until, question.asked_ms), f"waited for a person ({question.state})")
        )

    def timeline(self) -> Timeline:
        assert self.run is not None
        end = self._at if self._ended else self._now
        if self._active_since is not None:
            self.run.bars.append(_bar("run", self._active_since, end, "running"))
        if self._idle_since is not None:
            self.run.bars.append(_bar("suspended", self._idle_since, end, "suspended, no process needed"))
        for call in tuple(self._open):
            self._close(self._lanes[call], "unknown" if self._ended else "going", "no answer yet", end=end)
        lanes = (self.run, *(self._lanes[call] for call in sorted(self._lanes)))
        return Timeline(start_ms=self._start, end_ms=max(end, self._start), lanes=lanes)

    def _lane(self, call: int, name: str, line: int | None) -> Lane:
        lane = self._lanes.setdefault(call, Lane(call=call, name=name))
        lane.name, lane.line = lane.name or name, lane.line or line
        return lane

    def _close(self, lane: Lane, kind: BarKind, text: str, *, end: int | None = None) -> None:
        end = self._at if end is None else end
        lane.bars.append(_bar(kind, self._open.pop(lane.call, end), end, text))


def _bar(kind: BarKind, start_ms: int, end_ms: int, text: str) -> Bar:
    return Bar(kind=kind, start_ms=start_ms, end_ms=max(end_ms, start_ms), text=cut(cleaned(text), _TEXT))


def _moment(kind: MomentKind, at_ms: int, text: str) -> Moment:
    return Moment(kind=kind, at_ms=at_ms, text=cut(cleaned(text), _TEXT))


_TAKERS: Final[Mapping[str, Callable[[_Reader, Mapping[str, Any]], None]]] = {
    "run": _Reader.take_run,
    "intent": _Reader.take_intent,
    "answer": _Reader.take_answer,
    "abort": _Reader.take_abort,
    "approval": _Reader.take_approval,
    "output": _Reader.take_output,
    "recover": _Reader.take_recover,
    "suspend": _Reader.take_suspend,
    "end": _Reader.take_end,
}
