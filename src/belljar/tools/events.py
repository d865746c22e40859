"""What a run tells while it goes on. A closed set of frozen values; `name` is the word for logs and streams."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptStarted:
    """The machine is about to start."""

    name: ClassVar[str] = "script_started"
    run_id: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressMade:
    """The script called context.telemetry.emitProgress, or a tool its call's `progress`."""

    name: ClassVar[str] = "progress"
    run_id: str
    message: str
    kind: str
    """As the script gave it; `tool` from a tool."""
    call: int | None = None
    """The call whose tool it is; None from the script."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleWritten:
    """The script wrote to its console."""

    name: ClassVar[str] = "console"
    run_id: str
    level: str
    text: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CallStarted:
    """A tool is about to be called; the journal has the intent."""

    name: ClassVar[str] = "call_started"
    run_id: str
    call: int
    tool: str
    display: dict[str, Any]
    """Arguments, redacted and shortened."""
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFinished:
    """A call has its answer, or was refused (`error` is the code then)."""

    name: ClassVar[str] = "call_finished"
    run_id: str
    call: int
    tool: str
    error: str | None
    duration_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRequested:
    """A person or a policy is asked."""

    name: ClassVar[str] = "approval_requested"
    run_id: str
    call: int
    tool: str
    request_id: str
    reason: str
    expires_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalResolved:
    """The question has its answer: approve, approve_for_run, deny, timeout or cancelled."""

    name: ClassVar[str] = "approval_resolved"
    run_id: str
    call: int
    tool: str
    request_id: str
    verdict: str
    who: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptFinished:
    """The run has its outcome. The last event of a run."""

    name: ClassVar[str] = "script_finished"
    run_id: str
    ok: bool
    error: str | None
    outcome: Any
    """The run's `Outcome`."""


Event: TypeAlias = (
    ScriptStarted
    | ProgressMade
    | ConsoleWritten
    | CallStarted
    | CallFinished
    | ApprovalRequested
    | ApprovalResolved
    | ScriptFinished
)
