"""Schedules add one run for each time that they are due."""

from __future__ import annotations

import pytest
from durable_support import NOW_MS, REQUEST
from hypothesis import given, settings
from hypothesis import strategies as st

from belljar.errors import NotInStoreError, UsageError
from belljar.store import RunRequest, Schedule, Store


def every(ms: int, **more: object) -> Schedule:
    return Schedule(id="tick", request=REQUEST, every_ms=ms, **more)  # type: ignore[arg-type]  # fields of a schedule


def test_two_workers_that_see_a_schedule_due_add_one_run(store: Store, other: Store) -> None:
    """The run's id is made of the schedule's and its time; the log has one record of it."""
    put = store.schedules.put(every(1_000, queue="q", priority=7), now_ms=NOW_MS)
    due_ms = NOW_MS + 1_000
    seen_by_other = other.schedules.all()

    fired = [store.schedules.fire(now_ms=due_ms), other.schedules.fire(now_ms=due_ms)]

    assert seen_by_other == [put]
    assert fired == [[f"tick.{due_ms}"], []]
    run = store.runs.get(f"tick.{due_ms}")
    assert (run.state, run.queue, run.priority, run.source) == ("queued", "q", 7, "1")
    assert store.schedules.get("tick").next_ms == due_ms + 1_000


def test_a_run_that_has_the_schedule_s_id_already_holds_nothing_up(store: Store) -> None:
    """There is no run this time, the log says why, the schedule goes on, and so do the others."""
    put = store.schedules.put(every(1_000), now_ms=NOW_MS)
    other = store.schedules.put(Schedule(id="tock", request=REQUEST, every_ms=1_000), now_ms=NOW_MS)
    store.runs.add(RunRequest(source="2"), run_id=put.run_id())

    fired = store.schedules.fire(now_ms=put.next_ms)

    assert fired == [other.run_id()]
    assert store.schedules.get("tick").next_ms == put.next_ms + 1_000
    told = {record.facts["action"]: record.facts["details"] for record in store.audit.find(event="schedule.fired")}
    assert told["tick"]["problem"] == "there is a run of this id already"
    assert told["tock"]["problem"] is None


def test_missed_times_are_made_up_for_by_one_run(store: Store) -> None:
    """After an hour without a worker a schedule of every minute fires once, and keeps its beat."""
    store.schedules.put(every(60_000), now_ms=NOW_MS)
    late_ms = NOW_MS + 3_600_000 + 5

    assert store.schedules.fire(now_ms=late_ms) == [f"tick.{NOW_MS + 60_000}"]
    assert store.schedules.fire(now_ms=late_ms) == []
    assert store.schedules.get("tick").next_ms == NOW_MS + 3_660_000


def test_cron_times_are_utc(store: Store) -> None:
    """2027-01-15 08:00:00 UTC is a Friday: the next quarter past is the same day's, the next Monday three days on."""
    put = store.schedules.put(Schedule(id="c", request=REQUEST, cron="15 8 * * *"), now_ms=NOW_MS)
    monday = store.schedules.put(Schedule(id="m", request=REQUEST, cron="0 0 * * 1"), now_ms=NOW_MS)

    assert put.next_ms == NOW_MS + 15 * 60_000
    assert monday.next_ms == NOW_MS + (16 + 48) * 3_600_000
    assert store.schedules.fire(now_ms=put.next_ms) == [f"c.{put.next_ms}"]
    assert store.schedules.get("c").next_ms == put.next_ms + 86_400_000


def test_a_switched_off_or_dropped_schedule_rests(store: Store) -> None:
    """Neither fires."""
    store.schedules.put(every(1_000, enabled=False), now_ms=NOW_MS)
    assert store.schedules.fire(now_ms=NOW_MS + 5_000) == []

    store.schedules.drop("tick")
    with pytest.raises(NotInStoreError, match="there is no schedule 'tick'"):
        store.schedules.get("tick")


def test_an_agents_schedule_fires_while_the_agent_runs(store: Store) -> None:
    """Stopped: nothing. Running: the run is the agent's."""
    store.agents.register("helper", name="Helper", now_ms=NOW_MS)
    store.schedules.put(every(1_000, agent_id="helper"), now_ms=NOW_MS)

    before = store.schedules.fire(now_ms=NOW_MS + 1_000)
    store.agents.start("helper", now_ms=NOW_MS)
    after = store.schedules.fire(now_ms=NOW_MS + 1_000)

    assert (before, len(after)) == ([], 1)
    assert store.runs.get(after[0]).agent_id == "helper"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "no rhythm"),
        ({"every_ms": 5, "cron": "* * * * *"}, "or two"),
        ({"every_ms": 0}, "every 0 ms"),
        ({"cron": "61 * * * *"}, "not a cron expression"),
        ({"cron": "* * * * * *"}, "not a cron expression"),
        ({"every_ms": 5, "id": "../x"}, "cannot be a schedule's id"),
    ],
)
def test_a_schedule_that_cannot_fire_is_refused(fields: dict[str, object], message: str) -> None:
    """No rhythm, two rhythms, an impossible one, and an id that no run could have."""
    with pytest.raises(UsageError, match=message):
        Schedule(**{"id": "s", "request": RunRequest(source="1"), **fields})  # type: ignore[arg-type]  # wrong on purpose


@settings(derandomize=True, deadline=None, max_examples=50)
@given(every_ms=st.integers(1, 10_000), next_ms=st.integers(1, 100_000), late_ms=st.integers(0, 100_000))
def test_the_next_time_is_the_first_beat_after_now(every_ms: int, next_ms: int, late_ms: int) -> None:
    """It is later than now, at most one period later, and on the beat."""
    now_ms = next_ms + late_ms
    following = every(every_ms, next_ms=next_ms).after(now_ms)

    assert now_ms < following <= now_ms + every_ms
    assert (following - next_ms) % every_ms == 0
