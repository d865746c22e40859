"""`belljar decide`: an operator's answers to the questions of runs that wait in a journal folder."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

from rich.text import Text

from belljar.cli._approve import Policy, approver_for, can_ask
from belljar.cli._exits import ExitCode
from belljar.cli._screen import out, safe
from belljar.errors import JournalError, UsageError
from belljar.harness import Harness
from belljar.integrations.decisions import DecisionFolder
from belljar.tools import ApprovalRequest
from belljar.tools._approval import decision_on


def decide_command(folder: Path, *, run_id: str | None, approve: Policy) -> ExitCode:
    """Ask about every open question that has no decision yet, of one run or of all. Raises UsageError.

    The decisions are left in the folder; the server goes on with a run when its client asks for it.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder", hint="Name the one of belljar mcp --journal.")
    if approve == "ask" and not can_ask():
        raise UsageError(
            "nobody can be asked: standard input is no terminal", hint="Or: --approve all, --approve none."
        )
    asyncio.run(_decide(folder, run_id, approve))
    return ExitCode.FINE


async def _decide(folder: Path, run_id: str | None, approve: Policy) -> None:
    approver, decisions = approver_for(approve), DecisionFolder(folder)
    for request in list(_pending(folder, run_id)):
        decision = await decisions.decide(request)
        if decision is None:
            decision = decision_on(request, await approver.decide(request), who="belljar decide")
            assert decision is not None  # neither a terminal nor a policy leaves a question open
            decisions.record(request, decision)
        who = f" by {decision.who}" if decision.who else ""
        out().print(Text(safe(f"{request.id} {request.tool}: {decision.verdict}{who}")))


def _pending(folder: Path, run_id: str | None) -> Iterator[ApprovalRequest]:
    harness = Harness(journal=folder)
    if run_id is not None:
        yield from harness.suspended(run_id).pending
        return
    for file in sorted(folder.glob("*.jsonl")):
        try:
            yield from harness.suspended(file.stem).pending
        except JournalError:  # it ended, goes on, or is no journal of a run
            continue
