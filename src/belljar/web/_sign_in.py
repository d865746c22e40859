"""Sign-in by token and name, and sign-out.

The link that the server prints has the token behind `#`, which no browser sends: the page's script puts it into the
form's field and takes it out of the address.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from belljar.errors import UsageError
from belljar.web._console import Console, Visit, go, signed_in, visit_of
from belljar.web._people import clean_name, person
from belljar.web._sessions import COOKIE, Session


async def sign_in_page(request: Request) -> Response:
    """The form. A visitor without a session gets one here, so that the form has a token."""
    known = visit_of(request)
    if known is not None and known.session.is_signed_in:
        return RedirectResponse("/", 303)
    return _form(known or _new_visit(request))


async def sign_in(request: Request) -> Response:
    """A new session for who shows a token; 403 with the form again for others, whose claim of a name proves nothing."""
    visit = visit_of(request)
    if visit is None:
        return _form(_new_visit(request), "That page was too old. Please try again.", status=403)
    form = await visit.form()
    claimed = clean_name(form.get("name", ""))
    entry = await visit.console.admit(request, form.get("token", "").strip(), kind="web", claimed=claimed)
    if entry is None:
        return _form(visit, "This token opens nothing here.", status=403, name=claimed)
    if not (entry.name or claimed):
        return _form(visit, "Your name is missing: it stands in every decision.", status=403)
    try:
        name = entry.name or person(claimed)
    except UsageError as error:
        return _form(visit, f"{error.message}.", status=403)
    await visit.console.note("web.signed_in", "signed in", actor=name, source=visit.source)
    visit.console.sessions.end(visit.session)
    return _with_cookie(RedirectResponse("/", 303), visit, visit.console.sessions.new(name))


@signed_in
async def sign_out(visit: Visit) -> Response:
    """The session ends everywhere."""
    await visit.form()
    visit.console.sessions.end(visit.session)
    response = go("/sign-in", "signed-out")
    response.delete_cookie(COOKIE)
    return response


def _new_visit(request: Request) -> Visit:
    console: Console = request.app.state.console
    return Visit(request=request, console=console, session=console.sessions.new())


def _form(visit: Visit, problem: str = "", *, status: int = 200, name: str = "") -> Response:
    response = visit.page("sign_in.html", status=status, problem=problem, name=name)
    return _with_cookie(response, visit, visit.session)


def _with_cookie(response: Response, visit: Visit, session: Session) -> Response:
    sessions = visit.console.sessions
    response.set_cookie(
        COOKIE,
        sessions.seal(session),
        max_age=sessions.lifetime_s,
        httponly=True,
        samesite="strict",
        secure=visit.request.url.scheme == "https",
    )
    return response
