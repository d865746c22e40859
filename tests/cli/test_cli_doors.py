"""Bad input at every door: a clear message, the documented exit code, no traceback, nothing lost."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from cli_support import Cli, Write

from belljar.cli import main


@pytest.mark.parametrize("command", ["run", "check"])
def test_a_file_that_is_not_there(command: str, cli: Cli) -> None:
    """Named, with the reason."""
    ran = cli(command, "nowhere.ts")

    assert (ran.code, ran.stdout) == (2, "")
    assert ran.stderr.splitlines()[0] == "UsageError: nowhere.ts cannot be read: No such file or directory"


def test_a_folder_is_no_file(cli: Cli, tmp_path: Path) -> None:
    """The system's own reason is repeated."""
    (tmp_path / "folder").mkdir()

    assert cli("run", "folder").stderr.splitlines()[0] == "UsageError: folder cannot be read: Is a directory"


@pytest.mark.parametrize(("data", "offset"), [(b"return '\xff'", 8), (b"\xef\xbb\xbfab\xc3(", 5)])
def test_bytes_that_are_no_text_are_told_with_their_offset(data: bytes, offset: int, cli: Cli, tmp_path: Path) -> None:
    """The offset counts the file's bytes, a byte order mark included."""
    (tmp_path / "a.ts").write_bytes(data)

    ran = cli("run", "a.ts")

    assert ran.code == 2
    assert ran.stderr.splitlines()[0] == f"UsageError: a.ts is not UTF-8 text: byte {offset} is 0x{data[offset]:02x}"


def test_a_reply_of_ten_megabytes_is_refused(cli: Cli, tmp_path: Path) -> None:
    """Refused by its size, without working on it."""
    (tmp_path / "r.md").write_bytes(b"x" * 10_000_000)

    ran = cli("run", "r.md")

    assert (ran.code, ran.stderr.splitlines()[0]) == (2, "UsageError: r.md is larger than 4,194,304 bytes")


def test_a_tools_module_that_fails_shows_its_own_line(cli: Cli, write: Write) -> None:
    """The user's file and line, not the import machinery's."""
    module = write("broken.py", "import json\n\nvalue = 1 / 0\n")

    ran = cli("tools", module)

    found = ran.stderr.splitlines()[0]
    assert ran.code == 2
    assert re.sub(r" at \S*/", " at ", found) == (
        "UsageError: broken.py does not import: ZeroDivisionError at broken.py:3: division by zero"
    )


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("odd.py", "def (", r"odd.py does not import: SyntaxError at \S*odd.py:1: .*"),
        ("exits.py", "raise SystemExit(3)", r"exits.py does not import: SystemExit at \S*exits.py:1: 3"),
        ("empty.py", "x = 1", "there is no tool in empty.py"),
        ("empty.py:x", "x = 1", "empty.py:x is a int, no tool and no list of tools"),
        ("empty.py:y", "x = 1", "empty.py:y: there is no 'y'"),
        ("no_such_module", "", r"no_such_module does not import: ModuleNotFoundError: .*"),
        ("gone.py", None, r"gone.py does not import: FileNotFoundError: .*"),
    ],
)
def test_tools_that_cannot_be_had(name: str, text: str | None, message: str, cli: Cli, write: Write) -> None:
    """Each says what is wrong with the module that was named."""
    if text:
        write(name.partition(":")[0], text)

    ran = cli("tools", name)

    assert (ran.code, ran.stdout) == (2, "")
    assert re.fullmatch(f"UsageError: {message}", ran.stderr.splitlines()[0])


def test_two_tools_of_one_name_are_refused(cli: Cli, write: Write) -> None:
    """Both homes of the name are told."""
    more = write("more.py", "from belljar import tool\n@tool\ndef add(a: int) -> int:\n    return a\n")

    ran = cli("run", write("a.ts", "return 1"), "-t", "tools.py", "-t", more)

    message = re.sub(r"_[0-9a-f]{12}", "", ran.stderr.splitlines()[0])
    assert (ran.code, message) == (
        2,
        "UsageError: two tools are named 'add': _belljar_tools_tools.add and _belljar_tools_more.add",
    )


def test_a_tool_that_is_named_twice_is_one_tool(cli: Cli, write: Write) -> None:
    """A file is executed once, and its tools are the same ones however they are named."""
    counting = write("counting.py", "print('executed')\nfrom tools import add, pay\n")

    ran = cli("run", write("a.ts", "return 1"), "-t", counting, "-t", f"{counting}:add")

    assert (ran.code, ran.stdout) == (0, "executed\n1\n")


@pytest.mark.parametrize("command", [("run", "a.ts"), ("demo",)])
def test_an_unknown_engine_is_refused_before_anything_runs(command: tuple[str, ...], cli: Cli, write: Write) -> None:
    """With the engines that there are."""
    write("a.ts", "return 1")

    ran = cli(*command, "--engine", "spidermonkey")

    assert (ran.code, ran.stderr.splitlines()) == (
        2,
        ["UsageError: unknown engine 'spidermonkey'", "hint: Engines: quickjs, v8."],
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("frobnicate",), "No such command 'frobnicate'."),
        (("run",), "Missing argument 'FILE|-'."),
        (("run", "a.ts", "--colour"), "No such option: --colour"),
        (("run", "a.ts", "--approve", "maybe"), "Invalid value for '--approve': "),
        (("run", "a.ts", "--timeout-ms", "soon"), "Invalid value for '--timeout-ms': "),
        (("run", "a.ts", "--timeout-ms", "0"), "Limits.timeout_ms must be a whole number from 1 to 86400000, got 0"),
        (("run", "a.ts", "--engine", "spidermonkey"), "unknown engine 'spidermonkey'"),
    ],
)
def test_a_wrong_command_line_is_a_document_too(
    arguments: tuple[str, ...], message: str, cli: Cli, write: Write
) -> None:
    """With --json even a usage error is one JSON document on standard output; exit code 2."""
    write("a.ts", "return 1")

    ran = cli(*arguments, "--json")

    error = ran.document["error"]
    assert (ran.code, error["code"]) == (2, "UsageError")
    assert error["message"].startswith(message)


def test_a_closed_standard_input_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process may be started without one."""
    monkeypatch.setattr(sys, "stdin", None)

    assert main(["run", "-"]) == 2


@pytest.mark.parametrize("debug", ["--debug", "BELLJAR_DEBUG"])
def test_a_traceback_is_shown_only_on_request(debug: str, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the option there is a message; with it, the traceback besides."""
    assert "Traceback" not in cli("run", "nowhere.ts").stderr
    monkeypatch.setenv("BELLJAR_DEBUG", "1" if debug == "BELLJAR_DEBUG" else "")

    options = ("--debug",) if debug == "--debug" else ()

    assert "Traceback" in cli(*options, "run", "nowhere.ts").stderr


def test_a_bug_of_ours_is_reported_as_one(cli: Cli, monkeypatch: pytest.MonkeyPatch, write: Write) -> None:
    """Exit code 5, one line, and how to see more."""
    monkeypatch.setattr("belljar.cli._check.check", lambda *_, **__: 1 / 0)

    ran = cli("check", write("a.ts", "return 1"))

    assert (ran.code, ran.stderr.splitlines()) == (
        5,
        [
            "HarnessInternalError: ZeroDivisionError: division by zero",
            "hint: This is a bug in belljar. --debug shows where; please report it.",
        ],
    )
