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
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

from belljar.errors import (
    ApprovalDeniedError,
    ApprovalTimeoutError,
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
from belljar.tools._approval import (
    ApprovalRequest,
    Approver,
    Decision,
    DecisionNeeded,
    approval_digest,
    decision_on,
)
from belljar.tools._call_info import CallInfo
from belljar.tools._clock import RunClock, wall_ms
from belljar.tools._open_call import (
    OpenCall,
    answer_record,
    intent_record,
    is_effect_unknown,
    tool_error,
)
from belljar.tools._redact import redact, redact_text
from belljar.tools._registry import Registry
from belljar.tools._statistics import ApprovalStatistics, Ending
from belljar.tools._tracing import NO_TRACE, CallFacts, RunTrace
from belljar.tools.events import ApprovalRequested, ApprovalResolved, CallFinished, CallStarted, Event, ProgressMade
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
        self._approved_tools: set[str] = set()
        self._deferred: dict[int, ApprovalRequest] = {}
        """Questions that the approver left open."""
        self._reasons: dict[int, str] = {}
        """Why a call that is open since before a suspension was asked about."""
        self.is_suspended = False
        """Whether the run waits for nothing but `pending`."""
        self._broken: BelljarError | None = None
        self._closed = False
        self.given_up: set[int] = set()
        """Ids of calls whose answer nobody wants any more."""

    # -- what the run asks ----------------------------------------------------------------------------------------

    @property
    def pending(self) -> tuple[ApprovalRequest, ...]:
        """Questions that a person must answer before the run can go on, in the order of the calls."""
        return tuple(self._deferred[id_] for id_ in sorted(self._deferred))

    def restore(self, history: History) -> None:
        """Know what a journal says was given up and approved before this process took the run over."""
        self.given_up.update(history.aborts)
        self._approved_tools.update(history.approved_tools)
        if history.suspension is not None:
            self._reasons = {facts["ordinal"]: facts["reason"] for facts in history.suspension["pending"]}

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
        return bool(self._deferred) and not goes_on

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
            self._deferred.pop(id_, None)
            records.append(Record("abort", {"call": id_, "reason": reason}))
            self._stop(id_, reason)
        if records:
            self._s.journal.append(*records)
        self._ready = [answer for answer in self._ready if answer.id not in self.given_up]

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
        reason = self._reason(open_call)
        if reason is None:
            self._enqueue(open_call)
        else:
            self._spawn(open_call.id, self._ask(open_call, reason))

    def _reason(self, open_call: OpenCall) -> str | None:
        """Why somebody must agree; None where nobody need. What was asked once is asked until it is answered."""
        waits_for = self._reasons.pop(open_call.id, None)
        if waits_for is not None or open_call.tool.name in self._approved_tools:
            return waits_for
        return self._approval_reason(open_call)

    def _approval_reason(self, open_call: OpenCall) -> str | None:
        try:
            return open_call.tool.approval_reason(open_call.kwargs)
        except Exception as error:  # the rule is the host's code: what it cannot decide is not allowed
            reason = f"the approval rule of {open_call.tool.name} failed"
            raise ApprovalDeniedError(reason, tool=open_call.tool.name) from error

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
            if await self._decide(open_call, reason):
                self._enqueue(open_call)
        except ScriptError as error:
            self._refuse(open_call.call, error)
        finally:
            self._tasks.pop(open_call.id, None)
            self._changed.set()
        self._pump()

    async def _decide(self, open_call: OpenCall, reason: str) -> bool:
        """Whether the call may be made, with what are then its arguments, or the question was left open.

        Raises the script's error where it may not be made.
        """
        request = self._request(open_call, reason)
        self._s.statistics.count_request()
        self._s.tell(
            lambda: ApprovalRequested(
                run_id=self._s.run_id,
                call=open_call.id,
                tool=request.tool,
                request_id=request.id,
                reason=reason,
                expires_ms=request.expires_ms,
            )
        )
        asked_s = time.monotonic()
        ending: Ending = "cancelled"
        decision: Decision | None = None
        try:
            async with asyncio.timeout(request.expires_ms / 1000):
                decision = await self._decision(request)
            ending = _ending(decision)
        except TimeoutError:
            ending = "timed_out"
            waited = f"{request.expires_ms / 1000:g} s"
            raise ApprovalTimeoutError(f"nobody decided on {request.tool} within {waited}", tool=request.tool) from None
        finally:
            self._resolve(open_call, request, decision, ending, round((time.monotonic() - asked_s) * 1000))
        if decision is None:
            self._deferred[open_call.id] = request
            return False
        if not decision.is_approval:
            why = f": {decision.reason}" if decision.reason else ""
            raise ApprovalDeniedError(f"the call of {request.tool} was denied{why}", tool=request.tool)
        if decision.arguments is not None:
            open_call.asked = dict(decision.arguments)
            open_call.kwargs = open_call.tool.validate(open_call.asked)
        if decision.verdict == "approve_for_run":
            self._approved_tools.add(open_call.tool.name)
        open_call.is_approved = True
        return True

    async def _decision(self, request: ApprovalRequest) -> Decision | None:
        """The approver's answer; whatever goes wrong there is a denial, and None leaves the question open."""
        if self._s.approver is None:
            return Decision.deny(request, "no approver is configured", who="belljar")
        try:
            decision = decision_on(request, await self._s.approver.decide(request), who="approver")
        except Exception as error:  # an approver that fails has not approved
            return Decision.deny(request, f"the approver failed ({type(error).__name__})", who="belljar")
        if decision is not None and decision.digest != request.digest:
            return Decision.deny(request, "the decision was made for another call", who="belljar")
        return decision

    def _request(self, open_call: OpenCall, reason: str) -> ApprovalRequest:
        call, script = open_call.call, self._s.script
        excerpt = script.excerpt(call.line, call.column) if call.line else ""
        return ApprovalRequest(
            id=f"{self._s.run_id}:{call.id}",
            run_id=self._s.run_id,
            script_sha256=script.sha256,
            ordinal=call.id,
            call_id=str(call.id),
            tool=open_call.tool.name,
            arguments=open_call.asked,
            display=redact(open_call.asked, secrets=self._s.redact_secrets),
            excerpt=redact_text(excerpt, secrets=self._s.redact_secrets),
            line=call.line or None,
            column=call.column or None,
            reason=redact_text(reason, secrets=self._s.redact_secrets),
            elapsed_ms=round(self._s.clock.spent_s * 1000),
            expires_ms=self._s.limits.approval_timeout_ms,
            digest=approval_digest(script.sha256, call.id, open_call.tool.name, open_call.asked),
        )

    def _resolve(
        self, open_call: OpenCall, request: ApprovalRequest, decision: Decision | None, ending: Ending, waited_ms: int
    ) -> None:
        """Count, write down and tell how a question ended. One left open is written down with the suspension."""
        verdict = decision.verdict if decision is not None else ending
        self._s.statistics.count_ending(ending, waited_ms=waited_ms)
        facts: dict[str, Any] = {"call": open_call.id, "digest": request.digest, "verdict": verdict}
        if decision is not None:
            facts |= {"who": decision.who, "reason": decision.reason, "at_ms": decision.at_ms or wall_ms()}
            if decision.arguments is not None:
                facts["arguments"] = dict(decision.arguments)
        if ending != "deferred":
            self._s.journal.append(Record("approval", facts))
        self._s.tell(
            lambda: ApprovalResolved(
                run_id=self._s.run_id,
                call=open_call.id,
                tool=request.tool,
                request_id=request.id,
                verdict=verdict,
                who=decision.who if decision is not None else "",
            )
        )

    # -- dispatch -------------------------------------------------------------------------------------------------

    def _pump(self) -> None:
        """Start queued calls while there are places. A journal on disk is waited for in a thread."""
        if self._dispatching is not None or not (batch := self._next_batch()):
            return
        if self._s.journal.in_file:
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
            self._spawn(open_call.id, self._ask(open_call, needed.reason or f"{open_call.tool.name} asks"))
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
            if not self._is_approved(open_call):
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

    def _is_approved(self, open_call: OpenCall) -> bool:
        return open_call.is_approved or open_call.tool.name in self._approved_tools

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
            is_approved=self._is_approved(open_call),
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


def _call_facts(open_call: OpenCall) -> CallFacts:
    tool = open_call.tool
    return CallFacts(
        call_id=str(open_call.id),
        tool=tool.name,
        description=tool.description,
        arguments=open_call.asked,
        key=open_call.key,
    )


def _ending(decision: Decision | None) -> Ending:
    if decision is None:
        return "deferred"
    if not decision.is_approval:
        return "denied"
    return "edited" if decision.arguments is not None else "approved"


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
