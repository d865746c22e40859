"""The folder where compiled guests and this user's keys are kept.

Native code is loaded from it, so it must belong to this user and be writable by nobody else. A file appears under its
name only when it is complete, so any number of processes may fill the folder at once.
"""

from __future__ import annotations

import os
import secrets
import stat
import tempfile
from pathlib import Path

from belljar.errors import CacheError

KEY_BYTES = 32


def folder() -> Path:
    """The cache folder, made on first use. BELLJAR_CACHE names another place. Raises CacheError where it is unsafe."""
    named = os.environ.get("BELLJAR_CACHE")
    path = Path(named) if named else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "belljar"
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CacheError(f"the cache folder cannot be made: {error.strerror}", details={"folder": str(path)}) from None
    _check(path)
    return path


def checked(path: Path) -> Path:
    """`path`, when it is a file that only this user can have written. Raises CacheError otherwise."""
    _check(path)
    return path


def _check(path: Path) -> None:
    if os.name == "nt":
        return  # the profile folder's access list is the check there
    facts = path.lstat()
    if stat.S_ISLNK(facts.st_mode):
        raise CacheError(f"{path} is a symbolic link", details={"path": str(path)})
    if facts.st_uid != os.getuid():
        raise CacheError(f"{path} belongs to another user", details={"path": str(path), "owner": facts.st_uid})
    if facts.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise CacheError(
            f"{path} can be written by others",
            hint=f"chmod go-w {path}",
            details={"path": str(path), "mode": oct(facts.st_mode & 0o777)},
        )


def write(path: Path, data: bytes) -> None:
    """Put `data` at `path` whole or not at all, readable by this user only."""
    handle, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(name, path)
    except BaseException:  # Control-C too must leave no half file
        Path(name).unlink(missing_ok=True)
        raise


def user_key() -> bytes:
    """This user's key for frozen and suspended runs, made on first use. Raises CacheError: an unsafe folder."""
    path = folder() / "image.key"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        pass
    else:
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
    key = checked(path).read_bytes()
    if len(key) != KEY_BYTES:
        raise CacheError(f"{path} is not {KEY_BYTES} bytes", hint="Remove it; runs frozen with it then need replay.")
    return key
