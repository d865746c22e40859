"""What all three services check of a request."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from belljar.testing._reply import Plain, RefusedError

_TOOL_NAME: Final = re.compile(r"[a-zA-Z0-9_-]{1,64}\Z")

RUN_TYPESCRIPT: Final = "run_typescript"
PIECE: Final = 7
"""Characters in a streamed delta: few and odd, so that tags and escapes are torn apart."""


def refuse_unless(condition: object, message: str, *, status: int = 400) -> None:
    """Raises RefusedError where the condition does not hold."""
    if not condition:
        raise RefusedError(message, status=status)


def check_bearer(headers: Mapping[str, str]) -> None:
    """Raises RefusedError without a key."""
    given = headers.get("authorization", "")
    refuse_unless(given.startswith("Bearer ") and given[7:].strip(), "no API key: a bearer token is due", status=401)


def check_fields(body: Plain, kinds: Mapping[str, type | tuple[type, ...]]) -> None:
    """Raises RefusedError for a required field that is missing or of another type."""
    for name, kind in kinds.items():
        refuse_unless(name in body, f"missing required field: {name!r}")
        refuse_unless(isinstance(body[name], kind), f"the field {name!r} has the wrong type")


def check_tool(name: Any, schema: Any, seen: set[str], *, is_strict: bool = False) -> None:
    """Raises RefusedError for a tool whose name or schema a service does not take."""
    refuse_unless(isinstance(name, str) and _TOOL_NAME.match(name), f"tools: {name!r} is no name for a tool")
    refuse_unless(name not in seen, f"tools: names must be unique, {name!r} is there twice")
    seen.add(name)
    refuse_unless(isinstance(schema, dict) and schema.get("type") == "object", f"tools: {name} needs an object schema")
    if is_strict:
        is_closed = schema.get("additionalProperties") is False
        has_all = set(schema.get("required", ())) == set(schema.get("properties", ()))
        refuse_unless(is_closed and has_all, f"tools: {name} is strict, so all properties are required and no others")


def check_answered(asked: Iterable[str], answered: Iterable[str], *, what: str) -> None:
    """Raises RefusedError unless each id is answered once, and nothing else is."""
    open_ids, given = list(asked), list(answered)
    for call_id in given:
        refuse_unless(call_id in open_ids, f"no call {call_id!r} was made that this {what} could answer")
        refuse_unless(given.count(call_id) == 1, f"the call {call_id!r} has more than one {what}")
    for call_id in open_ids:
        refuse_unless(call_id in given, f"no {what} found for the call {call_id!r}")


def seal(text: str) -> str:
    """What a service puts beside a thought, so that it knows its own thought again."""
    return hashlib.sha256(f"stub {text}".encode()).hexdigest()


def pieces(text: str) -> Iterator[str]:
    """The text in deltas."""
    for at in range(0, len(text), PIECE):
        yield text[at : at + PIECE]


class Ids:
    """Ids in the order of asking: the same conversation has the same ones."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def next(self, prefix: str) -> str:
        """The next id with this prefix."""
        self._counts[prefix] = self._counts.get(prefix, 0) + 1
        return f"{prefix}_{self._counts[prefix]:04}"
