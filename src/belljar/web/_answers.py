"""What operations of the API share: reading a request, and an answer without secrets."""

from __future__ import annotations

import json
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.responses import Response

from belljar.errors import DecisionRefusedError, UsageError
from belljar.values import wire_tree
from belljar.web._console import Visit
from belljar.web._guard import address_of
from belljar.web._people import Entry, clean_name, person
from belljar.web._visible import masked, number

_LIMIT: Final = 50
_MOST: Final = 500


def data_of(visit: Visit, facts: dict[str, Any]) -> Response:
    """As JSON, without the secrets that the server knows."""
    known = masked(wire_tree(facts, depth=256), visit.console.secrets)
    return Response(json.dumps(known), media_type="application/json")


def items_of(visit: Visit, found: list[dict[str, Any]], after: str | None) -> Response:
    """A page of a list; `after` is where the next begins."""
    return data_of(visit, {"items": found, "next": after})


def limit_of(visit: Visit) -> int:
    """How many are asked for, within bounds."""
    return min(max(number(visit.query("limit") or str(_LIMIT)) or 1, 1), _MOST)


def source_of(visit: Visit) -> str:
    """From where, for the record."""
    return f"api {address_of(visit.request.scope)}"


async def body_of(visit: Visit) -> dict[str, Any]:
    """A JSON object; nothing counts as an empty one. Raises HTTPException 400."""
    raw = await visit.request.body()
    try:
        body = json.loads(raw) if raw else {}
    except (ValueError, RecursionError):
        raise HTTPException(400, "The body is no JSON.") from None
    if not isinstance(body, dict):
        raise HTTPException(400, "The body is a JSON object.")
    return body


def who_of(visit: Visit, body: dict[str, Any]) -> str:
    """The name of the token; with a shared one, the name that the body gives."""
    entry: Entry = visit.request.state.entry
    if entry.name is not None:
        return entry.name
    who = clean_name(str(body.get("who") or ""))
    if not who:
        raise DecisionRefusedError("the token is shared, so the body says who decides", hint='Add "who": "NAME".')
    try:
        return person(who)
    except UsageError as error:
        raise DecisionRefusedError(error.message, hint=error.hint) from None
