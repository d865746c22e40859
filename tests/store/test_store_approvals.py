"""Votes and decisions: who may, what fits, what they come to, and that each is counted once. On both databases."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from store_support import NOW, Ceiling, Decision, Quorum, begun, question, suspend, suspended

from belljar.errors import DecisionRefusedError, NotInStoreError
from belljar.store import Standing, Store, open_store
from belljar.tools import ApprovalRequest
from belljar.tools._approval import approval_digest

TWO_OF_THREE = Quorum(needed=2, of=("ann", "bob", "eve"))


def vote(store: Store, request: ApprovalRequest, decision: Decision, who: str = "ann", now_ms: int = NOW) -> Standing:
    return store.approvals.vote(request.id, decision, who=who, source="cli", now_ms=now_ms)


def test_one_answer_decides_where_no_quorum_is_asked(store: Store) -> None:
    """The question has the vote, the decision and when; the run is ready."""
    asked = suspended(store)
    standing = vote(store, asked, Decision.approve(asked, reason="fine"))

    decision = Decision(verdict="approve", digest=asked.digest, reason="fine", who="ann", at_ms=NOW)
    assert (standing.is_new, standing.decided) == (True, decision)
    found = store.approvals.get(asked.id)
    assert found == standing.question
    assert (found.state, found.decision, found.decided_ms, found.edited_digest) == ("decided", decision, NOW, None)
    (cast,) = found.votes
    assert (cast.who, cast.source, cast.at_ms, cast.verdict, cast.digest) == (
        "ann",
        "cli",
        NOW,
        "approve",
        asked.digest,
    )
    assert [run.id for run in store.runs.ready(now_ms=NOW)] == ["r"]
    assert store.approvals.decision_for(asked.id, asked.digest, NOW) == decision


def test_answering_twice_changes_nothing_and_says_what_holds(store: Store) -> None:
    """The same person again, or another one later with another answer."""
    asked = suspended(store)
    vote(store, asked, Decision.approve(asked))

    for who in ("ann", "bob"):
        standing = vote(store, asked, Decision.deny(asked, "no"), who, NOW + 5)
        assert (standing.is_new, standing.decided and standing.decided.who) == (False, "ann")
    assert len(store.approvals.get(asked.id).votes) == 1
    assert len(store.audit.find(event="approval.voted")) == 1


def test_two_people_at_once_make_one_decision_and_the_other_is_told(store: Store, store_url: str) -> None:
    """Two processes, the same moment: one vote counts."""
    asked = suspended(store)
    barrier, standings = threading.Barrier(2), []

    def answer(who: str, decision: Decision) -> None:
        with open_store(store_url) as own:
            barrier.wait()
            standings.append(vote(own, asked, decision, who))

    threads = [
        threading.Thread(target=answer, args=("ann", Decision.approve(asked))),
        threading.Thread(target=answer, args=("bob", Decision.deny(asked))),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(standing.is_new for standing in standings) == [False, True]
    assert standings[0].decided == standings[1].decided == store.approvals.get(asked.id).decision
    assert len(store.audit.find(event="approval.decided")) == 1


def test_edited_arguments_have_a_digest_of_their_own_and_both_are_kept(store: Store) -> None:
    """What was asked and what was agreed to, each by its digest, in the question and in the audit log."""
    asked = suspended(store)
    vote(store, asked, Decision.edit(asked, {"order": 7, "cents": 5}))

    found = store.approvals.get(asked.id)
    edited = approval_digest(asked.script_sha256, 1, "refund", {"order": 7, "cents": 5})
    assert (found.digest, found.edited_digest, found.votes[0].digest) == (asked.digest, edited, edited)
    details = store.audit.find(event="approval.decided")[0].facts["details"]
    assert (details["digest"], details["edited_digest"]) == (asked.digest, edited)
    assert details["arguments"] == {"order": 7, "cents": 5}


def test_the_digest_of_edited_arguments_counts_the_attempt(store: Store) -> None:
    """To make a call again is another thing than to make it."""
    asked = suspended(store, "r", question("r", attempt=3))
    vote(store, asked, Decision.edit(asked, {"order": 7, "cents": 5}))

    edited = approval_digest(asked.script_sha256, 1, "refund", {"order": 7, "cents": 5}, attempt=3)
    assert store.approvals.get(asked.id).edited_digest == edited


@pytest.mark.parametrize(
    ("make", "facts", "says"),
    [
        (lambda _: Decision.approve(question("r", 9)), {}, "the decision was made on another call"),
        (lambda asked: Decision.edit(asked, {"order": "x", "cents": 1}), {}, "$.order: 'x' is not of type 'integer'"),
        (lambda asked: Decision.edit(asked, {"order": 1}), {}, "$: 'cents' is a required property"),
        (lambda asked: Decision.edit(asked, {"order": 1, "cents": b"1"}), {}, "$.cents: '' is not of type 'integer'"),
        (lambda asked: Decision.respond(asked, 1), {}, "only a call that may have taken place can be responded to"),
        (
            lambda asked: Decision.approve_for_run(asked),
            {"attempt": 2},
            "whether to make a call again is decided for this call alone",
        ),
        (
            lambda asked: Decision.approve_for_run(asked, ceiling=Ceiling(sum_of="cents", at_most=899)),
            {},
            "the ceiling is below the call itself",
        ),
        (lambda asked: Decision.approve(asked), {"who": " "}, "' ' cannot be a person's name"),
        (
            lambda asked: Decision.approve(asked),
            {"who": "mallory", "quorum": TWO_OF_THREE},
            "mallory is not among those who are asked: ann, bob, eve",
        ),
        (lambda asked: Decision.approve(asked), {"expires_ms": 0}, "the question has expired"),
        (
            lambda asked: Decision.edit(asked, {}),
            {"schema": {"$ref": "https://example.invalid/schema"}},
            "the tool's schema cannot be applied: Unresolvable: https://example.invalid/schema",
        ),
    ],
)
def test_an_answer_that_cannot_count_is_refused_with_its_reason(
    store: Store, make: Any, facts: dict[str, Any], says: str
) -> None:
    """Nothing of it is kept, and the question is as it was."""
    who = facts.get("who", "ann")
    asked = suspended(store, "r", question("r", **{name: value for name, value in facts.items() if name != "who"}))
    now_ms = store.approvals.get(asked.id).expires_ms if "expires_ms" in facts else NOW

    with pytest.raises(DecisionRefusedError) as caught:
        vote(store, asked, make(asked), who, now_ms)
    assert caught.value.message == says
    assert (store.approvals.get(asked.id).state, store.approvals.get(asked.id).votes) == ("open", ())
    assert store.audit.find(event="approval.voted") == []


def test_a_question_of_a_run_that_has_ended_takes_no_answer(store: Store) -> None:
    """Whoever answers is told that nobody waits any more."""
    asked = suspended(store)
    store.runs.cancel("r", who="ann", now_ms=NOW)

    with pytest.raises(DecisionRefusedError) as caught:
        vote(store, asked, Decision.approve(asked))
    assert caught.value.message == "the run has ended, and nobody waits for the answer"


def test_a_quorum_is_reached_by_people_who_agree(store: Store) -> None:
    """Two of three with the same answer; until then nothing is decided and the run waits."""
    asked = suspended(store, "r", question("r", quorum=TWO_OF_THREE))

    first = vote(store, asked, Decision.approve(asked, reason="a"))
    assert (first.is_new, first.decided, first.question.state) == (True, None, "open")
    assert vote(store, asked, Decision.approve(asked)).is_new is False
    assert store.runs.ready(now_ms=NOW) == []
    second = vote(store, asked, Decision.approve(asked, reason="b"), "eve", NOW + 1)
    assert second.decided == Decision(
        verdict="approve", digest=asked.digest, reason="a; b", who="ann, eve", at_ms=NOW + 1
    )
    assert [each.who for each in second.question.votes] == ["ann", "eve"]


def test_a_quorum_is_of_the_same_arguments(store: Store) -> None:
    """Two approvals of different arguments are no two approvals of anything."""
    asked = suspended(store, "r", question("r", quorum=TWO_OF_THREE))
    edited = Decision.edit(asked, {"order": 7, "cents": 5})

    assert vote(store, asked, Decision.approve(asked)).decided is None
    assert vote(store, asked, edited, "bob").decided is None
    decided = vote(store, asked, Decision.edit(asked, {"cents": 5, "order": 7}), "eve").decided
    assert decided is not None
    assert (decided.who, decided.arguments) == ("bob, eve", {"order": 7, "cents": 5})


def test_one_denial_is_enough(store: Store) -> None:
    """A quorum is needed to say yes."""
    asked = suspended(store, "r", question("r", quorum=TWO_OF_THREE))
    vote(store, asked, Decision.approve(asked))
    decided = vote(store, asked, Decision.deny(asked, "too much"), "bob").decided

    assert decided == Decision(verdict="deny", digest=asked.digest, reason="too much", who="bob", at_ms=NOW)


def test_a_response_and_a_ceiling_are_kept_whole(store: Store) -> None:
    """What somebody says that a call gave, bytes too; and how far an approval goes."""
    unknown, plain = question("r", 1, attempt=2), question("r", 2)
    suspended(store, "r", unknown, plain)
    ceiling = Ceiling(calls=5, sum_of="cents", at_most=5_000)
    vote(store, unknown, Decision.respond(unknown, {"id": b"\x01"}))
    vote(store, plain, Decision.approve_for_run(plain, ceiling=ceiling))

    one = store.approvals.decision_for(unknown.id, unknown.digest, NOW)
    two = store.approvals.decision_for(plain.id, plain.digest, NOW)
    assert isinstance(one, Decision)
    assert isinstance(two, Decision)
    assert (one.verdict, one.value, two.ceiling) == ("respond", {"id": b"\x01"}, ceiling)


def test_an_answer_given_while_no_process_runs_is_found_by_the_next_one(store: Store, store_url: str) -> None:
    """The store is all there is between Friday and Monday."""
    with open_store(store_url) as friday:
        asked = suspended(friday)
    with open_store(store_url) as weekend:
        vote(weekend, asked, Decision.approve(asked))

    assert [run.id for run in store.runs.ready(now_ms=NOW)] == ["r"]
    assert store.approvals.decision_for(asked.id, asked.digest, NOW) is not None


def test_expired_questions_are_written_down_once(store: Store) -> None:
    """`expire` counts what it ended, and the asking run hears "expired" even before."""
    asked = suspended(store, "r", question("r", expires_ms=10), question("r", 2))
    late_ms = store.approvals.get(asked.id).expires_ms

    assert store.approvals.decision_for(asked.id, asked.digest, late_ms - 1) is None
    assert store.approvals.expire(late_ms - 1) == 0
    assert store.approvals.decision_for(asked.id, asked.digest, late_ms) == "expired"
    assert (store.approvals.expire(late_ms), store.approvals.expire(late_ms)) == (1, 0)
    assert store.approvals.decision_for(asked.id, asked.digest, late_ms) == "expired"
    assert [each.id for each in store.approvals.open(run_id="r")] == ["r:2"]
    with pytest.raises(DecisionRefusedError):
        vote(store, asked, Decision.approve(asked))


def test_a_decision_is_for_the_call_that_was_asked_about(store: Store) -> None:
    """A run that makes another call under the same id gets no decision."""
    asked = suspended(store)
    vote(store, asked, Decision.approve(asked))

    with pytest.raises(DecisionRefusedError):
        store.approvals.decision_for(asked.id, "0" * 64, NOW)
    assert store.approvals.decision_for("nothing:1", asked.digest, NOW) is None


def test_several_questions_of_one_run_are_answered_together(store: Store) -> None:
    """Each has its own answer, and one wake-up goes on with both."""
    one, two = question("r", 1), question("r", 2)
    suspended(store, "r", one, two)
    vote(store, one, Decision.approve(one))
    vote(store, two, Decision.deny(two))

    assert [run.id for run in store.runs.ready(now_ms=NOW)] == ["r"]
    assert [each.decision and each.decision.verdict for each in store.approvals.find(run_id="r")] == ["deny", "approve"]


def test_questions_are_found_by_state_and_run_page_by_page(store: Store) -> None:
    """Newest first."""
    for run_id in ("a", "b"):
        begun(store, run_id)[1].append(suspend(question(run_id, 1), question(run_id, 2)), durable=True)
    vote(store, question("a", 2), Decision.approve(question("a", 2)))

    assert [each.id for each in store.approvals.find(state="decided")] == ["a:2"]
    assert [each.id for each in store.approvals.find(run_id="b")] == ["b:2", "b:1"]
    page = store.approvals.find(limit=3)
    last = page[-1]
    assert [each.id for each in page] == ["b:2", "b:1", "a:2"]
    assert [each.id for each in store.approvals.find(before=(last.asked_ms, last.id))] == ["a:1"]


def test_a_question_that_nobody_asked_is_not_there(store: Store) -> None:
    """Each way to name one says so."""
    asked = question("r")
    with pytest.raises(NotInStoreError):
        store.approvals.get("r:1")
    with pytest.raises(NotInStoreError):
        vote(store, asked, Decision.approve(asked))
