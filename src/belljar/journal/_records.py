"""One journal record and its line of text. Pure.

A line is `{"n":…,"type":…,…,"sha256":…}`: `n` counts from 0, `sha256` is over the hash of the line before and this
record's canonical text, so that a record which was edited, dropped, added or moved shows.

| type | holds | written |
| --- | --- | --- |
| run | script, tools, context, seed, limits, clock: everything the machine is given | before the start |
| approval | call, digest, verdict, who, why, replaced arguments | when it is decided |
| intent | call, tool, arguments, digest, key, position | before the tool is called |
| answer | call, value or error | when it is known |
| settle | which answers went back in one step, in order, and the clock | before the step |
| abort | call and why nobody wants its answer any more | when it is given up |
| end | value or error, figures | last |
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from belljar.errors import JournalError
from belljar.values import from_wire, to_wire

FORMAT = 1
TYPES = ("run", "approval", "intent", "answer", "settle", "abort", "end")
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
    facts = from_wire(f"{body}}}")
    if facts.pop("n") != n or (kind := facts.pop("type")) not in TYPES:
        raise JournalError(f"record {n} is not of this format", details={"record": n})
    return Record(kind, facts), digest


def dumps(value: Any) -> str:
    """Compact JSON of plain data, for messages."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=lambda data: f"<{len(data)} bytes>")
