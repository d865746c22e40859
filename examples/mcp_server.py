"""belljar as an MCP server: a model behind any MCP client writes one script where it would have made many calls.

Run it with `python examples/mcp_server.py`: a client in the same process plays model and person. With `--serve` it
serves a real client over standard input and output, as `belljar mcp --tools examples/mcp_server.py` would.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

import mcp_types
from mcp.client.client import Client
from mcp.client.context import ClientRequestContext

from belljar import DeferApprover, Harness, tool
from belljar.integrations.mcp_server import build_server

SCRIPT = """
const open = (await tools.invoices()).filter((invoice) => !invoice.paid);
const receipts = await Promise.all(open.map(({ number, cents }) => tools.pay({ number, cents })));
return { receipts, total: open.reduce((sum, invoice) => sum + invoice.cents, 0) };
"""


@tool
def invoices() -> list[dict[str, str | int | bool]]:
    """All invoices."""
    rows = [("A1", 900, True), ("A2", 25_000, False), ("A3", 400, False)]
    return [{"number": number, "cents": cents, "paid": paid} for number, cents, paid in rows]


@tool(approval="always")
def pay(number: str, cents: int) -> str:
    """Pay an invoice."""
    return f"{number}: paid {cents / 100:.2f}"


async def person(
    context: ClientRequestContext,  # noqa: ARG001 - the SDK calls it so
    params: mcp_types.ElicitRequestParams,
) -> mcp_types.ElicitResult:
    """What a client's window does: show the question, hand the answer back."""
    print(params.message, end="\n\n")
    return mcp_types.ElicitResult(action="accept", content={"decision": "approve"})


async def main(journals: Path) -> None:
    """Serve, or play the whole way once."""
    async with Harness([invoices, pay], approver=DeferApprover(), journal=journals) as harness:
        server = build_server(harness)
        if "--serve" in sys.argv:
            await server.run_stdio_async()
            return
        async with Client(server, elicitation_callback=person) as client:
            result = await client.call_tool("run_typescript", {"code": SCRIPT})
            for block in result.content:
                print(block.text if isinstance(block, mcp_types.TextContent) else block)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(main(Path(folder)))
