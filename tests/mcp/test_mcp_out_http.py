"""belljar as an MCP server over HTTP: official clients over a real socket, and who may speak to it at all."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx2
import mcp_types as t
import pytest
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.server.mcpserver import MCPServer
from mcp_out_support import (
    APPROVES,
    KEY,
    PAY,
    Person,
    Till,
    answered,
    asked,
    facts_of,
    over_http,
    text_of,
    with_server,
)

from belljar.errors import UsageError
from belljar.integrations.mcp_server import build_server, http_app
from belljar.journal import Journal

BOTH = pytest.mark.parametrize("mode", ["auto", "legacy"])
TOKEN = "t" * 32
ANY = "0.0.0.0"  # noqa: S104 - nothing is bound to it here
HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "raw", "version": "1"}},
}
ACCEPT = {"accept": "application/json, text/event-stream"}


@BOTH
def test_a_person_is_asked_over_http(tmp_path: Path, mode: str) -> None:
    """Result, progress and question, in both protocols."""
    person = Person(APPROVES)
    told: list[str | None] = []

    async def tell(progress: float, total: float | None, message: str | None) -> None:  # noqa: ARG001 - the SDK's
        told.append(message)

    async def run(till: Till, server: MCPServer[Any]) -> tuple[Any, ...]:
        async with (
            over_http(http_app(server)) as url,
            Client(url, mode=mode, elicitation_callback=person) as client,
        ):
            result = await client.call_tool("run_typescript", {"code": PAY}, progress_callback=tell)
            return text_of(result), till.paid

    assert with_server(tmp_path, run) == ('"paid 5"', [5])
    assert (len(person.shown), told[-1]) == (1, "pay: done")


@BOTH
def test_a_client_without_forms_waits_over_http(tmp_path: Path, mode: str) -> None:
    """It is told what to do, as everywhere."""

    async def run(till: Till, server: MCPServer[Any]) -> tuple[Any, ...]:
        async with over_http(http_app(server)) as url, Client(url, mode=mode) as client:
            return facts_of(await client.call_tool("run_typescript", {"code": PAY}))["status"], till.paid

    assert with_server(tmp_path, run) == ("suspended", [])


def test_where_no_question_can_be_sent_the_client_is_not_told_that_it_is_asked(tmp_path: Path) -> None:
    """An older client with forms, at a server whose answers are single JSON texts: no request fits in there."""

    async def run(till: Till, server: MCPServer[Any]) -> tuple[Any, ...]:
        async with (
            over_http(server.streamable_http_app(json_response=True)) as url,
            Client(url, mode="legacy", elicitation_callback=Person(APPROVES)) as client,
        ):
            facts = facts_of(await client.call_tool("run_typescript", {"code": PAY}))
        return facts["status"], "This client cannot show the question." in facts["what_to_do"], till.paid

    assert with_server(tmp_path, run) == ("suspended", True, [])


def test_the_server_may_be_restarted_between_question_and_answer(tmp_path: Path) -> None:
    """Two servers, one journal folder: the second takes the answer to the first one's question, once."""

    async def one(till: Till, work: Any) -> Any:
        async with (
            till.harness(tmp_path) as harness,
            over_http(http_app(build_server(harness, keys=[KEY]))) as url,
            Client(url, elicitation_callback=Person(APPROVES)) as client,
        ):
            return await work(client)

    async def main() -> tuple[Any, ...]:
        first, second = Till(), Till()
        questions = await one(first, lambda client: asked(client, PAY))
        result = await one(second, lambda client: answered(client, PAY, questions))
        again = await one(first, lambda client: answered(client, PAY, questions))
        return first.paid, second.paid, text_of(result), again.is_error

    assert asyncio.run(main()) == ([], [5], '"paid 5"', True)


def test_two_servers_at_once_take_an_answer_once(tmp_path: Path) -> None:
    """Behind a balancer each server may get the same answer: one of them goes on with the run."""

    async def main() -> tuple[Any, ...]:
        tills = [Till(), Till()]
        async with tills[0].harness(tmp_path) as one, tills[1].harness(tmp_path) as two:
            apps = [http_app(build_server(harness, keys=[KEY])) for harness in (one, two)]
            person = Person(APPROVES)
            async with (
                over_http(apps[0]) as here,
                over_http(apps[1]) as there,
                Client(here, elicitation_callback=person) as left,
                Client(there, elicitation_callback=person) as right,
            ):
                questions = await asked(left, PAY)
                clients = [left, right] * 3
                results = await asyncio.gather(*(answered(client, PAY, questions) for client in clients))
        errors = [result.is_error for result in results if isinstance(result, t.CallToolResult)]
        return sorted(errors), tills[0].paid + tills[1].paid

    assert asyncio.run(main()) == ([False, True, True, True, True, True], [5])


@BOTH
def test_a_client_that_hangs_up_cancels_its_run(tmp_path: Path, mode: str) -> None:
    """The request is gone, and with it the run and its tool."""

    async def run(till: Till, server: MCPServer[Any]) -> None:
        async with over_http(http_app(server)) as url, Client(url, mode=mode) as client:
            call = asyncio.ensure_future(client.call_tool("run_typescript", {"code": "await tools.wait();"}))
            await till.started.wait()
            call.cancel()
            await till.stopped.wait()
            await asyncio.wait([call])

    with_server(tmp_path, run)

    (file,) = tmp_path.glob("*.jsonl")
    assert Journal.load(file).records[-1].facts["error"]["code"] == "ScriptCancelledError"


# -- who may speak to it ----------------------------------------------------------------------------------------------


def statuses_of(folder: Path, *requests: Mapping[str, str], **options: Any) -> list[int]:
    """What one server answers requests with these headers."""

    async def run(_: Till, server: MCPServer[Any]) -> list[int]:
        async with over_http(http_app(server, **options)) as url, httpx2.AsyncClient(headers=ACCEPT) as client:
            return [(await client.post(url, json=HELLO, headers=dict(headers))).status_code for headers in requests]

    return with_server(folder, run)


def test_a_web_page_cannot_reach_a_server_on_its_reader_s_computer(tmp_path: Path) -> None:
    """Neither by a name that points here (DNS rebinding), nor from another origin, nor as a form would send it."""
    expected = [
        ({"host": "evil.example"}, 421),
        ({"host": "127.0.0.1.evil.example:80"}, 421),
        ({"origin": "http://localhost:3000", "host": "evil.example"}, 421),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "http://localhost.evil.example:80"}, 403),
        ({"origin": "null"}, 403),
        ({"content-type": "text/plain"}, 400),
    ]

    assert statuses_of(tmp_path, *(headers for headers, _ in expected)) == [status for _, status in expected]


def test_what_runs_on_this_computer_may(tmp_path: Path) -> None:
    """By any of the loopback's names, from any port."""
    headers = [{}, {"origin": "http://localhost:3000"}, {"host": "localhost:1"}, {"host": "[::1]:80"}]

    assert statuses_of(tmp_path, *headers) == [200, 200, 200, 200]


def test_where_there_is_a_token_every_request_must_carry_it(tmp_path: Path) -> None:
    """Exactly; what is nearly one is none."""
    wrong = ["", "Bearer", f"bearer {TOKEN}", f"Bearer {TOKEN}x", f"Bearer {TOKEN[1:]}", TOKEN, f"Basic {TOKEN}"]
    headers = [{}, *({"authorization": text} for text in wrong), {"authorization": f"Bearer {TOKEN}"}]

    assert statuses_of(tmp_path, *headers, token=TOKEN) == [401] * 8 + [200]


def test_a_client_with_the_token_is_served(tmp_path: Path) -> None:
    """The official client sends it as a header."""

    async def run(_: Till, server: MCPServer[Any]) -> str:
        async with (
            over_http(http_app(server, token=TOKEN)) as url,
            httpx2.AsyncClient(headers={"authorization": f"Bearer {TOKEN}"}) as http,
            Client(streamable_http_client(url, http_client=http)) as client,
        ):
            return text_of(await client.call_tool("run_typescript", {"code": "return 1;"}))

    assert with_server(tmp_path, run) == "1"


def test_off_the_loopback_only_the_names_that_were_given_are_known(tmp_path: Path) -> None:
    """A server on all addresses is reached by the names that its operator states, and not by the loopback's."""
    hosts = ["belljar.example", "belljar.example:8765", "localhost", ANY]
    headers = [{"authorization": f"Bearer {TOKEN}", "host": host} for host in hosts]

    found = statuses_of(tmp_path, *headers, host=ANY, token=TOKEN, allowed_hosts=["belljar.example"])

    assert found == [200, 200, 421, 421]


def test_an_address_of_version_6_is_known_in_brackets(tmp_path: Path) -> None:
    """As it is written in URLs."""
    headers = {"authorization": f"Bearer {TOKEN}", "host": "[2001:db8::1]:8765"}

    assert statuses_of(tmp_path, headers, host="2001:db8::1", token=TOKEN) == [200]


@pytest.mark.parametrize(
    ("host", "token", "allowed", "message"),
    [
        ("192.0.2.1", None, (), "192.0.2.1 can be reached from other computers, and there is no token"),
        (ANY, None, (), "0.0.0.0 can be reached from other computers, and there is no token"),
        ("belljar.example", None, (), "belljar.example can be reached from other computers, and there is no token"),
        (ANY, TOKEN, (), "0.0.0.0 is no name that clients use"),
        ("::", TOKEN, (), ":: is no name that clients use"),
        ("127.0.0.1", "short", (), "the token must have 32 ASCII characters or more"),
        ("127.0.0.1", "", (), "the token must have 32 ASCII characters or more"),
        ("127.0.0.1", "ü" * 40, (), "the token must have 32 ASCII characters or more"),
        ("127.0.0.1", "x" * 40 + "\n", (), "the token must have 32 ASCII characters or more"),
    ],
)
def test_a_server_that_strangers_could_use_is_not_made(
    tmp_path: Path, host: str, token: str | None, allowed: Sequence[str], message: str
) -> None:
    """Off the loopback there is a token, and it cannot be guessed."""

    async def run(_: Till, server: MCPServer[Any]) -> str:
        with pytest.raises(UsageError) as caught:
            http_app(server, host=host, token=token, allowed_hosts=allowed)
        return caught.value.message

    assert with_server(tmp_path, run) == message


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "localhost", "::1"])
def test_on_the_loopback_no_token_is_needed(tmp_path: Path, host: str) -> None:
    """Any address that only this computer reaches."""

    async def run(_: Till, server: MCPServer[Any]) -> bool:
        return callable(http_app(server, host=host))

    assert with_server(tmp_path, run)
