"""The words for what is traced: names of the GenAI semantic conventions, and ours. Pure.

The conventions are at github.com/open-telemetry/semantic-conventions-genai; their names are written out because the
Python package that holds them marks them as moved. Nothing here names a run in a metric: only tools and outcomes do.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, Final, TypeAlias

from belljar.tools._tracing import CallFacts, RunFacts

Attributes: TypeAlias = dict[str, str | int | float]
Redact: TypeAlias = Callable[[Any], Any]

RUN_TOOL: Final = "run_typescript"
"""A run is a call of this tool, as the model sees it."""

OTHER: Final = "_OTHER"
"""The conventions' word for a value that would make too many: a script can invent any number of tools."""

CONTENT_CHARS: Final = 8_192
"""Of arguments or a result, as JSON: what redaction leaves can still be long."""

ERROR_TYPE: Final = "error.type"
TOOL_NAME: Final = "gen_ai.tool.name"
OUTCOME: Final = "belljar.outcome"
ARGUMENTS: Final = "gen_ai.tool.call.arguments"
RESULT: Final = "gen_ai.tool.call.result"
_NAME_CHARS: Final = 200
_DESCRIPTION_CHARS: Final = 1_024


def span_name(tool: str) -> str:
    return f"execute_tool {tool[:_NAME_CHARS]}"


def of_run(facts: RunFacts) -> Attributes:
    """What is known of a run at its start."""
    attributes = {
        **of_tool(RUN_TOOL),
        "belljar.run.id": facts.run_id,
        "belljar.script.sha256": facts.script_sha256,
        "belljar.engine": facts.engine,
    }
    if facts.conversation_id is not None:
        attributes["gen_ai.conversation.id"] = str(facts.conversation_id)
    return attributes


def of_outcome(outcome: Any) -> Attributes:
    """What is known of a run at its end: its status and its figures."""
    figures = {f"belljar.run.{name}": value for name, value in asdict(outcome.figures).items()}
    return {"belljar.run.status": outcome.status, **figures}


def of_call(facts: CallFacts) -> Attributes:
    """What is known of a call before its tool is called, without its arguments."""
    return {
        **of_tool(facts.tool),
        "gen_ai.tool.call.id": facts.call_id,
        "gen_ai.tool.description": facts.description[:_DESCRIPTION_CHARS],
        "belljar.call.key": facts.key,
    }


def of_tool(tool: str) -> Attributes:
    """What spans say of any tool."""
    return {
        "gen_ai.operation.name": "execute_tool",
        TOOL_NAME: tool[:_NAME_CHARS],
        "gen_ai.tool.type": "function",
    }


def label(tool: str, error_type: str | None) -> Mapping[str, str]:
    """The attributes of a duration."""
    labels = {"gen_ai.operation.name": "execute_tool", TOOL_NAME: tool}
    return labels if error_type is None else {**labels, ERROR_TYPE: error_type}


def content(value: Any, redact: Redact) -> str:
    """A value as JSON text, redacted and then bounded."""
    text = json.dumps(redact(value), ensure_ascii=False, default=lambda other: f"[{type(other).__name__}]")
    return text if len(text) <= CONTENT_CHARS else f"{text[:CONTENT_CHARS]}… [{len(text):,} characters]"
