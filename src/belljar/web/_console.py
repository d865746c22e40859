"""What all pages share: the store, who may sign in, the templates; and one visit of one browser.

The store's calls wait for a disk, so they are made in a thread. Pages are made from plain values: no template reads the
store.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

import belljar
from belljar import gate
from belljar.audit import AuditEvent
from belljar.web._attempts import Attempts
from belljar.web._buckets import Rate
from belljar.web._feed import Feed
from belljar.web._guard import address_of, too_many
from belljar.web._people import NOBODY, Entry, People
from belljar.web._sessions import COOKIE, Session, Sessions
from belljar.web._visible import cleaned, cut, finalizer, json_text, moment_iso, moment_text, short_json, span_text

if TYPE_CHECKING:
    from belljar.audit import PublicKey
    from belljar.harness import Harness
    from belljar.store import Store

T = TypeVar("T")
Handler = Callable[["Visit"], Awaitable[Response]]

NOTES: Final[Mapping[str, str]] = {
    "approved": "Approved. The run goes on as soon as a worker takes it.",
    "counted": "Your vote is counted. The question waits for the others.",
    "denied": "Denied. The script is told so.",
    "responded": "Recorded: the call took place. The script gets that result.",
    "together": "All the chosen calls are answered.",
    "already": "This was decided before; your answer changed nothing.",
    "voted": "You have voted on this before; the question waits for the others.",
    "cancelled": "The run is cancelled.",
    "requested": "The run is being stopped by the worker that has it.",
    "ended": "The run had ended already.",
    "stopped": "Stopped. Whoever works at it ends within a second.",
    "signed-out": "You are signed out.",
}
"""What a page says after a form; the address names one of these, so it can say nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How long and how often."""

    session_s: int = 8 * 3600
    """A working day; then one signs in again."""
    requests: Rate = field(default_factory=lambda: Rate(burst=300, per_s=30))
    """For each address. A page and its live parts are about five."""
    sign_ins: Rate = field(default_factory=lambda: Rate(burst=10, per_s=1 / 6))
    """Wrong tokens, for each address: ten, then ten a minute."""
    poll_s: float = 0.3
    """How often the audit log is looked at while somebody watches."""
    clock: Callable[[], float] = time.time
    """Seconds since 1970, for sessions and for what is written down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Console:
    """One server's parts."""

    store: Store
    people: People
    sessions: Sessions
    attempts: Attempts
    feed: Feed
    settings: Settings
    harness: Harness | None
    """Works off runs in this process, where it is given."""
    pages: Environment
    keys: tuple[PublicKey, ...]
    """Whose signatures count when the audit log is verified; none: they are not looked at."""
    secrets: re.Pattern[str] | None
    """What no page and no answer shows."""
    replays: asyncio.Semaphore
    """A replay takes a thread for as long as its script computes: so many at once."""

    def now_ms(self) -> int:
        """Milliseconds since 1970."""
        return int(self.settings.clock() * 1000)

    async def ask(self, work: Callable[[Store], T]) -> T:
        """What `work` reads or writes, in a thread."""
        return await run_in_threadpool(work, self.store)

    async def admit(self, request: Request, token: str | None, *, kind: str, **details: Any) -> Entry | None:
        """Whose token it is. None for a wrong one, or none, which costs an attempt and is on record.

        Raises HTTPException 429 where the address has no attempt left.
        """
        address = address_of(request.scope)
        entry = self.people.find(token) if token is not None else None
        if wait := self.attempts.wait_s(address, entry):
            raise too_many(wait)
        if entry is None:
            action = "no token, or a wrong one"
            await self.note("web.refused", action, actor=NOBODY, source=f"{kind} {address}", **details)
        return entry

    async def note(self, event: str, action: str, *, actor: str, **details: Any) -> None:
        """Into the audit log."""
        fact = AuditEvent(event, action, actor=actor, time_ms=self.now_ms(), details=details)
        await self.ask(lambda store: store.audit.append(fact))


def environment(secrets: re.Pattern[str] | None = None) -> Environment:
    """Templates that escape everything and show what would hide; an unknown name is an error."""
    pages = Environment(
        loader=PackageLoader("belljar.web"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=finalizer(secrets),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters |= {
        "cut": cut, "clean": cleaned, "json": json_text, "short_json": short_json, "moment": moment_text,
        "iso": moment_iso, "span": span_text, "segment": lambda text: quote(str(text), safe=""),
    }  # fmt: skip
    pages.globals["version"] = belljar.__version__
    return pages


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request and the session it belongs to."""

    request: Request
    console: Console
    session: Session

    @property
    def who(self) -> str:
        """The name that decisions carry."""
        return self.session.name

    @property
    def source(self) -> str:
        """From where, for the record."""
        return f"web {address_of(self.request.scope)}"

    def part(self, name: str) -> str:
        """A part of the path."""
        return str(self.request.path_params[name])

    def query(self, name: str) -> str:
        """A parameter of the address; empty where it is not given."""
        return self.request.query_params.get(name, "")

    def page(self, template: str, *, status: int = 200, **facts: Any) -> HTMLResponse:
        """A whole page."""
        common = {
            "visit": self,
            "path": self.request.url.path,
            "form_token": self.console.sessions.form_token(self.session),
            "now_ms": self.console.now_ms(),
            "note": NOTES.get(self.query("note"), ""),
            "is_named": self.console.people.is_named,
            "gate_is_open": gate.is_on(),
        }
        text = self.console.pages.get_template(template).render(**common, **facts)
        return HTMLResponse(text, status)

    async def form(self) -> dict[str, str]:
        """The fields of a form of this session. Raises HTTPException 403 for any other form."""
        async with self.request.form(max_files=0, max_fields=500) as fields:
            given = {name: value for name, value in fields.multi_items() if isinstance(value, str)}
        if not self.console.sessions.is_form_token(self.session, given.get("form_token", "")):
            # It costs an attempt, as a wrong token does: nobody fills the log with these.
            if wait := self.console.attempts.wait_s(address_of(self.request.scope), None):
                raise too_many(wait)
            actor = self.who or NOBODY
            await self.console.note("web.refused", "a form without its token", actor=actor, source=self.source)
            raise HTTPException(403, "This form is not from a page of this session. Load the page again.")
        return {name: value.replace("\r\n", "\n") for name, value in given.items()}


def go(path: str, note: str = "") -> RedirectResponse:
    """After a form: the browser loads a page, and loading it again sends nothing twice."""
    return RedirectResponse(f"{path}?note={note}" if note else path, 303)


def signed_in(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """For those who showed a token; people are sent to the sign-in page, scripts are told 401."""

    @wraps(handler)
    async def endpoint(request: Request) -> Response:
        visit = visit_of(request)
        if visit is not None and visit.session.is_signed_in:
            return await handler(visit)
        if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
            return RedirectResponse("/sign-in", 303)
        raise HTTPException(401, "Sign in first.")

    return endpoint


def visit_of(request: Request) -> Visit | None:
    """None without a session, or with one that is over."""
    console: Console = request.app.state.console
    session = console.sessions.open(request.cookies.get(COOKIE))
    return Visit(request=request, console=console, session=session) if session is not None else None
