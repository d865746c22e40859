"""Slices as DBOS workflows on PostgreSQL: many processes, one queue.

One workflow per slice, and its id is the slice's, so that a slice submitted by every worker at once is one workflow.
Nothing but the run's id and the ordinal goes through DBOS, as JSON; the run and the right to go on with it are in the
store. So a workflow that DBOS runs twice finds the lease taken the second time and ends.

DBOS itself does not notice that a process died. `lost` does: a workflow whose process is dead by the store's heartbeats
is enqueued again. A slice that had its workflow and is still ready in the store (nobody could take it then) gets it
again when it is next submitted.

A process has one DBOS. Where the host application has launched its own, that one is joined and left as it is; otherwise
one is made here, with its tables in a schema of their own beside the store's, and ended here.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from belljar.durable._dbos_process import WORKFLOW, Home, dbos_module, has_launched, move_in, move_out, register
from belljar.durable._orchestrator import Perform, Slice
from belljar.errors import StoreError, UsageError
from belljar.store import VERSION

if TYPE_CHECKING:
    from dbos import DBOSClient, WorkflowStatus

    from belljar.store import Store

T = TypeVar("T")
SCHEMA: Final = "belljar_dbos"
"""Of DBOS's own tables, in the store's database."""
_APP: Final = "belljar"
_POLL_S: Final = 0.1
"""DBOS finds enqueued work by looking; one look is one query under 2 ms."""
_ROOM: Final = 100
"""Slices of the store that wait in DBOS at once. What waits there has its place in the line already."""
_AGAIN_S: Final = 2.0
"""After which a slice that is still ready is looked at again."""
_QUEUE_PREFIX: Final = "belljar."
_MOST: Final = (1 << 31) - 1
"""DBOS's last priority; it begins with 1, and the lowest goes first."""
_WAITS: Final = ("ENQUEUED", "DELAYED")
_DONE: Final = ("SUCCESS", "ERROR", "CANCELLED")
KEPT_S: Final = 3_600
"""How long DBOS's row of a finished slice is left for people to look at. The store has the run."""
_SWEEP: Final = 500
"""Rows deleted in one go: 100 slices a second, at a beat every 5 s."""


class DbosOrchestrator:
    """Brings slices to workers through DBOS. One that was not started only submits: its process runs nothing."""

    def __init__(self, store: Store, url: str, *, queues: Iterable[str] = ()) -> None:
        """`url` is the store's address. `queues` are those that this process works off; () are all.

        Raises UsageError for a store that is not on PostgreSQL, and without `belljar[dbos]`.
        """
        if not url.startswith(("postgresql:", "postgres:")):
            raise UsageError("DBOS needs a store on PostgreSQL", hint="Use the local orchestrator with SQLite.")
        dbos_module()
        self._store = store
        self._url = url
        self._queues = tuple(queues)
        self._version = f"belljar-{VERSION}"
        self._client: DBOSClient | None = None
        self._home: Home | None = None
        self._is_ours = False
        self._known_queues: set[str] = set()
        self._submitted: dict[str, float] = {}
        self._concurrency = 0

    # -- its life -----------------------------------------------------------------------------------------------------

    async def start(self, perform: Perform, *, concurrency: int) -> None:
        """Raises UsageError where this process has a worker on DBOS already, or a DBOS that was not launched."""
        home = Home(perform, asyncio.get_running_loop())
        move_in(home)
        self._home, self._concurrency = home, concurrency
        try:
            await _in_thread(self._launch)
        except BaseException:  # Control-C too must not leave this process's one place taken
            await self.aclose()
            raise

    def _launch(self) -> None:
        register()
        if not has_launched():
            self._is_ours = True
            self._launch_ours()
        self._version = dbos_module().DBOS.application_version
        for queue in self._queues:
            self._make_queue(queue)

    def _launch_ours(self) -> None:
        dbos = dbos_module()
        dbos.DBOS(config=self._config())
        if self._queues:
            dbos.DBOS.listen_queues([_QUEUE_PREFIX + queue for queue in self._queues])
        dbos.DBOS.launch()

    def _config(self) -> Any:
        return {
            "name": _APP,
            "system_database_url": self._url,
            "dbos_system_schema": SCHEMA,
            "serializer": dbos_module().DBOSPortableJSONSerializer(),
            "application_version": self._version,
            "executor_id": self._store.worker,
            "log_level": "WARNING",
        }

    async def aclose(self) -> None:
        """End the DBOS that was made here; leave a host's alone."""
        if self._home is not None:
            move_out(self._home)
            self._home = None
        if self._is_ours:
            self._is_ours = False
            await asyncio.to_thread(dbos_module().DBOS.destroy)
        if self._client is not None:
            await asyncio.to_thread(self._client.destroy)
            self._client = None

    # -- slices -------------------------------------------------------------------------------------------------------

    def room(self) -> int:
        return _ROOM

    async def submit(self, slice: Slice) -> None:
        """The same slice again is nothing new, unless it had its workflow and is still to be done."""
        now = time.monotonic()
        last = self._submitted.get(slice.id)
        if last is not None and now - last < _AGAIN_S:
            return
        self._submitted[slice.id] = now
        await _in_thread(self._enqueue if last is None else self._look_again, slice)

    def _enqueue(self, slice: Slice) -> None:
        self._make_queue(slice.queue)
        enqueue = self._door.enqueue_workflow_with_options if self._home is not None else self._door.enqueue
        enqueue(self._options(slice), slice.run_id, slice.ordinal)

    def _options(self, slice: Slice) -> Any:
        return {
            "workflow_name": WORKFLOW,
            "queue_name": _QUEUE_PREFIX + slice.queue,
            "workflow_id": slice.id,
            "app_version": self._version,
            "priority": min(max(_MOST // 2 - slice.priority, 1), _MOST),
            "serialization_type": "portable",
        }

    def _make_queue(self, name: str) -> None:
        """Known to DBOS from now on. All workers of a store have the same concurrency: the last one's holds."""
        if self._home is None or name in self._known_queues:
            return
        self._door.register_queue(
            _QUEUE_PREFIX + name,
            worker_concurrency=self._concurrency,
            polling_interval_sec=_POLL_S,
            on_conflict="always_update",
        )
        self._known_queues.add(name)

    def _look_again(self, slice: Slice) -> None:
        """The store still calls it ready: have its workflow run, where nobody is about to."""
        status = self._status(slice.id)
        if status is None:
            self._enqueue(slice)
        elif not self._will_run(status):
            self._run_again(status, _QUEUE_PREFIX + slice.queue)

    def _will_run(self, status: WorkflowStatus) -> bool:
        """Whether a living process has the workflow, or will find it."""
        if status.status == "PENDING":
            return not self._is_orphan(status)
        return status.status in _WAITS and status.app_version == self._version

    def _run_again(self, status: WorkflowStatus, queue: str) -> None:
        """Enqueue a workflow from its beginning: it has no steps, so that there is nothing to keep."""
        if status.status == "PENDING" and status.app_version == self._version:
            self._door.resume_workflow(status.workflow_id, queue_name=queue)
            return
        if status.status in ("PENDING", *_WAITS):
            self._door.cancel_workflow(status.workflow_id)
        with suppress(dbos_module().error.DBOSException):  # another worker did the same a moment ago
            self._door.rewind_workflow(status.workflow_id, application_version=self._version, queue_name=queue)

    async def heartbeat(self) -> None:
        """Forget slices that are long gone, here and in DBOS, which would keep them for ever."""
        old = time.monotonic() - _AGAIN_S * 10
        self._submitted = {id: at for id, at in self._submitted.items() if at > old}
        await _in_thread(self._sweep)

    def _sweep(self) -> None:
        until = datetime.now(UTC) - timedelta(seconds=KEPT_S)
        done = self._door.list_workflows(
            name=WORKFLOW,
            status=list(_DONE),
            completed_before=until.isoformat(),
            limit=_SWEEP,
            load_input=False,
            load_output=False,
        )
        self._door.delete_workflows([status.workflow_id for status in done])

    async def cancel(self, run_id: str) -> None:
        """Take what is enqueued of the run out of DBOS."""
        await _in_thread(self._cancel, run_id)

    def _cancel(self, run_id: str) -> None:
        waiting = self._door.list_workflows(
            workflow_id_prefix=f"{run_id}:", status=list(_WAITS), load_input=False, load_output=False
        )
        for status in waiting:
            self._door.cancel_workflow(status.workflow_id)

    async def lost(self) -> list[Slice]:
        """Enqueue again what dead processes had begun."""
        return await _in_thread(self._lost)

    def _lost(self) -> list[Slice]:
        begun = self._door.list_workflows(name=WORKFLOW, status="PENDING", load_input=False, load_output=False)
        lost = [status for status in begun if self._is_orphan(status)]
        for status in lost:
            self._run_again(status, status.queue_name or _QUEUE_PREFIX + "default")
        return [_slice_of(status) for status in lost]

    def _is_orphan(self, status: WorkflowStatus) -> bool:
        """Whether the process that began the workflow is dead. A host's own names for processes say nothing: with such
        a name it is taken to be dead after a while. Where it is not, the lease in the store keeps its run safe."""
        now_ms = time.time_ns() // 1_000_000
        executor = status.executor_id or ""
        if self._home is not None and status.workflow_id in self._home.hands:
            return False
        if _is_worker(executor):
            return self._store.workers.is_dead(executor, now_ms)
        begun_ms = status.dequeued_at or status.updated_at or 0
        return now_ms - begun_ms > self._store.dead_after_ms

    def _status(self, workflow_id: str) -> WorkflowStatus | None:
        found = self._door.list_workflows(workflow_ids=[workflow_id], load_input=False, load_output=False)
        return found[0] if found else None

    @property
    def _door(self) -> Any:
        """DBOS where it runs in this process, else a client of its tables: both have the same verbs."""
        if self._home is not None:
            return dbos_module().DBOS
        if self._client is None:
            self._client = dbos_module().DBOSClient(
                system_database_url=self._url,
                dbos_system_schema=SCHEMA,
                serializer=dbos_module().DBOSPortableJSONSerializer(),
                application_name=_APP,
            )
        return self._client


async def _in_thread(work: Callable[..., T], *arguments: Any) -> T:
    """What `work` gives: it waits for the database. Raises StoreError for whatever DBOS and its driver raise."""
    try:
        return await asyncio.to_thread(work, *arguments)
    except (SQLAlchemyError, dbos_module().error.DBOSException) as error:
        # The driver's words may quote a statement, or the address with its password.
        raise StoreError(f"DBOS cannot use its tables: {type(error).__name__}") from None


def _is_worker(executor: str) -> bool:
    """HOST:PID:8hex, as this package names its workers."""
    return executor.count(":") >= len(("host", "pid"))


def _slice_of(status: WorkflowStatus) -> Slice:
    return Slice.of(status.workflow_id, queue=(status.queue_name or "").removeprefix(_QUEUE_PREFIX) or "default")
