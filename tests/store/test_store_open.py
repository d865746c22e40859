"""Opening a store: its address, its age, its file, and errors that keep passwords to themselves."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

import belljar
from belljar.errors import StoreError, StoreVersionError
from belljar.store import VERSION, Store, open_store
from belljar.store._connect import parse_url
from belljar.store._database import Database


def test_a_store_is_made_once_and_opened_again(store_url: str) -> None:
    """The second time finds the schema there."""
    for _ in range(2):
        with open_store(store_url) as store:
            assert store.runs.counts() == {}
    assert VERSION == 2


def test_a_store_of_a_newer_belljar_is_refused_and_not_touched(store: Store, store_url: str) -> None:
    """It says which version it has."""
    database = Database(store_url)
    database.prepare(lambda c: c.execute(text("INSERT INTO belljar_schema VALUES (99)")))
    database.close()

    with pytest.raises(StoreVersionError) as caught:
        open_store(store_url)
    assert caught.value.details == {"found": 99, "known": VERSION}
    assert store.runs.counts() == {}


def test_a_store_of_an_older_belljar_is_brought_up_to_date(store_url: str) -> None:
    """Version 1 did not know which manifest an agent is of; its agents are kept."""
    with open_store(store_url) as store:
        store.agents.register("a", name="watch", now_ms=1)
    database = Database(store_url)
    database.prepare(lambda c: c.execute(text("ALTER TABLE agents DROP COLUMN manifest_sha256")))
    database.prepare(lambda c: c.execute(text("DELETE FROM belljar_schema WHERE version > 1")))
    database.close()

    with open_store(store_url) as store:
        row = store.agents.get("a")

    assert (row.name, row.manifest_sha256) == ("watch", None)


@pytest.mark.slow
def test_many_processes_may_open_a_new_store_at_once(store_url: str) -> None:
    """One makes the tables, the others find them."""
    program = "import sys; from belljar.store import open_store; open_store(sys.argv[1]).close()"
    command = [sys.executable, "-c", program, store_url]
    children = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(3)]  # noqa: S603  (our own interpreter)

    assert [child.communicate(timeout=30)[1] for child in children] == [""] * 3
    with open_store(store_url) as store:
        assert store.audit.head()[0] == 0


@pytest.mark.parametrize(
    ("url", "database"),
    [
        ("sqlite:////srv/a.db", "/srv/a.db"),
        ("/srv/b.db", "/srv/b.db"),
        (Path("/srv/c.db"), "/srv/c.db"),
        ("postgresql://me:pw@host/runs", "runs"),
        ("postgres://me:pw@host/runs", "runs"),
    ],
)
def test_an_address_is_a_path_or_a_url(url: str | Path, database: str) -> None:
    """Files are SQLite; PostgreSQL goes through psycopg 3, whatever short form was given."""
    parsed = parse_url(url)

    assert parsed.database == database
    assert parsed.drivername in ("sqlite+pysqlite", "postgresql+psycopg")


@pytest.mark.parametrize("url", ["mysql://me:secret@host/x", "postgresql://me:secret@host:port/x", "sqlite://"])
def test_an_address_of_another_kind_is_refused_without_its_password(url: str) -> None:
    """What is wrong is said, what is secret is not."""
    with pytest.raises(StoreError) as caught:
        open_store(url)
    assert "secret" not in f"{caught.value!r} {caught.value.to_dict()}"


def test_a_server_that_is_not_there_is_an_error_without_the_password(tmp_path: Path) -> None:
    """Nothing listens in the folder; the message names the store and not its password."""
    with pytest.raises(StoreError) as caught:
        open_store(f"postgresql://me:hunter2@/runs?host={tmp_path}")
    shown = f"{caught.value!r} {caught.value.to_dict()} {caught.value.__cause__!r}"
    assert "postgresql+psycopg://me:***@/runs" in caught.value.message
    assert "hunter2" not in shown


def test_the_address_of_an_open_store_shows_no_password(postgres_url: str) -> None:
    """For people who look at a console."""
    with open_store(postgres_url.replace("postgres:@", "postgres:hunter2@")) as store:
        assert "hunter2" not in store.url
        assert ":***@" in store.url


@pytest.mark.parametrize("name", ["file/runs.db", "missing/runs.db", "folder"])
def test_a_file_that_cannot_be_made_is_an_error_that_names_it(tmp_path: Path, name: str) -> None:
    """A folder that is none, one that is not there, or a folder in the file's place."""
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()

    with pytest.raises(StoreError) as caught:
        open_store(tmp_path / name)
    assert caught.value.message == f"the store {tmp_path / name} cannot be opened"


def test_a_file_that_is_no_database_is_not_written(tmp_path: Path) -> None:
    """Somebody's text stays what it is."""
    file = tmp_path / "notes.txt"
    file.write_text("remember the milk\n" * 100)

    with pytest.raises(StoreError) as caught:
        open_store(file)
    assert caught.value.message == f"the store {file} is not a store: the file is no database"
    assert file.read_text() == "remember the milk\n" * 100


def test_a_store_s_file_is_its_owner_s_alone_and_keeps_what_it_confirms(tmp_path: Path) -> None:
    """Mode 0600, write-ahead log, and a disk that is waited for."""
    file = tmp_path / "runs.db"
    with open_store(file) as store:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert store.url == str(file)
        pragmas = ("journal_mode", "synchronous")
        found = store._database.write(lambda c: [c.scalar(text(f"PRAGMA {pragma}")) for pragma in pragmas])
    assert found == ["wal", 2]
    with sqlite3.connect(file) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


def test_belljar_runs_without_the_store_s_libraries() -> None:
    """Whoever needs no store loads no database."""
    heavy = "{'sqlalchemy', 'cryptography', 'jsonschema', 'psycopg'}"
    program = f"import sys, belljar; belljar.run('1'); print(*sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603  (our own interpreter)

    assert done.stdout.strip() == ""
    assert belljar.__version__


def test_opening_a_store_loads_no_schema_library(tmp_path: Path) -> None:
    """It comes with the first edited call."""
    program = "import sys; from belljar.store import open_store; open_store(sys.argv[1]).close(); "
    command = [sys.executable, "-c", f"{program}print('jsonschema' in sys.modules)", str(tmp_path / "runs.db")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603  (our own interpreter)

    assert done.stdout.strip() == "False"


def test_another_program_s_file_is_refused_and_not_touched(tmp_path: Path) -> None:
    """It has tables, and is no store."""
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE people (name TEXT)")
    connection.close()

    with pytest.raises(StoreError) as caught:
        open_store(path)
    assert caught.value.message == "this database is no store: it has a table 'people' of another program"
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("people",)]
    connection.close()


def test_another_program_s_tables_on_a_server_are_only_in_the_way_with_names_of_ours(postgres_url: str) -> None:
    """A database of several programs holds a store too; one that has a table `runs` already does not."""
    database = Database(postgres_url)
    database.prepare(lambda connection: connection.execute(text("CREATE TABLE people (name TEXT)")))
    database.prepare(lambda connection: connection.execute(text("CREATE TABLE runs (distance INTEGER)")))

    with pytest.raises(StoreError) as caught:
        open_store(postgres_url)
    assert caught.value.message == "this database is no store: it has a table 'runs' of another program"
    database.prepare(lambda connection: connection.execute(text("DROP TABLE runs")))
    database.close()
    open_store(postgres_url).close()
