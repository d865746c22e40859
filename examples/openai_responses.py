"""An agent's loop through OpenAI's Responses API: the model writes scripts, belljar runs them.

Run it with `python examples/openai_responses.py --stub`, or with a key in OPENAI_API_KEY and `--model`; `--base-url`
names another server, for instance `python -m belljar.testing.stub` in another terminal.
"""

from __future__ import annotations

import argparse
import asyncio
import os
from typing import Any

import openai

from belljar import Harness, tool
from belljar.providers import OpenAIResponses
from belljar.testing.stub import StubServer, demo_reply

DEGREES = {"Oslo": 4.5, "Lima": 19.0, "Pune": 28.5}


@tool
async def temperature(city: str) -> float:
    """Degrees Celsius in a city."""
    return DEGREES[city]


async def talk(client: openai.AsyncOpenAI, model: str) -> None:
    """Ask, run what the model writes, send back what came of it, until it has its answer."""
    async with client, Harness([temperature], mode="enabled") as harness:
        adapter = OpenAIResponses(harness)
        history: list[Any] = [{"role": "user", "content": "Which is the warmest: Oslo, Lima or Pune?"}]
        for _ in range(8):
            response = await client.responses.create(
                model=model,
                instructions=adapter.instructions(),
                tools=adapter.tools(),
                input=history,
                store=False,
                include=["reasoning.encrypted_content"],
            )
            turn = await adapter.process(response)
            history += turn.input
            for item in turn.turn.items:
                print(f"{item.type:<14}", getattr(item, "source", "") or getattr(item, "text", ""))
            if not turn.goes_on:
                break


def main() -> None:
    """Read the options and talk."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--base-url")
    parser.add_argument("--model", default="gpt-5.6-sol")
    parser.add_argument("--stub", action="store_true", help="talk to a stand-in, without a key")
    options = parser.parse_args()
    key = os.environ.get("OPENAI_API_KEY", "none")
    with StubServer(demo_reply) as stub:
        base_url = stub.openai_url if options.stub else options.base_url
        asyncio.run(talk(openai.AsyncOpenAI(base_url=base_url, api_key=key), options.model))


if __name__ == "__main__":
    main()
