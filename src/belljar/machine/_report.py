"""Reads what the prelude reports at the end of a step. Pure.

The text comes out of the machine, so nothing in it is believed beyond its shape: codes become error classes only from
ERRORS, positions are mapped through the script, and a report of another shape is the machine's fault.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

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
from belljar.values import from_wire

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


def read(text: str, places: Places, open_calls: dict[int, OpenCall], limits: Limits) -> Step:
    """The step that `text` reports; `open_calls` is brought up to date. Raises HarnessInternalError."""
    try:
        report = from_wire(text)
        return _step(report, places, open_calls, limits)
    except (KeyError, TypeError, ValueError, AttributeError, SerializationError) as error:
        raise HarnessInternalError(
            "the machine's report cannot be read", details={"why": type(error).__name__}
        ) from error


def _step(report: dict[str, Any], places: Places, open_calls: dict[int, OpenCall], limits: Limits) -> Step:
    calls = tuple(_call(entry, places) for entry in report.get("calls", ()))
    if any(call.id in open_calls for call in calls):
        raise ValueError("a call's id is taken")
    for call in calls:
        open_calls[call.id] = OpenCall(call.id, call.tool, call.arguments, call.line, call.column)
    aborts = tuple(report.get("aborts", ()))
    for id_ in aborts:
        open_calls.pop(id_, None)
    output = _output(report, places)
    if report["status"] not in ("running", "finished", "failed"):
        raise ValueError("unknown status")
    if report["status"] == "running":
        return Waiting(calls=calls, aborts=aborts, output=output)
    error = _error(report["error"], places, limits) if report["status"] == "failed" else None
    return Finished(
        value=report.get("value"),
        returned="value" in report,
        error=error,
        calls=calls,
        aborts=aborts,
        abandoned=tuple(report.get("abandoned", ())),
        output=output,
    )


def _call(entry: list[Any], places: Places) -> Call:
    id_, tool, arguments, packed = entry
    if not (type(id_) is int and isinstance(tool, str) and isinstance(arguments, list)):
        raise TypeError("not a call")
    line, column = places.at(*_unpacked(packed))
    return Call(id=id_, tool=tool, arguments=arguments, line=line, column=column)


def _output(report: dict[str, Any], places: Places) -> Output:
    dropped = report.get("dropped", {})
    return Output(
        console=tuple(_console_line(entry, places) for entry in report.get("console", ())),
        progress=tuple(Progress(**entry) for entry in report.get("progress", ())),
        dropped_console=dropped.get("console", 0),
        dropped_progress=dropped.get("progress", 0),
    )


def _console_line(entry: dict[str, Any], places: Places) -> ConsoleLine:
    line, column = places.at(*_unpacked(entry["position"]))
    return ConsoleLine(level=entry["level"], text=entry["text"], line=line, column=column)


def _unpacked(packed: int) -> tuple[int, int]:
    return packed >> 16, packed & 0xFFFF


def compile_error(text: str, places: Places, limits: Limits) -> BelljarError | None:
    """The error of a script that the jar's own compiler refused; None where it did not."""
    report = from_wire(text)
    return _error(report["error"], places, limits) if report["status"] == "failed" else None


def _error(told: dict[str, Any], places: Places, limits: Limits) -> BelljarError:
    kind = ERRORS.get(told["code"], ScriptRuntimeError)
    if not issubclass(kind, ScriptError):
        kind = ScriptRuntimeError
    trace = told.get("trace") or ""
    where = excerpted(places, *_unpacked(told.get("position") or 0)) or excerpted(places, *_first_frame(trace))
    facts: dict[str, Any] = {"tool": told.get("tool"), "hint": told.get("hint") or _guess(told), **where}
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
