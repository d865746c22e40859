"""Machines in worker processes: V8 always, QuickJS where an operator wants a second wall (see `_worker`).

The machine keeps what it has sent, so that a run that lost its place to others, while it waited, comes back in a fresh
one: the same messages give the same reports, and a report that differs is an error. Memory in another process cannot be
frozen; a run that is to outlive this process is replayed from its journal.
"""

from __future__ import annotations

import hashlib
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from belljar.errors import UsageError
from belljar.limits import Limits
from belljar.machine import _guest
from belljar.machine._machine import CHECK, START, ScriptMachine, Stop
from belljar.machine._places import BytePlaces, UnitPlaces
from belljar.machine._protocol import Figures, require
from belljar.machine._worker import RUNS, Program, Reply, Worker, packages
from belljar.machine._workers import Workers, workers


class _Sent(NamedTuple):
    """A step of the past, and the digest of what came of it."""

    op: str
    message: bytes
    now_ms: int
    digest: bytes


class RemoteMachine(ScriptMachine):
    """See `Machine` in `_protocol`; `open_machine` makes it."""

    can_freeze = False
    _causes: frozenset[str]
    """What this engine's worker may say of a run that it stopped; see `Stop`."""

    def __init__(self, limits: Limits, profile: str, program: Program, pool: Workers | None = None) -> None:
        super().__init__(limits, profile)
        self._program = program
        self._pool = pool or workers()
        self._sent: list[_Sent] = []
        self._now_ms = 0
        self._lock = threading.Lock()
        self._running: Worker | None = None

    def freeze(self, *, key: bytes | None = None) -> bytes:
        """Raises UsageError: the memory cannot be taken out of its process."""
        del key
        require(self._state, "freeze")
        raise UsageError(
            "a run in a worker process cannot be frozen",
            hint="Keep its journal and replay it, or use the engine quickjs in this process.",
        )

    def cancel(self) -> None:
        """From any thread: the step that runs now, or else the next one, ends with ScriptCancelledError."""
        with self._lock:
            self._cancelled = True
            if self._running is not None:
                self._running.kill()
        self._pool.wake()

    def _release(self) -> None:
        self._sent.clear()
        self._pool.leave(id(self))

    def __del__(self) -> None:
        if getattr(self, "_pool", None) is not None:
            self.close()

    # -- one step -------------------------------------------------------------------------------------------------

    def _cross(self, op: str, message: bytes, now_ms: int | None, budget_s: float) -> str | Stop:
        if len(message) > self._limits.memory_mb << 20:
            return Stop(cause="message")
        try:
            worker, has_isolate = self._pool.lease(id(self), self._program, lambda: not self._cancelled)
        except OSError as error:
            return Stop(cause="died", details={"exit": f"no worker process can be started: {error.strerror}"})
        if worker is None:
            return Stop(cause="cancelled")
        self._now_ms = self._now_ms if now_ms is None else now_ms
        try:
            reply = self._exchange(worker, op, message, budget_s, has_isolate=has_isolate)
        except BaseException:  # Control-C too: a worker in the middle of a step is of no use to anybody
            self._pool.drop(worker)
            raise
        if reply.report is None or not self._let_go():
            self._pool.drop(worker)
            return self._stop(reply)
        self._sent.append(_Sent(op, message, self._now_ms, hashlib.sha256(reply.report.encode()).digest()))
        self._pool.keep(id(self), worker)
        return reply.report

    def _exchange(self, worker: Worker, op: str, message: bytes, budget_s: float, *, has_isolate: bool) -> Reply:
        if not self._claim(worker):
            return Reply(cause="cancelled")
        reply = None if has_isolate else self._catch_up(worker)
        if reply is None:
            reply = self._ask(worker, op, message, self._now_ms, budget_s)
            self._count(reply)
        return reply

    def _claim(self, worker: Worker) -> bool:
        """From here on `cancel` kills the worker; False where it came before."""
        with self._lock:
            if not self._cancelled:
                self._running = worker
            return not self._cancelled

    def _let_go(self) -> bool:
        """From here on `cancel` leaves the worker alone; False where it has killed it meanwhile."""
        with self._lock:
            self._running = None
            return not self._cancelled

    def _catch_up(self, worker: Worker) -> Reply | None:
        """Bring a fresh isolate to where the run was; what went wrong, or None. This time is not the script's."""
        for sent in self._sent:
            reply = self._ask(worker, sent.op, sent.message, sent.now_ms, self._limits.timeout_ms / 1000)
            if reply.report is None:
                return reply
            if hashlib.sha256(reply.report.encode()).digest() != sent.digest:
                return Reply(exit="the same messages gave another report")
        return None

    def _ask(self, worker: Worker, op: str, message: bytes, now_ms: int, budget_s: float) -> Reply:
        head: dict[str, Any] = {"op": op, "now_ms": now_ms, "budget_s": budget_s, "most": self._limits.memory_mb << 21}
        if op in (START, CHECK):
            head["limits"] = asdict(self._limits)
        return worker.step(head, message)

    def _count(self, reply: Reply) -> None:
        self._used_s += reply.used_s
        self._steps += 1
        least = self._limits.memory_mb << 20 if reply.cause == "memory" and reply.report is None else 0
        memory_bytes = max(reply.memory_bytes, self._figures.memory_bytes, least)
        self._figures = Figures(
            fuel=reply.fuel, memory_bytes=memory_bytes, cpu_ms=self._used_s * 1000, steps=self._steps
        )

    def _stop(self, reply: Reply) -> Stop:
        if self._cancelled:
            return Stop(cause="cancelled")
        details = {"exit": reply.exit} if reply.exit else {}
        cause = reply.cause if reply.cause in self._causes else "died"
        return Stop(cause=cause, line=reply.line, column=reply.column, details=details)


class V8Machine(RemoteMachine):
    """A machine on V8. Its stack limit is its process's."""

    _places = UnitPlaces
    _causes = frozenset({"clock", "memory"})

    def __init__(
        self, limits: Limits, pool: Workers | None = None, *, profile: str = "standard", is_contained: bool = False
    ) -> None:
        """With `is_contained` the process has this run only."""
        if limits.fuel is not None:
            raise UsageError("the engine v8 has no fuel", hint="Leave Limits.fuel out, or use the engine quickjs.")
        code = f"{_BARE}from belljar.machine._v8_worker import main; main({packages()!r}, {limits.stack_kb})"
        runs = 1 if is_contained else RUNS
        program = Program(command=("-S", "-c", code), scripts=_guest.v8_scripts(profile), runs=runs)
        super().__init__(limits, profile, program, pool)


_FOLDER = str(Path(__file__).parent)
_BARE = (
    "import sys, types\n"
    "for name in ('belljar', 'belljar.machine'):\n"
    f"    sys.modules[name] = types.ModuleType(name); sys.modules[name].__path__ = [{_FOLDER!r}]\n"
)
"""Lets a program import its own two files without what the packages around them load."""


class ContainedQuickJsMachine(RemoteMachine):
    """A machine on QuickJS in a process of its own: behind the WebAssembly wall another one of the system's."""

    _places = BytePlaces
    _causes = frozenset({"clock", "memory", "stack", "fuel", "message"})

    def __init__(self, limits: Limits, profile: str = "standard", pool: Workers | None = None) -> None:
        path = [entry for entry in sys.path if entry]
        code = (
            f"import sys; sys.path[:] = {path!r}; from belljar.machine._quickjs_worker import main; main({profile!r})"
        )
        super().__init__(limits, profile, Program(command=("-c", code), runs=1), pool)
