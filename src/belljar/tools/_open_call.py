"""A call on its way through the facade, and what the journal keeps of it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import Any

from belljar.errors import BelljarError, RunSuspendedError, ScriptError, ToolExecutionError
from belljar.journal import Record
from belljar.machine import Answer, Call
from belljar.tools._clock import wall_ms
from belljar.tools._signal import AbortSignal
from belljar.tools._tool import AnyTool
from belljar.values import JSON_NULL, canonical_json, encode_cbor, wire_tree

_DEPTH = 256
_HOST_PATH = re.compile(
    r"(?<![\w:/.])(?:[A-Za-z]:)?[\\/](?:[\w.@+~ -]+[\\/])+(?=[\w.@+~-])|(?<![\w/])~/(?:[\w.@+-]+/)*"
)
"""A path of at least two steps from a root; what remains is its last step."""
_MESSAGE_CHARS = 2_000


@dataclass(slots=True, kw_only=True)
class OpenCall:
    """One call that has no answer yet."""

    call: Call
    tool: AnyTool
    asked: dict[str, Any]
    """Arguments by name as the script gave them, or as an approver replaced them."""
    kwargs: dict[str, Any]
    """`asked`, validated: what the function gets."""
    signal: AbortSignal = field(default_factory=AbortSignal)
    started_s: float = 0.0
    key: str = ""
    """The idempotency key, from the intent on."""
    is_approved: bool = False
    """Whether somebody agreed to it."""
    granted: int | None = None
    """The call whose approval for the run it is made on."""
    sent: int = 0
    """How often it was sent to its tool."""
    attempt: int = 1
    """Which sending a question is about: more than 1 where a process died while the call was on its way."""
    is_unknown: bool = False
    """Whether it may have taken place, for all that anybody knows."""

    @property
    def id(self) -> int:
        return self.call.id


def arguments_digest(arguments: dict[str, Any]) -> str:
    """SHA-256 over the canonical JSON of named arguments."""
    return hashlib.sha256(canonical_json(wire_tree(arguments, depth=_DEPTH)).encode()).hexdigest()


def idempotency_key(run_id: str, ordinal: int, tool: str, digest: str) -> str:
    """The same on every retry of one call, and of no other: SHA-256 over the four facts."""
    return hashlib.sha256(f"belljar call\0{run_id}\0{ordinal}\0{tool}\0{digest}".encode()).hexdigest()


def promise_hash(tool: str, arguments: dict[str, Any]) -> str:
    """What a sealed program waits for: SHA-256 of the deterministic CBOR of its call."""
    return hashlib.sha256(encode_cbor([tool, _sealed(arguments)])).hexdigest()


def _sealed(value: Any) -> Any:
    """Plain data as a sealed program has it."""
    if isinstance(value, dict):
        return {key: _sealed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_sealed(item) for item in value]
    return JSON_NULL if value is None else value


def intent_record(open_call: OpenCall, run_id: str, *, is_sealed: bool = False) -> Record:
    """What must be on the disk before the tool is called. Gives the call its key."""
    call = open_call.call
    open_call.key = idempotency_key(run_id, call.id, call.tool, digest := arguments_digest(open_call.asked))
    facts = {
        "call": call.id,
        "tool": call.tool,
        "arguments": open_call.asked,
        "asked": None if call.arguments == [open_call.asked] else call.arguments,
        "digest": digest,
        "key": open_call.key,
        "line": call.line,
        "column": call.column,
        "at_ms": wall_ms(),
    }
    if open_call.granted is not None:
        facts["granted"] = open_call.granted
    open_call.sent += 1
    open_call.is_unknown = False
    if open_call.sent > 1:
        facts["attempt"] = open_call.sent
    if is_sealed:
        facts["promise"] = promise_hash(call.tool, open_call.asked)
    return Record("intent", facts)


def answer_record(call: Call, answer: Answer, *, intended: bool, unknown: bool = False) -> Record:
    """What the tool, or the facade in its place, said. Where no intent says what was asked, the answer does."""
    facts: dict[str, Any] = {"call": call.id, "at_ms": wall_ms()}
    if not intended:
        facts |= {"tool": call.tool, "line": call.line, "column": call.column, "asked": call.arguments}
    if answer.error is None:
        return Record("answer", facts | {"value": answer.value})
    return Record("answer", facts | {"error": answer.error.to_dict()} | ({"unknown": True} if unknown else {}))


def without_host_paths(text: str) -> str:
    """`text` with the last step only of each path in it: where things are on this computer is nobody's business."""
    return _HOST_PATH.sub("", text)


def is_effect_unknown(answer: Answer) -> bool:
    """Whether the tool says that it cannot know if its call took place: `details["effect"]` is "unknown"."""
    return answer.error is not None and answer.error.details.get("effect") == "unknown"


def tool_error(error: BaseException, tool: str) -> BelljarError:
    """What a script may know of an exception in a tool: its kind and message, no host path, no frame."""
    if isinstance(error, ScriptError) and not isinstance(error, RunSuspendedError):  # another run's, not this one's
        return error
    text = without_host_paths(str(error))[:_MESSAGE_CHARS].encode(errors="replace").decode()
    return ToolExecutionError(f"{tool} failed: {type(error).__name__}{': ' if text else ''}{text}", tool=tool)
