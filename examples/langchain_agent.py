"""A LangChain agent that writes one script instead of ten calls, and waits for a person in its checkpoint.

Run it with `python examples/langchain_agent.py`: a fake model writes the script and every payment is approved. With the
name of a real model, for instance `anthropic:claude-sonnet-5-5` with LangChain's package for it, you are asked.
"""

from __future__ import annotations

import sys
from typing import Any

from langchain.agents import create_agent
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from belljar.integrations.langchain import Belljar

TASK = "Pay the two largest open invoices and say what was paid."
SCRIPT = """
const invoices: { id: string; cents: number }[] = await tools.open_invoices({});
const largest = [...invoices].sort((a, b) => b.cents - a.cents).slice(0, 2);
return await Promise.all(largest.map(({ id }) => tools.pay({ invoice: id })));
"""
INVOICES = {"A-1": 1_200, "A-2": 90_000, "A-3": 45_000}


@tool
def open_invoices() -> list[dict[str, Any]]:
    """Invoices that are not paid yet."""
    return [{"id": id_, "cents": cents} for id_, cents in INVOICES.items()]


@tool
def pay(invoice: str) -> str:
    """Pay an invoice."""
    return f"{invoice}: {INVOICES[invoice] / 100:.2f}"


class FakeModel(GenericFakeChatModel):
    """Says what it was given to say, whatever tools there are."""

    def bind_tools(self, *_: Any, **__: Any) -> Any:
        """Itself."""
        return self


def fake_model() -> FakeModel:
    """Writes the script, then says that it is done."""
    call: Any = {"name": "run_typescript", "args": {"code": SCRIPT}, "id": "call_1"}
    return FakeModel(messages=iter([AIMessage("", tool_calls=[call]), AIMessage("Both are paid.")]))


def decided(request: dict[str, Any], *, ask: bool) -> list[dict[str, Any]]:
    """What a person says to every call that the script waits for."""
    decisions = []
    for action in request["action_requests"]:
        print(f"asked: {action['name']} {action['args']}")
        agreed = not ask or input("approve? [y/n] ") == "y"
        decisions.append({"type": "approve" if agreed else "reject"})
    return decisions


def main() -> None:
    """The checkpointer has everything between the question and the answer; a database does for other processes."""
    name = sys.argv[1] if len(sys.argv) > 1 else None
    middleware = Belljar([open_invoices, pay], approval={"pay": "always"})
    agent: Any = create_agent(name or fake_model(), middleware=[middleware], checkpointer=InMemorySaver())
    thread = {"configurable": {"thread_id": "1"}}
    state = agent.invoke({"messages": [TASK]}, thread)
    while interrupts := state.get("__interrupt__"):
        decisions = decided(interrupts[0].value, ask=name is not None)
        state = agent.invoke(Command(resume={"decisions": decisions}), thread)
    print(state["messages"][-2].content)
    print(state["messages"][-1].content)


if __name__ == "__main__":
    main()
