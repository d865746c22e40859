"""The list of runs, one run, its cancellation, and the replay that verifies it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from belljar.errors import BelljarError, UsageError
from belljar.journal import Journal, replay
from belljar.store import STATES
from belljar.web._console import Visit, go, signed_in
from belljar.web._run_view import RunView, run_view
from belljar.web._visible import cut, number

if TYPE_CHECKING:
    from belljar.store import RunRow, Store

PAGE: Final = 50


@signed_in
async def runs_page(visit: Visit) -> Response:
    """Newest first, by state and by words, a page at a time."""
    given = {name: visit.query(name).strip() for name in ("state", "q", "agent")}
    before = visit.query("before")

    def look(store: Store) -> tuple[list[RunRow], dict[str, int]]:
        state, text, agent_id = given.values()
        rows = find_runs(store, state=state, text=text, agent_id=agent_id, before=before, limit=PAGE + 1)
        return rows, store.runs.counts()

    rows, counts = await visit.console.ask(look)
    shown = rows[:PAGE]
    older = "?" + urlencode(_said(given) | {"before": place_text(shown[-1])}) if len(rows) > PAGE else ""
    newest = "" if not before else "?" + urlencode(_said(given))
    return visit.page("runs.html", runs=shown, counts=counts, states=STATES, given=given, older=older, newest=newest)


def _said(given: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in given.items() if value}


def find_runs(store: Store, *, state: str, text: str, agent_id: str, before: str, limit: int) -> list[RunRow]:
    """As an address names them. Raises UsageError for a state or a place that there is not."""
    if state and state not in STATES:
        raise UsageError(f"{state!r} is no state of a run", hint=f"One of {', '.join(STATES)}.")
    return store.runs.find(
        state=state or None, text=text or None, agent_id=agent_id or None, before=place(before), limit=limit
    )


def place(before: str) -> tuple[int, str] | None:
    """`MS:ID`, where a page of older ones begins. Raises UsageError."""
    if not before:
        return None
    ms, colon, id_ = before.partition(":")
    created_ms = number(ms)
    if not (colon and id_ and created_ms is not None):
        raise UsageError(f"{cut(before, 80)!r} is no place in the list of runs")
    return created_ms, id_


def place_text(run: RunRow) -> str:
    """The place behind a run."""
    return f"{run.created_ms}:{run.id}"


@signed_in
async def run_page(visit: Visit) -> Response:
    """One run, as far as it is."""
    return await _run(visit)


async def _run(visit: Visit, **facts: Any) -> Response:
    id_, now = visit.part("id"), visit.console.now_ms()
    after = visit.query("after")
    start = number(after) or 0

    def look(store: Store) -> RunView:
        run = store.runs.get(id_)
        questions = store.approvals.find(run_id=id_, limit=1_000)
        return run_view(run, store.runs.journal_text(id_), questions, after=start, now_ms=now)

    view = await visit.console.ask(look)
    return visit.page("run.html", view=view, **({"replayed": None} | facts))


@signed_in
async def cancel(visit: Visit) -> Response:
    """End a run; one that a worker has is ended by that worker."""
    await visit.form()
    id_ = visit.part("id")
    came = await visit.console.ask(lambda store: store.runs.cancel(id_, who=visit.who, now_ms=visit.console.now_ms()))
    return go(f"/runs/{id_}", came)


@signed_in
async def replay_page(visit: Visit) -> Response:
    """Run the journal again, call no tool, compare the bytes; and show the run with what came of it."""
    await visit.form()
    return await _run(visit, replayed=await replayed(visit))


async def replayed(visit: Visit) -> dict[str, Any]:
    """What a replay of the run came to. Raises NotInStoreError, and JournalError for a journal without an end."""
    async with visit.console.replays:
        journal = await visit.console.ask(lambda store: store.runs.journal(visit.part("id")))
        return await run_in_threadpool(_replay, journal)


def _replay(journal: Journal) -> dict[str, Any]:
    """Whether the bytes are the same, and where they are not."""
    try:
        result = replay(journal)
    except BelljarError as error:
        return {"same": False, "sha256": None, "error": error.to_dict()}
    return {"same": True, "sha256": result.sha256, "error": None}
