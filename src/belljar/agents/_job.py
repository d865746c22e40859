"""One execution of an agent: durable, under one writer, on record.

A job is an agent object of the store, named `NAME:8 hex digits`, whose lease this process has while it works. What its
steps gave is kept in the agent's data, so a job whose process died goes on in another one at the first step that did
not end. A step that was under way when the process died is done again: steps must be such that this does no harm.

Each step is a record of the audit log, written in one transaction with its result. A stop by anybody cancels what goes
on at once; so does a lease that another process has taken.
"""

from __future__ import annotations

import asyncio
import copy
import secrets
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, TypeVar

from belljar import gate
from belljar.agents._beat import Beat
from belljar.agents._hold import AgentFacts, Hold
from belljar.agents._steps import ENDED, JobData, as_kept, digest_of
from belljar.audit import redact, redacted_whole
from belljar.errors import BelljarError, LeaseLostError, SecretFoundError, UsageError

if TYPE_CHECKING:
    from belljar.plugins import Permission
    from belljar.store import AgentLease, Store

T = TypeVar("T")

_ID_BYTES: Final = 4
_HERE: Final[set[tuple[str, str]]] = set()
"""Worker and id of the jobs of this process: the store gives a worker the same lease twice."""


class Job:
    """Made by `begin` or `resume`; works inside of `async with`, on one event loop.

    A body that ends has finished with what it said to `finish`, waits where it said `wait`, and has failed where it
    raised. When somebody stops the job, its body is cancelled, and AgentStoppedError comes out of the `async with`.
    """

    def __init__(
        self,
        store: Store,
        agent_id: str,
        agent: AgentFacts | None,
        permission: Permission | None,
        fresh: JobData | None,
    ) -> None:
        self._store = store
        self._hold = Hold(store, agent_id, agent)
        self._fresh = fresh
        self._data = fresh or JobData()
        self._lock = asyncio.Lock()
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="belljar job")  # one: writes keep their order
        self._going: set[str] = set()
        self._is_lost = self._is_over = False
        self.id = agent_id
        """The agent's, in the store: what `belljar agents stop` takes."""
        self.name = agent_id.rpartition(":")[0]
        """The agent's."""
        self.permission = permission
        """What the policy lets the agent do."""

    @classmethod
    def begin(cls, store: Store, agent: AgentFacts, permission: Permission | None, input: Any) -> Job:
        """A new job of an agent that the policy permits. `input` is plain JSON data; nothing is written yet.

        Raises SecretFoundError for an input with a secret in it, for it is kept as it is.
        """
        agent_id = f"{agent.name}:{secrets.token_hex(_ID_BYTES)}"
        data = JobData(input=as_kept("the job's input", input))
        if redacted_whole(data.input) != data.input:
            hint = "What a job is begun with is kept: name files and patterns that have none in them."
            raise SecretFoundError("the job's input holds a secret", hint=hint)
        return cls(store, agent_id, agent, permission, data)

    @classmethod
    def resume(
        cls, store: Store, agent_id: str, agent: AgentFacts | None = None, permission: Permission | None = None
    ) -> Job:
        """A job that was stopped, failed, waits, or whose process died; of `agent`, where it is given."""
        return cls(store, agent_id, agent, permission, None)

    # -- what it has --------------------------------------------------------------------------------------------------

    @property
    def store(self) -> Store:
        """Where the job is, and its runs."""
        return self._store

    @property
    def input(self) -> Any:
        """What the job was begun with."""
        return copy.deepcopy(self._data.input)

    @property
    def steps(self) -> Mapping[str, Any]:
        """What ended so far, by name."""
        return copy.deepcopy(self._data.steps)

    @property
    def notes(self) -> Mapping[str, Any]:
        """What the job has noted for itself."""
        return copy.deepcopy(self._data.notes)

    @property
    def cancelled(self) -> bool:
        """Whether it was stopped, or another process has it."""
        return self._is_lost

    @property
    def checksum(self) -> str:
        """Of the agent; every record of the job has it."""
        assert self._hold.checksum is not None  # from the row, where nobody gave it
        return self._hold.checksum

    @property
    def seen_ms(self) -> int:
        """When the process that did the job before gave its last sign of life; 0 for a new job."""
        return self._hold.seen_ms

    # -- its work -----------------------------------------------------------------------------------------------------

    async def step(self, name: str, work: Callable[[], Awaitable[Any]]) -> Any:
        """What `work` gives, as plain JSON data. Once it has ended it is never done again: its result is kept.

        Raises UsageError for a result over `STEP_BYTES`, SerializationError for one that is no JSON data.
        """
        if name in self._data.steps:
            return copy.deepcopy(self._data.steps[name])
        self._check_open()
        self._data.check_name(name)
        if name in self._going:
            raise UsageError(f"the step {name!r} goes on already")
        self._going.add(name)
        try:
            result = await work()
            async with self._lock:
                await self._keep_step(name, result)
        finally:
            self._going.discard(name)
        return copy.deepcopy(self._data.steps[name])

    async def note(self, name: str, value: Any) -> None:
        """Keep a small fact at once, without a record: what was spent, where one is."""
        self._check_open()
        async with self._lock:
            await self._keep(self._data.with_note(name, value))

    async def finish(self, result: Any, *, outcome: str = "finished") -> None:
        """Say what came of the job; "denied" is an outcome, too. Nothing follows."""
        self._check_open()
        if outcome not in ENDED:
            raise UsageError(f"a job ends {' or '.join(ENDED)}, got {outcome!r}")
        await self._end(outcome=outcome, result=as_kept("the job", result))

    async def wait(self, what: Any) -> None:
        """Say that a person must act before the job can go on: `resume` goes on with it, here or elsewhere."""
        self._check_open()
        kept = as_kept("the job", what)
        async with self._lock:
            await self._keep(replace(self._data, outcome="waiting", result=kept))

    def _check_open(self) -> None:
        if self._data.outcome is not None:
            raise UsageError(f"the job {self.id} is over: {self._data.outcome}")

    async def _keep_step(self, name: str, result: Any) -> None:
        self._check_open()
        data = self._data.with_step(name, result)
        details = {"step": name, **digest_of(data.steps[name])}
        await self._keep(data, "agent.step", details)

    async def _end(self, **changes: Any) -> None:
        async with self._lock:
            data = replace(self._data, **changes)
            facts = {"outcome": data.outcome, **digest_of(data.result)}
            if data.error is not None:
                facts["code"] = data.error["code"]
            await self._keep(data.closed() if data.outcome in ENDED else data, "agent.finished", facts)

    async def _keep(self, data: JobData, *told: Any) -> None:
        await self._in_thread(self._hold.save, data, *told)
        self._data = data

    async def _in_thread(self, work: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)

    # -- beginning ----------------------------------------------------------------------------------------------------

    async def __aenter__(self) -> Job:
        gate.require("agents")
        here = (self._store.worker, self.id)
        if here in _HERE:
            raise UsageError(f"the job {self.id} is being done in this process")
        _HERE.add(here)
        try:
            lease = await self._in_thread(self._take)
            self._begin(lease)
        except BaseException:  # Control-C too must leave no lease behind
            await asyncio.shield(self._in_thread(self._hold.let_go))
            self._leave()
            raise
        return self

    def _begin(self, lease: AgentLease) -> None:
        self._loop = asyncio.get_running_loop()
        task = asyncio.current_task()
        assert task is not None  # we are in a coroutine
        self._task, self._cancelling = task, task.cancelling()
        self._beat = Beat(self._store, lease, self._hear_lost)
        self._beat.start()

    def _take(self) -> AgentLease:
        """Have the lease, or raise. In a thread."""
        if self._fresh is not None:
            return self._hold.begin(self._fresh)
        lease, self._data = self._hold.recover()
        return lease

    def _leave(self) -> None:
        _HERE.discard((self._store.worker, self.id))
        self._threads.shutdown(wait=False)

    # -- end ----------------------------------------------------------------------------------------------------------

    def _hear_lost(self) -> None:
        """In the thread of the beat."""
        with suppress(RuntimeError):  # the loop was closed without the job's end: nobody is left to tell
            self._loop.call_soon_threadsafe(self._lose)

    def _lose(self) -> None:
        if not self._is_over:
            self._is_lost = True
            self._task.cancel()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over = True
        is_ours = await self._uncancelled(error)
        try:
            await self._in_thread(self._beat.close)
            if self._is_lost:
                await self._tell_lost(is_ours)
            else:
                await self._close(error)
        finally:
            self._leave()

    async def _tell_lost(self, is_ours: bool) -> None:
        lost = await self._in_thread(self._hold.why_lost)
        if is_ours:
            raise lost from None

    async def _uncancelled(self, error: BaseException | None) -> bool:
        """Take our own cancellation of the task back. Whether nobody else cancelled it, too."""
        if not self._is_lost:
            return True
        if not isinstance(error, asyncio.CancelledError):  # it ended before the cancellation got to it
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(0)
        return self._task.uncancel() <= self._cancelling

    async def _close(self, error: BaseException | None) -> None:
        try:
            await self._come_out(error)
        except LeaseLostError:  # before the beat had looked
            await self._tell_lost(is_ours=True)

    async def _come_out(self, error: BaseException | None) -> None:
        try:
            if error is not None:
                await self._fail(error)
            elif self._data.outcome is None:
                await self.finish(None)
        finally:
            await self._in_thread(self._hold.let_go)

    async def _fail(self, error: BaseException) -> None:
        """Write down how it failed; one that is interrupted was stopped. What had ended before stays."""
        if self._data.outcome in ENDED:
            return
        outcome = "failed" if isinstance(error, Exception) else "stopped"
        await self._end(outcome=outcome, result=None, error=_told(error))


def _told(error: BaseException) -> dict[str, str]:
    code = error.code if isinstance(error, BelljarError) else type(error).__name__
    message = error.message if isinstance(error, BelljarError) else str(error)
    return {"code": code, "message": str(redact(message))}
