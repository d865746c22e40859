"""One folder, and the only ways into it.

Every path that a script gives is taken apart into names, and the names are opened one by one, each relative to the open
folder before it (openat) and never through a symbolic link (O_NOFOLLOW). What is used is the descriptor that came out,
never the path again, so nothing that is exchanged meanwhile can lead out: at each moment we stand in a folder that was
reached from the root by plain names.

Symbolic links are followed when reading, by ourselves: a link's text is read and its names are walked like those of a
path, so a link that leads out, or begins with `/`, is refused. When writing none is followed.

What this does not tell apart: a hard link in the workspace to a file that also has a name outside (reading shows that
file, which only somebody who could read it can have linked; writing replaces the name in the workspace and leaves the
other alone), and a file system mounted inside the workspace, which belongs to it. The root itself is opened anew for
each call by the path it had when it was resolved; who can exchange that folder is outside already.

Names are UTF-8. POSIX only: other systems have no openat.
"""

from __future__ import annotations

import errno
import os
import stat
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Final

from belljar.errors import UsageError, WorkspaceError
from belljar.guess import closest

MOST_LINKS: Final = 40
"""Symbolic links on one way; Linux's own limit (path_resolution(7))."""
_NAME_BYTES: Final = 255
_PATH_BYTES: Final = 4_095
"""NAME_MAX and PATH_MAX without its NUL (limits.h)."""

_GUESSED: Final = 2_000
"""Names of a folder that are looked at for a "did you mean"."""

_NO_FOLLOW: Final = getattr(os, "O_NOFOLLOW", 0)
FOLDER_FLAGS: Final = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | _NO_FOLLOW | getattr(os, "O_CLOEXEC", 0)
FILE_FLAGS: Final = (
    os.O_RDONLY | _NO_FOLLOW | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
)
"""O_NONBLOCK: a FIFO that takes a file's place must not hold us up."""

_IS_LINK: Final = frozenset({errno.ELOOP, errno.ENOTDIR, errno.EMLINK})
"""What systems say of a symbolic link under O_NOFOLLOW | O_DIRECTORY: Linux ENOTDIR or ELOOP, BSD EMLINK."""

_WHY: Final = {
    errno.ENOENT: "does not exist",
    errno.ENOTDIR: "is no folder, or leads through a file",
    errno.EACCES: "cannot be opened: permission denied",
    errno.EPERM: "cannot be opened: permission denied",
    errno.EEXIST: "is there already",
    errno.ENAMETOOLONG: "is too long",
    errno.ELOOP: "goes through a symbolic link that was not there a moment ago",
}

_OTHER_KINDS: Final = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}

OUT: Final = "leads out of the workspace"


class Workspace:
    """A folder that tools are confined to. Holds nothing open between calls, so it may be used from any thread."""

    def __init__(self, root: str | os.PathLike[str]) -> None:
        if not (_NO_FOLLOW and {os.open, os.stat, os.readlink, os.rename} <= os.supports_dir_fd):
            raise UsageError("file tools need openat, which this system has not", hint="Use Linux, macOS or a BSD.")
        try:
            resolved = Path(root).resolve(strict=True)
        except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle, before Python 3.13
            raise UsageError(f"the workspace {str(root)!r} cannot be used: {error}") from error
        if not resolved.is_dir():
            raise UsageError(f"the workspace {str(root)!r} is no folder")
        self._root = resolved

    def open_root(self) -> int:
        """A new descriptor of the root; the caller closes it."""
        try:
            return os.open(self._root, FOLDER_FLAGS)
        except OSError as error:
            raise WorkspaceError("the workspace itself is gone", hint="Tell the user.") from error

    def open_dir(self, path: str) -> int:
        """A new descriptor of a folder, open for reading; the caller closes it.

        Raises WorkspaceError for every path that is no folder of the workspace.
        """
        with self._way(path, follow=True) as way:
            way.enter(names_of(path))
            return os.dup(way.here)

    def open_file(self, path: str, *, follow: bool = True) -> int:
        """A new descriptor of an ordinary file, open for reading; the caller closes it.

        Raises WorkspaceError for every path that is no ordinary file of the workspace: FIFOs, devices and sockets are
        not opened.
        """
        with self._way(path, follow=follow) as way:
            return way.open_leaf(names_of(path))

    # -- how searches see it: a workspace with a view of its own says otherwise ---------------------------------------

    def shows(self, path: str) -> bool:  # noqa: ARG002 - every path, here
        """Whether searches look at the file of this path."""
        return True

    def seen(self, data: bytes) -> bytes | None:
        """The bytes of a file that a search reads, as it sees them; None: it passes over them."""
        return data

    @contextmanager
    def _way(self, path: str, *, follow: bool) -> Iterator[_Way]:
        way = _Way(path, self.open_root(), follow=follow)
        try:
            yield way
        finally:
            way.close()


class _Way:
    """From the root down to what a path names. Holds every folder on it open, so that `..` of a link is known."""

    def __init__(self, path: str, root: int, *, follow: bool) -> None:
        self._path = path
        self._follow = follow
        self._folders = [root]
        self._links = 0

    @property
    def here(self) -> int:
        """The folder we stand in."""
        return self._folders[-1]

    def close(self) -> None:
        """Close all folders on the way."""
        while self._folders:
            os.close(self._folders.pop())

    def enter(self, names: Iterable[str]) -> None:
        """Go down by these names; `..` goes back up the way, and links are replaced by what they say."""
        waiting = deque(names)
        while waiting:
            name = waiting.popleft()
            if name == "..":
                self._leave()
            elif not self._step(name):
                waiting.extendleft(reversed(self._link(name)))

    def open_leaf(self, names: tuple[str, ...]) -> int:
        """The ordinary file that the names lead to."""
        while True:
            self.enter(names[:-1])
            if not names or names[-1] == "..":
                raise refused(self._path, "is a folder")
            if (leaf := self._file(names[-1])) is not None:
                return leaf
            names = self._link(names[-1])

    def _leave(self) -> None:
        if len(self._folders) == 1:
            raise refused(self._path, OUT)
        os.close(self._folders.pop())

    def _step(self, name: str) -> bool:
        """Into the folder `name`; False where it may be a link."""
        try:
            self._folders.append(os.open(name.encode(), FOLDER_FLAGS, dir_fd=self.here))
        except OSError as error:
            if error.errno in _IS_LINK:
                return False
            raise failed(self._path, error, hint=self._near(name, error)) from error
        return True

    def _file(self, name: str) -> int | None:
        """The ordinary file `name`; None where it is a link. Looked at before it is opened, and again after."""
        try:
            mode = os.stat(name.encode(), dir_fd=self.here, follow_symlinks=False).st_mode
            if stat.S_ISLNK(mode):
                return None
            self._must_be_file(mode)
            descriptor = os.open(name.encode(), FILE_FLAGS, dir_fd=self.here)
        except OSError as error:
            raise failed(self._path, error, hint=self._near(name, error)) from error
        try:
            self._must_be_file(os.fstat(descriptor).st_mode)
        except BaseException:  # whatever it is, the descriptor must not stay open
            os.close(descriptor)
            raise
        return descriptor

    def _near(self, name: str, error: OSError) -> str:
        """What was probably meant by a name that is not there."""
        if error.errno != errno.ENOENT:
            return ""
        try:
            with os.scandir(self.here) as entries:
                names = [entry.name for entry in islice(entries, _GUESSED) if is_text(entry.name)]
        except OSError:
            return ""  # a folder that may be entered but not listed
        meant = closest(name, names)
        return f"Did you mean {meant!r}?" if meant else ""

    def _must_be_file(self, mode: int) -> None:
        if not stat.S_ISREG(mode):
            raise refused(self._path, f"is {_OTHER_KINDS.get(stat.S_IFMT(mode), 'no ordinary file')}")

    def _link(self, name: str) -> tuple[str, ...]:
        """The names that a link says."""
        try:
            target = os.readlink(name.encode(), dir_fd=self.here)
        except OSError as error:  # EINVAL: it is no link
            why = OSError(errno.ENOTDIR, "") if error.errno == errno.EINVAL else error
            raise failed(self._path, why) from error
        self._links += 1
        if not self._follow:
            raise refused(self._path, "goes through a symbolic link, and writing follows none")
        if target.startswith(b"/"):
            raise refused(self._path, OUT)
        if self._links > MOST_LINKS:
            raise refused(self._path, "goes through too many symbolic links")
        return tuple(each for each in target.decode("utf-8", "replace").split("/") if each not in ("", "."))


# -- names ------------------------------------------------------------------------------------------------------------


def names_of(path: str) -> tuple[str, ...]:
    """The names in a script's path; none for the root. Raises WorkspaceError for what is no relative path."""
    try:
        raw = path.encode()
    except UnicodeEncodeError:
        raise refused(path, "is no Unicode text") from None
    names = tuple(name for name in path.split("/") if name not in ("", "."))
    if "\0" in path:
        raise refused(path, "holds a NUL character")
    if path.startswith("/"):
        raise refused(path, "is absolute; paths begin in the workspace, without a slash")
    if ".." in names:
        raise refused(path, "holds '..'; paths begin in the workspace and only go down")
    if len(raw) > _PATH_BYTES or any(len(name.encode()) > _NAME_BYTES for name in names):
        raise refused(path, "is too long")
    if not path:
        raise refused(path, "is empty; the workspace itself is '.'")
    return names


def joined(names: Iterable[str]) -> str:
    """The path of these names, as results give it: '.' for the root."""
    return "/".join(names) or "."


_SHOWN: Final = 200


def refused(path: str, why: str, *, hint: str = "") -> WorkspaceError:
    """The error for a path, which is shown as the script gave it."""
    shown = path if len(path) <= _SHOWN else f"{path[:_SHOWN]}…"
    told = shown.encode("utf-8", "backslashreplace").decode()
    return WorkspaceError(f"{told!r} {why}", hint=hint, details={"path": told})


def failed(path: str, error: OSError, *, hint: str = "") -> WorkspaceError:
    """The error for what the system said about a path."""
    code = error.errno or 0
    return refused(path, _WHY.get(code, f"cannot be used: {os.strerror(code)}"), hint=hint)


def is_text(name: str) -> bool:
    """Whether a name that the system gave is UTF-8; other names cannot be told to a script, nor asked for."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
