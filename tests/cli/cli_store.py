"""A store with runs that wait, as a process would have left them, made without running anything; and a terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import pytest

from belljar.journal import Journal, Record
from belljar.journal._records import FORMAT
from belljar.limits import Limits
from belljar.store import RunRequest, Store, open_store
from belljar.tools import ApprovalRequest, approval_digest
from belljar.tools._clock import wall_ms
from belljar.tools._terms import Quorum

SOURCE: Final = "const to = 'ada'\nconst paid = await tools.pay({ to, cents: 500 })\nreturn paid"
SCHEMA: Final = {
    "type": "object",
    "properties": {"to": {"type": "string"}, "cents": {"type": "integer"}},
    "required": ["to", "cents"],
    "additionalProperties": False,
}
HOUR_MS: Final = 3_600_000


def request_for(
    run_id: str,
    ordinal: int = 1,
    *,
    arguments: Mapping[str, Any] | None = None,
    quorum: Quorum | None = None,
    is_unknown: bool = False,
    expires_ms: int = HOUR_MS,
) -> ApprovalRequest:
    """A question about a call of `pay`."""
    sha256, given = RunRequest(source=SOURCE).script_sha256, arguments or {"to": "ada", "cents": 500}
    return ApprovalRequest(
        id=f"{run_id}:{ordinal}",
        run_id=run_id,
        script_sha256=sha256,
        ordinal=ordinal,
        call_id=f"{run_id}-{ordinal}",
        tool="pay",
        arguments=given,
        display=given,
        excerpt="   2 | const paid = await tools.pay({ to, cents: 500 })\n     |                    ^",
        line=2,
        column=20,
        reason="pay always asks",
        elapsed_ms=12,
        expires_ms=expires_ms,
        digest=approval_digest(sha256, ordinal, "pay", given),
        quorum=quorum,
        is_unknown=is_unknown,
        schema=SCHEMA,
    )


def put_waiting(
    file: Path, run_id: str, requests: Sequence[ApprovalRequest], *, source: str = SOURCE, **origin: str
) -> None:
    """A suspended run with these questions; `origin` as `begin` takes it."""
    with closing(open_store(file)) as store:
        begin(store, run_id, source, **origin).append(suspend(requests), durable=True)


def begin(
    store: Store, run_id: str, source: str = SOURCE, *, manifest: str | None = None, agent_id: str | None = None
) -> Journal:
    """A run that this process holds, with the first record in its journal."""
    request = RunRequest(source=source, manifest_sha256=manifest)
    lease = store.runs.begin(request, run_id=run_id, now_ms=wall_ms(), agent_id=agent_id)
    journal = Journal(sink=store.sink(lease))
    facts: dict[str, Any] = {
        "run_id": run_id,
        "source": source,
        "profile": "standard",
        "engine": "quickjs",
        "tools": ["pay"],
    }
    facts |= {"context": {}, "seed": "00", "now_ms": 0, "limits": asdict(Limits()), "format": FORMAT}
    journal.append(Record("run", facts), durable=True)
    return journal


def suspend(requests: Sequence[ApprovalRequest]) -> Record:
    """What a run writes down when it is suspended."""
    pending = [request.to_facts() for request in requests]
    return Record("suspend", {"pending": pending, "spent_ms": 12, "trace": {}, "at_ms": wall_ms()})


@contextmanager
def keyboard(monkeypatch: pytest.MonkeyPatch, typed: bytes) -> Iterator[None]:
    """A terminal on standard input, on which this is typed."""
    leader, follower = os.openpty()
    with os.fdopen(leader, "wb", buffering=0) as keys, os.fdopen(follower, "r") as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        monkeypatch.setattr("belljar.tools._terminal_io.LineReader.discard_typeahead", lambda _: None)
        keys.write(typed)
        yield
