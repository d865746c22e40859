"""The server itself: where it listens, what it says, and that it works off runs where it is given tools."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest
from cli_support import Cli
from web_support import REFUNDS, TOKEN, new_store, resume, run

from belljar.errors import UsageError
from belljar.store import RunRequest, Store, open_store
from belljar.web import People, ServeOptions, serve
from belljar.web._server import is_loopback


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with new_store(tmp_path) as store:
        yield store


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "console.example"])  # noqa: S104 - it is refused
def test_it_listens_for_others_only_with_a_token(store: Store, host: str) -> None:
    """A token that it made itself is for the person at this terminal."""
    with pytest.raises(UsageError) as refused:
        serve(store, ServeOptions(host=host, port=0), tell=print)

    assert "needs a token that you give it" in refused.value.message


def test_every_address_needs_a_name(store: Store) -> None:
    """Otherwise it would listen to all and answer nobody."""
    with pytest.raises(UsageError) as refused:
        serve(store, ServeOptions(host="0.0.0.0", people=People.shared(TOKEN)), tell=print)  # noqa: S104 - it is refused

    assert "--allow-host NAME" in refused.value.hint


def test_loopback_is_this_computer() -> None:
    """By number and by name."""
    hosts = ("127.0.0.1", "127.9.9.9", "::1", "localhost", "192.0.2.1", "localhost.example", "")

    assert [is_loopback(host) for host in hosts] == [True, True, True, True, False, False, False]


def test_a_port_that_is_taken_is_a_usage_error(store: Store) -> None:
    """Said before anything starts."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError) as refused:
            serve(store, ServeOptions(port=port, people=People.shared(TOKEN)), tell=print)

    assert refused.value.message.startswith(f"cannot listen on 127.0.0.1:{port}: ")


def test_the_command_refuses_as_the_library_does(cli: Cli) -> None:
    """Exit code 2, with what to do; and a token file is read."""
    ran = cli("serve", "--store", "runs.db", "--host", "192.0.2.1")
    assert (ran.code, "Add --token-file FILE" in ran.stderr) == (2, True)

    ran = cli("serve", "--store", "runs.db", "--token-file", "nowhere")
    assert (ran.code, "cannot be read" in ran.stderr) == (2, True)

    ran = cli("serve", "--store", "runs.db", "--key", "nowhere.pub")
    assert (ran.code, "nowhere.pub cannot be read: No such file or directory" in ran.stderr) == (2, True)


class Served:
    """`belljar serve` in a process of its own, signed in to."""

    def __init__(self, folder: Path, *options: str) -> None:
        command = [sys.executable, "-m", "belljar", "serve", "--store", "runs.db", "--port", "0", *options]
        self.process = subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True)  # noqa: S603 - our own
        assert self.process.stderr is not None
        self.greeting = [self.process.stderr.readline().strip() for _ in range(2)]
        self.address = self.greeting[0].removeprefix("console at ").rstrip("/")
        self.client = httpx2.Client(base_url=self.address)

    def form_token(self, page: str) -> str:
        found = re.search(r'name="form_token" value="(\w+)"', page)
        assert found is not None
        return found[1]

    def sign_in(self, token: str, name: str) -> int:
        page = self.client.get("/sign-in").text
        form = {"form_token": self.form_token(page), "token": token, "name": name}
        return self.client.post("/sign-in", data=form).status_code

    def stop(self) -> tuple[int, str]:
        """The exit code, and what it said at the end."""
        self.process.send_signal(signal.SIGTERM)
        errors = self.process.communicate(timeout=20)[1]
        return self.process.returncode, errors


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Starts servers of one store; none outlives the test."""
    started: list[Served] = []

    def start(*options: str) -> Served:
        started.append(Served(tmp_path, *options))
        return started[-1]

    yield start
    for served in started:
        served.client.close()
        served.process.kill()
        served.process.communicate()


def _write_tokens(folder: Path) -> None:
    (folder / "tokens").write_text(f"Ann:{TOKEN}\n")
    (folder / "tokens").chmod(0o600)


TOOLS = """
from belljar import tool

@tool(approval="always")
def pay(to: str) -> str:
    '''Pay somebody.'''
    return f"paid {to}"
"""


@pytest.mark.slow
def test_a_question_is_asked_answered_and_done_by_one_server(tmp_path: Path, serving: Callable[..., Served]) -> None:
    """Its link has the token behind `#`; with tools it takes the run up itself; told to stop, it stops."""
    (tmp_path / "tools.py").write_text(TOOLS)
    with open_store(tmp_path / "runs.db") as store:
        served = serving("--tools", "tools.py")
        address, _, token = served.greeting[1].partition("#token=")
        assert address == f"sign in with {served.address}/sign-in"
        assert served.sign_in(token, "Ann") == 303
        headers = {"authorization": f"Bearer {token}"}
        with served.client.stream("GET", "/events", headers={"last-event-id": "0"}, timeout=20) as events:
            lines = (line for line in events.iter_lines() if line.startswith("data:"))
            store.runs.add(RunRequest(source="return await tools.pay({to: 'Bob'})"), run_id="r")
            assert next(line for line in lines if "approval.requested" in line) == (
                'data: {"event":"approval.requested","run":"r"}'
            )
            vote = {"verdict": "approve", "digest": store.approvals.get("r:1").digest, "who": "Ann"}
            answer = served.client.post("/api/v1/approvals/r:1/vote", json=vote, headers=headers)
            assert answer.json()["decided"] == "approve"
            assert any("run.ended" in line for line in lines)
        assert served.stop() == (0, "")
        assert store.runs.get("r").state == "succeeded"


@pytest.mark.slow
def test_i5_the_approval_page_shows_script_metadata_and_resumes(tmp_path: Path, serving: Callable[..., Served]) -> None:
    """The page is one process's, the run goes on in another."""
    _write_tokens(tmp_path)
    with open_store(tmp_path / "runs.db") as store:
        assert run(store, REFUNDS, "r") == "suspended"
        served = serving("--token-file", "tokens")
        served.sign_in(TOKEN, "Ann")
        for id_ in ("r:2", "r:3"):
            question = store.approvals.get(id_)
            assert question.request is not None
            page = served.client.get(f"/approvals/{id_}").text
            shown = (
                question.request.script_sha256,
                question.digest,
                "refund",
                "Script, 8 lines",
                "asks here",
                "Ran before",
            )
            assert [part for part in shown if part not in page] == []
            form = {
                "form_token": served.form_token(page),
                "verdict": "approve",
                "digest": question.digest,
                "back": "run",
            }
            answer = served.client.post(f"/approvals/{id_}/vote", data=form)
            assert answer.headers["location"] == "/runs/r?note=approved"
        assert served.stop() == (0, "")
        assert resume(store, "r").value == {"paid": 5900}


@pytest.mark.slow
def test_a_proxy_is_believed_where_one_was_announced(tmp_path: Path, serving: Callable[..., Served]) -> None:
    """With a name of its own; then HTTPS in front makes the cookie one for HTTPS alone."""
    open_store(tmp_path / "runs.db").close()
    cookies = []
    for options, host in (((), "localhost"), (("--allow-host", "console.example"), "console.example")):
        served = serving(*options)
        headers = {"host": host, "x-forwarded-proto": "https", "x-forwarded-for": "192.0.2.9"}
        cookies.append("Secure" in served.client.get("/sign-in", headers=headers).headers["set-cookie"])
        assert served.stop() == (0, "")

    assert cookies == [False, True]


@pytest.mark.slow
def test_a_server_without_tools_only_watches(tmp_path: Path, serving: Callable[..., Served]) -> None:
    """A run stays as it is; somebody watching does not keep the server from ending."""
    _write_tokens(tmp_path)
    with open_store(tmp_path / "runs.db") as store:
        store.runs.add(RunRequest(source="return 1"), run_id="r")
        served = serving("--token-file", "tokens")
        assert served.greeting[1] == "sign in with each person's own token"
        assert served.sign_in(TOKEN, "whoever") == 303
        with served.client.stream("GET", "/events", timeout=20) as events:
            assert next(events.iter_lines()) == "retry: 1000"
            assert served.stop() == (0, "")
        assert store.runs.get("r").state == "queued"
