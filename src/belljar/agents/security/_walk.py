"""Which files of a folder a scan looks at, and which it leaves out, each with the reason.

Links are never followed. Folders that hold other people's code or built things, large files and binary ones are left
out and told of. Where one is left out that should have been looked at, code that is too large or a folder that cannot
be read, that is a problem: the scan is not whole then. A file's name may have a secret in it, so each file has a
second name to be shown by.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import takewhile
from pathlib import Path
from typing import Final

from belljar.agents.security import _file
from belljar.agents.security._language import Language, is_lock, language_of
from belljar.agents.security._problem import Level, ScanProblem
from belljar.agents.security._text import plain
from belljar.agents.security._tracked import Tracked
from belljar.errors import UsageError
from belljar.packs._plain_file import begun

TOOL: Final = "belljar-scan"
FILE_BYTES: Final = 1 << 20
LOCK_BYTES: Final = 32 << 20
"""A lock file is data and has many lines: 2 MB are usual."""
MOST_FILES: Final = 200_000
MOST_NAMES: Final = 1_000_000
"""Of all kinds, those that are left out among them."""
MOST_MISSED: Final = 1_000
"""That are told one by one."""
_BINARY_LOOK: Final = 8_192
_PATH: Final = 4_096
"""Characters: what a system takes."""
_FOLDERS: Final = frozenset({
    ".git", ".hg", ".svn", ".bzr", "CVS", "node_modules", "bower_components", "__pycache__", ".venv", "venv", ".tox",
    ".nox", ".eggs", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis", ".cache", ".next", ".nuxt",
    ".gradle", ".terraform", "build", "dist", "target", "site-packages", "htmlcov",
})  # fmt: skip
_ENVIRONMENT: Final = "pyvenv.cfg"
"""In the root of each virtual environment, whatever its folder is called."""
_INTERPRETERS: Final = ("bin/python", "Scripts/python.exe")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """A file that is looked at."""

    path: str
    """Relative to the folder, `/` between its parts; as the system has it, so never to be shown."""
    shown: str
    """The same without secrets and control characters; no other file has it."""
    size: int
    language: Language = ""

    @property
    def is_lock(self) -> bool:
        """Whether it pins dependencies."""
        return is_lock(self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A file or folder that was left out, and need not have been looked at."""

    path: str
    """As it may be shown."""
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """What there is."""

    root: Path
    files: tuple[SourceFile, ...]
    """In the order of their names."""
    skipped: tuple[Skipped, ...]
    problems: tuple[ScanProblem, ...]
    """What should have been looked at and could not be."""
    digest: str
    """Changes when a file comes, goes, or is written."""


def walk(
    root: Path,
    *,
    exclude: Iterable[str] = (),
    own: Iterable[Path] = (),
    is_over: Callable[[], bool] = lambda: False,
) -> Walk:
    """Look through `root`. `is_over` is asked at each name; when it says yes, the walk ends where it is.

    `exclude` are patterns over whole relative paths, in which `*` also stands for slashes; `own` are the files that the
    scan itself writes. Raises UsageError when `root` is no folder that can be read, or has more than 200,000 files.
    """
    look = _Look(root, tuple(exclude), frozenset(map(str, own)), is_over)
    look.all()
    digest = hashlib.sha256("\n".join(look.facts).encode("utf-8", "surrogateescape")).hexdigest()
    return Walk(
        root=root,
        files=tuple(look.files),
        skipped=tuple(look.skipped),
        problems=tuple(look.problems),
        digest=digest,
    )


class _Look:
    def __init__(self, root: Path, exclude: tuple[str, ...], own: frozenset[str], is_over: Callable[[], bool]) -> None:
        self._root = root
        self._exclude = exclude
        self._own = own
        self._is_over = is_over
        self._tracked = Tracked(root)
        self._names: Counter[str] = Counter()
        self._seen = 0
        self._missed = 0
        self.files: list[SourceFile] = []
        self.skipped: list[Skipped] = []
        self.problems: list[ScanProblem] = []
        self.facts: list[str] = []

    def all(self) -> None:
        """Look through the root and the folders below. A list of work: no nesting is too deep for it."""
        if self._tracked.is_unread:
            self._tell("warning", "the index of git cannot be read, so folders are judged by their names", ".git/index")
        pending = [""]
        while pending and not self._is_over():
            here = pending.pop()
            below = [entry for entry in self._entries(here) if self._is_taken(entry, _joined(here, entry.name))]
            pending += reversed([_joined(here, entry.name) for entry in below])
        if self._missed > MOST_MISSED:
            self._tell("error", f"{self._missed - MOST_MISSED:,} more files and folders were not looked at")

    def _entries(self, path: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(self._root / path) as found:
                return sorted(self._until_over(found), key=lambda entry: entry.name)
        except OSError as error:
            if not path:
                raise UsageError(f"{str(self._root)!r} cannot be scanned: {error.strerror}") from error
            self._miss(path, "it cannot be read")
            return []

    def _until_over(self, entries: Iterable[os.DirEntry[str]]) -> Iterator[os.DirEntry[str]]:
        return takewhile(lambda _: not self._is_over(), entries)

    def _is_taken(self, entry: os.DirEntry[str], path: str) -> bool:
        """Look at one name. Whether it is a folder to go into."""
        if self._is_over():
            return False
        self._seen += 1
        if self._seen > MOST_NAMES:
            raise _too_many(f"there are more than {MOST_NAMES:,} files, folders and links")
        if reason := self._reason(entry, path):
            self._skip(path, reason)
            return False
        if entry.is_dir(follow_symlinks=False):
            return True
        self._file(path)
        return False

    def _reason(self, entry: os.DirEntry[str], path: str) -> str:
        """Why a name is left out, before its file is opened; empty where it is not."""
        if entry.is_symlink():
            return "it is a link"
        if any(fnmatchcase(path, pattern) for pattern in self._exclude):
            return "it is excluded"
        if entry.path in self._own:
            return "the scan writes it"
        if entry.is_dir(follow_symlinks=False):
            return "its content is not the repository's own" if self._is_foreign(entry, path) else ""
        return "" if entry.is_file(follow_symlinks=False) else "it is no file"

    def _is_foreign(self, entry: os.DirEntry[str], path: str) -> bool:
        return not self._tracked.has(path) and (entry.name in _FOLDERS or _is_environment(entry.path))

    def _file(self, path: str) -> None:
        try:
            head, facts = begun(self._root / path, _BINARY_LOOK, follow=False)
        except OSError:
            self._miss(path, "it cannot be read")
            return
        bound = LOCK_BYTES if is_lock(path) else FILE_BYTES
        language = language_of(path, head)
        is_code = is_lock(path) or language != ""
        if facts.st_size > bound:
            (self._miss if is_code else self._skip)(path, f"it has more than {bound >> 20} MB")
        elif not is_code and b"\0" in head and not head.startswith(_file.UTF16):
            self._skip(path, "it is binary")
        else:
            self._take(path, facts, language)

    def _take(self, path: str, facts: os.stat_result, language: Language) -> None:
        if len(self.files) >= MOST_FILES:
            raise _too_many(f"there are more than {MOST_FILES:,} files")
        self.facts.append(f"{path}\0{facts.st_size}\0{facts.st_mtime_ns}")
        shown = self._unique(shown_path(path))
        self.files.append(SourceFile(path=path, shown=shown, size=facts.st_size, language=language))

    def _unique(self, shown: str) -> str:
        self._names[shown] += 1
        return shown if self._names[shown] == 1 else f"{shown} ({self._names[shown]})"

    def _skip(self, path: str, reason: str) -> None:
        self.skipped.append(Skipped(path=shown_path(path), reason=reason))

    def _miss(self, path: str, reason: str) -> None:
        self._missed += 1
        if self._missed <= MOST_MISSED:
            self._tell(
                "error", f"it was not looked at: {reason}; where that is meant, leave it out with --exclude", path
            )

    def _tell(self, level: Level, message: str, path: str = "") -> None:
        self.problems.append(ScanProblem(tool=TOOL, level=level, message=message, path=shown_path(path)))


def _too_many(message: str) -> UsageError:
    return UsageError(message, hint="Leave some out with --exclude, or scan a part.")


def _is_environment(folder: str) -> bool:
    """Whether it is a virtual environment: its mark, with an interpreter beside it."""
    return os.path.lexists(os.path.join(folder, _ENVIRONMENT)) and any(
        os.path.lexists(os.path.join(folder, each)) for each in _INTERPRETERS
    )


def shown_path(path: str) -> str:
    """A path as anybody may see it: without secrets, control characters and bytes that are no text."""
    return plain(os.fsencode(path).decode("utf-8", "replace"), limit=_PATH)


def text_of(file: Path) -> str:
    """The text of a file that was taken. Raises OSError."""
    return _file.text_of(file, LOCK_BYTES)


def _joined(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name
