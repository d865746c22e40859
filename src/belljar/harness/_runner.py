"""Starts runs and takes suspended ones up: what a run is given, and who goes on with it."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypedDict

from belljar.errors import Finding, HostError, JournalError, SourceError, UsageError
from belljar.guess import closest
from belljar.harness._context import build_context
from belljar.harness._driver import Driver, Images, RunPlan, finished_event, run_record, write_end
from belljar.harness._outcome import Outcome
from belljar.harness._sealed import SEEDS
from belljar.harness._suspension import Suspension, decided, open_state, pending_of
from belljar.harness._threads import StepThreads, tool_threads
from belljar.journal import History, Journal, Result, limits_of, script_of
from belljar.limits import Limits
from belljar.script import Script
from belljar.tools import ApprovalRequest, ApprovalStatistics, Approver, MaybeAnswer, Registry
from belljar.tools._clock import RunClock, wall_ms
from belljar.tools._facade import RunServices
from belljar.tools._tracing import NOT_TRACED, RunFacts, Tracer
from belljar.tools.events import Event

if TYPE_CHECKING:
    from belljar.snapshot import Program

_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}\Z", re.ASCII)


Listener: TypeAlias = Callable[[Event], None]


class RunOptions(TypedDict, total=False):
    """What may be said of one run."""

    limits: Limits | None
    """Instead of the harness's."""
    context: Mapping[str, Any] | None
    """Added to the harness's."""
    seed: bytes | None
    """Of `Math.random`; fresh by default."""
    journal: Journal | str | os.PathLike[str] | None
    """A journal, or a file that must not exist; by default a file in the harness's folder, or memory."""
    on_event: Callable[[Event], None] | None
    """Told of what happens, in the event loop's thread."""
    run_id: str | None
    """Letters, digits, _, - and .; a fresh one by default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """On whose behalf all runs of a harness are made: a plugin's or an agent's.

    The store keeps it with each run and names it in each audit record. No harness of another origin goes on with such a
    run: its tools are others.
    """

    manifest_sha256: str
    """Checksum of the plugin or agent."""
    agent_id: str | None = None
    queue: str | None = None
    """Its bounds in the store hold for runs that begin here, too. None: in no queue's turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What all runs of a harness have in common."""

    engine: str = "quickjs"
    isolation: str = "none"
    approver: Approver | None = None
    secrets: tuple[str, ...] = ()
    """Values that no approver is shown."""
    origin: Origin | None = None
    image_key: bytes | None = None
    """Seals frozen and suspended runs; None is this user's own."""
    journals: Path | None = None
    tracer: Tracer = NOT_TRACED
    statistics: ApprovalStatistics = field(default_factory=ApprovalStatistics)


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """One run, as it was asked for."""

    script: Script
    registry: Registry
    limits: Limits
    context: Mapping[str, Any]
    """What the caller gave of it."""
    mode: str
    findings: tuple[Finding, ...] = ()
    """What is wrong with the script, so that it is not run."""
    run_id: str
    seed: bytes | None = None
    program: Program | None = None
    """The sealed program whose snapshot the run begins with."""
    journal: Journal | str | os.PathLike[str] | None = None
    on_event: Callable[[Event], None] | None = None


class Runner:
    """The runs of one harness. Used from the event loop's thread only."""

    def __init__(self, settings: Settings) -> None:
        self.threads = tool_threads()
        self._settings = settings
        self._steps = StepThreads()
        self._drivers: dict[str, Driver] = {}
        self._taken_up: set[str] = set()
        """Heads of suspended journals that were gone on with here."""

    async def aclose(self) -> None:
        """Cancel what still runs and give the threads back."""
        for run_id in tuple(self._drivers):
            self.cancel(run_id)
        while self._drivers:
            await asyncio.sleep(0.001)
        self._steps.shutdown(wait=False)
        self.threads.shutdown(wait=False, cancel_futures=True)

    def cancel(self, run_id: str) -> bool:
        """End a run with ScriptCancelledError. False where no such run goes on."""
        driver = self._drivers.get(run_id)
        if driver is None:
            return False
        driver.cancel()
        return True

    async def run(self, start: Start) -> Outcome:
        """The outcome of a new run; of one with findings too, which is journalled and not run."""
        self._check_new(start)
        if asks := [tool.name for tool in start.registry if tool.quorum is not None]:
            raise UsageError(
                f"{asks[0]} needs the word of several people", hint="Only a store can gather it: Harness(store=...)."
            )
        return await self._begin(start, self._journal(start), self._settings.approver)

    def _check_new(self, start: Start) -> None:
        if start.run_id in self._drivers:
            raise UsageError(f"a run with the id {start.run_id!r} goes on already")

    async def _begin(
        self, start: Start, journal: Journal, approver: Approver | None, images: Images | None = None
    ) -> Outcome:
        services = self._services(start, journal, approver, RunClock(start.limits.timeout_ms))
        plan = replace(self._plan(start), images=images)
        facts = self._facts(services, plan)
        if start.findings:
            error = SourceError.from_findings(start.findings)
            return await self._traced(facts, services, lambda traced: self._refuse(traced, plan, error))
        return await self._traced(facts, services, lambda traced: self._execute(traced, plan))

    def _journal(self, start: Start) -> Journal:
        """The run's own. A sealed run's seed is used from here on."""
        given = start.journal if start.journal is not None else self._file(start.run_id)
        seed = start.seed if start.script.profile == "sealed" and not start.findings else None
        if seed is not None:
            SEEDS.use(seed, self._settings.journals)
        try:
            return given if isinstance(given, Journal) else Journal(given)
        except HostError:
            if seed is not None:
                SEEDS.give_back(seed, self._settings.journals)
            raise

    # -- suspended runs ---------------------------------------------------------------------------------------------

    def suspended(self, run_id: str) -> Suspension:
        """What a run in the journal folder waits for. Raises JournalError: no such run, or it is not suspended."""
        file = self._file(checked_run_id(run_id))
        if file is None:
            raise UsageError("this harness keeps no journals", hint="Harness(journal=FOLDER) or Harness(store=URL).")
        return Suspension.of(Journal.load(file), key=self._settings.image_key)

    def pending(self, state: str) -> tuple[ApprovalRequest, ...]:
        """The open questions in a `Suspension.state`."""
        return pending_of(History(open_state(state, key=self._settings.image_key).records))

    async def resume(
        self,
        state: str,
        decisions: Mapping[str, MaybeAnswer],
        registry: Registry,
        on_event: Listener | None,
    ) -> Outcome:
        """The outcome of a suspended run that goes on here."""
        journal = open_state(state, key=self._settings.image_key)
        history = History(journal.records)
        approver = decided(decisions, pending_of(history), self._settings.approver)
        head = self._take_up(journal, checked_run_id(history.run["run_id"]))
        try:
            return await self._go_on(journal, registry, approver, on_event)
        except HostError:
            self._taken_up.discard(head)  # where the run went on all the same, its journal has another head now
            raise

    async def _go_on(
        self,
        journal: Journal,
        registry: Registry,
        approver: Approver | None,
        on_event: Listener | None,
        images: Images | None = None,
    ) -> Outcome:
        history = History(journal.records)
        start = _restart(history, registry, on_event)
        clock = RunClock(start.limits.timeout_ms, spent_ms=history.spent_ms)
        services = self._services(start, journal, approver, clock)
        plan = replace(self._resumed_plan(history), images=images)
        trace = history.suspension["trace"] if history.suspension is not None else {}
        facts = self._facts(services, plan, resumed_from=trace)
        return await self._traced(facts, services, lambda traced: self._execute(traced, plan))

    def _take_up(self, journal: Journal, run_id: str) -> str:
        head = journal.head
        if head in self._taken_up or run_id in self._drivers:
            raise used_up(run_id)
        if (file := self._file(run_id)) is not None:
            journal.move_to(file)
        self._taken_up.add(head)
        return head

    # -- inside -----------------------------------------------------------------------------------------------------

    def _file(self, run_id: str) -> Path | None:
        journals = self._settings.journals
        return journals / f"{run_id}.jsonl" if journals is not None else None

    async def _traced(
        self, facts: RunFacts, services: RunServices, work: Callable[[RunServices], Awaitable[Outcome]]
    ) -> Outcome:
        with self._settings.tracer.run(facts) as trace:
            outcome = await work(replace(services, trace=trace))
            trace.end(outcome)
            return outcome

    async def _refuse(self, services: RunServices, plan: RunPlan, error: SourceError) -> Outcome:
        """The outcome of a script that never got as far as a machine."""

        def write() -> None:
            services.journal.append(run_record(services, plan))
            write_end(services.journal, Result(error=error), by="host", steps=0)

        if services.journal.is_kept:
            await asyncio.get_running_loop().run_in_executor(self.threads, write)
        else:
            write()
        outcome = Outcome(
            error=error, run_id=services.run_id, script_sha256=services.script.sha256, journal=services.journal
        )
        services.tell(lambda: finished_event(outcome))
        return outcome

    async def _execute(self, services: RunServices, plan: RunPlan) -> Outcome:
        driver = self._drivers[services.run_id] = Driver(services, plan, self._steps)
        try:
            return await driver.execute()
        finally:
            del self._drivers[services.run_id]

    def _services(self, start: Start, journal: Journal, approver: Approver | None, clock: RunClock) -> RunServices:
        return RunServices(
            run_id=start.run_id,
            script=start.script,
            registry=start.registry,
            limits=start.limits,
            journal=journal,
            clock=clock,
            approver=approver,
            statistics=self._settings.statistics,
            threads=self.threads,
            emit=_guarded(start.on_event) if start.on_event is not None else None,
            redact_secrets=self._settings.secrets,
            seed=start.seed or b"",
        )

    def _plan(self, start: Start) -> RunPlan:
        context = (
            start.context
            if start.script.profile == "sealed"
            else build_context(
                start.context,
                run_id=start.run_id,
                limits=start.limits,
                tools=start.registry.names,
                asking=[tool.name for tool in start.registry if tool.approval != "never"],
                mode=start.mode,
            )
        )
        return RunPlan(
            engine=self._settings.engine,
            isolation=self._settings.isolation,
            context=context,
            seed=secrets.token_bytes(32) if start.seed is None else start.seed,
            now_ms=wall_ms(),
            image_key=self._settings.image_key,
            program=start.program,
        )

    def _resumed_plan(self, history: History) -> RunPlan:
        run = history.run
        return RunPlan(
            engine=run["engine"],
            isolation=self._settings.isolation,
            context=run["context"],
            seed=bytes.fromhex(run["seed"]),
            now_ms=run["now_ms"],
            image_key=self._settings.image_key,
            resumed=history,
        )

    def _facts(
        self, services: RunServices, plan: RunPlan, *, resumed_from: Mapping[str, str] | None = None
    ) -> RunFacts:
        return RunFacts(
            run_id=services.run_id,
            script_sha256=services.script.sha256,
            engine=plan.engine,
            conversation_id=plan.context.get("conversationId"),
            resumed_from=resumed_from or {},
        )


def check_options(options: Mapping[str, Any]) -> None:
    """Raises UsageError for an option that no run has: one that is passed over in silence would be a limit lost."""
    for name in options:
        if name not in RunOptions.__annotations__:
            near = closest(name, RunOptions.__annotations__)
            hint = f"Did you mean {near}?" if near else "Most settings belong to Harness(...)."
            raise UsageError(f"a run has no option {name!r}", hint=hint)


def checked_run_id(run_id: str | None) -> str:
    """The same id, which may be a file's name, or a fresh one. Raises UsageError."""
    if run_id is None:
        return f"run_{secrets.token_hex(8)}"
    if not _RUN_ID.match(run_id):
        raise UsageError(
            f"{run_id[:80]!r} cannot be a run's id", hint="Letters, digits, '_', '-' and '.', at most 128."
        )
    return run_id


def _restart(history: History, registry: Registry, on_event: Callable[[Event], None] | None) -> Start:
    """A suspended run, as it was asked for."""
    run = history.run
    return Start(
        script=script_of(run),
        registry=registry,
        limits=limits_of(run),
        context=run["context"],
        mode="enabled",
        run_id=checked_run_id(run["run_id"]),
        seed=bytes.fromhex(run["seed"]),
        on_event=on_event,
    )


def used_up(run_id: str) -> JournalError:
    """The error of whoever goes on with a run from a state that somebody went on from."""
    return JournalError(
        f"the run {run_id} went on since; this state of it is used up",
        hint="A suspended run is resumed once. Look at its journal for what came of it.",
    )


def _guarded(listener: Callable[[Event], None]) -> Callable[[Event], None]:
    """A listener that fails must not fail the run; the log has its error."""

    def tell(event: Event) -> None:
        try:
            listener(event)
        except Exception:  # the listener is the host's code
            logging.getLogger("belljar").exception("an event listener failed at %s", event.name)

    return tell
