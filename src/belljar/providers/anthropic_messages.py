"""Anthropic's Messages API (anthropic 2.11): `client.messages.create`, streamed or not.

The history is the request's `messages`: append `turn.input` to it, and pass `turn.request` on (`container`, where a
program of the provider goes on). The assistant's blocks go back as they came and in their order: `thinking` with its
`signature`, `redacted_thinking`, `server_tool_use` and its results, and kinds that are not known here. What is not sent
back, because the service refuses it: empty texts, and a thought that a reply was cut off in, which has no signature.

A reply that ended by `max_tokens` or `model_context_window_exceeded` is cut off, so nothing of it runs. A `refusal`
does not go into the history: the service wants the conversation without it. After `pause_turn` the same request goes
on.

Calls are answered by `tool_result` blocks at the head of one message of the user; output of scripts in text follows in
the same message. While a program of the provider waits for its calls that message may hold nothing else, so such output
waits for the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, Final

from belljar.harness import Harness
from belljar.providers._adapter import Adapter
from belljar.providers._definitions import CODE_SCHEMA, DESCRIPTION, Definition, check_names, definitions, tool_names
from belljar.providers._live import Delta, Growing, ReasoningDelta, Texts
from belljar.providers._reply import RUN_TYPESCRIPT, Reply
from belljar.providers._shape import Plain, field, json_of, plain, plain_list, required, text_of
from belljar.providers._turn import Answer

CODE_EXECUTION: Final = "code_execution_20260521"
"""The newest version of the provider's code execution that can call tools (anthropic 2.11)."""

_CUT: Final = frozenset({"max_tokens", "model_context_window_exceeded"})


class AnthropicMessages(Adapter):
    """One conversation through the Messages API."""

    provider: ClassVar[str] = "anthropic_messages"

    def __init__(self, harness: Harness) -> None:
        super().__init__(harness)
        self._kept_notes: list[str] = []

    def tools(self, *, structured: bool = False, programmatic: bool = False) -> list[Any]:
        """The request's `tools`: `run_typescript`, which takes {"code": text}.

        `structured` adds the harness's tools for calls one by one. `programmatic` gives those to programs that the
        provider runs instead, with the tool that runs them and without `run_typescript`. Raises UsageError for a tool
        that is named as it.
        """
        registry = self.harness.registry
        check_names(registry)
        if programmatic:
            runs = {"type": CODE_EXECUTION, "name": "code_execution"}
            return [runs, *({**_tool(each), "allowed_callers": [CODE_EXECUTION]} for each in definitions(registry))]
        return [_RUN_TYPESCRIPT, *(_tool(each) for each in definitions(registry) if structured)]

    def _read(self, response: Any) -> Reply:
        stop = field(response, "stop_reason")
        reply = Reply(model=field(response, "model"), stop=stop or "", is_paused=stop == "pause_turn")
        if stop is None:
            reply.flaw, reply.is_void = "the stream ended before the reply did", True
        elif stop == "refusal":
            reply.flaw, reply.is_void = "the model refused", True
            reply.refuse(str(field(field(response, "stop_details") or {}, "explanation") or ""))
        elif stop in _CUT:
            reply.flaw = f"the reply was cut off ({stop}), so nothing of it was run"
        if (container := field(response, "container")) is not None:
            reply.request["container"] = field(container, "id")
        names = tool_names(self.harness.registry)
        blocks = [each for each in plain_list(response, "content", "the response") if _take(reply, each, names)]
        if blocks:
            reply.said.append({"role": "assistant", "content": blocks})
        return reply

    def _write(self, answers: Sequence[Answer], note: str) -> list[Plain]:
        blocks = [_result(answer) for answer in answers]
        self._kept_notes += [note] if note else []
        if self._kept_notes and not any(answer.reference["program"] for answer in answers):
            blocks.append({"type": "text", "text": "\n\n".join(self._kept_notes)})
            self._kept_notes.clear()
        return [{"role": "user", "content": blocks}] if blocks else []

    def _reading(self) -> _Reading:
        return _Reading()


_RUN_TYPESCRIPT: Final[Plain] = {
    "name": RUN_TYPESCRIPT,
    "description": DESCRIPTION,
    "input_schema": dict(CODE_SCHEMA),
}


def _tool(definition: Definition) -> Plain:
    return {
        "name": definition.name,
        "description": definition.description,
        "input_schema": dict(definition.parameters),
    }


def _result(answer: Answer) -> Plain:
    block = {"type": "tool_result", "tool_use_id": answer.reference["id"], "content": answer.text}
    return {**block, "is_error": True} if answer.is_error else block


# -- responses --------------------------------------------------------------------------------------------------------


def _take(reply: Reply, block: Plain, names: Mapping[str, str]) -> bool:
    """Read one block; False where it must not be sent back."""
    match block.get("type"):
        case "text":
            reply.say(text_of(block, "text"))
            return bool(block.get("text"))
        case "thinking":
            reply.think(text_of(block, "thinking"))
            return bool(block.get("signature")) or not reply.flaw
        case "tool_use" if block.get("toolset_name"):
            reply.unanswered.append(block)
        case "tool_use":
            return _take_call(reply, block, names)
    return True


def _take_call(reply: Reply, block: Plain, names: Mapping[str, str]) -> bool:
    program = (block.get("caller") or {}).get("tool_id")
    name = text_of(block, "name")
    arguments = block.get("input")
    if not isinstance(arguments, Mapping):
        block["input"] = {}  # nothing else is accepted back
    reference = {"id": required(block, "id"), "program": program}
    return reply.call(names.get(name, name), arguments, reference, program=program)


# -- streams ----------------------------------------------------------------------------------------------------------


class _Reading:
    """A streamed message: the service's own events. What the SDK's `stream` helper adds to them is passed over."""

    def __init__(self) -> None:
        self.texts = Texts()
        self._message: Plain = {}
        self._blocks: dict[int, Growing] = {}
        self._inputs: dict[int, list[str]] = {}
        self._citations: dict[int, list[Plain]] = {}
        self._kinds: Mapping[str, Callable[[Any], Iterable[Delta]]] = {
            "message_start": self._start,
            "content_block_start": self._block_start,
            "content_block_delta": self._block_delta,
            "message_delta": self._end,
        }

    def feed(self, event: Any) -> Iterable[Delta]:
        read = self._kinds.get(str(field(event, "type")))
        return read(event) if read is not None else ()

    def _start(self, event: Any) -> Iterable[Delta]:
        message = field(event, "message")
        self._message = {name: field(message, name) for name in ("model", "container", "stop_reason")}
        return ()

    def _block_start(self, event: Any) -> Iterable[Delta]:
        index, block = field(event, "index"), plain(field(event, "content_block"), "the block")
        self._blocks[index] = Growing(block, whole=frozenset({"type"}))
        return self.texts.feed(index, text_of(block, "text")) if block["type"] == "text" else ()

    def _block_delta(self, event: Any) -> Iterable[Delta]:
        index, delta = field(event, "index"), plain(field(event, "delta"), "the delta")
        match delta.pop("type"):
            case "input_json_delta":
                self._inputs.setdefault(index, []).append(delta["partial_json"])
            case "citations_delta":
                self._citations.setdefault(index, []).append(delta["citation"])
            case kind:
                self._blocks[index].add(delta)
                return self._shown(index, kind, delta)
        return ()

    def _shown(self, index: int, kind: str, delta: Plain) -> Iterable[Delta]:
        if kind == "text_delta":
            return self.texts.feed(index, delta["text"])
        return (ReasoningDelta(text=delta["thinking"]),) if kind == "thinking_delta" else ()

    def _end(self, event: Any) -> Iterable[Delta]:
        delta = field(event, "delta")
        for name in ("stop_reason", "stop_details", "container"):
            self._message[name] = field(delta, name) or self._message.get(name)
        return ()

    def response(self) -> Plain:
        return {**self._message, "content": [self._block(index) for index in sorted(self._blocks)]}

    def _block(self, index: int) -> Plain:
        block = self._blocks[index].value()
        if index in self._inputs:
            block["input"] = json_of("".join(self._inputs[index]))
        if index in self._citations:
            block["citations"] = [*(block.get("citations") or ()), *self._citations[index]]
        return block
