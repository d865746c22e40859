"""Stores on both databases: each test that asks for `store_url`, or for what is made of it, runs twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from belljar.store import Store, open_store


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a store that is not there yet."""
    if request.param == "sqlite":
        return str(tmp_path / "runs.db")
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """An empty store."""
    with open_store(store_url, worker="here:1:a") as opened:
        yield opened


@pytest.fixture
def other(store: Store, store_url: str) -> Iterator[Store]:  # noqa: ARG001  (made first)
    """The same store as another worker has it."""
    with open_store(store_url) as opened:
        yield opened
