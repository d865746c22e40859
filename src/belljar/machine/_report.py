"""Reads what the prelude reports at the end of a step. Pure.

The text comes out of the machine, so nothing in it is believed beyond its shape: codes become error classes only from
ERRORS, positions are mapped through the script, and a report of another shape is the machine's fault.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeVar

from belljar.errors import (
    ERRORS,
    BelljarError,
    HarnessInternalError,
    ScriptError,
    ScriptRuntimeError,
    SerializationError,
)
from belljar.guess import closest, listing
from belljar.limits import Limits
from belljar.machine._places import Places, excerpted
from belljar.machine._protocol import Call, ConsoleLine, Finished, Output, Progress, Step, Waiting
from belljar.values import MAX_DEPTH, from_wire

T = TypeVar("T")
FRAMES = 10
"""Frames of a backtrace that the model is shown."""
MESSAGE_CHARS = 5_000
"""No message is longer, whatever the machine says; the prelude cuts before this."""
_FRAME = re.compile(r"^ +at (?:(.*) \()?script\.ts:(\d+):(\d+)\)?$", re.MULTILINE)
_OWN_KEYS = frozenset(
    {"code", "message", "position", "trace", "name", "hint", "retryable", "tool", "call_id", "details"}
)


class OpenCall(NamedTuple):
    """A call that has no answer yet, as plain data."""

    id: int
    tool: str
    arguments: list[Any]
    line: int
    column: int

    @classmethod
    def checked(cls, entry: Any) -> OpenCall:
        """From plain data. Raises TypeError or ValueError where it is not five fields of the right types."""
        id_, tool, arguments, line, column = entry
        if not (isinstance(tool, str) and isinstance(arguments, list)):
            raise TypeError("not a call")
        return cls(int(id_), tool, arguments, int(line), int(column))

    def to_call(self) -> Call:
        return Call(id=self.id, tool=self.tool, arguments=self.arguments, line=self.line, column=self.column)


class OpenCalls(dict[int, OpenCall]):
    """The calls without an answer by their ids, and the last id that was given."""

    def __init__(self, calls: Iterable[OpenCall] = (), *, last_id: int = 0) -> None:
        super().__init__((call.id, call) for call in calls)
        self.last_id = last_id

    def add(self, call: Call) -> None:
        """Raises ValueError where `call` has not the next id: ids are the calls' ordinals."""
        if call.id != self.last_id + 1:
            raise ValueError("a call's id is out of order")
        self.last_id = call.id
        self[call.id] = OpenCall(call.id, call.tool, call.arguments, call.line, call.column)


def read(text: str, places: Places, open_calls: OpenCalls, limits: Limits) -> Step:
    """The step that `text` reports; `open_calls` is brought up to date. Raises HarnessInternalError."""
    with _unbelieved():
        report = from_wire(text)
        _refuse_what_no_json_can_hold(text, report)
        return _step(report, places, open_calls, limits)


def compile_error(text: str, places: Places, limits: Limits) -> BelljarError | None:
    """The error of a script that the jar's own compiler refused; None where it did not. Raises HarnessInternalError."""
    with _unbelieved():
        report = from_wire(text)
        _refuse_what_no_json_can_hold(text, report)
        return _error(report["error"], places, limits) if report["status"] == "failed" else None


@contextmanager
def _unbelieved() -> Iterator[None]:
    """Around the reading of a report: whatever is wrong with its shape is the machine's fault."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, SerializationError) as error:
        raise HarnessInternalError(
            "the machine's report cannot be read", details={"why": type(error).__name__}
        ) from error


def _refuse_what_no_json_can_hold(text: str, report: Any) -> None:
    """The prelude lets none of it through; a machine that was broken into might. Raises ValueError."""
    if "\\ud" in text:
        json.dumps(report, ensure_ascii=False).encode()  # half a surrogate pair
    if text.count("[") + text.count("{") > MAX_DEPTH:
        _refuse_depth(report)


def _refuse_depth(report: Any) -> None:
    level = [report]
    for _ in range(MAX_DEPTH):
        level = [item for value in level if type(value) in (dict, list) for item in _items(value)]
        if not level:
            return
    raise ValueError("nested too deep")


def _items(value: Any) -> Iterable[Any]:
    return value.values() if type(value) is dict else value


def _step(report: dict[str, Any], places: Places, open_calls: OpenCalls, limits: Limits) -> Step:
    calls = tuple(_call(entry, places) for entry in report.get("calls", ()))
    if open_calls.last_id + len(calls) > limits.tool_calls + limits.queued_calls:
        raise ValueError("more calls than a run may make")
    for call in calls:
        open_calls.add(call)
    aborts = _ids(report.get("aborts", ()))
    for id_ in aborts:
        open_calls.pop(id_, None)
    output = _output(report, places)
    if len(output.console) > limits.console_events or len(output.progress) > limits.progress_events:
        raise ValueError("more events than a run may keep")
    if report["status"] not in ("running", "finished", "failed"):
        raise ValueError("unknown status")
    if report["status"] == "running":
        return Waiting(calls=calls, aborts=aborts, output=output)
    error = _error(report["error"], places, limits) if report["status"] == "failed" else None
    answer = _typed(report["answer"], str) if "answer" in report else None
    return Finished(
        value=report.get("value") if answer is None else json.loads(answer),
        answer=answer,
        returned="value" in report or answer is not None,
        error=error,
        calls=calls,
        aborts=aborts,
        abandoned=_ids(report.get("abandoned", ())),
        output=output,
    )


def _ids(listed: Iterable[Any]) -> tuple[int, ...]:
    return tuple(_typed(id_, int) for id_ in listed)


def _typed(value: Any, kind: type[T]) -> T:
    """`value`, when it is of just this type. Raises TypeError."""
    if type(value) is not kind:
        raise TypeError(f"not of type {kind.__name__}")
    return value


def _call(entry: list[Any], places: Places) -> Call:
    id_, tool, arguments, packed = entry
    line, column = places.at(*_unpacked(packed))
    return Call(
        id=_typed(id_, int), tool=_typed(tool, str), arguments=_typed(arguments, list), line=line, column=column
    )


def _output(report: dict[str, Any], places: Places) -> Output:
    dropped = report.get("dropped", {})
    return Output(
        console=tuple(_console_line(entry, places) for entry in report.get("console", ())),
        progress=tuple(_progress(**entry) for entry in report.get("progress", ())),
        dropped_console=_typed(dropped.get("console", 0), int),
        dropped_progress=_typed(dropped.get("progress", 0), int),
        gas=_typed(report.get("gas", 0), int),
    )


def _console_line(entry: dict[str, Any], places: Places) -> ConsoleLine:
    line, column = places.at(*_unpacked(entry["position"]))
    return ConsoleLine(level=_typed(entry["level"], str), text=_typed(entry["text"], str), line=line, column=column)


def _progress(*, message: Any, kind: Any) -> Progress:
    return Progress(message=_typed(message, str), kind=_typed(kind, str))


def _unpacked(packed: Any) -> tuple[int, int]:
    return _typed(packed, int) >> 16, packed & 0xFFFF


def _error(told: dict[str, Any], places: Places, limits: Limits) -> BelljarError:
    json.dumps(told)  # an error is plain JSON: no bytes
    kind = ERRORS.get(told["code"], ScriptRuntimeError)
    if not issubclass(kind, ScriptError):
        kind = ScriptRuntimeError
    trace = told.get("trace") or ""
    where = excerpted(places, *_unpacked(told.get("position") or 0)) or excerpted(places, *_first_frame(trace))
    tool, hint = told.get("tool"), told.get("hint") or _guess(told)
    facts: dict[str, Any] = {"tool": None if tool is None else _typed(tool, str), "hint": _typed(hint, str), **where}
    message = (limit_message(kind.__name__, limits) or _plain_message(told))[:MESSAGE_CHARS]
    return kind(message, details=_details(told, _frames(trace, places)), **facts)


def _guess(told: dict[str, Any]) -> str:
    """For a tool that is not there: the one that was probably meant, and all there are."""
    if told["code"] != "ToolNotFoundError" or not told.get("known"):
        return ""
    match = closest(told["name_asked"], told["known"])
    return (f"Did you mean '{match}'? " if match else "") + f"Declared tools: {listing(told['known'])}."


def limit_message(code: str, limits: Limits) -> str:
    """What is said of a limit that the engine itself met; empty for any other code."""
    messages = {
        "ScriptMemoryError": f"the script needs more than its {limits.memory_mb} MB of memory",
        "ScriptStackError": f"the script recursed too deeply: it used up its {limits.stack_kb} kB of stack",
    }
    return messages.get(code, "")


def _details(told: dict[str, Any], frames: list[str]) -> dict[str, Any]:
    details = dict(told.get("details") or {})
    details |= {key: value for key, value in told.items() if key not in _OWN_KEYS}
    return details | ({"stack": frames} if len(frames) > 1 else {})


def _plain_message(told: dict[str, Any]) -> str:
    message = str(told["message"])
    return message.removeprefix("SyntaxError: ") if told["code"] == "ScriptSyntaxError" else message


def _first_frame(trace: str) -> tuple[int, int]:
    found = _FRAME.search(trace)
    return (int(found[2]), int(found[3])) if found else (0, 0)


def _frames(trace: str, places: Places) -> list[str]:
    """The script's own frames, innermost first: `name (script.ts:line:column)`."""
    out = []
    for name, line, column in _FRAME.findall(trace)[:FRAMES]:
        at_line, at_column = places.at(int(line), int(column))
        if at_line:
            out.append(f"{name or '<script>'} (script.ts:{at_line}:{at_column})")
    return out


def error_facts(error: BelljarError) -> dict[str, Any]:
    """What a script may read of an error it catches: no host path, no host frame."""
    facts: dict[str, Any] = {"code": error.code, "message": error.message, "retryable": error.retryable}
    if error.hint:
        facts["hint"] = error.hint
    if error.details:
        facts["details"] = error.details
    return facts
