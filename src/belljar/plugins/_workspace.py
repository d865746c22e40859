"""The files of a plugin's workspace: those tools that read see every file as it is without its secrets.

A file is read whole and cleaned before anything is taken from it. So no choice of lines or bytes cuts a secret into
halves that nobody knows, and no pattern finds one by trying. Files whose names hold one are in no search, for the same
reason. What writes sees the files as they are.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field

from belljar.errors import CapabilityRefusedError, PatchError
from belljar.packs import FileLimits, Workspace
from belljar.packs._files import _QUERY_CHARACTERS, _Files
from belljar.packs._matcher import Matcher
from belljar.packs._pace import Pace
from belljar.packs._patch import PatchResult, apply_patch
from belljar.packs._rank import ranked
from belljar.packs._search import Grep, GrepResult, SearchResult, _Grepped, _must_be_pattern, _task
from belljar.packs._tree import Found, Tree
from belljar.packs._workspace import joined, names_of, refused
from belljar.plugins._clean import Cleaner
from belljar.tools import AbortSignal, AnyTool, tool

FILE_BYTES: Final = 8 << 20
"""Of a file that a plugin reads: it is read whole, and cleaned at some 4 MB a second."""
_MOST_CONTEXT: Final = 20


def reading_tools(root: Path, cleaner: Cleaner) -> list[AnyTool]:
    """readFile, listDir, grepFiles and fileSearch of the folder."""
    pack = _CleanFiles(CleanWorkspace(root, cleaner), FileLimits(), cleaner)
    return [pack.read_file, pack.list_dir, pack.grep_clean, pack.search_clean]


def writing_tool(root: Path) -> AnyTool:
    """applyPatch, which a person approves each time. Where a patch does not fit, it shows nothing of the file."""
    return _Patching(Workspace(root)).apply_patch


class _Patching:
    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    @tool(name="applyPatch", approval="always")
    def apply_patch(
        self,
        patch: Annotated[str, Field(description="A unified diff of one or more files.")],
        signal: AbortSignal,
    ) -> PatchResult:
        """Change, create (`--- /dev/null`), delete (`+++ /dev/null`) and rename files of the workspace by a unified
        diff: all of it is applied, or nothing. Context and removed lines must be those of the file.
        """
        try:
            return apply_patch(self._workspace, patch, FileLimits(), signal)
        except PatchError as error:
            raise _unquoted(error) from None


def _unquoted(error: PatchError) -> PatchError:
    """An error about a hunk quotes lines of the file, and those of a key have no form that could be known."""
    if "hunk" not in error.details:
        return error
    kept = {name: error.details.get(name) for name in ("path", "hunk", "patch_line")}
    place = f"{kept['path']}, hunk {kept['hunk']} (line {kept['patch_line']} of the patch)"
    return PatchError(f"{place}: it does not fit the file", hint=error.hint, details=kept)


class CleanWorkspace(Workspace):
    """A workspace whose files are opened as copies without secrets. Only for reading."""

    def __init__(self, root: Path, cleaner: Cleaner) -> None:
        super().__init__(root)
        self._cleaner = cleaner
        self._last: tuple[bytes, bytes] = (b"", b"")
        """The file that was read last, as it is and as it was given: a large one is read piece after piece."""

    def open_file(self, path: str, *, follow: bool = True) -> int:
        """A descriptor of a copy of the file, without what is secret in it; the caller closes it."""
        with os.fdopen(super().open_file(path, follow=follow), "rb") as file:
            data = file.read(FILE_BYTES + 1)
        if len(data) > FILE_BYTES:
            raise refused(path, f"is larger than the {FILE_BYTES:,} bytes that a plugin may read")
        last = self._last  # one look: calls run in several threads
        clean = last[1] if last[0] == data else self._cleaner.data(data)
        self._last = data, clean
        return _copied(clean)


def _copied(data: bytes) -> int:
    """A descriptor, at its beginning, of a file without a name."""
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.seek(0)
        return os.dup(file.fileno())


@dataclass(slots=True, kw_only=True)
class _CleanTree(Tree):
    """A walk past what has a secret in its path."""

    cleaner: Cleaner

    def walk(self, root: int, path: str) -> Iterator[Found]:
        for found in Tree.walk(self, root, path):
            if self.cleaner.text(found.path) == found.path:
                yield found


class _CleanFiles(_Files):
    def __init__(self, workspace: CleanWorkspace, limits: FileLimits, cleaner: Cleaner) -> None:
        super().__init__(workspace, limits)
        self._cleaner = cleaner

    @tool(name="grepFiles", idempotent=True)
    def grep_clean(
        self,
        pattern: Annotated[str, Field(description="A Python regular expression, tried on each line.")],
        signal: AbortSignal,
        path: Annotated[str, Field(description="A folder or a file; '.' is the workspace.")] = ".",
        glob: Annotated[str, Field(description="Which files, as in '*.{ts,tsx}' or 'src/**/test_*.py'.")] = "",
        flags: Annotated[str, Field(description="'i' ignores letter case.")] = "",
        context: Annotated[int, Field(ge=0, le=_MOST_CONTEXT, description="Lines to show above and below.")] = 0,
        limit: Annotated[int | None, Field(ge=1, description="Most matches; null is as many as allowed.")] = None,
    ) -> GrepResult:
        """Find lines in the workspace's text files, as they are without their secrets. Binary and very large files are
        skipped and counted, so are version control's folders, node_modules and the like.
        """
        most = min(limit or self._limits.matches, self._limits.matches)
        asked = Grep(pattern=pattern, path=path, glob=glob, flags=flags, context=context, most=most)
        return self._grepped(asked, signal)

    @tool(name="fileSearch", idempotent=True)
    def search_clean(
        self,
        query: Annotated[str, Field(min_length=1, max_length=_QUERY_CHARACTERS)],
        signal: AbortSignal,
        path: Annotated[str, Field(description="A folder; '.' is the workspace.")] = ".",
        limit: Annotated[int, Field(ge=1, description="Most files.")] = 20,
    ) -> SearchResult:
        """Find files by a part of their path, letters left out: 'usrsvc' finds src/user_service.py. Best first."""
        most, tree = min(limit, self._limits.matches), self._tree(signal)
        walk = tree.walk(self._workspace.open_dir(path), joined(names_of(path)))
        paths = [found.path for found in walk if found.kind == "file"]
        best = ranked(query, paths, most=most + 1)
        return {
            "files": [{"path": path, "score": score} for score, path in best[:most]],
            "searched": len(paths),
            "truncated": bool(tree.stopped) or len(best) > most,
            "reason": tree.stopped,
        }

    def _tree(self, signal: AbortSignal) -> _CleanTree:
        limits = self._limits
        pace = Pace(signal, ms=limits.search_ms)
        return _CleanTree(pace=pace, skip=frozenset(limits.skip), most=limits.visited, cleaner=self._cleaner)

    def _grepped(self, asked: Grep, signal: AbortSignal) -> GrepResult:
        _must_be_pattern(asked)
        limits, tree = self._limits, self._tree(signal)
        found = _CleanGrepped(asked=asked, limits=limits, tree=tree, matches=[], cleaner=self._cleaner)
        try:
            with Matcher(_task(asked, limits), pace=tree.pace, signal=signal) as matcher:
                for path, data in found.files(self._workspace):
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


@dataclass(slots=True, kw_only=True)
class _CleanGrepped(_Grepped):
    cleaner: Cleaner

    def _text(self, open_it: Callable[[], int]) -> bytes | None:
        data = _Grepped._text(self, open_it)
        try:
            return None if data is None else self.cleaner.data(data)
        except CapabilityRefusedError:
            return None  # counted as skipped: no text, and a secret in it
