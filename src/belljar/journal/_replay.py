"""Run a journal again: the same machine, the recorded answers, no tool. The bytes of the outcome must match."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from belljar.errors import (
    BelljarError,
    HarnessInternalError,
    JournalError,
    ReplayDivergedError,
    SourceError,
    UsageError,
)
from belljar.journal._history import History, error_of
from belljar.journal._journal import Journal
from belljar.journal._records import dumps
from belljar.limits import FUEL_PER_MS, MAX_TIMEOUT_MS, Limits
from belljar.machine import ENGINES, METERED, Call, Finished, Machine, Step, Waiting, open_machine
from belljar.script import Script, reread
from belljar.values import canonical_json, wire_tree

_DEPTH = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How a run ended, as bytes that a replay must give again."""

    value: Any = None
    returned: bool = False
    error: BelljarError | None = None
    answer: str | None = None
    """In the sealed profile, the value as the text that the program gave."""

    @property
    def ok(self) -> bool:
        """Whether the run ended with a value."""
        return self.error is None

    @property
    def canonical_json(self) -> str:
        """RFC 8785: the value (null where there is none), or `{"error":{code,message,line,column}}`.

        In the sealed profile the value's records have their keys in the order of that profile.
        """
        if self.answer is not None:
            return self.answer
        if self.error is None:
            return canonical_json(wire_tree(self.value, depth=_DEPTH))
        facts = {name: getattr(self.error, name) for name in ("code", "message", "line", "column")}
        return canonical_json({"error": facts})

    @property
    def sha256(self) -> str:
        """Hex digest of `canonical_json`."""
        return hashlib.sha256(self.canonical_json.encode()).hexdigest()


def replay(journal: Journal | str | os.PathLike[str], *, engine: str | None = None) -> Result:
    """Run `journal` (or the file of that name) again and compare.

    No tool is called. Raises ReplayDivergedError, with the ordinal and both questions in `details`, where the script
    asks something else than it did or ends otherwise; JournalError for a journal that cannot be read or has no end.
    """
    if not isinstance(journal, Journal):
        journal = Journal.load(journal)
    history = History(journal.records)
    if history.end is None:
        raise JournalError("the journal ends before the run did", hint=_unended(history))
    recorded: str = history.run["engine"]
    if engine is None and recorded not in ENGINES:
        raise JournalError(f"the journal names an engine that is not known here: {recorded!r}")
    engine = engine or recorded
    limits = replay_limits(limits_of(history.run), engine)
    machine = open_machine(engine=engine, limits=limits, profile=history.run["profile"])
    try:
        result = _run(machine, history)
    finally:
        machine.close()
    if (expected := history.end["outcome_sha256"]) != result.sha256:
        raise ReplayDivergedError(
            "the replay ended otherwise than the run", details={"run": expected, "replay": result.sha256}
        )
    return result


def _unended(history: History) -> str:
    if history.suspension is not None:
        return "The run is suspended: resume it first."
    return "The run's process died; see its calls' states."


def limits_of(run: Mapping[str, Any]) -> Limits:
    """The limits in a journal's first record. Raises JournalError where this version cannot have written them."""
    try:
        return Limits(**run["limits"])
    except (TypeError, UsageError) as error:
        raise JournalError("the journal's limits are not those of this version") from error


def replay_limits(limits: Limits, engine: str) -> Limits:
    """What bounds a replay: the run's own memory and, where `engine` has it, fuel; and a clock far behind."""
    fuel = limits.fuel or limits.timeout_ms * FUEL_PER_MS if engine in METERED else None
    return replace(limits, fuel=fuel, timeout_ms=min(max(limits.timeout_ms * 10, 60_000), MAX_TIMEOUT_MS))


def _run(machine: Machine, history: History) -> Result:
    assert history.end is not None
    by_host = history.end["by"] == "host"
    ended = Result(value=history.end.get("value"), returned=history.end["returned"], error=error_of(history.end))
    if by_host and not history.end["steps"]:
        return ended
    step = advance(machine, history)
    if by_host:
        return ended  # the clock, a cancellation or a fault ended it: those do not happen again
    if not isinstance(step, Finished):
        raise ReplayDivergedError("the run had ended here, the replay waits", details={"calls": _questions(step)})
    return Result(value=step.value, returned=step.returned, error=step.error, answer=step.answer)


def advance(machine: Machine, history: History) -> Step:
    """Bring a fresh machine to where the journal's last settled step led. Raises ReplayDivergedError."""
    return list(retrace(machine, history))[-1]


def retrace(machine: Machine, history: History, *, thawed: Step | None = None, at: int = 0) -> Iterator[Step]:
    """Every step of a fresh machine up to where the journal's last settled step led. Raises ReplayDivergedError.

    Or of a thawed one, whose step is `thawed` and which has `at` settled steps behind it.
    """
    step = thawed if thawed is not None else _started(machine, history.run)
    steps = (history.end or {}).get("steps")
    for count, settle in enumerate(history.settles[at:], start=at + 1):
        if _broke_down(step) or (steps is not None and count >= steps):
            break
        _compare(step, history)
        yield step
        if not isinstance(step, Waiting):
            raise ReplayDivergedError("the replay ended before the run", details={"step": count})
        step = _resumed(machine, history, settle)
    if not _broke_down(step):
        _compare(step, history)
    yield step


def _started(machine: Machine, run: Mapping[str, Any]) -> Step:
    seed = bytes.fromhex(run["seed"])
    try:
        return machine.start(
            script_of(run), tools=run["tools"], context=run["context"], seed=seed, now_ms=run["now_ms"]
        )
    except UsageError as error:
        raise JournalError(f"the journal's run cannot be started: {error.message}") from error


def script_of(run: Mapping[str, Any]) -> Script:
    """The script in a journal's first record. Raises JournalError where it cannot be run."""
    try:
        return reread(run["source"], profile=run["profile"], source_bytes=limits_of(run).source_bytes)
    except (SourceError, UsageError) as error:
        raise JournalError(f"the journal's run cannot be started: {error.message}") from error


def _resumed(machine: Machine, history: History, settle: Mapping[str, Any]) -> Step:
    try:
        return machine.resume([history.answer(id_) for id_ in settle["calls"]], now_ms=settle["now_ms"])
    except UsageError as error:
        raise ReplayDivergedError(f"the journal settles what the replay did not ask: {error.message}") from error


def _broke_down(step: Step) -> bool:
    return isinstance(step, Finished) and isinstance(step.error, HarnessInternalError)


def _compare(step: Step, history: History) -> None:
    for call in step.calls:
        recorded = history.intents.get(call.id) or history.answers.get(call.id)
        if recorded is not None and _asked(call) != (recorded["tool"], _recorded(recorded)):
            raise ReplayDivergedError(
                f"call {call.id} asks something else than it did in the run",
                details={
                    "ordinal": call.id,
                    "run": f"{recorded['tool']}{_recorded(recorded)}",
                    "replay": f"{call.tool}{_text(call.arguments)}",
                },
            )


def _recorded(facts: Mapping[str, Any]) -> str:
    asked = facts.get("asked")
    return _text([facts["arguments"]] if asked is None else asked)


def _asked(call: Call) -> tuple[str, str]:
    return call.tool, _text(call.arguments)


def _text(arguments: Any) -> str:
    return canonical_json(wire_tree(arguments, depth=_DEPTH))


def _questions(step: Waiting) -> list[str]:
    return [f"{call.tool}{dumps(call.arguments)}" for call in step.calls]
