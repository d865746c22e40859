"""The journal of a run that goes on, kept in the store: each write is one transaction with all that follows from it.

A transaction is fenced by the lease. Whoever lost the run writes nothing more, not even the half of something. Lines
that nobody waits for yet are written together, a few milliseconds later.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, Final

from sqlalchemy import Connection, insert, update

from belljar.journal import Line
from belljar.store._database import Database
from belljar.store._leases import held_by, lease_lost
from belljar.store._projection import Step, project
from belljar.store._rows import Lease
from belljar.store._schema import journal, runs
from belljar.store._trail import Trail

_INSERT: Final = insert(journal)


class StoreSink:
    """`belljar.journal.Sink` for the run of one lease."""

    def __init__(self, database: Database, trail: Trail, lease: Lease, *, clock: Callable[[], int]) -> None:
        self._database = database
        self._trail = trail
        self._lease = lease
        self._clock = clock
        self._called: dict[int, str] = {}
        """The tools of the calls that were made under this lease."""
        self._lock = threading.Lock()
        self._lines: list[Line] = []
        """Not written yet."""
        self._is_posted = False
        """Whether the writer thread will come for them."""
        self._failure: BaseException | None = None
        """The first one stays: nothing can follow a record that is missing."""

    def write(self, lines: Sequence[Line]) -> None:
        """Take lines; the store has them within milliseconds. Raises StoreError where earlier ones were refused."""
        self._check()
        with self._lock:
            self._lines.extend(lines)
            if self._is_posted:
                return
            self._is_posted = True
        self._noting(self._database.post(self._keep))

    def flush(self) -> None:
        """Return when all lines taken so far are committed. Raises StoreError; then none of them, or not all, are."""
        self._check()
        self._noting(self._database.send(self._keep)).result()
        self._check()

    def close(self) -> None:
        """`flush`."""
        self.flush()

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _noting(self, future: Future[None]) -> Future[None]:
        future.add_done_callback(self._note)
        return future

    def _note(self, future: Future[None]) -> None:
        self._failure = self._failure or future.exception()

    # -- in the writer thread -----------------------------------------------------------------------------------------

    def _keep(self, connection: Connection) -> None:
        with self._lock:
            lines, self._lines, self._is_posted = self._lines, [], False
        self._check()
        if not lines:
            return
        now_ms = self._clock()
        step = Step(connection=connection, lease=self._lease, called=self._called, now_ms=now_ms)
        _append(step, lines)
        for line in lines:
            project(step, line)
        if step.changes:
            connection.execute(update(runs).where(runs.c.id == self._lease.run_id).values(step.changes))
        self._trail.append(connection, *step.events)


def _append(step: Step, lines: Sequence[Line]) -> None:
    """The journal's rows, where the lease holds and the journal is as long as the writer believes."""
    first, last = lines[0], lines[-1]
    size = sum(len(line.text) + 1 for line in lines)
    grown = {"records": last.n + 1, "head": last.sha256, "journal_bytes": runs.c.journal_bytes + size}
    fence = update(runs).where(*held_by(step.lease), runs.c.records == first.n)
    if not step.connection.execute(fence.values(grown | {"updated_ms": step.now_ms})).rowcount:
        raise lease_lost(step.lease)
    step.connection.execute(_INSERT, [_row(step.lease.run_id, line) for line in lines])


def _row(run_id: str, line: Line) -> dict[str, Any]:
    return {"run_id": run_id, "n": line.n, "type": line.record.type, "line": line.text, "sha256": line.sha256}
