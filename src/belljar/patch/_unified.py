"""From the lines of a unified diff to file patches: names, what git says between, hunks. Pure.

What stands before the first header is prose, as are lines of git's that say nothing (index, similarity). Everything
else that cannot be read is an error with its line: a patch that is visibly cut short is not half applied.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from belljar.patch._diff import FilePatch, Hunk
from belljar.patch._hunks import Header, Lines, is_body, is_signature, names_at, read_body, read_header, trouble
from belljar.patch._names import plain_name, read_name, unprefixed
from belljar.patch._text import shown


def read_unified(lines: Lines) -> tuple[FilePatch, ...]:
    """The sections in order; none where there is no header. Raises PatchError with the line it cannot read."""
    return tuple(_Reader(lines).sections())


@dataclass(slots=True)
class _Section:
    """What the lines above a section's hunks say."""

    at: int
    old: str | None = None
    new: str | None = None
    is_created: bool = False
    is_deleted: bool = False
    is_rename: bool = False
    is_executable: bool = False
    has_names: bool = False
    """Whether `--- ` and `+++ ` were there."""
    hunks: list[Hunk] = field(default_factory=list)

    def awaits(self, old: str | None, new: str | None) -> bool:
        """Whether `--- OLD` and `+++ NEW` belong to what git said before them, and begin no section of their own."""
        if self.has_names or self.hunks:
            return False
        names = unprefixed(old, new)
        if self.is_rename:
            return (self.old, self.new) in (names, (old, new))
        return self.old is None or self.old in names

    def name(self, old: str | None, new: str | None) -> None:
        """What `--- OLD` and `+++ NEW` say. Of a rename git has said it already, and without prefixes."""
        self.has_names = True
        if not self.is_rename:
            self.old, self.new = old, new

    def finished(self) -> FilePatch:
        old, new = (self.old, self.new) if self.is_rename else unprefixed(self.old, self.new)
        if old is None and new is None:
            raise trouble(self.at, "names no file")
        if self.is_rename and (old is None or new is None):
            raise trouble(self.at, "a rename without both names, `rename from` and `rename to`")
        kind = "create" if old is None or self.is_created else "delete" if new is None or self.is_deleted else "change"
        if kind == "change" and not (self.hunks or self.is_rename):
            raise trouble(self.at, f"there is no hunk for {shown(new or '')}")
        return FilePatch(
            kind=kind,  # type: ignore[arg-type]  # the three literals above
            old=new if old is None or kind == "create" else old,  # type: ignore[arg-type]  # one of the two is there
            new=old if new is None or kind == "delete" else new,  # type: ignore[arg-type]
            is_rename=self.is_rename,
            is_executable=self.is_executable,
            hunks=tuple(replace(hunk, number=number) for number, hunk in enumerate(self.hunks, 1)),
            patch_line=self.at + 1,
        )


class _Reader:
    """Goes through the lines once."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._at = 0

    def sections(self) -> Iterator[FilePatch]:
        section: _Section | None = None
        while self._at < len(self._lines):
            if self._begins_section(section):
                if section is not None:
                    yield section.finished()
                section = _Section(at=self._at)
            section = self._take(section)
        if section is not None:
            yield section.finished()

    def _begins_section(self, section: _Section | None) -> bool:
        if self._lines[self._at].startswith("diff --git "):
            return True
        return names_at(self._lines, self._at) and (section is None or not section.awaits(*self._names()))

    def _names(self) -> tuple[str | None, str | None]:
        """The two names that begin here."""
        first, second = self._at, self._at + 1
        return read_name(self._lines[first][4:], first), read_name(self._lines[second][4:], second)

    def _take(self, section: _Section | None) -> _Section | None:
        line = self._lines[self._at]
        if section is not None and names_at(self._lines, self._at):
            section.name(*self._names())
            self._at += 2
            if self._at < len(self._lines) and is_body(self._lines[self._at]):  # somebody left the @@ out
                self._hunk(section, headless=True)
        elif line.startswith("@@"):
            self._hunk(self._in_file(section))
        else:
            self._aside(section, line)
            self._at += 1
        return section

    def _in_file(self, section: _Section | None) -> _Section:
        if section is None or not (section.has_names or section.old or section.new):
            raise trouble(self._at, "a hunk before any `--- a/FILE` and `+++ b/FILE`")
        return section

    def _aside(self, section: _Section | None, line: str) -> None:
        """A line outside of names and hunks."""
        if section is None:
            return
        for opening, note in _NOTES.items():
            if line.startswith(opening):
                note(section, line[len(opening) :], self._at)
                return
        if is_body(line) and line.strip() and not is_signature(self._lines, self._at):
            raise trouble(self._at, f"{shown(line)} belongs to no hunk")

    def _hunk(self, section: _Section, *, headless: bool = False) -> None:
        header = Header() if headless else read_header(self._lines[self._at], self._at)
        begin = self._at if headless else self._at + 1
        body = read_body(self._lines, begin, header)
        if not body.lines:
            raise trouble(self._at, "a hunk without lines")
        section.hunks.append(
            Hunk(
                number=0,
                patch_line=self._at + 1,
                start=header.start,
                headings=(header.heading,) if header.heading else (),
                lines=body.lines,
                restored=body.restored,
            )
        )
        self._at = body.end


# -- what git says between -------------------------------------------------------------------------------------------


def _note_git(section: _Section, text: str, at: int) -> None:
    """`a/NAME b/NAME`, where nothing else names the file: created empty, deleted empty, renamed."""
    half = plain_name(text, at).removeprefix("a/")
    middle = (len(half) - 3) // 2
    if half[middle : middle + 3] == " b/" and half[:middle] == half[middle + 3 :]:
        section.old = section.new = half[:middle]


def _note_created(section: _Section, text: str, at: int) -> None:
    section.is_created = True
    section.is_executable = _mode(text, at) == "755"


def _note_deleted(section: _Section, text: str, at: int) -> None:
    _mode(text, at)
    section.is_deleted = True


def _mode(text: str, at: int) -> str:
    mode = text.strip()
    if mode not in ("100644", "100755", "644", "755"):
        raise trouble(at, f"a patch here makes and deletes ordinary files only, not mode {shown(mode)}")
    return mode[-3:]


def _note_from(section: _Section, text: str, at: int) -> None:
    section.old, section.is_rename = read_name(text, at), True


def _note_to(section: _Section, text: str, at: int) -> None:
    section.new, section.is_rename = read_name(text, at), True


def _refuse(what: str) -> _Note:
    def note(_section: _Section, _text: str, at: int) -> None:
        raise trouble(at, f"{what} cannot be applied here")

    return note


_Note: TypeAlias = Callable[[_Section, str, int], None]

_NOTES: Final[dict[str, _Note]] = {
    "diff --git ": _note_git,
    "new file mode ": _note_created,
    "deleted file mode ": _note_deleted,
    "rename from ": _note_from,
    "rename to ": _note_to,
    "old mode ": _refuse("a change of a file's mode"),
    "new mode ": _refuse("a change of a file's mode"),
    "copy from ": _refuse("a copy"),
    "GIT binary patch": _refuse("a binary patch"),
    "Binary files ": _refuse("a binary patch"),
    "--- ": _refuse("a `--- ` without a `+++ ` below it"),
    "+++ ": _refuse("a `+++ ` without a `--- ` above it"),
    "*** ": _refuse("a section of another kind of patch"),
}
