"""A stand-in for OpenAI's Chat Completions API: what it refuses, what it answers, how it streams."""

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
)
from belljar.testing._reply import Plain, Raw, RefusedError, StubPart, StubReply


class Chat:
    """`POST /v1/chat/completions`."""

    path: ClassVar[str] = "/v1/chat/completions"

    def __init__(self) -> None:
        self._ids = Ids()

    def check(self, body: Plain, headers: Mapping[str, str]) -> None:
        """Raises RefusedError for what the service refuses."""
        check_bearer(headers)
        check_fields(body, {"model": str, "messages": list})
        seen: set[str] = set()
        for tool in body.get("tools", ()):
            _check_tool(tool, seen)
        refuse_unless(body["messages"], "messages: there is none")
        _check_messages(body["messages"])

    def answer(self, body: Plain, reply: StubReply) -> Plain:
        """The response."""
        message: Plain = {"role": "assistant", "content": None, "refusal": None}
        for part in reply.parts:
            self._add(message, part, body)
        stop = reply.stop or ("tool_calls" if message.get("tool_calls") else "stop")
        return {
            "id": self._ids.next("chatcmpl"),
            "object": "chat.completion",
            "created": 1_790_000_000,
            "model": body["model"],
            "choices": [{"index": 0, "message": message, "finish_reason": stop, "logprobs": None}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
            **reply.extra,
        }

    def events(self, response: Plain, *, is_broken: bool) -> Iterator[tuple[str, Any]]:
        """The response as server-sent events: name, which is empty here, and data."""
        head = {name: response[name] for name in ("id", "created", "model")}
        for choice in response["choices"]:
            for delta in _deltas(choice["message"]):
                yield "", _chunk(head, {"index": choice["index"], "delta": delta, "finish_reason": None})
            if not is_broken:
                end = {"index": choice["index"], "delta": {}, "finish_reason": choice["finish_reason"]}
                yield "", _chunk(head, end)
        if not is_broken:
            yield "", "[DONE]"

    def error(self, refused: RefusedError) -> Plain:
        """An error in the service's shape."""
        return {"error": {"message": refused.message, "type": "invalid_request_error", "param": None, "code": None}}

    def _add(self, message: Plain, part: StubPart, body: Plain) -> None:
        match part:
            case TextPart(text):
                message["content"] = (message["content"] or "") + text
            case ThinkingPart(text):
                message["reasoning_content"] = message.get("reasoning_content", "") + text
            case ScriptPart(source):
                self._add_script(message, source, body)
            case CallPart(tool, arguments):
                text = arguments if isinstance(arguments, str) else json.dumps(arguments)
                self._add_call(message, "function", {"name": tool, "arguments": text})
            case Raw(block):
                message.update(block)

    def _add_script(self, message: Plain, source: str, body: Plain) -> None:
        declared = {tool[tool["type"]]["name"]: tool["type"] for tool in body.get("tools", ())}
        kind = declared.get(RUN_TYPESCRIPT)
        if kind is None:
            message["content"] = f"{message['content'] or ''}<tool-calls>\n{source}\n</tool-calls>"
        elif kind == "custom":
            self._add_call(message, "custom", {"name": RUN_TYPESCRIPT, "input": source})
        else:
            self._add_call(message, "function", {"name": RUN_TYPESCRIPT, "arguments": json.dumps({"code": source})})

    def _add_call(self, message: Plain, kind: str, call: Plain) -> None:
        message.setdefault("tool_calls", []).append({"id": self._ids.next("call"), "type": kind, kind: call})


# -- checks -----------------------------------------------------------------------------------------------------------


def _check_tool(tool: Plain, seen: set[str]) -> None:
    kind = tool.get("type")
    refuse_unless(kind in ("function", "custom"), f"tools: {kind!r} is no type of tool")
    inner = tool.get(str(kind), {})
    schema = inner.get("parameters", {"type": "object"}) if kind == "function" else {"type": "object"}
    check_tool(inner.get("name"), schema, seen, is_strict=inner.get("strict") is True)


def _check_messages(messages: list[Plain]) -> None:
    at = 0
    while at < len(messages):
        message, at = messages[at], at + 1
        _check_message(message)
        answers = _run_of_answers(messages, at)
        calls = [call["id"] for call in message.get("tool_calls", ())]
        check_answered(
            calls, (str(answer.get("tool_call_id")) for answer in answers), what="tool message directly after it"
        )
        at += len(answers)


def _run_of_answers(messages: list[Plain], start: int) -> list[Plain]:
    end = start
    while end < len(messages) and messages[end].get("role") == "tool":
        end += 1
    return messages[start:end]


def _check_message(message: Plain) -> None:
    role = message.get("role")
    refuse_unless(role != "tool", "a message of the role 'tool' must follow one with 'tool_calls'")
    refuse_unless(role in ("system", "developer", "user", "assistant"), f"{role!r} is no role")
    if role == "assistant":
        refuse_unless("tool_calls" not in message or message["tool_calls"], "'tool_calls' must not be empty")
        has_some = any(message.get(name) for name in ("content", "tool_calls", "refusal", "audio"))
        refuse_unless(has_some, "a message of the assistant needs content or tool calls")
        ids = [call["id"] for call in message.get("tool_calls", ())]
        refuse_unless(len(ids) == len(set(ids)), "'tool_calls' must have different ids")
    else:
        refuse_unless(message.get("content"), f"a message of the role {role!r} needs content")


# -- streams ----------------------------------------------------------------------------------------------------------


def _chunk(head: Plain, choice: Plain) -> Plain:
    return {**head, "object": "chat.completion.chunk", "choices": [choice]}


def _deltas(message: Plain) -> Iterator[Plain]:
    yield {"role": "assistant", "content": ""}
    for name in ("reasoning_content", "content", "refusal"):
        for piece in pieces(str(message.get(name) or "")):
            yield {name: piece}
    for index, call in enumerate(message.get("tool_calls", ())):
        kind = str(call["type"])
        key = "arguments" if kind == "function" else "input"
        yield {"tool_calls": [{**call, "index": index, kind: {**call[kind], key: ""}}]}
        for piece in pieces(call[kind][key]):
            yield {"tool_calls": [{"index": index, kind: {key: piece}}]}
