"""Who is asked, what is shown, and that nothing but what was approved is what runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from support import hang

import belljar
from belljar import ApprovalRequest, CallbackApprover, Decision, Harness, Limits, Outcome, tool
from belljar.tools import ApprovalFigures

Decide = Callable[[ApprovalRequest], Any]


class Till:
    """A tool that needs approval, and what it was called with."""

    def __init__(self) -> None:
        self.paid: list[int] = []

    @tool(approval="always")
    async def pay(self, cents: int, token: str = "") -> int:
        """Pay."""
        self.paid.append(cents)
        return cents + len(token) * 0


def ran(source: str, decide: Decide, **options: Any) -> tuple[Outcome, list[int], ApprovalFigures]:
    """The outcome of a script that may pay, the payments made, and the statistics."""
    till = Till()

    async def run() -> tuple[Outcome, ApprovalFigures]:
        async with Harness([till.pay, hang], approver=CallbackApprover(decide), **options) as harness:
            return await harness.run(source), harness.statistics.figures

    outcome, figures = asyncio.run(run())
    return outcome, till.paid, figures


CAUGHT = "try { return await tools.pay({cents: 5}) } catch (e) { return [e.code, e.message] }"


@pytest.mark.parametrize(
    ("decide", "value", "paid", "counted"),
    [
        (lambda _: True, 5, [5], "approved"),
        (lambda r: Decision.approve(r, who="ada"), 5, [5], "approved"),
        (lambda r: Decision.edit(r, {"cents": 3}), 3, [3], "edited"),
        (lambda _: False, ["ApprovalDeniedError", "the call of pay was denied"], [], "denied"),
        (lambda _: "too much", ["ApprovalDeniedError", "the call of pay was denied: too much"], [], "denied"),
        (lambda r: Decision.deny(r, "no"), ["ApprovalDeniedError", "the call of pay was denied: no"], [], "denied"),
        (
            lambda _: 1 / 0,
            ["ApprovalDeniedError", "the call of pay was denied: the approver failed (ZeroDivisionError)"],
            [],
            "denied",
        ),
        (
            lambda _: 1,
            ["ApprovalDeniedError", "the call of pay was denied: the approver failed (UsageError)"],
            [],
            "denied",
        ),
    ],
)
def test_every_answer_counts_as_what_it_is(decide: Decide, value: Any, paid: list[int], counted: str) -> None:
    """Approved, edited and denied; an approver that raises, or answers neither yes nor no, has not approved."""
    outcome, made, figures = ran(CAUGHT, decide)
    assert (outcome.value, made) == (value, paid)
    assert (
        figures.to_dict() | {"decide_ms_total": 0, "decide_ms_max": 0}
        == ApprovalFigures(requested=1, **{counted: 1}).to_dict()
    )


def test_edited_arguments_are_validated_again() -> None:
    """An edit that does not fit the schema is a ToolValidationError; the tool is not called."""
    source = "try { await tools.pay({cents: 5}) } catch (e) { return e.code }"
    outcome, paid, _ = ran(source, lambda r: Decision.edit(r, {"cents": "many"}))
    assert (outcome.value, paid) == ("ToolValidationError", [])


def test_approve_for_run_covers_later_calls_of_the_same_tool_in_the_same_run() -> None:
    """One question, three payments; the next run asks again."""
    asked: list[int] = []

    def decide(request: ApprovalRequest) -> Decision:
        asked.append(request.arguments["cents"])
        return Decision.approve_for_run(request)

    till = Till()

    async def runs() -> None:
        async with Harness([till.pay], approver=CallbackApprover(decide)) as harness:
            for _ in range(2):
                await harness.run("for (const cents of [1, 2, 3]) await tools.pay({cents})")

    asyncio.run(runs())
    assert (asked, till.paid) == ([1, 1], [1, 2, 3, 1, 2, 3])


@pytest.mark.parametrize(
    "other",
    [
        lambda _: Decision(verdict="approve", digest="0" * 64),
        lambda r: Decision.approve(replace(r, digest=r.digest[:-1] + "x")),
        lambda r: Decision.approve_for_run(replace(r, digest="")),
        lambda r: Decision.approve(
            replace(
                r,
                arguments={"cents": 1},
                digest=belljar.tools.approval_digest(r.script_sha256, r.ordinal, r.tool, {"cents": 1}),
            )
        ),
        lambda r: Decision.approve(
            replace(r, digest=belljar.tools.approval_digest(r.script_sha256, r.ordinal + 1, r.tool, r.arguments))
        ),
    ],
)
def test_a_decision_for_another_call_is_refused(other: Decide) -> None:
    """The digest of script, ordinal, tool and arguments must be that of the call that is about to be made."""
    outcome, paid, _ = ran(CAUGHT, other)
    assert outcome.value == [
        "ApprovalDeniedError",
        "the call of pay was denied: the decision was made for another call",
    ]
    assert paid == []


def test_the_decision_for_one_call_does_not_pass_for_its_twin() -> None:
    """Two calls with the same arguments are two questions with two digests; an old answer is no answer."""
    kept: list[Decision] = []

    def decide(request: ApprovalRequest) -> Decision:
        kept.append(Decision.approve(request))
        return kept[0]

    source = (
        "const codes = []; for (let i = 0; i < 2; "
        "i++) try { codes.push(await tools.pay({cents: 5})) } catch (e) { codes.push(e.code) }; "
        "return codes"
    )
    outcome, paid, _ = ran(source, decide)
    assert (outcome.value, paid) == ([5, "ApprovalDeniedError"], [5])


def test_a_script_cannot_change_what_was_asked_about() -> None:
    """Arguments are copied when the call is made; what the script does to its object afterwards changes nothing."""
    shown: list[Any] = []

    async def decide(request: ApprovalRequest) -> bool:
        shown.append(dict(request.arguments))
        return True

    source = "const o = {cents: 5}; const paying = tools.pay(o); o.cents = 5000; return await paying"
    outcome, paid, _ = ran(source, decide)
    assert (outcome.value, paid, shown) == (5, [5], [{"cents": 5}])


def test_nobody_answers() -> None:
    """After approval_timeout_ms the call fails, catchable and retryable; the tool is not called."""

    async def never(_: ApprovalRequest) -> bool:
        await asyncio.Event().wait()
        return True

    source = "try { await tools.pay({cents: 5}) } catch (e) { return [e.code, e.message, e.retryable] }"
    outcome, paid, figures = ran(source, never, limits=Limits(approval_timeout_ms=50))
    assert outcome.value == ["ApprovalTimeoutError", "nobody decided on pay within 0.05 s", True]
    assert (paid, figures.timed_out, figures.decide_ms_mean) == ([], 1, None)


def test_without_an_approver_nothing_that_needs_one_is_called() -> None:
    """Default deny."""
    till = Till()
    outcome = belljar.run(CAUGHT, tools=[till.pay])
    assert outcome.value == ["ApprovalDeniedError", "the call of pay was denied: no approver is configured"]
    assert till.paid == []


def test_waiting_for_a_person_is_not_counted() -> None:
    """A run of 100 ms may wait 250 ms for its approval; its clock stands meanwhile."""

    async def slowly(_: ApprovalRequest) -> bool:
        await asyncio.sleep(0.25)
        return True

    outcome, _, _ = ran(CAUGHT, slowly, limits=Limits(timeout_ms=100))
    assert outcome.value == 5
    assert outcome.figures.duration_ms < 100


def test_what_the_person_is_shown() -> None:
    """The line of the script, secrets hidden in the display and whole in the arguments, time so far, expiry, digest."""
    seen: list[ApprovalRequest] = []

    def decide(request: ApprovalRequest) -> bool:
        seen.append(request)
        return True

    source = "const cents = 5\nreturn await tools.pay({cents, token: 'hunter2'})"
    outcome, _, _ = ran(source, decide, limits=Limits(approval_timeout_ms=1234))
    (request,) = seen
    assert (request.tool, request.ordinal, request.line, request.column) == ("pay", 1, 2, 20)
    assert request.arguments == {"cents": 5, "token": "hunter2"}
    assert "hunter2" not in str(request.display)
    assert request.excerpt.splitlines()[0].endswith("return await tools.pay({cents, token: 'hunter2'})")
    assert (request.run_id, request.script_sha256, request.expires_ms) == (outcome.run_id, outcome.script_sha256, 1234)
    assert request.digest == belljar.tools.approval_digest(outcome.script_sha256, 1, "pay", request.arguments)


def test_a_rule_decides_by_the_validated_arguments() -> None:
    """True or a reason asks, False or an empty string does not, a rule that fails denies."""
    asked: list[str] = []

    answers: list[bool | str] = [False, True, "large", ""]

    def rule(arguments: dict[str, Any]) -> bool | str:
        if arguments["n"] == 4:
            raise KeyError("n")
        n: int = arguments["n"]
        return answers[n]

    @tool(approval=rule)
    async def act(n: int) -> int:
        """Act."""
        return n

    def decide(request: ApprovalRequest) -> bool:
        asked.append(request.reason)
        return True

    source = (
        "const out = []; for (const n of [0, 1, 2, 3, "
        "4]) try { out.push(await tools.act({n})) } catch (e) { out.push(e.code) }; "
        "return out"
    )
    outcome = belljar.run(source, tools=[act], approver=CallbackApprover(decide))
    assert outcome.value == [0, 1, 2, 3, "ApprovalDeniedError"]
    assert len(asked) == 2
    assert asked[1] == "large"


def test_a_run_that_ends_takes_its_questions_back() -> None:
    """The approver's coroutine is cancelled when the run times out or the question's call lost a race."""
    ended: list[str] = []

    async def never(request: ApprovalRequest) -> bool:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(request.tool)
        return True

    outcome, paid, figures = ran("return await Promise.race([tools.pay({cents: 5}), 1])", never)
    assert (outcome.value, paid, figures.open) == (1, [], 0)
    outcome, paid, figures = ran(
        "await Promise.all([tools.pay({cents: 5}), tools.hang()])", never, limits=Limits(timeout_ms=60)
    )
    assert outcome.error is not None
    assert (outcome.error.code, paid, ended, figures.cancelled) == ("ScriptTimeoutError", [], ["pay"], 1)


def test_other_calls_go_on_while_one_is_decided() -> None:
    """Four questions at once, answered in any order, each for its own call."""
    waiting: dict[int, asyncio.Event] = {}

    async def decide(request: ApprovalRequest) -> bool:
        cents: int = request.arguments["cents"]
        waiting[cents] = asyncio.Event()
        if len(waiting) == 4:
            for each in sorted(waiting, reverse=True):
                waiting[each].set()
        await waiting[cents].wait()
        return cents != 2

    source = "return (await Promise.allSettled([1, 2, 3, 4].map(cents => tools.pay({cents})))).map(s => s.status)"
    outcome, paid, figures = ran(source, decide)
    assert outcome.value == ["fulfilled", "rejected", "fulfilled", "fulfilled"]
    assert (sorted(paid), figures.approved, figures.denied) == ([1, 3, 4], 3, 1)
