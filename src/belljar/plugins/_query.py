"""One question to a database: what every engine is told, and what it answers."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Final

from typing_extensions import TypedDict

from belljar.errors import ToolExecutionError
from belljar.plugins._policy import DatabaseGrant

ANSWER_BYTES: Final = 1 << 20
"""Of one answer's values as text."""
VALUE_BYTES: Final = 262_144
"""Of one value that SQLite makes or reads (`zeroblob(1e9)` is an error), and of one row of PostgreSQL."""


class QueryResult(TypedDict):
    """What query gives."""

    columns: list[str]
    rows: list[list[Any]]
    truncated: bool
    """Whether there is more than is here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One question on its way."""

    source: DatabaseGrant
    sql: str
    params: tuple[Any, ...]
    until_s: float

    @property
    def left_ms(self) -> int:
        """At least 1."""
        return max(int((self.until_s - time.monotonic()) * 1_000), 1)

    def failed(self, why: str) -> ToolExecutionError:
        """The error. No error names a path, a host or an address."""
        return ToolExecutionError(f"the query of {self.source.name!r} failed: {why}", tool="query")
