"""Slices as asyncio tasks of this process: the default, without any service beside the store."""

from __future__ import annotations

import asyncio

from belljar.durable._orchestrator import Perform, Slice


class LocalOrchestrator:
    """Runs what it is given at once, as far as there is room. Other workers find what is left in the store."""

    def __init__(self) -> None:
        self._tasks: dict[str, asyncio.Future[bool]] = {}
        self._perform: Perform | None = None
        self._concurrency = 0

    async def start(self, perform: Perform, *, concurrency: int) -> None:
        self._perform, self._concurrency = perform, concurrency

    def room(self) -> int:
        return self._concurrency - len(self._tasks)

    async def submit(self, slice: Slice) -> None:
        if slice.id in self._tasks or self._perform is None:
            return
        task = asyncio.ensure_future(self._perform(slice))
        self._tasks[slice.id] = task
        task.add_done_callback(lambda _: self._tasks.pop(slice.id))

    async def heartbeat(self) -> None:
        """The worker's own beat in the store is enough."""

    async def cancel(self, run_id: str) -> None:
        """Nothing waits here: what has been submitted runs, and hears of it from the store."""

    async def lost(self) -> list[Slice]:
        """None of its own: a dead worker's runs are ready in the store, for everybody."""
        return []

    async def aclose(self) -> None:
        self._perform, self._concurrency = None, 0
