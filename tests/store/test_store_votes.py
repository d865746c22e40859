"""People who do not agree, what people write, and questions of another version. On both databases."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Table, update
from store_support import (
    NOW,
    REQUEST,
    Ceiling,
    Decision,
    Quorum,
    approval,
    begun,
    intent,
    question,
    suspend,
    suspended,
    taken,
)

from belljar.errors import DecisionRefusedError, StoreError
from belljar.store import RunRequest, Standing, Store
from belljar.store._database import Database
from belljar.store._schema import approvals, runs
from belljar.tools import ApprovalRequest

TWO = Quorum(needed=2, of=("ann", "bob"))
TWO_OF_THREE = Quorum(needed=2, of=("ann", "bob", "eve"))
FEWER = {"order": 7, "cents": 5}


def vote(store: Store, request: ApprovalRequest, decision: Decision, who: str = "ann") -> Standing:
    return store.approvals.vote(request.id, decision, who=who, source="cli", now_ms=NOW)


def put(url: str, table: Table, id_: str, request: str) -> None:
    """What a process of another version has written."""
    database = Database(url)
    database.prepare(
        lambda connection: connection.execute(update(table).where(table.c.id == id_).values(request=request))
    )
    database.close()


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (FEWER, {"cents": 5, "order": 7}),
        (None, {"order": 7, "cents": 900}),
        ({"order": 7, "cents": 900}, None),
        (FEWER, {"order": 7, "cents": 5.0}),
    ],
    ids=["another order", "written out", "left alone", "another way to write a number"],
)
def test_people_agree_on_a_call_however_they_wrote_it(store: Store, first: Any, second: Any) -> None:
    """What counts is what would be called: the digest of their votes."""
    asked = suspended(store, "r", question("r", quorum=TWO, schema=None))

    def decision(arguments: Any) -> Decision:
        return Decision.approve(asked) if arguments is None else Decision.edit(asked, arguments)

    vote(store, asked, decision(first))
    decided = vote(store, asked, decision(second), "bob").decided

    assert decided is not None
    assert (decided.verdict, decided.who) == ("approve", "ann, bob")
    assert len({cast.digest for cast in store.approvals.get(asked.id).votes}) == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (lambda asked: Decision.approve(asked), lambda asked: Decision.edit(asked, FEWER)),
        (lambda asked: Decision.approve(asked), lambda asked: Decision.approve_for_run(asked)),
        (
            lambda asked: Decision.approve_for_run(asked, ceiling=Ceiling(calls=5)),
            lambda asked: Decision.approve_for_run(asked, ceiling=Ceiling(calls=4)),
        ),
    ],
    ids=["arguments", "verdict", "ceiling"],
)
def test_people_who_cannot_agree_any_more_have_denied(store: Store, first: Any, second: Any) -> None:
    """Nobody votes twice, so the run does not wait for what cannot come; as long as it can, it waits."""
    asked, more = question("r", 1, quorum=TWO), question("r", 2, quorum=TWO_OF_THREE)
    suspended(store, "r", asked, more)
    for request in (asked, more):
        assert vote(store, request, first(request)).decided is None
    decided = vote(store, asked, second(asked), "bob").decided

    assert decided == Decision.deny(asked, "the people who were asked do not agree", who="ann, bob", at_ms=NOW)
    assert vote(store, more, second(more), "bob").decided is None
    assert store.approvals.get(more.id).state == "open"
    assert [run.id for run in store.runs.ready(now_ms=NOW)] == ["r"]


def test_a_name_is_compared_as_it_is_meant(store: Store) -> None:
    """Spaces around it and the way its letters are put together make nobody another person."""
    asked = suspended(store, "r", question("r", quorum=Quorum(needed=2, of=("zo\u00eb", "bob"))))

    assert vote(store, asked, Decision.approve(asked), " zoe\u0308 ").is_new
    assert not vote(store, asked, Decision.approve(asked), "zo\u00eb").is_new
    assert [cast.who for cast in store.approvals.get(asked.id).votes] == ["zo\u00eb"]


def test_a_reason_is_text_of_a_bounded_length(store: Store) -> None:
    """Half a character becomes a question mark, as in the log; a book is refused."""
    asked = suspended(store)
    with pytest.raises(DecisionRefusedError) as caught:
        vote(store, asked, Decision.deny(asked, "x" * 10_001))
    assert caught.value.message == "a reason has at most 10,000 characters"

    decided = vote(store, asked, Decision.deny(asked, "no \ud800")).decided
    assert decided is not None
    assert decided.reason == "no ?"
    assert store.audit.verify().records == len(store.audit.records())


@pytest.mark.parametrize("request_text", ['{"id":"r:1"}', '{"novel":1}', "[]"])
def test_a_question_of_another_version_stands_in_nobody_s_way(store: Store, store_url: str, request_text: str) -> None:
    """It is listed and expires like the others; only a vote on it is refused."""
    asked = suspended(store, "r", question("r", 1, expires_ms=5_000), question("r", 2, expires_ms=5_000))
    put(store_url, approvals, "r:1", request_text)

    assert [(each.id, each.request is None) for each in store.approvals.open()] == [("r:1", True), ("r:2", False)]
    with pytest.raises(DecisionRefusedError) as caught:
        vote(store, asked, Decision.approve(asked))
    assert caught.value.message == "the question r:1 was asked by another version of belljar; this one cannot show it"
    assert store.approvals.expire(store.approvals.get("r:1").expires_ms) == 2


def test_the_oldest_open_questions_can_be_had_alone(store: Store) -> None:
    """A page need not load what it does not show."""
    suspended(store, "r", *(question("r", call) for call in (1, 2, 3)))

    assert [each.id for each in store.approvals.open(limit=2)] == ["r:1", "r:2"]
    assert store.metrics(NOW)["approvals_open"] == 3


# -- what the tables hold ---------------------------------------------------------------------------------------------


def test_large_numbers_are_kept_on_both_databases(store: Store) -> None:
    """A priority and a ceiling of more than 32 bits: what was accepted can be taken up."""
    store.runs.add(REQUEST, run_id="q", priority=2**40)
    assert store.runs.get("q").priority == 2**40

    _, journal = begun(store)
    asked = question("r")
    journal.append(suspend(asked), durable=True)
    ceiling = Ceiling(calls=2**31 - 1, sum_of="cents", at_most=2**53 - 1)
    decided = vote(store, asked, Decision.approve_for_run(asked, ceiling=ceiling)).decided
    assert decided is not None
    _, journal = taken(store)
    journal.append(approval(asked, decided), intent(1, granted=1), durable=True)
    (budget,) = store.approvals.budgets("r")
    assert (budget.calls_max, budget.sum_max) == (2**31 - 1, 2**53 - 1)


def test_a_run_of_another_version_is_refused_with_its_reason(store: Store, store_url: str) -> None:
    """An error of the store's, and the others can be taken."""
    for run_id in ("new", "old", "odd", "mine"):
        store.runs.add(REQUEST, run_id=run_id)
    put(store_url, runs, "new", '{"source":"","novel":1}')
    put(store_url, runs, "old", "{}")
    put(store_url, runs, "odd", "[]")

    for run_id in ("new", "old", "odd"):
        with pytest.raises(StoreError) as caught:
            store.runs.take(run_id, now_ms=NOW)
        assert "another version of belljar" in caught.value.message
    assert store.runs.take("mine", now_ms=NOW) is not None
    assert RunRequest.from_json(REQUEST.to_json()) == REQUEST
