"""`belljar agents run --resume ID`: a job that was stopped, killed, or waited goes on in this process."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from belljar.agents import AGENTS
from belljar.agents._hold import check_version
from belljar.agents._steps import job_of
from belljar.cli._agents_build import resume_build, work_build
from belljar.cli._agents_scan import AGENT as SCAN
from belljar.cli._agents_scan import resume_scan, work_scan
from belljar.cli._agents_start import named_job
from belljar.cli._exits import ExitCode
from belljar.cli._options import AnswersOrLater
from belljar.cli._store import command, opened
from belljar.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeJobOptions:
    """What the command line said."""

    job: str
    policy: Path | None = None
    store: str | None = None
    approve: AnswersOrLater | None = None
    as_json: bool = False


def resume_job_command(options: ResumeJobOptions) -> ExitCode:
    """Go on with it. Raises NotInStoreError, UsageError for a job that is over, and PolicyRefusedError."""
    with opened(options.store) as store:
        row = named_job(store, options.job, options.store)
        kept = job_of(row)
        agent = AGENTS.get(row.name)
        if agent is None or kept is None:
            hint = f"{command('agents', 'status', store=options.store)} shows which go on."
            raise UsageError(f"{options.job} is no job of an agent that is here", hint=hint)
        check_version(row, agent)
        if agent is SCAN:
            job = resume_scan(store, row.id, kept.input, policy=options.policy)
            return asyncio.run(work_scan(job, options.store))
        job = resume_build(store, row.id, kept.input, policy=options.policy)
        return asyncio.run(work_build(job, store, options))
