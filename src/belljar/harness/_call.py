"""A structured call is a script of one line: whatever holds for calls of scripts, journal and replay, holds for it."""

from __future__ import annotations

import json
from typing import Any


def call_source(name: str, arguments: Any, *, is_known: bool) -> str:
    """The script that makes one call; ASCII. `name` is written as it is only where `is_known`."""
    tool = f"tools.{name}" if is_known else f"tools[{json.dumps(name)}]"
    text = json.dumps(arguments)
    if "__proto__" in text:
        text = f"JSON.parse({json.dumps(text)})"  # in a literal, that key would set the prototype
    return f"return await {tool}({text});"
