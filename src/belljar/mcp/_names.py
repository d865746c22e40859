"""What a script calls a server's tools: names of JavaScript, the same every time, never two alike.

A name that JavaScript can write stays. In others, each run of other characters becomes one `_`. Of several that
would then be alike, the first in the order of the original names has the plain one, the rest end in a digest of
their own: so a name depends on the tools that clash with it, and on no other.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import Final

from belljar.errors import UsageError
from belljar.tools._names import checked_tool_name

_FOREIGN: Final = re.compile(r"[^A-Za-z0-9_$]+")
_LONGEST: Final = 64
"""The protocol's own recommendation for names (2025-11-25, tools); ours are cut to it."""
_DIGEST: Final = 6


def script_names(names: Iterable[str]) -> dict[str, str]:
    """The script's name for each of a server's names."""
    distinct = sorted(set(names))
    given = {name: name for name in distinct if _is_callable(name)}
    taken = set(given)
    for name in distinct:
        if name not in given:
            plain = _plain(name)
            given[name] = plain if plain not in taken else f"{plain[: _LONGEST - _DIGEST - 1]}_{_digest(name)}"
            taken.add(given[name])
    return given


def _is_callable(name: str) -> bool:
    if "." in name or len(name) > _LONGEST:
        return False
    try:
        checked_tool_name(name)
    except UsageError:
        return False
    return True


def _plain(name: str) -> str:
    text = _FOREIGN.sub("_", name).strip("_")
    if not text:
        return f"tool_{_digest(name)}"
    if len(text) > _LONGEST:
        text = f"{text[: _LONGEST - _DIGEST - 1]}_{_digest(name)}"
    return text if _is_callable(text) else f"_{text}"[:_LONGEST]


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()[:_DIGEST]
