"""An agent's loop through Anthropic's Messages API, streamed: text and thinking as they come, then the script's events.

Run it with `python examples/anthropic_messages.py --stub`, or with a key in ANTHROPIC_API_KEY and `--model`;
`--base-url` names another server, for instance `python -m belljar.testing.stub` in another terminal.
"""

from __future__ import annotations

import argparse
import asyncio
import os
from typing import Any

import anthropic

from belljar import Harness, tool
from belljar.providers import AnthropicMessages, ProviderTurn, ReasoningDelta, TextDelta
from belljar.testing.stub import StubServer, demo_reply

DEGREES = {"Oslo": 4.5, "Lima": 19.0, "Pune": 28.5}


@tool
async def temperature(city: str) -> float:
    """Degrees Celsius in a city."""
    return DEGREES[city]


async def talk(client: anthropic.AsyncAnthropic, model: str) -> None:
    """Ask, run what the model writes, send back what came of it, until it has its answer."""
    async with client, Harness([temperature], mode="enabled") as harness:
        adapter = AnthropicMessages(harness)
        history: list[Any] = [{"role": "user", "content": "Which is the warmest: Oslo, Lima or Pune?"}]
        goes_on = True
        while goes_on and len(history) < 16:
            stream = await client.messages.create(
                model=model,
                max_tokens=8_000,
                thinking={"type": "adaptive"},
                system=adapter.instructions(),
                tools=adapter.tools(),
                messages=history,
                stream=True,
            )
            async for event in adapter.stream(stream):
                match event:
                    case TextDelta(text=text) | ReasoningDelta(text=text):
                        print(text, end="", flush=True)
                    case ProviderTurn():
                        history += event.input
                        goes_on = event.goes_on
                    case _:
                        print(f"\n[{event.name}] {getattr(event, 'tool', '')}", end="")
            print()


def main() -> None:
    """Read the options and talk."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--base-url")
    parser.add_argument("--model", default="claude-opus-5-5")
    parser.add_argument("--stub", action="store_true", help="talk to a stand-in, without a key")
    options = parser.parse_args()
    key = os.environ.get("ANTHROPIC_API_KEY", "none")
    with StubServer(demo_reply) as stub:
        base_url = stub.url if options.stub else options.base_url
        asyncio.run(talk(anthropic.AsyncAnthropic(base_url=base_url, api_key=key), options.model))


if __name__ == "__main__":
    main()
