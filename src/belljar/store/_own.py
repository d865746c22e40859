"""Facts of the audit log that the store makes itself: names of questions, hashes, counts.

They are what rows are compared with, so no redactor touches them, whatever a secret or a name happens to look like.
Each counts as the store's own only where it is of its form; anything else under its name is redacted as all is.
"""

from __future__ import annotations

import re
from typing import Any, Final

from belljar.audit import AuditEvent
from belljar.errors import ERRORS

_HASHES: Final = ("digest", "edited_digest", "hash", "key_id")
_COUNTS: Final = ("call", "expires_ms", "journal_records", "seq")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


def own_facts(event: AuditEvent) -> dict[str, Any]:
    """Those of the event's details."""
    return {name: value for name, value in event.details.items() if _is_own(name, value, event.run_id)}


def _is_own(name: str, value: Any, run_id: str | None) -> bool:
    if name in _COUNTS:
        return type(value) is int
    if not isinstance(value, str):
        return False
    if name == "approval":
        return run_id is not None and re.fullmatch(re.escape(run_id) + r":\d+(\.\d+)?", value) is not None
    if name == "code":
        return value in ERRORS
    return (name in _HASHES or name.endswith("_sha256")) and _SHA256.fullmatch(value) is not None
