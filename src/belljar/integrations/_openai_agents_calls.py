"""A script's calls of tools of the OpenAI Agents SDK: what the SDK does around a tool's body is done here as well.

Its runner's own way of calling a tool is not public, so guardrails are run one after another as documented: before the
body, and on what it gave. A rejection is the script's error, a tripwire ends the agent's run.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from agents import FunctionTool, ToolGuardrailFunctionOutput
from agents.exceptions import (
    AgentsException,
    ToolInputGuardrailTripwireTriggered,
    ToolOutputGuardrailTripwireTriggered,
    ToolTimeoutError,
)
from agents.tool import invoke_function_tool
from agents.tool_context import ToolContext
from agents.tool_guardrails import ToolInputGuardrailData, ToolOutputGuardrailData
from openai.types.responses import ResponseFunctionToolCall

from belljar.errors import ToolExecutionError
from belljar.integrations._script_run import AgentMustStopError, FrameworkTool
from belljar.tools import ApprovalRequest, CallInfo


class Calls:
    """One script's calls; without a context only for the declarations."""

    def __init__(self, tools: Sequence[FunctionTool], context: ToolContext[Any] | None = None) -> None:
        self._tools = {tool.name: tool for tool in tools}
        self._context = context

    def tools(self) -> list[FrameworkTool]:
        """The tools as belljar wants them."""
        return [self._framework_tool(tool) for tool in self._tools.values()]

    def _framework_tool(self, tool: FunctionTool) -> FrameworkTool:
        async def invoke(arguments: dict[str, Any], call: CallInfo) -> Any:
            try:
                return await self._call(_raising(tool), arguments, f"{call.run_id}:{call.ordinal}")
            except ToolTimeoutError as error:
                if tool.timeout_behavior == "raise_exception":
                    raise AgentMustStopError(error) from error
                raise ToolExecutionError(str(error), tool=tool.name) from error
            except AgentsException as error:
                raise AgentMustStopError(error) from error

        return FrameworkTool(
            name=tool.name,
            description=tool.description,
            parameters=tool.params_json_schema,
            result=tool.output_json_schema,
            approval="never" if tool.needs_approval is False else "always",
            invoke=invoke,
        )

    async def ask(self, tool: FrameworkTool, request: ApprovalRequest) -> Any:
        """True where the tool's own rule sees no need to ask; None leaves the question to the SDK."""
        rule = self._tools[tool.name].needs_approval
        if isinstance(rule, bool):
            return None
        assert self._context is not None
        return None if await rule(self._context, dict(request.arguments), request.id) else True

    async def _call(self, tool: FunctionTool, arguments: dict[str, Any], id_: str) -> Any:
        text = json.dumps(arguments)
        context = self._context_of(tool, text, id_)
        if not await _is_enabled(tool, context):
            raise ToolExecutionError(f"{tool.name} is not enabled in this run", tool=tool.name)
        await self._check_input(tool, context)
        output = await invoke_function_tool(function_tool=tool, context=context, arguments=text)
        return await self._checked_output(tool, context, output)

    def _context_of(self, tool: FunctionTool, arguments: str, id_: str) -> ToolContext[Any]:
        assert self._context is not None
        call = ResponseFunctionToolCall(type="function_call", call_id=id_, name=tool.name, arguments=arguments)
        return ToolContext.from_agent_context(self._context, id_, tool_call=call)

    async def _check_input(self, tool: FunctionTool, context: ToolContext[Any]) -> None:
        agent: Any = context.agent
        for guardrail in tool.tool_input_guardrails or ():
            result = await guardrail.run(ToolInputGuardrailData(context=context, agent=agent))
            if result.behavior["type"] == "raise_exception":
                raise ToolInputGuardrailTripwireTriggered(guardrail, result)
            _check_content(tool, result)

    async def _checked_output(self, tool: FunctionTool, context: ToolContext[Any], output: Any) -> Any:
        agent: Any = context.agent
        for guardrail in tool.tool_output_guardrails or ():
            result = await guardrail.run(ToolOutputGuardrailData(context=context, agent=agent, output=output))
            if result.behavior["type"] == "raise_exception":
                raise ToolOutputGuardrailTripwireTriggered(guardrail, result)
            _check_content(tool, result)
        return output


def _check_content(tool: FunctionTool, result: ToolGuardrailFunctionOutput) -> None:
    if result.behavior["type"] == "reject_content":
        raise ToolExecutionError(result.behavior["message"], tool=tool.name)


def _raising(tool: FunctionTool) -> FunctionTool:
    """The tool without the SDK's texts for the model in place of errors: a script catches errors."""
    return replace(
        tool,
        timeout_behavior="raise_exception",
        _failure_error_function=None,
        _use_default_failure_error_function=False,
    )


async def _is_enabled(tool: FunctionTool, context: ToolContext[Any]) -> bool:
    if isinstance(tool.is_enabled, bool):
        return tool.is_enabled
    agent: Any = context.agent
    answer = tool.is_enabled(context, agent)
    return bool(await answer if inspect.isawaitable(answer) else answer)
