"""A session of the C harness, in the machine itself: how an input of native/harness.c is run through the public API."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from typing import Final

from belljar.errors import HarnessInternalError, SerializationError, ToolExecutionError
from belljar.limits import Limits
from belljar.machine import Answer, Finished, Machine, Step, Waiting, open_machine
from belljar.script import Script
from belljar.values import from_wire

TOOLS: Final = ("echo", "boom", "hang", "mcp.a.b")
_LIMITS: Final = Limits(memory_mb=26, timeout_ms=1_000, fuel=2_000_000_000)


def session(data: bytes) -> None:
    """No script makes the host raise, and none ends as a bug of the machine. Raises AssertionError where one does."""
    if len(data) < 4:
        return
    script, *answers = data[3:].split(b"\0")
    code = script.decode("utf-8", "replace")
    with closing(open_machine(limits=_LIMITS)) as machine:
        step = machine.start(Script(source=code, sha256="", code=code), tools=TOOLS)
        step = _carried_on(machine, step, answers)
    if isinstance(step, Finished) and isinstance(step.error, HarnessInternalError):
        raise AssertionError(f"no script ends as a bug of the machine: {step.error.details}")


def _carried_on(machine: Machine, step: Step, answers: Sequence[bytes]) -> Step:
    open_ids: list[int] = []
    for text in answers:
        open_ids += [call.id for call in step.calls]
        open_ids = [id_ for id_ in open_ids if id_ not in step.aborts]
        if not (isinstance(step, Waiting) and open_ids):
            break
        step = machine.resume([_answer(open_ids.pop(0), text.decode("utf-8", "replace"))])
    return step


def _answer(id_: int, text: str) -> Answer:
    if text.startswith("!"):
        return Answer(id_, error=ToolExecutionError(text[1:]))
    try:
        return Answer(id_, from_wire(text))
    except SerializationError:
        return Answer(id_, text)
