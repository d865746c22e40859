"""Every number that bounds a run. Crossing any of them ends the run or the call with its own coded error."""

from __future__ import annotations

from dataclasses import dataclass, fields

from belljar.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds on one run. Frozen: derive a changed copy with `dataclasses.replace`."""

    timeout_ms: int = 30_000
    """Wall clock of the run, waiting for approvals not counted. Then ScriptTimeoutError, with partial results."""
    fuel: int | None = None
    """WebAssembly instructions, the same on every computer. None derives a cap from `timeout_ms` that no script reaches
    before the clock ends it. Then ScriptTimeoutError with the cause `fuel`."""
    memory_mb: int = 96
    """Linear memory of the machine, engine and prelude included. Then ScriptMemoryError."""
    stack_kb: int = 512
    """JavaScript stack. Then a RangeError that the script may catch; uncaught, ScriptStackError."""
    source_bytes: int = 20_000
    """UTF-8 bytes of one script. Then ScriptTooLargeError."""
    return_bytes: int = 131_072
    """UTF-8 bytes of the returned value as JSON. Then ReturnValueTooLargeError with a preview."""
    return_depth: int = 32
    """Nesting of the returned value and of arguments. Then ReturnValueTooLargeError."""
    argument_bytes: int = 262_144
    """UTF-8 bytes of one call's arguments as JSON. Then SerializationError at the call."""
    tool_calls: int = 32
    """Calls that one run may make. Then ToolBudgetExceededError at the call."""
    concurrent_calls: int = 4
    """Calls that run at the same time; more wait in a queue."""
    queued_calls: int = 1_000
    """Calls that may wait in that queue. Then ConcurrencyLimitError at the call."""
    console_events: int = 200
    """Console events kept of one run; more are dropped and counted."""
    console_events_per_s: int = 20
    """Console events per second of the run's own clock; more are dropped and counted."""
    console_bytes: int = 4_096
    """UTF-8 bytes kept of one console event."""
    progress_events: int = 50
    """Progress events kept of one run; more are dropped and counted."""
    progress_interval_ms: int = 500
    """Shortest distance of two progress events on the run's own clock."""
    progress_chars: int = 1_000
    """Characters kept of one progress message."""
    approval_timeout_ms: int = 60_000
    """Longest wait for one approval in the run's own process. Then ApprovalTimeoutError."""
    open_approval_ms: int = 604_800_000
    """Longest wait for an approval that is left open in a store, from the suspension on; seven days. Then
    ApprovalTimeoutError."""
    grace_ms: int = 250
    """Time that an aborted call has to end before it is rejected by force."""
    freeze_after_ms: int = 10_000
    """A run that waits longer than this is frozen and its machine's memory freed until an answer comes."""
    freeze_after_steps: int = 16
    """A run that took this many steps since its last image is kept in the store as one when it is suspended, instead of
    being replayed to its place."""
    allow_detached: bool = True
    """Whether calls left behind at the end of the script are a warning (True) or make the run fail (False)."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name in ("allow_detached",) or (field.name == "fuel" and value is None):
                continue
            low, high = _RANGES.get(field.name, (1, 1 << 31))
            if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
                raise UsageError(f"Limits.{field.name} must be a whole number from {low} to {high}, got {value!r}")


MAX_TIMEOUT_MS = 86_400_000
"""A day. Longer waits belong to approvals, which do not count."""
MAX_SOURCE_BYTES = 1 << 24
"""The most that `Limits.source_bytes` may allow."""
FUEL_PER_MS = 100_000_000
"""Fuel that no code burns in a millisecond: the fastest loop measured took 62 million (`Uint8Array.fill`, 2026)."""

_RANGES = {
    "timeout_ms": (1, MAX_TIMEOUT_MS),
    "fuel": (1, 1 << 62),
    "memory_mb": (4, 2_048),
    "stack_kb": (32, 512),
    "source_bytes": (1, MAX_SOURCE_BYTES),
    "return_bytes": (2, 1 << 26),
    "return_depth": (1, 256),
    "argument_bytes": (2, 1 << 26),
    "tool_calls": (0, 1_000_000),
    "concurrent_calls": (1, 10_000),
    "queued_calls": (0, 1_000_000),
    "console_events": (0, 1_000_000),
    "console_events_per_s": (0, 1_000_000),
    "progress_events": (0, 1_000_000),
    "progress_interval_ms": (0, 86_400_000),
    "open_approval_ms": (1, 1 << 36),
    "grace_ms": (0, 60_000),
    "freeze_after_ms": (0, 1 << 31),
    "freeze_after_steps": (1, 1 << 31),
}
