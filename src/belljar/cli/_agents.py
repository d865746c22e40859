"""`belljar agents list`, `status` and `stop`: which agents there are, and what their jobs did."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from belljar.agents import AGENTS, AgentInfo, JobHead, JobView, may_start, newest_jobs, one_job, stop
from belljar.cli._agents_start import agent_policy, named_job
from belljar.cli._document import print_json
from belljar.cli._exits import ExitCode
from belljar.cli._screen import counted, err, out, safe, safe_line
from belljar.cli._store import Cell, command, login_name, moment, opened, print_facts, print_rows, source, state_text
from belljar.errors import PolicyRefusedError
from belljar.tools._clock import wall_ms

if TYPE_CHECKING:
    from belljar.store import Store


def list_command(*, policy: Path | None, as_json: bool) -> ExitCode:
    """Print the registry; with a policy also whether it lets each start."""
    granted = agent_policy(policy)
    refused = {name: may_start(info, granted) for name, info in AGENTS.items()}
    if as_json:
        print_json({"ok": True, "agents": [_agent_json(info, refused[name]) for name, info in AGENTS.items()]})
        return ExitCode.FINE
    headings = ("AGENT", "VERSION", "GATE", "MAY START", "BEGUN BY", "ASKS FOR")
    print_rows(out(), headings, [_agent_row(info, refused[name]) for name, info in AGENTS.items()])
    for error in refused.values():
        if error is not None and policy is not None:
            err().print(Text(safe(error.message)))
    return ExitCode.FINE


def _agent_json(info: AgentInfo, refused: PolicyRefusedError | None) -> dict[str, Any]:
    return info.to_dict() | {
        "may_start": refused is None,
        "refused": refused.to_dict() if refused is not None else None,
    }


def _agent_row(info: AgentInfo, refused: PolicyRefusedError | None) -> list[Cell]:
    may = Text("yes", style="green") if refused is None else Text("no", style="red")
    return [info.name, info.version, info.gate, may, ", ".join(info.triggers), ", ".join(info.capabilities)]


def status_command(named: str | None, job_id: str | None, *, limit: int, as_json: bool) -> ExitCode:
    """Print the newest jobs, or one with its steps and runs. Raises NotInStoreError."""
    with opened(named) as store:
        if job_id is not None:
            return _one(store, job_id, named, as_json=as_json)
        jobs = newest_jobs(store, now_ms=wall_ms(), limit=limit)
    if as_json:
        print_json({"ok": True, "jobs": [job.to_dict() for job in jobs]})
    elif not jobs:
        err().print(Text("no agent has worked here yet", style="dim"))
    else:
        print_rows(out(), ("JOB", "STATE", "BEGAN", "STEPS", "WORKER"), [_job_row(job) for job in jobs])
    return ExitCode.FINE


def _job_row(job: JobHead) -> list[Cell]:
    return [job.id, state_text(job.state), moment(job.began_ms), str(job.step_count), job.owner or "-"]


def _one(store: Store, job_id: str, named: str | None, *, as_json: bool) -> ExitCode:
    named_job(store, job_id, named)
    job = one_job(store, job_id, now_ms=wall_ms())
    runs = store.runs.find(agent_id=job_id, limit=1_000)
    if as_json:
        facts = [{"id": run.id, "state": run.state, "calls": run.calls, "spent_ms": run.spent_ms} for run in runs]
        print_json({"ok": True, **job.to_dict(), "runs": facts})
        return ExitCode.FINE
    console = out()
    _print_job(console, job)
    if runs:
        console.print(Text(f"\n{counted(len(runs), 'run')}", style="bold"))
        print_rows(
            console, ("RUN", "STATE", "CALLS"), [[run.id, state_text(run.state), str(run.calls)] for run in runs]
        )
    if job.can_resume:
        again = command("agents", "run", "--resume", job.id, "--policy", "POLICY.toml", store=named)
        err().print(Text.assemble(("  go on  ", "dim"), safe(again)), soft_wrap=True)
    return ExitCode.FINE


def _print_job(console: Console, job: JobView) -> None:
    console.print(Text.assemble((safe(job.id), "bold"), "  ", state_text(job.state)))
    facts: list[tuple[str, Cell]] = [
        ("agent", f"{job.name} {job.version}"),
        ("checksum", job.checksum or "-"),
        ("began", moment(job.began_ms)),
        ("worker", job.owner or "-"),
        *((name, short_json(value)) for name, value in job.notes.items()),
    ]
    if job.error is not None:
        facts.append(("error", Text(safe_line(f"{job.error['code']}: {job.error['message']}", limit=400), style="red")))
    print_facts(console, facts)
    if job.steps:
        console.print(Text(f"\n{counted(len(job.steps), 'step')}", style="bold"))
    for name, result in job.steps.items():
        console.print(Text.assemble(("  ✓ ", "green"), safe_line(name), ("  " + short_json(result, limit=90), "dim")))


def short_json(value: Any, *, limit: int = 160) -> str:
    """On one line, cut where it is long."""
    return safe_line(json.dumps(value, ensure_ascii=False), limit=limit)


def stop_command(named: str | None, job_id: str, *, who: str | None, as_json: bool) -> ExitCode:
    """Stop it. Harmless twice. Raises NotInStoreError."""
    person = login_name(who)
    with opened(named) as store:
        named_job(store, job_id, named)
        before = one_job(store, job_id, now_ms=wall_ms())
        stop(store, job_id, who=person, source=source())
        after = one_job(store, job_id, now_ms=wall_ms())
    was_going = before.can_stop
    if as_json:
        print_json({"ok": True, "id": job_id, "was": before.state, "state": after.state})
    else:
        told = "stopped; it ends within a second" if was_going else f"it goes on nowhere: {before.state}"
        err().print(Text(safe(f"{job_id}: {told}"), style="bold" if was_going else "dim"))
    return ExitCode.FINE
