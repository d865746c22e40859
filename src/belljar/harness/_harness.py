"""The face of belljar: tools, limits and an approver in; replies and scripts worked off."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import os
import secrets
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, TypeAlias, get_args

from belljar.errors import BelljarError, FeatureDisabledError, MalformedReplyError, SourceError, UsageError
from belljar.harness._check import Report, report, with_compiler
from belljar.harness._context import build_context, checked_context
from belljar.harness._driver import Driver, RunPlan, finished_event, run_record, write_end
from belljar.harness._items import (
    ErrorItem,
    Item,
    MessageItem,
    ReasoningItem,
    ScriptCallItem,
    ScriptOutputItem,
    Status,
    Turn,
)
from belljar.harness._outcome import Outcome
from belljar.harness._threads import StepThreads, tool_threads
from belljar.journal import Journal, Result
from belljar.limits import Limits
from belljar.script import Script, Segment, analyse, decode_reply, detect, near_misses
from belljar.tools import AnyTool, ApprovalStatistics, Approver, Registry, prompt_text
from belljar.tools._clock import RunClock, wall_ms
from belljar.tools._facade import RunServices
from belljar.tools.events import Event, ScriptFinished

Mode: TypeAlias = Literal["enabled", "dry-run", "disabled"]
LANGUAGE = "typescript"


class Harness:
    """Runs scripts. Re-usable, for any number of runs at once on one event loop; use it in `async with`.

    `journal` is where runs are written down: None keeps each run's journal in memory, a folder keeps `RUN_ID.jsonl` in
    it. `modes` sets the mode per provider; the order of precedence is turn, provider, harness.
    """

    def __init__(
        self,
        tools: Iterable[AnyTool | Callable[..., Any]] = (),
        *,
        approver: Approver | None = None,
        limits: Limits | None = None,
        engine: str = "quickjs",
        isolation: str = "none",
        mode: Mode = "enabled",
        modes: Mapping[str, Mode] | None = None,
        context: Mapping[str, Any] | None = None,
        journal: str | os.PathLike[str] | None = None,
        secrets: Sequence[str] = (),
        image_key: bytes | None = None,
    ) -> None:
        """`secrets` are values that no approver is shown; `image_key` seals frozen runs (None: this user's own key).

        `isolation` "process" puts each machine into a worker process that can open, run and reach nothing: a second
        wall for quickjs, which v8 always has. Such runs are not frozen while they wait.

        Raises UsageError for tools, modes or context that cannot work.
        """
        self.registry = tools if isinstance(tools, Registry) else Registry(tools)
        self.limits = limits or Limits()
        self.statistics = ApprovalStatistics()
        self.disabled_count = 0
        """Scripts that were not run because the mode was `disabled`."""
        self._approver = approver
        self._engine = engine
        self._isolation = isolation
        self._mode = _checked_mode(mode)
        self._modes = {name: _checked_mode(each) for name, each in (modes or {}).items()}
        self._context = checked_context(context)
        self._journals = Path(journal) if journal is not None else None
        self._secrets = tuple(secrets)
        self._image_key = image_key
        self._steps = StepThreads()
        self._threads = tool_threads()
        self._drivers: dict[str, Driver] = {}
        self._closed = False

    async def __aenter__(self) -> Harness:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Cancel what still runs and give the threads back."""
        self._closed = True
        for run_id in tuple(self._drivers):
            self.cancel(run_id)
        while self._drivers:
            await asyncio.sleep(0.001)
        self._steps.shutdown(wait=False)
        self._threads.shutdown(wait=False, cancel_futures=True)

    # -- what the model is told, and what is wrong with what it wrote -----------------------------------------------

    def prompt(self) -> str:
        """What to tell the model: the rules, and TypeScript declarations of the tools."""
        return prompt_text(self.registry, limits=self.limits)

    def check(self, source: str | bytes) -> Report:
        """The dry-run report of one script; nothing runs."""
        return report(source, self.registry, self.limits)

    # -- one script -------------------------------------------------------------------------------------------------

    async def run(
        self,
        source: str | bytes,
        *,
        limits: Limits | None = None,
        context: Mapping[str, Any] | None = None,
        seed: bytes | None = None,
        journal: Journal | str | os.PathLike[str] | None = None,
        on_event: Callable[[Event], None] | None = None,
        run_id: str | None = None,
    ) -> Outcome:
        """Run one script to its outcome; a script that is refused, fails or is stopped is an outcome with an error.

        `limits` override the harness's for this run, `context` adds to its. Raises UsageError for misuse and
        JournalError where `journal` (a Journal, or a file that must not exist) cannot be made.
        """
        if self._closed:
            raise UsageError("this harness is closed", hint="Make a new one, or run inside its `async with`.")
        limits = limits or self.limits
        run_id = run_id or f"run_{secrets.token_hex(8)}"
        analysis = analyse(source, tools=self.registry.names, source_bytes=limits.source_bytes)
        services = self._services(analysis.script or _unchecked(source), run_id, limits, journal, on_event)
        plan = self._plan(services, {**self._context, **checked_context(context)}, seed)
        findings = with_compiler(analysis) if analysis.tentative else analysis.findings
        if findings:
            return _refuse(services, plan, SourceError.from_findings(findings))
        if run_id in self._drivers:
            raise UsageError(f"a run with the id {run_id!r} goes on already")
        driver = self._drivers[run_id] = Driver(services, plan, self._steps)
        try:
            return await driver.execute()
        finally:
            del self._drivers[run_id]

    async def stream(self, source: str | bytes, **options: Any) -> AsyncIterator[Event]:
        """Run one script and yield its events as they happen; the last is ScriptFinished, with the outcome.

        `options` are those of `run`. Leaving the loop early cancels the run.
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
        driver = self._drivers.get(run_id)
        if driver is None:
            return False
        driver.cancel()
        return True

    # -- one reply --------------------------------------------------------------------------------------------------

    async def process(
        self,
        reply: str | bytes,
        *,
        mode: Mode | None = None,
        provider: str | None = None,
        stop_on_failure: bool = True,
        **options: Any,
    ) -> Turn:
        """Work off a model's reply: its text, thinking and scripts become items, in the order it wrote them.

        Scripts run one after another; after one that fails the rest is skipped unless `stop_on_failure` is False.
        `options` are those of `run` (not `journal` or `run_id`, which belong to one script).
        """
        chosen = _checked_mode(mode or self._modes.get(provider or "") or self._mode)
        try:
            text = decode_reply(reply) if isinstance(reply, bytes) else reply
            segments = detect(text)
        except MalformedReplyError as error:
            shown = reply.decode(errors="replace") if isinstance(reply, bytes) else reply
            return Turn(items=(MessageItem(text=shown), ErrorItem(error=error)))
        items: list[Item] = []
        outcomes: list[Outcome] = []
        stopped = False
        number = 0
        for segment in segments:
            if segment.kind != "script":
                items.append(_prose(segment))
                continue
            number += 1
            status, made, outcome = await self._script_items(segment, number, "skip" if stopped else chosen, options)
            items.extend(made)
            if outcome is not None:
                outcomes.append(outcome)
            stopped = stopped or (stop_on_failure and status == "failed")
        items.extend(_near_miss_items(text))
        return Turn(items=tuple(items), outcomes=tuple(outcomes))

    async def _script_items(
        self, segment: Segment, number: int, mode: str, options: Mapping[str, Any]
    ) -> tuple[Status, list[Item], Outcome | None]:
        source = segment.source or ""
        call_id = f"call_{number}"
        outcome: Outcome | None = None
        match mode:
            case "enabled":
                outcome = await self.run(source, **options)
                status: Status = "completed" if outcome.ok else "failed"
                output: Item = _output_item(call_id, outcome)
            case "dry-run":
                status, output = self._dry_run(call_id, source)
            case "disabled":
                self.disabled_count += 1
                status = "disabled"
                error = FeatureDisabledError("running scripts is switched off; this one was not run")
                output = ErrorItem(error=error, is_warning=True)
            case _:
                status = "skipped"
                skipped = "not run: a script before it failed"
                output = ScriptOutputItem(call_id=call_id, text=skipped, summary=skipped)
        script = _unchecked(source)
        call = ScriptCallItem(
            id=f"script_{number}",
            call_id=call_id,
            language=LANGUAGE,
            source=source,
            sha256=script.sha256,
            status=status,
        )
        return status, [call, output], outcome

    def _dry_run(self, call_id: str, source: str) -> tuple[Status, Item]:
        checked = self.check(source)
        summary = "nothing was run: dry run"
        text = json.dumps(checked.to_dict(), ensure_ascii=False)
        return "checked", ScriptOutputItem(call_id=call_id, output_json=text, text=text, summary=summary)

    # -- inside -----------------------------------------------------------------------------------------------------

    def _services(
        self,
        script: Script,
        run_id: str,
        limits: Limits,
        journal: Journal | str | os.PathLike[str] | None,
        on_event: Callable[[Event], None] | None,
    ) -> RunServices:
        if journal is None and self._journals is not None:
            journal = self._journals / f"{run_id}.jsonl"
        return RunServices(
            run_id=run_id,
            script=script,
            registry=self.registry,
            limits=limits,
            journal=journal if isinstance(journal, Journal) else Journal(journal),
            clock=RunClock(limits.timeout_ms),
            approver=self._approver,
            statistics=self.statistics,
            threads=self._threads,
            emit=_guarded(on_event) if on_event is not None else None,
            redact_secrets=self._secrets,
        )

    def _plan(self, services: RunServices, given: Mapping[str, Any], seed: bytes | None) -> RunPlan:
        asking = [tool.name for tool in self.registry if tool.approval != "never"]
        context = build_context(
            given,
            run_id=services.run_id,
            limits=services.limits,
            tools=self.registry.names,
            asking=asking,
            mode=self._mode,
        )
        return RunPlan(
            engine=self._engine,
            isolation=self._isolation,
            context=context,
            seed=secrets.token_bytes(32) if seed is None else seed,
            now_ms=wall_ms(),
            image_key=self._image_key,
        )


def _guarded(listener: Callable[[Event], None]) -> Callable[[Event], None]:
    """A listener that fails must not fail the run; the log has its error."""

    def tell(event: Event) -> None:
        try:
            listener(event)
        except Exception:  # the listener is the host's code
            logging.getLogger("belljar").exception("an event listener failed at %s", event.name)

    return tell


def _checked_mode(mode: str) -> Mode:
    if mode not in get_args(Mode):
        raise UsageError(f"unknown mode {mode!r}", hint=f"Modes: {', '.join(get_args(Mode))}.")
    return mode  # type: ignore[return-value]  # checked the line above


def _unchecked(source: str | bytes) -> Script:
    """A stand-in for a text that is no script, so that its journal can still name it."""
    data = source if isinstance(source, bytes) else source.encode("utf-8", "surrogatepass")
    return Script(source=data.decode("utf-8", "replace"), sha256=hashlib.sha256(data).hexdigest(), code="")


def _refuse(services: RunServices, plan: RunPlan, error: BelljarError) -> Outcome:
    """The outcome of a script that never got as far as a machine."""
    services.journal.append(run_record(services, plan))
    result = Result(error=error)
    write_end(services.journal, result, by="host", steps=0)
    outcome = Outcome(
        error=error, run_id=services.run_id, script_sha256=services.script.sha256, journal=services.journal
    )
    services.tell(lambda: finished_event(outcome))
    return outcome


def _prose(segment: Segment) -> Item:
    return ReasoningItem(text=segment.text) if segment.kind == "thinking" else MessageItem(text=segment.text)


def _near_miss_items(text: str) -> Iterable[Item]:
    for finding in near_misses(text):
        error = MalformedReplyError(
            finding.message, line=finding.line, column=finding.column, hint=finding.hint, excerpt=finding.excerpt
        )
        yield ErrorItem(error=error, is_warning=True)


def _output_item(call_id: str, outcome: Outcome) -> ScriptOutputItem:
    return ScriptOutputItem(
        call_id=call_id,
        output_json=outcome.canonical_json if outcome.ok else None,
        error=outcome.error,
        text=outcome.to_model(),
        partial=tuple(part.value for part in outcome.partial),
        summary=outcome.summary,
        figures=outcome.figures,
    )
