"""How a run ended: its result, what it did on the way, and what it used."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from belljar.errors import BelljarError
from belljar.harness._suspension import Suspension
from belljar.journal import CallState, CallStatus, Journal, Result
from belljar.machine import ConsoleLine, Progress
from belljar.values import wire_tree


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFigures:
    """What a run used."""

    duration_ms: float = 0.0
    """The run's own clock: computing and waiting for tools, not for approvals."""
    cpu_ms: float = 0.0
    """Inside the machine."""
    tool_calls: int = 0
    """Calls that reached a tool."""
    memory_mb: float = 0.0
    """Largest linear memory, engine included."""
    fuel: int = 0
    """WebAssembly instructions."""
    steps: int = 0
    """Crossings into the machine."""
    console_dropped: int = 0
    progress_dropped: int = 0
    gas: int = 0
    """Of the sealed profile; 0 in the standard one, which counts none."""
    gas_limit: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialResult:
    """One value that a tool had given before the run failed."""

    call: int
    tool: str
    value: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome(Result):
    """One run's end. `canonical_json` and `sha256` are of the value or the error; a replay gives the same bytes."""

    run_id: str
    script_sha256: str
    journal: Journal = field(repr=False)
    suspension: Suspension | None = None
    """What a run that is suspended waits for; its `error` is a RunSuspendedError then, and it has not ended."""
    calls: tuple[CallStatus, ...] = ()
    """Every call that was started or refused, with its state."""
    partial: tuple[PartialResult, ...] = ()
    """Values that tools had given, where the run failed."""
    figures: RunFigures = RunFigures()
    console: tuple[ConsoleLine, ...] = ()
    progress: tuple[Progress, ...] = ()
    warnings: tuple[BelljarError, ...] = ()
    """What was wrong without making the run fail, for instance calls that nobody awaited."""

    @property
    def status(self) -> Literal["done", "failed", "suspended"]:
        """Whether the run ended, and how."""
        if self.suspension is not None:
            return "suspended"
        return "done" if self.error is None else "failed"

    @property
    def summary(self) -> str:
        """One line for the model; a failure names every call that was started, so that no write is repeated."""
        if self.error is None:
            gas = f", gasLimit={self.figures.gas_limit} gasUsed={self.figures.gas}" if self.figures.gas_limit else ""
            return f"ok, {_plural(self.figures.tool_calls, 'tool call')}, {self.figures.duration_ms:.0f} ms{gas}"
        started = [call for call in self.calls if call.state is not CallState.FAILED or call.error is not None]
        if not started:
            return f"{self.error.code}; no tool was called"
        told = ", ".join(f"{call.tool} (line {call.line}): {_told(call)}" for call in started)
        return f"{self.error.code}; calls so far: {told}"

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON data: what `--json` prints."""
        gas = {"gas_used": self.figures.gas, "gas_limit": self.figures.gas_limit} if self.figures.gas_limit else {}
        data: dict[str, Any] = {
            "ok": self.ok,
            "status": self.status,
            "run_id": self.run_id,
            "script_sha256": self.script_sha256,
            "value": wire_tree(self.value, depth=512),
            "error": self.error.to_dict() if self.error is not None else None,
            "canonical_json": self.canonical_json,
            "sha256": self.sha256,
            **gas,
            "summary": self.summary,
            "calls": [call.to_dict() for call in self.calls],
            "partial": [wire_tree(asdict(part), depth=512) for part in self.partial],
            "warnings": [warning.to_dict() for warning in self.warnings],
            "console": [asdict(line) for line in self.console],
            "progress": [asdict(event) for event in self.progress],
            "figures": asdict(self.figures),
            "suspension": self.suspension.to_dict() if self.suspension is not None else None,
            "journal": str(self.journal.path) if self.journal.path is not None else None,
        }
        return data

    def to_model(self) -> str:
        """What the model reads of this run: the value as JSON, or the error, the calls and the partial results."""
        if self.error is None:
            return json.dumps(wire_tree(self.value, depth=512), ensure_ascii=False) if self.returned else "undefined"
        parts = [self.error.to_model(), self.summary]
        if self.partial:
            values = [wire_tree(asdict(part), depth=512) for part in self.partial]
            parts.append("partial results: " + json.dumps(values, ensure_ascii=False))
        return "\n".join(parts)


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _told(call: CallStatus) -> str:
    return f"{call.state.value}, {call.error}" if call.error else call.state.value
