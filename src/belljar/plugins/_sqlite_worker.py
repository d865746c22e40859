"""The process that asks a SQLite file a stranger's question. Stands alone: no import of belljar.

One step of a query can take longer than anybody has time for, and one row more memory than there is. So it is asked
here, in a process with limits on memory and processor time that its parent kills when the time is up. The file is
opened for reading, and an authorizer allows to select and to call functions and nothing else: no ATTACH, no PRAGMA.

One task as JSON comes in on stdin; one answer as JSON goes out: `{"columns", "rows", "truncated"}`, in which bytes are
`[base64]`, or `{"failed": text}`. No text names the path.
"""

from __future__ import annotations

import base64
import contextlib
import json
import resource
import sqlite3
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

ALLOWED = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
REFUSED = {"load_extension", "readfile", "writefile", "edit", "fts3_tokenizer"}
WHYS = {
    "SQLITE_AUTH": "only SELECT is allowed",
    "SQLITE_READONLY": "only SELECT is allowed",
    "SQLITE_TOOBIG": "a value is too large",
    "SQLITE_BUSY": "the database is locked",
    "SQLITE_CANTOPEN": "the database cannot be opened",
    "SQLITE_NOTADB": "the file is no database",
}
TOO_MUCH = "it takes too much memory"


def main() -> None:
    task = json.loads(sys.stdin.buffer.read())
    limit(resource.RLIMIT_AS, task["memory_bytes"])
    limit(resource.RLIMIT_CPU, task["cpu_s"])  # for when the parent dies first
    limit(resource.RLIMIT_CORE, 0)
    sys.stdout.write(json.dumps(answer(task)))


def limit(kind: int, most: int) -> None:
    with contextlib.suppress(ValueError, OSError):  # macOS has no limit on memory; the one on time stays
        resource.setrlimit(kind, (most, most))


def answer(task: dict[str, Any]) -> dict[str, Any]:
    try:
        with contextlib.closing(opened(task)) as connection:
            cursor = connection.execute(task["sql"], task["params"])
            columns = [each[0] for each in cursor.description or ()]
            return gathered(columns, cursor, task) if columns else {"failed": "it is no query"}
    except sqlite3.Error as error:
        return {"failed": why(error)}
    except MemoryError:
        return {"failed": TOO_MUCH}


def opened(task: dict[str, Any]) -> sqlite3.Connection:
    address = f"file:{quote(task['path'])}?mode=ro"
    connection = sqlite3.connect(address, uri=True, timeout=task["cpu_s"], isolation_level=None)
    for setting in ("query_only = ON", "trusted_schema = OFF", "temp_store = MEMORY"):
        connection.execute(f"PRAGMA {setting}").close()
    connection.execute("SELECT 1 FROM sqlite_master").close()  # reads the schema, before nothing else may
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, task["value_bytes"])
    connection.set_authorizer(judged)
    return connection


def judged(action: int, _first: str | None, second: str | None, _database: str | None, _view: str | None) -> int:
    is_refused = action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in REFUSED
    return sqlite3.SQLITE_OK if action in ALLOWED and not is_refused else sqlite3.SQLITE_DENY


def gathered(columns: list[str], rows: Iterator[tuple[Any, ...]], task: dict[str, Any]) -> dict[str, Any]:
    """Row after row, until there are as many as may be, or as many bytes."""
    kept: list[list[Any]] = []
    room = task["answer_bytes"]
    for row in rows:
        room -= sum(len(value) if isinstance(value, str | bytes) else 8 for value in row)
        if len(kept) >= task["rows"] or room < 0:
            return {"columns": columns, "rows": kept, "truncated": True}
        kept.append([plain(value) for value in row])
    return {"columns": columns, "rows": kept, "truncated": False}


def plain(value: Any) -> Any:
    return [base64.b64encode(value).decode()] if isinstance(value, bytes) else value


def why(error: sqlite3.Error) -> str:
    """By the error's code: of what SQLite says, only what is wrong with the text of the query is the script's."""
    name = getattr(error, "sqlite_errorname", None)
    if name == "SQLITE_ERROR" or name is None:
        return str(error)[:200]
    return WHYS.get("_".join(str(name).split("_")[:2]), "the database cannot be read")


if __name__ == "__main__":
    main()
