"""`belljar run --store` and `belljar runs`: runs that wait in a store, and how they go on."""

from __future__ import annotations

import getpass
import io
import json
import os
import re
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from cli_store import SOURCE, begin, keyboard, put_waiting, request_for
from cli_support import Cli, Ran, Write
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len, set_cell_size

import belljar
from belljar.cli import main
from belljar.cli._exits import ExitCode, worst
from belljar.cli._screen import console_on, safe_line
from belljar.cli._serve import ServeCommandOptions
from belljar.cli._store import command, print_rows, span
from belljar.cli._worker import WorkerOptions
from belljar.errors import StoreError
from belljar.harness import Harness, Outcome
from belljar.store import RunRequest, open_store
from belljar.tools._characters import UNPRINTABLE

STORE = ("--store", "runs.db")
_ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(belljar.__file__).parents[1])}
"""In which another process finds this belljar."""
PAY = "const got = await tools.add({ a: 1, b: 2 })\nreturn [got, await tools.pay({ to: 'ada' })]"


@pytest.fixture
def suspended(cli: Cli, write: Write) -> str:
    """A run that asks for `pay`, in runs.db; its id."""
    run_id: str = cli("run", write("pay.ts", PAY), "-t", "tools.py", "--json", *STORE).document["run_id"]
    return run_id


def queue(file: Path, run_id: str, source: str, **options: Any) -> None:
    """A run for somebody to take."""
    with closing(open_store(file)) as store:
        store.runs.add(RunRequest(source=source), run_id=run_id, **options)


class TestRun:
    """`run --store`."""

    def test_a_run_that_ends_prints_its_value_and_its_id(self, cli: Cli, write: Write) -> None:
        """As without a store; it is found there afterwards."""
        ran = cli("run", write("a.ts", "return await tools.add({ a: 1, b: 2 })"), "-t", "tools.py", *STORE)

        run_id = ran.stderr.splitlines()[-1].removeprefix("run: ")
        found = cli("runs", "list", "--json", *STORE).document["runs"]
        assert (ran.code, ran.stdout) == (0, "3\n")
        assert [(run["id"], run["state"], run["calls"]) for run in found] == [(run_id, "succeeded", 1)]

    def test_a_question_waits_in_the_store_where_nobody_can_be_asked(self, cli: Cli, write: Write) -> None:
        """Exit code 6, and the commands that look, decide and go on."""
        ran = cli("run", write("pay.ts", PAY), "-t", "tools.py", *STORE)

        lines = ran.stderr.splitlines()
        run_id = re.findall(r"^(\S+) waits for 1 decision$", ran.stderr, re.MULTILINE)[0]
        at = lines.index(f"{run_id} waits for 1 decision")
        assert (ran.code, ran.stdout) == (6, "")
        assert lines[at + 1 :] == [
            f"  ? pay  line 2  {run_id}:2",
            f"  look    belljar approvals show {run_id}:2 --store runs.db",
            f"  decide  belljar approvals approve {run_id}:2 --store runs.db",
            f"  go on   belljar runs resume {run_id} --tools=tools.py --store runs.db",
        ]

    def test_the_document_of_a_suspended_run_says_so(self, cli: Cli, write: Write) -> None:
        """Neither done nor failed."""
        ran = cli("run", write("pay.ts", PAY), "-t", "tools.py", "--json", *STORE)

        pending = ran.document["suspension"]["pending"]
        assert (ran.code, ran.document["status"], [each["tool"] for each in pending]) == (6, "suspended", ["pay"])

    def test_the_environment_names_the_store_too(self, cli: Cli, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
        """--store comes before it."""
        monkeypatch.setenv("BELLJAR_STORE", "env.db")

        assert cli("run", write("pay.ts", PAY), "-t", "tools.py").code == 6
        assert cli("run", write("a.ts", "return 1"), *STORE).code == 0

        assert [run["state"] for run in cli("runs", "list", "--json").document["runs"]] == ["suspended"]
        assert [run["state"] for run in cli("runs", "list", "--json", *STORE).document["runs"]] == ["succeeded"]

    @pytest.mark.parametrize(("policy", "code", "state"), [("all", 0, "succeeded"), ("none", 3, "failed")])
    def test_a_policy_answers_at_once(self, policy: str, code: int, state: str, cli: Cli, write: Write) -> None:
        """Nothing waits then."""
        ran = cli("run", write("pay.ts", PAY), "-t", "tools.py", "--approve", policy, *STORE)

        assert ran.code == code
        assert [run["state"] for run in cli("runs", "list", "--json", *STORE).document["runs"]] == [state]

    def test_later_needs_a_store(self, cli: Cli, write: Write) -> None:
        """Nothing is run."""
        ran = cli("run", write("pay.ts", PAY), "-t", "tools.py", "--approve", "later")

        assert (ran.code, ran.stderr.splitlines()[0]) == (
            2,
            "UsageError: there is no store in which a question could wait",
        )

    def test_the_store_keeps_the_journal(self, cli: Cli, write: Write, tmp_path: Path) -> None:
        """A file beside it is refused; a copy is had afterwards."""
        ran = cli("run", write("a.ts", "return 1"), "--journal", "a.jsonl", *STORE)

        assert (ran.code, (tmp_path / "a.jsonl").exists()) == (2, False)
        assert ran.stderr.splitlines()[0] == "UsageError: the store keeps the journal"

    def test_a_reply_stops_at_the_script_that_waits(self, cli: Cli, write: Write) -> None:
        """The scripts after it are not run; what to type comes last."""
        reply = write("r.md", f"<tool-calls>{PAY}</tool-calls>\n<tool-calls>return 1</tool-calls>")

        ran = cli("run", reply, "-t", "tools.py", *STORE)

        assert (ran.code, ran.stderr.splitlines()[-1].split()[:5]) == (6, ["go", "on", "belljar", "runs", "resume"])
        assert len(cli("runs", "list", "--json", *STORE).document["runs"]) == 1

    def test_whoever_answers_at_the_terminal_is_named(
        self, write: Write, monkeypatch: pytest.MonkeyPatch, cli: Cli
    ) -> None:
        """By their login, as for a question that waited."""
        write("pay.ts", PAY)
        with keyboard(monkeypatch, b"y\n"):
            code = main(["run", "pay.ts", "-t", "tools.py", *STORE])

        asked = cli("approvals", "list", "--all", "--json", *STORE).document["approvals"]
        assert (code, [each["decision"]["who"] for each in asked]) == (0, [getpass.getuser()])

    def test_a_question_in_a_store_waits_for_a_week(self, cli: Cli, suspended: str) -> None:
        """Friday's question is answered on Monday."""
        question = cli("approvals", "show", f"{suspended}:2", "--json", *STORE).document["approval"]

        assert question["expires_ms"] - question["asked_ms"] == 7 * 86_400_000

    def test_a_store_that_cannot_be_made_is_told(self, cli: Cli, write: Write) -> None:
        """Nothing is run: exit code 2."""
        ran = cli("run", write("pay.ts", PAY), "-t", "tools.py", "--approve", "all", "--store", "gone/runs.db")

        assert (ran.code, ran.stdout, ran.stderr.split(":")[0], "paying" in ran.stderr) == (2, "", "StoreError", False)

    def test_a_password_in_an_address_is_not_repeated(self) -> None:
        """Commands to copy name the store, but for such a one."""
        assert command("runs", "list", store="my runs.db") == "belljar runs list --store 'my runs.db'"
        assert command("runs", "list", store="postgresql://ada:pw@here/db") == "belljar runs list --store URL"
        assert command("runs", "list", store=None) == "belljar runs list"

    def test_a_sealed_program_waits_and_goes_on_too(self, cli: Cli, write: Write) -> None:
        """Its answer's bytes come out as without a wait."""
        program = write("p.ts", "return { got: await effects.pay({ to: input.to }) };")
        words = ("--sealed", "--input", '{"to":"ada"}', "-t", "tools.py", "--json")
        run_id = cli("run", program, *words, *STORE).document["run_id"]
        cli("approvals", "approve", f"{run_id}:1", "--yes", *STORE)

        ended = cli("runs", "resume", run_id, "-t", "tools.py", "--json", *STORE)

        at_once = cli("run", program, *words, "--approve", "all")
        assert (ended.code, ended.document["canonical_json"]) == (0, '{"got":"paid ada"}')
        assert ended.document["gas_used"] == at_once.document["gas_used"]


class TestLooking:
    """`runs list`, `runs show`."""

    def test_runs_are_listed_with_what_there_is_to_say_first(self, cli: Cli, tmp_path: Path) -> None:
        """What it waits for, how it failed, or how it begins."""
        put_waiting(tmp_path / "runs.db", "run_1", [request_for("run_1")])
        queue(tmp_path / "runs.db", "run_2", "return 1\n// and no more")

        lines = cli("runs", "list", *STORE).stdout.splitlines()

        told = {line.split()[0]: line.split(maxsplit=5) for line in lines}
        assert lines[0].split() == ["run", "state", "age", "calls", "about"]
        assert (told["run_1"][1], told["run_1"][5]) == ("suspended", "waits for 1 decision")
        assert (told["run_2"][1], told["run_2"][5]) == ("queued", "return 1 // and no more")

    def test_runs_are_found_by_state_and_text(self, cli: Cli, tmp_path: Path) -> None:
        """And no more than asked for."""
        put_waiting(tmp_path / "runs.db", "run_1", [request_for("run_1")])
        for number in (2, 3):
            queue(tmp_path / "runs.db", f"run_{number}", f"return 'needle {number}'")

        def ids(*options: str) -> set[str]:
            return {run["id"] for run in cli("runs", "list", "--json", *options, *STORE).document["runs"]}

        assert ids("--state", "suspended") == {"run_1"}
        assert ids("--search", "needle") == {"run_2", "run_3"}
        assert ids("--search", "needle 3") == {"run_3"}
        assert len(ids("--limit", "2")) == 2

    def test_a_limit_that_no_store_reaches_is_a_wrong_option(self, cli: Cli, tmp_path: Path) -> None:
        """Exit code 2."""
        open_store(tmp_path / "runs.db").close()

        ran = cli("runs", "list", "--limit", "9" * 20, *STORE)

        assert (ran.code, ran.stdout) == (2, "")
        assert ran.stderr.startswith("UsageError: Invalid value for '--limit': ")

    def test_no_run_is_said_on_standard_error(self, cli: Cli, tmp_path: Path) -> None:
        """Standard output stays empty for a pipe."""
        open_store(tmp_path / "runs.db").close()

        ran = cli("runs", "list", *STORE)

        assert (ran.code, ran.stdout, ran.stderr) == (0, "", "no run\n")

    def test_a_store_that_is_not_there_is_not_made(self, cli: Cli, tmp_path: Path) -> None:
        """A typing error must not look like an empty store."""
        ran = cli("runs", "list", "--store", "rums.db")

        assert (ran.code, (tmp_path / "rums.db").exists()) == (2, False)
        assert ran.stderr.splitlines()[0] == "UsageError: there is no store at rums.db"

    def test_no_store_is_told(self, cli: Cli) -> None:
        """With the ways to name one."""
        ran = cli("runs", "list")

        assert (ran.code, ran.stderr.splitlines()[0]) == (2, "UsageError: no store is named")

    def test_a_run_is_shown_with_the_line_it_waits_at(self, cli: Cli, suspended: str) -> None:
        """State, script, calls, questions, and what to type."""
        ran = cli("runs", "show", suspended, *STORE)

        lines = re.sub(r" {2}20\d\d-\d\d-\d\d \d\d:\d\d:\d\dZ +\d+ ms", "  THEN  SO LONG", ran.stdout).splitlines()
        assert lines[0] == f"{suspended}  suspended"
        assert lines[lines.index("script  TypeScript, 2 lines") :] == [
            "script  TypeScript, 2 lines",
            "  1 const got = await tools.add({ a: 1, b: 2 })",
            "❱ 2 return [got, await tools.pay({ to: 'ada' })]",
            "",
            "calls",
            "n  tool  state  line  started               took",
            "1  add   done   1     THEN  SO LONG",
            "",
            "questions",
            f"{'question':<{len(suspended) + 2}}  state  tool  arguments",
            f'{suspended}:2  open   pay   {{"to": "ada"}}',
        ]
        assert ran.stderr == f"to decide: belljar approvals approve {suspended}:2 --store runs.db\n"

    def test_the_document_of_a_run_has_all_of_it(self, cli: Cli, suspended: str) -> None:
        """Row, calls, questions, lines."""
        document = cli("runs", "show", suspended, "--json", *STORE).document

        assert (document["run"]["state"], document["run"]["source"], document["end"]) == ("suspended", PAY, None)
        call = document["calls"][0]
        assert call["started_ms"] <= call["answered_ms"] <= document["run"]["updated_ms"]
        assert document["calls"] == [{**call, "call": 1, "tool": "add", "state": "done", "line": 1}]
        assert [(each["id"], each["state"]) for each in document["questions"]] == [(f"{suspended}:2", "open")]
        assert document["waiting_lines"] == [2]

    def test_an_ended_run_is_shown_with_its_value(self, cli: Cli, write: Write) -> None:
        """It waits nowhere."""
        cli("run", write("a.ts", "return { sum: 3 }"), *STORE)
        run_id = cli("runs", "list", "--json", *STORE).document["runs"][0]["id"]

        ran = cli("runs", "show", run_id, *STORE)

        assert ran.stdout.splitlines()[-5:] == ["", "result", "{", '  "sum": 3', "}"]
        end = cli("runs", "show", run_id, "--json", *STORE).document["end"]
        assert end == {"returned": True, "value": {"sum": 3}, "error": None}

    def test_a_failed_run_is_shown_with_its_error(self, cli: Cli, write: Write) -> None:
        """And is listed with its code."""
        cli("run", write("a.ts", "throw new Error('odd')"), *STORE)
        run_id = cli("runs", "list", "--json", *STORE).document["runs"][0]["id"]

        assert cli("runs", "list", *STORE).stdout.splitlines()[1].split()[-1] == "ScriptRuntimeError"
        assert "ScriptRuntimeError: Error: odd" in cli("runs", "show", run_id, *STORE).stdout

    def test_a_queued_run_has_no_journal_yet(self, cli: Cli, tmp_path: Path) -> None:
        """Its script is shown all the same."""
        queue(tmp_path / "runs.db", "run_1", "return 1")

        assert cli("runs", "show", "run_1", *STORE).stdout.splitlines()[-1] == "  1 return 1"

    def test_the_journal_is_copied_out(self, cli: Cli, suspended: str, tmp_path: Path) -> None:
        """For its owner alone, and never over another file."""
        ran = cli("runs", "show", suspended, "--journal", "copy.jsonl", *STORE)

        again = cli("runs", "show", suspended, "--journal", "copy.jsonl", *STORE)

        copy = tmp_path / "copy.jsonl"
        with closing(open_store(tmp_path / "runs.db")) as store:
            kept = store.runs.journal_text(suspended)
        assert (ran.code, ran.stderr.splitlines()[-1]) == (0, "journal: copy.jsonl")
        assert (copy.read_text(), copy.stat().st_mode & 0o777) == (kept, 0o600)
        assert (again.code, again.stderr.splitlines()[0]) == (2, "UsageError: copy.jsonl exists already")

    def test_what_a_script_wrote_is_text_and_no_escape_sequence(self, cli: Cli, tmp_path: Path) -> None:
        """In the list and in the script."""
        queue(tmp_path / "runs.db", "run_1", "return '\x1b[2J\u202e'")

        told = cli("runs", "list", *STORE).stdout + cli("runs", "show", "run_1", *STORE).stdout

        assert ("\x1b" in told, "\u202e" in told, told.count("[2J")) == (False, False, 2)

    @pytest.mark.parametrize("command", ["show", "cancel", "resume"])
    def test_a_run_that_is_not_there(self, command: str, cli: Cli, tmp_path: Path) -> None:
        """Named, exit code 2."""
        open_store(tmp_path / "runs.db").close()

        ran = cli("runs", command, "run_9", *STORE)

        assert (ran.code, ran.stderr.splitlines()[0]) == (2, "NotInStoreError: the store has no run 'run_9'")


class TestResume:
    """`runs resume`."""

    def resumed(self, cli: Cli, *which: str) -> Ran:
        return cli("runs", "resume", *which, "-t", "tools.py", *STORE)

    def test_an_approved_run_goes_on_to_its_end(self, cli: Cli, suspended: str) -> None:
        """In another process than the one that began it; the value goes to standard output."""
        cli("approvals", "approve", f"{suspended}:2", "--yes", *STORE)

        ran = self.resumed(cli, suspended)

        assert ran.code == 0
        assert json.loads(ran.stdout[ran.stdout.index("[") :]) == [3, "paid ada"]
        assert ran.stderr.splitlines()[-1] == f"run: {suspended}"

    def test_a_denied_run_ends_with_exit_code_3(self, cli: Cli, suspended: str) -> None:
        """The script did not catch it."""
        cli("approvals", "deny", f"{suspended}:2", "--yes", "--reason", "no", *STORE)

        assert self.resumed(cli, suspended).code == 3

    def test_a_run_without_an_answer_waits_again(self, cli: Cli, suspended: str) -> None:
        """Exit code 6, the same question."""
        ran = self.resumed(cli, suspended)

        assert (ran.code, f"  ? pay  line 2  {suspended}:2" in ran.stderr.splitlines()) == (6, True)

    def test_a_policy_answers_what_waited(self, cli: Cli, suspended: str) -> None:
        """As it does for a new run."""
        ran = cli("runs", "resume", suspended, "-t", "tools.py", "--approve", "all", "--json", *STORE)

        assert (ran.code, ran.document["value"]) == (0, [3, "paid ada"])

    def test_an_ended_run_does_not_go_on(self, cli: Cli, write: Write) -> None:
        """Exit code 2, with how it ended."""
        cli("run", write("a.ts", "return 1"), *STORE)
        run_id = cli("runs", "list", "--json", *STORE).document["runs"][0]["id"]

        ran = self.resumed(cli, run_id)

        assert (ran.code, ran.stderr.splitlines()[0]) == (2, f"UsageError: {run_id} has ended: succeeded")

    def test_a_run_that_somebody_holds_is_left_alone(self, cli: Cli, tmp_path: Path) -> None:
        """Exit code 2, and who has it."""
        with closing(open_store(tmp_path / "runs.db")) as store:
            store.workers.beat(now_ms=4_000_000_000_000)
            begin(store, "run_1", "return 1")

            ran = self.resumed(cli, "run_1")

            holder = store.runs.get("run_1").owner
        assert (ran.code, ran.stderr.splitlines()[0]) == (2, f"UsageError: run_1 goes on in another process: {holder}")

    def test_all_that_are_ready_go_on_and_the_worst_code_is_given(
        self, cli: Cli, suspended: str, tmp_path: Path
    ) -> None:
        """Queued and answered ones; what waits still is not touched."""
        for run_id, source in (("run_1", "return 'one'"), ("run_2", "throw new Error('odd')")):
            queue(tmp_path / "runs.db", run_id, source)
        cli("approvals", "approve", f"{suspended}:2", "--yes", *STORE)
        put_waiting(tmp_path / "runs.db", "run_3", [request_for("run_3")], source=SOURCE)

        ran = cli("runs", "resume", "--all", "-t", "tools.py", "--json", *STORE)

        told = {run["run_id"]: run["status"] for run in ran.document["runs"]}
        assert (ran.code, told) == (1, {"run_1": "done", "run_2": "failed", suspended: "done"})

    def test_a_run_that_cannot_go_on_here_does_not_keep_the_others(
        self, cli: Cli, suspended: str, tmp_path: Path
    ) -> None:
        """Its tools were not named again: that is told, and the rest is worked off."""
        cli("approvals", "approve", f"{suspended}:2", "--yes", *STORE)
        queue(tmp_path / "runs.db", "run_1", "return 'one'")

        ran = cli("runs", "resume", "--all", "--json", *STORE)

        told = {run["run_id"]: run["error"] and run["error"]["code"] for run in ran.document["runs"]}
        assert (ran.code, ran.document["ok"], told) == (2, False, {suspended: "UsageError", "run_1": None})

    @pytest.mark.parametrize(
        ("error", "told", "code"),
        [(StoreError("of another version"), "StoreError", 2), (TypeError("a novelty"), "HarnessInternalError", 5)],
    )
    def test_a_run_that_cannot_be_taken_does_not_keep_the_others(
        self, error: Exception, told: str, code: int, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Also where nobody foresaw why: it would be the first again the next time, and the next."""
        take = Harness.resume_run

        async def fails_once(harness: Harness, run_id: str, **options: Any) -> Outcome | None:
            if run_id == "run_1":
                raise error
            return await take(harness, run_id, **options)

        monkeypatch.setattr(Harness, "resume_run", fails_once)
        for number in (1, 2):
            queue(tmp_path / "runs.db", f"run_{number}", f"return {number}")

        ran = cli("runs", "resume", "--all", "--json", *STORE)

        runs = {run["run_id"]: run["error"] and run["error"]["code"] for run in ran.document["runs"]}
        assert (ran.code, ran.document["ok"], runs) == (code, False, {"run_1": told, "run_2": None})

    def test_what_nobody_foresaw_is_shown_with_debug(
        self, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As the hint of such an error says."""

        async def fails(*_: Any, **__: Any) -> None:
            raise TypeError("a novelty")

        monkeypatch.setattr(Harness, "resume_run", fails)
        monkeypatch.setenv("BELLJAR_DEBUG", "1")
        queue(tmp_path / "runs.db", "run_1", "return 1")

        ran = cli("runs", "resume", "--all", *STORE)

        assert ran.stderr.splitlines()[1] == "Traceback (most recent call last):"
        assert "HarnessInternalError: TypeError: a novelty" in ran.stderr

    @pytest.mark.parametrize(
        ("codes", "code"),
        [((), 0), ((0, 6), 6), ((6, 1, 0), 1), ((1, 3), 3), ((5, 6), 5)],
    )
    def test_the_worst_of_several_codes_is_given(self, codes: tuple[int, ...], code: int) -> None:
        """A run that waits is worse than one that is done, and better than one that failed."""
        assert worst(ExitCode(each) for each in codes) == code

    def test_none_ready_is_fine(self, cli: Cli, tmp_path: Path) -> None:
        """And said."""
        open_store(tmp_path / "runs.db").close()

        ran = self.resumed(cli, "--all")

        assert (ran.code, ran.stdout, ran.stderr) == (0, "", "no run is ready to go on\n")

    @pytest.mark.parametrize("which", [(), ("run_1", "--all")])
    def test_one_or_all_must_be_said(self, which: tuple[str, ...], cli: Cli) -> None:
        """Exit code 2."""
        ran = self.resumed(cli, *which)

        assert (ran.code, ran.stderr.splitlines()[0]) == (2, "UsageError: either a run is named, or --all is")


STALL = '''
import sys, time
from belljar import tool

@tool
def stall(to: str) -> str:
    """Never answers in time."""
    print("stalling", file=sys.stderr, flush=True)
    time.sleep(600)
    return to
'''


class TestRecovery:
    """A process that was killed, and what another one makes of its run."""

    @pytest.fixture
    def killed(self, write: Write, tmp_path: Path) -> str:
        """A run whose process died in the middle of a call; its id."""
        write("stall.py", STALL)
        write("a.ts", "const one = await tools.stall({ to: 'ada' })\nreturn `got ${one}`")
        words = ["run", "a.ts", "-t", "stall.py", "--timeout-ms", "600000", *STORE]
        running = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "belljar", *words],
            cwd=tmp_path,
            stderr=subprocess.PIPE,
            text=True,
            env=_ENVIRONMENT,
        )
        assert running.stderr is not None
        with running:
            assert "stalling\n" in iter(running.stderr.readline, "")
            running.kill()
        with closing(open_store(tmp_path / "runs.db")) as store:
            return store.runs.find()[0].id

    @pytest.mark.slow
    def test_a_call_that_nobody_knows_of_is_asked_about_and_answered(self, killed: str, cli: Cli) -> None:
        """It is not made again: the run waits, a person says what it gave, and the run ends with that."""
        taken = cli("runs", "resume", "--all", "-t", "stall.py", "--json", *STORE)
        listed = cli("approvals", "list", *STORE)
        told = cli("approvals", "respond", f"{killed}:1.2", "--value", '"a receipt"', "--yes", *STORE)
        ended = cli("runs", "resume", killed, "-t", "stall.py", *STORE)

        assert (taken.code, taken.document["runs"][0]["status"]) == (6, "suspended")
        assert listed.stdout.splitlines()[1].split()[:2] == [f"{killed}:1.2", "unknown"]
        assert (told.code, ended.code, ended.stdout) == (0, 0, '"got a receipt"\n')
        assert cli("audit", "verify", *STORE).code == 0


@pytest.mark.slow
def test_the_address_is_the_only_difference_with_postgresql(cli: Cli, write: Write, postgres_url: str) -> None:
    """Run, list, approve, resume, verify."""
    store = ("--store", postgres_url)
    waits = cli("run", write("pay.ts", PAY), "-t", "tools.py", "--json", *store)
    run_id = waits.document["run_id"]

    approved = cli("approvals", "approve", f"{run_id}:2", "--yes", *store)
    ended = cli("runs", "resume", run_id, "-t", "tools.py", "--json", *store)

    assert (waits.code, approved.code, ended.code, ended.document["value"]) == (6, 0, 0, [3, "paid ada"])
    assert [run["state"] for run in cli("runs", "list", "--json", *store).document["runs"]] == ["succeeded"]
    assert cli("audit", "verify", *store).code == 0


class TestRows:
    """What all lists are printed with."""

    @given(st.lists(st.tuples(st.text(), st.text(), st.text()), max_size=4))
    @settings(derandomize=True, deadline=None, max_examples=60)
    def test_a_row_is_one_line_of_text_whatever_is_in_it(self, rows: list[tuple[str, str, str]]) -> None:
        """And a column begins at the same place in each."""
        pipe = console_on(io.StringIO())

        print_rows(pipe, ("a", "b", "c"), [(first, "|", second + third) for first, second, third in rows])

        assert isinstance(pipe.file, io.StringIO)
        lines = pipe.file.getvalue().split("\n")
        assert (len(lines), UNPRINTABLE.search(pipe.file.getvalue().replace("\n", ""))) == (len(rows) + 2, None)
        widest = max([1, *(cell_len(safe_line(first)) for first, _, _ in rows)])
        assert [set_cell_size(line, widest + 3)[-3:] for line in lines[1:-1]] == ["  |"] * len(rows)

    @pytest.mark.parametrize(
        ("ms", "text"), [(-1, "0 ms"), (999, "999 ms"), (61_000, "1 min"), (7_200_000, "2 h"), (172_800_000, "2 d")]
    )
    def test_a_length_of_time_has_its_largest_unit(self, ms: int, text: str) -> None:
        """A clock that was set back gives no negative one."""
        assert span(ms) == text


class TestCancel:
    """`runs cancel`."""

    def test_a_run_that_waits_ends_at_once(self, cli: Cli, suspended: str) -> None:
        """Its questions are nobody's any more; a second time nothing happens."""
        first, second = (cli("runs", "cancel", suspended, *STORE) for _ in range(2))

        assert (first.code, first.stdout) == (0, f"{suspended}: cancelled\n")
        assert (second.code, second.stdout) == (0, f"{suspended}: it had ended already\n")
        assert cli("approvals", "list", *STORE).stdout == ""

    def test_who_cancels_is_in_the_log(self, cli: Cli, suspended: str) -> None:
        """As they say, or by their login."""
        document = cli("runs", "cancel", suspended, "--as", "ada", "--json", *STORE).document

        records = cli("audit", "tail", "--json", *STORE).document["records"]
        assert document == {"ok": True, "run_id": suspended, "state": "cancelled"}
        assert [record["actor"] for record in records if record["event"] == "run.cancelled"] == ["ada"]

    def test_a_run_that_goes_on_is_told(self, cli: Cli, tmp_path: Path) -> None:
        """Its process ends it."""
        with closing(open_store(tmp_path / "runs.db")) as store:
            store.workers.beat(now_ms=4_000_000_000_000)
            begin(store, "run_1", "return 1")

            ran = cli("runs", "cancel", "run_1", *STORE)

            told = "run_1: it goes on in a process, which was told to cancel it\n"
            assert (ran.code, ran.stdout, store.runs.get("run_1").cancel_requested) == (0, told, True)


class TestSurface:
    """What the commands of a store are called with."""

    @pytest.mark.parametrize("command", ["runs", "approvals", "audit", "worker", "serve"])
    def test_every_command_has_help(self, command: str, cli: Cli) -> None:
        """On standard output, exit code 0."""
        ran = cli(command, "--help")

        assert (ran.code, ran.stdout.splitlines()[0].split()[:3], ran.stderr) == (0, ["Usage:", "belljar", command], "")

    @pytest.mark.parametrize("command", ["runs", "approvals", "audit", "worker", "serve"])
    def test_asking_for_help_loads_no_database(self, command: str) -> None:
        """Nor a key, a web server or an engine."""
        code = (
            "import sys; from belljar.cli import main; main(sys.argv[1:]); print('loaded:',"
            "*{'sqlalchemy', 'cryptography', 'starlette', 'wasmtime', 'rich', 'asyncio'} & set(sys.modules))"
        )

        ran = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-c", code, command, "--help"],
            capture_output=True,
            text=True,
            check=True,
            env=_ENVIRONMENT,
        )

        assert ran.stdout.splitlines()[-1] == "loaded:"

    def test_a_worker_is_given_its_options(self, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
        """--database is another name for --store."""
        given: list[WorkerOptions] = []
        monkeypatch.setattr("belljar.cli._worker.worker_command", given.append)

        words = ("-t", "tools.py", "-w", "files", "--mcp", "web=web-server", "--approve", "none", "--once")
        more = ("--orchestrator", "dbos", "--queue", "a", "--queue", "b", "--concurrency", "2")
        ran = cli("worker", "--database", "runs.db", *words, *more)

        assert (ran.code, cli("worker").code) == (0, 0)
        assert given == [
            WorkerOptions(
                store="runs.db",
                tools=("tools.py",),
                workspace=Path("files"),
                mcp=("web=web-server",),
                approve="none",
                orchestrator="dbos",
                queues=("a", "b"),
                concurrency=2,
                once=True,
            ),
            WorkerOptions(),
        ]

    def test_a_server_is_given_its_options(self, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
        """And its store, opened."""
        given: list[tuple[str, ServeCommandOptions]] = []
        monkeypatch.setattr("belljar.cli._serve.serve_command", lambda store, about: given.append((store.url, about)))

        where = ("--host", "::1", "--port", "0", "--token-file", "tokens", "--allow-host", "here")
        words = ("-t", "tools.py", "-w", "files", "--mcp", "web=web-server", "--engine", "v8")
        keys = ("--key", "old.pub", "--key", "new.pub")
        codes = cli("serve", *STORE, *where, *keys, *words).code, cli("serve", *STORE).code

        assert (codes, {Path(url).name for url, _ in given}) == ((0, 0), {"runs.db"})
        assert [options for _, options in given] == [
            ServeCommandOptions(
                host="::1",
                port=0,
                token_file=Path("tokens"),
                allow_hosts=("here",),
                tools=("tools.py",),
                workspace=Path("files"),
                mcp=("web=web-server",),
                engine="v8",
                keys=(Path("old.pub"), Path("new.pub")),
            ),
            ServeCommandOptions(),
        ]
