"""An approved patch, applied to the files that it was made of and to no others, however often it is tried.

Git's digests, which stand in the patch, say of each file whether it is as before the patch or as after it.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import Final

from belljar.errors import PatchError, WorkspaceError
from belljar.packs import FileLimits, Workspace
from belljar.packs._patch import alone, apply_patch
from belljar.packs._protect import is_own
from belljar.patch import parse_patch
from belljar.tools import AbortSignal

_DIGESTS: Final = re.compile(r"(?m)^index (?P<old>[0-9a-f]{40})\.\.(?P<new>[0-9a-f]{40})")
_NO_FILE: Final = "0" * 40
_EMPTY: Final = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
"""Git's digest of an empty file."""
_SECTIONS: Final = re.compile(r"(?m)^(?=diff --git )")
_MARKED: Final = re.compile("(?m)^([ +-])\ufeff")


def apply_exactly(folder: Path, patch: str, signal: AbortSignal) -> None:
    """Apply a patch of git's to files that are as they were. Raises PatchError, WorkspaceError."""
    sections = _SECTIONS.split(patch)
    apply_patch(Workspace(folder), "".join(map(_without_mark, sections)), FileLimits(fuzz=0), signal)


def _without_mark(section: str) -> str:
    """One file's, without a byte order mark before its first line, where it stays: who applies patches keeps it."""
    marked = set(_MARKED.findall(section))
    return _MARKED.sub(r"\1", section) if marked in ({" "}, {"-", "+"}) else section


def still_to_apply(patch: str, folder: str) -> str:
    """The part of the patch that the folder does not have yet: a process that applied it may have died meanwhile.

    Raises PatchError where a file is neither as the work began with it nor as the work left it: what came of the patch
    there would be nothing that anybody tested.
    """
    if os.path.realpath(folder) != folder:
        raise PatchError(f"{folder} is a link now, or lies behind one", hint="Look at what became of the repository.")
    sections = [each for each in _SECTIONS.split(patch) if each]
    states = [_state_of(each, Workspace(folder)) for each in sections]
    if changed := [path for path, is_old, is_new in states if not (is_old or is_new)]:
        message = f"changed in the repository since the job began: {', '.join(changed)}"
        raise PatchError(message, hint="Put it back as it was, and resume the job; or begin a new one.")
    return "".join(each for each, (*_, is_new) in zip(sections, states, strict=True) if not is_new)


def _state_of(section: str, workspace: Workspace) -> tuple[str, bool, bool]:
    """A file's path, whether it is as before the patch, and whether it is as after it: by git's digests of both."""
    (parsed,) = parse_patch(section)
    digests = _DIGESTS.search(section)
    assert digests is not None  # the diff was made with --full-index
    found = _digest_of(workspace, parsed.new)
    is_old = found == digests["old"] or (digests["old"] == _NO_FILE and found == _EMPTY)  # its name was only taken
    return parsed.new, is_old, found == digests["new"]


def clear(folder: Path, patch: str, signal: AbortSignal) -> None:
    """Take away what a process left that died while it applied the patch: names that it took, files of its own."""
    with alone(Workspace(folder), signal):
        for section in _SECTIONS.split(patch)[1:]:
            (parsed,) = parse_patch(section)
            path = folder / parsed.new
            if parsed.kind == "create" and _digest_of(Workspace(folder), parsed.new) == _EMPTY != _new_digest(section):
                path.unlink()
            for place in path.parents[: len(Path(parsed.new).parts)]:
                _remove_own(place, folder)


def _remove_own(place: Path, folder: Path) -> None:
    if place.is_dir() and place.resolve().is_relative_to(folder):
        for path in place.iterdir():
            if is_own(path.name) and path.is_file() and not path.is_symlink():
                path.unlink()


def _new_digest(section: str) -> str:
    digests = _DIGESTS.search(section)
    return digests["new"] if digests is not None else ""


def _digest_of(workspace: Workspace, path: str) -> str:
    """As git has it; zeros where there is no such file."""
    try:
        descriptor = workspace.open_file(path, follow=False)
    except WorkspaceError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            return _NO_FILE
        raise
    with open(descriptor, "rb") as file:
        data = file.read()
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
