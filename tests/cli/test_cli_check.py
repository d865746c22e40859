"""`belljar check`, `belljar tools` and `belljar replay`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_support import Cli, Write

from belljar.journal import Journal, Record


class TestCheck:
    """`belljar check FILE`."""

    def test_all_findings_are_printed_with_their_places(self, cli: Cli, write: Write) -> None:
        """Exit code 1; every finding, not the first alone."""
        ran = cli("check", write("bad.ts", "const x = fetch('a')\nreturn tools.ad({})\n"), "-t", "tools.py")

        heads = [line for line in ran.stdout.splitlines() if line.startswith("bad.ts")]
        assert ran.code == 1
        assert heads == [
            "bad.ts:1:11: UndefinedNameError: 'fetch' does not exist here",
            "bad.ts:2:14: ToolNotFoundError: there is no tool 'ad'",
            "bad.ts: 2 problems",
        ]

    def test_a_sound_script_is_described(self, cli: Cli, write: Write) -> None:
        """Exit code 0; what it would call and whom it would ask."""
        ran = cli(
            "check", write("a.ts", "await tools.pay({ to: 'x' })\nreturn tools.add({ a: 1, b: 2 })"), "-t", "tools.py"
        )

        assert ran.code == 0
        assert ran.stdout.splitlines()[:4] == [
            "a.ts: ok",
            "  tools    pay, add",
            "  approval pay",
            "  calls    in 2 places; 32 allowed",
        ]

    def test_without_tools_their_names_are_not_checked(self, cli: Cli, write: Write) -> None:
        """A script can be checked before its tools are written."""
        assert cli("check", write("a.ts", "return tools.anything({})")).code == 0

    def test_json_has_line_and_column_of_each_finding(self, cli: Cli, write: Write) -> None:
        """The dry-run report as plain data."""
        document = cli("check", write("a.ts", "let a = 1\na = fetch"), "--json").document

        assert (document["ok"], [(each["line"], each["column"]) for each in document["findings"]]) == (False, [(2, 5)])

    def test_findings_in_a_reply_are_at_the_reply_s_own_lines(self, cli: Cli, write: Write) -> None:
        """So that an editor jumps to the place; also when the script begins on the tag's line."""
        reply = "one\n\n<tool-calls>\nreturn nope\n</tool-calls>\n<tool-calls>return gone</tool-calls>\n"

        ran = cli("check", write("r.md", reply))

        assert ran.code == 1
        assert [line.partition(" ")[0] for line in ran.stdout.splitlines() if line.startswith("r.md:")] == [
            "r.md:4:8:",
            "r.md:6:20:",
        ]

    def test_json_of_a_reply_has_a_report_for_each_script(self, cli: Cli, write: Write) -> None:
        """With the line of the reply where each begins."""
        reply = write("r.md", "<tool-calls>\nreturn 1\n</tool-calls>\n\n<tool-calls>\nreturn nope\n</tool-calls>\n")

        document = cli("check", reply, "--json").document

        assert (document["ok"], [(each["ok"], each["reply_line"]) for each in document["scripts"]]) == (
            False,
            [(True, 1), (False, 5)],
        )

    @pytest.mark.parametrize("options", [(), ("--json",)])
    def test_broken_tags_are_an_error_of_the_reply(self, options: tuple[str, ...], cli: Cli, write: Write) -> None:
        """Exit code 1, with the line of the tag."""
        ran = cli("check", write("r.md", "a\n<tool-calls>\nreturn 1\n"), *options)

        assert (ran.code, "MalformedReplyError" in ran.stdout) == (1, True)


class TestTools:
    """`belljar tools SPEC`."""

    def test_the_declarations_are_typescript(self, cli: Cli) -> None:
        """What the model reads of the tools, and nothing else."""
        assert cli("tools", "tools.py:add", "--dts").stdout == (
            "declare const tools: {\n  /** The sum. */\n  add(args: { a: number; b: number }): Promise<number>;\n};\n"
        )

    def test_json_has_schemas(self, cli: Cli) -> None:
        """Names, approval rules and JSON Schemas."""
        document = cli("tools", "tools", "--json").document

        assert [
            (each["name"], each["approval"], sorted(each["parameters"]["properties"])) for each in document["tools"]
        ] == [
            ("add", "never", ["a", "b"]),
            ("pay", "always", ["to"]),
        ]

    def test_the_prompt_has_rules_and_declarations(self, cli: Cli) -> None:
        """Without an option all that the model is told is printed."""
        ran = cli("tools", "tools.py")

        assert ran.code == 0
        assert ["<tool-calls>" in ran.stdout, "declare const tools: {" in ran.stdout] == [True, True]

    def test_a_list_of_tools_can_be_named(self, cli: Cli, write: Write) -> None:
        """An attribute may be a tool, a plain function, or a list of them."""
        write("more.py", "from tools import add\n\ndef twice(n: int) -> int:\n    return 2 * n\n\nALL = [add, twice]\n")

        assert [each["name"] for each in cli("tools", "more.py:ALL", "--json").document["tools"]] == ["add", "twice"]


class TestReplay:
    """`belljar replay JOURNAL`."""

    @pytest.fixture
    def journal(self, cli: Cli, write: Write, tmp_path: Path) -> Path:
        """Of a run with one call."""
        cli("run", write("a.ts", "return await tools.add({ a: 1, b: 2 })"), "-t", "tools.py", "--journal", "j.jsonl")
        return tmp_path / "j.jsonl"

    def test_the_same_bytes_come_out_and_no_tool_is_needed(self, cli: Cli, journal: Path) -> None:
        """Exit code 0; the value again on standard output."""
        ran = cli("replay", journal.name)

        assert (ran.code, ran.stdout) == (0, "3\n")
        assert ran.stderr.splitlines()[1] == "  5 records, 1 call answered from the journal, no tool was called"

    def test_json_names_the_run(self, cli: Cli, journal: Path) -> None:
        """The journal's head, the outcome's digest and every call."""
        document = cli("replay", journal.name, "--json").document

        assert (document["ok"], document["value"], document["records"]) == (True, 3, 5)
        assert document["calls"] == [{"call": 1, "tool": "add", "state": "done", "line": 1}]

    def test_a_failed_run_replays_to_its_failure(self, cli: Cli, write: Write) -> None:
        """The same error is the same outcome: exit code 0."""
        cli("run", write("f.ts", "throw new Error('again')"), "--journal", "f.jsonl")

        ran = cli("replay", "f.jsonl")

        assert (ran.code, ran.stdout) == (0, "")
        assert re.search(r"^script\.ts:1:\d+: ScriptRuntimeError: Error: again$", ran.stderr, re.MULTILINE)

    def test_a_divergence_shows_both_questions(self, cli: Cli, journal: Path, tmp_path: Path) -> None:
        """Exit code 1; what the run had asked and what the replay asks."""
        forged = Journal(tmp_path / "forged.jsonl")
        for record in Journal.load(journal).records:
            facts = dict(record.facts)
            if record.type == "intent":
                facts["asked"] = [{"a": 9, "b": 2}]
            forged.append(Record(record.type, facts))
        forged.close()

        ran = cli("replay", "forged.jsonl")

        assert (ran.code, ran.stdout) == (1, "")
        assert [line.split() for line in ran.stderr.splitlines()[-2:]] == [
            ["run", 'add[{"a":9,"b":2}]'],
            ["replay", 'add[{"a":1,"b":2}]'],
        ]

    @pytest.mark.parametrize(
        ("spoil", "message"),
        [
            (lambda text: text.replace('"a":1', '"a":7'), "record 1 was changed, or a record before it is missing"),
            (lambda text: "\n".join(text.split("\n")[:3]) + "\n", "the journal ends before the run did"),
            (lambda text: text[:-9], "the journal ends before the run did"),
            (lambda text: text.split("\n", 1)[1], "record 0 was changed, or a record before it is missing"),
            (lambda _: "", "this is not a journal, or its first record is missing"),
            (lambda _: json.dumps({"n": 0}) + "\n", "record 0 is cut short"),
        ],
    )
    def test_a_spoilt_journal_is_refused(
        self, spoil: Callable[[str], str], message: str, cli: Cli, journal: Path
    ) -> None:
        """Edited, cut or another file: exit code 2, never a guess, and the file is left as it is."""
        text = spoil(journal.read_text())
        journal.write_text(text)

        ran = cli("replay", journal.name, "--json")

        assert (ran.code, ran.document["error"]["code"]) == (2, "JournalError")
        assert ran.document["error"]["message"] == message
        assert journal.read_text() == text

    def test_a_journal_with_half_a_line_at_its_end_says_so(self, cli: Cli, journal: Path) -> None:
        """What is whole is replayed; what is not is told."""
        journal.write_text(journal.read_text() + '{"n":5,"ty')

        ran = cli("replay", journal.name)

        assert (ran.code, ran.stderr.splitlines()[0]) == (0, "the last line is cut off and was left out")

    def test_a_journal_that_is_not_there(self, cli: Cli) -> None:
        """Exit code 2, with the reason."""
        ran = cli("replay", "none.jsonl")

        assert (ran.code, ran.stderr.splitlines()[0]) == (
            2,
            "JournalError: none.jsonl cannot be read: No such file or directory",
        )

    def test_an_unknown_engine_replays_nothing(self, cli: Cli, journal: Path) -> None:
        """Exit code 2."""
        assert cli("replay", journal.name, "--engine", "spidermonkey").code == 2
