"""The examples run as they are, and say what they promise."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


def lines_of(name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What an example prints when it is run as a program."""
    monkeypatch.setattr("sys.argv", [name])
    runpy.run_path(str(EXAMPLES / name), run_name="__main__")
    return capsys.readouterr().out.splitlines()


def test_quickstart(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Checked, run, replayed, and a slip of the model explained."""
    lines = lines_of("quickstart.py", capsys, monkeypatch)

    assert [re.sub(r"[\d,]+ instructions", "N instructions", line) for line in lines[:4]] == [
        "would call: get_rate",
        "250 EUR are: {'USD': 270, 'JPY': 42850}",
        "2 calls, N instructions",
        "replayed to the same bytes: True",
    ]
    assert lines[-1] == "hint: Did you mean 'get_rate'? Declared tools: get_rate."


def test_approvals(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A small payment asks nobody, a medium one is approved, a large one is cut down."""
    lines = lines_of("approvals.py", capsys, monkeypatch)

    assert lines[:3] == ["Ada: paid 9.00", "Grace: paid 250.00", "Edsger: paid 500.00"]
    assert [line.partition(": ")[2] for line in lines[3:]] == ["approve by accountant"] * 2


def test_streaming(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Events in the order of happening, items in the order of writing."""
    words = [line.split()[0] for line in lines_of("streaming.py", capsys, monkeypatch)]

    assert (words[0], words[words.index("script_finished") :]) == (
        "script_started",
        ["script_finished", "message", "script_call", "script_output", "message"],
    )
