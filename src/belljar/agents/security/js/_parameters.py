"""What the parameters of a function are, as far as its place tells: a request, a page's message, an event."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from belljar.agents.security.js import _sources
from belljar.agents.security.js._fact import REQUEST, Fact
from belljar.agents.security.js._scope import pattern_names
from belljar.agents.security.js._tree import Node

_REQUEST: Final = frozenset({"req", "_req", "request"})
_RESPONSE: Final = frozenset({"res", "_res", "response", "resp", "reply", "rep", "h", "next", "_next"})
_ROUTES: Final = frozenset({"get", "post", "put", "patch", "delete", "all", "use", "route", "createServer"})
_METHODS: Final = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
_DECORATED: Final = re.compile(r"@(?:Body|Query|Param|Params|Headers|Cookies|UploadedFile|QueryParam|BodyParam)\b")
_MAX_NAME: Final = 40
_EACH: Final = frozenset({"forEach", "map", "filter", "find", "some", "every", "flatMap", "then"})
_LISTEN: Final = "addEventListener"


def parameter_facts(function: Node) -> Iterator[tuple[str, Fact]]:
    """Each name that the function's parameters bind to something known, and what is known of it."""
    patterns = _patterns(function)
    names = [pattern.text if pattern.kind == "identifier" else "" for pattern in patterns]
    for index, pattern in enumerate(patterns):
        base = _role(function, pattern, index, names)
        if base is None:
            continue
        for name, path in pattern_names(pattern):
            yield name, _sources.named(base.path + path, base.origin) if path else base


def _patterns(function: Node) -> list[Node]:
    single = function.part("parameter")
    if single:
        return [single]
    listed = function.part("parameters")
    found = [child.part("pattern") for child in listed.children] if listed else []
    return [pattern for pattern in found if pattern]


def _role(function: Node, pattern: Node, index: int, names: list[str]) -> Fact | None:
    holder = pattern.parent
    decorator = holder.part("decorator") if holder else None
    if decorator and _DECORATED.match(decorator.head(_MAX_NAME)):
        return Fact(f"?{names[index]}", None, REQUEST)
    if names[index] in _REQUEST or (not names[index] and index == 0):
        return _request(function, names, index)
    if names[index] == "ctx":
        return Fact(_sources.CONTEXT_OBJECT)
    if index == 0:
        return _callback_parameter(function, names[0])
    return None


def _request(function: Node, names: list[str], index: int) -> Fact | None:
    is_sure = any(name in _RESPONSE for name in names[index + 1 : index + 4]) or _is_route(function)
    if not is_sure and names[index] != "req":
        return _callback_parameter(function, names[index]) if index == 0 else None
    return Fact(_sources.REQUEST_OBJECT)


def _is_route(function: Node) -> bool:
    named = function.part("name")
    if named and named.text in _METHODS:
        return True
    call = _call_around(function)
    return call is not None and _last_name(call) in _ROUTES and call.part("arguments") is not function


def _callback_parameter(function: Node, name: str) -> Fact | None:
    if name == "event" and _assigned_name(function) == "handler":
        return Fact(_sources.EVENT_OBJECT)
    call = _call_around(function)
    if call is None:
        return Fact(_sources.MESSAGE_OBJECT) if _assigned_name(function) == "onmessage" else None
    callee, arguments = call.part("function"), call.part("arguments")
    if callee is None or arguments is None:
        return None
    if callee.fact.path == _LISTEN and arguments.children[0].fact.text == "message":
        return Fact(_sources.MESSAGE_OBJECT)
    held = callee.part("object")
    if held and held.fact.origin and _last_name(call) in _EACH:
        return Fact(f"?{name}", None, held.fact.origin)
    return None


def _call_around(function: Node) -> Node | None:
    """The call that the function is an argument of."""
    arguments = function.parent
    if arguments is None or arguments.kind != "arguments" or arguments.parent is None:
        return None
    return arguments.parent


def _last_name(call: Node) -> str:
    callee = call.part("function")
    prop = callee.part("property") if callee else None
    return prop.text if prop else callee.text if callee and callee.kind == "identifier" else ""


_HOLDERS: Final = frozenset({"variable_declarator", "assignment_expression", "public_field_definition"})


def _assigned_name(function: Node) -> str:
    """The last name of what the function is assigned to, or its own."""
    holder = function.parent
    target = function.part("name")
    if target is None and holder is not None and holder.kind in _HOLDERS:
        target = holder.part("left") or holder.part("name")
    if target is None or target.kind not in {"identifier", "member_expression", "property_identifier"}:
        return ""
    return (target.part("property") or target).text
