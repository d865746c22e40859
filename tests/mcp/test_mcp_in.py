"""MCP servers as tools, with the official server in process, over stdio and over HTTP."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import mcp_types as types
import pytest
from mcp.server.mcpserver import MCPServer
from servers import COMMAND, demo, over_http

from belljar import AutoApprover, CallbackApprover, Harness, Outcome
from belljar.errors import UsageError
from belljar.mcp import Elicitation, McpServers, Problem, ServerSpec, Target
from belljar.tools import ApprovalRequest, declarations
from belljar.tools.events import ProgressMade

TRANSPORTS = ("in process", "stdio", "http")


@pytest.fixture(params=TRANSPORTS)
def target(request: pytest.FixtureRequest) -> Iterator[Target]:
    """The same server behind each transport."""
    with ExitStack() as stack:
        made: dict[str, Callable[[], Target]] = {
            "in process": demo,
            "stdio": lambda: COMMAND,
            "http": lambda: stack.enter_context(over_http(demo())),
        }
        yield made[request.param]()


async def outcome_of(servers: McpServers, source: str, **options: Any) -> Outcome:
    """One script with the servers' tools."""
    async with Harness(tools=servers.tools, **options) as harness:
        return await harness.run(source)


def run(source: str, target: Target, **options: Any) -> Outcome:
    """One script with one server named `demo`, whose calls nobody is asked for."""

    async def go() -> Outcome:
        async with McpServers({"demo": target}, **{"approval": "never", **options}) as servers:
            assert servers.problems == ()
            return await outcome_of(servers, source)

    return asyncio.run(go())


def test_f15_an_mcp_tool_is_callable(target: Target) -> None:
    """A server's tools are `tools.mcp.SERVER.TOOL`; what they give is plain data, over every transport."""
    outcome = run(
        """
        const sum = await tools.mcp.demo.add({ a: 1, b: 2 });
        const invoice = await tools.mcp.demo.get_invoice({ number: "R-1" });
        const text = await tools.mcp.demo.report({ kind: "text" });
        const blocks = await tools.mcp.demo.picture();
        const failed = await tools.mcp.demo.fail().catch((err) => `${err.code}: ${err.message}`);
        return { sum, invoice, text, blocks, failed };
        """,
        target,
    )

    assert outcome.value == {
        "sum": 3,
        "invoice": {"number": "R-1", "cents": 1250},
        "text": "all is well",
        "blocks": [
            {"type": "text", "text": "a cat"},
            {"type": "image", "mimeType": "image/png", "data": b"\x89PNG"},
        ],
        "failed": "ToolExecutionError: mcp.demo.fail: Error executing tool fail: no such account: 7",
    }


def test_the_harness_takes_servers_by_name() -> None:
    """`Harness(mcp={...})` connects, declares and calls."""

    async def go() -> Any:
        async with Harness(mcp={"demo": demo()}, approver=AutoApprover("all")) as harness:
            return (await harness.run("return await tools.mcp.demo.add({ a: 20, b: 22 })")).value

    assert asyncio.run(go()) == 42


def test_declarations_come_from_the_servers_schemas() -> None:
    """Arguments and results are typed; what the SDK wraps in `result` is unwrapped, as the value is."""

    async def go() -> str:
        async with McpServers({"demo": demo()}) as servers:
            chosen = ("add", "get_invoice", "report", "fail")
            return declarations(tool for tool in servers.tools if tool.name.removeprefix("mcp.demo.") in chosen)

    assert asyncio.run(go()) == (
        "/** One invoice. */\n"
        "type Invoice = { number: string; cents: number };\n"
        "declare const tools: {\n"
        "  mcp: {\n"
        "    demo: {\n"
        "      /** The sum. */\n"
        "      add(args: { a: number; b: number }): Promise<number>;\n"
        "      /**\n"
        "       * The invoice of this number.\n"
        "       * The server calls it 'get-invoice'.\n"
        "       */\n"
        "      get_invoice(args: { number: string }): Promise<Invoice>;\n"
        "      /**\n"
        "       * A report.\n"
        "       * @returns the server does not say what\n"
        "       */\n"
        "      report(args: { kind: string }): Promise<unknown>;\n"
        "      /** Fails. */\n"
        "      fail(): Promise<string>;\n"
        "    };\n"
        "  };\n"
        "};\n"
    )


def _signature(servers: McpServers, name: str) -> list[str]:
    found = next(tool for tool in servers.tools if tool.name == f"mcp.demo.{name}")
    return [line.strip(" *") for line in declarations([found]).splitlines() if "@returns" in line or "Promise" in line]


def test_a_result_that_nobody_declared_is_inferred_for_the_next_prompt() -> None:
    """The first real result gives the type, further ones widen it, and the declaration says where it is from."""

    async def go() -> list[Any]:
        async with McpServers({"demo": demo()}, approval="never") as servers:
            seen: list[Any] = [_signature(servers, "picture")]
            await outcome_of(servers, "await tools.mcp.demo.picture()")
            seen += [await servers.refresh(), _signature(servers, "picture")]
            await outcome_of(servers, "await tools.mcp.demo.picture(); await tools.mcp.demo.report({kind: 'json'})")
            seen += [await servers.refresh(), _signature(servers, "report"), await servers.refresh()]
            return seen

    assert asyncio.run(go()) == [
        ["@returns the server does not say what", "picture(): Promise<unknown>;"],
        True,
        [
            "@returns inferred from a real result, may be incomplete",
            "picture(): Promise<{ type: string; text?: string; mimeType?: string; data?: Uint8Array }[]>;",
        ],
        True,
        [
            "@returns JSON text for JSON.parse; inferred from a real result, may be incomplete",
            "report(args: { kind: string }): Promise<string>;",
        ],
        False,
    ]


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_changed_list_is_seen_at_the_next_refresh(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both eras of the protocol tell of changes; tools that did not change stay the same objects."""
    monkeypatch.setattr("belljar.mcp._link.MODE", mode)

    async def go() -> None:
        async with McpServers({"demo": demo()}, approval="never") as servers:
            before = servers.tools
            while await servers.refresh():  # until the subscription has begun
                raise AssertionError("nothing has changed")
            outcome = await outcome_of(servers, "return await tools.mcp.demo.grow()")
            assert outcome.value == "grown"
            await asyncio.sleep(0)
            assert await servers.refresh()
            assert servers.tools[:-1] == before
            assert servers.tools[-1].name == "mcp.demo.extra"
            assert not await servers.refresh()

    asyncio.run(go())


def test_progress_is_passed_on(target: Target) -> None:
    """What a server reports is an event of the run, with the call that it is about."""
    heard: list[tuple[str, int | None]] = []

    def listen(event: object) -> None:
        if isinstance(event, ProgressMade):
            heard.append((event.message, event.call))

    async def go() -> None:
        async with (
            McpServers({"demo": target}, approval="never") as servers,
            Harness(tools=servers.tools) as harness,
        ):
            await harness.run("await tools.mcp.demo.add({ a: 1, b: 2 })", on_event=listen)

    asyncio.run(go())

    assert heard == [("1 of 2: half way", 1)]


def test_cancelling_a_run_cancels_the_request(target: Target) -> None:
    """The server's own task is cancelled; nothing goes on behind a run that has ended."""

    async def go() -> tuple[Outcome, Any]:
        began = asyncio.Event()
        async with McpServers({"demo": target}, approval="never") as servers, Harness(tools=servers.tools) as harness:
            options: dict[str, Any] = {"run_id": "r", "on_event": lambda e: _sets(began, e)}
            task = asyncio.create_task(harness.run("await tools.mcp.demo.wait()", **options))
            await began.wait()
            harness.cancel("r")
            outcome = await task
            return outcome, (await harness.run("return await tools.mcp.demo.was_cancelled()")).value

    outcome, was_cancelled = asyncio.run(go())

    assert outcome.error is not None
    assert (outcome.error.code, was_cancelled) == ("ScriptCancelledError", True)


def _sets(began: asyncio.Event, event: object) -> None:
    if isinstance(event, ProgressMade):
        began.set()


# -- who decides ------------------------------------------------------------------------------------------------------


def _approvals(**options: Any) -> dict[str, tuple[Any, bool]]:
    async def go() -> dict[str, tuple[Any, bool]]:
        async with McpServers({"demo": demo()}, **options) as servers:
            return {tool.name.rpartition(".")[2]: (tool.approval, tool.idempotent) for tool in servers.tools[:2]}

    return asyncio.run(go())


def test_every_call_is_asked_for_unless_the_operator_says_otherwise() -> None:
    """What a server claims of its tools decides nothing by itself."""
    assert _approvals() == {"add": ("always", False), "get_invoice": ("always", False)}


def test_trusted_hints_spare_the_questions_for_what_only_reads() -> None:
    """The operator may believe a server: then read-only tools run without a question, and may be repeated."""
    assert _approvals(trust_hints=True) == {"add": ("never", True), "get_invoice": ("always", False)}


def test_a_rule_decides_for_each_tool() -> None:
    """A function of the server's name and its description of the tool; where it fails, a person is asked."""

    def rule(server: str, entry: types.Tool) -> Any:
        return {"demo add": "never"}[f"{server} {entry.name}"]

    assert _approvals(approval=rule) == {"add": ("never", False), "get_invoice": ("always", False)}


@pytest.mark.parametrize("nonsense", [None, True, "ask", 7])
def test_a_rule_that_gives_nonsense_asks(nonsense: Any) -> None:
    """Nothing runs unasked because a rule forgot to return something."""
    assert _approvals(approval=lambda _server, _entry: nonsense)["add"] == ("always", False)


def test_an_approval_that_is_none_is_refused() -> None:
    """When the servers are named."""
    with pytest.raises(UsageError, match="approval must be"):
        McpServers({"demo": demo()}, approval="sometimes")  # type: ignore[arg-type]  # the point of the test


def test_an_approver_sees_the_call_of_an_mcp_tool() -> None:
    """The same approval as for any tool, with the reason in the request."""
    asked: list[tuple[str, Any, str]] = []

    def decide(request: ApprovalRequest) -> bool:
        asked.append((request.tool, request.arguments, request.reason))
        return False

    async def go() -> Outcome:
        async with McpServers({"demo": demo()}) as servers:
            return await outcome_of(
                servers, "await tools.mcp.demo.add({ a: 1, b: 2 })", approver=CallbackApprover(decide)
            )

    outcome = asyncio.run(go())

    assert asked == [("mcp.demo.add", {"a": 1, "b": 2}, "mcp.demo.add always asks")]
    assert outcome.error is not None
    assert outcome.error.code == "ApprovalDeniedError"


# -- questions of the server ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("answer", "said"), [({"agreed": True}, "bo: accept True"), (None, "bo: decline None")])
def test_a_question_of_the_server_is_handed_to_the_operator(answer: Any, said: str) -> None:
    """The handler gets the words and the fields; None declines."""
    asked: list[Elicitation] = []

    async def elicitation(question: Elicitation) -> Any:
        asked.append(question)
        return answer

    outcome = run("return await tools.mcp.demo.send({ to: 'bo' })", demo(), elicitation=elicitation)

    assert outcome.value == said
    assert [(question.server, question.tool, question.message) for question in asked] == [
        ("demo", "mcp.demo.send", "Send it to bo?")
    ]
    assert asked[0].fields is not None
    assert list(asked[0].fields["properties"]) == ["agreed"]


@pytest.mark.parametrize(
    ("call", "words"), [("send({ to: 'bo' })", ""), ("ask_again()", ": Which one?")], ids=["asks first", "does not"]
)
def test_a_question_that_nobody_answers_is_an_error_with_its_words(call: str, words: str) -> None:
    """It is never lost: the call fails, says that input is needed, and quotes what was asked where it is known."""
    outcome = run(f"return await tools.mcp.demo.{call}", demo())

    assert outcome.error is not None
    name = call.partition("(")[0]
    assert outcome.error.message == (
        f"mcp.demo.{name} was not carried out: MCP server 'demo' asks for input that nobody here can give{words}"
    )
    assert outcome.error.details["input_required"] is True


def test_a_handler_that_fails_withdraws_the_question(caplog: pytest.LogCaptureFixture) -> None:
    """The server hears that the question was cancelled, the operator's log has the exception."""

    async def elicitation(_question: Elicitation) -> Any:
        raise RuntimeError("no terminal")

    with caplog.at_level(logging.ERROR, logger="belljar.mcp"):
        outcome = run("return await tools.mcp.demo.send({ to: 'bo' })", demo(), elicitation=elicitation)

    assert outcome.value == "bo: cancel None"
    assert "no terminal" in caplog.text


def test_a_server_that_never_stops_asking_is_given_up() -> None:
    """The rounds of one call are bounded."""

    async def elicitation(_question: Elicitation) -> Any:
        return {}

    outcome = run("return await tools.mcp.demo.ask_again()", demo(), elicitation=elicitation)

    assert outcome.error is not None
    assert outcome.error.code == "ToolExecutionError"
    assert outcome.error.message == ("mcp.demo.ask_again failed: MCP server 'demo' asks for input again and again")


# -- one event loop, and the end --------------------------------------------------------------------------------------


def test_after_closing_calls_fail_and_a_refresh_is_refused() -> None:
    """A closed set of servers starts nothing again."""

    async def go() -> tuple[Outcome, str]:
        async with McpServers({"demo": demo()}, approval="never") as servers:
            tools = servers.tools
        async with Harness(tools=tools) as harness:
            outcome = await harness.run("return await tools.mcp.demo.add({ a: 1, b: 2 })")
        with pytest.raises(UsageError) as refused:
            await servers.refresh()
        return outcome, refused.value.message

    outcome, refused = asyncio.run(go())

    assert outcome.error is not None
    assert outcome.error.message == "MCP server 'demo' is not available: it was closed by the host"
    assert refused == "these MCP servers are closed"


def test_servers_may_be_used_in_one_loop_after_another() -> None:
    """A loop that ends takes its connections along; the next one connects anew."""
    servers = McpServers({"demo": demo()}, approval="never")

    async def go() -> Any:
        await servers.refresh()
        return (await outcome_of(servers, "return await tools.mcp.demo.add({ a: 1, b: 2 })")).value

    assert [asyncio.run(go()), asyncio.run(go())] == [3, 3]


def test_a_connection_is_used_from_many_tasks_at_once() -> None:
    """Connecting, calling and closing may each happen in a task of its own."""

    async def go() -> list[Any]:
        servers = McpServers({"demo": demo()}, approval="never")
        await asyncio.create_task(servers.connect())
        async with Harness(tools=servers.tools) as harness:
            source = "return await Promise.all([0, 1, 2].map((n) => tools.mcp.demo.add({ a: n, b: BASE })))"
            runs = [harness.run(source.replace("BASE", str(base))) for base in range(20)]
            found = [outcome.value for outcome in await asyncio.gather(*runs)]
        await asyncio.create_task(servers.aclose())
        return found

    assert asyncio.run(go()) == [[base, base + 1, base + 2] for base in range(20)]


def test_servers_in_use_in_another_loop_are_refused() -> None:
    """A connection belongs to the loop that made it."""
    servers = McpServers({"demo": demo()}, approval="never")

    async def go() -> str:
        await servers.connect()
        with pytest.raises(UsageError) as refused:
            await asyncio.to_thread(asyncio.run, servers.aclose())
        await servers.aclose()
        return refused.value.message

    assert asyncio.run(go()) == "MCP server 'demo' is in use in another event loop"


def test_runs_that_begin_at_once_all_have_the_tools() -> None:
    """The first use connects, and nobody goes on without what it brings."""

    async def go() -> list[Any]:
        servers = McpServers({"demo": demo()}, approval="never")
        harness = Harness(mcp=servers)
        runs = [harness.run("return await tools.mcp.demo.add({ a: 1, b: 2 })") for _ in range(5)]
        values = [outcome.value for outcome in await asyncio.gather(*runs)]
        await harness.aclose()
        return values

    assert asyncio.run(go()) == [3] * 5


def test_a_refresh_that_is_cancelled_leaves_the_others_going() -> None:
    """Who stops waiting does not stop the look at the list."""

    async def go() -> int:
        servers = McpServers({"demo": demo()}, approval="never")
        waiting = [asyncio.create_task(servers.refresh()) for _ in range(2)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        await waiting[1]
        await servers.aclose()
        return len(servers.tools)

    assert asyncio.run(go()) == 10


def test_two_servers_with_the_same_tools_do_not_meet() -> None:
    """The server's name is part of the tool's."""
    other = MCPServer("other", log_level="CRITICAL")
    other.add_tool(lambda a, b: f"{a}{b}", name="add")

    async def go() -> tuple[Any, tuple[Problem, ...]]:
        targets: dict[str, Target] = {"demo": demo(), "other": ServerSpec(target=other)}
        async with McpServers(targets, approval="never") as servers:
            source = "return [await tools.mcp.demo.add({ a: 1, b: 2 }), await tools.mcp.other.add({ a: '1', b: '2' })]"
            return (await outcome_of(servers, source)).value, servers.problems

    assert asyncio.run(go()) == ([3, "12"], ())
