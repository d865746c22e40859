"""Git at work on a repository that nobody trusts, which it is never shown.

A repository's settings can name programs and other files. So git gets a bare repository of ours, made for the call:
settings that we wrote, and links to the objects and the refs. Nothing of the other one's settings, attributes, hooks
and grafts counts, and no working tree is there. Within objects and refs nothing may be a link, and objects that are
kept elsewhere are refused.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from belljar.errors import ToolExecutionError, UsageError
from belljar.packs._plain_file import beginning_of
from belljar.packs._process import Command, Process
from belljar.plugins._commands import search_path

GIT_MS: Final = 5_000
"""Of one call, however many programs it takes."""
OUTPUT_BYTES: Final = 4 << 20
"""Read of git's output. What is longer is an error, since a cut could hide the beginning of a secret."""
_GRACE_MS: Final = 50
_FIXED: Final = ("--no-pager", "--no-replace-objects", "--literal-pathspecs", "--git-dir=.")
_ENVIRONMENT: Final = {
    "HOME": "/nonexistent",
    "LANG": "C.UTF-8",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
}
_SETTINGS: Final = "[core]\nrepositoryformatversion = 1\nbare = true\nquotePath = false\n"
_SHA256: Final = "[extensions]\nobjectFormat = sha256\n"
_IS_SHA256: Final = re.compile(rb"^\s*objectformat\s*=\s*sha256\b", re.IGNORECASE | re.MULTILINE)
_TAKEN: Final = ("objects", "refs", "packed-refs", "shallow")
"""What is taken of the repository, beside the name in HEAD."""
_ELSEWHERE: Final = ("commondir", "objects/info/alternates", "objects/info/http-alternates", "reftable")
_ENTRIES: Final = 50_000
"""Of objects and refs together, looked through for links before each call. Git packs by itself at 6,700."""
_SMALL_BYTES: Final = 65_536
"""Read of HEAD and of the settings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Git:
    """Git in one bare repository of ours, until the call's time is up."""

    program: str
    path: str
    """Where it may look for programs of its own."""
    folder: Path
    until_s: float

    async def output(self, *arguments: str, stdin: bytes = b"") -> str:
        """What it says, whole. Raises ToolExecutionError where it fails, says too much or takes too long."""
        process = self._started(arguments, stdin)
        try:
            async with asyncio.timeout(max(self.until_s - time.monotonic(), 0)):
                await process.ended()
        except TimeoutError:
            raise ToolExecutionError(f"git took longer than {GIT_MS:,} ms") from None
        finally:
            ending = await process.end()
        if process.stdout.is_cut:
            raise ToolExecutionError(
                f"there are more than {OUTPUT_BYTES:,} bytes", hint="Ask for less: a path, fewer commits."
            )
        if ending.exit_code != 0:
            raise ToolExecutionError(_said(process.stderr.last(400)))
        return process.stdout.text()

    @asynccontextmanager
    async def beside(self) -> AsyncIterator[Git]:
        """Git in an empty repository."""
        with tempfile.TemporaryDirectory(prefix="belljar-git-") as name:
            folder = Path(name)
            for each in ("objects", "refs"):
                (folder / each).mkdir()
            for each in ("config", "HEAD"):
                shutil.copyfile(self.folder / each, folder / each)
            yield replace(self, folder=folder)

    def _started(self, arguments: tuple[str, ...], stdin: bytes) -> Process:
        folder = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            command = Command(
                argv=[self.program, *_FIXED, *arguments],
                folder=folder,
                environment={**_ENVIRONMENT, "PATH": self.path},
                stdin=stdin,
                grace_ms=_GRACE_MS,
            )
            return Process(command, output_bytes=OUTPUT_BYTES)
        except OSError:
            raise ToolExecutionError("git could not be started") from None
        finally:
            os.close(folder)


class Repository:
    """The one in a folder. Raises UsageError where there is none that can be read, or no git."""

    def __init__(self, root: Path) -> None:
        self._path = search_path(root)
        self._program = shutil.which("git", path=self._path)
        if self._program is None:
            raise UsageError("read:repo needs git, which is not installed")
        self._git = root.resolve() / ".git"
        self._check()

    @asynccontextmanager
    async def lent(self) -> AsyncIterator[Git]:
        """Git with what is in the repository, for one call."""
        assert self._program is not None
        until_s = time.monotonic() + GIT_MS / 1_000
        with tempfile.TemporaryDirectory(prefix="belljar-git-") as folder:
            await asyncio.to_thread(self._lend, Path(folder))
            yield Git(program=self._program, path=self._path, folder=Path(folder), until_s=until_s)

    def _lend(self, ours: Path) -> None:
        self._check()  # it may have changed since
        is_sha256 = _IS_SHA256.search(self._small("config")) is not None
        (ours / "config").write_text(_SETTINGS + (_SHA256 if is_sha256 else ""))
        (ours / "HEAD").write_bytes(self._small("HEAD"))
        for name in _TAKEN:
            if (self._git / name).exists():
                (ours / name).symlink_to(self._git / name)

    def _small(self, name: str) -> bytes:
        try:
            return beginning_of(self._git / name, _SMALL_BYTES, follow=False)
        except OSError as error:
            raise UsageError(f"the repository's {name} cannot be read: {error.strerror}") from None

    def _check(self) -> None:
        """A folder of its own, with all that it has in it: nothing of it leads to another place."""
        if self._git.is_symlink() or not self._git.is_dir():
            raise UsageError("the workspace has no .git folder", hint="read:repo is for a repository's root.")
        if any(os.path.lexists(self._git / name) for name in _ELSEWHERE):
            raise UsageError(
                "the repository keeps a part of itself elsewhere", hint="git clone --no-local makes it whole."
            )
        for number, path in enumerate(_below(self._git, *_TAKEN, "HEAD", "config")):
            if number >= _ENTRIES:
                raise UsageError(f"the repository has more than {_ENTRIES:,} files", hint="`git gc` packs them.")
            if os.path.islink(path) or not (os.path.isfile(path) or os.path.isdir(path)):
                raise UsageError("the repository keeps a part of itself behind a symbolic link, or in no file")


def _below(folder: Path, *names: str) -> Iterator[str]:
    """Those of these that are there, and all that is in them."""
    pending = [path for name in names if os.path.lexists(path := str(folder / name))]
    while pending:
        path = pending.pop()
        yield path
        if os.path.isdir(path):  # what is a link was refused
            pending += [os.path.join(path, name) for name in os.listdir(path)]


def _said(text: str) -> str:
    line = next((line for line in text.splitlines() if line.strip()), "")
    return f"git says: {line.removeprefix('fatal: ')[:200]}" if line else "git failed"
