"""What a tool may know about the call it serves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class CallInfo:
    """Given to a tool that takes a parameter annotated `belljar.CallInfo`."""

    run_id: str
    """The run that made the call."""
    call_id: str
    """Unique in the run."""
    ordinal: int
    """Place among the run's calls, from 1."""
    tool: str
    """The name that the script used, dots included."""
    line: int | None
    """Of the call in the script, from 1; None where the engine could not tell."""
    column: int | None
    """From 1, in UTF-16 code units; None where the engine could not tell."""
    key: str
    """The idempotency key: the same on every retry of this call, and of no other. Hand it to what you call."""
    seed: bytes = field(default=b"", repr=False)
    """The run's. A sealed program's effects are functions of their arguments and it."""
    is_approved: bool = False
    """Whether somebody agreed to this call, or to all calls of the tool in this run."""
    progress: Callable[[str], None] = field(default=lambda _: None, repr=False, compare=False)
    """Tells whoever listens to the run how far the call is, from any thread. At most `Limits.progress_events` of a call
    are told, each cut to `Limits.progress_chars` characters."""
