"""The second engine: V8 in worker processes that can be lost without loss."""

from __future__ import annotations

import ast
import asyncio
import os
import platform
import re
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

import belljar
from belljar import Harness, Limits, tool
from belljar.errors import EngineUnavailableError, HarnessInternalError, UsageError
from belljar.machine import Answer, Finished, Step, Waiting, open_machine
from belljar.machine import _v8_worker as worker_program
from belljar.machine import _worker as process
from belljar.machine import _workers as pooling
from belljar.machine._remote import V8Machine
from belljar.machine._worker import Program
from belljar.machine._workers import Workers, workers
from belljar.script import Script, parse

pytestmark = pytest.mark.skipif(find_spec("py_mini_racer") is None, reason="the extra v8 is not installed")
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
TWO_CALLS = """
const before = Math.random()
const a = await tools.ask({n: 1})
const b = await tools.ask({n: a + 1})
return [before, a, b, Math.random(), Date.now()]
"""


@pytest.fixture
def pool() -> Iterator[Workers]:
    """Room for one process."""
    pool = Workers(most=1)
    yield pool
    pool.close()
    assert pool.count() == 0


def begun(source: str, pool: Workers | None = None, **limits: Any) -> tuple[V8Machine, Step]:
    machine = V8Machine(Limits(**limits), pool)
    return machine, machine.start(parse(source), tools=("ask",), seed=b"s", now_ms=5)


def answered(machine: V8Machine, step: Step, now_ms: int = 7) -> Step:
    assert isinstance(step, Waiting), step
    return machine.resume([Answer(call.id, call.arguments[0]["n"] * 10) for call in step.calls], now_ms=now_ms)


def pid_of(machine: V8Machine) -> int:
    return machine._pool._waiting[id(machine)].pid


def error_of(step: Step) -> belljar.BelljarError:
    assert isinstance(step, Finished), step
    assert step.error is not None
    return step.error


# -- what it is for ---------------------------------------------------------------------------------------------------


def test_a_script_runs_in_another_process_and_v8_is_never_loaded_in_this_one() -> None:
    """The host process never has V8 in it, so V8 cannot take it down."""
    machine, step = begun("await tools.ask({n: 1}); return 'done'")
    assert pid_of(machine) != os.getpid()
    step = answered(machine, step)
    assert (isinstance(step, Finished) and step.value, "py_mini_racer" in sys.modules) == ("done", False)


def test_both_engines_give_the_same_outcome_and_each_replays_the_other_s_journal() -> None:
    """A journal says what happened, not on which engine."""

    @tool
    def ask(n: int) -> int:
        return n * 10

    v8 = belljar.run(TWO_CALLS, tools=[ask], engine="v8")
    assert v8.error is None
    assert v8.value[1:3] == [10, 110]
    assert [belljar.replay(v8.journal, engine=engine).sha256 for engine in ("v8", "quickjs")] == [v8.sha256] * 2


def test_figures_count_memory_time_and_steps() -> None:
    """Fuel is QuickJS's: V8 counts none."""
    machine, step = begun("const a = new Uint8Array(8e6).fill(1); await tools.ask({n: 1}); return a.length")
    answered(machine, step)
    figures = machine.figures
    assert (figures.fuel, figures.steps) == (0, 2)
    assert figures.cpu_ms > 0
    assert figures.memory_bytes > 8_000_000


BREAKOUTS = [
    "}, evil(), async function () {",
    "}, class {",
    "}, () => {",
    "}, function (a = 1) {",
    "}); evil(); (async function () {",
    "}]; evil(); [async function () {",
    "}; evil(); async function g() {",
    "}, async g() {",
    "}}); evil(); ({async f() {",
    "} /* } */, { async g() {",
    "} async function g() {",
    "}\n-->\nasync function g() {",
    "return 1 }, f() { for (;;);",
]


@pytest.mark.parametrize("code", BREAKOUTS)
def test_a_text_that_leaves_its_function_is_refused_and_nothing_of_it_runs(code: str, engine: str) -> None:
    """The front end is passed by: the jar's own compiler says it, and at the same place for a run and for a check."""
    script = Script(source=code, sha256="", code=code)
    limits = Limits(timeout_ms=200)
    with open_machine(engine=engine, limits=limits) as machine:
        error = error_of(machine.start(script))
    checked = open_machine(engine=engine, limits=limits).compile_error(script)  # type: ignore[attr-defined]  # every engine's machine has it
    assert error.code == "ScriptSyntaxError", error.message
    assert (checked.code, checked.message) == (error.code, error.message)


def test_a_run_of_many_steps_keeps_nothing_of_what_they_brought(engine: str) -> None:
    """Answers that the script drops, few and large or many and small, on a machine of 16 MB."""
    for count, size in ((50, 400_000), (300, 1)):
        source = f"let n = 0; for (let i = 0; i < {count}; i++) n += (await tools.ask()).length; return n"
        machine = open_machine(engine=engine, limits=Limits(memory_mb=16))
        step = machine.start(parse(source), tools=("ask",))
        while isinstance(step, Waiting):
            step = machine.resume([Answer(call.id, "x" * size) for call in step.calls])
        assert step == Finished(value=count * size, returned=True)


# -- what it cannot do ------------------------------------------------------------------------------------------------


def test_a_run_on_v8_cannot_be_frozen_and_the_error_names_replay() -> None:
    """The machine stays as it is."""
    machine, step = begun("return await tools.ask({n: 1})")
    with pytest.raises(UsageError, match="cannot be frozen") as caught:
        machine.freeze()
    assert "replay" in (caught.value.hint or "")
    assert not machine.can_freeze
    assert answered(machine, step) == Finished(value=10, returned=True)


def test_a_run_that_waits_long_is_not_frozen_on_v8_and_still_ends() -> None:
    """What the harness freezes elsewhere stays in its worker here."""

    @tool
    async def ask(n: int) -> int:
        return n

    outcome = belljar.run("return await tools.ask({n: 3})", tools=[ask], engine="v8", limits=Limits(freeze_after_ms=0))
    assert outcome.value == 3


def test_fuel_is_refused_since_v8_has_none() -> None:
    """A limit that nothing enforces is an error, not a comfort."""
    with pytest.raises(UsageError, match="no fuel"):
        open_machine(engine="v8", limits=Limits(fuel=1_000_000))


def test_without_the_extra_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """One command, in the hint."""
    monkeypatch.setattr(process, "find_spec", lambda _: None)
    process.packages.cache_clear()
    with pytest.raises(EngineUnavailableError) as caught:
        open_machine(engine="v8")
    monkeypatch.undo()
    process.packages.cache_clear()
    assert caught.value.hint == "pip install 'belljar[v8]'"


def test_where_there_are_no_posix_processes_the_error_names_the_other_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine quickjs runs everywhere."""
    monkeypatch.setattr("belljar.machine._open.os.name", "nt")
    with pytest.raises(EngineUnavailableError) as caught:
        open_machine(engine="v8")
    monkeypatch.undo()
    assert caught.value.hint == "Use the engine quickjs without isolation."


# -- workers that are lost --------------------------------------------------------------------------------------------


def test_a_worker_that_dies_while_its_run_waits_is_an_internal_error_of_that_run_alone(pool: Workers) -> None:
    """The next run is unharmed."""
    machine, step = begun(TWO_CALLS, pool)
    os.kill(pid_of(machine), signal.SIGSEGV)
    error = error_of(answered(machine, step))
    assert (error.code, error.retryable) == ("HarnessInternalError", True)
    assert begun("return 1", pool)[1] == Finished(value=1, returned=True)


@pytest.mark.parametrize("deaths", [1, 2])
def test_the_harness_tries_a_run_once_more_whose_worker_died(deaths: int) -> None:
    """No tool is called twice; a second death is reported."""
    called: list[int] = []

    @tool
    def ask(n: int) -> int:
        called.append(n)
        if len(called) <= deaths:
            for worker in list(workers()._waiting.values()):
                os.kill(worker.pid, signal.SIGKILL)
        return n * 10

    outcome = belljar.run(TWO_CALLS, tools=[ask], engine="v8")
    if deaths == 1:
        assert outcome.error is None
        assert (outcome.value[1:3], called) == ([10, 110], [1, 11])
    else:
        assert isinstance(outcome.error, HarnessInternalError)


def test_a_stopped_worker_is_killed_at_the_limit(pool: Workers) -> None:
    """A process that does not even get its own timer's signal is ended from outside."""
    machine, step = begun("await tools.ask({n: 1}); for (;;);", pool, timeout_ms=40)
    os.kill(pid_of(machine), signal.SIGSTOP)
    assert error_of(answered(machine, step)).code == "ScriptTimeoutError"


@pytest.mark.parametrize(
    "source",
    ["for (;;);", "for (;;) await 0", "/^(a+)+$/.test('a'.repeat(60) + 'b')", "const f = () => f; for (;;) f()()"],
)
def test_a_loop_ends_at_the_limit_whatever_it_loops_in(source: str) -> None:
    """Bytecode, microtasks, a regular expression: the worker's own timer ends the process."""
    assert error_of(begun(source, timeout_ms=40)[1]).code == "ScriptTimeoutError"


@pytest.mark.parametrize(
    "source",
    [
        "const a = []; for (;;) a.push({})",
        "const a = []; for (;;) a.push(new Array(1e5).fill(1.5))",
        "return JSON.parse('['.repeat(1e8))",
        "return new Array(1e8).fill(0.5).length",
    ],
)
def test_memory_that_runs_out_is_the_script_s_error_even_where_v8_dies_of_it(source: str) -> None:
    """V8 ends its process where it cannot throw; the run has its coded error all the same."""
    error = error_of(begun(source, memory_mb=16, timeout_ms=5_000)[1])
    assert (error.code, error.message) == ("ScriptMemoryError", "the script needs more than its 16 MB of memory")


def test_cancelling_a_step_ends_it_at_once(pool: Workers) -> None:
    """From another thread, while the script loops; without a timer of any kind."""
    machine = V8Machine(Limits(timeout_ms=60_000), pool)
    steps: list[Step] = []
    thread = threading.Thread(target=lambda: steps.append(machine.start(parse("for (;;);"))))
    thread.start()
    while machine._running is None:
        pass
    machine.cancel()
    thread.join()
    assert error_of(steps[0]).code == "ScriptCancelledError"


def test_a_run_that_is_cancelled_while_it_waits_for_a_worker_gives_up_waiting(pool: Workers) -> None:
    """It does not wait for the step of another run to end."""
    other = V8Machine(Limits(timeout_ms=60_000), pool)
    thread = threading.Thread(target=lambda: other.start(parse("for (;;);")))
    thread.start()
    while other._running is None:
        pass
    late = V8Machine(Limits(), pool)
    steps: list[Step] = []
    waiter = threading.Thread(target=lambda: steps.append(late.start(parse("return 1"))))
    waiter.start()
    late.cancel()
    waiter.join()
    other.cancel()
    thread.join()
    assert error_of(steps[0]).code == "ScriptCancelledError"


def forged(folder: Path, reply: str, ready: str = "1") -> belljar.BelljarError:
    """The error of a run whose worker says `reply`, Python source of a bytes value, instead of a report."""
    program = folder / "worker.py"
    program.write_text(
        "import os, struct\n"
        "frame = lambda kind, content: struct.pack('<IB', len(content), kind) + content\n"
        "def read(size):\n"
        "    data = b''\n"
        "    while len(data) < size: data += os.read(0, size - len(data)) or os._exit(0)\n"
        "    return data\n"
        "def request(): return read(struct.unpack('<IB', read(5))[0])\n"
        f"request(); os.write(1, frame({worker_program.READY}, b'{ready}')); request()\n"
        f"os.write(1, {reply}); request()\n"
    )
    pool = Workers(most=1)
    machine = V8Machine(Limits(timeout_ms=50), pool)
    machine._program = Program(command=(str(program),))
    error = error_of(machine.start(parse("return 1")))
    pool.close()
    return error


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (f"frame({worker_program.REPORT}, b'1 0\\n{{')", "HarnessInternalError"),
        (f"frame({worker_program.REPORT}, b'many\\n{{}}')", "HarnessInternalError"),
        (f"frame({worker_program.REPORT}, b'1 0\\n\\xff')", "HarnessInternalError"),
        (f"frame({worker_program.STOPPED}, b'bored 0 0')", "HarnessInternalError"),
        (f"frame({worker_program.STOPPED}, b'memory')", "HarnessInternalError"),
        (f"frame({worker_program.STOPPED}, b'cancelled 0 0')", "HarnessInternalError"),
        (f"frame({worker_program.STOPPED}, b'fuel 0 0')", "HarnessInternalError"),
        ("frame(99, b'')", "HarnessInternalError"),
        ("struct.pack('<IB', 0xffffffff, 12)", "HarnessInternalError"),
        (f"frame({worker_program.REPORT}, b'1 0\\n' + b'x' * 99)[:50]", "ScriptTimeoutError"),
        ("b'\\x01'", "ScriptTimeoutError"),
        (f"frame({worker_program.STOPPED}, b'memory 0 0')", "ScriptMemoryError"),
    ],
)
def test_a_worker_that_was_taken_over_can_say_what_it_likes(reply: str, code: str, tmp_path: Path) -> None:
    """Half a frame, an endless one, another kind, another type: a coded error of this run, in time."""
    assert forged(tmp_path, reply).code == code


@pytest.mark.parametrize("ready", ["many", ""])
def test_a_worker_that_does_not_start_as_it_should_is_an_internal_error(ready: str, tmp_path: Path) -> None:
    """And gives its place back: the run is not told that it took too long."""
    error = forged(tmp_path, "b''", ready=ready)
    assert (error.code, error.details) == ("HarnessInternalError", {"exit": "the worker process did not start"})


def test_a_worker_that_does_not_read_is_left_at_the_limit(tmp_path: Path) -> None:
    """A message that the pipe cannot hold is not written for ever."""
    (tmp_path / "deaf.py").write_text(
        f"import os, signal, struct; os.write(1, struct.pack('<IB', 1, {worker_program.READY}) + b'1'); signal.pause()"
    )
    machine = V8Machine(Limits(timeout_ms=50, source_bytes=1 << 20), Workers(most=1))
    machine._program = Program(command=(str(tmp_path / "deaf.py"),))
    code = "return 1 //" + "x" * 300_000
    assert error_of(machine.start(Script(source=code, sha256="", code=code))).code == "ScriptTimeoutError"
    machine._pool.close()


def test_an_idle_worker_that_died_is_nobody_s_error(pool: Workers) -> None:
    """Nothing of a run had been said to it yet: the next one gets another."""
    begun("return 1", pool)
    (idle,) = pool._idle
    os.kill(idle.pid, signal.SIGKILL)
    idle._process.wait()
    assert begun("return 2", pool)[1] == Finished(value=2, returned=True)


def test_where_no_process_can_be_started_the_error_says_so(pool: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    """A coded, retryable error; and the place in the pool is free again."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(24, "Too many open files")

    with monkeypatch.context() as patch:
        patch.setattr(subprocess, "Popen", refuse)
        error = error_of(begun("return 1", pool)[1])
    assert (error.code, error.details["exit"]) == (
        "HarnessInternalError",
        "no worker process can be started: Too many open files",
    )
    assert begun("return 1", pool)[1] == Finished(value=1, returned=True)


def test_what_interrupts_a_step_costs_its_worker_and_nothing_else(
    pool: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control-C in the middle of a step: the process is ended, its place given back."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(process.Channel, "receive", interrupted)
        with pytest.raises(KeyboardInterrupt):
            begun("for (;;);", pool)
    assert begun("return 1", pool)[1] == Finished(value=1, returned=True)


def test_a_cancellation_just_after_the_report_harms_no_other_run(
    pool: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker that it kills is not given to the next run; this one is cancelled."""
    machine = V8Machine(Limits(), pool)
    ask = V8Machine._ask

    def late(self: V8Machine, *arguments: Any) -> Any:
        reply = ask(self, *arguments)
        self.cancel()
        return reply

    with monkeypatch.context() as patch:
        patch.setattr(V8Machine, "_ask", late)
        assert error_of(machine.start(parse("return 1"))).code == "ScriptCancelledError"
    assert begun("return 2", pool)[1] == Finished(value=2, returned=True)


def test_a_report_that_no_run_of_these_limits_could_make_is_refused(tmp_path: Path) -> None:
    """More calls than a run may make, more events than it may keep; more bytes than its memory could hold."""
    calls = ",".join(f'[{n},"f",[],0]' for n in range(1, 1_100))
    lines = ",".join(['{"level":"log","text":"x","position":0}'] * 201)
    for part in (f'"calls":[{calls}]', f'"calls":[[1,"f",[],0]],"console":[{lines}]'):
        report = f'{{"status":"running",{part}}}'.encode()
        error = forged(tmp_path, f"frame({worker_program.REPORT}, b'1 0\\n' + {report!r})")
        assert (error.code, error.details) == ("HarnessInternalError", {"why": "ValueError"})
    assert forged(tmp_path, f"struct.pack('<IB', {193 << 20}, {worker_program.REPORT})").code == "HarnessInternalError"


# -- the pool ---------------------------------------------------------------------------------------------------------


def test_more_runs_than_workers_take_turns_and_lose_nothing(pool: Workers) -> None:
    """A run that lost its isolate to another comes back by its own messages: same numbers, same time, same calls."""
    alone = V8Machine(Limits())
    expected = answered(alone, answered(alone, alone.start(parse(TWO_CALLS), tools=("ask",), seed=b"s", now_ms=5), 6))
    machines = [begun(TWO_CALLS, pool) for _ in range(3)]
    assert pool.count() == 1
    machines = [(machine, answered(machine, step, 6)) for machine, step in machines]
    assert [answered(machine, step) for machine, step in machines] == [expected] * 3
    assert pool.count() == 1


def test_runs_of_many_steps_take_turns_at_each_of_them(pool: Workers) -> None:
    """Each is brought back as often as it has steps, and ends as if it had been alone."""
    source = (
        "const seen = []; for (let i = 0; i < 6; i++) seen.push(await tools.ask({n: i}), Math.random()); return seen"
    )
    turns = [begun(source, pool) for _ in range(2)]
    for _ in range(6):
        turns = [(machine, answered(machine, step)) for machine, step in turns]
    first, second = (step for _, step in turns)
    assert isinstance(first, Finished)
    assert first == second
    assert first.value[::2] == [0, 10, 20, 30, 40, 50]


def test_a_run_that_comes_back_otherwise_than_it_was_is_an_internal_error(pool: Workers) -> None:
    """It is never guessed at."""
    (first, step), _ = begun(TWO_CALLS, pool), begun(TWO_CALLS, pool)
    first._sent[0] = first._sent[0]._replace(digest=b"something else")
    error = error_of(answered(first, step))
    assert (error.code, error.details) == (
        "HarnessInternalError",
        {"exit": "the same messages gave another report"},
    )


def test_many_runs_on_few_workers_all_end() -> None:
    """Forty at once through one harness, each with two calls; the pool keeps its bound."""

    @tool
    async def ask(n: int) -> int:
        return n + 1

    async def work() -> list[Any]:
        async with Harness([ask], engine="v8") as harness:
            sources = [f"const a = await tools.ask({{n: {i}}}); return await tools.ask({{n: a}})" for i in range(40)]
            return [outcome.value for outcome in await asyncio.gather(*map(harness.run, sources))]

    assert asyncio.run(work()) == [i + 2 for i in range(40)]
    assert workers().count() <= pooling.MAX_WORKERS


def test_a_worker_is_replaced_after_its_share_of_runs(pool: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    """What V8 may leak from run to run does not add up without end."""
    monkeypatch.setattr("belljar.machine._remote.RUNS", 2)
    pids = []
    for _ in range(3):
        machine, step = begun("return await tools.ask({n: 1})", pool)
        pids.append(pid_of(machine))
        answered(machine, step)
    assert pids[0] == pids[1] != pids[2]


def test_a_worker_that_has_grown_is_replaced(pool: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its next run gets another process."""
    monkeypatch.setattr(process, "GROWN_BYTES", 1)
    pids = []
    for _ in range(2):
        machine, step = begun("return await tools.ask({n: 1})", pool)
        pids.append(pid_of(machine))
        answered(machine, step)
    assert pids[0] != pids[1]


def test_another_stack_limit_gets_another_process(pool: Workers) -> None:
    """V8's stack limit is the process's, so a worker serves one stack limit."""
    deep = "let n = 0; const f = () => { n++; f() }; try { f() } catch { return n }"
    depths = []
    for stack_kb in (64, 512):
        step = begun(deep, pool, stack_kb=stack_kb)[1]
        assert isinstance(step, Finished)
        depths.append(step.value)
    assert depths[1] > 4 * depths[0]


def test_closing_a_machine_that_waits_gives_its_worker_to_the_next(pool: Workers) -> None:
    """In the same process, in a fresh isolate."""
    machine, _ = begun(TWO_CALLS, pool)
    pid = pid_of(machine)
    machine.close()
    machine.close()
    following, _ = begun(TWO_CALLS, pool)
    assert pid_of(following) == pid


# -- QuickJS behind a second wall -------------------------------------------------------------------------------------


def test_quickjs_in_a_worker_process_gives_the_same_steps_and_fuel() -> None:
    """The engine is the same; only the process is another one."""
    ends, fuel = [], []
    for isolation in ("none", "process"):
        machine = open_machine(isolation=isolation)
        step = machine.start(parse(TWO_CALLS), tools=("ask",), seed=b"s", now_ms=5)
        while isinstance(step, Waiting):
            step = machine.resume([Answer(call.id, call.arguments[0]["n"] * 10) for call in step.calls], now_ms=6)
        ends.append(step)
        fuel.append(machine.figures.fuel)
    assert ends[0] == ends[1]
    assert fuel[0] == fuel[1] > 0


def test_an_error_in_a_worker_process_has_its_line() -> None:
    """Stops and positions cross the pipe as they are."""
    for source, expected in (
        ("\nfor (;;);", ("ScriptTimeoutError", 2)),
        ("const s = 'é'; null.x", ("ScriptRuntimeError", 1)),
        ("\n\nconst a = []; for (;;) a.push({})", ("ScriptMemoryError", 3)),
    ):
        with open_machine(isolation="process", limits=Limits(timeout_ms=150, memory_mb=4)) as machine:
            error = error_of(machine.start(parse(source)))
        assert (error.code, error.line) == expected


def test_a_harness_can_put_every_machine_into_a_process() -> None:
    """Runs end as ever, and those that wait long are not frozen."""

    @tool
    async def ask(n: int) -> int:
        return n * 10

    async def work() -> Any:
        async with Harness([ask], isolation="process", limits=Limits(freeze_after_ms=0)) as harness:
            return (await harness.run("return await tools.ask({n: 3})")).value

    assert asyncio.run(work()) == 30


def test_an_unknown_isolation_is_refused() -> None:
    """With those that there are."""
    with pytest.raises(UsageError, match="unknown isolation 'docker'") as caught:
        open_machine(isolation="docker")
    assert caught.value.hint == "Isolations: none, process."


# -- what a worker process has ----------------------------------------------------------------------------------------


def _status(pid: int, name: str) -> str:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(line.split(":")[1].strip() for line in lines if line.startswith(name + ":"))


@LINUX
def test_a_worker_has_no_environment_no_files_and_may_get_none(pool: Workers) -> None:
    """Pipes to its parent, and one file about its own memory; none more can be made, and calls are filtered."""
    machine, _ = begun(TWO_CALLS, pool)
    proc = Path(f"/proc/{pid_of(machine)}")
    environment = sorted(filter(None, (proc / "environ").read_bytes().split(b"\0")))
    targets = {int(link.name): os.readlink(link) for link in (proc / "fd").iterdir()}
    limits = re.search(r"Max open files +(\d+) +(\d+)", (proc / "limits").read_text())
    assert limits is not None
    filtered = "2" if platform.machine() == "x86_64" else "0"
    assert environment == [b"LC_ALL=C", b"TZ=UTC"]
    assert all(target.startswith("pipe:") or target.endswith("/statm") for target in targets.values())
    assert limits.groups() == ("0", "0")
    assert _status(pid_of(machine), "Seccomp") == filtered
    assert (os.readlink(proc / "cwd"), _status(pid_of(machine), "NoNewPrivs")) == ("/", "1")


CONFINED = """
import mmap, os, resource, socket
from belljar.machine import _confine
waiting = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
is_there = _confine.{wall}()
if {wall!r} == "confine":
    os.close(waiting.detach())  # a number that is free again
tries = {{
    "read": lambda: open("/etc/hostname"),
    "write": lambda: open({scratch!r}, "w"),
    "run": lambda: os.execv("/bin/true", ["true"]),
    "signal": lambda: os.kill(os.getppid(), 0),
}}
if {wall!r} == "landlock":
    tries["list"] = lambda: os.listdir("/")
    tries["connect"] = lambda: socket.create_connection(("127.0.0.1", 9))
else:
    tries |= {{
        "process": os.fork,
        "mode": lambda: os.chmod({scratch!r}, 0o700),
        "time": lambda: os.utime({scratch!r}),
        "place": lambda: os.chdir("/tmp"),
        "limits of the parent": lambda: resource.prlimit(os.getppid(), resource.RLIMIT_CPU, (1, 1)),
        "order": lambda: os.setpriority(os.PRIO_PROCESS, os.getppid(), 19),
        "datagram": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
        "memory file": lambda: os.memfd_create("x"),
        "pipe": os.pipe,
        "shared memory": lambda: mmap.mmap(-1, 1 << 20),
    }}
def denied(action):
    try:
        action()
    except OSError as error:
        return error.errno
print(int(is_there is None or is_there > 0), {{name: denied(action) for name, action in tries.items()}})
"""


@LINUX
@pytest.mark.parametrize("wall", ["landlock", "filter_calls", "confine"])
def test_the_confined_process_can_open_run_and_signal_nothing(wall: str, tmp_path: Path) -> None:
    """Landlock by itself, the filter of system calls by itself, and all of it, with a descriptor to spare."""
    (tmp_path / "x").touch()
    program = CONFINED.format(wall=wall, scratch=str(tmp_path / "x"))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    is_there, _, told = done.stdout.partition(" ")
    if is_there == "0":
        pytest.skip(f"this kernel or processor has no {wall}")
    errors = ast.literal_eval(told)
    assert all(errors.values()), errors


@LINUX
@pytest.mark.slow
def test_a_worker_ends_with_its_parent() -> None:
    """Also when the parent dies without a word."""
    program = (
        "import os\n"
        "from belljar import Limits\n"
        "from belljar.machine import open_machine\n"
        "from belljar.machine._workers import workers\n"
        "from belljar.script import parse\n"
        "machine = open_machine(engine='v8')\n"
        "machine.start(parse('await tools.f()'), tools=('f',))\n"
        "print(*[worker.pid for worker in workers()._waiting.values()], flush=True)\n"
        "os._exit(1)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    try:
        process = os.pidfd_open(int(done.stdout))
    except ProcessLookupError:
        return
    ready, _, _ = select.select([process], [], [], 10)
    os.close(process)
    assert ready


@pytest.mark.slow
def test_a_forked_child_has_workers_of_its_own() -> None:
    """Two processes never talk to one worker, also where a run waited when the process was forked."""
    program = (
        "import os\n"
        "import belljar\n"
        "print(belljar.run('return 1', engine='v8').value, flush=True)\n"
        "from belljar.machine import Answer, open_machine\n"
        "from belljar.script import parse\n"
        "waiting = open_machine(engine='v8')\n"
        "waiting.start(parse('return await tools.f()'), tools=('f',))\n"
        "if pid := os.fork():\n"
        "    os.waitpid(pid, 0)\n"
        "    print(waiting.resume([Answer(1, 3)]).value)\n"
        "else:\n"
        "    waiting.close()\n"
        "    print(belljar.run('return 2', engine='v8').value, flush=True)\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.split() == ["1", "2", "3"]
