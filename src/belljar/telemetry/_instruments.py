"""The metrics: how long tools take, how calls and runs end. Labels are tools and outcomes, of which there are few."""

from __future__ import annotations

from typing import Final

from opentelemetry.metrics import Meter

from belljar.telemetry._attributes import OTHER, OUTCOME, RUN_TOOL, TOOL_NAME, label
from belljar.telemetry._boundary import watching

BUCKETS_S: Final = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
"""Those that the GenAI conventions give for durations of operations."""

_UNKNOWN_TOOL: Final = "ToolNotFoundError"


class Instruments:
    """One set, made once."""

    def __init__(self, meter: Meter) -> None:
        self._durations = meter.create_histogram(
            "gen_ai.execute_tool.duration",
            unit="s",
            description="How long a tool, or a whole script, took.",
            explicit_bucket_boundaries_advisory=list(BUCKETS_S),
        )
        self._calls = meter.create_counter("belljar.tool.calls", unit="{call}", description="Calls by their outcome.")
        self._runs = meter.create_counter("belljar.runs", unit="{run}", description="Runs by their outcome.")

    def count_call(self, tool: str, error_type: str | None, took_s: float) -> None:
        """A call that reached its tool."""
        with watching("a call's metrics"):
            self._durations.record(took_s, label(tool, error_type))
            self._calls.add(1, {TOOL_NAME: tool, OUTCOME: error_type or "done"})

    def count_refusal(self, tool: str, code: str) -> None:
        """A call that did not; the name of a tool that does not exist is the script's invention."""
        with watching("a refusal's metrics"):
            self._calls.add(1, {TOOL_NAME: OTHER if code == _UNKNOWN_TOOL else tool, OUTCOME: code})

    def count_run(self, status: str, error_type: str | None, took_s: float) -> None:
        """A run that ended, or was suspended."""
        with watching("a run's metrics"):
            self._durations.record(took_s, label(RUN_TOOL, error_type))
            self._runs.add(1, {OUTCOME: error_type or status})
