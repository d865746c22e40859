"""What was approved of a plugin, by name and signing key. The ledger is the audit log: its latest word counts.

The log shortens long lists and hides what stands under a secret's name, and an approval must be read back exactly. So
it is written as short lists of short lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from belljar.audit import AuditEvent
from belljar.plugins._needs import Needs
from belljar.tools._clock import wall_ms

if TYPE_CHECKING:
    from belljar.plugins._package import Plugin
    from belljar.store import Store

EVENT: Final = "plugin.approved"
_PAGE: Final = 50
_LINES: Final = 10
"""Items of a list that the log keeps."""
_WORDS: Final = {"capabilities": "may", "hosts": "asks", "secrets": "sends", "tools": "calls"}


def write_approval(store: Store, plugin: Plugin, *, key: str | None, who: str) -> None:
    """Durable when this returns."""
    manifest = plugin.manifest
    details = {
        "name": manifest.name,
        "version": manifest.version,
        "signer": _spelled(key),
        "asks_for": _listed(manifest.needs),
    }
    event = AuditEvent(
        EVENT, f"plugin {manifest.name}", actor=who, time_ms=wall_ms(), manifest_sha256=plugin.checksum, details=details
    )
    store.audit.append(event)


def last_approved(store: Store, name: str, *, key: str | None) -> Needs | None:
    """What a plugin of this name and signer was last approved for; None where none ever was."""
    whose = (name, _spelled(key))
    found = (_read(details["asks_for"]) for details in _newest_first(store, name) if _whose(details) == whose)
    return next(found, None)


def _whose(details: Mapping[str, Any]) -> tuple[str, list[str]]:
    return details["name"], details["signer"]


def _newest_first(store: Store, name: str) -> Iterator[dict[str, Any]]:
    before = None
    while page := store.audit.find(event=EVENT, text=f"plugin {name}", before=before, limit=_PAGE):
        yield from (record.facts["details"] for record in page)
        before = page[-1].seq


def _spelled(key: str | None) -> list[str]:
    """In pieces that nothing takes for a secret: hex of this length has the look of one."""
    return [key[at : at + 8] for at in range(0, len(key), 8)] if key is not None else []


def _listed(needs: Needs) -> dict[str, list[str]]:
    lines: list[str] = []
    for name, value in needs.to_dict().items():
        values = value if isinstance(value, list) else [value]
        lines += [f"{_WORDS.get(name, name)} {each}" for each in values]
    return {f"{at // _LINES:03}": lines[at : at + _LINES] for at in range(0, len(lines), _LINES)}


def _read(listed: Mapping[str, list[str]]) -> Needs:
    fields = {word: name for name, word in _WORDS.items()}
    found: dict[str, Any] = {name: [] for name in _WORDS}
    for word, _, value in (line.partition(" ") for key in sorted(listed) for line in listed[key]):
        if word in fields:
            found[fields[word]].append(value)
        else:
            found[word] = int(value)
    return Needs.from_dict(found)
