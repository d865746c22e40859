"""The program of a scan's child process: reads files and prints what it found in them, as JSON.

One argument: a JSON object with `kind`, `root`, `files` (path, shown, size) and what the kind needs besides.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from belljar.agents.security._bandit import TOOL as BANDIT
from belljar.agents.security._bandit import python_findings
from belljar.agents.security._finding import SEVERITIES, ScanFinding
from belljar.agents.security._osv import TOOL as OSV
from belljar.agents.security._osv import vulnerable
from belljar.agents.security._problem import ScanProblem
from belljar.agents.security._secrets import TOOL as SECRETS
from belljar.agents.security._secrets import secret_findings
from belljar.agents.security._stamp import stamped
from belljar.agents.security._suppress import suppressions
from belljar.agents.security._toml import toml_inventory
from belljar.agents.security._walk import SourceFile, text_of
from belljar.agents.security.js import TOOL as JS
from belljar.agents.security.js import UNREAD, scan_source

_Answer = dict[str, list[Any]]
MOST_FINDINGS: Final = 5_000


def answer(told: Mapping[str, Any]) -> _Answer:
    """What the child prints."""
    return KINDS[told["kind"]](told)


def _dependencies(told: Mapping[str, Any]) -> _Answer:
    findings, problems = vulnerable(Path(told["advisories"]), told["pinned"])
    return _answered(OSV, findings, problems)


def _javascript(told: Mapping[str, Any]) -> _Answer:
    findings: list[ScanFinding] = []
    problems: list[ScanProblem] = []
    for file, text in _texts(told, problems, JS):
        found = scan_source(file.path, text)
        findings += [each for each in found if each.rule != UNREAD]
        problems += [_unread(file, each) for each in found if each.rule == UNREAD]
    return _answered(JS, stamped(Path(told["root"]), _files(told), findings), problems)


def _unread(file: SourceFile, finding: ScanFinding) -> ScanProblem:
    """What nobody has looked at is no finding that could count as a mild one."""
    message = f"{finding.message} Where it is not written by people, leave it out with --exclude."
    return ScanProblem(tool=JS, level="error", message=message, path=file.shown)


def _python(told: Mapping[str, Any]) -> _Answer:
    findings, problems = python_findings(Path(told["root"]), _files(told))
    return _answered(BANDIT, stamped(Path(told["root"]), _files(told), findings), problems)


def _secrets(told: Mapping[str, Any]) -> _Answer:
    findings: list[ScanFinding] = []
    problems: list[ScanProblem] = []
    comments: list[Any] = []
    for file, text in _texts(told, problems, SECRETS):
        findings += secret_findings(file.path, text, told["salt"])
        comments += [each.to_dict() for each in suppressions(file, text)]
    return {**_answered(SECRETS, stamped(Path(told["root"]), _files(told), findings), problems), "extra": comments}


def _toml(told: Mapping[str, Any]) -> _Answer:
    return {**_answered(OSV, [], []), "extra": [toml_inventory(Path(told["root"]) / told["path"])]}


KINDS: Final[Mapping[str, Callable[[Mapping[str, Any]], _Answer]]] = {
    "dependencies": _dependencies,
    "javascript": _javascript,
    "python": _python,
    "secrets": _secrets,
    "toml": _toml,
}


def _files(told: Mapping[str, Any]) -> list[SourceFile]:
    return [SourceFile(**file) for file in told["files"]]


def _texts(told: Mapping[str, Any], problems: list[ScanProblem], tool: str) -> Iterator[tuple[SourceFile, str]]:
    for file in _files(told):
        try:
            text = text_of(Path(told["root"]) / file.path)
        except OSError as error:
            message = f"the file cannot be read: {error.strerror}"
            problems.append(ScanProblem(tool=tool, level="error", message=message, path=file.shown))
        else:
            yield file, text


def _answered(tool: str, findings: list[ScanFinding], problems: list[ScanProblem]) -> _Answer:
    """Not more than the scan can read without a pause: the worst."""
    worst = sorted(findings, key=lambda finding: -SEVERITIES.index(finding.severity))[:MOST_FINDINGS]
    if left := len(findings) - len(worst):
        message = f"{left:,} findings of {tool} were left out of one portion; the worst were kept"
        problems = [ScanProblem(tool=tool, level="error", message=message), *problems]
    return {
        "findings": [finding.to_dict() for finding in worst],
        "problems": [problem.to_dict() for problem in problems],
        "extra": [],
    }


if __name__ == "__main__":
    json.dump(answer(json.loads(sys.argv[1])), sys.stdout)
