"""One script's run: a framework's tools as belljar's, its calls brought to the framework, decisions read from JSON."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, TypeAlias

from belljar.errors import UsageError
from belljar.harness import Harness, Outcome
from belljar.integrations._script_names import script_names
from belljar.tools import AnyTool, ApprovalRequest, CallbackApprover, CallInfo, Decision, MaybeAnswer, Tool
from belljar.tools._tool import Approval


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameworkTool:
    """A tool as a framework describes it."""

    name: str
    """The framework's; scripts write it as `script_names` has it."""
    description: str
    parameters: Mapping[str, Any]
    """JSON Schema of the argument object."""
    result: Mapping[str, Any] | None = None
    """JSON Schema of what it gives, where the framework knows."""
    approval: Approval = "never"
    invoke: Callable[[dict[str, Any], CallInfo], Awaitable[Any]]
    """Makes one call through the framework."""


Ask: TypeAlias = Callable[[FrameworkTool, ApprovalRequest], Awaitable[Any]]
"""Gives a decision as JSON has it, or None."""


class AgentMustStopError(Exception):
    """Raised by `FrameworkTool.invoke` for an error that is not the script's: it ends the run and then the agent's."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(str(error))
        self.error = error


class Run:
    """A framework's tools during one run."""

    def __init__(self, tools: Iterable[FrameworkTool], ask: Ask | None = None) -> None:
        given = tuple(tools)
        names = script_names([tool.name for tool in given])
        self._given = {names[tool.name]: tool for tool in given}
        self._ask = ask
        self._results: dict[str, Any] = {}
        """What a person answered in a tool's place, by the question's id."""
        self._stop: BaseException | None = None
        self._harness: Harness

    @property
    def tools(self) -> list[AnyTool]:
        """As belljar has them."""
        return [
            _made(name, tool.description, json.dumps(tool.parameters), json.dumps(tool.result), tool.approval)
            for name, tool in self._given.items()
        ]

    def harness(self, options: Mapping[str, Any]) -> Harness:
        """A harness with these tools."""
        approver = CallbackApprover(self._decide, who="framework")
        self._harness = Harness(self.tools, **{"approver": approver, **options})
        return self._harness

    async def _decide(self, request: ApprovalRequest) -> MaybeAnswer:
        return None if self._ask is None else self.answer(request, await self._ask(self._given[request.tool], request))

    async def outcome(self, work: Awaitable[Outcome]) -> Outcome:
        """What comes of the run; calls reach this object meanwhile. Raises the error that is the agent's."""
        token = _current.set(self)
        try:
            outcome = await work
        finally:
            _current.reset(token)
        if self._stop is not None:
            raise self._stop
        return outcome

    async def call(self, arguments: dict[str, Any], call: CallInfo) -> Any:
        """What the framework's tool answers, or a person did in its place."""
        id_ = f"{call.run_id}:{call.ordinal}"
        if id_ in self._results:
            return self._results[id_]
        try:
            return await self._given[call.tool].invoke(arguments, call)
        except AgentMustStopError as stop:
            self._stop = stop.error
            self._harness.cancel(call.run_id)
            raise

    def answer(self, request: ApprovalRequest, decision: Any) -> MaybeAnswer:
        """A decision from JSON. Raises UsageError for anything that is none."""
        match decision:
            case None | bool() | str():
                return decision
            case {"result": result, **rest} if not rest:
                self._results[request.id] = result
                return Decision.approve(request, reason="answered in the tool's place")
            case {"approve": bool() as approve, **rest} if not rest.keys() - {"arguments", "reason"}:
                return _decided(request, approve, rest.get("arguments"), str(rest.get("reason", "")))
        raise UsageError(f"not a decision on {request.id}: {decision!r}", hint=_FORMS)


_current: ContextVar[Run] = ContextVar("belljar_script_run")


@lru_cache(maxsize=4_096)
def _made(name: str, description: str, parameters: str, result: str, approval: Approval) -> AnyTool:
    """A tool that calls the current run's tool of this name. Kept, because compiling a schema takes 0.3 ms."""

    async def call_framework(arguments: dict[str, Any], call: CallInfo) -> Any:
        return await _current.get().call(arguments, call)

    schemas = {"parameters": json.loads(parameters), "result": json.loads(result)}
    return Tool.from_schema(call_framework, name=name, description=description, approval=approval, **schemas)


_FORMS: Final = 'Give true, false, a reason, {"approve": bool, "arguments": {...}, "reason": "..."} or {"result": ...}.'


def _decided(request: ApprovalRequest, approve: bool, arguments: Any, reason: str) -> Decision:
    if not approve:
        return Decision.deny(request, reason)
    if arguments is None:
        return Decision.approve(request, reason=reason)
    return Decision.edit(request, arguments, reason=reason)
