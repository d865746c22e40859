"""The scratch workspace: a folder that scripts may change as they like, with a history that they do not reach.

`tree` is what scripts and commands see. Its history is a git repository elsewhere, so that nothing in the tree is
configuration of ours, and nothing of ours is where a command's `..` leads. A state is git's name of all files as they
are, and can be come back to: then the tree is made anew, so that whatever a killed step or a command left is gone, a
repository of its own among it, of which git would say nothing.
"""

from __future__ import annotations

import asyncio
import os
import secrets as random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from belljar.agents.coding._apply import apply_exactly
from belljar.agents.coding._copy import Copied, copy_repository
from belljar.agents.coding._git import git
from belljar.errors import PatchError, UsageError
from belljar.tools import AbortSignal

_ATTRIBUTES: Final = "* -text -eol -filter -ident -working-tree-encoding -export-subst diff\n"
"""Bytes are kept as they are, and shown as they are, whatever a .gitattributes in the tree says."""
_LOCKS: Final = ("*.lock", "objects/*.lock")
_AS_TEXT: Final = (
    "--text", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames", "--src-prefix=a/", "--dst-prefix=b/",
)  # fmt: skip


class Scratch:
    """One job's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tree = folder / "work" / "tree"
        self._history = folder / "history"
        self._at: str | None = None
        """The state that the tree has for certain."""

    async def begin(self, repository: Path | None, *, leave: Path | None = None) -> tuple[str, Copied]:
        """Make it anew: empty, or with a copy of a repository but for the file `leave`. Its first state."""
        await asyncio.to_thread(self._make)
        copied = Copied(0, 0)
        if repository is not None:
            copied = await copy_repository(repository, self.tree, leave=leave)
        await git("init", "--quiet", "--bare", str(self._history), folder=self.folder)
        (self._history / "info").mkdir(exist_ok=True)
        (self._history / "info" / "attributes").write_text(_ATTRIBUTES)
        return await self.keep(), copied

    def _make(self) -> None:
        _remove(self.folder)
        self.folder.mkdir(mode=0o700, parents=True)
        self.tree.mkdir(parents=True)

    async def keep(self) -> str:
        """The state of the tree as it is now."""
        await self._git("add", "--all", "--force", ".")
        self._at = (await self._git("write-tree"))[1].decode().strip()
        return self._at

    async def restore(self, state: str) -> None:
        """Have the tree be what it was, whoever changed what, to be changed by what follows."""
        self.check()
        if self._at != state:
            await asyncio.to_thread(self._empty)
            await self._git("read-tree", state)
            await self._git("checkout-index", "--all", "--force")
        self._at = None

    def _empty(self) -> None:
        try:
            _remove(self.tree.parent)
        except OSError:  # deeper than any path can name it: it stays as rubbish, until all of the workspace goes
            self.tree.parent.rename(self.folder / f"left-{random.token_hex(4)}")
        self.tree.mkdir(parents=True)
        for left in (self._history / "index", *(each for pattern in _LOCKS for each in self._history.glob(pattern))):
            left.unlink(missing_ok=True)  # of a git that was killed; nobody else has this history

    def check(self) -> None:
        """Raises UsageError where its history is gone."""
        if not (self._history / "objects").is_dir():
            raise UsageError(f"the scratch workspace {self.folder} is gone", hint="Begin a new job.")

    async def try_patch(self, patch: str, begin: str, end: str) -> None:
        """Raises PatchError, or WorkspaceError, where the patch does not lead from the one state to the other."""
        await self.restore(begin)
        await asyncio.to_thread(apply_exactly, self.tree, patch, AbortSignal())
        if await self.keep() != end:
            raise PatchError(
                "the patch does not make of the files what was tested", hint="Change fewer things at once."
            )

    async def diff(self, begin: str, end: str) -> str:
        """From one state to another, as text. Raises PatchError for what no text can say."""
        _, raw = await self._git("diff", "--raw", "--no-renames", "-z", begin, end)
        paths = list(_checked_paths(raw))
        _, data = await self._git("diff", *_AS_TEXT, "--full-index", "--unified=3", begin, end)
        if _text(data) is None:
            raise PatchError(f"{await self._first_binary(begin, end, paths)} is binary, and a patch is text")
        return data.decode()

    async def _first_binary(self, begin: str, end: str, paths: list[str]) -> str:
        for path in paths:
            _, data = await self._git("diff", *_AS_TEXT, begin, end, "--", f":(literal){path}")
            if _text(data) is None:
                return path
        return "a file"

    def remove(self) -> None:
        """Nobody needs it any more; what cannot be removed is rubbish, and no reason to fail."""
        shutil.rmtree(self.folder, ignore_errors=True)

    async def _git(self, *arguments: str, checks: tuple[int, ...] = (0,)) -> tuple[int, bytes]:
        places = (f"--git-dir={self._history}", f"--work-tree={self.tree}")
        return await git(*places, *arguments, folder=self.folder, checks=checks)  # the tree may be gone


def _text(data: bytes) -> str | None:
    """None for what is none."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


def _checked_paths(raw: bytes) -> Iterator[str]:
    """Of what is different. Raises PatchError for links, submodules, and files that become executable or stop being
    so."""
    fields = raw.split(b"\0")
    for facts, path in zip(fields[::2], fields[1::2], strict=False):
        shown = path.decode("utf-8", "replace")
        old, new = facts[1:].split(b" ")[:2]
        kinds = {old, new} - {b"000000"}
        if len(kinds) > 1 or not kinds <= {b"100644", b"100755"}:
            raise PatchError(f"{shown} changes its kind or its mode, which a patch of text cannot say")
        yield shown


def _remove(folder: Path) -> None:
    """Also folders that a command has closed to everybody."""
    for each, below, _ in os.walk(folder):
        for path in (Path(each, name) for name in below):
            if not path.is_symlink():
                path.chmod(0o700)
    if folder.exists():
        shutil.rmtree(folder)
