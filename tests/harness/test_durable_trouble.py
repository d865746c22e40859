"""What a run of a store does when its lease, tools, time or disk fail it, and when it is cancelled."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from recovery_support import World, decide, finished, left_behind, types

from belljar import Harness, Limits, replay
from belljar.errors import BelljarError, LeaseLostError, StoreBusyError, StoreError, StoreFullError, UsageError
from belljar.journal import Line
from belljar.store import Store, open_store
from belljar.store import _sink as sinks
from belljar.store._database import Database
from belljar.tools import ApprovalRequest, Decision, tool
from belljar.tools._clock import wall_ms


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "runs.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with open_store(path) as opened:
        yield opened


class Gate:
    """A tool that works until it is let through."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.open = asyncio.Event()
        self.calls = 0

    @tool(idempotent=True)
    async def wait(self) -> str:
        """Waits."""
        self.calls += 1
        self.begun.set()
        await self.open.wait()
        return "through"

    @tool
    async def act(self, n: int) -> int:
        """Must not be called twice."""
        self.calls += 1
        return n


WAITS = "return await tools.wait()"
Scene = Callable[[], Any]


def played(scene: Scene) -> None:
    """In an event loop of its own."""
    asyncio.run(scene())


# -- cancelled --------------------------------------------------------------------------------------------------------


def test_a_queued_run_that_is_cancelled_never_begins(store: Store) -> None:
    """It has ended in the store; nobody can take it."""

    async def scene() -> None:
        world = World()
        async with world.harness(store) as harness:
            run_id = await harness.submit("return await tools.post({n: 1})")
            assert store.runs.cancel(run_id, who="ann", now_ms=wall_ms()) == "cancelled"
            assert await harness.resume_run(run_id) is None
        assert (store.runs.get(run_id).state, world.seen.total()) == ("cancelled", 0)

    played(scene)


def test_a_suspended_run_that_is_cancelled_asks_nobody(store: Store) -> None:
    """Its questions are cancelled with it."""

    async def scene() -> None:
        async with World().harness(store) as harness:
            run_id = (await harness.run("return await tools.pay({cents: 1})")).run_id
            assert store.runs.cancel(run_id, who="ann", now_ms=wall_ms()) == "cancelled"
            assert await harness.resume_run(run_id) is None
        assert [question.state for question in store.approvals.find(run_id=run_id)] == ["cancelled"]

    played(scene)


def test_a_running_run_is_cancelled_by_whoever_has_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one who cancels is in another process; the holder looks often, and ends it with its journal."""
    monkeypatch.setattr("belljar.harness._durable._LOOK_S", 0.01)

    async def scene() -> None:
        gate = Gate()
        async with Harness([gate.wait], store=store) as harness:
            running = asyncio.ensure_future(harness.run(WAITS, run_id="r", limits=Limits(grace_ms=20)))
            await gate.begun.wait()
            assert store.runs.cancel("r", who="ann", now_ms=wall_ms()) == "requested"
            outcome = await running
        assert outcome.error is not None
        assert outcome.error.code == "ScriptCancelledError"
        assert store.runs.get("r").state == "cancelled"
        assert types(store.runs.journal("r").records)[-1] == "end"

    played(scene)


def test_a_cancel_is_not_forgotten_with_the_process_that_should_have_heard_it(store: Store, path: Path) -> None:
    """Whoever would take the run over finds it ended."""

    async def scene() -> None:
        gate, second = Gate(), Gate()
        async with Harness([gate.wait], store=store) as harness:
            running = asyncio.ensure_future(harness.run(WAITS, run_id="whole"))
            await gate.begun.wait()
            (left,) = left_behind(path, store.runs.journal("whole").records)
            gate.open.set()
            await running
        store.runs.cancel(left, who="ann", now_ms=wall_ms())
        async with Harness([second.wait], store=store) as harness:
            assert await harness.resume_run(left) is None
        assert (store.runs.get(left).state, second.calls) == ("cancelled", 0)
        assert store.runs.ready(now_ms=wall_ms()) == []

    played(scene)


# -- the lease --------------------------------------------------------------------------------------------------------


def test_who_lost_the_run_writes_nothing_more_of_it(store: Store, path: Path) -> None:
    """Another process took the run while this one was believed dead: it ends here, and goes on there."""

    async def scene() -> None:
        gate, other = Gate(), Gate()
        async with Harness([gate.wait], store=store) as harness:
            running = asyncio.ensure_future(harness.run(WAITS, run_id="r"))
            await gate.begun.wait()
            with open_store(path, worker="there:1:b", dead_after_ms=-1) as elsewhere:
                async with Harness([other.wait], store=elsewhere) as second:
                    going_on = asyncio.ensure_future(second.resume_run("r"))
                    await other.begun.wait()
                    gate.open.set()
                    with pytest.raises(LeaseLostError):
                        await running
                    between = store.runs.get("r").records
                    other.open.set()
                    outcome = await going_on
        assert outcome is not None
        assert outcome.value == "through"
        assert between == types(store.runs.journal("r").records).index("recover") + 2  # and the second intent
        assert replay(store.runs.journal("r")).value == "through"

    played(scene)


def test_a_run_that_goes_on_here_is_not_taken_a_second_time(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A computer that slept believes its own worker dead; the run goes on as if nothing had been."""

    async def scene() -> None:
        gate = Gate()
        async with Harness([gate.wait], store=store) as harness:
            running = asyncio.ensure_future(harness.run(WAITS, run_id="r"))
            await gate.begun.wait()
            monkeypatch.setattr(store.workers, "_has_ended", lambda _row, _now_ms: True)
            assert await harness.resume_run("r") is None
            gate.open.set()
            assert (await running).value == "through"
        assert gate.calls == 1

    played(scene)


def test_a_take_that_is_cancelled_holds_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run is there for others, although the store had given it already."""

    async def scene() -> None:
        begun, take = asyncio.Event(), store.runs.take
        loop = asyncio.get_running_loop()

        def slow(run_id: str, **options: Any) -> Any:
            lease = take(run_id, **options)
            loop.call_soon_threadsafe(begun.set)
            return lease

        async with World().harness(store) as harness:
            run_id = await harness.submit("return 1")
            monkeypatch.setattr(store.runs, "take", slow)
            taking = asyncio.ensure_future(harness.resume_run(run_id))
            loop.call_later(0.02, taking.cancel)
            await asyncio.wait([taking])
            monkeypatch.undo()
            while store.runs.get(run_id).state == "running":
                await asyncio.sleep(0.005)
            outcome = await harness.resume_run(run_id)
            assert outcome is None or outcome.value == 1  # it had come to its end before

    played(scene)


def test_a_run_that_is_left_is_there_for_others(store: Store) -> None:
    """Nothing more is called, and the next process calls what was not."""

    async def scene() -> None:
        gate = Gate()
        harness = Harness([gate.wait], store=store)
        running = asyncio.ensure_future(harness.run(WAITS, run_id="r", limits=Limits(grace_ms=20)))
        await gate.begun.wait()
        await harness.aclose(leave_runs=True)
        await asyncio.wait([running])
        assert store.runs.get("r").state == "queued"
        gate.open.set()
        async with Harness([gate.wait], store=store) as second:
            outcome = await second.resume_run("r")
        assert outcome is not None
        assert outcome.value == "through"

    played(scene)


def test_a_run_that_is_just_being_taken_is_left_too(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is neither waited for nor ended: others take it."""

    async def scene() -> None:
        gate, taken, take = Gate(), asyncio.Event(), store.runs.take
        loop = asyncio.get_running_loop()

        def slow(run_id: str, **options: Any) -> Any:
            lease = take(run_id, **options)
            loop.call_soon_threadsafe(taken.set)
            time.sleep(0.02)
            return lease

        monkeypatch.setattr(store.runs, "take", slow)
        harness = Harness([gate.wait], store=store)
        run_id = await harness.submit(WAITS)
        taking = asyncio.ensure_future(harness.resume_run(run_id))
        await taken.wait()
        await asyncio.wait_for(harness.aclose(leave_runs=True), 1)
        await asyncio.wait([taking])
        assert taking.cancelled() or taking.result() is None
        assert (store.runs.get(run_id).state, gate.calls) == ("queued", 0)

    played(scene)


def test_a_call_that_is_approved_while_the_run_is_left_is_not_made(store: Store) -> None:
    """Nothing is called that the store does not know of: it would be called again."""

    async def scene() -> None:
        agreed, asked = asyncio.Event(), asyncio.Event()

        class Later:
            async def decide(self, _request: ApprovalRequest) -> bool:
                asked.set()
                return await agreed.wait()

        world = World()
        harness = world.harness(store, approver=Later())
        running = asyncio.ensure_future(harness.run("return await tools.pay({cents: 1})", run_id="r"))
        await asked.wait()
        agreed.set()
        await harness.aclose(leave_runs=True)
        await asyncio.wait([running])
        made, meant = world.seen.total(), types(store.runs.journal("r").records).count("intent")
        assert made <= meant

    played(scene)


# -- tools ------------------------------------------------------------------------------------------------------------


def test_a_run_whose_tool_is_missing_is_there_for_others(store: Store) -> None:
    """Suspended, left behind or queued: a process that cannot go on with it leaves it as it was."""

    async def scene() -> None:
        async with World().harness(store) as harness:
            suspended = (await harness.run("return await tools.pay({cents: 1})")).run_id
            queued = await harness.submit("return await tools.look({n: 1})")
        async with Harness([], store=store) as harness:
            for run_id in (suspended, queued):
                with pytest.raises(UsageError, match=r"needs the tool|there is no tool"):
                    await harness.resume_run(run_id)
        world = World()
        async with world.harness(store) as harness:
            values = [(await finished(harness, run_id, world)).value for run_id in (suspended, queued)]
        assert values == ["paid 1", 2]

    played(scene)


# -- the disk ---------------------------------------------------------------------------------------------------------


def failing(monkeypatch: pytest.MonkeyPatch, type_: str, error: StoreError) -> None:
    """From the first record of this type on the store can keep nothing."""
    project, broken = vars(sinks)["project"], list[Line]()

    def refusing(step: Any, line: Line) -> None:
        if broken or line.record.type == type_:
            broken.append(line)
            raise error
        project(step, line)

    monkeypatch.setattr(sinks, "project", refusing)


@pytest.mark.parametrize("error", [StoreFullError("no space"), StoreBusyError("locked")], ids=["full", "busy"])
@pytest.mark.parametrize("type_", ["run", "intent", "answer", "settle", "suspend", "end"])
def test_a_store_that_fails_in_the_middle_of_a_run_loses_nothing(
    type_: str, error: StoreError, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The caller gets the store's error, and the run goes on later with nothing done twice."""

    async def scene() -> None:
        world = World()
        source = "return [await tools.post({n: 1}), await tools.pay({cents: 2})]"
        async with world.harness(store) as harness:
            run_id = await harness.submit(source)
            if type_ == "end":
                await harness.resume_run(run_id)
                (question,) = store.approvals.open()
                assert question.request is not None
                decide(store, question, Decision.approve(question.request))
            failing(monkeypatch, type_, error)
            with pytest.raises(BelljarError) as caught:
                await harness.resume_run(run_id)
            assert caught.value.code == error.code
            monkeypatch.undo()
            outcome = await finished(harness, run_id, world)
        assert outcome.value == ["posted 1", "paid 2"]
        assert set(world.seen.values()) == {1}
        assert replay(store.runs.journal(run_id)).value == outcome.value

    played(scene)


def test_a_run_goes_on_when_there_is_room_on_the_disk_again(store: Store) -> None:
    """SQLite itself says that the disk is full, in the middle of a run: a coded error, and nothing is done twice."""

    def at_most(pages: int) -> None:
        store._database.write(lambda connection: connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}"))

    async def scene() -> None:
        world = World()
        source = "for (let n = 0; n < 9; n++) { await tools.find({n}); console.log('x'.repeat(9000)) } return 9"
        async with world.harness(store) as harness:
            run_id = await harness.submit(source)
            at_most(1)  # no page more than there are
            with pytest.raises(StoreFullError):
                await harness.resume_run(run_id)
            at_most(1_000_000)
            while (outcome := await harness.resume_run(run_id)) is None:
                await asyncio.sleep(0.01)  # its lease is given back as soon as that can be written
        assert outcome.value == 9
        assert set(world.seen.values()) == {1}
        assert store.audit.verify().records > 0

    played(scene)


def test_a_run_goes_on_when_another_process_lets_the_store_go(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody locks the file for longer than a write waits, while a tool works."""
    assert Database.__init__.__kwdefaults__ is not None
    monkeypatch.setitem(Database.__init__.__kwdefaults__, "busy_s", 0.02)
    monkeypatch.setattr("belljar.harness._durable._LOOK_S", 0.01)

    async def scene() -> None:
        world, gate = World(), Gate()
        with open_store(path) as store, closing(sqlite3.connect(path, isolation_level=None)) as other:
            async with Harness([*world.tools(), gate.wait], store=store) as harness:
                run_id = await harness.submit("await tools.find({n: 1}); await tools.wait(); return tools.find({n: 2})")
                running = asyncio.ensure_future(harness.resume_run(run_id))
                await gate.begun.wait()
                other.execute("BEGIN IMMEDIATE")
                gate.open.set()
                with pytest.raises(StoreBusyError):
                    await running
                other.execute("COMMIT")
                while (outcome := await harness.resume_run(run_id)) is None:
                    await asyncio.sleep(0.01)
            assert outcome.value == 6
            assert set(world.seen.values()) == {1}

    played(scene)


def test_a_decision_is_not_lost_where_the_store_cannot_be_asked_for_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That the store is busy is no denial."""

    async def scene() -> None:
        world = World()
        async with world.harness(store) as harness:
            run_id = (await harness.run("return await tools.pay({cents: 1})")).run_id
            (question,) = store.approvals.open()
            assert question.request is not None
            decide(store, question, Decision.approve(question.request))

            def busy(*_arguments: Any) -> None:
                raise StoreBusyError("locked")

            monkeypatch.setattr(store.approvals, "decision_for", busy)
            with pytest.raises(StoreBusyError):
                await harness.resume_run(run_id)
            monkeypatch.undo()
            outcome = await harness.resume_run(run_id)
        assert outcome is not None
        assert outcome.value == "paid 1"

    played(scene)


# -- time -------------------------------------------------------------------------------------------------------------


def test_the_time_limit_counts_what_a_dead_process_had_used(store: Store, path: Path) -> None:
    """950 of 1,000 ms are gone; a call that would take 120 ms does not come to its end."""

    async def scene() -> None:
        @tool(idempotent=True)
        async def slow() -> None:
            """Takes a while."""
            await asyncio.sleep(0.12)

        source = "await tools.look({n: 1}); return await tools.slow()"
        limits = Limits(timeout_ms=1_000, grace_ms=20)
        async with Harness([*World().tools(), slow], store=store) as harness:
            await harness.run(source, run_id="whole", limits=limits)
            records = [_spent(record, 950) for record in store.runs.journal("whole").records]
            (run_id,) = left_behind(path, records[: types(records).index("settle") + 1])
            outcome = await harness.resume_run(run_id)
        assert outcome is not None
        assert outcome.error is not None
        assert outcome.error.code == "ScriptTimeoutError"
        assert outcome.figures.duration_ms >= 1_000

    played(scene)


def _spent(record: Any, spent_ms: int) -> Any:
    facts = {**record.facts, "spent_ms": spent_ms} if "spent_ms" in record.facts else record.facts
    return type(record)(record.type, facts)


def test_waiting_for_people_takes_none_of_a_runs_time(store: Store) -> None:
    """A run with a limit below the time it waited comes to its end."""

    async def scene() -> None:
        world = World()
        async with world.harness(store) as harness:
            limits = Limits(timeout_ms=400)
            run_id = (await harness.run("return await tools.pay({cents: 1})", limits=limits)).run_id
            await asyncio.sleep(0.05)
            before = store.runs.get(run_id).spent_ms
            outcome = await finished(harness, run_id, world)
        assert outcome.value == "paid 1"
        assert before <= outcome.figures.duration_ms < 400

    played(scene)


# -- what is written --------------------------------------------------------------------------------------------------

SAYS = """
console.log("a");
await Promise.race([tools.look({n: 1}), tools.wait()]);
console.log("b");
await tools.look({n: 2});
console.log("c");
"""


def test_lines_and_aborts_are_in_the_journal_once_wherever_a_process_dies(store: Store, path: Path) -> None:
    """What a step printed is kept, although the process died before it had written that."""

    async def scene() -> None:
        tools = [*World().tools(), Gate().wait]
        async with Harness(tools, store=store) as harness:
            await harness.run(SAYS, run_id="whole")
            records = store.runs.journal("whole").records
            ids = left_behind(path, *(records[:end] for end in range(1, len(records))))
            await asyncio.gather(*(harness.resume_run(run_id) for run_id in ids))
        for run_id, end in zip(ids, range(1, len(records)), strict=True):
            assert _told(store, run_id) == (["a", "b", "c"], [2]), types(records[:end])

    played(scene)


def _told(store: Store, run_id: str) -> tuple[list[str], list[int]]:
    records = store.runs.journal(run_id).records
    lines = [line["text"] for record in records if record.type == "output" for line in record.facts["console"]]
    return lines, [record.facts["call"] for record in records if record.type == "abort"]
