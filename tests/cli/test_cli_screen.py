"""What a user sees: nothing that a script, a tool or a model says is obeyed by the terminal."""

from __future__ import annotations

import asyncio
import io
import json
import re
from typing import Any

import pytest
from cli_support import Cli, Write
from rich.console import Console

from belljar import ApprovalRequest, AutoApprover, Decision, Harness, tool
from belljar.cli._approve import WholeTextApprover
from belljar.cli._exits import EXIT_CODES, ExitCode, exit_code_of
from belljar.cli._progress import ProgressPrinter
from belljar.cli._screen import excerpt_text, json_text, safe, safe_line
from belljar.errors import ERRORS, BelljarError, HostError, ImageError

NASTY = "\x1b]0;pwned\x07\x1b[2J\u202e[bold]x[/bold]\x9b1A"
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_STYLES_AND_SPINNERS = re.compile(r"\x1b\[(?:[0-9;]*m|\?25[lh]|[0-9]*[AK]|1A|2K)")


@pytest.fixture
def terminal() -> Console:
    """A terminal of 100 columns in memory."""
    return Console(
        file=io.StringIO(), force_terminal=True, width=100, markup=False, highlight=False, color_system="standard"
    )


def shown(console: Console) -> str:
    """What was written to it, without colours and cursor movements."""
    assert isinstance(console.file, io.StringIO)
    return _ESCAPES.sub("", console.file.getvalue())


def test_control_characters_are_written_out() -> None:
    """Each is visible, none is obeyed; markup is text."""
    assert safe(NASTY) == "\\x1b]0;pwned\\x07\\x1b[2J\\u202e[bold]x[/bold]\\x9b1A"


def test_a_line_stays_one_line_of_its_length() -> None:
    """Newlines and floods do not make it longer."""
    assert (safe_line("a\n b"), len(safe_line("x" * 10_000, limit=20))) == ("a b", 20)


def test_json_to_read_is_still_json() -> None:
    """Characters that deceive are escaped as JSON does it, so nothing is lost; letters stay letters."""
    text = json_text({"ü": NASTY, "half": "\ud800"})

    assert json.loads(text) == {"ü": NASTY, "half": "\ud800"}
    assert [character in text for character in ("ü", "\x1b", "\u202e", "\x9b", "\ud800")] == [True, *[False] * 4]


def test_a_script_cannot_reach_the_terminal(cli: Cli, write: Write) -> None:
    """By its value, its console, its error, its arguments, its own text, or a tool's name for things."""
    literal = json.dumps(NASTY)
    source = f"console.log({literal}); context.telemetry.emitProgress({literal}); await tools.pay({{ to: {literal} }})"
    reply = write("r.md", f"{NASTY}\n<tool-calls>{source}; throw new Error({literal})</tool-calls>")

    ran = cli("run", reply, "-t", "tools.py", "--approve", "all")

    assert ran.code == 1
    written = ran.stdout.replace(f"paying {NASTY}\n", "") + ran.stderr  # the tool's own print is the tool's
    assert [character for character in "\x1b\x07\x9b\u202e" if character in written] == []


def test_carets_are_red_on_a_terminal(terminal: Console) -> None:
    """And the source line above them is not."""
    terminal.print(excerpt_text("   1 | let x\n     |     ^"))

    assert isinstance(terminal.file, io.StringIO)
    assert terminal.file.getvalue() == "   1 | let x\n\x1b[1;31m     |     ^\x1b[0m\n"


def run_with(printer: ProgressPrinter, source: str, *tools: Any) -> None:
    """Run a script under a printer, denying approvals."""

    async def go() -> None:
        async with Harness(tools, approver=AutoApprover("none")) as harness:
            await harness.run(source, on_event=printer)
        printer.close()

    asyncio.run(go())


@tool
async def slow(text: str) -> str:
    """Takes longer than one frame of a spinner."""
    await asyncio.sleep(0.15)
    return text


def test_a_terminal_shows_calls_while_they_run(terminal: Console) -> None:
    """A spinner with the call and its time; in the end a line with a tick, and the cursor is given back."""
    run_with(ProgressPrinter(terminal), f"await tools.slow({{ text: {json.dumps(NASTY)} }})", slow)

    assert isinstance(terminal.file, io.StringIO)
    written = terminal.file.getvalue()
    assert _STYLES_AND_SPINNERS.sub("", written).count("\x1b") == 0
    assert re.search("[⠋⠙⠹⠸⠼⠴] ", written)
    assert re.search(r'✓ slow\(text: "\\u001b\]0;pwned.*\)  \d+ ms', shown(terminal))
    assert written.rindex("\x1b[?25h") > written.rindex("\x1b[?25l")


def test_a_refused_call_is_a_line_too(terminal: Console) -> None:
    """Asked, answered, and why it failed; the display comes back after the question."""
    run_with(ProgressPrinter(terminal), "try { await tools.guarded() } catch {}", guarded)

    lines = [" ".join(line.split()) for line in shown(terminal).splitlines() if line.strip()]
    assert [re.sub(r"\d+ ms", "N ms", line) for line in lines] == [
        "? guarded asks for approval",
        "? guarded denied by policy *",
        "✗ guarded N ms ApprovalDeniedError",
    ]


@tool(approval="always")
def guarded() -> None:
    """Asks."""


class Remembering:
    """Approves, and keeps what it was shown."""

    def __init__(self) -> None:
        self.seen: list[ApprovalRequest] = []

    async def decide(self, request: ApprovalRequest) -> Decision:
        """Yes."""
        self.seen.append(request)
        return Decision.approve(request)


@tool(approval="always")
def patch(diff: str, password: str = "") -> str:
    """Takes a long text and a secret one."""
    return diff + password


def ask(terminal: Console, source: str) -> list[ApprovalRequest]:
    """The requests that reached the inner approver."""
    inner = Remembering()

    async def go() -> None:
        async with Harness([patch], approver=WholeTextApprover(inner, console=terminal)) as harness:
            assert (await harness.run(source)).ok

    asyncio.run(go())
    return inner.seen


def test_a_long_text_is_shown_whole_before_the_question(terminal: Console) -> None:
    """Where a digest alone would be shown; the request that is answered is the same call."""
    lines = [f"+line {n} {'x' * 40}" for n in range(20)]

    (request,) = ask(terminal, f"await tools.patch({{ diff: {json.dumps(chr(10).join(lines))} }})")

    assert shown(terminal).splitlines() == ["", "diff:", *(f"  {line}" for line in lines)]
    assert re.fullmatch(r"\[shown above: 20 lines, 989 characters, sha256 [0-9a-f]{16}…\]", request.display["diff"])
    assert request.arguments["diff"] == "\n".join(lines)


def test_a_very_long_text_says_how_much_is_missing(terminal: Console) -> None:
    """5,000 lines are shown."""
    ask(terminal, "await tools.patch({ diff: 'x\\n'.repeat(5300) })")

    assert shown(terminal).splitlines()[-1] == "  … 300 more of 5300 lines"


def test_a_secret_far_down_in_a_long_text_is_not_printed(terminal: Console) -> None:
    """The lines about it are: a person must see the rest of a patch."""
    token = "ghp_" + "a1B2" * 9

    ask(terminal, f"await tools.patch({{ diff: 'x\\n'.repeat(500) + '+token {token}\\n+after' }})")

    assert shown(terminal).splitlines()[-2:] == ["  +token [redacted]", "  +after"]


def test_a_redacted_text_stays_redacted(terminal: Console) -> None:
    """Only texts that were cut for their length are shown whole."""
    (request,) = ask(terminal, "await tools.patch({ diff: 'd', password: 'first\\nsecond' })")

    assert (shown(terminal), request.display["password"]) == ("", "[redacted]")


class Slow(Remembering):
    """Takes its time, so that a second question could get between."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console

    async def decide(self, request: ApprovalRequest) -> Decision:
        """Yes, later."""
        await asyncio.sleep(0.01)
        self._console.print(f"question {request.ordinal}")
        return await super().decide(request)


def test_each_text_stands_above_its_own_question(terminal: Console) -> None:
    """Two calls that ask at once are asked about one after the other."""
    inner = Slow(terminal)

    async def go() -> None:
        async with Harness([patch], approver=WholeTextApprover(inner, console=terminal)) as harness:
            await harness.run("await Promise.all(['1\\na', '2\\nb'].map((diff) => tools.patch({ diff })))")

    asyncio.run(go())

    first, second = (request.ordinal for request in inner.seen)
    assert [line.strip() for line in shown(terminal).splitlines() if line] == [
        *("diff:", "1", "a", f"question {first}"),
        *("diff:", "2", "b", f"question {second}"),
    ]


def test_several_calls_spin_at_once(terminal: Console) -> None:
    """Each call has a line of its own while it runs, cut at the terminal's width."""
    run_with(
        ProgressPrinter(terminal), "await Promise.all(['a'.repeat(300), 'b'].map((text) => tools.slow({ text })))", slow
    )

    assert isinstance(terminal.file, io.StringIO)
    frames = [frame for frame in _ESCAPES.sub("", terminal.file.getvalue()).split("\r") if "slow" in frame]
    spinning = [line for frame in frames for line in frame.splitlines() if re.match(r"[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] slow", line)]
    assert {line[13:16] for line in spinning} == {'"aa', '"b"'}
    assert max(map(len, spinning)) <= 100


def test_a_pipe_gets_lines_without_colours_or_spinners() -> None:
    """One for each call that is over."""
    pipe = Console(file=io.StringIO(), markup=False, highlight=False)

    run_with(ProgressPrinter(pipe), "await tools.slow({ text: 'x' })", slow)

    assert isinstance(pipe.file, io.StringIO)
    assert re.fullmatch(r'  ✓ slow\(text: "x"\)  \d+ ms\n', pipe.file.getvalue())


def test_every_error_has_an_exit_code() -> None:
    """By its nearest class in the table; what nobody foresaw is internal."""
    codes = {code: exit_code_of(kind("x")) for code, kind in ERRORS.items() if kind is not BelljarError}

    special = {code: exit_code for code, exit_code in codes.items() if exit_code is not ExitCode.FAILED}
    usage = {code for code, kind in ERRORS.items() if issubclass(kind, HostError) and not issubclass(kind, ImageError)}
    failed = {
        "AgentBudgetError", "AgentStoppedError", "AuditBrokenError", "ManifestError", "ModelError",
        "PluginSignatureError", "QueueFullError", "ReplayDivergedError", "SecretFoundError",
    }  # fmt: skip
    assert special == {
        **dict.fromkeys(usage - failed, ExitCode.USAGE),
        "PolicyRefusedError": ExitCode.DENIED,
        "ApprovalDeniedError": ExitCode.DENIED,
        "RunSuspendedError": ExitCode.WAITING,
        "ScriptTimeoutError": ExitCode.TIME_LIMIT,
        "CpuLimitError": ExitCode.TIME_LIMIT,
        "CacheError": ExitCode.INTERNAL,
        "EngineUnavailableError": ExitCode.INTERNAL,
        "HarnessInternalError": ExitCode.INTERNAL,
    }
    assert (exit_code_of(ZeroDivisionError()), exit_code_of(None)) == (ExitCode.INTERNAL, ExitCode.FINE)
    assert BaseException in EXIT_CODES
