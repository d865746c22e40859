"""Workers: their heartbeats, who is dead, and who takes a dead one's runs."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from store_support import NOW, REQUEST, begun, events, intent, taken

import belljar
from belljar.errors import LeaseLostError, QueueFullError
from belljar.store import Store, WorkerRow, open_store

HOLD = """
import sys
from belljar.store import RunRequest, open_store
store = open_store(sys.argv[1], worker=sys.argv[2])
store.runs.begin(RunRequest(source="1"), run_id="r", now_ms=int(sys.argv[3]))
print("held", flush=True)
sys.stdin.read()
"""


def test_a_worker_is_known_from_its_first_heartbeat(store: Store) -> None:
    """Its row says where it is and how it does; a stop is a state."""
    store.workers.beat(NOW)
    store.workers.beat(NOW + 5)
    row = WorkerRow(
        id="here:1:a", host="here", pid=1, started_ms=NOW, beat_ms=NOW + 5, state="running",
        version=belljar.__version__,
    )  # fmt: skip

    assert store.workers.all() == [row]
    store.workers.stop(NOW + 6)
    store.workers.stop(NOW + 7)
    assert [each.state for each in store.workers.all()] == ["stopped"]
    assert [record.event for record in store.audit.records()] == ["worker.started", "worker.stopped"]


def test_a_worker_is_dead_when_it_says_so_or_says_nothing(store: Store) -> None:
    """Stopped, silent for too long, or unknown."""
    store.workers.beat(NOW)

    assert store.workers.is_dead("here:1:a", NOW + store.dead_after_ms) is False
    assert store.workers.is_dead("here:1:a", NOW + store.dead_after_ms + 1) is True
    store.workers.stop(NOW)
    assert store.workers.is_dead("here:1:a", NOW) is True
    assert store.workers.is_dead("nobody", NOW) is True


def test_closing_a_store_frees_what_it_holds_at_once(store: Store, store_url: str) -> None:
    """Nobody waits for the heartbeat of a process that said goodbye."""
    with open_store(store_url) as leaving:
        begun(leaving)
        assert store.runs.take("r", now_ms=NOW) is None

    lease, _ = taken(store)
    assert (lease.epoch, lease.slice, lease.history_records) == (2, 2, 1)


def test_a_worker_does_not_take_its_own_run_from_itself_however_long_it_slept(store: Store) -> None:
    """A laptop that wakes up finds its heartbeat old, and its runs still its own."""
    begun(store)
    late_ms = NOW + store.dead_after_ms + 1

    assert store.runs.ready(now_ms=late_ms) == []
    assert store.runs.take("r", now_ms=late_ms) is None


def test_the_run_of_a_silent_worker_is_taken_over(store: Store, store_url: str) -> None:
    """Lost, and said so once; when it comes back it may write nothing of the run, and is alive again."""
    with open_store(store_url, worker="far:1:z") as silent:
        _, zombie = begun(silent)
        late_ms = NOW + store.dead_after_ms + 1
        assert [run.id for run in store.runs.ready(now_ms=late_ms)] == ["r"]
        taken(store, now_ms=late_ms)

        with pytest.raises(LeaseLostError):
            zombie.append(intent(1), durable=True)
        silent.workers.beat(late_ms)
        assert {row.id: row.state for row in store.workers.all()} == {"far:1:z": "running", "here:1:a": "running"}
    assert [record.facts["action"] for record in store.audit.find(event="worker.lost")] == ["far:1:z"]
    assert "run.resumed" not in events(store)


@pytest.mark.slow
def test_a_worker_that_was_killed_is_dead_at_once_on_its_own_computer(store: Store, store_url: str) -> None:
    """SIGKILL: no goodbye and a fresh heartbeat, but the process is gone, and its run can be taken."""
    command = [sys.executable, "-c", HOLD, store_url, "here:2:b", str(NOW)]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603  (our own interpreter)
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        assert store.workers.is_dead("here:2:b", NOW) is False
        assert store.runs.take("r", now_ms=NOW) is None
        child.send_signal(signal.SIGKILL)
        child.wait()

    assert store.workers.is_dead("here:2:b", NOW) is True
    assert [run.id for run in store.runs.ready(now_ms=NOW)] == ["r"]
    lease = store.runs.take("r", now_ms=NOW)
    assert lease is not None
    assert (lease.epoch, lease.worker) == (2, "here:1:a")
    assert store.audit.verify().records == len(store.audit.records())


@pytest.mark.slow
def test_a_process_that_is_dead_and_not_yet_buried_is_dead(tmp_path: Path) -> None:
    """A zombie in the sense of the kernel holds nothing."""
    with open_store(tmp_path / "runs.db") as store:
        command = [sys.executable, "-c", HOLD, str(tmp_path / "runs.db"), "here:2:b", str(NOW)]
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603  (our own interpreter)
        with child:
            assert child.stdout is not None
            child.stdout.readline()
            child.send_signal(signal.SIGKILL)
            child.stdout.read()  # it ends with the process, which nobody has waited for yet

            while not store.workers.is_dead("here:2:b", NOW):
                pass


def test_a_queue_that_is_full_gives_no_lease(store: Store) -> None:
    """The queue's bounds hold in `take`, and for what begins here directly where it names the queue."""
    from belljar.store import QueueLimits

    store.queues.put(QueueLimits(name="default", concurrency=1))
    for run_id in ("a", "b"):
        store.runs.add(REQUEST, run_id=run_id)

    assert store.runs.take("a", now_ms=NOW) is not None
    assert store.runs.take("b", now_ms=NOW) is None
    assert store.runs.begin(REQUEST, run_id="c", now_ms=NOW).slice == 1
    with pytest.raises(QueueFullError) as caught:
        store.runs.begin(REQUEST, run_id="d", now_ms=NOW, queue="default")
    assert (caught.value.details, store.runs.counts()) == ({"queue": "default"}, {"queued": 1, "running": 2})


@pytest.mark.slow
def test_a_worker_that_comes_again_under_its_name_gives_back_what_it_left(tmp_path: Path) -> None:
    """A pod that keeps its name: what its dead process held is ready at once, and what it takes now is its own."""
    path = str(tmp_path / "runs.db")
    command = [sys.executable, "-c", HOLD, path, "pod-0", str(NOW)]
    holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603  (our own interpreter)
    assert holder.stdout is not None
    assert holder.stdin is not None
    holder.stdout.readline()
    holder.kill()
    holder.wait()

    with open_store(path, worker="pod-0") as again, open_store(path) as other:
        again.workers.beat(NOW)
        assert [run.id for run in again.runs.ready(now_ms=NOW)] == ["r"]
        begun(again, "s")
        assert again.runs.take("r", now_ms=NOW) is not None
        assert other.workers.is_dead("pod-0", NOW) is False
        assert [other.runs.take(run_id, now_ms=NOW) for run_id in ("r", "s")] == [None, None]
        assert again.audit.verify().records == len(again.audit.records())
    holder.stdin.close()
    holder.stdout.close()


def test_a_second_store_of_one_process_takes_nothing_from_the_first(store: Store, store_url: str) -> None:
    """The same name and the same process: what one holds stays held."""
    begun(store)
    with open_store(store_url, worker=store.worker) as second:
        second.workers.beat(NOW)
        assert second.runs.ready(now_ms=NOW) == []
    assert store.runs.get("r").owner == store.worker
