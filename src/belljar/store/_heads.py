"""Whether journals are what the audit log says that they were.

The log has a journal's length and head from each moment at which its run was suspended, taken up again, recovered or
ended. So a journal row that was edited afterwards shows, even where all hashes after it were made anew; and so does one
that was added while the run waited, or after its end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from belljar.errors import AuditBrokenError, JournalError
from belljar.journal._records import START, decode
from belljar.store._schema import journal

_AT_REST: Final = ("run.suspended", "run.ended", "run.cancelled")
"""After these a journal stays as it is: until the next of the records here, or for ever."""


@dataclass(frozen=True, slots=True)
class _Named:
    """What a record of the log says of a journal."""

    seq: int
    records: int
    sha256: str
    is_at_rest: bool


class Heads:
    """Collects what the log says, then looks."""

    prefix = "run."

    def __init__(self) -> None:
        self._by_run: dict[str, list[_Named]] = {}

    def note(self, seq: int, facts: Mapping[str, Any]) -> None:
        """One record about a run."""
        details = facts["details"]
        if "journal_sha256" not in details:
            return
        records, sha256 = details["journal_records"], details["journal_sha256"]
        named = _Named(seq, records, sha256, facts["event"] in _AT_REST)
        known = self._by_run.setdefault(facts["run_id"], [])
        if known and known[-1].is_at_rest and (known[-1].records, known[-1].sha256) != (records, sha256):
            raise _broken(facts["run_id"], named, known[-1].records)
        known.append(named)

    def compare(self, connection: Connection) -> None:
        """Raise AuditBrokenError for the first journal that is not what the log says."""
        for run_id, named in self._by_run.items():
            query = select(journal).where(journal.c.run_id == run_id).order_by(journal.c.n)
            hashes, count = _hashes(connection.execute(query))
            for one in named:
                _compare(run_id, one, hashes)
            if named[-1].is_at_rest and count > named[-1].records:
                raise _broken(run_id, named[-1], named[-1].records)


def _hashes(rows: Iterable[Row[Any]]) -> tuple[Mapping[int, str], int]:
    """The hash after each record, and before the first, up to the first that does not hold; and how many rows are."""
    hashes, count = {-1: START}, 0
    for n, row in enumerate(rows):
        count = n + 1
        if n - 1 in hashes and (sha256 := _hash(row, n, hashes[n - 1])):
            hashes[n] = sha256
    return hashes, count


def _hash(row: Row[Any], n: int, previous: str) -> str | None:
    """None where the row is not what was written."""
    try:
        record, sha256 = decode(row.line, n=n, previous=previous)
    except JournalError:  # what has no hash is reported
        return None
    return sha256 if (record.type, sha256) == (row.type, row.sha256) else None


def _compare(run_id: str, named: _Named, hashes: Mapping[int, str]) -> None:
    if hashes.get(named.records - 1) != named.sha256:
        raise _broken(run_id, named, min(len(hashes) - 1, named.records - 1))


def _broken(run_id: str, named: _Named, record: int) -> AuditBrokenError:
    details = {"record": named.seq, "kind": "edited", "run_id": run_id, "journal_record": record}
    return AuditBrokenError(
        f"record {record} of the journal of run {run_id} is not what record {named.seq} of the audit log says",
        details=details,
    )
