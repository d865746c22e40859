"""The step protocol: what goes into a machine and what comes out. Pure values, no engine.

    READY --start--> WAITING --resume--> WAITING ... --> ENDED

`start` and `resume` give a Step. `Waiting` carries the calls that the script made since the last step; the host does
them, in any order and at any time, and brings answers, some or all, with `resume`. `Finished` carries the result and
is the last step. Whatever else a run needs (threads, approvals, journals, replay) is built around this loop.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol, TypeAlias

from belljar.errors import BelljarError, MachineStateError
from belljar.script import Script


class State(Enum):
    """Where a machine is in its one run."""

    READY = "ready"
    WAITING = "waiting"
    ENDED = "ended"


TRANSITIONS: Mapping[State, Mapping[str, frozenset[State]]] = {
    State.READY: {"start": frozenset({State.WAITING, State.ENDED})},
    State.WAITING: {"resume": frozenset({State.WAITING, State.ENDED}), "freeze": frozenset({State.WAITING})},
    State.ENDED: {},
}
"""What may be done in each state, and where it may lead. A missing entry is the error; `close` is always allowed."""


def require(state: State, action: str) -> None:
    """Raise MachineStateError where `action` is not in TRANSITIONS for `state`."""
    if action not in TRANSITIONS[state]:
        allowed = ", ".join(sorted(TRANSITIONS[state])) or "nothing but close"
        raise MachineStateError(f"cannot {action} a machine that is {state.value}", hint=f"Allowed now: {allowed}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request of the script to a tool."""

    id: int
    """Ordinal of the call in its run, from 1. The same in every replay."""
    tool: str
    """Name as the script wrote it, dotted where nested: `mcp.github.search`."""
    arguments: list[Any]
    """Positional arguments, plain data (bytes for Uint8Array). Usually one dict."""
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What the host says to one call: a value, or an error that the script can catch."""

    id: int
    value: Any = None
    """Plain data that `belljar.values.to_wire` accepts; ignored where `error` is set."""
    error: BelljarError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleLine:
    """One captured console event."""

    level: str
    """log, info, warn, error or debug."""
    text: str
    line: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One progress event of the script."""

    message: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What every step may carry besides."""

    console: tuple[ConsoleLine, ...] = ()
    progress: tuple[Progress, ...] = ()
    dropped_console: int = 0
    """Console events over the limit so far, not kept."""
    dropped_progress: int = 0
    gas: int = 0
    """What the run used so far; 0 in the standard profile, which counts none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """The script waits for at least one call."""

    calls: tuple[Call, ...]
    """Made since the last step; may be empty where only earlier calls are still open."""
    aborts: tuple[int, ...] = ()
    """Ids of open calls that lost a race in this step. The machine takes no answer for them any more."""
    output: Output = field(default_factory=Output)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """The script ended: with a value, or with `error`."""

    value: Any = None
    """Plain data; None also where the script returned nothing."""
    answer: str | None = None
    """In the sealed profile, the value as the text whose bytes are compared."""
    returned: bool = False
    """Whether the script returned a value other than undefined."""
    error: BelljarError | None = None
    calls: tuple[Call, ...] = ()
    """Made in the last step and never dispatched: nobody awaits them any more."""
    aborts: tuple[int, ...] = ()
    abandoned: tuple[int, ...] = ()
    """Ids of every call that was still open, those in `calls` included."""
    output: Output = field(default_factory=Output)


Step: TypeAlias = Waiting | Finished


class Machine(Protocol):
    """One virtual machine that runs one script once."""

    @property
    def state(self) -> State: ...

    @property
    def figures(self) -> Figures: ...

    @property
    def can_freeze(self) -> bool:
        """Whether `freeze` works on this engine; where it does not, a run is replayed from its journal."""
        ...

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
        """Run the script to its first wait or its end."""
        ...

    def resume(self, answers: Sequence[Answer], *, now_ms: int | None = None, budget_ms: float | None = None) -> Step:
        """Bring answers in the order in which their promises are to settle, and run on."""
        ...

    def freeze(self, *, key: bytes | None = None) -> bytes:
        """The waiting run as bytes, for `thaw`."""
        ...

    def cancel(self) -> None:
        """From any thread: stop the step that runs now with ScriptCancelledError."""
        ...

    def close(self) -> None:
        """Give the run's memory back, overwritten where the engine can. May be called again, from any thread."""
        ...

    def __enter__(self) -> Machine: ...

    def __exit__(self, *_: object) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a machine used so far."""

    fuel: int = 0
    """WebAssembly instructions, weighted as wasmtime does."""
    memory_bytes: int = 0
    """Linear memory at its largest, engine and prelude included."""
    cpu_ms: float = 0.0
    """Wall clock inside steps."""
    steps: int = 0
