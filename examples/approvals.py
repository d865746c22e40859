"""Who must agree to a call: a rule over its arguments, and a person or a function that answers.

Run it with `python examples/approvals.py`; with `--ask` you are the one who is asked.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from belljar import ApprovalRequest, CallbackApprover, Decision, Harness, TerminalApprover, tool

SCRIPT = """
const paid: string[] = [];
for (const [to, cents] of [["Ada", 900], ["Grace", 25_000], ["Edsger", 90_000]] as const) {
  try {
    paid.push(await tools.pay({ to, cents }));
  } catch (error) {
    paid.push(`${to}: ${(error as Error).message}`);
  }
}
return paid;
"""


def over_a_hundred(arguments: dict[str, Any]) -> bool | str:
    """The reason to ask, or False where nobody need be asked."""
    return arguments["cents"] > 10_000 and f"{arguments['cents'] / 100:.2f} is more than 100.00"


@tool(approval=over_a_hundred)
def pay(to: str, cents: int) -> str:
    """Pay somebody."""
    return f"{to}: paid {cents / 100:.2f}"


def accountant(request: ApprovalRequest) -> Decision:
    """Lets medium payments through and caps the large ones: what it decides is what runs, checked again."""
    if request.arguments["cents"] <= 50_000:
        return Decision.approve(request, who="accountant")
    return Decision.edit(request, {**request.arguments, "cents": 50_000}, who="accountant", reason="the cap is 500.00")


async def main() -> None:
    """Run the script and say what happened to each question."""
    approver = TerminalApprover() if "--ask" in sys.argv else CallbackApprover(accountant)
    async with Harness([pay], approver=approver) as harness:
        outcome = await harness.run(SCRIPT)
    for line in outcome.value:
        print(line)
    for record in outcome.journal.records:
        if record.type == "approval":
            print(f"call {record.facts['call']}: {record.facts['verdict']} by {record.facts['who']}")


if __name__ == "__main__":
    asyncio.run(main())
