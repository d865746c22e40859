"""belljar as an MCP server: who decides on a call, and that no one else can."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import mcp_types as t
import pytest
from mcp.client.client import Client
from mcp.server.mcpserver import MCPServer
from mcp_out_support import (
    APPROVES,
    CANCELS,
    DECLINES,
    DENIES,
    KEY,
    PAY,
    TWO,
    Person,
    Till,
    facts_of,
    ran,
    said,
    text_of,
    with_client,
    with_server,
)

from belljar import DeferApprover, Harness, tool
from belljar.integrations.mcp_server import build_server
from belljar.journal import Journal

BOTH = pytest.mark.parametrize("mode", ["auto", "legacy"])
CAUGHT = "try { return await tools.pay({cents: 5}) } catch (e) { return [e.code, e.message] }"


# -- a person at the client -------------------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize(
    ("answer", "value", "paid"),
    [
        (APPROVES, "paid 5", [5]),
        (said("approve_for_run"), "paid 5", [5]),
        (DENIES, ["ApprovalDeniedError", "the call of pay was denied: too much"], []),
        (said("deny"), ["ApprovalDeniedError", "the call of pay was denied"], []),
        (DECLINES, ["ApprovalDeniedError", "the call of pay was denied: the person who was asked declined"], []),
    ],
)
def test_the_person_s_answer_is_what_the_script_gets(
    tmp_path: Path, answer: t.ElicitResult, value: Any, paid: list[int], mode: str
) -> None:
    """In the same request, whichever protocol the client speaks; a declined form is a denial."""
    result, made = ran(tmp_path, CAUGHT, Person(answer), mode=mode)

    assert (facts_of(result)["status"], facts_of(result)["value"], made) == ("done", value, paid)


@BOTH
@pytest.mark.parametrize(
    "answer",
    [
        CANCELS,
        t.ElicitResult(action="cancel", content={"decision": "approve"}),
        t.ElicitResult(action="accept"),
        said("yes"),
        said(""),
    ],
)
def test_a_form_without_a_decision_leaves_the_run_waiting(tmp_path: Path, answer: t.ElicitResult, mode: str) -> None:
    """Closing the form decides nothing: nothing is called, and the result says how the run goes on."""
    result, paid = ran(tmp_path, PAY, Person(answer), mode=mode)

    facts = facts_of(result)
    assert (result.is_error, paid) == (False, [])
    assert (facts["status"], [question["tool"] for question in facts["pending"]]) == ("suspended", ["pay"])
    assert facts["what_to_do"].startswith("A person must decide; you cannot.")
    assert facts["what_to_do"] in text_of(result)
    assert f"resume_run with run_id {facts['run_id']!r}: it asks." in facts["what_to_do"]


def test_the_person_is_shown_what_runs(tmp_path: Path) -> None:
    """Tool, reason, arguments without secrets, the script's line, and the digest of the whole call."""
    person = Person(CANCELS)
    code = "const cents = 5;\nreturn await tools.pay({cents, token: `${cents}`});"

    result, _ = ran(tmp_path, code, person)

    (question,) = facts_of(result)["pending"]
    assert person.shown == [
        "A script asks to call the tool pay.\n"
        "Why you are asked: pay always asks\n"
        'Arguments: {\n  "cents": 5,\n  "token": "[redacted]"\n}\n'
        "Line 2 of the script:\n"
        "       2 | return await tools.pay({cents, token: `${cents}`});\n"
        "         |                    ^\n"
        f"Digest of the whole call: {question['digest']}"
    ]
    assert {**question, "id": "", "digest": ""} == {
        "id": "",
        "tool": "pay",
        "arguments": {"cents": 5, "token": "[redacted]"},
        "reason": "pay always asks",
        "line": 2,
        "digest": "",
    }


HOSTILE = "x\nDigest of the whole call: 00\u202e\u0007\u2028y"
WRITTEN = json.dumps(HOSTILE)


@pytest.mark.parametrize(
    "body",
    [
        f"{{note: {WRITTEN}}}",
        f"{{[{WRITTEN}]: 1}}",
        f"Array(30).fill({WRITTEN})",
        "Object.fromEntries(Array.from({length: 50}, (_, n) => [n, 'y'.repeat(400)]))",
    ],
)
def test_what_a_script_writes_cannot_pass_for_the_form_s_own_lines(tmp_path: Path, body: str) -> None:
    """Arguments are JSON and indented, reasons on one line; what would turn or hide text is written out, and what is
    too long for a form is cut with its full size, never the digest."""
    person = Person(CANCELS)
    code = f"await tools.post({{body: {body}}}); // \u200eDigest of the whole call: 00"

    @tool(approval=lambda _: f"why: {HOSTILE}")
    def post(body: Any) -> None:
        """Post."""

    async def run() -> None:
        async with (
            Harness([post], approver=DeferApprover(), journal=tmp_path) as harness,
            Client(build_server(harness, keys=[KEY]), elicitation_callback=person) as client,
        ):
            await client.call_tool("run_typescript", {"code": code})

    asyncio.run(run())

    (message,) = person.shown
    starts = ("A script asks", "Why you are asked: ", "Arguments: {", " ", "}", "Line 1 of", "Digest of", "[cut: ")
    assert [line for line in message.split("\n") if not line.startswith(starts)] == []
    assert (message.count("\nDigest of the whole call: "), len(message) < 7_000) == (1, True)
    assert not set(message) & set("\u202e\u0007\u2028\u200e")


def test_a_reason_is_kept_readable(tmp_path: Path) -> None:
    """What the person writes reaches the script, without what a terminal or a log would obey, and not without end."""
    result, _ = ran(tmp_path, CAUGHT, Person(said("deny", "no\u001b[2J" + "o" * 5_000)))

    reason = "no\\x1b[2J" + "o" * (1_000 - len("no\\x1b[2J"))
    assert facts_of(result)["value"] == ["ApprovalDeniedError", f"the call of pay was denied: {reason}"]


@BOTH
def test_a_client_that_leaves_while_a_person_is_asked_leaves_the_run_waiting(tmp_path: Path, mode: str) -> None:
    """Nothing was decided, so nothing is lost: the next client goes on with it."""
    shown = asyncio.Event()

    async def never(context: Any, params: Any) -> t.ElicitResult:  # noqa: ARG001 - the SDK's signature
        shown.set()
        await asyncio.Event().wait()
        raise AssertionError

    async def run(till: Till, server: MCPServer[Any]) -> tuple[Any, ...]:
        async with Client(server, mode=mode, elicitation_callback=never) as client:
            call = asyncio.ensure_future(client.call_tool("run_typescript", {"code": PAY}))
            await shown.wait()
            call.cancel()
            await asyncio.wait([call])
        (file,) = tmp_path.glob("*.jsonl")
        async with Client(server, mode=mode, elicitation_callback=Person(APPROVES)) as client:
            return text_of(await client.call_tool("resume_run", {"run_id": file.stem})), till.paid

    assert with_server(tmp_path, run) == ('"paid 5"', [5])


def test_a_client_that_fails_to_ask_leaves_the_question_open(tmp_path: Path) -> None:
    """An error of the client's own is no decision."""

    async def broken(context: Any, params: Any) -> t.ErrorData:  # noqa: ARG001 - the SDK's signature
        return t.ErrorData(code=t.INTERNAL_ERROR, message="no window")

    async def run(till: Till, server: MCPServer[Any]) -> tuple[Any, ...]:
        async with Client(server, mode="legacy", elicitation_callback=broken) as client:
            return facts_of(await client.call_tool("run_typescript", {"code": PAY}))["status"], till.paid

    assert with_server(tmp_path, run) == ("suspended", [])


def test_all_questions_of_a_run_are_put_together(tmp_path: Path) -> None:
    """Parallel calls cost one round, and a person may decide on each differently."""
    decide = {"1": said("approve"), "2": said("deny", "no")}

    class Chooser(Person):
        async def __call__(self, context: Any, params: Any) -> t.ElicitResult:
            await super().__call__(context, params)
            return decide["1" if '"cents": 1' in params.message else "2"]

    person = Chooser(CANCELS)
    code = (
        TWO.replace("Promise.all", "Promise.allSettled").replace("return", "const r =") + "return r.map(x => x.status);"
    )

    result, paid = ran(tmp_path, code, person)

    assert (facts_of(result)["value"], paid, len(person.shown)) == (["fulfilled", "rejected"], [1], 2)


@BOTH
def test_a_question_that_is_left_open_keeps_the_run_waiting_for_it_alone(tmp_path: Path, mode: str) -> None:
    """What was decided is done; the rest is not asked again in the same request, but by resume_run."""
    person = Person(APPROVES, CANCELS, APPROVES)

    async def run(till: Till, client: Client) -> tuple[Any, ...]:
        first = facts_of(await client.call_tool("run_typescript", {"code": TWO}))
        paid = list(till.paid)
        last = await client.call_tool("resume_run", {"run_id": first["run_id"]})
        return first["status"], len(first["pending"]), paid, sorted(facts_of(last)["value"]), len(till.paid)

    assert with_client(tmp_path, run, person=person, mode=mode) == (
        "suspended",
        1,
        [1],
        ["paid 1", "paid 2"],
        2,
    )


@BOTH
def test_a_run_may_ask_ten_times_in_one_request(tmp_path: Path, mode: str) -> None:
    """Official clients give up after ten rounds; the eleventh question is left to resume_run instead."""
    code = "for (let n = 1; n <= 11; n++) await tools.pay({cents: n}); return 'all';"

    async def run(till: Till, client: Client) -> tuple[Any, ...]:
        first = facts_of(await client.call_tool("run_typescript", {"code": code}))
        paid = list(till.paid)
        last = facts_of(await client.call_tool("resume_run", {"run_id": first["run_id"]}))
        return first["status"], paid, last["value"], till.paid

    ten = list(range(1, 11))
    assert with_client(tmp_path, run, person=Person(APPROVES), mode=mode) == ("suspended", ten, "all", [*ten, 11])


def test_a_tool_may_be_approved_for_the_rest_of_the_run(tmp_path: Path) -> None:
    """One answer for a loop; another run asks again."""
    person = Person(said("approve_for_run"))
    code = "for (let n = 1; n <= 12; n++) await tools.pay({cents: n}); return 'all';"

    _, paid = ran(tmp_path, code, person)
    ran(tmp_path, PAY, person)

    assert (len(paid), len(person.shown)) == (12, 2)


@BOTH
def test_progress_only_rises_within_a_request(tmp_path: Path, mode: str) -> None:
    """Also where a person is asked in its middle."""
    requests: list[list[float]] = []

    async def tell(progress: float, total: float | None, message: str | None) -> None:  # noqa: ARG001 - the SDK's
        if progress == 1:
            requests.append([])
        requests[-1].append(progress)

    async def run(_: Till, client: Client) -> None:
        await client.call_tool("run_typescript", {"code": PAY}, progress_callback=tell)

    with_client(tmp_path, run, person=Person(APPROVES), mode=mode)

    assert len(requests) == {"auto": 2, "legacy": 1}[mode]
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in requests)


def test_the_journal_says_who_decided(tmp_path: Path) -> None:
    """No more is known of the person than the name that the client gives itself."""

    async def run(_: Till, server: MCPServer[Any]) -> None:
        info = t.Implementation(name="desk\u202e", version="2")
        async with Client(server, client_info=info, elicitation_callback=Person(APPROVES)) as client:
            await client.call_tool("run_typescript", {"code": PAY})

    with_server(tmp_path, run)

    (file,) = tmp_path.glob("*.jsonl")
    decided = [r.facts for r in Journal.load(file).records if r.type == "approval" and r.facts["verdict"] == "approve"]
    assert [facts["who"] for facts in decided] == ["person at the MCP client desk\\u202e 2"]


# -- a client that cannot ask -----------------------------------------------------------------------------------------


@BOTH
def test_a_client_that_cannot_ask_is_told_what_to_do(tmp_path: Path, mode: str) -> None:
    """A suspended result: no error, the open questions, and that the model cannot decide."""

    async def run(till: Till, client: Client) -> tuple[Any, ...]:
        result = await client.call_tool("run_typescript", {"code": PAY})
        again = await client.call_tool("resume_run", {"run_id": facts_of(result)["run_id"]})
        return result, again, till.paid

    result, again, paid = with_client(tmp_path, run, mode=mode)

    facts = facts_of(result)
    assert (result.is_error, again.is_error, paid) == (False, False, [])
    assert (facts["status"], facts["error"]["code"]) == ("suspended", "RunSuspendedError")
    assert facts["what_to_do"] == (
        "A person must decide; you cannot. Do not send the script again and do not call the tool another way: what the "
        "script has done is kept, and it goes on where it stopped. This client cannot show the question. Tell the "
        f"user: from one that can, call resume_run with run_id {facts['run_id']!r}."
    )
    assert facts_of(again)["pending"] == facts["pending"]
    assert text_of(again).startswith(f"The run {facts['run_id']} waits for a decision on: pay.\nA person must decide")


def test_another_client_that_can_ask_takes_the_run_up(tmp_path: Path) -> None:
    """The run is the server's, not the connection's."""

    async def run(till: Till, server: MCPServer[Any]) -> tuple[Any, ...]:
        async with Client(server, mode="legacy") as mute:
            run_id = facts_of(await mute.call_tool("run_typescript", {"code": PAY}))["run_id"]
        async with Client(server, elicitation_callback=Person(APPROVES)) as client:
            return text_of(await client.call_tool("resume_run", {"run_id": run_id})), till.paid

    assert with_server(tmp_path, run) == ('"paid 5"', [5])


@BOTH
def test_a_client_that_only_opens_web_pages_is_not_asked(
    tmp_path: Path, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Elicitation by URL alone shows no form."""
    only_url = t.ClientCapabilities(elicitation=t.ElicitationCapability(url=t.UrlElicitationCapability()))
    monkeypatch.setattr("mcp.client.session.ClientSession._build_capabilities", lambda *_: only_url)

    result, paid = ran(tmp_path, PAY, Person(APPROVES), mode=mode)

    assert (facts_of(result)["status"], paid) == ("suspended", [])


@pytest.mark.parametrize("run_id", ["run_0", "", "../../etc/passwd", "a" * 500, "\u202e\n"])
def test_a_run_that_nobody_knows_is_told_apart_from_none(tmp_path: Path, run_id: str) -> None:
    """Whatever a model sends as an id: nothing is run, and no path of the host is named."""

    async def run(_: Till, client: Client) -> t.CallToolResult:
        return await client.call_tool("resume_run", {"run_id": run_id})

    result = with_client(tmp_path, run)

    assert result.is_error
    assert text_of(result).startswith("Nothing was run: '")
    assert str(tmp_path) not in text_of(result)
    assert "\u202e" not in text_of(result)
