"""Traces and metrics of runs, for OpenTelemetry: `Harness(telemetry=Telemetry())`.

A span for each run and a child for each call, with the names of the GenAI conventions; a histogram of durations, and
counters by tool and outcome. What passes through the tools stays out of it unless `content=True`, and is redacted then.

Needs the extra `otel` (the API; what collects and exports is the application's own choice). `_telemetry` makes spans,
`_instruments` metrics, `_attributes` the words for both, and `_boundary` keeps what fails in there from the run.
"""

from importlib.util import find_spec

from belljar.errors import UsageError

if find_spec("opentelemetry") is None:
    raise UsageError("opentelemetry is not installed", hint="pip install 'belljar[otel]'")

from belljar.telemetry._telemetry import Telemetry

__all__ = ["Telemetry"]
