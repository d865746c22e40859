"""Runs of a job in the store: whose they are, and what becomes of those that a dead process left."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from belljar.agents._job import Job
from belljar.harness import Harness, Origin
from belljar.plugins._clean import Cleaner, cleaned
from belljar.tools import AnyTool
from belljar.tools._clock import wall_ms

_ALIVE: Final = ("queued", "running", "suspended")
_MOST: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What scripts and the acceptance command work with."""

    job: Job
    tree: Path
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """That nothing which they give may show."""

    def clean(self, tool: AnyTool, **options: Any) -> AnyTool:
        """The tool, whose answers and errors are without secrets."""
        return cleaned(tool, Cleaner(secrets=self.secrets), **options)


def origin_of(job: Job) -> Origin:
    """Each run of the job has its agent's checksum."""
    return Origin(manifest_sha256=job.checksum, agent_id=job.id, queue=f"agent:{job.name}")


async def end_left_runs(job: Job, *, keep: str) -> int:
    """End what a process left in the middle: its step is done again from its beginning. How many calls it had made.

    The run `keep` stays: it waits for a person.
    """
    left = [
        run
        for state in _ALIVE
        for run in await asyncio.to_thread(job.store.runs.find, state=state, agent_id=job.id, limit=_MOST)
        if run.id != keep
    ]
    async with Harness(store=job.store, origin=origin_of(job)) as harness:
        for run in left:
            await asyncio.to_thread(job.store.runs.cancel, run.id, who=job.store.worker, now_ms=wall_ms())
            await harness.resume_run(run.id)  # it is ended by whoever would take it
    return sum(run.calls for run in left)
