"""Quorum and Ceiling: on whose word a tool may be called, and how far an approval for the run goes."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from belljar import Ceiling, Quorum, tool
from belljar.errors import UsageError
from belljar.tools._terms import Grant


@pytest.mark.parametrize(
    ("needed", "of"), [(0, ("ana",)), (2, ("ana",)), (True, ("ana",)), (1, ()), (1, ("ana", "ana"))]
)
def test_a_quorum_that_nobody_can_reach_or_anybody_is_refused(needed: Any, of: tuple[str, ...]) -> None:
    """From one of its people to all of them, and each named once."""
    with pytest.raises(UsageError):
        Quorum(needed=needed, of=of)


@pytest.mark.parametrize(
    "second",
    ["ana ", "Ana", "\u200bana", "a,na", "\uff41na", "", "\n", "a" * 101, 5, "Belljar", "vm:1:deadbeef"],
    ids=repr,
)
def test_names_that_are_one_person_or_none_are_refused(second: Any) -> None:
    """Spaces, case, full-width letters and invisible characters make no second person; a list is joined with commas."""
    with pytest.raises(UsageError):
        Quorum(needed=2, of=("ana", second))


def test_a_name_is_kept_in_one_form() -> None:
    """Composed or not, with spaces around it or not."""
    assert Quorum(needed=1, of=(" zoe\u0308 ",)).of == ("zo\u00eb",)


def test_a_quorum_belongs_to_a_tool_that_asks() -> None:
    """Where nobody is asked there is nobody to count."""
    with pytest.raises(UsageError, match="of a tool that has an approval"):

        @tool(quorum=Quorum(needed=1, of=("ana",)))
        def pay() -> None:
            """Pay."""


@pytest.mark.parametrize(
    "facts",
    [{}, {"calls": 0}, {"calls": True}, {"sum_of": "cents"}, {"at_most": 5}, {"sum_of": "cents", "at_most": -1},
     {"sum_of": "cents", "at_most": float("nan")},
        {"sum_of": "cents", "at_most": float("inf")}, {"sum_of": "cents", "at_most": 2**60}, {"calls": 2**31}],
)  # fmt: skip
def test_a_ceiling_that_bounds_nothing_is_refused(facts: dict[str, Any]) -> None:
    """A number of calls, a sum over an argument, or both."""
    with pytest.raises(UsageError):
        Ceiling(**facts)


@pytest.mark.parametrize("value", [None, True, "5", -1, float("nan"), float("inf")])
def test_a_call_whose_argument_is_no_amount_is_beyond_the_ceiling(value: Any) -> None:
    """What cannot be added up is asked about."""
    assert not Ceiling(sum_of="cents", at_most=10**9).covers({"cents": value})
    assert not Ceiling(sum_of="cents", at_most=10**9).covers({})


def test_amounts_too_small_for_a_float_are_added_up_too() -> None:
    """One is full: nothing more goes in, however little."""
    grant = Grant(ordinal=1, ceiling=Ceiling(sum_of="cents", at_most=1))
    grant.use({"cents": 1.0})

    assert not grant.covers({"cents": 5e-17})
    assert grant.covers({"cents": 0})


@given(st.lists(st.integers(min_value=0, max_value=50), max_size=12), st.integers(1, 6), st.integers(0, 120))
@settings(derandomize=True, deadline=None, max_examples=60)
def test_a_grant_covers_calls_as_long_as_their_number_and_sum_stay_within(
    amounts: list[int], calls: int, at_most: int
) -> None:
    """The law: what was let through is at most so many, and at most so much; and nothing less was held back."""
    grant = Grant(ordinal=1, ceiling=Ceiling(calls=calls, sum_of="cents", at_most=at_most))
    through: list[int] = []
    for amount in amounts:
        is_within = len(through) + 1 <= calls and sum(through) + amount <= at_most
        assert grant.covers({"cents": amount}) == is_within
        if is_within:
            grant.use({"cents": amount})
            through.append(amount)
    assert (grant.calls, grant.total) == (len(through), Fraction(sum(through)))
