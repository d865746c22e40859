"""The audit log of a store: appended to, read, searched, verified, exported, signed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, Select, select

from belljar.audit import AuditEvent, AuditRecord, Checkpoint, PublicKey, Verified, read_checkpoints, verify
from belljar.audit._record import facts_of, iso
from belljar.audit._verify import Place
from belljar.errors import AuditBrokenError
from belljar.store._database import Database
from belljar.store._schema import audit, audit_head
from belljar.store._trail import Trail, checkpoint_lines, head_of, in_text
from belljar.store._witness import Witness
from belljar.tools._clock import wall_ms

_PAGE: Final = 1_000


class Audit:
    """Each method is one transaction, but for `export`, which reads page after page."""

    def __init__(self, database: Database, trail: Trail) -> None:
        self._database = database
        self._trail = trail

    def append(self, *events: AuditEvent) -> None:
        """Append events, redacted. When this returns, the disk has them."""
        self._database.write(lambda connection: self._trail.append(connection, *events))

    def records(self, after: int = 0, limit: int = _PAGE) -> list[AuditRecord]:
        """The records after the one with this number, in order."""
        return self._read(_RECORDS.where(audit.c.seq > after).order_by(audit.c.seq).limit(limit))

    def find(
        self,
        event: str | None = None,
        run_id: str | None = None,
        text: str | None = None,
        actor: str | None = None,
        before: int | None = None,
        limit: int = 50,
    ) -> list[AuditRecord]:
        """Records, the newest first; `event` may end with a dot for all of a kind. `before` is a record's number."""
        query = _RECORDS.order_by(audit.c.seq.desc()).limit(limit)
        if event is not None:
            query = query.where(_is_of_kind(event))
        if run_id is not None:
            query = query.where(audit.c.run_id == run_id)
        if actor is not None:
            query = query.where(audit.c.actor == actor)
        if before is not None:
            query = query.where(audit.c.seq < before)
        if text:
            query = query.where(audit.c.text.icontains(in_text(text), autoescape=True))
        return self._read(query)

    def head(self) -> tuple[int, str]:
        """Number and hash of the last record; 0 and `audit.START` in an empty log."""
        return self._database.read(head_of)

    def _read(self, query: Select[Any]) -> list[AuditRecord]:
        rows = self._database.read(lambda connection: connection.execute(query).all())
        return [_record(row.seq, row.hash, row.text) for row in rows]

    # -- proof --------------------------------------------------------------------------------------------------------

    def verify(
        self,
        key: PublicKey | Sequence[PublicKey] | None = None,
        checkpoints: Iterable[str] | None = None,
        head: tuple[int, str] | None = None,
    ) -> Verified:
        """Raise AuditBrokenError where the log, or a row that it tells of, is not what was written.

        `key`: whose signatures under checkpoints count. `checkpoints`: lines that were kept elsewhere, beside those of
        the store. `head`: number and hash of a record, as they were once written down.
        """
        elsewhere = read_checkpoints(checkpoints or ())
        return self._database.read(lambda connection: _verify(connection, elsewhere, key, head))

    def export(self, write: Callable[[str], object], after: int = 0) -> int:
        """Hand each record after this number to `write` as a line. How many; the log tells of it afterwards."""
        head, count = self.head(), 0
        for record in self._between(after, head[0]):
            write(f"{record.text}\n")
            count += 1
        details = {"records": count, "after": after, "head": head[0]}
        actor = self._trail.actor
        self.append(AuditEvent("audit.exported", "export", actor=actor, time_ms=wall_ms(), details=details))
        return count

    def _between(self, after: int, last: int) -> Iterator[AuditRecord]:
        """What others append meanwhile is looked at the next time."""
        while after < last and (page := self.records(after, _PAGE)):
            yield from (record for record in page if record.seq <= last)
            after = page[-1].seq

    def checkpoint(self, now_ms: int) -> Checkpoint | None:
        """Sign the last record; None where it is signed already, or there is none. Raises UsageError without a key."""
        signed = self._database.write(lambda connection: self._sign(connection, now_ms))
        self._trail.catch_up(self.checkpoints)
        return signed

    def _sign(self, connection: Connection, now_ms: int) -> Checkpoint | None:
        head = head_of(connection)
        if head[0] == 0 or self._is_signed(connection, head[0]):
            return None
        return self._trail.sign(connection, head, now_ms)

    def _is_signed(self, connection: Connection, seq: int) -> bool:
        """Whether nothing came after the last checkpoint but the record that tells of it."""
        return bool(checkpoint_lines(connection, seq - 1))

    def checkpoints(self, since: int = 0) -> list[str]:
        """The checkpoints of the store from this record on, each as a line, the oldest first."""
        return self._database.read(lambda connection: checkpoint_lines(connection, since))


_END: Final = select(audit_head.c.seq).scalar_subquery()
_RECORDS: Final = select(audit.c.seq, audit.c.hash, audit.c.text).where(audit.c.seq.between(1, _END))


def _verify(
    connection: Connection, elsewhere: list[Checkpoint], key: PublicKey | Sequence[PublicKey] | None, head: Place | None
) -> Verified:
    signed = dict.fromkeys(read_checkpoints(checkpoint_lines(connection)) + elsewhere)
    witness = Witness()
    records = witness.listen(_compared(_pages(connection)))
    verified = verify(records, checkpoints=signed, key=key, head=head, end=head_of(connection))
    witness.compare(connection)
    return verified


def _pages(connection: Connection) -> Iterator[Row[Any]]:
    """Every row there is, also one with a number that none should have."""
    query = select(audit).order_by(audit.c.seq).limit(_PAGE)
    page = connection.execute(query).all()
    while page:
        yield from page
        page = connection.execute(query.where(audit.c.seq > page[-1].seq)).all()


def _compared(rows: Iterable[Row[Any]]) -> Iterator[AuditRecord]:
    """Each record; and after it was found to agree with itself, whether what it is searched by does."""
    for row in rows:
        record = _record(row.seq, row.hash, row.text)
        yield record
        facts = record.facts
        told = (facts["event"], facts["run_id"], facts["actor"], facts["time"])
        if told != (row.event, row.run_id, row.actor, iso(row.time_ms)):
            details = {"record": row.seq, "kind": "edited"}
            raise AuditBrokenError(
                f"record {row.seq} was edited: it is found by other facts than it has", details=details
            )


def _is_of_kind(event: str) -> ColumnElement[bool]:
    return audit.c.event.startswith(event, autoescape=True) if event.endswith(".") else audit.c.event == event


def _record(seq: int, hash_: str, text: str) -> AuditRecord:
    """As it is stored: the text's own words are compared with the columns, where both can be read."""
    facts = facts_of(text)
    return AuditRecord(seq=seq, previous=facts["previous"] if facts is not None else "", hash=hash_, text=text)
