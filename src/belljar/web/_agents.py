"""Agents: which there are, what their jobs did, and the button that stops one. Mounted only while the gate is open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from starlette.responses import Response
from starlette.routing import Route

from belljar.agents import AGENTS, JobView, newest_jobs, one_job, stop
from belljar.web._answers import body_of, data_of, items_of, source_of, who_of
from belljar.web._api import Operation
from belljar.web._audit_pages import RecordView, record_view
from belljar.web._console import Visit, go, signed_in
from belljar.web._run_pages import PAGE, place

if TYPE_CHECKING:
    from belljar.store import RunRow, Store

_RUNS: Final = 50
_RECORDS: Final = 30
NOTE: Final = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """One job with what belongs to it."""

    view: JobView
    runs: list[RunRow]
    records: list[RecordView]


def agent_routes() -> list[Route]:
    """The pages."""
    return [
        Route("/agents", _agents_page),
        Route("/agents/{id:path}/stop", _stop, methods=["POST"]),  # before the next, which would take it
        Route("/agents/{id:path}", _job_page),
    ]


@signed_in
async def _agents_page(visit: Visit) -> Response:
    """The registry, and the jobs of the store, newest first, a page at a time."""
    now, before = visit.console.now_ms(), visit.query("before")
    start = place(before)
    jobs = await visit.console.ask(lambda store: newest_jobs(store, now_ms=now, limit=PAGE + 1, before=start))
    shown = jobs[:PAGE]
    older = "?" + urlencode({"before": f"{shown[-1].began_ms}:{shown[-1].id}"}) if len(jobs) > PAGE else ""
    return visit.page("agents.html", agents=list(AGENTS.values()), jobs=shown, older=older, is_newest=not before)


@signed_in
async def _job_page(visit: Visit) -> Response:
    """One job: its steps, its runs, what the log says of it."""
    now = visit.console.now_ms()
    job = await visit.console.ask(lambda store: _job(store, visit.part("id"), now))
    return visit.page("agent.html", job=job.view, runs=job.runs, records=job.records)


def _job(store: Store, id_: str, now_ms: int) -> _Job:
    return _Job(
        view=one_job(store, id_, now_ms=now_ms),
        runs=store.runs.find(agent_id=id_, limit=_RUNS),
        records=[record_view(record) for record in store.audit.find(text=id_, limit=_RECORDS)],
    )


@signed_in
async def _stop(visit: Visit) -> Response:
    """Stop a job; whoever has it hears of it within a second."""
    await visit.form()
    await _stopped(visit, visit.who, visit.source)
    return go(f"/agents/{visit.part('id')}", NOTE)


async def _stopped(visit: Visit, who: str, source: str) -> JobView:
    id_, now = visit.part("id"), visit.console.now_ms()

    def work(store: Store) -> JobView:
        stop(store, id_, who=who, source=source)
        return one_job(store, id_, now_ms=now)

    return await visit.console.ask(work)


# -- the API ----------------------------------------------------------------------------------------------------------


async def _list_registry(visit: Visit) -> Response:
    return items_of(visit, [info.to_dict() for info in AGENTS.values()], None)


async def _get_job(visit: Visit) -> Response:
    now = visit.console.now_ms()
    job = await visit.console.ask(lambda store: one_job(store, visit.part("id"), now_ms=now))
    return data_of(visit, job.to_dict())


async def _stop_job(visit: Visit) -> Response:
    who = who_of(visit, await body_of(visit))
    return data_of(visit, (await _stopped(visit, who, source_of(visit))).to_dict())


AGENT_OPERATIONS: Final = (
    Operation(method="GET", path="/registry", name="listRegistry", summary="Agents that there are.",
              handler=_list_registry, answer="RegisteredAgent", is_list=True),
    Operation(method="GET", path="/agents/{id}", name="getAgent", summary="One job: its steps, how it ended.",
              handler=_get_job, answer="Job"),
    Operation(method="POST", path="/agents/{id}/stop", name="stopAgent", summary="Stop a job. Harmless twice.",
              handler=_stop_job, body="Stop", answer="Job"),
)  # fmt: skip

_TEXT: Final = {"type": "string"}
_TEXTS: Final = {"type": "array", "items": _TEXT}
_MAYBE: Final = {"type": ["string", "null"]}
_NUMBER: Final = {"type": "integer"}
_YES_NO: Final = {"type": "boolean"}
_TREE: Final = {"type": "object"}
_ANY: Final[dict[str, Any]] = {}


def _object(required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required.split(), "properties": properties}


AGENT_SCHEMAS: Final[Mapping[str, Mapping[str, Any]]] = {
    "RegisteredAgent": _object(
        "name version capabilities triggers gate checksum", name=_TEXT, version=_TEXT, description=_TEXT,
        capabilities=_TEXTS, triggers=_TEXTS, gate={"enum": ["open", "closed"]}, checksum=_TEXT, input=_TREE,
    ),
    "Job": _object(
        "id name state is_job steps", id=_TEXT, name=_TEXT, version=_TEXT,
        state={"enum": ["running", "lost", "finished", "denied", "waiting", "failed", "stopped"]},
        owner=_MAYBE, checksum=_MAYBE, is_current=_YES_NO, is_job=_YES_NO, began_ms=_NUMBER, beat_ms=_NUMBER,
        step_count=_NUMBER, input=_ANY, steps=_TREE, notes=_TREE, result=_ANY, error={"type": ["object", "null"]},
    ),
    "Stop": _object("", who=_TEXT),
}  # fmt: skip
"""What these operations bring into the API's document."""
