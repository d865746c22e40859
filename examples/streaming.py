"""The events of a run as they happen, and a reply whose items come back in the order in which the model wrote them.

Run it with `python examples/streaming.py`.
"""

from __future__ import annotations

import asyncio

from belljar import Harness, tool

SOURCE = """
const cities = ["Oslo", "Lima", "Pune"];
const found = await Promise.all(cities.map(async (city) => {
  const degrees = await tools.temperature({ city });
  context.telemetry.emitProgress(`${city} is done`);
  return { city, degrees };
}));
console.log("warmest first");
return found.sort((a, b) => b.degrees - a.degrees);
"""
REPLY = f"I will look all three up at once.\n\n<tool-calls>{SOURCE}</tool-calls>\n\nPune it is."

DEGREES = {"Oslo": 4.5, "Lima": 19.0, "Pune": 28.5}


@tool
async def temperature(city: str) -> float:
    """Degrees Celsius in a city."""
    await asyncio.sleep(len(city) / 100)
    return DEGREES[city]


async def main() -> None:
    """First one script's events, then a whole reply."""
    async with Harness([temperature]) as harness:
        async for event in harness.stream(SOURCE):
            print(f"{event.name:<16}", getattr(event, "tool", None) or getattr(event, "message", ""))

        turn = await harness.process(REPLY)
        for item in turn.items:
            print(f"{item.type:<16}", (getattr(item, "summary", "") or getattr(item, "text", "")).strip())


if __name__ == "__main__":
    asyncio.run(main())
