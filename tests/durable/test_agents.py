"""Agents have one writer, are found lost when it goes silent, and go on with another."""

from __future__ import annotations

import pytest
from durable_support import NOW_MS, REQUEST

from belljar.durable import AgentOrchestrator
from belljar.errors import LeaseLostError, NotInStoreError, UsageError
from belljar.store import QueueLimits, RunRequest, Schedule, Store


class Clock:
    """Says what it is told to."""

    def __init__(self) -> None:
        self.ms = NOW_MS

    def __call__(self) -> int:
        return self.ms


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def here(store: Store, clock: Clock) -> AgentOrchestrator:
    """One process, with an agent registered."""
    orchestrator = AgentOrchestrator(store, clock_ms=clock)
    orchestrator.register("helper", name="Helper", version="1", queue="help")
    return orchestrator


@pytest.fixture
def there(other: Store, clock: Clock) -> AgentOrchestrator:
    """Another process."""
    return AgentOrchestrator(other, clock_ms=clock)


def states(orchestrator: AgentOrchestrator) -> list[tuple[str, str]]:
    """What the trail says: event and actor."""
    return [(record.event, record.facts["actor"]) for record in orchestrator.trail("helper")]


def test_an_agent_runs_in_one_process(here: AgentOrchestrator, there: AgentOrchestrator) -> None:
    """While one process has it, no other can start or write it; starting it again where it is changes nothing."""
    assert [here.start("helper"), there.start("helper"), here.start("helper")] == [True, False, True]
    here.save("helper", {"seen": 3})

    with pytest.raises(LeaseLostError, match="agent 'helper' does not run here"):
        there.save("helper", {"seen": 4})
    state = there.state("helper")
    assert (state.state, state.epoch, state.data) == ("running", 1, {"seen": 3})


def test_a_missed_heartbeat_marks_it_lost_and_another_takes_over(
    here: AgentOrchestrator, there: AgentOrchestrator, store: Store, other: Store, clock: Clock
) -> None:
    """The trail names every change and who made it; the old owner's writes are refused and change nothing."""
    here.start("helper")
    here.save("helper", {"n": 1})
    clock.ms += 15_001

    tended = there.tend()
    there.save("helper", {"n": 2})
    with pytest.raises(LeaseLostError, match="is no longer this worker's"):
        here.save("helper", {"n": 99})
    with pytest.raises(LeaseLostError, match="does not run here"):
        here.heartbeat("helper")

    assert (tended.gone, tended.lost, tended.taken) == ((), ("helper",), ("helper",))
    assert (here.here, there.here) == ((), ("helper",))
    state = here.state("helper")
    assert (state.state, state.owner, state.epoch, state.data) == ("running", other.worker, 2, {"n": 2})
    assert states(here) == [
        ("agent.started", store.worker),
        ("agent.lost", other.worker),
        ("agent.taken_over", other.worker),
    ]


def test_heartbeats_keep_it(here: AgentOrchestrator, there: AgentOrchestrator, clock: Clock) -> None:
    """A process that tends its agents in time keeps them for as long as it likes."""
    here.start("helper")
    for _ in range(3):
        clock.ms += 15_000
        assert here.tend() == there.tend()

    assert (here.here, there.here, here.state("helper").epoch) == (("helper",), (), 1)


def test_a_late_heartbeat_counts_while_nobody_has_looked(
    here: AgentOrchestrator, there: AgentOrchestrator, clock: Clock
) -> None:
    """A process that was slow and finds its agent untouched keeps it."""
    here.start("helper")
    clock.ms += 20_000

    assert here.tend().gone == ()
    assert there.tend().taken == ()


def test_once_marked_lost_an_agent_is_not_written_by_its_old_process(
    here: AgentOrchestrator, other: Store, clock: Clock
) -> None:
    """Lost and not yet taken over: the old process is refused already, and may start it anew."""
    here.start("helper")
    clock.ms += 20_000
    assert other.agents.sweep(now_ms=clock.ms) == ["helper"]

    with pytest.raises(LeaseLostError, match="agent 'helper' is no longer this worker's"):
        here.save("helper", 1)
    assert here.state("helper").data == {}
    assert here.start("helper")
    assert here.state("helper").epoch == 2


def test_a_released_agent_moves_at_once(here: AgentOrchestrator, there: AgentOrchestrator) -> None:
    """A process that ends in order hands its agents over without anybody waiting for a heartbeat."""
    here.start("helper")
    here.release()

    assert there.tend().taken == ("helper",)
    assert [event for event, _ in states(there)] == ["agent.started", "agent.taken_over"]


def test_anybody_may_stop_an_agent_and_its_process_hears_of_it(
    here: AgentOrchestrator, there: AgentOrchestrator
) -> None:
    """Stop is harmless twice, fences the owner, and a stopped agent is nobody's to take over."""
    here.start("helper")
    there.stop("helper", who="ada")
    stopped = there.stop("helper", who="ada")

    assert (stopped.state, stopped.owner, stopped.epoch) == ("stopped", None, 2)
    assert here.tend().gone == ("helper",)
    assert there.tend().taken == ()
    assert states(there)[-1] == ("agent.stopped", "ada")
    assert len(states(there)) == 2


def test_a_known_agent_gets_its_new_version_and_keeps_its_data(here: AgentOrchestrator) -> None:
    """Registering again is how a new version is told; state, owner and data stay."""
    here.start("helper")
    here.save("helper", [1, 2])
    row = here.register("helper", name="Helper", version="2", queue="help")

    assert (row.version, row.state, row.data, row.epoch) == ("2", "running", [1, 2], 1)


def test_jobs_go_to_the_agents_queue_and_into_its_trail(here: AgentOrchestrator, store: Store) -> None:
    """A job carries the agent's queue and its own priority; ended ones are no longer among the jobs."""
    first = here.submit("helper", REQUEST, run_id="job-1")
    second = here.submit("helper", RunRequest(source="2"), priority=5)
    store.runs.cancel(first, who="ada", now_ms=NOW_MS)

    assert [(job.id, job.queue, job.priority, job.agent_id) for job in here.jobs("helper")] == [
        (second, "help", 5, "helper")
    ]
    assert [record.event for record in here.trail("helper")] == ["run.queued", "run.queued", "run.cancelled"]
    assert here.trail("helper", after=2, limit=1)[0].run_id == first


def test_a_worker_of_some_queues_takes_over_their_agents_only(
    here: AgentOrchestrator, other: Store, clock: Clock
) -> None:
    """Who has no tools for an agent's queue leaves the agent to others."""
    here.start("helper")
    here.release()

    assert AgentOrchestrator(other, queues=["else"], clock_ms=clock).tend().taken == ()
    assert AgentOrchestrator(other, queues=["help"], clock_ms=clock).tend().taken == ("helper",)


def test_an_agent_with_a_manifest_is_left_to_those_who_have_its_program(
    here: AgentOrchestrator, there: AgentOrchestrator, clock: Clock
) -> None:
    """No worker takes it over; whoever can run it starts it by its id, and the log names its checksum."""
    here.register("scan:1", name="scan", manifest_sha256="a" * 64)
    here.start("scan:1")
    clock.ms += 15_001

    tended = there.tend()

    assert (tended.lost, tended.taken) == (("scan:1",), ())
    assert there.start("scan:1")
    told = [(record.event, record.facts["manifest_sha256"]) for record in there.trail("scan:1")]
    assert told == [(event, "a" * 64) for event in ("agent.started", "agent.lost", "agent.taken_over")]


def test_limits_and_schedules_are_set_through_the_agent(here: AgentOrchestrator, store: Store) -> None:
    """An agent's queue is bounded, and its jobs begin by themselves while it runs."""
    here.limit(QueueLimits(name="help", concurrency=1))
    put = here.schedule(Schedule(id="tick", request=REQUEST, every_ms=1_000, queue="help", agent_id="helper"))

    assert store.queues.get("help").concurrency == 1
    assert put.next_ms == NOW_MS + 1_000
    assert store.schedules.all(agent_id="helper") == [put]


def test_names_that_look_like_patterns_are_only_names(here: AgentOrchestrator) -> None:
    """A trail is of one agent: % and _ in an id stand for themselves."""
    for agent_id in ("a%", "ab", 'quo"te'):
        here.register(agent_id, name="x")
        here.start(agent_id)

    assert [[record.facts["action"] for record in here.trail(agent_id)] for agent_id in ("a%", "ab", 'quo"te')] == [
        ["a%"],
        ["ab"],
        ['quo"te'],
    ]


def test_an_unknown_agent_is_an_error(here: AgentOrchestrator) -> None:
    """What nobody registered cannot be started; an empty id is none."""
    with pytest.raises(NotInStoreError, match="there is no agent 'nobody'"):
        here.start("nobody")
    with pytest.raises(UsageError):
        here.register("", name="x")
