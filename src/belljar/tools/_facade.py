"""Between one run's machine and the tools: budget, schema, approval, queue, journal, dispatch, abort, answer.

A call passes these in order, and the first that objects answers it with a coded error:

    budget -> schema -> approval -> queue -> intent (journal) -> tool -> result schema -> answer (journal)

Rule 1: the budget is reserved before anything else, so no number of parallel calls can pass it. Rule 2: the journal
knows the intent before the tool is called. Rule 3: what was approved, by digest, is what runs. Rule 4: every call
gets exactly one answer, or is aborted, and the journal tells which.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

from belljar.audit import redact
from belljar.errors import (
    BelljarError,
    CallAbortedError,
    ConcurrencyLimitError,
    HarnessInternalError,
    RunSuspendedError,
    ScriptError,
    ToolBudgetExceededError,
    ToolExecutionError,
    ToolNotFoundError,
)
from belljar.journal import History, Journal, Record
from belljar.limits import Limits
from belljar.machine import Answer, Call
from belljar.script import Script
from belljar.tools._approval import ApprovalRequest, Approver, Decision, DecisionNeeded
from belljar.tools._call_info import CallInfo
from belljar.tools._clock import RunClock, wall_ms
from belljar.tools._fate import Happened, NeverHappened
from belljar.tools._open_call import OpenCall, answer_record, intent_record, is_effect_unknown, tool_error
from belljar.tools._questions import Questions, decision_of
from belljar.tools._recovery import UNKNOWN_REASON, Returning, probed, recover_record
from belljar.tools._registry import Registry
from belljar.tools._statistics import ApprovalStatistics
from belljar.tools._tracing import NO_TRACE, CallFacts, RunTrace
from belljar.tools.events import CallFinished, CallStarted, Event, ProgressMade
from belljar.values import to_wire

_DRAIN_TURNS = 50
"""Turns of the event loop that a batch waits for more answers while each turn brings some."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunServices:
    """What a facade needs of its run and its harness."""

    run_id: str
    script: Script
    registry: Registry
    limits: Limits
    journal: Journal
    clock: RunClock
    approver: Approver | None
    statistics: ApprovalStatistics
    threads: Executor
    """For sync tools, and for waiting on the journal's disk."""
    emit: Callable[[Event], None] | None = None
    """Who listens to the run's events; None saves making them."""
    redact_secrets: Sequence[str] = ()
    seed: bytes = b""
    trace: RunTrace = NO_TRACE

    def tell(self, make: Callable[[], Event]) -> None:
        """Tell whoever listens; the event is made only then."""
        if self.emit is not None:
            self.emit(make())


class Facade:
    """The calls of one run. Used from the event loop's thread only."""

    def __init__(self, services: RunServices) -> None:
        self._s = services
        self._queue: deque[OpenCall] = deque()
        self._running: dict[int, OpenCall] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._dispatching: asyncio.Task[None] | None = None
        self._ready: list[Answer] = []
        self._changed = asyncio.Event()
        self._questions = Questions(services)
        self.is_suspended = False
        """Whether the run waits for nothing but `pending`."""
        self._broken: BelljarError | None = None
        self._closed = False
        self._stopped = False
        """Whether the run goes on elsewhere."""
        self.given_up: set[int] = set()
        """Ids of calls whose answer nobody wants any more."""

    # -- what the run asks ----------------------------------------------------------------------------------------

    @property
    def pending(self) -> tuple[ApprovalRequest, ...]:
        """Questions that a person must answer before the run can go on, in the order of the calls."""
        return self._questions.pending

    def take_aborts(self, history: History) -> None:
        """Know what the journal says was given up."""
        self.given_up.update(history.aborts)

    def take_over(self, history: History, calls: Iterable[Call]) -> None:
        """Go on where a journal ends. `calls` are all that the script made, those that ended long ago too.

        What was answered is not asked again, what was decided is done, and a call that was on its way when the process
        died is treated as one that may have taken place.
        """
        self._questions.restore(history)
        self._ready.extend(history.unsettled)
        waiting = [call for call in calls if history.is_open(call.id)]
        returning = list(self._returning(waiting, history))
        if history.suspension is None:
            self._s.journal.append(recover_record(returning))
        for returned in returning:
            if returned.decided is not None:
                self._do(returned.open_call, decision_of(returned.decided))  # before others use what it grants
            else:
                self._spawn(returned.open_call.id, self._settle_fate(returned))
        self.accept(call for call in waiting if not _has_returned(call, history))

    def _returning(self, calls: Iterable[Call], history: History) -> Iterator[Returning]:
        for call in calls:
            if _has_returned(call, history):
                try:
                    yield Returning.of(call, history, self._s.registry)
                except ScriptError as error:
                    self._refuse(call, error)

    def accept(self, calls: Iterable[Call]) -> None:
        """Take calls that the script made, in order. They are on their way when this returns."""
        for call in calls:
            if call.id in self.given_up:
                continue  # in the very step that made it: nobody is asked, nothing is called
            try:
                self._admit(call)
            except ScriptError as error:
                self._refuse(call, error)
        self._pump()

    async def answers(self, on_long_wait: Callable[[], Awaitable[None]]) -> list[Answer]:
        """Wait for at least one answer and take all there are, in the order they came.

        `on_long_wait` is called once when it takes longer than the limit for freezing. Raises TimeoutError when the
        run's clock reaches its limit first, RunSuspendedError when all that is left is `pending`, JournalError where
        the journal fails.
        """
        await self._drain()
        freeze_at_s = time.monotonic() + self._s.limits.freeze_after_ms / 1000
        frozen = False
        while not self._ready:
            if self._broken is not None:
                raise self._broken
            if self._s.clock.left_s <= 0:
                raise TimeoutError
            if self._is_stalled:
                self.is_suspended = True
                raise _suspended(self.pending)
            if not frozen and time.monotonic() >= freeze_at_s:
                frozen = True
                await on_long_wait()
                continue  # an answer may have come meanwhile, and `_change` waits for the next
            await self._change(None if frozen else freeze_at_s - time.monotonic())
        await self._drain()
        ready, self._ready = self._ready, []
        return ready

    @property
    def _is_stalled(self) -> bool:
        """Whether nothing goes on any more and nothing can, until somebody decides."""
        goes_on = self._tasks or self._running or self._queue or self._dispatching is not None
        return bool(self._questions.pending) and not goes_on

    async def _change(self, at_most_s: float | None) -> None:
        """Wait until something happens, the run's clock may have reached its limit, or `at_most_s` has passed."""
        self._changed.clear()
        left_s = self._s.clock.left_s if self._s.clock.is_running else None
        waits = [wait for wait in (left_s, at_most_s) if wait is not None]
        with contextlib.suppress(TimeoutError):  # the caller looks what it was
            async with asyncio.timeout(max(min(waits), 0) if waits else None):
                await self._changed.wait()

    def abort(self, ids: Iterable[int], reason: str) -> None:
        """Give calls up: their tools are told to stop, their answers are not handed on."""
        records = []
        for id_ in ids:
            if id_ in self.given_up:
                continue
            self.given_up.add(id_)
            self._questions.drop(id_)
            records.append(Record("abort", {"call": id_, "reason": reason, "at_ms": wall_ms()}))
            self._stop(id_, reason)
        if records:
            self._s.journal.append(*records)
        self._ready = [answer for answer in self._ready if answer.id not in self.given_up]

    def stop(self) -> None:
        """Send no call any more. What is on its way goes on."""
        self._stopped = True
        self._queue.clear()

    async def close(self, reason: str) -> tuple[OpenCall, ...]:
        """Abort all that is open and wait for the grace; the calls whose tools did not end even then."""
        self._queue.clear()
        if self._dispatching is not None:
            await asyncio.wait([self._dispatching])
        self.abort([*self._tasks, *self._running], reason)
        pending = [task for task in self._tasks.values() if not task.done()]
        if pending:
            await asyncio.wait(pending, timeout=self._s.limits.grace_ms / 1000)
        stuck = tuple(self._running.values())
        for open_call in stuck:
            self._force(open_call)
        self._closed = True
        return stuck

    # -- admission ------------------------------------------------------------------------------------------------

    def _admit(self, call: Call) -> None:
        if call.id > self._s.limits.tool_calls:
            raise ToolBudgetExceededError(
                f"a run may make {self._s.limits.tool_calls} tool calls; this is number {call.id}",
                tool=call.tool,
                details={"budget": self._s.limits.tool_calls},
            )
        tool = self._s.registry.get(call.tool)
        if tool is None:
            raise ToolNotFoundError(f"there is no tool {call.tool!r}", tool=call.tool)
        asked = tool.bind(call.arguments)
        open_call = OpenCall(call=call, tool=tool, asked=asked, kwargs=tool.validate(asked))
        reason = self._questions.reason(open_call)
        if reason is None:
            self._enqueue(open_call)
        else:
            self._spawn(open_call.id, self._ask(open_call, reason))

    def _enqueue(self, open_call: OpenCall) -> None:
        if len(self._queue) >= self._s.limits.queued_calls + self._s.limits.concurrent_calls - len(self._running):
            raise ConcurrencyLimitError(
                f"{len(self._queue)} calls wait already, and no more may", tool=open_call.tool.name
            )
        self._queue.append(open_call)

    def _refuse(self, call: Call, error: BelljarError) -> None:
        self._s.trace.refused(call.tool, error.code)
        self._answer(call, Answer(call.id, error=error), took_s=0.0)

    # -- approval -------------------------------------------------------------------------------------------------

    async def _ask(self, open_call: OpenCall, reason: str) -> None:
        try:
            self._act_on(open_call, await self._questions.put(open_call, reason))
        except ScriptError as error:
            self._turn_down(open_call, error)
        finally:
            self._tasks.pop(open_call.id, None)
            self._changed.set()
        self._pump()

    def _act_on(self, open_call: OpenCall, decision: Decision | None) -> None:
        """Make the call that was approved, answer the one that was responded to; a question that is open stays so."""
        if decision is None:
            return
        if decision.verdict == "respond":
            answer = Answer(open_call.id, decision.value)
            self._answer(open_call.call, answer, took_s=0.0, intended=True)
        else:
            self._enqueue(open_call)

    def _turn_down(self, open_call: OpenCall, error: ScriptError) -> None:
        """Of a call that may have taken place, only what somebody says of it changes that nobody knows."""
        if not open_call.is_unknown:
            self._refuse(open_call.call, error)
            return
        answer = Answer(open_call.id, error=error)
        self._answer(open_call.call, answer, took_s=0.0, intended=True, unknown=True)

    # -- calls of a process that is gone --------------------------------------------------------------------------

    def _do(self, open_call: OpenCall, decision: Decision) -> None:
        """What was decided, and nothing came of yet."""
        try:
            self._act_on(open_call, self._questions.apply(open_call, decision))
        except ScriptError as error:
            self._turn_down(open_call, error)

    async def _settle_fate(self, returned: Returning) -> None:
        """Find out whether the call took place, or put the question that its tool had."""
        open_call = returned.open_call
        try:
            match returned.how:
                case "decide":
                    self._act_on(open_call, await self._questions.put(open_call, returned.asked or ""))
                case "again":
                    self._enqueue(open_call)
                case "probe":
                    await self._probe(open_call, is_with_people=returned.is_with_people)
                case "ask":
                    self._act_on(open_call, await self._questions.put(open_call, UNKNOWN_REASON))
        except ScriptError as error:
            self._turn_down(open_call, error)
        finally:
            self._tasks.pop(open_call.id, None)
            self._changed.set()
        self._pump()

    async def _probe(self, open_call: OpenCall, *, is_with_people: bool) -> None:
        """Ask the tool itself. Where it cannot tell, a person is asked."""
        match await probed(open_call, self._call_info(open_call)):
            case Happened(value):
                answer = Answer(open_call.id, open_call.tool.encode(value))
                self._answer(open_call.call, answer, took_s=0.0, intended=True)
            case NeverHappened() if not is_with_people:
                self._enqueue(open_call)
            case _:
                self._act_on(open_call, await self._questions.put(open_call, UNKNOWN_REASON))

    # -- dispatch -------------------------------------------------------------------------------------------------

    def _pump(self) -> None:
        """Start queued calls while there are places. A journal on disk is waited for in a thread."""
        if self._stopped or self._dispatching is not None or not (batch := self._next_batch()):
            return
        if self._s.journal.is_kept:
            self._dispatching = asyncio.ensure_future(self._dispatch_durably(batch))
        else:
            self._write_intents(batch)
            self._start(batch)

    def _next_batch(self) -> list[OpenCall]:
        batch = []
        while self._queue and len(self._running) < self._s.limits.concurrent_calls:
            open_call = self._queue.popleft()
            if open_call.id not in self.given_up:
                batch.append(open_call)
                self._running[open_call.id] = open_call
        return batch

    async def _dispatch_durably(self, batch: list[OpenCall]) -> None:
        self._s.clock.enter()
        try:
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(self._s.threads, self._write_intents, batch)
        except BelljarError as error:
            self._broken = error
            for open_call in batch:
                del self._running[open_call.id]
            self._changed.set()
            return
        finally:
            self._s.clock.leave()
            self._dispatching = None
        if self._stopped:  # their intents may not be where another process looks
            for open_call in batch:
                self._running.pop(open_call.id, None)
            self._changed.set()
            return
        self._start(batch)
        self._pump()

    def _write_intents(self, batch: list[OpenCall]) -> None:
        is_sealed = self._s.script.profile == "sealed"
        records = [intent_record(open_call, self._s.run_id, is_sealed=is_sealed) for open_call in batch]
        self._s.journal.append(*records, durable=True)

    def _start(self, batch: list[OpenCall]) -> None:
        for open_call in batch:
            if open_call.id in self.given_up:
                self._running.pop(open_call.id, None)
                continue
            self._s.clock.enter()
            self._spawn(open_call.id, self._perform(open_call))

    def _spawn(self, id_: int, work: Coroutine[Any, Any, None]) -> None:
        task = self._tasks[id_] = asyncio.ensure_future(work)
        task.add_done_callback(self._notice)

    def _notice(self, task: asyncio.Task[None]) -> None:
        """A fault of ours, or of the journal's disk, in a call's task ends the run instead of leaving it waiting."""
        error = None if task.cancelled() else task.exception()
        if error is not None:
            known = isinstance(error, BelljarError)
            self._broken = error if known else HarnessInternalError(f"a call broke down: {type(error).__name__}")  # type: ignore[assignment]  # narrowed by `known`
            self._changed.set()

    async def _perform(self, open_call: OpenCall) -> None:
        open_call.started_s = time.monotonic()
        self._tell_start(open_call)
        try:
            with self._s.trace.call(_call_facts(open_call)) as trace:
                answer = await self._answer_of(open_call)
                trace.end(value=answer.value, error=answer.error)
        except DecisionNeeded as needed:
            self._running.pop(open_call.id, None)
            reason = needed.reason or f"{open_call.tool.name} asks"
            self._s.journal.append(Record("ask", {"call": open_call.id, "reason": reason, "at_ms": wall_ms()}))
            self._spawn(open_call.id, self._ask(open_call, reason))
            self._pump()
            return
        finally:
            self._s.clock.leave()
            self._running.pop(open_call.id, None)
            if self._tasks.get(open_call.id) is asyncio.current_task():
                del self._tasks[open_call.id]
        took_s = time.monotonic() - open_call.started_s
        unknown = open_call.signal.aborted or is_effect_unknown(answer)
        self._answer(open_call.call, answer, took_s=took_s, intended=True, unknown=unknown)
        self._pump()

    async def _answer_of(self, open_call: OpenCall) -> Answer:
        """The answer; when the call was stopped on the way, `open_call.signal` is aborted: its effect is unknown."""
        tool = open_call.tool
        timeout = tool.timeout_ms / 1000 if tool.timeout_ms is not None else None
        try:
            async with asyncio.timeout(timeout) as limit:
                result = await self._invoke(open_call)
            value = tool.encode(result)
            to_wire(value)  # what JSON cannot carry is this call's failure, not the run's
            return Answer(open_call.id, value)
        except asyncio.CancelledError:
            message = f"the call of {tool.name} was aborted: {open_call.signal.reason or 'cancelled'}"
            return Answer(open_call.id, error=CallAbortedError(message, tool=tool.name))
        except TimeoutError as error:
            if not limit.expired():
                return Answer(open_call.id, error=tool_error(error, tool.name))
            open_call.signal.abort("timeout")
            message = f"{tool.name} did not answer within {timeout:g} s"
            return Answer(open_call.id, error=ToolExecutionError(message, tool=tool.name))
        except KeyboardInterrupt:
            raise
        except DecisionNeeded as error:
            if not open_call.is_approved:
                raise
            return Answer(open_call.id, error=tool_error(error, tool.name))
        except BaseException as error:  # whatever a tool raises, SystemExit too, is the script's to handle
            return Answer(open_call.id, error=tool_error(error, tool.name))

    async def _invoke(self, open_call: OpenCall) -> Any:
        tool, call = open_call.tool, self._call_info(open_call)
        if tool.is_async:
            return await tool.invoke(open_call.kwargs, signal=open_call.signal, call=call)
        loop = asyncio.get_running_loop()
        context = contextvars.copy_context()  # a sync tool sees the same context variables as an async one
        result = await loop.run_in_executor(self._s.threads, context.run, _invoke_sync, open_call, call)
        return await result if asyncio.iscoroutine(result) else result

    def _call_info(self, open_call: OpenCall) -> CallInfo:
        call = open_call.call
        return CallInfo(
            run_id=self._s.run_id,
            call_id=str(call.id),
            ordinal=call.id,
            tool=call.tool,
            line=call.line or None,
            column=call.column or None,
            key=open_call.key,
            seed=self._s.seed,
            is_approved=open_call.is_approved,
            progress=self._progress(open_call.id),
        )

    def _progress(self, call: int) -> Callable[[str], None]:
        """Tells of one call, from any thread, in the event loop's."""
        emit, limits, loop = self._s.emit, self._s.limits, asyncio.get_running_loop()
        if emit is None:
            return lambda _: None
        places = iter(range(limits.progress_events))

        def tell(message: str) -> None:
            if next(places, None) is not None:
                cut = str(message)[: limits.progress_chars]
                event = ProgressMade(run_id=self._s.run_id, message=cut, kind="tool", call=call)
                loop.call_soon_threadsafe(emit, event)

        return tell

    # -- the answer -----------------------------------------------------------------------------------------------

    def _answer(
        self, call: Call, answer: Answer, *, took_s: float, intended: bool = False, unknown: bool = False
    ) -> None:
        if self._closed:
            return  # the run has ended and has said that nobody knows how this call ends
        self._s.journal.append(answer_record(call, answer, intended=intended, unknown=unknown))
        if call.id not in self.given_up:
            self._ready.append(answer)
        self._changed.set()
        self._s.tell(
            lambda: CallFinished(
                run_id=self._s.run_id,
                call=call.id,
                tool=call.tool,
                error=answer.error.code if answer.error is not None else None,
                duration_ms=took_s * 1000,
            )
        )

    def _tell_start(self, open_call: OpenCall) -> None:
        self._s.tell(
            lambda: CallStarted(
                run_id=self._s.run_id,
                call=open_call.id,
                tool=open_call.tool.name,
                display=redact(open_call.asked, secrets=self._s.redact_secrets),
                line=open_call.call.line,
            )
        )

    async def _drain(self) -> None:
        """Answers that come in the same few turns of the loop go back in one step."""
        for _ in range(_DRAIN_TURNS):
            count = len(self._ready)
            await asyncio.sleep(0)
            if len(self._ready) == count and not self._queue:
                return

    # -- abort ----------------------------------------------------------------------------------------------------

    def _stop(self, id_: int, reason: str) -> None:
        open_call = self._running.get(id_)
        if open_call is not None:
            open_call.signal.abort(reason)
        task = self._tasks.get(id_)
        if task is not None and (open_call is None or open_call.tool.is_async):
            task.cancel()

    def _force(self, open_call: OpenCall) -> None:
        """A tool that does not stop: nobody will know how it ends, and the journal says so."""
        message = f"{open_call.tool.name} did not stop within {self._s.limits.grace_ms} ms of being aborted"
        answer = Answer(open_call.id, error=CallAbortedError(message, tool=open_call.tool.name))
        self._s.journal.append(answer_record(open_call.call, answer, intended=True, unknown=True))


def _has_returned(call: Call, history: History) -> bool:
    """Whether a decision was made on it, or its tool was called, before this process took the run over."""
    return bool(history.attempts.get(call.id)) or call.id in history.unused


def _call_facts(open_call: OpenCall) -> CallFacts:
    tool = open_call.tool
    return CallFacts(
        call_id=str(open_call.id),
        tool=tool.name,
        description=tool.description,
        arguments=open_call.asked,
        key=open_call.key,
    )


def _suspended(pending: Sequence[ApprovalRequest]) -> RunSuspendedError:
    named = ", ".join(f"{request.tool} (line {request.line})" for request in pending)
    first = pending[0]
    return RunSuspendedError(
        f"the run waits for a decision on {named}", line=first.line, column=first.column, tool=first.tool
    )


def _invoke_sync(open_call: OpenCall, call: CallInfo) -> Any:
    """In a worker thread. A future cannot carry StopIteration, and would wait for ever."""
    try:
        return open_call.tool.invoke(open_call.kwargs, signal=open_call.signal, call=call)
    except StopIteration as error:
        raise RuntimeError(f"StopIteration: {error}") from error
