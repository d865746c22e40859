"""`belljar approvals`: what waits, and the answers of people at the command line."""

from __future__ import annotations

import getpass
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from cli_store import keyboard, put_waiting, request_for
from cli_support import Cli

from belljar.cli import main
from belljar.store import Question, open_store
from belljar.tools import Decision
from belljar.tools._terms import Ceiling, Quorum

DIGEST = request_for("run_1").digest
STORE = ("--store", "runs.db")
TWO_OF_THREE = Quorum(needed=2, of=("ada", "bob", "eve"))


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """A store in which run_1 asks one question."""
    put_waiting(tmp_path / "runs.db", "run_1", [request_for("run_1")])
    return tmp_path / "runs.db"


def stored(file: Path, id_: str = "run_1:1") -> Question:
    """The question, as the store has it now."""
    with closing(open_store(file)) as store:
        return store.approvals.get(id_)


def decided(file: Path) -> Decision:
    """What holds on run_1:1."""
    decision = stored(file).decision
    assert decision is not None
    return decision


class TestLooking:
    """`approvals list`, `approvals show`."""

    def test_open_questions_are_listed_the_oldest_first(self, cli: Cli, runs: Path) -> None:
        """Question, state, age, tool, arguments."""
        put_waiting(runs, "run_2", [request_for("run_2", 1), request_for("run_2", 2)])

        lines = [line.split(maxsplit=5) for line in cli("approvals", "list", *STORE).stdout.splitlines()]

        assert lines[0] == ["question", "state", "asked", "tool", "arguments"]
        assert [(line[0], line[1], line[4], line[5]) for line in lines[1:]] == [
            (id_, "open", "pay", '{"to": "ada", "cents": 500}') for id_ in ("run_1:1", "run_2:1", "run_2:2")
        ]

    def test_a_list_that_is_cut_says_so(self, cli: Cli, tmp_path: Path) -> None:
        """On standard error."""
        put_waiting(tmp_path / "runs.db", "run_1", [request_for("run_1", ordinal) for ordinal in (1, 2, 3)])

        ran = cli("approvals", "list", "--limit", "1", *STORE)

        assert ([line.split()[0] for line in ran.stdout.splitlines()], ran.stderr) == (
            ["question", "run_1:1"],
            "there are more: --limit shows them\n",
        )

    def test_what_is_answered_is_listed_on_demand_only(self, cli: Cli, runs: Path) -> None:
        """--all has the newest first, whatever their state."""
        put_waiting(runs, "run_2", [request_for("run_2")])
        cli("approvals", "deny", "run_1:1", "--yes", *STORE)

        open_now = cli("approvals", "list", "--json", *STORE).document["approvals"]
        every = cli("approvals", "list", "--all", "--json", *STORE).document["approvals"]
        newest = cli("approvals", "list", "--all", "--limit", "1", "--json", *STORE).document["approvals"]

        assert [each["id"] for each in open_now] == ["run_2:1"]
        assert [(each["id"], each["state"]) for each in every] == [("run_2:1", "open"), ("run_1:1", "decided")]
        assert [each["id"] for each in newest] == ["run_2:1"]

    def test_a_question_of_another_version_keeps_no_other_from_being_seen(self, cli: Cli, runs: Path) -> None:
        """What this belljar cannot read is listed as that, and answered by nobody who has not seen it."""
        put_waiting(runs, "run_2", [request_for("run_2")])
        with closing(sqlite3.connect(runs)) as database, database:
            database.execute("UPDATE approvals SET request = '{\"novel\":1}' WHERE run_id = 'run_1'")

        lines = cli("approvals", "list", *STORE).stdout.splitlines()
        shown = cli("approvals", "show", "run_1:1", *STORE)
        answered = cli("approvals", "approve", "run_1:1", "run_2:1", "--yes", *STORE)

        strange = "asked by another version of belljar, which can show it"
        assert [line.split(maxsplit=5)[5] for line in lines[1:]] == [strange, '{"to": "ada", "cents": 500}']
        assert (shown.code, shown.stdout.splitlines()[-1]) == (0, strange)
        assert (answered.code, answered.stdout.split(":")[0]) == (2, "run_2")
        assert stored(runs).state == "open"

    @pytest.mark.usefixtures("runs")
    def test_nothing_to_answer_is_said(self, cli: Cli) -> None:
        """On standard error: standard output stays empty for a pipe."""
        cli("approvals", "deny", "run_1:1", "--yes", *STORE)

        ran = cli("approvals", "list", *STORE)

        assert (ran.code, ran.stdout, ran.stderr) == (0, "", "nothing waits for an answer\n")

    @pytest.mark.usefixtures("runs")
    def test_a_question_is_shown_with_its_call_and_its_line(self, cli: Cli) -> None:
        """All that a person needs to decide, and the digest."""
        lines = cli("approvals", "show", "run_1:1", *STORE).stdout.splitlines()

        facts = {line.split()[0]: line.split(maxsplit=1)[1] for line in lines[1:7]}
        assert lines[0] == "? pay asks for approval"
        assert (facts["question"], facts["reason"], facts["digest"]) == ("run_1:1", "pay always asks", DIGEST)
        assert lines[7:] == [
            "arguments",
            "{",
            '  "to": "ada",',
            '  "cents": 500',
            "}",
            "script",
            "   2 | const paid = await tools.pay({ to, cents: 500 })",
            "     |                    ^",
        ]

    def test_the_document_of_a_question_has_votes_and_terms(self, cli: Cli, tmp_path: Path) -> None:
        """As the store has them."""
        put_waiting(tmp_path / "runs.db", "run_1", [request_for("run_1", quorum=TWO_OF_THREE)])
        cli("approvals", "approve", "run_1:1", "--as", "ada", "--reason", "fine", "--yes", *STORE)

        shown = cli("approvals", "show", "run_1:1", "--json", *STORE).document["approval"]

        vote = stored(tmp_path / "runs.db").votes[0]
        assert shown["quorum"] == {"needed": 2, "of": ["ada", "bob", "eve"]}
        assert (shown["state"], shown["decision"], shown["request"]["digest"]) == ("open", None, DIGEST)
        assert shown["votes"] == [
            {
                "who": "ada",
                "source": f"cli {socket.gethostname()}",
                "at_ms": vote.at_ms,
                "verdict": "approve",
                "reason": "fine",
                "digest": DIGEST,
                "arguments": None,
            }
        ]

    def test_what_a_script_wrote_is_text_and_no_escape_sequence(self, cli: Cli, tmp_path: Path) -> None:
        """Arguments cannot move the cursor or hide themselves."""
        hostile = request_for("run_1", arguments={"to": "\x1b[2Jada\u202e", "cents": 1})
        put_waiting(tmp_path / "runs.db", "run_1", [hostile])

        told = cli("approvals", "list", *STORE).stdout + cli("approvals", "show", "run_1:1", *STORE).stdout

        assert ("\x1b" in told, "\u202e" in told, told.count("[2Jada")) == (False, False, 2)

    @pytest.mark.usefixtures("runs")
    @pytest.mark.parametrize("command", ["show", "approve", "deny"])
    def test_a_question_that_is_not_there(self, command: str, cli: Cli) -> None:
        """Named, exit code 2."""
        ran = cli("approvals", command, "run_9:1", *STORE)

        assert (ran.code, ran.stderr.splitlines()[0]) == (2, "NotInStoreError: the store has no question 'run_9:1'")


class TestAnswering:
    """`approvals approve`, `deny`, `respond`."""

    def test_an_approval_is_recorded_with_who_and_from_where(self, cli: Cli, runs: Path) -> None:
        """Unless they say a name it is the login's."""
        ran = cli("approvals", "approve", "run_1:1", "--digest", DIGEST, "--reason", "as agreed", *STORE)

        found, decision, login = stored(runs), decided(runs), getpass.getuser()
        assert (ran.code, ran.stdout) == (0, f"run_1:1 pay: approve by {login}: as agreed\n")
        assert ran.stderr == "goes on with a worker, or: belljar runs resume run_1 --tools TOOLS.py --store runs.db\n"
        assert (found.state, decision.verdict, decision.who) == ("decided", "approve", login)
        assert found.votes[0].source == f"cli {socket.gethostname()}"

    @pytest.mark.parametrize(
        ("origin", "way"),
        [
            ({"manifest": "a" * 64}, "plugin run PLUGIN --resume run_7 --policy POLICY.toml --store runs.db"),
            (
                {"manifest": "a" * 64, "agent_id": "code-generation:0a"},
                "agents run --resume code-generation:0a --policy POLICY.toml --store runs.db",
            ),
        ],
        ids=["plugin", "agent"],
    )
    def test_who_goes_on_with_a_run_of_a_plugin_or_an_agent_is_told(
        self, origin: dict[str, str], way: str, cli: Cli, tmp_path: Path
    ) -> None:
        """No worker can: it has other tools."""
        put_waiting(tmp_path / "runs.db", "run_7", [request_for("run_7")], **origin)

        ran = cli("approvals", "approve", "run_7:1", "--yes", *STORE)

        assert (ran.code, ran.stderr.splitlines()[-1]) == (0, f"goes on with: belljar {way}")

    def test_a_denial_has_a_reason_that_the_script_reads(self, cli: Cli, runs: Path) -> None:
        """And the name that was given."""
        ran = cli("approvals", "deny", "run_1:1", "--yes", "--reason", "too much", "--as", "ada", *STORE)

        assert (ran.code, ran.stdout) == (0, "run_1:1 pay: deny by ada: too much\n")
        assert stored(runs).state == "decided"

    def test_another_digest_answers_nothing(self, cli: Cli, runs: Path) -> None:
        """The question is not the one that was seen: exit code 2."""
        ran = cli("approvals", "approve", "run_1:1", "--digest", "0" * 64, *STORE)

        assert (ran.code, ran.stderr.split(":")[0], stored(runs).state) == (2, "DecisionRefusedError", "open")

    def test_nobody_answers_by_a_pipe_without_saying_what_they_saw(self, cli: Cli, runs: Path) -> None:
        """--digest or --yes; a pipe cannot be asked."""
        ran = cli("approvals", "approve", "run_1:1", *STORE, stdin=b"y\n")

        assert (ran.code, "nobody can be asked" in ran.stderr, stored(runs).state) == (2, True, "open")

    def test_arguments_are_replaced_and_both_digests_kept(self, cli: Cli, runs: Path, tmp_path: Path) -> None:
        """From a text or a file."""
        (tmp_path / "new.json").write_text('{"to": "ada", "cents": 400}')

        ran = cli("approvals", "approve", "run_1:1", "--edit", "@new.json", "--yes", "--json", *STORE)

        found = stored(runs)
        edited = request_for("run_1", arguments={"to": "ada", "cents": 400}).digest
        assert ran.document["answers"][0]["decision"]["arguments"] == {"to": "ada", "cents": 400}
        assert (found.digest, found.edited_digest) == (DIGEST, edited)

    def test_arguments_that_the_tool_does_not_take_are_refused(self, cli: Cli, runs: Path) -> None:
        """With their place; the question stays open."""
        ran = cli("approvals", "approve", "run_1:1", "--edit", '{"to": 1, "cents": 4}', "--yes", *STORE)

        assert (ran.code, ran.stderr.split(":")[0], stored(runs).state) == (2, "DecisionRefusedError", "open")
        assert "$.to" in ran.stderr

    def test_an_approval_for_the_run_has_a_ceiling(self, cli: Cli, runs: Path) -> None:
        """Up to 5 calls, and 5,000 cents in all."""
        bounds = ("--calls", "5", "--sum-of", "cents", "--at-most", "5000")

        ran = cli("approvals", "approve", "run_1:1", "--for-run", *bounds, "--yes", *STORE)

        decision = decided(runs)
        assert (ran.code, decision.verdict) == (0, "approve_for_run")
        assert decision.ceiling == Ceiling(calls=5, sum_of="cents", at_most=5000)

    def test_an_approval_for_the_run_without_a_ceiling_is_for_all_calls(self, cli: Cli, runs: Path) -> None:
        """It says so only when it is asked to."""
        cli("approvals", "approve", "run_1:1", "--for-run", "--yes", *STORE)

        decision = decided(runs)
        assert (decision.verdict, decision.ceiling) == ("approve_for_run", None)

    def test_a_call_that_took_place_is_responded_to(self, cli: Cli, tmp_path: Path) -> None:
        """The value goes to the script; the call is not made again."""
        put_waiting(tmp_path / "runs.db", "run_1", [request_for("run_1", is_unknown=True)])

        ran = cli("approvals", "respond", "run_1:1", "--value", '"paid ada"', "--yes", "--as", "ada", *STORE)

        decision = decided(tmp_path / "runs.db")
        assert (ran.code, ran.stdout) == (0, "run_1:1 pay: respond by ada\n")
        assert (decision.verdict, decision.value) == ("respond", "paid ada")

    def test_a_call_that_was_never_made_has_nothing_to_respond_with(self, cli: Cli, runs: Path) -> None:
        """The store refuses it."""
        ran = cli("approvals", "respond", "run_1:1", "--value", "1", "--yes", *STORE)

        assert (ran.code, ran.stderr.split(":")[0], stored(runs).state) == (2, "DecisionRefusedError", "open")

    def test_several_calls_are_answered_together(self, cli: Cli, tmp_path: Path) -> None:
        """One digest for each, in their order; nothing is answered where one of them is another."""
        first, second = request_for("run_1", 1), request_for("run_1", 2)
        put_waiting(tmp_path / "runs.db", "run_1", [first, second])
        ids = ("run_1:1", "run_1:2")

        wrong = cli("approvals", "approve", *ids, "--digest", first.digest, "--digest", first.digest, *STORE)
        assert (wrong.code, stored(tmp_path / "runs.db").state) == (2, "open")
        ran = cli("approvals", "approve", *ids, "--digest", first.digest, "--digest", second.digest, "--json", *STORE)

        told = [(each["id"], each["is_new"], each["state"]) for each in ran.document["answers"]]
        assert (ran.code, told) == (0, [("run_1:1", True, "decided"), ("run_1:2", True, "decided")])

    def test_a_refusal_does_not_keep_the_other_answers(self, cli: Cli, tmp_path: Path) -> None:
        """Each counts on its own, and the exit code is that of the refusal."""
        asked = [request_for("run_1", 1, expires_ms=0), request_for("run_1", 2)]
        put_waiting(tmp_path / "runs.db", "run_1", asked)

        ran = cli("approvals", "deny", "run_1:1", "run_1:2", "--yes", "--as", "ada", *STORE)

        assert (ran.code, ran.stdout) == (2, "run_1:2 pay: deny by ada\n")
        assert ran.stderr.splitlines()[0] == "DecisionRefusedError: the question has expired"

    @pytest.mark.usefixtures("runs")
    def test_the_same_answer_twice_is_harmless(self, cli: Cli) -> None:
        """It says who decided, exit code 0."""
        cli("approvals", "approve", "run_1:1", "--yes", "--as", "ada", *STORE)

        ran = cli("approvals", "approve", "run_1:1", "--yes", "--as", "bob", *STORE)

        assert (ran.code, ran.stdout) == (0, "run_1:1 pay: approve by ada, decided already\n")

    @pytest.mark.usefixtures("runs")
    def test_another_answer_after_the_decision_is_told_and_is_exit_code_1(self, cli: Cli) -> None:
        """What holds is the first."""
        cli("approvals", "approve", "run_1:1", "--yes", "--as", "ada", *STORE)

        ran = cli("approvals", "deny", "run_1:1", "--yes", "--as", "bob", "--json", *STORE)

        answer = ran.document["answers"][0]
        assert (ran.code, ran.document["ok"], answer["is_new"]) == (1, False, False)
        assert (answer["decision"]["verdict"], answer["decision"]["who"]) == ("approve", "ada")

    def test_a_quorum_needs_named_people(self, cli: Cli, tmp_path: Path) -> None:
        """One vote is told as such, a stranger's is refused, the last one decides."""
        put_waiting(tmp_path / "runs.db", "run_1", [request_for("run_1", quorum=TWO_OF_THREE)])
        approve = ("approvals", "approve", "run_1:1", "--yes", *STORE)

        ada, mallory, bob = (cli(*approve, "--as", name) for name in ("ada", "mallory", "bob"))

        assert ada.stdout == "run_1:1 pay: approve by ada; 1 of 2 needed, not yet: bob, eve\n"
        assert (mallory.code, mallory.stdout, mallory.stderr.split(":")[0]) == (2, "", "DecisionRefusedError")
        assert (bob.code, stored(tmp_path / "runs.db").state) == (0, "decided")

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            (("run_1:1", "run_1:1"), "a question is named twice"),
            (("run_1:1", "--digest", "a", "--digest", "b"), "--digest is given once for each ID, in their order"),
            (("run_1:1", "run_1:2", "--edit", "{}"), "--edit is for one call"),
            (("run_1:1", "--edit", "{}", "--for-run"), "--edit is for one call, and --for-run for many"),
            (("run_1:1", "--edit", "[]"), "--edit is no JSON object"),
            (("run_1:1", "--edit", "@gone"), "--edit: gone cannot be read: No such file or directory"),
            (("run_1:1", "--calls", "2"), "--calls, --sum-of and --at-most bound an approval for the run"),
            (("run_1:1", "--for-run", "--sum-of", "cents"), "a ceiling over an argument has both its name and the"),
            (("run_1:1", "--as", " "), "' ' cannot be a person's name"),
            (("run_1:1", "--as", "belljar"), "'belljar' cannot be a person's name"),
            (("run_1:1", "--as", "host:1:0123abcd"), "'host:1:0123abcd' cannot be a person's name"),
        ],
    )
    def test_options_that_make_no_sense_are_told(
        self, options: tuple[str, ...], message: str, cli: Cli, runs: Path
    ) -> None:
        """Exit code 2, and nothing is recorded."""
        ran = cli("approvals", "approve", *options, "--yes", *STORE)

        assert (ran.code, stored(runs).votes) == (2, ())
        assert ran.stderr.startswith(f"UsageError: {message}")

    def test_the_account_of_a_service_is_nobody(self, cli: Cli, runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The log could not tell it from belljar itself. Whoever uses it says their own name."""
        monkeypatch.setenv("LOGNAME", "belljar")

        refused = cli("approvals", "approve", "run_1:1", "--yes", *STORE)

        assert (refused.code, stored(runs).votes) == (2, ())
        assert refused.stderr.splitlines() == [
            "UsageError: your login: 'belljar' cannot be a person's name",
            "hint: Say who you are: $LOGNAME, or --as NAME.",
        ]
        assert cli("approvals", "approve", "run_1:1", "--yes", "--as", "ada", *STORE).code == 0

    def test_where_the_system_knows_no_name_one_is_asked_for(
        self, cli: Cli, runs: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As in a container whose user has no entry."""

        def unknown() -> str:
            raise KeyError("getpwuid(): uid not found: 4242")

        monkeypatch.setattr(getpass, "getuser", unknown)

        refused = cli("approvals", "approve", "run_1:1", "--yes", *STORE)

        assert (refused.code, stored(runs).votes) == (2, ())
        assert refused.stderr.startswith("UsageError: this system does not know who you are")

    @pytest.mark.usefixtures("runs")
    def test_a_value_that_is_no_json_is_told(self, cli: Cli) -> None:
        """Exit code 2."""
        ran = cli("approvals", "respond", "run_1:1", "--value", "{", "--yes", *STORE)

        assert (ran.code, ran.stderr.startswith("UsageError: --value is no JSON")) == (2, True)


class TestAtATerminal:
    """Without --digest and --yes a person is shown what they answer."""

    @pytest.mark.parametrize(
        ("typed", "code", "state"), [(b"y\n", 0, "decided"), (b"n\n", 1, "open"), (b"\n", 1, "open")]
    )
    def test_the_question_is_shown_and_confirmed(
        self,
        typed: bytes,
        code: int,
        state: str,
        runs: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        """Only a yes is one."""
        with keyboard(monkeypatch, typed):
            assert main(["approvals", "approve", "run_1:1", "--store", str(runs)]) == code

        told = capsys.readouterr().err
        assert (DIGEST in told, "Approve this call? [y/N]: " in told, stored(runs).state) == (True, True, state)

    @pytest.mark.parametrize(
        ("options", "told"),
        [
            (("--edit", '{"to": "ada", "cents": 4}'), request_for("run_1", arguments={"to": "ada", "cents": 4}).digest),
            (("--for-run", "--calls", "2"), "later calls of the same tool in the run, up to 2 calls? [y/N]"),
        ],
    )
    def test_what_would_be_decided_is_shown_too(
        self,
        options: tuple[str, ...],
        told: str,
        runs: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        """The digest of the call with other arguments; how far an approval for the run goes."""
        with keyboard(monkeypatch, b"n\n"):
            assert main(["approvals", "approve", "run_1:1", *options, "--store", str(runs)]) == 1

        assert told in capsys.readouterr().err

    def test_several_questions_are_confirmed_at_once(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Each is shown, and one yes is for all."""
        file = tmp_path / "runs.db"
        put_waiting(file, "run_1", [request_for("run_1", 1), request_for("run_1", 2)])

        with keyboard(monkeypatch, b"yes\n"):
            assert main(["approvals", "deny", "run_1:1", "run_1:2", "--store", str(file)]) == 0

        assert "Deny these 2 calls? [y/N]: " in capsys.readouterr().err
        assert [stored(file, id_).state for id_ in ("run_1:1", "run_1:2")] == ["decided", "decided"]
