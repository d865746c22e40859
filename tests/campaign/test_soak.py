"""The soak campaign in miniature: each part says what it measured, and finds nothing where nothing is wrong."""

from __future__ import annotations

import re

import pytest

from belljar.machine import installed_engines
from campaign import soak
from campaign.soak import BAG, Kind, Notes, Scale, growth_of, percentile, shuffled

SMALL = Scale(threads=2, processes=0, runs_each=4)


@pytest.fixture(params=installed_engines())
def notes(request: pytest.FixtureRequest) -> Notes:
    """Of one engine, empty."""
    return Notes(request.param)


def said(notes: Notes) -> str:
    """The one line that a part wrote, where it found nothing."""
    assert notes.finds == []
    (line,) = notes.lines
    return line


def test_steady_use_is_measured(notes: Notes) -> None:
    """So many runs, what they took, and what the process has then."""
    soak.steady(notes, 12, seconds=5)
    assert re.search(r"steady +12 runs, \d+/s; resident [\d.]+ MB, last third [+-][\d.]+%; \d+ desc", notes.lines[0])
    assert [find for find in notes.finds if "resident memory grows" not in find.why] == []  # too few runs to be flat


def test_runs_that_do_not_fit_into_the_time_are_told(notes: Notes) -> None:
    """Fewer runs are made, and the line says so."""
    soak.steady(notes, 100_000, seconds=0.03)
    assert re.search(r"steady +\d+ runs \(of 100,000: 0 s were up\)", notes.lines[0])


def test_a_crowd_is_measured(notes: Notes) -> None:
    """Every run of a crowd sees its own answers."""
    soak.crowd(notes, 8)
    assert re.search(r"at once +8 runs in [\d.]+ s", said(notes))


def test_threads_with_event_loops_of_their_own_are_measured(notes: Notes) -> None:
    """Two threads with four runs each."""
    soak.apart(notes, SMALL)
    assert re.search(r"threads +2 with 4 runs each: [\d.]+ s, \d+/s", said(notes))


def test_a_storm_of_cancellations_leaves_nothing(notes: Notes) -> None:
    """Cancelled, or ended before; no task, thread or descriptor is left."""
    soak.storm(notes, 15)
    assert re.search(r"storm +15 runs in [\d.]+ s: .*; left: 0 tasks, 0 threads, 0 descriptors$", said(notes))


def test_overshoot_is_measured_for_each_kind_of_endless_script(notes: Notes) -> None:
    """Five kinds, and all of them together against the target."""
    soak.overshoot(notes, limit_ms=20, seconds=0)
    assert notes.finds == []
    kinds = [line.split("idle, ")[1].split(":")[0] for line in notes.lines]
    assert kinds == ["loop", "native loop", "regular expression", "tool that hangs", "microtask flood", "all kinds"]
    assert re.search(r"all kinds: p50 .* over 20 ms, 5 runs; (within|OVER) 0.2 s at p99$", notes.lines[-1])


def test_a_run_that_ends_otherwise_is_a_find() -> None:
    """The find has the script, and says what came instead."""
    notes = Notes("quickjs")
    notes.judge(Kind(source="return 1", ends=(1,)), 1)
    notes.judge(Kind(source="return 1", ends=(1,)), "ScriptTimeoutError")
    (find,) = notes.finds
    assert (find.target, find.data) == ("soak", b"return 1")
    assert find.why == "quickjs: ended with ScriptTimeoutError, not with (1,)"


def test_memory_that_grows_is_a_find(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that gets 2 % larger over the last third has a leak."""
    sizes = iter(range(1_000, 2_000, 10))
    now = lambda: soak.Usage(resident=next(sizes), descriptors=9, threads=1, children=0)  # noqa: E731
    monkeypatch.setattr(soak.Usage, "now", now)
    notes = Notes("quickjs")
    soak.steady(notes, 12, seconds=5)
    assert ["resident memory grows" in find.why for find in notes.finds] == [True]


def test_descriptors_that_pile_up_are_a_find(monkeypatch: pytest.MonkeyPatch) -> None:
    """As are threads and processes."""
    counts = iter(range(0, 10_000, 5))
    now = lambda: soak.Usage(resident=1_000, descriptors=next(counts), threads=1, children=0)  # noqa: E731
    monkeypatch.setattr(soak.Usage, "now", now)
    notes = Notes("quickjs")
    soak.steady(notes, 12, seconds=5)
    assert [find.why.split(" from")[0] for find in notes.finds] == ["quickjs: descriptors grow"]


@pytest.mark.parametrize(
    ("sizes", "growth"),
    [
        ([5, 5, 5, 5, 5, 5, 5, 5, 5], 0.0),
        ([1, 2, 3, 4, 5, 6, 100, 100, 100], 0.0),
        ([9] * 18 + [100] * 6 + [110] * 3, 0.1),
    ],
)
def test_growth_is_that_of_the_last_third(sizes: list[int], growth: float) -> None:
    """What a process gathers while it warms up does not count."""
    assert growth_of(sizes) == pytest.approx(growth)


def test_percentiles_are_values_that_were_measured() -> None:
    """Nearest rank."""
    assert [percentile([4, 1, 3, 2], percent) for percent in (1, 50, 75, 99, 100)] == [1, 2, 3, 4, 4]


def test_the_bag_is_a_hundred_runs_in_an_order_that_is_always_the_same() -> None:
    """So that two campaigns can be compared."""
    bag = shuffled(BAG, seed=1)
    assert len(bag) == 100
    assert bag == shuffled(BAG, seed=1)
    assert bag != shuffled(BAG, seed=2)


@pytest.mark.slow
def test_processes_with_event_loops_of_their_own_are_measured() -> None:
    """A fresh interpreter each."""
    notes = Notes("quickjs")
    soak.apart(notes, Scale(threads=1, processes=1, runs_each=2))
    assert notes.finds == []
    assert re.search(r"processes +1 with 2 runs each: [\d.]+ s, \d+/s", notes.lines[1])
