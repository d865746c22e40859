"""`belljar doctor`, `belljar bench`, and the command as a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from cli_support import Cli

import belljar
from belljar.cli._probes import PROBES, count_imports
from belljar.errors import EngineUnavailableError
from belljar.machine import installed_engines

SOURCE = Path(belljar.__file__).parents[1]
NO_CHANGE: Mapping[str, str] = {}
COMMANDS = ["demo", "run", "check", "replay", "tools", "doctor", "bench"]
BELLJAR = (sys.executable, "-m", "belljar")


def process(*arguments: str, cwd: str | Path = ".", **environment: str) -> subprocess.Popen[str]:
    """The command, started."""
    return subprocess.Popen(  # noqa: S603 - our own program
        [*BELLJAR, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(SOURCE), **environment},
    )


def test_the_doctor_trips_every_limit(cli: Cli) -> None:
    """On every engine each probe is ended by its own error; versions, digests and the cache are told."""
    ran = cli("doctor", "--json")

    assert ran.code == 0
    assert [each["name"] for each in ran.document["probes"] if not each["ok"]] == []
    probes = [each["name"].split(":")[0] for each in ran.document["probes"]]
    metered = sum(probe.metered for probe in PROBES)
    assert probes.count("quickjs") == len(PROBES) + 1
    assert probes.count("v8") == (len(PROBES) + 1 - metered if "v8" in installed_engines() else 0)
    assert (len(ran.document["guest"]["build_id"]), ran.document["belljar"]) == (64, belljar.__version__)


def test_a_limit_that_does_not_hold_is_exit_code_5(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the table shows which."""
    monkeypatch.setattr("belljar.cli._probes.PROBES", PROBES[:1])
    monkeypatch.setattr("belljar.cli._probes.count_imports", lambda _: 3)

    ran = cli("doctor")

    lines = [line.split() for line in ran.stdout.splitlines()]
    assert ran.code == 5
    assert ["✗", "no", "imports", "in", "the", "guest", "3", "imports"] in [line[:8] for line in lines]
    assert ran.stdout.splitlines()[-1] == "1 fault: do not run scripts here before they are mended"


def test_an_unsafe_cache_folder_is_a_finding(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The doctor reports what would make every other command fail."""
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache").chmod(0o777)
    monkeypatch.setenv("BELLJAR_CACHE", str(tmp_path / "cache"))

    ran = cli("doctor", "--json")

    assert (ran.code, ran.document["cache"]) == (5, {"error": f"{tmp_path / 'cache'} can be written by others"})


def test_an_installation_without_its_guest_is_told(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every probe fails, each with the reason; the command itself does not."""

    def missing(*_: object, **__: object) -> None:
        raise EngineUnavailableError("the guest's guest.wasm is not in this installation")

    monkeypatch.setattr("belljar.machine.guest_facts", missing)
    monkeypatch.setattr("belljar.cli._probes.run", missing)
    monkeypatch.setattr("belljar.cli._probes._no_imports", missing)

    document = cli("doctor", "--json").document

    assert document["guest"]["error"].startswith("EngineUnavailableError: the guest's guest.wasm is not in")
    assert {(each["ok"], each["found"]) for each in document["probes"]} == {
        (False, "EngineUnavailableError: the guest's guest.wasm is not in this installation")
    }


def test_imports_are_counted_from_the_bytes() -> None:
    """(module (import "a" "b" (func))) has one; a module without the section has none."""
    header, types = b"\0asm\1\0\0\0", b"\x01\x04\x01\x60\0\0"

    assert count_imports(header + types + b"\x02\x07\x01\x01a\x01b\0\0") == 1
    assert count_imports(header + types) == 0


def test_bench_gives_medians_and_targets(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """W1 and W2, in microseconds."""
    monkeypatch.setattr("belljar.cli._bench._ROUNDS", 3)

    rows: dict[str, Any] = cli("bench", "--json").document["rows"]

    assert {row: (each["median_us"] > 0, each["target_us"]) for row, each in rows.items()} == {
        "W1": (True, 120),
        "W2": (True, 600),
    }


def test_bench_outside_a_checkout_prints_two_rows(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed belljar measures itself with what it has."""
    monkeypatch.setattr("belljar.cli._bench.find_checkout", lambda: None)
    monkeypatch.setattr("belljar.cli._bench._ROUNDS", 3)

    assert [line[:2] for line in cli("bench").stdout.splitlines()] == ["W1", "W2"]


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_asking_for_help_loads_no_engine(option: str) -> None:
    """Neither wasmtime, nor pydantic, nor the parser, nor rich."""
    code = (
        "import sys; from belljar.cli import main; main(sys.argv[1:]);"
        "print({'wasmtime', 'pydantic', 'tree_sitter', 'rich', 'asyncio'} & set(sys.modules), file=sys.stderr)"
    )
    ran = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", code, option],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
    )

    assert (ran.stdout.split()[0].lower().strip(":"), ran.stderr) == (
        "belljar" if option == "--version" else "usage",
        "set()\n",
    )


@pytest.mark.slow
def test_engines_are_completed() -> None:
    """Through the shell's own protocol."""
    words = {"COMP_WORDS": "belljar run --engine q", "COMP_CWORD": "3"}

    with process(_BELLJAR_COMPLETE="complete_bash", **words) as completing:
        assert completing.communicate()[0].split() == ["quickjs"]


@pytest.mark.slow
def test_a_reader_that_leaves_is_no_traceback(tmp_path: Path) -> None:
    """`belljar ... | head` ends as shells expect it: 128 + SIGPIPE."""
    (tmp_path / "a.ts").write_text("return 'x'.repeat(100_000)")

    with process("run", "a.ts", cwd=tmp_path) as running:
        assert running.stdout is not None
        running.stdout.close()
        assert running.stderr is not None
        told = running.stderr.read()

    assert (running.returncode, "Traceback" in told) == (141, False)


@pytest.mark.slow
def test_control_c_ends_the_run_and_its_journal(tmp_path: Path) -> None:
    """Exit code 130, one line, and a journal that has its end."""
    (tmp_path / "a.ts").write_text("console.log('on'); await tools.wait({})")
    (tmp_path / "t.py").write_text(
        "import asyncio\nfrom belljar import tool\n@tool\nasync def wait() -> None:\n"
        "    print('waiting', flush=True)\n    await asyncio.sleep(60)\n"
    )
    with process("run", "a.ts", "-t", "t.py", "--journal", "j.jsonl", cwd=tmp_path) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "waiting\n"
        running.send_signal(signal.SIGINT)
        _, told = running.communicate(timeout=10)

    last = json.loads((tmp_path / "j.jsonl").read_text().splitlines()[-1])
    assert (running.returncode, told.splitlines()[-2]) == (130, "ScriptCancelledError: interrupted")
    assert (last["type"], last["error"]["code"]) == ("end", "ScriptCancelledError")


def test_without_arguments_there_is_help(cli: Cli) -> None:
    """Every command with one line, the exit codes, and exit code 2."""
    ran = cli()

    words = [line.split()[0] for line in ran.stdout.splitlines() if line.startswith("  ")]
    assert ran.code == 2
    assert [word for word in words if word in COMMANDS] == COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str, cli: Cli) -> None:
    """On standard output, exit code 0."""
    ran = cli(command, "--help")

    assert (ran.code, ran.stdout.splitlines()[0].split()[:3], ran.stderr) == (0, ["Usage:", "belljar", command], "")


def test_an_interruption_is_a_document_too(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """With --json: exit code 130 and one document."""

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("belljar.cli._tools.load_registry", interrupt)

    ran = cli("tools", "tools.py", "--json")

    assert (ran.code, ran.document["error"]["code"]) == (130, "ScriptCancelledError")


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="pseudo-terminals are a Unix matter")
@pytest.mark.parametrize(("answer", "verdict"), [(b"y\n", b"fixed"), (b"n\nnot today\n", b"declined")])
def test_the_demo_at_a_terminal_asks_a_person(answer: bytes, verdict: bytes, tmp_path: Path) -> None:
    """The whole diff is on the screen before the question; what is typed decides."""
    code, seen = at_a_terminal([*BELLJAR, "demo"], tmp_path, answer=answer)

    assert code == 0
    assert seen.index(b"+++ b/tally/money.py", seen.index(b"asks for approval")) < seen.index(b"edit the arguments")
    assert b'"' + verdict + b'"' in seen[seen.index(b"edit the arguments") :].replace(b"\x1b[0m", b"")


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="pseudo-terminals are a Unix matter")
def test_a_person_is_asked_although_the_script_comes_by_a_pipe(tmp_path: Path) -> None:
    """The answer is read from the terminal itself, not from standard input."""
    (tmp_path / "t.py").write_text("from belljar import tool\n@tool(approval='always')\ndef f() -> int: return 4711\n")
    pipeline = f"echo 'return await tools.f()' | '{sys.executable}' -m belljar run - -t t.py"

    code, seen = at_a_terminal(["/bin/sh", "-c", pipeline], tmp_path, answer=b"y\n")

    assert (code, b"4711" in seen) == (0, True)


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="pseudo-terminals are a Unix matter")
@pytest.mark.parametrize(("environment", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_no_color_is_honoured(environment: dict[str, str], coloured: bool, tmp_path: Path) -> None:
    """A terminal gets carets in red, unless the user does not want colour."""
    (tmp_path / "a.ts").write_text("return nope")

    code, seen = at_a_terminal([*BELLJAR, "check", "a.ts"], tmp_path, environment=environment)

    assert (code, b"31m" in seen) == (1, coloured)


def at_a_terminal(
    command: list[str], folder: Path, *, answer: bytes = b"", environment: Mapping[str, str] = NO_CHANGE
) -> tuple[int, bytes]:
    """Run a command at a terminal of its own, answer its question, and give its exit code and all that it wrote."""
    import pty

    pid, terminal = pty.fork()
    if pid == 0:
        os.environ |= {"PYTHONPATH": str(SOURCE), "TMPDIR": str(folder), "TERM": "xterm-256color", **environment}
        os.chdir(folder)
        os.execv(command[0], command)  # noqa: S606 - our own program
    seen = _read_until(terminal, b"edit the arguments: ") if answer else b""
    if answer:
        os.write(terminal, answer)
    seen += _read_until(terminal, None)
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), seen


def _read_until(terminal: int, mark: bytes | None) -> bytes:
    seen = b""
    while mark is None or mark not in seen:
        try:
            chunk = os.read(terminal, 4096)
        except OSError:  # EIO: the other side has closed it
            return seen
        if not chunk:
            return seen
        seen += chunk
    return seen


@pytest.mark.parametrize(
    ("package", "extra", "command"),
    [
        ("sqlalchemy", "store", ("run", "p.ts", "--store", "runs.db")),
        ("zstandard", "snapshot", ("snapshot", "build", "p.ts", "-o", "p.msqs")),
    ],
)
def test_a_missing_package_is_told_as_the_extra_that_brings_it(
    package: str, extra: str, command: tuple[str, ...], tmp_path: Path
) -> None:
    """It is no bug of belljar's."""
    (tmp_path / "p.ts").write_text("return 1;")
    program = f"import sys; sys.modules[{package!r}] = None; from belljar.cli import main; sys.exit(main({command!r}))"
    done = subprocess.run(  # noqa: S603  (our own interpreter)
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )

    assert done.returncode == 2
    assert f"this needs {package}" in done.stderr
    assert f"pip install 'belljar[{extra}]'" in done.stderr
