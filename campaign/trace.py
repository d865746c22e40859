"""Everything that one script does on one engine, as plain values that can be compared.

Left out is what engines may rightly say each in its own words: the text of an error that the engine itself made, of
which only the name is kept, and the frames of a backtrace behind the first. Kept is the text of what belljar or the
script says. Time is told by the number of steps, so the same script with the same arguments gives the same trace,
always.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from belljar.errors import BelljarError, SourceError, ToolExecutionError
from belljar.limits import Limits
from belljar.machine import Answer, Call, Finished, Machine, Step, open_machine, thaw
from belljar.script import Script, parse
from belljar.values import to_wire

Event: TypeAlias = tuple[Any, ...]
"""One of

    ("refused", code, line, column)                     by the front end: no machine was opened
    ("call", id, tool, arguments, line, column)
    ("abort", id)
    ("console", level, text, line, column)
    ("progress", kind, message)
    ("dropped", console events, progress events)        so far
    ("answer", id, ...)                                 what was brought in one step
    ("end", value, abandoned ids)                       value is `undefined` where nothing was returned
    ("error", code, message, line, column, details, abandoned ids)
    ("endless",)                                        MOST_STEPS were not enough

Values, arguments and details are wire text: true is not 1 there.
"""
Trace: TypeAlias = tuple[Event, ...]
Answers: TypeAlias = Literal["each", "all", "last first"]

TOOLS: Final = ("echo", "boom", "later")
"""echo({value}) gives value, boom({message}) fails with it, later({n}) gives n. The smaller n, the earlier the answer;
echo and boom are as early as 0."""
TIMEOUT_MS: Final = 3_000
LIMITS: Final = Limits(timeout_ms=TIMEOUT_MS, memory_mb=32)
NOW_MS: Final = 1_700_000_000_000
"""2023-11-14T22:13:20Z."""
STEP_MS: Final = 250
"""What the script's clock moves by with every answer."""
SEED: Final = b"parity"
MOST_STEPS: Final = 300
_DEPTH: Final = 300
_CODE_MAKING: Final = "code cannot be made from text in the jar"
ENGINES_OWN: Final = frozenset(
    {
        "AggregateError",
        "EvalError",
        "InternalError",
        "RangeError",
        "ReferenceError",
        "SyntaxError",
        "TypeError",
        "URIError",
    }
)
"""Names of the errors that engines make. One whose text is no string of the script is taken to be the engine's."""
_QUOTES: Final = "'\"`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a script is run with, besides its engine."""

    answers: Answers = "each"
    """Which open calls are answered in one step: the earliest, all of them earliest first, or the latest."""
    limits: Limits = LIMITS
    now_ms: int = NOW_MS
    seed: bytes = SEED
    freezes: bool = False
    """Whether the run is frozen and thawed at every wait. Only for engines that can."""
    context: Mapping[str, Any] = field(default_factory=dict)


def trace(source: str, engine: str, setting: Setting | None = None) -> Trace:
    """Every event of one run of `source` on `engine`, in order.

    A machine that broke ends its trace with the code HarnessInternalError. Raises what no script may cause: an error of
    the host.
    """
    setting = setting or Setting()
    try:
        script = parse(source, tools=TOOLS, source_bytes=setting.limits.source_bytes)
    except SourceError as error:
        return (("refused", error.code, error.line, error.column),)
    return tuple(_run(script, open_machine(engine=engine, limits=setting.limits), setting))


def _run(script: Script, machine: Machine, setting: Setting) -> Iterator[Event]:
    now_ms = setting.now_ms
    open_calls: dict[int, Call] = {}
    try:
        step = machine.start(script, tools=TOOLS, context=setting.context, seed=setting.seed, now_ms=now_ms)
        for _ in range(MOST_STEPS):
            yield from _events(step, script.source)
            if isinstance(step, Finished):
                return
            open_calls |= {call.id: call for call in step.calls}
            open_calls = {id_: call for id_, call in open_calls.items() if id_ not in step.aborts}
            chosen = _CHOICES[setting.answers](sorted(open_calls.values(), key=_turn))
            for call in chosen:
                del open_calls[call.id]
            if setting.freezes:
                machine = _another(machine)
            yield ("answer", *(call.id for call in chosen))
            now_ms += STEP_MS
            step = machine.resume([_answer(call) for call in chosen], now_ms=now_ms)
        yield ("endless",)
    finally:
        machine.close()


def _another(machine: Machine) -> Machine:
    image = machine.freeze()
    machine.close()
    return thaw(image)[0]


def _turn(call: Call) -> tuple[float, int]:
    """The place of a call in the queue."""
    n = _argument(call).get("n")
    return (n if isinstance(n, int | float) else 0, call.id)


_CHOICES: Final[Mapping[str, Callable[[list[Call]], list[Call]]]] = {
    "each": lambda queue: queue[:1],
    "all": lambda queue: queue,
    "last first": lambda queue: queue[-1:],
}


def _argument(call: Call) -> Mapping[str, Any]:
    first = call.arguments[0] if call.arguments else None
    return first if isinstance(first, dict) else {}


def _answer(call: Call) -> Answer:
    told = _argument(call)
    if call.tool == "boom":
        return Answer(call.id, error=ToolExecutionError(str(told.get("message")), tool="boom"))
    return Answer(call.id, told.get("value" if call.tool == "echo" else "n"))


# -- events -----------------------------------------------------------------------------------------------------------


def _events(step: Step, source: str) -> Iterator[Event]:
    for line in step.output.console:
        yield ("console", line.level, line.text, line.line, line.column)
    for progress in step.output.progress:
        yield ("progress", progress.kind, progress.message)
    if step.output.dropped_console or step.output.dropped_progress:
        yield ("dropped", step.output.dropped_console, step.output.dropped_progress)
    for call in step.calls:
        yield ("call", call.id, call.tool, to_wire(call.arguments, depth=_DEPTH), call.line, call.column)
    yield from (("abort", id_) for id_ in step.aborts)
    if isinstance(step, Finished):
        yield _end(step, source)


def _end(step: Finished, source: str) -> Event:
    if step.error is not None:
        return (*_error(step.error, source), step.abandoned)
    return ("end", to_wire(step.value, depth=_DEPTH) if step.returned else "undefined", step.abandoned)


def _error(error: BelljarError, source: str) -> Event:
    details = {name: value for name, value in error.details.items() if name not in ("stack", "errors")}
    return ("error", error.code, _message(error, source), error.line, error.column, to_wire(details, depth=_DEPTH))


def _message(error: BelljarError, source: str) -> str:
    if error.code == "ScriptSyntaxError":
        return ""
    name, _, text = error.message.partition(": ")
    is_scripts = text == _CODE_MAKING or any(f"{quote}{text}{quote}" in source for quote in _QUOTES if text)
    is_engines = name in ENGINES_OWN and not is_scripts
    return name if is_engines else str(error.message)
