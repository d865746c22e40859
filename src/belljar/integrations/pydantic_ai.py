"""belljar in a Pydantic AI agent: the model writes one script, and the script calls the agent's tools.

    agent = Agent(model, tools=[...], capabilities=[Belljar()], output_type=[str, DeferredToolRequests])

Inside a script a tool is called as the agent itself would: through its toolset, hooks, validators and usage limits, and
with belljar's schema check, budget and journal before that. `ctx.tool_call_id` is then `RUN_ID:ORDINAL`, the same on
every attempt at this call.

A call that needs approval, or is carried out elsewhere, suspends the script: a handler for deferred calls is asked, and
else the agent ends with DeferredToolRequests. Their `metadata` of `run_typescript` has the questions and the sealed
state, as `_scripts` says. To go on, in any process, give the messages back with

    requests.build_results(approvals={id: ...}, metadata=requests.metadata)

True approves all that the script waits for, ToolDenied denies it with its message (the script may catch that), and
ToolApproved(override_args=...) changes the arguments where one call waits. `"decisions"` in the metadata, beside
`"state"`, decide call by call instead.

Still ugly: Pydantic AI answers a denied call itself, and the script would wait for ever; so the results are rewritten
before the node that reads them runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from pydantic import TypeAdapter
from typing_extensions import TypedDict

from belljar.errors import UsageError

try:
    from pydantic_ai import CallToolsNode, RunContext, ToolDefinition
    from pydantic_ai.capabilities import AbstractCapability
    from pydantic_ai.exceptions import ApprovalRequired, ToolFailed
    from pydantic_ai.tools import AgentDepsT, ToolApproved, ToolDenied
    from pydantic_ai.toolsets import AbstractToolset, WrapperToolset
    from pydantic_ai.toolsets.abstract import ToolsetTool
except ImportError as error:
    raise UsageError("this needs Pydantic AI, version 2", hint="Install belljar[pydantic-ai].") from error

from belljar.integrations._pydantic_ai_calls import Calls, decision_of
from belljar.integrations._scripts import (
    CODE_SCHEMA,
    DESCRIPTION,
    RUN_TYPESCRIPT,
    Scripts,
    decisions_on,
    waiting,
)

__all__ = ["Belljar"]


class _Code(TypedDict):
    code: str


_CODE: Final[Any] = TypeAdapter(_Code).validator
_RENDERED: Final = {"code_arg_name": "code", "code_arg_language": "typescript"}
"""How Pydantic AI's own instrumentation and code mode know code."""


class Belljar(AbstractCapability[AgentDepsT]):
    """Puts the agent's tools behind one tool `run_typescript`."""

    def __init__(self, *, direct: Iterable[str] = (), **options: Any) -> None:
        """`direct` names tools that the model goes on calling itself; `options` are those of `Harness`."""
        self._direct = frozenset(direct)
        self._scripts = Scripts(options)

    def get_instructions(self) -> Callable[[RunContext[AgentDepsT]], str | None]:
        """The rules of scripts, and declarations of the tools that there are at this step."""
        return self._instructions

    def _instructions(self, ctx: RunContext[AgentDepsT]) -> str | None:
        tools = ctx.tool_manager.tools if ctx.tool_manager is not None else None
        script = (tools or {}).get(RUN_TYPESCRIPT)
        if not isinstance(script, _ScriptTool):
            return None
        return self._scripts.prompt(Calls(script.toolset, ctx, script.behind).tools())

    def get_wrapper_toolset(self, toolset: AbstractToolset[AgentDepsT]) -> AbstractToolset[AgentDepsT]:
        """The toolset that the model sees."""
        return _ScriptToolset(toolset, scripts=self._scripts, direct=self._direct)

    async def before_node_run(self, ctx: RunContext[AgentDepsT], *, node: Any) -> Any:  # noqa: ARG002 (the hook's own)
        """Let what was decided on `run_typescript` reach the script that waits."""
        if not isinstance(node, CallToolsNode) or node.tool_call_results is None:
            return node
        results, metadata = dict(node.tool_call_results), dict(node.tool_call_metadata or {})
        for call in node.model_response.tool_calls:
            result = results.get(call.tool_call_id)
            if call.tool_name == RUN_TYPESCRIPT and isinstance(result, ToolApproved | ToolDenied):
                results[call.tool_call_id] = ToolApproved()
                metadata[call.tool_call_id] = {**metadata.get(call.tool_call_id, {}), "decision": decision_of(result)}
        return replace(node, tool_call_results=results, tool_call_metadata=metadata)


@dataclass(kw_only=True)
class _ScriptTool(ToolsetTool[AgentDepsT]):
    """`run_typescript`, with the tools that are behind it at this step."""

    behind: dict[str, ToolsetTool[AgentDepsT]]


@dataclass
class _ScriptToolset(WrapperToolset[AgentDepsT]):
    scripts: Scripts = field(kw_only=True)
    direct: frozenset[str] = field(kw_only=True)

    async def get_tools(self, ctx: RunContext[AgentDepsT]) -> dict[str, ToolsetTool[AgentDepsT]]:
        tools = await super().get_tools(ctx)
        behind = {name: tool for name, tool in tools.items() if self._is_behind(tool.tool_def)}
        script = _ScriptTool(
            toolset=self,
            tool_def=ToolDefinition(
                name=RUN_TYPESCRIPT,
                parameters_json_schema=dict(CODE_SCHEMA),
                description=DESCRIPTION,
                metadata=_RENDERED,
            ),
            max_retries=1,
            args_validator=_CODE,
            behind=behind,
        )
        return {name: tool for name, tool in tools.items() if name not in behind} | {RUN_TYPESCRIPT: script}

    def _is_behind(self, tool: ToolDefinition) -> bool:
        """Tools that the framework itself reveals step by step, or reads the calls of, stay as they are."""
        return tool.name not in self.direct and not tool.defer_loading and tool.tool_kind is None

    async def call_tool(
        self, name: str, tool_args: dict[str, Any], ctx: RunContext[AgentDepsT], tool: ToolsetTool[AgentDepsT]
    ) -> Any:
        if not isinstance(tool, _ScriptTool):
            return await super().call_tool(name, tool_args, ctx, tool)
        calls = Calls(self.wrapped, ctx, tool.behind)
        if ctx.tool_call_approved:
            waits = ctx.tool_call_metadata or {}
            outcome = await self.scripts.resume(calls.tools(), waits, decisions_on(waits), ask=calls.ask)
        else:
            outcome = await self.scripts.run(calls.tools(), tool_args["code"], ask=calls.ask)
        if outcome.suspension is not None:
            raise ApprovalRequired(metadata=waiting(outcome))
        if not outcome.ok:
            raise ToolFailed(outcome.to_model())
        return outcome.to_model()
