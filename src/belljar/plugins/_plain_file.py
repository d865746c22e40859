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
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW)
    try:
        handle = os.open(path, flags, dir_fd=folder)
    except ValueError:
        raise OSError(errno.EINVAL, "a NUL in the path") from None
    with open(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "it is no plain file")
        return file.read(most)
