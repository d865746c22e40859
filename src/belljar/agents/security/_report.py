"""What came of a scan, as a value and as JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from belljar.agents.security._finding import SEVERITIES, ScanFinding, Severity, is_at_least
from belljar.agents.security._problem import ScanProblem
from belljar.agents.security._walk import Skipped

FORMAT: Final = 1
SKIPPED_SHOWN: Final = 1_000
"""Names of left-out files in a report; the rest is counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanReport:
    """Everything that a report says."""

    findings: tuple[ScanFinding, ...]
    """The worst first, then by place; known and suppressed ones too."""
    problems: tuple[ScanProblem, ...]
    skipped: tuple[Skipped, ...]
    files: int
    """That were looked at."""
    version: str
    """Of the agent."""
    fail_on: Severity
    has_baseline: bool

    @property
    def new(self) -> tuple[ScanFinding, ...]:
        """Findings that are neither known nor suppressed."""
        return tuple(finding for finding in self.findings if finding.counts)

    @property
    def counts(self) -> Mapping[Severity, int]:
        """Of the new ones, by severity."""
        return self.counted(self.new)

    @property
    def is_whole(self) -> bool:
        """Whether every tool did its work."""
        return is_whole(self.problems)

    @property
    def exit_status(self) -> int:
        """1: there is a new finding as bad as `fail_on` or worse. 5: there is none, but a tool failed. 0: neither."""
        if any(is_at_least(finding.severity, self.fail_on) for finding in self.new):
            return 1
        return 0 if self.is_whole else 5

    @property
    def skipped_by_reason(self) -> Mapping[str, int]:
        """How many files and folders were left out, and why."""
        return dict(sorted(Counter(each.reason for each in self.skipped).items()))

    @staticmethod
    def counted(findings: Iterable[ScanFinding]) -> Mapping[Severity, int]:
        """By severity, the worst first."""
        found = Counter(finding.severity for finding in findings)
        return {severity: found[severity] for severity in reversed(SEVERITIES)}

    def summary(self) -> dict[str, Any]:
        """In a few lines: what the job and the log keep."""
        return {
            "files": self.files,
            "skipped": dict(self.skipped_by_reason),
            "new": dict(self.counts),
            "known": sum(each.is_known and each.suppressed is None for each in self.findings),
            "suppressed": sum(each.suppressed is not None for each in self.findings),
            "problems": dict(Counter(each.level for each in self.problems)),
            "fail_on": self.fail_on,
            "exit_status": self.exit_status,
        }


def is_whole(problems: Iterable[ScanProblem]) -> bool:
    """Whether none of them is that a tool failed."""
    return all(problem.level != "error" for problem in problems)


def ordered(findings: Iterable[ScanFinding]) -> tuple[ScanFinding, ...]:
    """The worst first, then by place."""
    return tuple(
        sorted(
            findings,
            key=lambda each: (-SEVERITIES.index(each.severity), each.path, each.line, each.column, each.rule),
        )
    )


def to_json(report: ScanReport) -> str:
    """The whole report as JSON."""
    data = {
        "format": FORMAT,
        "tool": {"name": "belljar security-scan", "version": report.version},
        "summary": report.summary(),
        "findings": [finding.to_dict() for finding in report.findings],
        "problems": [problem.to_dict() for problem in report.problems],
        "skipped": [{"path": each.path, "reason": each.reason} for each in report.skipped[:SKIPPED_SHOWN]],
    }
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"
