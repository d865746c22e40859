"""Rules about what a server asks for, where it sends people, and the headers it sets."""

from __future__ import annotations

import re
from typing import Final

from belljar.agents.security.js._fact import HOLE, NOTHING, REMOTE, REQUEST, Fact
from belljar.agents.security.js._rule import (
    Rule,
    argument,
    arguments,
    callee,
    callee_path,
    fact,
    is_false,
    is_true,
    name_of,
    pairs,
    value_of,
)
from belljar.agents.security.js._tree import Node

_FIXED_START: Final = re.compile(rf"(?:https?://[^/{HOLE}]+/|/[^/\\{HOLE}]|[.?#]|(?:mailto|tel):)", re.I)
"""A start of an address that leaves the host to the author."""

_VERBS: Final = ("get", "post", "put", "patch", "delete", "head", "request", "options")
_CLIENTS: Final = ("axios", "got", "needle", "request", "superagent", "http", "https", "undici", "ky")
_FETCHES: Final = frozenset(
    {"fetch", "axios", "window.fetch", "globalThis.fetch", "@node-fetch", "@undici.fetch", "@cross-fetch", "@bent"}
    | {f"@{client}" for client in _CLIENTS}
    | {f"@{client}.{verb}" for client in _CLIENTS for verb in _VERBS}
    | {f"axios.{verb}" for verb in _VERBS}
)
_ADDRESSES: Final = ("url", "uri", "baseURL", "host", "hostname")


def _is_open(address: Fact) -> bool:
    """Whether the host is not fixed by the text."""
    return address.text is None or not _FIXED_START.match(address.text)


def _server_request(call: Node) -> Node | None:
    first = argument(call, 0)
    if first is None or callee_path(call) not in _FETCHES:
        return None
    named = [value.fact for name, value in pairs(first) if name in _ADDRESSES]
    return call if any(value.origin & REQUEST and _is_open(value) for value in [first.fact, *named]) else None


def _redirects(call: Node) -> Node | None:
    target = _redirect_target(call)
    return call if target.origin & REQUEST and _is_open(target) else None


def _redirect_target(call: Node) -> Fact:
    first, second = argument(call, 0), argument(call, 1)
    if name_of(callee(call)) == "redirect":
        return fact(second if first and first.kind == "number" else first)
    return fact(second) if (fact(first).text or "").lower() == "location" else NOTHING


_LOCATIONS: Final = frozenset({"location", "location.href"})
_MOVES: Final = frozenset({"location.assign", "location.replace", "open"})


def _moves(node: Node) -> Node | None:
    target = _move_target(node)
    return node if target.origin & REMOTE and _is_open(target) else None


def _is_page_address(left: Node | None) -> bool:
    """Whether it is the page's own address; a variable that the address was copied to is not."""
    if left is None or left.fact.path not in _LOCATIONS:
        return False
    return left.kind == "member_expression" or name_of(left) == "location"


def _move_target(node: Node) -> Fact:
    if node.kind == "assignment_expression":
        return fact(node.part("right") if _is_page_address(node.part("left")) else None)
    return fact(argument(node, 0) if callee_path(node) in _MOVES else None)


_ALLOW_ORIGIN: Final = "access-control-allow-origin"
_ALLOW_CREDENTIALS: Final = "access-control-allow-credentials"


def _cors_any(node: Node) -> Node | None:
    return _cors_object(node) if node.kind == "object" else _cors_options(node)


def _cors_options(call: Node) -> Node | None:
    options = argument(call, 0)
    origin = value_of(options, "origin")
    is_open = origin is not None and (is_true(origin) or origin.fact.text == "*")
    return call if is_open and is_true(value_of(options, "credentials")) else None


def _cors_header(call: Node) -> Node | None:
    name, value = fact(argument(call, 0)), fact(argument(call, 1))
    is_allow = name.text is not None and name.text.lower() == _ALLOW_ORIGIN
    return call if is_allow and value.origin & REQUEST else None


def _cors_object(holder: Node) -> Node | None:
    headers = {name.lower(): value for name, value in pairs(holder)}
    allowed, credentials = fact(headers.get(_ALLOW_ORIGIN)), fact(headers.get(_ALLOW_CREDENTIALS))
    return holder if allowed.text == "*" and credentials.text == "true" else None


_SESSION: Final = re.compile(r"sess|token|auth|sid\b|jwt|login", re.I)
_RESPONSES: Final = frozenset({"res", "response", "reply", "resp"})


def _cookies(call: Node) -> Node | None:
    return _session_cookie(call) or _cookie(call)


def _cookie(call: Node) -> Node | None:
    function = callee(call)
    holder = name_of(function.part("object")) if function else ""
    is_cookie = holder in _RESPONSES or (holder == "cookies" and name_of(function) == "set")
    options = arguments(call)[-1] if len(arguments(call)) == 3 else None
    if not is_cookie or options is None or options.kind != "object" or options.first("spread_element"):
        return None
    flags = dict(pairs(options))
    if is_false(flags.get("httpOnly")) or is_false(flags.get("secure")):
        return call
    is_session = bool(_SESSION.search(fact(argument(call, 0)).text or ""))
    return call if is_session and not {"httpOnly", "secure"} <= flags.keys() else None


def _session_cookie(call: Node) -> Node | None:
    flags = dict(pairs(value_of(argument(call, 0), "cookie")))
    is_session = callee_path(call) in {"@express-session", "@cookie-session"}
    is_bare = is_false(flags.get("httpOnly")) or is_false(flags.get("secure"))
    return call if is_session and is_bare else None


def _helmet(call: Node) -> Node | None:
    is_helmet = callee_path(call) in {"@helmet", "@lusca", "@fastify/helmet"}
    return call if is_helmet and any(is_false(value) for _, value in pairs(argument(call, 0))) else None


_CHANGING: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def _csrf(call: Node) -> Node | None:
    ignored = value_of(argument(call, 0), "ignoreMethods")
    methods = {method.fact.text for method in ignored.children} if ignored else set()
    is_csrf = callee_path(call) in {"@csurf", "@csrf", "@tiny-csrf", "@csrf-csrf"}
    return call if is_csrf and methods & _CHANGING else None


RULES: Final = (
    Rule(
        id="js-ssrf",
        title="The server asks an address that the request names",
        severity="high",
        confidence="high",
        cwe=918,
        message="A part of the request decides which host the server asks; that can be one inside its own network.",
        help="Fix scheme and host in the source, or look the host up in a list of allowed ones.",
        calls=(*_VERBS, "fetch", "axios", *_CLIENTS, "node-fetch", "cross-fetch", "bent"),
        check=_server_request,
    ),
    Rule(
        id="js-open-redirect",
        title="The request decides where people are sent",
        severity="medium",
        confidence="high",
        cwe=601,
        message="A part of the request is the address that the answer redirects to.",
        help="Redirect to a path of your own, or look the target up in a list of allowed ones.",
        calls=("redirect", "setHeader", "header", "set"),
        check=_redirects,
    ),
    Rule(
        id="js-location-from-outside",
        title="The page goes where its address or a message says",
        severity="medium",
        confidence="high",
        cwe=601,
        message="A value from outside is where the page goes; it can be another site, or a script with javascript:.",
        help="Start the target with a path of your own, or check its origin with the class URL.",
        kinds=("assignment_expression",),
        calls=("assign", "replace", "open"),
        check=_moves,
    ),
    Rule(
        id="js-cors-any-origin",
        title="Every site may read with the user's cookies",
        severity="high",
        confidence="high",
        cwe=942,
        message="Every origin is allowed, together with credentials.",
        help="List the origins that may send credentials.",
        calls=("cors",),
        kinds=("object",),
        check=_cors_any,
    ),
    Rule(
        id="js-cors-reflected",
        title="The origin that asks is the one that is allowed",
        severity="medium",
        confidence="high",
        cwe=942,
        message="The allowed origin is copied from the request, so that every site is allowed.",
        help="Compare the request's origin with a list, and send it back only where it is listed.",
        calls=("setHeader", "header", "set", "append"),
        check=_cors_header,
    ),
    Rule(
        id="js-cookie-flags",
        title="Cookie that scripts or plain connections can read",
        severity="low",
        confidence="high",
        cwe=614,
        message="The cookie's options leave out or switch off httpOnly or secure.",
        help="Set httpOnly: true and secure: true.",
        calls=("cookie", "setCookie", "set", "express-session", "cookie-session"),
        check=_cookies,
    ),
    Rule(
        id="js-helmet-off",
        title="A protection of the answers' headers is switched off",
        severity="low",
        confidence="medium",
        cwe=693,
        message="A protection is switched off in the options of helmet or lusca.",
        help="Configure the protection instead of switching it off.",
        calls=("helmet", "lusca"),
        check=_helmet,
    ),
    Rule(
        id="js-csrf-ignored",
        title="Changing requests are left out of the CSRF check",
        severity="medium",
        confidence="high",
        cwe=352,
        message="The CSRF check ignores a method that changes data.",
        help="Leave only GET, HEAD and OPTIONS out of the check.",
        calls=("csurf", "csrf", "tiny-csrf", "csrf-csrf"),
        check=_csrf,
    ),
)
