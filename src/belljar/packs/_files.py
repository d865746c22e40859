"""The pack `files`: five tools over one folder, for scripts that read and change a project."""

from __future__ import annotations

import os
from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict

from belljar.errors import ToolValidationError
from belljar.packs._limits import FileLimits
from belljar.packs._pace import Pace
from belljar.packs._patch import PatchResult, apply_patch
from belljar.packs._read import Encoding, FileContent, read_bytes, read_text
from belljar.packs._search import Grep, GrepResult, SearchResult, grep, search
from belljar.packs._tree import Found, Tree
from belljar.packs._workspace import Workspace, failed, joined, names_of
from belljar.tools import AbortSignal, AnyTool, Tool, tool
from belljar.tools._tool import Approval

_FilePath = Annotated[str, Field(description="From the workspace's root, without a leading slash.")]
_FolderPath = Annotated[str, Field(description="A folder; '.' is the workspace.")]
_MOST_LINE = 1 << 53
_MOST_DEPTH = 16
_MOST_CONTEXT = 20
_QUERY_CHARACTERS = 200


class DirEntry(TypedDict):
    """One name in a folder."""

    path: str
    """From the workspace's root, as readFile takes it."""
    kind: Literal["file", "folder", "link", "other"]
    size: int | None
    """Bytes of a file; null for everything else."""


class DirListing(TypedDict):
    """What listDir gives."""

    entries: list[DirEntry]
    """In order of the alphabet, a folder before what is in it."""
    truncated: bool
    """Whether there is more than is here."""
    reason: str
    """Why; empty when nothing is left out."""


def files(
    root: str | os.PathLike[str] | Workspace,
    *,
    write: bool = True,
    approval: Approval = "always",
    limits: FileLimits | None = None,
) -> list[AnyTool]:
    """Tools that read the files below `root` and, with `write`, patch them.

    `approval` is applyPatch's (see `belljar.Tool`); the four that read ask nobody. They show whatever is in the folder,
    a `.env` or `.git/config` too: give them a folder that may be read. Raises UsageError when `root` is no folder, or
    the system has no openat.
    """
    workspace = root if isinstance(root, Workspace) else Workspace(root)
    pack = _Files(workspace, limits or FileLimits())
    reading: list[AnyTool] = [pack.read_file, pack.list_dir, pack.grep_files, pack.file_search]
    return [*reading, Tool.of(pack.apply_patch, approval=approval)] if write else reading


class _Files:
    def __init__(self, workspace: Workspace, limits: FileLimits) -> None:
        self._workspace = workspace
        self._limits = limits

    @tool(name="readFile", idempotent=True)
    def read_file(
        self,
        path: _FilePath,
        signal: AbortSignal,
        start: Annotated[int, Field(ge=1, le=_MOST_LINE, description="First line, from 1.")] = 1,
        end: Annotated[int | None, Field(ge=1, le=_MOST_LINE, description="Last line; null is the last.")] = None,
        encoding: Annotated[Encoding, Field(description='"bytes" gives `data` instead of `text`.')] = "utf-8",
        offset: Annotated[int, Field(ge=0, le=_MOST_LINE, description='First byte; with encoding "bytes" only.')] = 0,
    ) -> FileContent:
        """Read a file of the workspace: all of it, or some lines. What is too long is cut between lines: then
        `truncated` is true, and `next` is the line to go on from.
        """
        is_bytes = encoding == "bytes"
        if (start != 1 or end is not None) if is_bytes else offset:
            raise ToolValidationError("lines (start, end) go with text, offset with bytes", tool="readFile")
        descriptor, limits = self._workspace.open_file(path), self._limits
        try:
            if is_bytes:
                return read_bytes(descriptor, path, offset=offset, limits=limits, signal=signal)
            return read_text(descriptor, path, start=start, end=end, encoding=encoding, limits=limits, signal=signal)
        except OSError as error:  # a disk that fails, or a file of /proc that cannot be read
            raise failed(path, error) from error

    @tool(name="listDir", idempotent=True)
    def list_dir(
        self,
        signal: AbortSignal,
        path: _FolderPath = ".",
        depth: Annotated[int, Field(ge=1, le=_MOST_DEPTH, description="1 is the folder's own names.")] = 1,
    ) -> DirListing:
        """List a folder of the workspace. Symbolic links are listed and not followed."""
        limits = self._limits
        tree = Tree(
            pace=Pace(signal, ms=limits.search_ms), depth=depth, skip=frozenset(limits.skip), most=limits.visited
        )
        entries: list[DirEntry] = []
        reason = ""
        for found in tree.walk(self._workspace.open_dir(path), joined(names_of(path))):
            if len(entries) >= limits.entries:
                reason = f"more than {limits.entries:,} entries"
                break
            entries.append(_entry(found))
        reason = reason or tree.stopped or (f"{tree.unreadable} could not be read" if tree.unreadable else "")
        return {"entries": entries, "truncated": bool(reason), "reason": reason}

    @tool(name="grepFiles", idempotent=True)
    def grep_files(
        self,
        pattern: Annotated[str, Field(description="A Python regular expression, tried on each line.")],
        signal: AbortSignal,
        path: Annotated[str, Field(description="A folder or a file; '.' is the workspace.")] = ".",
        glob: Annotated[str, Field(description="Which files, as in '*.{ts,tsx}' or 'src/**/test_*.py'.")] = "",
        flags: Annotated[str, Field(description="'i' ignores letter case.")] = "",
        context: Annotated[int, Field(ge=0, le=_MOST_CONTEXT, description="Lines to show above and below.")] = 0,
        limit: Annotated[int | None, Field(ge=1, description="Most matches; null is as many as allowed.")] = None,
    ) -> GrepResult:
        """Find lines in the workspace's text files. Binary and very large files are skipped and counted, so are
        version control's folders, node_modules and the like.
        """
        most = min(limit or self._limits.matches, self._limits.matches)
        asked = Grep(pattern=pattern, path=path, glob=glob, flags=flags, context=context, most=most)
        return grep(self._workspace, asked, self._limits, signal)

    @tool(name="fileSearch", idempotent=True)
    def file_search(
        self,
        query: Annotated[str, Field(min_length=1, max_length=_QUERY_CHARACTERS)],
        signal: AbortSignal,
        path: _FolderPath = ".",
        limit: Annotated[int, Field(ge=1, description="Most files.")] = 20,
    ) -> SearchResult:
        """Find files by a part of their path, letters left out: 'usrsvc' finds src/user_service.py. Best first."""
        most = min(limit, self._limits.matches)
        return search(self._workspace, query, path=path, most=most, limits=self._limits, signal=signal)

    @tool(name="applyPatch", approval="always")
    def apply_patch(
        self,
        patch: Annotated[str, Field(description="A unified diff of one or more files.")],
        signal: AbortSignal,
    ) -> PatchResult:
        """Change, create (`--- /dev/null`), delete (`+++ /dev/null`) and rename files of the workspace by a unified
        diff: all of it is applied, or nothing. Line numbers may be wrong or left out (`@@`); context and removed lines
        must be those of the file. Where a hunk does not fit, the error shows the nearest place and what differs.
        """
        return apply_patch(self._workspace, patch, self._limits, signal)


def _entry(found: Found) -> DirEntry:
    return {"path": found.path, "kind": found.kind, "size": _size(found) if found.kind == "file" else None}


def _size(found: Found) -> int | None:
    try:
        return found.size()
    except OSError:
        return None  # gone since it was listed
