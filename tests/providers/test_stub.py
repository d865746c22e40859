"""The stub server refuses what the real services refuse, told through their own SDKs, and serves what it is told to."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import anthropic
import openai
import pytest
from provider_support import PROVIDERS, client_of, history_of

from belljar.harness import CallPart, ScriptPart, TextPart, ThinkingPart
from belljar.testing.stub import Raw, StubError, StubReply, StubServer, demo_reply

EACH = pytest.mark.parametrize("provider", PROVIDERS)
REFUSALS = (openai.BadRequestError, anthropic.BadRequestError)
LOOKS = StubReply(parts=[ThinkingPart("t"), TextPart("x"), CallPart("f", {"a": 1}), CallPart("g", {})])
BEARER = {"authorization": "Bearer k"}
USER = {"role": "user", "content": "Go."}


class Caller:
    """One SDK's client, and the stub it talks to."""

    def __init__(self, provider: str, stub: StubServer) -> None:
        self.provider = provider
        self.stub = stub
        self.client = client_of(provider, stub, max_retries=0)

    def ask(self, history: list[Any], **options: Any) -> Any:
        """The response as plain data."""
        if self.provider == "openai_responses":
            response = self.client.responses.create(model="m", input=history, **options)
        elif self.provider == "openai_chat":
            response = self.client.chat.completions.create(model="m", messages=history, **options)
        else:
            response = self.client.messages.create(model="m", max_tokens=9, messages=history, **options)
        return response.model_dump(mode="json", by_alias=True, exclude_unset=True)


@pytest.fixture
def caller(request: pytest.FixtureRequest) -> Iterator[Caller]:
    """A client of the provider that the test names, for a stub that looks first and then knows."""
    with StubServer([LOOKS, StubReply(parts=[TextPart("Done.")])]) as stub:
        made = Caller(request.param, stub)
        yield made
        made.client.close()


def said_by(caller: Caller) -> list[Any]:
    """The history after the model's first reply, with its answers."""
    response = caller.ask([USER])
    if caller.provider == "openai_responses":
        calls = response["output"][2:]
        answers = [{"type": "function_call_output", "call_id": call["call_id"], "output": "1"} for call in calls]
        return [USER, *response["output"], *answers]
    if caller.provider == "openai_chat":
        message = response["choices"][0]["message"]
        answers = [{"role": "tool", "tool_call_id": call["id"], "content": "1"} for call in message["tool_calls"]]
        return [USER, message, *answers]
    results = [{"type": "tool_result", "tool_use_id": block["id"], "content": "1"} for block in response["content"][2:]]
    return [USER, {"role": "assistant", "content": response["content"]}, {"role": "user", "content": results}]


Change = Callable[[list[Any]], Any]


def without(at: int) -> Change:
    return lambda history: history.pop(at)


def doubled(at: int) -> Change:
    return lambda history: history.insert(at, history[at])


def changed(at: int, **fields: Any) -> Change:
    return lambda history: history.__setitem__(at, {**history[at], **fields})


def moved(at: int, to: int) -> Change:
    return lambda history: history.insert(to, history.pop(at))


def inside(at: int, change: Change) -> Change:
    """A change of the blocks of one message."""
    return lambda history: change(history[at]["content"])


RESPONSES: dict[str, tuple[Change, str]] = {
    "an unanswered call": (without(-1), "no tool output found for the call 'call_0002'"),
    "an answer to an unknown call": (changed(-1, call_id="c9"), "no call 'c9' was made"),
    "a doubled answer": (doubled(-1), "the call 'call_0002' has more than one tool output"),
    "an answer of another kind": (changed(-1, type="custom_tool_call_output"), "wrong kind of output"),
    "an answer without output": (changed(-1, output=None), "has no 'output'"),
    "an answer before its call": (moved(-1, 1), "stands before its call"),
    "a dropped reasoning item": (without(1), "without its required reasoning item 'rs_0001'"),
    "a changed reasoning item": (changed(1, encrypted_content="x"), "the reasoning item 'rs_0001' was changed"),
    "reasoning with nothing behind": (moved(1, 99), "without its required following item"),
    "reasoning with an answer behind": (moved(1, 4), "without its required following item"),
    "an empty message": (lambda history: history.append({"role": "user", "content": ""}), "a message has no content"),
    "a message without a role": (lambda history: history.append({"content": "x"}), "a message has no role"),
    "nothing at all": (lambda history: history.clear(), "the input is empty"),
    "an answer to nobody": (lambda history: history[-1].pop("call_id"), "a field is missing or has the wrong type"),
    "an item of text": (lambda history: history.append("x"), "a field is missing or has the wrong type"),
}
CHAT: dict[str, tuple[Change, str]] = {
    "an unanswered call": (without(-1), "no tool message directly after it found for the call 'call_0002'"),
    "an answer to an unknown call": (changed(-1, tool_call_id="c9"), "no call 'c9' was made"),
    "a doubled answer": (doubled(-1), "the call 'call_0002' has more than one"),
    "an answer not directly after": (lambda history: history.insert(-1, USER), "no tool message directly after it"),
    "an answer to nothing": (without(1), "no call 'call_0001' was made"),
    "an answer at the beginning": (moved(-1, 0), "must follow one with 'tool_calls'"),
    "no calls in the list": (changed(1, tool_calls=[]), "'tool_calls' must not be empty"),
    "two calls of one id": (
        lambda history: history[1]["tool_calls"][1].update(id="call_0001"), "'tool_calls' must have different ids",
    ),
    "an empty message": (lambda history: history.append({"role": "user", "content": ""}), "needs content"),
    "an empty reply": (lambda history: history.append({"role": "assistant", "content": None}), "needs content or tool"),
    "no role": (lambda history: history.append({"role": "nobody", "content": "x"}), "'nobody' is no role"),
    "nothing at all": (lambda history: history.clear(), "messages: there is none"),
    "a call without its id": (lambda history: history[1]["tool_calls"][0].pop("id"), "a field is missing or has"),
}  # fmt: skip
MESSAGES: dict[str, tuple[Change, str]] = {
    "an unanswered call": (inside(2, without(-1)), "no tool_result found for the call 'toolu_0002'"),
    "an answer to an unknown call": (inside(2, changed(-1, tool_use_id="t9")), "no call 't9' was made"),
    "a doubled answer": (inside(2, doubled(-1)), "the call 'toolu_0002' has more than one tool_result"),
    "an answer behind a text": (
        inside(2, lambda blocks: blocks.insert(0, {"type": "text", "text": "x"})), "tool_result blocks must come first",
    ),
    "an answer a message later": (
        lambda history: history.insert(2, {"role": "assistant", "content": "x"}), "no call 'toolu_0001' was made",
    ),
    "no answer at all": (without(2), "no tool_result follows"),
    "a dropped thought": (inside(1, without(0)), "thinking blocks must stay as they were"),
    "a changed thought": (inside(1, changed(0, thinking="other")), "invalid signature in thinking block"),
    "a thought without its signature": (inside(1, changed(0, signature="")), "thinking.signature: field required"),
    "a call without its input": (inside(1, changed(2, input=None)), "tool_use.input must be an object"),
    "two calls of one id": (inside(1, changed(3, id="toolu_0001")), "tool_use ids must be unique"),
    "an empty text": (inside(1, changed(1, text="")), "text content blocks must be non-empty"),
    "a block without a type": (inside(1, lambda blocks: blocks.append({"text": "x"})), "a block has no type"),
    "an empty message": (lambda history: history.append({"role": "user", "content": []}), "content must not be empty"),
    "no role": (changed(0, role="nobody"), "the first must be the user's"),
    "another role later": (changed(2, role="tool"), "'tool' is no role"),
    "nothing at all": (lambda history: history.clear(), "the first must be the user's"),
    "a result without its id": (inside(2, lambda blocks: blocks[0].pop("tool_use_id")), "a field is missing or has"),
}  # fmt: skip
MISTAKES = [
    pytest.param(provider, *case, id=f"{provider}: {name}")
    for provider, cases in zip(PROVIDERS, (RESPONSES, CHAT, MESSAGES), strict=True)
    for name, case in cases.items()
]


@pytest.mark.parametrize(("caller", "change", "why"), MISTAKES, indirect=["caller"])
def test_a_mistake_in_the_protocol_is_refused(caller: Caller, change: Change, why: str) -> None:
    """With a 400 that says what is wrong; the same history without the mistake is taken."""
    history = said_by(caller)
    right = json.loads(json.dumps(history))
    change(history)
    with pytest.raises(REFUSALS) as caught:
        caller.ask(history)
    assert why in str(caught.value)
    assert "Done." in str(caller.ask(right))


TOOLS: dict[str, tuple[str, Any, str]] = {
    "a name with a dot": ("f.x", {"type": "object"}, "is no name for a tool"),
    "a long name": ("f" * 65, {"type": "object"}, "is no name for a tool"),
    "no object": ("f", {"type": "string"}, "needs an object schema"),
    "no schema": ("f", None, "needs an object schema"),
}


@pytest.mark.parametrize("caller", PROVIDERS, indirect=True)
@pytest.mark.parametrize("name", TOOLS)
def test_tools_that_no_service_takes_are_refused(caller: Caller, name: str) -> None:
    """By name and by schema; two of one name too."""
    called, schema, why = TOOLS[name]
    with pytest.raises(REFUSALS, match=why):
        caller.ask([USER], tools=[_tool(caller.provider, called, schema)])
    twice = [_tool(caller.provider, "f", {"type": "object"})] * 2
    with pytest.raises(REFUSALS, match="names must be unique"):
        caller.ask([USER], tools=twice)


def _tool(provider: str, name: str, schema: Any) -> Any:
    if provider == "openai_responses":
        return {"type": "function", "name": name, "parameters": schema, "strict": False}
    if provider == "openai_chat":
        return {"type": "function", "function": {"name": name, "parameters": schema}}
    return {"name": name, "input_schema": schema}


@pytest.mark.parametrize("caller", ["openai_responses"], indirect=True)
def test_strictness_is_said_and_meant(caller: Caller) -> None:
    """The Responses API wants to know; a strict schema has every property required and no others."""
    tool = _tool("openai_responses", "f", {"type": "object", "properties": {"a": {}}})
    for wrong, why in (({**tool, "strict": True}, "is strict"), ({"type": "function", **tool}, "strict")):
        wrong = {name: value for name, value in wrong.items() if wrong["strict"] or name != "strict"}
        with pytest.raises(REFUSALS, match=why):
            caller.ask([USER], tools=[wrong])
    for wrong in ({"name": "f"}, {"type": "custom", "name": "f.x"}):
        with pytest.raises(REFUSALS, match="tools: "):
            caller.ask([USER], tools=[wrong])


@pytest.mark.parametrize("caller", ["openai_responses"], indirect=True)
def test_a_previous_response_must_be_known(caller: Caller) -> None:
    """And its calls are open."""
    with pytest.raises(REFUSALS, match="previous response 'resp_9' not found"):
        caller.ask([USER], previous_response_id="resp_9")
    caller.ask([USER])
    with pytest.raises(REFUSALS, match="no tool output found"):
        caller.ask([USER], previous_response_id="resp_0001")


@EACH
def test_a_key_is_required(provider: str) -> None:
    """401 without one."""
    with StubServer([]) as stub:
        caller = Caller(provider, stub)
        caller.client = caller.client.with_options(default_headers={"authorization": "", "x-api-key": ""})
        status = _posted(stub, "/v1/responses" if provider == "openai_responses" else "/v1/chat/completions", {})[0]
        caller.client.close()
    assert status == 401


def _posted(stub: StubServer, path: str, body: Any, **headers: str) -> tuple[int, Any]:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(stub.url + path, data, {name.replace("_", "-"): v for name, v in headers.items()})  # noqa: S310  (loopback)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310  (loopback)
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


FIELDS: dict[str, tuple[str, Any, dict[str, str], int, str]] = {
    "no key": ("/v1/messages", {}, {}, 401, "no API key"),
    "no version": ("/v1/messages", {}, {"x_api_key": "k"}, 400, "anthropic-version: header is required"),
    "no model": ("/v1/responses", {"input": "x"}, BEARER, 400, "missing required field: 'model'"),
    "no input": ("/v1/responses", {"model": "m"}, BEARER, 400, "missing required field: 'input'"),
    "messages of text": (
        "/v1/chat/completions", {"model": "m", "messages": "x"}, BEARER, 400, "has the wrong type",
    ),
    "no max_tokens": (
        "/v1/messages", {"model": "m", "messages": []}, {"x_api_key": "k", "anthropic_version": "v"}, 400,
        "missing required field: 'max_tokens'",
    ),
    "no JSON": ("/v1/responses", b"{", BEARER, 400, "missing required field"),
    "no object": ("/v1/responses", [1], BEARER, 400, "missing required field"),
    "an empty key": ("/v1/responses", {}, {"authorization": "Bearer "}, 401, "no API key"),
    "no such path": ("/v1/other", {}, {}, 404, "no such path: /v1/other"),
}  # fmt: skip


@pytest.mark.parametrize("name", FIELDS)
def test_a_request_without_what_it_needs_is_refused(name: str) -> None:
    """Headers, fields, paths."""
    path, body, headers, status, why = FIELDS[name]
    with StubServer([]) as stub:
        got, data = _posted(stub, path, body, **headers)
    assert (got, why in data["error"]["message"]) == (status, True)


@EACH
@pytest.mark.parametrize("status", [429, 503, 529])
def test_an_overloaded_service_is_asked_again(provider: str, status: int) -> None:
    """The SDKs try again by themselves, and get their answer."""
    with StubServer([StubError(status=status), StubReply(parts=[TextPart("Done.")])]) as stub:
        caller = Caller(provider, stub)
        caller.client = caller.client.with_options(max_retries=2)
        assert "Done." in str(caller.ask([USER]))
        caller.client.close()
    assert [history_of(request) for request in stub.requests] == [[USER], [USER]]
    assert stub.requests[0].headers["authorization"] == "Bearer key"


@EACH
def test_a_stub_with_nothing_left_says_so(provider: str) -> None:
    """A loop that goes on too long fails with a clear word."""
    with StubServer([]) as stub:
        caller = Caller(provider, stub)
        with pytest.raises(REFUSALS, match="the stub has nothing more to say"):
            caller.ask([USER])
        caller.client.close()


@EACH
def test_scripts_come_in_the_form_that_the_request_declares(provider: str) -> None:
    """As a call of `run_typescript`, and in tags where there is no such tool."""
    with StubServer([StubReply(parts=[ScriptPart("return 1")])] * 2) as stub:
        caller = Caller(provider, stub)
        declared = caller.ask([USER], tools=[_tool(provider, "run_typescript", {"type": "object"})])
        assert '{"code": "return 1"}' in json.dumps(declared).replace('\\"', '"')
        assert "<tool-calls>\\nreturn 1\\n</tool-calls>" in json.dumps(caller.ask([USER]))
        caller.client.close()


def test_a_client_that_leaves_a_stream_early_harms_nobody(capfd: pytest.CaptureFixture[str]) -> None:
    """The server goes on, and has nothing to complain of."""
    long = StubReply(parts=[TextPart("word " * 200_000)])
    with StubServer([long, StubReply(parts=[TextPart("Done.")])]) as stub:
        caller = Caller("openai_chat", stub)
        with caller.client.chat.completions.create(model="m", messages=[USER], stream=True) as stream:
            next(iter(stream))
        assert "Done." in str(caller.ask([USER]))
        caller.client.close()
    assert capfd.readouterr().err == ""


def test_replies_can_be_made_from_requests() -> None:
    """A function instead of a list: what the stub does as a program."""
    with StubServer(demo_reply) as stub:
        caller = Caller("openai_chat", stub)
        first = caller.ask([USER])["choices"][0]["message"]
        assert "<tool-calls>\nconst cities" in first["content"]
        found = {"role": "user", "content": json.dumps([{"city": "Pune", "degrees": 1}])}
        second = caller.ask([USER, first, found])["choices"][0]["message"]
        assert second["content"] == "Pune is the warmest of the three."
        caller.client.close()


def test_a_program_s_container_and_answers() -> None:
    """While a program waits, only results are taken, and only with its container."""
    caller_of = {"type": "code_execution_20260120", "tool_id": "s1"}
    reply = StubReply(parts=[Raw({"type": "tool_use", "id": "t1", "name": "f", "input": {}, "caller": caller_of})])
    with StubServer([reply]) as stub:
        caller = Caller("anthropic_messages", stub)
        said = {"role": "assistant", "content": caller.ask([USER])["content"]}
        result = {"type": "tool_result", "tool_use_id": "t1", "content": "1"}
        with pytest.raises(REFUSALS, match="container: required"):
            caller.ask([USER, said, {"role": "user", "content": [result]}])
        text = {"type": "text", "text": "x"}
        with pytest.raises(REFUSALS, match="tool_result blocks only"):
            caller.ask([USER, said, {"role": "user", "content": [result, text]}], container="c")
        caller.client.close()
