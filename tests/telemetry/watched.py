"""Runs under telemetry, and what came out of them as plain trees."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import HistogramDataPoint, InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from belljar import Harness, Outcome
from belljar.telemetry import Telemetry

T = TypeVar("T")
FIGURES = (
    "duration_ms", "cpu_ms", "memory_mb", "fuel", "steps", "tool_calls", "console_dropped", "progress_dropped", "gas",
    "gas_limit",
)  # fmt: skip


@dataclass
class Watch:
    """An application's OpenTelemetry, kept in memory."""

    exporter: InMemorySpanExporter = field(default_factory=InMemorySpanExporter)
    reader: InMemoryMetricReader = field(default_factory=InMemoryMetricReader)

    def __post_init__(self) -> None:
        self.tracer_provider = TracerProvider()
        self.tracer_provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.meter_provider = MeterProvider([self.reader])
        self.tracer = self.tracer_provider.get_tracer("application")

    def telemetry(self, **options: Any) -> Telemetry:
        return Telemetry(self.tracer_provider, self.meter_provider, **options)

    def run(self, source: str, *tools: Any, content: dict[str, Any] | None = None, **options: Any) -> Outcome:
        """One run under this watch; `content` are the options of `Telemetry`."""
        return self.using(lambda harness: harness.run(source, run_id="r1"), *tools, content=content, **options)

    def using(
        self,
        work: Callable[[Harness], Coroutine[Any, Any, T]],
        *tools: Any,
        content: dict[str, Any] | None = None,
        **options: Any,
    ) -> T:
        async def main() -> T:
            telemetry = self.telemetry(**(content or {}))
            async with Harness(tools, telemetry=telemetry, type_checker=None, **options) as harness:
                return await work(harness)

        return asyncio.run(main())

    # -- what came out ------------------------------------------------------------------------------------------------

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        return self.exporter.get_finished_spans()

    def trees(self) -> list[dict[str, Any]]:
        """Every span with its children, in the order in which they began; figures only by their names."""
        by_parent: dict[int | None, list[ReadableSpan]] = {}
        for span in sorted(self.spans, key=lambda span: span.start_time or 0):
            by_parent.setdefault(span.parent.span_id if span.parent else None, []).append(span)

        def told(span: ReadableSpan) -> dict[str, Any]:
            assert span.context is not None
            tree: dict[str, Any] = {"name": span.name, "kind": span.kind.name, **plain(span)}
            children = [told(child) for child in by_parent.get(span.context.span_id, [])]
            return {**tree, "children": children} if children else tree

        return [told(span) for span in by_parent.get(None, [])]

    def counts(self, name: str) -> dict[tuple[tuple[str, Any], ...], float]:
        """A metric's points by their labels: a counter's values, a histogram's counts."""
        data = self.reader.get_metrics_data()
        resources = data.resource_metrics if data is not None else ()
        metrics = [metric for resource in resources for scope in resource.scope_metrics for metric in scope.metrics]
        points = [point for metric in metrics if metric.name == name for point in metric.data.data_points]
        return {tuple(sorted((point.attributes or {}).items())): number_of(point) for point in points}


def number_of(point: Any) -> float:
    return point.count if isinstance(point, HistogramDataPoint) else float(point.value)


def plain(span: ReadableSpan) -> dict[str, Any]:
    """A span's words, without what differs from run to run."""
    attributes = dict(span.attributes or {})
    figures = [name for name in FIGURES if f"belljar.run.{name}" in attributes]
    for name in figures:
        del attributes[f"belljar.run.{name}"]
    attributes.pop("belljar.call.key", None)
    attributes.pop("belljar.script.sha256", None)
    tree: dict[str, Any] = {"attributes": attributes}
    if figures:
        tree["figures"] = len(figures)
    if span.status.status_code.name != "UNSET":
        tree["status"] = (span.status.status_code.name, span.status.description)
    if span.events:
        tree["events"] = [(event.name, dict(event.attributes or {})) for event in span.events]
    return tree
