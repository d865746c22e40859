"""Jobs as people look at them: heads in a list, one whole, nothing too large, and no secret."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from belljar.agents import AGENTS, Job, JobHead, newest_jobs, one_job
from belljar.agents import _view as view
from belljar.agents._steps import SHOWN_BYTES, JobData
from belljar.store import Store, open_store

SCAN = AGENTS["security-scan"]
TOKEN = "ghp_" + "a1B2" * 9


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "runs.db") as opened:
        yield opened


def worked(store: Store, steps: dict[str, Any], **options: Any) -> Job:
    """A job that waits after these steps."""
    job = Job.begin(store, SCAN, None, options.get("input"))

    async def run() -> None:
        async with job:
            for name, value in steps.items():
                await job.step(name, partial(asyncio.sleep, 0, value))
            if "error" in options:
                raise RuntimeError(options["error"])
            await job.wait(None)

    if "error" in options:
        with pytest.raises(RuntimeError):
            asyncio.run(run())
    else:
        asyncio.run(run())
    return job


def test_a_list_has_heads(store: Store) -> None:
    """How each stands and how many steps it has done; of its error what it was, without secrets."""
    job = worked(store, {"walk": 1, "js": 2}, error=f"no {TOKEN}")
    row = store.agents.get(job.id)

    assert newest_jobs(store, now_ms=row.beat_ms) == [
        JobHead(
            id=job.id,
            name="security-scan",
            version=SCAN.version,
            state="failed",
            owner=None,
            checksum=SCAN.checksum,
            is_current=True,
            is_job=True,
            began_ms=row.created_ms,
            beat_ms=row.beat_ms,
            step_count=2,
            error={"code": "RuntimeError", "message": "no [redacted]"},
        )
    ]


def test_a_list_looks_at_no_result(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """However much the jobs keep: a list is asked for again and again."""
    worked(store, {"walk": "x" * 200_000}, input="y" * 200_000)
    seen: list[Any] = []
    monkeypatch.setattr(view, "redacted_whole", seen.append)
    newest_jobs(store, now_ms=0)

    assert seen == [None]


def test_a_list_goes_on_behind_a_place(store: Store) -> None:
    """The newest first; of one moment by their ids."""
    for number, created_ms in enumerate((5, 7, 7, 9)):
        store.agents.register(f"a{number}", name="a", now_ms=created_ms)

    def ids(**options: Any) -> list[str]:
        return [job.id for job in newest_jobs(store, now_ms=0, **options)]

    assert ids() == ["a3", "a2", "a1", "a0"]
    assert ids(limit=2) == ["a3", "a2"]
    assert ids(limit=2, before=(7, "a2")) == ["a1", "a0"]
    assert ids(before=(5, "a0")) == []


def test_one_job_has_its_steps_in_their_order(store: Store) -> None:
    """Without secrets; of a large result there is its digest, as a half of it might be half a secret."""
    large = "x" * SHOWN_BYTES
    job = worked(store, {"walk": TOKEN, "js": large, "bandit": {"secrets": 2}}, input=large)
    shown = one_job(store, job.id, now_ms=0)

    assert list(shown.steps) == ["walk", "js", "bandit"]
    assert (shown.steps["walk"], shown.steps["bandit"]) == ("[redacted]", {"secrets": "[redacted]"})
    assert (shown.steps["js"]["bytes"], shown.input) == (SHOWN_BYTES + 2, shown.steps["js"])
    assert (shown.can_resume, shown.can_stop) == (True, False)


def test_an_agent_of_the_hosts_own_has_a_state_and_nothing_else(store: Store) -> None:
    """What it keeps is its own affair, however like a job's it looks."""
    store.workers.beat(1)
    store.agents.register("theirs", name="theirs", now_ms=1)
    lease = store.agents.start("theirs", now_ms=1)
    assert lease is not None
    for data in ({"steps": [1, 2], "notes": "x"}, {"outcome": "anything"}, JobData().to_data() | {"error": "text"}):
        store.agents.save(lease, data, now_ms=1)
        shown = one_job(store, "theirs", now_ms=1)
        assert (shown.is_job, shown.state, shown.steps, shown.error) == (False, "running", {}, None)
        assert not shown.can_resume
        assert [head.id for head in newest_jobs(store, now_ms=1)] == ["theirs"]


def test_a_job_that_died_after_its_last_word_is_over(store: Store) -> None:
    """Its row still runs, and yet nothing is to be stopped or gone on with."""
    store.agents.register("security-scan:00000001", name="security-scan", now_ms=1)
    lease = store.agents.start("security-scan:00000001", now_ms=1)
    assert lease is not None
    store.agents.save(lease, JobData(outcome="finished").to_data(), now_ms=1)
    shown = one_job(store, "security-scan:00000001", now_ms=1 << 42)

    assert (shown.state, shown.can_stop, shown.can_resume) == ("finished", False, False)
