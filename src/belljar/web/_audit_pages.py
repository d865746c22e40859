"""The audit log: whether its chain holds, what it says, and a copy to keep."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from starlette.responses import Response, StreamingResponse

from belljar.errors import AuditBrokenError
from belljar.web._console import Console, Visit, signed_in
from belljar.web._visible import json_text, number

if TYPE_CHECKING:
    from belljar.audit import AuditRecord
    from belljar.store import Store

PAGE: Final = 50
EXPORT_TYPE: Final = "application/x-ndjson"
_FILTERS: Final = ("event", "run", "actor", "q")


@signed_in
async def audit_page(visit: Visit) -> Response:
    """The last records, or those that a search finds."""
    return await _audit(visit, verified=None)


async def _audit(visit: Visit, *, verified: dict[str, Any] | None) -> Response:
    given = {name: visit.query(name).strip() for name in _FILTERS}
    before = visit.query("before")

    def look(store: Store) -> tuple[list[AuditRecord], tuple[int, str], list[str]]:
        records = find_records(store, given, before=number(before), limit=PAGE + 1)
        return records, store.audit.head(), store.audit.checkpoints()

    records, head, checkpoints = await visit.console.ask(look)
    shown = [record_view(record) for record in records[:PAGE]]
    more = {name: value for name, value in given.items() if value}
    older = "?" + urlencode(more | {"before": shown[-1].seq}) if len(records) > PAGE else ""
    chain = {"records": head[0], "head": head[1], "checkpoints": len(checkpoints)}
    return visit.page(
        "audit.html", records=shown, chain=chain, given=given, older=older, verified=verified, is_first=not before
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordView:
    """One record, as far as it can be read: a damaged one is shown too."""

    seq: int
    hash: str
    previous: str
    time: str
    event: str
    actor: str
    run_id: str
    action: str
    details: str


def record_view(record: AuditRecord) -> RecordView:
    """Of a record as it is stored, whatever was done to it since."""
    facts = facts_of(record)
    words = {name: str(facts.get(name) or "") for name in ("time", "event", "actor", "run_id", "action")}
    details = json_text(facts["details"]) if "details" in facts else record.text
    return RecordView(seq=record.seq, hash=record.hash, previous=record.previous, details=details, **words)


def facts_of(record: AuditRecord) -> dict[str, Any]:
    """What the record says; nothing where its text was changed into something else."""
    try:
        facts = json.loads(record.text)
    except (ValueError, RecursionError):
        facts = None
    return facts if isinstance(facts, dict) else {}


def find_records(store: Store, given: dict[str, str], *, before: int | None, limit: int) -> list[AuditRecord]:
    """Newest first; what is not given does not matter."""
    return store.audit.find(
        event=given.get("event") or None,
        run_id=given.get("run") or None,
        actor=given.get("actor") or None,
        text=given.get("q") or None,
        before=before,
        limit=limit,
    )


@signed_in
async def verify_page(visit: Visit) -> Response:
    """Follow the whole chain now, and say where it breaks."""
    await visit.form()
    return await _audit(visit, verified=await verified(visit.console))


async def verified(console: Console) -> dict[str, Any]:
    """What a look at every record found; at signatures, too, where the server was given keys."""
    try:
        found = await console.ask(lambda store: store.audit.verify(key=console.keys or None))
    except AuditBrokenError as error:
        return {"holds": False, "message": error.message, "details": error.details}
    facts = {name: getattr(found, name) for name in ("records", "checkpoints", "signed_until")}
    return {"holds": True, "head": list(found.head)} | facts


@signed_in
async def export_page(visit: Visit) -> Response:
    """All records as JSON lines: the very texts that are hashed."""
    return await exported(visit.console.store, visit.who, visit)


async def exported(store: Store, who: str, visit: Visit) -> Response:
    """A download that is read from the store while it is sent."""
    await visit.console.note("audit.exported", "exported from the console", actor=who, source=visit.source)
    headers = {"content-disposition": 'attachment; filename="audit.jsonl"'}
    return StreamingResponse(export_lines(store), media_type=EXPORT_TYPE, headers=headers)


def export_lines(store: Store, after: int = 0) -> Iterator[str]:
    """A line for each record."""
    while records := store.audit.records(after, 1_000):
        yield "".join(f"{record.text}\n" for record in records)
        after = records[-1].seq
