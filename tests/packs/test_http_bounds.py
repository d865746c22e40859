"""Servers that are slow, endless, broken or gone, and calls that are given up."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from http_site import Say, Site, answer, client_context, redirect, site, wait_for_the_end
from hypothesis import given
from hypothesis import strategies as st
from support import error_of, value_of

import belljar
from belljar import AbortSignal, Harness, tool
from belljar.errors import BelljarError, NetworkPolicyError, ToolExecutionError
from belljar.packs._http import http_tool
from belljar.packs._http_policy import HttpPolicy

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
PATIENCE_S = 5


def failed(say: Say, **options: Any) -> BelljarError:
    """The error that this answer ends with."""
    with site({"/": say}) as here:
        return error_of(f"await tools.http({{url: '{here.url()}'}})", here.tool(**options))


def endless(head: bytes, piece: bytes) -> Say:
    """An answer that goes on until the other side goes."""

    def say(connection: socket.socket) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(piece)

    return say


# -- size -------------------------------------------------------------------------------------------------------------


def test_a_body_may_be_as_long_as_the_policy_says() -> None:
    """And not one byte longer."""
    with site({"/": answer(b"x" * 1_000)}) as here:
        source = f"return (await tools.http({{url: '{here.url()}'}})).body.length"

        assert value_of(source, here.tool(response_bytes=1_000)) == 1_000
        error = error_of(source, here.tool(response_bytes=999))

    assert (error.code, error.message) == ("ToolExecutionError", "the answer of api.test has more than 999 bytes")


def test_a_length_that_is_too_long_is_not_waited_for() -> None:
    """The header says enough."""
    error = failed(OK + b"Content-Length: 1000001\r\n\r\n", response_bytes=1_000_000)

    assert error.message == "the answer of api.test has more than 1,000,000 bytes"


@pytest.mark.parametrize(
    "say",
    [
        endless(OK + b"\r\n", b"x" * 65_536),
        endless(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"8000\r\n" + b"x" * 0x8000 + b"\r\n"),
        endless(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1;" + b"x" * 60_000 + b"\r\nx\r\n"),
    ],
    ids=["body", "chunks", "extensions"],
)
def test_an_endless_answer_is_cut_off(say: Say) -> None:
    """Wherever it hides its bytes."""
    assert failed(say, response_bytes=10_000).message == "the answer of api.test has more than 10,000 bytes"


@pytest.mark.parametrize(
    "say",
    [
        endless(OK, b"X-%d: y\r\n"),
        endless(OK, b"x" * 65_536),
        endless(OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X-Trailer: " + b"x" * 60_000 + b"\r\n"),
        endless(b"", b"HTTP/1.1 100 Continue\r\nX: " + b"x" * 60_000 + b"\r\n\r\n"),
    ],
    ids=["many", "long", "trailers", "continue"],
)
def test_endless_headers_are_cut_off(say: Say) -> None:
    """After 256 kB, wherever they stand, or ten interim answers."""
    assert failed(say).message == "the answer of api.test is no HTTP"


@pytest.mark.parametrize("status", ["100 Continue", "102 Processing", "103 Early Hints"])
def test_interim_answers_are_not_the_answer(status: str) -> None:
    """What comes after them is."""
    interim = f"HTTP/1.1 {status}\r\nLink: </a>; rel=preload\r\n\r\n".encode()
    with site({"/": interim * 3 + answer(b"the answer")}) as here:
        result = value_of(f"return await tools.http({{url: '{here.url()}'}})", here.tool())

    assert (result["status"], result["body"], "link" in result["headers"]) == (200, "the answer", False)


# -- time -------------------------------------------------------------------------------------------------------------


def drip(head: bytes) -> Say:
    """One byte at a time, for as long as anybody listens."""

    def say(connection: socket.socket) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(b"x")
            time.sleep(0.005)  # what a slow server is

    return say


@pytest.mark.parametrize(
    "say",
    [
        wait_for_the_end,
        drip(b""),
        drip(OK + b"X-Slow: "),
        drip(OK + b"Content-Length: 100000\r\n\r\n"),
        drip(OK + b"Transfer-Encoding: chunked\r\n\r\n1000\r\n"),
    ],
    ids=["silence", "status", "headers", "body", "chunk"],
)
def test_the_time_is_for_the_whole_answer(say: Say) -> None:
    """One byte now and then does not prolong it."""
    error = failed(say, timeout_ms=60)

    assert (error.code, error.message) == ("ToolExecutionError", "no complete answer within 60 ms")


def test_the_time_is_for_all_redirects_together() -> None:
    """Each of these would be fast enough by itself."""

    def slowly(connection: socket.socket) -> None:
        time.sleep(0.03)
        connection.sendall(redirect("/"))

    error = failed(slowly, timeout_ms=80, redirects=20)

    assert error.message == "no complete answer within 80 ms"


def test_a_server_that_does_not_read_is_not_waited_for() -> None:
    """The time is for sending, too."""
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        here = Site(port=deaf.getsockname()[1], answers={})
        ask = here.tool(methods=("POST",), timeout_ms=60)

        with pytest.raises(ToolExecutionError) as caught:
            ask(url=here.url(), method="POST", body="x" * 20_000_000, signal=AbortSignal())

    assert caught.value.message == "no complete answer within 60 ms"


def test_a_name_that_is_not_found_in_time_is_not_waited_for() -> None:
    """Whoever looks it up is left behind."""
    release = threading.Event()

    def slow(_host: str, _port: int) -> list[str]:
        release.wait(PATIENCE_S)
        return ["93.184.216.34"]

    tools = http_tool(HttpPolicy(hosts=("api.test",), timeout_ms=50), resolver=slow)
    error = error_of("await tools.http({url: 'https://api.test/'})", tools)
    release.set()

    assert error.message == "no complete answer within 50 ms"


# -- abort ------------------------------------------------------------------------------------------------------------


def begun_tool(event: threading.Event) -> Any:
    """A tool that answers when it has happened."""

    @tool
    async def begun() -> bool:
        """Wait for it."""
        return await asyncio.to_thread(event.wait, PATIENCE_S)

    return begun


def stall_in_body(connection: socket.socket) -> None:
    connection.sendall(OK + b"Content-Length: 10\r\n\r\nabc")
    wait_for_the_end(connection)


@pytest.mark.parametrize("say", [wait_for_the_end, stall_in_body])
def test_an_abort_closes_the_connection(say: Say) -> None:
    """At once: the server sees the end, and the run has nothing that did not stop."""
    with site({"/": say}) as here:
        source = f"return await Promise.race([tools.http({{url: '{here.url()}'}}), tools.begun()])"
        outcome = belljar.run(source, tools=[here.tool(), begun_tool(here.asked_one)])

        assert here.closed_one.wait(PATIENCE_S)
    assert (outcome.error, outcome.value) == (None, True)
    assert all("did not stop" not in warning.message for warning in outcome.warnings)


def test_a_cancelled_run_closes_the_connection() -> None:
    """From outside, too."""

    async def scenario(here: Site) -> None:
        async with Harness([here.tool()]) as harness:
            run = asyncio.create_task(harness.run(f"await tools.http({{url: '{here.url()}'}})"))
            await asyncio.to_thread(here.asked_one.wait, PATIENCE_S)
            run.cancel()
            with pytest.raises(asyncio.CancelledError):
                await run

    with site({"/": wait_for_the_end}) as here:
        asyncio.run(scenario(here))
        assert here.closed_one.wait(PATIENCE_S)


def test_an_abort_ends_the_wait_for_a_name() -> None:
    """Whoever looks it up is left behind."""
    asked, release = threading.Event(), threading.Event()

    def slow(_host: str, _port: int) -> list[str]:
        asked.set()
        release.wait(PATIENCE_S)
        return []

    tools = [http_tool(HttpPolicy(hosts=("api.test",)), resolver=slow), begun_tool(asked)]
    outcome = belljar.run(
        "return await Promise.race([tools.http({url: 'https://api.test/'}), tools.begun()])", tools=tools
    )
    release.set()

    assert (outcome.value, outcome.warnings) == (True, ())


def test_an_abort_ends_the_handshake() -> None:
    """A server that takes the connection and says nothing."""
    with site({}) as here:
        quiet = http_tool(here.policy(schemes=("https",)), resolver=here.resolver, tls=client_context())
        source = f"return await Promise.race([tools.http({{url: '{here.url(scheme='https')}'}}), tools.begun()])"
        outcome = belljar.run(source, tools=[quiet, begun_tool(here.connected_one)])

        assert here.closed_one.wait(PATIENCE_S)
    assert (outcome.value, outcome.warnings) == (True, ())


@pytest.fixture
def full() -> Iterator[Site]:
    """A port whose queue is full: the system answers no further connection."""
    with ExitStack() as stack:
        listening = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(3):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listening.getsockname())
        yield Site(port=listening.getsockname()[1], answers={})


LINUX = pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse when the queue is full")


@LINUX
def test_a_connection_that_is_not_answered_is_not_waited_for(full: Site) -> None:
    """The time is for connecting, too."""
    error = error_of(f"await tools.http({{url: '{full.url()}'}})", full.tool(timeout_ms=60))

    assert error.message == "no complete answer within 60 ms"


@LINUX
def test_an_abort_ends_the_wait_for_a_connection(full: Site) -> None:
    """At once."""
    looked_up = threading.Event()

    def resolver(_host: str, _port: int) -> list[str]:
        looked_up.set()
        return ["127.0.0.1"]

    tools = [http_tool(full.policy(), resolver=resolver), begun_tool(looked_up)]
    outcome = belljar.run(
        f"return await Promise.race([tools.http({{url: '{full.url()}'}}), tools.begun()])", tools=tools
    )

    assert (outcome.value, outcome.warnings) == (True, ())


# -- garbage ----------------------------------------------------------------------------------------------------------

CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("say", "why"),
    [
        (b"", "the answer of api.test ended too soon"),
        (b"HTTP/1.1 200 OK", "the answer of api.test ended too soon"),
        (OK + b"X-Half: ", "the answer of api.test ended too soon"),
        (OK + b"Content-Length: 9\r\n\r\nshort", "the answer of api.test ended too soon"),
        (OK + b"Content-Length: 9\r\n\r\n", "the answer of api.test ended too soon"),
        (CHUNKED + b"5\r\nabc", "the answer of api.test ended too soon"),
        (CHUNKED + b"zz\r\nabc\r\n", "the answer of api.test is no HTTP"),
        (CHUNKED + b"0x5\r\nhello\r\n0\r\n\r\n", "the answer of api.test is no HTTP"),
        (CHUNKED + b"5\r\nhello\r\n", "the answer of api.test ended too soon"),
        (OK + b"Content-Length: 2\r\nContent-Length: 5\r\n\r\nhello", "the answer of api.test is no HTTP"),
        (CHUNKED[:-2] + b"Content-Length: 5\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "the answer of api.test is no HTTP"),
        (OK + b"Content-Length: abc\r\n\r\nhello", "the answer of api.test is no HTTP"),
        (OK + b"Content-Length: -1\r\n\r\nhello", "the answer of api.test is no HTTP"),
        (OK + b"Content-Length: 1_0\r\n\r\nhellohello", "the answer of api.test is no HTTP"),
        (OK + b"Content-Length: " + b"9" * 5_000 + b"\r\n\r\nhello", "the answer of api.test is no HTTP"),
        (OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "the answer of api.test is no HTTP"),
        (OK + b"no colon here\r\nContent-Length: 50\r\n\r\nhello", "the answer of api.test is no HTTP"),
        (OK + b"X: a\rContent-Length: 50\r\n\r\nhello", "the answer of api.test is no HTTP"),
        (b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n", "the answer of api.test is no HTTP"),
        (CHUNKED + b"-5\r\nabc\r\n0\r\n\r\n", "the answer of api.test is no HTTP"),
        (b"SSH-2.0-OpenSSH_9.9\r\n", "the answer of api.test ended too soon"),
        (b"HTTP/9.9 200 OK\r\n\r\n", "the answer of api.test is no HTTP"),
        (b"HTTP/1.1 abc OK\r\n\r\n", "the answer of api.test is no HTTP"),
        (b"\x15\x03\x01\x00\x02\x02\x46", "the answer of api.test is no HTTP"),
    ],
)
def test_a_broken_answer_is_an_error(say: bytes, why: str) -> None:
    """Never half an answer that looks whole."""
    error = failed(say)

    assert (error.code, error.message) == ("ToolExecutionError", why)


PIECES = [
    b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 302 Found\r\n", b"HTTP/1.1 100 Continue\r\n\r\n", b"\r\n", b"\n", b"\0", b":",
    b" ", b"Content-Length: 3\r\n", b"Content-Length: -1\r\n", b"Transfer-Encoding: chunked\r\n", b"3\r\nabc\r\n",
    b"0\r\n\r\n", b"Location: http://[v1.x]/\r\n", b"Location: ///\r\n", b"Content-Encoding: gzip\r\n",
    b"Content-Type: text/plain; charset=x; charset*0*=%ff\r\n",
    b"Content-Type: ;;=\r\n", b"abc", b"\xff\xfe", b"99999999999999999999",
]  # fmt: skip


@given(st.lists(st.lists(st.sampled_from(PIECES), min_size=1, max_size=8).map(b"".join), min_size=1, max_size=5))
def test_whatever_a_server_says_there_is_an_answer_or_a_coded_error(said: list[bytes]) -> None:
    """Nothing else comes out of reading it."""
    with site({f"/{n}": b"HTTP/1.1 200 OK\r\n" * (n % 2) + each for n, each in enumerate(said)}) as here:
        ask = here.tool(response_bytes=100)
        for n in range(len(said)):
            with contextlib.suppress(ToolExecutionError, NetworkPolicyError):
                assert 200 <= ask(url=here.url(f"/{n}"), signal=AbortSignal())["status"] <= 999


def test_a_server_that_hangs_up_is_an_error() -> None:
    """Reset in the middle."""

    def hang_up(connection: socket.socket) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        with contextlib.suppress(OSError):
            connection.sendall(OK)

    error = failed(hang_up)

    assert error.code == "ToolExecutionError"
    assert error.message in (
        "api.test cannot be reached: Connection reset by peer", "the answer of api.test ended too soon",
    )  # fmt: skip


def test_a_port_where_nobody_listens_is_an_error() -> None:
    """Without the address."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        here = Site(port=taken.getsockname()[1], answers={})
    error = error_of(f"await tools.http({{url: '{here.url()}'}})", here.tool())

    assert (error.code, error.message) == ("ToolExecutionError", "api.test cannot be reached: Connection refused")
