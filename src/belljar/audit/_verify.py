"""Whether an audit log is what was written, and where it is not.

Each record must have the hash of its text and the place that its text names, and follow the record before. So an edit,
a loss, an insertion and a change of order are found in the log alone. Somebody who writes the rest of the log anew, or
cuts its end off, is found by what they do not hold: checkpoints, and a head that was written down. Only a signature is
beyond them, so with a key given a log without one does not hold.

What cannot be found: what was done to records after the last signature, where no later head is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from belljar.audit._checkpoint import Checkpoint, announced, is_genuine
from belljar.audit._keys import PublicKey, key_id
from belljar.audit._record import START, AuditRecord, facts_of, text_hash
from belljar.errors import AuditBrokenError, UsageError

Place = tuple[int, str]
"""A record's number and hash."""
_NOWHERE: Final[Place] = (0, START)
_STRANGE: Final = "Give the key of everybody who ever signed; if it is none of theirs, the checkpoint is forged."
_UNSIGNED: Final = "Either belljar audit checkpoint has never signed this log, or what it signed was taken away."


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """A log that holds."""

    records: int
    """How many were looked at."""
    first: int = 1
    """The number that they begin with: 1, but in a part of a log."""
    head: Place
    """The last record; (0, START) in an empty log."""
    checkpoints: int
    """How many were compared."""
    signed_until: int | None = None
    """The last record that is under a signature; None: signatures were not looked at."""


def verify(
    records: Iterable[AuditRecord],
    *,
    checkpoints: Iterable[Checkpoint] | None = None,
    key: PublicKey | Sequence[PublicKey] | None = None,
    head: Place | None = None,
    end: Place | None = None,
    after: Place = _NOWHERE,
) -> Verified:
    """Raise AuditBrokenError at the first thing that is wrong; read `records`, in the order of the log, only once.

    `checkpoints`: each must be of a record that is there, and all that the log tells of must be among them; None: not
    looked at. `key`: whose signatures count (several, where keys were changed), and there must be one; None: signatures
    are not looked at. `head`: a record known from elsewhere; the log may go on after it. `end`: the record that must be
    the last. `after`: the record before the first, where these are a part of a log; checkpoints before it count for
    nothing, and a head before it is a UsageError.

    The error's `details` have `record`, a number, and `kind`: edited, missing, inserted, moved, cut off, or checkpoint
    (the log was written anew up to this record, or the checkpoint is forged, lost, or was never made).
    """
    if head is not None and head[0] < after[0]:
        raise UsageError(f"record {head[0]} cannot be compared: these begin with record {after[0] + 1}")
    given = None if checkpoints is None else [each for each in checkpoints if each.seq >= after[0]]
    known = _known(given or (), _by_id(key), head, end)
    told = _walk(iter(records), known, after)
    lost = set() if given is None else told.checkpoints - {each.seq for each in given}
    if lost:
        raise _broken("checkpoint", min(lost), "the log tells of a checkpoint of record {}, which is not there")
    if end is not None and told.last[0] > end[0]:
        raise _broken("inserted", end[0] + 1, "record {} comes after the end of the log")
    return Verified(
        records=told.last[0] - after[0],
        first=after[0] + 1,
        head=told.last,
        checkpoints=len(given or ()),
        signed_until=None if key is None else _signed_until(given, told.last),
    )


def _signed_until(genuine: Sequence[Checkpoint] | None, last: Place) -> int:
    if not genuine:
        message = "nothing up to record {} is signed: a key was given, and there is no checkpoint"
        raise _broken("checkpoint", last[0], message, hint=_UNSIGNED)
    return max(each.seq for each in genuine)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """A hash that a record must have, and who says so."""

    hash: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    last: Place
    checkpoints: set[int]


def _by_id(key: PublicKey | Sequence[PublicKey] | None) -> Mapping[str, PublicKey] | None:
    if key is None:
        return None
    return {key_id(each): each for each in (key if isinstance(key, Sequence) else [key])}


def _known(
    checkpoints: Sequence[Checkpoint], keys: Mapping[str, PublicKey] | None, head: Place | None, end: Place | None
) -> dict[int, list[_Known]]:
    known: dict[int, list[_Known]] = {}
    for each in checkpoints:
        if keys is not None and not is_genuine(each, keys):
            message = "the checkpoint of record {} is not signed with a key given here"
            raise _broken("checkpoint", each.seq, message, hint=_STRANGE)
        known.setdefault(each.seq, []).append(_Known(hash=each.hash, kind="checkpoint"))
    for place in filter(None, (head, end)):
        known.setdefault(place[0], []).append(_Known(hash=place[1], kind="edited"))
    return known


def _walk(records: Iterator[AuditRecord], known: dict[int, list[_Known]], after: Place) -> _Told:
    last, checkpoints = after, set()
    _refuse_other_than_known(last, known)
    for record in records:
        facts = _own_facts(record)
        if record.seq != last[0] + 1:
            raise _out_of_order(last[0] + 1, record.seq, [each.seq for each in records], after[0])
        if record.previous != last[1]:
            raise _unlinked(record, last, next(records, None), known, is_first=last == after)
        last = (record.seq, record.hash)
        _refuse_other_than_known(last, known)
        if (signed := announced(facts)) is not None:
            checkpoints.add(signed)
    if (furthest := max(known, default=0)) > last[0]:
        raise _broken(
            "cut off", last[0] + 1, f"the log ends before record {{}}, and it is known to have had {furthest}"
        )
    return _Told(last=last, checkpoints=checkpoints)


def _own_facts(record: AuditRecord) -> Mapping[str, Any]:
    """What the record says, after it was found to agree with itself."""
    facts = facts_of(record.text)
    if facts is None or text_hash(record.text) != record.hash:
        raise _broken("edited", record.seq, "record {} was edited: its text does not have its hash")
    if (facts["seq"], facts["previous"]) != (record.seq, record.previous):
        raise _broken("edited", facts["seq"], "record {} was edited: it is kept under another number or hash before")
    return facts


def _out_of_order(expected: int, found: int, later: Sequence[int], before: int) -> AuditBrokenError:
    if found <= before:
        return _broken("moved", found, "record {} is not at its place: these begin later")
    if found < expected or found in later:
        return _broken("inserted", found, "a second record {} was inserted")
    if expected not in later:
        return _broken("missing", expected, "record {} is missing")
    return _broken("moved", found if later[0] == expected else expected, "record {} is not at its place")


def _unlinked(
    record: AuditRecord,
    last: Place,
    following: AuditRecord | None,
    known: Mapping[int, list[_Known]],
    *,
    is_first: bool,
) -> AuditBrokenError:
    """A record has another hash before it than the record before has: whichever of the two was changed."""
    if following is not None and (following.seq, following.previous) == (record.seq, last[1]):
        return _broken("inserted", record.seq, "a second record {} was inserted")
    witnesses = [each.hash for each in known.get(record.seq, ())] if following is None else [following.previous]
    is_itself = is_first or any(witness != record.hash for witness in witnesses)
    changed = record.seq if is_itself else last[0]
    return _broken("edited", changed, "record {} was edited: the record that follows or comes before knows another")


def _refuse_other_than_known(place: Place, known: Mapping[int, list[_Known]]) -> None:
    for each in known.get(place[0], ()):
        if each.hash != place[1]:
            raise _broken(each.kind, place[0], "record {} has another hash than it had: the log was written anew")


def _broken(kind: str, record: int, message: str, *, hint: str = "") -> AuditBrokenError:
    return AuditBrokenError(message.format(record), details={"record": record, "kind": kind}, hint=hint)
