"""A store with runs in it, as the console's tests need them: real ones, run by a harness."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from belljar import Harness, Limits, tool
from belljar.store import Store, open_store
from belljar.tools import Quorum

T = TypeVar("T")
TOKEN = "correct-horse-battery"  # noqa: S105 - of these tests
HOUR = Limits(approval_timeout_ms=3_600_000)

REFUNDS = """\
const order: any = await tools.find({order: "A-1"});
console.log("found", order.order);
context.telemetry.emitProgress("two refunds to go");
const [a, b]: any[] = await Promise.all([
  tools.refund({order: "A-1", cents: 5000, password: "hunter2-hunter2"}),
  tools.refund({order: "A-2", cents: 900}),
]);
return {paid: a.paid + b.paid};
"""

HOSTILE_TEXT = "</script><script>window.hacked=1</script><img src=x onerror=window.hacked=1>\"' onfocus=window.hacked=1"
HOSTILE = f"""\
// {HOSTILE_TEXT}
const text = {json.dumps(HOSTILE_TEXT)} + "\\u202e\\u0000";
console.log(text);
context.telemetry.emitProgress(text);
await tools.find({{order: text}});
await tools.refund({{order: text, cents: 1, password: text}});
"""
"""What would run in a page that forgot to escape, in every place that a script reaches."""


@tool
async def find(order: str) -> dict[str, Any]:
    """Look an order up."""
    return {"order": order}


@tool(approval=lambda args: f"it pays {args['cents']} cents")
async def refund(order: str, cents: int, password: str = "") -> dict[str, Any]:
    """Pay an order back."""
    return {"order": order, "paid": cents, "signed": bool(password)}


@tool(approval="always", quorum=Quorum(needed=2, of=("Ann", "Bob", "Cem")))
async def close_account(account: str, cents: int) -> str:
    """Needs two people."""
    return f"{account} closed, {cents} paid out"


@tool
async def transfer(cents: int) -> str:
    """Never comes back."""
    SENT.set()
    await asyncio.sleep(3600)
    return f"sent {cents}"


SENT = threading.Event()
"""Set when `transfer` is on its way."""
TOOLS = (find, refund, close_account, transfer)


def new_store(folder: Path) -> Store:
    """An empty one."""
    return open_store(folder / "runs.db", worker="test:1:00000000")


def done(work: Coroutine[Any, Any, T]) -> T:
    """What `work` gives. In a thread: a browser's driver has an event loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def run(store: Store, source: str, run_id: str) -> str:
    """Run a script as far as it gets without a person; how it stands then."""

    async def work() -> str:
        async with Harness(TOOLS, store=store, limits=HOUR) as harness:
            return (await harness.run(source, run_id=run_id)).status

    return done(work())


def resume(store: Store, run_id: str) -> Any:
    """Go on with a run, as another process would."""

    async def work() -> Any:
        async with Harness(TOOLS, store=store, limits=HOUR) as harness:
            return await harness.resume_run(run_id)

    return done(work())


def forget_requests(store: Store) -> None:
    """Leave the open questions as another version of belljar might have them."""
    from sqlalchemy import text

    store._database.write(lambda connection: connection.execute(text("UPDATE approvals SET request = '{}'")))


def lose_a_call(store: Store, run_id: str) -> None:
    """Leave a run with a call on its way, as a process that dies does; and have another take it up."""

    async def work() -> None:
        SENT.clear()
        async with Harness(TOOLS, store=store) as harness:
            going = asyncio.create_task(harness.run("return await tools.transfer({cents: 700})", run_id=run_id))
            await asyncio.to_thread(SENT.wait, 10)
            await harness.aclose(leave_runs=True)
            await asyncio.gather(going, return_exceptions=True)

    done(work())
    resume(store, run_id)
