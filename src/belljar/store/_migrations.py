"""How a store of any age becomes one of this version: numbered steps, each done once, all in one transaction.

A step that was ever released is never changed. Step 1 makes all tables; a later step says what changes in them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sqlalchemy import Connection, func, insert, inspect, select, text

from belljar.audit import START
from belljar.errors import StoreError, StoreVersionError
from belljar.store._database import Database
from belljar.store._schema import agents, audit_head, metadata, schema_version

_LOCK: Final = 0x62656C6C
"""PostgreSQL's advisory lock that lets one process migrate at a time; SQLite has its write lock."""


def _tables(connection: Connection) -> None:
    metadata.create_all(connection)
    connection.execute(insert(audit_head).values(id=1, seq=0, hash=START))


def _manifests_of_agents(connection: Connection) -> None:
    there = {column["name"] for column in inspect(connection).get_columns(agents.name)}
    if agents.c.manifest_sha256.name not in there:  # step 1 makes the tables as they are today
        connection.execute(text("ALTER TABLE agents ADD COLUMN manifest_sha256 VARCHAR"))


MIGRATIONS: Final[tuple[Callable[[Connection], None], ...]] = (_tables, _manifests_of_agents)
"""Step n leads from version n to n + 1."""

VERSION: Final = len(MIGRATIONS)
"""Of the schema that this belljar reads and writes."""


def migrate(database: Database) -> None:
    """Bring the store to this version. Raises StoreVersionError where it is newer, StoreError where it is none.

    Then nothing is changed.
    """
    if database.read(_version) != VERSION:
        database.prepare(_migrate)


def _migrate(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    found = _version(connection)
    if found == 0 and (strangers := _strangers(connection)):
        raise StoreError(f"this database is no store: it has a table {min(strangers)!r} of another program")
    if found > VERSION:
        raise StoreVersionError(
            f"the store has schema version {found}; this belljar reads up to {VERSION}",
            details={"found": found, "known": VERSION},
        )
    for version in range(found, VERSION):
        MIGRATIONS[version](connection)
        connection.execute(insert(schema_version).values(version=version + 1))


def _strangers(connection: Connection) -> set[str]:
    """Tables of another program that are in the way. A file is one program's; a server's database may be several's."""
    there = set(inspect(connection).get_table_names())
    return there if connection.dialect.name == "sqlite" else there & metadata.tables.keys()


def _version(connection: Connection) -> int:
    """0 for an empty database."""
    if not inspect(connection).has_table(schema_version.name):
        return 0
    return connection.scalar(select(func.max(schema_version.c.version))) or 0
