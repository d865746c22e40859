"""One run: the loop around a machine, from the journal's first record to its last.

    journal "run" -> start -> [ accept calls -> wait for answers -> journal "settle" -> resume ]* -> journal "end"

The machine steps in a worker thread, so the event loop never waits for a script. A run that waits long is frozen and
its machine given back. A machine that breaks down is replaced once, by replaying the journal into a new one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from belljar.errors import (
    BelljarError,
    DetachedPromiseError,
    HarnessInternalError,
    HostError,
    ScriptCancelledError,
    ScriptTimeoutError,
    from_dict,
)
from belljar.harness._outcome import Outcome, PartialResult, RunFigures
from belljar.harness._suspension import Suspension, write_suspension
from belljar.journal import FORMAT, CallState, History, Journal, Record, Result, advance, replay_limits, retrace
from belljar.limits import Limits
from belljar.machine import (
    Answer,
    ConsoleLine,
    Figures,
    Finished,
    Machine,
    Output,
    Progress,
    Step,
    Waiting,
    open_machine,
    thaw,
)
from belljar.tools._clock import wall_ms
from belljar.tools._facade import Facade, RunServices
from belljar.tools.events import ConsoleWritten, ProgressMade, ScriptFinished, ScriptStarted

if TYPE_CHECKING:
    from belljar.snapshot import Program

T = TypeVar("T")
_HOST_ENDED = (ScriptTimeoutError, ScriptCancelledError, HarnessInternalError)
"""Errors that need not happen again in a replay."""


class Images(Protocol):
    """Keeps one image of a run's machine. A cache: what is not there, or does not fit, is made again by a replay."""

    def get(self) -> tuple[int, Step, Machine] | None:
        """How many settled steps the image has behind it, the step it waits at, and the machine."""
        ...

    def keep(self, machine: Machine, settled: int) -> None:
        """Keep the image of a waiting machine instead of the one before."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPlan:
    """What a run is given besides its services."""

    engine: str
    isolation: str
    context: Mapping[str, Any]
    seed: bytes
    now_ms: int
    image_key: bytes | None = None
    program: Program | None = None
    """The sealed program whose snapshot the run begins with, on the engine that snapshots are of."""
    resumed: History | None = None
    """What happened before this process took the run over; None for a first start."""
    images: Images | None = None
    """Where a store keeps the run's machine while it waits long; None: it is no store's run."""

    @property
    def is_of_store(self) -> bool:
        """Whether another process goes on with the run where this one cannot."""
        return self.images is not None


@dataclass(slots=True)
class _Gathered:
    """What steps brought besides calls."""

    console: list[ConsoleLine] = field(default_factory=list)
    progress: list[Progress] = field(default_factory=list)
    console_dropped: int = 0
    progress_dropped: int = 0
    gas: int = 0


class Driver:
    """Takes one run to its end. Used from the event loop's thread only; `cancel` too."""

    def __init__(self, services: RunServices, plan: RunPlan, steps: Executor) -> None:
        self._s = services
        self._plan = plan
        self._steps = steps
        self._facade = Facade(services)
        self._machine: Machine | None = None
        self._image: bytes | None = None
        self._figures = Figures()
        self._gathered = _Gathered()
        self._step_count = 0
        self._kept_at = 0
        """Step of the image that is kept."""
        self._retried = False
        self._task: asyncio.Task[Any] | None = None
        self._cancelled = False
        self._stopped = False
        """Whether a machine that is being opened now is to be stopped at once."""

    # -- face -----------------------------------------------------------------------------------------------------

    def cancel(self) -> None:
        """End the run with ScriptCancelledError."""
        self._cancelled = True
        if self._task is not None:
            self._task.cancel()

    def leave(self) -> None:
        """Let go of the run without ending it: nothing more is sent or written, and whoever awaits it is cancelled."""
        self._detach()
        if self._task is not None:
            self._task.cancel()

    async def execute(self) -> Outcome:
        """The run's outcome. Never raises for what the script, a tool or an approver does.

        A HostError (an unsafe cache folder, a full disk) and the cancellation of the awaiting task are raised, but only
        after the run is wound up; a HostError then has the state of every call in `details["calls"]`.
        """
        self._task = asyncio.current_task()
        self._s.tell(lambda: ScriptStarted(run_id=self._s.run_id, sha256=self._s.script.sha256))
        outside: BaseException | None = None
        try:
            finished = await self._drive()
        except TimeoutError:
            finished = Finished(error=self._timeout())
        except HostError as error:
            if self._plan.resumed is not None and not self._step_count:
                self._leave_suspended()
                raise
            if self._plan.is_of_store:
                self._detach()
            finished = Finished(error=HarnessInternalError("the host could not go on with the run"))
            outside = error
        except BelljarError as error:
            finished = Finished(error=error)
        except asyncio.CancelledError as cancelled:
            finished = Finished(error=ScriptCancelledError("the run was cancelled"))
            outside = self._from_outside(cancelled)
        winding_up = asyncio.ensure_future(self._wind_up(finished))
        late = await _through(winding_up)
        outcome = winding_up.result()
        if late is not None:
            outside = self._from_outside(late)
        if isinstance(outside, HostError):
            outside.details["calls"] = [call.to_dict() for call in outcome.calls]
        if outside is not None:
            raise outside
        return outcome

    def _detach(self) -> None:
        """Another process goes on from what the store has."""
        self._facade.stop()
        self._s.journal.go_on_in(None)

    def _from_outside(self, cancelled: asyncio.CancelledError) -> asyncio.CancelledError | None:
        """The cancellation, where it is the caller's; None for the one that `cancel` asked for."""
        if not self._cancelled:
            return cancelled
        assert self._task is not None
        self._task.uncancel()
        return None

    # -- the loop -------------------------------------------------------------------------------------------------

    async def _drive(self) -> Finished:
        step = await (self._begin() if self._plan.resumed is None else self._retrace(self._plan.resumed))
        while isinstance(step, Waiting):
            self._facade.abort(step.aborts, "the script gave it up")
            self._facade.accept(step.calls)
            answers = await self._facade.answers(self._set_aside)
            now_ms = wall_ms()
            self._s.journal.append(self._settle_record(answers, now_ms))
            step = await self._step(lambda batch=answers, now=now_ms: self._resume(batch, now))  # type: ignore[misc]  # bound per turn
        return step

    def _settle_record(self, answers: list[Answer], now_ms: int) -> Record:
        spent_ms = round(self._s.clock.spent_s * 1000)
        return Record("settle", {"calls": [answer.id for answer in answers], "now_ms": now_ms, "spent_ms": spent_ms})

    async def _begin(self) -> Step:
        self._s.journal.append(run_record(self._s, self._plan))  # safe before the first intent is, which is in time
        return await self._step(self._start)

    async def _retrace(self, history: History) -> Step:
        """The step that the run had come to; its calls are taken over from the process that is gone."""
        settled, steps = await self._in_thread(lambda: self._steps_behind(history))
        if self._kept_at:
            for output in history.outputs_until(settled):
                self._gather(output)
        self._facade.take_aborts(history)
        for count, step in enumerate(steps, start=settled + 1):
            self._gather(step.output)
            self._facade.abort(step.aborts, "the script gave it up")
            if count not in history.printed:  # the process died before the record was safe
                self._record_output(step.output, count)
        self._step_count = settled + len(steps)
        self._facade.take_over(history, [call for step in steps for call in step.calls])
        return Waiting(calls=()) if isinstance(steps[-1], Waiting) else steps[-1]

    def _steps_behind(self, history: History) -> tuple[int, list[Step]]:
        """How many steps an image has behind it, and the steps made again from there; 0 and all without an image."""
        kept = self._plan.images.get() if self._plan.images is not None else None
        if kept is None or kept[0] > len(history.settles):
            return 0, list(retrace(self._open_replaying(), history))
        settled, step, machine = kept
        self._kept_at = settled + 1
        return settled, list(retrace(self._adopt(machine), history, thawed=step, at=settled))

    def _start(self) -> Step:
        return self._open(self._s.limits).start(
            self._s.script,
            tools=self._s.registry.names,
            context=self._plan.context,
            seed=self._plan.seed,
            now_ms=self._plan.now_ms,
            budget_ms=self._budget_ms(),
        )

    def _resume(self, answers: list[Answer], now_ms: int) -> Step:
        if self._machine is None:
            assert self._image is not None
            machine, _ = thaw(self._image, key=self._plan.image_key)
            self._adopt(machine)
            self._image = None
        assert self._machine is not None
        return self._machine.resume(answers, now_ms=now_ms, budget_ms=self._budget_ms())

    def _replace(self) -> Step:
        """A fresh machine where the broken one should have come to."""
        return advance(self._open_replaying(), History(self._s.journal.records))

    def _open_replaying(self) -> Machine:
        return self._open(replay_limits(self._s.limits, self._plan.engine))

    def _open(self, limits: Limits) -> Machine:
        plan, profile = self._plan, self._s.script.profile
        if plan.program is not None and (plan.engine, plan.isolation) == ("quickjs", "none"):
            return self._adopt(plan.program.open(limits))
        return self._adopt(open_machine(engine=plan.engine, isolation=plan.isolation, limits=limits, profile=profile))

    def _adopt(self, machine: Machine) -> Machine:
        """From here on the machine can be stopped; a cancellation that came before stops it now."""
        self._machine = machine
        if self._stopped:
            machine.cancel()
        return machine

    def _budget_ms(self) -> float:
        return self._s.clock.left_s * 1000

    async def _step(self, action: Callable[[], Step]) -> Step:
        step = await self._in_thread(action)
        if isinstance(step, Finished) and isinstance(step.error, HarnessInternalError) and not self._retried:
            self._retried = True
            step = await self._in_thread(self._replace)
        if isinstance(step, Finished) and isinstance(step.error, ScriptTimeoutError):
            step = replace(step, error=self._with_limit(step.error))
        if not (isinstance(step, Finished) and isinstance(step.error, _HOST_ENDED)):
            self._step_count += 1  # a step that was cut off is none that a replay must repeat
        assert self._machine is not None
        self._figures = self._machine.figures
        self._tell(step.output)
        return step

    def _with_limit(self, error: ScriptTimeoutError) -> BelljarError:
        """A machine that replayed has a limit far above the run's, and names that."""
        limit = f"{self._s.limits.timeout_ms:,} ms"
        return from_dict({**error.to_dict(), "message": f"the script ran longer than {limit}"})

    async def _in_thread(self, action: Callable[[], T]) -> T:
        """Run in a worker thread. When cancelled, the machine is stopped and the thread waited for."""
        self._s.clock.enter()
        thread = self._steps.submit(action)
        work = asyncio.wrap_future(thread)
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            self._stopped = True
            if not thread.cancel():
                if self._machine is not None:
                    self._machine.cancel()
                await _through(work)
            raise
        finally:
            self._s.clock.leave()

    async def _set_aside(self) -> None:
        if self._machine is not None and self._machine.can_freeze:
            await self._in_thread(self._freeze)

    def _freeze(self) -> None:
        assert self._machine is not None
        self._keep()
        self._image = self._machine.freeze(key=self._plan.image_key)
        self._machine.close()
        self._machine = None

    async def _keep_suspended(self) -> None:
        """A run that took many steps need not take them again when it goes on."""
        steps = self._step_count - self._kept_at
        if self._facade.is_suspended and steps >= self._s.limits.freeze_after_steps:
            await self._in_thread(self._keep)

    def _keep(self) -> None:
        if self._plan.images is not None and self._machine is not None and self._machine.can_freeze:
            self._kept_at = self._step_count
            self._plan.images.keep(self._machine, self._step_count - 1)

    def _gather(self, output: Output) -> None:
        gathered = self._gathered
        gathered.console.extend(output.console)
        gathered.progress.extend(output.progress)
        gathered.console_dropped = max(gathered.console_dropped, output.dropped_console)
        gathered.progress_dropped = max(gathered.progress_dropped, output.dropped_progress)
        gathered.gas = max(gathered.gas, output.gas)

    def _record_output(self, output: Output, step: int) -> None:
        if output.console or output.progress:
            self._s.journal.append(output_record(output, step=step))

    def _tell(self, output: Output) -> None:
        self._gather(output)
        self._record_output(output, self._step_count)
        if (emit := self._s.emit) is None:
            return
        run_id = self._s.run_id
        for line in output.console:
            emit(ConsoleWritten(run_id=run_id, level=line.level, text=line.text, line=line.line))
        for event in output.progress:
            emit(ProgressMade(run_id=run_id, message=event.message, kind=event.kind))

    # -- the end --------------------------------------------------------------------------------------------------

    def _timeout(self) -> ScriptTimeoutError:
        limit = f"{self._s.limits.timeout_ms:,} ms"
        open_calls = [c for c in History(self._s.journal.records).calls() if c.state is CallState.INTENDED]
        where: dict[str, Any] = {}
        if open_calls:
            where = {"line": open_calls[0].line, "column": open_calls[0].column, "tool": open_calls[0].tool}
            where["excerpt"] = self._s.script.excerpt(open_calls[0].line, open_calls[0].column)
        return ScriptTimeoutError(f"the run took longer than {limit}", details={"cause": "clock"}, **where)

    async def _wind_up(self, finished: Finished) -> Outcome:
        """Stop what still goes on, end the journal, and say how it went."""
        await self._keep_suspended()
        if self._machine is not None:
            self._figures = self._machine.figures
            self._machine.close()
        left_behind = [call for call in finished.abandoned if finished.error is None]
        stuck = await self._facade.close("the script has ended")
        warnings: list[BelljarError] = []
        if left_behind:
            detached = self._detached(left_behind, len(stuck))
            if self._s.limits.allow_detached:
                warnings.append(detached)
            else:
                finished = Finished(error=detached)
        outcome = self._outcome(await self._ended(finished), tuple(warnings))
        self._s.tell(lambda: finished_event(outcome))
        return outcome

    async def _ended(self, finished: Finished) -> Result:
        """The result, when the journal has it too; else the error of the journal."""
        result = Result(value=finished.value, returned=finished.returned, error=finished.error, answer=finished.answer)
        try:
            if self._s.journal.is_kept:
                loop = asyncio.get_running_loop()
                await loop.run_in_executor(self._s.threads, self._end_journal, result)
            else:
                self._end_journal(result)
        except HostError as error:
            if self._plan.is_of_store:
                raise  # the run has not ended: another process goes on with it
            return Result(error=result.error or error)
        return result

    def _detached(self, ids: list[int], stuck: int) -> DetachedPromiseError:
        forced = f"; {stuck} did not stop within {self._s.limits.grace_ms} ms" if stuck else ""
        noun = "call was" if len(ids) == 1 else "calls were"
        return DetachedPromiseError(
            f"{len(ids)} {noun} not awaited and aborted when the script ended{forced}", details={"calls": ids}
        )

    def _outcome(self, result: Result, warnings: tuple[BelljarError, ...]) -> Outcome:
        history = History(self._s.journal.records)
        calls = history.calls()
        partial: tuple[PartialResult, ...] = ()
        if result.error is not None:
            done = [call for call in calls if call.state is CallState.DONE]
            partial = tuple(
                PartialResult(call=call.id, tool=call.tool, value=history.answers[call.id]["value"]) for call in done
            )
        return Outcome(
            value=result.value,
            returned=result.returned,
            error=result.error,
            answer=result.answer,
            run_id=self._s.run_id,
            script_sha256=self._s.script.sha256,
            journal=self._s.journal,
            suspension=self._suspension() if self._facade.is_suspended else None,
            calls=calls,
            partial=partial,
            figures=self._run_figures(len(history.intents)),
            console=tuple(self._gathered.console),
            progress=tuple(self._gathered.progress),
            warnings=warnings,
        )

    def _run_figures(self, tool_calls: int) -> RunFigures:
        return RunFigures(
            duration_ms=round(self._s.clock.spent_s * 1000, 3),
            cpu_ms=round(self._figures.cpu_ms, 3),
            tool_calls=tool_calls,
            memory_mb=round(self._figures.memory_bytes / (1 << 20), 2),
            fuel=self._figures.fuel,
            steps=self._step_count,
            console_dropped=self._gathered.console_dropped,
            progress_dropped=self._gathered.progress_dropped,
            gas=self._gathered.gas,
            gas_limit=self._plan.context.get("gas_limit", 0) if self._s.script.profile == "sealed" else 0,
        )

    def _leave_suspended(self) -> None:
        """The run could not be brought to where it was suspended: it stays so, and nothing is written down."""
        if self._machine is not None:
            self._machine.close()
        self._s.journal.close()

    def _suspension(self) -> Suspension:
        return Suspension.of(self._s.journal, key=self._plan.image_key)

    def _end_journal(self, result: Result) -> None:
        if self._facade.is_suspended:
            spent_ms = round(self._s.clock.spent_s * 1000)
            write_suspension(self._s.journal, self._facade.pending, spent_ms=spent_ms, trace=self._s.trace.carrier())
            return
        by = "host" if isinstance(result.error, _HOST_ENDED) or _is_host_error(result.error) else "script"
        write_end(self._s.journal, result, by=by, steps=self._step_count)


def _is_host_error(error: BelljarError | None) -> bool:
    return isinstance(error, DetachedPromiseError) or (error is not None and error.phase == "parsing")


def finished_event(outcome: Outcome) -> ScriptFinished:
    """The last event of a run."""
    code = outcome.error.code if outcome.error is not None else None
    return ScriptFinished(run_id=outcome.run_id, ok=outcome.ok, error=code, outcome=outcome)


def run_record(services: RunServices, plan: RunPlan) -> Record:
    """The journal's first record: everything the machine is given."""
    return Record(
        "run",
        {
            "format": FORMAT,
            "run_id": services.run_id,
            "script_sha256": services.script.sha256,
            "source": services.script.source,
            "profile": services.script.profile,
            "engine": plan.engine,
            "tools": list(services.registry.names),
            "context": dict(plan.context),
            "seed": plan.seed.hex(),
            "now_ms": plan.now_ms,
            "limits": asdict(services.limits),
        },
    )


def output_record(output: Output, *, step: int) -> Record:
    """What a step printed and reported: a person looks at it, a replay makes it again."""
    facts = {
        "step": step,
        "console": [asdict(line) for line in output.console],
        "progress": [asdict(event) for event in output.progress],
        "at_ms": wall_ms(),
    }
    return Record("output", facts)


def write_end(journal: Journal, result: Result, *, by: str, steps: int) -> None:
    """The journal's last record, on the disk when this returns."""
    facts: dict[str, Any] = {"by": by, "steps": steps, "returned": result.returned, "at_ms": wall_ms()}
    facts["outcome_sha256"] = result.sha256
    facts["value"] = result.value
    facts["error"] = result.error.to_dict() if result.error is not None else None
    journal.append(Record("end", facts), durable=True)
    journal.close()


async def _through(work: asyncio.Future[Any]) -> asyncio.CancelledError | None:
    """Wait until `work` is done, whatever is cancelled meanwhile. The first cancellation, to be passed on."""
    cancelled: asyncio.CancelledError | None = None
    while not work.done():
        try:
            await asyncio.wait([work])
        except asyncio.CancelledError as error:
            cancelled = cancelled or error
    return cancelled
