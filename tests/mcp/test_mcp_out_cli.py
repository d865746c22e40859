"""`belljar mcp` and `belljar decide`: real processes, official clients."""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import mcp_types as t
import pytest
from cli_support import Cli
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp_out_support import APPROVES, PAY, Person, answered, asked, facts_of, text_of

import belljar
from belljar.cli import _mcp
from belljar.errors import UsageError
from belljar.journal import Journal

TOOLS = '''
import pathlib, sys
from belljar import tool
print("loading", flush=True)

@tool(approval="always")
def pay(cents: int) -> str:
    """Pay."""
    print("paying", cents)
    with (pathlib.Path(__file__).parent / "paid").open("a") as file:
        file.write(f"{cents}\\n")
    return f"paid {cents}"

@tool
async def wait() -> None:
    """Waits until it is cancelled."""
    await __import__("asyncio").Event().wait()
'''
ENVIRONMENT = {"PYTHONPATH": str(Path(belljar.__file__).parents[1])} | {
    name: os.environ[name] for name in ("BELLJAR_CACHE", "XDG_CACHE_HOME") if name in os.environ
}
BOTH = pytest.mark.parametrize("mode", ["auto", "legacy"])


@pytest.fixture
def tools(tmp_path: Path) -> str:
    """A file with tools that print, which a server on standard output must survive."""
    file = tmp_path / "bank.py"
    file.write_text(TOOLS)
    return str(file)


def paid(folder: Path) -> list[str]:
    file = folder / "paid"
    return file.read_text().split() if file.exists() else []


@asynccontextmanager
async def over_stdio(*arguments: str, person: Person | None = None, mode: str = "auto") -> AsyncIterator[Client]:
    """A client of a server process."""
    command = ["-W", "error", "-m", "belljar", "mcp", *arguments]
    server = StdioServerParameters(command=sys.executable, args=command, env=ENVIRONMENT)
    with open(os.devnull, "w") as nowhere:
        async with Client(stdio_client(server, errlog=nowhere), mode=mode, elicitation_callback=person) as client:
            yield client


@pytest.mark.slow
@BOTH
def test_a_person_is_asked_over_standard_input_and_output(tmp_path: Path, tools: str, mode: str) -> None:
    """Tools that print, while they load and while they run, do not disturb the protocol."""

    async def run() -> str:
        async with over_stdio("-t", tools, person=Person(APPROVES), mode=mode) as client:
            return text_of(await client.call_tool("run_typescript", {"code": PAY}))

    assert (asyncio.run(run()), paid(tmp_path)) == ('"paid 5"', ["5"])


@pytest.mark.slow
def test_a_process_may_end_between_question_and_answer(tmp_path: Path, tools: str) -> None:
    """The user's own key and the journal folder are all that the next process needs; nothing is done twice."""
    options = ["-t", tools, "--journal", str(tmp_path / "journals")]

    async def run() -> tuple[str, bool]:
        async with over_stdio(*options, person=Person(APPROVES)) as client:
            questions = await asked(client, PAY)
        async with over_stdio(*options, person=Person(APPROVES)) as client:
            first = await answered(client, PAY, questions)
            again = await answered(client, PAY, questions)
        assert isinstance(again, t.CallToolResult)
        return text_of(first), again.is_error

    assert (asyncio.run(run()), paid(tmp_path)) == (('"paid 5"', True), ["5"])


@pytest.mark.slow
def test_an_operator_decides_from_another_terminal(tmp_path: Path, tools: str, cli: Cli) -> None:
    """--decide operator shows the client's user nothing; `belljar decide` decides, and resume_run looks for it."""
    folder = str(tmp_path / "journals")
    person = Person(APPROVES)

    async def run() -> tuple[Any, ...]:
        async with over_stdio("-t", tools, "--journal", folder, "--decide", "operator", person=person) as client:
            first = facts_of(await client.call_tool("run_typescript", {"code": PAY}))
            early = facts_of(await client.call_tool("resume_run", {"run_id": first["run_id"]}))
            told = await asyncio.to_thread(cli, "decide", folder, "--approve", "all")
            late = await client.call_tool("resume_run", {"run_id": first["run_id"]})
        return first["status"], early["status"], told.stdout.replace(first["run_id"], "RUN"), text_of(late)

    assert asyncio.run(run()) == ("suspended", "suspended", "RUN:1 pay: approve by policy *\n", '"paid 5"')
    assert (person.shown, paid(tmp_path)) == ([], ["5"])


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_winds_up_what_runs(tmp_path: Path, tools: str, number: signal.Signals) -> None:
    """The run is cancelled, its journal ended, and the exit code is 0: a client may stop a server as it likes."""
    folder = tmp_path / "journals"
    arguments = ["-m", "belljar", "mcp", "-t", tools, "--journal", str(folder)]

    async def run() -> int:
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        environment = {**os.environ, **ENVIRONMENT}
        process = await asyncio.create_subprocess_exec(sys.executable, *arguments, **pipes, env=environment)
        assert process.stdin is not None
        assert process.stdout is not None
        for message in _WAITING:
            process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
        while b"wait (line 1) started" not in await process.stdout.readline():
            assert not process.stdout.at_eof()
        process.send_signal(number)
        await process.communicate()
        assert process.returncode is not None
        return process.returncode

    code = asyncio.run(run())

    (file,) = folder.iterdir()
    assert (code, Journal.load(file).records[-1].facts["error"]["code"]) == (0, "ScriptCancelledError")


_HELLO = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "raw", "version": "1"}}
_CALL = {"name": "run_typescript", "arguments": {"code": "await tools.wait();"}, "_meta": {"progressToken": 1}}
_WAITING: list[dict[str, Any]] = [
    {"id": 1, "method": "initialize", "params": _HELLO},
    {"method": "notifications/initialized"},
    {"id": 2, "method": "tools/call", "params": _CALL},
]


@pytest.mark.slow
def test_every_option_reaches_the_harness(tmp_path: Path, tools: str) -> None:
    """Tools of a workspace and of an MCP server, limits, prompt, policy and trust."""
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "a.txt").write_text("alpha")
    inner = f"{sys.executable} {Path(__file__).parent / 'servers.py'}"
    options = ["-t", tools, "--workspace", str(tmp_path / "work"), "--mcp", f"demo={inner}", "--engine", "quickjs"]
    options += ["--approve", "none", "--trust-client-decisions", "--prompt-tokens", "1200"]
    options += ["--timeout-ms", "20000", "--memory-mb", "48", "--tool-calls", "3"]
    code = (
        "const denied = await tools.pay({cents: 1}).catch((e) => e.code);"
        "const file = await tools.readFile({path: 'a.txt'});"
        "const sandbox = context.sandbox;"
        "return [denied, JSON.stringify(file).includes('alpha'), sandbox.timeoutMs, sandbox.memoryMb,"
        " sandbox.remainingToolBudget, typeof tools.mcp.demo.add, typeof tools.search];"
    )

    async def run() -> tuple[Any, ...]:
        async with over_stdio(*options) as client:
            listed = (await client.list_tools()).tools
            result = await client.call_tool("run_typescript", {"code": code})
        return text_of(result), "decisions" in listed[2].input_schema["properties"], len(listed[0].description or "")

    text, takes_decisions, length = asyncio.run(run())

    assert text == '["ApprovalDeniedError", true, 20000, 48, 3, "function", "function"]'
    assert (takes_decisions, length < 1_200 * 4) == (True, True)


@asynccontextmanager
async def over_http(*arguments: str) -> AsyncIterator[tuple[str, asyncio.subprocess.Process]]:
    """The URL of a server process, and the process."""
    command = [sys.executable, "-W", "error", "-m", "belljar", "mcp", "--http", "127.0.0.1:0", *arguments]
    pipes: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = await asyncio.create_subprocess_exec(*command, **pipes, env={**os.environ, **ENVIRONMENT})
    try:
        assert process.stderr is not None
        line = (await process.stderr.readline()).decode()
        assert line.startswith("serving at "), line + (await process.stderr.read()).decode()
        yield line.removeprefix("serving at ").strip(), process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()


@pytest.mark.slow
def test_a_server_over_http_needs_its_token_and_ends_well(tmp_path: Path, tools: str) -> None:
    """The token is read from a file; SIGTERM ends the server with exit code 0, and nothing is left behind."""
    token = tmp_path / "token"
    token.write_text("s" * 40 + "\n")
    person = Person(APPROVES)

    async def run() -> tuple[Any, ...]:
        async with over_http("-t", tools, "--token-file", str(token)) as (url, process):
            async with httpx2.AsyncClient() as http:
                refused = (await http.post(url, json={})).status_code
            async with (
                httpx2.AsyncClient(headers={"authorization": "Bearer " + "s" * 40}) as http,
                Client(streamable_http_client(url, http_client=http), elicitation_callback=person) as client,
            ):
                text = text_of(await client.call_tool("run_typescript", {"code": PAY}))
            process.send_signal(signal.SIGTERM)
            return refused, text, await process.wait()

    assert (asyncio.run(run()), paid(tmp_path)) == ((401, '"paid 5"', 0), ["5"])


@pytest.mark.slow
def test_the_token_may_be_in_the_environment(tools: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """BELLJAR_MCP_TOKEN: no option carries it, since other users see those."""
    monkeypatch.setenv("BELLJAR_MCP_TOKEN", "e" * 40)

    async def run() -> int:
        async with over_http("-t", tools) as (url, _), httpx2.AsyncClient() as http:
            return (await http.post(url, json={})).status_code

    assert asyncio.run(run()) == 401


@pytest.mark.slow
def test_the_example_says_what_it_promises() -> None:
    """It plays model and person, and two invoices are paid."""
    example = Path(__file__).parents[2] / "examples" / "mcp_server.py"

    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-W", "error", str(example)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **ENVIRONMENT},
    )

    lines = done.stdout.splitlines()
    assert lines.count("A script asks to call the tool pay.") == 2
    assert lines[-1] == '{"receipts": ["A2: paid 250.00", "A3: paid 4.00"], "total": 25400}'


# -- what cannot work -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--decide", "operator"], "an operator decides in the journal folder, and there is none"),
        (["--workspace", ".", "--journal", "j"], "the journal folder j is in the workspace, where scripts can write"),
        (["--workspace", ".", "--journal", "."], "the journal folder . is in the workspace, where scripts can write"),
        (["--token-file", "x"], "a token and host names are for HTTP"),
        (["--allow-host", "x"], "a token and host names are for HTTP"),
        (["--http", "8765"], "'8765' is not HOST:PORT"),
        (["--http", "localhost:99999"], "'localhost:99999' is not HOST:PORT"),
        (["--http", ":80"], "':80' is not HOST:PORT"),
        (["--http", "0.0.0.0:0"], "0.0.0.0 can be reached from other computers, and there is no token"),
        (["--http", "192.0.2.1:1", "--token-file", "token"], "cannot listen on 192.0.2.1:1"),
        (["--http", "0.0.0.0:0", "--token-file", "token"], "0.0.0.0 is no name that clients use"),
        (["--http", "localhost:0", "--token-file", "tools.py"], "the token must have 32 ASCII characters or more"),
        (["--http", "localhost:0", "--token-file", "none"], "the token file none cannot be read"),
        (["--tools", "none.py"], "none.py"),
        (["--engine", "none"], "unknown engine 'none'"),
        (["--mcp", "x"], "'x' is not NAME=COMMAND or NAME=URL"),
    ],
)
def test_options_that_cannot_work_are_usage_errors(
    cli: Cli, options: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is served: exit code 2, and nothing on standard output, which is the protocol's."""
    monkeypatch.delenv("BELLJAR_MCP_TOKEN", raising=False)
    (tmp_path / "token").write_text("s" * 40)

    ran = cli("mcp", *options)

    assert (ran.code, ran.stdout) == (2, "")
    assert message in " ".join(ran.stderr.split())


def test_a_closed_stream_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that nobody can speak with is a usage error, not a crash."""
    monkeypatch.setattr(sys, "stdin", None)

    with pytest.raises(UsageError) as caught:
        _mcp.mcp_command(_mcp.McpOptions())

    assert caught.value.message == "a client speaks over standard input and output, and one is closed"


def test_a_name_is_allowed_with_its_option(monkeypatch: pytest.MonkeyPatch, cli: Cli, tmp_path: Path) -> None:
    """--allow-host names what clients use; without a wildcard's own name there is one at least."""
    (tmp_path / "token").write_text("s" * 40)
    served: list[Any] = []

    async def serve(app: Any, listener: Any) -> None:
        served.append((app, listener.getsockname()[0]))

    monkeypatch.setattr(_mcp, "_run_uvicorn", serve)

    ran = cli("mcp", "--http", "0.0.0.0:0", "--token-file", "token", "--allow-host", "belljar.example")

    assert (ran.code, ran.stdout, [address for _, address in served]) == (0, "", ["0.0.0.0"])  # noqa: S104


# -- belljar decide ---------------------------------------------------------------------------------------------------


@pytest.fixture
def waiting(tmp_path: Path) -> tuple[Path, str]:
    """A journal folder with a run that waits, one that ended, and something else; and the id of the first."""
    from mcp_out_support import Till

    folder = tmp_path / "journals"

    async def run() -> str:
        async with Till().harness(folder, image_key=None) as harness:
            await harness.run("return 1;")
            return (await harness.run(PAY)).run_id

    run_id = asyncio.run(run())
    (folder / "notes.jsonl").write_text("no journal\n")
    return folder, run_id


def test_a_decision_is_asked_for_once(cli: Cli, waiting: tuple[Path, str]) -> None:
    """What was decided is told the second time, by whom, and not asked again."""
    folder, run_id = waiting

    first = cli("decide", str(folder), run_id, "--approve", "none")
    second = cli("decide", str(folder), "--approve", "all")

    assert first.stdout == f"{run_id}:1 pay: deny by policy *\n"
    assert (second.code, second.stdout) == (0, first.stdout)


def test_a_run_that_does_not_wait_is_told(cli: Cli, waiting: tuple[Path, str]) -> None:
    """Asked for by name; among all it is passed over."""
    folder, _ = waiting

    ran = cli("decide", str(folder), "run_0", "--approve", "all")

    assert (ran.code, ran.stdout) == (2, "")


def test_a_folder_that_is_none_is_told(cli: Cli) -> None:
    """Instead of nothing to decide in it."""
    ran = cli("decide", "nowhere", "--approve", "all")

    assert (ran.code, "nowhere is no folder" in ran.stderr) == (2, True)


def test_without_a_terminal_nobody_is_taken_to_have_denied(cli: Cli, waiting: tuple[Path, str]) -> None:
    """A decision is a person's or a policy's; a pipe is neither."""
    folder, _ = waiting

    ran = cli("decide", str(folder))

    assert (ran.code, "nobody can be asked" in ran.stderr) == (2, True)
    assert list(folder.glob("*.decisions")) == []


def test_the_operator_is_asked_at_the_terminal(
    waiting: tuple[Path, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """He sees what a person at the client would have seen."""
    from belljar.cli import main

    folder, run_id = waiting
    leader, follower = os.openpty()
    with os.fdopen(leader, "wb", buffering=0) as keyboard, os.fdopen(follower, "r") as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        monkeypatch.setattr("belljar.tools._terminal_io.LineReader.discard_typeahead", lambda _: None)
        keyboard.write(b"n\nnot today\n")
        code = main(["decide", str(folder)])

    told = capsys.readouterr()
    assert (code, told.out) == (0, f"{run_id}:1 pay: deny by terminal\n")
    assert "pay always asks" in told.err
    assert b"not today" in (folder / f"{run_id}.decisions").read_bytes()


def test_standard_output_is_spared_while_tools_load(capfd: pytest.CaptureFixture[str]) -> None:
    """Whatever writes there: Python's print, and a child process."""
    with _mcp._spared_stdout():
        sys.stdout = io.TextIOWrapper(os.fdopen(os.dup(1), "wb"))
        try:
            print("loading")
            subprocess.run(["echo", "child"], check=True)  # noqa: S607
        finally:
            sys.stdout.close()
            sys.stdout = sys.__stdout__
    print("after", flush=True)

    told = capfd.readouterr()
    assert told.out == "after\n"
    assert sorted(told.err.split()) == ["child", "loading"]
