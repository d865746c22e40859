"""The code-generation agent is killed, and goes on in another process; it is stopped, and everything of it ends."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import coding_support as support
import pytest
from coding_support import DONE, EXISTS, GRANTED, PATCH

from belljar.agents._job import Job
from belljar.agents._model import ModelReply
from belljar.agents._model_scripted import ScriptedModel
from belljar.agents._steps import JobData, job_state
from belljar.errors import AgentStoppedError
from belljar.store import ENDED, Store, open_store

ASKED_AGAIN = {"while the model thinks": ["model-1", "model-1", "model-2"]}
"""A question whose answer was lost must be asked again; no other is."""
BEFORE = [name for name in support.POINTS if name != "while it hands out the patch"]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "runs.db") as opened:
        yield opened


def approved_and_delivered(store: Store, job: Job) -> None:
    report = asyncio.run(support.go(job, support.scripted()))
    assert report.state == "waiting"
    support.decide(store, report, "approve")
    assert asyncio.run(support.go(support.resume(store, job), support.scripted())).state == "finished"


@pytest.mark.slow
@pytest.mark.parametrize("point", BEFORE)
def test_a_job_that_was_killed_comes_to_the_same_patch(store: Store, tmp_path: Path, point: str) -> None:
    """Wherever it was killed: no stored reply is asked for again, and nothing half done is in the patch."""
    support.killed(point, tmp_path)
    [row] = store.agents.all()
    approved_and_delivered(store, Job.resume(store, row.id, support.AGENT, support.permission()))
    assert (tmp_path / "out.diff").read_text() == PATCH
    asked = [each["step"] for each in JobData.of(row.id, store.agents.get(row.id).data).notes["spent"]["questions"]]
    assert asked == ASKED_AGAIN.get(point, ["model-1", "model-2"])
    assert {run.state for run in store.runs.find()} <= set(ENDED)
    store.audit.verify()


@pytest.mark.slow
def test_a_job_that_was_killed_while_it_handed_out_the_patch_hands_it_out_once(store: Store, tmp_path: Path) -> None:
    """It was approved, and applied, and not yet written: the approval holds, and nobody is asked again."""
    repository = tmp_path / "repository"
    repository.mkdir()
    job = support.begin(store, tmp_path, repository=repository, apply=True)
    report = asyncio.run(support.go(job, support.scripted()))
    support.decide(store, report, "approve")
    support.killed("while it hands out the patch", tmp_path, job.id)
    assert not (tmp_path / "out.diff").exists()
    report = asyncio.run(support.go(support.resume(store, job), support.scripted()))
    assert (report.state, report.applied) == ("finished", True)
    assert (tmp_path / "out.diff").read_text() == PATCH
    assert sorted(path.name for path in repository.iterdir()) == ["test_words.py", "words.py"]
    assert len(store.approvals.find()) == 1


def test_a_patch_that_is_applied_already_is_not_applied_again(store: Store, tmp_path: Path) -> None:
    """The process died after it had applied it: the files are as they are to be."""
    repository = tmp_path / "repository"
    repository.mkdir()
    job = support.begin(store, tmp_path, EXISTS, repository=repository, apply=True, permission=GRANTED)
    report = asyncio.run(support.go(job, ScriptedModel([support.script(DONE)])))
    support.decide(store, report, "approve")
    (repository / "done.txt").write_text("yes\n")
    report = asyncio.run(support.go(support.resume(store, job, GRANTED), ScriptedModel([])))
    assert (report.state, report.applied) == ("finished", True)


# -- stopped ----------------------------------------------------------------------------------------------------------

_CODE = "; ".join(
    (
        "import subprocess, os, time",
        "child = subprocess.Popen(['sleep', '60'], start_new_session=True)",
        "open('../pids', 'w').write(f'{os.getpid()} {child.pid}')",
        "os.rename('../pids', '../begun')",
        "time.sleep(60)",
    )
)
SLEEPS = support.SPECIFICATION.replace('"-m", "unittest", "-q"', f'"-c", "{_CODE}"')
"""Says who it is, and sleeps; what it started has a session of its own."""


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def test_a_stop_ends_the_command_and_all_that_it_started(store: Store, tmp_path: Path) -> None:
    """Within a second of the stop, said by another worker, nothing of the job lives on."""
    job = support.begin(store, tmp_path, SLEEPS)
    begun = tmp_path / "scratch" / job.id.replace(":", "-") / "work" / "begun"

    async def run() -> float:
        task = asyncio.ensure_future(support.go(job, ScriptedModel([support.script(DONE)])))
        while not begun.exists():
            await asyncio.sleep(0.01)
        with open_store(tmp_path / "runs.db") as other:
            other.agents.stop(job.id, who="ada", now_ms=0)
        stopped_s = time.monotonic()
        with pytest.raises(AgentStoppedError, match="stopped by ada"):
            await task
        return time.monotonic() - stopped_s

    took_s = asyncio.run(run())
    pids = [int(pid) for pid in begun.read_text().split()]
    assert len(pids) == 2
    assert not any(map(is_alive, pids))
    assert took_s < 1.0
    assert job_state(store.agents.get(job.id)) == "stopped"
    assert {run.state for run in store.runs.find()} <= set(ENDED)


def test_a_stop_ends_a_question_to_the_model(store: Store, tmp_path: Path) -> None:
    """Nobody waits for the answer any more. What had ended is kept, and the job can be resumed."""
    job = support.begin(store, tmp_path, EXISTS, permission=GRANTED)

    class Slow:
        async def reply(self, messages: Any, *, max_tokens: int) -> ModelReply:
            await asyncio.to_thread(store.agents.stop, job.id, who="ada", now_ms=0)
            await asyncio.Event().wait()
            raise AssertionError(messages, max_tokens)

    begun_s = time.monotonic()
    with pytest.raises(AgentStoppedError):
        asyncio.run(support.go(job, Slow()))
    assert time.monotonic() - begun_s < 2.0
    model = ScriptedModel([support.script(DONE)])
    assert asyncio.run(support.go(support.resume(store, job, GRANTED), model)).state == "waiting"


def test_a_stop_ends_a_script_in_an_endless_loop(store: Store, tmp_path: Path) -> None:
    """The machine is interrupted; its run is on record as cancelled."""
    job = support.begin(store, tmp_path, EXISTS, permission=GRANTED)

    async def run() -> None:
        task = asyncio.ensure_future(support.go(job, ScriptedModel(["<tool-calls>\nwhile (true);\n</tool-calls>"])))
        while not await asyncio.to_thread(store.runs.find, state="running"):
            await asyncio.sleep(0.01)
        store.agents.stop(job.id, who="ada", now_ms=0)
        async with asyncio.timeout(1.0):
            with pytest.raises(AgentStoppedError):
                await task

    asyncio.run(run())
    assert [(run.state, run.error) for run in store.runs.find()] == [("cancelled", "ScriptCancelledError")]
