r"""What scripts, tools and models wrote, made fit to be seen.

Every string that a template prints goes through `finalizer`: a secret that the server knows is taken out, and a control
character, an invisible one or one that turns the direction of writing stands there as `\u202e`, so no argument can look
like another. The result is plain text; escaping it for HTML is the template engine's work, and it does that with
everything.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from itertools import chain, count
from typing import Any, Final

from belljar.audit import REDACTED, redact
from belljar.tools._characters import DECEIVING, UNPRINTABLE, written_out

_UNITS: Final = ((86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s"))
"""Largest first."""


def shown(text: str) -> str:
    """`text` with every character that would deceive its reader written out; tabs become blanks."""
    return UNPRINTABLE.sub(written_out, text.expandtabs(4))


def finalizer(secrets: re.Pattern[str] | None) -> Callable[[Any], Any]:
    """For the template engine: strings as `shown` has them and without secrets, our own markup as it is, no `None`."""

    def finalize(value: Any) -> Any:
        if value is None:
            return ""
        if isinstance(value, str) and not hasattr(value, "__html__"):
            return shown(secrets.sub(REDACTED, value) if secrets else value)
        return value

    return finalize


def masked(value: Any, secrets: re.Pattern[str] | None) -> Any:
    """Plain JSON data without secrets, names and numbers included; a number that is one becomes a text."""
    if secrets is None or value is None or isinstance(value, bool):
        return value
    if isinstance(value, dict):
        found: dict[str, Any] = {}
        for key, item in value.items():
            found[free_name(found, secrets.sub(REDACTED, key))] = masked(item, secrets)
        return found
    if isinstance(value, list):
        return [masked(item, secrets) for item in value]
    if isinstance(value, str):
        return secrets.sub(REDACTED, value)
    return REDACTED if secrets.search(json.dumps(value)) else value


def free_name(taken: Mapping[str, Any], name: str) -> str:
    """`name`, or one like it that is not taken yet."""
    numbers = (f"{name} ({number})" for number in count(2))
    return next(other for other in chain([name], numbers) if other not in taken)


def cleaned(text: str) -> str:
    """`text` without what has the form of a token, line by line; a line that is very long is shortened, and says so."""
    return "\n".join(redact(line) for line in text.split("\n"))


def json_text(value: Any) -> str:
    """Plain JSON data to read and to edit: what would deceive is written as JSON writes it, so it means the same."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    return DECEIVING.sub(written_out, text)


def short_json(value: Any, limit: int = 120) -> str:
    """JSON on one line, cut where it is long."""
    return cut(json.dumps(value, ensure_ascii=False), limit)


def cut(text: str, limit: int) -> str:
    """At most `limit` characters; an ellipsis says that there was more."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def number(text: str) -> int | None:
    """A number as an address has it; None for anything else, and for one that no database holds."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def span_text(ms: float) -> str:
    """A length of time with its two largest units: `840 ms`, `2.4 s`, `3 min 12 s`, `2 d 4 h`."""
    ms = max(ms, 0)
    if ms < 1_000:
        return f"{ms:.0f} ms"
    if ms < 60_000:
        return f"{ms / 1_000:.1f} s"
    at = next(index for index, (unit, _) in enumerate(_UNITS) if ms >= unit)
    (large, name), (small, other) = _UNITS[at], _UNITS[at + 1]
    rest = int(ms % large // small)
    return f"{int(ms // large)} {name}" + (f" {rest} {other}" if rest else "")


def moment_text(ms: int | None) -> str:
    """`2026-11-21 14:04:58`, in UTC."""
    return datetime.fromtimestamp(ms / 1_000, UTC).strftime("%Y-%m-%d %H:%M:%S") if ms else "-"


def moment_iso(ms: int | None) -> str:
    """For a machine: the `datetime` of a `<time>`."""
    return datetime.fromtimestamp((ms or 0) / 1_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
