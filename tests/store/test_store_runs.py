"""Runs in the store: added, taken, given back, cancelled, found. On both databases."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from store_support import NOW, REQUEST, begun, end, events, intent, question, settle, suspended, taken

from belljar.errors import JournalError, LeaseLostError, NotInStoreError, StoreError
from belljar.store import Lease, ReadyRun, RunRequest, Store, open_store
from belljar.store._listing import _ready


def test_a_run_that_is_added_is_ready_and_can_be_taken_once(store: Store) -> None:
    """`add` queues a run, `take` gives its lease to one worker, and nobody else gets it while that one lives."""
    store.runs.add(REQUEST, run_id="r", queue="mail", priority=3)

    assert store.runs.ready(now_ms=NOW) == [ReadyRun(id="r", slice=1, queue="mail", priority=3)]
    lease = store.runs.take("r", now_ms=NOW)
    assert lease == Lease(run_id="r", worker="here:1:a", epoch=1, slice=1, request=REQUEST, history_records=0)
    assert store.runs.take("r", now_ms=NOW) is None
    assert store.runs.ready(now_ms=NOW) == []
    assert store.runs.get("r").state == "running"


def test_the_same_run_added_twice_is_one_and_another_under_its_id_is_refused(store: Store) -> None:
    """A double submit is harmless: only an id that stands for another request is an error."""
    store.runs.add(RunRequest(source="1", context={"a": 1, "b": [None, b"\x00"]}), run_id="r")
    store.runs.add(RunRequest(source="1", context={"b": [None, b"\x00"], "a": 1}), run_id="r")

    assert store.runs.counts() == {"queued": 1}
    with pytest.raises(StoreError) as caught:
        store.runs.add(RunRequest(source="2"), run_id="r")
    assert caught.value.message == "the store has another run 'r'"
    assert events(store) == ["run.queued"]


def test_a_request_comes_back_as_it_went_in(store: Store) -> None:
    """Source, options and the order of the context's keys: also NUL, half surrogates, quotes and bytes."""
    request = RunRequest(
        source='const s = "\x00\ud800\\é😀"\n',
        profile="sealed",
        limits={"timeout_ms": 5},
        context={"z": 1, "a": {"$bytes": "x"}, "gas_limit": 7, "b": b"\xff"},
        seed="0a",
        engine="v8",
        mode="strict",
    )
    store.runs.add(request, run_id="r")

    lease = store.runs.take("r", now_ms=NOW)
    assert lease is not None
    assert lease.request == request
    assert list(lease.request.context) == ["z", "a", "gas_limit", "b"]
    assert store.runs.get("r").source == request.source


def test_a_run_that_begins_here_is_held_here(store: Store) -> None:
    """`begin` is add and take in one, and a second one of the id is refused."""
    lease, _ = begun(store)

    assert (lease.epoch, lease.slice, lease.history_records) == (1, 1, 0)
    with pytest.raises(StoreError) as caught:
        store.runs.begin(REQUEST, run_id="r", now_ms=NOW)
    assert caught.value.message == "the store has a run 'r' already"


def test_the_head_that_a_caller_expects_is_compared(store: Store) -> None:
    """Who goes on from an old state of a run is told that it went on since."""
    suspended(store)
    head = store.runs.get("r").head

    with pytest.raises(JournalError):
        store.runs.take("r", now_ms=NOW, expect_head="0" * 64)
    assert store.runs.get("r").state == "suspended"
    assert store.runs.take("r", now_ms=NOW, expect_head=head) is not None


def test_a_run_that_is_given_back_is_ready_again(store: Store) -> None:
    """A lease that is over is over: its holder can give nothing back a second time."""
    store.runs.add(REQUEST, run_id="r")
    lease = store.runs.take("r", now_ms=NOW)
    assert lease is not None
    store.runs.release(lease)

    assert [run.slice for run in store.runs.ready(now_ms=NOW)] == [2]
    with pytest.raises(LeaseLostError):
        store.runs.release(lease)


def test_a_run_given_back_as_suspended_waits_on(store: Store) -> None:
    """Whoever looked at a run that waits, and could not go on with it, leaves it waiting; one that went on is ready."""
    suspended(store)
    lease, _ = taken(store)
    store.runs.release(lease)

    assert store.runs.ready(now_ms=NOW) == []
    assert store.runs.get("r").state == "suspended"
    assert store.audit.verify().records == len(store.audit.records())
    lease, journal = taken(store)
    journal.append(settle(1), durable=True)
    store.runs.release(lease)
    assert [run.id for run in store.runs.ready(now_ms=NOW)] == ["r"]


def test_ready_runs_come_by_priority_and_then_by_age(store: Store) -> None:
    """The order in which workers take them, of all queues or of one; what is not due is not there."""
    for run_id, queue, priority, not_before in (
        ("a", "x", 0, 0), ("b", "y", 5, 0), ("c", "x", 5, 0), ("d", "x", 9, NOW + 1),
    ):  # fmt: skip
        store.runs.add(REQUEST, run_id=run_id, queue=queue, priority=priority, not_before_ms=not_before)

    assert [run.id for run in store.runs.ready(now_ms=NOW)] == ["b", "c", "a"]
    assert [run.id for run in store.runs.ready(now_ms=NOW, queue="x")] == ["c", "a"]
    assert [run.id for run in store.runs.ready(now_ms=NOW + 1, limit=1)] == ["d"]


def test_cancelling_a_run_that_nobody_holds_ends_it(store: Store) -> None:
    """Queued and suspended runs end in the store, with their questions; a second time it had ended."""
    suspended(store)

    assert store.runs.cancel("r", who="ann", now_ms=NOW) == "cancelled"
    assert store.runs.cancel("r", who="bob", now_ms=NOW) == "ended"
    row = store.runs.get("r")
    assert (row.state, row.error, row.ended_ms, row.waiting) == ("cancelled", "ScriptCancelledError", NOW, 0)
    assert store.approvals.get("r:1").state == "cancelled"
    assert store.runs.take("r", now_ms=NOW) is None
    assert store.audit.find(event="run.cancelled")[0].facts["actor"] == "ann"


def test_cancelling_a_run_that_goes_on_asks_its_worker(store: Store) -> None:
    """The holder is told; where it gives the run back without having heard of it, the run ends all the same."""
    lease, _ = begun(store)

    assert store.runs.to_cancel() == []
    assert store.runs.cancel("r", who="ann", now_ms=NOW) == "requested"
    assert store.runs.to_cancel() == ["r"]
    store.runs.release(lease)
    assert store.runs.ready(now_ms=NOW) == []
    assert (store.runs.get("r").state, store.runs.get("r").error) == ("cancelled", "ScriptCancelledError")
    assert [record.facts["actor"] for record in store.audit.find(event="run.cancelled")] == ["here:1:a", "ann"]
    assert store.audit.verify().records == len(store.audit.records())


def test_runs_are_found_by_state_text_and_agent_page_by_page(store: Store) -> None:
    """Newest first. Text is looked for in the id, the source, the called tools and the error's code."""
    store.runs.add(RunRequest(source='say("100%_é")'), run_id="q", agent_id="bot")
    _, journal = begun(store, "old")
    journal.append(intent(1, tool="send_mail"), intent(2, tool="pay"), intent(3, tool="pay"))
    journal.append(end({"code": "ScriptTimeoutError", "message": "late"}), durable=True)

    def ids(**chosen: object) -> list[str]:
        return [row.id for row in store.runs.find(**chosen)]  # type: ignore[arg-type]

    assert ids() == ["q", "old"]
    assert (ids(state="failed"), ids(agent_id="bot")) == (["old"], ["q"])
    assert (ids(text="SEND_mail"), ids(text="Timeout"), ids(text='"100%_é"')) == (["old"], ["old"], ["q"])
    assert (ids(text="_00"), ids(text="OLD"), ids(text="profile")) == ([], ["old"], [])
    first = store.runs.find(limit=1)[0]
    assert ids(before=(first.created_ms, first.id)) == ["old"]
    assert store.runs.get("old").calls == 3
    assert store.runs.counts() == {"failed": 1, "queued": 1}


def test_what_is_not_there_is_named(store: Store) -> None:
    """Each way to ask for one run says which is missing."""
    for ask in (
        store.runs.get,
        store.runs.journal_text,
        lambda run_id: store.runs.take(run_id, now_ms=NOW),
        lambda run_id: store.runs.cancel(run_id, who="ann", now_ms=NOW),
    ):
        with pytest.raises(NotInStoreError) as caught:
            ask("nobody")
        assert caught.value.message == "the store has no run 'nobody'"


def test_a_run_without_an_answer_waits_and_one_with_an_expired_question_does_not(store: Store) -> None:
    """Time makes a waiting run ready, before anybody has written that the question expired."""
    asked = suspended(store, "r", question("r", expires_ms=1_000))
    expires_ms = store.approvals.get(asked.id).expires_ms

    assert store.runs.ready(now_ms=expires_ms - 1) == []
    assert [run.id for run in store.runs.ready(now_ms=expires_ms)] == ["r"]


def test_another_store_object_sees_what_was_written(store: Store, store_url: str) -> None:
    """Two processes have one truth: what one confirmed the other reads."""
    store.runs.add(REQUEST, run_id="r")

    with open_store(store_url) as other:
        lease = other.runs.take("r", now_ms=NOW)
        assert lease is not None
        assert lease.worker == other.worker
        assert store.runs.get("r").owner == other.worker


def test_looking_for_ready_runs_reads_none_that_wait_or_have_ended(tmp_path: Path) -> None:
    """Questions that were taken up long ago cost nothing: the index has those that were not by themselves."""
    plans: list[str] = []

    def explained(connection: Connection) -> None:
        for query in _ready(NOW, {"dead"}):
            plan = text(f"EXPLAIN QUERY PLAN {query.compile(connection, compile_kwargs={'literal_binds': True})}")
            plans.extend(row.detail for row in connection.execute(plan))

    with open_store(tmp_path / "runs.db") as store:
        store._database.read(explained)
    assert not [plan for plan in plans if plan.startswith("SCAN")]
    assert [plan for plan in plans if plan.endswith("INDEX approvals_to_take_up (taken_up_ms=? AND state=?)")]
