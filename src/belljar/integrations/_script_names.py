"""What scripts call a framework's tools: names that JavaScript can write, never two alike."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from belljar.errors import UsageError
from belljar.tools._names import checked_tool_name

_FOREIGN: Final = re.compile(r"[^A-Za-z0-9_$]+")


def script_names(names: Iterable[str]) -> dict[str, str]:
    """What scripts call each tool: its name where JavaScript can write it, else `_` for what it cannot.

    A name that is taken by then gets `_2`, `_3`... in the order of the tools.
    """
    given = list(names)
    found = {name: name for name in given if _is_callable(name)}
    for name in given:
        if name not in found:
            found[name] = _free(_plain(name), set(found.values()))
    return found


def _is_callable(name: str) -> bool:
    try:
        checked_tool_name(name)
    except UsageError:
        return False
    return "." not in name


def _plain(name: str) -> str:
    text = _FOREIGN.sub("_", name).strip("_")[:100]
    return text if _is_callable(text) else f"_{text}"


def _free(name: str, taken: set[str]) -> str:
    number = 1
    free = name
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    return free
