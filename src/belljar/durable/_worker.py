"""A worker: a process's loop that finds runs which can go on, and has them worked off.

Each turn: beat, let overdue questions expire, add the runs that schedules call for, and submit what is ready, the
highest priority first. Whether a run is really taken (somebody else may have it, its queue may be full) is decided by
the store, in the transaction that gives the lease; a slice that was not taken comes again.

Stopping: nothing new is begun, what runs has `grace_s` to come to its end or its next wait, then it is left where it
is. Such a run is not cancelled: its lease goes back, and another worker goes on with it.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final, TypeAlias

from belljar.durable._agents import AgentOrchestrator
from belljar.durable._local import LocalOrchestrator
from belljar.durable._orchestrator import Orchestrator, Slice
from belljar.errors import StoreError, StoreVersionError, UsageError

if TYPE_CHECKING:
    from belljar.harness import Harness, Outcome
    from belljar.store import ReadyRun

Told: TypeAlias = Callable[[Slice | None, "Outcome | Exception"], None]
"""Hears how each slice ended, and of trouble with the store (then there is no slice)."""

POLL_S: Final = 0.25
"""Between two looks at the store. One look is three reads, under 2 ms together."""
_LOOKS: Final = (100, 1_000, 10_000)
"""How many ready runs are looked at: more only where the first ones are of queues that are full."""
_BEATS: Final = 3
"""In the time after which a worker is dead."""
_SPREAD: Final = 8
"""Times the room: from so many of the first ready runs a worker picks that came too late before."""
_PATIENCE_MS: Final = (1_000, 60_000)
"""How long a run whose slice raised is left alone: at first, and at most."""


class Worker:
    """Works off the runs of a harness's store, until it is stopped."""

    def __init__(
        self,
        harness: Harness,
        orchestrator: Orchestrator | None = None,
        *,
        concurrency: int = 4,
        queues: Iterable[str] = (),
        grace_s: float = 10.0,
        on_slice: Told = lambda _slice, _result: None,
    ) -> None:
        """`orchestrator` None is a LocalOrchestrator; `queues` () are all; `on_slice` hears how slices end.

        Raises UsageError for a harness without a store, and for a concurrency below 1.
        """
        if concurrency < 1:
            raise UsageError(f"a worker runs 1 or more slices at once, got {concurrency!r}")
        if harness.store is None:
            raise UsageError("this harness has no store to work off", hint="Harness(store=URL).")
        self.harness = harness
        self.store = harness.store
        self.orchestrator = orchestrator or LocalOrchestrator()
        self.queues = tuple(dict.fromkeys(queues))
        self.agents = AgentOrchestrator(self.store, queues=self.queues)
        self._concurrency = concurrency
        self._grace_s = grace_s
        self._on_slice = on_slice
        self._places = asyncio.Semaphore(concurrency)
        self._flying: set[str] = set()
        self._patience: dict[str, tuple[int, int]] = {}
        self._wake = asyncio.Event()
        self._is_stopping = False
        self._next_beat_ms = 0
        self._was_late = False
        self._chance = random.Random(self.store.worker)  # noqa: S311  (workers only have to differ)

    async def run(self, *, once: bool = False) -> None:
        """Work until `stop`; `once`: until nothing is ready. A store that cannot be reached is asked again.

        Raises StoreVersionError where the store has become newer than this belljar.
        """
        await self.orchestrator.start(self._perform, concurrency=self._concurrency)
        try:
            while not self._is_stopping:
                is_idle = await self._turn()
                if once and is_idle:
                    break
                await self._pause()
        finally:
            await self._wind_up()

    def stop(self) -> None:
        """Begin nothing more, and let `run` come to its end. To be called on the worker's event loop."""
        self._is_stopping = True
        self._wake.set()

    async def cancel(self, run_id: str, *, who: str) -> str:
        """Cancel a run wherever it is: "cancelled", "requested" (its worker hears of it) or "ended" (it has)."""
        answer: str = await asyncio.to_thread(self.store.runs.cancel, run_id, who=who, now_ms=_now_ms())
        self.harness.cancel(run_id)
        await self.orchestrator.cancel(run_id)
        return answer

    # -- a turn -------------------------------------------------------------------------------------------------------

    async def _turn(self) -> bool:
        """Whether nothing is left to do now."""
        self._wake.clear()
        try:
            await self._beat_in_time(_now_ms())
            slices = await asyncio.to_thread(self._find, _now_ms())
            for slice in slices:
                await self.orchestrator.submit(slice)
        except StoreVersionError:
            raise
        except StoreError as error:
            self._on_slice(None, error)
            return False
        return not slices and not self._flying

    async def _pause(self, seconds: float = POLL_S) -> None:
        """Until a slice ends, or somebody says to stop; no longer than this."""
        with suppress(TimeoutError):  # nothing ended meanwhile
            await asyncio.wait_for(self._wake.wait(), seconds)

    async def _beat_in_time(self, now_ms: int) -> None:
        if _steady_ms() < self._next_beat_ms:
            return
        self._next_beat_ms = _steady_ms() + self.store.dead_after_ms // _BEATS
        recent_ms = _steady_ms() - _PATIENCE_MS[1]
        self._patience = {run_id: kept for run_id, kept in self._patience.items() if kept[0] > recent_ms}
        await asyncio.to_thread(self.store.workers.beat, now_ms)
        await asyncio.to_thread(self.agents.tend)
        await self.orchestrator.heartbeat()
        await self.orchestrator.lost()

    def _find(self, now_ms: int) -> list[Slice]:
        """What to submit. In a thread: it waits for the database."""
        self.store.approvals.expire(now_ms)
        self.store.schedules.fire(now_ms=now_ms)
        room = self.orchestrator.room()
        if room <= 0 or self._is_stopping:
            return []
        found: list[Slice] = []
        for limit in _LOOKS:
            ready = self._ready(now_ms, limit)
            found = self._chosen(ready, now_ms)
            if len(found) >= room or len(ready) < limit:
                break
        return self._picked(found, room)

    def _picked(self, found: list[Slice], room: int) -> list[Slice]:
        """The first ones; but where other workers were faster lately, some of the first ones, so that not everybody
        grabs at the same. A higher priority still goes before a lower one."""
        if not self._was_late:
            return found[:room]
        self._was_late = False
        near = [slice for slice in found[: room * _SPREAD] if slice.priority == found[0].priority]
        return self._chance.sample(near, min(room, len(near)))

    def _ready(self, now_ms: int, limit: int) -> list[ReadyRun]:
        if not self.queues:
            return self.store.runs.ready(now_ms=now_ms, limit=limit)
        ready = [run for queue in self.queues for run in self.store.runs.ready(now_ms=now_ms, limit=limit, queue=queue)]
        return sorted(ready, key=lambda run: -run.priority)

    def _chosen(self, ready: Sequence[ReadyRun], now_ms: int) -> list[Slice]:
        """Those that are not here already, and whose queues have room as far as one can see from here."""
        left = dict(self.store.queues.room(now_ms=now_ms))
        chosen: list[Slice] = []
        for run in ready:
            slice = Slice(run.id, run.slice, queue=run.queue, priority=run.priority)
            if slice.id in self._flying or self._patience.get(run.id, (0, 0))[0] > _steady_ms():
                continue
            if run.queue in left:
                left[run.queue] -= 1
            if left.get(run.queue, 0) >= 0:
                chosen.append(slice)
        return chosen

    # -- a slice ------------------------------------------------------------------------------------------------------

    async def _perform(self, slice: Slice) -> bool:
        async with self._places:
            if self._is_stopping or slice.id in self._flying:
                return False
            self._flying.add(slice.id)
            try:
                return await self._resume(slice)
            finally:
                self._flying.discard(slice.id)
                self._wake.set()

    async def _resume(self, slice: Slice) -> bool:
        try:
            outcome = await self.harness.resume_run(slice.run_id)
        except Exception as error:  # one run's trouble is told, and is not the worker's
            self._leave_alone(slice.run_id)
            self._on_slice(slice, error)
            return False
        self._patience.pop(slice.run_id, None)
        if outcome is None:
            self._was_late = True
            return False
        self._on_slice(slice, outcome)
        return True

    def _leave_alone(self, run_id: str) -> None:
        first_ms, most_ms = _PATIENCE_MS
        _, before_ms = self._patience.get(run_id, (0, 0))
        pause_ms = min(before_ms * 2 or first_ms, most_ms)
        self._patience[run_id] = (_steady_ms() + pause_ms, pause_ms)

    # -- the end ------------------------------------------------------------------------------------------------------

    async def _wind_up(self) -> None:
        self._is_stopping = True
        await asyncio.to_thread(self.agents.release)
        if not await self._is_quiet_within(self._grace_s):
            await self.harness.aclose(leave_runs=True)
            await self._is_quiet_within(self._grace_s)
        await self.orchestrator.aclose()
        await asyncio.to_thread(self.store.workers.stop, _now_ms())

    async def _is_quiet_within(self, seconds: float) -> bool:
        """Wait for what runs here. Whether it has come to its end."""
        until = time.monotonic() + seconds
        while self._flying and (left := until - time.monotonic()) > 0:
            self._wake.clear()
            await self._pause(min(left, POLL_S))
        return not self._flying


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _steady_ms() -> int:
    """For the distance of two moments: the clock on the wall may be set back."""
    return time.monotonic_ns() // 1_000_000
