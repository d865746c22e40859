"""One journal record and its line of text. Pure.

A line is `{"n":…,"type":…,…,"sha256":…}`: `n` counts from 0, `sha256` is over the hash of the line before and this
record's canonical text, so that a record which was edited, dropped, added or moved shows.

| type | holds | written |
| --- | --- | --- |
| run | script, tools, context, seed, limits, clock: everything the machine is given | before the start |
| output | what the script printed and reported in a step | after the step |
| ask | call and why the tool itself asks for a decision, in the middle of its work | when it asks |
| approval | call, digest, verdict, who, why, replaced arguments, ceiling | when it is decided |
| intent | call, tool, arguments, digest, key, position, attempt | before the tool is called |
| answer | call, value or error | when it is known |
| settle | which answers went back in one step, in order, the clock, and the time spent | before the step |
| abort | call and why nobody wants its answer any more | when it is given up |
| suspend | the questions that wait for a person, each whole once, the time spent | last, until the run goes on |
| recover | the calls whose fate is unknown since a process died, and what is done about each | when another goes on |
| end | value or error, figures | last |
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from belljar.errors import ERRORS, JournalError, SerializationError
from belljar.values import from_wire, to_wire

FORMAT = 1
START = hashlib.sha256(b"belljar journal 1\0").hexdigest()
"""The hash before the first record."""
_DEPTH = 512


@dataclass(frozen=True, slots=True)
class Record:
    """One record: its type and its facts, plain data (bytes allowed)."""

    type: str
    facts: Mapping[str, Any]


def encode(record: Record, *, n: int, previous: str) -> tuple[str, str]:
    """The line of `record` without a line end, and its hash."""
    body = to_wire({"n": n, "type": record.type, **record.facts}, depth=_DEPTH)
    digest = hashlib.sha256(f"{previous}{body}".encode()).hexdigest()
    return f'{body[:-1]},"sha256":"{digest}"}}', digest


def decode(line: str, *, n: int, previous: str) -> tuple[Record, str]:
    """The record of a line and its hash. Raises JournalError that names the record and what is wrong with it."""
    body, mark, tail = line.rpartition(',"sha256":"')
    if not mark or not tail.endswith('"}'):
        raise JournalError(f"record {n} is cut short", details={"record": n})
    digest = hashlib.sha256(f"{previous}{body}}}".encode()).hexdigest()
    if digest != tail[:-2]:
        raise JournalError(f"record {n} was changed, or a record before it is missing", details={"record": n})
    try:
        facts = from_wire(f"{body}}}")
    except SerializationError as error:
        raise JournalError(f"record {n} is no JSON", details={"record": n}) from error
    if type(facts) is not dict or facts.pop("n", None) != n or (kind := facts.pop("type", None)) not in SHAPES:
        raise JournalError(f"record {n} is not of this format", details={"record": n})
    return Record(kind, facts), digest


def check(record: Record, *, n: int) -> None:
    """Raise JournalError where a fact that this version reads is not there or of another type."""
    for fact, is_right in SHAPES[record.type].items():
        if not is_right(record.facts.get(fact)):
            raise JournalError(f"record {n} has no {fact} that can be read", details={"record": n, "fact": fact})


def _is(*kinds: type) -> Callable[[Any], bool]:
    return lambda value: type(value) in kinds


def _lists(kind: type) -> Callable[[Any], bool]:
    return lambda value: type(value) is list and all(type(item) is kind for item in value)


def _is_hex(value: Any) -> bool:
    return isinstance(value, str) and len(value) % 2 == 0 and set(value) <= set("0123456789abcdef")


def _is_error(value: Any) -> bool:
    """None, or what `BelljarError.to_dict` gives."""
    if value is None:
        return True
    if type(value) is not dict or value.get("code") not in ERRORS:
        return False
    texts = (value.get("message"), value.get("hint", ""), value.get("excerpt", ""), value.get("tool") or "")
    numbers = (value.get("line"), value.get("column"))
    is_plain = all(type(text) is str for text in texts) and all(type(n) in (int, type(None)) for n in numbers)
    return is_plain and type(value.get("details", {})) in (dict, type(None))


_NOTHING: Final = type(None)
SHAPES: Final[Mapping[str, Mapping[str, Callable[[Any], bool]]]] = {
    "run": {
        "run_id": _is(str), "source": _is(str), "profile": _is(str), "engine": _is(str), "tools": _lists(str),
        "context": _is(dict), "seed": _is_hex, "now_ms": _is(int), "limits": _is(dict),
    },
    "approval": {"call": _is(int), "digest": _is(str), "verdict": _is(str)},
    "intent": {
        "call": _is(int), "tool": _is(str), "arguments": _is(dict), "asked": _is(list, _NOTHING), "digest": _is(str),
        "key": _is(str), "line": _is(int), "column": _is(int),
    },
    "answer": {
        "call": _is(int), "error": _is_error, "tool": _is(str, _NOTHING), "asked": _is(list, _NOTHING),
        "line": _is(int, _NOTHING), "column": _is(int, _NOTHING), "unknown": _is(bool, _NOTHING),
    },
    "settle": {"calls": _lists(int), "now_ms": _is(int)},
    "abort": {"call": _is(int), "reason": _is(str)},
    "output": {"step": _is(int), "console": _lists(dict), "progress": _lists(dict)},
    "ask": {"call": _is(int), "reason": _is(str)},
    "recover": {"calls": _lists(dict)},
    "suspend": {"pending": _lists(dict), "spent_ms": _is(int), "trace": _is(dict)},
    "end": {"by": _is(str), "steps": _is(int), "returned": _is(bool), "outcome_sha256": _is(str), "error": _is_error},
}  # fmt: skip
"""What each type of record must hold for anything to be made of it."""


def dumps(value: Any) -> str:
    """Compact JSON of plain data, for messages."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=lambda data: f"<{len(data)} bytes>")
