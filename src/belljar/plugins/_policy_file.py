"""The policy file: TOML, strict. `load_policy` finds everything that is wrong with one at once.

Paths in it are relative to its folder. Keys are read when it is loaded; folders, databases and secrets when a plugin
needs them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from belljar.audit import key_id
from belljar.packs._plain_file import beginning_of
from belljar.plugins._document import DOCUMENT_BYTES, Document, read_document
from belljar.plugins._policy import DatabaseGrant, Grant, Policy, PolicyKey, SecretGrant
from belljar.plugins._policy_rules import SQLITE, Reading
from belljar.plugins._policy_tables import (
    DatabaseTable,
    GrantTable,
    KeyTable,
    PolicyTables,
    SecretTable,
)
from belljar.plugins._problems import Place, Problem, refusal
from belljar.plugins._wording import checked

_SAME: Final = (
    *("plugin", "checksum", "capabilities", "hosts", "methods", "schemes", "ports", "allow_private", "tools"),
    *("timeout_ms", "memory_mb", "concurrent", "commands", "config"),
)
"""Fields that a grant has as the file has them."""


def load_policy(path: Path | str) -> Policy:
    """The policy in a TOML file. Raises ManifestError with everything that is wrong with it."""
    place = Path(path)
    try:
        raw = beginning_of(place, DOCUMENT_BYTES + 1)
    except OSError as error:
        raise refusal([Problem(file=place.name, message=f"cannot be read: {error.strerror}")]) from None
    document = read_document(raw, place.name)
    reading = Reading(place.parent.absolute(), _key_names(document.data))
    tables = checked(PolicyTables, document, context=reading)
    return _Values(document, reading).policy(tables, sha256=hashlib.sha256(raw).hexdigest())


def _key_names(data: dict[str, Any]) -> frozenset[str]:
    """Of a document that is not checked yet, so that a grant for a broken key is not refused as well."""
    keys = data.get("key")
    named = [key.get("name") for key in keys if isinstance(key, dict)] if isinstance(keys, list) else []
    return frozenset(name for name in named if isinstance(name, str))


@dataclass(frozen=True, slots=True)
class _Values:
    """From tables to values: paths made whole, keys put for their names, and each with its place in the file."""

    document: Document
    reading: Reading

    def policy(self, tables: PolicyTables, *, sha256: str) -> Policy:
        keys = {table.name: self._key(table) for table in tables.key}
        grants = tuple(self._grant(("grant", number), table, keys) for number, table in enumerate(tables.grant))
        return Policy(file=self.document.file, sha256=sha256, keys=tuple(keys.values()), grants=grants)

    def _key(self, table: KeyTable) -> PolicyKey:
        public = self.reading.keys[table.file]
        return PolicyKey(name=table.name, id=key_id(public), public=public)

    def _grant(self, at: Place, table: GrantTable, keys: Mapping[str, PolicyKey]) -> Grant:
        return Grant(
            **{name: getattr(table, name) for name in _SAME},
            key_id=None if table.key is None else keys[table.key].id,
            key_name=table.key,
            workspace=None if table.workspace is None else self._path(table.workspace),
            secrets=tuple(self._secret((*at, "secret", number), each) for number, each in enumerate(table.secret)),
            databases=tuple(
                self._database((*at, "database", number), each) for number, each in enumerate(table.database)
            ),
            place=self._place(at),
        )

    def _secret(self, at: Place, table: SecretTable) -> SecretGrant:
        return SecretGrant(
            name=table.name,
            host=table.host,
            header=table.header,
            prefix=table.prefix,
            env=table.env,
            file=None if table.file is None else self._path(table.file),
            place=self._place(at),
        )

    def _database(self, at: Place, table: DatabaseTable) -> DatabaseGrant:
        is_file = table.url.startswith(SQLITE)
        path = self._path(table.url.removeprefix(SQLITE)) if is_file else None
        url = table.url if path is None else f"{SQLITE}{path}"
        return DatabaseGrant(name=table.name, url=url, rows=table.rows, path=path, place=self._place(at))

    def _path(self, path: str) -> Path:
        return self.reading.folder / path

    def _place(self, at: Place) -> str:
        return f"{self.document.file}:{self.document.positions.line(at)}"
