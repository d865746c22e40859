"""The model of the agent that `run_typescript` is: it runs the script that it is given, and speaks for it.

What it answers is the script's result, or a message with the state of one that waits and calls of the tools it waits
for. It keeps nothing: the conversation of this agent, which the RunState has, is all it goes by.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextvars import ContextVar
from typing import Any, Final

from agents import FunctionTool, Model, ModelResponse, Usage
from agents.tool_context import ToolContext
from openai.types.responses import ResponseFunctionToolCall, ResponseOutputMessage, ResponseOutputText

from belljar.errors import JournalError, UsageError
from belljar.harness import Outcome
from belljar.integrations._openai_agents_calls import Calls
from belljar.integrations._script_names import script_names
from belljar.integrations._scripts import RUN_TYPESCRIPT, Scripts, waiting

AGREED: Final = "agreed to "
"""What the body of a question answers, before the digest of what was asked."""
caller: ContextVar[ToolContext[Any]] = ContextVar("belljar_openai_agentscaller")
"""The context of the call of `run_typescript`, for the model of the inner agent, which the SDK gives none."""


class ScriptModel(Model):
    """Runs the script that it is given and answers with its result, or with the calls that it waits for."""

    def __init__(self, scripts: Scripts, tools: list[FunctionTool]) -> None:
        self._scripts = scripts
        self._tools = tools
        self._names = {script: name for name, script in script_names([tool.name for tool in tools]).items()}

    async def get_response(self, system_instructions: Any, input: Any, *_: Any, **__: Any) -> ModelResponse:  # noqa: ARG002 (the SDK's own)
        """One round."""
        calls = Calls(self._tools, caller.get())
        said = [at for at, item in enumerate(input) if item.get("role") == "assistant"]
        if said:
            waits, decisions = _answered(input[said[-1] :])
            outcome = await self._scripts.resume(calls.tools(), waits, decisions, ask=calls.ask)
        else:
            outcome = await self._scripts.run(calls.tools(), input[0]["content"], ask=calls.ask)
        return ModelResponse(output=self._output(outcome), usage=Usage(), response_id=None)

    def _output(self, outcome: Outcome) -> list[Any]:
        if outcome.suspension is None:
            return [_message(outcome.to_model())]
        waits = waiting(outcome)
        return [_message(json.dumps(waits)), *map(self._asked, waits["pending"])]

    def _asked(self, question: dict[str, Any]) -> ResponseFunctionToolCall:
        return ResponseFunctionToolCall(
            type="function_call",
            call_id=question["id"],
            name=self._names[question["tool"]],
            arguments=json.dumps(question["arguments"]),
        )

    def stream_response(self, *_: Any, **__: Any) -> AsyncIterator[Any]:
        """The SDK streams an inner agent for those alone who listen to it."""
        raise UsageError(f"{RUN_TYPESCRIPT} cannot be streamed")


def _answered(items: list[Any]) -> tuple[Any, dict[str, Any]]:
    """What the script waits for, and what was decided on it. Raises JournalError where other calls were shown."""
    waits = json.loads(items[0]["content"][0]["text"])
    shown = {item["call_id"]: json.loads(item["arguments"]) for item in items if item.get("type") == "function_call"}
    if shown != {question["id"]: question["arguments"] for question in waits["pending"]}:
        raise JournalError("the calls that were shown are not those that the script waits for")
    answers = {item["call_id"]: item["output"] for item in items if item.get("type") == "function_call_output"}
    return waits, {id_: _decision(id_, answer) for id_, answer in answers.items()}


def _decision(id_: str, answer: Any) -> Any:
    return True if answer == f"{AGREED}{id_}" else {"approve": False, "reason": str(answer)}


def _message(text: str) -> ResponseOutputMessage:
    content = ResponseOutputText(type="output_text", text=text, annotations=[])
    return ResponseOutputMessage(
        id=RUN_TYPESCRIPT, type="message", role="assistant", status="completed", content=[content]
    )
