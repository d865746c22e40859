"""What a store adds to a harness's runs: leases, the questions that wait there, images, and the heartbeat.

A run that this process holds is written to the store as it goes. Whatever the store cannot take ends the run here and
nowhere else: nothing is written of it any more, its lease is given back, and whoever takes it goes on from the last
record that was confirmed.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final, TypeVar

from belljar.errors import DecisionRefusedError, ImageError, LeaseLostError, StoreError, UsageError
from belljar.limits import Limits
from belljar.machine import Machine, Step, thaw, user_key
from belljar.tools import ApprovalRequest, Approver, Decision, MaybeAnswer
from belljar.tools._approval import QuestionExpired
from belljar.tools._clock import wall_ms
from belljar.tools._terms import HOST

if TYPE_CHECKING:
    from belljar.harness._runner import Origin, Start
    from belljar.store import Lease, RunRequest, Store

T = TypeVar("T")
MaybeLease = TypeVar("MaybeLease", bound="Lease | None")
_THREADS: Final = 4
"""For the store, which no tool can occupy."""
_BEATS: Final = 3
"""In the time after which a process that says nothing is dead."""
_LOOK_S: Final = 0.5
"""How often a process looks whether somebody wants one of its runs cancelled."""
_DEFAULTS: Final = asdict(Limits())
_log = logging.getLogger("belljar")


class StoreApprover:
    """Answers with what was decided in the store. What is not decided there is asked of `inner`, or left open."""

    def __init__(self, leases: Leases, inner: Approver | None) -> None:
        self._leases = leases
        self._inner = inner

    async def decide(self, request: ApprovalRequest) -> MaybeAnswer:
        """The decision in the store; else the inner approver's, who has no say where several people are needed."""
        look = self._leases.store.approvals.decision_for
        try:
            found = await self._leases.in_thread(look, request.id, request.digest, wall_ms())
        except DecisionRefusedError as refused:  # the tool is another one than when the question was put
            return Decision.deny(request, refused.message, who=HOST)
        if found == "expired":
            raise QuestionExpired
        if found is not None:
            return found
        if self._inner is None or await self._leases.in_thread(self._is_for_several, request):
            return None
        return await self._inner.decide(request)

    def _is_for_several(self, request: ApprovalRequest) -> bool:
        """Whether the tool asks several people, or did in the process that put the question first."""
        if request.quorum is not None:
            return True
        asked = self._leases.store.approvals.open(run_id=request.run_id)
        return any(one.id == request.id and one.request is not None and one.request.quorum for one in asked)


class StoreImages:
    """The image of one run in the store, under a key of its own for the run and its step: no other is taken for it."""

    def __init__(self, store: Store, lease: Lease, key: bytes | None) -> None:
        self._store = store
        self._lease = lease
        self._key = key or user_key()

    def get(self) -> tuple[int, Step, Machine] | None:
        """The thawed machine; None where there is no image, or one that is not for this belljar or of another key."""
        kept = self._store.images.get(self._lease.run_id)
        if kept is None:
            return None
        settled, image = kept
        try:
            machine, step = thaw(image, key=self._key_at(settled))
        except ImageError as error:  # the journal has all of it
            _log.info("run %s is replayed instead of thawed: %s", self._lease.run_id, error.message)
            return None
        return settled, step, machine

    def keep(self, machine: Machine, settled: int) -> None:
        """Into the store, before anything that the journal says of later steps."""
        image = machine.freeze(key=self._key_at(settled))
        try:
            self._store.images.put(self._lease, settled, image)
        except StoreError as error:  # the run does not hang on it, and its next record hears of what is wrong
            _log.warning("the image of run %s cannot be kept: %s", self._lease.run_id, error.message)

    def _key_at(self, settled: int) -> bytes:
        return hmac.digest(self._key, f"belljar image\0{self._lease.run_id}\0{settled}".encode(), "sha256")


class Pulse:
    """Says that this process lives, from a thread of its own: a tool that blocks the event loop cannot hold it back."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Nothing happens where it beats already."""
        if self._thread is not None and not self._stopping.is_set():
            return
        self._stopping = threading.Event()
        thread = threading.Thread(target=self._beat, args=(self._stopping,), name="belljar-pulse", daemon=True)
        thread.start()
        self._thread = thread

    def stop(self, *, wait: bool = False) -> None:
        """After the beat that is under way; with `wait`, return then."""
        self._stopping.set()
        if wait and self._thread is not None:
            self._thread.join()

    def _beat(self, stopping: threading.Event) -> None:
        while not stopping.wait(self._store.dead_after_ms / _BEATS / 1_000):
            try:
                self._store.workers.beat(wall_ms())
            except StoreError as error:
                _log.warning("the store cannot be reached: %s", error.message)


class Leases:
    """The runs of a store that this process holds. Used from the event loop's thread only."""

    def __init__(self, store: Store, cancel: Callable[[str], bool]) -> None:
        self.store = store
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="belljar-lease")
        self._cancel = cancel
        self._held: dict[str, Lease] = {}
        self._returned: dict[str, Lease] = {}
        """Leases that are to be given back, for which the store could not be reached yet."""
        self._taking: set[asyncio.Future[Any]] = set()
        self._is_closed = False
        self._watching: asyncio.Task[None] | None = None
        self._pulse = Pulse(store)

    async def in_thread(self, work: Callable[..., T], *arguments: Any) -> T:
        """What `work` gives; the store waits for disks and other processes."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)

    async def begin(self, request: RunRequest, *, run_id: str, place: Mapping[str, Any]) -> Lease:
        """A new run, held. Raises StoreError."""
        return await self._hold(lambda: self.store.runs.begin(request, run_id=run_id, now_ms=wall_ms(), **place))

    async def take(self, run_id: str, *, head: str | None = None) -> Lease | None:
        """A run that is there, held; None where it has ended, or somebody alive holds it, this process too."""
        if run_id in self._held:
            return None
        return await self._hold(lambda: self.store.runs.take(run_id, now_ms=wall_ms(), expect_head=head))

    async def _hold(self, take: Callable[[], MaybeLease]) -> MaybeLease:
        if self._is_closed:
            raise UsageError("this harness is closed", hint="Make a new one, or run inside its `async with`.")
        taking = asyncio.ensure_future(self._take(take))
        self._taking.add(taking)
        try:
            lease = await asyncio.shield(taking)
            if lease is not None:
                self._keep(self._held, lease)
            return lease
        except asyncio.CancelledError:
            taking.add_done_callback(self._take_back)  # the store may give a lease that nobody waits for
            raise
        finally:  # not before: a run that is neither taken nor held would be nobody's for a moment
            taking.add_done_callback(self._taking.discard)

    async def _take(self, take: Callable[[], MaybeLease]) -> MaybeLease:
        """Be alive first, in the eyes of the others."""
        if not self._is_watching:
            await self.in_thread(self.store.workers.beat, wall_ms())
        return await self.in_thread(take)

    def _take_back(self, taking: asyncio.Future[Any]) -> None:
        if not taking.cancelled() and taking.exception() is None and (lease := taking.result()) is not None:
            self._keep(self._returned, lease)

    def _keep(self, leases: dict[str, Lease], lease: Lease) -> None:
        """Remember a lease; from now on there is a reason to say that this process lives."""
        leases[lease.run_id] = lease
        self._pulse.start()
        if not self._is_watching:
            self._watching = asyncio.ensure_future(self._watch())

    @property
    def is_idle(self) -> bool:
        """Whether no run is held, and none is being taken."""
        return not self._held and not self._taking

    @property
    def _is_watching(self) -> bool:
        return self._watching is not None and not self._watching.done()

    async def let_go(self, lease: Lease, *, is_done: bool) -> None:
        """This process has done with the run; what it leaves in the middle is there for others."""
        self._held.pop(lease.run_id, None)
        if not is_done:
            self._keep(self._returned, lease)
            await self._return_leases()

    async def _return_leases(self) -> None:
        for run_id, lease in tuple(self._returned.items()):
            try:
                await self.in_thread(self.store.runs.release, lease)
            except LeaseLostError:
                _log.debug("run %s has ended, or is another's", run_id)
            except StoreError as error:
                _log.warning("run %s cannot be given back yet: %s", run_id, error.message)
                return
            self._returned.pop(run_id, None)

    async def _watch(self) -> None:
        """Hear who wants runs cancelled, and give back what could not be given back yet, while there is any of it."""
        while self._held or self._returned:
            await asyncio.sleep(min(_LOOK_S, self.store.dead_after_ms / _BEATS / 1_000))
            try:
                await self._return_leases()
                for run_id in await self.in_thread(self.store.runs.to_cancel):
                    self._cancel(run_id)
            except StoreError as error:
                _log.warning("the store cannot be reached: %s", error.message)
        self._pulse.stop()

    async def aclose(self) -> None:
        """Nothing is held any more."""
        self._is_closed = True
        if self._taking:
            await asyncio.wait(self._taking)
            await asyncio.sleep(0)  # a lease that nobody waits for is among the returned ones now
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.wait([self._watching])
        await self._return_leases()
        await asyncio.to_thread(self._pulse.stop, wait=True)
        self._threads.shutdown(wait=False)


def request_of(start: Start, engine: str | None, origin: Origin | None) -> RunRequest:
    """A run as it was asked for, as the store keeps it."""
    from belljar.store import RunRequest

    return RunRequest(
        source=start.script.source,
        profile=start.script.profile,
        limits={name: value for name, value in asdict(start.limits).items() if value != _DEFAULTS[name]},
        context=dict(start.context),
        seed=start.seed.hex() if start.seed is not None else None,
        engine=engine,
        mode=start.mode,
        manifest_sha256=origin.manifest_sha256 if origin is not None else None,
    )
