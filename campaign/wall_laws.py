"""The laws of the readers of what comes back: the machine's reports, frozen runs, journals. As in `text_laws`.

Where a first check (an HMAC, a hash chain) would stop every mutation, the bytes are put behind that check.
"""

from __future__ import annotations

import hashlib
import json
from typing import Final

from belljar.errors import (
    BelljarError,
    HarnessInternalError,
    JournalError,
    ReplayDivergedError,
    ScriptError,
    SerializationError,
)
from belljar.journal import History, Journal, Result, replay
from belljar.journal._records import START
from belljar.limits import Limits
from belljar.machine import Finished, Step, Waiting, _report
from belljar.machine._places import BytePlaces
from belljar.script import Script
from belljar.values import from_wire, to_wire
from campaign.images import signed_images, thawed
from campaign.law import must

_WIRE_DEPTH: Final = 300
"""Deeper values need not cross back."""

# -- what crosses the wall --------------------------------------------------------------------------------------------

_PLACES: Final = BytePlaces(Script(source="a\nb\u00e9c", sha256="", code="a\nb\u00e9c"))


def protocol(data: bytes) -> None:
    """A report is a well-typed step or HarnessInternalError; wire text is a value that crosses back, or refused."""
    text = data.decode("utf-8", "replace")  # the machine's bytes are decoded strictly before anything reads them
    _check_wire(text)
    _check_compile_report(text)
    calls = _report.OpenCalls([_report.OpenCall(1, "x", [], 1, 1)], last_id=1)
    try:
        step = _report.read(text, _PLACES, calls, Limits())
    except HarnessInternalError:
        return
    check_step(step)


def _check_wire(text: str) -> None:
    try:
        value = from_wire(text)
        again = to_wire(value, depth=_WIRE_DEPTH)
    except SerializationError:
        return
    must(from_wire(again) == value, "a value crosses back as it came")


def _check_compile_report(text: str) -> None:
    try:
        error = _report.compile_error(text, _PLACES, Limits())
    except HarnessInternalError:
        return
    must(error is None or _is_tellable(error), "an error can be told and kept")


def check_step(step: Step) -> None:
    """The types of a step's parts are those it declares, and its end can be written down."""
    numbers = [*step.aborts, *(number for call in step.calls for number in (call.id, call.line, call.column))]
    numbers += [step.output.dropped_console, step.output.dropped_progress]
    numbers += [number for line in step.output.console for number in (line.line, line.column)]
    texts = [call.tool for call in step.calls]
    texts += [text for line in step.output.console for text in (line.level, line.text)]
    texts += [text for line in step.output.progress for text in (line.message, line.kind)]
    must(all(type(number) is int and number >= 0 for number in numbers), "numbers of a step are whole and not negative")
    must(all(type(text) is str for text in texts), "texts of a step are strings")
    must(all(type(call.arguments) is list for call in step.calls), "arguments are a list")
    if isinstance(step, Finished):
        _check_end(step)


def _check_end(step: Finished) -> None:
    must(len(Result(value=step.value, returned=step.returned, error=step.error).sha256) == 64, "an end has a digest")
    must(all(type(id_) is int for id_ in step.abandoned), "ids are whole numbers")
    must(step.error is None or _is_tellable(step.error), "an error can be told and kept")


def _is_tellable(error: BelljarError) -> bool:
    json.dumps(error.to_dict(), allow_nan=False).encode()
    error.to_model().encode()
    return isinstance(error, ScriptError)


# -- images -----------------------------------------------------------------------------------------------------------


def image(data: bytes) -> None:
    """An image is refused with ImageError, or it is a machine that goes on to some step; signed ones, too."""
    for candidate in (data, *signed_images(data)):
        step = thawed(candidate)
        if step is not None:
            check_end_of_thawed(step)


def check_end_of_thawed(step: Step) -> None:
    """What a machine with foreign memory says is believed in its shape only."""
    if isinstance(step, Waiting):
        check_step(step)


# -- journals ---------------------------------------------------------------------------------------------------------

_REPLAY_FUEL: Final = 30_000_000
"""Some 30 ms: a mutated script may not end."""


def journal(data: bytes) -> None:
    """A journal is read and replayed, or refused with JournalError or ReplayDivergedError; also with a right chain."""
    for candidate in (data, chained(data)):
        try:
            read = Journal.parse(candidate)
            must(read.text().encode() == candidate[: candidate.rfind(b"\n") + 1], "a journal is its text")
            _check_history(read)
        except (JournalError, ReplayDivergedError):
            continue


def _check_history(read: Journal) -> None:
    history = History(read.records)
    known = {call.id: call.state for call in history.calls()}
    must(known.keys() == {call.id for call in history.after_crash()}, "a crash loses no call")
    result = replay(read)
    must(history.end is not None and history.end["outcome_sha256"] == result.sha256, "a replay ends as the run did")


def chained(bodies: bytes) -> bytes:
    """Lines of JSON objects without their hashes as a journal whose chain is right."""
    previous, lines = START, []
    for raw in bodies.split(b"\n"):
        body = _with_little_fuel(raw.decode("utf-8", "replace"))
        previous = hashlib.sha256(f"{previous}{body}".encode()).hexdigest()
        lines.append(f'{body[:-1]},"sha256":"{previous}"}}\n')
    return "".join(lines).encode()


def _with_little_fuel(body: str) -> str:
    """The record, where it starts a run that could take long or needs the other engine, with that changed."""
    try:
        facts = json.loads(body)
    except (ValueError, RecursionError):
        return body
    if not (isinstance(facts, dict) and isinstance(facts.get("limits"), dict)):
        return body
    limits = {**facts["limits"], "fuel": _REPLAY_FUEL}
    engine = "quickjs" if facts.get("engine") == "v8" else facts.get("engine")
    return json.dumps({**facts, "limits": limits, "engine": engine}, separators=(",", ":"))
