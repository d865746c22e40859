"""A stand-in for Anthropic's Messages API: what it refuses, what it answers, how it streams."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from belljar.harness import CallPart, ScriptPart, TextPart, ThinkingPart
from belljar.testing._checks import (
    RUN_TYPESCRIPT,
    Ids,
    check_answered,
    check_bearer,
    check_fields,
    check_tool,
    pieces,
    refuse_unless,
    seal,
)
from belljar.testing._reply import Plain, Raw, RefusedError, StubPart, StubReply


class Messages:
    """`POST /v1/messages`."""

    path: ClassVar[str] = "/v1/messages"

    def __init__(self) -> None:
        self._ids = Ids()
        self._thoughts: dict[str, list[Plain]] = {}
        """The thoughts of the message that each call stood in, by call id."""

    def check(self, body: Plain, headers: Mapping[str, str]) -> None:
        """Raises RefusedError for what the service refuses."""
        if "x-api-key" not in headers:
            check_bearer(headers)
        refuse_unless("anthropic-version" in headers, "anthropic-version: header is required")
        check_fields(body, {"model": str, "max_tokens": int, "messages": list})
        seen: set[str] = set()
        for tool in body.get("tools", ()):
            if "input_schema" in tool or tool.get("type") in (None, "custom"):
                check_tool(tool.get("name"), tool.get("input_schema"), seen)
        self._check_messages(body)

    def answer(self, body: Plain, reply: StubReply) -> Plain:
        """The response, whose thoughts are remembered."""
        content = [self._block(part, body) for part in reply.parts]
        calls = [block for block in content if block["type"] == "tool_use"]
        thoughts = [block for block in content if _is_thought(block)]
        self._thoughts |= {call["id"]: thoughts for call in calls}
        return {
            "id": self._ids.next("msg"),
            "type": "message",
            "role": "assistant",
            "model": body["model"],
            "content": content,
            "stop_reason": reply.stop or ("tool_use" if calls else "end_turn"),
            "stop_sequence": None,
            "usage": {"input_tokens": 1, "output_tokens": 1},
            **reply.extra,
        }

    def events(self, response: Plain, *, is_broken: bool) -> Iterator[tuple[str, Any]]:
        """The response as server-sent events: name and data."""
        for data in _events(response):
            if is_broken and data["type"] == "message_delta":
                return
            yield data["type"], data

    def error(self, refused: RefusedError) -> Plain:
        """An error in the service's shape."""
        kinds = {401: "authentication_error", 429: "rate_limit_error", 529: "overloaded_error"}
        kind = kinds.get(refused.status, "invalid_request_error")
        return {"type": "error", "error": {"type": kind, "message": refused.message}}

    # -- inside -----------------------------------------------------------------------------------------------------

    def _check_messages(self, body: Plain) -> None:
        messages = body["messages"]
        refuse_unless(messages and messages[0].get("role") == "user", "messages: the first must be the user's")
        for at, message in enumerate(messages):
            role, blocks = message.get("role"), _blocks(message)
            refuse_unless(role in ("user", "assistant"), f"messages.{at}: {role!r} is no role")
            refuse_unless(blocks, f"messages.{at}: content must not be empty")
            for block in blocks:
                _check_block(block, at)
            calls = _of_kind(_blocks(messages[at - 1]), "tool_use") if at and role == "user" else []
            _check_results(calls, blocks, at, body)
            if role == "assistant":
                self._check_calls(_of_kind(blocks, "tool_use"), blocks, at)
                is_last = at == len(messages) - 1
                refuse_unless(not (is_last and _of_kind(blocks, "tool_use")), f"messages.{at}: no tool_result follows")

    def _check_calls(self, calls: list[Plain], blocks: list[Plain], at: int) -> None:
        ids = [call["id"] for call in calls]
        refuse_unless(len(ids) == len(set(ids)), f"messages.{at}: tool_use ids must be unique")
        thoughts = [block for block in blocks if _is_thought(block)]
        for call_id in ids:
            refuse_unless(
                thoughts == self._thoughts.get(call_id, thoughts),
                f"messages.{at}: thinking blocks must stay as they were in the original response",
            )

    def _block(self, part: StubPart, body: Plain) -> Plain:
        match part:
            case TextPart(text):
                return {"type": "text", "text": text, "citations": None}
            case ThinkingPart(text):
                return {"type": "thinking", "thinking": text, "signature": seal(text)}
            case ScriptPart(source):
                return self._script(source, body)
            case CallPart(tool, arguments):
                return {"type": "tool_use", "id": self._ids.next("toolu"), "name": tool, "input": arguments}
            case Raw(block):
                return dict(block)

    def _script(self, source: str, body: Plain) -> Plain:
        if RUN_TYPESCRIPT not in {tool.get("name") for tool in body.get("tools", ())}:
            return {"type": "text", "text": f"<tool-calls>\n{source}\n</tool-calls>", "citations": None}
        return {"type": "tool_use", "id": self._ids.next("toolu"), "name": RUN_TYPESCRIPT, "input": {"code": source}}


# -- checks -----------------------------------------------------------------------------------------------------------


def _blocks(message: Plain) -> list[Plain]:
    content = message.get("content") or []
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _of_kind(blocks: list[Plain], kind: str) -> list[Plain]:
    return [block for block in blocks if block.get("type") == kind]


def _is_thought(block: Plain) -> bool:
    """Whether this must stay. A thought that was cut off has no signature, and cannot be sent back."""
    return block["type"] == "redacted_thinking" or (block["type"] == "thinking" and bool(block.get("signature")))


def _check_block(block: Plain, at: int) -> None:
    match block.get("type"):
        case "text":
            refuse_unless(block.get("text"), f"messages.{at}: text content blocks must be non-empty")
        case "thinking":
            signature = block.get("signature")
            refuse_unless(signature, f"messages.{at}: thinking.signature: field required")
            refuse_unless(signature == seal(block["thinking"]), f"messages.{at}: invalid signature in thinking block")
        case "tool_use":
            refuse_unless(isinstance(block.get("input"), dict), f"messages.{at}: tool_use.input must be an object")
        case None:
            raise RefusedError(f"messages.{at}: a block has no type")


def _check_results(calls: list[Plain], blocks: list[Plain], at: int, body: Plain) -> None:
    results = _of_kind(blocks, "tool_result")
    check_answered([call["id"] for call in calls], (each["tool_use_id"] for each in results), what="tool_result")
    refuse_unless(blocks[: len(results)] == results, f"messages.{at}: tool_result blocks must come first")
    if any((call.get("caller") or {}).get("tool_id") for call in calls):
        refuse_unless(len(blocks) == len(results), f"messages.{at}: a program waits: tool_result blocks only")
        refuse_unless(body.get("container"), "container: required while a program waits for its calls")


# -- streams ----------------------------------------------------------------------------------------------------------


def _events(response: Plain) -> Iterator[Plain]:
    yield {"type": "message_start", "message": {**response, "content": [], "stop_reason": None}}
    for index, block in enumerate(response["content"]):
        yield {"type": "content_block_start", "index": index, "content_block": _empty(block)}
        for delta in _deltas(block):
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    end = {name: response.get(name) for name in ("stop_reason", "stop_sequence", "stop_details", "container")}
    yield {"type": "message_delta", "delta": end, "usage": {"output_tokens": 1}}
    yield {"type": "message_stop"}


def _empty(block: Plain) -> Plain:
    blank: dict[str, Any] = {"text": {"text": ""}, "thinking": {"thinking": "", "signature": ""}}
    blank |= {kind: {"input": {}} for kind in ("tool_use", "server_tool_use")}
    if block.get("citations"):
        blank["text"]["citations"] = []
    return {**block, **blank.get(block["type"], {})}


def _deltas(block: Plain) -> Iterator[Plain]:
    match block["type"]:
        case "text":
            for piece in pieces(block["text"]):
                yield {"type": "text_delta", "text": piece}
            for citation in block.get("citations") or ():
                yield {"type": "citations_delta", "citation": citation}
        case "thinking":
            for piece in pieces(block["thinking"]):
                yield {"type": "thinking_delta", "thinking": piece}
            yield {"type": "signature_delta", "signature": block["signature"]}
        case "tool_use" | "server_tool_use":
            given = block["input"]
            for piece in pieces(given if isinstance(given, str) else json.dumps(given)):
                yield {"type": "input_json_delta", "partial_json": piece}
