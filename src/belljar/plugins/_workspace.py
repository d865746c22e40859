"""The files of a plugin's workspace: those tools that read see every file as it is without its secrets.

A file is read whole and cleaned before anything is taken from it. So no choice of lines or bytes cuts a secret into
halves that nobody knows, and no pattern finds one by trying. Files whose names hold one are in no search, for the same
reason. What writes sees the files as they are.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field

from belljar.errors import CapabilityRefusedError, PatchError
from belljar.packs import FileLimits, Workspace, files
from belljar.packs._patch import PatchResult, apply_patch
from belljar.packs._workspace import refused
from belljar.plugins._clean import Cleaner
from belljar.tools import AbortSignal, AnyTool, tool

FILE_BYTES: Final = 8 << 20
"""Of a file that a plugin reads: it is read whole, and cleaned at some 4 MB a second."""


def reading_tools(root: Path, cleaner: Cleaner) -> list[AnyTool]:
    """readFile, listDir, grepFiles and fileSearch of the folder."""
    return files(_CleanWorkspace(root, cleaner), write=False)


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


class _CleanWorkspace(Workspace):
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

    def shows(self, path: str) -> bool:
        """Not what has a secret in its path."""
        return self._cleaner.text(path) == path

    def seen(self, data: bytes) -> bytes | None:
        """Without secrets; not at all where one cannot be taken out."""
        try:
            return self._cleaner.data(data)
        except CapabilityRefusedError:
            return None


def _copied(data: bytes) -> int:
    """A descriptor, at its beginning, of a file without a name."""
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.seek(0)
        return os.dup(file.fileno())
