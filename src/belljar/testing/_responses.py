"""A stand-in for OpenAI's Responses API: what it refuses, what it answers, how it streams."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, ClassVar, Final

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

_OUTPUT_OF: Final = {"function_call": "function_call_output", "custom_tool_call": "custom_tool_call_output"}
_USAGE: Final = {
    "input_tokens": 1,
    "input_tokens_details": {"cached_tokens": 0},
    "output_tokens": 1,
    "output_tokens_details": {"reasoning_tokens": 0},
    "total_tokens": 2,
}


class Responses:
    """`POST /v1/responses`."""

    path: ClassVar[str] = "/v1/responses"

    def __init__(self) -> None:
        self._ids = Ids()
        self._histories: dict[str, list[Plain]] = {}
        self._reasons: dict[str, str] = {}
        """The reasoning item that each other item came after, by item id."""

    def check(self, body: Plain, headers: Mapping[str, str]) -> None:
        """Raises RefusedError for what the service refuses."""
        check_bearer(headers)
        check_fields(body, {"model": str, "input": (str, list)})
        seen: set[str] = set()
        for tool in body.get("tools", ()):
            _check_tool(tool, seen)
        self._check_history(self._history(body))

    def answer(self, body: Plain, reply: StubReply) -> Plain:
        """The response, which is remembered."""
        output = [self._item(part, body) for part in reply.parts]
        _give_reasons(output, self._reasons)
        status = reply.stop or "completed"
        is_cut = status not in ("completed", "failed", "queued")
        response = {
            "id": self._ids.next("resp"),
            "object": "response",
            "created_at": 1_790_000_000,
            "status": "incomplete" if is_cut else status,
            "incomplete_details": {"reason": status} if is_cut else None,
            "error": {"code": "server_error", "message": "it broke"} if status == "failed" else None,
            "model": body["model"],
            "output": output,
            "parallel_tool_calls": True,
            "tool_choice": "auto",
            "tools": body.get("tools", []),
            "usage": _USAGE,
            **reply.extra,
        }
        self._histories[str(response["id"])] = [*self._history(body), *output]
        return response

    def events(self, response: Plain, *, is_broken: bool) -> Iterator[tuple[str, Any]]:
        """The response as server-sent events: name and data."""
        for number, data in enumerate(_events(response)):
            if is_broken and data["type"] in ("response.output_item.done", "response.completed"):
                return
            yield data["type"], {**data, "sequence_number": number}

    def error(self, refused: RefusedError) -> Plain:
        """An error in the service's shape."""
        return {"error": {"message": refused.message, "type": "invalid_request_error", "param": None, "code": None}}

    # -- inside -----------------------------------------------------------------------------------------------------

    def _history(self, body: Plain) -> list[Plain]:
        given = body["input"]
        items = [{"role": "user", "content": given}] if isinstance(given, str) else given
        before = body.get("previous_response_id")
        refuse_unless(before is None or before in self._histories, f"previous response {before!r} not found")
        return [*self._histories.get(before or "", ()), *items]

    def _check_history(self, items: list[Plain]) -> None:
        refuse_unless(items, "the input is empty")
        calls = {item["call_id"]: item for item in items if item.get("type") in _OUTPUT_OF}
        outputs = [(at, item) for at, item in enumerate(items) if item.get("type") in _OUTPUT_OF.values()]
        check_answered(calls, (item["call_id"] for _, item in outputs), what="tool output")
        for at, output in outputs:
            _check_output(calls[output["call_id"]], output, items[:at])
        for at, item in enumerate(items):
            _check_item(item, items[at + 1 :])
        self._check_reasons({item["id"] for item in items if item.get("id")})

    def _check_reasons(self, there: set[str]) -> None:
        for item_id in there & self._reasons.keys():
            reason = self._reasons[item_id]
            refuse_unless(reason in there, f"{item_id!r} was provided without its required reasoning item {reason!r}")

    def _item(self, part: StubPart, body: Plain) -> Plain:
        match part:
            case TextPart(text):
                return self._message([{"type": "output_text", "text": text, "annotations": []}])
            case ThinkingPart(text):
                summary = [{"type": "summary_text", "text": text}]
                name = self._ids.next("rs")
                return {"id": name, "type": "reasoning", "summary": summary, "encrypted_content": seal(text)}
            case ScriptPart(source):
                return self._script(source, body)
            case CallPart(tool, arguments):
                return self._call(tool, arguments if isinstance(arguments, str) else json.dumps(arguments))
            case Raw(block):
                return dict(block)

    def _message(self, content: list[Plain]) -> Plain:
        name = self._ids.next("msg")
        return {"id": name, "type": "message", "role": "assistant", "status": "completed", "content": content}

    def _script(self, source: str, body: Plain) -> Plain:
        declared = {tool.get("name"): tool["type"] for tool in body.get("tools", ())}
        kind = declared.get(RUN_TYPESCRIPT)
        if kind is None:
            text = f"<tool-calls>\n{source}\n</tool-calls>"
            return self._message([{"type": "output_text", "text": text, "annotations": []}])
        if kind == "function":
            return self._call(RUN_TYPESCRIPT, json.dumps({"code": source}))
        ids = {"id": self._ids.next("ctc"), "call_id": self._ids.next("call")}
        return {**ids, "type": "custom_tool_call", "name": RUN_TYPESCRIPT, "input": source}

    def _call(self, name: str, arguments: str) -> Plain:
        ids = {"id": self._ids.next("fc"), "call_id": self._ids.next("call")}
        return {**ids, "type": "function_call", "name": name, "arguments": arguments, "status": "completed"}


def _give_reasons(output: list[Plain], reasons: dict[str, str]) -> None:
    """What came directly after reasoning is refused later on without it."""
    for before, item in pairwise(output):
        if before.get("type") == "reasoning":
            reasons[item["id"]] = before["id"]


# -- checks -----------------------------------------------------------------------------------------------------------


def _check_tool(tool: Plain, seen: set[str]) -> None:
    match tool.get("type"):
        case "function":
            check_tool(tool.get("name"), tool.get("parameters"), seen, is_strict=tool.get("strict") is True)
            refuse_unless("strict" in tool, f"tools: {tool['name']} does not say whether it is strict")
        case "custom":
            check_tool(tool.get("name"), {"type": "object"}, seen)
        case None:
            raise RefusedError("tools: one has no type")


def _check_output(call: Plain, output: Plain, before: list[Plain]) -> None:
    call_id = output["call_id"]
    refuse_unless(call in before, f"the output of {call_id!r} stands before its call")
    refuse_unless(output["type"] == _OUTPUT_OF[call["type"]], f"{call_id!r} is a {call['type']}: wrong kind of output")
    refuse_unless(isinstance(output.get("output"), str | list), f"the output of {call_id!r} has no 'output'")


def _check_item(item: Plain, after: list[Plain]) -> None:
    if item.get("type") == "reasoning":
        refuse_unless(after, f"the reasoning item {item['id']!r} was provided without its required following item")
        follower = after[0]
        is_output = follower.get("role") != "user" and not str(follower.get("type")).endswith("_output")
        refuse_unless(is_output, f"the reasoning item {item['id']!r} was provided without its required following item")
        text = "".join(part["text"] for part in item["summary"])
        refuse_unless(item.get("encrypted_content") == seal(text), f"the reasoning item {item['id']!r} was changed")
    elif item.get("type") in (None, "message"):
        refuse_unless(item.get("role") in ("user", "assistant", "system", "developer"), "a message has no role")
        refuse_unless(item.get("content"), "a message has no content")


# -- streams ----------------------------------------------------------------------------------------------------------


def _events(response: Plain) -> Iterator[Plain]:
    begun = {**response, "status": "in_progress", "output": []}
    yield {"type": "response.created", "response": begun}
    yield {"type": "response.in_progress", "response": begun}
    for index, item in enumerate(response["output"]):
        yield {"type": "response.output_item.added", "output_index": index, "item": _empty(item)}
        yield from ({**event, "output_index": index} for event in _item_events(item))
        yield {"type": "response.output_item.done", "output_index": index, "item": item}
    yield {"type": f"response.{response['status']}", "response": response}


def _empty(item: Plain) -> Plain:
    blank: dict[str, Any] = {"message": {"content": []}, "reasoning": {"summary": []}}
    blank |= {"function_call": {"arguments": ""}, "custom_tool_call": {"input": ""}}
    return {**item, **blank.get(item["type"], {})}


def _item_events(item: Plain) -> Iterator[Plain]:
    match item["type"]:
        case "message":
            for index, part in enumerate(item["content"]):
                ids = {"item_id": item["id"], "content_index": index}
                yield from ({**event, **ids} for event in _part_events(part))
        case "reasoning":
            for index, part in enumerate(item["summary"]):
                ids = {"item_id": item["id"], "summary_index": index}
                for piece in pieces(part["text"]):
                    yield {"type": "response.reasoning_summary_text.delta", **ids, "delta": piece}
                yield {"type": "response.reasoning_summary_text.done", **ids, "text": part["text"]}
        case "function_call":
            yield from _input_events("function_call_arguments", "arguments", item)
        case "custom_tool_call":
            yield from _input_events("custom_tool_call_input", "input", item)


def _part_events(part: Plain) -> Iterator[Plain]:
    kind, key = ("refusal", "refusal") if part["type"] == "refusal" else ("output_text", "text")
    logprobs: Plain = {"logprobs": []} if key == "text" else {}
    yield {"type": "response.content_part.added", "part": {**part, key: ""}}
    for piece in pieces(part[key]):
        yield {"type": f"response.{kind}.delta", "delta": piece, **logprobs}
    yield {"type": f"response.{kind}.done", key: part[key], **logprobs}
    yield {"type": "response.content_part.done", "part": part}


def _input_events(kind: str, key: str, item: Plain) -> Iterator[Plain]:
    for piece in pieces(item[key]):
        yield {"type": f"response.{kind}.delta", "item_id": item["id"], "delta": piece}
    yield {"type": f"response.{kind}.done", "item_id": item["id"], key: item[key], "name": item["name"]}
