"""Time on a line."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from belljar.web._axis import BREAK_WIDTH, Stretch, make_axis

TIMES = st.integers(0, 10**9)
SPANS = st.lists(st.tuples(TIMES, TIMES).map(lambda pair: (min(pair), max(pair))), max_size=8)


@settings(derandomize=True, deadline=None, max_examples=80)
@given(TIMES, TIMES, SPANS, st.lists(TIMES, min_size=2, max_size=6))
def test_later_never_lies_before_earlier(one: int, other: int, busy: list[tuple[int, int]], moments: list[int]) -> None:
    """Whatever is cut out: the order of time is the order of places, and all of it lies on the axis."""
    axis = make_axis(min(one, other), max(one, other), busy, width=700)
    places = [axis.place(ms) for ms in sorted(moments)]

    assert places == sorted(places)
    assert all(-1e-6 <= place <= 700 + 1e-6 for place in places)
    assert abs(axis.place(max(one, other) + 1) - 700) < 1e-6


@settings(derandomize=True, deadline=None, max_examples=80)
@given(TIMES, TIMES, SPANS)
def test_stretches_follow_each_other(one: int, other: int, busy: list[tuple[int, int]]) -> None:
    """No time is left out and none is drawn twice."""
    axis = make_axis(min(one, other), max(one, other), busy, width=700)
    edges = [(a.end_ms, round(a.right, 6)) for a in axis.stretches[:-1]]

    assert edges == [(b.start_ms, round(b.left, 6)) for b in axis.stretches[1:]]
    assert all(stretch.start_ms < stretch.end_ms for stretch in axis.stretches)


def test_a_wait_of_days_is_drawn_short() -> None:
    """Two seconds of work around three days of waiting: the work has the room."""
    days = 3 * 86_400_000
    axis = make_axis(0, days + 2_000, [(0, 1_000), (days + 1_000, days + 2_000)], width=744)

    assert axis.stretches == (
        Stretch(start_ms=0, end_ms=1_000, left=0.0, right=350.0, is_broken=False),
        Stretch(start_ms=1_000, end_ms=days + 1_000, left=350.0, right=350.0 + BREAK_WIDTH, is_broken=True),
        Stretch(start_ms=days + 1_000, end_ms=days + 2_000, left=394.0, right=744.0, is_broken=False),
    )
    assert [stretch.is_broken for stretch in axis.breaks] == [True]


def test_a_wait_that_is_no_longer_than_the_work_stays_whole() -> None:
    """The axis is broken only where the rest would be too small to see."""
    axis = make_axis(0, 4_000, [(0, 2_000), (3_000, 4_000)], width=700)

    assert axis.breaks == ()
    assert axis.place(2_000) == 350.0


def test_a_run_of_nothing_but_waiting_has_an_axis() -> None:
    """Also one of no length at all."""
    assert make_axis(5, 5, [], width=700).place(5) == 0.0
    assert make_axis(0, 10_000, [], width=700).place(5_000) == 350.0
