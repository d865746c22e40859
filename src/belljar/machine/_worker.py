"""One worker process, and the pipes to it. Nothing that it says is believed.

Every read and write has a deadline, every frame a size; a worker that gives no report is killed.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, NamedTuple

from belljar.errors import EngineUnavailableError
from belljar.machine import _v8_worker as worker_program

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
        except BaseException:  # Control-C too must leave no process behind
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


_DISHONEST: Final = Reply(exit="no honest worker says this")


def _reply(kind: int, content: bytes) -> Reply:
    """From a frame; anything that no honest worker sends is its death."""
    facts, _, report = content.partition(b"\n")
    try:
        first, second, *third = facts.split()
        if kind == worker_program.REPORT:
            return Reply(report=report.decode(), memory_bytes=int(first), fuel=int(second))
        if kind == worker_program.STOPPED:
            return Reply(cause=first.decode(), line=int(second), column=int(third[0]))
        return _DISHONEST
    except (ValueError, IndexError):
        return _DISHONEST


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
