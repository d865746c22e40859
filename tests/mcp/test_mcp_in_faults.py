"""Servers that are down, slow, crash, or speak something else: coded errors in the script, and nobody else notices."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from mcp.client.stdio import StdioServerParameters
from servers import answering, demo, one_tool, over_http, scripted

from belljar import Harness, Outcome
from belljar.errors import BelljarError
from belljar.mcp import McpServers, Problem, ServerSpec, Target

TEXT = {"content": [{"type": "text", "text": "ok"}]}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pause before a server is tried again, unless a test is about it."""
    monkeypatch.setattr("belljar.mcp._connection._FIRST_PAUSE_S", 0.0)
    monkeypatch.setattr("belljar.mcp._stdio._LEAVE_S", 0.2)


async def _run(servers: McpServers, source: str, **options: Any) -> Outcome:
    async with Harness(tools=servers.tools, **options) as harness:
        return await harness.run(source)


def run(target: Target, *sources: str) -> list[Outcome]:
    """Scripts one after another, with one server named `s`."""

    async def go() -> list[Outcome]:
        async with McpServers({"s": target}, approval="never") as servers:
            return [await _run(servers, source) for source in sources]

    return asyncio.run(go())


def problems_of(target: Target) -> tuple[Problem, ...]:
    """What the operator is told of one server."""

    async def go() -> tuple[Problem, ...]:
        async with McpServers({"s": target}) as servers:
            assert servers.tools == ()
            return servers.problems

    return asyncio.run(go())


def error_of(outcome: Outcome) -> BelljarError:
    assert outcome.error is not None, outcome.value
    return outcome.error


CALL = "return await tools.mcp.s.go()"

# -- never there ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("no-such-command-anywhere --now", "its command is not there"),
        ([os.devnull], "its command may not be started"),
        ([sys.executable, "-c", "raise SystemExit(3)"], "it ended the connection"),
        ([sys.executable, "-Sc", "print('hello', flush=True)\nwhile True: input()"], "it does not speak MCP"),
        ([sys.executable, "-Sc", "import time; time.sleep(60)"], "it does not answer"),
        ("http://127.0.0.1:1/mcp", "it cannot be reached"),
    ],
    ids=["no command", "no program", "exits", "garbage", "silent", "refused"],
)
def test_a_server_that_is_not_there_is_a_problem_and_no_exception(
    target: Target, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Connecting never fails; the server has no tools, and `problems` and the log say why."""
    found = problems_of(ServerSpec(target=target, connect_timeout_ms=400))

    assert [(problem.server, problem.tool) for problem in found] == [("s", None)]
    assert found[0].message.startswith(reason)
    assert f"MCP server s is not available: {reason}" in caplog.text


def test_the_end_of_stderr_and_the_exit_code_are_told_to_the_operator() -> None:
    """The last 2 kB of what the child wrote, without host paths."""
    program = "import sys; sys.stderr.write('x' * 9000 + ' cannot open /home/me/secret/db.sqlite'); sys.exit(3)"

    message = problems_of([sys.executable, "-Sc", program])[0].message

    first, last = message.split("\n")
    assert first.startswith("it ended the connection")
    assert first.endswith("exit code 3")
    assert len(last) < 2_048
    assert last.endswith("x cannot open db.sqlite")


@pytest.mark.parametrize("status", [401, 403, 500, 503])
def test_an_http_refusal_is_named_by_its_status(status: int) -> None:
    """What an operator needs to know first: a token is missing, or the server is broken."""
    found = asyncio.run(_against(f"HTTP/1.1 {status} No\r\ncontent-length: 0\r\n\r\n".encode()))

    assert found[0].message.startswith(f"it answers with HTTP status {status}")


async def _against(answer: bytes) -> tuple[Problem, ...]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        spec = ServerSpec(target=f"http://127.0.0.1:{port}/mcp", connect_timeout_ms=1_000)
        async with McpServers({"s": spec}) as servers:
            return servers.problems


def test_a_web_page_is_no_mcp_server() -> None:
    """A URL that answers with something else is a problem like any other."""
    page = b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 5\r\n\r\nhello"

    assert [problem.server for problem in asyncio.run(_against(page))] == ["s"]


def test_an_answer_without_an_end_is_broken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server cannot fill the host's memory with one body."""
    monkeypatch.setattr("belljar.mcp._http._BODY_BYTES", 1_000)
    body = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n" + b" " * 100_000

    assert [problem.server for problem in asyncio.run(_against(body))] == ["s"]


def test_a_line_without_an_end_is_broken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor with one line."""
    monkeypatch.setattr("belljar.mcp._stdio._LINE_BYTES", 10_000)
    endless = "import sys\nwhile True: sys.stdout.write('x' * 1000)"

    assert problems_of([sys.executable, "-Sc", endless])[0].message.startswith("it ended the connection")


def test_one_dead_server_does_not_keep_the_others_from_working() -> None:
    """Servers connect at the same time, and each one's failure is its own."""
    targets: dict[str, Target] = {
        "dead": "no-such-command-anywhere",
        "deaf": [sys.executable, "-Sc", "input()"],
        "s": demo(),
    }

    async def go() -> tuple[Any, list[str]]:
        async with McpServers(targets, approval="never") as servers:
            outcome = await _run(servers, "return await tools.mcp.s.add({ a: 1, b: 2 })")
            return outcome.value, [problem.server for problem in servers.problems]

    assert asyncio.run(go()) == (3, ["dead", "deaf"])


# -- gone during a call -----------------------------------------------------------------------------------------------


def test_a_crash_during_a_call_is_a_coded_error() -> None:
    """The script learns the server's name, that it may try again, and that nobody knows if the call took effect."""
    crash = "sys.stderr.write('out of memory at /srv/app/main.py'); sys.stderr.flush(); os._exit(7)"

    error = error_of(run(scripted(one_tool(), crash), CALL)[0])

    assert (error.code, error.retryable, error.tool) == ("ServerUnavailableError", True, "mcp.s.go")
    assert error.message == (
        "MCP server 's' ended the connection during the call; whether the call took effect is not known"
    )
    assert error.details["server"] == "s"


def test_a_crash_is_noticed_though_a_grandchild_holds_the_pipe() -> None:
    """The end of the process counts, not the end of its output."""
    crash = "subprocess.Popen(['sleep', '30']); os._exit(7)"
    began = time.monotonic()

    assert error_of(run(scripted(one_tool(), crash), CALL)[0]).code == "ServerUnavailableError"
    assert time.monotonic() - began < 5


def test_after_a_crash_the_next_call_connects_again(tmp_path: Path) -> None:
    """A server that crashed is started anew when it is used."""
    mark = str(tmp_path / "mark")
    crash_once = f"if os.path.exists({mark!r}): {answering(repr(TEXT))}\nelse: open({mark!r}, 'w').close(); os._exit(1)"

    async def go() -> list[Any]:
        async with McpServers({"s": scripted(one_tool(), crash_once)}, approval="never") as servers:
            first, second = [await _run(servers, CALL) for _ in range(2)]
            return [error_of(first).code, second.value, servers.problems]

    assert asyncio.run(go()) == ["ServerUnavailableError", "ok", ()]


def test_a_slow_call_is_cancelled_and_coded() -> None:
    """After the server's own time limit the request is cancelled on the server, too."""
    with over_http(demo()) as url:
        spec = ServerSpec(target=url, call_timeout_ms=300)
        slow, asked = run(spec, "await tools.mcp.s.wait()", "return await tools.mcp.s.was_cancelled()")

    error = error_of(slow)
    assert error.code == "ServerUnavailableError"
    assert error.message == (
        "MCP server 's' did not answer within 0.3 s, and was told to stop; whether the call took effect is not known"
    )
    assert error.details == {"server": "s", "effect": "unknown"}
    assert asked.value is True


def test_a_failing_call_is_catchable_and_others_go_on() -> None:
    """A script can go on without a server that crashed under it."""
    targets: dict[str, Target] = {"bad": scripted(one_tool(), "os._exit(1)"), "s": demo()}
    source = """
        const [bad, good] = await Promise.allSettled([tools.mcp.bad.go(), tools.mcp.s.add({ a: 1, b: 2 })]);
        return [bad.reason.code, good.value];
    """

    async def go() -> Any:
        async with McpServers(targets, approval="never") as servers:
            return (await _run(servers, source)).value

    assert asyncio.run(go()) == ["ServerUnavailableError", 3]


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_an_http_server_that_was_restarted_is_simply_used(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has forgotten the session (before 2026-07-28), has done nothing of what was asked, and is asked again."""
    monkeypatch.setattr("belljar.mcp._link.MODE", mode)
    call = "return await tools.mcp.s.add({ a: 1, b: 2 })"

    async def go(listener: socket.socket) -> list[Any]:
        with ExitStack() as first:
            url = first.enter_context(over_http(demo(), listener))
            async with McpServers({"s": url}, approval="never") as servers:
                found = [(await _run(servers, call)).value]
                await asyncio.to_thread(first.close)
                with over_http(demo(), listener):
                    found.append((await _run(servers, call)).value)
                    await servers.aclose()
                return found

    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert asyncio.run(go(listener)) == [3, 3]


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_server_that_comes_late_is_there_at_the_next_refresh(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Down at first, up later: its tools appear and its problem goes; down again, its calls fail and its tools stay."""
    monkeypatch.setattr("belljar.mcp._link.MODE", mode)

    async def go(address: tuple[str, int]) -> list[Any]:
        async with McpServers({"s": f"http://127.0.0.1:{address[1]}/mcp"}, approval="never") as servers:
            found: list[Any] = [len(servers.tools), len(servers.problems)]
            with socket.create_server(address) as listener, over_http(demo(), listener):
                found += [await servers.refresh(), len(servers.tools), servers.problems]
            outcome = await _run(servers, "return await tools.mcp.s.add({ a: 1, b: 2 })")
            await servers.refresh()
            return [*found, error_of(outcome).code, len(servers.tools)]

    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()

    assert asyncio.run(go(address)) == [0, 1, True, 10, (), "ServerUnavailableError", 10]


def test_half_a_character_does_not_lose_an_answer() -> None:
    """JavaScript servers cut texts inside an emoji and write half of it: the rest arrives, and at once."""
    answer = (
        """say('{"jsonrpc": "2.0", "id": %d, "result": {"content": [{"type": "text", "text": "a\\\\ud83d"}]}}' % id)"""
    )

    assert run(scripted(one_tool(), answer), CALL)[0].value == "a?"


def test_a_deeply_nested_answer_is_the_calls_failure() -> None:
    """Nesting that the host's JSON parser does not follow ends the call with a code, and not the server."""
    deep = answering("{'content': [], 'structuredContent': eval('{\"a\": ' * 90 + '1' + '}' * 90)}")

    assert error_of(run(scripted(one_tool(), deep), CALL)[0]).code in {"SerializationError", "ReturnValueTooLargeError"}


def test_a_server_that_does_not_read_does_not_block_the_host() -> None:
    """Arguments that fill the pipe wait for the call's own time limit, and no longer."""
    target = scripted(
        "say(json.dumps({'jsonrpc': '2.0', 'id': id, 'result': {'tools': [{'name': 'go', "
        "'inputSchema': {'type': 'object'}}]}})); time.sleep(60)"
    )
    source = "return await tools.mcp.s.go({ text: 'x'.repeat(200_000) })"
    began = time.monotonic()

    error = error_of(run(ServerSpec(target=target, call_timeout_ms=200), source)[0])

    assert error.code == "ServerUnavailableError"
    assert time.monotonic() - began < 5


def test_a_child_does_not_outlive_an_event_loop_that_ends_early() -> None:
    """Without `aclose`, the end of the loop ends the connection and the process."""
    where = answering("{'content': [], 'structuredContent': {'pid': os.getpid()}}")

    async def go() -> int:
        servers = McpServers({"s": scripted(one_tool(), where)}, approval="never")
        await servers.connect()
        pid: int = (await _run(servers, CALL)).value["pid"]
        return pid

    assert _has_ended(asyncio.run(go()))


def test_while_a_server_pauses_a_use_fails_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """After a failed attempt some time must pass; until then nothing is started, and the script learns how long."""
    monkeypatch.setattr("belljar.mcp._connection._FIRST_PAUSE_S", 60.0)
    mark = tmp_path / "mark"
    dies = scripted(one_tool(), f"open({str(mark)!r}, 'w').close(); os._exit(1)", mark=str(mark))

    async def go() -> list[BelljarError]:
        async with McpServers({"s": dies}, approval="never") as servers:
            errors = [error_of(await _run(servers, CALL)) for _ in range(2)]
            mark.unlink()  # it would start again now, and is not asked to
            errors.append(error_of(await _run(servers, CALL)))
            assert not await servers.refresh()
            assert len(servers.tools) == 1
            return errors

    _, failed, refused = asyncio.run(go())

    message = "MCP server 's' is not available: it ended the connection"
    assert (failed.message, refused.message) == (message, message)
    assert 50 < refused.details["retry_in_s"] <= failed.details["retry_in_s"] <= 60
    assert refused.details["exit_code"] == 3


# -- the end of children ----------------------------------------------------------------------------------------------


def _has_ended(pid: int) -> bool:
    """Whether it ends: a killed process of another parent takes a moment to be gone."""
    deadline = time.monotonic() + 5
    while _is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.005)
    return not _is_alive(pid)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        stat = Path(f"/proc/{pid}/stat")
        return not stat.exists() or stat.read_text().split()[2] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


@pytest.mark.parametrize("manner", ["polite", "stubborn"])
def test_closing_leaves_no_process_of_the_group_behind(manner: str) -> None:
    """The child and what it started end, whether it leaves when asked or not."""
    stay = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" if manner == "stubborn" else ""
    answer = (
        f"{stay}other = subprocess.Popen(['sleep', '60'])\n"
        + answering("{'content': [], 'structuredContent': {'pids': [os.getpid(), other.pid]}}")
        + ("\ntime.sleep(60)" if stay else "")
    )

    outcome = run(scripted(one_tool(), answer), CALL)[0]

    pids: list[int] = outcome.value["pids"]
    assert [_has_ended(pid) for pid in pids] == [True, True]


def test_a_child_sees_no_environment_but_the_plain_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the host has in its environment stays there; what the operator adds is passed on."""
    monkeypatch.setenv("BELLJAR_TEST_SECRET", "hunter2")
    command = scripted(one_tool(), answering("{'content': [], 'structuredContent': dict(os.environ)}"))
    target = StdioServerParameters(command=command[0], args=command[1:], env={"GIVEN": "yes"})

    environment = run(target, CALL)[0].value

    assert environment["GIVEN"] == "yes"
    assert "BELLJAR_TEST_SECRET" not in environment
    assert set(environment) <= {"GIVEN", "HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER", "LC_CTYPE"}


def test_headers_are_sent_with_every_request_and_shown_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    """A bearer token reaches the server; no problem, log line or repr has it."""
    heard: list[bytes] = []

    async def go() -> ServerSpec:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            heard.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(b"HTTP/1.1 401 No\r\ncontent-length: 0\r\n\r\n")
            await writer.drain()
            writer.close()

        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/mcp"
            spec = ServerSpec(target=url, headers={"Authorization": "Bearer hunter2"})
            async with McpServers({"s": spec}) as servers:
                assert "hunter2" not in str(servers.problems)
            return spec

    with caplog.at_level(logging.DEBUG, logger="belljar"):
        spec = asyncio.run(go())

    assert all(b"authorization: bearer hunter2" in head.lower() for head in heard)
    assert heard
    assert "hunter2" not in repr(spec) + caplog.text
