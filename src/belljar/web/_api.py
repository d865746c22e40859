"""The JSON API beside the pages: the same store, a token instead of a session, and one table of operations.

A request carries `Authorization: Bearer TOKEN`, so no browser can be made to send it by another site, and there is no
form token. Errors are `{"error": {...}}` with the library's codes. `operations` is the whole surface: routes and the
OpenAPI document are both made from it.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from belljar import gate
from belljar.store import QUESTION_STATES
from belljar.web._answers import body_of, data_of, items_of, limit_of, source_of, who_of
from belljar.web._audit_pages import EXPORT_TYPE, export_lines, find_records, verified
from belljar.web._console import Console, Visit
from belljar.web._people import SHARED, Entry
from belljar.web._plain import agent_json, question_json, record_json, run_and_script_json, run_json, worker_json
from belljar.web._run_pages import find_runs, place_text, replayed
from belljar.web._sessions import Session
from belljar.web._visible import number
from belljar.web._votes import decision_of_form
from belljar.web._worker_pages import known_workers

if TYPE_CHECKING:
    from belljar.store import Store

PREFIX: Final = "/api/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method on one path."""

    method: str
    path: str
    name: str
    """`operationId`."""
    summary: str
    handler: Callable[[Visit], Awaitable[Response]]
    query: tuple[str, ...] = ()
    """Names of parameters in the address."""
    body: str | None = None
    """Schema of the request."""
    answer: str
    """Schema of the answer."""
    is_list: bool = False
    """Whether the answer is `{"items": [...], "next": ...}` of that schema."""


def api_routes() -> list[Route]:
    """A route for each operation."""
    return [Route(PREFIX + each.path, _endpoint(each), methods=[each.method], name=each.name) for each in operations()]


def operations() -> tuple[Operation, ...]:
    """All that there are in this process: those of agents only while the gate is open."""
    if not gate.is_on():
        return OPERATIONS
    from belljar.web._agents import AGENT_OPERATIONS  # behind the gate

    return OPERATIONS + AGENT_OPERATIONS


def _endpoint(operation: Operation) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        console: Console = request.app.state.console
        entry = await admitted(request)
        request.state.entry = entry
        session = Session(id="", name=entry.name or SHARED, until=0)
        return await operation.handler(Visit(request=request, console=console, session=session))

    return endpoint


async def admitted(request: Request) -> Entry:
    """Whose token the request carries. Raises HTTPException 401, and 429 for an address that guesses."""
    console: Console = request.app.state.console
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    entry = await console.admit(request, token.strip() if scheme.lower() == "bearer" else None, kind="api")
    if entry is None:
        raise HTTPException(401, "This needs Authorization: Bearer TOKEN.", {"www-authenticate": "Bearer"})
    return entry


# -- runs -------------------------------------------------------------------------------------------------------------


async def _list_runs(visit: Visit) -> Response:
    most = limit_of(visit)

    def look(store: Store) -> Any:
        given = {name: visit.query(name) for name in ("state", "text", "before", "agent_id")}
        return find_runs(store, **given, limit=most + 1)

    rows = await visit.console.ask(look)
    return items_of(
        visit, [run_json(row) for row in rows[:most]], place_text(rows[most - 1]) if len(rows) > most else None
    )


async def _get_run(visit: Visit) -> Response:
    return data_of(visit, run_and_script_json(await visit.console.ask(lambda store: store.runs.get(visit.part("id")))))


async def _get_journal(visit: Visit) -> Response:
    def look(store: Store) -> str:
        return store.runs.journal_text(store.runs.get(visit.part("id")).id)

    return Response(await visit.console.ask(look), media_type=EXPORT_TYPE)


async def _cancel_run(visit: Visit) -> Response:
    who, id_ = who_of(visit, await body_of(visit)), visit.part("id")
    came = await visit.console.ask(lambda store: store.runs.cancel(id_, who=who, now_ms=visit.console.now_ms()))
    return data_of(visit, {"result": came})


async def _replay_run(visit: Visit) -> Response:
    return data_of(visit, await replayed(visit))


# -- approvals --------------------------------------------------------------------------------------------------------


async def _list_approvals(visit: Visit) -> Response:
    state, run_id, most = visit.query("state"), visit.query("run_id"), limit_of(visit)
    if state and state not in QUESTION_STATES:
        raise HTTPException(400, f"state is one of {', '.join(QUESTION_STATES)}")
    found = await visit.console.ask(
        lambda store: store.approvals.find(state=state or None, run_id=run_id or None, limit=most)
    )
    return items_of(visit, [question_json(question) for question in found], None)


async def _get_approval(visit: Visit) -> Response:
    return data_of(visit, question_json(await visit.console.ask(lambda store: store.approvals.get(visit.part("id")))))


async def _vote(visit: Visit) -> Response:
    body = await body_of(visit)
    who = who_of(visit, body)
    form = {name: _field(name, value) for name, value in body.items() if value is not None or name == "value"}

    def cast(store: Store) -> Any:
        question, now = store.approvals.get(visit.part("id")), visit.console.now_ms()
        decision = decision_of_form(question, form, now_ms=now)
        return store.approvals.vote(question.id, decision, who=who, source=source_of(visit), now_ms=now)

    standing = await visit.console.ask(cast)
    return data_of(
        visit,
        {
            "question": question_json(standing.question),
            "is_new": standing.is_new,
            "decided": standing.decided.verdict if standing.decided is not None else None,
        },
    )


def _field(name: str, value: Any) -> str:
    """As a form would have it; a result is JSON, also where it is a text."""
    return value if isinstance(value, str) and name != "value" else json.dumps(value)


# -- audit, workers, agents, figures ----------------------------------------------------------------------------------


async def _list_audit(visit: Visit) -> Response:
    most = limit_of(visit)
    given = {"event": visit.query("event"), "run": visit.query("run_id")}
    given |= {"actor": visit.query("actor"), "q": visit.query("text")}
    before = number(visit.query("before"))
    rows = await visit.console.ask(lambda store: find_records(store, given, before=before, limit=most + 1))
    return items_of(
        visit, [record_json(row) for row in rows[:most]], str(rows[most - 1].seq) if len(rows) > most else None
    )


async def _verify_audit(visit: Visit) -> Response:
    return data_of(visit, await verified(visit.console))


async def _export_audit(visit: Visit) -> Response:
    await visit.console.note("audit.exported", "exported over the API", actor=visit.who, source=source_of(visit))
    after = number(visit.query("after")) or 0
    return StreamingResponse(export_lines(visit.console.store, after), media_type=EXPORT_TYPE)


async def _list_workers(visit: Visit) -> Response:
    found = await visit.console.ask(lambda store: known_workers(store, visit.console.now_ms()))
    return items_of(visit, [worker_json(worker, is_dead=is_dead) for worker, is_dead in found], None)


async def _list_agents(visit: Visit) -> Response:
    return items_of(
        visit, [agent_json(agent) for agent in await visit.console.ask(lambda store: store.agents.all())], None
    )


async def _get_metrics(visit: Visit) -> Response:
    return data_of(visit, dict(await visit.console.ask(lambda store: store.metrics(visit.console.now_ms()))))


async def _get_document(_visit: Visit) -> Response:
    from belljar.web._openapi import document  # it reads the operations

    return JSONResponse(document())


_RUN_QUERY: Final = ("state", "text", "agent_id", "before", "limit")
_AUDIT_QUERY: Final = ("event", "run_id", "actor", "text", "before", "limit")

OPERATIONS: Final = (
    Operation(method="GET", path="/runs", name="listRuns", summary="Runs, newest first.", handler=_list_runs,
              query=_RUN_QUERY, answer="Run", is_list=True),
    Operation(method="GET", path="/runs/{id}", name="getRun", summary="One run, with its script.", handler=_get_run,
              answer="Run"),
    Operation(method="GET", path="/runs/{id}/journal", name="getJournal",
              summary="The journal as JSON lines, whole: with what tools were given.",
              handler=_get_journal, answer="Lines"),
    Operation(method="POST", path="/runs/{id}/cancel", name="cancelRun", summary="End a run.", handler=_cancel_run,
              body="Cancel", answer="Cancelled"),
    Operation(method="POST", path="/runs/{id}/replay", name="replayRun",
              summary="Replay the journal, call no tool, compare the bytes.", handler=_replay_run, answer="Replayed"),
    Operation(method="GET", path="/approvals", name="listApprovals", summary="Questions to people.",
              handler=_list_approvals, query=("state", "run_id", "limit"), answer="Question", is_list=True),
    Operation(method="GET", path="/approvals/{id}", name="getApproval", summary="One question.", handler=_get_approval,
              answer="Question"),
    Operation(method="POST", path="/approvals/{id}/vote", name="vote",
              summary="Answer a question. Answering twice is harmless.", handler=_vote, body="Vote", answer="Standing"),
    Operation(method="GET", path="/audit", name="listAudit", summary="Audit records, newest first.",
              handler=_list_audit, query=_AUDIT_QUERY, answer="Record", is_list=True),
    Operation(method="GET", path="/audit/verify", name="verifyAudit", summary="Follow the whole chain.",
              handler=_verify_audit, answer="Verified"),
    Operation(method="GET", path="/audit/export", name="exportAudit", summary="All records as JSON lines.",
              handler=_export_audit, query=("after",), answer="Lines"),
    Operation(method="GET", path="/workers", name="listWorkers", summary="Workers.", handler=_list_workers,
              answer="Worker", is_list=True),
    Operation(method="GET", path="/agents", name="listAgents", summary="Agents.", handler=_list_agents,
              answer="Agent", is_list=True),
    Operation(method="GET", path="/metrics", name="getMetrics", summary="Figures by name.", handler=_get_metrics,
              answer="Metrics"),
    Operation(method="GET", path="/openapi.json", name="getDocument", summary="This document.", handler=_get_document,
              answer="Document"),
)  # fmt: skip
"""The whole API, but for what is behind the gate."""
