"""The capability `database`: one query at a time, which the engine itself keeps from changing anything.

`_sqlite` and `_postgres` ask; what is promised of both is in `_query`. What functions a PostgreSQL server has is for
the role to bound: give a plugin one that may only read.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Final

from pydantic import Field

from belljar.audit import REDACTED, is_secret_key
from belljar.errors import CapabilityRefusedError, UsageError
from belljar.plugins._policy import DatabaseGrant
from belljar.plugins._postgres import ask_postgres
from belljar.plugins._query import Query, QueryResult
from belljar.plugins._sqlite import ask_sqlite
from belljar.tools import AbortSignal, AnyTool, tool

QUERY_BYTES: Final = 20_000
QUERY_MS: Final = 5_000
_MOST_PARAMETERS: Final = 100

_Engine = Callable[[Query, AbortSignal], QueryResult]
_ENGINES: Final[Mapping[str, _Engine]] = {
    "sqlite": ask_sqlite,
    "postgresql": ask_postgres,
    "postgres": ask_postgres,
}
"""By the scheme of the address."""


def query_tool(sources: Sequence[DatabaseGrant], *, query_ms: int) -> AnyTool:
    """The tool `query` over these databases. Raises UsageError for an address of another kind."""
    for source in sources:
        _engine(source)
    return _Queries({source.name: source for source in sources}, query_ms).query


class _Queries:
    def __init__(self, sources: Mapping[str, DatabaseGrant], query_ms: int) -> None:
        self._sources = sources
        self._query_ms = query_ms

    @tool(name="query", idempotent=True)
    def query(
        self,
        database: Annotated[str, Field(max_length=100)],
        sql: Annotated[str, Field(max_length=QUERY_BYTES, description="One SELECT. ? in SQLite, $1 in PostgreSQL.")],
        signal: AbortSignal,
        params: Annotated[list[str | int | float | None], Field(max_length=_MOST_PARAMETERS)] | None = None,
    ) -> QueryResult:
        """Ask a database that the policy grants. Nothing can be changed. Values go into params, never into the text."""
        source = self._sources.get(database)
        if source is None:
            known = ", ".join(sorted(self._sources)) or "none"
            raise CapabilityRefusedError(
                f"the policy grants no database {database!r}", hint=f"Granted: {known}.", tool="query"
            )
        until_s = time.monotonic() + self._query_ms / 1_000
        query = Query(source=source, sql=sql, params=tuple(params or ()), until_s=until_s)
        return _unnamed(_engine(source)(query, signal))


def _unnamed(result: QueryResult) -> QueryResult:
    """Without what stands under the name of a secret."""
    hidden = {at for at, name in enumerate(result["columns"]) if is_secret_key(name)}
    rows = [[_hidden(value) if at in hidden else value for at, value in enumerate(row)] for row in result["rows"]]
    return {**result, "rows": rows}


def _hidden(value: Any) -> Any:
    return value if value is None or isinstance(value, bool) else REDACTED


def _engine(source: DatabaseGrant) -> _Engine:
    engine = _ENGINES.get(source.url.partition("://")[0])
    if engine is None:
        raise UsageError(f"the database {source.name!r} is neither sqlite:///PATH nor postgresql://…")
    return engine
