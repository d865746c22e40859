"""Requests, decisions, the digest that ties them, and the approvers that need no terminal."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import threading
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from belljar.errors import SerializationError, UsageError
from belljar.tools import (
    ApprovalFigures,
    ApprovalRequest,
    ApprovalStatistics,
    Approver,
    AutoApprover,
    CallbackApprover,
    Decision,
    DeferApprover,
    approval_digest,
)

ARGUMENTS = {"invoice": "A", "cents": 5}
REQUEST = ApprovalRequest(
    id="q1",
    run_id="r1",
    script_sha256="ab" * 32,
    ordinal=2,
    call_id="c3",
    tool="mcp.bank.pay",
    arguments=ARGUMENTS,
    display=ARGUMENTS,
    excerpt="> 1 | await tools.mcp.bank.pay(...)",
    line=1,
    column=7,
    reason="it costs money",
    elapsed_ms=10,
    expires_ms=60_000,
    digest=approval_digest("ab" * 32, 2, "mcp.bank.pay", ARGUMENTS),
)


def answer(approver: Approver, request: ApprovalRequest = REQUEST) -> Decision:
    decision = asyncio.run(approver.decide(request))
    assert isinstance(decision, Decision)
    return decision


def test_the_digest_is_what_the_documentation_says() -> None:
    """SHA-256 over the domain prefix and the RFC 8785 text of the four facts, bytes in their wire form."""
    text = (
        b'belljar.approval.v1\x00{"arguments":{"b":{"$bytes":"/w=="},"n":1},"ordinal":0,"script":"'
        + b"00" * 32
        + b'","tool":"f"}'
    )

    assert approval_digest("00" * 32, 0, "f", {"n": 1, "b": b"\xff"}) == hashlib.sha256(text).hexdigest()


FACTS = st.tuples(
    st.text("ab", max_size=2),
    st.integers(0, 3),
    st.sampled_from(["f", "g"]),
    st.dictionaries(st.sampled_from(["a", "$bytes"]), st.sampled_from([1, "1", b"1", "MQ==", None])),
)


@given(FACTS, FACTS)
@settings(max_examples=100, derandomize=True, deadline=None)
def test_two_digests_are_equal_exactly_when_the_facts_are(first: Any, second: Any) -> None:
    """Script, ordinal, tool or any argument: each changes the digest; the order of keys does not."""
    assert (approval_digest(*first) == approval_digest(*second)) == (first == second)


def test_arguments_that_are_no_data_have_no_digest() -> None:
    """What cannot be written down cannot be approved."""
    with pytest.raises(SerializationError) as caught:
        approval_digest("", 0, "f", {"x": object()})

    assert caught.value.details == {"path": "$.x"}


def test_decisions_carry_the_requests_digest() -> None:
    """Each constructor binds to the request; only an edit has arguments."""
    digest = REQUEST.digest

    assert Decision.approve(REQUEST, who="ann", at_ms=5) == Decision(
        verdict="approve", digest=digest, who="ann", at_ms=5
    )
    assert Decision.approve_for_run(REQUEST) == Decision(verdict="approve_for_run", digest=digest)
    assert Decision.deny(REQUEST, "too much") == Decision(verdict="deny", digest=digest, reason="too much")
    assert Decision.edit(REQUEST, {"cents": 1}) == Decision(verdict="approve", digest=digest, arguments={"cents": 1})
    assert [Decision.approve(REQUEST).is_approval, Decision.deny(REQUEST).is_approval] == [True, False]


def test_an_edit_is_not_changed_from_outside_afterwards() -> None:
    """The decision keeps its own copy of the replaced arguments' keys."""
    changed = {"cents": 1}
    decision = Decision.edit(REQUEST, changed)
    changed["cents"] = 1_000_000

    assert decision.arguments == {"cents": 1}


@pytest.mark.parametrize("facts", [{"verdict": "maybe"}, {"verdict": "deny", "arguments": {}}])
def test_contradictory_decisions_are_refused(facts: dict[str, Any]) -> None:
    """There are three verdicts, and a denial changes no arguments."""
    with pytest.raises(UsageError):
        Decision(digest="", **facts)


def test_requests_and_decisions_are_frozen() -> None:
    """What was asked and answered stays as it was."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        REQUEST.tool = "other"  # type: ignore[misc]  # the point of the test
    with pytest.raises(dataclasses.FrozenInstanceError):
        Decision.deny(REQUEST).verdict = "approve"  # type: ignore[misc]  # the point of the test


@pytest.mark.parametrize(
    ("said", "decision"),
    [
        (True, Decision.approve(REQUEST, who="callback")),
        (False, Decision.deny(REQUEST, who="callback")),
        ("not today", Decision.deny(REQUEST, "not today", who="callback")),
        (Decision.approve_for_run(REQUEST, who="ann"), Decision.approve_for_run(REQUEST, who="ann")),
    ],
)
def test_a_callback_may_say_it_in_four_ways(said: bool | str | Decision, decision: Decision) -> None:
    """True, False, a reason to deny, or a whole decision; from a sync or an async function."""

    async def later(_: ApprovalRequest) -> bool | str | Decision:
        return said

    assert answer(CallbackApprover(lambda _: said)) == decision
    assert answer(CallbackApprover(later)) == decision
    assert answer(CallbackApprover(lambda request: later(request))) == decision


def test_a_callback_that_says_nothing_approves_nothing() -> None:
    """None leaves the question open; anything else that is no answer is an error."""
    vague: Any = lambda _: 1  # noqa: E731 - typed as Any on purpose

    for approver in (CallbackApprover(lambda _: None), DeferApprover()):
        assert asyncio.run(approver.decide(REQUEST)) is None
    with pytest.raises(UsageError, match="with a bool, a str, a Decision or None, not a int"):
        answer(CallbackApprover(vague))
    not_callable: Any = 5
    with pytest.raises(UsageError, match="CallbackApprover takes a function, got a int"):
        CallbackApprover(not_callable)


def test_a_callbacks_error_reaches_the_host() -> None:
    """An exception is no decision; the host takes it for a denial."""
    with pytest.raises(ZeroDivisionError):
        answer(CallbackApprover(lambda _: 1 / 0))  # type: ignore[arg-type, return-value]  # never returns


def test_a_sync_callback_blocks_no_event_loop() -> None:
    """It runs in another thread, so the loop can set what it waits for."""
    asked = threading.Event()

    async def both() -> Decision:
        deciding = asyncio.create_task(CallbackApprover(lambda _: asked.wait(10)).decide(REQUEST))
        await asyncio.sleep(0)
        asked.set()
        decision = await deciding
        assert decision is not None
        return decision

    assert asyncio.run(both()).is_approval


@pytest.mark.parametrize(
    ("policy", "verdict", "reason", "who"),
    [
        ("all", "approve", "", "policy *"),
        ("none", "deny", "the policy denies this tool", "policy *"),
        ({"mcp.bank.*": "approve", "*": "deny"}, "approve", "", "policy mcp.bank.*"),
        ({"*.pay": "deny", "*": "approve"}, "deny", "the policy denies this tool", "policy *.pay"),
        ({"mcp.Bank.*": "approve"}, "deny", "no rule of the policy allows this tool", "policy"),
        ({}, "deny", "no rule of the policy allows this tool", "policy"),
    ],
)
def test_a_policy_decides_by_the_first_pattern_that_fits(policy: Any, verdict: str, reason: str, who: str) -> None:
    """Case counts, order counts, and what no pattern fits is denied."""
    decision = answer(AutoApprover(policy))

    assert (decision.verdict, decision.reason, decision.who) == (verdict, reason, who)
    assert decision.digest == REQUEST.digest


@pytest.mark.parametrize("policy", ["some", {"*": "maybe"}, 5])
def test_a_policy_that_says_nothing_known_is_refused(policy: Any) -> None:
    """A misspelt policy is found when it is given, not at the first question."""
    with pytest.raises(UsageError, match="policy"):
        AutoApprover(policy)


def test_statistics_count_requests_endings_and_time_to_decide() -> None:
    """Time to decide is over what a person or policy decided, not over what ran out."""
    statistics = ApprovalStatistics()
    for _ in range(7):
        statistics.count_request()
    for ending, waited_ms in (("approved", 10), ("edited", 20), ("denied", 60), ("timed_out", 999), ("cancelled", 5)):
        statistics.count_ending(ending, waited_ms=waited_ms)  # type: ignore[arg-type]  # mypy widens the tuple to str

    assert statistics.figures == ApprovalFigures(
        requested=7, approved=1, edited=1, denied=1, timed_out=1, cancelled=1, decide_ms_total=90, decide_ms_max=60
    )
    assert (statistics.figures.open, statistics.figures.decide_ms_mean) == (2, 30.0)
    assert statistics.figures.to_dict()["requested"] == 7
    assert ApprovalFigures().decide_ms_mean is None


def test_an_unknown_ending_is_refused() -> None:
    """There are five ways in which a request ends."""
    ending: Any = "forgotten"

    with pytest.raises(UsageError, match="an approval ends approved, edited, denied, timed_out, cancelled"):
        ApprovalStatistics().count_ending(ending, waited_ms=0)


def test_statistics_lose_no_count_between_threads() -> None:
    """Four threads count a thousand requests each."""
    statistics = ApprovalStatistics()

    def count_a_thousand() -> None:
        for _ in range(1_000):
            statistics.count_request()

    threads = [threading.Thread(target=count_a_thousand) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert statistics.figures.requested == 4_000
