"""A report as SARIF 2.1.0, which code hosts and editors read.

One run. Paths are relative to `%SRCROOT%`, percent-encoded; columns count code points. What was left out and which tool
failed are notifications of the one invocation.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

from belljar.agents.security._bandit import TOOL as BANDIT
from belljar.agents.security._finding import SEVERITIES, ScanFinding, Severity
from belljar.agents.security._problem import ScanProblem
from belljar.agents.security._report import SKIPPED_SHOWN, ScanReport
from belljar.agents.security.js import RULES

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_ROOT: Final = "%SRCROOT%"
_TITLES: Final = {rule.id: rule.title for rule in RULES}
_PRINT: Final = "belljar/v1"
_LEVELS: Final[Mapping[Severity, str]] = {"low": "note", "medium": "warning", "high": "error", "critical": "error"}
_SCORES: Final[Mapping[Severity, str]] = {"low": "3.0", "medium": "5.5", "high": "8.0", "critical": "9.5"}
"""What code hosts sort by: the middle of the word's part of the scale of CVSS."""


def to_sarif(report: ScanReport) -> str:
    """The whole report as SARIF."""
    rules = _rules(report.findings)
    places = {rule["id"]: place for place, rule in enumerate(rules)}
    run = {
        "tool": {"driver": {"name": "belljar security-scan", "version": report.version, "rules": rules}},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The folder that was scanned."}}},
        "invocations": [
            {"executionSuccessful": report.is_whole, "toolExecutionNotifications": list(_notifications(report))}
        ],
        "results": [_result(each, places[each.rule], has_baseline=report.has_baseline) for each in report.findings],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False) + "\n"


def _rules(findings: Iterable[ScanFinding]) -> list[dict[str, Any]]:
    """One for each rule that found something, as bad as its worst finding."""
    worst: dict[str, ScanFinding] = {}
    for finding in findings:
        best = worst.setdefault(finding.rule, finding)
        if SEVERITIES.index(finding.severity) > SEVERITIES.index(best.severity):
            worst[finding.rule] = finding
    return [_rule(worst[rule]) for rule in sorted(worst)]


def _rule(finding: ScanFinding) -> dict[str, Any]:
    weakness = [f"external/cwe/cwe-{finding.cwe}"] if finding.cwe is not None else []
    return {
        "id": finding.rule,
        "shortDescription": {"text": _title(finding)},
        "fullDescription": {"text": finding.help},
        "help": {"text": finding.help},
        "defaultConfiguration": {"level": _LEVELS[finding.severity]},
        "properties": {
            "security-severity": _SCORES[finding.severity],
            "precision": finding.confidence,
            "tags": ["security", finding.tool, *weakness],
        },
    }


def _title(finding: ScanFinding) -> str:
    """What the rule is called; code hosts show it as the name of an alert."""
    if finding.tool == BANDIT:
        return finding.help.partition(":")[0]
    return _TITLES.get(finding.rule) or finding.message.partition(". ")[0].removesuffix(".")


def _result(finding: ScanFinding, place: int, *, has_baseline: bool) -> dict[str, Any]:
    reason = finding.suppressed
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": place,
        "level": _LEVELS[finding.severity],
        "message": {"text": finding.message},
        "locations": [{"physicalLocation": {"artifactLocation": _artifact(finding.path), "region": _region(finding)}}],
        "partialFingerprints": {_PRINT: finding.fingerprint},
        "suppressions": [] if reason is None else [{"kind": "inSource", "justification": reason}],
        "properties": {"severity": finding.severity, "confidence": finding.confidence, "tool": finding.tool},
    }
    if finding.digest:
        result["properties"]["valueDigest"] = finding.digest
    if has_baseline:
        result["baselineState"] = "unchanged" if finding.is_known else "new"
    return result


def _artifact(path: str) -> dict[str, str]:
    return {"uri": quote(path, safe="/"), "uriBaseId": _ROOT}


def _region(finding: ScanFinding) -> dict[str, int]:
    return {
        "startLine": finding.line,
        "startColumn": finding.column,
        "endLine": finding.end_line,
        "endColumn": finding.end_column,
    }


def _notifications(report: ScanReport) -> Iterator[dict[str, Any]]:
    for problem in report.problems:
        yield _notification(problem)
    for each in report.skipped[:SKIPPED_SHOWN]:
        yield _notification(_note(f"Left out: {each.reason}.", each.path))
    if (left := len(report.skipped) - SKIPPED_SHOWN) > 0:
        yield _notification(_note(f"{left:,} more files and folders were left out."))


def _note(message: str, path: str = "") -> ScanProblem:
    return ScanProblem(tool="belljar-scan", level="note", message=message, path=path)


def _notification(problem: ScanProblem) -> dict[str, Any]:
    told: dict[str, Any] = {"level": problem.level, "message": {"text": problem.message}}
    if problem.path:
        told["locations"] = [{"physicalLocation": {"artifactLocation": _artifact(problem.path)}}]
    return told
