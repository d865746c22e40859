"""Models: what is asked of a provider, what its errors become, and how often it is tried."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anthropic
import httpx2
import openai
import pytest

from belljar.agents._model import TRIES, Message, Model, ModelReply, ask, looks_random, model_error, open_model
from belljar.agents._model_anthropic import AnthropicModel
from belljar.agents._model_openai import OpenAIModel
from belljar.agents._model_scripted import Scripted, ScriptedModel
from belljar.errors import ModelError, UsageError

KEY = "sk-proj-" + "a1B2c3D4" * 5
TALK = [
    Message(role="system", text="Be brief."),
    Message(role="user", text="Hello"),
    Message(role="assistant", text="Hi"),
    Message(role="user", text="More"),
]
Answer = Callable[[httpx2.Request], httpx2.Response]


def openai_model(answer: Answer) -> Model:
    http = httpx2.AsyncClient(transport=httpx2.MockTransport(answer))
    return OpenAIModel("some-model", openai.AsyncOpenAI(api_key=KEY, max_retries=0, http_client=http))


def anthropic_model(answer: Answer) -> Model:
    http = httpx2.AsyncClient(transport=httpx2.MockTransport(answer))
    return AnthropicModel("some-model", anthropic.AsyncAnthropic(api_key=KEY, max_retries=0, http_client=http))


BOTH = pytest.mark.parametrize("make", [openai_model, anthropic_model])


def reply_of(model: Model) -> ModelReply:
    return asyncio.run(model.reply(TALK, max_tokens=70))


def openai_body(**facts: Any) -> dict[str, Any]:
    content = [{"type": "output_text", "text": "Well.", "annotations": []}]
    message = {"type": "message", "id": "m", "role": "assistant", "status": "completed", "content": content}
    usage = {
        "input_tokens": 12,
        "output_tokens": 3,
        "total_tokens": 15,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens_details": {"reasoning_tokens": 0},
    }
    return {"id": "r", "object": "response", "output": [message], "usage": usage, "status": "completed", **facts}


def test_openai_is_asked_for_one_answer_and_keeps_nothing() -> None:
    """The whole conversation goes there each time; what it cost comes back."""
    seen: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(200, json=openai_body())

    reply = reply_of(openai_model(answer))
    assert reply == ModelReply(text="Well.", input_tokens=12, output_tokens=3, stop_reason="end")
    assert seen[0].url.path == "/v1/responses"
    assert json.loads(seen[0].content) == {
        "model": "some-model",
        "instructions": "Be brief.",
        "input": [
            {"role": "user", "content": "Hello"},
            {"role": "assistant", "content": "Hi"},
            {"role": "user", "content": "More"},
        ],
        "max_output_tokens": 70,
        "store": False,
    }


def test_an_answer_of_openai_that_was_cut_off_says_so() -> None:
    """Its word for it is the reason."""
    body = openai_body(status="incomplete", incomplete_details={"reason": "max_output_tokens"})
    assert reply_of(openai_model(lambda _: httpx2.Response(200, json=body))).stop_reason == "max_output_tokens"


@pytest.mark.parametrize(("code", "is_passing"), [("server_error", True), ("invalid_prompt", False)])
def test_an_answer_of_openai_that_is_an_error_is_one(code: str, is_passing: bool) -> None:
    """Although its status is 200."""
    body = openai_body(status="failed", error={"code": code, "message": "no"}, output=[])
    with pytest.raises(ModelError, match="openai: no") as failed:
        reply_of(openai_model(lambda _: httpx2.Response(200, json=body)))
    assert failed.value.details["is_passing"] is is_passing


def test_an_answer_without_its_price_is_refused() -> None:
    """A budget cannot count it."""
    with pytest.raises(ModelError, match="did not say what the answer cost"):
        reply_of(openai_model(lambda _: httpx2.Response(200, json=openai_body(usage=None))))


def anthropic_body(**facts: Any) -> dict[str, Any]:
    usage = {"input_tokens": 10, "output_tokens": 3, "cache_read_input_tokens": 2, "cache_creation_input_tokens": None}
    content = [{"type": "text", "text": "We"}, {"type": "text", "text": "ll."}]
    facts = {"stop_reason": "end_turn", "content": content, **facts}
    return {"id": "m", "type": "message", "role": "assistant", "model": "some-model", "usage": usage, **facts}


def test_anthropic_is_asked_for_one_answer() -> None:
    """Tokens that its cache had are read, too."""
    seen: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(200, json=anthropic_body())

    reply = reply_of(anthropic_model(answer))
    assert reply == ModelReply(text="Well.", input_tokens=12, output_tokens=3, stop_reason="end")
    assert seen[0].url.path == "/v1/messages"
    assert json.loads(seen[0].content) == {
        "model": "some-model",
        "system": "Be brief.",
        "messages": [
            {"role": "user", "content": "Hello"},
            {"role": "assistant", "content": "Hi"},
            {"role": "user", "content": "More"},
        ],
        "max_tokens": 70,
    }


def test_a_refusal_of_anthropic_is_an_empty_answer() -> None:
    """What to make of it is the caller's."""
    body = anthropic_body(stop_reason="refusal", content=[])
    reply = reply_of(anthropic_model(lambda _: httpx2.Response(200, json=body)))
    assert (reply.text, reply.stop_reason) == ("", "refusal")


@BOTH
@pytest.mark.parametrize(
    ("status", "is_passing"),
    [
        (400, False),
        (401, False),
        (403, False),
        (404, False),
        (408, True),
        (409, True),
        (429, True),
        (500, True),
        (529, True),
    ],
)
def test_a_status_is_an_error_that_passes_or_does_not(make: Any, status: int, is_passing: bool) -> None:
    """What will be the same the next time is not tried again. No key stands in the error."""

    def answer(_: httpx2.Request) -> httpx2.Response:
        said = {"error": {"type": "x", "message": f"Incorrect API key provided: {KEY}"}}
        return httpx2.Response(status, json=said, headers={"retry-after": "7"})

    with pytest.raises(ModelError, match=f"answered {status}") as failed:
        reply_of(make(answer))
    assert failed.value.details == {"is_passing": is_passing, "wait_s": 7.0, "is_free": status in (401, 403, 404, 429)}
    assert KEY not in str(failed.value.to_dict())
    assert failed.value.__cause__ is None


@BOTH
def test_a_provider_that_cannot_be_reached_may_come_back(make: Any) -> None:
    """A broken line, and one on which nothing comes."""

    def broken(_: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError(f"no route with {KEY}")

    def slow(_: httpx2.Request) -> httpx2.Response:
        raise httpx2.ReadTimeout("slow")

    for answer in (broken, slow):
        with pytest.raises(ModelError, match="cannot be reached") as failed:
            reply_of(make(answer))
        assert failed.value.details["is_passing"] is True
        assert failed.value.details["is_free"] is (answer is broken)
        assert KEY not in str(failed.value.to_dict())


# -- tried again ------------------------------------------------------------------------------------------------------


class Flaky:
    def __init__(self, *errors: ModelError) -> None:
        self.errors = list(errors)

    async def reply(self, messages: Any, *, max_tokens: int) -> ModelReply:
        assert (messages, max_tokens) == (TALK, 5)
        if self.errors:
            raise self.errors.pop(0)
        return ModelReply(text="yes", input_tokens=1, output_tokens=1, stop_reason="end")


def asked(model: Model) -> tuple[ModelReply, list[float]]:
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    return asyncio.run(ask(model, TALK, max_tokens=5, sleep=sleep)), pauses


def passing(wait_s: float | None = None) -> ModelError:
    return model_error("busy", is_passing=True, wait_s=wait_s)


def test_what_may_pass_is_tried_again_later_each_time() -> None:
    """As late as the provider asks for, within bounds."""
    reply, pauses = asked(Flaky(passing(), passing(), passing()))
    assert (reply.text, pauses) == ("yes", [1.0, 2.0, 4.0])
    assert asked(Flaky(passing(7.0), passing(3_600.0)))[1] == [7.0, 60.0]


def test_it_is_tried_so_often_and_no_more() -> None:
    """The last error is the answer."""
    model = Flaky(*[passing() for _ in range(TRIES + 1)])
    with pytest.raises(ModelError, match="busy"):
        asked(model)
    assert len(model.errors) == 1


def test_what_does_not_pass_is_not_tried_again() -> None:
    """A wrong key stays wrong."""
    model = Flaky(model_error("no", is_passing=False), passing())
    with pytest.raises(ModelError, match="no"):
        asked(model)
    assert len(model.errors) == 1


def test_a_providers_key_stands_in_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of whatever form it is: that of the model, and those in the environment; a plain word there is no secret."""
    for name, value in (
        ("ACME_API_KEY", "acme-7f3e9b2c4d5a"),
        ("OPENAI_API_KEY", "a-plain-word"),
        ("MY_TOKEN", "main"),
    ):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SECRET_STORE", "production-grade")
    text = "acme-7f3e9b2c4d5a, a-plain-word, my-own-key-here, main, production-grade"
    told = model_error(text, is_passing=False, key="my-own-key-here")
    assert told.message == "[redacted], [redacted], [redacted], main, production-grade"


@pytest.mark.parametrize(
    "text", ["password123", "localhost:8080", "application/json", "production-grade", "a b c d e f 1"]
)
def test_words_paths_and_addresses_do_not_look_random(text: str) -> None:
    """Programs are full of them, also under the name of a secret."""
    assert not looks_random(text)
    assert looks_random("Corr3ct-Horse-Battery9")
    assert looks_random("kJ8/x2Lq9+Zz==")


@BOTH
def test_the_key_of_a_client_is_known_to_its_model(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the host made it, and a provider repeats it."""
    monkeypatch.setattr("test_coding_models.KEY", "some-words-as-a-key")
    body = {"error": {"message": "Incorrect key: some-words-as-a-key", "type": "x"}}
    with pytest.raises(ModelError) as failed:
        reply_of(make(lambda _: httpx2.Response(401, json=body)))
    assert "[redacted]" in failed.value.message
    assert "some-words-as-a-key" not in str(failed.value.to_dict())


class Odd:
    """A model that answers with whatever it was given."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)

    async def reply(self, messages: Any, *, max_tokens: int) -> ModelReply:
        assert messages
        assert max_tokens
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return ModelReply(**{"text": "Well.", "input_tokens": 1, "output_tokens": 1, "stop_reason": "end", **answer})


def test_an_answer_that_cannot_be_read_is_tried_again() -> None:
    """An SDK that was given a page instead of an answer fails as it likes; a text has no half characters."""
    reply, waits = asked(Odd(AttributeError("no usage"), {"text": None}, {"text": "a\ud800", "stop_reason": "x" * 900}))
    assert (reply.text, len(reply.stop_reason), len(waits)) == ("a?", 500, 2)
    with pytest.raises(ModelError, match="answer cannot be read: AttributeError"):
        asked(Odd(*[AttributeError("no usage")] * TRIES))


@pytest.mark.parametrize("tokens", [-1, 1.5, "many", None, True])
def test_an_answer_says_what_it_cost_as_a_number(tokens: Any) -> None:
    """What cannot be counted would be free."""
    for name in ("input_tokens", "output_tokens"):
        with pytest.raises(ModelError, match="does not say what it cost"):
            asked(Odd({name: tokens}))


# -- a list of answers ------------------------------------------------------------------------------------------------


def test_a_scripted_model_answers_by_the_conversation_alone() -> None:
    """The n-th question gets the n-th answer, in whatever process it is asked."""
    model = ScriptedModel(["first", Scripted(text="second", expect=("Mo", "re"), input_tokens=9, output_tokens=99)])
    assert asyncio.run(model.reply(TALK[:2], max_tokens=9)).text == "first"
    for _ in range(2):
        reply = asyncio.run(model.reply(TALK, max_tokens=9))
        assert reply == ModelReply(text="second", input_tokens=9, output_tokens=9, stop_reason="end")


def test_a_scripted_model_says_what_it_did_not_expect() -> None:
    """A question without the text, and one too many."""
    model = ScriptedModel(["first", Scripted(text="second", expect=("Less",))])
    with pytest.raises(ModelError, match="question 2 lacks 'Less'; it ends with 'More'"):
        asyncio.run(model.reply(TALK, max_tokens=9))
    with pytest.raises(ModelError, match="the list has 1 answers, and none for one more"):
        asyncio.run(ScriptedModel(["first"]).reply(TALK, max_tokens=9))


def opened(text: str) -> str:
    async def run() -> str:
        async with open_model(text) as model:
            return (await model.reply(TALK[:2], max_tokens=9)).text

    return asyncio.run(run())


def test_a_scripted_model_is_read_from_a_file(tmp_path: Path) -> None:
    """A list of texts and of objects."""
    (tmp_path / "answers.json").write_text(json.dumps([{"text": "first", "expect": ["Hello"]}, "second"]))
    assert opened(f"scripted:{tmp_path / 'answers.json'}") == "first"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{}", "is no JSON list"),
        ("[", "is no JSON list"),
        ("[" * 100_000, "is no JSON list"),
        ("[1]", "answer 1 of the list is neither a text nor an object with one"),
        ('["a", {"text": "b", "txt": 1}]', "answer 2 of the list has the unknown field 'txt'"),
        ('[{"text": "b", "expect": "word"}]', "answer 1 of the list: `expect` is a list of texts"),
        ('[{"text": "b", "input_tokens": "1"}]', "answer 1 of the list: `input_tokens` is a whole number"),
    ],
)
def test_a_file_that_is_no_list_of_answers_is_refused(tmp_path: Path, text: str, why: str) -> None:
    """The error says which answer it is."""
    (tmp_path / "answers.json").write_text(text)
    with pytest.raises(UsageError) as refused:
        opened(f"scripted:{tmp_path / 'answers.json'}")
    assert why in refused.value.message


@pytest.mark.parametrize("text", ["", "openai", "openai:", "other:name", "scripted"])
def test_a_model_has_a_provider_and_a_name(text: str) -> None:
    """The hint lists what there is."""
    with pytest.raises(UsageError, match="there is no model") as refused:
        opened(text)
    assert refused.value.hint == "A model is anthropic:NAME, openai:NAME, scripted:NAME."


@pytest.mark.parametrize("kind", ["openai", "anthropic"])
def test_a_provider_needs_its_sdk_and_a_key(kind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Both are said before anything is asked."""
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "OPENAI_ADMIN_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(ModelError):
        opened(f"{kind}:some-model")
    monkeypatch.setitem(sys.modules, kind, None)
    with pytest.raises(ModelError, match=f"the package {kind} is not installed"):
        opened(f"{kind}:some-model")
