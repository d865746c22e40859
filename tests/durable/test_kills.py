"""Workers that are killed at any moment: nothing is lost, nothing is done twice, nobody's word is used twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from campaign.kills.campaign import kill


@pytest.mark.slow
def test_a_dozen_kills_break_no_law(tmp_path: Path) -> None:
    """Every script comes to its end with the bytes that it has without kills. `make campaign` goes on with it."""
    tally = kill(12, folder=tmp_path)

    assert tally.broken == []
    assert tally.kills == 12


@pytest.mark.slow
def test_kills_break_no_law_on_postgresql(tmp_path: Path, postgres_url: str) -> None:
    """One round, four kills; the server outlives its clients."""
    tally = kill(4, folder=tmp_path, copies=1, url=lambda number: fresh(postgres_url, number))

    assert tally.broken == []


def fresh(url: str, number: int) -> str:
    """The address of another new database of the same server."""
    import psycopg
    from sqlalchemy.engine import make_url

    name = f"{make_url(url).database}_{number}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return make_url(url).set(database=name).render_as_string(hide_password=False)
