"""The spans of runs and calls. Implements `Tracer` of `belljar.tools._tracing`.

A run's span is a child of what is current where the run was asked for. A call's is a child of its run's, whatever task
it is made in, and is current while the tool works, so that what the tool traces belongs to it. A run that is taken up
again, perhaps days later in another process, has a trace of its own with a link to the first.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from contextvars import Token
from types import TracebackType
from typing import Any, Final

from opentelemetry import context as otel_context
from opentelemetry import metrics, trace
from opentelemetry.context import Context
from opentelemetry.metrics import MeterProvider
from opentelemetry.trace import Link, Span, SpanKind, Status, StatusCode, TracerProvider
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from belljar.errors import BelljarError
from belljar.telemetry._attributes import (
    ARGUMENTS,
    ERROR_TYPE,
    RESULT,
    RUN_TOOL,
    TOOL_NAME,
    Attributes,
    Redact,
    content,
    of_call,
    of_outcome,
    of_run,
    span_name,
)
from belljar.telemetry._boundary import watching
from belljar.telemetry._instruments import Instruments
from belljar.tools import redact as redact_for_display
from belljar.tools._tracing import CallFacts, CallTrace, RunFacts, RunTrace

_SCOPE: Final = "belljar"
_CARRIER: Final = TraceContextTextMapPropagator()
_EMPTY: Final = Context()


class Telemetry:
    """Traces every run of the harnesses it is given to.

    Providers that are None are the application's global ones. With `content` the arguments and results of calls and
    the values of runs are on the spans too, as JSON that `redact` has been over: by default `belljar.tools.redact`,
    which hides what sits under names like `password` and shortens; give a function of your own to hide more, such as
    `functools.partial(redact, secrets=[...])`. Nothing that fails in here fails a run; the log has it.
    """

    def __init__(
        self,
        tracer_provider: TracerProvider | None = None,
        meter_provider: MeterProvider | None = None,
        *,
        content: bool = False,
        redact: Redact = redact_for_display,
    ) -> None:
        self._tracer = trace.get_tracer(_SCOPE, tracer_provider=tracer_provider)
        self._instruments = Instruments(metrics.get_meter(_SCOPE, meter_provider=meter_provider))
        self._redact = redact if content else None

    def run(self, facts: RunFacts) -> AbstractContextManager[RunTrace]:
        """Entered around a whole run."""
        return _RunTrace(self, facts)

    # -- for the traces -----------------------------------------------------------------------------------------------

    def start(self, name: str, attributes: Attributes, *, parent: Context | None, links: Sequence[Link] = ()) -> Span:
        """A span that is not current yet; one that records nothing where that fails."""
        with watching("a span's start"):
            return self._tracer.start_span(
                name, context=parent, kind=SpanKind.INTERNAL, attributes=attributes, links=links
            )
        return trace.INVALID_SPAN

    def content(self, value: Any) -> str | None:
        """What a span shows of a value; None where spans show none."""
        if self._redact is None:
            return None
        with watching("redaction"):
            return content(value, self._redact)
        return None

    @property
    def instruments(self) -> Instruments:
        return self._instruments


class _Entered:
    """A span that is current between `__enter__` and `__exit__`, and ends there."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry
        self._span: Span = trace.INVALID_SPAN
        self._token: Token[Context] | None = None
        self._started_s = 0.0
        self._has_end = False

    def _enter(self, span: Span) -> None:
        self._span = span
        self._started_s = time.monotonic()
        with watching("a span's entry"):
            self._token = otel_context.attach(trace.set_span_in_context(span))

    def _leave(self) -> None:
        if self._token is not None:
            with watching("a span's exit"):
                otel_context.detach(self._token)
        with watching("a span's end"):
            self._span.end()

    def _fail(self, error_type: str) -> None:
        self._span.set_attribute(ERROR_TYPE, error_type)
        self._span.set_status(Status(StatusCode.ERROR, error_type))  # a message may hold what the script handled

    @property
    def _took_s(self) -> float:
        return time.monotonic() - self._started_s


class _RunTrace(_Entered):
    """One run; see `belljar.tools._tracing.RunTrace`."""

    def __init__(self, telemetry: Telemetry, facts: RunFacts) -> None:
        super().__init__(telemetry)
        self._facts = facts
        self._context = _EMPTY

    def __enter__(self) -> _RunTrace:
        links = _links(self._facts.resumed_from)
        self._enter(self._telemetry.start(span_name(RUN_TOOL), of_run(self._facts), parent=None, links=links))
        with watching("a run's context"):
            self._context = otel_context.get_current()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace_back: TracebackType | None
    ) -> None:
        if kind is not None and not self._has_end:
            with watching("a run's end"):
                self._fail(kind.__name__)
            self._telemetry.instruments.count_run("failed", kind.__name__, self._took_s)
        self._leave()

    def carrier(self) -> dict[str, str]:
        """`traceparent` and, where there is one, `tracestate`."""
        carried: dict[str, str] = {}
        with watching("a run's carrier"):
            _CARRIER.inject(carried, context=self._context)
        return carried

    def call(self, facts: CallFacts) -> AbstractContextManager[CallTrace]:
        return _CallTrace(self._telemetry, facts, self._context)

    def refused(self, tool: str, code: str) -> None:
        with watching("a refusal"):
            self._span.add_event("belljar.call_refused", {TOOL_NAME: tool[:200], ERROR_TYPE: code})
        self._telemetry.instruments.count_refusal(tool, code)

    def end(self, outcome: Any) -> None:
        self._has_end = True
        error_type = outcome.error.code if outcome.status == "failed" else None
        with watching("a run's end"):
            self._span.set_attributes(of_outcome(outcome))
            if outcome.status == "done" and (text := self._telemetry.content(outcome.value)) is not None:
                self._span.set_attribute(RESULT, text)
            if error_type is not None:
                self._fail(error_type)
        self._telemetry.instruments.count_run(outcome.status, error_type, self._took_s)


class _CallTrace(_Entered):
    """One call; see `belljar.tools._tracing.CallTrace`."""

    def __init__(self, telemetry: Telemetry, facts: CallFacts, parent: Context) -> None:
        super().__init__(telemetry)
        self._facts = facts
        self._parent = parent

    def __enter__(self) -> _CallTrace:
        attributes = of_call(self._facts)
        if (text := self._telemetry.content(self._facts.arguments)) is not None:
            attributes[ARGUMENTS] = text
        self._enter(self._telemetry.start(span_name(self._facts.tool), attributes, parent=self._parent))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace_back: TracebackType | None
    ) -> None:
        if kind is not None and not self._has_end:
            self._close(kind.__name__)
        self._leave()

    def end(self, *, value: Any = None, error: BelljarError | None) -> None:
        if error is None and (text := self._telemetry.content(value)) is not None:
            with watching("a call's result"):
                self._span.set_attribute(RESULT, text)
        self._close(None if error is None else error.code)

    def _close(self, error_type: str | None) -> None:
        self._has_end = True
        if error_type is not None:
            with watching("a call's end"):
                self._fail(error_type)
        self._telemetry.instruments.count_call(self._facts.tool, error_type, self._took_s)


def _links(carrier: Mapping[str, str]) -> list[Link]:
    """To the span that the carrier names; it is never a parent, which would keep one trace open for days."""
    with watching("a link"):
        linked = trace.get_current_span(_CARRIER.extract(dict(carrier), context=_EMPTY)).get_span_context()
        return [Link(linked)] if linked.is_valid else []
    return []
