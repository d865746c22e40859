"""`belljar run`."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

import pytest
from cli_support import Cli, Write

REPLY = """Let me add.

<tool-calls>
return await tools.add({ a: 1, b: 2 });
</tool-calls>

And once more.

<tool-calls>
return await tools.add({ a: 3, b: 4 });
</tool-calls>

Done.
"""


def test_a_script_s_value_goes_to_standard_output_alone(cli: Cli, write: Write) -> None:
    """The value can be piped on: calls, figures and console lines are told on standard error."""
    script = write("a.ts", "console.log('adding'); return { sum: await tools.add({ a: 1, b: 2 }) }")

    ran = cli("run", script, "--tools", "tools.py")

    assert (ran.code, ran.stdout) == (0, '{\n  "sum": 3\n}\n')
    assert [line.split()[0:2] for line in ran.stderr.splitlines()[:2]] == [["│", "adding"], ["✓", "add(a:"]]


def test_standard_input_is_read_where_the_file_is_a_dash(cli: Cli) -> None:
    """`-` is standard input; text without a script block is a script."""
    ran = cli("run", "-", stdin=b"return 'gr\xc3\xbc\xc3\x9fe'")

    assert (ran.code, ran.stdout) == (0, '"grüße"\n')


def test_a_reply_is_told_in_the_order_in_which_it_was_written(cli: Cli, write: Write) -> None:
    """Text, script, result, text: each where the model put it."""
    ran = cli("run", write("reply.md", REPLY), "-t", "tools.py")

    told = [line for line in ran.stdout.splitlines() if line and " ms · " not in line]
    assert ran.code == 0
    assert told == [
        "Let me add.",
        "script 1  TypeScript, 1 line",
        "return await tools.add({ a: 1, b: 2 });",
        "result",
        "3",
        "And once more.",
        "script 2  TypeScript, 1 line",
        "return await tools.add({ a: 3, b: 4 });",
        "result",
        "7",
        "Done.",
    ]


def test_a_pipe_gets_long_lines_whole(cli: Cli, write: Write) -> None:
    """Text, thinking, source, console and result: nothing is wrapped or cut where there is no terminal."""
    long = "word " * 60 + "end"
    script = f"console.log('{long}'); return '{long}'"
    reply = write("r.md", f"{long}\n<thinking>{long}</thinking>\n<tool-calls>{script}</tool-calls>")

    ran = cli("run", reply)

    assert [line for line in ran.stdout.splitlines() if "end" in line] == [long, long, script, f'"{long}"']
    assert ran.stderr.splitlines()[0] == f"  │ {long}"


def test_json_of_a_reply_has_all_items_and_runs(cli: Cli, write: Write) -> None:
    """One document: the turn's items in order, and the outcome of each run."""
    document = cli("run", write("reply.md", REPLY), "-t", "tools.py", "--json").document

    assert [item["type"] for item in document["items"]] == [
        "message",
        "script_call",
        "script_output",
        "message",
        "script_call",
        "script_output",
        "message",
    ]
    assert [run["value"] for run in document["runs"]] == [3, 7]


def test_json_stays_one_document_when_a_tool_prints(cli: Cli, write: Write) -> None:
    """What a tool prints goes to standard error then."""
    ran = cli(
        "run", write("p.ts", "return await tools.pay({ to: 'ada' })"), "-t", "tools", "--approve", "all", "--json"
    )

    assert ran.document["value"] == "paid ada"
    assert "paying ada" in ran.stderr.splitlines()


def test_a_script_file_is_never_read_as_a_reply(cli: Cli, write: Write) -> None:
    """In a .ts file the tags are part of a string, not a block to run."""
    ran = cli("run", write("a.ts", "return `<tool-calls>\nreturn 1\n</tool-calls>`.length"))

    assert (ran.code, ran.stdout) == (0, "35\n")


@pytest.mark.parametrize(
    ("source", "options", "code", "error"),
    [
        ("throw new Error('no')", (), 1, "ScriptRuntimeError"),
        ("return fetch('x')", (), 1, "UndefinedNameError"),
        ("return await tools.pay({ to: 'x' })", (), 3, "ApprovalDeniedError"),
        ("return await tools.pay({ to: 'x' })", ("--approve", "none"), 3, "ApprovalDeniedError"),
        ("while (true) {}", ("--timeout-ms", "30"), 4, "ScriptTimeoutError"),
        ("const a = []; for (;;) a.push(new Uint8Array(1e6))", ("--memory-mb", "8"), 1, "ScriptMemoryError"),
        ("await tools.add({ a: 1, b: 1 })", ("--tool-calls", "0"), 1, "ToolBudgetExceededError"),
    ],
)
def test_the_exit_code_says_how_the_run_ended(
    source: str, options: tuple[str, ...], code: int, error: str, cli: Cli, write: Write
) -> None:
    """1 failed, 3 denied, 4 time limit; the limits of the command line are in force."""
    ran = cli("run", write("a.ts", source), "-t", "tools.py", "--json", *options)

    assert (ran.code, ran.document["ok"], ran.document["error"]["code"]) == (code, False, error)


def test_a_caught_denial_is_no_failure(cli: Cli, write: Write) -> None:
    """The exit code is 3 only where the denial ended the run."""
    ran = cli(
        "run", write("a.ts", "try { await tools.pay({ to: 'x' }) } catch (e) { return e.name }"), "-t", "tools.py"
    )

    assert (ran.code, ran.stdout) == (0, '"ApprovalDeniedError"\n')


def test_asking_without_a_terminal_says_so_and_denies(cli: Cli, write: Write) -> None:
    """Nobody is left waiting, and nothing is approved in silence."""
    ran = cli("run", write("a.ts", "return await tools.pay({ to: 'x' })"), "-t", "tools.py")

    assert "belljar: approval of pay: standard input is no terminal; the fallback policy is deny." in ran.stderr


def test_an_error_shows_file_line_column_and_the_place(cli: Cli, write: Write) -> None:
    """As compilers print it, with a caret, a hint, and the calls that were started."""
    script = write("a.ts", "await tools.add({ a: 1, b: 2 })\nthrow new TypeError('odd')")

    lines = cli("run", script, "-t", "tools.py").stderr.splitlines()

    assert re.fullmatch(r"a\.ts:2:\d+: ScriptRuntimeError: TypeError: odd", lines[1])
    assert (lines[2], lines[3].strip("| ")) == ("   2 | throw new TypeError('odd')", "^")
    assert lines[5] == "ScriptRuntimeError; calls so far: add (line 1): done"


@pytest.mark.parametrize(("mode", "code"), [("dry-run", 0), ("disabled", 2)])
def test_a_script_does_not_run_in_the_other_modes(mode: str, code: int, cli: Cli, write: Write) -> None:
    """A dry run reports; disabled says that it is."""
    ran = cli("run", write("a.ts", "return await tools.pay({ to: 'x' })"), "-t", "tools.py", "--mode", mode, "--json")

    assert (ran.code, "paying" in ran.stderr) == (code, False)


@pytest.mark.parametrize(("mode", "statuses"), [("dry-run", ["checked"] * 2), ("disabled", ["disabled"] * 2)])
def test_a_reply_s_scripts_do_not_run_in_the_other_modes(
    mode: str, statuses: list[str], cli: Cli, write: Write
) -> None:
    """Each script's item has its status; the text around it is kept."""
    ran = cli("run", write("r.md", REPLY), "-t", "tools.py", "--mode", mode, "--json")

    assert [item["status"] for item in ran.document["items"] if item["type"] == "script_call"] == statuses
    assert ran.document["runs"] == []


def test_a_dry_run_of_a_reply_is_printed_with_its_reports(cli: Cli, write: Write) -> None:
    """Without --json the items are printed when the turn is over."""
    ran = cli("run", write("r.md", REPLY), "-t", "tools.py", "--mode", "dry-run")

    assert ran.code == 0
    assert [line for line in ran.stdout.splitlines() if line.startswith(("script", "nothing"))] == [
        "script 1, checked  TypeScript, 1 line",
        "nothing was run: dry run",
        "script 2, checked  TypeScript, 1 line",
        "nothing was run: dry run",
    ]


def test_an_unterminated_reply_runs_nothing(cli: Cli, write: Write) -> None:
    """A reply whose tags are broken is an error that names the line, not a script."""
    ran = cli("run", write("r.md", "text\n<tool-calls>\nreturn 1\n"))

    assert ran.code == 1
    assert "r.md:2:1: MalformedReplyError: this <tool-calls> is never closed" in ran.stdout.splitlines()


def test_prose_that_was_taken_for_a_script_is_explained(cli: Cli, write: Write) -> None:
    """A reply without a script block is read as a script; that is said where it fails."""
    ran = cli("run", write("r.md", "Sorry, I cannot do that."))

    assert ran.code == 1
    assert "r.md has no <tool-calls> block, so all of it was read as a script." in ran.stderr.splitlines()


def test_a_refused_script_in_a_reply_is_shown_before_its_error(cli: Cli, write: Write) -> None:
    """A script that never started is still printed in its place."""
    ran = cli("run", write("r.md", "Hm.\n<tool-calls>\nreturn nope\n</tool-calls>\nSo.\n"))

    starts = [line.split(":")[0] for line in ran.stdout.splitlines() if line]
    assert (ran.code, starts[:4]) == (1, ["Hm.", "script 1  TypeScript, 1 line", "return nope", "script.ts"])
    assert starts[-1] == "So."


class TestJournals:
    """`--journal`."""

    def test_a_script_s_journal_is_the_file_that_was_named(self, cli: Cli, write: Write, tmp_path: Path) -> None:
        """And the command says where it is."""
        ran = cli("run", write("a.ts", "return 1"), "--journal", "run.jsonl")

        assert (ran.code, ran.stderr.splitlines()[-1]) == (0, "journal: run.jsonl")
        assert len((tmp_path / "run.jsonl").read_text().splitlines()) == 2

    def test_an_existing_journal_is_left_alone(self, cli: Cli, write: Write, tmp_path: Path) -> None:
        """A journal is of one run: exit code 2, the script is not run, the file keeps its bytes."""
        (tmp_path / "run.jsonl").write_text("precious")

        ran = cli(
            "run", write("a.ts", "return await tools.add({ a: 1, b: 1 })"), "-t", "tools.py", "--journal", "run.jsonl"
        )

        assert (ran.code, ran.stdout, (tmp_path / "run.jsonl").read_text()) == (2, "", "precious")
        assert ran.stderr.splitlines()[0] == "JournalError: run.jsonl exists already"

    def test_several_scripts_get_a_folder(self, cli: Cli, write: Write, tmp_path: Path) -> None:
        """One file for each run, named after it."""
        ran = cli("run", write("r.md", REPLY), "-t", "tools.py", "--journal", "runs", "--json")

        names = sorted(f"{run['run_id']}.jsonl" for run in ran.document["runs"])
        assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == names

    def test_several_scripts_do_not_fit_one_file(self, cli: Cli, write: Write) -> None:
        """The message says what to name instead; nothing is run."""
        ran = cli("run", write("r.md", REPLY), "-t", "tools.py", "--journal", "run.jsonl")

        assert (ran.code, ran.stdout) == (2, "")
        assert ran.stderr.splitlines()[0] == "UsageError: r.md has 2 scripts, and a journal is of one run"

    def test_one_script_of_a_reply_fits_one_file(self, cli: Cli, write: Write, tmp_path: Path) -> None:
        """With a single script there is a single run."""
        ran = cli("run", write("r.md", "<tool-calls>return 5</tool-calls>"), "--journal", "run.jsonl", "--json")

        assert (ran.code, ran.document["runs"][0]["journal"]) == (0, "run.jsonl")
        assert (tmp_path / "run.jsonl").is_file()

    def test_a_journal_that_cannot_be_made_stops_the_run(self, cli: Cli, write: Write) -> None:
        """Nothing is called that could not be written down."""
        pay = write("a.ts", "return await tools.pay({ to: 'x' })")
        ran = cli("run", pay, "-t", "tools.py", "--approve", "all", "--journal", "a.ts/runs/run.jsonl")

        assert (ran.code, ran.stdout, "paying" in ran.stderr) == (2, "", False)
        assert ran.stderr.splitlines()[0] == "JournalError: a.ts/runs/run.jsonl cannot be made: Not a directory"


def test_warnings_are_told_and_are_no_failure(cli: Cli, write: Write) -> None:
    """A tag that is nearly right, and a call that nobody awaited: exit code 0, both named."""
    reply = write("r.md", "Hi <toolcalls>\n<tool-calls>tools.add({ a: 1, b: 1 }); return 1</tool-calls>")

    ran = cli("run", reply, "-t", "tools.py")

    lines = ran.stdout.splitlines()
    warned = [lines[at + 1] for at, line in enumerate(lines) if line == "warning"]
    assert ran.code == 0
    assert warned == [
        "DetachedPromiseError: 1 call was not awaited and aborted when the script ended",
        "r.md:1:4: MalformedReplyError: '<toolcalls>' is not a tag that is executed",
    ]


def test_a_script_s_warnings_go_to_standard_error(cli: Cli, write: Write) -> None:
    """Standard output stays the value."""
    ran = cli("run", write("a.ts", "tools.add({ a: 1, b: 1 }); return 1"), "-t", "tools.py")

    assert (ran.code, ran.stdout, ran.stderr.splitlines().count("warning")) == (0, "1\n", 1)


def test_a_script_that_returns_nothing_prints_nothing(cli: Cli, write: Write) -> None:
    """No value is no output; null is one."""
    assert cli("run", write("a.ts", "const a = 1;")).stdout == ""
    assert cli("run", write("b.ts", "return null")).stdout == "null\n"


def test_the_first_failure_stops_a_reply(cli: Cli, write: Write) -> None:
    """Later scripts are shown as skipped; the exit code is the failure's."""
    reply = REPLY.replace("tools.add({ a: 1, b: 2 })", "tools.pay({ to: 'x' })")

    ran = cli("run", write("r.md", reply), "-t", "tools.py", "--approve", "none")

    assert ran.code == 3
    assert [line for line in ran.stdout.splitlines() if line.startswith(("script 2", "not run"))] == [
        "script 2, skipped  TypeScript, 1 line",
        "not run: a script before it failed",
    ]


def test_a_stream_without_the_letters_gets_escapes(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """An old locale does not make a command fail half way."""
    narrow = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", narrow)

    assert cli("run", "-", stdin="return 'grüße'".encode()).code == 0

    assert narrow.buffer.getvalue() == b'"gr\\xfc\\xdfe"\n'
