"""The built-in packs under attack: programs that do not want to end, calls that end at every moment, kills halfway."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support import value_of

from belljar import AutoApprover, Harness, Limits
from belljar.packs import FileLimits, exec_tool, files

ALL = AutoApprover("all")
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has subreapers")


def held(folder: Path) -> int:
    """The reading end of a FIFO that a process keeps open to show that it lives."""
    os.mkfifo(folder / "held")
    return os.open(folder / "held", os.O_RDONLY | os.O_NONBLOCK)


def is_released(descriptor: int) -> bool:
    """Whether nobody holds the other end."""
    try:
        while os.read(descriptor, 4_096):
            pass
    except BlockingIOError:
        return False
    return True


def children() -> set[str]:
    """Ids of our child processes, zombies too, whichever thread started them."""
    return {pid for each in Path("/proc/self/task").glob("*/children") for pid in each.read_text().split()}


# -- exec -------------------------------------------------------------------------------------------------------------

COMET = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
held = os.open("held", os.O_WRONLY)
os.write(held, b"begun")
ends_s = time.monotonic() + 20
if os.fork() == 0:
    while time.monotonic() < ends_s:
        os.setsid()
        if os.fork():
            os._exit(0)
"""


@LINUX
def test_a_program_that_is_never_the_same_process_for_long_ends_with_its_command(tmp_path: Path) -> None:
    """Every millisecond another number, in a session of its own, deaf to SIGTERM."""
    fifo = held(tmp_path)
    argv = json.dumps([sys.executable, "-I", "-S", "-c", COMET])
    try:
        result = value_of(f"return await tools.exec({{argv: {argv}}})", exec_tool(tmp_path), approver=ALL)

        assert (result["exitCode"], result["stderr"]) == (0, "")
        assert os.read(fifo, 5) == b"begun"
        assert is_released(fifo)
    finally:
        os.close(fifo)


@LINUX
@pytest.mark.parametrize("after_ms", [0, 20, 60])
def test_a_run_that_is_given_up_at_any_moment_leaves_no_process(tmp_path: Path, after_ms: int) -> None:
    """Before the call, while the command starts, when it has started another one."""
    fifo = held(tmp_path)
    before = len(os.listdir("/proc/self/fd"))

    async def main() -> None:
        async with Harness(tools=[exec_tool(tmp_path)], approver=ALL) as harness:
            argv = '["sh", "-c", "exec 9>held; setsid sleep 100 & sleep 100"]'
            run = asyncio.create_task(harness.run(f"await tools.exec({{argv: {argv}}})"))
            await asyncio.sleep(after_ms / 1000)  # what is tested is the moment, whichever it turns out to be
            run.cancel()
            with pytest.raises(asyncio.CancelledError):
                await run

    try:
        asyncio.run(main())
        assert is_released(fifo)
        assert len(os.listdir("/proc/self/fd")) == before
    finally:
        os.close(fifo)


# -- patches ----------------------------------------------------------------------------------------------------------

KILLED = """
import os, signal, sys
from belljar import AutoApprover, run
from belljar.packs import files

root, call, last = sys.argv[1], sys.argv[2], int(sys.argv[3])
tools = files(root)
real, count = getattr(os, call), 0

def counted(*arguments, **options):
    global count
    count += 1
    if count == last:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*arguments, **options)

setattr(os, call, counted)
patch = "".join(f"--- a/{name}\\n+++ b/{name}\\n@@\\n-old\\n+new\\n" for name in "abc")
run(f"await tools.applyPatch({{patch: {patch!r}}})", tools=tools, approver=AutoApprover("all"))
"""


@pytest.mark.parametrize(("call", "last", "done"), [("fsync", 2, 0), ("link", 2, 1), ("rename", 3, 2)])
def test_a_process_that_is_killed_in_a_patch_leaves_whole_files(
    tmp_path: Path, call: str, last: int, done: int
) -> None:
    """Each is there under its name, old or new; what is left besides neither shows nor holds the next one up."""
    for name in "abc":
        (tmp_path / name).write_text("old\n")

    command = [sys.executable, "-c", KILLED, str(tmp_path), call, str(last)]
    path = os.pathsep.join(sys.path)
    ended = subprocess.run(command, env=os.environ | {"PYTHONPATH": path}, check=False)  # noqa: S603  (our own program)

    assert ended.returncode == -9
    assert [(tmp_path / name).read_text() for name in "abc"] == ["new\n"] * done + ["old\n"] * (3 - done)
    assert len(os.listdir(tmp_path)) > 3
    patch = json.dumps("--- a/c\n+++ b/c\n@@\n-old\n+last\n")
    source = (
        f"await tools.applyPatch({{patch: {patch}}}); return (await tools.listDir()).entries.map(each => each.path)"
    )
    assert value_of(source, *files(tmp_path), approver=ALL) == ["a", "b", "c"]
    assert (tmp_path / "c").read_text() == "last\n"


def test_patches_that_race_lose_nothing(tmp_path: Path) -> None:
    """Ten loops read a number and patch it to the next; who comes too late is told, and reads again."""
    (tmp_path / "count").write_text("0\n")
    source = """
    const once = async () => {
        for (;;) {
            const now = Number((await tools.readFile({path: 'count'})).text)
            const patch = `--- a/count\\n+++ b/count\\n@@\\n-${now}\\n+${now + 1}\\n`
            try { return await tools.applyPatch({patch}) }
            catch (error) { if (error.code !== 'PatchError') throw error }
        }
    }
    await Promise.all(Array.from({length: 10}, once))
    """
    value_of(source, *files(tmp_path), approver=ALL, limits=Limits(tool_calls=1_000))

    assert (tmp_path / "count").read_text() == "10\n"
    assert os.listdir(tmp_path) == ["count"]


# -- grep -------------------------------------------------------------------------------------------------------------


@LINUX
def test_patterns_that_explode_at_the_same_time_end_in_time_and_leave_nothing(tmp_path: Path) -> None:
    """Each in a process of its own, which is gone, and no descriptor is left."""
    (tmp_path / "file").write_text("a" * 40 + "!\n")
    before = children(), len(os.listdir("/proc/self/fd"))
    source = """
    const all = await Promise.all([1, 2, 3, 4].map(() => tools.grepFiles({pattern: '(a+)+$'})))
    return all.map(each => each.reason)
    """
    reasons = value_of(source, *files(tmp_path, limits=FileLimits(search_ms=100)))

    assert all(reason.startswith("the time was up") for reason in reasons)
    assert (children(), len(os.listdir("/proc/self/fd"))) == before
