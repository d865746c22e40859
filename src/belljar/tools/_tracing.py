"""What a run tells whoever traces it: a span for the run, one for each call, entered around the tool itself.

Events say what happened; this says when something is under way, so that what a tool does on its own account is seen as
part of the call. `NOT_TRACED` costs next to nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from belljar.errors import BelljarError


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """What is known of a run when it starts."""

    run_id: str
    script_sha256: str
    engine: str
    conversation_id: str | None = None
    resumed_from: Mapping[str, str] = field(default_factory=dict)
    """What `RunTrace.carrier` gave when the run was suspended; empty at a first start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFacts:
    """What is known of a call when its tool is about to be called."""

    call_id: str
    tool: str
    description: str
    arguments: Mapping[str, Any]
    """The real ones, not redacted."""
    key: str
    """The call's idempotency key."""


class CallTrace(Protocol):
    """One call under way."""

    def end(self, *, value: Any = None, error: BelljarError | None) -> None:
        """The call has its answer."""
        ...


class RunTrace(Protocol):
    """One run under way."""

    def carrier(self) -> dict[str, str]:
        """What names this trace to the process that resumes the run."""
        ...

    def call(self, facts: CallFacts) -> AbstractContextManager[CallTrace]:
        """Entered in the call's task, around the tool."""
        ...

    def refused(self, tool: str, code: str) -> None:
        """A call was answered with an error before it reached a tool."""
        ...

    def end(self, outcome: Any) -> None:
        """The run has its outcome, or is suspended."""
        ...


class Tracer(Protocol):
    """Makes a trace for each run."""

    def run(self, facts: RunFacts) -> AbstractContextManager[RunTrace]:
        """Entered around the whole run."""
        ...


class _NoCall:
    def end(self, *, value: Any = None, error: BelljarError | None) -> None:
        """Nobody listens."""


class _NoRun:
    """Nobody listens."""

    def carrier(self) -> dict[str, str]:
        return {}

    def call(self, facts: CallFacts) -> AbstractContextManager[CallTrace]:  # noqa: ARG002 (the protocol's)
        return _NO_CALL

    def refused(self, tool: str, code: str) -> None:
        pass

    def end(self, outcome: Any) -> None:
        pass


class _NoTracer:
    def run(self, facts: RunFacts) -> AbstractContextManager[RunTrace]:  # noqa: ARG002 (the protocol's)
        return _NO_RUN


_NO_CALL: Final[AbstractContextManager[CallTrace]] = nullcontext(_NoCall())
NO_TRACE: Final[RunTrace] = _NoRun()
_NO_RUN: Final[AbstractContextManager[RunTrace]] = nullcontext(NO_TRACE)
NOT_TRACED: Final[Tracer] = _NoTracer()
