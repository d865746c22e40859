"""`belljar agents run code-generation`: a specification built by a model, and the patch put before a person."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from rich.text import Text

from belljar.agents import AGENTS, Job, permit
from belljar.agents.coding import BuildInput, BuildReport, build, build_input
from belljar.agents.coding._given import read_input
from belljar.cli._agents_start import agent_policy, announce
from belljar.cli._document import print_json
from belljar.cli._exits import ExitCode
from belljar.cli._options import AnswersOrLater
from belljar.cli._run import chosen_approver
from belljar.cli._screen import err, safe
from belljar.cli._store import command, login_name, opened, source
from belljar.tools import Approver
from belljar.tools._approval import decision_on
from belljar.tools._clock import wall_ms

if TYPE_CHECKING:
    from belljar.plugins import Permission
    from belljar.store import Store

AGENT: Final = AGENTS["code-generation"]
_CODES: Final[Mapping[str, ExitCode]] = {
    "finished": ExitCode.FINE,
    "denied": ExitCode.DENIED,
    "waiting": ExitCode.WAITING,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildCommandOptions:
    """What the command line said."""

    specification: Path
    model: str
    policy: Path | None = None
    store: str | None = None
    repo: Path | None = None
    out: Path = Path("patch.diff")
    apply: bool = False
    approve: AnswersOrLater | None = None
    as_json: bool = False


def build_command(options: BuildCommandOptions) -> ExitCode:
    """Build, ask, deliver. Raises ManifestError for the specification, PolicyRefusedError before anything is done."""
    given = build_input(
        options.specification,
        model=_absolute(options.model),
        out=options.out,
        repository=options.repo,
        apply=options.apply,
    )
    with opened(options.store, may_be_new=True) as store:
        permission = _permitted(store, given, options.policy)
        job = Job.begin(store, AGENT, permission, given.to_data())
        return asyncio.run(work_build(job, store, options))


def _absolute(model: str) -> str:
    """The list of a scripted model by its whole path: the job may go on from another folder."""
    kind, _, file = model.partition(":")
    return f"{kind}:{Path(file).absolute()}" if kind == "scripted" and file else model


def resume_build(store: Store, job_id: str, given: Mapping[str, Any], *, policy: Path | None) -> Job:
    """The job of one that was begun, under the policy as it is now. Raises PolicyRefusedError."""
    return Job.resume(store, job_id, AGENT, _permitted(store, read_input(given), policy))


def _permitted(store: Store, given: BuildInput, policy: Path | None) -> Permission:
    folder = Path(given.repository) if given.repository is not None else None
    program = given.specification.terms.accept[0]
    return permit(store, AGENT, agent_policy(policy), folder=folder, programs=(program,))


class AskOptions(Protocol):
    """Of a command that works at such a job."""

    @property
    def policy(self) -> Path | None: ...
    @property
    def store(self) -> str | None: ...
    @property
    def approve(self) -> AnswersOrLater | None: ...
    @property
    def as_json(self) -> bool: ...


async def work_build(job: Job, store: Store, options: AskOptions) -> ExitCode:
    """Work at the job; where its patch waits and somebody is there to decide, go on with what they said."""
    announce(job.id, options.store)
    report = await _built(job)
    approver = chosen_approver(options.approve, has_store=True) if report.state == "waiting" else None
    if approver is not None and report.approval is not None:
        await _decided(store, report.approval, approver)
        report = await _built(Job.resume(store, job.id, AGENT, job.permission))
    if options.as_json:
        print_json({"ok": report.state == "finished", **asdict(report)})
    _tell(report, options)
    return _CODES[report.state]


async def _built(job: Job) -> BuildReport:
    async with job:
        return await build(job)


async def _decided(store: Store, approval: str, approver: Approver) -> None:
    """Put the question before whoever is there, and write the answer down."""
    question = await asyncio.to_thread(store.approvals.get, approval)
    assert question.request is not None  # asked by this version, just now
    who = login_name(None)
    decision = decision_on(question.request, await approver.decide(question.request), who=who)
    if decision is not None:
        await asyncio.to_thread(store.approvals.vote, question.id, decision, who=who, source=source(), now_ms=wall_ms())


def _tell(report: BuildReport, options: AskOptions) -> None:
    console = err()
    console.print(Text(safe(f"{report.job}: {report.state}; {report.summary}"), style="bold"))
    if report.skipped:
        told = f"left out of the copy: {report.skipped:,} (links that lead out, submodules, what is no file)"
        console.print(Text(told, style="yellow"))
    if report.state == "finished":
        applied = "; applied to the repository" if report.applied else ""
        console.print(Text(safe(f"patch: {report.out}{applied}"), style="green"))
    if report.state == "denied":
        console.print(Text(safe(report.reason), style="red"))
    if report.state == "waiting" and report.approval is not None:
        again = ("agents", "run", "--resume", report.job, f"--policy={options.policy}")
        for label, line in (
            ("look", command("approvals", "show", report.approval, store=options.store)),
            ("decide", command("approvals", "approve", report.approval, store=options.store)),
            ("go on", command(*again, store=options.store)),
        ):
            console.print(Text.assemble((f"  {label:<8}", "dim"), safe(line)), soft_wrap=True)
