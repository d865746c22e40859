"""Questions that a run needs no more, and calls that may not be made because a question stands. On both databases."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from store_support import (
    NOW,
    Ceiling,
    Decision,
    Quorum,
    answer,
    approval,
    begun,
    end,
    events,
    intent,
    question,
    settle,
    suspend,
    suspended,
    taken,
)

from belljar.errors import DecisionRefusedError
from belljar.journal import Record
from belljar.store import Budget, Store, open_store
from belljar.tools import ApprovalRequest
from belljar.tools._clock import wall_ms

GONE = {"code": "ToolNotFoundError", "message": "gone"}


def vote(store: Store, request: ApprovalRequest, decision: Decision, who: str = "ann") -> None:
    store.approvals.vote(request.id, decision, who=who, source="cli", now_ms=NOW)


def states(store: Store) -> dict[str, str]:
    return {each.id: each.state for each in store.approvals.find(run_id="r")}


@pytest.mark.parametrize(
    "record",
    [answer(1, tool="refund", error=GONE), Record("abort", {"call": 1, "reason": "race"}), intent(1)],
    ids=["answered", "given up", "made on another approval"],
)
@pytest.mark.parametrize("is_decided", [True, False])
def test_a_question_is_closed_with_its_call(store: Store, record: Record, *, is_decided: bool) -> None:
    """Whatever came of the call without it: nobody need answer any more, and no answer wakes the run."""
    one, two = question("r", 1, attempt=2), question("r", 2)
    suspended(store, "r", one, two)
    if is_decided:
        vote(store, one, Decision.approve(one))
    _, journal = taken(store)
    journal.append(record, suspend(two), durable=True)

    assert states(store) == {one.id: "cancelled", two.id: "open"}
    assert store.runs.ready(now_ms=NOW) == []
    assert events(store).count("approval.cancelled") == 1
    assert store.approvals.decision_for(one.id, one.digest, NOW) is None
    assert store.audit.verify().records == len(store.audit.records())


def test_a_decision_that_a_suspended_run_did_not_take_up_does_not_wake_it_again(store: Store) -> None:
    """The next suspension names what still waits. All else is closed, what had expired too."""
    one, two, three = question("r", 1), question("r", 2, expires_ms=1), question("r", 3)
    suspended(store, "r", one, two, three)
    vote(store, one, Decision.approve(one))
    store.approvals.expire(store.approvals.get(two.id).expires_ms)
    assert [run.id for run in store.runs.ready(now_ms=NOW)] == ["r"]
    _, journal = taken(store)
    journal.append(suspend(three), durable=True)

    assert states(store) == {one.id: "cancelled", two.id: "expired", three.id: "open"}
    assert store.runs.ready(now_ms=NOW) == []
    assert store.approvals.get(one.id).decision is not None


def test_what_was_decided_and_not_taken_up_is_closed_with_its_run(store: Store) -> None:
    """A run that ends needs no answer. What people had decided stays on record."""
    asked = suspended(store)
    vote(store, asked, Decision.deny(asked, "no"))
    _, journal = taken(store)
    journal.append(end(), durable=True)

    found = store.approvals.get(asked.id)
    assert (found.state, found.decision and found.decision.reason) == ("cancelled", "no")


def other(request: ApprovalRequest) -> Decision:
    return Decision.edit(request, {"order": 7, "cents": 5})


@pytest.mark.parametrize(
    "made", [None, lambda asked: Decision.deny(asked, "no"), other], ids=["open", "denied", "edited"]
)
def test_a_call_is_not_made_while_its_question_stands(store: Store, made: Callable[..., Decision] | None) -> None:
    """Nobody has answered, somebody said no, or said yes to other arguments: the write is refused whole."""
    asked = suspended(store)
    if made is not None:
        vote(store, asked, made(asked))
    _, journal = taken(store)

    with pytest.raises(DecisionRefusedError) as caught:
        journal.append(intent(1, granted=7), durable=True)
    state = "open" if made is None else "decided"
    assert caught.value.message == f"the call cannot be made: the question r:1 is {state} and was not taken up"
    assert store.runs.get("r").records == 2


def test_a_call_that_was_agreed_to_is_made_on_another_approval_too(store: Store) -> None:
    """Somebody said yes to this very call. That an approval for the run covers it as well harms nobody."""
    asked = suspended(store)
    vote(store, asked, Decision.approve(asked))
    _, journal = taken(store)
    journal.append(intent(1, granted=7), answer(1), durable=True)

    assert states(store) == {asked.id: "cancelled"}


def test_what_a_tool_found_out_of_an_unknown_call_is_stronger_than_an_open_question(store: Store) -> None:
    """The probe says that it never took place: it is made. But not where a person said that it shall not be."""
    asked = suspended(store, "r", question("r", attempt=2))
    _, journal = taken(store)
    journal.append(intent(1, attempt=2), durable=True)
    assert states(store) == {asked.id: "cancelled"}

    third = question("r", attempt=3)
    journal.append(suspend(third), durable=True)
    vote(store, third, Decision.deny(third, "no"))
    _, journal = taken(store)
    with pytest.raises(DecisionRefusedError):
        journal.append(intent(1, attempt=3), durable=True)


def test_a_call_that_is_made_again_on_one_approval_counts_once(store: Store) -> None:
    """Sent without an approval at first, then on one, then once more: one of the five."""
    _, journal = begun(store)
    asked = question("r")
    journal.append(intent(1), approval(asked, Decision.approve_for_run(asked, ceiling=Ceiling(calls=5), who="ann")))
    journal.append(intent(1, granted=1, attempt=2), intent(1, granted=1, attempt=3), durable=True)

    assert store.approvals.budgets("r") == [
        Budget(approval_id="r:1", tool="refund", calls_used=1, calls_max=5, sum_of=None, sum_used=0, sum_max=None)
    ]


def test_an_answer_that_comes_after_the_question_s_time_is_not_taken_up(store: Store) -> None:
    """Also where nobody had written yet that it expired."""
    asked = suspended(store, "r", question("r", expires_ms=-1))
    _, journal = taken(store)

    with pytest.raises(DecisionRefusedError) as caught:
        journal.append(approval(asked, Decision.approve(asked, who="ann")), durable=True)
    assert caught.value.message == "the question r:1 cannot be taken up: it has expired"


def test_a_process_on_its_own_does_not_answer_for_people_who_were_asked_by_name(store: Store) -> None:
    """Whatever its own tools say of who must agree: the question in the store says two. The host may deny."""
    asked = suspended(store, "r", question("r", quorum=Quorum(needed=2, of=("ann", "bob"))))
    lease, journal = taken(store)
    with pytest.raises(DecisionRefusedError) as caught:
        journal.append(approval(asked, Decision.approve(asked, who="policy")), intent(1), durable=True)
    assert caught.value.message == "the question r:1 cannot be taken up: it needs the word of several people"

    store.runs.release(lease)
    assert store.runs.ready(now_ms=NOW) == []
    _, journal = taken(store)
    journal.append(approval(asked, Decision.deny(asked, "it is another call now", who="belljar")), durable=True)
    assert states(store) == {asked.id: "used"}


# -- runs that somebody wants cancelled -------------------------------------------------------------------------------


def test_a_run_that_waits_after_somebody_cancelled_it_has_ended(store: Store) -> None:
    """Its worker had not heard of it: nobody is asked, and no answer starts it again."""
    _, journal = begun(store)
    assert store.runs.cancel("r", who="ann", now_ms=NOW) == "requested"
    journal.append(suspend(question("r")), durable=True)

    row = store.runs.get("r")
    assert (row.state, row.owner, row.error, row.waiting) == ("cancelled", None, "ScriptCancelledError", 0)
    assert row.ended_ms == row.updated_ms
    assert states(store) == {"r:1": "cancelled"}
    assert store.runs.ready(now_ms=wall_ms()) == []
    assert store.audit.verify().records == len(store.audit.records())


def test_a_run_that_somebody_cancelled_is_not_taken_over_from_a_dead_worker(store: Store, store_url: str) -> None:
    """It ends with the look of whoever would have gone on with it."""
    with open_store(store_url) as dying:
        _, journal = begun(dying)
        journal.append(intent(1), answer(1), settle(1), durable=True)
        store.runs.cancel("r", who="ann", now_ms=NOW)

    assert [run.id for run in store.runs.ready(now_ms=NOW)] == ["r"]
    assert store.runs.take("r", now_ms=NOW) is None
    row = store.runs.get("r")
    assert (row.state, row.owner, row.error) == ("cancelled", None, "ScriptCancelledError")
    assert store.runs.ready(now_ms=NOW) == []
    assert store.audit.verify().records == len(store.audit.records())
