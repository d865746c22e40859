"""belljar in a LangChain agent: the model writes one script, and the script calls the tools that are behind it.

    create_agent(model, tools=[...], middleware=[Belljar([rate, pay], approval={"pay": "always"})], checkpointer=...)

The model sees `run_typescript` and the agent's own tools; those given here it cannot call itself. Inside a script a
tool is called through the agent's tool node: injected state, store and runtime and the `wrap_tool_call` of middleware
later in the list hold. Its tool call id is `RUN_ID:ORDINAL`, the same on every attempt at this call.

A call that needs approval suspends the script. Its state goes into the checkpoint and the agent is interrupted as by
HumanInTheLoopMiddleware: `action_requests` has the calls of all scripts that wait, to be answered in their order with
`Command(resume={"decisions": [{"type": "approve" | "edit" | "reject" | "respond", ...}]})`, in any process that has the
checkpointer. The interrupt is a step of its own, so that no tool body is run again for it. Going back to an older
checkpoint does run it again; `_scripts` says what keeps a state from being used twice.

Put it first in the list: a step of other middleware before the model sees a call without its answer while a script
waits. A tool that itself interrupts or returns a Command belongs to the agent, not behind a script.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from belljar.errors import UsageError
from belljar.integrations._script_names import script_names
from belljar.integrations._script_run import FrameworkTool
from belljar.integrations._scripts import (
    CODE_SCHEMA,
    DESCRIPTION,
    RUN_TYPESCRIPT,
    Scripts,
    decisions_on,
)
from belljar.tools._tool import Approval

try:
    from langchain.agents.middleware.types import AgentMiddleware, hook_config
    from langchain_core.messages import SystemMessage, ToolMessage
    from langchain_core.tools import BaseTool, StructuredTool
    from langgraph.prebuilt.tool_node import ToolCallRequest
    from langgraph.types import Command, interrupt
except ImportError as error:
    raise UsageError("this needs LangChain, version 1", hint="Install belljar[langchain].") from error

from belljar.integrations._langchain_calls import Handler, framework_tool
from belljar.integrations._langchain_waits import KEY, State, answered, gone_on, question_of, refused, told

__all__ = ["Belljar"]


class Belljar(AgentMiddleware[State, Any, Any]):
    """Puts tools behind one tool `run_typescript`."""

    state_schema = State

    def __init__(
        self, tools: Iterable[BaseTool], *, approval: Mapping[str, Approval] | None = None, **options: Any
    ) -> None:
        """`approval` has the rules of `Tool`, by a tool's name; `options` are those of `Harness`."""
        self._behind = {tool.name: tool for tool in tools}
        self._approval = dict(approval or {})
        if unknown := self._approval.keys() - self._behind.keys():
            raise UsageError(f"approval names {min(unknown)!r}, which is no tool here")
        self._names = {script: name for name, script in script_names(self._behind).items()}
        self._scripts = Scripts(options)
        self.tools = [self._script_tool(), *self._behind.values()]

    def _script_tool(self) -> BaseTool:
        def unreachable(code: str) -> str:  # noqa: ARG001 (of the schema)
            raise UsageError(f"{RUN_TYPESCRIPT} runs in an agent that has this middleware, nowhere else")

        return StructuredTool.from_function(
            unreachable,
            name=RUN_TYPESCRIPT,
            description=DESCRIPTION,
            args_schema=dict(CODE_SCHEMA),
        )

    def _framework_tools(self, call: Handler | None) -> list[FrameworkTool]:
        return [framework_tool(tool, self._approval.get(name, "never"), call) for name, tool in self._behind.items()]

    def wrap_model_call(self, request: Any, handler: Callable[[Any], Any]) -> Any:
        """The model is told of scripts, not of the tools behind."""
        return handler(self._with_scripts(request))

    async def awrap_model_call(self, request: Any, handler: Callable[[Any], Awaitable[Any]]) -> Any:
        """The same."""
        return await handler(self._with_scripts(request))

    def _with_scripts(self, request: Any) -> Any:
        shown = [tool for tool in request.tools if getattr(tool, "name", None) not in self._behind]
        prompt = self._scripts.prompt(self._framework_tools(None))
        own = request.system_message.content_blocks if request.system_message is not None else []
        system = SystemMessage([*own, {"type": "text", "text": f"\n\n{prompt}"}])
        return request.override(tools=shown, system_message=system)

    # -- a script runs ----------------------------------------------------------------------------------------------

    async def awrap_tool_call(self, request: ToolCallRequest, handler: Callable[[Any], Awaitable[Any]]) -> Any:
        """Run the script, or let the call through."""
        answer = self._answer(request)
        if answer is not None:
            return answer
        return await (self._run(request, handler) if self._is_script(request) else handler(request))

    def wrap_tool_call(self, request: ToolCallRequest, handler: Callable[[Any], Any]) -> Any:
        """The same; the tool node's thread waits for the script."""

        async def call(inner: ToolCallRequest) -> Any:
            return await asyncio.to_thread(handler, inner)

        answer = self._answer(request)
        if answer is not None:
            return answer
        return asyncio.run(self._run(request, call)) if self._is_script(request) else handler(request)

    def _is_script(self, request: ToolCallRequest) -> bool:
        return request.tool_call["name"] == RUN_TYPESCRIPT

    def _answer(self, request: ToolCallRequest) -> ToolMessage | None:
        """The answer to a call that cannot be made, or was: after an interrupt the tool node gets all of them again."""
        call = request.tool_call
        if call["name"] in self._behind:
            return refused(
                call, f"{call['name']} is called in a script: tools.{call['name']}(...) with {RUN_TYPESCRIPT}"
            )
        if self._is_script(request) and not isinstance(call["args"].get("code"), str):
            return refused(call, f"{RUN_TYPESCRIPT} takes the script as `code`")
        return answered(request)

    async def _run(self, request: ToolCallRequest, handler: Callable[[Any], Awaitable[Any]]) -> Command[Any]:
        tools = self._framework_tools(Handler(request, handler))
        waits = request.state.get(KEY, {}).get(request.tool_call["id"])
        if waits is None:
            return told(request, await self._scripts.run(tools, request.tool_call["args"]["code"]))
        return told(request, await self._scripts.resume(tools, waits, decisions_on(waits)))

    # -- a script waits ---------------------------------------------------------------------------------------------

    @hook_config(can_jump_to=["tools"])
    def before_model(self, state: State, runtime: Any) -> dict[str, Any] | None:  # noqa: ARG002 (the hook's own)
        """Ask about everything that scripts wait for, and let them go on."""
        waits = state.get(KEY)
        if not waits:
            return None
        question = question_of(waits, self._names)
        answer: Any = interrupt(question.value, response_schema=question.answer)
        return {KEY: gone_on(waits, answer.decisions), "jump_to": "tools"}
