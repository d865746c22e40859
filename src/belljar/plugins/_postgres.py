"""A question to a PostgreSQL server, in one read-only transaction.

The text is declared as a cursor by itself before anything else: so it is one statement and a query, and stands alone;
nothing in it can close the bracket that it is then put into, which bounds the size of a row at the server. Neither
cursor runs before its FETCH, and only one is fetched from, once. The transaction was read-only when it took its first
look at the data, and the server lets none become anything else after that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any, Final

from belljar.plugins._query import ANSWER_BYTES, VALUE_BYTES, Query, QueryResult
from belljar.tools import AbortSignal

if TYPE_CHECKING:
    import psycopg

_BOUNDED: Final = """SELECT asked.* FROM ({sql}
) AS asked WHERE CASE WHEN octet_length(asked::text) > {most}
THEN CAST('{mark} ' || octet_length(asked::text) AS boolean) ELSE true END"""
"""A row that is too large is an error at the server, before any of it travels."""
_MARK: Final = "belljar: a row is too large:"


def ask_postgres(query: Query, signal: AbortSignal) -> QueryResult:
    """Raises ToolExecutionError where it fails."""
    import psycopg  # an extra, and only those who use it need it

    try:
        with closing(_connected(query)) as connection, psycopg.RawCursor(connection) as cursor:
            signal.add_callback(lambda _reason: _stop(connection))
            return _answer(query, cursor)
    except psycopg.Error as error:
        signal.throw_if_aborted()
        raise query.failed(_why(error)) from None


def _answer(query: Query, cursor: psycopg.RawCursor[Any]) -> QueryResult:
    bounded = _BOUNDED.format(sql=query.sql, most=VALUE_BYTES, mark=_MARK)
    for name, text in (("alone", query.sql), ("bounded", bounded)):
        _limited(query, cursor)
        # Prepared, because that is one statement or an error.
        cursor.execute(f"DECLARE {name} NO SCROLL CURSOR FOR {text}", query.params, prepare=True)
    cursor.execute("FETCH 0 FROM bounded")
    columns = [each.name for each in cursor.description or ()]
    _limited(query, cursor)
    # One row more than may be given tells that there are more.
    rows = cursor.stream(f"FETCH {query.source.rows + 1} FROM bounded")
    return _gathered(query, columns, lambda: next(rows, None))


def _limited(query: Query, cursor: psycopg.RawCursor[Any]) -> None:
    """What is left of the query's time is the next statement's."""
    cursor.execute(f"SET LOCAL statement_timeout = {query.left_ms}")


def _gathered(query: Query, columns: list[str], fetch: Callable[[], Sequence[Any] | None]) -> QueryResult:
    """Row after row, until there are as many as may be, or as many bytes."""
    rows: list[list[Any]] = []
    room = ANSWER_BYTES
    while (row := fetch()) is not None:
        values = [_plain(value) for value in row]
        room -= sum(len(value) if isinstance(value, str | bytes) else 8 for value in values)
        if len(rows) >= query.source.rows or room < 0:
            return {"columns": columns, "rows": rows, "truncated": True}
        rows.append(values)
    return {"columns": columns, "rows": rows, "truncated": False}


def _plain(value: Any) -> Any:
    """As JSON has it; what has no form of its own there is text."""
    if value is None or isinstance(value, bool | int | float | str | bytes):
        return value
    return bytes(value) if isinstance(value, bytearray | memoryview) else str(value)


def _connected(query: Query) -> psycopg.Connection[Any]:
    import psycopg

    seconds = max(query.left_ms // 1_000, 2)  # libpq waits no shorter
    options = "-c default_transaction_read_only=on"
    connection = psycopg.connect(query.source.url, options=options, connect_timeout=seconds)
    connection.read_only = True
    return connection


def _stop(connection: psycopg.Connection[Any]) -> None:
    """From the thread that aborts; the query may have ended by itself."""
    import psycopg

    with suppress(psycopg.Error):
        if not connection.closed:
            connection.cancel()


def _why(error: psycopg.Error) -> str:
    """By the error's code. Without one there was no server, and what the driver says names it."""
    if error.sqlstate is None:
        return "the database cannot be reached"
    said = error.diag.message_primary or ""
    if error.sqlstate == "22P02" and _MARK in said:
        return "a row is too large"
    return _WHYS.get(error.sqlstate) or said[:200]


_WHYS: Final[Mapping[str, str]] = {
    "57014": "it took too long",
    "25006": "only SELECT is allowed",
    "28P01": "the database cannot be reached",
    "28000": "the database cannot be reached",
    "3D000": "the database cannot be reached",
}
