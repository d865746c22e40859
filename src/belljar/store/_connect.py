"""Connections: what an address means, and how each database is told to keep what it confirms.

SQLite: a write-ahead log, so that readers wait for nobody, and a disk that is waited for (synchronous FULL). The wait
for other processes is our own: SQLite's sleeps ever longer, so that of eight writers one can be left out for a second.
"""

from __future__ import annotations

import os
import sqlite3
import time
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import QueuePool

from belljar.errors import StoreError

BUSY_S: Final = 10.0
"""How long a write waits for another process."""
_PATIENT_S: Final = 0.002
_EAGER_S: Final = 0.0002
_READERS: Final = 4
_MORE_READERS: Final = 16


def parse_url(url: str | os.PathLike[str]) -> URL:
    """The address as SQLAlchemy has it: a path is a SQLite file. Raises StoreError for other databases."""
    text = os.fspath(url)
    if "://" not in text:
        return URL.create("sqlite+pysqlite", database=os.path.abspath(text))
    scheme = text.split("://", 1)[0]
    driver = _DRIVERS.get(scheme)
    if driver is None:
        raise StoreError(f"a store is a file, sqlite:///PATH or postgresql://…, not {scheme}://…")
    try:
        parsed = make_url(text).set(drivername=driver)
    except (ArgumentError, ValueError):
        # The text may hold a password, so it is not shown.
        raise StoreError(f"the address {scheme}://… cannot be read") from None
    if not parsed.database or parsed.database == ":memory:":
        raise StoreError(f"the address {scheme}://… names no database")
    return parsed


_DRIVERS: Final = {
    "sqlite": "sqlite+pysqlite",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}


def writer(url: URL, busy_s: float) -> Engine:
    """One connection, whose transactions have the write lock from their beginning."""
    engine = _engine(url, busy_s, "READ COMMITTED", pool_size=1, max_overflow=0)
    if url.get_backend_name() != "sqlite":
        # A process that was stopped in the middle of a write holds all writers up; the server ends it before they fail.
        idle_ms = int(busy_s * 500)
        event.listen(engine, "connect", lambda each, _: _set(each, "idle_in_transaction_session_timeout", idle_ms))
    else:
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout = 0").close())
        event.listen(engine, "begin", lambda connection: _begin_immediate(connection, busy_s))
    return engine


def reader(url: URL, busy_s: float) -> Engine:
    """A few connections. All of a read is one snapshot: PostgreSQL refuses nobody for that who only reads."""
    engine = _engine(url, busy_s, "REPEATABLE READ", pool_size=_READERS, max_overflow=_MORE_READERS)
    if url.get_backend_name() == "sqlite":
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return engine


def _engine(url: URL, busy_s: float, isolation: str, **pool: int) -> Engine:
    if url.get_backend_name() == "sqlite":
        arguments = {"timeout": busy_s, "check_same_thread": False}
        engine = create_engine(url, connect_args=arguments, poolclass=QueuePool, **pool)
        event.listen(engine, "connect", _prepare_sqlite)
        return engine
    engine = create_engine(url, isolation_level=isolation, pool_pre_ping=True, **pool)
    event.listen(engine, "connect", lambda connection, _: _set(connection, "lock_timeout", int(busy_s * 1000)))
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver would begin transactions by itself, and late; the engines' own event does it.
    connection.isolation_level = None
    for pragma in ("journal_mode = WAL", "synchronous = FULL"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_immediate(connection: Connection, busy_s: float) -> None:
    driver: Any = connection.connection.dbapi_connection
    since_s = time.monotonic()
    while not _has_begun(driver, is_last=(waited_s := time.monotonic() - since_s) >= busy_s):
        time.sleep(_pause_s(waited_s))


def _pause_s(waited_s: float) -> float:
    """Whoever has waited for a while looks more often than newcomers, so that nobody is left out; but not for ever."""
    return _EAGER_S if 0.02 < waited_s < 0.5 else _PATIENT_S


def _has_begun(driver: Any, *, is_last: bool) -> bool:
    try:
        driver.execute("BEGIN IMMEDIATE").close()
    except sqlite3.OperationalError as error:
        if is_last or error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
        return False
    return True


def _set(connection: Any, name: str, value: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET {name} = {value}")
    connection.commit()
