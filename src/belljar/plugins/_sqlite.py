"""A question to a SQLite file, asked by a process that can be killed (`_sqlite_worker`)."""

from __future__ import annotations

import base64
from typing import Any, Final

from belljar.plugins._apart import DiedError, answer_of
from belljar.plugins._query import ANSWER_BYTES, VALUE_BYTES, Query, QueryResult
from belljar.tools import AbortSignal

_MEMORY_BYTES: Final = 256 << 20
"""Of the process, 30 of it the interpreter's."""


def ask_sqlite(query: Query, signal: AbortSignal) -> QueryResult:
    """Raises ToolExecutionError where it fails."""
    path = query.source.path
    if path is None or not path.is_file():
        raise query.failed("the database is not there")
    task = {
        "path": str(path.absolute()), "sql": query.sql, "params": query.params, "rows": query.source.rows,
        "answer_bytes": ANSWER_BYTES, "value_bytes": VALUE_BYTES, "memory_bytes": _MEMORY_BYTES,
    }  # fmt: skip
    try:
        answer = answer_of("_sqlite_worker.py", task, signal, ms=query.left_ms)
    except TimeoutError:
        raise query.failed("it took too long") from None
    except DiedError:
        raise query.failed("it takes too much memory") from None
    if "failed" in answer:
        raise query.failed(answer["failed"])
    rows = [[_value(value) for value in row] for row in answer["rows"]]
    return {"columns": answer["columns"], "rows": rows, "truncated": answer["truncated"]}


def _value(value: Any) -> Any:
    return base64.b64decode(value[0]) if isinstance(value, list) else value
