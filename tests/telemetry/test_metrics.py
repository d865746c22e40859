"""The metrics of runs: labels that name tools and outcomes, and nothing that grows with use."""

from __future__ import annotations

import subprocess
import sys

from test_traces import broken, double, pay
from watched import Watch


def labels(**named: str) -> tuple[tuple[str, str], ...]:
    names = {"tool": "gen_ai.tool.name", "outcome": "belljar.outcome", "error": "error.type"}
    return tuple(sorted((names[name], value) for name, value in named.items()))


def timed(tool: str, **error: str) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((*labels(tool=tool, **error), ("gen_ai.operation.name", "execute_tool"))))


SOURCE = """
for (const n of [1, 2, 3]) await tools.double({n});
for (const call of [() => tools.broken(), () => tools.double({n: 'x'}), () => tools.pay({cents: 1})])
  try { await call() } catch {}
for (const name of ['made', 'up']) try { await tools[name]({}) } catch {}
"""


def test_calls_are_counted_by_tool_and_outcome() -> None:
    """Calls that reached no tool too."""
    watch = Watch()

    watch.run(SOURCE, double, broken, pay)

    assert watch.counts("belljar.tool.calls") == {
        labels(tool="double", outcome="done"): 3,
        labels(tool="broken", outcome="ToolExecutionError"): 1,
        labels(tool="double", outcome="ToolValidationError"): 1,
        labels(tool="pay", outcome="ApprovalDeniedError"): 1,
    }


def test_runs_are_counted_by_outcome() -> None:
    """Done, suspended, or the code of the error."""
    watch = Watch()
    for source in ("1", "2", "throw 1", "return eval('1')"):
        watch.run(source)

    assert watch.counts("belljar.runs") == {
        labels(outcome="done"): 2,
        labels(outcome="ScriptRuntimeError"): 1,
        labels(outcome="BannedIdentifierError"): 1,
    }


def test_durations_are_of_calls_that_reached_their_tool_and_of_runs() -> None:
    """In seconds, by tool and kind of error."""
    watch = Watch()

    watch.run(SOURCE, double, broken, pay)

    assert watch.counts("gen_ai.execute_tool.duration") == {
        timed("double"): 3,
        timed("broken", error="ToolExecutionError"): 1,
        timed("run_typescript"): 1,
    }


def test_a_tool_that_a_script_made_up_is_no_label() -> None:
    """A script can invent any number of names."""
    from belljar.tools._tracing import RunFacts

    watch = Watch()
    with watch.telemetry().run(RunFacts(run_id="r", script_sha256="", engine="quickjs")) as traced:
        for name in ("made", "up"):
            traced.refused(name, "ToolNotFoundError")

    assert watch.counts("belljar.tool.calls") == {labels(tool="_OTHER", outcome="ToolNotFoundError"): 2}


def test_without_the_extra_the_import_says_what_to_install() -> None:
    """A coded error, not an ImportError from deep inside."""
    program = (
        "import sys, importlib.util as u; found = u.find_spec\n"
        "u.find_spec = lambda name, *rest: None if name == 'opentelemetry' else found(name, *rest)\n"
        "from belljar.errors import UsageError\n"
        "try: import belljar.telemetry\n"
        "except UsageError as error: print(error.hint)"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603  (our own interpreter)

    assert done.stdout.strip() == "pip install 'belljar[otel]'"
