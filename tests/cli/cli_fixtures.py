"""The command line, called as a function in an empty folder of its own, with its streams kept apart."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from cli_support import Cli, Ran, Write

from belljar.cli import main

TOOLS = '''
from belljar import tool

@tool
def add(a: int, b: int) -> int:
    """The sum."""
    return a + b

@tool(approval="always")
def pay(to: str) -> str:
    """Pay somebody."""
    print("paying", to)
    return f"paid {to}"

def _helper() -> None: ...
'''


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Cli:
    """`cli("run", "a.ts", stdin=b"...")`, in a folder that has tools.py."""
    monkeypatch.chdir(tmp_path)
    for name in ("BELLJAR_DEBUG", "BELLJAR_STORE"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "tools.py").write_text(TOOLS)

    def call(*arguments: str, stdin: bytes = b"") -> Ran:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
        capsys.readouterr()
        code = main(arguments)
        streams = capsys.readouterr()
        return Ran(code=code, stdout=streams.out, stderr=streams.err)

    return call


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """`write("a.ts", text)` puts a file into the command's folder and gives its name."""

    def put(name: str, text: str) -> str:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return name

    return put
