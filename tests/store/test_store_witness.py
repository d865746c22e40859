"""Rows that somebody edits, takes away or adds, beside a log that was left as it is: `verify` names the record."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, text
from store_support import (
    NOW,
    REQUEST,
    Decision,
    answer,
    approval,
    begun,
    end,
    intent,
    question,
    suspended,
    taken,
)

from belljar.audit import AuditEvent, link
from belljar.errors import AuditBrokenError, DecisionRefusedError
from belljar.journal import Record
from belljar.journal._records import encode
from belljar.store import Store, open_store
from belljar.store._database import Database
from belljar.store._trail import head_of


def sql(url: str, statement: str, **values: object) -> None:
    """What somebody does who writes to the database behind the store's back."""
    database = Database(url)
    database.prepare(lambda connection: connection.execute(text(statement), values))
    database.close()


def lived(store: Store) -> None:
    """A run that ended, one that waits with a vote on its first question, one whose question was denied."""
    begun(store, "ended")[1].append(intent(1), answer(1), end(), durable=True)
    asked = suspended(store, "waits", question("waits", 1), question("waits", 2))
    store.approvals.vote(asked.id, Decision.approve(asked), who="ann", source="cli", now_ms=NOW)
    denied = suspended(store, "denied", question("denied"))
    store.approvals.vote(denied.id, Decision.deny(denied, "no"), who="bob", source="cli", now_ms=NOW)
    store.runs.add(REQUEST, run_id="queued")


def problem(store: Store) -> tuple[object, object]:
    """What is wrong, and which record of the log knows better."""
    with pytest.raises(AuditBrokenError) as caught:
        store.audit.verify()
    seq = caught.value.details["record"]
    said = [record for record in store.audit.records() if record.seq == seq]
    return caught.value.details["kind"], f"{said[0].event} {said[0].run_id}" if said else None


@pytest.mark.parametrize(
    ("statement", "kind", "record"),
    [
        ("UPDATE runs SET source = 'evil()' WHERE id = 'queued'", "edited", "run.queued queued"),
        ("UPDATE runs SET script_sha256 = '0' WHERE id = 'queued'", "edited", "run.queued queued"),
        ("UPDATE runs SET request = '{}' WHERE id = 'queued'", "edited", "run.queued queued"),
        ("UPDATE runs SET state = 'failed' WHERE id = 'ended'", "edited", "run.ended ended"),
        ("UPDATE runs SET state = 'queued' WHERE id = 'waits'", "edited", "run.suspended waits"),
        ("UPDATE runs SET error = 'X' WHERE id = 'ended'", "edited", "run.ended ended"),
        ("UPDATE runs SET outcome_sha256 = '0' WHERE id = 'ended'", "edited", "run.ended ended"),
        ("UPDATE runs SET cancel_requested = TRUE WHERE id = 'queued'", "edited", "run.queued queued"),
        ("UPDATE runs SET records = 1 WHERE id = 'waits'", "edited", "run.suspended waits"),
        ("UPDATE runs SET head = 'x' WHERE id = 'ended'", "edited", "run.ended ended"),
        ("DELETE FROM runs WHERE id = 'ended'", "missing", "run.ended ended"),
        ("UPDATE runs SET id = 'other' WHERE id = 'ended'", "inserted", None),
        ("UPDATE approvals SET state = 'open' WHERE id = 'denied:1'", "edited", "approval.decided denied"),
        ("UPDATE approvals SET request = '{}' WHERE id = 'waits:2'", "edited", "approval.requested waits"),
        ("UPDATE approvals SET decision = '{}' WHERE id = 'denied:1'", "edited", "approval.decided denied"),
        ("UPDATE approvals SET expires_ms = 1 WHERE id = 'waits:2'", "edited", "approval.requested waits"),
        ("UPDATE approvals SET digest = 'x' WHERE id = 'waits:2'", "edited", "approval.requested waits"),
        ("DELETE FROM approvals WHERE id = 'waits:2'", "missing", "approval.requested waits"),
        ("UPDATE approvals SET id = 'waits:3' WHERE id = 'waits:2'", "inserted", None),
        ("UPDATE votes SET who = 'eve'", "edited", "approval.decided denied"),
        ("UPDATE votes SET source = 'web'", "edited", "approval.decided denied"),
        ("UPDATE votes SET decision = replace(decision, 'ann', 'eve')", "edited", "approval.decided waits"),
        ("DELETE FROM votes WHERE who = 'ann'", "edited", "approval.decided waits"),
        ("UPDATE audit SET event = 'worker.started' WHERE event = 'call.done'", "edited", "call.done ended"),
        ("UPDATE audit SET run_id = NULL WHERE event = 'call.done'", "edited", "call.done ended"),
        ("UPDATE audit SET actor = 'eve' WHERE event = 'call.done'", "edited", "call.done ended"),
        ("UPDATE audit SET time_ms = 0 WHERE event = 'call.done'", "edited", "call.done ended"),
        ("UPDATE journal SET type = 'x' WHERE run_id = 'ended' AND n = 1", "edited", "run.ended ended"),
        ("UPDATE journal SET sha256 = 'x' WHERE run_id = 'waits' AND n = 1", "edited", "run.suspended waits"),
        ("DELETE FROM journal WHERE run_id = 'waits'", "edited", "run.suspended waits"),
    ],
)  # fmt: skip
def test_a_row_that_is_not_what_the_log_says_is_found(
    store: Store, store_url: str, statement: str, kind: str, record: str | None
) -> None:
    """Runs, questions, votes, journals, and what records of the log are searched by."""
    lived(store)
    assert store.audit.verify().records == len(store.audit.records())
    sql(store_url, statement)

    assert problem(store) == (kind, record)


def append_to_journal(store: Store, url: str, run_id: str, record: Record) -> None:
    """A record that fits the chain of the journal, and a row that knows it."""
    row = store.runs.get(run_id)
    line, head = encode(record, n=row.records, previous=row.head)
    values = {"run_id": run_id, "n": row.records, "type": record.type, "line": line, "sha256": head}
    sql(url, "INSERT INTO journal VALUES (:run_id, :n, :type, :line, :sha256)", **values)
    sql(url, "UPDATE runs SET head = :head, records = :n WHERE id = :id", head=head, n=row.records + 1, id=run_id)


def test_a_record_that_was_added_after_the_end_is_found(store: Store, store_url: str) -> None:
    """A journal stays as it was at its run's end."""
    lived(store)
    append_to_journal(store, store_url, "ended", answer(9, tool="refund"))

    assert problem(store) == ("edited", "run.ended ended")


def test_a_record_that_was_added_while_the_run_waited_is_found(store: Store, store_url: str) -> None:
    """An approval that nobody gave, put into the journal of a suspended run: before the run goes on, and after."""
    asked = suspended(store)
    forged = approval(asked, Decision.approve(asked, who="ann"))
    append_to_journal(store, store_url, "r", forged)
    assert problem(store) == ("edited", "run.suspended r")

    taken(store)
    assert problem(store) == ("edited", "run.resumed r")


@pytest.mark.parametrize("ends", [True, False])
def test_the_journal_of_a_run_that_was_given_back_is_known(store: Store, store_url: str, *, ends: bool) -> None:
    """By the record of its cancellation, or of who took it next."""
    lease, journal = begun(store)
    journal.append(intent(1), durable=True)
    store.runs.release(lease)
    store.runs.cancel("r", who="ann", now_ms=NOW) if ends else taken(store)
    sql(store_url, "UPDATE journal SET line = replace(line, '900', '901') WHERE n = 1")

    assert problem(store) == ("edited", "run.cancelled r" if ends else "run.resumed r")


def test_the_journal_of_a_run_that_was_taken_over_is_known(store: Store, store_url: str) -> None:
    """By the record of its recovery."""
    with open_store(store_url) as dying:
        begun(dying)[1].append(intent(1), durable=True)
    _, journal = taken(store)
    journal.append(Record("recover", {"calls": []}), durable=True)
    sql(store_url, "UPDATE journal SET line = replace(line, '900', '901') WHERE n = 1")

    assert problem(store) == ("edited", "run.recovered r")


def test_a_decision_that_the_log_does_not_have_is_not_used(store: Store, store_url: str) -> None:
    """A denial that somebody made an approval: the call is not made, before anybody verifies anything."""
    asked = suspended(store)
    store.approvals.vote(asked.id, Decision.deny(asked, "no"), who="bob", source="cli", now_ms=NOW)
    sql(store_url, "UPDATE approvals SET decision = replace(decision, 'deny', 'approve')")
    decision = store.approvals.decision_for(asked.id, asked.digest, NOW)
    assert isinstance(decision, Decision)
    assert decision.verdict == "approve"
    _, journal = taken(store)

    with pytest.raises(DecisionRefusedError) as caught:
        journal.append(approval(asked, decision), intent(1), durable=True)
    assert caught.value.message == (
        "the question r:1 cannot be taken up: the audit log does not have its decision; run `belljar audit verify`"
    )
    sql(store_url, "UPDATE approvals SET decided_seq = 1")
    store.workers.stop(NOW)
    with open_store(store_url) as other:
        _, journal = taken(other)
        with pytest.raises(DecisionRefusedError):
            journal.append(approval(asked, decision), durable=True)


def test_a_log_whose_records_lack_what_they_should_say_is_broken(store: Store, store_url: str) -> None:
    """Written anew with fitting hashes, but by somebody who did not know what belongs there."""
    lived(store)
    head = store.audit.records()[-2]
    forged = link(
        AuditEvent("run.queued", "x", actor="eve", time_ms=NOW, run_id="f"), seq=head.seq + 1, previous=head.hash
    )
    sql(store_url, "DELETE FROM audit WHERE seq = :seq", seq=forged.seq)
    sql(
        store_url,
        "INSERT INTO audit VALUES (:seq, :time, 'run.queued', 'f', 'eve', :hash, :text)",
        seq=forged.seq, time=NOW, hash=forged.hash, text=forged.text,
    )  # fmt: skip
    sql(store_url, "UPDATE audit_head SET hash = :hash", hash=forged.hash)

    assert problem(store) == ("edited", "run.queued f")


def test_a_log_that_grows_while_it_is_verified_holds(
    store: Store, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is compared is of one moment: checkpoints, head, records and rows."""
    lived(store)

    def meanwhile(connection: Connection) -> tuple[int, str]:
        with open_store(store_url) as other:
            other.runs.cancel("waits", who="ann", now_ms=NOW)
        return head_of(connection)

    monkeypatch.setattr("belljar.store._audit.head_of", meanwhile)
    before = len(store.audit.records())
    assert store.audit.verify().records == before
    assert store.runs.get("waits").state == "cancelled"


@pytest.mark.parametrize(
    ("run_id", "secrets"),
    [
        ("2AbCdEfGh1JkLmN0pQrStUvWx3Z", []),
        ("4111111111111111", []),
        ("r", [*"0123456789abcdef"]),
        ("r", ["run", "approval", "sha256", "succeeded", "Script"]),
    ],
    ids=["an id without order", "an id like a card's number", "digits", "words of the log"],
)
def test_no_name_and_no_secret_takes_the_log_s_own_facts_away(store_url: str, run_id: str, secrets: list[str]) -> None:
    """What people agreed to is done, and the log holds, whatever the redactor makes of the rest."""
    with open_store(store_url, secrets=secrets) as store:
        asked = suspended(store, run_id, question(run_id))
        store.approvals.vote(asked.id, Decision.approve(asked), who="ann", source="cli", now_ms=NOW)
        decision = store.approvals.decision_for(asked.id, asked.digest, NOW)
        assert isinstance(decision, Decision)
        _, journal = taken(store, run_id)
        journal.append(approval(asked, decision), intent(1), answer(1))
        journal.append(end({"code": "ScriptTimeoutError", "message": "late"}), durable=True)

        assert store.approvals.get(asked.id).state == "used"
        assert store.audit.verify().records == len(store.audit.records())


def test_what_only_has_the_name_of_a_fact_of_the_log_s_is_redacted(store: Store) -> None:
    """A secret does not become a digest by where it stands."""
    secret = "ghp_" + "a1B2c3D4e5F6g7H8i9J0" * 2
    details = {"digest": secret, "approval": secret, "call": secret, "code": secret, "my_sha256": secret}
    store.audit.append(AuditEvent("web.refused", "x", actor="ann", time_ms=NOW, run_id="r", details=details))

    assert store.audit.records()[0].facts["details"] == dict.fromkeys(details, "[redacted]")


def test_a_record_behind_the_head_is_neither_shown_nor_in_the_way_unsaid(store: Store, store_url: str) -> None:
    """Whoever appends is told what is wrong, and `verify` names it."""
    lived(store)
    last = store.audit.head()[0]
    sql(
        store_url,
        "INSERT INTO audit SELECT :seq, time_ms, event, run_id, actor, hash, text FROM audit WHERE seq = 1",
        seq=last + 1,
    )

    assert [record.seq for record in store.audit.find(limit=1)] == [last]
    assert len(store.audit.records()) == last
    with pytest.raises(AuditBrokenError) as caught:
        store.runs.add(REQUEST, run_id="more")
    assert caught.value.details == {"record": last + 1, "kind": "inserted"}
    assert store.runs.counts()["queued"] == 1
    with pytest.raises(AuditBrokenError):
        store.audit.verify()
    sql(store_url, "DELETE FROM audit WHERE seq > :seq", seq=last)


def test_a_log_without_its_head_is_broken(store: Store, store_url: str) -> None:
    """And nothing is appended to it."""
    sql(store_url, "DELETE FROM audit_head")

    for use in (store.audit.verify, store.audit.head, lambda: store.runs.add(REQUEST, run_id="more")):
        with pytest.raises(AuditBrokenError) as caught:
            use()
        assert caught.value.message == "the audit log has lost its head"
