"""An agent of the OpenAI Agents SDK that writes one script instead of ten calls, and waits for a person in no process.

Run it with `python examples/openai_agents_agent.py`: a scripted model writes the script and every payment is approved.
With the name of a real model, and OPENAI_API_KEY in the environment, you are asked.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from agents import Agent, Runner, RunState, function_tool, set_tracing_disabled
from agents.testing import ScriptedModel, assistant_message, function_call

from belljar.integrations.openai_agents import with_scripts

TASK = "Pay the two largest open invoices and say what was paid."
SCRIPT = """
const invoices: { id: string; cents: number }[] = await tools.open_invoices({});
const largest = [...invoices].sort((a, b) => b.cents - a.cents).slice(0, 2);
return await Promise.all(largest.map(({ id }) => tools.pay({ invoice: id })));
"""
INVOICES = {"A-1": 1_200, "A-2": 90_000, "A-3": 45_000}


@function_tool
def open_invoices() -> list[dict[str, Any]]:
    """Invoices that are not paid yet."""
    return [{"id": id_, "cents": cents} for id_, cents in INVOICES.items()]


@function_tool(needs_approval=True)
async def pay(invoice: str) -> str:
    """Pay an invoice."""
    print(f"paying {invoice}")
    return f"{invoice}: {INVOICES[invoice] / 100:.2f}"


def scripted_model() -> ScriptedModel:
    """Writes the script, then says that it is done."""
    call = function_call("run_typescript", {"code": SCRIPT}, call_id="call_1")
    return ScriptedModel([[call], [assistant_message("Both are paid.")]])


async def main() -> None:
    """Between the question and the answer there is one text, and nothing else has to be kept."""
    name = sys.argv[1] if len(sys.argv) > 1 else None
    if name is None:
        set_tracing_disabled(True)
    clerk: Agent[Any] = Agent(name="clerk", model=name or scripted_model(), tools=[open_invoices, pay])
    agent = with_scripts(clerk)
    result = await Runner.run(agent, TASK)
    while result.interruptions:
        kept = result.to_state().to_string()
        state: RunState[Any, Any] = await RunState.from_string(agent, kept)
        for item in state.get_interruptions():
            print(f"asked: {item.name} {item.arguments}")
            if name is None or input("approve? [y/n] ") == "y":
                state.approve(item)
            else:
                state.reject(item, rejection_message="the user said no")
        result = await Runner.run(agent, state)
    print(result.final_output)


if __name__ == "__main__":
    asyncio.run(main())
