"""Frozen machines of runs that wait: a cache, one for each run. A run without one is replayed from its journal."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select

from belljar.store._database import Database
from belljar.store._leases import held_by, lease_lost
from belljar.store._rows import Lease
from belljar.store._schema import images, runs


class Images:
    """Each method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, lease: Lease, step: int, image: bytes) -> None:
        """Keep the image of the machine after so many steps, instead of the one before. Raises LeaseLostError."""
        self._database.write(lambda connection: _put(connection, lease, step, image))

    def get(self, run_id: str) -> tuple[int, bytes] | None:
        """The step and the image, where there is one."""
        query = select(images.c.step, images.c.image).where(images.c.run_id == run_id)
        row = self._database.read(lambda connection: connection.execute(query).one_or_none())
        return None if row is None else (row.step, row.image)

    def drop(self, run_id: str) -> None:
        """Nothing happens where there is none."""
        self._database.write(lambda connection: connection.execute(delete(images).where(images.c.run_id == run_id)))


def _put(connection: Connection, lease: Lease, step: int, image: bytes) -> None:
    if connection.scalar(select(runs.c.id).where(*held_by(lease))) is None:
        raise lease_lost(lease)
    connection.execute(delete(images).where(images.c.run_id == lease.run_id))
    connection.execute(insert(images).values(run_id=lease.run_id, step=step, image=image))
