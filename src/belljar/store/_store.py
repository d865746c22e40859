"""A store: one database, and what can be done with it, part by part."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, Self

from belljar.errors import StoreError
from belljar.store._agents import Agents
from belljar.store._approvals import Approvals
from belljar.store._audit import Audit
from belljar.store._database import Database
from belljar.store._errors import shown
from belljar.store._host import worker_id
from belljar.store._images import Images
from belljar.store._metrics import metrics
from belljar.store._migrations import migrate
from belljar.store._queues import Queues
from belljar.store._rows import Lease
from belljar.store._runs import Runs
from belljar.store._schedules import Schedules
from belljar.store._sink import StoreSink
from belljar.store._trail import Checkpoints, Trail
from belljar.store._workers import Workers
from belljar.tools._clock import wall_ms

_log = logging.getLogger("belljar")

DEAD_AFTER_MS: Final = 15_000
"""A worker whose last heartbeat is older is dead. Heartbeats come three times as often."""


def open_store(
    url: str | os.PathLike[str],
    *,
    secrets: Sequence[str] = (),
    checkpoints: Checkpoints | None = None,
    worker: str | None = None,
    dead_after_ms: int = DEAD_AFTER_MS,
) -> Store:
    """The store at `url`: a path, `sqlite:///PATH` or `postgresql://…`. Made where there is none, brought up to date.

    `secrets` never get into the audit log. `worker` is this process's name among the store's workers; None makes one.
    Raises StoreError: StoreVersionError for a store of a newer belljar, StoreBusyError for one that is locked.
    """
    database = Database(url)
    trail = Trail(actor=worker or worker_id(), secrets=secrets, checkpoints=checkpoints)
    try:
        _make_private(database)
        migrate(database)
    except BaseException:  # Control-C too must leave no connection and no thread
        database.close()
        raise
    return Store(database, trail, dead_after_ms=dead_after_ms, clock=wall_ms)


def _make_private(database: Database) -> None:
    """A new file is for its owner alone: journals hold what tools gave."""
    path = Path(database.url.database or "")
    if database.is_sqlite and path.parent.is_dir() and not path.exists():
        path.touch(0o600)


class Store:
    """Made by `open_store`. Any thread may use it; a process that forks opens its own."""

    def __init__(self, database: Database, trail: Trail, *, dead_after_ms: int, clock: Callable[[], int]) -> None:
        self._database = database
        self._trail = trail
        self._clock = clock
        self.url = shown(database.url)
        """For people: without a password."""
        self.worker = trail.actor
        """This process's worker."""
        self.dead_after_ms = dead_after_ms
        self.workers = Workers(database, trail, dead_after_ms=dead_after_ms)
        self.runs = Runs(database, trail, self.workers)
        self.approvals = Approvals(database, trail)
        self.audit = Audit(database, trail)
        self.images = Images(database)
        self.queues = Queues(database)
        self.schedules = Schedules(database, trail)
        self.agents = Agents(database, trail, dead_after_ms=dead_after_ms)
        database.after_commit = self._after_commit

    def sink(self, lease: Lease) -> StoreSink:
        """Where the journal of a held run goes. What follows from each record is written with it."""
        return StoreSink(self._database, self._trail, lease, clock=self._clock)

    def know_secrets(self, secrets: Sequence[str]) -> None:
        """Keep these out of the audit log too, from now on."""
        self._trail.know_secrets(secrets)

    def metrics(self, now_ms: int) -> Mapping[str, float]:
        """Figures for a monitor, by name."""
        found = self._database.read(lambda connection: metrics(connection, self.workers, now_ms))
        return {**found, "audit_file_behind": float(self._trail.is_file_behind)}

    def _after_commit(self) -> None:
        if not self._trail.is_file_behind:
            return
        try:
            self._trail.catch_up(self.audit.checkpoints)
        except StoreError as error:  # what was committed is committed; the next commit tries again
            _log.warning("%s; checkpoints wait in the store", error.message)

    def close(self) -> None:
        """Say that this worker stops, finish what is queued, and end. More than once is harmless."""
        if self._database.is_of_parent:
            self._database.close()
        elif not self._database.is_closed:
            try:
                self.workers.stop(self._clock())
            finally:
                self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
