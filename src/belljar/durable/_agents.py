"""Agents, as the process sees them that runs some of them: start, stop, heartbeat, state, trail, jobs.

An agent is a durable object with one writer. The process that started it, or took it over, has its lease and is the
only one that can write its data; `tend`, called at every beat, keeps the leases, marks agents whose process missed its
heartbeats as lost, and takes lost ones over. Jobs are runs in the agent's queue: any worker works them off.

The calls wait for the database, a few milliseconds each: use `asyncio.to_thread` on an event loop.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from belljar.errors import LeaseLostError
from belljar.harness._runner import checked_run_id

if TYPE_CHECKING:
    from belljar.audit import AuditRecord
    from belljar.store import AgentLease, AgentRow, QueueLimits, RunRequest, RunRow, Schedule, Store

_ALIVE: Final = ("queued", "running", "suspended")
_MOST_JOBS: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Tended:
    """What a round over the agents found. Ids of agents."""

    gone: tuple[str, ...] = ()
    """Were here, and are another's or stopped now."""
    lost: tuple[str, ...] = ()
    """Missed their heartbeats."""
    taken: tuple[str, ...] = ()
    """Are here from now on."""


def _clock_ms() -> int:
    return time.time_ns() // 1_000_000


class AgentOrchestrator:
    """The agents of a store, and the leases that this process has on some of them."""

    def __init__(self, store: Store, *, queues: Iterable[str] = (), clock_ms: Callable[[], int] = _clock_ms) -> None:
        """Lost agents of `queues` are taken over; () are all."""
        self._store = store
        self._queues = frozenset(queues)
        self._clock_ms = clock_ms
        self._leases: dict[str, AgentLease] = {}

    # -- one agent ----------------------------------------------------------------------------------------------------

    def register(
        self,
        agent_id: str,
        *,
        name: str,
        version: str = "",
        queue: str = "default",
        manifest_sha256: str | None = None,
    ) -> AgentRow:
        """Make an agent known; it is stopped at first. A known one gets the new name, version, queue and checksum."""
        return self._store.agents.register(
            agent_id,
            name=name,
            version=version,
            queue=queue,
            manifest_sha256=manifest_sha256,
            now_ms=self._clock_ms(),
        )

    def start(self, agent_id: str) -> bool:
        """Have the agent run here. False where another process has it. Raises NotInStoreError."""
        lease = self._store.agents.start(agent_id, now_ms=self._clock_ms())
        if lease is not None:
            self._leases[agent_id] = lease
        return lease is not None

    def stop(self, agent_id: str, *, who: str) -> AgentRow:
        """Stop the agent, wherever it is. Its jobs go on; its schedules rest. Harmless twice."""
        self._leases.pop(agent_id, None)
        return self._store.agents.stop(agent_id, who=who, now_ms=self._clock_ms())

    def heartbeat(self, agent_id: str) -> None:
        """Say that the agent lives here. Raises LeaseLostError where it does not."""
        self._fenced(agent_id, lambda lease: self._store.agents.beat(lease, now_ms=self._clock_ms()))

    def save(self, agent_id: str, data: Any) -> None:
        """Replace what the agent keeps. Raises LeaseLostError where it is not here, and writes nothing then."""
        self._fenced(agent_id, lambda lease: self._store.agents.save(lease, data, now_ms=self._clock_ms()))

    def state(self, agent_id: str) -> AgentRow:
        """Where the agent is and what it keeps. Raises NotInStoreError."""
        return self._store.agents.get(agent_id)

    def trail(self, agent_id: str, *, after: int = 0, limit: int = 1_000) -> list[AuditRecord]:
        """What the audit log says of the agent and its jobs."""
        return self._store.agents.trail(agent_id, after=after, limit=limit)

    @property
    def here(self) -> tuple[str, ...]:
        """The agents that this process has, as far as it knows."""
        return tuple(sorted(self._leases))

    def _fenced(self, agent_id: str, write: Callable[[AgentLease], None]) -> None:
        lease = self._leases.get(agent_id)
        if lease is None:
            raise LeaseLostError(f"agent {agent_id!r} does not run here", details={"agent": agent_id})
        try:
            write(lease)
        except LeaseLostError:
            self._leases.pop(agent_id, None)
            raise

    # -- its jobs -----------------------------------------------------------------------------------------------------

    def submit(
        self,
        agent_id: str,
        request: RunRequest,
        *,
        priority: int = 0,
        not_before_ms: int = 0,
        run_id: str | None = None,
    ) -> str:
        """Add a job of the agent; higher priorities come first. Its run id: given, or a new one."""
        chosen = checked_run_id(run_id)
        self._store.runs.add(
            request,
            run_id=chosen,
            queue=self.state(agent_id).queue,
            priority=priority,
            not_before_ms=not_before_ms,
            agent_id=agent_id,
        )
        return chosen

    def jobs(self, agent_id: str) -> list[RunRow]:
        """The agent's runs that have not ended, the latest first; of each state at most 1,000."""
        alive = [
            run for state in _ALIVE for run in self._store.runs.find(state=state, agent_id=agent_id, limit=_MOST_JOBS)
        ]
        return sorted(alive, key=lambda run: (run.created_ms, run.id), reverse=True)

    def limit(self, limits: QueueLimits) -> None:
        """Bound a queue: how many runs at once, and how many begin in a period, over all workers."""
        self._store.queues.put(limits)

    def schedule(self, schedule: Schedule) -> Schedule:
        """Have runs begin by themselves. With the time at which it fires first."""
        return self._store.schedules.put(schedule, now_ms=self._clock_ms())

    # -- all of them --------------------------------------------------------------------------------------------------

    def tend(self) -> Tended:
        """Keep the leases, mark lost agents, take lost ones over. Called at every beat of a worker."""
        before = self.here
        for agent_id in before:
            with suppress(LeaseLostError):  # it is told below
                self.heartbeat(agent_id)
        gone = tuple(agent_id for agent_id in before if agent_id not in self._leases)
        lost = self._store.agents.sweep(now_ms=self._clock_ms())
        taken = self._store.agents.take_over(now_ms=self._clock_ms(), queues=self._queues)
        self._leases.update({lease.agent_id: lease for lease in taken})
        return Tended(gone=gone, lost=tuple(lost), taken=tuple(lease.agent_id for lease in taken))

    def release(self) -> None:
        """Let other processes have the agents that are here; they stay running."""
        for agent_id in self.here:
            with suppress(LeaseLostError):  # it is another's already
                self._fenced(agent_id, lambda lease: self._store.agents.release(lease, now_ms=self._clock_ms()))
        self._leases.clear()
