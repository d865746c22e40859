"""Which pinned packages a folder of OSV advisories is about. Pure but for reading that folder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from belljar.agents.security._advisory import Advisory, Affected
from belljar.agents.security._file import read
from belljar.agents.security._finding import SEVERITIES, ScanFinding, Severity
from belljar.agents.security._problem import ScanProblem
from belljar.agents.security._stamp import with_prints
from belljar.agents.security._text import plain
from belljar.agents.security._versions import ECOSYSTEMS, VersionUnreadableError
from belljar.agents.security._walk import shown_path

TOOL: Final = "osv"
ADVISORY_BYTES: Final = 16 << 20
_SUMMARY: Final = 200
_PROBLEMS: Final = 100
"""Advisories that cannot be read and are told of one by one."""
_WORDS: Final = 10
_WORD: Final = 50
_NOT_COMPARED: Final = "Pin a release with a version, or look at the package's advisories by hand."


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinned:
    """A package that a lock file names."""

    ecosystem: str
    name: str
    version: str
    path: str
    """Of the lock file, as it is shown."""
    line: int

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for `Pinned(**data)`; there may be 100,000 of them."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Match:
    advisory: Advisory
    affected: Affected

    @property
    def severity(self) -> Severity:
        return self.advisory.severity_for(self.affected)

    @property
    def names(self) -> frozenset[str]:
        return frozenset({self.advisory.id, *self.advisory.aliases})


def vulnerable(folder: Path, pinned: Iterable[Mapping[str, Any]]) -> tuple[list[ScanFinding], list[ScanProblem]]:
    """Findings about the packages, and what of the folder could not be read."""
    packages = [Pinned(**each) for each in pinned]
    wanted: dict[tuple[str, str], list[Pinned]] = {}
    for package in packages:
        wanted.setdefault(_key(package.ecosystem, package.name), []).append(package)
    problems: list[ScanProblem] = []
    matches: dict[Pinned, list[_Match]] = {package: [] for package in packages}
    unread: dict[Pinned, list[_Match]] = {}
    findings: dict[tuple[Pinned, str], ScanFinding] = {}
    for advisory in _advisories(folder, problems):
        for affected, package in _about(advisory, wanted):
            match = _Match(advisory=advisory, affected=affected)
            try:
                if affected.has(package.version, ECOSYSTEMS[package.ecosystem]):
                    matches[package].append(match)
            except VersionUnreadableError:
                unread.setdefault(package, []).append(match)
    for package, found in unread.items():
        findings[package, ""] = _not_compared(package, found)
    for package, found in matches.items():
        for group in _groups(found):
            findings[package, group[0].advisory.id] = _finding(package, group)
    return _stamped(findings), _bounded(problems)


def _key(ecosystem: str, name: str) -> tuple[str, str]:
    return ecosystem, ECOSYSTEMS[ecosystem].name_of(name)


def _advisories(folder: Path, problems: list[ScanProblem]) -> Iterator[Advisory]:
    """Those in force, in the order of their files."""
    for path in sorted(folder.rglob("*.json")):
        try:
            advisory = Advisory.model_validate_json(_content(path))
        except (OSError, ValidationError) as error:
            why = "it is no advisory as OSV writes them" if isinstance(error, ValidationError) else error.strerror
            message = f"the advisory {shown_path(path.name)} was left out: {why}"
            problems.append(ScanProblem(tool=TOOL, level="error", message=message))
        else:
            if advisory.withdrawn is None:
                yield advisory


def _content(path: Path) -> bytes:
    """Raises OSError."""
    content = read(path, ADVISORY_BYTES + 1)
    if len(content) > ADVISORY_BYTES:
        raise OSError(0, f"it has more than {ADVISORY_BYTES >> 20} MB")
    return content


def _bounded(problems: list[ScanProblem]) -> list[ScanProblem]:
    if len(problems) <= _PROBLEMS:
        return problems
    message = f"{len(problems) - _PROBLEMS:,} more advisories were left out"
    return [*problems[:_PROBLEMS], ScanProblem(tool=TOOL, level="error", message=message)]


def _about(advisory: Advisory, wanted: Mapping[tuple[str, str], list[Pinned]]) -> Iterator[tuple[Affected, Pinned]]:
    for affected in advisory.affected:
        package = affected.package
        if package is not None and package.ecosystem in ECOSYSTEMS:
            for each in wanted.get(_key(package.ecosystem, package.name), ()):
                yield affected, each


def _groups(matches: Iterable[_Match]) -> list[list[_Match]]:
    """One group for each vulnerability: advisories that share a name are about the same one."""
    groups: list[list[_Match]] = []
    for match in matches:
        same = [group for group in groups if any(match.names & each.names for each in group)]
        groups = [group for group in groups if group not in same]
        groups.append([each for group in same for each in group] + [match])
    return [sorted(group, key=lambda match: match.advisory.id) for group in groups]


def _finding(package: Pinned, group: list[_Match]) -> ScanFinding:
    first = group[0].advisory
    others = sorted(frozenset().union(*(match.names for match in group)) - {first.id})
    fixed = sorted({version for match in group for version in match.affected.fixed})
    summary = plain(" ".join(first.summary.split()), limit=_SUMMARY)
    parts = [f"{package.name} {package.version} has a known vulnerability{f': {summary}' if summary else ''}."]
    parts += [f"Also {_few(others)}."] if others else []
    parts.append(f"Fixed in {_few(fixed)}." if fixed else "No fixed version is known.")
    return _placed(
        package,
        rule=first.id,
        severity=_worst(group),
        confidence="high",
        message=plain(" ".join(parts)),
        cwe=first.cwe,
        help=f"Update the package, or replace it: https://osv.dev/vulnerability/{first.id}",
    )


def _few(words: Sequence[str]) -> str:
    return ", ".join(plain(word, limit=_WORD) for word in words[:_WORDS])


def _worst(matches: Iterable[_Match]) -> Severity:
    return max((match.severity for match in matches), key=SEVERITIES.index)


def _not_compared(package: Pinned, matches: Iterable[_Match]) -> ScanFinding:
    """As bad as the worst of them: a version that nobody can read must not be a way around them."""
    return _placed(
        package,
        rule="dependency-not-compared",
        severity=_worst(matches),
        confidence="low",
        message=f"{package.name} has advisories, and its version could not be compared with theirs.",
        help=_NOT_COMPARED,
    )


def _placed(package: Pinned, **facts: Any) -> ScanFinding:
    return ScanFinding(path=package.path, line=package.line, end_line=package.line, tool=TOOL, **facts)


def _stamped(findings: Mapping[tuple[Pinned, str], ScanFinding]) -> list[ScanFinding]:
    """The line of a lock file says little: what stays when it moves is the package's name."""
    by_path: dict[str, list[ScanFinding]] = {}
    names = {id(finding): package.name for (package, _), finding in findings.items()}
    for finding in findings.values():
        by_path.setdefault(finding.path, []).append(finding)
    return [each for found in by_path.values() for each in with_prints(found, lambda finding: names[id(finding)])]
