"""Worker processes, for an engine that can take its process down with it.

A worker has one isolate at a time (V8's word, here for QuickJS too) and an isolate has one run. A run that waits for
answers keeps its worker until somebody else needs one: then the run that has waited longest loses its isolate, and is
brought back later by sending its messages again. So there are never more than MAX_WORKERS processes, however many runs
there are.
"""

from __future__ import annotations

import atexit
import contextlib
import errno
import functools
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, NamedTuple

from belljar.errors import EngineUnavailableError
from belljar.machine import _v8_worker as worker_program

MAX_WORKERS: Final = max(4, 2 * (os.cpu_count() or 1))
"""Processes at once; each takes some 65 MB, of which 40 are shared."""
RUNS: Final = 200
"""Isolates that one V8 worker makes before it is replaced."""
GROWN_BYTES: Final = 256 << 20
"""Resident memory from which a worker is replaced."""
GRACE_S: Final = 0.15
"""How long after a step's budget a worker that says nothing is killed."""
_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What a worker process runs."""

    command: tuple[str, ...]
    """Arguments of the Python interpreter."""
    scripts: bytes = b""
    """What it is told first."""
    runs: int = RUNS
    """Isolates that one process makes before another takes its place."""


class Reply(NamedTuple):
    """What came of a step. The worker is not believed: the time is the parent's, and the rest is checked."""

    report: str | None = None
    """The prelude's report; None where the run was stopped."""
    cause: str = "died"
    """Why there is no report; see `Stop`."""
    used_s: float = 0.0
    memory_bytes: int = 0
    fuel: int = 0
    line: int = 0
    column: int = 0
    exit: int | str = 0
    """The process's exit status where it ended without a word, or what was wrong with its words."""


class Worker:
    """One process. Used by one thread at a time, except `kill`."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.runs = 0
        self._owner = os.getpid()
        self._ready = False
        self._process = subprocess.Popen(
            [sys.executable, "-I", *program.command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd="/",
            env={"TZ": "UTC", "LC_ALL": "C"},
            start_new_session=True,
        )
        self._channel = Channel(self._process)
        try:
            self._channel.send(time.monotonic() + worker_program.BOOT_S, worker_program.SCRIPTS, program.scripts)
        except BaseException:
            self.bury()
            raise

    @property
    def pid(self) -> int:
        return self._process.pid

    def step(self, head: dict[str, Any], message: bytes) -> Reply:
        """Ask for one step. A worker that gives no report is dead afterwards."""
        try:
            self._await_ready(time.monotonic() + worker_program.BOOT_S)
        except (EOFError, OSError, ValueError):
            self.kill()
            return Reply(exit="the worker process did not start")
        begun = time.monotonic()
        deadline = begun + head["budget_s"] + GRACE_S
        try:
            self._channel.send(deadline, worker_program.STEP, json.dumps(head).encode(), b"\n", message)
            reply = _reply(*self._channel.receive(deadline, head["most"]))
        except TimeoutError:
            reply = Reply(cause="clock")
        except (EOFError, OSError):
            reply = self._post_mortem()
        if reply.report is None:
            self.kill()
        return reply._replace(used_s=time.monotonic() - begun)

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def reset(self) -> bool:
        """Have a fresh isolate made, without waiting for it. False where this worker has served long enough."""
        self.runs += 1
        if self.runs >= self.program.runs or not self._ready or not self.is_alive():
            return False
        self._ready = False
        try:
            self._channel.send(time.monotonic() + GRACE_S, worker_program.RESET)
        except OSError:
            return False
        return True

    def kill(self) -> None:
        """End the process, and what it may have started, now. From any thread; who waits for it sees it die.

        Nothing in a process that was forked meanwhile: the worker is its parent's.
        """
        if self._process.returncode is None and os.getpid() == self._owner:
            with contextlib.suppress(ProcessLookupError):  # it has just ended by itself
                os.killpg(self.pid, signal.SIGKILL)

    def bury(self) -> None:
        """Kill, and give back what the system keeps of it. Called once, by who used it last."""
        self.kill()
        self._process.wait()
        self._channel.close()

    def _await_ready(self, deadline: float) -> None:
        if self._ready:
            return
        kind, content = self._channel.receive(deadline, _CHUNK)
        if kind != worker_program.READY:
            raise EOFError
        self._ready = True
        if int(content) > GROWN_BYTES:
            self.runs = self.program.runs  # this run still, and then no more

    def _post_mortem(self) -> Reply:
        """Why the process ended by itself: its timer, or V8 out of memory where it cannot throw."""
        self.kill()
        code = self._process.wait()
        said = self._channel.last_words()
        if code == -signal.SIGALRM:
            return Reply(cause="clock")
        if b"out of memory" in said or (code == -signal.SIGTRAP and not said):
            return Reply(cause="memory")
        return Reply(exit=code)


def _reply(kind: int, content: bytes) -> Reply:
    """From a frame; anything that no honest worker sends is its death."""
    facts, _, report = content.partition(b"\n")
    try:
        if kind == worker_program.STOPPED:
            cause, line, column = facts.split()
            return Reply(cause=cause.decode(), line=int(line), column=int(column))
        if kind == worker_program.REPORT:
            memory_bytes, fuel = facts.split()
            return Reply(report=report.decode(), memory_bytes=int(memory_bytes), fuel=int(fuel))
    except ValueError:
        pass
    return Reply(exit="no honest worker says this")


class Channel:
    """The pipes to a worker, which may stop reading or writing at any byte."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        self._pipes = (process.stdin, process.stdout, process.stderr)
        self._in, self._out, self._errors = (pipe.fileno() for pipe in self._pipes)
        for fd in (self._in, self._out, self._errors):
            os.set_blocking(fd, False)

    def send(self, deadline: float, kind: int, *contents: bytes) -> None:
        """Write a frame. Raises TimeoutError, BrokenPipeError."""
        data = memoryview(worker_program.frame(kind, *contents))
        while data:
            self._wait((), (self._in,), deadline)
            data = data[os.write(self._in, data[:_CHUNK]) :]

    def receive(self, deadline: float, most: int) -> tuple[int, bytes]:
        """The next frame: kind and content, of at most `most` bytes. Raises TimeoutError, EOFError."""
        size, kind = worker_program.FRAME.unpack(self._read(worker_program.FRAME.size, deadline))
        if size > most:
            raise EOFError
        return kind, self._read(size, deadline)

    def last_words(self) -> bytes:
        """What a dead process wrote to its standard error."""
        try:
            return os.read(self._errors, _CHUNK)
        except BlockingIOError:
            return b""  # a child of its own still has the pipe

    def close(self) -> None:
        for pipe in self._pipes:
            with contextlib.suppress(BrokenPipeError):
                pipe.close()

    def _read(self, size: int, deadline: float) -> bytes:
        parts = []
        while size:
            self._wait((self._out,), (), deadline)
            part = os.read(self._out, min(size, _CHUNK))
            if not part:
                raise EOFError
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    @staticmethod
    def _wait(readable: Sequence[int], writable: Sequence[int], deadline: float) -> None:
        """Poll, which unlike select knows file descriptors above 1,023."""
        poll = select.poll()
        for fd in readable:
            poll.register(fd, select.POLLIN)
        for fd in writable:
            poll.register(fd, select.POLLOUT)
        if not poll.poll(max(deadline - time.monotonic(), 0) * 1000):
            raise TimeoutError


@functools.cache
def packages() -> str:
    """The folder that mini-racer is installed in. Raises EngineUnavailableError."""
    found = find_spec("py_mini_racer")
    if found is None or found.origin is None:
        raise EngineUnavailableError("the engine v8 is not installed", hint="pip install 'belljar[v8]'")
    return str(Path(found.origin).parent.parent)


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
            except BaseException:
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
