"""The console as an ASGI application: routes, layers, and what lives as long as the server."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from belljar import gate
from belljar.audit import secrets_pattern
from belljar.errors import (
    BelljarError,
    DecisionRefusedError,
    JournalError,
    NotInStoreError,
    SerializationError,
    StoreBusyError,
    StoreFullError,
    UsageError,
)
from belljar.web import _approval_pages as approvals
from belljar.web import _audit_pages as audit
from belljar.web import _run_pages as runs
from belljar.web import _sign_in, _worker_pages
from belljar.web._api import PREFIX, admitted, api_routes
from belljar.web._attempts import Attempts
from belljar.web._console import Console, Settings, Visit, environment, signed_in, visit_of
from belljar.web._feed import Feed
from belljar.web._guard import HEADERS, layers
from belljar.web._metrics import CONTENT_TYPE, metrics_text
from belljar.web._people import People
from belljar.web._sessions import Session, Sessions
from belljar.web._visible import number

if TYPE_CHECKING:
    from belljar.audit import PublicKey
    from belljar.durable import Slice
    from belljar.harness import Harness, Outcome
    from belljar.store import Store

LOOPBACK: Final = ("127.0.0.1", "localhost", "::1", "[::1]")
_LOGGER: Final = logging.getLogger("belljar.web")
_REPLAYS: Final = 2
_STATUS: Final[Mapping[type[BelljarError], int]] = {
    NotInStoreError: 404,
    UsageError: 400,
    DecisionRefusedError: 422,
    SerializationError: 422,
    JournalError: 409,
    StoreBusyError: 503,
    StoreFullError: 507,
    BelljarError: 500,
}
"""The nearest class in an error's ancestry decides."""


def make_app(
    store: Store,
    *,
    token: str | People,
    harness: Harness | None = None,
    hosts: Sequence[str] = (),
    secrets: Sequence[str] = (),
    keys: Sequence[PublicKey] = (),
    settings: Settings | None = None,
) -> Starlette:
    """The console of a store, for whoever has `token`: one for all, or `People` with a token each.

    `hosts` are the names it answers to besides this computer's own; `secrets` are values that no page shows; `keys`
    are those whose signatures count when the audit log is verified. With a harness the server works off runs itself.
    Raises UsageError for a token that is too short.
    """
    settings = settings or Settings()
    hidden = secrets_pattern(secrets)
    console = Console(
        store=store,
        people=token if isinstance(token, People) else People.shared(token),
        sessions=Sessions(lifetime_s=settings.session_s, clock=settings.clock),
        attempts=Attempts(settings.sign_ins, time.monotonic),
        feed=Feed(store, poll_s=settings.poll_s),
        settings=settings,
        harness=harness,
        pages=environment(hidden),
        keys=tuple(keys),
        secrets=hidden,
        replays=asyncio.Semaphore(_REPLAYS),
    )
    app = Starlette(
        routes=_routes(),
        middleware=layers([*LOOPBACK, *hosts], settings.requests),
        exception_handlers={HTTPException: _refused, BelljarError: _failed, Exception: _crashed},
        lifespan=_lifespan,
    )
    app.state.console = console
    return app


def _routes() -> list[Route | Mount]:
    return [
        Route("/", approvals.inbox),
        Route("/sign-in", _sign_in.sign_in_page, methods=["GET"]),
        Route("/sign-in", _sign_in.sign_in, methods=["POST"]),
        Route("/sign-out", _sign_in.sign_out, methods=["POST"]),
        Route("/approvals/together", approvals.vote_together, methods=["POST"]),
        Route("/approvals/{id}", approvals.question_page),
        Route("/approvals/{id}/vote", approvals.vote, methods=["POST"]),
        Route("/runs", runs.runs_page),
        Route("/runs/{id}", runs.run_page),
        Route("/runs/{id}/cancel", runs.cancel, methods=["POST"]),
        Route("/runs/{id}/replay", runs.replay_page, methods=["POST"]),
        Route("/audit", audit.audit_page),
        Route("/audit/verify", audit.verify_page, methods=["POST"]),
        Route("/audit/export", audit.export_page),
        Route("/workers", _worker_pages.workers_page),
        Route("/events", _events),
        Route("/metrics", _metrics),
        Route("/healthz", _health),
        *_gated_routes(),
        *api_routes(),
        Mount("/static", StaticFiles(packages=[("belljar.web", "static")])),
    ]


def _gated_routes() -> list[Route]:
    """None while the gate is closed: then there is no such page."""
    if not gate.is_on():
        return []
    from belljar.web._agents import agent_routes  # behind the gate

    return agent_routes()


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    console: Console = app.state.console
    if gate.is_on():
        await console.note("gate.used", "console", actor="belljar")
    tasks = [asyncio.create_task(console.feed.run())]
    try:
        async with _work(console):
            yield
    finally:
        await console.feed.close()
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


@asynccontextmanager
async def _work(console: Console) -> AsyncIterator[None]:
    """A worker for as long as the server goes, where there is a harness. It finishes or releases what it has."""
    if console.harness is None:
        yield
        return
    from belljar.durable import Worker  # only where runs are worked off here

    async with console.harness as harness:
        worker = Worker(harness, on_slice=_log)
        task = asyncio.create_task(worker.run())
        try:
            yield
        finally:
            worker.stop()
            await task


def _log(slice: Slice | None, result: Outcome | Exception) -> None:
    """How runs end is in the store; trouble with working them off is for the server's log."""
    if isinstance(result, Exception):
        _LOGGER.warning("%s was not worked off: %s", slice.run_id if slice is not None else "the store", result)


@signed_in
async def _events(visit: Visit) -> Response:
    feed, session = visit.console.feed, visit.session
    if not feed.sit_down(session.id):
        raise HTTPException(503, "Too many pages are watched already.")
    last = visit.request.headers.get("last-event-id", "")
    stream = feed.stream(number(last), lambda: visit.console.sessions.is_live(session))
    return _Watched(stream, at_end=lambda: feed.stand_up(session.id))


class _Watched(StreamingResponse):
    """A stream of events that says when it is over, also where the browser left before it began."""

    def __init__(self, stream: AsyncIterator[str], *, at_end: Callable[[], None]) -> None:
        super().__init__(stream, media_type="text/event-stream", headers={"x-accel-buffering": "no"})
        self._at_end = at_end

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """An ASGI call."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._at_end()


async def _metrics(request: Request) -> Response:
    console: Console = request.app.state.console
    await admitted(request)
    figures = await console.ask(lambda store: store.metrics(console.now_ms()))
    return Response(metrics_text(figures), media_type=CONTENT_TYPE)


async def _health(request: Request) -> Response:
    """Whether the store answers. Says nothing else, so it needs no token."""
    console: Console = request.app.state.console
    await console.ask(lambda store: store.audit.head())
    return PlainTextResponse("ok\n")


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    facts = {"code": "", "message": error.detail, "hint": ""}
    return _told(request, error.status_code, facts, error.headers)


async def _failed(request: Request, error: Exception) -> Response:
    assert isinstance(error, BelljarError)
    status = next(_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS)
    return _told(request, status, {"code": error.code, "message": error.message, "hint": error.hint})


async def _crashed(_request: Request, _error: Exception) -> Response:
    """A fault of ours. It says nothing here and is raised on, into the server's log. No layer sees this answer."""
    return PlainTextResponse("This server has a fault. Its log says more.", 500, HEADERS)


def _told(request: Request, status: int, facts: dict[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    if request.url.path.startswith(PREFIX):
        code = facts["code"] or HTTPStatus(status).phrase.replace(" ", "")
        text = json.dumps({"error": facts | {"code": code}})  # ASCII: a message may have half a character in it
        return Response(text, status, headers, "application/json")
    if request.url.path == "/metrics":
        return PlainTextResponse(facts["message"], status, headers)
    page = _problem_page(request, status, facts)
    page.headers.update(headers or {})
    return page


def _problem_page(request: Request, status: int, facts: dict[str, Any]) -> HTMLResponse:
    console: Console = request.app.state.console
    nobody = Session(id=secrets.token_hex(8), name="", until=0)
    visit = visit_of(request) or Visit(request=request, console=console, session=nobody)
    title = {404: "Not here", 403: "Refused", 401: "Sign in first", 405: "Not that way"}.get(
        status, "That did not work"
    )
    return visit.page("problem.html", status=status, title=title, **facts)
