"""Tools and short ways that tests in several folders use. Everything goes through the public API."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

import belljar
from belljar import AbortSignal, BelljarError, CallInfo, Limits, Outcome, tool
from belljar.machine import Answer, Finished, Machine, Step, Waiting, open_machine
from belljar.script import parse

QUICK = Limits(timeout_ms=250, memory_mb=24, grace_ms=50)
"""For scripts that are meant to be stopped."""


def value_of(source: str, *tools: Any, **options: Any) -> Any:
    """What the script returns; the test fails where it does not."""
    outcome = belljar.run(source, tools=tools, **options)
    assert outcome.error is None, outcome.error.to_model()
    return outcome.value


def error_of(source: str, *tools: Any, **options: Any) -> BelljarError:
    """The error that the script ends with; the test fails where it returns."""
    outcome = belljar.run(source, tools=tools, **options)
    assert outcome.error is not None, outcome.value
    return outcome.error


def failed(source: str, *tools: Any, **options: Any) -> Outcome:
    """The outcome of a script that must fail."""
    outcome = belljar.run(source, tools=tools, **options)
    assert not outcome.ok, outcome.value
    return outcome


def place(error: BelljarError) -> tuple[str, int | None, int | None]:
    """Code, line and column."""
    return error.code, error.line, error.column


# -- machines ---------------------------------------------------------------------------------------------------------


def started(source: str, *tools: str, limits: Limits | None = None, **options: Any) -> tuple[Machine, Step]:
    """A machine after its first step."""
    machine = open_machine(limits=limits)
    return machine, machine.start(parse(source), tools=tools, **options)


def waiting(source: str, *tools: str, **options: Any) -> tuple[Machine, Waiting]:
    """A machine whose script made calls."""
    machine, step = started(source, *tools, **options)
    assert isinstance(step, Waiting), step
    return machine, step


def finished(source: str, *tools: str, **options: Any) -> Finished:
    """The end of a script that waits for nothing."""
    _, step = started(source, *tools, **options)
    assert isinstance(step, Finished), step
    return step


def done(machine: Machine, *answers: Answer, **options: Any) -> Finished:
    """The end of a machine's run after these answers."""
    step = machine.resume(answers, **options)
    assert isinstance(step, Finished), step
    return step


# -- tools ------------------------------------------------------------------------------------------------------------


@tool
async def echo(value: Any = None) -> Any:
    """The value itself."""
    return value


@tool
async def add(a: float, b: float) -> float:
    """Their sum."""
    return a + b


@tool
async def boom(message: str = "it broke") -> None:
    """Fails."""
    raise ValueError(message)


@tool
async def hang() -> None:
    """Never answers, and ends at once when it is cancelled."""
    await asyncio.Event().wait()


@tool
def stubborn(ms: int) -> str:
    """Blocks its thread and looks at no signal."""
    time.sleep(ms / 1000)
    return "at last"


@dataclass
class Witness:
    """Tools that remember what was asked of them and how it ended."""

    log: list[str] = field(default_factory=list)
    most_at_once: int = 0
    _now: int = 0

    @tool
    async def note(self, text: str) -> str:
        """Remember a text."""
        self.log.append(text)
        return text

    @tool
    async def hold(self, name: str) -> None:
        """Remember that it was aborted; never answers."""
        try:
            await asyncio.Event().wait()
        finally:
            self.log.append(f"{name} aborted")

    @tool
    async def turn(self, n: int, turns: int = 3) -> int:
        """Takes some turns of the event loop, and counts how many do so at once."""
        self._now += 1
        self.most_at_once = max(self.most_at_once, self._now)
        for _ in range(turns):
            await asyncio.sleep(0)
        self._now -= 1
        return n

    @tool
    async def heed(self, signal: AbortSignal, call: CallInfo) -> None:
        """Remember the signal's reason."""
        signal.add_callback(lambda reason: self.log.append(f"{call.tool} {call.ordinal}: {reason}"))
        await asyncio.Event().wait()
