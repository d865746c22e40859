"""Programs that the provider runs and whose calls we make: through the same schema, budget, approval and journal."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from provider_support import KINDS, first_turn, history_of, talking, told
from support import Witness

from belljar import ApprovalRequest, CallbackApprover, DeferApprover, Harness, Limits, tool
from belljar.harness import TextPart
from belljar.providers import ProviderTurn
from belljar.testing.stub import Raw, StubReply

HOSTED = ("openai_responses", "anthropic_messages")
EACH = pytest.mark.parametrize("provider", HOSTED)
KNOWS = StubReply(parts=[TextPart("Done.")])
CONTAINER = {"container": {"id": "cont_1", "expires_at": "2026-11-21T12:00:00Z"}}
SERVER_TOOL = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "code_execution", "input": {"code": "x"}}
PROGRAM = {"type": "program", "id": "prog_1", "call_id": "prog", "code": "await note()", "fingerprint": "fp"}


def call(provider: str, name: str, text: Any, *, program: str = "prog", tool_name: str = "note") -> Raw:
    """A call that the provider's program makes."""
    if provider == "openai_responses":
        caller = {"type": "program", "caller_id": program}
        data = {"type": "function_call", "id": f"fc_{name}", "call_id": name, "name": tool_name, "caller": caller}
        return Raw({**data, "arguments": json.dumps({"text": text}), "status": "completed"})
    caller = {"type": "code_execution_20260120", "tool_id": program}
    return Raw({"type": "tool_use", "id": name, "name": tool_name, "input": {"text": text}, "caller": caller})


def says(provider: str, *calls: Raw, is_first: bool = True) -> StubReply:
    """A reply in which a program makes calls."""
    head = [Raw(PROGRAM if provider == "openai_responses" else SERVER_TOOL)] if is_first else []
    extra = CONTAINER if provider == "anthropic_messages" else {}
    return StubReply(parts=[*head, *calls], extra=extra)


@EACH
@pytest.mark.parametrize("streamed", [False, True])
def test_a_program_s_calls_are_made_and_answered_to_it(provider: str, streamed: bool) -> None:
    """The program's item goes back untouched, each answer names its call, and the container goes on."""
    witness = Witness()

    async def run() -> tuple[Any, ...]:
        reply = says(provider, call(provider, "c1", "a"), call(provider, "c2", "b"))
        async with talking(provider, [reply, KNOWS], witness.note, streamed=streamed) as talk:
            talk.request["tools"] = talk.adapter.tools(programmatic=True)
            await talk.to_the_end()
            return talk.turns[0], talk.last.text, talk.requests[1].body

    turn, text, body = asyncio.run(run())
    assert (told(turn), sorted(witness.log), text) == ([("c1", '"a"'), ("c2", '"b"')], ["a", "b"], "Done.")
    if provider == "openai_responses":
        assert turn.said[0] == PROGRAM
        assert turn.answers[0]["caller"] == {"type": "program", "caller_id": "prog"}
    else:
        assert turn.said[0]["content"][0] == SERVER_TOOL
        assert (turn.request, body["container"]) == ({"container": "cont_1"}, "cont_1")
    assert len(turn.turn.outcomes) == 2


@EACH
def test_the_budget_is_that_of_the_whole_program(provider: str) -> None:
    """Over all its rounds; another program has its own, and so have calls of the model itself."""
    witness = Witness()

    async def run() -> list[list[str]]:
        replies = [
            says(provider, call(provider, "c1", "a"), call(provider, "c2", "b")),
            says(provider, call(provider, "c3", "c"), call(provider, "c4", "d"), is_first=False),
            says(provider, call(provider, "c5", "e", program="other"), is_first=False),
            KNOWS,
        ]
        async with talking(provider, replies, witness.note, limits=Limits(tool_calls=3)) as talk:
            await talk.to_the_end()
            return [[text.splitlines()[0] for _, text in told(turn)] for turn in talk.turns[:3]]

    over = "ToolBudgetExceededError: no more than 3 calls may be made by one program"
    assert asyncio.run(run()) == [['"a"', '"b"'], ['"c"', over], ['"e"']]
    assert sorted(witness.log) == ["a", "b", "c", "e"]


@EACH
def test_the_model_s_own_calls_have_a_budget_of_each_turn(provider: str) -> None:
    """The limit of the harness, or of the turn."""
    kind = {"openai_responses": "function_call", "anthropic_messages": "tool_use"}[provider]
    given = {"arguments": '{"text": "x"}', "input": {"text": "x"}}
    raw = [{"type": kind, "id": f"c{n}", "call_id": f"c{n}", "name": "note", **given} for n in range(3)]
    reply = StubReply(parts=[Raw(each) for each in raw])
    turn = first_turn(provider, reply, Witness().note, process={"limits": Limits(tool_calls=2)})
    assert [text.splitlines()[0] for _, text in told(turn)] == [
        '"x"', '"x"', "ToolBudgetExceededError: no more than 2 calls may be made in one turn",
    ]  # fmt: skip


@EACH
def test_a_program_s_calls_are_approved_and_journalled(provider: str) -> None:
    """A person is asked with the arguments; a denial is an error for the program."""
    asked: list[Any] = []

    @tool(approval="always")
    async def note(text: str) -> str:
        """Ask first."""
        return text

    def decide(request: ApprovalRequest) -> bool:
        asked.append(dict(request.arguments))
        return bool(request.arguments["text"] == "a")

    reply = says(provider, call(provider, "c1", "a"), call(provider, "c2", "b"))
    turn = first_turn(provider, reply, note, approver=CallbackApprover(decide))
    assert sorted(each["text"] for each in asked) == ["a", "b"]
    assert [text.splitlines()[0].split(":")[0] for _, text in told(turn)] == ['"a"', "ApprovalDeniedError"]
    assert [record.type for record in turn.turn.outcomes[0].journal.records].count("intent") == 1


@EACH
def test_a_program_that_waits_goes_on_with_its_budget_in_another_adapter(provider: str) -> None:
    """What it used is in the state."""

    @tool(approval="always")
    async def note(text: str) -> str:
        """Ask first."""
        return text

    options: dict[str, Any] = {"limits": Limits(tool_calls=1), "image_key": b"k" * 32, "type_checker": None}

    async def run() -> tuple[ProviderTurn, ProviderTurn]:
        reply = says(provider, call(provider, "c1", "a"))
        more = says(provider, call(provider, "c2", "b"), is_first=False)
        async with talking(provider, [reply, more], note, approver=DeferApprover(), **options) as talk:
            waits = await talk.round()
            async with Harness([note], mode="enabled", **options) as harness:
                talk.adapter = KINDS[provider](harness)
                assert waits.suspended is not None
                turn = await talk.adapter.resume(waits.suspended.state, {waits.suspended.pending[0].id: True})
                talk.take(turn)
                return turn, await talk.round()

    turn, after = asyncio.run(run())
    assert told(turn) == [("c1", '"a"')]
    assert told(after)[0][1].startswith("ToolBudgetExceededError")


def test_while_a_program_waits_its_answers_stand_alone() -> None:
    """Anthropic takes no text beside them: what a script in the text returned is told with the next message."""
    provider = "anthropic_messages"

    async def run() -> tuple[Any, ...]:
        tagged = TextPart("<tool-calls>return 'tag'</tool-calls>")
        first = says(provider, call(provider, "c1", "a"))
        replies = [StubReply(parts=[tagged, *first.parts], extra=CONTAINER), KNOWS, KNOWS]
        async with talking(provider, replies, Witness().note) as talk:
            await talk.to_the_end()
            return (
                [told(turn) for turn in talk.turns],
                [turn.goes_on for turn in talk.turns],
                history_of(talk.requests[2]),
            )

    (first, second, third), goes_on, history = asyncio.run(run())
    assert (first, third, goes_on) == ([("c1", '"a"')], [], [True, True, False])
    assert second[0][1].endswith('Script 1 returned:\n```\n"tag"\n```')
    assert history[-1]["content"][0]["type"] == "text"
