"""The capability `read:repo`: what git knows of the workspace's history.

`_git` keeps it from doing anything else, and `_clean_diff` makes diffs in which no part of a secret stands alone. A
revision cannot be read as an option.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field
from typing_extensions import TypedDict

from belljar.errors import ToolValidationError
from belljar.packs._workspace import names_of
from belljar.plugins._clean import Cleaner
from belljar.plugins._clean_diff import clean_diff
from belljar.plugins._git import Repository
from belljar.tools import AnyTool, tool

TEXT_CHARACTERS: Final = 200_000
"""Given of git's output, in whole lines."""
_COMMITS: Final = 200

_REVISION: Final = re.compile(r"(?!.*\.\.)(?!.*@\{)(?!.*\^-)[A-Za-z0-9][A-Za-z0-9._/~^-]{0,199}\Z", re.ASCII)
_LOGGED: Final = "--format=%H%x00%an%x00%aI%x00%s%x00"
"""No commit can hold the NUL between the fields."""
_FIELDS: Final = 4
_SHOWN: Final = "--format=%P%ncommit %H%nAuthor: %an%nDate: %aI%n%n%B"


class Commit(TypedDict):
    """One commit."""

    hash: str
    author: str
    """The name, without an address."""
    time: str
    """ISO 8601."""
    subject: str


class GitText(TypedDict):
    """What gitShow and gitDiff give."""

    text: str
    truncated: bool
    """Whether there is more than is here."""


def repo_tools(root: Path, cleaner: Cleaner) -> list[AnyTool]:
    """gitLog, gitShow and gitDiff of the repository in the folder. Raises UsageError where there is none to be read."""
    history = _History(Repository(root), cleaner)
    return [history.log, history.show, history.diff]


class _History:
    def __init__(self, repository: Repository, cleaner: Cleaner) -> None:
        self._repository = repository
        self._cleaner = cleaner

    @tool(name="gitLog", idempotent=True)
    async def log(
        self,
        revision: Annotated[str, Field(description="A branch, a tag or a commit.")] = "HEAD",
        path: Annotated[str, Field(description="Only commits that changed this file or folder; '.' is all.")] = ".",
        limit: Annotated[int, Field(ge=1, le=_COMMITS)] = 50,
    ) -> list[Commit]:
        """The commits that lead to a revision, newest first."""
        asked = (_checked(revision), "--", *_paths(path))
        async with self._repository.lent() as git:
            fields = (await git.output("log", f"--max-count={limit}", _LOGGED, *asked)).split("\0")[:-1]
        return [_commit(fields[at : at + _FIELDS]) for at in range(0, len(fields), _FIELDS)]

    @tool(name="gitShow", idempotent=True)
    async def show(
        self,
        revision: Annotated[str, Field(description="A branch, a tag or a commit.")] = "HEAD",
        path: Annotated[str, Field(description="The file as it is there; '.' shows what the commit changed.")] = ".",
    ) -> GitText:
        """One file as it was, or one commit as a diff: what it changed of its first parent."""
        names, commit = _paths(path), _checked(revision)
        async with self._repository.lent() as git:
            if names:
                return self._text(await git.output("cat-file", "blob", f"{commit}:{names[0]}"))
            parents, _, head = (await git.output("log", "--max-count=1", _SHOWN, commit, "--")).partition("\n")
            first = parents.split(" ")[0] or "--root"
            return self._text(f"{head}\n{await clean_diff(git, (first, f'{commit}^{{commit}}'), (), self._cleaner)}")

    @tool(name="gitDiff", idempotent=True)
    async def diff(
        self,
        base: Annotated[str, Field(description="A branch, a tag or a commit.")],
        head: Annotated[str, Field(description="The same; what it has that the base has not.")] = "HEAD",
        path: Annotated[str, Field(description="A file or a folder; '.' is all.")] = ".",
    ) -> GitText:
        """What differs between two commits, as a unified diff."""
        trees = [f"{_checked(each)}^{{tree}}" for each in (base, head)]
        paths = _paths(path)
        async with self._repository.lent() as git:
            return self._text(await clean_diff(git, trees, paths, self._cleaner))

    def _text(self, text: str) -> GitText:
        """Cleaned as a whole, then cut at the end of a line."""
        clean = self._cleaner.text(text)
        if len(clean) <= TEXT_CHARACTERS:
            return {"text": clean, "truncated": False}
        return {"text": clean[: clean.rfind("\n", 0, TEXT_CHARACTERS) + 1], "truncated": True}


def _checked(revision: str) -> str:
    if not _REVISION.match(revision):
        raise ToolValidationError(f"{revision[:80]!r} is no revision", hint="A branch, a tag or a commit, not a range.")
    return revision


def _paths(path: str) -> list[str]:
    """None for all of the repository. Raises WorkspaceError for what is no path in it."""
    names = names_of(path)
    return ["/".join(names)] if names else []


def _commit(fields: Sequence[str]) -> Commit:
    hash_, author, time, subject = fields
    return {"hash": hash_.lstrip("\n"), "author": author, "time": time, "subject": subject}
