"""applyPatch: read the patch, compute every file, and only then write them all, or none."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from typing_extensions import TypedDict

from belljar.errors import PatchError, WorkspaceError
from belljar.packs._commit import commit, stamp_of
from belljar.packs._limits import FileLimits
from belljar.packs._plan import FileFigures, Original, Plan
from belljar.packs._workspace import Workspace
from belljar.patch import parse_patch
from belljar.tools import AbortSignal

_POLL_S = 0.02
_MOST_LINES = 1_000_000
"""Of one file: as a list, a line of two characters takes thirty times the memory that it takes in the text."""


class PatchResult(TypedDict):
    """What applyPatch did."""

    files: list[FileFigures]
    added: int
    """Lines, in all files."""
    removed: int
    """Lines, in all files."""


def apply_patch(workspace: Workspace, patch: str, limits: FileLimits, signal: AbortSignal) -> PatchResult:
    """Raises PatchError or WorkspaceError; the files are then as they were."""
    if len(patch.encode("utf-8", "surrogatepass")) > limits.patch_bytes:
        raise PatchError(f"the patch is longer than {limits.patch_bytes:,} bytes", hint="Apply it in several parts.")
    sections = parse_patch(patch)
    with alone(workspace, signal):
        plan = Plan(
            read=_Reader(workspace, limits, signal).original,
            fuzz=limits.fuzz,
            protected=limits.protected,
            pace=signal.throw_if_aborted,
        )
        for section in sections:
            signal.throw_if_aborted()
            plan.add(section)
        commit(workspace, plan.changes(), signal)
    return {
        "files": plan.figures,
        "added": sum(each["added"] for each in plan.figures),
        "removed": sum(each["removed"] for each in plan.figures),
    }


class _Reader:
    """Reads files for one patch, and counts what they hold."""

    def __init__(self, workspace: Workspace, limits: FileLimits, signal: AbortSignal) -> None:
        self._workspace = workspace
        self._limits = limits
        self._signal = signal
        self._left = limits.patch_total_bytes

    def original(self, path: str) -> Original | None:
        """The file; None where there is nothing of that name."""
        self._signal.throw_if_aborted()
        try:
            descriptor = self._workspace.open_file(path, follow=False)
        except WorkspaceError as error:
            if isinstance(error.__cause__, FileNotFoundError):
                return None
            raise
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            data = file.read(self._limits.patch_file_bytes + 1)
        self._count(path, data)
        return Original(
            data=data,
            mode=stat.S_IMODE(status.st_mode),
            owner=(status.st_uid, status.st_gid),
            stamp=stamp_of(status),
        )

    def _count(self, path: str, data: bytes) -> None:
        limits = self._limits
        self._left -= len(data)
        if len(data) > limits.patch_file_bytes:
            raise PatchError(
                f"{path}: the file is larger than {limits.patch_file_bytes:,} bytes", details={"path": path}
            )
        if data.count(b"\n") > _MOST_LINES:
            raise PatchError(f"{path}: the file has more than {_MOST_LINES:,} lines", details={"path": path})
        if self._left < 0:
            raise PatchError(
                f"{path}: the files of the patch are larger than {limits.patch_total_bytes:,} bytes together",
                hint="Apply it in several parts.",
                details={"path": path},
            )


@contextmanager
def alone(workspace: Workspace, signal: AbortSignal) -> Iterator[None]:
    """One patch at a time in a workspace, whichever process applies it: a lock on the root, which ends with its
    descriptor."""
    import fcntl  # POSIX only, and so is this, but the module can be imported anywhere

    root = workspace.open_root()
    try:
        while not _locked(fcntl, root):
            signal.wait(_POLL_S)
            signal.throw_if_aborted()
        yield
    finally:
        os.close(root)


def _locked(fcntl: Any, descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
