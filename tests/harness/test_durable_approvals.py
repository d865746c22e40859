"""Approvals as objects: asked by one process, answered through the store, used by another."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, TypeVar

import pytest

from belljar import Ceiling, Decision, Harness, Limits, Outcome, Quorum, tool
from belljar.errors import DecisionRefusedError, NotInStoreError, UsageError
from belljar.journal import Record
from belljar.store import Question, Store, open_store
from belljar.tools._clock import wall_ms

T = TypeVar("T")
PAID: list[int] = []


@tool(approval="always")
def refund(invoice: str, cents: int) -> int:
    """Give money back."""
    assert invoice == "A"
    PAID.append(cents)
    return cents


@tool(approval="always", quorum=Quorum(needed=2, of=("ana", "ben", "cy")))
def wire(cents: int) -> int:
    """Send money."""
    PAID.append(cents)
    return cents


@pytest.fixture
def store(tmp_path: Path) -> Any:
    PAID.clear()
    with open_store(tmp_path / "runs.db") as opened:
        yield opened


def run(store: Store, source: str, **options: Any) -> Outcome:
    async def main() -> Outcome:
        async with Harness([refund, wire], store=store, **options) as harness:
            return await harness.run(source)

    return asyncio.run(main())


def resume(store: Store, run_id: str, **options: Any) -> Outcome:
    """In a harness of its own, as another process would."""

    async def main() -> Outcome | None:
        async with Harness([refund, wire], store=store, **options) as harness:
            return await harness.resume_run(run_id)

    outcome = asyncio.run(main())
    assert outcome is not None
    return outcome


def vote(store: Store, question: Question, decision: Decision, *, who: str = "ana") -> Any:
    return store.approvals.vote(question.id, decision, who=who, source="test", now_ms=wall_ms())


def asked(question: Question) -> Any:
    assert question.request is not None
    return question.request


def approve(store: Store, question: Question, *, who: str = "ana") -> Any:
    return vote(store, question, Decision.approve(asked(question)), who=who)


def test_a_question_waits_in_the_store_and_its_answer_is_used_by_whoever_goes_on(store: Store) -> None:
    """Friday and Monday: the decision carries who, when and from where, and is used once."""
    outcome = run(store, "return await tools.refund({invoice: 'A', cents: 5})")
    (question,) = store.approvals.open()
    approve(store, question)
    resumed = resume(store, outcome.run_id)

    used = store.approvals.get(question.id)
    assert (outcome.status, resumed.value, PAID) == ("suspended", 5, [5])
    assert (used.state, [(vote.who, vote.source) for vote in used.votes]) == ("used", [("ana", "test")])


def test_answering_twice_is_harmless_and_the_second_is_told_what_holds(store: Store) -> None:
    """One decision, whoever comes later: it is not an error, and it changes nothing."""
    run(store, "return await tools.refund({invoice: 'A', cents: 5})")
    (question,) = store.approvals.open()
    first = approve(store, question)
    second = vote(store, question, Decision.deny(asked(question), "no"), who="ben")

    assert (first.is_new, second.is_new) == (True, False)
    assert (second.decided.verdict, second.decided.who) == ("approve", "ana")


def test_edited_arguments_are_what_runs_and_both_versions_are_kept(store: Store) -> None:
    """The decision is on what was asked; the new digest is that of what is made instead."""
    outcome = run(store, "return await tools.refund({invoice: 'A', cents: 500})")
    (question,) = store.approvals.open()
    with pytest.raises(DecisionRefusedError, match=r"\$\.cents: 'x' is not of type 'integer'"):
        vote(store, question, Decision.edit(asked(question), {"invoice": "A", "cents": "x"}))
    vote(store, question, Decision.edit(asked(question), {"invoice": "A", "cents": 50}))

    kept = store.approvals.get(question.id)
    assert resume(store, outcome.run_id).value == 50
    assert (asked(kept).arguments["cents"], kept.decision and kept.decision.arguments) == (
        500, {"invoice": "A", "cents": 50},
    )  # fmt: skip
    assert kept.edited_digest not in (None, kept.digest)


def test_a_denial_reaches_the_script_with_its_reason(store: Store) -> None:
    """It may catch it, like any."""
    outcome = run(store, "try { await tools.refund({invoice: 'A', cents: 5}) } catch (e) { return e.message }")
    (question,) = store.approvals.open()
    vote(store, question, Decision.deny(asked(question), "not this month"))

    assert resume(store, outcome.run_id).value == "the call of refund was denied: not this month"
    assert PAID == []


REFUNDS = """
    const got = [];
    for (const cents of [1000, 2000, 1500, 600, 100]) got.push(await tools.refund({invoice: 'A', cents}));
    return got;
"""


@pytest.mark.parametrize(
    ("ceiling", "before"), [(Ceiling(calls=3), 3), (Ceiling(sum_of="cents", at_most=5_000), 3), (Ceiling(calls=5), 5)]
)
def test_an_approval_for_the_run_goes_as_far_as_its_ceiling(store: Store, ceiling: Ceiling, before: int) -> None:
    """Then the next call is asked about, and the ceiling still holds in the process after that."""
    outcome = run(store, REFUNDS)
    (question,) = store.approvals.open()
    vote(store, question, Decision.approve_for_run(asked(question), ceiling=ceiling))
    resumed = resume(store, outcome.run_id)

    assert len(PAID) == before
    assert resumed.status == ("done" if before == 5 else "suspended")
    (budget,) = store.approvals.budgets(outcome.run_id)
    assert (budget.calls_used, budget.sum_used) == (before, sum(PAID) if ceiling.sum_of else 0)


def test_a_ceiling_below_the_call_itself_is_refused(store: Store) -> None:
    """It would approve nothing."""
    run(store, "return await tools.refund({invoice: 'A', cents: 500})")
    (question,) = store.approvals.open()

    with pytest.raises(DecisionRefusedError, match="below the call itself"):
        vote(store, question, Decision.approve_for_run(asked(question), ceiling=Ceiling(sum_of="cents", at_most=499)))


def test_a_quorum_needs_so_many_of_its_people_and_nobody_else(store: Store) -> None:
    """One approval of two leaves it open; a stranger's does not count; the same person's second is none."""
    outcome = run(store, "return await tools.wire({cents: 7})")
    (question,) = store.approvals.open()
    with pytest.raises(DecisionRefusedError, match="dan is not among those who are asked: ana, ben, cy"):
        approve(store, question, who="dan")
    assert approve(store, question, who="ana").decided is None
    assert not approve(store, question, who="ana").is_new
    assert store.runs.ready(now_ms=wall_ms()) == []
    assert approve(store, question, who="cy").decided.who == "ana, cy"

    assert resume(store, outcome.run_id).value == 7


def test_an_approver_of_the_process_has_no_say_where_several_are_needed(store: Store) -> None:
    """Who runs the script cannot be the one who agrees to it."""
    from belljar import AutoApprover

    outcome = run(store, "return await tools.wire({cents: 7})", approver=AutoApprover("all"))

    assert (outcome.status, PAID) == ("suspended", [])


def test_a_tool_that_asks_several_people_needs_a_store() -> None:
    """Nothing else can gather their words."""

    async def main() -> None:
        async with Harness([wire]) as harness:
            await harness.run("return 1")

    with pytest.raises(UsageError, match="wire needs the word of several people"):
        asyncio.run(main())


def test_several_pending_calls_are_answered_together(store: Store) -> None:
    """One resumption takes them all."""
    outcome = run(
        store,
        "return await Promise.all([1, 2, 3].map(n => tools.refund({invoice: 'A', cents: n}).catch(e => e.name)))",
    )
    first, second, third = store.approvals.open()
    approve(store, first)
    vote(store, second, Decision.deny(asked(second)))
    approve(store, third)

    assert resume(store, outcome.run_id).value == [1, "ApprovalDeniedError", 3]


def test_a_run_goes_on_with_the_answers_that_are_there_and_waits_for_the_rest(store: Store) -> None:
    """The open question stays the same question, with the same id and digest."""
    outcome = run(store, "return await Promise.all([1, 2].map(n => tools.refund({invoice: 'A', cents: n})))")
    first, second = store.approvals.open()
    approve(store, first)
    resumed = resume(store, outcome.run_id)

    (still,) = store.approvals.open()
    assert (resumed.status, PAID, still.id, still.digest) == ("suspended", [1], second.id, second.digest)
    approve(store, still)
    assert (resume(store, outcome.run_id).value, PAID) == ([1, 2], [1, 2])


def test_a_question_that_waited_too_long_expires_and_cannot_be_answered(store: Store) -> None:
    """The script gets ApprovalTimeoutError; the record says who came too late: nobody."""
    outcome = run(
        store,
        "try { await tools.refund({invoice: 'A', cents: 5}) } catch (e) { return e.name }",
        limits=Limits(open_approval_ms=1_000),
    )
    (question,) = store.approvals.open()
    later = question.expires_ms + 1
    assert store.approvals.expire(later) == 1
    with pytest.raises(DecisionRefusedError, match="the question has expired"):
        store.approvals.vote(question.id, Decision.approve(asked(question)), who="ana", source="test", now_ms=later)

    assert [ready.id for ready in store.runs.ready(now_ms=later)] == [outcome.run_id]
    assert (resume(store, outcome.run_id).value, PAID) == ("ApprovalTimeoutError", [])


def test_the_running_time_does_not_count_the_wait(store: Store) -> None:
    """What a person takes is no time of the run's; what the run took before counts."""
    outcome = run(store, "return await tools.refund({invoice: 'A', cents: 5})", limits=Limits(timeout_ms=2_000))
    spent = store.runs.get(outcome.run_id).spent_ms
    (question,) = store.approvals.open()
    approve(store, question)
    resumed = resume(store, outcome.run_id)

    assert resumed.ok
    assert resumed.figures.duration_ms >= spent


def test_what_nobody_asked_cannot_be_answered(store: Store) -> None:
    """An id that is not there is an error of its own."""
    run(store, "return await tools.refund({invoice: 'A', cents: 5})")
    (question,) = store.approvals.open()

    with pytest.raises(NotInStoreError):
        store.approvals.vote("run_x:1", Decision.approve(asked(question)), who="ana", source="t", now_ms=wall_ms())


def test_every_step_of_an_approval_is_in_the_audit_log_with_who_when_and_from_where(store: Store) -> None:
    """Requested, voted, decided, used: in this order, unbroken."""
    outcome = run(store, "return await tools.refund({invoice: 'A', cents: 5})")
    (question,) = store.approvals.open()
    approve(store, question)
    resume(store, outcome.run_id)

    told = [record for record in store.audit.records() if record.event.startswith("approval.")]
    assert [record.event for record in told] == [
        "approval.requested", "approval.voted", "approval.decided", "approval.used",
    ]  # fmt: skip
    assert [record.facts["actor"] for record in told[1:3]] == ["ana", "ana"]
    assert told[1].facts["details"]["source"] == "test"
    assert store.audit.verify().records == store.audit.head()[0]


def test_a_decision_on_what_a_tool_was_is_none_on_what_it_is_now(store: Store) -> None:
    """A deployment renames an argument: what was approved is not what would run, and the call is denied."""

    @tool(name="refund", approval="always")
    def before(cents: int) -> int:
        """Give money back."""
        return cents

    @tool(name="refund", approval="always")
    def after(euros: int) -> int:
        """Give money back."""
        PAID.append(euros)
        return euros

    async def main(given: object, run_id: str | None) -> Outcome | None:
        async with Harness([given], store=store) as harness:  # type: ignore[list-item]  # one of the two above
            source = "try { return await tools.refund(5) } catch (e) { return e.message }"
            return await (harness.run(source) if run_id is None else harness.resume_run(run_id))

    first = asyncio.run(main(before, None))
    assert first is not None
    (question,) = store.approvals.open()
    approve(store, question)
    second = asyncio.run(main(after, first.run_id))

    assert second is not None
    assert (second.value, PAID) == ("the call of refund was denied: what was decided on is another call", [])
    assert store.approvals.get(question.id).state == "used"


def test_what_was_asked_is_asked_still_when_the_process_dies_between_two_decisions(store: Store) -> None:
    """One call was approved for the run, the other denied: the approval answers no question but its own."""
    script = "return await Promise.all([1, 2].map(n => tools.refund({invoice: 'A', cents: n}).catch(e => e.name)))"
    run_id = run(store, script).run_id
    first, second = store.approvals.open()
    vote(store, first, Decision.approve_for_run(asked(first)))
    vote(store, second, Decision.deny(asked(second), "never"), who="ben")
    lease = store.runs.take(run_id, now_ms=wall_ms())
    assert lease is not None
    journal = store.runs.journal(run_id)
    journal.go_on_in(store.sink(lease))
    facts = {"call": 1, "request": first.id, "tool": "refund", "digest": first.digest, "verdict": "approve_for_run"}
    journal.append(Record("approval", facts | {"who": "ana", "reason": "", "at_ms": wall_ms()}), durable=True)
    store.runs.release(lease)

    assert resume(store, run_id).value == [1, "ApprovalDeniedError"]
    assert PAID == [1]


def test_secrets_of_the_harness_stay_out_of_the_log_of_a_store_that_the_caller_opened(store: Store) -> None:
    """The log is the store's, the secrets are the harness's: they are told to it."""
    run(
        store,
        "try { await tools.refund({invoice: 'A-secret', cents: 5}) } catch (e) { return 0 }",
        secrets=["A-secret"],
    )

    assert not [record for record in store.audit.records() if "A-secret" in record.text]
