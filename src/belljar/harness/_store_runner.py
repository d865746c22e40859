"""Runs whose journals are in a store: they outlive this process, and others go on with them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from belljar.errors import UsageError
from belljar.harness._driver import Driver
from belljar.harness._durable import Leases, StoreApprover, StoreImages, request_of
from belljar.harness._outcome import Outcome
from belljar.harness._runner import Listener, Runner, Settings, Start, checked_run_id, used_up
from belljar.harness._suspension import Suspension, decided, open_state, pending_of
from belljar.journal import History, Journal
from belljar.tools import MaybeAnswer, Registry

if TYPE_CHECKING:
    from belljar.store import Lease, Store


_ELSEWHERE: Final = "It is there for a harness that has it."


class StoreRunner(Runner):
    """Each run is held by a lease while this process works on it, and given back when it does not end here."""

    def __init__(self, settings: Settings, store: Store) -> None:
        super().__init__(settings)
        self._leases = Leases(store, self.cancel)
        self._store = store
        self._approver = StoreApprover(self._leases, settings.approver)
        self._is_leaving = False

    async def aclose(self) -> None:
        """As ever; then nothing is held any more."""
        await super().aclose()
        await self._leases.aclose()

    async def leave_all(self) -> None:
        """Let go of what runs here without ending it, of what is just being taken too, and take nothing more."""
        self._is_leaving = True
        left: set[Driver] = set()
        while not self._leases.is_idle:
            for driver in set(self._drivers.values()) - left:
                driver.leave()
                left.add(driver)
            await asyncio.sleep(0.001)

    # -- new runs -------------------------------------------------------------------------------------------------

    async def run(self, start: Start) -> Outcome:
        """The outcome of a new run, which is in the store before its first step."""
        self._check_new(start)
        if start.journal is not None:
            raise UsageError("a run of a store has its journal there", hint="Leave out journal=.")
        self._journal(start)  # a sealed run's seed is used from here on
        origin = self._settings.origin
        request = request_of(start, self._settings.engine, origin)
        place = {"queue": origin.queue, "agent_id": origin.agent_id} if origin is not None else {}
        lease = await self._leases.begin(request, run_id=start.run_id, place=place)
        return await self.begin_taken(lease, lambda: start)

    async def submit(self, start: Start, **place: Any) -> None:
        """Leave a run in the store for a worker."""
        request = request_of(start, None, self._settings.origin)
        await self._leases.in_thread(lambda: self._store.runs.add(request, run_id=start.run_id, **place))

    async def begin_taken(self, lease: Lease, restore: Callable[[], Start]) -> Outcome:
        """The outcome of a run that is held and has no journal yet."""
        return await self._held(lease, self._begin_held(lease, restore))

    async def _begin_held(self, lease: Lease, restore: Callable[[], Start]) -> Outcome:
        journal = Journal(sink=self._store.sink(lease))
        return await self._begin(restore(), journal, self._approver, self._images(lease))

    # -- runs that others began -----------------------------------------------------------------------------------

    async def take(self, run_id: str) -> Lease | None:
        """Hold a run of the store; None where it has ended, or somebody alive holds it.

        Raises UsageError for a run of another plugin or agent, or of none.
        """
        await self._leases.in_thread(self._check_origin, checked_run_id(run_id))
        return None if self._is_leaving else await self._leases.take(run_id)

    def _check_origin(self, run_id: str) -> None:
        """The tools of one plugin are not those of another, though they have the same names."""
        ours = self._settings.origin.manifest_sha256 if self._settings.origin is not None else None
        theirs = self._store.runs.request(run_id).manifest_sha256
        if theirs != ours:
            whose = f"of the plugin or agent {theirs[:12]}" if theirs is not None else "of no plugin or agent"
            raise UsageError(f"the run {run_id} is {whose}", hint=_ELSEWHERE)

    async def go_on_taken(self, lease: Lease, registry: Registry, on_event: Listener | None) -> Outcome:
        """The outcome of a run that was suspended, or whose process died."""
        return await self._held(lease, self._go_on_held(lease, registry, on_event))

    async def _go_on_held(self, lease: Lease, registry: Registry, on_event: Listener | None) -> Outcome:
        journal = await self._leases.in_thread(self._store.runs.journal, lease.run_id)
        _check_tools(History(journal.records), registry)
        journal.go_on_in(self._store.sink(lease))
        return await self._go_on(journal, registry, self._approver, on_event, self._images(lease))

    def suspended(self, run_id: str) -> Suspension:
        return Suspension.of(self._store.runs.journal(checked_run_id(run_id)), key=self._settings.image_key)

    async def resume(
        self, state: str, decisions: Mapping[str, MaybeAnswer], registry: Registry, on_event: Listener | None
    ) -> Outcome:
        journal = open_state(state, key=self._settings.image_key)
        history = History(journal.records)
        pending, run_id = pending_of(history), checked_run_id(history.run["run_id"])
        if several := [request.id for request in pending if request.quorum is not None and request.id in decisions]:
            raise UsageError(f"{several[0]!r} needs the word of several people", hint="Gather it in the store.")
        approver = decided(decisions, pending, self._approver)
        await self._leases.in_thread(self._check_origin, run_id)
        lease = await self._leases.take(run_id, head=journal.head)
        if lease is None:
            raise used_up(run_id)
        journal.go_on_in(self._store.sink(lease))
        return await self._held(lease, self._go_on(journal, registry, approver, on_event, self._images(lease)))

    # -- inside ---------------------------------------------------------------------------------------------------

    async def _held(self, lease: Lease, work: Awaitable[Outcome]) -> Outcome:
        """What `work` gives. Where it fails, or is left, the run is given back to the store."""
        is_done = False
        try:
            outcome = await work
            is_done = True
            return outcome
        finally:
            await self._leases.let_go(lease, is_done=is_done)

    def _images(self, lease: Lease) -> StoreImages:
        return StoreImages(self._store, lease, self._settings.image_key)


def _check_tools(history: History, registry: Registry) -> None:
    """Raises UsageError where a tool is missing here: the run is for a process that has it."""
    if missing := [name for name in history.run["tools"] if name not in registry]:
        raise UsageError(f"the run needs the tool {missing[0]!r}, which this harness does not have", hint=_ELSEWHERE)
