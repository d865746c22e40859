"""A process that holds runs of a store says so again and again, and hears what is wanted of them."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from belljar import Harness, tool
from belljar.store import open_store


def test_a_process_beats_for_as_long_as_it_holds_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tool waits for the fourth heartbeat: the run would hang if they stopped after the first."""

    async def main() -> tuple[object, int]:
        with open_store(tmp_path / "runs.db", dead_after_ms=30) as store:
            enough, loop, beats = asyncio.Event(), asyncio.get_running_loop(), []
            beat = store.workers.beat

            def counted(now_ms: int) -> None:
                beat(now_ms)
                beats.append(now_ms)
                if len(beats) == 4:
                    loop.call_soon_threadsafe(enough.set)

            monkeypatch.setattr(store.workers, "beat", counted)

            @tool
            async def wait() -> str:
                """Wait for the fourth heartbeat."""
                await enough.wait()
                return "alive"

            async with Harness([wait], store=store) as harness:
                outcome = await harness.run("return await tools.wait()")
            return outcome.value, len(beats)

    value, beats = asyncio.run(main())

    assert value == "alive"
    assert beats >= 4


def test_a_tool_that_blocks_the_event_loop_does_not_make_its_process_a_dead_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits for three heartbeats without giving the loop back: they come from a thread."""
    enough = threading.Semaphore(0)

    async def main() -> object:
        with open_store(tmp_path / "runs.db", dead_after_ms=30) as store:
            beat = store.workers.beat

            def counted(now_ms: int) -> None:
                beat(now_ms)
                enough.release()

            monkeypatch.setattr(store.workers, "beat", counted)

            @tool
            async def block() -> bool:
                """Block the loop until three heartbeats have come."""
                return all(enough.acquire(timeout=10) for _ in range(3))

            async with Harness([block], store=store) as harness:
                return (await harness.run("return await tools.block()")).value

    assert asyncio.run(main()) is True


def test_leaving_lets_go_of_what_is_just_being_taken_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that is told to stop between the lease and the first step leaves the run for others."""

    async def main() -> str:
        with open_store(tmp_path / "runs.db") as store:
            harness, taken, may_go_on = Harness([], store=store), asyncio.Event(), threading.Event()
            loop, take = asyncio.get_running_loop(), store.runs.take

            def slow(*given: Any, **named: Any) -> Any:
                lease = take(*given, **named)
                loop.call_soon_threadsafe(taken.set)
                may_go_on.wait(10)
                return lease

            monkeypatch.setattr(store.runs, "take", slow)
            run_id = await harness.submit("for (;;) {}")
            resuming = asyncio.ensure_future(harness.resume_run(run_id))
            await taken.wait()
            closing = asyncio.ensure_future(harness.aclose(leave_runs=True))
            await asyncio.sleep(0)
            may_go_on.set()
            await closing
            with pytest.raises(asyncio.CancelledError):
                await resuming
            return store.runs.get(run_id).state

    assert asyncio.run(main()) == "queued"
