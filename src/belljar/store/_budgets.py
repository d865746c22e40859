"""What was used of an approval that has a ceiling: a copy of what the journal says, to look at and to search."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select, update

from belljar.store._schema import budgets


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """An approval for the run, with its ceiling."""

    approval_id: str
    tool: str
    calls_used: int
    calls_max: int | None
    sum_of: str | None
    """The argument that is added up."""
    sum_used: float
    sum_max: float | None


def open_budget(connection: Connection, run_id: str, facts: Mapping[str, Any]) -> None:
    """Of an approval record with a ceiling."""
    ceiling = facts["ceiling"]
    connection.execute(
        insert(budgets).values(
            run_id=run_id,
            approval_id=facts["request"],
            tool=facts["tool"],
            calls_max=ceiling["calls"],
            sum_of=ceiling["sum_of"],
            sum_max=ceiling["at_most"],
        )
    )


def use_budget(connection: Connection, run_id: str, facts: Mapping[str, Any]) -> None:
    """Of an intent record that is made on an approval for the run. One without a ceiling has no budget."""
    is_it = (budgets.c.run_id == run_id) & (budgets.c.approval_id == f"{run_id}:{facts['granted']}")
    row = connection.execute(select(budgets.c.sum_of).where(is_it)).one_or_none()
    if row is None:
        return
    amount = facts["arguments"].get(row.sum_of, 0) if row.sum_of is not None else 0
    used = {"calls_used": budgets.c.calls_used + 1, "sum_used": budgets.c.sum_used + amount}
    connection.execute(update(budgets).where(is_it).values(used))


def budgets_of(connection: Connection, run_id: str) -> list[Budget]:
    """The run's, by approval."""
    names = ("approval_id", "tool", "calls_used", "calls_max", "sum_of", "sum_used", "sum_max")
    query = select(*(budgets.c[name] for name in names)).where(budgets.c.run_id == run_id)
    return [Budget(**row._mapping) for row in connection.execute(query.order_by(budgets.c.approval_id))]
