"""`belljar worker`: works off the runs of a store, beside other workers, until it is told to stop."""

from __future__ import annotations

import asyncio
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from rich.text import Text

from belljar.cli._exits import ExitCode
from belljar.cli._loading import load_registry, parse_servers
from belljar.cli._screen import err, print_error, safe_line
from belljar.cli._store import opened, store_url
from belljar.errors import BelljarError
from belljar.harness import Harness, Outcome
from belljar.tools import Approver, AutoApprover

if TYPE_CHECKING:
    from belljar.durable import Orchestrator, Slice
    from belljar.store import Store

_STYLES: Final = {"done": "green", "suspended": "yellow", "failed": "red", "not worked off": "red"}


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerOptions:
    """What the command line said."""

    store: str | None = None
    """Its address; None: the environment's."""
    tools: tuple[str, ...] = ()
    workspace: Path | None = None
    mcp: tuple[str, ...] = ()
    approve: Literal["all", "none", "later"] = "later"
    orchestrator: Literal["local", "dbos"] = "local"
    queues: tuple[str, ...] = ()
    """(): all."""
    concurrency: int = 4
    once: bool = False


def worker_command(options: WorkerOptions) -> ExitCode:
    """Work until Ctrl-C or SIGTERM; with `once`, until nothing is ready. Raises UsageError and StoreError.

    What a run comes to is the run's matter: the command is fine when the work was done.
    """
    with opened(options.store, may_be_new=True) as store:
        harness = Harness(
            load_registry(options.tools, workspace=options.workspace),
            approver=_approver(options.approve),
            mcp=parse_servers(options.mcp),
            store=store,
        )
        orchestrator = _orchestrator(options, store)
        asyncio.run(_work(harness, orchestrator, options))
    return ExitCode.FINE


def _approver(policy: Literal["all", "none", "later"]) -> Approver | None:
    """None leaves questions to the store."""
    return None if policy == "later" else AutoApprover(policy)


def _orchestrator(options: WorkerOptions, store: Store) -> Orchestrator:
    from belljar.durable import DbosOrchestrator, LocalOrchestrator

    if options.orchestrator == "local":
        return LocalOrchestrator()
    return DbosOrchestrator(store, store_url(options.store), queues=options.queues)


async def _work(harness: Harness, orchestrator: Orchestrator, options: WorkerOptions) -> None:
    from belljar.durable import Worker

    async with harness:
        worker = Worker(harness, orchestrator, concurrency=options.concurrency, queues=options.queues, on_slice=_tell)
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, worker.stop)
        err().print(Text(safe_line(f"worker {worker.store.worker}"), style="dim"))
        await worker.run(once=options.once)


def _tell(slice: Slice | None, result: Outcome | Exception) -> None:
    """One line for each slice, and what was wrong."""
    run_id = slice.run_id if slice is not None else "the store"
    error = result if isinstance(result, Exception) else result.error
    state = "not worked off" if isinstance(result, Exception) else result.status
    err().print(Text.assemble(safe_line(run_id), "  ", (state, _STYLES[state])))
    if isinstance(error, BelljarError) and state != "suspended":
        print_error(err(), error)
    elif isinstance(error, Exception) and state != "suspended":
        err().print(Text(safe_line(f"{type(error).__name__}: {error}"), style="red"))
