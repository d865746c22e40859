"""belljar as a subject, twice: the sans-I/O machine, and the harness with everything around it.

Needs no peer. The machine's own tools are plain functions; the harness's are checked against their schemas, counted,
asked about (the rule says no person is needed) and written to the run's journal before and after.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, Final, NamedTuple

from belljar import Harness, Limits, tool
from belljar.machine import Answer, Finished, Machine, Step, Waiting, open_machine, thaw
from belljar.script import Script, parse
from benchmarks import workloads
from benchmarks.subject import Subject
from benchmarks.workloads import Work

FUNCTIONS: Final[dict[str, Callable[..., int]]] = {"add": workloads.add, "mul": workloads.mul}
ROOMY: Final = Limits(tool_calls=workloads.PARALLEL_CALLS, concurrent_calls=workloads.PARALLEL_CALLS)
"""The default limits, but for as many calls at once as the fan-out makes."""


class Held(NamedTuple):
    """A machine and the step it waits at."""

    machine: Machine
    step: Waiting


class BelljarMachine(Subject):
    """Script in, steps out; no schema, approval or journal."""

    name = "belljar"
    module = "belljar"
    distribution = "belljar"
    settings = "machine: default limits, fuel and clock on"
    first_result = (
        "import os\nos.environ['BELLJAR_TSC'] = 'off'\nimport belljar\nprint(belljar.run('return 1+1').value)"
    )
    """No peer looks at types."""

    def open(self) -> Machine:
        return open_machine()

    def evaluate(self, machine: Machine, work: Work) -> Any:
        return _value(machine.start(parse(work.js)))

    def close(self, machine: Machine) -> None:
        machine.close()

    def call_tools(self, work: Work) -> Any:
        return self.finish(self.suspend(work))

    def suspend(self, work: Work) -> Held:
        machine = open_machine()
        step = machine.start(parse(work.js), tools=tuple(FUNCTIONS))
        assert isinstance(step, Waiting)
        return Held(machine, step)

    def freeze(self, held: Held) -> bytes:
        return held.machine.freeze()

    def thaw(self, image: bytes) -> Held:
        return Held(*thaw(image))

    def finish(self, held: Held) -> Any:
        step: Step = held.step
        while isinstance(step, Waiting):
            step = held.machine.resume([Answer(call.id, _do(call.tool, call.arguments)) for call in step.calls])
        return _value(step)

    def parse(self, source: str) -> str:
        script: Script = parse(source)
        return script.code


def _do(name: str, arguments: list[Any]) -> int:
    return FUNCTIONS[name](**arguments[0])


def _value(step: Step) -> Any:
    if not isinstance(step, Finished):
        raise TypeError("the script waits for a tool")
    if step.error is not None:
        raise step.error
    return step.value


def _nobody_asked(_: dict[str, Any]) -> bool:
    """The approval rule of the benchmark's tools: looked at for every call, never a person's matter."""
    return False


@tool(approval=_nobody_asked)
async def add(x: int, y: int) -> int:
    """Sum of x and y."""
    return workloads.add(x, y)


@tool(approval=_nobody_asked)
async def mul(x: int, y: int) -> int:
    """Product of x and y."""
    return workloads.mul(x, y)


class BelljarHarness(BelljarMachine):
    """One re-used harness: schema, budget, approval rule and journal for every call."""

    settings = "harness: default limits (100 calls at once for W3), async tools, journal in memory"

    @cached_property
    def harness(self) -> Harness:
        async def make() -> Harness:
            return Harness(tools=[add, mul], limits=ROOMY, type_checker=None)  # no peer looks at types

        harness: Harness = self.wait(make())
        return harness

    def __exit__(self, *_: object) -> None:
        self.wait(self.harness.aclose())
        super().__exit__()

    def call_tools(self, work: Work) -> Any:
        outcome = self.wait(self.harness.run(work.js))
        if outcome.error is not None:
            raise outcome.error
        return outcome.value
