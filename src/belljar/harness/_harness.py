"""The face of belljar: tools, limits and an approver in; replies and scripts worked off."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Unpack

from belljar.errors import Finding, SourceError, UsageError
from belljar.harness._call import call_source
from belljar.harness._catalogue import Catalogue
from belljar.harness._check import Report, TypeFindings, report, stand_in, with_compiler
from belljar.harness._context import checked_context
from belljar.harness._driver import finished_event
from belljar.harness._items import ScriptCallItem, ToolCallItem, Turn
from belljar.harness._outcome import Outcome
from belljar.harness._parts import Part
from belljar.harness._runner import Origin, Runner, RunOptions, Settings, Start, check_options, checked_run_id
from belljar.harness._sealed import STACK_KB, Identity, check_input, chosen_gas_limit
from belljar.harness._store_runner import StoreRunner
from belljar.harness._suspension import Suspension
from belljar.harness._turn import Mode, Workshop, checked_modes, chosen_mode, work_off
from belljar.journal import limits_of
from belljar.limits import MAX_SOURCE_BYTES, Limits
from belljar.script import Script, analyse
from belljar.tools import AnyTool, ApprovalRequest, ApprovalStatistics, Approver, MaybeAnswer, Registry
from belljar.tools._tracing import NOT_TRACED, Tracer
from belljar.tools.events import Event, ScriptFinished

if TYPE_CHECKING:
    from belljar.mcp import McpServers, Target
    from belljar.snapshot import Program
    from belljar.store import Lease, Store
    from belljar.typecheck import TypeChecker


class Harness:
    """Runs scripts. Re-usable, for any number of runs at once on one event loop; use it in `async with`.

    `journal` is where runs are written down: None keeps each run's journal in memory, a folder keeps `RUN_ID.jsonl` in
    it. `mode` is one for all, or one for each provider ("*" for the rest); a turn's own mode comes before it. Without a
    word about it what a developer runs is run, and what a provider's adapter brings is not.
    """

    def __init__(
        self,
        tools: Iterable[AnyTool | Callable[..., Any]] = (),
        *,
        approver: Approver | None = None,
        limits: Limits | None = None,
        engine: str = "quickjs",
        isolation: str = "none",
        mode: Mode | Mapping[str, Mode] | None = None,
        context: Mapping[str, Any] | None = None,
        journal: str | os.PathLike[str] | None = None,
        store: Store | str | os.PathLike[str] | None = None,
        secrets: Sequence[str] = (),
        image_key: bytes | None = None,
        mcp: Mapping[str, Target] | McpServers | None = None,
        prompt_tokens: int | None = None,
        type_checker: TypeChecker | Literal["auto"] | None = "auto",
        telemetry: Tracer | None = None,
        origin: Origin | None = None,
    ) -> None:
        """`store` keeps runs so that they outlive this process: a `belljar.store.Store`, or the URL of one that this
        harness opens and closes. Questions that `approver` (or nobody) answers wait there.

        `secrets` are values that no approver is shown; `image_key` seals frozen and suspended runs (None: this
        user's own key).

        `isolation` "process" puts each machine into a worker process that can open, run and reach nothing: a second
        wall for quickjs, which v8 always has. Such runs are not frozen while they wait.

        `mcp` are servers by name, whose tools are `tools.mcp.NAME.TOOL`: a command, a URL or a server object; they are
        connected to at the first use. `prompt_tokens` bounds `prompt()`; where it cannot declare all tools, scripts
        have `tools.search` and `tools.describe` to find the rest. `type_checker` "auto" is the TypeScript compiler that
        is found, if any. `telemetry` is a `belljar.telemetry.Telemetry`. `origin`
        says which plugin or agent the runs are of; those are runs of a store.

        Raises UsageError for tools, modes or context that cannot work.
        """
        self.limits = limits or Limits()
        self.statistics = ApprovalStatistics()
        self.disabled_count = 0
        """Scripts and calls that were not run because the mode was `disabled`."""
        self._catalogue = Catalogue(tools, servers=mcp, limits=self.limits, prompt_tokens=prompt_tokens)
        self._modes = checked_modes(mode)
        self._context = checked_context(context)
        self._type_checker = type_checker
        if store is not None and journal is not None:
            raise UsageError("runs of a store have their journals there", hint="Give store or journal, not both.")
        if store is None and origin is not None:
            raise UsageError("runs of a plugin or agent are runs of a store", hint="Harness(store=URL, origin=...).")
        self.store = _opened(store)
        self._owns_store = isinstance(store, str | os.PathLike)
        if self.store is not None:
            self.store.know_secrets(secrets)
        settings = Settings(
            engine=engine,
            isolation=isolation,
            approver=approver,
            secrets=tuple(secrets),
            origin=origin,
            image_key=image_key,
            journals=Path(journal) if journal is not None else None,
            tracer=telemetry or NOT_TRACED,
            statistics=self.statistics,
        )
        self._runner = Runner(settings) if self.store is None else StoreRunner(settings, self.store)
        self._closed = False

    async def __aenter__(self) -> Harness:
        await self._ready()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self, *, leave_runs: bool = False) -> None:
        """Cancel what still runs, leave the MCP servers and give the threads back.

        With `leave_runs`, runs of a store do not end: whoever takes them goes on with them.
        """
        self._closed = True
        if leave_runs and isinstance(self._runner, StoreRunner):
            await self._runner.leave_all()
        await self._runner.aclose()
        await self._catalogue.aclose()
        if self.store is not None and self._owns_store:
            await asyncio.to_thread(self.store.close)

    async def _ready(self) -> None:
        if self._closed:
            raise UsageError("this harness is closed", hint="Make a new one, or run inside its `async with`.")
        await self._catalogue.refresh()

    # -- what the model is told, and what is wrong with what it wrote -----------------------------------------------

    @property
    def registry(self) -> Registry:
        """All tools that scripts may call now."""
        return self._catalogue.registry

    def prompt(self, *, query: str | None = None, form: Literal["tags", "tool"] = "tags") -> str:
        """What to tell the model: the rules, and TypeScript declarations of the tools.

        Where `prompt_tokens` leaves room for some declarations only, `query` (what the user asked) chooses which. The
        form "tool" is for models that hand scripts to a `run_typescript` tool instead of writing tags.
        """
        return self._catalogue.prompt(query=query, form=form)

    def check(self, source: str | bytes, *, profile: str = "standard") -> Report:
        """The dry-run report of one script; nothing runs. Types are checked in the profile `standard`."""
        types = self._types() if profile == "standard" else None
        return report(source, self.registry, self.limits, types, profile=profile)

    def _types(self) -> TypeFindings | None:
        if self._type_checker == "auto":
            from belljar.typecheck import default_checker

            self._type_checker = default_checker()
        checker = self._type_checker
        if checker is None:
            return None
        declarations = self._catalogue.declarations
        return lambda script: checker.findings(script.source, declarations)

    async def _type_findings(self, script: Script) -> tuple[Finding, ...]:
        types = self._types()
        if types is None:
            return ()
        return await asyncio.get_running_loop().run_in_executor(self._runner.threads, types, script)

    # -- one script -------------------------------------------------------------------------------------------------

    async def run(self, source: str | bytes, **options: Unpack[RunOptions]) -> Outcome:
        """Run one script to its outcome; a script that is refused, fails or is stopped is an outcome with an error.

        An outcome whose `status` is "suspended" waits for a decision: `resume`. Raises UsageError for misuse and
        JournalError where the journal cannot be made.
        """
        await self._ready()
        start = self._start(source, options)
        if not start.findings:
            start = replace(start, findings=await self._type_findings(start.script))
        return await self._runner.run(start)

    async def run_sealed(
        self,
        program: str | bytes | Program,
        input: Any = None,
        *,
        identity: Identity | None = None,
        gas_limit: int | None = None,
        **options: Unpack[RunOptions],
    ) -> Outcome:
        """Run one program of the sealed profile: same program, input and answers, same bytes and gas on every engine.

        `program` is a text, or a snapshot's (`belljar.snapshot.open_snapshot`; on the engine quickjs it starts from the
        snapshot's memory). The tools of this harness are its effects. `input` is plain JSON data with integers only.
        `identity` gives the run its seed, once; None makes a fresh one. `gas_limit` None is $MTP_GAS_LIMIT, else
        10,000,000. Of the options, `context` and `seed` are none. The gas is in `outcome.figures`, the answer's bytes
        are `canonical_json`.

        Raises GasLimitOutOfRangeError, SeedReusedError, and UsageError for an input that is no such data.
        """
        await self._ready()
        check_input(input)
        limit = chosen_gas_limit(gas_limit)
        if options.keys() & {"context", "seed"}:
            raise UsageError("a sealed run has no context and no seed of its own", hint="Give input and identity.")
        options["limits"] = replace(options.get("limits") or self.limits, stack_kb=STACK_KB)
        start = self._start_sealed(program, options)
        whose = identity or Identity(request_id=start.run_id)
        content = start.program.content_sha256 if start.program is not None else start.script.sha256
        seed = whose.seed(content_sha256=content, gas_limit=limit)
        return await self._runner.run(replace(start, seed=seed, context={"input": input, "gas_limit": limit}))

    def _start_sealed(self, program: str | bytes | Program, options: RunOptions) -> Start:
        if isinstance(program, str | bytes):
            return self._start(program, options, profile="sealed")
        if missing := [name for name in program.manifest.effects if name not in self.registry]:
            raise UsageError(f"the program's effect {missing[0]!r} is no tool of this harness")
        declared = Registry(effect for effect in self.registry if effect.name in program.manifest.effects)
        start = self._started(program.script, declared, options)
        longest = replace(start.limits, source_bytes=MAX_SOURCE_BYTES)  # a replay reads the text from the journal
        return replace(start, program=program, limits=longest)

    async def call(self, name: str, arguments: Any, **options: Unpack[RunOptions]) -> Outcome:
        """One structured call of a tool: with its schema, approval, journal and the rest, as a script of one line.

        `arguments` is JSON data, an object unless the model erred.
        """
        await self._ready()
        source = call_source(name, arguments, is_known=name in self.registry)
        limits = options.get("limits") or self.limits
        longest = min(max(limits.source_bytes, len(source)), MAX_SOURCE_BYTES)  # argument_bytes is what bounds it
        options["limits"] = replace(limits, source_bytes=longest)
        return await self._runner.run(self._start(source, options))

    def _start(self, source: str | bytes, options: RunOptions, *, profile: str = "standard") -> Start:
        limits, registry = options.get("limits") or self.limits, self.registry
        analysis = analyse(source, tools=registry.names, source_bytes=limits.source_bytes, profile=profile)
        findings = with_compiler(analysis) if analysis.tentative else analysis.findings
        return self._started(analysis.script or stand_in(source, profile), registry, options, findings)

    def _started(
        self, script: Script, registry: Registry, options: RunOptions, findings: tuple[Finding, ...] = ()
    ) -> Start:
        check_options(options)
        return Start(
            script=script,
            registry=registry,
            limits=options.get("limits") or self.limits,
            context={**self._context, **checked_context(options.get("context"))},
            mode=self._modes.get("*", "enabled"),
            findings=findings,
            run_id=checked_run_id(options.get("run_id")),
            seed=options.get("seed"),
            journal=options.get("journal"),
            on_event=options.get("on_event"),
        )

    async def stream(self, source: str | bytes, **options: Unpack[RunOptions]) -> AsyncIterator[Event]:
        """Run one script and yield its events as they happen; the last is ScriptFinished, with the outcome.

        Leaving the loop early cancels the run.
        """
        queue: asyncio.Queue[Event | None] = asyncio.Queue()
        options["on_event"] = queue.put_nowait
        task = asyncio.ensure_future(self.run(source, **options))
        task.add_done_callback(lambda _: queue.put_nowait(None))
        try:
            told_end = False
            while (event := await queue.get()) is not None:
                told_end = isinstance(event, ScriptFinished)
                yield event
            outcome = await task
            if not told_end:
                yield finished_event(outcome)
        finally:
            task.cancel()
            await asyncio.wait([task])

    def cancel(self, run_id: str) -> bool:
        """End a run with ScriptCancelledError. False where no such run goes on."""
        return self._runner.cancel(run_id)

    # -- a run that was suspended -----------------------------------------------------------------------------------

    def suspended(self, run_id: str) -> Suspension:
        """What a run in this harness's journal folder waits for; also one of a process that is gone.

        Raises JournalError where there is no such run or it is not suspended, UsageError without a folder.
        """
        return self._runner.suspended(run_id)

    def pending(self, state: str) -> tuple[ApprovalRequest, ...]:
        """The open questions in a `Suspension.state`. Raises JournalError for one that was changed."""
        return self._runner.pending(state)

    async def resume(
        self,
        state: str,
        decisions: Mapping[str, MaybeAnswer] | None = None,
        *,
        on_event: Callable[[Event], None] | None = None,
    ) -> Outcome:
        """Go on with a suspended run, here or in another process than the one that started it. No tool is called twice.

        `decisions` are by `ApprovalRequest.id`: True, False, a reason to deny, or a Decision; what they leave open is
        asked of the harness's approver again. A state is used once: JournalError where the run went on since, as its
        file in the journal folder or this harness knows; JournalError also for a state that was changed, and
        ReplayDivergedError where the script does not come to the same point again. UsageError for unknown decisions.
        """
        await self._ready()
        return await self._runner.resume(state, decisions or {}, self.registry, on_event)

    # -- runs of a store ----------------------------------------------------------------------------------------------

    async def submit(
        self,
        source: str | bytes,
        *,
        queue: str = "default",
        priority: int = 0,
        not_before_ms: int = 0,
        agent_id: str | None = None,
        **options: Unpack[RunOptions],
    ) -> str:
        """Leave a script in the store for a worker (`belljar worker`), and return the run's id.

        Of the options, `limits`, `context`, `seed` and `run_id`; the same script under the same id again changes
        nothing. Raises the script's error where a check finds something wrong with it, and StoreError.
        """
        await self._ready()
        if options.keys() & {"journal", "on_event"}:
            raise UsageError("a submitted run has no journal file and no listener", hint="A worker runs it.")
        start = self._start(source, options)
        findings = start.findings or await self._type_findings(start.script)
        if findings:
            raise SourceError.from_findings(findings)
        place = {"queue": queue, "priority": priority, "not_before_ms": not_before_ms, "agent_id": agent_id}
        await self._store_runner.submit(start, **place)
        return start.run_id

    async def resume_run(self, run_id: str, *, on_event: Callable[[Event], None] | None = None) -> Outcome | None:
        """Start or go on with a run of the store: one that was submitted, was suspended, or whose process died.

        Nothing that was answered is done again. None where the run has ended, or somebody alive holds it. Raises
        NotInStoreError, UsageError where this harness lacks one of its tools, and StoreError.
        """
        await self._ready()
        runner = self._store_runner
        lease = await runner.take(run_id)
        if lease is None:
            return None
        if lease.history_records:
            return await runner.go_on_taken(lease, self.registry, on_event)
        return await runner.begin_taken(lease, lambda: self._restored(lease, on_event))

    @property
    def _store_runner(self) -> StoreRunner:
        if not isinstance(self._runner, StoreRunner):
            raise UsageError("this harness has no store", hint="Harness(store=URL).")
        return self._runner

    def _restored(self, lease: Lease, on_event: Callable[[Event], None] | None) -> Start:
        """A submitted run as it was asked for. Raises UsageError where it needs a tool that is not here."""
        request = lease.request
        options = RunOptions(
            limits=limits_of({"limits": request.limits}),
            context=request.context,
            seed=bytes.fromhex(request.seed) if request.seed is not None else None,
            run_id=lease.run_id,
            on_event=on_event,
        )
        start = self._start(request.source, options, profile=request.profile)
        if missing := [found.message for found in start.findings if found.code == "ToolNotFoundError"]:
            raise UsageError(missing[0], hint="The run is there for a harness that has the tool.")
        return replace(start, context=request.context)

    # -- one reply --------------------------------------------------------------------------------------------------

    async def process(
        self,
        reply: str | bytes | Sequence[Part],
        *,
        mode: Mode | None = None,
        provider: str | None = None,
        stop_on_failure: bool = True,
        calls_left: int | None = None,
        **options: Unpack[RunOptions],
    ) -> Turn:
        """Work off a model's reply: its text, thinking, scripts and calls become items, in the order it wrote them.

        A reply is a text, or parts as a provider's adapter gives them. Scripts run one after another; after one that
        fails or is suspended the rest is skipped unless `stop_on_failure` is False. Structured calls that follow one
        another run at the same time; `calls_left` bounds them (default: `Limits.tool_calls`). Of the
        options, `journal` and `run_id` belong to one script.
        """
        await self._ready()
        workshop = Workshop(
            run=lambda source: self.run(source, **options),
            call=lambda name, arguments: self.call(name, arguments, **options),
            check=self.check,
            mode=chosen_mode(mode, self._modes, provider),
            stop_on_failure=stop_on_failure,
            calls_left=self.limits.tool_calls if calls_left is None else calls_left,
        )
        turn = await work_off(reply, workshop)
        calls = (item for item in turn.items if isinstance(item, ScriptCallItem | ToolCallItem))
        self.disabled_count += sum(item.status == "disabled" for item in calls)
        return turn


def _opened(store: Store | str | os.PathLike[str] | None) -> Store | None:
    """The store itself, or the one of an address."""
    if not isinstance(store, str | os.PathLike):
        return store
    from belljar.store import open_store

    return open_store(store)
