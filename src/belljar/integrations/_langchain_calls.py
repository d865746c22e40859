"""A script's calls of LangChain tools through the agent's tool node, and the questions of one that waits.

A tool node answers with text. What a tool that declares `str` answers stays text; any other answer is read as the JSON
that LangChain made of it, where it is JSON.
"""

from __future__ import annotations

import json
import typing
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from langchain_core.messages import ToolMessage
from langchain_core.tools import BaseTool
from langgraph.errors import GraphBubbleUp
from langgraph.prebuilt.tool_node import ToolCallRequest
from pydantic import TypeAdapter
from pydantic.errors import PydanticSchemaGenerationError, PydanticUserError

from belljar.errors import ToolExecutionError
from belljar.integrations._script_run import FrameworkTool
from belljar.tools import CallInfo
from belljar.tools._tool import Approval


@dataclass(frozen=True, slots=True)
class Handler:
    """The tool node, as `wrap_tool_call` is given it."""

    request: ToolCallRequest
    """The model's own call, of the script."""
    execute: Callable[[ToolCallRequest], Awaitable[Any]]

    async def call(self, tool: BaseTool, arguments: dict[str, Any], id_: str) -> Any:
        """What the tool answers, as data."""
        try:
            answer = await self.execute(
                replace(
                    self.request,
                    tool_call={"type": "tool_call", "name": tool.name, "args": arguments, "id": id_},
                    tool=tool,
                    runtime=replace(self.request.runtime, tool_call_id=id_),
                )
            )
        except GraphBubbleUp as interrupted:
            raise ToolExecutionError(_INTERRUPTED.format(tool.name), tool=tool.name) from interrupted
        if not isinstance(answer, ToolMessage):
            raise ToolExecutionError(_COMMAND.format(tool.name), tool=tool.name)
        if answer.status == "error":
            raise ToolExecutionError(str(answer.content), tool=tool.name)
        return _data(answer.content, _returns(tool))


_INTERRUPTED: Final = (
    "{} asks a person in the middle of its work, where a script cannot wait: give it a rule of approval"
)
_COMMAND: Final = "{} did its work, and answers with a change of the agent's state, which a script cannot make"


def framework_tool(tool: BaseTool, approval: Approval, handler: Handler | None) -> FrameworkTool:
    """The tool behind a script; without a handler only to be declared."""

    async def invoke(arguments: dict[str, Any], call: CallInfo) -> Any:
        assert handler is not None
        return await handler.call(tool, arguments, f"{call.run_id}:{call.ordinal}")

    schema: Any = tool.tool_call_schema
    return FrameworkTool(
        name=tool.name,
        description=tool.description,
        parameters=schema if isinstance(schema, dict) else schema.model_json_schema(),
        result=_schema(_returns(tool)),
        approval=approval,
        invoke=invoke,
    )


def _returns(tool: BaseTool) -> Any:
    """What the tool's function declares to return; Any where nobody knows."""
    function = getattr(tool, "func", None) or getattr(tool, "coroutine", None)
    if function is None or tool.response_format != "content":
        return Any
    written = getattr(function, "__annotations__", {}).get("return", Any)
    try:
        return typing.get_type_hints(function).get("return", Any)
    except (NameError, TypeError):  # another annotation of the function names what only its author can see
        return {"str": str}.get(written, Any) if isinstance(written, str) else written


def _schema(returns: Any) -> Mapping[str, Any] | None:
    try:
        return TypeAdapter(returns).json_schema(mode="serialization")
    except (PydanticUserError, PydanticSchemaGenerationError):  # a type that is not data: then nothing is declared
        return None


def _data(content: Any, returns: Any) -> Any:
    if not isinstance(content, str) or returns is str:
        return content
    try:
        return json.loads(content)
    except ValueError:
        return content
