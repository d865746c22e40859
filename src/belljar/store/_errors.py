"""A driver's exception as the store's own error, by its code and never by its message. Pure.

The message names the store without its password and says what is wrong; the SQL and its values stay behind.
"""

from __future__ import annotations

import sqlite3
from typing import Final

from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from belljar.errors import StoreBusyError, StoreError, StoreFullError

_KINDS: Final[dict[object, tuple[type[StoreError], str]]] = {
    sqlite3.SQLITE_BUSY: (StoreBusyError, "is locked by another process"),
    sqlite3.SQLITE_LOCKED: (StoreBusyError, "is locked by another process"),
    sqlite3.SQLITE_FULL: (StoreFullError, "cannot grow: the disk is full"),
    sqlite3.SQLITE_NOTADB: (StoreError, "is not a store: the file is no database"),
    sqlite3.SQLITE_CORRUPT: (StoreError, "is damaged"),
    sqlite3.SQLITE_CANTOPEN: (StoreError, "cannot be opened"),
    sqlite3.SQLITE_READONLY: (StoreError, "cannot be written: no right to"),
    sqlite3.SQLITE_IOERR: (StoreError, "cannot be read or written: its disk fails"),
    "55P03": (StoreBusyError, "is locked by another process"),
    "40P01": (StoreBusyError, "is locked by another process"),
    "40001": (StoreBusyError, "is locked by another process"),
    "53100": (StoreFullError, "cannot grow: the disk is full"),
    "53300": (StoreBusyError, "has no connection left"),
    "57P03": (StoreBusyError, "is starting up or shutting down"),
}
"""SQLite's primary result codes; PostgreSQL's SQLSTATEs."""

_UNFIT: Final = (OverflowError, UnicodeEncodeError)
"""What drivers raise as it is, for an integer of more than 64 bits and for half a surrogate pair."""


def coded(error: BaseException, url: URL) -> StoreError:
    """What `error`, raised while the store at `url` was used, is to whoever called."""
    if isinstance(error, StoreError):
        return error
    name = shown(url)
    driver = error.orig if isinstance(error, DBAPIError) else error
    kind = _KINDS.get(_code(driver))
    if kind is not None:
        return kind[0](f"the store {name} {kind[1]}", details={"store": name})
    if isinstance(error, _UNFIT):
        return StoreError(f"the store {name} cannot hold such a value: {error}", details={"store": name})
    return StoreError(f"the store {name} cannot be used: {_plain(driver, url)}", details={"store": name})


def shown(url: URL) -> str:
    """The store's address for people: a path for SQLite, no password for PostgreSQL."""
    return (url.database or ":memory:") if url.get_backend_name() == "sqlite" else url.render_as_string()


def is_driver_error(error: BaseException) -> bool:
    """Whether the database, and not the work that was asked of it, went wrong."""
    return isinstance(error, (SQLAlchemyError, sqlite3.Error, *_UNFIT))


def _code(driver: BaseException | None) -> object:
    code = getattr(driver, "sqlite_errorcode", None)
    return code & 0xFF if code is not None else getattr(driver, "sqlstate", None)


def _plain(driver: BaseException | None, url: URL) -> str:
    """The driver's own words, their first line: what follows may quote a statement."""
    words = (str(driver).strip().splitlines() or [type(driver).__name__])[0]
    return words.replace(url.password, "***") if url.password else words
