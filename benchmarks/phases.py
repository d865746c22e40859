"""Where our own time goes in one row: the seams of the machine, the harness and wasmtime, with the time of each alone.

Functions at the seams are wrapped while the profile runs; what one seam calls of another is not counted twice. Work in
the harness's step threads is told apart from work on the event loop's thread, because the two overlap: `waiting` is the
loop's thread waiting for the step. Wrapping costs some 0.3 us a call, which falls on the seam outside.

Still ugly: it names private functions of belljar; one that has moved is listed as gone until its name is put right.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import wraps
from importlib import import_module
from statistics import median
from typing import Any, Final, NamedTuple
from unittest.mock import patch

from benchmarks.lineup import assemble
from benchmarks.measure import FULL, Task, batch, interleave, quiet
from benchmarks.rows import BY_ID
from benchmarks.tasks import PER_REPETITION, TASKS

PROFILES: Final = ("W1", "W1-clone", "W2", "W2-new", "W2-machine", "W3", "W3-machine", "W5-freeze", "W5-thaw", "parse")
REPETITIONS: Final = 200
_QUICKJS, _ENGINE = "belljar.machine._quickjs", "belljar.machine._engine"
_FACADE, _TOOL = "belljar.tools._facade", "belljar.tools._tool"

SEAMS: Final[tuple[tuple[str, str], ...]] = (
    ("parse and check", "belljar.script._analyse:analyse"),
    ("parse and check", "belljar.harness._harness:analyse"),
    ("open: the rest", f"{_QUICKJS}:QuickJsMachine.__init__"),
    ("open: clone, the rest", f"{_ENGINE}:BaseImage._clone"),
    ("open: Store()", "wasmtime:Store.__init__"),
    ("open: set_limits", "wasmtime:Store.set_limits"),
    ("fuel and epoch", "wasmtime:Store.set_fuel"),
    ("fuel and epoch", "wasmtime:Store.get_fuel"),
    ("fuel and epoch", "wasmtime:Store.set_epoch_deadline"),
    ("open: instantiate", "wasmtime:InstancePre.instantiate"),
    ("open: exports", "wasmtime:Instance.exports"),
    ("open: exports", "wasmtime._instance:InstanceExports.__getitem__"),
    ("open: address", "wasmtime:Memory.data_ptr"),
    ("memory size", "wasmtime:Memory.data_len"),
    ("start: request", f"{_QUICKJS}:QuickJsMachine.start"),
    ("resume: message", f"{_QUICKJS}:QuickJsMachine.resume"),
    ("step: the rest", f"{_QUICKJS}:QuickJsMachine._step"),
    ("step: crossing, the rest", f"{_QUICKJS}:QuickJsMachine._cross"),
    ("step: in the guest", "wasmtime:Func.__call__"),
    ("step: watchdog", "belljar.machine._watchdog:Watchdog.begin"),
    ("step: watchdog", "belljar.machine._watchdog:Watchdog.end"),
    ("step: read report", "belljar.machine._report:read"),
    ("close: the rest", f"{_QUICKJS}:QuickJsMachine.close"),
    ("close: wipe", f"{_QUICKJS}:QuickJsMachine.wipe"),
    ("close: free the store", "wasmtime:Store.close"),
    ("freeze: the rest", f"{_QUICKJS}:QuickJsMachine.freeze"),
    ("freeze: changed memory", "belljar.machine._frozen:pack"),
    ("freeze: compress", "zlib:compress"),
    ("thaw: decompress", "zlib:decompress"),
    ("freeze, thaw: tag", "hmac:digest"),
    ("thaw: unpack", "belljar.machine._frozen:unpack"),
    ("thaw: memory", f"{_QUICKJS}:QuickJsMachine._map"),
    ("freeze, thaw: key", "belljar.machine._cache:user_key"),
    ("freeze, thaw: build id", "belljar.machine._guest:build_id"),
    ("run: plan", "belljar.harness._runner:Runner._plan"),
    ("run: services", "belljar.harness._runner:Runner._services"),
    ("run: to the thread", "belljar.harness._threads:StepThreads.submit"),
    ("run: outcome", "belljar.harness._driver:Driver._outcome"),
    ("run: history", "belljar.journal._history:History.__init__"),
    ("run: history", "belljar.journal._history:History.calls"),
    ("journal", "belljar.journal._journal:Journal.append"),
    ("call: accept, the rest", f"{_FACADE}:Facade.accept"),
    ("call: intent record", f"{_FACADE}:Facade._write_intents"),
    ("call: key", f"{_FACADE}:Facade._call_info"),
    ("call: redact for display", f"{_FACADE}:redact"),
    ("call: tell start", f"{_FACADE}:Facade._tell_start"),
    ("call: answer", f"{_FACADE}:Facade._answer"),
    ("call: bind and validate", f"{_TOOL}:Tool.bind"),
    ("call: bind and validate", f"{_TOOL}:Tool.validate"),
    ("call: approval rule", f"{_TOOL}:Tool.approval_reason"),
    ("call: encode result", f"{_TOOL}:Tool.encode"),
    ("event loop: waiting", "selectors:EpollSelector.select"),
    ("event loop: the rest", "asyncio.base_events:BaseEventLoop._run_once"),
)
"""Name of the phase, and where its function is looked up."""


class Cost(NamedTuple):
    """What one phase took, of all repetitions."""

    seconds: float
    calls: int


@dataclass(slots=True)
class Tracer:
    """Adds up the time that each phase spends by itself, per kind of thread."""

    seconds: defaultdict[tuple[str, str], float] = field(default_factory=lambda: defaultdict(float))
    calls: Counter[tuple[str, str]] = field(default_factory=Counter)
    _local: threading.local = field(default_factory=threading.local)

    def wrap(self, function: Callable[..., Any], phase: str) -> Callable[..., Any]:
        """`function`, timed."""

        @wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            inner: list[float] = self._local.__dict__.setdefault("inner", [0.0])
            inner.append(0.0)
            begin = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                taken = time.perf_counter() - begin
                key = (_thread_kind(), phase)
                self.seconds[key] += taken - inner.pop()
                self.calls[key] += 1
                inner[-1] += taken

        return timed

    def costs(self) -> dict[tuple[str, str], Cost]:
        """By thread and phase, the dearest first."""
        ordered = sorted(self.seconds, key=lambda key: -self.seconds[key])
        return {key: Cost(self.seconds[key], self.calls[key]) for key in ordered}


def _thread_kind() -> str:
    return "main" if threading.current_thread() is threading.main_thread() else "step thread"


@contextmanager
def traced(tracer: Tracer) -> Iterator[Sequence[str]]:
    """Wrap every seam; gives the names of those that are gone."""
    gone = []
    with ExitStack() as stack:
        for phase, place in SEAMS:
            owner, name = _owner(place)
            if owner is None or not hasattr(owner, name):
                gone.append(place)
            else:
                stack.enter_context(patch.object(owner, name, tracer.wrap(getattr(owner, name), phase)))
        yield gone


def _owner(place: str) -> tuple[Any, str]:
    """The module or class that holds a seam's function, and the function's name."""
    module, _, path = place.partition(":")
    *parents, name = path.split(".")
    owner: Any = import_module(module)
    for parent in parents:
        owner = getattr(owner, parent, None)
    return owner, name


def profile(row_id: str, repetitions: int = REPETITIONS) -> str:
    """A Markdown table of one repetition of a row: each phase in microseconds and in percent."""
    row = BY_ID[row_id]
    tracer = Tracer()
    with assemble(peers=False) as lineup:
        task = TASKS[row_id](lineup.open[row.side])
        plain = interleave({row_id: task}, FULL, scale=1e6)[row_id].median
        with traced(tracer) as gone:
            total = median(_clocked(tracer, row_id, task, repetitions)) * 1e6
    lines = [
        f"# {row.id}: {row.title}",
        "",
        f"{plain:.0f} us a repetition, {total:.0f} with the seams wrapped; "
        f"{PER_REPETITION.get(row_id, 1)} unit(s) of work in each.",
        "",
        "| thread | phase | us | calls | % |",
        "| --- | --- | --- | --- | --- |",
        *(_line(thread, phase, cost, total, repetitions) for (thread, phase), cost in tracer.costs().items()),
    ]
    return "\n".join([*lines, "", *(f"gone: {place}" for place in gone)])


def _clocked(tracer: Tracer, name: str, task: Task, repetitions: int) -> list[float]:
    """Traced times of `run` alone: what `setup` and `finish` cost is taken out of the tracer again."""
    batch(name, task, 2)
    tracer.seconds.clear()
    tracer.calls.clear()
    out = []
    with quiet():
        for _ in range(repetitions):
            with _uncounted(tracer):
                state = task.setup()
            begin = time.perf_counter()
            result = task.run(state)
            out.append(time.perf_counter() - begin)
            with _uncounted(tracer):
                task.finish(state, result)
    return out


@contextmanager
def _uncounted(tracer: Tracer) -> Iterator[None]:
    seconds, calls = tracer.seconds.copy(), tracer.calls.copy()
    yield
    tracer.seconds, tracer.calls = seconds, calls


def _line(thread: str, phase: str, cost: Cost, total: float, repetitions: int) -> str:
    each = cost.seconds * 1e6 / repetitions
    return f"| {thread} | {phase} | {each:.1f} | {cost.calls / repetitions:g} | {each / total:.0%} |"
