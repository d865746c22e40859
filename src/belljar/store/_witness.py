"""Whether the store's rows are what the audit log says that they were.

The log has each run's script and request by their hashes, its state, and its journal's length and head from each moment
at which it was suspended, taken up, recovered or ended; each question's request, votes and decision by their hashes,
and its state. So a row that was edited, taken away or added shows, even where hashes beside it were made anew.

All is read in the snapshot in which the log is followed: what goes on meanwhile is looked at the next time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

from sqlalchemy import Connection

from belljar.audit import AuditRecord
from belljar.errors import AuditBrokenError
from belljar.store._heads import Heads
from belljar.store._told import ToldQuestions, ToldRuns


class _Listener(Protocol):
    @property
    def prefix(self) -> str: ...
    def note(self, seq: int, facts: Mapping[str, Any]) -> None: ...
    def compare(self, connection: Connection) -> None: ...


def _note(listener: _Listener, seq: int, facts: Mapping[str, Any]) -> None:
    try:
        listener.note(seq, facts)
    except (KeyError, TypeError, AttributeError):
        details = {"record": seq, "kind": "edited"}
        raise AuditBrokenError(f"record {seq} does not say what a record of its kind says", details=details) from None


class Witness:
    """Collects what the log says, then looks."""

    def __init__(self) -> None:
        self._listeners: tuple[_Listener, ...] = (ToldRuns(), ToldQuestions(), Heads())

    def listen(self, records: Iterable[AuditRecord]) -> Iterator[AuditRecord]:
        """Pass records on, and remember what they say."""
        for record in records:
            yield record
            # After the yield: whoever asks for the next record has found this one whole.
            concerned = [each for each in self._listeners if f'"event":"{each.prefix}' in record.text]
            facts = record.facts if concerned else {}
            for listener in concerned:
                _note(listener, record.seq, facts)

    def compare(self, connection: Connection) -> None:
        """Raise AuditBrokenError for the first row that is not what the log says."""
        for listener in self._listeners:
            listener.compare(connection)
