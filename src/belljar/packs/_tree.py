"""A folder and all below it, in one order on every system, without a step through a symbolic link.

A depth-first walk: names in the order of their code points, a folder before what is in it. Every folder is opened
relative to the one above it, so what is found can be opened relative to a descriptor that is still open. What a patch
that was killed has left behind is passed over.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final, Literal, TypeAlias

from belljar.packs._pace import Pace
from belljar.packs._protect import is_own
from belljar.packs._workspace import FILE_FLAGS, FOLDER_FLAGS, is_text

Kind: TypeAlias = Literal["file", "folder", "link", "other"]

MOST_DEPTH: Final = 64
"""Folders within folders. Each costs a descriptor while it is walked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One name in a folder."""

    path: str
    """From the workspace's root."""
    name: str
    kind: Kind
    folder: int
    """The open folder it is in; only until the walk goes on."""

    def open(self) -> int:
        """A new descriptor of the file. Raises OSError when it is none any more."""
        return os.open(self.name.encode(), FILE_FLAGS, dir_fd=self.folder)

    def size(self) -> int:
        """In bytes. Raises OSError when it is gone."""
        return os.stat(self.name.encode(), dir_fd=self.folder, follow_symlinks=False).st_size


@dataclass(slots=True, kw_only=True)
class Tree:
    """One walk, and what it could not do."""

    pace: Pace
    depth: int = MOST_DEPTH
    """1 is the folder's own names."""
    skip: Collection[str] = ()
    """Names of folders that are given and not entered."""
    most: int = 100_000
    """Names looked at."""
    visited: int = 0
    unreadable: int = 0
    """Folders that could not be opened or listed or are too deep, and names that are no UTF-8."""
    stopped: str = ""
    """Why the walk ended early, in words; empty when it did not."""
    _open: list[int] = field(default_factory=list)

    def walk(self, root: int, path: str) -> Iterator[Found]:
        """All below `root`, an open folder that the walk closes. `path` is its own path, '.' for the workspace."""
        prefix = "" if path == "." else f"{path}/"
        self._open = [root]
        try:
            levels = [self._names(root, prefix)]
            while levels and not self.stopped:
                found = next(levels[-1], None)
                if found is None:
                    levels.pop()
                    os.close(self._open.pop())
                    continue
                yield found
                if found.kind == "folder" and self._may_enter(found, len(levels)):
                    levels.append(self._names(self._open[-1], f"{found.path}/"))
        finally:
            while self._open:
                os.close(self._open.pop())

    def _names(self, folder: int, prefix: str) -> Iterator[Found]:
        for name, kind in self._sorted(folder):
            self.visited += 1
            if self.visited > self.most:
                self.stopped = f"more than {self.most:,} files and folders"
            elif self.pace.is_over:
                self.stopped = "the time was up"
            if self.stopped:
                return
            yield Found(path=prefix + name, name=name, kind=kind, folder=folder)

    def _sorted(self, folder: int) -> list[tuple[str, Kind]]:
        try:
            with os.scandir(folder) as entries:
                listed = [(entry.name, _kind(entry)) for entry in islice(entries, self.most - self.visited + 1)]
        except OSError:
            self.unreadable += 1  # a disk that fails; the result counts it
            return []
        named = sorted(pair for pair in listed if is_text(pair[0]))
        self.unreadable += len(listed) - len(named)
        return [pair for pair in named if not is_own(pair[0])]

    def _may_enter(self, found: Found, depth: int) -> bool:
        """Open the folder, unless it is not to be entered."""
        if depth >= self.depth or found.name in self.skip:
            self.unreadable += depth >= MOST_DEPTH
            return False
        try:
            self._open.append(os.open(found.name.encode(), FOLDER_FLAGS, dir_fd=found.folder))
        except OSError:
            self.unreadable += 1  # gone, not permitted, or a link by now; the result counts it
            return False
        return True


def _kind(entry: os.DirEntry[str]) -> Kind:
    if entry.is_symlink():
        return "link"
    if entry.is_dir(follow_symlinks=False):
        return "folder"
    return "file" if entry.is_file(follow_symlinks=False) else "other"
