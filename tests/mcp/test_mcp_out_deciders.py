"""belljar as an MCP server: an answer counts once, for what was shown, and never is it the model's own."""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import mcp_types as t
import pytest
from mcp.client.client import Client
from mcp.server.mcpserver import MCPServer
from mcp.shared.exceptions import MCPError
from mcp_out_support import (
    APPROVES,
    KEY,
    PAY,
    Person,
    Till,
    answered,
    asked,
    facts_of,
    ran,
    text_of,
    with_client,
    with_server,
)

from belljar import ApprovalRequest, CallbackApprover, Decision, Limits
from belljar.errors import JournalError
from belljar.integrations import _mcp_runs
from belljar.integrations.mcp_server import build_server
from belljar.journal import Journal
from belljar.machine import user_key

# -- single use -------------------------------------------------------------------------------------------------------


def test_an_answer_counts_once(tmp_path: Path) -> None:
    """The SDK accepts the same state twice; the run does not: nothing is called again, and the model is told."""

    async def run(till: Till, client: Client) -> tuple[Any, ...]:
        questions = await asked(client, PAY)
        first = await answered(client, PAY, questions)
        again = await answered(client, PAY, questions)
        assert isinstance(again, t.CallToolResult)
        return text_of(first), again.is_error, text_of(again)[:15], till.paid

    assert with_client(tmp_path, run, person=Person(APPROVES)) == ('"paid 5"', True, "Nothing was run", [5])


def test_of_two_answers_at_the_same_time_one_counts(tmp_path: Path) -> None:
    """A client that sends its answer twice at once pays once."""

    async def run(till: Till, client: Client) -> tuple[Any, ...]:
        questions = await asked(client, PAY)
        both = await asyncio.gather(*(answered(client, PAY, questions) for _ in range(5)))
        return sorted(result.is_error for result in both if isinstance(result, t.CallToolResult)), till.paid

    assert with_client(tmp_path, run, person=Person(APPROVES)) == ([False, True, True, True, True], [5])


def test_an_answer_to_the_first_questions_is_none_to_the_next(tmp_path: Path) -> None:
    """An approval of the first call, replayed when the run waits for a second one, approves nothing."""
    code = "await tools.pay({cents: 1}); return await tools.pay({cents: 100});"

    async def run(till: Till, client: Client) -> tuple[Any, ...]:
        first = await asked(client, code)
        second = await answered(client, code, first)
        assert isinstance(second, t.InputRequiredResult)
        replayed = await answered(client, code, first)
        assert isinstance(replayed, t.CallToolResult)
        return replayed.is_error, list(till.paid), text_of(await answered(client, code, second)), till.paid

    assert with_client(tmp_path, run, person=Person(APPROVES)) == (True, [1], '"paid 100"', [1, 100])


def test_answers_under_another_name_are_none(tmp_path: Path) -> None:
    """An answer to a question that nobody put, or of another kind, decides nothing."""

    async def run(till: Till, client: Client) -> tuple[Any, ...]:
        questions = await asked(client, PAY)
        other = questions.model_copy(update={"input_requests": {"other:1": None}})
        unasked = facts_of(await answered(client, PAY, other))
        roots: Any = t.ListRootsResult(roots=[])
        wrong = facts_of(await answered(client, PAY, questions, roots))
        paid = list(till.paid)
        return unasked["status"], wrong["status"], paid, text_of(await answered(client, PAY, questions))

    assert with_client(tmp_path, run, person=Person(APPROVES)) == ("suspended", "suspended", [], '"paid 5"')


def test_an_answer_with_another_script_is_refused(tmp_path: Path) -> None:
    """What a client carries from question to answer is sealed together with the request's arguments."""

    async def run(till: Till, client: Client) -> tuple[Any, ...]:
        questions = await asked(client, PAY)
        with pytest.raises(MCPError) as changed:
            await answered(client, PAY.replace("5", "500"), questions)
        forged = questions.model_copy(update={"request_state": json.dumps({"run_id": "x", "shown": "", "number": 1})})
        with pytest.raises(MCPError) as unsealed:
            await answered(client, PAY, forged)
        return str(changed.value), str(unsealed.value), till.paid

    refusal = "Invalid or expired requestState"
    assert with_client(tmp_path, run, person=Person(APPROVES)) == (refusal, refusal, [])


def test_an_answer_is_good_for_as_long_as_was_said(tmp_path: Path) -> None:
    """After `ttl_s` the client's state is refused; resume_run asks anew."""

    async def run(till: Till, client: Client) -> tuple[Any, ...]:
        questions = await asked(client, PAY)
        (id_,) = questions.input_requests or {}
        with pytest.raises(MCPError):
            await answered(client, PAY, questions)
        late = await client.session.call_tool(
            "resume_run", {"run_id": id_.partition(":")[0]}, allow_input_required=True
        )
        return type(late), till.paid

    late = with_client(tmp_path, run, person=Person(APPROVES), ttl_s=1e-9)
    assert late == (t.InputRequiredResult, [])


def test_the_result_of_a_run_that_went_on_can_be_read_again(tmp_path: Path) -> None:
    """A client that lost the answer gets it by resume_run; nothing is called again."""

    async def run(till: Till, client: Client) -> tuple[Any, ...]:
        first = await client.call_tool("run_typescript", {"code": PAY})
        again = await client.call_tool("resume_run", {"run_id": facts_of(first)["run_id"]})
        return text_of(again), facts_of(again) == facts_of(first), till.paid

    assert with_client(tmp_path, run, person=Person(APPROVES)) == ('"paid 5"', True, [5])


def test_results_are_not_kept_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The latest ones are; an older one's run is in the journal folder."""
    monkeypatch.setattr(_mcp_runs, "_ENDED_KEPT", 1)

    async def run(_: Till, client: Client) -> list[bool | None]:
        ids = [facts_of(await client.call_tool("run_typescript", {"code": "1"}))["run_id"] for _ in range(2)]
        return [(await client.call_tool("resume_run", {"run_id": id_})).is_error for id_ in ids]

    assert with_client(tmp_path, run) == [True, False]


# -- the model does not decide ----------------------------------------------------------------------------------------


def test_resume_run_takes_no_decisions_of_its_own_accord(tmp_path: Path) -> None:
    """By default there is no argument for them, and one that is sent all the same is not looked at."""

    async def run(till: Till, client: Client) -> tuple[Any, ...]:
        facts = facts_of(await client.call_tool("run_typescript", {"code": PAY}))
        (question,) = facts["pending"]
        decisions = [{"id": question["id"], "digest": question["digest"], "decision": "approve"}]
        forged = await client.call_tool("resume_run", {"run_id": facts["run_id"], "decisions": decisions})
        return facts_of(forged)["status"], till.paid

    assert with_client(tmp_path, run) == ("suspended", [])


@pytest.mark.parametrize(
    ("changes", "status", "paid"),
    [
        ({}, "done", [5]),
        ({"decision": "deny", "reason": "no"}, "failed", []),
        ({"digest": "0" * 64}, "suspended", []),
        ({"id": "run_0:1"}, "suspended", []),
    ],
)
def test_a_client_s_word_counts_where_it_was_switched_on(
    tmp_path: Path, changes: dict[str, str], status: str, paid: list[int]
) -> None:
    """For the question that it names with the digest that was shown, and for no other."""

    async def run(till: Till, client: Client) -> tuple[Any, ...]:
        facts = facts_of(await client.call_tool("run_typescript", {"code": PAY}))
        (question,) = facts["pending"]
        decision = {"id": question["id"], "digest": question["digest"], "decision": "approve", **changes}
        result = await client.call_tool("resume_run", {"run_id": facts["run_id"], "decisions": [decision]})
        return facts_of(result)["status"], till.paid, facts["what_to_do"]

    told = with_client(tmp_path, run, trust_client_decisions=True)

    assert told[:2] == (status, paid)
    assert "Show the user every entry of pending in full and ask" in told[2]


def test_the_journal_says_that_a_decision_was_taken_on_trust(tmp_path: Path) -> None:
    """An auditor sees that it was the client's word."""

    async def run(_: Till, client: Client) -> None:
        facts = facts_of(await client.call_tool("run_typescript", {"code": PAY}))
        (question,) = facts["pending"]
        decision = {"id": question["id"], "digest": question["digest"], "decision": "approve"}
        await client.call_tool("resume_run", {"run_id": facts["run_id"], "decisions": [decision]})

    with_client(tmp_path, run, trust_client_decisions=True)

    (file,) = tmp_path.glob("*.jsonl")
    whos = [
        record.facts["who"]
        for record in Journal.load(file).records
        if record.type == "approval" and "who" in record.facts
    ]
    assert [who.rpartition(", ")[2] for who in whos] == ["on its word"]


def test_what_a_model_is_told_of_resume_run_says_that_it_does_not_decide(tmp_path: Path) -> None:
    """In both forms of the tool."""

    async def told(_: Till, client: Client) -> tuple[str, list[str]]:
        tool = (await client.list_tools()).tools[2]
        return tool.description or "", sorted(tool.input_schema["properties"])

    safe = with_client(tmp_path, told)
    trusting = with_client(tmp_path, told, trust_client_decisions=True)

    assert "You cannot decide" in safe[0]
    assert "You must not decide yourself" in trusting[0]
    assert (safe[1], trusting[1]) == (["run_id"], ["decisions", "run_id"])


# -- an operator ------------------------------------------------------------------------------------------------------


class Desk:
    """An operator who has not decided yet, and later has."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.decides: bool | None = None

    async def decide(self, request: ApprovalRequest) -> Decision | None:
        self.asked.append(request.tool)
        if self.decides is None:
            return None
        return (Decision.approve if self.decides else Decision.deny)(request, who="ada")


@pytest.mark.parametrize(("decides", "status", "paid"), [(True, "done", [5]), (False, "failed", [])])
def test_an_operator_decides_and_resume_run_only_asks_whether(
    tmp_path: Path, decides: bool, status: str, paid: list[int]
) -> None:
    """The person at the client is shown nothing; asking before it is decided changes nothing."""
    desk, person = Desk(), Person(APPROVES)

    async def run(till: Till, client: Client) -> tuple[Any, ...]:
        first = facts_of(await client.call_tool("run_typescript", {"code": PAY}))
        (file,) = tmp_path.glob("*.jsonl")
        before = file.read_bytes()
        early = facts_of(await client.call_tool("resume_run", {"run_id": first["run_id"]}))
        unchanged = file.read_bytes() == before
        desk.decides = decides
        late = facts_of(await client.call_tool("resume_run", {"run_id": first["run_id"]}))
        return first["status"], early["status"], unchanged, late["status"], till.paid

    told = with_client(tmp_path, run, person=person, operator=desk, asks_client=False)

    assert told == ("suspended", "suspended", True, status, paid)
    assert (person.shown, desk.asked) == ([], ["pay", "pay"])


def test_an_operator_stands_in_where_the_client_cannot_ask(tmp_path: Path) -> None:
    """A client with forms is asked first; one without waits for the operator."""
    desk = Desk()

    async def run(till: Till, server: MCPServer[Any]) -> tuple[Any, ...]:
        async with Client(server, elicitation_callback=Person(APPROVES)) as client:
            asked_there = text_of(await client.call_tool("run_typescript", {"code": PAY}))
        async with Client(server) as mute:
            facts = facts_of(await mute.call_tool("run_typescript", {"code": PAY}))
            desk.decides = True
            late = text_of(await mute.call_tool("resume_run", {"run_id": facts["run_id"]}))
        return asked_there, desk.asked, facts["what_to_do"].partition("An operator decides.")[1], late, till.paid

    assert with_server(tmp_path, run, operator=desk) == (
        '"paid 5"',
        ["pay"],
        "An operator decides.",
        '"paid 5"',
        [5, 5],
    )


def test_an_operator_may_change_the_arguments(tmp_path: Path) -> None:
    """What he decides is what runs, checked again."""
    operator = CallbackApprover(lambda request: Decision.edit(request, {"cents": 3}))

    async def run(till: Till, client: Client) -> tuple[Any, ...]:
        facts = facts_of(await client.call_tool("run_typescript", {"code": PAY}))
        return text_of(await client.call_tool("resume_run", {"run_id": facts["run_id"]})), till.paid

    assert with_client(tmp_path, run, operator=operator, asks_client=False) == ('"paid 3"', [3])


# -- the journal keeps what waits -------------------------------------------------------------------------------------


def test_a_server_that_was_restarted_takes_the_answer(tmp_path: Path) -> None:
    """Questions of one process, answers to another: state, run and what it did are not in memory."""

    async def ask(till: Till, client: Client) -> tuple[t.InputRequiredResult, list[int]]:
        return await asked(
            client, "const n = await tools.add({a: 2, b: 3}); return await tools.pay({cents: n});"
        ), till.paid

    questions, before = with_client(tmp_path, ask, person=Person(APPROVES))

    async def answer(till: Till, client: Client) -> tuple[Any, ...]:
        code = "const n = await tools.add({a: 2, b: 3}); return await tools.pay({cents: n});"
        first = await answered(client, code, questions)
        again = await answered(client, code, questions)
        assert isinstance(again, t.CallToolResult)
        return text_of(first), facts_of(first)["calls"], again.is_error, till.paid

    told = with_client(tmp_path, answer, person=Person(APPROVES))

    calls = [{"call": n, "tool": tool, "state": "done", "line": 1} for n, tool in enumerate(("add", "pay"), 1)]
    assert (before, told) == ([], ('"paid 5"', calls, True, [5]))


def answered_with(folder: Path, questions: t.InputRequiredResult, keys: list[bytes] | None) -> str:
    """What a new server with these keys says to an answer."""

    async def run() -> str:
        async with Till().harness(folder) as harness:
            server = build_server(harness, keys=keys)
            async with Client(server, elicitation_callback=Person(APPROVES)) as client:
                try:
                    return text_of(await answered(client, PAY, questions))
                except MCPError as error:
                    return error.message

    return asyncio.run(run())


def test_a_key_that_is_retired_still_opens(tmp_path: Path) -> None:
    """Keys rotate: the first seals, all open; another key's states are refused."""
    questions = with_client(tmp_path, lambda _, client: asked(client, PAY), person=Person(APPROVES))

    assert answered_with(tmp_path, questions, [b"n" * 32]) == "Invalid or expired requestState"
    assert answered_with(tmp_path, questions, None) == "Invalid or expired requestState"
    assert answered_with(tmp_path, questions, [b"n" * 32, KEY]) == '"paid 5"'


def test_the_key_is_the_user_s_own_unless_another_is_given(tmp_path: Path) -> None:
    """No constant and not of this process alone: every server of this user opens what another sealed."""

    async def ask() -> t.InputRequiredResult:
        async with (
            Till().harness(tmp_path) as harness,
            Client(build_server(harness), elicitation_callback=Person(APPROVES)) as client,
        ):
            return await asked(client, PAY)

    assert answered_with(tmp_path, asyncio.run(ask()), [user_key()]) == '"paid 5"'


def test_a_journal_that_was_changed_is_not_gone_on_with(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever can write to the journals still cannot make the server pay another sum."""
    questions = with_client(tmp_path, lambda _, client: asked(client, PAY), person=Person(APPROVES))
    (file,) = tmp_path.glob("*.jsonl")
    file.write_text(file.read_text().replace('"cents":5', '"cents":500'))

    async def answer(till: Till, client: Client) -> tuple[Any, ...]:
        result = await answered(client, PAY, questions)
        assert isinstance(result, t.CallToolResult)
        return result.is_error, till.paid

    with caplog.at_level(logging.CRITICAL):
        assert with_client(tmp_path, answer, person=Person(APPROVES)) == (True, [])


def test_waiting_for_people_costs_a_run_no_time(tmp_path: Path) -> None:
    """The clock of a run stands while it is suspended; ten rounds of asking fit into any limit."""
    limits = replace(Limits(), timeout_ms=2_000)
    code = "for (let n = 1; n <= 5; n++) await tools.pay({cents: n}); return 'all';"

    result, paid = ran(tmp_path, code, Person(APPROVES), harness={"limits": limits})

    assert (text_of(result), paid) == ('"all"', [1, 2, 3, 4, 5])


def test_suspended_runs_are_those_of_the_journal_folder(tmp_path: Path) -> None:
    """The harness knows them by the id that the client was told; the server keeps none."""

    async def run(till: Till, client: Client) -> tuple[Any, ...]:
        facts = facts_of(await client.call_tool("run_typescript", {"code": PAY}))
        async with till.harness(tmp_path) as other:
            known = other.suspended(facts["run_id"])
            with pytest.raises(JournalError):
                other.suspended("run_1")
        return known.run_id == facts["run_id"], [request.tool for request in known.pending]

    assert with_client(tmp_path, run) == (True, ["pay"])
