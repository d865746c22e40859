"""belljar in an agent of the OpenAI Agents SDK: the model writes one script, and the script calls the tools behind it.

    agent = with_scripts(Agent(name="clerk", instructions=..., tools=[rate, pay]))

The agent that this gives has the rules and declarations in its instructions, and one tool in place of its own.
A call of a tool with `needs_approval` interrupts the run like a call of the model's own: `result.interruptions` has the
tool's name and arguments, `state.approve(item)` and `state.reject(item, rejection_message=...)` decide, and the JSON of
the RunState goes on in any process. The script reads a rejection as an error that it may catch.

The SDK decides on approval before a tool's body and cannot pause within, but an agent that is a tool may be
interrupted. So `run_typescript` is one: its model runs the script and, where that waits, answers with calls of the
tools it waits for. Their bodies only say that somebody agreed; then the script goes on and makes the calls itself. The
sealed state is a message of this inner agent: the RunState keeps it, and the outer model never reads it. `_scripts`
says what keeps a state from being used twice.

Inside a script a tool has the run's context, its own guardrails, timeout and `is_enabled`, and the tool call id
`RUN_ID:ORDINAL`, the same on every attempt. Hooks of the run hear of `run_typescript` only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from belljar.errors import UsageError
from belljar.integrations._scripts import DESCRIPTION, RUN_TYPESCRIPT, Scripts

try:
    from agents import Agent, FunctionTool, ModelBehaviorError, RunConfig, RunContextWrapper
    from agents.tool_context import ToolContext
except ImportError as error:
    raise UsageError("this needs the OpenAI Agents SDK", hint="Install belljar[openai-agents].") from error

from belljar.integrations._openai_agents_calls import Calls
from belljar.integrations._openai_agents_model import AGREED, ScriptModel, caller

__all__ = ["with_scripts"]

_ROUNDS: Final = 1_000
"""How often one script may wait; `Limits.tool_calls` ends it long before."""


@dataclass
class _Code:
    """Arguments of `run_typescript`."""

    code: str


def with_scripts(agent: Agent[Any], *, direct: Iterable[str] = (), **options: Any) -> Agent[Any]:
    """The same agent, with its function tools behind scripts; `options` are those of `Harness`.

    The tools named in `direct` stay, as do hosted tools, MCP servers, tools that are found by search, and agents, which
    may have questions of their own.
    """
    kept = set(direct)
    behind = [tool for tool in agent.tools if isinstance(tool, FunctionTool) and _is_behind(tool, kept)]
    others = [tool for tool in agent.tools if tool not in behind]
    scripts = Scripts(options)
    rules = scripts.prompt(Calls(behind).tools())

    async def instructions(context: RunContextWrapper[Any], _: Agent[Any]) -> str:
        own = await agent.get_system_prompt(context)
        return f"{own}\n\n{rules}" if own else rules

    return agent.clone(instructions=instructions, tools=[_run_typescript(behind, scripts), *others])


def _is_behind(tool: FunctionTool, kept: set[str]) -> bool:
    return tool.name not in kept and not tool.defer_loading and not tool._is_agent_tool


def _run_typescript(behind: list[FunctionTool], scripts: Scripts) -> FunctionTool:
    inner: Agent[Any] = Agent(
        name=RUN_TYPESCRIPT,
        model=ScriptModel(scripts, behind),
        tools=[_question(tool) for tool in behind],
    )
    made = inner.as_tool(
        RUN_TYPESCRIPT,
        DESCRIPTION,
        parameters=_Code,
        input_builder=lambda given: given["params"]["code"],
        run_config=RunConfig(),
        max_turns=_ROUNDS,
        failure_error_function=_told,
    )
    invoke = made.on_invoke_tool

    async def invoke_within(context: ToolContext[Any], arguments: str) -> Any:
        token = caller.set(context)
        try:
            return await invoke(context, arguments)
        finally:
            caller.reset(token)

    return replace(made, on_invoke_tool=invoke_within)


def _told(_: Any, error: Exception) -> str:
    """A mistake of the model in calling the tool, for the model; anything else ends the agent's run."""
    if isinstance(error, ModelBehaviorError):
        return str(error)
    raise error


def _question(tool: FunctionTool) -> FunctionTool:
    """A tool by the same name that asks and does nothing."""

    async def agree(context: ToolContext[Any], _: str) -> str:
        return f"{AGREED}{context.tool_call_id}"

    return FunctionTool(
        name=tool.name,
        description=tool.description,
        params_json_schema=tool.params_json_schema,
        on_invoke_tool=agree,
        strict_json_schema=False,
        needs_approval=True,
    )
