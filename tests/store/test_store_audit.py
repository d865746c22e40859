"""The audit log in the store: one chain whoever writes, what is redacted, what is signed, what changes are found."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from store_support import NOW, Decision, answer, approval, begun, end, events, intent, suspended, taken

from belljar.audit import START, AuditEvent, AuditRecord, Checkpoint
from belljar.errors import AuditBrokenError, StoreError, UsageError
from belljar.store import Checkpoints, Store, open_store
from belljar.store._database import Database

KEY = ec.generate_private_key(ec.SECP256R1())
APPEND = """
import sys
from belljar.audit import AuditEvent
from belljar.store import open_store
with open_store(sys.argv[1]) as store:
    for n in range(20):
        store.audit.append(AuditEvent("web.refused", str(n), actor=sys.argv[2], time_ms=n))
"""


def event(n: int = 1, **facts: object) -> AuditEvent:
    return AuditEvent("web.refused", f"page {n}", actor="ann", time_ms=NOW + n, **facts)  # type: ignore[arg-type]


def sql(url: str, statement: str, **values: object) -> None:
    """What somebody does who writes to the database behind the store's back."""
    database = Database(url)
    database.prepare(lambda connection: connection.execute(text(statement), values))
    database.close()


def test_the_log_is_empty_at_first_and_holds(store: Store) -> None:
    """Number 0, and the hash before the first record."""
    assert store.audit.head() == (0, START)
    assert store.audit.records() == []
    assert store.audit.verify().records == 0


def test_what_is_appended_is_linked_in_its_order(store: Store) -> None:
    """Numbers without gaps, each with the hash of the one before."""
    store.audit.append(event(1), event(2))
    store.audit.append()
    store.audit.append(event(3))

    records = store.audit.records()
    assert [record.seq for record in records] == [1, 2, 3]
    assert [record.previous for record in records] == [START, records[0].hash, records[1].hash]
    assert store.audit.head() == (3, records[2].hash)
    assert [AuditRecord.from_text(record.text) for record in records] == records
    assert [record.seq for record in store.audit.records(after=1, limit=1)] == [2]


@pytest.mark.slow
def test_several_processes_keep_one_chain(store: Store, store_url: str) -> None:
    """Each writer's events are in its own order, and the chain is unbroken."""
    children = [subprocess.Popen([sys.executable, "-c", APPEND, store_url, f"w{n}"]) for n in range(3)]  # noqa: S603  (our own interpreter)
    assert [child.wait(60) for child in children] == [0, 0, 0]

    records = store.audit.records()
    assert store.audit.verify().records == len(records) == 60
    for n in range(3):
        own = [record.facts["action"] for record in records if record.facts["actor"] == f"w{n}"]
        assert own == [str(number) for number in range(20)]


def test_several_threads_keep_one_chain(store: Store) -> None:
    """One process, many runs."""

    def work() -> None:
        for n in range(10):
            store.audit.append(event(n))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert store.audit.verify().records == 40


def test_records_are_found_by_what_they_say(store: Store) -> None:
    """By event, or all of a kind, run, actor and words; the newest first, page by page."""
    _, journal = begun(store)
    journal.append(intent(1), end(), durable=True)
    store.audit.append(event(7, details={"path": 'a "é" \\ b'}))

    def found(**chosen: object) -> list[str]:
        return [record.event for record in store.audit.find(**chosen)]  # type: ignore[arg-type]

    assert found(event="run.ended") == ["run.ended"]
    assert found(event="run.") == ["run.ended", "run.started", "run.queued"]
    assert found(run_id="r", event="call.") == ["call.intended"]
    assert found(actor="ann") == found(text='"é" \\') == found(text="PAGE 7") == ["web.refused"]
    assert found(limit=2) == ["web.refused", "run.ended"]
    assert found(before=2) == ["run.queued"]


def test_secrets_do_not_get_into_the_log_and_digests_do(store_url: str) -> None:
    """Registered values, secret keys and known shapes are out; what a digest names stays whole."""
    with open_store(store_url, secrets=["sesame-street-17"]) as store:
        _, journal = begun(store)
        arguments = {"order": 7, "password": "x1", "note": "say sesame-street-17", "raw": b"\x00"}
        journal.append(intent(1, arguments=arguments, digest="0123456789abcdef" * 4), durable=True)
        record = store.audit.find(event="call.intended")[0]
        digest = f"[1 byte, sha256 {hashlib.sha256(bytes(1)).hexdigest()}]"

        assert "sesame" not in record.text
        assert record.facts["details"]["arguments"] == {
            "order": 7, "password": "[redacted]", "note": "say [redacted]", "raw": digest,
        }  # fmt: skip
        assert record.facts["details"]["digest"] == "0123456789abcdef" * 4


def test_names_are_cleaned_as_they_are_shown_to_people(store: Store) -> None:
    """Who acts and what is done: secrets that the store came to know later, and known shapes. An address stays."""
    token = "ghp_" + "a1B2c3D4e5F6g7H8i9J0" * 2
    store.know_secrets(["sesame-street-17"])
    store.audit.append(
        AuditEvent("web.refused", f"page {token}", actor="ann@example.com", time_ms=NOW),
        AuditEvent("web.refused", "x" * 600, actor="ann sesame-street-17", time_ms=NOW),
    )
    one, two = store.audit.records()

    assert (one.facts["action"], one.facts["actor"]) == ("page [redacted]", "ann@example.com")
    assert (len(two.facts["action"]) < 320, two.facts["actor"]) == (True, "ann [redacted]")
    assert [record.seq for record in store.audit.find(actor="ann [redacted]")] == [2]
    assert store.audit.verify().records == 2


def test_digests_of_journals_and_outcomes_stay_whole(store: Store) -> None:
    """They are what the log is compared with."""
    _, journal = begun(store)
    journal.append(end(), durable=True)
    details = store.audit.find(event="run.ended")[0].facts["details"]

    assert details == {
        "code": None, "journal_records": 2, "journal_sha256": journal.head, "outcome_sha256": "e" * 64,
    }  # fmt: skip


@settings(derandomize=True, deadline=None, max_examples=40)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text() | st.binary(max_size=5)
        | st.characters(categories=["Cs"]),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
        max_leaves=8,
    )
)  # fmt: skip
def test_any_data_of_a_script_can_be_a_detail(value: object) -> None:
    """Half surrogates and bytes too: the audit log never makes a run fail."""
    from belljar.audit import link, redact_details

    record = link(event(1, details=redact_details({"value": value})), seq=1, previous=START)

    assert json.loads(record.text)["event"] == "web.refused"


def test_names_that_a_script_makes_up_can_be_in_the_log(store: Store) -> None:
    """A tool that is not there, with half a surrogate and NUL in its name."""
    _, journal = begun(store)
    journal.append(
        answer(1, tool="\ud800\x00é", error={"code": "ToolNotFoundError", "message": "\udfff"}), durable=True
    )

    record = store.audit.find(event="call.refused")[0]
    assert (record.facts["action"], record.facts["details"]["message"]) == ("?\x00é", "\ufffd")


def test_checkpoints_are_signed_as_the_log_grows_and_kept_elsewhere(store_url: str, tmp_path: Path) -> None:
    """Each so many records, in the store and as a line in the file; both verify with the key."""
    file = tmp_path / "checkpoints.jsonl"
    with open_store(store_url, checkpoints=Checkpoints(key=KEY, every=3, file=file)) as store:
        for n in range(7):
            store.audit.append(event(n))
        lines = file.read_text().splitlines()

        assert lines == store.audit.checkpoints()
        assert [Checkpoint.from_line(line).seq for line in lines] == [3, 6, 9]
        assert store.audit.verify(KEY.public_key(), checkpoints=lines).checkpoints == 3
        assert [record.event for record in store.audit.records()].count("checkpoint.signed") == 3
        other = ec.generate_private_key(ec.SECP256R1()).public_key()
        with pytest.raises(AuditBrokenError):
            store.audit.verify(other)


def test_a_checkpoint_can_be_asked_for(store_url: str, tmp_path: Path) -> None:
    """Once for a state of the log: there is nothing to add until something happens."""
    file = tmp_path / "checkpoints.jsonl"
    with open_store(store_url, checkpoints=Checkpoints(key=KEY, file=file)) as store:
        assert store.audit.checkpoint(NOW) is None
        store.audit.append(event())
        signed = store.audit.checkpoint(NOW)
        assert signed is not None
        assert (signed.seq, store.audit.checkpoint(NOW)) == (1, None)
        assert file.read_text() == f"{signed.to_line()}\n"
        store.audit.append(event())
        assert store.audit.checkpoint(NOW) is not None
        assert store.audit.verify(KEY.public_key()).checkpoints == 2


def test_a_store_without_a_key_signs_nothing(store: Store) -> None:
    """It says what it needs."""
    store.audit.append(event())
    with pytest.raises(UsageError) as caught:
        store.audit.checkpoint(NOW)
    assert caught.value.message == "the store has no key to sign with"


def test_a_checkpoint_file_that_cannot_be_written_catches_up_later(store_url: str, tmp_path: Path) -> None:
    """What was confirmed stays confirmed; the file has every checkpoint as soon as it can be written again."""
    file = tmp_path / "folder" / "checkpoints.jsonl"
    with open_store(store_url, checkpoints=Checkpoints(key=KEY, every=2, file=file)) as store:
        store.audit.append(event(1), event(2))
        assert (store.audit.head()[0], store.metrics(NOW)["audit_file_behind"]) == (3, 1)
        with pytest.raises(StoreError) as caught:
            store.audit.checkpoint(NOW)
        assert str(file) in caught.value.message

        file.parent.mkdir()
        store.audit.append(event(4))
        assert file.read_text().splitlines() == store.audit.checkpoints()
        assert store.metrics(NOW)["audit_file_behind"] == 0


def test_a_checkpoint_that_was_taken_out_of_the_store_is_missed(store_url: str) -> None:
    """The log tells of each, so none can go unseen."""
    with open_store(store_url, checkpoints=Checkpoints(key=KEY, every=2)) as store:
        for n in range(4):
            store.audit.append(event(n))
        sql(store_url, "DELETE FROM checkpoints WHERE seq = 2")

        with pytest.raises(AuditBrokenError) as caught:
            store.audit.verify(KEY.public_key())
    assert caught.value.details == {"record": 2, "kind": "checkpoint"}


@pytest.mark.parametrize(
    ("statement", "kind", "record"),
    [
        ("UPDATE audit SET text = replace(text, 'page 3', 'page 4') WHERE seq = 3", "edited", 3),
        ("UPDATE audit SET hash = '00' WHERE seq = 3", "edited", 3),
        ("DELETE FROM audit WHERE seq = 3", "missing", 3),
        ("DELETE FROM audit WHERE seq > 3", "cut off", 4),
        ("DELETE FROM audit", "cut off", 1),
        ("UPDATE audit SET text = 'no json' WHERE seq = 2", "edited", 2),
    ],
)
def test_what_somebody_does_behind_the_store_s_back_is_found(
    store: Store, store_url: str, statement: str, kind: str, record: int
) -> None:
    """The record is named, and what is wrong with it."""
    store.audit.append(*(event(n) for n in range(1, 6)))
    sql(store_url, statement)

    with pytest.raises(AuditBrokenError) as caught:
        store.audit.verify()
    assert caught.value.details == {"record": record, "kind": kind}


def test_a_log_that_was_cut_off_with_its_head_is_found_by_what_is_kept_elsewhere(store: Store, store_url: str) -> None:
    """A head that was written down, or a checkpoint in a file."""
    store.audit.append(*(event(n) for n in range(1, 6)))
    head, records = store.audit.head(), store.audit.records()
    sql(store_url, "DELETE FROM audit WHERE seq > 3")
    sql(store_url, "UPDATE audit_head SET seq = 3, hash = :hash", hash=records[2].hash)

    assert store.audit.verify().records == 3
    with pytest.raises(AuditBrokenError) as caught:
        store.audit.verify(head=head)
    assert caught.value.details == {"record": 4, "kind": "cut off"}


def test_a_journal_that_was_edited_is_found_by_the_log(store: Store, store_url: str) -> None:
    """Also where the journal's own hashes were made anew: the log has the head that it had."""
    _, journal = begun(store)
    journal.append(intent(1), end(), durable=True)
    other_lease, other = begun(store, "s")
    other.append(intent(1, arguments={}), end(), durable=True)
    assert other_lease.run_id == "s"
    seq = store.audit.find(event="run.ended", run_id="r")[0].seq

    sql(store_url, "UPDATE journal SET line = replace(line, 'refund', 'reward') WHERE run_id = 'r' AND n = 1")
    with pytest.raises(AuditBrokenError) as caught:
        store.audit.verify()
    assert caught.value.details == {"record": seq, "kind": "edited", "run_id": "r", "journal_record": 1}

    sql(store_url, "DELETE FROM journal WHERE run_id = 'r'")
    sql(store_url, "UPDATE journal SET run_id = 'r' WHERE run_id = 's'")
    with pytest.raises(AuditBrokenError) as caught:
        store.audit.verify()
    assert (caught.value.details["run_id"], caught.value.details["journal_record"]) == ("r", 2)


def test_a_journal_that_goes_on_is_compared_up_to_what_the_log_knows(store: Store) -> None:
    """A run that was suspended and taken up again has more records than the log has heads."""
    asked = suspended(store)
    _, journal = taken(store)
    journal.append(approval(asked, Decision.approve(asked, who="ann")), intent(1), durable=True)

    assert store.audit.verify().records == len(store.audit.records())
    assert events(store).count("run.suspended") == 1


def test_an_export_is_lines_that_verify_and_is_itself_on_record(store: Store) -> None:
    """Canonical JSON, one record a line, from a number on."""
    store.audit.append(*(event(n) for n in range(1, 4)))
    out = io.StringIO()

    assert store.audit.export(out.write, after=1) == 2
    assert out.getvalue() == "".join(f"{record.text}\n" for record in store.audit.records(after=1, limit=2))
    assert store.audit.records(after=3)[0].event == "audit.exported"
    assert store.audit.records(after=3)[0].facts["details"] == {"after": 1, "head": 3, "records": 2}


def test_a_checkpoint_is_signed_every_one_or_more_records() -> None:
    """Zero is refused."""
    with pytest.raises(UsageError):
        Checkpoints(key=KEY, every=0)
