"""A harness that ends runs without a machine, so that tests see what a worker makes of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any, cast

from belljar.durable import Slice
from belljar.errors import BelljarError
from belljar.harness import Harness
from belljar.store import Lease, RunRequest, Store

NOW_MS = 1_800_000_000_000
REQUEST = RunRequest(source="1")


class QuickHarness:
    """Takes a run, does `work`, and ends it. Says what it did."""

    def __init__(self, store: Store, work: Callable[[str], Awaitable[None]] | None = None) -> None:
        self.store = store
        self.done: list[str] = []
        self.cancelled: list[str] = []
        self.left: list[str] = []
        self.at_once = 0
        self.most_at_once = 0
        self._work = work
        self._leases: dict[str, tuple[Lease, asyncio.Task[Any]]] = {}

    @property
    def as_harness(self) -> Harness:
        return cast(Harness, self)

    async def resume_run(self, run_id: str) -> Any:
        lease = self.store.runs.take(run_id, now_ms=wall_ms())
        if lease is None:
            return None
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        task = asyncio.ensure_future(self._perform(lease))
        self._leases[run_id] = (lease, task)
        try:
            await asyncio.wait([task])
            return None if task.cancelled() else task.result()
        finally:
            self.at_once -= 1
            del self._leases[run_id]

    async def _perform(self, lease: Lease) -> Any:
        if self._work is not None:
            await self._work(lease.run_id)
        self.done.append(lease.run_id)
        self.store.runs.release(lease, state="succeeded")
        return SimpleNamespace(status="done", error=None, run_id=lease.run_id)

    def cancel(self, run_id: str) -> bool:
        self.cancelled.append(run_id)
        return True

    async def aclose(self, *, leave_runs: bool = False) -> None:
        assert leave_runs
        for lease, task in tuple(self._leases.values()):
            task.cancel()
            self.store.runs.release(lease)
            self.left.append(lease.run_id)


class Ears:
    """Keeps what a worker tells."""

    def __init__(self) -> None:
        self.heard: list[tuple[str | None, str]] = []

    def __call__(self, slice: Slice | None, result: Any) -> None:
        said = result.code if isinstance(result, BelljarError) else getattr(result, "status", type(result).__name__)
        self.heard.append((slice.id if slice is not None else None, said))


def add(store: Store, *run_ids: str, queue: str = "default", priority: int = 0) -> None:
    for run_id in run_ids:
        store.runs.add(REQUEST, run_id=run_id, queue=queue, priority=priority)


def wall_ms() -> int:
    from belljar.tools._clock import wall_ms as now_ms

    return now_ms()
