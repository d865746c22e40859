"""Jobs: done once, stopped at once, gone on with elsewhere, and on record."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from belljar import gate
from belljar.agents import AGENTS, _steps
from belljar.agents._beat import Beat
from belljar.agents._job import Job
from belljar.agents._steps import JobData, job_of, job_state
from belljar.durable import AgentOrchestrator
from belljar.errors import (
    AgentStoppedError,
    FeatureDisabledError,
    LeaseLostError,
    NotInStoreError,
    SecretFoundError,
    SerializationError,
    StoreBusyError,
    StoreError,
    StoreFullError,
    UsageError,
)
from belljar.store import Store, open_store
from belljar.values import canonical_json

AGENT = SimpleNamespace(name="tidy", version="1.2.0", checksum="ab" * 32)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "runs.db") as opened:
        yield opened


@pytest.fixture
def other(store: Store, tmp_path: Path) -> Iterator[Store]:
    """The same store as another worker has it."""
    assert store
    with open_store(tmp_path / "runs.db") as opened:
        yield opened


def giving(value: Any, calls: list[str] | None = None) -> Callable[[], Awaitable[Any]]:
    async def work() -> Any:
        if calls is not None:
            calls.append("done")
        return value

    return work


async def for_ever() -> None:
    await asyncio.Event().wait()


def records(store: Store, event: str) -> list[dict[str, Any]]:
    return [record.facts for record in reversed(store.audit.find(event=event))]


async def once(store: Store, body: Callable[[Job], Awaitable[None]], job: Job | None = None) -> Job:
    async with job or Job.begin(store, AGENT, None, {"path": "."}) as at_work:
        await body(at_work)
    return at_work


# -- steps ------------------------------------------------------------------------------------------------------------


def test_a_step_that_ended_is_never_done_again(store: Store) -> None:
    """A job that is resumed gets its result from the store, as plain data the first time too."""
    calls: list[str] = []
    seen: list[Any] = []

    async def body(job: Job) -> None:
        seen.append(await job.step("count", giving((1, {"two": 2.0}), calls)))
        await job.wait("somebody")

    job = asyncio.run(once(store, body))
    asyncio.run(once(store, body, Job.resume(store, job.id)))
    assert seen == [[1, {"two": 2.0}]] * 2
    assert calls == ["done"]
    assert job.steps == {"count": [1, {"two": 2.0}]}


def test_every_step_is_on_record_with_the_checksum_of_the_agent(store: Store) -> None:
    """The record has the digest of the result, and not the result."""

    async def body(job: Job) -> None:
        await job.step("count", giving({"files": 3}))
        await job.finish({"ok": True})

    job = asyncio.run(once(store, body))
    told = [*records(store, "agent.step"), *records(store, "agent.finished")]
    step, finish = '{"files":3}', '{"ok":true}'
    assert [(each["action"], each["actor"], each["manifest_sha256"], each["details"]) for each in told] == [
        (job.id, store.worker, AGENT.checksum, {"step": "count", "bytes": len(step), "digest": sha256(step)}),
        (job.id, store.worker, AGENT.checksum, {"outcome": "finished", "bytes": len(finish), "digest": sha256(finish)}),
    ]
    of_agent = [record for record in store.audit.records() if record.event.startswith("agent.")]
    assert [record.event for record in of_agent] == ["agent.started", "agent.step", "agent.finished", "agent.stopped"]
    assert {record.facts["manifest_sha256"] for record in of_agent} == {AGENT.checksum}


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_what_a_step_gave_cannot_be_changed_by_who_has_it(store: Store) -> None:
    """Everybody gets a copy."""

    async def body(job: Job) -> None:
        (await job.step("list", giving([1]))).append(2)
        job.input["path"] = "/"
        assert (await job.step("list", for_ever), job.input) == ([1], {"path": "."})

    asyncio.run(once(store, body))


def test_steps_can_go_on_at_the_same_time(store: Store) -> None:
    """Each is kept; but two of one name cannot be told apart."""

    async def body(job: Job) -> None:
        assert await asyncio.gather(*(job.step(str(n), giving(n)) for n in range(20))) == list(range(20))
        told = await asyncio.gather(job.step("same", giving(1)), job.step("same", giving(2)), return_exceptions=True)
        assert (told[0], str(told[1])) == (1, "the step 'same' goes on already")

    job = asyncio.run(once(store, body))
    assert JobData.of(job.id, store.agents.get(job.id).data).steps == {str(n): n for n in range(20)} | {"same": 1}


def test_notes_are_kept_without_a_record(store: Store) -> None:
    """What was spent survives the process that spent it."""

    async def spend(job: Job) -> None:
        await job.note("spent", 7)
        await job.wait(None)

    job = asyncio.run(once(store, spend))
    resumed = Job.resume(store, job.id)
    asyncio.run(once(store, lambda _: asyncio.sleep(0), resumed))
    assert resumed.notes == {"spent": 7}
    assert not records(store, "agent.step")


def test_results_are_bounded_at_the_byte(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """One step's, all of the data, the number of steps, the length of a name."""
    monkeypatch.setattr(_steps, "STEPS", 2)

    async def body(job: Job) -> None:
        monkeypatch.setattr(_steps, "STEP_BYTES", 10)
        with pytest.raises(UsageError, match="11 bytes, at most 10"):
            await job.step("large", giving("x" * 9))
        with pytest.raises(SerializationError):
            await job.step("odd", giving(object()))
        for name in ("", "n" * 101):
            with pytest.raises(UsageError, match="1 to 100 characters"):
                await job.step(name, giving(1))
        await job.step("n" * 100, giving("x" * 8))
        size = len(canonical_json([job.input, job.steps, {"n": "1234567"}]))
        monkeypatch.setattr(_steps, "DATA_BYTES", size)
        await job.note("n", "1234567")
        with pytest.raises(UsageError, match=f"more than {size} bytes"):
            await job.note("n", "12345678")
        monkeypatch.setattr(_steps, "DATA_BYTES", 1_000)
        await job.step("second", giving(2))
        with pytest.raises(UsageError, match="at most 2 steps"):
            await job.step("third", giving(3))

    job = asyncio.run(once(store, body))
    assert job.steps == {"n" * 100: "x" * 8, "second": 2}
    assert job.notes == {"n": "1234567"}


def test_results_are_counted_in_bytes(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A letter may have several."""

    async def body(job: Job) -> None:
        monkeypatch.setattr(_steps, "STEP_BYTES", 10)
        await job.step("eight", giving("\u00e4" * 4))
        with pytest.raises(UsageError, match="11 bytes, at most 10"):
            await job.step("nine", giving("\u00e4" * 4 + "x"))

    asyncio.run(once(store, body))


def test_a_job_that_is_over_keeps_its_large_results_by_their_digests(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that its records have. Nothing goes on with it; one that waits keeps all."""
    monkeypatch.setattr(_steps, "SHOWN_BYTES", 10)
    monkeypatch.setattr(_steps, "ALL_SHOWN_BYTES", 12)
    large, fits, more = "x" * 9, "x" * 8, "yy"

    async def body(job: Job) -> None:
        for name, value in (("large", large), ("fits", fits), ("more", more), ("small", 1)):
            await job.step(name, giving(value))
        await job.wait(None)

    job = asyncio.run(once(store, body))
    assert kept(store, job).steps == {"large": large, "fits": fits, "more": more, "small": 1}
    asyncio.run(once(store, finishing, Job.resume(store, job.id)))
    told = {each["details"]["step"]: each["details"] for each in records(store, "agent.step")}
    short = {name: {"bytes": told[name]["bytes"], "digest": told[name]["digest"]} for name in ("large", "more")}
    assert kept(store, job).steps == {"large": short["large"], "fits": fits, "more": short["more"], "small": 1}


def kept(store: Store, job: Job) -> JobData:
    return JobData.of(job.id, store.agents.get(job.id).data)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@settings(derandomize=True, deadline=None, max_examples=40)
@given(result=_JSON)
def test_plain_data_comes_back_as_it_was(result: Any) -> None:
    """What a job keeps is read as it was written."""
    data = JobData(input=result).with_step("step", result)
    assert JobData.of("a", data.to_data()) == data
    assert canonical_json(data.steps["step"]) == canonical_json(result)


# -- stop -------------------------------------------------------------------------------------------------------------


def test_a_stop_by_anybody_ends_the_running_step(store: Store, other: Store) -> None:
    """Within a second, wherever it was said; the error says who."""

    async def body(job: Job) -> None:
        await job.step("before", giving(1))
        await asyncio.to_thread(other.agents.stop, job.id, who="ada", now_ms=0)
        try:
            await asyncio.wait_for(job.step("long", for_ever), 1.0)
        finally:
            assert job.cancelled

    job = Job.begin(store, AGENT, None, None)
    with pytest.raises(AgentStoppedError, match=f"the job {job.id} was stopped by ada") as stopped:
        asyncio.run(once(store, body, job))
    again = f"belljar agents run --resume {job.id} --store {store.url}"
    assert stopped.value.hint == f"What it had done is kept: {again}"
    row = store.agents.get(job.id)
    assert (row.state, job_state(row), JobData.of(row.id, row.data).steps) == ("stopped", "stopped", {"before": 1})


def test_a_stop_is_heard_of_outside_of_steps_too(store: Store, other: Store) -> None:
    """The whole body is cancelled, what it began with it."""
    ended: list[str] = []

    async def child() -> None:
        try:
            await for_ever()
        finally:
            ended.append("child")

    async def body(job: Job) -> None:
        await asyncio.to_thread(other.agents.stop, job.id, who="ada", now_ms=0)
        async with asyncio.TaskGroup() as group:
            group.create_task(child())

    with pytest.raises(AgentStoppedError):
        asyncio.run(once(store, body))
    assert ended == ["child"]


def test_a_stop_between_two_steps_is_a_stop(store: Store, other: Store) -> None:
    """The write of the next step is refused, before anybody looked."""

    async def body(job: Job) -> None:
        other.agents.stop(job.id, who="ada", now_ms=0)
        await job.step("next", giving(1))

    with pytest.raises(AgentStoppedError, match="by ada"):
        asyncio.run(once(store, body))


def test_a_stop_that_comes_as_the_body_ends_is_a_stop(store: Store, other: Store) -> None:
    """The task's cancellation is taken back: who runs the job can go on."""

    async def body(job: Job) -> None:
        other.agents.stop(job.id, who="ada", now_ms=0)
        job._lose()  # as the beat would, without another await of the body

    async def run() -> str:
        with pytest.raises(AgentStoppedError):
            await once(store, body)
        await asyncio.sleep(0)
        return "went on"

    assert asyncio.run(run()) == "went on"


def test_the_host_cancels_a_job_as_any_task(store: Store) -> None:
    """It is written down as stopped; the cancellation is the host's own."""

    async def run() -> str:
        job, begun = Job.begin(store, AGENT, None, None), asyncio.Event()

        async def body(job: Job) -> None:
            begun.set()
            await job.step("long", for_ever)

        task = asyncio.ensure_future(once(store, body, job))
        await begun.wait()
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        return job.id

    row = store.agents.get(asyncio.run(run()))
    assert (row.state, job_state(row)) == ("stopped", "stopped")


def test_a_stopped_job_can_be_resumed(store: Store, other: Store) -> None:
    """What had ended is there."""

    async def stopped(job: Job) -> None:
        await job.step("first", giving(1))
        other.agents.stop(job.id, who="ada", now_ms=0)
        await job.step("second", giving(2))

    async def resumed(job: Job) -> None:
        await job.finish(await job.step("first", for_ever) + await job.step("second", giving(2)))

    job = Job.begin(store, AGENT, None, None)
    with pytest.raises(AgentStoppedError):
        asyncio.run(once(store, stopped, job))
    asyncio.run(once(other, resumed, Job.resume(other, job.id)))
    assert JobData.of(job.id, store.agents.get(job.id).data).result == 3


# -- one writer -------------------------------------------------------------------------------------------------------


def test_a_job_at_work_is_not_resumed_by_another(store: Store, other: Store) -> None:
    """The refusal says who has it; in the same process, too."""

    async def body(job: Job) -> None:
        with pytest.raises(UsageError, match=f"is being done by {store.worker}") as refused:
            await once(other, body, Job.resume(other, job.id))
        assert refused.value.details == {"agent": job.id, "owner": store.worker}
        assert refused.value.hint == f"Wait for it, or stop it: belljar agents stop {job.id} --store {store.url}"
        with pytest.raises(UsageError, match="is being done in this process"):
            await once(store, body, Job.resume(store, job.id))
        await job.finish("alone")

    job = asyncio.run(once(store, body))
    assert job_state(store.agents.get(job.id)) == "finished"


def test_a_dead_process_is_taken_over_at_once(store: Store, other: Store) -> None:
    """Nobody waits until its lease is old, where it is known to be gone."""
    job_id = abandoned(store)
    assert store.agents.get(job_id).state == "running"
    assert asyncio.run(once(other, finishing, Job.resume(other, job_id))).steps == {"first": 1}
    assert store.agents.get(job_id).owner is None


def abandoned(store: Store) -> str:
    """A job whose process ended in the middle, with what a killed one leaves behind."""

    async def begin() -> str:
        job = Job.begin(store, AGENT, None, None)
        await job.__aenter__()
        await job.step("first", giving(1))
        await asyncio.to_thread(job._beat.close)
        job._leave()
        return job.id

    job_id = asyncio.run(begin())
    store.workers.stop(0)
    return job_id


async def finishing(job: Job) -> None:
    await job.finish(None)


def test_a_worker_marks_a_job_as_lost_and_leaves_it(store: Store, other: Store) -> None:
    """It has no idea how to do the job: that is for whoever resumes it."""
    job_id = abandoned(store)
    later_ms = store.agents.get(job_id).beat_ms + store.dead_after_ms + 1
    tended = AgentOrchestrator(other, clock_ms=lambda: later_ms).tend()
    assert (tended.lost, tended.taken, job_state(store.agents.get(job_id))) == ((job_id,), (), "lost")
    asyncio.run(once(other, finishing, Job.resume(other, job_id)))
    assert job_state(store.agents.get(job_id)) == "finished"


def test_a_lost_lease_ends_the_job_here_only(store: Store, other: Store) -> None:
    """The process that has it now goes on, and nothing of ours is written any more."""

    async def body(job: Job) -> None:
        later_ms = store.agents.get(job.id).beat_ms + store.dead_after_ms + 1
        assert other.agents.start(job.id, now_ms=later_ms) is not None
        await job.step("late", for_ever)

    with pytest.raises(LeaseLostError, match=f"is now done by {other.worker}"):
        asyncio.run(once(store, body))
    [row] = store.agents.all()
    assert (row.state, row.owner) == ("running", other.worker)
    assert not records(store, "agent.finished")


def test_a_failure_after_the_lease_was_lost_stops_nobody(store: Store, other: Store) -> None:
    """Before this process has noticed: the one that has the job now goes on."""

    async def body(job: Job) -> None:
        later_ms = store.agents.get(job.id).beat_ms + store.dead_after_ms + 1
        assert other.agents.start(job.id, now_ms=later_ms) is not None
        raise KeyError("at once")

    async def silent(_: Job) -> None:
        for row in store.agents.all():
            assert other.agents.start(row.id, now_ms=row.beat_ms + store.dead_after_ms + 1) is not None

    for each in (body, silent):
        with pytest.raises(LeaseLostError, match=f"is now done by {other.worker}"):
            asyncio.run(once(store, each))
    assert {(row.state, row.owner) for row in store.agents.all()} == {("running", other.worker)}


def test_the_lease_is_kept_while_the_event_loop_is_busy(tmp_path: Path) -> None:
    """The beat is a thread of its own: no step, however it hogs the loop, loses the job."""

    async def body(job: Job) -> None:
        first_ms = job.store.agents.get(job.id).beat_ms
        hogged = threading.Event()
        while job.store.agents.get(job.id).beat_ms == first_ms:
            hogged.wait(0.01)  # the loop stands

    with open_store(tmp_path / "runs.db", dead_after_ms=600) as store:
        job = asyncio.run(once(store, body))
        assert job_state(store.agents.get(job.id)) == "finished"


def test_a_store_that_cannot_be_read_for_too_long_ends_the_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By then another process may have it."""
    with open_store(tmp_path / "runs.db", dead_after_ms=300) as store:
        store.agents.register("a", name="a", now_ms=0)
        lease = store.agents.start("a", now_ms=0)
        assert lease is not None

        def busy(_: str) -> None:
            raise StoreBusyError("busy")

        monkeypatch.setattr(store.agents, "get", busy)
        monkeypatch.setattr(store.agents, "beat", lambda *_, **__: None)
        lost = threading.Event()
        beat = Beat(store, lease, lost.set)
        beat.start()
        assert lost.wait(2.0)
        beat.close()


# -- how a job comes out ----------------------------------------------------------------------------------------------


def test_a_finished_job_is_over(store: Store) -> None:
    """No step follows, and nobody resumes it; denied is an outcome, too."""

    async def body(job: Job) -> None:
        await job.finish({"why": "no"}, outcome="denied")
        with pytest.raises(UsageError, match="is over: denied"):
            await job.step("more", giving(1))

    job = asyncio.run(once(store, body))
    assert job_state(store.agents.get(job.id)) == "denied"
    with pytest.raises(UsageError, match="is over: denied"):
        asyncio.run(once(store, body, Job.resume(store, job.id)))


def test_a_job_cannot_end_in_words_of_its_own(store: Store) -> None:
    """An outcome is finished or denied."""

    async def body(job: Job) -> None:
        with pytest.raises(UsageError, match="ends finished or denied, got 'waiting'"):
            await job.finish(None, outcome="waiting")

    assert job_state(store.agents.get(asyncio.run(once(store, body)).id)) == "finished"


def test_a_failed_job_says_why_and_can_be_resumed(store: Store) -> None:
    """Its error is kept without the secrets in it."""
    token = "ghp_" + "a1B2" * 9

    async def body(job: Job) -> None:
        await job.step("first", giving(1))
        raise StoreError(f"the disk said {token}")

    job = Job.begin(store, AGENT, None, None)
    with pytest.raises(StoreError):
        asyncio.run(once(store, body, job))
    row = store.agents.get(job.id)
    data = JobData.of(row.id, row.data)
    assert (row.state, data.outcome, data.error) == (
        "stopped",
        "failed",
        {"code": "StoreError", "message": "the disk said [redacted]"},
    )
    assert records(store, "agent.finished")[0]["details"] == {
        "outcome": "failed",
        "code": "StoreError",
        "bytes": 4,
        "digest": sha256("null"),
    }
    resumed = asyncio.run(once(store, finishing, Job.resume(store, job.id)))
    assert (resumed.steps, resumed.input) == ({"first": 1}, None)


def test_an_error_that_is_not_ours_is_kept_by_its_name(store: Store) -> None:
    """A bug in an agent fails the job like anything else."""

    async def body(_: Job) -> None:
        raise KeyError("gone")

    job = Job.begin(store, AGENT, None, None)
    with pytest.raises(KeyError):
        asyncio.run(once(store, body, job))
    assert JobData.of(job.id, store.agents.get(job.id).data).error == {"code": "KeyError", "message": "'gone'"}


def test_a_job_that_waits_has_no_process(store: Store, other: Store) -> None:
    """It goes on wherever somebody resumes it."""

    async def body(job: Job) -> None:
        await job.wait({"approval": "r:1"})

    job = asyncio.run(once(store, body))
    row = store.agents.get(job.id)
    assert (row.state, row.owner, job_state(row)) == ("stopped", None, "waiting")
    assert JobData.of(row.id, row.data).result == {"approval": "r:1"}
    asyncio.run(once(other, finishing, Job.resume(other, job.id, AGENT)))
    assert job_state(store.agents.get(job.id)) == "finished"


def test_a_job_that_died_after_its_last_word_is_over(store: Store, other: Store) -> None:
    """Its agent is put to rest by whoever asks next."""
    job_id = abandoned(store)
    row = store.agents.get(job_id)
    lease = other.agents.start(job_id, now_ms=row.beat_ms + store.dead_after_ms + 1)
    assert lease is not None
    other.agents.save(lease, {**row.data, "outcome": "finished"}, now_ms=0)
    with pytest.raises(UsageError, match="is over: finished"):
        asyncio.run(once(store, finishing, Job.resume(store, job_id)))
    assert store.agents.get(job_id).state == "stopped"


# -- what is refused --------------------------------------------------------------------------------------------------


def test_a_job_of_another_version_is_not_resumed(store: Store) -> None:
    """What its steps gave may mean something else to it."""
    job = asyncio.run(once(store, lambda job: job.wait(None)))
    newer = SimpleNamespace(name="tidy", version="2.0.0", checksum="cd" * 32)
    with pytest.raises(UsageError, match=r"is of another version of 'tidy': 1\.2\.0"):
        asyncio.run(once(store, finishing, Job.resume(store, job.id, newer)))


def test_an_agents_code_is_its_own_and_what_all_share() -> None:
    """So its checksum is another one when what a job keeps, or how it ends, is another."""
    for info in AGENTS.values():
        names = {line.split()[0] for line in info.plugin.source.splitlines()}
        assert {"_job.py", "_hold.py", "_beat.py", "_steps.py", "_permission.py", "_model.py"} < names
        assert {name.partition("/")[0] for name in names if "/" in name} == {info.package.name}
        assert info.plugin.title == f"agent {info.name} {info.version}"


@pytest.mark.parametrize(
    "other",
    [
        {},
        [],
        {"job": 2},
        {"steps": [1]},
        {"steps": {"a": 1}},
        {"order": ["a"]},
        {"order": [1]},
        {"notes": "x"},
        {"error": "x"},
        {"error": {"x": 1}},
        {"error": {"code": 1, "message": "x"}},
        {"outcome": 5},
        {"outcome": "anything"},
        {"more": 1},
    ],
)
def test_data_of_somebody_elses_is_no_jobs(store: Store, other: Any) -> None:
    """Whatever is like it: nobody's mistakes are an error of ours."""
    data = JobData().to_data() | other if other else other
    row = replace(store.agents.register("theirs", name="theirs", now_ms=0), data=data)
    assert job_of(row) is None
    assert job_state(row) == "stopped"
    assert job_of(replace(row, data=JobData().to_data())) == JobData()


def test_only_jobs_are_resumed(store: Store) -> None:
    """An agent of the host's own keeps what it likes."""
    row = store.agents.register("mine", name="mine", now_ms=0)
    with pytest.raises(StoreError, match="'mine' is no job that this belljar can go on with"):
        asyncio.run(once(store, finishing, Job.resume(store, "mine")))
    with pytest.raises(NotInStoreError):
        asyncio.run(once(store, finishing, Job.resume(store, "tidy:00000000")))
    assert job_of(row) is None


def test_no_job_begins_while_the_gate_is_closed(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is written."""
    monkeypatch.setattr(gate, "_is_on", False)
    with pytest.raises(FeatureDisabledError):
        asyncio.run(once(store, finishing))
    assert store.agents.all() == []


def test_a_job_that_cannot_begin_leaves_no_lease(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Here the disk is full at its first write."""

    def full(*_: Any, **__: Any) -> None:
        raise StoreFullError("the disk is full")

    monkeypatch.setattr(store.agents, "save", full)
    with pytest.raises(StoreFullError):
        asyncio.run(once(store, finishing))
    [row] = store.agents.all()
    assert (row.state, row.owner) == ("stopped", None)


def test_a_job_has_an_input_that_can_be_kept(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said before anything is written."""
    monkeypatch.setattr(_steps, "STEP_BYTES", 10)
    Job.begin(store, AGENT, None, "x" * 8)
    with pytest.raises(UsageError, match="the job's input gave 11 bytes, at most 10"):
        Job.begin(store, AGENT, None, "x" * 9)


def test_an_input_with_a_secret_begins_no_job(store: Store) -> None:
    """It would be kept for as long as the job, in clear: a resumed one needs the real value."""
    for given_to in ({"root": "/work/ghp_" + "a1B2" * 9}, {"password": "Corr3ct-Horse"}):
        with pytest.raises(SecretFoundError, match="the job's input holds a secret"):
            Job.begin(store, AGENT, None, given_to)
