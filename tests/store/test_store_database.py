"""One writer, many readers: group commits, what fails alone and what fails together, and what is never lost."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from belljar.errors import StoreBusyError, StoreError, StoreFullError
from belljar.store._database import Database


def add(number: int) -> Callable[[Connection], int]:
    """A work that writes one row."""
    return lambda connection: connection.execute(text("INSERT INTO t VALUES (:n)"), {"n": number}).rowcount


def numbers(database: Database) -> list[int]:
    return list(database.read(lambda connection: connection.scalars(text("SELECT n FROM t ORDER BY n"))))


def prepared(url: str, **options: Any) -> Database:
    database = Database(url, **options)
    database.prepare(lambda c: c.execute(text("CREATE TABLE IF NOT EXISTS t (n INTEGER PRIMARY KEY)")))
    database.prepare(lambda c: c.execute(text("CREATE TABLE IF NOT EXISTS audit_head (seq INTEGER)")))
    return database


@pytest.fixture
def database(store_url: str) -> Iterator[Database]:
    opened = prepared(store_url)
    yield opened
    opened.close()


@pytest.fixture
def file(tmp_path: Path) -> str:
    return str(tmp_path / "runs.db")


def held(database: Database) -> tuple[threading.Event, threading.Event]:
    """Keep the writer busy with one work: an event that says it is, and one that lets it go."""
    busy, go = threading.Event(), threading.Event()

    def wait(_connection: Connection) -> None:
        busy.set()
        go.wait(10)

    database.send(wait)
    busy.wait(10)
    return busy, go


def test_a_write_is_there_when_it_returns(database: Database) -> None:
    """And a read finds it."""
    assert database.write(add(1)) == 1
    assert numbers(database) == [1]


def test_works_that_are_queued_together_share_one_commit_and_keep_their_order(database: Database) -> None:
    """What waits while the disk works goes with the next commit."""
    commits: list[int] = []
    _, go = held(database)
    database.after_commit = lambda: commits.append(1)
    futures = [database.send(add(n)) for n in range(20)]
    go.set()

    assert [future.result(10) for future in futures] == [1] * 20
    assert len(commits) == 2
    assert numbers(database) == list(range(20))


def test_a_work_that_fails_takes_back_itself_alone(database: Database) -> None:
    """Its caller gets its error; its neighbours in the group are written."""

    def fails(connection: Connection) -> None:
        add(99)(connection)
        raise KeyError("mine")

    _, go = held(database)
    futures = [database.send(work) for work in (add(1), fails, add(2))]
    go.set()

    with pytest.raises(KeyError, match="mine"):
        futures[1].result(10)
    assert (futures[0].result(10), futures[2].result(10), numbers(database)) == (1, 1, [1, 2])


def test_a_work_that_the_database_refuses_fails_alone_too(database: Database) -> None:
    """A row that is there already is the error of whoever writes it, in plain words."""
    _, go = held(database)
    futures = [database.send(work) for work in (add(1), add(1), add(2))]
    go.set()

    with pytest.raises(StoreError) as caught:
        futures[1].result(10)
    assert "INSERT" not in caught.value.message
    assert caught.value.__cause__ is None
    assert not isinstance(caught.value.__context__, IntegrityError)
    assert numbers(database) == [1, 2]


def test_what_is_posted_waits_for_company_and_is_not_lost_at_the_close(store_url: str) -> None:
    """A posted work is written soon, at the latest by the close."""
    database = prepared(store_url)
    futures = [database.post(add(n)) for n in range(5)]
    database.close()
    database.close()

    assert [future.result(0) for future in futures] == [1] * 5
    again = prepared(store_url)
    assert numbers(again) == [0, 1, 2, 3, 4]
    again.close()


def test_a_closed_store_says_so(database: Database) -> None:
    """Reading and writing alike."""
    database.close()

    for ask in (database.read, database.write, database.post):
        with pytest.raises(StoreError) as caught:
            ask(add(1))
        assert caught.value.message == "the store is closed"


def test_a_posted_work_can_be_taken_back_while_it_waits(database: Database) -> None:
    """A cancelled future is not done, and breaks nothing."""
    _, go = held(database)
    futures = [database.post(add(n)) for n in (1, 2)]
    assert futures[0].cancel()
    go.set()

    assert futures[1].result(10) == 1
    assert numbers(database) == [2]


def test_readers_do_not_wait_for_the_writer(database: Database) -> None:
    """A read in the middle of a write sees what was before it."""
    database.write(add(1))

    def work(connection: Connection) -> list[int]:
        add(2)(connection)
        return numbers(database)

    assert database.write(work) == [1]
    assert numbers(database) == [1, 2]


def test_a_store_that_another_process_locks_is_busy_and_then_works(file: str) -> None:
    """SQLite: the wait is bounded, the error says so and may be tried again, and the next write works."""
    database = prepared(file, busy_s=0.02)
    database.write(add(1))
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(StoreBusyError) as caught:
        database.write(add(2))
    assert (caught.value.message, caught.value.retryable) == (f"the store {file} is locked by another process", True)
    assert numbers(database) == [1]
    other.execute("COMMIT")
    other.close()
    assert database.write(add(2)) == 1
    database.close()


def test_a_postgresql_store_that_another_process_locks_is_busy_and_then_works(postgres_url: str) -> None:
    """The same on PostgreSQL, by the timeout of its locks."""
    first, second = prepared(postgres_url), prepared(postgres_url, busy_s=0.02)
    first.write(lambda c: c.execute(text("INSERT INTO audit_head VALUES (1)")))
    _, go = held(first)

    with pytest.raises(StoreBusyError):
        second.write(add(1))
    go.set()
    first.close()
    assert second.write(add(1)) == 1
    second.close()


def test_a_full_disk_is_an_error_for_all_who_wait_and_loses_nothing_that_was_confirmed(file: str) -> None:
    """Every work of the group hears of it; what was there is there; with room again it goes on."""
    database = prepared(file)
    database.prepare(lambda c: c.execute(text("CREATE TABLE big (data TEXT)")))
    database.write(add(1))
    pages = database.write(lambda c: c.scalar(text("PRAGMA page_count")))
    database.write(lambda c: c.execute(text(f"PRAGMA max_page_count = {pages}")).close())

    def fill(connection: Connection) -> None:
        connection.execute(text("INSERT INTO big VALUES (:data)"), {"data": "x" * 100_000})

    _, go = held(database)
    futures = [database.send(work) for work in (add(2), fill)]
    go.set()
    with pytest.raises(StoreFullError) as caught:
        futures[1].result(10)
    assert caught.value.message == f"the store {file} cannot grow: the disk is full"
    assert (futures[0].exception(10) is None) is (2 in numbers(database))
    assert 1 in numbers(database)

    database.write(lambda c: c.execute(text("PRAGMA max_page_count = 100000")).close())
    database.write(fill)
    database.close()


def test_a_connection_that_breaks_is_an_error_once(postgres_url: str) -> None:
    """Nobody knows what became of the write in flight, so it is not tried again; the next one has a new connection."""
    database = prepared(postgres_url)
    database.write(add(1))

    def cut(connection: Connection) -> None:
        add(2)(connection)
        database.read(lambda c: c.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid(connection)}))
        add(3)(connection)

    with pytest.raises(StoreError) as caught:
        database.write(cut)
    assert (type(caught.value), caught.value.retryable) == (StoreError, False)
    assert database.write(add(4)) == 1
    assert numbers(database) == [1, 4]
    database.close()


def pid(connection: Connection) -> int:
    return int(connection.scalar(text("SELECT pg_backend_pid()")) or 0)


def test_a_commit_that_fails_is_the_error_of_the_whole_group(postgres_url: str) -> None:
    """What the database refuses at the commit was done by nobody."""
    database = prepared(postgres_url)
    database.prepare(
        lambda c: c.execute(text("ALTER TABLE t ADD COLUMN up INTEGER REFERENCES t (n) DEFERRABLE INITIALLY DEFERRED"))
    )

    def orphan(connection: Connection) -> None:
        connection.execute(text("INSERT INTO t VALUES (5, 77)"))

    _, go = held(database)
    first = database.send(lambda c: c.execute(text("INSERT INTO t VALUES (1)")).rowcount)
    second = database.send(orphan)
    go.set()

    assert (type(first.exception(10)), type(second.exception(10))) == (StoreError, StoreError)
    assert numbers(database) == []
    database.close()


def test_what_goes_wrong_after_a_commit_is_nobody_s_error(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    """The disk has it: whoever waits hears that it is there, and the log what failed."""

    def fail() -> None:
        raise ValueError("the file is another's")

    database.after_commit = fail
    assert database.write(add(1)) == 1
    assert numbers(database) == [1]
    assert "the file is another's" in caplog.text


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, "\ud800"], ids=["too large", "too small", "half a character"])
def test_a_value_that_no_database_holds_is_an_error_of_the_store(database: Database, value: object) -> None:
    """Not one of Python's, and nothing else of the write is lost."""
    with pytest.raises(StoreError):
        database.write(lambda c: c.execute(text("INSERT INTO t VALUES (:value)"), {"value": value}))
    assert database.write(add(1)) == 1


def test_a_forked_process_is_told_to_open_its_own(database: Database) -> None:
    """It has neither the writer thread nor a connection of its own, and must not wait for them."""
    database.write(add(1))
    child = os.fork()
    if child == 0:  # pragma: no cover  (another process)
        refused = 0
        for use in (database.write, database.read):
            try:
                use(add(2))
            except StoreError:
                refused += 1
        database.close()
        os._exit(refused)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 2
    assert database.write(add(3)) == 1


def test_one_read_is_one_moment(database: Database) -> None:
    """What is committed meanwhile is seen by the next read."""

    def twice(connection: Connection) -> tuple[int | None, int | None]:
        count = text("SELECT count(*) FROM t")
        before = connection.scalar(count)
        database.write(add(1))
        return before, connection.scalar(count)

    assert database.read(twice) == (0, 0)
    assert numbers(database) == [1]


def test_a_stopped_writer_is_ended_by_the_server_before_others_fail(postgres_url: str) -> None:
    """PostgreSQL takes the transaction of a process that does nothing; a reader may take its time."""
    database = prepared(postgres_url, busy_s=4)
    show = text("SHOW idle_in_transaction_session_timeout")

    assert database.write(lambda connection: connection.scalar(show)) == "2s"
    assert database.read(lambda connection: connection.scalar(show)) == "0"
    database.close()
