"""The pool of worker processes, for an engine that can take its process down with it.

A worker has one isolate at a time (V8's word, here for QuickJS too) and an isolate has one run. A run that waits for
answers keeps its worker until somebody else needs one: then the run that has waited longest loses its isolate, and is
brought back later by sending its messages again. So there are never more than MAX_WORKERS processes, however many runs
there are.
"""

from __future__ import annotations

import atexit
import contextlib
import errno
import os
import threading
from collections.abc import Callable
from typing import Final

from belljar.machine._worker import Program, Worker

MAX_WORKERS: Final = max(4, 2 * (os.cpu_count() or 1))
"""Processes at once; each takes some 65 MB, of which 40 are shared."""


class Workers:
    """The pool. A tenant is a machine, named by an id that is its own for as long as it lives."""

    def __init__(self, most: int = MAX_WORKERS) -> None:
        self._most = most
        self._owner = os.getpid()
        self._changed = threading.Condition()
        self._busy = 0
        self._idle: list[Worker] = []
        self._waiting: dict[int, Worker] = {}
        """Tenants between two steps and their workers, the longest wait first."""

    def lease(self, tenant: int, program: Program, wanted: Callable[[], bool]) -> tuple[Worker | None, bool]:
        """A worker for a step, and whether the tenant's isolate is in it. No worker once it is not `wanted`.

        Raises OSError where no process can be started, and in a process that was forked meanwhile.
        """
        if os.getpid() != self._owner:
            raise OSError(errno.ECHILD, "the run belongs to the process that this one was forked from")
        with self._changed:
            while wanted():
                mine = self._waiting.pop(tenant, None)
                worker = mine or self._take(program)
                if worker is not None or self._busy < self._most:
                    self._busy += 1
                    break
                self._changed.wait()
            else:
                return None, False
        if worker is None:
            try:
                worker = Worker(program)
            except BaseException:  # whatever it was, the place is free again
                with self._changed:
                    self._busy -= 1
                    self._changed.notify_all()
                raise
        return worker, mine is not None

    def keep(self, tenant: int, worker: Worker) -> None:
        """The step is over and the tenant waits."""
        with self._changed:
            self._waiting[tenant] = worker
            self._busy -= 1
            self._changed.notify_all()

    def drop(self, worker: Worker) -> None:
        """The step is over and the worker dead. Another one starts at once: who needs it will not have to wait."""
        worker.bury()
        successors: list[Worker] = []
        try:
            with contextlib.suppress(OSError):  # whoever needs a worker next hears of it
                successors.append(Worker(worker.program))
        finally:
            with self._changed:
                self._idle += successors
                self._busy -= 1
                self._changed.notify_all()

    def leave(self, tenant: int) -> None:
        """The tenant's run has ended; its worker goes to the next. Nothing in a process that was forked meanwhile."""
        if os.getpid() != self._owner:
            return
        with self._changed:
            worker = self._waiting.pop(tenant, None)
            if worker is None:
                return
            if worker.reset():
                self._idle.append(worker)
                self._changed.notify_all()
                return
            self._busy += 1
        self.drop(worker)

    def wake(self) -> None:
        """Have everybody who waits for a worker look whether they still want one."""
        if os.getpid() != self._owner:
            return
        with self._changed:
            self._changed.notify_all()

    def close(self) -> None:
        """End the workers that are not in a step."""
        with self._changed:
            workers = [*self._idle, *self._waiting.values()]
            self._idle.clear()
            self._waiting.clear()
        for worker in workers:
            worker.bury()

    def count(self) -> int:
        """Processes now."""
        with self._changed:
            return self._busy + len(self._idle) + len(self._waiting)

    def _take(self, program: Program) -> Worker | None:
        """An idle worker, or room for a new one (None), or the worker of who has waited longest."""
        for worker in [worker for worker in self._idle if not worker.is_alive()]:
            self._idle.remove(worker)
            worker.bury()
        for worker in self._idle:
            if worker.program == program:
                self._idle.remove(worker)
                return worker
        if self._busy + len(self._idle) + len(self._waiting) < self._most:
            return None
        if self._idle:
            self._idle.pop(0).bury()
            return None
        while self._waiting:
            worker = self._waiting.pop(next(iter(self._waiting)))
            if worker.program == program and worker.reset():
                return worker
            worker.bury()
            return None
        return None


_pool = Workers()


def workers() -> Workers:
    """This process's pool."""
    return _pool


def _after_fork() -> None:
    """A child process has none of its parent's workers."""
    global _pool
    _pool = Workers()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
atexit.register(lambda: _pool.close())
