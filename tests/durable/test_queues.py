"""Bounds of queues hold over all workers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from uuid import uuid4

import pytest
from durable_support import NOW_MS, add
from hypothesis import given, settings
from hypothesis import strategies as st

from belljar.errors import NotInStoreError, UsageError
from belljar.store import QueueLimits, Store, open_store


def test_a_queue_gives_out_as_many_runs_as_it_may(store: Store, other: Store) -> None:
    """The third run of a queue of two waits until one of the first has ended, whoever asks."""
    store.queues.put(QueueLimits(name="small", concurrency=2))
    add(store, "a", "b", "c", queue="small")
    add(store, "free")
    first, second = (worker.runs.take(run_id, now_ms=NOW_MS) for worker, run_id in ((store, "a"), (other, "b")))
    assert first is not None
    assert second is not None

    refused = [store.runs.take("c", now_ms=NOW_MS), other.runs.take("c", now_ms=NOW_MS)]
    elsewhere = other.runs.take("free", now_ms=NOW_MS)
    store.runs.release(first, state="succeeded")
    after = other.runs.take("c", now_ms=NOW_MS)

    assert refused == [None, None]
    assert elsewhere is not None
    assert after is not None


def test_a_rate_bounds_the_starts_of_every_period(store: Store) -> None:
    """Two runs in each 1,000 ms: the third begins when the first start is a period old, though all have ended."""
    store.queues.put(QueueLimits(name="slow", rate_limit=2, rate_period_ms=1_000))
    add(store, "a", "b", "c", "d", queue="slow")

    def begins(run_id: str, at_ms: int) -> bool:
        lease = store.runs.take(run_id, now_ms=NOW_MS + at_ms)
        if lease is not None:
            store.runs.release(lease, state="succeeded")
        return lease is not None

    tried = [("a", 0), ("b", 400), ("c", 401), ("c", 999), ("c", 1_000), ("d", 1_399), ("d", 1_400)]

    assert [begins(*one) for one in tried] == [True, True, False, False, True, False, True]


def test_a_run_never_waits_for_itself(store: Store, other: Store) -> None:
    """A run whose worker died is taken over, also where its queue has one place, which it still has itself."""
    store.queues.put(QueueLimits(name="one", concurrency=1, rate_limit=1, rate_period_ms=3_600_000))
    add(store, "a", "b", queue="one")
    assert store.runs.take("a", now_ms=NOW_MS) is not None
    store.workers.stop(NOW_MS)

    taken = {run_id: other.runs.take(run_id, now_ms=NOW_MS) for run_id in ("b", "a")}

    assert taken["b"] is None
    assert taken["a"] is not None
    assert taken["a"].epoch == 2


def test_the_room_of_a_queue_is_what_it_still_takes(store: Store) -> None:
    """Of two bounds the tighter one counts; a queue with neither has as much room as anybody asks for."""
    store.queues.put(QueueLimits(name="both", concurrency=5, rate_limit=3, rate_period_ms=1_000))
    store.queues.put(QueueLimits(name="held", concurrency=0))
    add(store, "a", "b", queue="both")
    assert store.runs.take("a", now_ms=NOW_MS) is not None

    assert store.queues.room(now_ms=NOW_MS) == {"both": 2, "held": 0}
    assert store.queues.room(now_ms=NOW_MS + 1_000) == {"both": 3, "held": 0}


def test_bounds_are_replaced_and_dropped(store: Store) -> None:
    """The last word holds; a queue without bounds is not in the list."""
    store.queues.put(QueueLimits(name="q", concurrency=1))
    store.queues.put(QueueLimits(name="q", rate_limit=4, rate_period_ms=60_000))
    store.queues.put(QueueLimits(name="a"))

    assert store.queues.get("q") == QueueLimits(name="q", rate_limit=4, rate_period_ms=60_000)
    assert [limits.name for limits in store.queues.all()] == ["a", "q"]

    store.queues.drop("q")
    store.queues.drop("q")

    with pytest.raises(NotInStoreError, match="queue 'q' has no bounds"):
        store.queues.get("q")


@pytest.mark.parametrize(
    "bounds",
    [{"concurrency": -1}, {"rate_limit": 1}, {"rate_period_ms": 5}, {"rate_limit": 1, "rate_period_ms": 0}],
)
def test_bounds_that_mean_nothing_are_refused(bounds: dict[str, int]) -> None:
    """Half a rate, a negative number and a period of no length are mistakes of the caller."""
    with pytest.raises(UsageError):
        QueueLimits(name="q", **bounds)


def test_two_workers_at_once_never_exceed_a_queue(store: Store, store_url: str) -> None:
    """Eight threads of two workers grab at ten runs of a queue of three: three are given out."""
    store.queues.put(QueueLimits(name="three", concurrency=3))
    names = [f"r{number}" for number in range(10)]
    add(store, *names, queue="three")
    second = open_store(store_url)
    given_out: list[str] = []

    def grab(worker: Store) -> None:
        given_out.extend(name for name in names if worker.runs.take(name, now_ms=NOW_MS) is not None)

    threads = [threading.Thread(target=grab, args=(worker,)) for worker in (store, second) * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    second.close()

    assert len(given_out) == 3
    assert store.runs.counts() == {"queued": 7, "running": 3}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One store for many examples, each with a queue of its own."""
    with open_store(tmp_path_factory.mktemp("rate") / "runs.db") as opened:
        yield opened


@settings(derandomize=True, deadline=None, max_examples=8)
@given(limit=st.integers(1, 3), steps=st.lists(st.integers(0, 700), min_size=1, max_size=8))
def test_no_window_has_more_starts_than_the_rate(shared: Store, limit: int, steps: list[int]) -> None:
    """However the tries fall, no window of one period has more than `limit` starts, and the first try is one."""
    queue, now_ms, starts = uuid4().hex, NOW_MS, list[int]()
    shared.queues.put(QueueLimits(name=queue, rate_limit=limit, rate_period_ms=1_000))
    for number, step in enumerate(steps):
        now_ms += step
        add(shared, f"{queue}-{number}", queue=queue)
        if shared.runs.take(f"{queue}-{number}", now_ms=now_ms) is not None:
            starts.append(now_ms)

    assert starts[0] == NOW_MS + steps[0]
    assert all(sum(start <= other < start + 1_000 for other in starts) <= limit for start in starts)
