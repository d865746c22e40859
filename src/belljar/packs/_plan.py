"""What a patch makes of the files: computed to the end before anything is written.

The files are read once, through a function that is passed in. Sections of the same patch see what the sections before
them made, so a file may come twice, and be created, changed and renamed in one patch.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Final, NotRequired, TypeAlias

from typing_extensions import TypedDict

from belljar.errors import PatchError
from belljar.packs._protect import must_be_writable
from belljar.packs._workspace import joined, names_of, refused
from belljar.patch import (
    ADDED,
    REMOVED,
    Applied,
    FilePatch,
    Pace,
    apply_hunks,
    created_text,
    must_be_all,
    split_lines,
)

_WRITABLE: Final = 0o222
"""For anybody. The folder decides whether a name can be replaced, but this bit says that it should not be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """A file as it was read."""

    data: bytes
    mode: int
    """Permission bits."""
    owner: tuple[int, int]
    """User and group."""
    stamp: tuple[int, int, int, int]
    """Device, inode, size and time of the last change in ns: the same as long as nobody has written to it."""

    @property
    def identity(self) -> tuple[int, int]:
        """The same under all names of one file."""
        return self.stamp[:2]


Read: TypeAlias = Callable[[str], Original | None]
"""The file of a path; None where there is nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One name, before and after."""

    path: str
    before: Original | None
    after: bytes | None
    like: Original | None
    """Whose owner and permissions the new file gets; None for a new one's."""
    like_path: str
    """Where that file is."""
    is_executable: bool = False


class HunkFigures(TypedDict):
    """How one hunk fitted."""

    line: int
    """Where it was found in the file as it was, from 1."""
    offset: int | None
    """Lines between there and what its header says; null where it says nothing."""
    fuzz: int
    """Its lines that differ from the file in white space."""


class FileFigures(TypedDict):
    """What was done to one file."""

    path: str
    action: str
    """created, changed, deleted or renamed."""
    previous: NotRequired[str]
    """The old name of a renamed file."""
    added: int
    """Lines."""
    removed: int
    """Lines."""
    hunks: list[HunkFigures]


@dataclass(slots=True)
class _File:
    """A name during the patch."""

    original: Original | None
    text: str | None
    like: Original | None = None
    like_path: str = ""
    is_executable: bool = False


@dataclass(slots=True, kw_only=True)
class Plan:
    """The changes of one patch, in the making."""

    read: Read
    fuzz: int
    protected: Collection[str]
    pace: Pace
    figures: list[FileFigures] = field(default_factory=list)
    _files: dict[str, _File] = field(default_factory=dict)

    def add(self, section: FilePatch) -> None:
        """Do one section in memory. Raises PatchError or WorkspaceError when it cannot be done."""
        old, new = self._name(section.old), self._name(section.new)
        if section.kind == "create" or self._means_creation(section, old, new):
            self._create(section, new)
        elif section.kind == "delete":
            self._delete(section, old)
        else:
            self._change(section, *self._names_of_change(section, old, new))

    def changes(self) -> list[Change]:
        """What must be written; names that end as they began are left out."""
        changed = []
        for path, file in self._files.items():
            after = None if file.text is None else _encoded(file.text)
            before = file.original
            if after != (None if before is None else before.data):
                changed.append(
                    Change(
                        path=path,
                        before=before,
                        after=after,
                        like=file.like,
                        like_path=file.like_path,
                        is_executable=file.is_executable,
                    )
                )
        self._must_be_different_files(changed)
        return changed

    # -- one section ----------------------------------------------------------------------------------------------

    def _create(self, section: FilePatch, path: str) -> None:
        file = self._file(path)
        if file.text is not None:
            raise _trouble(path, section, "the patch creates it, but it is there already")
        file.text = created_text(section)
        file.is_executable = section.is_executable
        self._note(section, path, "created", Applied(text=file.text, placed=()))

    def _delete(self, section: FilePatch, path: str) -> None:
        file = self._file(path)
        text = self._text(file, section, path)
        must_be_all(section, text)
        file.text = None
        figures = self._note(section, path, "deleted", Applied(text="", placed=()))
        figures["removed"] = len(split_lines(text))

    def _change(self, section: FilePatch, old: str, new: str) -> None:
        source = self._file(old)
        text = self._text(source, section, old)
        applied = apply_hunks(text, section.hunks, path=old, fuzz=self.fuzz, pace=self.pace)
        if old == new:
            source.text = applied.text
            self._note(section, old, "changed", applied)
            return
        target = self._file(new)
        if target.text is not None:
            raise _trouble(new, section, f"{old!r} is renamed to it, but it is there already")
        target.text, target.is_executable = applied.text, source.is_executable
        target.like, target.like_path = source.like, source.like_path
        source.text = None
        self._note(section, new, "renamed", applied)["previous"] = old

    def _names_of_change(self, section: FilePatch, old: str, new: str) -> tuple[str, str]:
        """Two names without the word rename: a rename where only the old one is there, else one is a mere label."""
        if section.is_rename or old == new:
            return old, new
        if self._file(new).text is not None:
            return new, new
        return old, new

    def _means_creation(self, section: FilePatch, old: str, new: str) -> bool:
        """Whether the patch only adds lines to a file that is not there: somebody did not write /dev/null."""
        return (
            section.kind == "change"
            and old == new
            and bool(section.hunks)
            and not any(hunk.old for hunk in section.hunks)
            and self._file(new).text is None
        )

    def _note(self, section: FilePatch, path: str, action: str, applied: Applied) -> FileFigures:
        figures: FileFigures = {
            "path": path,
            "action": action,
            "added": sum(hunk.count(ADDED) for hunk in section.hunks),
            "removed": sum(hunk.count(REMOVED) for hunk in section.hunks),
            "hunks": [{"line": each.index + 1, "offset": each.offset, "fuzz": each.fuzz} for each in applied.placed],
        }
        self.figures.append(figures)
        return figures

    # -- files ----------------------------------------------------------------------------------------------------

    def _name(self, path: str) -> str:
        names = names_of(path)
        must_be_writable(path, names, self.protected)
        return joined(names)

    def _file(self, path: str) -> _File:
        if path not in self._files:
            original = self.read(path)
            text = None if original is None else original.data.decode("utf-8", "surrogateescape")
            self._files[path] = _File(original=original, text=text, like=original, like_path=path)
        return self._files[path]

    def _text(self, file: _File, section: FilePatch, path: str) -> str:
        if file.text is None:
            raise _trouble(path, section, "there is no such file")
        if file.original is not None and not file.original.mode & _WRITABLE:
            raise refused(path, "cannot be written: it is read-only", hint="Leave it to the user.")
        return file.text

    def _must_be_different_files(self, changed: Sequence[Change]) -> None:
        """Two names of one file (a hard link, or letter case that does not count) would undo each other."""
        names: dict[tuple[int, int], str] = {}
        for change in changed:
            if change.before is not None:
                other = names.setdefault(change.before.identity, change.path)
                if other != change.path:
                    told = f"{other} and {change.path} are one and the same file"
                    raise PatchError(told, details={"path": change.path})


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _trouble(path: str, section: FilePatch, why: str) -> PatchError:
    return PatchError(f"{path}: {why}", details={"path": path, "patch_line": section.patch_line})
