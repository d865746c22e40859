"""One database, read from any thread and written from one.

A write is queued to the writer thread, which puts all that is queued into one transaction: each work in a savepoint of
its own, one commit for them all. So many threads together wait for one disk, and a work that fails takes back itself
alone. Works are done in the order in which they were given. When `write` returns, the disk has it.

A commit that fails is an error to every work of its group; what was confirmed before stays. A connection that broke is
replaced for the next group: nobody can know whether the lost one had committed, so nothing is tried a second time.

All writers, of all processes, go one after the other: SQLite begins IMMEDIATE, PostgreSQL locks the one row of
`audit_head`. So no two writes can wait for each other, and the audit log has one order.
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias, TypeVar

from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError

from belljar.errors import StoreError
from belljar.store._connect import BUSY_S, parse_url, reader, writer
from belljar.store._errors import coded, is_driver_error
from belljar.store._schema import audit_head

_log = logging.getLogger("belljar")

T = TypeVar("T")
_Told: TypeAlias = Callable[[], None]

LINGER_S: Final = 0.005
"""How long a posted work waits for company. A commit takes 1 to 5 ms."""
GROUP: Final = 256
"""Most works in one transaction: others wait for it."""


@dataclass(frozen=True, slots=True)
class _Task:
    work: Callable[[Connection], Any]
    future: Future[Any] = field(default_factory=Future)
    is_waited_for: bool = True


class Database:
    """Connections to one database and the thread that writes. `busy_s` bounds the wait for other processes."""

    def __init__(self, url: str | os.PathLike[str], *, busy_s: float = BUSY_S) -> None:
        """Nothing is opened yet. Raises StoreError for an address of another kind."""
        self.url = parse_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.after_commit: Callable[[], None] = lambda: None
        """Called in the writer thread after each commit, before anybody is told of it."""
        self._writer = writer(self.url, busy_s)
        self._reader = reader(self.url, busy_s)
        self._tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._process = os.getpid()
        self.is_closed = False

    def read(self, work: Callable[[Connection], T]) -> T:
        """What `work` finds, all in one snapshot; it waits for no writer. Raises StoreError."""
        self._check_open()
        with self._errors_coded(), self._reader.begin() as connection:
            return work(connection)

    def prepare(self, work: Callable[[Connection], T]) -> T:
        """Do `work` in a transaction of its own, before there is a table to lock. Raises as `write` does."""
        with self._errors_coded(), self._writer.begin() as connection:
            return work(connection)

    def write(self, work: Callable[[Connection], T]) -> T:
        """What `work` returns, after its commit. Raises what `work` raised, then nothing of it is kept; StoreError."""
        return self.send(work).result()

    def send(self, work: Callable[[Connection], T]) -> Future[T]:
        """As `write`, for a caller who will wait for it soon."""
        return self._put(_Task(work))

    def post(self, work: Callable[[Connection], T]) -> Future[T]:
        """As `write`, for a caller who goes on without it: it waits a moment for company."""
        return self._put(_Task(work, is_waited_for=False))

    def close(self) -> None:
        """Do what is queued, then end. More than once is harmless; in a forked process it is all that can be done."""
        if self.is_of_parent:
            self.is_closed = True
            return
        with self._lock:
            thread, self._thread = self._thread, None
            if not self.is_closed:
                self.is_closed = True
                self._tasks.put(None)
        if thread is not None:
            thread.join()
        self._writer.dispose()
        self._reader.dispose()

    @property
    def is_of_parent(self) -> bool:
        """Whether this process was forked since: its parent has the writer thread and the connections."""
        return os.getpid() != self._process

    def _check_open(self) -> None:
        if self.is_of_parent:
            raise StoreError("the store was opened by another process", hint="A process that forks opens its own.")
        if self.is_closed:
            raise StoreError("the store is closed", hint="Open it again.")

    def _put(self, task: _Task) -> Future[Any]:
        self._check_open()  # before the lock, which a fork may have copied while it was held
        with self._lock:
            self._check_open()
            if self._thread is None:
                # A daemon, so that a program which forgot to close its store can end; a write has returned by then.
                self._thread = threading.Thread(target=self._run, name="belljar store", daemon=True)
                self._thread.start()
            self._tasks.put(task)
        return task.future

    @contextlib.contextmanager
    def _errors_coded(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            raise self._coded(error) from None

    def _coded(self, error: BaseException) -> BaseException:
        return coded(error, self.url) if is_driver_error(error) else error

    # -- the writer thread --------------------------------------------------------------------------------------------

    def _run(self) -> None:
        is_last = False
        while not is_last and (first := self._tasks.get()) is not None:
            group, is_last = self._gather(first)
            self._commit([task for task in group if task.future.set_running_or_notify_cancel()])

    def _gather(self, first: _Task) -> tuple[list[_Task], bool]:
        """What is queued now; where nobody waits for any of it, also what comes within the linger."""
        group = [first]
        until = time.monotonic() + LINGER_S
        while len(group) < GROUP:
            linger_s = 0.0 if group[-1].is_waited_for else until - time.monotonic()
            try:
                task = self._tasks.get(timeout=linger_s) if linger_s > 0 else self._tasks.get_nowait()
            except queue.Empty:
                return group, False
            if task is None:
                return group, True
            group.append(task)
        return group, False

    def _commit(self, group: list[_Task]) -> None:
        """Do a group's works. Whatever the transaction fails with is the error of every work of it."""
        results: list[_Told] = []
        try:
            with self._writer.begin() as connection:
                self._lock_writers(connection)
                # One alone needs no savepoint: the transaction is its own.
                alone = [_do_alone(connection, task) for task in group[:1] if len(group) == 1]
                results = alone or [_do(connection, task, self._coded) for task in group]
        except BaseException as error:  # handed to all who wait
            failure = self._coded(error)
            results = [_failing(task, failure) for task in group]
        else:
            self._follow_up()
        for tell in results:
            tell()

    def _follow_up(self) -> None:
        try:
            self.after_commit()
        except Exception:  # what was committed is committed: whoever waits for it must not hear otherwise
            _log.exception("what follows a commit failed")

    def _lock_writers(self, connection: Connection) -> None:
        if not self.is_sqlite:
            connection.execute(select(audit_head.c.seq).with_for_update())


def _do(connection: Connection, task: _Task, coded_error: Callable[[BaseException], BaseException]) -> _Told:
    """Do one work of several in its savepoint. How to tell its caller, once the commit is there."""
    savepoint = connection.begin_nested()
    try:
        value = task.work(connection)
    except BaseException as error:  # its caller's, as the writer thread is nobody's
        try:
            savepoint.rollback()
        except SQLAlchemyError:
            # The database has taken the whole transaction back (a full disk does that), or it is gone.
            raise error from None
        return _failing(task, coded_error(error))
    savepoint.commit()
    return lambda: task.future.set_result(value)


def _do_alone(connection: Connection, task: _Task) -> _Told:
    value = task.work(connection)
    return lambda: task.future.set_result(value)


def _failing(task: _Task, error: BaseException) -> Callable[[], None]:
    return lambda: task.future.set_exception(error)
