"""Scripts of a LangChain agent that wait: what its state has of them, and the questions as the agent asks them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Annotated, Any, Final, NotRequired

from langchain.agents.middleware.human_in_the_loop import Decision
from langchain.agents.middleware.types import AgentState, PrivateStateAttr
from langchain_core.messages import AIMessage, ToolCall, ToolMessage
from langgraph.prebuilt.tool_node import ToolCallRequest
from langgraph.types import Command
from pydantic import AfterValidator, BaseModel, Field, create_model

from belljar.harness import Outcome
from belljar.integrations._scripts import RUN_TYPESCRIPT, waiting

KEY: Final = "belljar_waiting"


def _merged(before: dict[str, Any] | None, update: dict[str, Any]) -> dict[str, Any]:
    """What scripts wait for, by the id of the model's call; None for one that ended."""
    return {id_: waits for id_, waits in {**(before or {}), **update}.items() if waits is not None}


class State(AgentState[Any]):
    """The agent's state, and the scripts that wait."""

    belljar_waiting: NotRequired[Annotated[dict[str, Any], PrivateStateAttr, _merged]]


def told(request: ToolCallRequest, outcome: Outcome) -> Command[Any]:
    """What the agent's state is told: the answer to the model's call, or what the script waits for."""
    id_ = request.tool_call["id"]
    if outcome.suspension is not None:
        return Command(update={KEY: {id_: waiting(outcome)}})
    status: Any = "success" if outcome.ok else "error"
    message = ToolMessage(outcome.to_model(), name=RUN_TYPESCRIPT, tool_call_id=id_, status=status)
    return Command(update={KEY: {id_: None}, "messages": [message]})


def answered(request: ToolCallRequest) -> ToolMessage | None:
    """The answer that the call has got already, since the model made it."""
    since = takewhile(lambda message: not isinstance(message, AIMessage), reversed(request.state["messages"]))
    mine = (message for message in since if isinstance(message, ToolMessage))
    return next((message for message in mine if message.tool_call_id == request.tool_call["id"]), None)


def refused(call: ToolCall, text: str) -> ToolMessage:
    """The answer to a mistake of the model."""
    return ToolMessage(text, name=call["name"], tool_call_id=call["id"], status="error")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What an agent is interrupted with, about everything that its scripts wait for."""

    value: dict[str, Any]
    """As HumanInTheLoopMiddleware has it."""
    answer: type[BaseModel]
    """What LangGraph holds an answer to before it keeps it: one that does not fit can be given again."""


def question_of(waits: Mapping[str, Any], names: Mapping[str, str]) -> Question:
    """The question about scripts that wait; `names` are the tools' own, by what scripts call them."""
    requests = [_action_request(asked, names[asked["tool"]]) for asked in _asked(waits)]
    tools = dict.fromkeys(request["name"] for request in requests)
    choices = [{"action_name": name, "allowed_decisions": ["approve", "edit", "reject", "respond"]} for name in tools]
    return Question(
        value={"action_requests": requests, "review_configs": choices},
        answer=_answer([request["name"] for request in requests]),
    )


def gone_on(waits: Mapping[str, Any], given: Sequence[Decision]) -> dict[str, Any]:
    """The same scripts with what was decided on them, in the order of the question."""
    decisions = {asked["id"]: _decision(each) for asked, each in zip(_asked(waits), given, strict=True)}
    return {id_: {**each, "decision": True, "decisions": _of(each, decisions)} for id_, each in waits.items()}


def _of(waits: Mapping[str, Any], decisions: Mapping[str, Any]) -> dict[str, Any]:
    return {asked["id"]: decisions[asked["id"]] for asked in waits["pending"]}


def _asked(waits: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [asked for each in waits.values() for asked in each["pending"]]


def _action_request(asked: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {"name": name, "args": asked["arguments"], "description": f"{asked['reason']}\n{asked['excerpt']}"}


def _answer(names: Sequence[str]) -> type[BaseModel]:
    def fitting(decisions: list[Any]) -> list[Any]:
        for name, decision in zip(names, decisions, strict=True):
            if decision["type"] == "edit" and decision["edited_action"]["name"] != name:
                raise ValueError(f"an edit of {name} cannot make it another tool")
        return decisions

    many = Field(min_length=len(names), max_length=len(names))
    return create_model("Decisions", decisions=(Annotated[list[Decision], many, AfterValidator(fitting)], ...))


def _decision(given: Decision) -> Any:
    match given:
        case {"type": "approve"}:
            return True
        case {"type": "edit", "edited_action": {"args": arguments}}:
            return {"approve": True, "arguments": arguments}
        case {"type": "respond", "message": message}:
            return {"result": message}
    return {"approve": False, "reason": given.get("message", "")}
