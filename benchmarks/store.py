"""The store's figures: bytes for a run that waits, and how long taking, writing and appending take.

    python -m benchmarks.store [POSTGRESQL-URL]

On SQLite in a temporary folder; with an address of an empty database, on PostgreSQL too. The disk's own time, which a
durable write cannot be below, is printed first.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from sqlalchemy import text

from belljar.audit import AuditEvent
from belljar.journal import Journal, Record
from belljar.store import RunRequest, Store, open_store
from belljar.tools import ApprovalRequest
from belljar.tools._approval import approval_digest
from belljar.tools._clock import wall_ms

SUSPENDED: Final = 1_000
WRITES: Final = 400
APPENDERS: Final = 8
APPENDS: Final = 100
REQUEST: Final = RunRequest(source="const order = await tools.refund({ order: 7, cents: 900 })\n".ljust(500, "/"))
ARGUMENTS: Final = {"order": 7, "cents": 900}


def main() -> None:
    """Print everything."""
    if len(sys.argv) == 4 and sys.argv[1] == "append":
        _append(sys.argv[2], int(sys.argv[3]))
        return
    with tempfile.TemporaryDirectory() as folder:
        print(f"fsync of a small file: {_shown([_fsync_s(Path(folder) / 'probe') for _ in range(100)])}")
        for url in (str(Path(folder) / "runs.db"), *sys.argv[1:]):
            print(f"\n{'PostgreSQL' if '://' in url else 'SQLite'}")
            with open_store(url) as store:
                _measure(store, url)


def _measure(store: Store, url: str) -> None:
    before = _size(store, url)
    waits = [_seconds(lambda n=n: _suspend(store, f"run-{n}")) for n in range(SUSPENDED)]  # type: ignore[misc]  # bound per turn
    print(f"  begin, one call, suspend: {_shown(waits)}")
    print(
        f"  a suspended run: {(_size(store, url) - before) / SUSPENDED:,.0f} bytes, {_rows(store) / SUSPENDED:.1f} rows"
    )
    looks = [_seconds(lambda: store.runs.ready(now_ms=wall_ms())) for _ in range(20)]
    print(f"  ready, {SUSPENDED:,} suspended: {_shown(looks)}")
    takes = [_seconds(lambda n=n: store.runs.take(f"run-{n}", now_ms=wall_ms())) for n in range(200)]  # type: ignore[misc]  # bound per turn
    print(f"  take: {_shown(takes)}")
    for threads in (1, 8):
        print(f"  durable write, {threads} thread{'s' * (threads > 1)}: {_writes(store, threads)}")
    print(f"  audit append, {APPENDERS} processes: {_appends(url)}")
    begun_s = time.perf_counter()
    verified = store.audit.verify()
    print(f"  audit verify: {verified.records:,} records in {time.perf_counter() - begun_s:.2f} s")


def _suspend(store: Store, run_id: str) -> None:
    journal = _begin(store, run_id)
    journal.append(_intent(1), durable=True)
    journal.append(Record("answer", {"call": 1, "value": {"id": 17}}))
    journal.append(Record("settle", {"calls": [1], "now_ms": 2, "spent_ms": 3}))
    digest = approval_digest(REQUEST.script_sha256, 2, "refund", ARGUMENTS)
    question = ApprovalRequest(
        id=f"{run_id}:2", run_id=run_id, script_sha256=REQUEST.script_sha256, ordinal=2, call_id="2", tool="refund",
        arguments=ARGUMENTS, display=ARGUMENTS, excerpt="> 1 | const order", line=1, column=15, reason="over 5 euros",
        elapsed_ms=3, expires_ms=86_400_000, digest=digest,
    )  # fmt: skip
    journal.append(Record("suspend", {"pending": [question.to_facts()], "spent_ms": 3, "trace": {}}), durable=True)


def _begin(store: Store, run_id: str) -> Journal:
    lease = store.runs.begin(REQUEST, run_id=run_id, now_ms=wall_ms())
    journal = Journal(sink=store.sink(lease))
    facts = {
        "format": 1, "run_id": run_id, "script_sha256": REQUEST.script_sha256, "source": REQUEST.source,
        "profile": "standard", "engine": "quickjs", "tools": ["refund"], "context": {}, "seed": "00" * 16,
        "now_ms": 1, "limits": {},
    }  # fmt: skip
    journal.append(Record("run", facts))
    return journal


def _intent(call: int) -> Record:
    facts = {"call": call, "tool": "refund", "arguments": ARGUMENTS, "asked": None, "line": 1, "column": 15}
    return Record("intent", facts | {"digest": "d" * 64, "key": "k" * 64})


def _writes(store: Store, threads: int) -> str:
    """One durable intent after the other, each thread in a run of its own."""
    journals = [_begin(store, f"write-{threads}-{n}") for n in range(threads)]
    took: list[float] = []

    def work(journal: Journal) -> None:
        for call in range(1, WRITES // threads + 1):
            took.append(_seconds(lambda: journal.append(_intent(call), durable=True)))  # noqa: B023  (called at once)

    begun_s = time.perf_counter()
    running = [threading.Thread(target=work, args=(journal,)) for journal in journals]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return f"{_shown(took)}, {len(took) / (time.perf_counter() - begun_s):,.0f} a second in all"


def _appends(url: str) -> str:
    command = [sys.executable, "-m", "benchmarks.store", "append", url]
    children = [subprocess.Popen([*command, str(APPENDS)], stdout=subprocess.PIPE, text=True) for _ in range(APPENDERS)]
    took = [float(line) for child in children for line in child.communicate()[0].split()]
    return _shown(took)


def _append(url: str, count: int) -> None:
    """One of several processes: how long each append took."""
    with open_store(url) as store:
        for n in range(count):
            event = AuditEvent("web.refused", str(n), actor="bench", time_ms=wall_ms(), details={"path": "/runs"})
            print(_seconds(lambda: store.audit.append(event)))  # noqa: B023  (called at once)


def _size(store: Store, url: str) -> int:
    """Bytes of tables and indices, the log of what is not in them yet aside."""
    if "://" in url:
        return int(store._database.read(lambda c: c.scalar(text("SELECT pg_database_size(current_database())"))) or 0)
    pages = store._database.read(lambda c: c.scalar(text("PRAGMA page_count"))) or 0
    return int(pages) * int(store._database.read(lambda c: c.scalar(text("PRAGMA page_size"))) or 0)


def _rows(store: Store) -> int:
    tables = ("runs", "journal", "approvals", "audit")
    counts = (text(f"SELECT count(*) FROM {table}") for table in tables)  # noqa: S608  (names of ours)
    return sum(int(store._database.read(lambda c, q=query: c.scalar(q)) or 0) for query in counts)  # type: ignore[misc]  # bound per turn


def _fsync_s(path: Path) -> float:
    with path.open("ab") as file:
        file.write(b"x" * 512)
        file.flush()
        return _seconds(lambda: os.fsync(file.fileno()))


def _seconds(work: Callable[[], object]) -> float:
    begun_s = time.perf_counter()
    work()
    return time.perf_counter() - begun_s


def _shown(took: Sequence[float]) -> str:
    p99 = statistics.quantiles(took, n=100)[98]
    return f"median {statistics.median(took) * 1000:.2f} ms, p99 {p99 * 1000:.2f} ms"


if __name__ == "__main__":
    main()
