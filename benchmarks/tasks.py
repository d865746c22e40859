"""The timed work of each row, made from a subject's verbs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count
from typing import Final

from benchmarks import workloads
from benchmarks.measure import Task
from benchmarks.subject import Subject
from benchmarks.workloads import Work

_serials = count()


def run_fresh(subject: Subject, work: Work) -> object:
    """Open, evaluate, close."""
    machine = subject.open()
    value = subject.evaluate(machine, work)
    subject.close(machine)
    return value


def fresh(subject: Subject) -> Task:
    """W1: all of a machine's life."""
    return Task(run=lambda _: run_fresh(subject, workloads.TINY), expected=workloads.TINY.expected)


def clone(subject: Subject) -> Task:
    """Opening alone; that the machine works is checked after the clock."""

    def finish(_: object, machine: object) -> object:
        value = subject.evaluate(machine, workloads.TINY)
        subject.close(machine)
        return value

    return Task(run=lambda _: subject.open(), finish=finish, expected=workloads.TINY.expected)


def tools(work: Work) -> Callable[[Subject], Task]:
    """A script that calls tools, in a fresh machine."""
    return lambda subject: Task(run=lambda _: subject.call_tools(work), expected=work.expected)


def unseen_tools(subject: Subject) -> Task:
    """W2 with another text each time."""

    def setup() -> Work:
        mark, work = next(_serials), workloads.TOOL_CALLS
        return Work(js=f"{work.js}// {mark}\n", python=f"# {mark}\n{work.python}", expected=work.expected)

    return Task(setup=setup, run=subject.call_tools, expected=workloads.TOOL_CALLS.expected)


def compute(work: Work) -> Callable[[Subject], Task]:
    """W4: evaluation alone, in a machine that is open."""

    def make(subject: Subject) -> Task:
        def finish(machine: object, value: object) -> object:
            subject.close(machine)
            return value

        return Task(
            setup=subject.open,
            run=lambda machine: subject.evaluate(machine, work),
            finish=finish,
            expected=work.expected,
        )

    return make


def freeze(subject: Subject) -> Task:
    """A suspended machine to bytes. What was frozen must still finish."""
    return Task(
        setup=lambda: subject.suspend(workloads.PAUSE),
        run=subject.freeze,
        finish=lambda held, _: subject.finish(held),
        expected=workloads.PAUSE.expected,
    )


def frozen_image(subject: Subject) -> bytes:
    """The bytes that `freeze` gives."""
    held = subject.suspend(workloads.PAUSE)
    image = subject.freeze(held)
    subject.finish(held)
    return image


def thaw(subject: Subject) -> Task:
    """Bytes to a suspended machine. What was thawed must finish."""
    image = frozen_image(subject)
    return Task(
        run=lambda _: subject.thaw(image),
        finish=lambda _, held: subject.finish(held),
        expected=workloads.PAUSE.expected,
    )


def parse(size: int) -> Callable[[Subject], Task]:
    """A script of `size` bytes that no cache has seen."""
    return lambda subject: Task(
        setup=lambda: workloads.typescript(size, next(_serials)),
        run=subject.parse,
        finish=lambda _, code: ("return total0;" in code, "interface" in code),
        expected=(True, False),
    )


TASKS: Final[Mapping[str, Callable[[Subject], Task]]] = {
    "W1": fresh,
    "W1-clone": clone,
    "W2": tools(workloads.TOOL_CALLS),
    "W2-new": unseen_tools,
    "W2-machine": tools(workloads.TOOL_CALLS),
    "W3": tools(workloads.FAN_OUT),
    "W3-machine": tools(workloads.FAN_OUT),
    **{f"W4-{name}": compute(work) for name, work in workloads.CPU.items()},
    "W5-freeze": freeze,
    "W5-thaw": thaw,
    "parse": parse(20_000),
}
"""By row. Rows that are not here are measured by `sweep` in other ways."""

PER_REPETITION: Final[Mapping[str, int]] = {"W3": workloads.PARALLEL_CALLS, "W3-machine": workloads.PARALLEL_CALLS}
"""By how much a repetition's time is divided."""

ACTIONS: Final[Mapping[str, tuple[Callable[[Subject, Work], object], Work]]] = {
    "tools": (lambda subject, work: subject.call_tools(work), workloads.TOOL_CALLS),
    "compute": (run_fresh, workloads.COMPUTE),
}
"""What is repeated where repetitions per second are counted."""
