"""The costs of Annex A, from the one file that has them, gas.json; the guest's build and the documents read it, too."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from belljar.values import canonical_json


@cache
def costs() -> Mapping[str, int]:
    """Units by id, of the rows that the language can express."""
    return {row["id"]: row["units"] for row in _table()["rows"] if row["expressible"]}


@cache
def gas_table_sha256() -> str:
    """Hex digest of the table's canonical JSON: what a snapshot was metered by."""
    return hashlib.sha256(canonical_json(_table()).encode()).hexdigest()


@cache
def _table() -> dict[str, Any]:
    return dict(json.loads((files(__package__) / "gas.json").read_text(encoding="utf-8")))
