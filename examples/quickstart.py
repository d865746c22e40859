"""The shortest way: two tools, one script, no event loop. Run it with `python examples/quickstart.py`."""

from __future__ import annotations

import belljar
from belljar import tool

RATES = {("EUR", "USD"): 1.08, ("EUR", "JPY"): 171.4}

SCRIPT = """
const wanted: string[] = ["USD", "JPY"];
const rates = await Promise.all(wanted.map((quote) => tools.get_rate({ base: "EUR", quote })));
return Object.fromEntries(wanted.map((quote, at) => [quote, Math.round(rates[at] * 250)]));
"""


@tool
async def get_rate(base: str, quote: str) -> float:
    """Units of quote for one unit of base."""
    return RATES[base, quote]


def main() -> None:
    """Check the script, run it, replay it."""
    report = belljar.check(SCRIPT, tools=[get_rate])
    print("would call:", ", ".join(report.tools_used))

    outcome = belljar.run(SCRIPT, tools=[get_rate])
    print("250 EUR are:", outcome.value)
    print(f"{outcome.figures.tool_calls} calls, {outcome.figures.fuel:,} instructions")

    again = belljar.replay(outcome.journal)
    print("replayed to the same bytes:", again.sha256 == outcome.sha256)

    wrong = belljar.run("return tools.get_rat({})", tools=[get_rate])
    assert wrong.error is not None
    print(wrong.error.to_model())


if __name__ == "__main__":
    main()
