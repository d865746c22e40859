"""A run's journal in the store: its bytes, its fence, and what follows from each record. On both databases."""

from __future__ import annotations

import threading

import pytest
from store_support import (
    NOW,
    REQUEST,
    Ceiling,
    Decision,
    answer,
    approval,
    begun,
    end,
    events,
    intent,
    question,
    run_record,
    settle,
    suspend,
    suspended,
    taken,
)

from belljar.errors import DecisionRefusedError, LeaseLostError, StoreError
from belljar.journal import Journal, Record
from belljar.store import Budget, Store, open_store


def test_the_store_has_the_lines_that_a_file_would_have(store: Store) -> None:
    """One record format: the text of the store's journal is the text of the journal, to the byte."""
    _, journal = begun(store)
    journal.append(intent(1, arguments={"order": 7, "raw": b"\x00", "half": "\ud800"}), answer(1), settle(1))
    journal.append(end(), durable=True)

    assert store.runs.journal_text("r") == journal.text()
    assert store.runs.journal("r").head == journal.head
    row = store.runs.get("r")
    assert (row.records, row.head, row.journal_bytes) == (5, journal.head, len(journal.text()))


def test_a_run_s_row_follows_its_journal(store: Store) -> None:
    """Steps, calls, time and the end are what the records say."""
    _, journal = begun(store)
    journal.append(intent(1), intent(2), answer(1), settle(1, spent_ms=4), intent(1, attempt=2), answer(2))
    journal.append(settle(2, spent_ms=11), durable=True)
    row = store.runs.get("r")
    assert (row.state, row.owner, row.steps, row.calls, row.spent_ms) == ("running", "here:1:a", 2, 2, 11)

    journal.append(end(steps=3), durable=True)
    row = store.runs.get("r")
    assert (row.state, row.owner, row.steps, row.error, row.outcome_sha256) == ("succeeded", None, 3, None, "e" * 64)
    assert row.ended_ms == row.updated_ms


@pytest.mark.parametrize(
    ("error", "state", "told"),
    [
        (None, "succeeded", ["run.ended"]),
        ("ScriptRuntimeError", "failed", ["run.ended"]),
        ("ScriptTimeoutError", "failed", ["limit.hit", "run.ended"]),
        ("ScriptCancelledError", "cancelled", ["run.ended"]),
    ],
)
def test_how_a_run_ends_is_its_state(store: Store, error: str | None, state: str, told: list[str]) -> None:
    """An error's code decides between failed and cancelled, and a limit is an event of its own."""
    _, journal = begun(store)
    journal.append(end({"code": error, "message": "m"} if error else None), durable=True)

    assert (store.runs.get("r").state, store.runs.get("r").error) == (state, error)
    assert events(store)[2:] == told


def test_every_record_that_tells_something_is_in_the_audit_log(store: Store) -> None:
    """One event for each thing that happened, in the order of the journal."""
    _, journal = begun(store)
    denied = {"code": "NetworkPolicyError", "message": "no"}
    journal.append(intent(1), answer(1), intent(2), answer(2, error=denied), Record("output", {"step": 1}))
    journal.append(answer(3, tool="other", error={"code": "ToolNotFoundError", "message": "no"}))
    journal.append(intent(4), answer(4, error={"code": "CallUnknownError", "message": "?"}, unknown=True))
    journal.append(intent(5), Record("abort", {"call": 5, "reason": "race"}), Record("ask", {"call": 6, "reason": ""}))
    journal.append(Record("recover", {"calls": [{"call": 5, "tool": "refund", "how": "ask"}]}), durable=True)

    assert events(store) == [
        "run.queued", "run.started", "call.intended", "call.done", "call.intended", "call.failed", "policy.refused",
        "call.refused", "call.intended", "call.unknown", "call.intended", "call.aborted", "run.recovered",
        "call.unknown",
    ]  # fmt: skip
    first = store.audit.find(event="call.intended")[-1].facts
    assert (first["action"], first["actor"], first["details"]["digest"]) == ("refund", "here:1:a", "d" * 64)
    assert store.audit.find(event="call.done")[0].facts["action"] == "refund"


def test_whoever_lost_the_run_writes_nothing_more(store: Store, store_url: str) -> None:
    """The fence: a write of an old lease is refused whole, and so is everything after it."""
    _, zombie = begun(store)
    store.workers.stop(NOW)
    with open_store(store_url, worker="there:1:b") as other:
        _, journal = taken(other)
        before = store.runs.get("r")

        with pytest.raises(LeaseLostError):
            zombie.append(intent(1), end(), durable=True)
        with pytest.raises(LeaseLostError):
            zombie.append(answer(1))
        assert store.runs.get("r") == before
        journal.append(end(), durable=True)
    assert other.worker == "there:1:b"
    assert store.runs.journal_text("r") == journal.text()


def test_a_run_that_gave_its_lease_up_writes_nothing_more(store: Store) -> None:
    """After the suspension the journal is whoever's takes the run next."""
    _, journal = begun(store)
    journal.append(suspend(question("r")), durable=True)

    with pytest.raises(LeaseLostError):
        journal.append(answer(1), durable=True)


def test_an_error_of_a_write_that_nobody_waited_for_comes_with_the_next(store: Store) -> None:
    """Nothing is lost silently: what was posted and refused is raised at the next flush, write and close."""
    lease, journal = begun(store)
    store.runs.release(lease)
    journal.append(intent(1))

    with pytest.raises(LeaseLostError):
        journal.append(answer(1), durable=True)
    with pytest.raises(LeaseLostError):
        journal.close()
    assert store.runs.get("r").records == 1


def test_lines_that_nobody_waits_for_are_there_after_the_close(store: Store) -> None:
    """`close` is a promise for all of them."""
    _, journal = begun(store)
    for call in range(1, 30):
        journal.append(intent(call))
    journal.close()

    assert store.runs.get("r").records == 30


def test_many_threads_write_their_runs_at_once(store: Store) -> None:
    """Each run's lines stay in its order, whatever the others do."""
    journals = [begun(store, f"r{n}")[1] for n in range(6)]

    def work(journal: Journal) -> None:
        for call in range(1, 6):
            journal.append(intent(call), durable=True)
            journal.append(answer(call), settle(call))
        journal.append(end(), durable=True)

    threads = [threading.Thread(target=work, args=(journal,)) for journal in journals]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [store.runs.journal_text(f"r{n}") for n in range(6)] == [journal.text() for journal in journals]
    assert store.audit.verify().records == len(store.audit.records())


def test_a_suspension_opens_its_questions_and_lets_go(store: Store) -> None:
    """One transaction: the questions, the run's state, the events, and no lease any more."""
    asked = suspended(store, "r", question("r", 1), question("r", 2))

    row = store.runs.get("r")
    assert (row.state, row.owner, row.waiting, row.spent_ms) == ("suspended", None, 2, 9)
    assert [each.id for each in store.approvals.open()] == ["r:1", "r:2"]
    assert store.approvals.get("r:1").request == asked
    assert events(store)[2:] == ["approval.requested", "approval.requested", "run.suspended"]


def test_a_question_that_is_still_open_keeps_its_votes_and_its_time(store: Store) -> None:
    """A run that went on with one of two answers waits for the other one as before."""
    one, two = question("r", 1), question("r", 2)
    suspended(store, "r", one, two)
    store.approvals.vote(one.id, Decision.approve(one), who="ann", source="cli", now_ms=NOW)
    before = store.approvals.get(two.id)
    decision = store.approvals.decision_for(one.id, one.digest, NOW)
    assert isinstance(decision, Decision)

    _, journal = taken(store)
    journal.append(approval(one, decision), intent(1), answer(1), settle(1))
    journal.append(suspend(two), durable=True)

    assert store.approvals.get(two.id) == before
    assert [each.id for each in store.approvals.open()] == [two.id]
    assert store.runs.ready(now_ms=NOW) == []
    assert events(store).count("approval.requested") == 2


def test_a_decision_is_used_once(store: Store) -> None:
    """Taken up, it is used; a journal that takes it up a second time is refused."""
    asked = suspended(store)
    store.approvals.vote(asked.id, Decision.approve(asked), who="ann", source="cli", now_ms=NOW)
    decision = store.approvals.decision_for(asked.id, asked.digest, NOW)
    assert isinstance(decision, Decision)
    _, journal = taken(store)
    journal.append(approval(asked, decision), durable=True)

    assert store.approvals.get(asked.id).state == "used"
    assert store.approvals.decision_for(asked.id, asked.digest, NOW) is None
    with pytest.raises(DecisionRefusedError) as caught:
        journal.append(approval(asked, decision), durable=True)
    assert caught.value.message == "the question r:1 cannot be taken up: it is used already"


def test_a_run_cannot_go_on_with_another_decision_than_the_store_s(store: Store) -> None:
    """Somebody at the terminal and somebody at the console: the one who was first holds."""
    asked = suspended(store)
    store.approvals.vote(asked.id, Decision.deny(asked, "no"), who="ann", source="web", now_ms=NOW)
    _, journal = taken(store)

    with pytest.raises(DecisionRefusedError):
        journal.append(approval(asked, Decision.approve(asked, who="bob")), intent(1), durable=True)
    assert store.approvals.get(asked.id).state == "decided"
    assert store.runs.get("r").records == 2


def test_an_answer_at_the_terminal_is_on_record_too(store: Store) -> None:
    """Asked live and never stored, or open in the store and answered live: the row, the vote and the events."""
    waiting, live = question("r", 1), question("r", 2)
    suspended(store, "r", waiting)
    _, journal = taken(store)
    journal.append(approval(waiting, Decision.edit(waiting, {"order": 7, "cents": 5}, who="ann", at_ms=NOW)))
    journal.append(approval(live, Decision.deny(live, "no", who="bob", at_ms=NOW + 1)), durable=True)

    one, two = store.approvals.get("r:1"), store.approvals.get("r:2")
    assert (one.state, one.votes[0].who, one.votes[0].digest) == ("used", "ann", one.edited_digest)
    assert (two.state, two.request, two.votes[0].verdict, two.decided_ms) == ("used", None, "deny", NOW + 1)
    assert events(store)[-4:] == ["approval.decided", "approval.used"] * 2
    assert [record.facts["actor"] for record in store.audit.find(event="approval.decided")] == ["bob", "ann"]


def test_a_question_that_came_to_nothing_is_taken_up_as_such(store: Store) -> None:
    """Expired in the store or live: the run goes on once, and is not ready for it again."""
    asked = suspended(store, "r", question("r", expires_ms=1))
    late_ms = store.approvals.get(asked.id).expires_ms
    assert store.approvals.expire(late_ms) == 1
    _, journal = taken(store)
    journal.append(approval(asked, None, verdict="timed_out"), approval(question("r", 2), None, verdict="timed_out"))
    journal.append(approval(question("r", 3), None, verdict="cancelled"))
    journal.append(suspend(question("r", 4)), durable=True)

    assert store.runs.ready(now_ms=NOW) == []
    assert [store.approvals.get(f"r:{n}").state for n in (1, 2, 3, 4)] == ["expired", "expired", "cancelled", "open"]
    assert events(store).count("approval.expired") == 2


def test_a_question_that_was_answered_in_time_is_not_given_up(store: Store) -> None:
    """The vote was confirmed first, so the run that believes in the expiry is refused and asks the store again."""
    asked = suspended(store)
    store.approvals.vote(asked.id, Decision.approve(asked), who="ann", source="cli", now_ms=NOW)
    _, journal = taken(store)

    with pytest.raises(DecisionRefusedError):
        journal.append(approval(asked, None, verdict="timed_out"), durable=True)


def test_a_question_is_not_asked_again_once_it_was_taken_up(store: Store) -> None:
    """A new attempt has an id of its own; the old id is used up."""
    asked = suspended(store)
    _, journal = taken(store)
    journal.append(approval(asked, Decision.approve(asked, who="ann")), durable=True)

    with pytest.raises(DecisionRefusedError):
        journal.append(suspend(asked), durable=True)


def test_a_ceiling_is_counted_down(store: Store) -> None:
    """Calls and sum: of the call that was asked about and of those that follow, a second attempt not again."""
    asked = suspended(store)
    ceiling = Ceiling(calls=5, sum_of="cents", at_most=5_000)
    _, journal = taken(store)
    journal.append(approval(asked, Decision.approve_for_run(asked, ceiling=ceiling, who="ann")))
    journal.append(intent(1, granted=1), intent(2, granted=1, arguments={"order": 1, "cents": 50.5}))
    journal.append(intent(2, granted=1, attempt=2), intent(3), durable=True)

    assert store.approvals.budgets("r") == [
        Budget(
            approval_id="r:1", tool="refund", calls_used=2, calls_max=5, sum_of="cents", sum_used=950.5, sum_max=5000
        )
    ]


def test_an_approval_for_the_run_without_a_ceiling_has_no_budget(store: Store) -> None:
    """Nothing is counted where nothing is bounded."""
    asked = suspended(store)
    _, journal = taken(store)
    journal.append(approval(asked, Decision.approve_for_run(asked, who="ann")), intent(1, granted=1), durable=True)

    assert store.approvals.budgets("r") == []


def test_a_run_that_ends_leaves_no_open_question_and_no_image(store: Store) -> None:
    """What waited is cancelled, what was decided and not used stays on record."""
    suspended(store)
    lease, journal = taken(store)
    store.images.put(lease, 3, b"image")
    journal.append(end(), durable=True)

    assert store.approvals.get("r:1").state == "cancelled"
    assert store.images.get("r") is None


def test_the_first_record_is_written_or_nothing_is(store: Store) -> None:
    """A record that the store cannot take is taken back with the rest of its write."""
    lease = store.runs.begin(REQUEST, run_id="s", now_ms=NOW)
    journal = Journal(sink=store.sink(lease))

    with pytest.raises(KeyError):
        journal.append(run_record("s"), Record("answer", {"error": None}), durable=True)
    assert store.runs.get("s").records == 0
    assert isinstance(store.runs.get("s").head, str)
    with pytest.raises(StoreError):
        store.runs.begin(REQUEST, run_id="s", now_ms=NOW)
