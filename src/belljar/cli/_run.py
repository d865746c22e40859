"""`belljar run`: a reply or a script, with real tools."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.text import Text

from belljar.cli._approve import approver_for, can_ask
from belljar.cli._document import print_json
from belljar.cli._exits import ExitCode, exit_code_of
from belljar.cli._inputs import Input, checked_engine, read_input
from belljar.cli._items import Reply, TurnPrinter, print_item
from belljar.cli._loading import load_registry, parse_servers
from belljar.cli._options import AnswersOrLater
from belljar.cli._outcomes import print_journals, print_waiting, tell_outcome, tool_words
from belljar.cli._progress import ProgressPrinter
from belljar.cli._screen import err, out, safe
from belljar.cli._store import login_name, opened
from belljar.errors import BelljarError, FeatureDisabledError, UsageError
from belljar.harness import ErrorItem, Harness, Identity, Mode, Outcome, Report, Turn
from belljar.limits import Limits
from belljar.tools import Approver

if TYPE_CHECKING:
    from belljar.snapshot import Program


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """What the command line said."""

    file: Path
    tools: tuple[str, ...] = ()
    workspace: Path | None = None
    mcp: tuple[str, ...] = ()
    approve: AnswersOrLater | None = "ask"
    """None: whoever is there; with a store and without a terminal, later."""
    engine: str = "quickjs"
    as_json: bool = False
    journal: Path | None = None
    store: str | None = None
    """Its address, where the run is to be durable."""
    mode: Mode = "enabled"
    sealed: SealedOptions | None = None
    """What a sealed run is given; None for the standard profile."""
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedOptions:
    """What the command line said of a sealed run."""

    program: Program | None = None
    """A snapshot's, instead of the file's text."""
    input: str | None = None
    """JSON, or @FILE."""
    gas_limit: int | None = None
    request_id: str | None = None
    account_id: str = ""
    function_version: str = ""

    def arguments(self) -> dict[str, Any]:
        """For `Harness.run_sealed`. Raises UsageError for an input that is no JSON."""
        identity = None
        if self.request_id is not None:
            identity = Identity(
                request_id=self.request_id, account_id=self.account_id, function_version=self.function_version
            )
        elif self.account_id or self.function_version:
            raise UsageError("an identity begins with --request-id", hint="Give --request-id, too.")
        return {"input": _read_json(self.input), "identity": identity, "gas_limit": self.gas_limit}


def _read_json(given: str | None) -> Any:
    if given is None:
        return None
    try:
        return json.loads(Path(given[1:]).read_text(encoding="utf-8") if given.startswith("@") else given)
    except (OSError, ValueError) as error:
        raise UsageError(f"--input is no JSON: {error}", hint="--input '{\"n\": 1}', or --input @FILE.") from None


def run_command(options: RunOptions) -> ExitCode:
    """Read, run, print. Raises UsageError, JournalError and StoreError for inputs that cannot be used."""
    given = _given(options)
    url = options.store
    if url is not None and options.journal is not None:
        raise UsageError("the store keeps the journal", hint="belljar runs show RUN --journal FILE copies it.")
    with opened(url, may_be_new=True) if url is not None else nullcontext() as store:
        harness = Harness(
            load_registry(options.tools, workspace=options.workspace),
            approver=chosen_approver(
                options.approve, has_store=store is not None, stdin_is_used=str(options.file) == "-"
            ),
            limits=options.limits,
            engine=checked_engine(options.engine),
            mode=options.mode,
            journal=options.journal if _is_folder(options.journal, given) else None,
            mcp=parse_servers(options.mcp),
            store=store,
        )
        return asyncio.run(_Session(options=options, given=given, harness=harness).run())


def chosen_approver(policy: AnswersOrLater | None, *, has_store: bool, stdin_is_used: bool = False) -> Approver | None:
    """Who answers; None leaves it to the store. Raises UsageError where there is none."""
    if policy == "later" and not has_store:
        raise UsageError("there is no store in which a question could wait", hint="Add --store runs.db.")
    if policy == "later" or (policy is None and has_store and not can_ask()):
        return None
    asked = policy or "ask"
    who = login_name(None) if has_store and asked == "ask" else "terminal"
    return approver_for(asked, stdin_is_used=stdin_is_used, who=who)


def _given(options: RunOptions) -> Input:
    """The text that positions are of."""
    program = options.sealed.program if options.sealed is not None else None
    if program is None:
        return read_input(options.file)
    return Input(name=program.manifest.entry, text=program.script.source, scripts=None)


def _is_folder(journal: Path | None, given: Input) -> bool:
    """A journal is of one run: several scripts need a folder for theirs."""
    if journal is None or journal.is_dir():
        return True
    if (given.scripts or 1) > 1 and not journal.suffix:
        return True
    if (given.scripts or 1) > 1:
        raise UsageError(
            f"{given.name} has {given.scripts} scripts, and a journal is of one run",
            hint=f"Name a folder, for instance --journal {journal.with_suffix('')}: it gets one file for each run.",
        )
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Session:
    """One command's work, inside an event loop."""

    options: RunOptions
    given: Input
    harness: Harness

    async def run(self) -> ExitCode:
        async with self.harness:
            if self.given.is_reply and self.options.sealed is None:
                return await self._reply()
            if self.options.mode != "enabled":
                return self._not_run()
            return await self._script()

    def _run_options(self) -> dict[str, Any]:
        journal = self.options.journal
        return {} if _is_folder(journal, self.given) else {"journal": journal}

    async def _script(self) -> ExitCode:
        progress = ProgressPrinter(err())
        try:
            outcome = await self._outcome(progress)
        finally:
            progress.close()
        if self.options.as_json:
            print_json(outcome.to_dict())
        self._tell(outcome)
        return exit_code_of(outcome.error)

    async def _outcome(self, progress: ProgressPrinter) -> Outcome:
        options = {"on_event": progress, **self._run_options()}
        if (sealed := self.options.sealed) is None:
            return await self.harness.run(self.given.text, **options)
        program = self.given.text if sealed.program is None else sealed.program
        return await self.harness.run_sealed(program, **sealed.arguments(), **options)

    def _tell(self, outcome: Outcome) -> None:
        tell_outcome(outcome, self.given.name, as_json=self.options.as_json)
        if outcome.error is not None:
            self._hint_at_reply(outcome.error)
        self._tell_waiting([outcome])

    def _tell_waiting(self, outcomes: Iterable[Outcome]) -> None:
        """The commands that make suspended runs go on, with the tools that this one was given."""
        options = self.options
        if options.store is None:
            return
        words = tool_words(options.tools, options.workspace, options.mcp)
        for outcome in outcomes:
            print_waiting(outcome, words, store=options.store)

    def _hint_at_reply(self, error: BelljarError) -> None:
        if error.phase == "parsing" and not self.given.name.endswith((".ts", ".js")):
            note = f"{self.given.name} has no <tool-calls> block, so all of it was read as a script."
            err().print(Text(safe(note), style="yellow"))

    def _not_run(self) -> ExitCode:
        """A plain script in a mode in which none runs."""
        if self.options.mode == "dry-run":
            from belljar.cli._check import print_report

            profile = "standard" if self.options.sealed is None else "sealed"
            report: Report = self.harness.check(self.given.text, profile=profile)
            return print_report(report, self.given.name, as_json=self.options.as_json)
        item = ErrorItem(error=FeatureDisabledError("running scripts is switched off; this one was not run"))
        if self.options.as_json:
            print_json(Turn(items=(item,)).to_dict())
        print_item(err(), item, self.given.name)
        return exit_code_of(item.error)

    async def _reply(self) -> ExitCode:
        progress = ProgressPrinter(err())
        printer = TurnPrinter(Reply(name=self.given.name, text=self.given.text), out(), progress)
        listener = progress if self.options.as_json else printer
        try:
            turn = await self.harness.process(self.given.text, on_event=listener, **self._run_options())
        finally:
            progress.close()
        if self.options.as_json:
            print_json(turn.to_dict())
        else:
            printer.finish(turn)
        print_journals(turn.outcomes)
        self._tell_waiting(turn.outcomes)
        return exit_code_of_turn(turn)


def exit_code_of_turn(turn: Turn) -> ExitCode:
    """That of the first thing that went wrong."""
    faults: list[BelljarError] = [
        item.error for item in turn.items if isinstance(item, ErrorItem) and not item.is_warning
    ]
    faults += [outcome.error for outcome in turn.outcomes if outcome.error is not None]
    return exit_code_of(faults[0] if faults else None)
