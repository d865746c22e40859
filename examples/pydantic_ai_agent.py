"""A Pydantic AI agent that writes one script instead of ten calls, and waits for a person in no process at all.

Run it with `python examples/pydantic_ai_agent.py`: a test model writes the script and every payment is approved. With
the name of a real model, for instance `anthropic:claude-sonnet-5-5` and its key in the environment, you are asked.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from pydantic import TypeAdapter
from pydantic_ai import Agent, DeferredToolRequests
from pydantic_ai.messages import ModelMessage, ModelMessagesTypeAdapter, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel
from pydantic_ai.tools import DeferredToolResults

from belljar.integrations.pydantic_ai import Belljar

TASK = "Pay the two largest open invoices and say what was paid."
SCRIPT = """
const invoices: { id: string; cents: number }[] = await tools.open_invoices({});
const largest = [...invoices].sort((a, b) => b.cents - a.cents).slice(0, 2);
return await Promise.all(largest.map(({ id }) => tools.pay({ invoice: id })));
"""
INVOICES = {"A-1": 1_200, "A-2": 90_000, "A-3": 45_000}
REQUESTS = TypeAdapter(DeferredToolRequests)


def scripted(messages: list[ModelMessage], _: AgentInfo) -> ModelResponse:
    """Writes the script, then says what came of it."""
    if len(messages) == 1:
        return ModelResponse(parts=[ToolCallPart("run_typescript", {"code": SCRIPT})])
    return ModelResponse(parts=[TextPart(f"Paid: {messages[-1].parts[-1].content}")])  # type: ignore[union-attr]  # a tool's return


def agent_with(model: Any) -> Agent[None, Any]:
    """An agent with two tools, both behind scripts."""
    agent = Agent(model, capabilities=[Belljar()], output_type=[str, DeferredToolRequests])

    @agent.tool_plain
    def open_invoices() -> list[dict[str, Any]]:
        """Invoices that are not paid yet."""
        return [{"id": id_, "cents": cents} for id_, cents in INVOICES.items()]

    @agent.tool_plain(requires_approval=True)
    def pay(invoice: str) -> str:
        """Pay an invoice."""
        return f"{invoice}: {INVOICES[invoice] / 100:.2f}"

    return agent


def decided(requests: DeferredToolRequests, *, ask: bool) -> DeferredToolResults:
    """What a person says to everything that the scripts wait for."""
    approvals = {}
    for call in requests.approvals:
        for question in requests.metadata[call.tool_call_id]["pending"]:
            print(f"asked: {question['tool']} {question['arguments']}")
        approvals[call.tool_call_id] = not ask or input("approve? [y/n] ") == "y"
    return requests.build_results(approvals=approvals, metadata=requests.metadata)


async def main() -> None:
    """Between the question and the answer there are two texts, and nothing else has to be kept."""
    name = sys.argv[1] if len(sys.argv) > 1 else None
    agent = agent_with(name or FunctionModel(scripted))
    result = await agent.run(TASK)
    while isinstance(result.output, DeferredToolRequests):
        messages, requests = result.all_messages_json(), REQUESTS.dump_json(result.output)
        print(f"waiting: {len(messages) + len(requests):,} bytes" if name else "waiting")
        results = decided(REQUESTS.validate_json(requests), ask=name is not None)
        history = ModelMessagesTypeAdapter.validate_json(messages)
        result = await agent.run(message_history=history, deferred_tool_results=results)
    print(result.output)


if __name__ == "__main__":
    asyncio.run(main())
