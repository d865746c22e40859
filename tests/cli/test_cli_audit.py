"""`belljar audit`: the log of a store and its exports, on the command line."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
from cli_support import Cli

from belljar.audit import START, AuditEvent, AuditRecord, Checkpoint, link, load_private_key, sign
from belljar.snapshot import keygen
from belljar.store import open_store

EVENTS = [
    AuditEvent("run.started", "run", actor="worker", time_ms=1_700_000_000_000 + n, run_id=f"run_{n}", details={"n": n})
    for n in range(5)
]


def chain(events: Sequence[AuditEvent] = EVENTS) -> list[AuditRecord]:
    """The records of events, from the first."""
    records: list[AuditRecord] = []
    for seq, event in enumerate(events, start=1):
        records.append(link(event, seq=seq, previous=records[-1].hash if records else START))
    return records


def export(place: Path, texts: Sequence[str]) -> str:
    """A file of them, and its name."""
    file = place / "export.jsonl"
    file.write_text("".join(f"{text}\n" for text in texts))
    return file.name


TEXTS = [record.text for record in chain()]
HEAD = f"5:{chain()[-1].hash}"


@pytest.fixture
def log(tmp_path: Path) -> str:
    """A store whose log has five records; its name."""
    store = open_store(tmp_path / "runs.db")
    store.audit.append(*EVENTS)
    store.close()
    return "runs.db"


@pytest.fixture
def keys(tmp_path: Path) -> tuple[str, str]:
    """A private and a public key's file."""
    private, public = keygen()
    (tmp_path / "key").write_bytes(private)
    (tmp_path / "key.pub").write_bytes(public)
    return "key", "key.pub"


class TestVerify:
    """`audit verify`."""

    def test_a_store_s_log_that_holds_is_exit_code_0(self, cli: Cli, log: str) -> None:
        """Its head goes to standard output alone, to be written down."""
        ran = cli("audit", "verify", "--store", log)

        assert (ran.code, ran.stdout) == (0, f"{HEAD}\n")
        assert ran.stderr.splitlines() == ["the chain holds, 5 records", "  nothing is signed: there is no checkpoint"]

    def test_the_document_says_the_same(self, cli: Cli, log: str) -> None:
        """Records and where they begin, head, checkpoints, and up to where it is signed."""
        document = cli("audit", "verify", "--store", log, "--json").document

        head = {"seq": 5, "hash": chain()[-1].hash}
        facts = {"records": 5, "first": 1, "head": head, "checkpoints": 0, "signed_until": None}
        assert document == {"ok": True, **facts}

    def test_an_export_is_verified_without_a_store(self, cli: Cli, tmp_path: Path) -> None:
        """The texts are all that it takes."""
        ran = cli("audit", "verify", "--file", export(tmp_path, TEXTS), "--head", HEAD)

        assert (ran.code, ran.stdout) == (0, f"{HEAD}\n")

    @pytest.mark.parametrize(
        ("texts", "head", "record", "kind"),
        [
            ([*TEXTS[:1], TEXTS[1].replace("worker", "nobody"), *TEXTS[2:]], None, 2, "edited"),
            ([*TEXTS[:2], *TEXTS[3:]], None, 3, "missing"),
            ([*TEXTS[:2], TEXTS[3], TEXTS[2], TEXTS[4]], None, 4, "moved"),
            ([*TEXTS[:3], TEXTS[2], *TEXTS[3:]], None, 3, "inserted"),
            (TEXTS[:3], HEAD, 4, "cut off"),
            ([], HEAD, 1, "cut off"),
        ],
    )
    def test_a_changed_export_is_exit_code_1_and_the_record_is_named(
        self, texts: list[str], head: str | None, record: int, kind: str, cli: Cli, tmp_path: Path
    ) -> None:
        """Edited, dropped, moved, doubled, cut off."""
        known = ("--head", head) if head else ()

        ran = cli("audit", "verify", "--file", export(tmp_path, texts), *known, "--json")

        error = ran.document["error"]
        assert (ran.code, error["code"], error["details"]) == (1, "AuditBrokenError", {"record": record, "kind": kind})
        assert f"record {record}" in error["message"]

    def test_a_row_that_was_changed_in_the_store_is_named(self, cli: Cli, log: str, tmp_path: Path) -> None:
        """Whoever can write the file cannot do it unseen."""
        with closing(sqlite3.connect(tmp_path / log)) as database, database:
            database.execute("UPDATE audit SET text = replace(text, 'worker', 'nobody') WHERE seq = 4")

        ran = cli("audit", "verify", "--store", log)

        assert (ran.code, ran.stdout) == (1, "")
        assert ran.stderr.startswith("AuditBrokenError: record 4 was edited")

    def test_a_line_that_is_no_record_is_a_broken_log(self, cli: Cli, tmp_path: Path) -> None:
        """Exit code 1, not a traceback."""
        ran = cli("audit", "verify", "--file", export(tmp_path, ["nonsense"]))

        assert (ran.code, ran.stderr.split(":")[0]) == (1, "AuditBrokenError")

    def test_checkpoints_kept_elsewhere_find_a_log_written_anew(
        self, cli: Cli, tmp_path: Path, keys: tuple[str, str]
    ) -> None:
        """The chain of the forgery holds; the checkpoint is of another record 3."""
        true = chain()[2]
        checkpoint = sign(3, true.hash, 1, load_private_key(tmp_path / keys[0]))
        (tmp_path / "kept.jsonl").write_text(f"{checkpoint.to_line()}\n")
        forged = [record.text for record in chain([*EVENTS[:1], *EVENTS[2:]])]
        known = ("--checkpoints", "kept.jsonl", "--key", keys[1])

        assert cli("audit", "verify", "--file", export(tmp_path, TEXTS), *known).code == 0
        ran = cli("audit", "verify", "--file", export(tmp_path, forged), *known, "--json")

        assert (ran.code, ran.document["error"]["details"]) == (1, {"record": 3, "kind": "checkpoint"})

    def test_a_checkpoint_that_was_cut_short_counts_for_nothing(
        self, cli: Cli, tmp_path: Path, keys: tuple[str, str]
    ) -> None:
        """A process died as it wrote the file's last line; those before it are compared."""
        line = sign(3, chain()[2].hash, 1, load_private_key(tmp_path / keys[0])).to_line()
        (tmp_path / "kept.jsonl").write_text(f"{line}\n{line[:40]}")
        known = ("--checkpoints", "kept.jsonl", "--key", keys[1], "--json")

        assert cli("audit", "verify", "--file", export(tmp_path, TEXTS), *known).document["checkpoints"] == 1

    def test_a_checkpoint_of_another_key_is_not_believed(self, cli: Cli, tmp_path: Path, keys: tuple[str, str]) -> None:
        """Whoever writes the file of checkpoints anew cannot sign them."""
        stranger = load_private_key(keygen()[0])
        (tmp_path / "kept.jsonl").write_text(f"{sign(3, chain()[2].hash, 1, stranger).to_line()}\n")

        ran = cli(
            *("audit", "verify", "--file", export(tmp_path, TEXTS)),
            *("--checkpoints", "kept.jsonl", "--key", keys[1], "--json"),
        )

        assert (ran.code, ran.document["error"]["details"]) == (1, {"record": 3, "kind": "checkpoint"})

    def test_a_store_that_nobody_signed_does_not_hold_where_a_key_is_given(
        self, cli: Cli, log: str, keys: tuple[str, str]
    ) -> None:
        """A log that was written anew has no checkpoints either."""
        ran = cli("audit", "verify", "--store", log, "--key", keys[1])

        assert (ran.code, ran.stdout) == (1, "")
        assert ran.stderr.splitlines()[0] == (
            "AuditBrokenError: nothing up to record 5 is signed: a key was given, and there is no checkpoint"
        )

    def test_up_to_where_a_log_is_signed_is_told(self, cli: Cli, log: str, keys: tuple[str, str]) -> None:
        """With a key; without one, a checkpoint says nothing."""
        cli("audit", "checkpoint", "--key", keys[0], "--store", log)

        signed = cli("audit", "verify", "--store", log, "--key", keys[1])
        unseen = cli("audit", "verify", "--store", log)

        assert (signed.code, unseen.code) == (0, 0)
        assert signed.stderr.splitlines()[1] == "  signed up to record 5: 1 checkpoint compared"
        assert unseen.stderr.splitlines()[1] == (
            "  nothing is known to be signed: 1 checkpoint compared, but no --key was given"
        )

    def test_after_a_change_of_keys_both_are_given(
        self, cli: Cli, log: str, tmp_path: Path, keys: tuple[str, str]
    ) -> None:
        """As docs/operations.md says: the old key signs a last time, its public half is kept, the new one goes on."""
        private, public = keygen()
        (tmp_path / "new").write_bytes(private)
        (tmp_path / "new.pub").write_bytes(public)
        for key in (keys[0], "new"):
            assert cli("audit", "checkpoint", "--key", key, "--file", "kept.jsonl", "--store", log).code == 0
            cli("audit", "export", "--store", log)
        verify = ("audit", "verify", "--store", log, "--checkpoints", "kept.jsonl")

        both = cli(*verify, "--key", keys[1], "--key", "new.pub", "--json")

        assert (both.document["checkpoints"], both.document["signed_until"]) == (2, 7)
        assert [cli(*verify, "--key", one).code for one in (keys[1], "new.pub")] == [1, 1]

    def test_an_export_that_begins_later_is_verified_from_there(
        self, cli: Cli, log: str, keys: tuple[str, str]
    ) -> None:
        """It is told where it begins; a head of the part before ties the two together."""
        kept = ("--checkpoints", "kept.jsonl", "--key", keys[1])
        cli("audit", "checkpoint", "--key", keys[0], "--file", "kept.jsonl", "--store", log)
        cli("audit", "export", "later.jsonl", "--store", log, "--after", "3")

        ran = cli("audit", "verify", "--file", "later.jsonl", "--head", f"3:{chain()[2].hash}", *kept)

        assert (ran.code, ran.stdout.partition(":")[0]) == (0, "6")
        assert ran.stderr.splitlines() == [
            "the chain holds, 3 records, from record 4 on: nothing is known of those before",
            "  signed up to record 5: 1 checkpoint compared",
        ]
        assert cli("audit", "verify", "--file", "later.jsonl", "--json").document["first"] == 4

    def test_an_export_that_does_not_follow_the_head_of_the_part_before_is_broken(
        self, cli: Cli, tmp_path: Path
    ) -> None:
        """Each of the two alone holds."""
        ran = cli("audit", "verify", "--file", export(tmp_path, TEXTS[3:]), "--head", f"3:{'f' * 64}", "--json")

        assert (ran.code, ran.document["error"]["details"]) == (1, {"record": 3, "kind": "edited"})

    def test_a_head_that_an_export_cannot_have_is_told(self, cli: Cli, tmp_path: Path) -> None:
        """It is from before the export begins."""
        ran = cli("audit", "verify", "--file", export(tmp_path, TEXTS[3:]), "--head", f"2:{'f' * 64}")

        assert (ran.code, ran.stderr.splitlines()[0]) == (
            2,
            "UsageError: record 2 cannot be compared: these begin with record 4",
        )

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            (("--head", "5"), "UsageError: '5' is not SEQ:HASH"),
            (("--head", f"5:{'z' * 64}"), f"UsageError: '5:{'z' * 64}' is not SEQ:HASH"),
            (("--head", f"{'9' * 5_000}:{'0' * 64}"), f"UsageError: '{'9' * 5_000}:{'0' * 64}' is not SEQ:HASH"),
            (
                ("--key", "gone.pub", "--checkpoints", "x"),
                "UsageError: gone.pub cannot be read: No such file or directory",
            ),
            (("--key", "key.pub"), "UsageError: an export has no checkpoints in it that a --key could be for"),
            (("--checkpoints", "empty"), "UsageError: empty has no checkpoint in it"),
            (("--checkpoints", "torn"), "UsageError: torn has no checkpoint in it"),
            (("--checkpoints", "gone"), "UsageError: gone cannot be read: No such file or directory"),
            (("--file", "blank"), "UsageError: blank has no record in it"),
            (("--file", "gone"), "UsageError: gone cannot be read: No such file or directory"),
            (("--file", "x", "--store", "y"), "UsageError: --file is looked at without a store"),
        ],
    )
    def test_what_cannot_be_used_is_told(
        self, options: tuple[str, ...], message: str, cli: Cli, tmp_path: Path
    ) -> None:
        """Exit code 2, with what is wrong."""
        (tmp_path / "empty").write_text("\n\n")
        (tmp_path / "blank").write_text("")
        (tmp_path / "torn").write_text('{"seq":5,"hash')
        where = () if "--file" in options else ("--file", export(tmp_path, TEXTS))

        ran = cli("audit", "verify", *where, *options)

        assert (ran.code, ran.stdout, ran.stderr.splitlines()[0]) == (2, "", message)


class TestReading:
    """`audit tail`, `audit show`, `audit export`."""

    def test_the_tail_is_the_last_records_a_line_each(self, cli: Cli, log: str) -> None:
        """Number, time in UTC, event, action, actor, run."""
        ran = cli("audit", "tail", "--store", log, "-n", "2")

        assert ran.stdout.splitlines() == [
            "4  2023-11-14 22:13:20  run.started         run  worker  run_3",
            "5  2023-11-14 22:13:20  run.started         run  worker  run_4",
        ]

    def test_the_tail_is_searched(self, cli: Cli, log: str) -> None:
        """For a checksum, a run, a person; the last of what is found."""
        found = cli("audit", "tail", "--store", log, "--search", "run_3", "--json").document
        refused = cli("audit", "tail", "--store", log, "--search", "run_3", "--follow")

        assert [record["run_id"] for record in found["records"]] == ["run_3"]
        assert (refused.code, "--follow shows all that comes" in refused.stderr) == (2, True)

    def test_the_tail_as_a_document_has_the_facts_and_the_hash(self, cli: Cli, log: str) -> None:
        """Facts as they are hashed."""
        document = cli("audit", "tail", "--store", log, "-n", "1", "--json").document

        record = chain()[-1]
        assert document == {"ok": True, "records": [{**record.facts, "hash": record.hash}]}

    def test_following_prints_what_comes_until_it_is_interrupted(
        self, cli: Cli, log: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        """Ctrl-C is how it ends, and no error."""
        comes = [AuditEvent("call.done", "pay", actor="worker", time_ms=0)]

        def wait(_: float) -> None:
            if not comes:
                raise KeyboardInterrupt
            store = open_store(tmp_path / log)
            store.audit.append(comes.pop())
            store.close()

        monkeypatch.setattr(time, "sleep", wait)

        ran = cli("audit", "tail", "--store", log, "-n", "0", "--follow")

        assert (ran.code, [line.split()[0] for line in ran.stdout.splitlines()], ran.stderr) == (0, ["6"], "")

    def test_following_is_no_document(self, cli: Cli, log: str) -> None:
        """It never ends."""
        assert cli("audit", "tail", "--store", log, "--follow", "--json").code == 2

    def test_one_record_is_shown_whole(self, cli: Cli, log: str) -> None:
        """With its hash."""
        ran = cli("audit", "show", "3", "--store", log)

        record = chain()[2]
        assert (ran.code, json.loads(ran.stdout)) == (0, {**record.facts, "hash": record.hash})
        assert cli("audit", "show", "3", "--store", log, "--json").document["record"] == json.loads(ran.stdout)

    @pytest.mark.parametrize("seq", ["0", "6"])
    def test_a_record_that_is_not_there(self, seq: str, cli: Cli, log: str) -> None:
        """Exit code 2, and its number."""
        ran = cli("audit", "show", seq, "--store", log)

        assert (ran.code, ran.stderr.splitlines()[0]) == (2, f"NotInStoreError: the log has no record {seq}")

    @pytest.mark.parametrize(
        ("words", "name"),
        [
            (("show", "9" * 23), "'SEQ'"),
            (("show", "--", "-5"), "'SEQ'"),
            (("tail", "-n", "9" * 20), "'-n'"),
            (("export", "--after", "9" * 20), "'--after'"),
        ],
    )
    def test_a_number_that_no_log_reaches_is_a_wrong_option(
        self, words: tuple[str, ...], name: str, cli: Cli, log: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Exit code 2, and which one."""
        monkeypatch.setenv("BELLJAR_STORE", log)

        ran = cli("audit", *words)

        assert (ran.code, ran.stdout) == (2, "")
        assert ran.stderr.startswith(f"UsageError: Invalid value for {name}: ")

    def test_an_export_is_the_texts_that_are_hashed(self, cli: Cli, log: str, tmp_path: Path) -> None:
        """To a new file that verifies alone, or to standard output."""
        whole = cli("audit", "export", "all.jsonl", "--store", log)
        rest = cli("audit", "export", "--store", log, "--after", "4")

        assert (whole.code, whole.stderr) == (0, "5 records exported\n")
        assert (tmp_path / "all.jsonl").read_text().splitlines() == TEXTS
        assert cli("audit", "verify", "--file", "all.jsonl").stdout == f"{HEAD}\n"
        assert [json.loads(line)["event"] for line in rest.stdout.splitlines()] == ["run.started", "audit.exported"]

    def test_an_export_overwrites_nothing(self, cli: Cli, log: str, tmp_path: Path) -> None:
        """The file keeps its bytes."""
        (tmp_path / "old.jsonl").write_text("precious")

        ran = cli("audit", "export", "old.jsonl", "--store", log)

        assert (ran.code, (tmp_path / "old.jsonl").read_text()) == (2, "precious")


class TestCheckpoint:
    """`audit checkpoint`."""

    def test_a_checkpoint_is_printed_kept_and_compared(
        self, cli: Cli, log: str, tmp_path: Path, keys: tuple[str, str]
    ) -> None:
        """What it signed is the head; later verifications use it."""
        ran = cli("audit", "checkpoint", "--key", keys[0], "--file", "kept.jsonl", "--store", log)

        checkpoint = Checkpoint.from_line(ran.stdout.removesuffix("\n"))
        assert (ran.code, checkpoint.seq, checkpoint.hash) == (0, 5, chain()[-1].hash)
        assert (tmp_path / "kept.jsonl").read_text() == ran.stdout
        known = ("--key", keys[1], "--checkpoints", "kept.jsonl", "--json")
        assert cli("audit", "verify", "--store", log, *known).document["checkpoints"] == 1

    def test_what_is_signed_already_is_not_signed_again(self, cli: Cli, log: str, keys: tuple[str, str]) -> None:
        """Nothing came since."""
        first, second = (cli("audit", "checkpoint", "--key", keys[0], "--store", log) for _ in range(2))

        assert (first.code, second.code, second.stdout) == (0, 0, "")

    def test_a_public_key_signs_nothing(self, cli: Cli, log: str, keys: tuple[str, str]) -> None:
        """Exit code 2."""
        ran = cli("audit", "checkpoint", "--key", keys[1], "--store", log)

        assert (ran.code, ran.stdout, ran.stderr.split(":")[0]) == (2, "", "UsageError")
