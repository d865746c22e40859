"""The chain of records, held to a second implementation, and a campaign of tampering."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from belljar import snapshot
from belljar.audit import (
    START,
    AuditEvent,
    AuditRecord,
    Checkpoint,
    PrivateKey,
    Verified,
    key_id,
    link,
    load_private_key,
    load_public_key,
    sign,
    verify,
)
from belljar.errors import AuditBrokenError, SerializationError, UsageError

COUNT = 60
EVERY = 10
FIRST_MS = 1_767_225_600_000
PRIVATE_PEM, PUBLIC_PEM = snapshot.keygen()
PRIVATE: PrivateKey = load_private_key(PRIVATE_PEM)
PUBLIC = load_public_key(PUBLIC_PEM)


def event(number: int) -> AuditEvent:
    return AuditEvent(
        "call.done",
        f"files.read{number}",
        actor="host:1:abc",
        time_ms=FIRST_MS + number,
        run_id=f"run-{number % 7}",
        script_sha256=f"{number:064x}",
        manifest_sha256="c" * 64,
        gas_limit=1_000 + number,
        details={"ordinal": number, "note": "ä"},
    )


def chained(events: Sequence[AuditEvent]) -> list[AuditRecord]:
    records: list[AuditRecord] = []
    for seq, each in enumerate(events, start=1):
        records.append(link(each, seq=seq, previous=records[-1].hash if records else START))
    return records


def log() -> tuple[list[AuditRecord], list[Checkpoint]]:
    """Sixty records: after each tenth a checkpoint, which the next record tells of."""
    records: list[AuditRecord] = []
    checkpoints: list[Checkpoint] = []
    for seq in range(1, COUNT + 1):
        is_told = len(records) % EVERY == 0 and records
        if is_told:
            checkpoints.append(sign(seq - 1, records[-1].hash, FIRST_MS, PRIVATE))
        what = checkpoints[-1].to_event(actor="host:1:abc") if is_told else event(seq)
        records.append(link(what, seq=seq, previous=records[-1].hash if records else START))
    checkpoints.append(sign(COUNT, records[-1].hash, FIRST_MS, PRIVATE))
    return records, checkpoints


LOG, CHECKPOINTS = log()
HEAD = (COUNT, LOG[-1].hash)


def found(records: Sequence[AuditRecord], **known: Any) -> dict[str, Any]:
    """The kind and the record that verification names."""
    with pytest.raises(AuditBrokenError) as caught:
        verify(records, **known)
    record = caught.value.details["record"]
    assert f"record {record}" in caught.value.message
    return caught.value.details


def rewritten(record: AuditRecord, **facts: Any) -> AuditRecord:
    """A record with other facts and the hash that fits them."""
    return AuditRecord.from_text(rfc8785.dumps(record.facts | facts).decode())


def written_anew(records: Sequence[AuditRecord], at: int, **facts: Any) -> list[AuditRecord]:
    """The log with one record edited, and all from there on with fitting hashes."""
    new = list(records)
    new[at] = rewritten(new[at], **facts)
    for later in range(at + 1, len(new)):
        new[later] = rewritten(new[later], previous=new[later - 1].hash)
    return new


def test_the_first_record_has_this_text_and_this_hash() -> None:
    """The format is written down here: whoever changes it breaks every log there is."""
    record = link(AuditEvent("run.started", "start", actor="me", time_ms=FIRST_MS + 7), seq=1, previous=START)

    text = (
        '{"action":"start","actor":"me","details":{},"event":"run.started","gas_limit":null,"manifest_sha256":null,'
        f'"previous":"{"0" * 64}","run_id":null,"script_sha256":null,"seq":1,"time":"2026-01-01T00:00:00.007Z"}}'
    )
    digest = hashlib.sha256(b"belljar audit 1\0" + text.encode()).hexdigest()
    assert record == AuditRecord(seq=1, previous=START, hash=digest, text=text)
    assert (record.event, record.run_id, record.time_ms) == ("run.started", None, FIRST_MS + 7)
    assert AuditRecord.from_text(text) == record


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
data = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(-1e300, 1e300) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
events = st.builds(
    AuditEvent, texts, texts, actor=texts, time_ms=st.integers(0, 4 * 10**12), run_id=st.none() | texts,
    gas_limit=st.none() | st.integers(1, 2_000_000_000), details=st.dictionaries(texts, data, max_size=3),
)  # fmt: skip


@settings(derandomize=True, deadline=None, max_examples=30)
@given(st.lists(events, max_size=5))
def test_a_second_implementation_has_the_same_chain(given_events: list[AuditEvent]) -> None:
    """hashlib and another RFC 8785 write the same bytes, and the log holds."""
    records, previous = chained(given_events), START
    for record, each in zip(records, given_events, strict=True):
        facts = asdict(each)
        facts |= {"seq": record.seq, "previous": previous, "time": record.facts["time"]}
        del facts["time_ms"]
        text = rfc8785.dumps(facts)
        previous = hashlib.sha256(b"belljar audit 1\x00" + text).hexdigest()
        assert (record.text.encode(), record.hash, record.time_ms) == (text, previous, each.time_ms)
        assert (record.event, record.run_id) == (each.event, each.run_id)

    assert verify(records) == Verified(records=len(records), head=(len(records), previous), checkpoints=0)


def test_details_that_are_no_data_are_refused() -> None:
    """A hash of something that was changed on the way is worthless."""
    with pytest.raises(SerializationError):
        link(AuditEvent("a.b", "c", actor="d", time_ms=0, details={"x": b"bytes"}), seq=1, previous=START)


def test_a_log_that_nobody_touched_holds() -> None:
    """With and without what is known besides; the records are read once, as they come."""
    whole = Verified(records=COUNT, head=HEAD, checkpoints=len(CHECKPOINTS))
    signed = replace(whole, signed_until=COUNT)

    assert verify(iter(LOG), checkpoints=CHECKPOINTS, key=PUBLIC, head=HEAD, end=HEAD) == signed
    assert verify(LOG, checkpoints=CHECKPOINTS, head=(7, LOG[6].hash)) == whole
    assert verify(LOG) == Verified(records=COUNT, head=HEAD, checkpoints=0)
    assert verify([]) == Verified(records=0, head=(0, START), checkpoints=0)


@pytest.mark.parametrize("name", list(LOG[0].facts))
def test_an_edited_fact_is_found_in_every_record(name: str) -> None:
    """Without its hash: the record itself is named."""
    for at, record in enumerate(LOG):
        text = rewritten(record, **{name: "edited"} if name not in ("seq", "gas_limit") else {name: 999}).text
        edited = [*LOG[:at], replace(record, text=text), *LOG[at + 1 :]]
        assert found(edited) == {"record": at + 1, "kind": "edited"}


@pytest.mark.parametrize("name", ["actor", "run_id", "event", "action", "time", "details", "script_sha256"])
def test_an_edited_fact_with_a_fitting_hash_is_found_in_every_record(name: str) -> None:
    """The record after it knows the hash that it had; the last one is known by the head."""
    for at, record in enumerate(LOG):
        edited = [*LOG[:at], rewritten(record, **{name: "edited"}), *LOG[at + 1 :]]
        assert found(edited, head=HEAD) == {"record": at + 1, "kind": "edited"}


def test_an_edited_hash_before_with_a_fitting_hash_is_found_in_every_record() -> None:
    """Two records disagree; the one after them says which was changed."""
    for at, record in enumerate(LOG):
        edited = [*LOG[:at], rewritten(record, previous="f" * 64), *LOG[at + 1 :]]
        assert found(edited, head=HEAD) == {"record": at + 1, "kind": "edited"}


@pytest.mark.parametrize("change", [{"hash": "e" * 64}, {"previous": "e" * 64}, {"text": "{}"}, {"text": "no JSON"}])
def test_an_edited_column_is_found_in_every_record(change: dict[str, str]) -> None:
    """What a store keeps beside the text is held to the text."""
    for at, record in enumerate(LOG):
        edited = [*LOG[:at], replace(record, **change), *LOG[at + 1 :]]  # type: ignore[arg-type]  # three are texts
        assert found(edited) == {"record": at + 1, "kind": "edited"}


def test_an_edited_number_is_found_in_every_record() -> None:
    """The number in the text, which the hash covers, is the one that is named."""
    for at, record in enumerate(LOG):
        edited = [*LOG[:at], replace(record, seq=record.seq + 500), *LOG[at + 1 :]]
        assert found(edited) == {"record": at + 1, "kind": "edited"}


def test_a_dropped_record_is_found_at_every_position() -> None:
    """The number that is missing is named; behind the last one only a head or a checkpoint knows."""
    for at in range(COUNT - 1):
        assert found([*LOG[:at], *LOG[at + 1 :]]) == {"record": at + 1, "kind": "missing"}

    assert found(LOG[:-1], head=HEAD) == {"record": COUNT, "kind": "cut off"}


@pytest.mark.parametrize("known", [{"head": HEAD}, {"end": HEAD}, {"checkpoints": CHECKPOINTS}])
def test_a_log_cut_off_at_every_position_is_found(known: dict[str, Any]) -> None:
    """The first record that is missing is named."""
    for kept in range(COUNT):
        assert found(LOG[:kept], **known) == {"record": kept + 1, "kind": "cut off"}


def test_a_log_that_ends_too_early_is_told_what_it_is_known_to_have_had() -> None:
    """So that a number that was typed wrong is seen for what it is."""
    with pytest.raises(AuditBrokenError) as caught:
        verify(LOG, head=(999, "f" * 64), checkpoints=CHECKPOINTS)

    assert caught.value.message == "the log ends before record 61, and it is known to have had 999"


def test_a_repeated_record_is_found_at_every_position() -> None:
    """Right behind itself, and anywhere else."""
    for at in range(COUNT):
        for place in {at + 1, (at + 17) % (COUNT + 1), COUNT} - {at}:
            assert found([*LOG[:place], LOG[at], *LOG[place:]]) == {"record": at + 1, "kind": "inserted"}


def test_an_inserted_record_is_found_at_every_position() -> None:
    """One that is linked to the record before, with the number of the one that follows; and at the end, by the end."""
    for place in range(COUNT):
        forged = link(event(99), seq=place + 1, previous=LOG[place - 1].hash if place else START)
        assert found([*LOG[:place], forged, *LOG[place:]]) == {"record": place + 1, "kind": "inserted"}

    forged = link(event(99), seq=COUNT + 1, previous=LOG[-1].hash)
    assert found([*LOG, forged], end=HEAD) == {"record": COUNT + 1, "kind": "inserted"}


def test_an_inserted_record_that_is_not_linked_is_found_at_every_position() -> None:
    """It bears a number that the log has already."""
    for place in range(COUNT):
        forged = link(event(99), seq=place + 1, previous="d" * 64)
        assert found([*LOG[:place], forged, *LOG[place:]])["record"] == place + 1


def test_swapped_records_are_found_at_every_position() -> None:
    """One of the two is named."""
    for at in range(COUNT):
        for other in {at + 1, at + 2, COUNT - 1}:
            if at < other < COUNT:
                swapped = list(LOG)
                swapped[at], swapped[other] = swapped[other], swapped[at]
                details = found(swapped)
                assert details["kind"] == "moved"
                assert details["record"] in (at + 1, other + 1)


def test_a_moved_record_is_named() -> None:
    """Forward or back, it is the one that moved, not those that stayed."""
    for at in range(COUNT):
        rest = [*LOG[:at], *LOG[at + 1 :]]
        for place in {0, COUNT // 2, COUNT - 1} - {at - 1, at, at + 1}:
            assert found([*rest[:place], LOG[at], *rest[place:]]) == {"record": at + 1, "kind": "moved"}


def test_a_log_written_anew_is_found_by_the_next_checkpoint() -> None:
    """The chain holds then, but nobody can sign its hashes."""
    for at in range(COUNT):
        anew = written_anew(LOG, at, actor="edited")
        assert verify(anew).records == COUNT
        checked = (at // EVERY + 1) * EVERY
        assert found(anew, checkpoints=CHECKPOINTS, key=PUBLIC) == {"record": checked, "kind": "checkpoint"}


def test_a_log_written_anew_is_found_by_a_head_that_was_written_down() -> None:
    """Without any key."""
    for at in range(COUNT):
        assert found(written_anew(LOG, at, actor="edited"), head=HEAD) == {"record": COUNT, "kind": "edited"}


def test_each_deleted_checkpoint_is_missed() -> None:
    """The log tells of them; the last one it does not tell of yet."""
    for at, gone in enumerate(CHECKPOINTS[:-1]):
        rest = [*CHECKPOINTS[:at], *CHECKPOINTS[at + 1 :]]
        assert found(LOG, checkpoints=rest, key=PUBLIC) == {"record": gone.seq, "kind": "checkpoint"}

    assert found(LOG, checkpoints=[]) == {"record": EVERY, "kind": "checkpoint"}


@pytest.mark.parametrize(
    "change",
    [{"seq": 11}, {"hash": "a" * 64}, {"time_ms": 1}, {"key_id": "b" * 64}, {"signature": "AAAA"}, {"signature": "ä"}],
)
def test_an_edited_checkpoint_is_found(change: dict[str, Any]) -> None:
    """The signature covers all of it."""
    for at, each in enumerate(CHECKPOINTS):
        edited = [*CHECKPOINTS[:at], replace(each, **change), *CHECKPOINTS[at + 1 :]]
        expected = {"record": change.get("seq", each.seq), "kind": "checkpoint"}
        assert found(LOG, checkpoints=edited, key=PUBLIC) == expected


def test_a_log_is_signed_up_to_its_last_checkpoint() -> None:
    """What came after it rests on the chain alone."""
    told = [replace(each, details={}) if each.event == "checkpoint.signed" else each for each in map(event, range(20))]
    records = chained(told)
    checkpoints = [sign(seq, records[seq - 1].hash, FIRST_MS, PRIVATE) for seq in (15, 4)]

    expected = Verified(records=20, head=(20, records[-1].hash), checkpoints=2, signed_until=15)
    assert verify(records, checkpoints=checkpoints, key=PUBLIC) == expected


@pytest.mark.parametrize("checkpoints", [None, []])
def test_a_log_that_nobody_signed_does_not_hold_where_a_key_is_given(checkpoints: list[Checkpoint] | None) -> None:
    """Whoever can write the log anew would leave the checkpoints out, and every record that tells of one."""
    anew = chained([event(number) for number in range(9)])

    with pytest.raises(AuditBrokenError, match="there is no checkpoint") as caught:
        verify(anew, checkpoints=checkpoints, key=PUBLIC)
    assert caught.value.details == {"record": 9, "kind": "checkpoint"}
    assert "never signed" in caught.value.hint
    assert found([], checkpoints=checkpoints, key=PUBLIC) == {"record": 0, "kind": "checkpoint"}
    assert found(anew, checkpoints=checkpoints, key=[]) == {"record": 9, "kind": "checkpoint"}


def test_a_checkpoint_of_another_key_counts_only_where_that_key_is_given() -> None:
    """After a change of keys both are given."""
    other = load_private_key(snapshot.keygen()[0])
    mixed = [*CHECKPOINTS[:-1], sign(COUNT, LOG[-1].hash, FIRST_MS, other)]

    assert found(LOG, checkpoints=mixed, key=PUBLIC) == {"record": COUNT, "kind": "checkpoint"}
    with pytest.raises(AuditBrokenError) as caught:
        verify(LOG, checkpoints=mixed, key=PUBLIC)
    assert caught.value.hint.startswith("Give the key of everybody who ever signed")
    assert verify(LOG, checkpoints=mixed, key=[PUBLIC, other.public_key()]).checkpoints == len(mixed)


def before(part: Sequence[AuditRecord]) -> tuple[int, str]:
    """The record before the first of these."""
    return part[0].seq - 1, part[0].previous


def test_a_part_of_a_log_holds_from_wherever_it_begins() -> None:
    """It is told where that is; checkpoints of what comes before count for nothing."""
    for at in range(1, COUNT):
        part, kept = LOG[at:], [each for each in CHECKPOINTS if each.seq >= at]
        expected = Verified(records=COUNT - at, first=at + 1, head=HEAD, checkpoints=len(kept), signed_until=COUNT)
        assert verify(part, checkpoints=CHECKPOINTS, key=PUBLIC, head=HEAD, after=before(part)) == expected


def test_a_part_of_a_log_is_held_to_what_it_follows() -> None:
    """A head that was written down when the part before was looked at, and a checkpoint of it."""
    part, at = LOG[20:], (20, LOG[19].hash)
    other = (20, "f" * 64)

    assert verify(part, head=at, after=at).records == 40
    assert found(part, head=at, after=other) == {"record": 20, "kind": "edited"}
    assert found(part, after=other) == {"record": 21, "kind": "edited"}
    assert found(part, checkpoints=CHECKPOINTS, after=other) == {"record": 20, "kind": "checkpoint"}
    assert found(part, after=(19, LOG[18].hash)) == {"record": 20, "kind": "missing"}


def test_a_part_that_is_signed_only_before_it_begins_does_not_hold_for_a_key() -> None:
    """Nothing in it is under a signature."""
    part = LOG[55:58]

    assert found(part, checkpoints=CHECKPOINTS[:-1], key=PUBLIC, after=before(part)) == {
        "record": 58,
        "kind": "checkpoint",
    }


def test_a_head_before_a_part_of_a_log_cannot_be_compared() -> None:
    """The caller's mistake, and nothing that is wrong with the log."""
    with pytest.raises(UsageError, match="record 19 cannot be compared: these begin with record 21"):
        verify(LOG[20:], head=(19, LOG[18].hash), after=before(LOG[20:]))


def test_tampering_with_a_part_of_a_log_is_found_at_every_position() -> None:
    """Edited, dropped, doubled, moved before its beginning: as in a whole log."""
    part, after = LOG[20:], before(LOG[20:])
    for at, record in enumerate(part):
        edited = [*part[:at], rewritten(record, actor="edited"), *part[at + 1 :]]
        assert found(edited, head=HEAD, after=after) == {"record": 21 + at, "kind": "edited"}
        doubled = [*part[: at + 1], record, *part[at + 1 :]]
        assert found(doubled, after=after) == {"record": 21 + at, "kind": "inserted"}
        earlier = [*part[: at + 1], LOG[at], *part[at + 1 :]]
        assert found(earlier, after=after)["record"] == at + 1
    for at in range(len(part) - 1):
        assert found([*part[:at], *part[at + 1 :]], after=after) == {"record": 21 + at, "kind": "missing"}


def test_a_record_that_was_before_the_beginning_is_not_at_its_place() -> None:
    """As where the first two were swapped, and the beginning is taken from what is first."""
    swapped = [LOG[1], LOG[0], *LOG[2:]]

    assert found(swapped, after=before(swapped)) == {"record": 1, "kind": "moved"}


def test_a_checkpoint_goes_through_its_line() -> None:
    """One line of canonical JSON, the same back."""
    line = CHECKPOINTS[0].to_line()

    assert line == rfc8785.dumps(asdict(CHECKPOINTS[0])).decode()
    assert Checkpoint.from_line(line) == CHECKPOINTS[0]


@pytest.mark.parametrize("line", ["", "[]", "{}", '{"seq": 1}', "[" * 100_000, json.dumps({"seq": True, "hash": "a"})])
def test_a_line_that_is_no_checkpoint_is_refused(line: str) -> None:
    """A damaged file of checkpoints is no proof of anything."""
    with pytest.raises(AuditBrokenError, match="no checkpoint"):
        Checkpoint.from_line(line)


@pytest.mark.parametrize("text", ["", "[]", '{"seq":"1","previous":""}', '{"seq":true,"previous":""}', '{"seq":1}'])
def test_a_text_that_is_no_record_is_refused(text: str) -> None:
    """An export with a damaged line names the line's beginning."""
    with pytest.raises(AuditBrokenError, match="no record"):
        AuditRecord.from_text(text)


@pytest.mark.parametrize("name", sorted(LOG[0].facts))
def test_a_text_that_lacks_a_fact_of_a_record_is_none(name: str) -> None:
    """Whatever else it says, and though its hash would fit."""
    facts = LOG[-1].facts
    del facts[name]

    with pytest.raises(AuditBrokenError, match="no record"):
        AuditRecord.from_text(json.dumps(facts))


def test_keys_are_read_from_files_and_from_bytes(tmp_path: Path) -> None:
    """And have the same names as the keys of snapshots."""
    (tmp_path / "key").write_bytes(PRIVATE_PEM)
    (tmp_path / "key.pub").write_bytes(PUBLIC_PEM)

    assert key_id(load_private_key(tmp_path / "key").public_key()) == key_id(PUBLIC)
    assert key_id(load_public_key(str(tmp_path / "key.pub"))) == snapshot.key_id(PUBLIC)


@pytest.mark.parametrize("load", [load_private_key, load_public_key])
@pytest.mark.parametrize("pem", [b"", b"no key", b"other kind"])
def test_what_is_no_such_key_is_refused(load: Callable[[bytes], object], pem: bytes) -> None:
    """The message never has the bytes: they may be a key."""
    given_pem = pem if pem != b"other kind" else other_curve(is_private=load is load_private_key)

    with pytest.raises(UsageError, match="the bytes given"):
        load(given_pem)


def other_curve(*, is_private: bool) -> bytes:
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP384R1())
    if is_private:
        return key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())
    return key.public_key().public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo)
