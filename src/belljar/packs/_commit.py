"""All changes of a patch, or none of them, on the disk.

1. Stage: every new text is written to a file of its own, next to the place it is for, and flushed to the disk. Nobody
   sees it under its name yet, and a full disk is found out here.
2. Commit: for each name in turn, the file that is there gets a second name, and the staged one takes its place in one
   step. A file that has changed since it was read stops the commit.
3. When a step fails, all that were done are undone in reverse order: the old files get their names back, they
   themselves, not copies. Then, or at the end, the second names and the staged files go.

Folders are opened by name, one by one, and no symbolic link is followed; all steps go through those descriptors. A
file that is replaced keeps its permissions, on Linux with its access control list and the user's attributes (xattr(7)),
and its owner where we may give it away. Readers see the old text or the new. A process that is killed in the middle
leaves files whose names begin with `.belljar-` and, at worst, some files new and some old. Nobody clears those up: one
of them may be the only copy of an old text.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import Final, TypeAlias

from belljar.errors import PatchError, WorkspaceError
from belljar.packs._plan import Change, Original
from belljar.packs._protect import OWN_PREFIX, own_name
from belljar.packs._workspace import FILE_FLAGS, FOLDER_FLAGS, Workspace, failed, names_of
from belljar.tools import AbortSignal

_NEW_FLAGS: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
_PERMISSIONS: Final = 0o777
"""Without set-user-id and its like: new content does not inherit those."""
_ACCESS_LIST: Final = "system.posix_acl_access"

_Undo: TypeAlias = Callable[[], object]


def commit(workspace: Workspace, changes: Sequence[Change], signal: AbortSignal) -> None:
    """Write all changes. Raises PatchError when one cannot be made; the files are then as they were.

    An abort is heeded until the first file gets its new text, not after. Raises WorkspaceError when a step failed and
    could not be undone either: the disk is at fault, and somebody has to look.
    """
    try:
        _commit(workspace, changes, signal)
    except OSError as error:  # steps turn theirs into PatchError, so this one comes from undoing them
        raise WorkspaceError(
            f"a patch failed halfway, and undoing it failed too: {os.strerror(error.errno or 0)}",
            hint=f"Tell the user. The old text of each file is there, or beside it under a name with {OWN_PREFIX}.",
            details={"files": [change.path for change in changes]},
        ) from error


def _commit(workspace: Workspace, changes: Sequence[Change], signal: AbortSignal) -> None:
    with ExitStack() as cleanup, ExitStack() as undo:
        folders = _Folders(workspace, cleanup, undo)
        steps = [_Step(change, folders, undo) for change in changes]
        for step in steps:
            signal.throw_if_aborted()
            step.stage()
        for step in steps:
            step.commit()
        undo.pop_all()  # and with it the callbacks: nothing is undone any more
        for step in steps:
            step.finish()


class _Folders:
    """Every folder of a patch, opened once and kept open to its end."""

    def __init__(self, workspace: Workspace, cleanup: ExitStack, undo: ExitStack) -> None:
        self._workspace = workspace
        self._cleanup = cleanup
        self._undo = undo
        self._open: dict[tuple[str, ...], int] = {}

    def at(self, names: tuple[str, ...], *, may_make: bool) -> int:
        """The folder of these names, made where it is missing and may be made."""
        if names not in self._open:
            self._open[names] = self._opened(names, may_make)
            self._cleanup.callback(os.close, self._open[names])
        return self._open[names]

    def _opened(self, names: tuple[str, ...], may_make: bool) -> int:
        if not names:
            return self._workspace.open_root()
        above, name = self.at(names[:-1], may_make=may_make), names[-1]
        try:
            return os.open(name, FOLDER_FLAGS, dir_fd=above)
        except FileNotFoundError:
            if not may_make:
                raise  # a file was there a moment ago, and its folder is gone
        os.mkdir(name, dir_fd=above)
        self._undo.callback(_ignoring_absence, lambda: os.rmdir(name, dir_fd=above))
        return os.open(name, FOLDER_FLAGS, dir_fd=above)


class _Step:
    """One name's change."""

    def __init__(self, change: Change, folders: _Folders, undo: ExitStack) -> None:
        self._change = change
        self._folders = folders
        self._undo = undo
        self._staged = ""
        self._aside = ""

    def stage(self) -> None:
        """Open the folder, and write the new text beside the name."""
        *above, self._name = names_of(self._change.path)
        try:
            self._folder = self._folders.at(tuple(above), may_make=self._change.before is None)
            if self._change.after is not None:
                self._write(self._change.after)
        except OSError as error:
            raise self._trouble(error) from error

    def commit(self) -> None:
        """Exchange the old file for the new one."""
        try:
            if self._change.before is None:
                self._reserve()
            else:
                self._set_aside(self._change.before)
            if self._staged:
                os.rename(self._staged, self._name, src_dir_fd=self._folder, dst_dir_fd=self._folder)
        except OSError as error:
            raise self._trouble(error) from error

    def finish(self) -> None:
        """Let the old file go."""
        if self._aside:
            with contextlib.suppress(OSError):  # the patch is applied, whatever becomes of what it replaced
                os.unlink(self._aside, dir_fd=self._folder)

    def _trouble(self, error: OSError) -> PatchError:
        told = failed(self._change.path, error)
        return PatchError(f"nothing was changed: {told.message}", details=told.details)

    def _write(self, data: bytes) -> None:
        like = self._change.like
        mode = 0o600 if like is not None else _PERMISSIONS if self._change.is_executable else 0o666
        self._staged = staged = own_name()
        self._undo.callback(_ignoring_absence, lambda: os.unlink(staged, dir_fd=self._folder))
        descriptor = os.open(staged, _NEW_FLAGS, mode, dir_fd=self._folder)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            if like is not None:
                _adopt(descriptor, like, self._attributes())
            os.fsync(descriptor)

    def _attributes(self) -> dict[str, bytes]:
        *above, name = names_of(self._change.like_path)
        descriptor = os.open(name, FILE_FLAGS, dir_fd=self._folders.at(tuple(above), may_make=False))
        try:
            return _attributes_of(descriptor)
        finally:
            os.close(descriptor)

    def _reserve(self) -> None:
        """Take a name that must be free, in one step; the staged file then goes over our own empty one."""
        os.close(os.open(self._name, _NEW_FLAGS, 0o600, dir_fd=self._folder))
        self._undo.callback(_ignoring_absence, lambda: os.unlink(self._name, dir_fd=self._folder))

    def _set_aside(self, before: Original) -> None:
        """Give the old file a second name, or, to delete it or where there are no hard links, another one."""
        aside = own_name()
        if not (self._staged and _linked(self._name, aside, self._folder)):
            os.rename(self._name, aside, src_dir_fd=self._folder, dst_dir_fd=self._folder)
        self._undo.callback(self._restore, aside)
        status = os.stat(aside, dir_fd=self._folder, follow_symlinks=False)
        if stamp_of(status) != before.stamp:
            raise PatchError(
                f"nothing was changed: {self._change.path} was written to by somebody else meanwhile",
                details={"path": self._change.path},
            )
        self._aside = aside

    def _restore(self, aside: str) -> None:
        """The old file under its name again, and under that alone: renaming one link over another does nothing."""
        os.rename(aside, self._name, src_dir_fd=self._folder, dst_dir_fd=self._folder)
        _ignoring_absence(lambda: os.unlink(aside, dir_fd=self._folder))


def stamp_of(status: os.stat_result) -> tuple[int, int, int, int]:
    """What changes when a file is written to or exchanged."""
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _linked(name: str, other: str, folder: int) -> bool:
    try:
        os.link(name, other, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
    except OSError:
        return False  # a file system without hard links; renaming does as well, but for a moment without the name
    return True


def _attributes_of(descriptor: int) -> dict[str, bytes]:
    """The user's own, and the list of who may do what."""
    if sys.platform != "linux":
        return {}
    try:
        names = [name for name in os.listxattr(descriptor) if name == _ACCESS_LIST or name.startswith("user.")]
    except OSError as error:
        if error.errno != errno.ENOTSUP:
            raise
        return {}  # a file system without any
    return {name: os.getxattr(descriptor, name) for name in names}


def _adopt(descriptor: int, like: Original, attributes: Mapping[str, bytes]) -> None:
    """Attributes, owner and permissions of another file, in this order: with a list the permissions of the group are
    the most that the list gives, and would be too many without it; changing the owner may clear bits.
    """
    for name in _attributes_of(descriptor).keys() - attributes:
        os.removexattr(descriptor, name)  # a list that the folder gives to new files
    for name, value in attributes.items():
        os.setxattr(descriptor, name, value)
    status = os.fstat(descriptor)
    if like.owner != (status.st_uid, status.st_gid):
        with contextlib.suppress(PermissionError):  # only root gives files away; then the file is ours
            os.fchown(descriptor, *like.owner)
    os.fchmod(descriptor, like.mode & _PERMISSIONS)


def _ignoring_absence(remove: _Undo) -> None:
    with contextlib.suppress(FileNotFoundError):
        remove()
