"""Real workers in real processes on a real PostgreSQL, killed and stopped at moments that nobody chose."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from belljar.store import RunRequest, Store, open_store
from belljar.tools import Decision

PROGRAM = Path(__file__).parent / "worker_process.py"
ORDERS = 3
"""Charges of each run, each with a note."""


def source(run_id: str) -> str:
    return f"""
        const done: string[] = [];
        for (let i = 0; i < {ORDERS}; i++) {{
            done.push(await tools.charge({{ order: "{run_id}-" + i }}));
            await tools.note({{ order: "{run_id}-" + i }});
        }}
        return done;
    """


@dataclass
class Crew:
    """Some worker processes, one store, one witness."""

    url: str
    engine: str
    witness: Path
    dead_after_ms: int = 15_000
    processes: list[subprocess.Popen[str]] = field(default_factory=list)

    def hire(self) -> subprocess.Popen[str]:
        arguments = [str(PROGRAM), self.url, self.engine, str(self.witness), str(self.dead_after_ms)]
        process = subprocess.Popen(  # noqa: S603  (our own interpreter)
            [sys.executable, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.processes.append(process)
        return process

    def kill(self, process: subprocess.Popen[str]) -> None:
        process.kill()
        process.communicate()
        self.processes.remove(process)

    def dismiss(self) -> list[int]:
        """End them in order; what they ended with."""
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        return [self._end(process) for process in self.processes]

    def _end(self, process: subprocess.Popen[str]) -> int:
        try:
            process.communicate(timeout=30)
        finally:
            process.kill()
        return process.returncode

    def happened(self) -> Counter[str]:
        """How often each effect took place."""
        return Counter(self.witness.read_text().splitlines()) if self.witness.exists() else Counter()


@pytest.fixture
def store(postgres_url: str) -> Iterator[Store]:
    with open_store(postgres_url) as opened:
        yield opened


@pytest.fixture(params=["local", "dbos"])
def crew(request: pytest.FixtureRequest, postgres_url: str, tmp_path: Path) -> Iterator[Crew]:
    crew = Crew(postgres_url, request.param, tmp_path / "witness")
    yield crew
    for process in crew.processes:
        process.kill()
        process.communicate()


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def wait_for(is_true: Callable[[], bool], *, seconds: float, meanwhile: Callable[[], object] = lambda: None) -> None:
    until = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < until, "it took too long"
        meanwhile()
        time.sleep(0.05)


def answer(store: Store, crew: Crew) -> None:
    """A person looks into the witness: what took place is not done again."""
    for question in store.approvals.open():
        assert question.request is not None
        assert question.request.is_unknown
        order = question.request.arguments["order"]
        took_place = crew.happened()[f"charge {order}"] > 0
        decision = Decision.respond(question.request, order) if took_place else Decision.approve(question.request)
        store.approvals.vote(question.id, decision, who="ada", source="test", now_ms=now_ms())


@dataclass
class Campaign:
    """Kills workers at random while they work, answers their questions, and brings new runs after each kill."""

    store: Store
    crew: Crew
    kills: int
    runs: list[str] = field(default_factory=list)
    next_kill: float = 0.0
    chance: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311  (the same each time)

    def begin(self) -> None:
        self.add(9)
        for _ in range(3):
            self.crew.hire()
        wait_for(lambda: bool(self.crew.happened()), seconds=30)

    def add(self, count: int) -> None:
        for _ in range(count):
            self.runs.append(f"r{len(self.runs)}")
            self.store.runs.add(RunRequest(source=source(self.runs[-1])), run_id=self.runs[-1])

    def go_on(self) -> None:
        answer(self.store, self.crew)
        if self.kills == 0 or time.monotonic() < self.next_kill:
            return
        self.kills -= 1
        self.crew.kill(self.victim())
        self.crew.hire()
        self.add(4)
        self.next_kill = time.monotonic() + self.chance.uniform(0.05, 0.6)

    def victim(self) -> subprocess.Popen[str]:
        """Anyone at any moment; the last one in the middle of a call, so that one is unknown for certain."""
        if self.kills > 0:
            return self.chance.choice(self.crew.processes)
        self.crew.witness.with_name("witness.stop").touch()
        wait_for(lambda: any(is_stopped(one.pid) for one in self.crew.processes), seconds=30)
        return next(one for one in self.crew.processes if is_stopped(one.pid))

    def is_over(self) -> bool:
        return self.kills == 0 and self.store.runs.counts() == {"succeeded": len(self.runs)}


@pytest.mark.slow
def test_killed_workers_lose_nothing_and_repeat_nothing(store: Store, crew: Crew) -> None:
    """Three workers, killed at random: every run succeeds, each charge took place once, each unknown is on record."""
    campaign = Campaign(store, crew, kills=6)
    campaign.begin()

    wait_for(campaign.is_over, seconds=90, meanwhile=campaign.go_on)
    codes = crew.dismiss()

    happened = crew.happened()
    orders = [f"{run_id}-{number}" for run_id in campaign.runs for number in range(ORDERS)]
    assert {order: happened[f"charge {order}"] for order in orders} == dict.fromkeys(orders, 1)
    assert all(happened[f"note {order}"] >= 1 for order in orders)
    assert set(codes) <= {0, -signal.SIGTERM}  # one that has only just begun dies of it
    unknown = [record.facts for record in store.audit.find(event="call.unknown", limit=1_000)]
    charges = {(facts["run_id"], facts["details"]["call"]) for facts in unknown if facts["action"] == "charge"}
    asked = {(question.run_id, question.ordinal) for question in store.approvals.find(limit=1_000)}
    assert charges == asked
    assert unknown
    assert store.approvals.open() == []
    store.audit.verify()


@pytest.mark.slow
def test_a_zombie_writes_nothing_more(store: Store, crew: Crew) -> None:
    """A worker that stands still past its heartbeats loses its run to another; when it goes on, it adds nothing."""
    crew.dead_after_ms = 1_000
    crew.witness.with_name("witness.stop").touch()
    store.runs.add(RunRequest(source=source("z")), run_id="z")
    zombie = crew.hire()
    wait_for(lambda: is_stopped(zombie.pid), seconds=20)
    first = store.runs.get("z")
    crew.hire()
    wait_for(lambda: store.runs.get("z").state == "succeeded", seconds=30, meanwhile=lambda: answer(store, crew))
    before = (store.runs.journal_text("z"), crew.happened())

    os.kill(zombie.pid, signal.SIGCONT)
    store.runs.add(RunRequest(source=source("after")), run_id="after")
    wait_for(lambda: store.runs.get("after").state == "succeeded", seconds=30)
    codes = crew.dismiss()

    assert codes == [0, 0]
    assert (store.runs.journal_text("z"), {f"charge z-{number}": 1 for number in range(ORDERS)}) == (
        before[0],
        {what: count for what, count in crew.happened().items() if what.startswith("charge z")},
    )
    assert [what for what in crew.happened() - before[1] if "after" not in what] == []
    heir = store.runs.get("z")
    assert first.owner is not None
    assert store.workers.is_dead(first.owner, now_ms())
    assert heir.epoch > first.epoch
    unknown = store.audit.find(event="call.unknown", run_id="z")
    assert [record.facts["action"] for record in unknown] == ["charge"]
    store.audit.verify()


@pytest.mark.slow
def test_a_worker_that_is_told_to_stop_leaves_its_runs_to_others(store: Store, crew: Crew) -> None:
    """SIGTERM past the grace: the process ends well, the run does not, and its call is unknown to the next worker."""
    store.runs.add(RunRequest(source="return await tools.dawdle({ order: 'd' });"), run_id="d")
    crew.hire()
    wait_for(lambda: crew.happened()["dawdle d"] == 1, seconds=30)

    assert crew.dismiss() == [0]
    assert store.runs.get("d").state == "queued"
    assert [row.state for row in store.workers.all() if row.id != store.worker] == ["stopped"]

    crew.processes.clear()
    crew.hire()
    wait_for(lambda: len(store.approvals.open()) == 1, seconds=30)
    question = store.approvals.open()[0]
    assert question.request is not None
    assert question.request.is_unknown
    decision = Decision.respond(question.request, "it took place")
    store.approvals.vote(question.id, decision, who="ada", source="test", now_ms=now_ms())
    wait_for(lambda: store.runs.get("d").state == "succeeded", seconds=30)

    assert crew.dismiss() == [0]
    assert crew.happened() == {"dawdle d": 1}


def is_stopped(pid: int) -> bool:
    """Whether the process stands still."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
