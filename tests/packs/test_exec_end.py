"""How commands end: by themselves, by force, and never by half."""

from __future__ import annotations

import asyncio
import json
import os
import select
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support import error_of, value_of

import belljar
from belljar import BelljarError, Harness, tool
from belljar.packs._exec import ExecLimits, exec_tool

PATIENCE_MS = 10_000
HOLD = "exec 9>held; echo $$ >&9; sleep 1000"
"""A shell that keeps the FIFO open for as long as it, or its child, lives."""
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has subreapers")


class Held:
    """A FIFO that tells when the process that holds it has begun, and when it is gone."""

    def __init__(self, folder: Path) -> None:
        os.mkfifo(folder / "held")
        self._descriptor = os.open(folder / "held", os.O_RDONLY | os.O_NONBLOCK)
        self._poll = select.poll()
        self._poll.register(self._descriptor, select.POLLIN)

    def begun(self) -> int:
        """Wait for the process; its id."""
        assert self._poll.poll(PATIENCE_MS), "it never began"
        return int(os.read(self._descriptor, 100))

    def is_gone(self) -> bool:
        """Whether all that held it are gone, within some seconds."""
        while self._poll.poll(PATIENCE_MS):
            if not os.read(self._descriptor, 100):
                return True
        return False

    def close(self) -> None:
        os.close(self._descriptor)


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Held]:
    fifo = Held(tmp_path)
    yield fifo
    fifo.close()


def begun_tool(held: Held) -> Any:
    """A tool that answers when the process has begun."""

    @tool
    async def begun() -> int:
        """Wait for the process."""
        return await asyncio.to_thread(held.begun)

    return begun


def shell(script: str) -> str:
    """Arguments of `exec`, as JavaScript."""
    return json.dumps({"argv": ["sh", "-c", script]})


ESCAPES = {
    "the command itself": HOLD,
    "a grandchild": f"sh -c '{HOLD}' & wait",
    "a grandchild whose parent is gone": f"(sh -c '{HOLD}' &) ; sleep 1000",
    "one that ignores SIGTERM": f"trap '' TERM; {HOLD}",
    "one that is stopped": "sh -c 'exec 9>held; echo $$ >&9; kill -STOP $$' & wait",
    "one in a process group of its own": f"set -m; sh -c '{HOLD}' & wait",
}
LINUX_ESCAPES = {
    "one in a session of its own": f"setsid sh -c '{HOLD}' & wait",
    "a daemon": f"(setsid sh -c '(setsid sh -c \"{HOLD.replace('$', chr(92) + '$')}\" &)' &); sleep 1000",
    "a daemon that ignores SIGTERM": f"trap '' TERM; (setsid sh -c '{HOLD}' &); sleep 1000",
}
ALL = [*ESCAPES, *(pytest.param(name, marks=LINUX) for name in LINUX_ESCAPES)]


def script_of(name: str) -> str:
    return {**ESCAPES, **LINUX_ESCAPES}[name]


@pytest.mark.parametrize("who", ALL)
def test_an_abort_ends_all_that_the_command_started(tmp_path: Path, held: Held, who: str) -> None:
    """The loser of a race is gone, with children and children's children."""
    source = f"return await Promise.race([tools.exec({shell(script_of(who))}), tools.begun()])"

    outcome = belljar.run(source, tools=[exec_tool(tmp_path, approval="never"), begun_tool(held)])

    assert (outcome.error, type(outcome.value)) == (None, int)
    assert held.is_gone()


def timed_out(folder: Path, script: str) -> tuple[BelljarError, int]:
    """The error of a command whose time was up after it had said something, and its limit: as short as this box can."""
    for timeout_ms in (100, 400, 1_600, 6_400):
        tools = exec_tool(folder, approval="never", limits=ExecLimits(timeout_ms=timeout_ms))
        error = error_of(f"await tools.exec({shell(script)})", tools)
        if error.details["stderr"]:
            return error, timeout_ms
    raise AssertionError("it never began")


@pytest.mark.parametrize("who", ["a grandchild", pytest.param("a daemon", marks=LINUX)])
def test_the_time_limit_ends_all_that_the_command_started(tmp_path: Path, held: Held, who: str) -> None:
    """The error says so, and shows what the command wrote last."""
    script = script_of(who).replace(">&9;", ">&9; echo working >&2;")

    error, timeout_ms = timed_out(tmp_path, script)

    assert (error.code, error.message, error.details) == (
        "ToolExecutionError",
        f"'sh' ran longer than {timeout_ms:,} ms and was killed; its stderr ends with:\nworking\n",
        {"stderr": "working\n"},
    )
    assert held.is_gone()


def test_an_error_shows_two_kilobytes_of_stderr_at_most(tmp_path: Path) -> None:
    """The last ones."""
    text = "".join(f"{n}\n" for n in range(10_000))
    (tmp_path / "text").write_text(text)

    error, _ = timed_out(tmp_path, "cat text >&2; sleep 1000")

    assert error.details["stderr"] == text[-2_048:]


def test_a_script_may_ask_for_less_time_than_the_host_allows(tmp_path: Path) -> None:
    """And gets no more than that when it asks for more."""
    tools = exec_tool(tmp_path, approval="never", limits=ExecLimits(timeout_ms=50))

    shorter = error_of("await tools.exec({argv: ['sleep', '99'], timeout_ms: 20})", tools)
    longer = error_of("await tools.exec({argv: ['sleep', '99'], timeout_ms: 99999})", tools)

    assert [shorter.message, longer.message] == [
        "'sleep' ran longer than 20 ms and was killed",
        "'sleep' ran longer than 50 ms and was killed",
    ]


@pytest.mark.parametrize("left", [f"sh -c '{HOLD}' &", pytest.param(f"setsid sh -c '{HOLD}' &", marks=LINUX)])
def test_what_runs_in_the_background_ends_with_the_command(tmp_path: Path, held: Held, left: str) -> None:
    """And does not hold the call up, although it holds the pipes."""
    source = f"return await tools.exec({shell(left + ' read line < ready; echo done')})"
    os.mkfifo(tmp_path / "ready")

    @tool
    def release() -> None:
        """Let the command go on when its child has begun."""
        held.begun()
        (tmp_path / "ready").write_text("go\n")

    outcome = belljar.run(
        source.replace("return", "tools.release(); return"), tools=[exec_tool(tmp_path, approval="never"), release]
    )

    assert outcome.value == {"exitCode": 0, "signal": None, "stdout": "done\n", "stderr": "", "truncated": False}
    assert held.is_gone()


def test_a_command_that_cleans_up_on_sigterm_has_the_time_to(tmp_path: Path, held: Held) -> None:
    """The grace lies between SIGTERM and SIGKILL."""
    command = "trap 'echo clean > cleaned; exit' TERM; exec 9>held; echo $$ >&9; while :; do sleep 0.01; done"
    tools = [exec_tool(tmp_path, approval="never", limits=ExecLimits(grace_ms=5_000)), begun_tool(held)]

    belljar.run(
        f"return await Promise.race([tools.exec({shell(command)}), tools.begun()])",
        tools=tools,
        limits=belljar.Limits(grace_ms=5_000),
    )

    assert (tmp_path / "cleaned").read_text() == "clean\n"


def test_a_cancelled_run_leaves_no_process_behind(tmp_path: Path, held: Held) -> None:
    """Also when the whole task is cancelled from outside."""

    async def scenario() -> None:
        async with Harness([exec_tool(tmp_path, approval="never")]) as harness:
            run = asyncio.create_task(harness.run(f"await tools.exec({shell(script_of('a grandchild'))})"))
            await asyncio.to_thread(held.begun)
            run.cancel()
            with pytest.raises(asyncio.CancelledError):
                await run
            assert held.is_gone()

    asyncio.run(scenario())


def test_a_command_that_outlasts_the_runs_grace_is_ended_all_the_same(tmp_path: Path, held: Held) -> None:
    """The run does not wait for it; the loop's end does."""
    tools = [exec_tool(tmp_path, approval="never", limits=ExecLimits(grace_ms=200)), begun_tool(held)]
    source = f"tools.exec({shell(script_of('one that ignores SIGTERM'))}); return await tools.begun()"

    outcome = belljar.run(source, tools=tools, limits=belljar.Limits(grace_ms=1))

    assert [warning.message for warning in outcome.warnings] == [
        "1 call was not awaited and aborted when the script ended; 1 did not stop within 1 ms"
    ]
    assert held.is_gone()


HOST = """
import belljar, sys
from belljar.packs._exec import exec_tool
belljar.run(sys.argv[2], tools=[exec_tool(sys.argv[1], approval="never")])
"""


@pytest.mark.parametrize("who", ["a grandchild", pytest.param("a daemon", marks=LINUX)])
def test_when_the_host_is_killed_its_commands_die(tmp_path: Path, held: Held, who: str) -> None:
    """SIGKILL leaves the host no time for anything; its death is noticed."""
    source = f"await tools.exec({shell(script_of(who))})"
    host = subprocess.Popen([sys.executable, "-c", HOST, tmp_path, source])  # noqa: S603  (our own interpreter)
    held.begun()

    host.kill()
    host.wait()

    assert held.is_gone()


def test_a_command_that_kills_the_process_above_it_is_reported(tmp_path: Path, held: Held) -> None:
    """Nobody knows how it ended, and its process group is killed."""
    command = "echo said >&2; exec 9>held; echo $$ >&9; kill -9 $PPID; sleep 1000"
    error = error_of(f"await tools.exec({shell(command)})", exec_tool(tmp_path, approval="never"))

    assert (error.code, error.message) == (
        "ToolExecutionError",
        "nobody knows how 'sh' ended: the process above it was killed; its stderr ends with:\nsaid\n",
    )
    held.begun()
    assert held.is_gone()


FORGER = """
import os, stat
above = f"/proc/{os.getppid()}/fd"
for name in os.listdir(above) if os.access(above, os.R_OK) else ():
    try:
        descriptor = os.open(f"{above}/{name}", os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        continue
    if stat.S_ISFIFO(os.fstat(descriptor).st_mode):
        os.write(descriptor, b"hello\\nexit 77\\n")
os._exit(3)
"""


@LINUX
def test_a_command_cannot_speak_for_the_process_above_it(tmp_path: Path) -> None:
    """What it writes into whatever it can open of that process is not heard."""
    argv = json.dumps([sys.executable, "-I", "-S", "-c", FORGER])

    result = value_of(f"return await tools.exec({{argv: {argv}}})", exec_tool(tmp_path, approval="never"))

    assert (result["exitCode"], result["stderr"]) == (3, "")


@LINUX
@pytest.mark.skipif(os.geteuid() == 0, reason="root looks into every process")
def test_a_command_cannot_look_into_the_process_above_it(tmp_path: Path) -> None:
    """Although both are the same user's."""
    command = "ls /proc/$PPID/fd 2>/dev/null; cat /proc/$PPID/environ 2>/dev/null"

    result = value_of(f"return await tools.exec({shell(command)})", exec_tool(tmp_path, approval="never"))

    assert (result["exitCode"], result["stdout"]) == (1, "")


@pytest.fixture
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Puts a program of the test's where the process above the command would be: what a command makes of it that got
    hold of the report."""
    monkeypatch.setattr("belljar.packs._process._WORKER_S", 0.05)

    def arrange(program: str) -> None:
        (tmp_path / "worker.py").write_text(f"import os, sys\nreport = int(sys.argv[2])\n{program}\n")
        monkeypatch.setattr("belljar.packs._process._WORKER", tmp_path / "worker.py")

    return arrange


REPORTS = {
    "lines that say nothing": ("hello\n\nexit\nexit x y\nexit 3\n", 0, 3),
    "more than one ending": ("exit 3\nexit 4\n", 0, 3),
    "more than it has to say": ("x" * 200 + "\nexit 0\n", 0, None),
    "an ending, and then killed": ("exit 0\n", 9, None),
    "our own process group": ("started 0\n", 9, None),
    "no group at all": ("started 999999999\n", 9, None),
}


@pytest.mark.parametrize(("report", "code", "exit_code"), REPORTS.values(), ids=REPORTS)
def test_a_report_is_believed_as_far_as_need_be(
    tmp_path: Path, worker: Callable[[str], None], report: str, code: int, exit_code: int | None
) -> None:
    """The first line of each kind, of a process that ended by itself."""
    worker(f"os.write(report, {report.encode()!r})\nos._exit({code})")
    source = "return await tools.exec({argv: ['true']}).then((result) => result.exitCode, (error) => error.message)"

    value = value_of(source, exec_tool(tmp_path, approval="never"))

    assert value == (exit_code or "nobody knows how 'true' ended: the process above it was killed")


def test_a_report_that_somebody_keeps_open_holds_nobody_up(tmp_path: Path, worker: Callable[[str], None]) -> None:
    """A process in a session of its own has it, and the one above the command is dead."""
    os.mkfifo(tmp_path / "until")
    worker(f"if os.fork() == 0:\n    os.setsid()\n    open({str(tmp_path / 'until')!r})\nos._exit(9)")
    limits = ExecLimits(timeout_ms=50, grace_ms=0)

    error = error_of("await tools.exec({argv: ['true']})", exec_tool(tmp_path, approval="never", limits=limits))

    assert error.message == "'true' ran longer than 50 ms and was killed"
    (tmp_path / "until").write_text("")  # waits until that process has opened it, and lets it go


def test_commands_leave_neither_descriptors_nor_zombies(tmp_path: Path) -> None:
    """Twenty at once, some of which cannot be started."""
    source = """
        const all = [...Array(20).keys()].map((n) => tools.exec({argv: n % 5 ? ["printf", `${n}`] : ["missing"]}));
        return await Promise.all(all.map((one) => one.then((result) => result.stdout).catch((error) => error.code)));
    """
    tools = exec_tool(tmp_path, approval="never")
    value_of(source, tools)
    before = children_and_descriptors()

    value = value_of(source, tools, limits=belljar.Limits(concurrent_calls=20))

    assert value == ["ToolExecutionError" if n % 5 == 0 else str(n) for n in range(20)]
    assert children_and_descriptors() == before


def children_and_descriptors() -> tuple[list[str], int]:
    """Ids of our own child processes, and how many descriptors are open."""
    ours = subprocess.run(["ps", "-o", "pid=,comm=", "--ppid", str(os.getpid())], capture_output=True, text=True)  # noqa: S603, S607
    children = [line for line in ours.stdout.splitlines() if not line.endswith(" ps")]
    return children, len(os.listdir("/dev/fd"))


def test_a_command_that_cannot_be_started_for_want_of_descriptors_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error of the system is the call's, not the run's, and nothing stays open."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(24, "too many")

    before = len(os.listdir("/dev/fd"))
    monkeypatch.setattr(subprocess, "Popen", refuse)

    error = error_of("await tools.exec({argv: ['ls'], stdin: 'x'})", exec_tool(tmp_path, approval="never"))

    assert (error.code, error.message) == (
        "ToolExecutionError",
        "'ls' could not be started: Too many open files",
    )
    assert len(os.listdir("/dev/fd")) == before
