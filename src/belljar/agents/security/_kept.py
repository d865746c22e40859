"""What one step of a scan keeps in the job: plain data, bounded, without any secret.

What a rule says of all its findings is kept once. Where there is no room for all findings the worst are kept, and a
problem says how many are not; so it is with what else there is to keep.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from belljar.agents.security._batch import Found
from belljar.agents.security._finding import SEVERITIES, ScanFinding
from belljar.agents.security._problem import Level, ScanProblem

STEP_ROOM: Final = 250_000
"""Bytes of one step; a job takes 262,144."""
SCAN_ROOM: Final = 3_500_000
"""Of all steps together, about 10,000 findings; a job takes 4,194,304. A step for which no room is left keeps that."""
_OF_PROBLEMS: Final = 10_000
"""So that a thousand files that cannot be read do not hide what is found in the others."""
_SAME: Final = ("tool", "help", "cwe")
"""Of each finding of a rule."""
_EMPTY: Final = ("digest", "suppressed", "is_known")
"""Not known yet, or seldom there."""
_LEVELS: Final[tuple[Level, ...]] = ("error", "warning", "note")


def kept(tool: str, found: Found, *, room: int = STEP_ROOM) -> dict[str, Any]:
    """As plain data."""
    room = max(0, min(room, STEP_ROOM))
    problems = sorted(found.problems, key=lambda each: _LEVELS.index(each.level))
    told = _fitting([each.to_dict() for each in problems], min(room // 4, _OF_PROBLEMS))
    extra = _fitting(found.extra, room // 2)
    rules, rows = _findings(found.findings, room - size_of(told) - size_of(extra))
    left: tuple[tuple[int, str, Level], ...] = (
        (len(found.findings) - len(rows), "findings of {} are left out of the report; the worst are in it", "error"),
        (len(found.extra) - len(extra), "suppressions are left out, so that they count for nothing", "error"),
        (len(problems) - len(told), "more problems of {}", _worst(problems)),
    )
    more = [
        ScanProblem(tool=tool, level=level, message=f"{count:,} {what.format(tool)}").to_dict()
        for count, what, level in left
        if count
    ]
    return {"rules": rules, "findings": rows, "problems": [*more, *told], "extra": extra}


def of_kept(data: Mapping[str, Any]) -> Found:
    """What `kept` wrote."""
    findings = [ScanFinding(**data["rules"][row["rule"]], **row) for row in data["findings"]]
    problems = [ScanProblem(**row) for row in data["problems"]]
    return Found(findings=findings, problems=problems, extra=list(data["extra"]))


def size_of(data: Any) -> int:
    """Bytes as JSON."""
    return len(json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode())


def _worst(problems: Sequence[ScanProblem]) -> Level:
    return problems[0].level if problems else "note"


def _findings(findings: Iterable[ScanFinding], room: int) -> tuple[dict[str, Any], list[Any]]:
    """What their rules say, and the findings that there is room for."""
    rules: dict[str, Any] = {}
    rows = []
    for finding in sorted(findings, key=lambda each: -SEVERITIES.index(each.severity)):
        row, rule = _row(finding), {finding.rule: {name: getattr(finding, name) for name in _SAME}}
        size = size_of(row) + 1 + (size_of(rule) if finding.rule not in rules else 0)
        if size <= room:
            room -= size
            rows.append(row)
            rules |= rule
    return rules, rows


def _row(finding: ScanFinding) -> dict[str, Any]:
    row = finding.to_dict()
    empty = {name for name in _EMPTY if not row[name]}
    return {name: value for name, value in row.items() if name not in _SAME and name not in empty}


def _fitting(rows: Iterable[Any], room: int) -> list[Any]:
    taken = []
    for row in rows:
        size = size_of(row) + 1
        if size <= room:
            room -= size
            taken.append(row)
    return taken
