"""`belljar worker`: what it works off, and what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from belljar.cli._exits import ExitCode
from belljar.cli._worker import WorkerOptions, worker_command
from belljar.errors import UsageError
from belljar.store import RunRequest, open_store

TOOLS = """
import belljar

@belljar.tool
def greet(name: str) -> str:
    return f"hello {name}"

@belljar.tool(approval="always")
def pay(cents: int) -> int:
    return cents
"""


@pytest.fixture
def url(tmp_path: Path) -> str:
    (tmp_path / "shop.py").write_text(TOOLS)
    return str(tmp_path / "runs.db")


def options(url: str, **more: object) -> WorkerOptions:
    tools = (str(Path(url).with_name("shop.py")),)
    return WorkerOptions(**{"store": url, "tools": tools, "once": True, **more})  # type: ignore[arg-type]  # its own


def add(url: str, **sources: str) -> None:
    with open_store(url) as store:
        for run_id, source in sources.items():
            store.runs.add(RunRequest(source=source), run_id=run_id, queue="asks" if "pay" in source else "default")


def states(url: str) -> dict[str, str]:
    with open_store(url) as store:
        return {run.id: run.state for run in store.runs.find()}


def test_once_works_off_what_is_ready_and_tells_each_end(url: str, capfd: pytest.CaptureFixture[str]) -> None:
    """A line for each run, what was wrong beneath it, nothing on standard output; the command is fine."""
    add(url, good="return await tools.greet({ name: 'ada' });", bad="throw new Error('no');")

    assert worker_command(options(url, concurrency=1)) is ExitCode.FINE

    out, err = capfd.readouterr()
    lines = err.splitlines()
    assert out == ""
    assert lines[0].startswith("worker ")
    assert lines[1] == "good  done"
    assert lines[2] == "bad  failed"
    assert "ScriptRuntimeError" in err or "no" in lines[3]
    assert states(url) == {"good": "succeeded", "bad": "failed"}


def test_questions_wait_in_the_store_unless_somebody_answers_all(url: str) -> None:
    """`later` leaves them there; `all` has the call made."""
    add(url, later="return await tools.pay({ cents: 5 });")
    worker_command(options(url))
    assert states(url) == {"later": "suspended"}

    add(url, now="return await tools.pay({ cents: 5 });")
    worker_command(options(url, approve="all"))
    assert states(url) == {"later": "suspended", "now": "succeeded"}


def test_only_the_named_queues_are_worked_off(url: str) -> None:
    """Another queue's run stays."""
    add(url, plain="return 1;", asks="return await tools.pay({ cents: 5 });")

    worker_command(options(url, queues=("default",)))

    assert states(url) == {"plain": "succeeded", "asks": "queued"}


def test_dbos_on_sqlite_is_refused(url: str) -> None:
    """Before anything is worked off."""
    add(url, plain="return 1;")

    with pytest.raises(UsageError, match="PostgreSQL"):
        worker_command(options(url, orchestrator="dbos"))
    assert states(url) == {"plain": "queued"}
