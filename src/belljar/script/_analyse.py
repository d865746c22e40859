"""The way of a text to a `Script`: validate, parse, check, erase.

Every fault is a finding and all are reported together, but for those that make the text unreadable as a whole: its
size, its encoding and its characters. Results are kept in an LRU cache keyed by the text itself (its SHA-256 would
only repeat it), the declared tools and the profile; it holds `CACHED` results and is safe to share between threads
because `functools.lru_cache` is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from functools import lru_cache
from typing import Final

from belljar.errors import Finding, SourceError, UsageError
from belljar.script._bans import refused_spans, report_constructs, report_names
from belljar.script._characters import has_hidden, report_characters, report_hidden
from belljar.script._enum import enum_edits
from belljar.script._erase import erased_spans, erasing_edits
from belljar.script._findings import Reporter
from belljar.script._grammar import MAX_DEPTH, Tree, parse_units, quoted, too_deep
from belljar.script._positions import Edit, PositionMap, apply, in_order, position_map
from belljar.script._result import result_edits
from belljar.script._scope import Scopes, Spans
from belljar.script._script import Analysis, Script
from belljar.script._syntax import report_fence, report_line_ends, report_syntax, report_unreadable
from belljar.script._text import Lines, from_units, to_units
from belljar.script._tools import ToolNames, report_tools

CACHED: Final = 128
"""Results kept. A result of a script of the largest default size takes about 100 kB with its findings."""

CACHED_CHARS: Final = 65_536
"""A longer text, which only a raised limit allows, is not kept."""

PROFILES: Final = ("standard", "sealed")

_BOM: Final = "\ufeff"


def parse(
    source: str | bytes,
    *,
    tools: Collection[str] | None = None,
    source_bytes: int = 20_000,
    profile: str = "standard",
) -> Script:
    """The script, if nothing is wrong with it.

    `tools` are the declared names, dotted where they are grouped; None leaves names of tools unchecked. A text of more
    than `source_bytes` bytes of UTF-8 is refused before it is read. Raises the SourceError subclass of the first
    finding, carrying all; UsageError for a profile that does not exist.
    """
    analysis = analyse(source, tools=tools, source_bytes=source_bytes, profile=profile)
    if analysis.findings or analysis.script is None:
        raise SourceError.from_findings(analysis.findings)
    return analysis.script


def reread(source: str, *, profile: str = "standard", source_bytes: int = 20_000) -> Script:
    """The script of a source that has run before: the parser's doubts do not count, the jar has compiled it.

    Raises the SourceError of what is certainly wrong.
    """
    analysis = analyse(source, source_bytes=source_bytes, profile=profile)
    if analysis.script is None:
        raise SourceError.from_findings(analysis.findings)
    return analysis.script


def analyse(
    source: str | bytes,
    *,
    tools: Collection[str] | None = None,
    source_bytes: int = 20_000,
    profile: str = "standard",
) -> Analysis:
    """Everything about a text, whatever is wrong with it; arguments as in `parse`. Raises UsageError only."""
    if profile not in PROFILES:
        raise UsageError(f"profile must be one of {', '.join(PROFILES)}, got {profile!r}")
    if isinstance(source, bytes):
        if len(source) > source_bytes + len(_BOM.encode()):
            return _refused(_too_large(len(source), source_bytes))
        text = _decoded(source)
        if isinstance(text, Finding):
            return _refused(text)
        source = text
    source = source.removeprefix(_BOM)
    size = len(source) if len(source) > source_bytes else len(source.encode("utf-8", "surrogatepass"))
    if size > source_bytes:
        return _refused(_too_large(size, source_bytes))
    names = None if tools is None else frozenset(tools)
    return (_cached if len(source) <= CACHED_CHARS else _analysed)(source, names, profile)


def _refused(finding: Finding) -> Analysis:
    return Analysis(findings=(finding,), script=None, tools_used=())


def _too_large(size: int, limit: int) -> Finding:
    return Finding(
        code="ScriptTooLargeError",
        message=f"the script has at least {size:,} bytes; {limit:,} are allowed",
        line=1,
        column=1,
        hint="Split the work into several scripts.",
    )


def _decoded(source: bytes) -> str | Finding:
    try:
        return source.decode("utf-8")
    except UnicodeDecodeError as error:
        return _not_utf8(source, error.start)


def _not_utf8(source: bytes, offset: int) -> Finding:
    lines = Lines(to_units(source[:offset].decode("utf-8")))
    line, column = lines.position(len(lines.units))
    return Finding(
        code="ScriptSyntaxError",
        message=f"byte {offset} (0x{source[offset]:02x}) is not valid UTF-8",
        line=line,
        column=column,
        hint="Send the script as UTF-8.",
        excerpt=lines.excerpt(line, column),
    )


def _analysed(source: str, names: frozenset[str] | None, profile: str) -> Analysis:
    return _Analyser(source, names, profile).run()


_cached = lru_cache(maxsize=CACHED)(_analysed)


class _Analyser:
    """One text on its way."""

    def __init__(self, source: str, names: frozenset[str] | None, profile: str) -> None:
        self._source = source
        self._names = names
        self._profile = profile
        self._units = to_units(source)
        self._lines = Lines(self._units)
        self._reporter = Reporter(self._lines)

    def run(self) -> Analysis:
        report_characters(self._units, self._reporter)
        if self._reporter:
            return self._failed()
        parsed = parse_units(self._units)
        if parsed is None:
            report_unreadable(self._units, self._reporter)
            return self._failed()
        if has_hidden(self._units):
            report_hidden(self._units, quoted(parsed), self._reporter)
        deep = too_deep(self._units, parsed)
        if deep is not None:
            self._reporter.add("ScriptSyntaxError", deep, f"nested more than {MAX_DEPTH:,} levels deep")
            return self._failed()
        return self._checked(Tree(self._units, parsed))

    def _failed(self) -> Analysis:
        return Analysis(findings=self._reporter.findings(), script=None, tools_used=())

    def _checked(self, tree: Tree) -> Analysis:
        """Checks and, if all is well, erases."""
        is_broken = tree.root.has_error
        is_fenced = report_fence(self._units, self._reporter)
        if self._profile == "sealed":
            return self._sealed(tree, is_fenced=is_fenced)
        erased = erased_spans(tree)
        scopes = Scopes(tree, Spans((*erased.spans(), *refused_spans(tree))))
        report_constructs(tree, erased, self._reporter)
        report_names(tree, scopes, self._reporter, is_broken=is_broken)
        tools = report_tools(tree, scopes, self._reporter, names=self._names)
        if is_broken:
            script = self._doubtful(tree, tools, is_fenced=is_fenced)
        else:
            script = self._erased(tree, tools, erased, scopes)
        return Analysis(
            findings=self._reporter.findings(),
            script=script,
            tools_used=tools.uses,
            has_computed_tools=tools.has_computed,
            tentative=is_broken and script is not None,
            steps=tree.steps,
        )

    def _sealed(self, tree: Tree, *, is_fenced: bool) -> Analysis:
        """The sealed profile has a compiler of its own, and what the parser cannot read it does not take."""
        from belljar.script.seal import costs, seal, well_parsed  # 10 ms that other scripts need not pay

        code = None
        tree = well_parsed(tree)
        if not tree.root.has_error:
            code = seal(tree, self._reporter, costs=costs(), effects=self._names)
        elif not is_fenced:
            report_syntax(tree, self._reporter)
        script = self._script(code, ToolNames((), has_computed=False), PositionMap()) if code is not None else None
        return Analysis(findings=self._reporter.findings(), script=script, tools_used=(), steps=tree.steps)

    def _doubtful(self, tree: Tree, tools: ToolNames, *, is_fenced: bool) -> Script | None:
        """Tells what the parser could not read; its doubts alone leave the last word to the jar."""
        is_certain = bool(self._reporter)
        if not is_fenced:
            is_certain |= report_syntax(tree, self._reporter)
        return None if is_certain else self._script(self._source, tools, PositionMap())

    def _erased(self, tree: Tree, tools: ToolNames, erased: Spans, scopes: Scopes) -> Script | None:
        report_line_ends(tree, self._reporter)
        edits = self._edits(tree, erased, scopes)
        if self._reporter:
            return None
        code = from_units(apply(self._units, edits))
        return self._script(code, tools, position_map(self._lines, edits))

    def _edits(self, tree: Tree, erased: Spans, scopes: Scopes) -> list[Edit]:
        edits = [*erasing_edits(tree), *enum_edits(tree, erased, scopes, self._reporter)]
        if not scopes.own_return:
            edits += result_edits(tree)
        return in_order(edits)

    def _script(self, code: str, tools: ToolNames, positions: PositionMap) -> Script:
        return Script(
            source=self._source,
            sha256=hashlib.sha256(self._source.encode("utf-8", "surrogatepass")).hexdigest(),
            code=code,
            profile=self._profile,
            tools_used=tools.uses,
            positions=positions,
        )
