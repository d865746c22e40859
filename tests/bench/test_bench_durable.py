"""The benchmark of durable runs does what it says, with a few runs."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from belljar.store import RunRequest, open_store
from benchmarks.durable import QUICK, SHORT, Size, begun, files, main, median_ms, waiting

FEW = Size(runs=2, suspended=6, real=4, looks=1)


def test_runs_that_are_begun_here_are_counted(tmp_path: Path) -> None:
    """One more than was asked for: the first one loads things."""
    with open_store(tmp_path / "runs.db") as store:
        assert asyncio.run(begun(store, 3, at_once=2)) > 0
        assert store.runs.counts() == {"succeeded": 4}


def test_a_worker_process_works_off_what_there_is(tmp_path: Path) -> None:
    """`--work` ends when nothing is left."""
    url = str(tmp_path / "runs.db")
    with open_store(url) as store:
        for run_id in ("a", "b"):
            store.runs.add(RunRequest(source=SHORT), run_id=run_id)
        assert main(["--work", url]) == 0
        assert store.runs.counts() == {"succeeded": 2}


def test_a_worker_that_looks_once_tells_its_memory(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--look` prints bytes."""
    assert main(["--look", str(tmp_path / "runs.db")]) == 0
    assert int(capsys.readouterr().out) > 1 << 20


@pytest.mark.slow
def test_the_figures_of_waiting_runs(tmp_path: Path) -> None:
    """Copies wait as those that were run do."""
    figures = dict(waiting(tmp_path, FEW))

    assert figures["suspended runs"] == "6"
    assert figures["rows a run"] == "1 run, 5 of its journal, 1 question, 6.2 of the audit log"
    assert len(figures) == 8


def test_the_middle_of_several_times_counts() -> None:
    """And each address is another one."""
    calls: list[int] = []
    assert median_ms(lambda: calls.append(1), 3) < 1_000
    assert len(calls) == 3
    address = files(Path("x"))
    assert address() != address()
    assert QUICK.suspended < Size().suspended
