"""Events appended to the audit log, in the transaction of what they tell of.

Details are redacted here, whoever made them. A checkpoint is signed after each so many records, in the same
transaction; the file that keeps checkpoints elsewhere catches up after the commit, from the table, so that a process
which dies in between loses none.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from belljar.audit import AuditEvent, AuditRecord, Checkpoint, PrivateKey, link, redact, redact_details, sign
from belljar.errors import AuditBrokenError, StoreError, UsageError
from belljar.store import _schema as tables
from belljar.store._kept import write_missing
from belljar.store._own import own_facts

_HEAD: Final = select(tables.audit_head.c.seq, tables.audit_head.c.hash)
_INSERT: Final = insert(tables.audit)
_MOVE_HEAD: Final = update(tables.audit_head)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoints:
    """How the audit log is signed."""

    key: PrivateKey
    every: int = 1_000
    """Records between two checkpoints."""
    file: Path | None = None
    """Gets a line for each, so that not only the database knows it. Best on another computer's disk."""

    def __post_init__(self) -> None:
        if self.every < 1:
            raise UsageError(f"a checkpoint is signed every 1 or more records, got {self.every!r}")


class Trail:
    """What appends, for one store. Used inside of writes."""

    def __init__(self, *, actor: str, secrets: Sequence[str] = (), checkpoints: Checkpoints | None = None) -> None:
        self.actor = actor
        """Who acts where nobody else does: the worker."""
        self._secrets = tuple(secrets)
        self._checkpoints = checkpoints
        self.is_file_behind = False
        """Whether a checkpoint may be missing in the file."""

    def know_secrets(self, secrets: Sequence[str]) -> None:
        """Keep these out of the log too, from now on."""
        self._secrets = tuple(dict.fromkeys([*self._secrets, *secrets]))

    def append(self, connection: Connection, *events: AuditEvent) -> tuple[AuditRecord, ...]:
        """Append events, in this order, to the end of the log."""
        if not events:
            return ()
        seq, previous = head_of(connection)
        clean = [self._cleaned(event) for event in events]
        records: list[AuditRecord] = []
        for event in clean:
            last = (records[-1].seq, records[-1].hash) if records else (seq, previous)
            records.append(link(event, seq=last[0] + 1, previous=last[1]))
        _insert(connection, clean, records)
        end = records[-1]
        if self._checkpoints is not None and end.seq // self._checkpoints.every > seq // self._checkpoints.every:
            self.sign(connection, (end.seq, end.hash), events[-1].time_ms)
        return tuple(records)

    def _cleaned(self, event: AuditEvent) -> AuditEvent:
        """What may stand in the log. A script names the tools that it asks for, and people themselves."""
        details = redact_details(dict(event.details), secrets=self._secrets) | own_facts(event)
        actor = event.actor if event.actor == self.actor else self._name(event.actor)
        # Of a run it is its state or its profile.
        action = _utf8(event.action) if event.event.startswith("run.") else self._name(event.action)
        return replace(event, action=action, actor=actor, details=details)

    def _name(self, text: str) -> str:
        # As it is shown to people: who acts may be named by an e-mail address.
        return _utf8(str(redact(text, secrets=self._secrets)))

    def sign(self, connection: Connection, last: tuple[int, str], time_ms: int) -> Checkpoint:
        """A checkpoint of the log's last record. Raises UsageError where the store has no key."""
        if self._checkpoints is None:
            raise UsageError("the store has no key to sign with", hint="Open it with checkpoints=Checkpoints(key=…).")
        checkpoint = sign(*last, time_ms, self._checkpoints.key)
        values = {"seq": last[0], "time_ms": time_ms, "line": checkpoint.to_line()}
        connection.execute(insert(tables.checkpoints), values)
        told = self._cleaned(checkpoint.to_event(actor=self.actor))
        _insert(connection, [told], [link(told, seq=last[0] + 1, previous=last[1])])
        self.is_file_behind = True
        return checkpoint

    def catch_up(self, since: Callable[[int], Sequence[str]]) -> None:
        """Write the checkpoints that the file has not. Raises StoreError; then it is tried again at the next one."""
        if self._checkpoints is not None and self._checkpoints.file is not None:
            try:
                write_missing(self._checkpoints.file, since)
            except OSError as error:
                raise StoreError(f"{self._checkpoints.file} cannot be written: {error.strerror}") from None
        self.is_file_behind = False


def head_of(connection: Connection) -> tuple[int, str]:
    """Number and hash of the last record; of a log without records, 0 and START."""
    row = connection.execute(_HEAD).one_or_none()
    if row is None:
        raise AuditBrokenError("the audit log has lost its head", details={"record": None, "kind": "cut off"})
    return row.seq, row.hash


def in_text(text: str) -> str:
    """`text` as it stands inside of a record's text."""
    return json.dumps(_utf8(text), ensure_ascii=False)[1:-1]


def _utf8(text: str) -> str:
    """`text` with question marks for half surrogates."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _insert(connection: Connection, events: Sequence[AuditEvent], records: Sequence[AuditRecord]) -> None:
    rows = [_row(event, record) for event, record in zip(events, records, strict=True)]
    try:
        connection.execute(_INSERT, rows)
    except IntegrityError:
        details = {"record": records[0].seq, "kind": "inserted"}
        raise AuditBrokenError("the audit log has records after its head", details=details) from None
    connection.execute(_MOVE_HEAD, {"seq": records[-1].seq, "hash": records[-1].hash})


def _row(event: AuditEvent, record: AuditRecord) -> dict[str, Any]:
    return {
        "seq": record.seq,
        "time_ms": event.time_ms,
        "event": event.event,
        "run_id": event.run_id,
        "actor": event.actor,
        "hash": record.hash,
        "text": record.text,
    }


def checkpoint_lines(connection: Connection, since: int = 0) -> list[str]:
    """The checkpoints that were signed, from the record with this number on, oldest first."""
    query = select(tables.checkpoints.c.line).where(tables.checkpoints.c.seq >= since)
    return list(connection.scalars(query.order_by(tables.checkpoints.c.seq)))


def last_checkpoint_ms(connection: Connection) -> int | None:
    """When the last checkpoint was signed."""
    found: int | None = connection.scalar(select(func.max(tables.checkpoints.c.time_ms)))
    return found
