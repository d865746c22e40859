"""Who works off runs, and what they work by: workers, agents, schedules, queues."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from belljar.web._console import Visit, signed_in

if TYPE_CHECKING:
    from belljar.store import Store, WorkerRow


@signed_in
async def workers_page(visit: Visit) -> Response:
    """Workers, those that are gone too; agents; schedules and the limits of queues."""
    now = visit.console.now_ms()

    def look(store: Store) -> dict[str, Any]:
        return {
            "workers": known_workers(store, now),
            "agents": store.agents.all(),
            "schedules": store.schedules.all(),
            "queues": store.queues.all(),
        }

    return visit.page("workers.html", **await visit.console.ask(look))


def known_workers(store: Store, now_ms: int) -> list[tuple[WorkerRow, bool]]:
    """Every worker, and whether it is dead."""
    return [(worker, store.workers.is_dead(worker.id, now_ms)) for worker in store.workers.all()]
