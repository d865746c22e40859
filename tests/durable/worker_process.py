"""A worker in a process of its own, for tests that kill it: `worker_process.py URL ENGINE WITNESS [DEAD_AFTER_MS]`.

Its tools do one thing to the world: they append a line to the witness, a file that the test owns.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from typing import Any

import belljar
from belljar.durable import DbosOrchestrator, LocalOrchestrator, Orchestrator, Worker
from belljar.harness import Harness, Outcome
from belljar.store import Store, open_store

PAUSE_S = 0.01
"""Before and after the effect, so that a kill often falls beside it."""


def tools_of(witness: str) -> list[Any]:
    """`charge` must never happen twice; `note` may; `dawdle` comes to no end."""

    def happens(what: str) -> None:
        time.sleep(PAUSE_S)
        file = os.open(witness, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(file, f"{what}\n".encode())
        os.close(file)
        stand_still_if_told(f"{witness}.stop")
        time.sleep(PAUSE_S)

    @belljar.tool
    def charge(order: str) -> str:
        happens(f"charge {order}")
        return order

    @belljar.tool(idempotent=True)
    def note(order: str) -> str:
        happens(f"note {order}")
        return order

    @belljar.tool
    async def dawdle(order: str) -> str:
        happens(f"dawdle {order}")
        await asyncio.sleep(600)
        return order

    return [charge, note, dawdle]


def stand_still_if_told(file: str) -> None:
    """The process that finds the file stops itself, in the middle of its call and not of a transaction."""
    if os.path.exists(file):
        os.unlink(file)
        os.kill(os.getpid(), signal.SIGSTOP)


def engine_of(name: str, store: Store, url: str) -> Orchestrator:
    return DbosOrchestrator(store, url) if name == "dbos" else LocalOrchestrator()


async def work(url: str, engine: str, witness: str, dead_after_ms: int) -> None:
    def tell(slice: Any, result: Outcome | Exception) -> None:
        said = f"{type(result).__name__}: {result}" if isinstance(result, Exception) else result.status
        print("told", slice and slice.id, said, flush=True)

    with open_store(url, dead_after_ms=dead_after_ms) as store:
        async with Harness(tools_of(witness), store=store) as harness:
            worker = Worker(harness, engine_of(engine, store, url), concurrency=3, grace_s=0.2, on_slice=tell)
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, worker.stop)
            print("worker", store.worker, flush=True)
            await worker.run()


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]) if len(sys.argv) > 4 else 15_000))
