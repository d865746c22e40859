"""A report as Markdown, for a person. Nothing of the repository is markup in it: each sign that could be is escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final

from belljar.agents.security._finding import ScanFinding
from belljar.agents.security._report import ScanReport

_SIGNS: Final = re.compile(r"([\\`*_{}\[\]<>()#|~!&$])")
_LINKS: Final = re.compile(r"(?<=@)|(?<=:)(?=//)|(?<=www)(?=\.)", re.IGNORECASE)
"""Where an address or a name begins that code hosts make a link of: an empty comment there is the end of it."""
_HELP_LINK: Final = re.compile(r"https://[\w./#-]+$")
"""At the end of a help, which is ours."""
_BREAKS: Final = re.compile(r"\s+")
_SKIPPED_SHOWN: Final = 20
"""Of each reason."""


def to_markdown(report: ScanReport) -> str:
    """The whole report as Markdown."""
    return "\n".join(_lines(report)).rstrip() + "\n"


def _lines(report: ScanReport) -> Iterator[str]:
    yield from ("# Security scan", "", _verdict(report), "")
    yield from _table(report)
    yield from _section("New findings", report.new)
    yield from _section("Known findings", (each for each in report.findings if each.is_known and not _is_hushed(each)))
    yield from _section("Suppressed findings", filter(_is_hushed, report.findings))
    yield from _problems(report)
    yield from _left_out(report)


def _is_hushed(finding: ScanFinding) -> bool:
    return finding.suppressed is not None


def _verdict(report: ScanReport) -> str:
    ends = {
        0: f"No new finding of severity {report.fail_on} or worse.",
        1: f"**There are new findings of severity {report.fail_on} or worse.**",
        5: "**The scan is not whole: a tool failed.**",
    }
    files = "1 file was" if report.files == 1 else f"{report.files:,} files were"
    return f"{ends[report.exit_status]} {files} looked at."


def _table(report: ScanReport) -> Iterator[str]:
    hushed = report.counted(filter(_is_hushed, report.findings))
    known = report.counted(each for each in report.findings if each.is_known and not _is_hushed(each))
    yield from ("| severity | new | known | suppressed |", "| --- | ---: | ---: | ---: |")
    for severity, count in report.counts.items():
        yield f"| {severity} | {count:,} | {known[severity]:,} | {hushed[severity]:,} |"
    yield ""


def _section(title: str, findings: Iterable[ScanFinding]) -> Iterator[str]:
    listed = list(findings)
    if not listed:
        return
    yield from (f"## {title}", "")
    for severity, group in groupby(listed, key=lambda finding: finding.severity):
        yield from (f"### {severity}", "")
        yield from map(_item, group)
        yield ""


def _item(finding: ScanFinding) -> str:
    weakness = f" (CWE-{finding.cwe})" if finding.cwe is not None else ""
    reason = f" Suppressed: {_text(finding.suppressed)}" if finding.suppressed is not None else ""
    place = f"{_text(finding.path)}:{finding.line}:{finding.column}"
    return f"- **{_text(finding.rule)}** {place}{weakness}: {_text(finding.message)} {_help(finding.help)}{reason}"


def _problems(report: ScanReport) -> Iterator[str]:
    if report.problems:
        yield from ("## Problems", "")
        for problem in report.problems:
            place = f" {_text(problem.path)}" if problem.path else ""
            yield f"- {problem.level}, {problem.tool}{place}: {_text(problem.message)}"
        yield ""


def _left_out(report: ScanReport) -> Iterator[str]:
    if report.skipped:
        yield from ("## Left out", "")
    for reason, count in report.skipped_by_reason.items():
        paths = [_text(each.path) for each in report.skipped if each.reason == reason][:_SKIPPED_SHOWN]
        more = ", ..." if count > len(paths) else ""
        yield f"- {count:,} because {reason}: {', '.join(paths)}{more}"


def _text(text: str) -> str:
    return _LINKS.sub("<!-- -->", _SIGNS.sub(r"\\\1", _BREAKS.sub(" ", text)))


def _help(text: str) -> str:
    link = _HELP_LINK.search(text)
    return _text(text[: link.start()]) + f"<{link[0]}>" if link else _text(text)
