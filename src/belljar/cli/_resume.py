"""`belljar runs resume`: one run of a store, or all that are ready, go on in this process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rich.text import Text

from belljar.cli._document import print_json
from belljar.cli._exits import ExitCode, exit_code_of, worst
from belljar.cli._faults import as_ours, show_trace
from belljar.cli._loading import load_registry, parse_servers
from belljar.cli._options import AnswersOrLater
from belljar.cli._outcomes import print_waiting, tell_outcome, tool_words
from belljar.cli._progress import ProgressPrinter
from belljar.cli._run import chosen_approver
from belljar.cli._screen import err, print_error, safe
from belljar.cli._store import opened
from belljar.errors import VIRTUAL_FILE, UsageError
from belljar.harness import Harness, Outcome
from belljar.tools._clock import wall_ms

if TYPE_CHECKING:
    from belljar.store import RunRow, Store


_BATCH: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeOptions:
    """What the command line said."""

    store: str | None
    run_id: str | None
    all_ready: bool
    tools: tuple[str, ...]
    workspace: Path | None
    mcp: tuple[str, ...]
    approve: AnswersOrLater | None
    as_json: bool

    def __post_init__(self) -> None:
        if (self.run_id is None) != self.all_ready:
            raise UsageError("either a run is named, or --all is", hint="belljar runs list shows what there is.")


def resume_command(options: ResumeOptions) -> ExitCode:
    """Go on, print each outcome, and give the worst of their codes. Raises UsageError for a run that cannot go on."""
    with opened(options.store) as store:
        harness = Harness(
            load_registry(options.tools, workspace=options.workspace),
            approver=chosen_approver(options.approve, has_store=True),
            mcp=parse_servers(options.mcp),
            store=store,
        )
        session = _Session(options=options, store=store, harness=harness)
        return asyncio.run(session.all() if options.all_ready else session.one())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Session:
    """One command's work, inside an event loop."""

    options: ResumeOptions
    store: Store
    harness: Harness

    async def one(self) -> ExitCode:
        """The run that was named."""
        run_id = self.options.run_id
        assert run_id is not None
        async with self.harness:
            outcome = await self._resumed(run_id)
        if outcome is None:
            raise _not_taken(self.store.runs.get(run_id))
        if self.options.as_json:
            print_json(outcome.to_dict())
        return self._told(outcome)

    async def all(self) -> ExitCode:
        """Every run that is ready, until there is none more. One that fails does not keep the others."""
        told: list[tuple[ExitCode, dict[str, Any]]] = []
        async with self.harness:
            async for run_id in self._ready():
                try:
                    outcome = await self._resumed(run_id)
                except Exception as error:  # boundary: it is told, and the other runs go on
                    told.append(_failed(run_id, error))
                    continue
                if outcome is not None:
                    told.append((self._told(outcome), outcome.to_dict()))
        code = worst(each for each, _ in told)
        if self.options.as_json:
            print_json({"ok": code is ExitCode.FINE, "runs": [document for _, document in told]})
        elif not told:
            err().print(Text("no run is ready to go on", style="dim"))
        return code

    async def _ready(self) -> AsyncIterator[str]:
        """Each run once: one that waits again, or that somebody else took, is not offered a second time."""
        seen: set[str] = set()
        while fresh := [run_id for run_id in self._offered(_BATCH + len(seen)) if run_id not in seen]:
            for run_id in fresh:
                seen.add(run_id)
                yield run_id

    def _offered(self, limit: int) -> list[str]:
        return [run.id for run in self.store.runs.ready(now_ms=wall_ms(), limit=limit)]

    async def _resumed(self, run_id: str) -> Outcome | None:
        progress = ProgressPrinter(err())
        if self.options.all_ready:
            err().print(Text(safe(run_id), style="bold"))
        try:
            return await self.harness.resume_run(run_id, on_event=progress)
        finally:
            progress.close()

    def _told(self, outcome: Outcome) -> ExitCode:
        tell_outcome(outcome, VIRTUAL_FILE, as_json=self.options.as_json)
        options = self.options
        words = tool_words(options.tools, options.workspace, options.mcp)
        print_waiting(outcome, words, store=options.store)
        return exit_code_of(outcome.error)


def _failed(run_id: str, error: Exception) -> tuple[ExitCode, dict[str, Any]]:
    show_trace(error)
    ours = as_ours(error)
    print_error(err(), ours)
    return exit_code_of(ours), {"ok": False, "run_id": run_id, "error": ours.to_dict()}


def _not_taken(run: RunRow) -> UsageError:
    """Why a run did not go on here."""
    if run.ended_ms is not None:
        return UsageError(f"{run.id} has ended: {run.state}", hint=f"belljar runs show {run.id}")
    if run.owner is None:
        return UsageError(f"{run.id} cannot start now: its queue {run.queue!r} is full", hint="Try again later.")
    return UsageError(f"{run.id} goes on in another process: {run.owner}", hint="Nothing is to be done.")
