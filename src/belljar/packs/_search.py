"""grepFiles and fileSearch: through the files of a folder, in one order, within limits of time, size and number."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, NotRequired

from typing_extensions import TypedDict

from belljar.errors import ToolValidationError, WorkspaceError
from belljar.packs._glob import globber
from belljar.packs._limits import FileLimits
from belljar.packs._matcher import Matcher
from belljar.packs._pace import Pace
from belljar.packs._rank import ranked
from belljar.packs._tree import Tree
from belljar.packs._workspace import Workspace, joined, names_of
from belljar.tools import AbortSignal

_SNIFFED: Final = 8_192
"""Bytes in which a NUL makes a file binary: git's own rule (buffer_is_binary, xdiff-interface.c, 8,000)."""
_CHUNK: Final = 1 << 16
_PATTERN_CHARACTERS: Final = 2_000
_FLAGS: Final = frozenset("isxa")


class Match(TypedDict):
    """One line that fits."""

    path: str
    line: int
    """From 1."""
    column: int
    """Of the first fitting character, from 1, in UTF-16 code units."""
    text: str
    """The line without its ending; "…" where a long one is cut."""
    before: NotRequired[list[str]]
    """The lines above it, when context was asked for."""
    after: NotRequired[list[str]]
    """The lines below it, when context was asked for."""


class GrepResult(TypedDict):
    """What grepFiles gives."""

    matches: list[Match]
    searched: int
    """Files gone through."""
    skipped: int
    """Files and folders left out: binary, too large, not readable."""
    truncated: bool
    """Whether there may be more than is here."""
    reason: str
    """Why the search ended early; empty when it did not."""


class Hit(TypedDict):
    """One file."""

    path: str
    score: int
    """Higher fits better. Only to be compared within one search."""


class SearchResult(TypedDict):
    """What fileSearch gives."""

    files: list[Hit]
    searched: int
    """Files looked at."""
    truncated: bool
    """Whether not all files were looked at, or more fit than are here."""
    reason: str
    """Why not all were looked at; empty when all were."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grep:
    """What is looked for, and where."""

    pattern: str
    path: str
    glob: str
    flags: str
    context: int
    most: int


def grep(workspace: Workspace, asked: Grep, limits: FileLimits, signal: AbortSignal) -> GrepResult:
    """Raises ToolValidationError for a pattern, a flag or a glob that is none, WorkspaceError for a path."""
    _must_be_pattern(asked)
    pace = Pace(signal, ms=limits.search_ms)
    found = _Grepped(asked=asked, limits=limits, tree=_tree(limits, pace), matches=[])
    try:
        with Matcher(_task(asked, limits), pace=pace, signal=signal) as matcher:
            for path, data in found.files(workspace):
                found.add(path, matcher.matches(data))
    except TimeoutError:
        found.reason = f"the time was up{f' in {found.current}' if found.current else ''}"
    reason = found.reason or found.tree.stopped
    return {
        "matches": found.matches,
        "searched": found.searched,
        "skipped": found.skipped + found.tree.unreadable,
        "truncated": bool(reason),
        "reason": reason,
    }


def search(
    workspace: Workspace, query: str, path: str, most: int, limits: FileLimits, signal: AbortSignal
) -> SearchResult:
    """Raises WorkspaceError for a path that is no folder."""
    tree = _tree(limits, Pace(signal, ms=limits.search_ms))
    root = joined(names_of(path))
    searched = 0

    def files() -> Iterator[str]:
        nonlocal searched
        for found in tree.walk(workspace.open_dir(path), root):
            if found.kind == "file" and workspace.shows(found.path):
                searched += 1
                yield found.path

    best = ranked(query, files(), most=most + 1)  # one by one, so that the walk's pace is that of the ranking too
    return {
        "files": [{"path": path, "score": score} for score, path in best[:most]],
        "searched": searched,
        "truncated": bool(tree.stopped) or len(best) > most,
        "reason": tree.stopped,
    }


def _tree(limits: FileLimits, pace: Pace) -> Tree:
    return Tree(pace=pace, skip=frozenset(limits.skip), most=limits.visited)


# -- grep -------------------------------------------------------------------------------------------------------------


def _must_be_pattern(asked: Grep) -> None:
    if not asked.pattern or len(asked.pattern) > _PATTERN_CHARACTERS:
        raise ToolValidationError(f"pattern: from 1 to {_PATTERN_CHARACTERS:,} characters", tool="grepFiles")
    if unknown := sorted(set(asked.flags) - _FLAGS):
        raise ToolValidationError(f"flags: {unknown[0]!r} is none of i, s, x, a", tool="grepFiles")


def _task(asked: Grep, limits: FileLimits) -> dict[str, Any]:
    return {
        "pattern": asked.pattern,
        "flags": asked.flags,
        "context": asked.context,
        "most": asked.most + 1,
        "line_characters": limits.line_characters,
        "memory_bytes": limits.search_mb << 20,
        "cpu_s": limits.search_ms // 1000 + 2,
    }


@dataclass(slots=True, kw_only=True)
class _Grepped:
    """What was found so far."""

    asked: Grep
    limits: FileLimits
    tree: Tree
    matches: list[Match]
    searched: int = 0
    skipped: int = 0
    reason: str = ""
    current: str = ""

    def files(self, workspace: Workspace) -> Iterator[tuple[str, bytes]]:
        """Every text file that the search is about, with its bytes."""
        fits = globber(self.asked.glob)
        for path, open_it in self._places(workspace):
            if self.reason:
                return
            if fits(path):
                self.current = path
                raw = self._text(open_it)
                data = workspace.seen(raw) if raw is not None else None
                if data is None:
                    self.skipped += 1
                else:
                    self.searched += 1
                    yield path, data

    def add(self, path: str, rows: list[list[Any]]) -> None:
        """Take the matches of one file, as long as there is room."""
        room = self.asked.most - len(self.matches)
        self.matches += [self._match(path, row) for row in rows[:room]]
        if len(rows) > room:
            self.reason = f"more than {self.asked.most} matches"

    def _match(self, path: str, row: list[Any]) -> Match:
        line, column, text, before, after = row
        match: Match = {"path": path, "line": line, "column": column, "text": text}
        return {**match, "before": before, "after": after} if self.asked.context else match

    def _places(self, workspace: Workspace) -> Iterator[tuple[str, Callable[[], int]]]:
        """Paths, and how to open each while the search stands there."""
        root = joined(names_of(self.asked.path))
        try:
            folder = workspace.open_dir(self.asked.path)
        except WorkspaceError:  # then it is a file, or its own opening says what is wrong
            yield root, lambda: workspace.open_file(self.asked.path)
            return
        for found in self.tree.walk(folder, root):
            if found.kind == "file" and workspace.shows(found.path):
                yield found.path, found.open

    def _text(self, open_it: Callable[[], int]) -> bytes | None:
        """The file's bytes; None when it is binary, too large, or no readable file."""
        try:
            with os.fdopen(open_it(), "rb") as file:
                status = os.fstat(file.fileno())
                if not stat.S_ISREG(status.st_mode) or status.st_size > self.limits.grep_file_bytes:
                    return None
                data = file.read(_SNIFFED)
                if b"\0" in data:
                    return None
                data += file.read(self.limits.grep_file_bytes + 1 - len(data))
                return data if len(data) <= self.limits.grep_file_bytes else None
        except OSError:
            return None  # counted as skipped: gone by now, or not permitted
