"""Worker processes for V8, which can take its process down with it.

A worker has one isolate at a time and an isolate has one run. A run that waits for answers keeps its worker until
somebody else needs one: then the run that has waited longest loses its isolate, and is brought back later by sending
its messages again. So there are never more than MAX_WORKERS processes, however many runs there are.
"""

from __future__ import annotations

import atexit
import functools
import json
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, NamedTuple

from belljar.errors import EngineUnavailableError
from belljar.machine import _guest
from belljar.machine import _v8_worker as worker_program

MAX_WORKERS: Final = max(4, 2 * (os.cpu_count() or 1))
"""Processes at once; each takes some 65 MB, of which 40 are shared."""
RUNS: Final = 200
"""Isolates that one worker makes before it is replaced."""
GROWN_BYTES: Final = 256 << 20
"""Resident memory from which a worker is replaced."""
GRACE_S: Final = 0.15
"""How long after a step's budget a worker that says nothing is killed."""
_STDERR_BYTES = 1 << 16


class Reply(NamedTuple):
    """What came of a step."""

    facts: dict[str, Any]
    report: str | None
    """None where the run was stopped; `facts["cause"]` says why."""


class Worker:
    """One process. Used by one thread at a time, except `kill`."""

    def __init__(self, stack_kb: int) -> None:
        self.stack_kb = stack_kb
        self.runs = 0
        self._ready = False
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", worker_program.__file__, packages(), str(stack_kb)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd="/",
            env={"TZ": "UTC", "LC_ALL": "C"},
            start_new_session=True,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._in, self._out = self._process.stdin.fileno(), self._process.stdout.fileno()
        self._send(worker_program.SCRIPTS, _guest.v8_scripts())

    @property
    def pid(self) -> int:
        return self._process.pid

    def step(self, head: dict[str, Any], message: bytes) -> Reply:
        """Ask for one step. A worker that gives no report is dead afterwards."""
        try:
            self._await_ready()
            self._send(worker_program.STEP, json.dumps(head).encode(), b"\n", message)
            kind, content = self._receive(head["budget_s"] + GRACE_S)
        except TimeoutError:
            self.kill()
            return Reply({"cause": "clock", "used_s": head["budget_s"]}, None)
        except (EOFError, OSError):
            return Reply({"used_s": head["budget_s"], **self._post_mortem()}, None)
        if kind == worker_program.STOPPED:
            self.kill()
            return Reply(json.loads(content), None)
        facts, _, report = content.partition(b"\n")
        return Reply(json.loads(facts), report.decode())

    def reset(self) -> bool:
        """Have a fresh isolate made, without waiting for it. False where this worker has served long enough."""
        self.runs += 1
        if self.runs >= RUNS or not self._ready:
            return False
        self._ready = False
        try:
            self._send(worker_program.RESET)
        except OSError:
            return False
        return True

    def kill(self) -> None:
        """End the process now. From any thread; a step that waits for it sees it die."""
        self._process.kill()

    def bury(self) -> None:
        """Kill, and give back what the system keeps of it. Called once, by who used it last."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            assert pipe is not None
            pipe.close()

    def _await_ready(self) -> None:
        if self._ready:
            return
        kind, content = self._receive(worker_program.BOOT_S)
        if kind != worker_program.READY:
            raise EOFError
        self._ready = True
        if json.loads(content)["resident_bytes"] > GROWN_BYTES:
            self.runs = RUNS  # this run still, and then no more

    def _send(self, kind: int, *contents: bytes) -> None:
        worker_program.write_frame(self._in, kind, *contents)

    def _receive(self, timeout_s: float) -> tuple[int, bytes]:
        """The next frame. Raises TimeoutError, and EOFError where the process has ended."""
        ready, _, _ = select.select([self._out], [], [], timeout_s)
        if not ready:
            raise TimeoutError
        size, kind = worker_program.FRAME.unpack(worker_program.read_exactly(self._out, worker_program.FRAME.size))
        if size > worker_program.MAX_FRAME:
            raise EOFError
        return kind, worker_program.read_exactly(self._out, size)

    def _post_mortem(self) -> dict[str, Any]:
        """Why the process ended by itself: its timer, or V8 out of memory where it cannot throw."""
        self._process.kill()
        code = self._process.wait()
        assert self._process.stderr is not None
        said = os.read(self._process.stderr.fileno(), _STDERR_BYTES)
        if code == -signal.SIGALRM:
            return {"cause": "clock"}
        if b"out of memory" in said or (code == -signal.SIGTRAP and not said):
            return {"cause": "memory"}
        return {"cause": "died", "exit": code}


@functools.cache
def packages() -> str:
    """The folder that mini-racer is installed in. Raises EngineUnavailableError."""
    found = find_spec("py_mini_racer") if os.name == "posix" else None
    if found is None or found.origin is None:
        raise EngineUnavailableError(
            "the engine v8 is not installed" if os.name == "posix" else "the engine v8 needs a POSIX system",
            hint="pip install 'belljar[v8]'" if os.name == "posix" else "Use the engine quickjs.",
        )
    return str(Path(found.origin).parent.parent)


class Workers:
    """The pool. A tenant is a machine, named by an id that is its own for as long as it lives."""

    def __init__(self, most: int = MAX_WORKERS) -> None:
        self._most = most
        self._changed = threading.Condition()
        self._busy = 0
        self._idle: list[Worker] = []
        self._waiting: dict[int, Worker] = {}
        """Tenants between two steps and their workers, the longest wait first."""

    def lease(self, tenant: int, stack_kb: int, wanted: Callable[[], bool]) -> tuple[Worker | None, bool]:
        """A worker for a step, and whether the tenant's isolate is in it. No worker once it is not `wanted`."""
        with self._changed:
            while wanted():
                mine = self._waiting.pop(tenant, None)
                worker = mine or self._take(stack_kb)
                if worker is not None or self._busy < self._most:
                    self._busy += 1
                    break
                self._changed.wait()
            else:
                return None, False
        if worker is None:
            try:
                worker = Worker(stack_kb)
            except BaseException:
                with self._changed:
                    self._busy -= 1
                    self._changed.notify()
                raise
        return worker, mine is not None

    def keep(self, tenant: int, worker: Worker) -> None:
        """The step is over and the tenant waits."""
        with self._changed:
            self._waiting[tenant] = worker
            self._busy -= 1
            self._changed.notify()

    def drop(self, worker: Worker) -> None:
        """The step is over and the worker dead. Another one starts at once: who needs it will not have to wait."""
        worker.bury()
        successor = Worker(worker.stack_kb)
        with self._changed:
            self._idle.append(successor)
            self._busy -= 1
            self._changed.notify()

    def leave(self, tenant: int) -> None:
        """The tenant's run has ended; its worker goes to the next."""
        with self._changed:
            worker = self._waiting.pop(tenant, None)
            if worker is None:
                return
            if worker.reset():
                self._idle.append(worker)
                self._changed.notify()
                return
        worker.bury()

    def wake(self) -> None:
        """Have everybody who waits for a worker look whether they still want one."""
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

    def _take(self, stack_kb: int) -> Worker | None:
        """An idle worker, or room for a new one (None), or the worker of who has waited longest."""
        for worker in self._idle:
            if worker.stack_kb == stack_kb:
                self._idle.remove(worker)
                return worker
        if self._busy + len(self._idle) + len(self._waiting) < self._most:
            return None
        if self._idle:
            self._idle.pop(0).bury()
            return None
        while self._waiting:
            worker = self._waiting.pop(next(iter(self._waiting)))
            if worker.stack_kb == stack_kb and worker.reset():
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
