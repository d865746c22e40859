"""The worker's loop: what it takes, in which order, how much at once, and how it stops."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from durable_support import REQUEST, Ears, QuickHarness, add, wall_ms

from belljar.durable import LocalOrchestrator, Slice, Worker
from belljar.errors import StoreBusyError, StoreVersionError, UsageError
from belljar.harness import Harness
from belljar.store import QueueLimits, Schedule, Store


def worker_of(harness: QuickHarness, *, ears: Ears | None = None, **options: object) -> Worker:
    return Worker(harness.as_harness, on_slice=ears or Ears(), **options)  # type: ignore[arg-type]  # a worker's


def blocked() -> tuple[asyncio.Event, Callable[[str], Awaitable[None]]]:
    """Work that goes on until the event."""
    event = asyncio.Event()

    async def work(_run_id: str) -> None:
        await event.wait()

    return event, work


async def until(is_true: Callable[[], bool]) -> None:
    """Let the loop go on until something holds."""
    async with asyncio.timeout(10):
        while not is_true():
            await asyncio.sleep(0.005)


def test_once_works_off_what_is_ready_by_priority(store: Store) -> None:
    """The highest priority first, then the oldest; with nothing left the worker ends and is stopped in the store."""
    harness, ears = QuickHarness(store), Ears()
    add(store, "a", "b")
    add(store, "urgent", priority=5)

    asyncio.run(worker_of(harness, ears=ears, concurrency=1).run(once=True))

    assert harness.done == ["urgent", "a", "b"]
    assert ears.heard == [("urgent:1", "done"), ("a:1", "done"), ("b:1", "done")]
    assert store.runs.counts() == {"succeeded": 3}
    assert [row.state for row in store.workers.all()] == ["stopped"]


def test_no_more_slices_run_at_once_than_the_concurrency(store: Store) -> None:
    """Of six runs two go on at a time."""
    harness = QuickHarness(store, lambda _: asyncio.sleep(0.01))
    add(store, *"abcdef")

    asyncio.run(worker_of(harness, concurrency=2).run(once=True))

    assert harness.most_at_once == 2
    assert sorted(harness.done) == list("abcdef")


def test_two_workers_share_the_work(store: Store, other: Store) -> None:
    """Both see the same runs ready; each run is taken once, the urgent one among the first."""
    harnesses = [QuickHarness(one, lambda _: asyncio.sleep(0.002)) for one in (store, other)]
    names = [f"r{number:02}" for number in range(12)]
    add(store, *names)
    add(store, "urgent", priority=1)

    async def scene() -> None:
        await asyncio.gather(*(worker_of(harness, concurrency=2).run(once=True) for harness in harnesses))

    asyncio.run(scene())

    assert sorted(harnesses[0].done + harnesses[1].done) == [*names, "urgent"]
    assert "urgent" in [harnesses[0].done[0], *harnesses[1].done[:2], harnesses[0].done[1]]
    assert store.runs.counts() == {"succeeded": 13}


def test_a_worker_of_some_queues_leaves_the_others(store: Store) -> None:
    """Queues that were not named are another worker's."""
    harness = QuickHarness(store)
    for queue in ("x", "y", "z"):
        add(store, f"in-{queue}", queue=queue)

    asyncio.run(worker_of(harness, queues=["x", "y", "x"]).run(once=True))

    assert sorted(harness.done) == ["in-x", "in-y"]
    assert store.runs.get("in-z").state == "queued"


def test_a_full_queue_keeps_no_other_waiting(store: Store) -> None:
    """More than a hundred runs of a queue that is held stand before one that may go on."""
    harness = QuickHarness(store)
    store.queues.put(QueueLimits(name="held", concurrency=0))
    add(store, *(f"h{number}" for number in range(101)), queue="held", priority=9)
    add(store, "free")

    asyncio.run(worker_of(harness).run(once=True))

    assert harness.done == ["free"]


def test_a_bounded_queue_is_worked_off_within_its_bounds(store: Store) -> None:
    """Four places in the worker, one in the queue: one after the other."""
    harness = QuickHarness(store, lambda _: asyncio.sleep(0.005))
    store.queues.put(QueueLimits(name="one", concurrency=1))
    add(store, "a", "b", "c", queue="one")

    asyncio.run(worker_of(harness).run(once=True))

    assert (harness.most_at_once, harness.done) == (1, ["a", "b", "c"])


def test_schedules_that_are_due_begin(store: Store) -> None:
    """A worker adds the run and works it off."""
    harness = QuickHarness(store)
    due = store.schedules.put(Schedule(id="tick", request=REQUEST, every_ms=60_000, next_ms=1), now_ms=wall_ms())

    asyncio.run(worker_of(harness).run(once=True))

    assert harness.done == [due.run_id()]


def test_lost_agents_are_taken_over_and_released_at_the_end(store: Store, other: Store) -> None:
    """A worker has the agent as long as it works."""
    store.agents.register("helper", name="Helper", now_ms=1)
    other.agents.start("helper", now_ms=1)
    owners: list[str | None] = []

    async def work(_run_id: str) -> None:
        owners.append(store.agents.get("helper").owner)

    add(store, "a")
    asyncio.run(worker_of(QuickHarness(store, work)).run(once=True))

    assert owners == [store.worker]
    assert (store.agents.get("helper").owner, store.agents.get("helper").epoch) == (None, 2)


def test_stop_lets_what_runs_come_to_its_end(store: Store) -> None:
    """Within the grace a run ends as if nothing had been; what was not begun is left in the store."""

    async def scene() -> QuickHarness:
        event, work = blocked()
        harness = QuickHarness(store, work)
        worker = worker_of(harness, concurrency=1)
        running = asyncio.ensure_future(worker.run())
        await until(lambda: harness.at_once == 1)
        worker.stop()
        event.set()
        await running
        return harness

    add(store, "a", "b")
    harness = asyncio.run(scene())

    assert (harness.done, harness.left) == (["a"], [])
    assert store.runs.get("b").state == "queued"


def test_after_the_grace_runs_are_left_and_not_ended(store: Store, other: Store) -> None:
    """The run's lease goes back; another worker takes it at once."""

    async def scene() -> QuickHarness:
        _, work = blocked()
        harness = QuickHarness(store, work)
        worker = worker_of(harness, grace_s=0.02)
        running = asyncio.ensure_future(worker.run())
        await until(lambda: harness.at_once == 1)
        worker.stop()
        await running
        return harness

    add(store, "a")
    harness = asyncio.run(scene())

    assert (harness.done, harness.left) == ([], ["a"])
    assert store.runs.get("a").state == "queued"
    lease = other.runs.take("a", now_ms=wall_ms())
    assert lease is not None
    assert (lease.epoch, lease.slice) == (2, 2)


def test_a_slice_that_raises_is_told_and_left_alone_for_a_while(store: Store) -> None:
    """One run's trouble is not the worker's: the others are worked off, and `once` comes to its end."""

    async def work(run_id: str) -> None:
        if run_id == "bad":
            raise ZeroDivisionError(run_id)

    harness, ears = QuickHarness(store, work), Ears()
    add(store, "bad", "good")

    asyncio.run(worker_of(harness, ears=ears).run(once=True))

    assert harness.done == ["good"]
    assert sorted(ears.heard) == [("bad:1", "ZeroDivisionError"), ("good:1", "done")]


def test_a_store_that_fails_is_asked_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker says what was wrong and goes on."""
    harness, ears = QuickHarness(store), Ears()
    ready, failures = store.runs.ready, [StoreBusyError("locked")]

    def sometimes(**options: object) -> object:
        if failures:
            raise failures.pop()
        return ready(**options)  # type: ignore[arg-type]  # its own

    monkeypatch.setattr(store.runs, "ready", sometimes)
    add(store, "a")
    asyncio.run(worker_of(harness, ears=ears).run(once=True))

    assert ears.heard == [(None, "StoreBusyError"), ("a:1", "done")]


def test_a_store_that_became_newer_ends_the_worker(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody works on tables that it does not know."""

    def newer(**_options: object) -> object:
        raise StoreVersionError("newer")

    monkeypatch.setattr(store.runs, "ready", newer)
    with pytest.raises(StoreVersionError):
        asyncio.run(worker_of(QuickHarness(store)).run())


def test_a_run_is_cancelled_wherever_it_is(store: Store) -> None:
    """Queued: it ends in the store. Running here: the harness is told at once. Ended: nothing happens."""

    async def scene() -> list[str]:
        event, work = blocked()
        harness = QuickHarness(store, work)
        worker = worker_of(harness, concurrency=1)
        running = asyncio.ensure_future(worker.run())
        await until(lambda: harness.at_once == 1)
        answers = [await worker.cancel(run_id, who="ada") for run_id in ("a", "b", "b")]
        worker.stop()
        event.set()
        await running
        assert harness.cancelled == ["a", "b", "b"]
        return answers

    add(store, "a", "b")

    assert asyncio.run(scene()) == ["requested", "cancelled", "ended"]


def test_a_slice_submitted_twice_runs_once(store: Store) -> None:
    """Two workers and a double submit: the lease is given once."""

    async def scene() -> list[str]:
        event, work = blocked()
        harness = QuickHarness(store, work)
        engines = [LocalOrchestrator(), LocalOrchestrator()]

        async def perform(slice: Slice) -> bool:
            return await harness.resume_run(slice.run_id) is not None

        for engine in engines * 2:
            await engine.start(perform, concurrency=2)
            await engine.submit(Slice("a", 1))
        await until(lambda: harness.at_once == 1)
        event.set()
        await until(lambda: [engine.room() for engine in engines] == [2, 2])
        return harness.done

    add(store, "a")

    assert asyncio.run(scene()) == ["a"]


def test_a_slices_id_says_all() -> None:
    """RUN:ORDINAL, both ways; a text of another form is refused."""
    assert Slice("run_1", 3).id == "run_1:3"
    assert Slice.of("run:a:3", queue="q") == Slice("run:a", 3)
    for text in ("run", "run:", ":3", "run:x", "run:٣"):
        with pytest.raises(UsageError, match="is not the id of a slice"):
            Slice.of(text)


def test_a_worker_needs_a_store_and_a_place(store: Store) -> None:
    """Without a store there is nothing to work off; a concurrency of 0 would wait for ever."""
    with pytest.raises(UsageError, match="no store to work off"):
        Worker(Harness())
    with pytest.raises(UsageError, match="1 or more slices at once"):
        worker_of(QuickHarness(store), concurrency=0)
