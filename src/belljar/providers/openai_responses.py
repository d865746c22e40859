"""OpenAI's Responses API (openai 3.52): `client.responses.create`, streamed or not.

The history is the request's `input`: append `turn.input` to it, or with `previous_response_id` send `turn.answers`
alone. Output items go back as they came and in their order: reasoning with its `encrypted_content`, programs with their
fingerprint, and kinds that are not known here. What is not sent back is reasoning that a reply was cut off after: the
service refuses a reasoning item without the item that follows it.

A reply with the status "incomplete" is cut off, so nothing of it runs; one that is "failed" or "cancelled" does not go
into the history. Output of scripts in text goes back as a message of the user.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Final

from belljar.errors import UsageError
from belljar.providers._adapter import Adapter
from belljar.providers._definitions import (
    CODE_SCHEMA,
    DESCRIPTION,
    Definition,
    Form,
    check_names,
    definitions,
    tool_names,
)
from belljar.providers._live import Delta, ReasoningDelta, Texts
from belljar.providers._reply import RUN_TYPESCRIPT, Reply
from belljar.providers._shape import Plain, field, json_of, plain_list, required, text_of
from belljar.providers._turn import Answer

_OUTPUTS: Final = {"function_call": "function_call_output", "custom_tool_call": "custom_tool_call_output"}
_CLIENT_CALLS: Final = frozenset(
    {"computer_call", "local_shell_call", "shell_call", "apply_patch_call", "mcp_approval_request", "tool_search_call"}
)
"""What the service may leave to the host. Those that it answers itself have their output in the same response."""


class OpenAIResponses(Adapter):
    """One conversation through the Responses API."""

    provider: ClassVar[str] = "openai_responses"

    def tools(self, *, form: Form = "custom", structured: bool = False, programmatic: bool = False) -> list[Any]:
        """The request's `tools`: `run_typescript`, which takes raw text ("custom") or {"code": text} ("function").

        `structured` adds the harness's tools for calls one by one. `programmatic` gives those to programs that the
        provider runs instead, with the tool that runs them and without `run_typescript`. Raises UsageError for a tool
        that is named as it.
        """
        registry = self.harness.registry
        check_names(registry)
        if programmatic:
            return [{"type": "programmatic_tool_calling"}, *(_for_programs(each) for each in definitions(registry))]
        return [_run_typescript(form), *(_function(each) for each in definitions(registry) if structured)]

    def _read(self, response: Any) -> Reply:
        status = field(response, "status") or "completed"
        if status in ("queued", "in_progress"):
            raise UsageError(f"this response is {status}", hint="Poll `responses.retrieve` until it has ended.")
        reply = Reply(model=field(response, "model"), stop=status)
        if status != "completed":
            reply.stop, reply.flaw = _flaw(response, status)
            reply.is_void = status != "incomplete"
        items = plain_list(response, "output", "the response")
        answered = {item.get("call_id") or item.get("approval_request_id") for item in items if _is_output(item)}
        names = tool_names(self.harness.registry)
        for item in items:
            if _take(reply, item, answered, names):
                reply.said.append(item)
        while reply.flaw and reply.said and reply.said[-1].get("type") == "reasoning":
            reply.said.pop()
        return reply

    def _write(self, answers: Sequence[Answer], note: str) -> list[Plain]:
        written = [{**answer.reference["shape"], "output": answer.text} for answer in answers]
        return [*written, *([{"role": "user", "content": note}] if note else [])]

    def _reading(self) -> _Reading:
        return _Reading()


# -- definitions ------------------------------------------------------------------------------------------------------


def _run_typescript(form: Form) -> Plain:
    if form == "custom":
        return {"type": "custom", "name": RUN_TYPESCRIPT, "description": DESCRIPTION, "format": {"type": "text"}}
    return {
        "type": "function",
        "name": RUN_TYPESCRIPT,
        "description": DESCRIPTION,
        "parameters": dict(CODE_SCHEMA),
        "strict": True,
    }


def _function(definition: Definition) -> Plain:
    return {
        "type": "function",
        "name": definition.name,
        "description": definition.description,
        "parameters": dict(definition.parameters),
        "strict": False,  # strict mode knows a part of JSON Schema only; the harness checks by the whole
    }


def _for_programs(definition: Definition) -> Plain:
    made = {**_function(definition), "allowed_callers": ["programmatic"]}
    return {**made, "output_schema": dict(definition.result)} if definition.result else made


# -- responses --------------------------------------------------------------------------------------------------------


def _flaw(response: Any, status: str) -> tuple[str, str]:
    """The reason in the service's word and in ours."""
    error = field(response, "error")
    why = field(field(response, "incomplete_details") or {}, "reason") or field(error or {}, "message") or status
    if status == "incomplete":
        return str(why), f"the reply was cut off ({why}), so nothing of it was run"
    return status, f"the reply is {status}: {why}"


def _is_output(item: Plain) -> bool:
    return str(item.get("type")).endswith(("_output", "_response"))


def _take(reply: Reply, item: Plain, answered: set[Any], names: dict[str, str]) -> bool:
    """Read one output item; False where it must not be sent back."""
    kind = item.get("type")
    if kind == "message":
        for part in item.get("content", ()):
            _take_part(reply, part)
    elif kind == "reasoning":
        reply.think("\n\n".join(text_of(part, "text") for part in item.get("summary") or item.get("content") or ()))
    elif kind in _OUTPUTS and item.get("call_id") not in answered:
        return _take_call(reply, item, names)
    elif kind in _CLIENT_CALLS and not {item.get("call_id"), item.get("id")} & (answered - {None}):
        reply.unanswered.append(item)
    return True


def _take_part(reply: Reply, part: Plain) -> None:
    if part.get("type") == "refusal":
        reply.refuse(text_of(part, "refusal"))
    else:
        reply.say(text_of(part, "text"))


def _take_call(reply: Reply, item: Plain, names: dict[str, str]) -> bool:
    call_id = required(item, "call_id")
    shape = {"type": _OUTPUTS[item["type"]], "call_id": call_id}
    caller = item.get("caller") or {}
    if caller:
        shape["caller"] = caller
    name = text_of(item, "name")
    if item["type"] == "custom_tool_call":
        arguments: Any = {"code": text_of(item, "input")} if name == RUN_TYPESCRIPT else text_of(item, "input")
    else:
        arguments = json_of(text_of(item, "arguments"))
    return reply.call(
        names.get(name, name), arguments, {"id": call_id, "shape": shape}, program=caller.get("caller_id")
    )


# -- streams ----------------------------------------------------------------------------------------------------------


class _Reading:
    """A streamed response. Its last event has all of it; where that is missing, the stream broke off."""

    def __init__(self) -> None:
        self.texts = Texts()
        self._response: Plain | None = None
        self._broken = "the stream ended before the reply did"

    def feed(self, event: Any) -> Iterable[Delta]:
        kind = str(field(event, "type"))
        if kind == "response.output_text.delta":
            return self.texts.feed((field(event, "output_index"), field(event, "content_index")), field(event, "delta"))
        if kind in ("response.reasoning_summary_text.delta", "response.reasoning_text.delta"):
            return (ReasoningDelta(text=field(event, "delta")),)
        if kind == "error":
            self._broken = str(field(event, "message"))
        elif (response := field(event, "response")) is not None:
            self._response = response
        return ()

    def response(self) -> Any:
        ended = field(self._response or {}, "status") not in (None, "queued", "in_progress")
        return self._response if ended else {"status": "failed", "error": {"message": self._broken}, "output": []}
