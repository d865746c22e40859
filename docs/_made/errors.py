"""docs/errors.md: every error, with an example that was run when the page was made."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from typing import Final

from belljar.errors import ERRORS, BelljarError, HostError, ScriptError

from .gated import GATED
from .programs import ELSEWHERE, PROGRAMS
from .scripts import SCRIPTS
from .text import page, prose, table
from .trips import Trip, open_exchange, rate, refund, tripped_program, tripped_script

_ABOUT: Final = (
    "An error's code is the name of its class. Each has its place in the script, where there is one, a hint, and "
    "`details` as plain data; `to_model()` is what a model reads, `to_dict()` what is kept and printed. No message is "
    "ever needed to tell two errors apart."
)
_WHO: Final = ((ScriptError, "the script's author: it goes back to the model"), (HostError, "the host or the operator"))
_ABSTRACT: Final = ("BelljarError", "ScriptError", "HostError", "SourceError", "SealedError", "SnapshotError")
_GROUPS: Final = (
    ("Before a script runs", "parsing detecting", ScriptError),
    ("While a script runs, and at its end", "executing finalizing", ScriptError),
    ("For the host and the operator", "", HostError),
    ("belljar's own", "", BelljarError),
)
_SETTING: Final = """\
The examples were run when this page was made, with these tools and with the [built-in ones](packs.md) of an empty
folder; limits and approvers are the default but for what is said. Another run may find the clock or the memory's end at
another place."""


def errors() -> str:
    """The whole page."""
    listed = list(codes())
    parts = [_overview(listed), [_SETTING, "", *_tools()]]
    done: set[str] = set()
    for title, phases, base in _GROUPS:
        members = [code for code in listed if code not in done and _belongs(ERRORS[code], phases, base)]
        done.update(members)
        parts.append([f"## {title}", "", *(line for code in members for line in _section(code))])
    return page("Error catalogue", _ABOUT, *parts)


def _tools() -> list[str]:
    """The text of those that the examples call."""
    texts = (inspect.getsource(each.fn).rstrip() for each in (rate, refund, open_exchange))
    return ["```python", "from belljar import tool", "", "", *"\n\n\n".join(texts).splitlines(), "```"]


def codes() -> Iterable[str]:
    """Those that can be met, in the order of the code."""
    return (code for code in ERRORS if code not in _ABSTRACT)


def _belongs(kind: type[BelljarError], phases: str, base: type[BelljarError]) -> bool:
    return issubclass(kind, base) and (not phases or kind.phase in phases.split())


def _overview(listed: Iterable[str]) -> list[str]:
    rows = (
        (f"[`{code}`](#{code.lower()})", _who(ERRORS[code])[0], ERRORS[code].phase, _retry(ERRORS[code]))
        for code in listed
    )
    return table(("code", "who acts", "phase", "may be tried again"), rows)


def _who(kind: type[BelljarError]) -> tuple[str, str]:
    """In short, and in full."""
    full = next((who for base, who in _WHO if issubclass(kind, base)), "the makers of belljar: please report it")
    return (
        "the script" if issubclass(kind, ScriptError) else "the host" if issubclass(kind, HostError) else "belljar"
    ), full


def _retry(kind: type[BelljarError]) -> str:
    return "yes" if kind.retryable else "no"


def _section(code: str) -> list[str]:
    kind = ERRORS[code]
    return [
        f"### {code}",
        "",
        _told(kind),
        "",
        *table(
            ("who acts", "phase", "may be tried again", "what to do"),
            [(_who(kind)[1], kind.phase, _retry(kind), kind.advice or "-")],
        ),
        "",
        *_example(code),
        "",
    ]


def _told(kind: type[BelljarError]) -> str:
    return prose(inspect.getdoc(kind) or "")


def _example(code: str) -> list[str]:
    if code in SCRIPTS:
        return _shown(tripped_script(code, SCRIPTS[code]), "The model reads:")
    if code in PROGRAMS:
        return _shown(tripped_program(code, PROGRAMS[code]), "It says:")
    if code in GATED:
        return _shown(tripped_program(code, GATED[code], gate_open=True), "It says:")
    if code not in ELSEWHERE:
        raise SystemExit(
            f"docs/_made: {code} has no example; add one to scripts.py or programs.py, or a reason to ELSEWHERE"
        )
    why, test, file = ELSEWHERE[code]
    return [f"No example here: it {why}. [`{test}`](../{file}) does that."]


def _shown(trip: Trip, reads: str) -> list[str]:
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", trip.source + trip.read)), default=0))
    said = [f"Run with {trip.said}:", ""] if trip.said else []
    program = [f"{fence}{trip.language}", *trip.source.rstrip("\n").splitlines(), fence, ""]
    return [*said, *program, reads, "", f"{fence}text", *trip.read.splitlines(), fence]
