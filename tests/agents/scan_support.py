"""What the tests of the scan share: trees from a table of texts, and jobs on a store of their own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from belljar.agents._job import Job
from belljar.agents._registry import AGENTS
from belljar.agents.security import ScanOptions, ScanReport, _scan, scan
from belljar.agents.security._child import Child, answer_of
from belljar.agents.security._walk import SourceFile
from belljar.agents.security._worker import answer
from belljar.store import Store, open_store

GITHUB = "ghp_" + "a1B2c3D4e5" * 4


def grown(root: Path, texts: Mapping[str, str | bytes]) -> Path:
    """The folder with these files."""
    for name, text in texts.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape"))
    return root


def source(path: str, size: int = 0) -> SourceFile:
    return SourceFile(path=path, shown=path, size=size)


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a child of the scan would do is done in this process, for tests that are not about children; but bandit,
    which changes how this process logs, has its own.
    """

    async def answer_here(child: Child) -> Any:
        told = json.loads(child.argv[0])
        return await answer_of(child) if told["kind"] == "python" else json.loads(json.dumps(answer(told)))

    monkeypatch.setattr(_scan, "answer_of", answer_here)


class Steps:
    """A job without a store: remembers its steps, and can die at one."""

    def __init__(self, store: Any = None, *, dies_at: str = "") -> None:
        self.id = "security-scan:00000000"
        self.store = store
        self.results: dict[str, Any] = {}
        self.worked: list[str] = []
        self.dies_at = dies_at

    async def step(self, name: str, work: Callable[[], Awaitable[Any]]) -> Any:
        if name not in self.results:
            if name == self.dies_at:
                raise KeyboardInterrupt(name)
            self.worked.append(name)
            self.results[name] = await work()
        return self.results[name]


def scanned(root: Path, *, store: Store | None = None, job: Steps | None = None, **options: Any) -> ScanReport:
    """A scan without a job of the store."""
    return asyncio.run(scan(job or Steps(store), ScanOptions(root=root, **options)))


def scanned_as_job(root: Path, url: str, **options: Any) -> ScanReport:
    """A scan as the command line does it."""

    async def work() -> ScanReport:
        asked = ScanOptions(root=root, **options)
        with open_store(url) as store:
            async with Job.begin(store, AGENTS["security-scan"], None, asked.to_input()) as job:
                report = await scan(job, asked)
                await job.finish(report.summary())
                return report

    return asyncio.run(work())
