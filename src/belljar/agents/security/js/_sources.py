"""Whose values come from outside, which functions pass them on, and which make them harmless.

Everything the data flow knows of the world is in these tables.
"""

from __future__ import annotations

import re
from typing import Final

from belljar.agents.security.js._fact import ARCHIVE, ARGUMENTS, HOLE, NOBODY, PAGE, REQUEST, Fact

REQUEST_OBJECT: Final = "%request"
"""Path of a parameter that is a server's request."""
CONTEXT_OBJECT: Final = "%context"
"""Path of a parameter that holds a request: Koa's `ctx`."""
EVENT_OBJECT: Final = "%event"
"""Path of the event that a cloud function is called with."""
MESSAGE_OBJECT: Final = "%message"
"""Path of the event that a listener for `message` gets."""

_PARTS: Final = (
    "body", "query", "params", "cookies", "headers", "url", "originalUrl", "hostname", "rawBody",
    "signedCookies", "param()", "get()", "header()", "query()", "nextUrl", "rawHeaders", "json()", "text()",
    "formData()", "param", "path",
)  # fmt: skip
_EVENT_PARTS: Final = (
    "body", "queryStringParameters", "pathParameters", "multiValueQueryStringParameters", "headers", "rawPath",
    "rawQueryString", "cookies",
)  # fmt: skip

_ORIGINS: Final[dict[str, int]] = {
    **{f"{REQUEST_OBJECT}.{part}": REQUEST for part in _PARTS},
    **{f"{CONTEXT_OBJECT}.{part}": REQUEST for part in ("query", "params", "headers", "querystring", "url", "path")},
    **{f"{CONTEXT_OBJECT}.{holder}.{part}": REQUEST for part in _PARTS for holder in ("req", "request")},
    **{f"{EVENT_OBJECT}.{part}": REQUEST for part in _EVENT_PARTS},
    f"{MESSAGE_OBJECT}.data": PAGE,
    "location.search": PAGE,
    "location.hash": PAGE,
    "location.href": PAGE,
    "location.pathname": PAGE,
    "document.URL": PAGE,
    "document.documentURI": PAGE,
    "document.referrer": PAGE,
    "process.argv": ARGUMENTS,
    "@process.argv": ARGUMENTS,
    "Deno.args": ARGUMENTS,
    **dict.fromkeys(
        ("?entry.path", "?entry.entryName", "?entry.fileName", "?zipEntry.entryName", "?header.name"), ARCHIVE
    ),
}
_ANYWHERE: Final = tuple(f".req.{part}" for part in ("body", "query", "params", "cookies"))
"""Ends of paths that are a request wherever they hang: `this.req.body`."""

_UPLOAD_NAME: Final = ".originalname"
"""What the sender calls an uploaded file. Where the server has put it is the server's own choice."""

_OWN_ADDRESS: Final = frozenset({"location.href", "location.pathname", "document.URL", "document.documentURI"})
_OWN_ADDRESS_TEXT: Final = f"./{HOLE}"
"""What such a value starts with is not for others to choose: it is this very site."""

_ALIASES: Final = re.compile(r"^(?:window|self|globalThis|global|top|parent)\.(?=\w)|^document\.(?=location\b)")
_GLOBALS: Final = ("window.", "self.", "globalThis.", "global.", "top.", "parent.", "document.location")


def named(path: str, origin: int = NOBODY) -> Fact:
    """The value at a path; `origin` is what is known of the object it is a member of."""
    if path.startswith(_GLOBALS):
        path = _ALIASES.sub("", path, count=2)
    origin |= _ORIGINS.get(path, NOBODY)
    if not origin and (path.endswith(_ANYWHERE) or (path.endswith(_UPLOAD_NAME) and path.startswith(REQUEST_OBJECT))):
        origin = REQUEST
    return Fact(path, _OWN_ADDRESS_TEXT if path in _OWN_ADDRESS else None, origin)


_MODULES: Final = {
    "fs/promises": "fs.promises",
    "fs-extra": "fs",
    "graceful-fs": "fs",
    "timers/promises": "timers",
    "path/posix": "path",
    "path/win32": "path",
    "mysql2/promise": "mysql2",
}


def module(name: str) -> Fact:
    """What a module of this name exports."""
    bare = name.removeprefix("node:")
    return Fact("@" + _MODULES.get(bare, bare))


def member(path: str, name: str) -> str:
    """The path of a member; a module's default export is the module."""
    if name == "default" and path.startswith("@"):
        return path
    if path in {"@path.posix", "@path.win32"}:
        path = "@path"
    return f"{path}.{name}"


PASS_THROUGH: Final = frozenset(
    {
        "String", "decodeURIComponent", "decodeURI", "unescape", "atob", "JSON.parse", "JSON.stringify",
        "Object.assign", "Object.values", "Object.keys", "Object.entries", "Object.fromEntries", "structuredClone",
        "Array.from", "Buffer.from", "Promise.resolve", "Promise.all", "@buffer.Buffer.from",
        "@path.join", "@path.resolve", "@path.normalize", "@url.parse", "@url.fileURLToPath", "@querystring.parse",
        "@querystring.unescape", "@qs.parse", "@util.format", "new URL", "new URLSearchParams", "new String",
        "new @url.URL", "new @url.URLSearchParams", "Object.create",
    }
)  # fmt: skip
"""Functions whose result somebody outside chooses where one of their arguments is."""

SAME_VALUE: Final = frozenset(
    {
        "@util.promisify", "promisify", "_interopRequireDefault", "_interopRequireWildcard", "__importDefault",
        "__importStar", "__toESM", "_interopDefault", "_interopDefaultLegacy", "interopRequireDefault", "$interop",
        "Object.freeze", "Promise.resolve",
    }
)  # fmt: skip
"""Functions that give back their first argument, or another form of it with the same name."""

ESCAPES: Final = re.compile(r"escape|sanitiz|encode|purif|quote|htmlspecialchars", re.I)
"""Names of functions whose result can be put into a text."""

NUMBERS: Final = frozenset(
    {
        "Number", "parseInt", "parseFloat", "Number.parseInt", "Number.parseFloat", "BigInt", "Boolean", "Date.now",
        "isNaN", "Number.isInteger", "Number.isFinite", "performance.now",
    }
)  # fmt: skip
"""Functions whose result is a number or a truth: nothing can hide in it."""

ANSWERS: Final = frozenset(
    {
        "test", "includes", "startsWith", "endsWith", "indexOf", "lastIndexOf", "search", "has", "hasOwnProperty",
        "charCodeAt", "codePointAt", "getTime", "toFixed", "localeCompare", "every", "some", "findIndex", "valueOf",
        "isInteger", "now",
    }
)  # fmt: skip
"""Methods whose result is a number or a truth."""

CHECKS: Final = frozenset({"startsWith", "test", "includes", "has", "indexOf", "match", "hasOwnProperty", "endsWith"})
"""Methods that, asked in a condition, mean that a value was looked at; it counts as checked from there on."""

VALIDATES: Final = re.compile(r"^(?:is|has)?_?(?:valid|allow|safe|permit|verif|assert|check|ensure|trusted)", re.I)
"""Names of functions that look at a value; from there on it counts as checked."""
