"""`belljar agents run security-scan`: a folder looked through, a report written, and an exit code by severity."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from rich.text import Text

from belljar.agents import AGENTS, Job, permit
from belljar.agents.security import ScanOptions, ScanReport, Severity, scan, to_json, to_markdown, to_sarif
from belljar.agents.security._file import write_whole
from belljar.cli._agents_start import agent_policy, announce, can_write
from belljar.cli._exits import ExitCode
from belljar.cli._screen import counted, err, safe, safe_line
from belljar.cli._store import opened
from belljar.errors import UsageError

if TYPE_CHECKING:
    from belljar.store import Store

Format: TypeAlias = Literal["markdown", "sarif", "json"]
AGENT: Final = AGENTS["security-scan"]
PROGRAMS: Final = ("bandit",)
"""What it starts besides itself."""
_FORMATS: Final[Mapping[str, Callable[[ScanReport], str]]] = {
    "markdown": to_markdown,
    "sarif": to_sarif,
    "json": to_json,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanCommandOptions:
    """What the command line said."""

    path: Path
    policy: Path | None = None
    store: str | None = None
    format: Format = "markdown"
    out: Path | None = None
    """None: standard output."""
    baseline: Path | None = None
    update_baseline: bool = False
    advisories: Path | None = None
    exclude: tuple[str, ...] = ()
    fail_on: Severity = "high"

    def to_input(self) -> dict[str, Any]:
        """What the job is begun with: all that another process needs to go on."""
        return {"options": self.scan.to_input(), "format": self.format}

    @property
    def scan(self) -> ScanOptions:
        """Raises UsageError."""
        return ScanOptions(
            root=self.path,
            advisories=self.advisories,
            baseline=self.baseline,
            update_baseline=self.update_baseline,
            exclude=self.exclude,
            out=self.out,
            fail_on=self.fail_on,
        )


def scan_command(options: ScanCommandOptions) -> ExitCode:
    """Scan, write the report. Raises PolicyRefusedError before anything is read of the folder."""
    given = options.to_input()
    if not options.path.is_dir():
        raise UsageError(f"{options.path} is no folder", hint="Name a checked-out repository.")
    can_write(options.out)
    can_write(options.baseline)
    options.scan.load_baseline()  # better now than as a job that failed
    with opened(options.store, may_be_new=True) as store:
        permission = permit(store, AGENT, agent_policy(options.policy), folder=options.path, programs=PROGRAMS)
        return asyncio.run(work_scan(Job.begin(store, AGENT, permission, given), options.store))


def resume_scan(store: Store, job_id: str, given: Mapping[str, Any], *, policy: Path | None) -> Job:
    """The job of one that was begun, under the policy as it is now. Raises PolicyRefusedError."""
    root = options_of(given).root
    permission = permit(store, AGENT, agent_policy(policy), folder=root, programs=PROGRAMS)
    return Job.resume(store, job_id, AGENT, permission)


def options_of(given: Any) -> ScanOptions:
    """What the job was begun with. Raises UsageError for what `ScanCommandOptions.to_input` never wrote."""
    try:
        assert given["format"] in _FORMATS
        return ScanOptions.from_input(given["options"])
    except (KeyError, TypeError, AssertionError):
        raise UsageError("this job is none of the security scan") from None


async def work_scan(job: Job, store: str | None) -> ExitCode:
    """Work at the job to its end, which it has come to when the report is written."""
    announce(job.id, store)
    async with job:
        given = job.input
        options = options_of(given)
        report = await scan(job, options)
        _write(_FORMATS[given["format"]](report), options.out)
        await job.finish(report.summary())
    _tell(report)
    return ExitCode(report.exit_status)


def _write(text: str, out: Path | None) -> None:
    if out is None:
        sys.stdout.write(text)
        sys.stdout.flush()
    else:
        write_whole(out, text)
        err().print(Text(safe(f"report: {out}"), style="dim"))


def _tell(report: ScanReport) -> None:
    told = ", ".join(f"{count:,} {severity}" for severity, count in report.counts.items())
    console = err()
    console.print(Text(f"{counted(report.files, 'file')}; new: {told}", style="bold"))
    for problem in report.problems:
        place = f"{problem.path}: " if problem.path else ""
        console.print(Text(safe_line(f"{problem.level}: {problem.tool}: {place}{problem.message}"), style="yellow"))
