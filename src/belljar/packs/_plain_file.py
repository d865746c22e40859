"""Files that somebody else may have put there: opened once, and never waited for."""

from __future__ import annotations

import errno
import os
import stat


def beginning_of(path: str | os.PathLike[str], most: int, *, folder: int | None = None, follow: bool = True) -> bytes:
    """At most so many bytes of a file.

    `folder` is a descriptor that the path begins at; without `follow`, the last name is no link. Raises OSError, for a
    pipe, a device and what else is no plain file too.
    """
    return begun(path, most, folder=folder, follow=follow)[0]


def begun(
    path: str | os.PathLike[str], most: int, *, folder: int | None = None, follow: bool = True
) -> tuple[bytes, os.stat_result]:
    """The same, with what the system says of the file that was read, whatever has taken its place since."""
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW)
    try:
        handle = os.open(path, flags, dir_fd=folder)
    except ValueError:
        raise OSError(errno.EINVAL, "a NUL in the path") from None
    try:
        facts = os.fstat(handle)
        if stat.S_ISDIR(facts.st_mode):
            raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not stat.S_ISREG(facts.st_mode):
            raise OSError(errno.EINVAL, "it is no plain file")
        with open(handle, "rb", closefd=False) as file:
            return file.read(most), facts
    finally:
        os.close(handle)
