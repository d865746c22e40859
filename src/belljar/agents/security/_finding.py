"""A finding: one thing that a scan holds against one place in a tree. Every part of the scan speaks this format.

Lines and columns count from 1, columns in Unicode code points; the end is exclusive. No field ever has a secret in it:
who makes a finding about one says its kind and its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, Literal, get_args

Severity = Literal["low", "medium", "high", "critical"]
Confidence = Literal["low", "medium", "high"]

SEVERITIES: Final[tuple[Severity, ...]] = get_args(Severity)
"""From the mildest to the worst."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanFinding:
    """One thing found."""

    rule: str
    """Name of the rule, as a suppression names it: `js-eval`, `B602`, `secret-jwt`."""
    severity: Severity
    confidence: Confidence
    message: str
    """What is wrong here, in a sentence; never the text of a secret."""
    path: str
    """Relative to the folder that was scanned, `/` between its parts."""
    line: int = 1
    column: int = 1
    end_line: int = 1
    end_column: int = 1
    """An end before the beginning is the beginning."""
    cwe: int | None = None
    """Number of the weakness in the CWE list, where there is one."""
    tool: str
    """What found it: `bandit`, `belljar-js`, `belljar-secrets`, `osv`, `belljar-scan`."""
    help: str
    """What to do instead; the same for each finding of a rule."""
    fingerprint: str = ""
    """Stable while the line moves; the scan puts it in, a rule does not."""
    digest: str = ""
    """For a finding about a secret: a salted digest of its value, equal where the value is equal in one report."""
    suppressed: str | None = None
    """The reason that stands in the source, where somebody said that this is no fault."""
    is_known: bool = False
    """Whether the baseline has it already."""

    def __post_init__(self) -> None:
        if (self.end_line, self.end_column) < (self.line, self.column):
            object.__setattr__(self, "end_line", self.line)
            object.__setattr__(self, "end_column", self.column)

    @property
    def counts(self) -> bool:
        """Whether the exit status depends on it: it is new, and nobody has suppressed it."""
        return not self.is_known and self.suppressed is None

    def to_dict(self) -> dict[str, Any]:
        """Plain data; `from_dict` is its inverse."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ScanFinding:
        """The finding that `to_dict` wrote."""
        return cls(**data)


def is_at_least(severity: Severity, bound: Severity) -> bool:
    """Whether one severity is as bad as another, or worse."""
    return SEVERITIES.index(severity) >= SEVERITIES.index(bound)
