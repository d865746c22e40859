"""The patch before a person: the call of `deliverPatch`, which waits in the store for as long as they take."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from belljar.agents.coding._deliver import Plan, delivery_tool
from belljar.agents.coding._runs import origin_of
from belljar.audit import redacted_whole
from belljar.errors import ApprovalDeniedError, BelljarError, NotInStoreError, StoreError, from_dict
from belljar.harness import Harness, Outcome
from belljar.limits import Limits
from belljar.tools import DeferApprover

if TYPE_CHECKING:
    from belljar.agents._job import Job

Verdict: TypeAlias = Literal["finished", "waiting", "denied"]

NOTE: Final = "handovers"
"""The job's note of how often the question was begun."""
_LIMITS: Final = Limits(argument_bytes=1 << 23, source_bytes=1 << 23, timeout_ms=600_000)
"""For a patch of 1 MiB, in a script that carries it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """How it stands."""

    verdict: Verdict
    approval: str | None = None
    """The question that is waited for."""
    reason: str = ""
    """Of the denial."""


def run_id_of(job: Job, number: int) -> str:
    """Of the call; the same for each process that does the job."""
    return f"{job.id.replace(':', '-')}-patch-{number}"


async def hand_over(job: Job, plan: Plan) -> Handover:
    """Ask, or go on with what was asked. Raises what the delivery failed with; then it is asked anew the next time."""
    number = max(int(job.notes.get(NOTE, 1)), 1)
    run_id = run_id_of(job, number)
    await job.note(NOTE, number)
    async with Harness(
        [delivery_tool(plan)], store=job.store, origin=origin_of(job), approver=DeferApprover(), limits=_LIMITS
    ) as harness:
        outcome = await _outcome(harness, job, plan, run_id)
    if outcome is None:
        return await _ended(job, run_id, number)
    if outcome.suspension is not None:
        return Handover(verdict="waiting", approval=outcome.suspension.pending[0].id)
    return await _verdict(job, number, outcome.error)


async def _outcome(harness: Harness, job: Job, plan: Plan, run_id: str) -> Outcome | None:
    try:
        await asyncio.to_thread(job.store.runs.get, run_id)
    except NotInStoreError:
        return await harness.call("deliverPatch", plan.arguments, run_id=run_id)
    return await harness.resume_run(run_id)


async def _ended(job: Job, run_id: str, number: int) -> Handover:
    """The run ended with the process that did the job before."""
    row = await asyncio.to_thread(job.store.runs.get, run_id)
    if row.ended_ms is None:
        raise StoreError(f"the run {run_id} is held by {row.owner}", hint="Resume the job when that has let go.")
    error = from_dict({"code": row.error, "message": f"the run {run_id} ended"}) if row.error is not None else None
    return await _verdict(job, number, error)


async def _verdict(job: Job, number: int, error: BelljarError | None) -> Handover:
    if error is None:
        return Handover(verdict="finished")
    if isinstance(error, ApprovalDeniedError):
        return Handover(verdict="denied", reason=str(redacted_whole(error.message)))
    await job.note(NOTE, number + 1)
    raise error
