"""Each provider's example runs as it is: with a stub of its own, and against one in another process."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from belljar.testing.stub import StubServer, demo_reply

EXAMPLES = Path(__file__).parents[2] / "examples"
OPENAI = [
    "reasoning      Three look-ups at once.",
    "message        I look them up.",
    'script_output  [{"city": "Pune", "degrees": 28.5}, {"city": "Lima", "degrees": 19}, '
    '{"city": "Oslo", "degrees": 4.5}]',
    "reasoning      The list is sorted.",
    "message        Pune is the warmest of the three.",
]
ANTHROPIC = [
    "Three look-ups at once.I look them up.",
    "[script_started] ",
    *["[call_started] temperature"] * 3,
    "[script_finished] ",
    "The list is sorted.Pune is the warmest of the three.",
]
LINES = {"openai_responses": OPENAI, "openai_chat": OPENAI, "anthropic_messages": ANTHROPIC}


def printed(name: str, *options: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the example prints when it is run as a program."""
    monkeypatch.setattr("sys.argv", [name, *options])
    runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("name", LINES)
def test_with_a_stub_of_its_own(name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """One command, no key, no network."""
    lines = printed(name, "--stub", capsys=capsys, monkeypatch=monkeypatch)
    assert [line for line in lines if line in LINES[name]] == LINES[name]


@pytest.mark.parametrize("name", LINES)
def test_with_a_server_elsewhere(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--base-url` and `--model` go to whoever is there."""
    with StubServer(demo_reply) as stub:
        url = stub.url if name == "anthropic_messages" else stub.openai_url
        printed(name, "--base-url", url, "--model", "any", capsys=capsys, monkeypatch=monkeypatch)
    assert [request.body["model"] for request in stub.requests] == ["any", "any"]


def test_the_stub_as_a_program_says_how_to_reach_it() -> None:
    """`python -m belljar.testing.stub --port 0` prints both base URLs and serves until it is interrupted."""
    command = [sys.executable, "-m", "belljar.testing.stub", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603  (our own interpreter)
        assert process.stdout is not None
        line = process.stdout.readline()
        process.terminate()
    assert line.startswith("OpenAI: --base-url http://127.0.0.1:")
    assert "   Anthropic: --base-url http://127.0.0.1:" in line
