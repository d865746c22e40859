"""What providers send that is no plain call: all of it stays in place, and nothing is answered twice or not at all."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from provider_support import KINDS, PROVIDERS, first_turn, history_of, talk_through, talking, told

from belljar import Harness, tool
from belljar.errors import UsageError
from belljar.harness import CallPart, Part, ScriptPart, TextPart, ThinkingPart, ToolCallItem
from belljar.providers import OpenAIChat, OpenAIResponses, ProviderTurn
from belljar.testing.stub import Raw, StubPart, StubReply

STREAMED = pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
EACH = pytest.mark.parametrize("provider", PROVIDERS)
KNOWS = StubReply(parts=[TextPart("Done.")])


def work_off(provider: str, response: Any, *tools: Any, **settings: Any) -> ProviderTurn:
    """What an adapter makes of a response that is given as a dict."""
    process = settings.pop("process", {})

    async def run() -> ProviderTurn:
        async with Harness(tools, **{"mode": "enabled", "type_checker": None, **settings}) as harness:
            return await KINDS[provider](harness).process(response, **process)

    return asyncio.run(run())


# -- untouched --------------------------------------------------------------------------------------------------------

BLOCKS: dict[str, list[dict[str, Any]]] = {
    "openai_responses": [
        {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search", "query": "q"}},
        {
            "type": "of_tomorrow",
            "id": "x_1",
            "deep": {"list": [1, None, "2"]},
            "text": "<tool-calls>return 1</tool-calls>",
        },
        {"type": "compaction", "id": "cmp_1", "encrypted_content": "b3BhcXVl"},
    ],
    "openai_chat": [{"annotations": [{"type": "of_tomorrow", "n": [1]}], "of_tomorrow": {"deep": [1, None]}}],
    "anthropic_messages": [
        {"type": "redacted_thinking", "data": "b3BhcXVl"},
        {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "q"}},
        {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []},
        {"type": "of_tomorrow", "deep": {"list": [1, None, "2"]}, "text": "<tool-calls>return 1</tool-calls>"},
    ],
}


@EACH
@STREAMED
def test_what_the_provider_said_goes_back_untouched_and_in_place(provider: str, streamed: bool) -> None:
    """Kinds of blocks that are not ours, or not known at all, are in the next request exactly as they came."""
    parts: list[StubPart] = [
        ThinkingPart("é \u2028 <tool-calls>"),
        *map(Raw, BLOCKS[provider]),
        TextPart("So."),
        ScriptPart("return 1"),
    ]
    talk = talk_through(provider, [StubReply(parts=parts), KNOWS], streamed=streamed)

    said = history_of(talk.requests[1])[1:]
    if provider == "anthropic_messages":
        said = said[0]["content"]
        assert (said[0]["thinking"], said[1:5]) == ("é \u2028 <tool-calls>", BLOCKS[provider])
    elif provider == "openai_responses":
        assert said[1:4] == BLOCKS[provider]
        assert said[0]["summary"] == [{"type": "summary_text", "text": "é \u2028 <tool-calls>"}]
    elif not streamed:
        assert {name: said[0][name] for name in BLOCKS[provider][0]} == BLOCKS[provider][0]
    assert len(talk.turns[0].turn.outcomes) == 1


def test_citations_of_a_streamed_text_are_kept() -> None:
    """They come in deltas of their own."""
    citations = [{"type": "char_location", "cited_text": "a", "document_index": n} for n in (0, 1)]
    text = Raw({"type": "text", "text": "As it says.", "citations": citations})
    turn = first_turn("anthropic_messages", StubReply(parts=[text]), streamed=True)
    assert turn.said[0]["content"] == [{"type": "text", "text": "As it says.", "citations": citations}]


@EACH
def test_a_dict_is_as_good_as_the_sdk_s_object(provider: str) -> None:
    """The same response as plain data comes to the same turn, and is not changed."""
    reply = StubReply(
        parts=[ThinkingPart("t"), TextPart("x"), CallPart("add", {"a": 1, "b": 2}), ScriptPart("return 1")]
    )

    async def run() -> tuple[ProviderTurn, ProviderTurn, Any, Any]:
        async with talking(provider, [reply]) as talk:
            response = await talk.ask()
            data = response.model_dump(mode="json", by_alias=True, exclude_unset=True)
            before = json.dumps(data)
            made = await talk.adapter.process(response), await talk.adapter.process(data)
            return (*made, before, json.dumps(data))

    of_object, of_dict, before, after = asyncio.run(run())
    assert (of_object.input, of_object.stop) == (of_dict.input, of_dict.stop)
    assert before == after


# -- every call once --------------------------------------------------------------------------------------------------


@EACH
@STREAMED
def test_parallel_calls_run_at_the_same_time_and_are_answered_in_order(provider: str, streamed: bool) -> None:
    """The first call's tool waits for the last call's."""
    came = asyncio.Event

    async def run() -> ProviderTurn:
        last = came()

        @tool
        async def first() -> str:
            """Waits for the other."""
            await last.wait()
            return "first"

        @tool
        async def second() -> str:
            """Comes at once."""
            last.set()
            return "second"

        parts = [CallPart("first", {}), CallPart("second", {})]
        async with talking(provider, [StubReply(parts=parts)], first, second, streamed=streamed) as talk:
            return await talk.round()

    assert [text for _, text in told(asyncio.run(run()))] == ['"first"', '"second"']


WRONG: dict[str, tuple[Part, str]] = {
    "no JSON": (CallPart("add", '{"a": 1,'), "ToolValidationError: the arguments are not valid JSON"),
    "no object": (CallPart("echo", "[1]"), "ToolValidationError: the arguments are no JSON object"),
    "a bare text": (CallPart("echo", '"value"'), "ToolValidationError: the arguments are no JSON object"),
    "not a number": (CallPart("add", '{"a": NaN, "b": 1}'), "ToolValidationError: the arguments are not valid JSON"),
    "too deep": (CallPart("echo", "[" * 3_000), "ToolValidationError: the arguments are not valid JSON"),
    "unknown": (CallPart("ad", {"a": 1, "b": 2}), "ToolNotFoundError: there is no tool 'ad'"),
    "an unknown name that is code": (CallPart("x']; tools.boom(); [", {}), "ToolNotFoundError: there is no tool"),
    "unfit": (CallPart("add", {"a": 1}), "ToolValidationError: add: the arguments did not fit: b is missing"),
    "too many": (CallPart("add", {"a": 1, "b": 2, "c": 3}), "ToolValidationError: add: the arguments did not fit: c"),
    "no code": (CallPart("run_typescript", {"source": "return 1"}), "ToolValidationError: run_typescript takes"),
    "code of a wrong kind": (CallPart("run_typescript", {"code": 1}), "ToolValidationError: run_typescript takes"),
    "a script that is none": (ScriptPart("return ("), "ScriptSyntaxError at script.ts:1:8"),
    "a prototype": (
        CallPart("add", {"__proto__": {"a": 1, "b": 2}}),
        "ToolValidationError: add: the arguments did not",
    ),
}


@EACH
@pytest.mark.parametrize("name", WRONG)
def test_what_the_model_did_wrong_is_answered(provider: str, name: str) -> None:
    """Never an exception: an error for that call, and the calls beside it are made."""
    part, problem = WRONG[name]
    beside = CallPart("echo", {"value": 1})
    talk = talk_through(provider, [StubReply(parts=[beside, part, beside]), KNOWS], streamed=True)

    answers = [text for _, text in told(talk.turns[0])]
    assert (answers[0], answers[2], len(answers)) == ("1", "1", 3)
    assert answers[1].startswith(problem)
    statuses = [item.status for item in talk.turns[0].turn.items if hasattr(item, "status")]
    assert statuses == ["completed", "failed", "completed"]
    assert [item.call_id for item in talk.turns[0].turn.items if hasattr(item, "call_id")] == [
        *["call_1"] * 2, *["call_2"] * 2, *["call_3"] * 2,
    ]  # fmt: skip


TWICE: dict[str, list[Raw]] = {
    "openai_responses": [
        Raw(
            {
                "type": "function_call",
                "id": f"fc_{n}",
                "call_id": "same",
                "name": "echo",
                "arguments": f'{{"value": {n}}}',
            }
        )
        for n in (1, 2)
    ],
    "openai_chat": [
        Raw(
            {
                "tool_calls": [
                    {"id": "same", "type": "function", "function": {"name": "echo", "arguments": f'{{"value": {n}}}'}}
                    for n in (1, 2)
                ]
            }
        )
    ],
    "anthropic_messages": [
        Raw({"type": "tool_use", "id": "same", "name": "echo", "input": {"value": n}}) for n in (1, 2)
    ],
}


@EACH
def test_two_calls_of_one_id_are_one_call(provider: str) -> None:
    """The first is made and answered; the second is neither made nor sent back, and the turn says so."""
    talk = talk_through(provider, [StubReply(parts=TWICE[provider]), KNOWS])

    first = talk.turns[0]
    assert told(first) == [("same", "1")]
    assert str(history_of(talk.requests[1])).count("'same'") == 2
    calls = [item for item in first.turn.items if isinstance(item, ToolCallItem)]
    assert [(call.arguments, call.status) for call in calls] == [({"value": 1}, "completed"), ({"value": 2}, "failed")]


def test_calls_that_the_provider_answered_itself_are_not_answered_again() -> None:
    """Their output is in the same response."""
    call = {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "add", "arguments": "{}"}
    output = {"type": "function_call_output", "id": "fco_1", "call_id": "c1", "output": "1"}
    turn = work_off("openai_responses", {"status": "completed", "output": [call, output]})
    assert (list(turn.said), turn.answers, turn.goes_on) == ([call, output], (), False)


def test_calls_of_the_provider_s_client_side_tools_are_the_host_s() -> None:
    """They are handed on, not answered; those that have their output are left alone."""
    mine = {"type": "computer_call", "id": "cu_1", "call_id": "c1", "action": {"type": "screenshot"}}
    asked = {"type": "mcp_approval_request", "id": "mcpr_1", "name": "x", "arguments": "{}", "server_label": "s"}
    hosted = {"type": "shell_call", "id": "sh_1", "call_id": "c2", "action": {"commands": ["ls"]}}
    output = {"type": "shell_call_output", "id": "sho_1", "call_id": "c2", "output": []}
    turn = work_off("openai_responses", {"status": "completed", "output": [mine, asked, hosted, output]})
    assert (turn.unanswered, turn.answers, turn.goes_on) == ((mine, asked), (), True)

    click = {"type": "tool_use", "id": "t1", "name": "left_click", "input": {}, "toolset_name": "computer"}
    turn = work_off("anthropic_messages", {"stop_reason": "tool_use", "content": [click]})
    assert (turn.unanswered, turn.answers, turn.goes_on) == ((click,), (), True)


# -- how replies end --------------------------------------------------------------------------------------------------

CUT = {
    "openai_responses": ("max_output_tokens", "content_filter", "steered"),
    "openai_chat": ("length", "content_filter"),
    "anthropic_messages": ("max_tokens", "model_context_window_exceeded"),
}
CUTS = [(provider, stop) for provider, stops in CUT.items() for stop in stops]


@pytest.mark.parametrize(("provider", "stop"), CUTS)
@STREAMED
def test_nothing_of_a_reply_that_was_cut_off_runs(provider: str, stop: str, streamed: bool) -> None:
    """Not the script that looks whole either: its rest may be missing. Every call is told so, once."""
    ran: list[str] = []

    @tool
    async def act(name: str) -> str:
        """Leave a trace."""
        ran.append(name)
        return name

    parts: list[StubPart] = [
        TextPart("<tool-calls>return tools.act({name: 'tag'})</tool-calls>"),
        CallPart("act", {"name": "call"}),
        ScriptPart("await tools.act({name: 'script'});"),
        ThinkingPart("and th"),
    ]
    if provider == "anthropic_messages":
        parts[-1] = Raw({"type": "thinking", "thinking": "and th", "signature": ""})
    talk = talk_through(provider, [StubReply(parts=parts, stop=stop), KNOWS], act, streamed=streamed)

    first = talk.turns[0]
    answers = told(first)
    said = f"not run: MalformedReplyError: the reply was cut off ({stop}), so nothing of it was run"
    assert [text.splitlines()[0] for _, text in answers] == [said] * 2
    assert (ran, first.stop, first.goes_on, talk.last.text) == ([], stop, True, "Done.")


@pytest.mark.parametrize(("provider", "stop"), CUTS)
def test_a_text_that_was_cut_off_is_a_text(provider: str, stop: str) -> None:
    """The model is not asked again by itself; the turn has a warning."""
    turn = first_turn(provider, StubReply(parts=[TextPart("Once upon a ti")], stop=stop))
    assert (turn.text, turn.answers, turn.goes_on) == ("Once upon a ti", (), False)
    assert [item.type for item in turn.turn.items] == ["message", "error"]
    assert turn.turn.ok
    assert len(turn.said) == 1


@EACH
def test_a_script_in_text_that_breaks_off_is_told_in_a_message(provider: str) -> None:
    """No call waits for it, and the model must know."""
    talk = talk_through(provider, [StubReply(parts=[TextPart("<tool-calls>return 1")], stop=CUT[provider][0]), KNOWS])
    ((name, text),) = told(talk.turns[0])
    assert (name, text.splitlines()[0]) == (
        "", f"MalformedReplyError: the reply was cut off ({CUT[provider][0]}), so nothing of it was run",
    )  # fmt: skip


@EACH
def test_malformed_tags_beside_calls_run_nothing(provider: str) -> None:
    """Which scripts the reply means is not known, so its calls are answered with that, once."""
    parts: list[StubPart] = [TextPart("<tool-calls>return 1"), CallPart("echo", {"value": 1}), CallPart("echo", "{")]
    talk = talk_through(provider, [StubReply(parts=parts), KNOWS], streamed=True)
    first, second = told(talk.turns[0])
    assert first[1].splitlines()[0] == ("not run: MalformedReplyError at reply:1:1: this <tool-calls> is never closed")
    assert second[1].startswith("ToolValidationError: the arguments are not valid JSON")
    assert not talk.turns[0].turn.outcomes


@EACH
def test_a_tag_that_was_almost_written_is_told(provider: str) -> None:
    """The model waits for an output that nobody would give it."""
    talk = talk_through(provider, [StubReply(parts=[TextPart("<tool_calls>return 1</tool_calls>")]), KNOWS])
    ((name, text),) = told(talk.turns[0])
    assert (name, text.splitlines()[0]) == (
        "", "MalformedReplyError at reply:1:1: '<tool_calls>' is not a tag that is executed",
    )  # fmt: skip


REFUSED: dict[str, StubReply] = {
    "openai_responses": StubReply(
        parts=[
            Raw(
                {
                    "type": "message",
                    "id": "msg_x",
                    "role": "assistant",
                    "status": "completed",
                    "content": [{"type": "refusal", "refusal": "I won't."}],
                }
            ),
            CallPart("echo", {"value": 1}),
        ]
    ),
    "openai_chat": StubReply(parts=[Raw({"refusal": "I won't."}), CallPart("echo", {"value": 1})]),
    "anthropic_messages": StubReply(
        parts=[TextPart("First "), CallPart("echo", {"value": 1})],
        stop="refusal",
        extra={"stop_details": {"type": "refusal", "category": "cyber", "explanation": "I won't."}},
    ),
}


@EACH
@STREAMED
def test_beside_a_refusal_nothing_runs(provider: str, streamed: bool) -> None:
    """The turn has the refusal; OpenAI's stays in the history, Anthropic wants the conversation without it."""
    turn = first_turn(provider, REFUSED[provider], streamed=streamed)
    assert (turn.refusal, turn.turn.outcomes) == ("I won't.", ())
    if provider == "anthropic_messages":
        assert (turn.input, turn.goes_on, turn.stop) == ([], False, "refusal")
    else:
        ((_, text),) = told(turn)
        assert text.startswith("not run: MalformedReplyError: the model refused")


@STREAMED
def test_a_paused_turn_goes_on_with_the_same_history(streamed: bool) -> None:
    """After `pause_turn` nothing is answered, and the model is asked again."""
    search = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "q"}}
    paused = StubReply(parts=[TextPart("Searching."), Raw(search)], stop="pause_turn")
    talk = talk_through("anthropic_messages", [paused, KNOWS], streamed=streamed)
    assert (talk.turns[0].answers, talk.turns[0].goes_on) == ((), True)
    assert [block["type"] for block in history_of(talk.requests[1])[-1]["content"]] == ["text", "server_tool_use"]


@EACH
@STREAMED
def test_an_empty_reply_is_the_end(provider: str, streamed: bool) -> None:
    """Nothing to send back: an empty message would be refused."""
    turn = first_turn(provider, StubReply(), streamed=streamed)
    assert (turn.input, turn.goes_on, turn.text, turn.turn.items) == ([], False, "", ())


def test_empty_texts_are_not_sent_back() -> None:
    """Anthropic refuses them."""
    blocks = [{"type": "text", "text": ""}, {"type": "text", "text": "x"}]
    turn = work_off("anthropic_messages", {"stop_reason": "end_turn", "content": blocks})
    assert turn.said == ({"role": "assistant", "content": [{"type": "text", "text": "x"}]},)


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_a_response_that_failed_is_not_sent_back(status: str) -> None:
    """Nothing runs, and the turn says why."""
    call = {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "add", "arguments": "{}"}
    turn = work_off("openai_responses", {"status": status, "error": {"message": "overloaded"}, "output": [call]})
    assert (turn.input, turn.goes_on, turn.stop, turn.turn.ok) == ([], False, status, False)
    assert turn.turn.items[0].error.message == f"the reply is {status}: overloaded"  # type: ignore[union-attr]


@EACH
def test_a_stream_that_breaks_off_runs_nothing(provider: str) -> None:
    """What came of it is shown, nothing goes into the history, and the host may ask again."""
    reply = StubReply(parts=[TextPart("I begin"), ScriptPart("return 1")], is_broken=True)
    turn = first_turn(provider, reply, streamed=True)
    assert (turn.input, turn.goes_on, turn.turn.outcomes) == ([], False, ())
    error = turn.turn.items[-1].error  # type: ignore[union-attr]
    assert error is not None
    assert error.message.endswith("the stream ended before the reply did")


NO_RESPONSES: dict[str, tuple[str, Any]] = {
    "a text": ("openai_responses", "text"),
    "no output": ("openai_responses", {"status": "completed"}),
    "output of texts": ("openai_responses", {"status": "completed", "output": ["x"]}),
    "not ended": ("openai_responses", {"status": "in_progress", "output": []}),
    "a call without an id": (
        "openai_responses", {"output": [{"type": "function_call", "name": "x", "arguments": "{}"}]},
    ),
    "two choices": ("openai_chat", {"choices": [{"message": {}}, {"message": {}}]}),
    "no choice": ("openai_chat", {"choices": []}),
    "no message": ("openai_chat", {"choices": [{"finish_reason": "stop"}]}),
    "no function": ("openai_chat", {"choices": [{"finish_reason": "stop", "message": {"tool_calls": [{"id": "x"}]}}]}),
    "no content": ("anthropic_messages", {"stop_reason": "end_turn"}),
    "content of text": ("anthropic_messages", {"stop_reason": "end_turn", "content": "x"}),
    "a call without its id": ("anthropic_messages", {"stop_reason": "end_turn", "content": [{"type": "tool_use"}]}),
}  # fmt: skip


@pytest.mark.parametrize("name", NO_RESPONSES)
def test_what_is_no_response_is_the_host_s_mistake(name: str) -> None:
    """UsageError, before anything runs."""
    provider, response = NO_RESPONSES[name]
    with pytest.raises(UsageError):
        work_off(provider, response)


WHOLE: dict[str, Any] = {
    "openai_responses": {
        "status": "completed",
        "model": "m",
        "error": None,
        "incomplete_details": {"reason": "x"},
        "output": [
            {"type": "reasoning", "id": "rs", "summary": [{"type": "summary_text", "text": "t"}]},
            {"type": "message", "id": "m", "role": "assistant", "content": [{"type": "output_text", "text": "x"}]},
            {"type": "message", "id": "n", "role": "assistant", "content": [{"type": "refusal", "refusal": "x"}]},
            {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}", "caller": {"type": "direct"}},
            {"type": "custom_tool_call", "call_id": "c2", "name": "run_typescript", "input": "return 1"},
            {"type": "shell_call", "call_id": "c3", "action": {}},
        ],
    },
    "openai_chat": {
        "model": "m",
        "choices": [
            {
                "finish_reason": "stop",
                "message": {
                    "role": "assistant",
                    "content": "x",
                    "refusal": None,
                    "audio": {"id": "a"},
                    "tool_calls": [
                        {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}},
                        {"id": "c2", "type": "custom", "custom": {"name": "f", "input": "x"}},
                    ],
                },
            }
        ],
    },
    "anthropic_messages": {
        "model": "m",
        "stop_reason": "tool_use",
        "container": {"id": "c"},
        "content": [
            {"type": "thinking", "thinking": "t", "signature": "s"},
            {"type": "text", "text": "x"},
            {"type": "tool_use", "id": "t1", "name": "f", "input": {}, "caller": {"type": "direct"}},
            {"type": "tool_use", "id": "t2", "name": "f", "input": {}, "toolset_name": "computer"},
        ],
    },
}
JUNK = st.sampled_from([None, 0, True, "", "x", [], ["x"], {}, {"type": "text"}, 1.5])


def places(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all values in JSON data."""
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [path, *(place for name, value in inner for place in places(value, (*path, name)))]


def put(data: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The data with another value at a path."""
    if not path:
        return value
    copy = data.copy()
    copy[path[0]] = put(data[path[0]], path[1:], value)
    return copy


@pytest.mark.parametrize("provider", PROVIDERS)
@given(data=st.data())
def test_a_damaged_response_is_understood_or_refused(provider: str, data: st.DataObject) -> None:
    """Whatever stands in its place: a turn that can be sent as JSON, or UsageError."""
    whole = WHOLE[provider]
    path = data.draw(st.sampled_from(places(whole)))
    try:
        turn = work_off(provider, put(whole, path, data.draw(JUNK)), mode=None)
    except UsageError:
        return
    assert json.dumps(turn.input)


# -- fields of other servers ------------------------------------------------------------------------------------------


def test_null_fields_of_a_message_are_left_out_and_audio_is_named() -> None:
    """What a completion has beside its words is not all accepted back."""
    null = {"refusal": None, "tool_calls": None, "audio": None}
    message: dict[str, Any] = {"role": "assistant", "content": "x", "name": "a", **null}
    turn = work_off("openai_chat", {"choices": [{"finish_reason": "stop", "message": message}]})
    assert turn.said == ({"role": "assistant", "content": "x", "name": "a"},)

    message = {"role": "assistant", "audio": {"id": "au_1", "data": "x", "transcript": "y"}}
    turn = work_off("openai_chat", {"choices": [{"finish_reason": "stop", "message": message}]})
    assert turn.said == ({"role": "assistant", "content": None, "audio": {"id": "au_1"}},)


def test_a_message_in_parts_is_read_part_by_part() -> None:
    """As other servers send it; it goes back as it came."""
    parts = [{"type": "text", "text": "a"}, {"type": "other"}, {"type": "text", "text": "b"}]
    turn = work_off("openai_chat", {"choices": [{"finish_reason": "stop", "message": {"content": parts}}]})
    assert (turn.text, turn.said) == ("ab", ({"role": "assistant", "content": parts},))


def test_servers_that_repeat_names_in_every_chunk_are_understood() -> None:
    """Some send id, type and name again and again, and null where nothing is new."""
    pieces = ['{"value', '": 1', "}"]
    chunks = [
        {"model": "m", "choices": [{"index": 0, "delta": {"role": "assistant", "content": None, "tool_calls": [
            {"index": 0, "id": "c1", "type": "function", "function": {"name": "echo", "arguments": piece}}
        ]}}]}
        for piece in pieces
    ]  # fmt: skip
    end = {"choices": [{"index": 0, "delta": {"content": None, "tool_calls": None}, "finish_reason": "tool_calls"}]}

    async def run() -> ProviderTurn:
        @tool
        async def echo(value: int) -> int:
            """The value."""
            return value

        async with Harness([echo], mode="enabled") as harness:
            *_, turn = [event async for event in OpenAIChat(harness).stream([*chunks, end, {"choices": []}])]
            assert isinstance(turn, ProviderTurn)
            return turn

    assert told(asyncio.run(run())) == [("c1", "1")]


def test_scripts_know_who_wrote_them() -> None:
    """`context.provider` and `context.model`, unless the host says otherwise."""
    source = "return [context.provider, context.model, context.turnId]"
    call = {"type": "custom_tool_call", "id": "x", "call_id": "c1", "name": "run_typescript", "input": source}
    response = {"status": "completed", "model": "m-1", "output": [call]}
    given = {"context": {"turnId": "t", "model": "mine"}}
    assert told(work_off("openai_responses", response)) == [("c1", '["openai_responses", "m-1", null]')]
    assert told(work_off("openai_responses", response, process=given)) == [("c1", '["openai_responses", "mine", "t"]')]


def test_a_history_that_the_provider_keeps_needs_the_answers_alone() -> None:
    """With `previous_response_id` the model's own words are not sent again."""

    async def run() -> str:
        replies = [StubReply(parts=[ThinkingPart("t"), ScriptPart("return 42")]), KNOWS]
        async with talking("openai_responses", replies) as talk:
            response = await talk.ask()
            turn = await talk.adapter.process(response)
            talk.history, talk.request["previous_response_id"] = list(turn.answers), response.id
            return (await talk.round()).text

    assert asyncio.run(run()) == "Done."


def test_an_sdk_object_of_a_parsed_response_goes_back_as_it_came() -> None:
    """The `parse` helpers add fields that the service does not take back; `__api_exclude__` names them."""

    class Parsed:
        __api_exclude__ = {"parsed_arguments"}  # noqa: RUF012  (as the SDK has it)

        def model_dump(self, *, exclude: set[str] | None, **_: Any) -> dict[str, Any]:
            whole = {"type": "function_call", "call_id": "c", "name": "x", "arguments": "{}", "parsed_arguments": {}}
            return {name: value for name, value in whole.items() if name not in (exclude or ())}

    async def run() -> ProviderTurn:
        async with Harness(mode="enabled") as harness:
            return await OpenAIResponses(harness).process({"status": "completed", "output": [Parsed()]})

    assert "parsed_arguments" not in asyncio.run(run()).said[0]
