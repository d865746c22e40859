"""Which names a tool and its parameters may have, and which name somebody probably meant.

A tool's name is a path of JavaScript identifiers (`readFile`, `mcp.github.search`). It becomes a property of `tools`
and a line of the declarations, so a hostile name is an attack on both: it is refused, never escaped.
"""

from __future__ import annotations

import re
from typing import Final

from belljar.audit._words import word_set
from belljar.errors import UsageError

_IDENTIFIER: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]{0,127}\Z", re.ASCII)

_TAKEN: Final = word_set(
    # An object whose `then` is a function is taken for a promise by `await`; the others are what every object inherits
    # or what JSON.stringify and operators look up, so a tool of that name would run without being called.
    "then constructor prototype __proto__ __defineGetter__ __defineSetter__ __lookupGetter__"
    " __lookupSetter__ hasOwnProperty isPrototypeOf propertyIsEnumerable toLocaleString toString valueOf toJSON"
)
_MAX_SEGMENTS: Final = 8

SPAWN: Final = "spawn."
"""Tools in this group begin a call and give `{id, done}` at once; the prelude knows it by this name."""
CANCEL: Final = "spawn.cancel"
"""Gives such a call up. Its answer comes from inside the machine, the host never sees it."""


def checked_tool_name(name: str) -> str:
    """The same name when a script can call it. Raises UsageError otherwise."""
    segments = name.split(".")
    if len(segments) > _MAX_SEGMENTS:
        raise UsageError(f"tool name {name[:80]!r} has more than {_MAX_SEGMENTS} parts")
    for segment in segments:
        _check_segment(name, segment)
    return name


def _check_segment(name: str, segment: str) -> None:
    if not _IDENTIFIER.match(segment):
        raise UsageError(f"tool name {name[:80]!r} is not a JavaScript name", hint="Use a-z, 0-9, _.")
    if segment in _TAKEN:
        raise UsageError(f"tool name {name!r} uses {segment!r}, which has a meaning in JavaScript")


def check_parameter_name(tool: str, name: str) -> None:
    """Raises UsageError for `__proto__`, which sets the prototype in a literal, and for half a surrogate pair."""
    if name == "__proto__" or any("\ud800" <= letter <= "\udfff" for letter in name):
        raise UsageError(f"tool {tool!r} has a parameter named {name!r}, which is no plain key in JavaScript")
