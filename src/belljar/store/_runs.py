"""The runs of a store: added, taken by a worker, given back, cancelled, looked at."""

from __future__ import annotations

from belljar.journal import Journal
from belljar.store import _leases as leases
from belljar.store import _listing as listing
from belljar.store._database import Database
from belljar.store._leases import Place
from belljar.store._rows import Lease, ReadyRun, RunRequest, RunRow
from belljar.store._trail import Trail
from belljar.store._workers import Workers
from belljar.tools._clock import wall_ms


class Runs:
    """Each method is one transaction. Any thread may call it."""

    def __init__(self, database: Database, trail: Trail, workers: Workers) -> None:
        self._database = database
        self._trail = trail
        self._workers = workers

    def add(
        self,
        request: RunRequest,
        *,
        run_id: str,
        queue: str = "default",
        priority: int = 0,
        not_before_ms: int = 0,
        agent_id: str | None = None,
    ) -> None:
        """A run for a worker to take. The same one again changes nothing; another one of that id is a StoreError."""
        place = Place(queue=queue, priority=priority, not_before_ms=not_before_ms, agent_id=agent_id)
        self._database.write(lambda c: leases.add(c, self._trail, request, run_id, place, wall_ms()))

    def begin(
        self, request: RunRequest, *, run_id: str, now_ms: int, queue: str | None = None, agent_id: str | None = None
    ) -> Lease:
        """A new run that this worker holds from the beginning.

        None is in no queue's turn. Raises StoreError where there is a run of that id, QueueFullError where `queue` lets
        none begin now.
        """
        place = leases.Place(queue=queue or "default", agent_id=agent_id, is_bound=queue is not None)
        return self._database.write(
            lambda c: leases.begin(c, self._workers, self._trail, request, run_id, place, now_ms)
        )

    def take(self, run_id: str, *, now_ms: int, expect_head: str | None = None) -> Lease | None:
        """Hold a run that is queued or suspended, or whose worker is dead. The caller goes on with it.

        None where somebody alive holds it, it has ended, or its queue lets no more start now; and where somebody wanted
        it cancelled: then it has ended now. `expect_head` is the
        journal's head as the caller knows it. Raises NotInStoreError; JournalError where the run went on since.
        """
        return self._database.write(
            lambda c: leases.take(c, self._workers, self._trail, run_id, now_ms, expect_head=expect_head)
        )

    def release(self, lease: Lease, state: str | None = None) -> None:
        """Give a run back, for another worker to go on with; one that somebody wants cancelled ends.

        `state` None: suspended, where it was and nothing was written since; else queued. Raises LeaseLostError.
        """
        self._database.write(lambda c: leases.release(c, self._trail, lease, state, wall_ms()))

    def ready(self, *, now_ms: int, limit: int = 100, queue: str | None = None) -> list[ReadyRun]:
        """What a worker could take: queued and due, suspended and answered (or the question expired), to be cancelled,
        or left behind by a dead worker. The highest priority first, then the oldest."""
        return self._database.read(
            lambda c: listing.ready(
                c, now_ms=now_ms, limit=limit, queue=queue, dead=self._workers.dead_owners(c, now_ms)
            )
        )

    def cancel(self, run_id: str, *, who: str, now_ms: int) -> str:
        """ "cancelled": it has ended now. "requested": its worker ends it at the next heartbeat. "ended": it had."""
        return self._database.write(lambda c: leases.cancel(c, self._trail, run_id, who, now_ms))

    def to_cancel(self) -> list[str]:
        """Runs that this worker holds and somebody wants to be cancelled."""
        return self._database.read(lambda c: listing.to_cancel(c, self._workers.me))

    def get(self, run_id: str) -> RunRow:
        """One run. Raises NotInStoreError."""
        return self._database.read(lambda c: listing.one(c, run_id))

    def request(self, run_id: str) -> RunRequest:
        """What was asked to be run. Raises NotInStoreError."""
        return self._database.read(lambda c: leases.request_of(leases.row_of(c, run_id)))

    def find(
        self,
        *,
        state: str | None = None,
        text: str | None = None,
        agent_id: str | None = None,
        before: tuple[int, str] | None = None,
        limit: int = 50,
    ) -> list[RunRow]:
        """Runs, newest first. `text` is looked for in the id, the source, the called tools' names and the error's code.
        `before` is the (created_ms, id) of the last run of the page before."""
        where = {"state": state, "agent_id": agent_id}
        return self._database.read(lambda c: listing.many(c, where=where, text=text, before=before, limit=limit))

    def counts(self) -> dict[str, int]:
        """How many runs are in each state that any is in."""
        return self._database.read(listing.counts)

    def journal_text(self, run_id: str) -> str:
        """What a journal file of the run holds. Raises NotInStoreError."""
        return "".join(f"{line}\n" for line in self._database.read(lambda c: listing.journal_lines(c, run_id)))

    def journal(self, run_id: str) -> Journal:
        """The run's journal. Raises NotInStoreError, and JournalError for one without records, or a damaged one."""
        return Journal.parse(self.journal_text(run_id).encode())
