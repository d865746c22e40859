"""`belljar check`: what is wrong with a script, or with each script of a reply, without running it."""

from __future__ import annotations

import functools
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from belljar.cli._document import print_json
from belljar.cli._exits import ExitCode, exit_code_of
from belljar.cli._inputs import Input, read_input
from belljar.cli._loading import load_registry
from belljar.cli._screen import counted, out, print_error, print_finding, safe_line
from belljar.errors import Finding, MalformedReplyError
from belljar.harness import Harness, Report, check
from belljar.script import Segment, detect


def check_command(file: Path, *, tools: tuple[str, ...], as_json: bool, profile: str = "standard") -> ExitCode:
    """Print the report. Without `tools` neither the names of tools nor types are checked.

    A sealed program is no reply.
    """
    given = read_input(file)
    check_any = Harness(load_registry(tools)).check if tools else check
    check_one = functools.partial(check_any, profile=profile)
    if not given.is_reply or profile == "sealed":
        return print_report(check_one(given.text), given.name, as_json=as_json)
    try:
        scripts = [segment for segment in detect(given.text) if segment.kind == "script"]
    except MalformedReplyError as error:
        return _print_malformed(error, given, as_json=as_json)
    return _print_reports([check_one(each.source or "") for each in scripts], scripts, given, as_json=as_json)


def _print_malformed(error: MalformedReplyError, given: Input, *, as_json: bool) -> ExitCode:
    if as_json:
        print_json({"ok": False, "scripts": [], "error": error.to_dict()})
    else:
        print_error(out(), error, given.name)
    return exit_code_of(error)


def _print_reports(reports: list[Report], scripts: list[Segment], given: Input, *, as_json: bool) -> ExitCode:
    if as_json:
        listed: list[dict[str, Any]] = [
            {**report.to_dict(), "reply_line": segment.line} for report, segment in zip(reports, scripts, strict=True)
        ]
        print_json({"ok": all(report.ok for report in reports), "scripts": listed})
    else:
        for number, (report, segment) in enumerate(zip(reports, scripts, strict=True), start=1):
            _print_findings(out(), tuple(in_reply(each, segment) for each in report.findings), given.name)
            _print_summary(out(), report, f"{given.name}, script {number}")
    return ExitCode.FINE if all(report.ok for report in reports) else ExitCode.FAILED


def in_reply(finding: Finding, segment: Segment) -> Finding:
    """The finding at its place in the reply's own file; its excerpt keeps the script's numbers."""
    before = segment.text[: segment.text.find(segment.source or "")]
    *whole_lines, rest = before.split("\n")
    indent = len(rest) if whole_lines else segment.column - 1 + len(rest)
    shift = indent if finding.line == 1 else 0
    return replace(finding, line=segment.line + len(whole_lines) + finding.line - 1, column=finding.column + shift)


def print_report(report: Report, name: str, *, as_json: bool) -> ExitCode:
    """One script's report."""
    if as_json:
        print_json(report.to_dict())
    else:
        _print_findings(out(), report.findings, name)
        _print_summary(out(), report, name)
    return ExitCode.FINE if report.ok else ExitCode.FAILED


def _print_findings(console: Console, findings: tuple[Finding, ...], name: str) -> None:
    for finding in findings:
        print_finding(console, finding, name)
        console.print()


def _print_summary(console: Console, report: Report, name: str) -> None:
    verdict = ("ok", "bold green") if report.ok else (counted(len(report.findings), "problem"), "bold red")
    console.print(Text.assemble((safe_line(name), "bold"), ": ", verdict))
    facts = {
        "tools": ", ".join(report.tools_used) or "none",
        "approval": ", ".join(report.approvals) or "none",
        "calls": f"in {counted(report.call_sites, 'place')}; {report.tool_budget:,} allowed",
        "sha256": report.sha256 or "none",
    }
    for label, value in facts.items():
        console.print(Text.assemble((f"  {label:<9}", "dim"), safe_line(value)))
