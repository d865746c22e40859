"""A repository's files copied into an empty folder: what git knows of, or would; without git all but the usual noise.

What git ignores stays where it is: that is where keys and build output are. Links are copied where they stay inside.
"""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from belljar.agents.coding._git import git
from belljar.errors import UsageError, WorkspaceError
from belljar.packs import FileLimits, Workspace

FILES: Final = 20_000
ALL_BYTES: Final = 256 << 20
"""Of all files together: the scratch workspace holds them twice, once as git's objects."""
_BREATH: Final = 50
"""Files between two looks at what else is to be done: a stop, for instance."""
_CHUNK: Final = 1 << 20
_NO_REPOSITORY: Final = 128
"""Exit code of git."""


class Copied(NamedTuple):
    """What was copied."""

    files: int
    skipped: int
    """Links that lead out, submodules, files that are none, and those that were gone meanwhile."""


async def copy_repository(repository: Path, tree: Path, *, leave: Path | None = None) -> Copied:
    """Copy, but for the file `leave`.

    Raises UsageError for a repository that is too large, WorkspaceError where it is no folder.
    """
    workspace = Workspace(repository)
    done = skipped = size = 0
    links = []
    async for path in _paths(repository):
        if repository / path == leave:
            continue
        if done >= FILES:
            raise UsageError(f"{repository} has more than {FILES:,} files", hint="Give a smaller folder.")
        copied = _copy_one(workspace, path, repository, tree, ALL_BYTES - size)
        size += copied or 0
        links += [tree / path] if copied is not None and (tree / path).is_symlink() else []
        done, skipped = done + (copied is not None), skipped + (copied is None)
        if (done + skipped) % _BREATH == 0:
            await asyncio.sleep(0)
    led_out = _without_leading_out(tree, links)
    done, skipped = done - led_out, skipped + led_out
    if not done and any(each.name != ".git" and each != leave for each in repository.iterdir()):
        message = f"no file of {repository} can be copied: git ignores all of them, or they lie elsewhere"
        raise UsageError(message, hint="Name the folder that the files are in.")
    return Copied(done, skipped)


def _without_leading_out(tree: Path, links: list[Path]) -> int:
    """Take away links that lead out by way of others. How many."""
    root = tree.resolve()
    out = [link for link in links if not link.resolve().is_relative_to(root)]
    for link in out:
        link.unlink()
    return len(out)


async def _paths(repository: Path) -> AsyncIterator[str]:
    outside, _ = await git("rev-parse", "--is-inside-work-tree", folder=repository, checks=(0, _NO_REPOSITORY))
    if not outside:
        _, listed = await git("ls-files", "-z", "--cached", "--others", "--exclude-standard", folder=repository)
        for path in dict.fromkeys(os.fsdecode(listed).split("\0")):
            if path:
                yield path
        return
    for path in _walk(repository):
        yield path


def _walk(repository: Path) -> Iterator[str]:
    skip = frozenset(FileLimits().skip)
    for folder, folders, files in os.walk(repository):
        folders[:] = sorted(name for name in folders if name not in skip)
        links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
        for name in (*sorted(files), *links):
            yield os.path.relpath(os.path.join(folder, name), repository)


def _copy_one(workspace: Workspace, path: str, repository: Path, tree: Path, room: int) -> int | None:
    """How many bytes; None for what is left out."""
    target = tree / path
    if (repository / path).is_symlink():
        return _copy_link(repository, path, target)
    try:
        descriptor = workspace.open_file(path, follow=False)
    except WorkspaceError:  # gone, a submodule, a socket; or a name that is no UTF-8
        return None
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if status.st_size > room:
            raise UsageError(f"{repository} has more than {ALL_BYTES:,} bytes", hint="Give a smaller folder.")
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as copy:
            while data := file.read(_CHUNK):
                copy.write(data)
    target.chmod(0o755 if stat.S_IMODE(status.st_mode) & 0o100 else 0o644)
    return status.st_size


def _copy_link(repository: Path, path: str, target: Path) -> int | None:
    """A link is copied as it is where it is relative and ends inside."""
    aim = os.readlink(repository / path)
    inside = os.path.normpath(os.path.join(os.path.dirname(path), aim))
    if os.path.isabs(aim) or inside == ".." or inside.startswith("../"):
        return None
    target.parent.mkdir(parents=True, exist_ok=True)
    target.symlink_to(aim)
    return 0
