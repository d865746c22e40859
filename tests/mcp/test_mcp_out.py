"""belljar as an MCP server, in process, without anybody to ask: what a client is told and gets."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import mcp_types as t
import pytest
from mcp.client.client import Client
from mcp_out_support import KEY, Till, facts_of, text_of, with_client, with_server

import belljar
from belljar import AutoApprover, DeferApprover, Harness, Limits, tool
from belljar.errors import UsageError
from belljar.integrations.mcp_server import build_server
from belljar.journal import Journal

BOTH = pytest.mark.parametrize("mode", ["auto", "legacy"])


def ran(folder: Path, code: str, **options: Any) -> t.CallToolResult:
    return with_client(folder, lambda _, client: client.call_tool("run_typescript", {"code": code}), **options)


def end_of(folder: Path) -> str:
    """The code of the error that the folder's one run ended with."""
    (file,) = folder.glob("*.jsonl")
    end = Journal.load(file).records[-1]
    assert end.type == "end", end
    return str(end.facts["error"]["code"])


@BOTH
def test_a_script_s_value_is_text_and_structured_content(tmp_path: Path, mode: str) -> None:
    """The model reads the value as JSON; a program reads status, value, calls and figures beside it."""
    result = ran(tmp_path, "return {sum: await tools.add({a: 1, b: 2})};", mode=mode)

    facts = facts_of(result)
    assert (result.is_error, text_of(result)) == (False, '{"sum": 3}')
    assert facts["figures"].pop("tool_calls") == 1
    assert facts | {"figures": {}, "run_id": "r"} == {
        "status": "done",
        "run_id": "r",
        "value": {"sum": 3},
        "error": None,
        "calls": [{"call": 1, "tool": "add", "state": "done", "line": 1}],
        "figures": {},
        "pending": [],
        "what_to_do": "",
    }


def test_no_value_is_told_as_undefined(tmp_path: Path) -> None:
    """A script that returns nothing is no error."""
    result = ran(tmp_path, "const x = 1;")

    assert (result.is_error, text_of(result), facts_of(result)["value"]) == (False, "undefined", None)


def test_a_failed_script_is_an_error_that_the_model_can_repair(tmp_path: Path) -> None:
    """Code, position and hint are there, and which calls were made."""
    result = ran(tmp_path, "await tools.add({a: 1, b: 2});\nthrow new Error('no');")

    facts = facts_of(result)
    assert result.is_error
    assert text_of(result).startswith("ScriptRuntimeError at script.ts:2:")
    assert [facts["status"], facts["error"]["code"], facts["error"]["line"]] == ["failed", "ScriptRuntimeError", 2]
    assert sorted(facts["error"]) == ["code", "column", "hint", "line", "message", "retryable", "tool"]
    assert facts["calls"] == [{"call": 1, "tool": "add", "state": "done", "line": 1}]


def test_a_script_that_is_refused_is_told_with_all_its_mistakes(tmp_path: Path) -> None:
    """Nothing ran; the text lists every finding."""
    result = ran(tmp_path, "nope;\nawait tools.ad({});")

    assert result.is_error
    assert text_of(result).startswith("2 problems; nothing was run.\nUndefinedNameError at script.ts:1:1:")


def test_the_tools_are_told_with_their_rules_and_declarations(tmp_path: Path) -> None:
    """run_typescript's description is the harness's own prompt for scripts that go to a tool: no tags in it."""

    async def listed(till: Till, client: Client) -> tuple[list[t.Tool], str]:
        return (await client.list_tools()).tools, till.harness(tmp_path).prompt(form="tool")

    tools, prompt = with_client(tmp_path, listed)

    assert [tool.name for tool in tools] == ["run_typescript", "describe_tools", "resume_run"]
    assert tools[0].description == prompt
    assert "<tool-calls>" not in prompt
    assert "add(args: {" in prompt
    assert [tool.annotations.read_only_hint for tool in tools if tool.annotations] == [False, True, False]
    assert [sorted(tool.input_schema["properties"]) for tool in tools] == [["code"], ["names", "query"], ["run_id"]]
    assert [tool.output_schema is not None for tool in tools] == [True, False, True]


def test_the_description_follows_the_tools_that_there_are(tmp_path: Path) -> None:
    """Tools of MCP servers come and go between two lists; the description is of the moment."""
    told = iter(["first", "second"])

    async def listed(_: Till, server: Any) -> list[str | None]:
        server._harness.prompt = lambda **_: next(told)
        async with Client(server, cache=None) as client:
            return [(await client.list_tools()).tools[0].description for _ in range(2)]

    assert with_server(tmp_path, listed) == ["first", "second"]


@pytest.mark.parametrize(
    ("arguments", "begins", "is_error"),
    [
        ({"names": ["add"]}, "declare const tools: {\n  /** The sum. */\n  add(args: {", False),
        ({"names": ["a*"]}, "declare const tools: {\n  /** The sum. */\n  add(args: {", False),
        ({"query": "pay an invoice"}, "// A person may be asked before these run and may say no: pay\n", False),
        ({"query": "zebra"}, "// no tools\n", False),
        ({"names": []}, "// no tools\n", False),
        ({"names": ["ad"]}, "ToolNotFoundError: there is no tool, group or pattern 'ad'. Nearest: add.", True),
        ({"names": ["zebra"]}, "ToolNotFoundError: there is no tool, group or pattern 'zebra'", True),
        ({"query": "!"}, "ToolValidationError: search: the arguments did not fit: query should have a word", True),
    ],
)
def test_describe_tools_declares_what_is_asked_for(
    tmp_path: Path, arguments: dict[str, Any], begins: str, is_error: bool
) -> None:
    """By name, pattern or what it should do; errors name what is near, and no tool that only scripts have."""
    result = with_client(tmp_path, lambda _, client: client.call_tool("describe_tools", arguments))

    text = text_of(result)
    assert (text[: len(begins)], result.is_error) == (begins, is_error)
    assert not {"tools.search", "tools.describe"} & set(text.split())


def test_describe_tools_tells_of_all_where_nothing_is_asked(tmp_path: Path) -> None:
    """A small catalogue is declared whole."""
    text = text_of(with_client(tmp_path, lambda _, client: client.call_tool("describe_tools", {})))

    assert [f"  {name}(" in text for name in ("add", "pay", "wait")] == [True, True, True]


@BOTH
def test_what_happens_is_progress(tmp_path: Path, mode: str) -> None:
    """Console, calls and the script's own progress, numbered upwards within a request."""
    told: list[tuple[float, str | None]] = []

    async def tell(progress: float, total: float | None, message: str | None) -> None:
        assert total is None
        told.append((progress, message))

    code = "console.warn('a'); context.telemetry.emitProgress('b'); await tools.add({a: 1, b: 1});"
    result = with_client(
        tmp_path,
        lambda _, client: client.call_tool("run_typescript", {"code": code}, progress_callback=tell),
        mode=mode,
    )

    run_id = facts_of(result)["run_id"]
    assert told == [
        (1, f"run {run_id} started"),
        (2, "console.warn: a"),
        (3, "b"),
        (4, "add (line 1) started"),
        (5, "add: done"),
    ]


@BOTH
def test_a_client_that_cancels_its_request_cancels_the_run(tmp_path: Path, mode: str) -> None:
    """The tool is stopped and the journal closed before the server forgets the request."""

    async def cancelled(till: Till, client: Client) -> None:
        call = asyncio.ensure_future(client.call_tool("run_typescript", {"code": "await tools.wait();"}))
        await till.started.wait()
        call.cancel()
        await till.stopped.wait()
        await asyncio.wait([call])

    with_client(tmp_path, cancelled, mode=mode)

    assert end_of(tmp_path) == "ScriptCancelledError"


def test_a_cancelled_request_lasts_until_its_run_is_wound_up(tmp_path: Path) -> None:
    """Whoever sees the request end finds the journal ended too, tools that clean up included."""

    @tool
    async def slow_to_stop() -> None:
        """Takes a few turns of the loop to clean up."""
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            for _ in range(20):
                await asyncio.sleep(0)

    started = asyncio.Event()

    async def run() -> str:
        async with Harness([slow_to_stop], journal=tmp_path) as harness, Client(build_server(harness)) as client:
            call = asyncio.ensure_future(client.call_tool("run_typescript", {"code": "await tools.slow_to_stop();"}))
            await started.wait()
            call.cancel()
            await asyncio.wait([call])
            return end_of(tmp_path)

    assert asyncio.run(run()) == "ScriptCancelledError"


def test_many_requests_run_at_the_same_time(tmp_path: Path) -> None:
    """Each has its own run, value and progress."""

    async def many(_: Till, client: Client) -> list[Any]:
        codes = [f"return await tools.add({{a: {n}, b: 1}});" for n in range(20)]
        calls = [client.call_tool("run_typescript", {"code": code}) for code in codes]
        return [facts_of(result)["value"] for result in await asyncio.gather(*calls)]

    assert with_client(tmp_path, many) == list(range(1, 21))


def test_what_a_tool_says_reaches_the_client_whatever_it_holds(tmp_path: Path) -> None:
    """Half a surrogate pair, as in a file name that is no UTF-8, is no reason for the protocol to break down."""

    @tool
    def broken() -> str:
        """A name that the machine refuses: the outcome's partial results have it all the same."""
        return "caf\udce9"

    @tool(approval=lambda _: "caf\udce9")
    def asking() -> None:
        """Its reason has the name."""

    async def run() -> list[t.CallToolResult]:
        async with Harness([broken, asking], approver=DeferApprover(), journal=tmp_path) as harness:
            codes = ("return await tools.broken();", "return await tools.asking();")
            async with Client(build_server(harness), mode="legacy") as client:
                return [await client.call_tool("run_typescript", {"code": code}) for code in codes]

    failed, suspended = asyncio.run(run())

    assert '"value": "caf\ufffd"' in text_of(failed)
    assert facts_of(suspended)["pending"][0]["reason"] == "caf\ufffd"


def test_an_error_of_the_host_names_no_path(tmp_path: Path) -> None:
    """The model learns that it is not the script's fault and what was called; the operator's log has the rest."""
    folder = tmp_path / "journals"
    folder.write_text("a file where the folder should be")

    result = ran(folder, "return 1;")

    assert result.is_error
    assert text_of(result) == (
        "JournalError: the host could not go on, and its log says why. This is not the script's fault. "
        "Calls of this request, which must not be repeated: []"
    )


def test_a_policy_may_decide_instead_of_people(tmp_path: Path) -> None:
    """A harness with an approver of its own never suspends: the server only passes on."""
    result = ran(tmp_path, "return await tools.pay({cents: 5});", harness={"approver": AutoApprover("all")})

    assert text_of(result) == '"paid 5"'


def test_limits_are_those_of_the_harness(tmp_path: Path) -> None:
    """A script that never ends is ended, and told so."""
    result = ran(tmp_path, "while (true) {}", harness={"limits": Limits(timeout_ms=100)})

    assert (result.is_error, facts_of(result)["error"]["code"]) == (True, "ScriptTimeoutError")


@pytest.mark.parametrize(
    ("options", "journal", "message"),
    [
        ({}, False, "this harness keeps no journals"),
        ({"asks_client": False}, True, "nobody could decide"),
        (
            {"operator": DeferApprover(), "trust_client_decisions": True},
            True,
            "either an operator decides or the client's word counts, not both",
        ),
    ],
)
def test_a_server_where_nobody_could_decide_is_not_built(
    tmp_path: Path, options: dict[str, Any], journal: bool, message: str
) -> None:
    """Misuse is told when the server is made, not when the first person should have been asked."""
    harness = Harness(journal=tmp_path if journal else None)

    with pytest.raises(UsageError) as caught:
        build_server(harness, keys=[KEY], **options)

    assert caught.value.message == message


def test_the_server_says_who_it_is(tmp_path: Path) -> None:
    """Name, version, and what to do with it."""

    async def known(_: Till, client: Client) -> tuple[Any, ...]:
        assert client.server_info is not None
        return client.server_info.name, client.server_info.version, client.instructions

    name, version, instructions = with_client(tmp_path, known, name="till")

    assert (name, version) == ("till", belljar.__version__)
    assert json.dumps(instructions).count("run_typescript") == 1
