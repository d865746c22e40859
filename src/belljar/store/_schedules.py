"""Schedules: runs that begin by themselves, at every so many milliseconds or at the times of a cron expression (UTC).

A schedule that is due adds one run, whose id is made of its own and of the time it was due, and moves on to its next
time, in one transaction: of two workers that see it at once one adds it. Times that were missed while no worker ran are
made up for by one run. Where no run can be added, the log says why, and the schedule moves on all the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, and_, delete, insert, or_, select, update

from belljar.audit import AuditEvent
from belljar.errors import NotInStoreError, StoreError, UsageError
from belljar.store._database import Database
from belljar.store._leases import Place, add
from belljar.store._rows import RunRequest
from belljar.store._schema import agents, runs, schedules
from belljar.store._trail import Trail

_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}\Z")
"""It begins the ids of its runs."""
_LIMIT: Final = 100
"""Schedules fired in one go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When which run begins. One of `every_ms` and `cron`."""

    id: str
    request: RunRequest = field(repr=False)
    """What runs."""
    every_ms: int | None = None
    cron: str | None = None
    """Five fields, UTC."""
    queue: str = "default"
    priority: int = 0
    agent_id: str | None = None
    """It fires only while this agent is running, and the runs are the agent's."""
    enabled: bool = True
    next_ms: int = 0
    """When it fires next; 0 stands for the first time after it is put."""

    def __post_init__(self) -> None:
        if not _ID.match(self.id):
            raise UsageError(
                f"{self.id[:80]!r} cannot be a schedule's id", hint="Letters, digits, '_', '-' and '.', at most 100."
            )
        if (self.every_ms is None) is (self.cron is None):
            raise UsageError(f"schedule {self.id!r} has no rhythm, or two", hint="Give every_ms or cron.")
        if self.every_ms is not None and self.every_ms < 1:
            raise UsageError(f"schedule {self.id!r} would fire every {self.every_ms} ms", hint="At least 1.")
        if self.cron is not None:
            _check_cron(self.cron)

    def after(self, now_ms: int) -> int:
        """The first time after `now_ms`. An `every_ms` keeps its beat, whatever was missed."""
        if self.cron is not None:
            return _next_of_cron(self.cron, now_ms)
        assert self.every_ms is not None
        first = self.next_ms or now_ms
        return first + ((now_ms - first) // self.every_ms + 1) * self.every_ms

    def run_id(self) -> str:
        """The id of the run that is due at `next_ms`."""
        return f"{self.id}.{self.next_ms}"


class Schedules:
    """The schedules of a store."""

    def __init__(self, database: Database, trail: Trail) -> None:
        self._database = database
        self._trail = trail

    def put(self, schedule: Schedule, *, now_ms: int) -> Schedule:
        """Add a schedule or replace it. With the time at which it fires first."""
        whole = schedule if schedule.next_ms else replace(schedule, next_ms=schedule.after(now_ms))
        self._database.write(lambda connection: _put(connection, whole))
        return whole

    def drop(self, schedule_id: str) -> None:
        """Nothing happens where there is none."""
        self._database.write(lambda connection: _drop(connection, schedule_id))

    def get(self, schedule_id: str) -> Schedule:
        """Raises NotInStoreError."""
        found = self._find(select(schedules).where(schedules.c.id == schedule_id))
        if not found:
            raise NotInStoreError(f"there is no schedule {schedule_id!r}", details={"schedule": schedule_id})
        return found[0]

    def all(self, *, agent_id: str | None = None) -> list[Schedule]:
        """By id."""
        chosen = select(schedules).order_by(schedules.c.id)
        return self._find(chosen if agent_id is None else chosen.where(schedules.c.agent_id == agent_id))

    def fire(self, *, now_ms: int) -> list[str]:
        """Add the runs that are due. Their ids; what another worker added at the same moment is not among them."""
        is_due = and_(schedules.c.enabled.is_(True), schedules.c.next_ms <= now_ms)
        running = select(agents.c.id).where(agents.c.state == "running")
        may_fire = or_(schedules.c.agent_id.is_(None), schedules.c.agent_id.in_(running))
        due = select(schedules).where(is_due, may_fire).order_by(schedules.c.next_ms).limit(_LIMIT)
        rows = self._database.read(lambda connection: connection.execute(due).all())
        return [f"{row.id}.{row.next_ms}" for row in rows if self._fire(row, now_ms)]

    def _fire(self, row: Row[Any], now_ms: int) -> bool:
        """Whether this worker is the one that moved the schedule on, and a run was added."""
        return self._database.write(lambda connection: self._move(connection, row, now_ms))

    def _move(self, connection: Connection, row: Row[Any], now_ms: int) -> bool:
        shape = Schedule(**{**row._mapping, "request": RunRequest(source="")})
        ours = and_(schedules.c.id == row.id, schedules.c.next_ms == row.next_ms)
        if not connection.execute(update(schedules).where(ours).values(next_ms=shape.after(now_ms))).rowcount:
            return False
        problem = self._add(connection, shape, row.request, now_ms)
        self._trail.append(connection, _fired(shape, problem, actor=self._trail.actor, now_ms=now_ms))
        return problem is None

    def _add(self, connection: Connection, shape: Schedule, request: str, now_ms: int) -> str | None:
        """Why there is no run this time; the schedule goes on with the next, and the others are not held up."""
        if connection.scalar(select(runs.c.id).where(runs.c.id == shape.run_id())) is not None:
            return "there is a run of this id already"
        try:
            asked = RunRequest.from_json(request)
        except StoreError as error:
            return error.message
        place = Place(queue=shape.queue, priority=shape.priority, agent_id=shape.agent_id)
        add(connection, self._trail, asked, shape.run_id(), place, now_ms)
        return None

    def _find(self, chosen: Select[Any]) -> list[Schedule]:
        return self._database.read(lambda connection: [_of(row) for row in connection.execute(chosen)])


def _fired(schedule: Schedule, problem: str | None, *, actor: str, now_ms: int) -> AuditEvent:
    details = {"schedule": schedule.id, "due_ms": schedule.next_ms, "problem": problem}
    return AuditEvent(
        "schedule.fired", schedule.id, actor=actor, time_ms=now_ms, run_id=schedule.run_id(), details=details
    )


def _put(connection: Connection, schedule: Schedule) -> None:
    _drop(connection, schedule.id)
    values = {name: getattr(schedule, name) for name in schedules.c.keys()}  # noqa: SIM118  (a column collection)
    connection.execute(insert(schedules).values({**values, "request": schedule.request.to_json()}))


def _drop(connection: Connection, schedule_id: str) -> None:
    connection.execute(delete(schedules).where(schedules.c.id == schedule_id))


def _of(row: Row[Any]) -> Schedule:
    return Schedule(**{**row._mapping, "request": RunRequest.from_json(row.request)})


# -- cron -------------------------------------------------------------------------------------------------------------


def _check_cron(expression: str) -> None:
    croniter = _croniter()
    if len(expression.split()) != _FIELDS or not croniter.is_valid(expression):
        raise UsageError(f"{expression!r} is not a cron expression", hint="Five fields, like '*/15 8-18 * * 1-5'.")


def _next_of_cron(expression: str, now_ms: int) -> int:
    return int(_croniter()(expression, now_ms / 1000).get_next(float)) * 1000


_FIELDS: Final = 5


def _croniter() -> Any:
    """Loaded with its first use: most stores have no cron."""
    try:
        from croniter import croniter
    except ImportError:
        raise UsageError(
            "cron schedules need the package croniter", hint="pip install croniter, or use every_ms."
        ) from None
    return croniter
