"""A job as people look at it: one reading of an agent's row for the command line and the console.

A list has heads, which say how the jobs stand; one job is shown with what its steps gave, bounded in size. What is
shown went through redaction, for a step may have kept what a model or a file said. Agents of the host's own are in the
list, too: they have a state, and what they keep is nobody's business here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from belljar.agents._registry import AGENTS
from belljar.agents._steps import JobData, job_of, job_state, shortened
from belljar.audit import redacted_whole

if TYPE_CHECKING:
    from belljar.store import AgentRow, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class JobHead:
    """How one job stands."""

    id: str
    name: str
    version: str
    state: str
    """running or lost; of one that goes on nowhere how it came out: finished, denied, waiting, failed, stopped."""
    owner: str | None
    checksum: str | None
    """Of the code that did it."""
    is_current: bool
    """Whether that is the code that is installed here."""
    is_job: bool
    """Whether it is one of an agent of belljar's; else it is a program of the host's own."""
    began_ms: int
    beat_ms: int
    step_count: int
    """Of steps that ended."""
    error: Mapping[str, str] | None
    """code and message of what it failed with."""

    @property
    def can_stop(self) -> bool:
        """Whether there is something to stop: going on here, elsewhere, or about to be taken over."""
        return self.state in ("running", "lost")

    @property
    def can_resume(self) -> bool:
        """Whether `agents run --resume` goes on with it."""
        return self.is_job and self.state in ("lost", "waiting", "failed", "stopped")

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


@dataclass(frozen=True, slots=True, kw_only=True)
class JobView(JobHead):
    """One job whole."""

    input: Any
    steps: Mapping[str, Any]
    """What each gave, by name, in the order in which they ended; of a large result its size and digest."""
    notes: Mapping[str, Any]
    """What it keeps for itself: what was spent, for instance."""
    result: Any


def newest_jobs(store: Store, *, now_ms: int, limit: int = 100, before: tuple[int, str] | None = None) -> list[JobHead]:
    """The newest agents of the store; those older than the place `before`, which is a head's `began_ms` and `id`."""
    rows = store.agents.newest(limit=limit, before=before)
    return [JobHead(**_head(store, row, job_of(row), now_ms)) for row in rows]


def one_job(store: Store, agent_id: str, *, now_ms: int) -> JobView:
    """Raises NotInStoreError."""
    row = store.agents.get(agent_id)
    job = job_of(row)
    kept = job or JobData()
    shown = shortened({"input": kept.input, "result": kept.result})
    return JobView(
        **_head(store, row, job, now_ms),
        input=redacted_whole(shown["input"]),
        steps=_each(kept.steps),
        notes=_each(kept.notes),
        result=redacted_whole(shown["result"]),
    )


def _head(store: Store, row: AgentRow, job: JobData | None, now_ms: int) -> dict[str, Any]:
    state = job_state(row)
    if state == "running" and row.owner is not None and store.workers.is_dead(row.owner, now_ms):
        state = "lost"  # whoever marks lost agents has not come by yet
    known = AGENTS.get(row.name)
    return {
        "id": row.id,
        "name": row.name,
        "version": row.version,
        "state": state,
        "owner": row.owner,
        "checksum": row.manifest_sha256,
        "is_current": known is not None and known.checksum == row.manifest_sha256,
        "is_job": job is not None,
        "began_ms": row.created_ms,
        "beat_ms": row.beat_ms,
        "step_count": len(job.steps) if job is not None else 0,
        "error": redacted_whole(job.error) if job is not None else None,
    }


def _each(named: Mapping[str, Any]) -> dict[str, Any]:
    """The names are the agent's own: a step called `secrets` is no secret."""
    return {name: redacted_whole(value) for name, value in shortened(named).items()}
