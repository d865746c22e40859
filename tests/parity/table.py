"""The table of scripts that every engine must run alike: `scripts/*.js`, one file for each group.

    //// NAME                     a line that begins a script; the script follows
    //// returns: WIRE TEXT       the trace ends with this value on quickjs; where it is short and clear
    //// fails: CODE LINE:COLUMN  or with this error
    //// differs: NAME            the engines do not agree, for the reason of this name in docs/engines.md
    //// answers: POLICY          see `campaign.trace.Setting`; so are the next two
    //// limits: JSON
    //// context: JSON
    //// line ends: crlf          the script's lines end as on Windows

The last seven stand after the script, in any order.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from belljar.limits import Limits
from campaign.trace import LIMITS, Answers, Setting, Trace

FOLDER: Final = Path(__file__).parent / "scripts"
MARK: Final = "//// "
OPTIONS: Final = ("returns", "fails", "differs", "answers", "limits", "context", "line ends")
_POLICIES: Final[dict[str, Answers]] = {"each": "each", "all": "all", "last first": "last first"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One script of the table."""

    name: str
    """`group: name`, where the group is the file's."""
    source: str
    setting: Setting
    ends: str
    """`returns: ...` or `fails: ...` as the file has it; empty where nothing is recorded."""
    differs: str
    """Name of a known difference; empty where the engines agree."""


def entries() -> Iterator[Entry]:
    """All scripts, group by group, in the order of the files."""
    for file in sorted(FOLDER.glob("*.js")):
        yield from read(file.stem, file.read_text(encoding="utf-8"))


def read(group: str, text: str) -> Iterator[Entry]:
    """The scripts of one file. Raises ValueError where it does not begin with a name."""
    if not text.startswith(MARK):
        raise ValueError(f"{group}: the first line has no name")
    name = ""
    lines: list[str] = []
    options: dict[str, str] = {}
    for line in text.removesuffix("\n").split("\n"):
        if not line.startswith(MARK):
            lines.append(line)
            continue
        key, colon, value = line.removeprefix(MARK).partition(": ")
        if colon and key in OPTIONS:
            options[key] = value
            continue
        if name:
            yield entry(f"{group}: {name}", lines, options)
        name, lines, options = line.removeprefix(MARK), [], {}
    yield entry(f"{group}: {name}", lines, options)


def entry(name: str, lines: list[str], options: dict[str, str]) -> Entry:
    """One script of a file, read."""
    changes = json.loads(options.get("limits", "{}"))
    limits = Limits(**{"timeout_ms": LIMITS.timeout_ms, "memory_mb": LIMITS.memory_mb, **changes})
    return Entry(
        name=name,
        source=("\r\n" if options.get("line ends") == "crlf" else "\n").join(lines),
        setting=Setting(
            answers=_POLICIES[options.get("answers", "each")],
            limits=limits,
            context=json.loads(options.get("context", "{}")),
        ),
        ends=next((f"{key}: {options[key]}" for key in ("returns", "fails") if key in options), ""),
        differs=options.get("differs", ""),
    )


def end_of(trace: Trace) -> str:
    """How a trace ends, in the table's words."""
    kind, *facts = trace[-1]
    if kind == "end":
        return f"returns: {facts[0]}"
    code, line, column = (facts[0], facts[2], facts[3]) if kind == "error" else (facts[0], facts[1], facts[2])
    return f"fails: {code} {line}:{column}"
