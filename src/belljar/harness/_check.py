"""What is wrong with a script, what it would call and whom it would ask, without running it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

from belljar.errors import BelljarError, Finding
from belljar.limits import Limits
from belljar.machine import check_compiles
from belljar.script import Analysis, Script, analyse
from belljar.tools import AnyTool, Registry


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The dry run of one script."""

    findings: tuple[Finding, ...]
    """Everything that is wrong, in the order of the text."""
    sha256: str | None
    """Of the source; None where it is no text."""
    tools_used: tuple[str, ...] = ()
    """Names of the tools in the text, each once, in order."""
    approvals: tuple[str, ...] = ()
    """Of those, the ones that ask a person: always, or by a rule over the arguments."""
    call_sites: int = 0
    """Places in the text that call a tool. In a loop one place makes many calls."""
    tool_budget: int = 0
    """Calls that the limits allow."""

    @property
    def ok(self) -> bool:
        """Whether the script may run."""
        return not self.findings

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON data: what `--json` prints."""
        return {
            "ok": self.ok,
            "findings": [finding.to_dict() for finding in self.findings],
            "sha256": self.sha256,
            "tools_used": list(self.tools_used),
            "approvals": list(self.approvals),
            "call_sites": self.call_sites,
            "tool_budget": self.tool_budget,
        }


def check(
    source: str | bytes,
    *,
    tools: Iterable[AnyTool | Callable[..., Any]] | None = None,
    limits: Limits | None = None,
    profile: str = "standard",
) -> Report:
    """The dry-run report of `source`. With `tools` None, tool names are not checked. Never raises for the script."""
    registry = Registry(tools) if tools is not None else None
    return report(source, registry, limits or Limits(), profile=profile)


TypeFindings: TypeAlias = Callable[[Script], tuple[Finding, ...]]
"""What a compiler with types says of a script that is otherwise in order."""


def report(
    source: str | bytes,
    registry: Registry | None,
    limits: Limits,
    types: TypeFindings | None = None,
    *,
    profile: str = "standard",
) -> Report:
    """`check`, for tools that are registered already."""
    names = registry.names if registry is not None else None
    analysis = analyse(source, tools=names, source_bytes=limits.source_bytes, profile=profile)
    findings = with_compiler(analysis)
    if not findings and types is not None and analysis.script is not None:
        findings = types(analysis.script)
    used = tuple(dict.fromkeys(use.name for use in analysis.tools_used))
    known = [tool for name in used if registry is not None and (tool := registry.get(name)) is not None]
    return Report(
        findings=findings,
        sha256=analysis.script.sha256 if analysis.script is not None else None,
        tools_used=used,
        approvals=tuple(tool.name for tool in known if tool.approval != "never"),
        call_sites=len(analysis.tools_used),
        tool_budget=limits.tool_calls,
    )


def stand_in(source: str | bytes, profile: str = "standard") -> Script:
    """For a text that is no script, so that its journal can still name it."""
    data = source if isinstance(source, bytes) else source.encode("utf-8", "surrogatepass")
    return Script(
        source=data.decode("utf-8", "replace"), sha256=hashlib.sha256(data).hexdigest(), code="", profile=profile
    )


def with_compiler(analysis: Analysis) -> tuple[Finding, ...]:
    """The findings, with the jar's own compiler heard: it finds what the front end cannot (a name declared twice), and
    it overrules the front end's doubts, which are about the parser and not about the script."""
    if analysis.script is None or (analysis.findings and not analysis.tentative):
        return analysis.findings
    error = check_compiles(analysis.script)
    if error is None:
        return ()
    return analysis.findings or (_finding(error),)


def _finding(error: BelljarError) -> Finding:
    return Finding(
        code=error.code,
        message=error.message,
        line=error.line or 1,
        column=error.column or 1,
        hint=error.hint,
        excerpt=error.excerpt,
    )
