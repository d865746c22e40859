"""What the machines of all engines do alike: the states, the messages, and what a step or a stop means.

An engine brings two things: `_cross`, which hands one message to the prelude and gives back its report or why there is
none, and `_release`. Rule 1: everything the script can see comes in with `start` and `resume`. Rule 2: an exception
that is not illegal input ends the machine for good. No clock here: engines measure, callers bring the time.
"""

from __future__ import annotations

import hashlib
import json
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeVar

from belljar.errors import (
    BelljarError,
    CpuLimitError,
    HarnessInternalError,
    MachineStateError,
    ScriptCancelledError,
    ScriptMemoryError,
    ScriptStackError,
    ScriptTimeoutError,
    UsageError,
    from_dict,
)
from belljar.limits import Limits
from belljar.machine import _report
from belljar.machine._places import Places, SourcePlaces, excerpted
from belljar.machine._protocol import Answer, Figures, Finished, State, Step, require
from belljar.script import PROFILES, Script
from belljar.values import to_wire

MEMORY_RESERVE: Final = 1 << 20
"""Kept back from the script, so that an error can still be reported when its own memory is used up."""
START, RESUME, CHECK = "start", "resume", "check"
"""What a message asks of the prelude."""

M = TypeVar("M", bound="ScriptMachine")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Why there is no report. `line` and `column` as the engine counts, 0 where it does not know."""

    cause: str
    """cancelled, fuel, clock, memory, message, stack or died."""
    line: int = 0
    column: int = 0
    details: Mapping[str, Any] = field(default_factory=dict)


class ScriptMachine(ABC):
    """See `Machine` in `_protocol`; `open_machine` makes one."""

    _places: type[Any]
    """How the engine counts lines and columns; see `_places`."""
    can_freeze: bool = True

    def __init__(self, limits: Limits, profile: str = "standard") -> None:
        self._limits = limits
        self._profile = profile
        self._is_loaded = False
        """Whether the program is in the machine already, so that `start` does not bring it."""
        self._state = State.READY
        self._script: Script | None = None
        self._open = _report.OpenCalls()
        self._used_s = 0.0
        self._steps = 0
        self._figures = Figures()
        self._cancelled = False
        self._stepping = threading.Lock()
        """Held by the thread that is inside the engine; nobody else may touch what it stands on."""
        self._closing = False

    # -- what an engine brings ------------------------------------------------------------------------------------

    @abstractmethod
    def _cross(self, op: str, message: bytes, now_ms: int | None, budget_s: float) -> str | Stop:
        """The prelude's report on `message` (ASCII), or why there is none. Updates `_used_s` and `_figures`."""

    @abstractmethod
    def _release(self) -> None:
        """Give back what the run had. May be called again."""

    @abstractmethod
    def cancel(self) -> None:
        """From any thread: the step that runs now, or else the next one, ends with ScriptCancelledError."""

    @abstractmethod
    def freeze(self, *, key: bytes | None = None) -> bytes:
        """The waiting run as bytes, for `thaw`."""

    # -- the protocol ---------------------------------------------------------------------------------------------

    @property
    def state(self) -> State:
        return self._state

    @property
    def figures(self) -> Figures:
        """What the run used so far; final once it has ended."""
        return self._figures

    def start(
        self,
        script: Script,
        *,
        tools: Sequence[str] = (),
        context: Mapping[str, Any] | None = None,
        seed: bytes = b"",
        now_ms: int = 0,
        budget_ms: float | None = None,
    ) -> Step:
        """Run `script` to its first wait or its end.

        `tools` are the names the script may call, `seed` any bytes from which its random numbers come, `now_ms` the
        time it sees, in milliseconds since 1970. `budget_ms` bounds this step, besides what is left of the limits'
        timeout. Raises MachineStateError on a machine that was started before, UsageError for a context that is no
        JSON and for names that cannot stand beside each other.
        """
        require(self._state, "start")
        if script.profile != self._profile:
            raise UsageError(f"a machine of the profile {self._profile} runs no script of {script.profile}")
        request = {
            "code": "" if self._is_loaded else script.code,
            "tools": _checked_names(tools),
            "context": dict(context or {}),
            "seed": hashlib.sha256(b"belljar seed\0" + seed).hexdigest()[:32],
            "limits": _guest_limits(self._limits),
        }
        try:
            message = json.dumps(request, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise UsageError(f"the context cannot cross into a script: {error}") from None
        self._script = script
        return self._step(START, message, now_ms, budget_ms)

    def resume(self, answers: Sequence[Answer], *, now_ms: int | None = None, budget_ms: float | None = None) -> Step:
        """Settle calls in the order of `answers` and run on. `now_ms` None leaves the script's clock where it is.

        Raises UsageError, and changes nothing, for an answer to a call that is not open.
        """
        require(self._state, "resume")
        ids = [answer.id for answer in answers]
        if unknown := [id_ for id_ in ids if type(id_) is not int or id_ not in self._open]:
            raise UsageError(f"no open call has the id {unknown[0]!r}", hint=f"Open calls: {sorted(self._open)}")
        if len(set(ids)) != len(ids):
            raise UsageError("two answers to the same call")
        message = f'{{"answers":[{",".join(map(_answer_text, answers))}]}}'
        for id_ in ids:
            del self._open[id_]
        return self._step(RESUME, message, now_ms, budget_ms)

    def close(self) -> None:
        """Give the run's memory back. May be called again, and from any thread: a step that runs is stopped first, and
        its own thread gives the memory back."""
        self._state = State.ENDED
        self._closing = True
        if self._stepping.acquire(blocking=False):
            self._release()
            self._stepping.release()
        else:
            self.cancel()

    @contextmanager
    def _inside(self) -> Iterator[None]:
        """Around what needs the engine to stay. Raises MachineStateError in a second thread, or when closed."""
        if not self._stepping.acquire(blocking=False):
            raise MachineStateError(
                "another thread is stepping this machine", hint="A machine takes one step at a time."
            )
        try:
            if self._closing:
                raise MachineStateError("the machine is closed")
            yield
        finally:
            self._stepping.release()
            if self._closing:
                self.close()

    def __enter__(self: M) -> M:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- one step -------------------------------------------------------------------------------------------------

    def _step(self, op: str, message: str, now_ms: int | None, budget_ms: float | None) -> Step:
        assert self._script is not None
        places = self._places_of(self._script)
        try:
            told = self._told(op, message, now_ms, budget_ms)
        except BaseException:  # rule 2: whatever it was, this machine does not go on
            self.close()
            raise
        if isinstance(told, Stop):
            return self._end(Finished(error=self._stop_error(told, places), abandoned=tuple(self._open)))
        try:
            step = _report.read(told, places, self._open, self._limits)
        except HarnessInternalError as unreadable:
            return self._end(Finished(error=unreadable, abandoned=tuple(self._open)))
        if isinstance(step, Finished):
            return self._end(step)
        self._state = State.WAITING
        return step

    def _stop_error(self, stop: Stop, places: Places) -> BelljarError:
        """In the sealed profile the engine's place is that of the compiled text: there is none to tell."""
        if self._profile != "sealed":
            return stop_error(stop, places, self._limits)
        error = stop_error(replace(stop, line=0, column=0), places, self._limits)
        if not isinstance(error, ScriptTimeoutError):
            return error
        return from_dict({**error.to_dict(), "code": CpuLimitError.__name__, "hint": CpuLimitError.advice})

    def _places_of(self, script: Script) -> Places:
        places: Places = SourcePlaces(script) if script.profile == "sealed" else self._places(script)
        return places

    def _told(self, op: str, message: str, now_ms: int | None, budget_ms: float | None) -> str | Stop:
        budget_s = self._limits.timeout_ms / 1000 - self._used_s
        budget_s = max(budget_s if budget_ms is None else min(budget_s, budget_ms / 1000), 0.001)
        with self._inside():
            if self._cancelled:
                return Stop(cause="cancelled")
            return self._cross(op, message.encode("ascii"), now_ms, budget_s)

    def _end(self, step: Finished) -> Finished:
        self._open.clear()
        self.close()
        return step

    def compile_error(self, script: Script, *, keeps_open: bool = False) -> BelljarError | None:
        """What this engine's compiler says against `script`; None when it compiles. Nothing of it runs."""
        require(self._state, "start")
        places = self._places_of(script)
        told = self._told(CHECK, json.dumps({"code": script.code}), None, None)
        if not keeps_open:
            self.close()
        if isinstance(told, Stop):
            return stop_error(told, places, self._limits)
        try:
            return _report.compile_error(told, places, self._limits)
        except HarnessInternalError as unreadable:
            return unreadable


def checked_profile(profile: object) -> str:
    """Raises UsageError for a profile that does not exist."""
    if profile not in PROFILES:
        raise UsageError(f"unknown profile {profile!r}", hint=f"Profiles: {', '.join(PROFILES)}.")
    return str(profile)


_TIME_CAUSES: Final = {"cause": "clock"}


def _out_of_time(limits: Limits, **facts: Any) -> BelljarError:
    return ScriptTimeoutError(f"the script ran longer than {limits.timeout_ms:,} ms", details=_TIME_CAUSES, **facts)


_STOPS: Final[Mapping[str, Callable[..., BelljarError]]] = {
    "cancelled": lambda _limits, **facts: ScriptCancelledError("the run was cancelled", **facts),
    "fuel": lambda _limits, **facts: ScriptTimeoutError(
        "the script used up its fuel", details={"cause": "fuel"}, **facts
    ),
    "clock": _out_of_time,
    "memory": lambda limits, **facts: ScriptMemoryError(_report.limit_message("ScriptMemoryError", limits), **facts),
    "message": lambda _limits, **_: ScriptMemoryError("the message to the script does not fit into its memory"),
    "stack": lambda limits, **facts: ScriptStackError(_report.limit_message("ScriptStackError", limits), **facts),
}


def stop_error(stop: Stop, places: Places, limits: Limits) -> BelljarError:
    """The error of a machine that stopped without a report."""
    known = _STOPS.get(stop.cause)
    if known is None:
        return HarnessInternalError("the machine stopped unexpectedly", details=dict(stop.details))
    return known(limits, **excerpted(places, stop.line, stop.column))


def _checked_names(tools: Sequence[str]) -> list[str]:
    """Raises UsageError where two names are the same, or one is a tool and the beginning of another's path."""
    folders = {name[:at] for name in tools for at, letter in enumerate(name) if letter == "."}
    taken = set(folders)
    for name in tools:
        if name in taken:
            what = "also holds other tools" if name in folders else "is there twice"
            raise UsageError(f"the tool name '{name}' {what}")
        taken.add(name)
    return list(tools)


def _guest_limits(limits: Limits) -> list[int]:
    """In the order in which prelude/90_protocol.js reads them."""
    return [
        max((limits.memory_mb << 20) - 2 * MEMORY_RESERVE, MEMORY_RESERVE),
        limits.stack_kb * 1024,
        limits.return_bytes,
        limits.argument_bytes,
        limits.return_depth,
        limits.console_events,
        limits.console_events_per_s,
        limits.console_bytes,
        limits.progress_events,
        limits.progress_interval_ms,
        limits.progress_chars,
        limits.tool_calls + limits.queued_calls,
    ]


def _answer_text(answer: Answer) -> str:
    if answer.error is not None:
        return f"[{answer.id},0,{json.dumps(_report.error_facts(answer.error))}]"
    text = to_wire(answer.value)
    tagged = int('"$' in text)
    return f"[{answer.id},1,{text},{tagged}]"
