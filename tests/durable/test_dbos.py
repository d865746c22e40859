"""Slices through DBOS: what a double submit, a dead process and a host's own DBOS come to."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from durable_support import Ears, QuickHarness, add

from belljar.durable import DbosOrchestrator, Slice, Worker
from belljar.errors import StoreError, UsageError
from belljar.store import VERSION, Store, open_store

dbos = pytest.importorskip("dbos", reason="no DBOS: belljar[dbos] is not installed")

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture
def store(postgres_url: str) -> Iterator[Store]:
    with open_store(postgres_url) as opened:
        yield opened


@pytest.fixture(autouse=True)
def _no_dbos_is_left() -> Iterator[None]:
    """A process has one DBOS; the next test needs its own."""
    yield
    dbos.DBOS.destroy(destroy_registry=True)
    gc.collect()  # DBOS leaves its listener's connection to be closed by the collector, which warns


async def until(is_true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not is_true():
            await asyncio.sleep(0.02)


async def perform_by(orchestrator: DbosOrchestrator, scene: Callable[[list[str]], Awaitable[None]]) -> list[str]:
    """Start it, with work that only notes what came; what came while `scene` went on."""
    came: list[str] = []

    async def perform(slice: Slice) -> bool:
        came.append(slice.id)
        return True

    await orchestrator.start(perform, concurrency=2)
    try:
        await scene(came)
    finally:
        await orchestrator.aclose()
    return came


def rows(url: str) -> list[dict[str, Any]]:
    """What DBOS keeps of slices."""
    import psycopg
    from psycopg.rows import dict_row

    with psycopg.connect(url, row_factory=dict_row) as connection:
        return connection.execute("SELECT * FROM belljar_dbos.workflow_status ORDER BY workflow_uuid").fetchall()


@pytest.mark.slow
def test_a_slice_submitted_by_everybody_is_one_workflow(store: Store, postgres_url: str) -> None:
    """A worker and a process that only submits name the same slice: it comes once, and DBOS keeps only JSON of it."""
    worker, client = DbosOrchestrator(store, postgres_url), DbosOrchestrator(store, postgres_url)

    async def scene(came: list[str]) -> None:
        for orchestrator in (worker, client, worker, client):
            await orchestrator.submit(Slice("r", 1, queue="q"))
        await until(lambda: came == ["r:1"])
        await client.submit(Slice("r", 2, queue="q"))
        await until(lambda: came == ["r:1", "r:2"])
        await client.aclose()

    assert asyncio.run(perform_by(worker, scene)) == ["r:1", "r:2"]
    kept = {row["workflow_uuid"]: row for row in rows(postgres_url)}
    assert sorted(kept) == ["r:1", "r:2"]
    assert kept["r:1"]["name"] == "belljar.slice"
    assert kept["r:1"]["queue_name"] == "belljar.q"
    assert kept["r:1"]["executor_id"] == store.worker
    assert kept["r:1"]["application_version"] == f"belljar-{VERSION}"
    assert kept["r:1"]["serialization"] == "portable_json"


@pytest.mark.slow
def test_a_slice_that_nobody_could_take_comes_again(store: Store, postgres_url: str) -> None:
    """Its workflow is done, and the store still calls it ready: it gets its workflow again."""
    orchestrator = DbosOrchestrator(store, postgres_url)

    async def scene(came: list[str]) -> None:
        await orchestrator.submit(Slice("r", 1))
        await until(lambda: came == ["r:1"])
        while came == ["r:1"]:
            await orchestrator.submit(Slice("r", 1))
            await asyncio.sleep(0.1)

    assert asyncio.run(perform_by(orchestrator, scene)) == ["r:1", "r:1"]


@pytest.mark.slow
@pytest.mark.parametrize("version", [f"belljar-{VERSION}", "belljar-0"])
def test_what_a_dead_process_had_begun_is_handed_over(store: Store, postgres_url: str, version: str) -> None:
    """DBOS would leave it to the dead process for ever, and a workflow of another version to nobody at all."""
    orchestrator = DbosOrchestrator(store, postgres_url)

    def die(run_id: str) -> None:
        """As if a worker had died with the workflow in its hands."""
        import psycopg

        with psycopg.connect(postgres_url) as connection:
            connection.execute(
                "UPDATE belljar_dbos.workflow_status SET status = 'PENDING', executor_id = 'gone:1:00000000', "
                "application_version = %s WHERE workflow_uuid = %s",
                (version, f"{run_id}:1"),
            )

    async def scene(came: list[str]) -> None:
        await orchestrator.submit(Slice("r", 1, queue="q"))
        await until(lambda: came == ["r:1"])
        await until(lambda: [row["status"] for row in rows(postgres_url)] == ["SUCCESS"])
        die("r")
        lost = await orchestrator.lost()
        await until(lambda: came == ["r:1", "r:1"])
        assert lost == [Slice("r", 1)]
        assert [slice.queue for slice in lost] == ["q"]

    asyncio.run(perform_by(orchestrator, scene))


@pytest.mark.slow
def test_a_cancelled_runs_slices_are_taken_out(store: Store, postgres_url: str) -> None:
    """What waits in DBOS for a run that was cancelled is not brought any more."""
    orchestrator = DbosOrchestrator(store, postgres_url, queues=["listened"])

    async def scene(_came: list[str]) -> None:
        await orchestrator.submit(Slice("r", 1, queue="elsewhere"))
        await orchestrator.cancel("r")
        await orchestrator.heartbeat()

    assert asyncio.run(perform_by(orchestrator, scene)) == []
    assert [row["status"] for row in rows(postgres_url)] == ["CANCELLED"]


@pytest.mark.slow
def test_finished_slices_do_not_pile_up(store: Store, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """DBOS keeps its rows for ever; ours go an hour after the slice, at a beat. The run itself is in the store."""
    orchestrator = DbosOrchestrator(store, postgres_url)
    kept: list[int] = []

    async def scene(came: list[str]) -> None:
        await orchestrator.submit(Slice("r", 1))
        await until(lambda: came == ["r:1"] and rows(postgres_url)[0]["status"] == "SUCCESS")
        await orchestrator.heartbeat()
        kept.append(len(rows(postgres_url)))
        monkeypatch.setattr("belljar.durable._dbos.KEPT_S", -1)
        await orchestrator.heartbeat()
        kept.append(len(rows(postgres_url)))

    asyncio.run(perform_by(orchestrator, scene))

    assert kept == [1, 0]


@pytest.mark.slow
def test_a_worker_of_some_queues_brings_only_those(store: Store, postgres_url: str) -> None:
    """A slice of another queue stays for a worker that has it."""
    orchestrator = DbosOrchestrator(store, postgres_url, queues=["x"])

    async def scene(came: list[str]) -> None:
        await orchestrator.submit(Slice("other", 1, queue="y"))
        await orchestrator.submit(Slice("mine", 1, queue="x"))
        await until(lambda: came == ["mine:1"])

    assert asyncio.run(perform_by(orchestrator, scene)) == ["mine:1"]
    assert {row["workflow_uuid"]: row["status"] for row in rows(postgres_url)}["other:1"] == "ENQUEUED"


@pytest.mark.slow
def test_a_worker_works_runs_off_through_dbos(store: Store, postgres_url: str) -> None:
    """The whole loop: what is in the store is brought by DBOS, taken once each, and told."""
    harness, ears = QuickHarness(store), Ears()
    add(store, "a", "b", "c")
    worker = Worker(harness.as_harness, DbosOrchestrator(store, postgres_url), concurrency=2, on_slice=ears)

    asyncio.run(worker.run(once=True))

    assert sorted(harness.done) == ["a", "b", "c"]
    assert sorted(ears.heard) == [("a:1", "done"), ("b:1", "done"), ("c:1", "done")]
    assert harness.most_at_once <= 2


@pytest.mark.slow
def test_a_hosts_dbos_is_joined_and_left_running(store: Store, postgres_url: str) -> None:
    """The host's database, version and serializer stay its own; our rows are JSON all the same."""
    dbos.DBOS(
        config={
            "name": "the-host",
            "system_database_url": postgres_url,
            "application_version": "host-9",
            "log_level": "ERROR",
        }
    )
    dbos.DBOS.launch()
    orchestrator = DbosOrchestrator(store, postgres_url)

    async def scene(came: list[str]) -> None:
        await orchestrator.submit(Slice("r", 1))
        await until(lambda: came == ["r:1"])

    assert asyncio.run(perform_by(orchestrator, scene)) == ["r:1"]
    status = dbos.DBOS.list_workflows()[0]
    assert (status.workflow_id, status.app_version, status.application_name) == ("r:1", "host-9", "the-host")


@pytest.mark.slow
def test_a_dbos_that_was_made_and_not_launched_is_not_taken_for_ours(store: Store, postgres_url: str) -> None:
    """A second DBOS beside it would silently be the first, with another database."""
    dbos.DBOS(config={"name": "the-host", "system_database_url": postgres_url, "log_level": "ERROR"})

    async def nothing(_came: list[str]) -> None:
        raise AssertionError

    with pytest.raises(UsageError, match="a DBOS that is not launched"):
        asyncio.run(perform_by(DbosOrchestrator(store, postgres_url), nothing))


@pytest.mark.slow
def test_a_process_has_one_worker_on_dbos(store: Store, postgres_url: str) -> None:
    """A second one would take the first one's slices."""
    second = DbosOrchestrator(store, postgres_url)

    async def scene(_came: list[str]) -> None:
        with pytest.raises(UsageError, match="a worker on DBOS already"):
            await second.start(lambda _: _never(), concurrency=1)

    asyncio.run(perform_by(DbosOrchestrator(store, postgres_url), scene))


async def _never() -> bool:
    raise AssertionError


@pytest.mark.slow
def test_a_process_that_only_submits_says_where_there_is_no_dbos_yet(store: Store, postgres_url: str) -> None:
    """Its tables are made by the first worker; until then the runs wait in the store, and the error is the store's."""

    async def scene() -> None:
        with pytest.raises(StoreError, match="DBOS cannot use its tables"):
            await DbosOrchestrator(store, postgres_url).submit(Slice("r", 1))

    asyncio.run(scene())


def test_dbos_needs_postgresql() -> None:
    """Many processes on one SQLite file have the local orchestrator."""
    with pytest.raises(UsageError, match="PostgreSQL"):
        DbosOrchestrator(None, "sqlite:///runs.db")  # type: ignore[arg-type]  # it is not looked at


@pytest.mark.slow
def test_durable_runs_load_no_dbos() -> None:
    """Only a process that uses DBOS pays for it."""
    program = "import sys, belljar.durable; print('dbos' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603  (our own interpreter)

    assert done.stdout.strip() == "False"
