"""A script's calls of a Pydantic AI agent's tools: each goes where the agent's own would, and what comes back is data.

An error of the agent (a limit of usage, a mistake of the host) ends the run and the agent; what a tool raises is the
script's to catch, also where it would end an agent.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from pydantic import ValidationError
from pydantic_ai import RunContext, ToolDefinition
from pydantic_ai.exceptions import AgentRunError, ApprovalRequired, CallDeferred, ModelRetry, ToolFailed, UserError
from pydantic_ai.messages import ToolCallPart, ToolReturn
from pydantic_ai.tool_manager import ToolManager
from pydantic_ai.tools import DeferredToolRequests, ToolApproved, ToolDenied
from pydantic_ai.toolsets import AbstractToolset
from pydantic_ai.toolsets.abstract import ToolsetTool

from belljar.errors import ApprovalDeniedError, ToolExecutionError, ToolValidationError
from belljar.integrations._script_run import AgentMustStopError, FrameworkTool
from belljar.tools import ApprovalRequest, CallInfo, DecisionNeeded


class Calls:
    """One script's calls of the agent's tools."""

    def __init__(
        self, toolset: AbstractToolset[Any], ctx: RunContext[Any], behind: dict[str, ToolsetTool[Any]]
    ) -> None:
        outer = ctx.tool_manager
        root = outer.root_capability if outer is not None else None
        self._manager = ToolManager(toolset=toolset, root_capability=root, ctx=ctx, tools=behind)
        self._ctx = ctx
        self._turns = _Turns()
        self._going_on = 1  # run_typescript itself, which is counted when it has ended

    def tools(self) -> list[FrameworkTool]:
        return [self._tool(tool.tool_def) for tool in (self._manager.tools or {}).values()]

    def _tool(self, tool: ToolDefinition) -> FrameworkTool:
        async def invoke(arguments: dict[str, Any], call: CallInfo) -> Any:
            part = ToolCallPart(tool.name, arguments, tool_call_id=f"{call.run_id}:{call.ordinal}")
            return await self._call(part, is_approved=call.is_approved)

        return FrameworkTool(
            name=tool.name,
            description=tool.description or "",
            parameters=tool.parameters_json_schema,
            result=tool.return_schema,
            approval="always" if tool.defer else "never",
            invoke=invoke,
        )

    async def _call(self, part: ToolCallPart, *, is_approved: bool) -> Any:
        self._going_on += 1
        try:
            self._check_limits()
            async with self._turns.turn(alone=self._manager.is_sequential(part)):
                result = await self._manager.handle_call(part, approved=is_approved, wrap_validation_errors=False)
        except (AgentRunError, UserError) as error:
            raise AgentMustStopError(error) from error
        except ValidationError as error:
            raise ToolValidationError(_problems(error), tool=part.tool_name) from error
        except (ModelRetry, ToolFailed) as error:
            raise ToolExecutionError(error.message, tool=part.tool_name) from error
        except ApprovalRequired as error:
            raise DecisionNeeded(f"{part.tool_name} asks") from error
        except CallDeferred as error:
            raise DecisionNeeded(f"{part.tool_name} is carried out elsewhere") from error
        finally:
            self._going_on -= 1
        if isinstance(result, ToolDenied):
            raise ApprovalDeniedError(result.message, tool=part.tool_name)
        return result.return_value if isinstance(result, ToolReturn) else result

    def _check_limits(self) -> None:
        limits, usage = self._ctx.usage_limits, self._ctx.usage
        if limits is not None:
            limits.check_before_tool_call(replace(usage, tool_calls=usage.tool_calls + self._going_on))

    async def ask(self, tool: FrameworkTool, request: ApprovalRequest) -> Any:
        """Ask the agent's handlers of deferred calls; None where none of them answers."""
        part = ToolCallPart(tool.name, dict(request.arguments), tool_call_id=request.id)
        results = await self._manager.resolve_deferred_tool_calls(DeferredToolRequests(approvals=[part]))
        found = results.to_tool_call_results().get(request.id) if results is not None else None
        return decision_of(found)


class _Turns:
    """Calls go on together, but for those of `sequential` tools, during which nothing else does."""

    def __init__(self) -> None:
        self._together = 0
        self._is_alone = False
        self._changed = asyncio.Condition()

    @asynccontextmanager
    async def turn(self, *, alone: bool) -> AsyncIterator[None]:
        async with self._changed:
            await self._changed.wait_for(lambda: not self._is_alone and not (alone and self._together))
            self._together += not alone
            self._is_alone = alone
        try:
            yield
        finally:
            async with self._changed:
                self._together -= not alone
                self._is_alone = False
                self._changed.notify_all()


def decision_of(result: Any) -> Any:
    """What belljar calls a result of Pydantic AI."""
    match result:
        case ToolApproved(override_args=None):
            return True
        case ToolApproved(override_args=arguments):
            return {"approve": True, "arguments": arguments}
        case ToolDenied(message=reason):
            return {"approve": False, "reason": reason}
        case ToolReturn(return_value=value):
            return {"result": value}
    return None


def _problems(error: ValidationError) -> str:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in found)
