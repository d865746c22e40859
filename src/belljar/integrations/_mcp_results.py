"""What an MCP client gets of a run: the same facts as structured content and as text for the model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, Final, Literal

import mcp_types as t
from pydantic import BaseModel, Field

from belljar.errors import BelljarError
from belljar.harness import Outcome, Suspension
from belljar.tools import ApprovalRequest
from belljar.tools.events import (
    ApprovalRequested,
    ApprovalResolved,
    CallFinished,
    CallStarted,
    ConsoleWritten,
    Event,
    ProgressMade,
    ScriptStarted,
)
from belljar.values import wire_tree


class OpenQuestion(BaseModel):
    """A call that waits for a person's decision."""

    id: str
    tool: str
    arguments: dict[str, Any] = Field(description="Secrets and long values are left out.")
    reason: str = Field(description="Why the tool asks.")
    line: int | None = Field(description="Of the script, from 1.")
    digest: str = Field(description="SHA-256 that covers the whole call.")


class RunResult(BaseModel):
    """How a run ended, or what it waits for."""

    status: Literal["done", "failed", "suspended"]
    run_id: str
    value: Any = Field(default=None, description="What the script returned.")
    error: dict[str, Any] | None = Field(default=None, description="Code, message, line, column and hint.")
    calls: list[dict[str, Any]] = Field(default=[], description="Every call that was started, with its state.")
    figures: dict[str, Any] = Field(default={}, description="What the run used.")
    pending: list[OpenQuestion] = Field(default=[], description="What a suspended run waits for.")
    what_to_do: str = Field(default="", description="How a suspended run goes on.")


def result_of(outcome: Outcome, *, what_to_do: str = "") -> t.CallToolResult:
    """A failed script is an error, so that the model repairs it; a suspended one is none."""
    result = RunResult(
        status=outcome.status,
        run_id=outcome.run_id,
        value=wire_tree(outcome.value, depth=512),
        error=_error(outcome.error) if outcome.error is not None else None,
        calls=[call.to_dict() for call in outcome.calls],
        figures=asdict(outcome.figures),
        pending=_open_questions(outcome.suspension),
        what_to_do=what_to_do,
    )
    text = outcome.to_model() + (f"\n{what_to_do}" if what_to_do else "")
    return _called(text, result, is_error=outcome.status == "failed")


def still_suspended(suspension: Suspension, *, what_to_do: str) -> t.CallToolResult:
    """Of a run that did not go on."""
    pending = _open_questions(suspension)
    result = RunResult(status="suspended", run_id=suspension.run_id, pending=pending, what_to_do=what_to_do)
    asked = ", ".join(question.tool for question in pending)
    return _called(f"The run {suspension.run_id} waits for a decision on: {asked}.\n{what_to_do}", result)


def refused(text: str) -> t.CallToolResult:
    """A request that nothing was done about."""
    return t.CallToolResult(content=[t.TextContent(text=encodable(text))], is_error=True)


def _called(text: str, result: RunResult, *, is_error: bool = False) -> t.CallToolResult:
    return t.CallToolResult(
        content=[t.TextContent(text=encodable(text))],
        structured_content=encodable(result.model_dump()),
        is_error=is_error,
    )


def _open_questions(suspension: Suspension | None) -> list[OpenQuestion]:
    return [_open_question(request) for request in suspension.pending] if suspension is not None else []


def _open_question(request: ApprovalRequest) -> OpenQuestion:
    return OpenQuestion(
        id=request.id,
        tool=request.tool,
        arguments=dict(request.display),
        reason=request.reason,
        line=request.line,
        digest=request.digest,
    )


def _error(error: BelljarError) -> dict[str, Any]:
    """Of an error's facts those that are the model's business: `details` may name what is on the host."""
    shown = ("code", "message", "line", "column", "hint", "tool", "retryable")
    return {name: fact for name, fact in error.to_dict().items() if name in shown}


def encodable(value: Any) -> Any:
    """The same with U+FFFD for each lone surrogate, which JavaScript's strings may hold and UTF-8 may not."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {encodable(key): encodable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [encodable(item) for item in value]
    return value


# -- progress ---------------------------------------------------------------------------------------------------------

_PROGRESS: Final[Mapping[type, Callable[[Any], str]]] = {
    ScriptStarted: lambda event: f"run {event.run_id} started",
    ProgressMade: lambda event: event.message,
    ConsoleWritten: lambda event: f"console.{event.level}: {event.text}",
    CallStarted: lambda event: f"{event.tool} (line {event.line}) started",
    CallFinished: lambda event: f"{event.tool}: {event.error or 'done'}",
    ApprovalRequested: lambda event: f"{event.tool} needs a decision: {event.reason}",
    ApprovalResolved: lambda event: f"{event.tool}: {event.verdict}",
}
"""Of an ApprovalResolved of a question left open the verdict is `deferred`; arguments are never told."""


def progress_text(event: Event) -> str | None:
    """One line of what a run tells; None for its end, which is the result itself."""
    write = _PROGRESS.get(type(event))
    return encodable(write(event)) if write is not None else None
