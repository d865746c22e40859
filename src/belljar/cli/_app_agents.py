"""The surface of `belljar agents`. Every command asks the gate before it looks at anything it was given."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final, Literal

import typer

from belljar import gate
from belljar.cli._options import AnswersOrLater, Json, Limit, Login, StoreUrl
from belljar.errors import UsageError

agents = typer.Typer(
    name="agents",
    help=f"Agents: jobs on the harness, durable and on record. Off unless an operator sets {gate.VARIABLE}.",
    rich_markup_mode=None,
)
run = typer.Typer(
    name="run",
    help="Run an agent, one command for each; or --resume a job that was stopped, killed, or waited for a decision.",
    rich_markup_mode=None,
)
agents.add_typer(run)
_GATED: Final = "belljar agents"

Severity = Literal["low", "medium", "high", "critical"]
PolicyFile = Annotated[
    Path | None,
    typer.Option("--policy", metavar="POLICY.toml", help="What an operator grants; without it no agent starts."),
]
JobId = Annotated[str, typer.Argument(metavar="ID", help="Of a job, as `agents status` shows it.")]


@agents.command("list")
def list_agents(policy: PolicyFile = None, json: Json = False) -> int:
    """What agents there are, what each asks for, and whether it may start."""
    gate.require(_GATED)
    from belljar.cli._agents import list_command

    return list_command(policy=policy, as_json=json)


@agents.command()
def status(
    job: Annotated[str | None, typer.Argument(metavar="ID", help="One job, whole; else the newest.")] = None,
    store: StoreUrl = None,
    limit: Limit = 100,
    json: Json = False,
) -> int:
    """What the jobs in a store did: steps, runs, what they spent."""
    gate.require(_GATED)
    from belljar.cli._agents import status_command

    return status_command(store, job, limit=limit, as_json=json)


@agents.command()
def stop(job: JobId, store: StoreUrl = None, login: Login = None, json: Json = False) -> int:
    """Stop a job, wherever it goes on: it ends within a second. `agents run --resume` goes on with it."""
    gate.require(_GATED)
    from belljar.cli._agents import stop_command

    return stop_command(store, job, who=login, as_json=json)


@run.callback(invoke_without_command=True)
def run_any(
    context: typer.Context,
    resume: Annotated[str | None, typer.Option("--resume", metavar="ID", help="Go on with this job.")] = None,
    policy: PolicyFile = None,
    store: StoreUrl = None,
    approve: Annotated[
        AnswersOrLater | None,
        typer.Option("--approve", help="Who answers its questions; without a terminal: later, in the store."),
    ] = None,
    json: Json = False,
) -> int:
    """Run an agent, one command for each; or --resume a job that was stopped, killed, or waited for a decision."""
    if context.invoked_subcommand is not None:
        given = {"--resume": resume, "--policy": policy, "--store": store, "--approve": approve, "--json": json or None}
        return _check_place(context.invoked_subcommand, [name for name, value in given.items() if value is not None])
    gate.require(_GATED)
    if resume is None:
        raise UsageError("no agent is named", hint="belljar agents list shows them; or --resume ID.")
    from belljar.cli._agents_resume import ResumeJobOptions, resume_job_command

    return resume_job_command(ResumeJobOptions(job=resume, policy=policy, store=store, approve=approve, as_json=json))


def _check_place(agent: str, options: Sequence[str]) -> int:
    """Raises UsageError for options of --resume that stand before the name of an agent, which does not hear them."""
    for option in options:
        gate.require(_GATED)
        hint = "A job knows its agent." if option == "--resume" else f"Write it behind: {agent} ... {option}"
        raise UsageError(f"{option} stands before {agent}, which does not hear it there", hint=hint)
    return 0


@run.command("security-scan")
def security_scan(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A checked-out repository.")],
    policy: PolicyFile = None,
    store: StoreUrl = None,
    format: Annotated[
        Literal["markdown", "sarif", "json"], typer.Option("--format", help="Of the report.")
    ] = "markdown",
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Where the report goes; else standard output.")
    ] = None,
    baseline: Annotated[
        Path | None, typer.Option("--baseline", metavar="FILE", help="Findings that are known already.")
    ] = None,
    update_baseline: Annotated[
        bool, typer.Option("--update-baseline", help="Write what was found into --baseline.")
    ] = False,
    advisories: Annotated[
        Path | None, typer.Option("--advisories", metavar="DIR", help="OSV advisories, one JSON file each.")
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option("--exclude", metavar="GLOB", help="Leave out; may be given several times.")
    ] = None,
    fail_on: Annotated[
        Severity, typer.Option("--fail-on", help="Exit code 1 for a new finding this severe or worse.")
    ] = "high",
) -> int:
    """Look a repository through: bandit, rules for JavaScript and TypeScript, secrets, dependencies."""
    gate.require(_GATED)
    from belljar.cli._agents_scan import ScanCommandOptions, scan_command

    return scan_command(
        ScanCommandOptions(
            path=path,
            policy=policy,
            store=store,
            format=format,
            out=out,
            baseline=baseline,
            update_baseline=update_baseline,
            advisories=advisories,
            exclude=tuple(exclude or ()),
            fail_on=fail_on,
        )
    )


@run.command("code-generation")
def code_generation(
    specification: Annotated[
        Path, typer.Argument(metavar="SPEC.md", help="What is wanted, and the command that tests it.")
    ],
    model: Annotated[
        str, typer.Option("--model", metavar="openai:NAME|anthropic:NAME|scripted:FILE", help="Who writes it.")
    ],
    policy: PolicyFile = None,
    store: StoreUrl = None,
    repo: Annotated[
        Path | None, typer.Option("--repo", metavar="DIR", help="What it begins with; else an empty folder.")
    ] = None,
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="Where the patch goes, once it is approved.")
    ] = Path("patch.diff"),
    apply: Annotated[bool, typer.Option("--apply", help="Apply the approved patch to --repo, too.")] = False,
    approve: Annotated[
        AnswersOrLater | None,
        typer.Option("--approve", help="Who approves the patch; without a terminal: later, in the store."),
    ] = None,
    json: Json = False,
) -> int:
    """Have a model write what a specification asks for, test it, repair it; out comes a patch that was approved."""
    gate.require(_GATED)
    from belljar.cli._agents_build import BuildCommandOptions, build_command

    return build_command(
        BuildCommandOptions(
            specification=specification,
            model=model,
            policy=policy,
            store=store,
            repo=repo,
            out=out,
            apply=apply,
            approve=approve,
            as_json=json,
        )
    )
