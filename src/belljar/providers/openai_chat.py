"""OpenAI's Chat Completions API (openai 3.52), and the many servers that speak it: `client.chat.completions.create`.

The history is the request's `messages`: append `turn.input` to it. The assistant's message goes back as it came, with
fields that are not known here (`reasoning_content` of other servers), but for those that are null. Calls are answered
by `tool` messages; output of scripts in text goes back as a message of the user.

A reply that ended by `length` or `content_filter` is cut off, so nothing of it runs; one without a `finish_reason`
broke off and does not go into the history. One choice is read; a response with more of them is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
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
from belljar.providers._live import Delta, Growing, ReasoningDelta, Texts
from belljar.providers._reply import RUN_TYPESCRIPT, Reply
from belljar.providers._shape import Plain, field, json_of, plain, plain_list, required, text_of
from belljar.providers._turn import Answer

_CUT: Final = frozenset({"length", "content_filter"})
_REASONING: Final = ("reasoning_content", "reasoning")
"""Where servers that are not OpenAI's put thinking that can be read."""


_WHOLE: Final = frozenset({"id", "type", "name", "role"})
"""Texts that come in one piece, and by some servers again and again."""


class OpenAIChat(Adapter):
    """One conversation through Chat Completions."""

    provider: ClassVar[str] = "openai_chat"

    def tools(self, *, form: Form = "function", structured: bool = False) -> list[Any]:
        """The request's `tools`: `run_typescript`, which takes {"code": text} ("function", which every server knows) or
        raw text ("custom", OpenAI's own). `structured` adds the harness's tools for calls one by one.

        Raises UsageError for a tool that is named `run_typescript`.
        """
        registry = self.harness.registry
        check_names(registry)
        return [_run_typescript(form), *(_function(each) for each in definitions(registry) if structured)]

    def _read(self, response: Any) -> Reply:
        choices = plain_list(response, "choices", "the response")
        if len(choices) != 1:
            raise UsageError(f"the response has {len(choices)} choices", hint="Ask for one: n=1.")
        stop = choices[0].get("finish_reason")
        reply = Reply(model=field(response, "model"), stop=stop or "")
        if stop is None:
            reply.flaw, reply.is_void = "the stream ended before the reply did", True
        elif stop in _CUT:
            reply.flaw = f"the reply was cut off ({stop}), so nothing of it was run"
        self._take(reply, plain(choices[0].get("message"), "the message"))
        return reply

    def _take(self, reply: Reply, message: Plain) -> None:
        for name in _REASONING:
            reply.think(text_of(message, name))
        content = message.get("content")
        for part in content if isinstance(content, list) else [{"text": content}]:
            reply.say(text_of(part, "text"))  # a list of parts is other servers' way
        if message.get("refusal"):
            reply.refuse(text_of(message, "refusal"))
        names = tool_names(self.harness.registry)
        calls = [call for call in message.get("tool_calls") or () if _take_call(reply, call, names)]
        said = {name: value for name, value in message.items() if value is not None}
        if audio := said.get("audio"):
            said["audio"] = {"id": audio["id"]}  # the rest of it is not accepted back
        said.pop("tool_calls", None)
        if calls:
            said["tool_calls"] = calls
        if calls or said.get("content") or reply.refusal or "audio" in said:
            reply.said.append({"role": "assistant", "content": None, **said})

    def _write(self, answers: Sequence[Answer], note: str) -> list[Plain]:
        written = [{"role": "tool", "tool_call_id": each.reference["id"], "content": each.text} for each in answers]
        return [*written, *([{"role": "user", "content": note}] if note else [])]

    def _reading(self) -> _Reading:
        return _Reading()


def _run_typescript(form: Form) -> Plain:
    named = {"name": RUN_TYPESCRIPT, "description": DESCRIPTION}
    if form == "custom":
        return {"type": "custom", "custom": {**named, "format": {"type": "text"}}}
    return {"type": "function", "function": {**named, "parameters": dict(CODE_SCHEMA)}}


def _function(definition: Definition) -> Plain:
    function = {
        "name": definition.name,
        "description": definition.description,
        "parameters": dict(definition.parameters),
    }
    return {"type": "function", "function": function}


def _take_call(reply: Reply, call: Plain, names: dict[str, str]) -> bool:
    reference = {"id": required(call, "id")}
    if call.get("type") == "custom":
        custom = required(call, "custom")
        name, given = text_of(custom, "name"), text_of(custom, "input")
        return reply.call(names.get(name, name), {"code": given} if name == RUN_TYPESCRIPT else given, reference)
    function = required(call, "function")
    name, given = text_of(function, "name"), text_of(function, "arguments")
    return reply.call(names.get(name, name), json_of(given), reference)


# -- streams ----------------------------------------------------------------------------------------------------------


class _Reading:
    """A streamed completion: chunks, or the events of the SDK's `stream` helper, which has the chunks among them."""

    def __init__(self) -> None:
        self.texts = Texts()
        self._model: str | None = None
        self._stop: str | None = None
        self._message = Growing({"role": "assistant", "content": None}, whole=_WHOLE)
        self._calls: dict[int, Growing] = {}

    def feed(self, event: Any) -> Iterable[Delta]:
        chunk = field(event, "chunk") if field(event, "type") == "chunk" else event
        self._model = field(chunk, "model") or self._model
        for choice in field(chunk, "choices") or ():
            self._stop = field(choice, "finish_reason") or self._stop
            yield from self._delta(plain(field(choice, "delta"), "the delta"))

    def _delta(self, delta: Plain) -> Iterator[Delta]:
        for call in delta.pop("tool_calls", None) or ():
            self._calls.setdefault(call.pop("index"), Growing({}, whole=_WHOLE)).add(call)
        self._message.add(delta)
        if text := text_of(delta, "content"):
            yield from self.texts.feed("content", text)
        for name in _REASONING:
            if text := text_of(delta, name):
                yield ReasoningDelta(text=text)

    def response(self) -> Plain:
        calls = [self._calls[index].value() for index in sorted(self._calls)]
        message = {**self._message.value(), **({"tool_calls": calls} if calls else {})}
        return {"model": self._model, "choices": [{"finish_reason": self._stop, "message": message}]}
