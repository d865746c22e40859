"""What the audit log knows the rows of questions by: hashes, so that a row which was edited is not believed.

The log has them in the events that tell of a request, a vote and a decision.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from belljar.audit._record import facts_of
from belljar.store._rows import dumps
from belljar.store._schema import audit

_VOTE: Final = ("who", "source", "at_ms", "verdict", "reason", "digest", "decision")


def text_sha256(text: str) -> str:
    """Of a request or a decision, as its column has it."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def vote_sha256(vote: Mapping[str, Any]) -> str:
    """Of a vote's columns."""
    return text_sha256(dumps([vote[name] for name in _VOTE]))


def is_on_record(connection: Connection, row: Row[Any]) -> bool:
    """Whether the audit log has the question's decision as its row has it."""
    text = connection.scalar(select(audit.c.text).where(audit.c.seq == row.decided_seq))
    facts = facts_of(text) if text is not None else None
    if facts is None or facts["event"] != "approval.decided":
        return False
    told = facts["details"]
    return (told["approval"], told["decision_sha256"]) == (row.id, text_sha256(row.decision))
