"""Tools that find out in the middle of their work that a person must agree."""

from __future__ import annotations

import asyncio

import belljar
from belljar import AutoApprover, CallInfo, DeferApprover, Harness, tool
from belljar.errors import ApprovalDeniedError, ToolExecutionError
from belljar.tools import DecisionNeeded

LOG: list[tuple[int, bool]] = []


@tool
def pay(cents: int, call: CallInfo) -> int:
    """Pay; large sums only when somebody agreed."""
    LOG.append((cents, call.is_approved))
    if cents > 10 and not call.is_approved:
        raise DecisionNeeded("more than 10")
    return cents


@tool
def stubborn() -> None:
    """Asks whatever was decided."""
    raise DecisionNeeded


SCRIPT = "return [await tools.pay({cents: 1}), await tools.pay({cents: 20})]"


def test_a_call_is_asked_about_and_made_again_when_somebody_agrees() -> None:
    """The journal has the question; the replay gives the same bytes."""
    LOG.clear()

    outcome = belljar.run(SCRIPT, tools=[pay], approver=AutoApprover("all"))

    assert (outcome.value, LOG) == ([1, 20], [(1, False), (20, False), (20, True)])
    assert [record.type for record in outcome.journal.records].count("approval") == 1
    assert belljar.replay(outcome.journal).sha256 == outcome.sha256


def test_a_run_is_suspended_for_it_and_goes_on_elsewhere() -> None:
    """After the suspension the question is asked at once: the body is not run again before somebody agreed."""
    LOG.clear()

    async def main() -> tuple[str, object, str]:
        async with Harness([pay], approver=DeferApprover()) as harness:
            first = await harness.run(SCRIPT)
        assert first.suspension is not None
        [request] = first.suspension.pending
        async with Harness([pay]) as harness:
            second = await harness.resume(first.suspension.state, {request.id: True})
        return first.status, second.value, request.reason

    assert asyncio.run(main()) == ("suspended", [1, 20], "more than 10")
    assert LOG == [(1, False), (20, False), (20, True)]


def test_a_denial_is_the_scripts_error() -> None:
    """Nothing is made twice, and what was asked is known to be denied."""
    LOG.clear()

    outcome = belljar.run(SCRIPT, tools=[pay], approver=AutoApprover("none"))

    assert isinstance(outcome.error, ApprovalDeniedError)
    assert LOG == [(1, False), (20, False)]


def test_a_tool_that_asks_again_after_an_approval_fails() -> None:
    """Otherwise it would ask for ever."""
    outcome = belljar.run("await tools.stubborn()", tools=[stubborn], approver=AutoApprover("all"))

    assert isinstance(outcome.error, ToolExecutionError)


def test_other_calls_go_on_while_it_is_asked_about() -> None:
    """The place of a call that waits is free for the next."""
    LOG.clear()
    source = "return await Promise.all([tools.pay({cents: 20}), tools.pay({cents: 2}), tools.pay({cents: 3})])"
    limits = belljar.Limits(concurrent_calls=1)

    outcome = belljar.run(source, tools=[pay], approver=DeferApprover(), limits=limits)

    assert (outcome.status, LOG) == ("suspended", [(20, False), (2, False), (3, False)])
