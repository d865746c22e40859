"""Where the hunks of one file belong. Pure.

For each hunk, the first of these questions that has an answer decides:

1. where do its lines stand, exactly?
2. where do they stand but for CRLF against LF?
3. where do they stand when at most `fuzz` of them differ in white space: context lines anywhere, removed lines at
   their end only? The places with the fewest such lines count.

Of several places the one nearest to the stated line is taken, moved by as much as the hunk before was off, when it is
more than twice as near as the next. A line behind the end of the file says nothing, nor does line 1 where the hunk is
not there: people who know no number write these. Without a number, the first below the hunk's heading, or the only one
below the hunk before. Else the place is ambiguous, and an error: a guess would change the wrong lines.

The search is linear in file and hunk (Knuth, Morris, Pratt 1977), whatever repeats in them; the comparison of white
space is bounded.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from belljar.errors import PatchError
from belljar.patch._diff import REMOVED, Hunk
from belljar.patch._nearest import misfit
from belljar.patch._pace import Pace, paced
from belljar.patch._text import bare, collapsed, plain, shown, trimmed

_NAMED: Final = 8
"""Places that an error names at most."""

_COMPARISONS: Final = 500_000
"""Lines that are compared for one hunk when white space is forgiven: 0.15 s. Only lines that are all alike need more,
and then the places nearest to the stated line are compared."""

_CLEARLY: Final = 2
"""How many times farther from the stated line another place must be than the one that is taken."""

Lines = Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A hunk and its place."""

    hunk: Hunk
    index: int
    """Of the first line that it expects, from 0, in the file as it was."""
    fuzz: int = 0
    """Lines that differ in white space."""
    is_literal: bool = False
    """Whether line endings agree too, so that added lines are taken as they are."""

    @property
    def end(self) -> int:
        """Behind the last line that it expects."""
        return self.index + len(self.hunk.old)

    @property
    def offset(self) -> int | None:
        """Lines between the stated place and this one; None where none was stated."""
        stated = self.hunk.stated_index
        return None if stated is None else self.index - stated


def locate(lines: Lines, hunks: Sequence[Hunk], *, path: str, fuzz: int, pace: Pace) -> list[Placed]:
    """The place of each hunk in `lines`, which keep their endings.

    `pace` is called often and may raise. Raises PatchError when a hunk has no place, or several and nothing to choose
    by.
    """
    file = _File(lines=lines, path=path, fuzz=fuzz, pace=pace)
    placed: list[Placed] = []
    drift = 0
    for hunk in hunks:
        found = file.place(hunk, drift=drift, after=placed[-1].end if placed else 0)
        drift = drift if found.offset is None else found.offset
        placed.append(found)
    return placed


@dataclass(frozen=True, slots=True)
class _Found:
    """The places that fit a hunk equally well, in order."""

    places: Sequence[int]
    fuzz: int = 0
    is_exact: bool = False
    """Whether its lines stand there to the letter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    lines: Lines
    path: str
    fuzz: int
    pace: Pace

    def place(self, hunk: Hunk, *, drift: int, after: int) -> Placed:
        if not hunk.old:
            return Placed(hunk=hunk, index=self._stated_place(hunk, drift), is_literal=True)
        if self._stands_where_it_says(hunk, drift):
            return self._literal(hunk, (hunk.stated_index or 0) + drift)
        stated = None if hunk.stated_index is None else hunk.stated_index + drift
        found = self._found(hunk, stated)
        places = found.places
        if hunk.is_last:
            places = [index for index in places if index + len(hunk.old) == len(self.lines)]
        if not places:
            raise misfit(self.lines, hunk, path=self.path, pace=self.pace)
        index = places[0] if len(places) == 1 else self._chosen(hunk, places, stated, after)
        return self._literal(hunk, index) if found.is_exact else Placed(hunk=hunk, index=index, fuzz=found.fuzz)

    # -- what the header says -------------------------------------------------------------------------------------

    def _stated_place(self, hunk: Hunk, drift: int) -> int:
        """Only additions: the header's number is all there is, or the heading, or the end of the file."""
        if hunk.stated_index is not None:
            return self._inside(hunk, hunk.stated_index + drift)
        if hunk.is_last or not self.lines:
            return len(self.lines)
        if hunk.headings:
            return self._below_headings(hunk)
        raise PatchError(
            f"{self.path}, hunk {hunk.number}: it only adds lines, and nothing says where",
            hint="Give it a line of context above or below, or numbers in its @@ line.",
            details=_details(self.path, hunk),
        )

    def _inside(self, hunk: Hunk, index: int) -> int:
        if 0 <= index <= len(self.lines):
            return index
        raise PatchError(
            f"{self.path}, hunk {hunk.number}: it adds lines below line {index}, and the file has {len(self.lines)}",
            hint="Give it a line of context above or below, or the right numbers in its @@ line.",
            details=_details(self.path, hunk),
        )

    def _stands_where_it_says(self, hunk: Hunk, drift: int) -> bool:
        """The usual case, for which nothing need be searched."""
        if hunk.stated_index is None or hunk.is_last or hunk.stated_index + drift < 0:
            return False
        begin = hunk.stated_index + drift
        return [bare(line) for line in self.lines[begin : begin + len(hunk.old)]] == [line.text for line in hunk.old]

    # -- places ---------------------------------------------------------------------------------------------------

    def _found(self, hunk: Hunk, stated: int | None) -> _Found:
        """The best places; none when there are none."""
        if exact := self._occurrences(hunk, bare):
            return _Found(exact, is_exact=True)
        if found := self._occurrences(hunk, plain):
            return _Found(found)
        return self._fuzzy(hunk, self._occurrences(hunk, collapsed), stated)

    def _occurrences(self, hunk: Hunk, form: Callable[[str], str]) -> array[int]:
        """Where the lines of file and hunk agree in one form, which is made anew each time: to keep it for all lines
        takes fifty times the memory of a file of short ones."""
        lines = map(form, paced(self.lines, self.pace))
        return array("q", _occurrences(lines, [form(line.text) for line in hunk.old]))

    def _literal(self, hunk: Hunk, index: int) -> Placed:
        """With the question whether the hunk agrees with any line ending at all: a text's only line may have none."""
        shows_ending = self.lines[index].endswith("\n") or hunk.old[-1].is_open
        return Placed(hunk=hunk, index=index, is_literal=shows_ending)

    def _fuzzy(self, hunk: Hunk, places: array[int], stated: int | None) -> _Found:
        room = _COMPARISONS // len(hunk.old) + 1
        if len(places) > room:
            if stated is None:
                raise self._ambiguous(hunk, places)
            middle = bisect_left(places, stated)
            places = places[max(middle - room // 2, 0) : middle + room // 2 + 1]
        counted = [(self._differing(hunk, index), index) for index in places]
        fewest = min(counted, default=(self.fuzz + 1, 0))[0]
        fitting = [index for count, index in counted if count == fewest <= self.fuzz]
        return _Found(fitting, fuzz=fewest)

    def _differing(self, hunk: Hunk, index: int) -> int:
        """How many lines differ; more than any limit where a removed line differs before its end."""
        self.pace()
        count = 0
        for line, wanted in zip(self.lines[index : index + len(hunk.old)], hunk.old, strict=True):
            count += plain(line) != plain(wanted.text)
            if count > self.fuzz or (wanted.mark == REMOVED and trimmed(line) != trimmed(wanted.text)):
                return self.fuzz + 1
        return count

    # -- the choice -----------------------------------------------------------------------------------------------

    def _chosen(self, hunk: Hunk, places: Sequence[int], stated: int | None, after: int) -> int:
        if stated is not None and self._is_meant(hunk, places, stated):
            return self._nearest(hunk, places, stated)
        start = self._below_headings(hunk) if hunk.headings else after
        first = bisect_left(places, start)
        if first < len(places) and (hunk.headings or (after and first == len(places) - 1)):
            return places[first]
        raise self._ambiguous(hunk, places)

    def _is_meant(self, hunk: Hunk, places: Sequence[int], stated: int) -> bool:
        """Whether the number says something. Line 1 where the hunk is not, and a line behind the end, stand for one
        that somebody did not know."""
        at = bisect_left(places, stated)
        return stated in places[at : at + 1] or (hunk.stated_index != 0 and 0 <= stated < len(self.lines))

    def _nearest(self, hunk: Hunk, places: Sequence[int], stated: int) -> int:
        middle = bisect_left(places, stated)
        around = places[max(middle - 2, 0) : middle + 2]
        nearest, second = sorted(around, key=lambda index: abs(index - stated))[:2]
        if _CLEARLY * abs(nearest - stated) < abs(second - stated):
            return nearest
        raise self._ambiguous(hunk, places)

    def _below_headings(self, hunk: Hunk) -> int:
        """The line after the last heading. A heading is found as a whole line first, then as a line's beginning."""
        at = 0
        for heading in hunk.headings:
            at = self._heading(hunk, collapsed(heading), at) + 1
        return at

    def _heading(self, hunk: Hunk, wanted: str, start: int) -> int:
        places = self._lines_that(wanted.__eq__, start) or self._lines_that(lambda line: line.startswith(wanted), start)
        if len(places) == 1:
            return places[0]
        found = "is not in the file" if not places else f"stands there {len(places)} times"
        raise PatchError(
            f"{self.path}, hunk {hunk.number}: its place is not clear, and its heading {shown(wanted)} {found}",
            hint="Give the hunk more lines of context, or its line numbers.",
            details=_details(self.path, hunk),
        )

    def _lines_that(self, fit: Callable[[str], bool], start: int) -> list[int]:
        rows = paced(range(start, len(self.lines)), self.pace)
        return [at for at in rows if fit(collapsed(self.lines[at]))]

    def _ambiguous(self, hunk: Hunk, places: Sequence[int]) -> PatchError:
        candidates = [index + 1 for index in places[:_NAMED]]
        more = f" and {len(places) - _NAMED} more" if len(places) > _NAMED else ""
        named = ", ".join(map(str, candidates))
        return PatchError(
            f"{self.path}, hunk {hunk.number}: its lines stand at several places, beginning at lines {named}{more}",
            hint="Give the hunk more lines of context, or the right line numbers in its @@ line.",
            details=_details(self.path, hunk) | {"candidates": candidates},
        )


def _details(path: str, hunk: Hunk) -> dict[str, object]:
    return {"path": path, "hunk": hunk.number, "patch_line": hunk.patch_line}


# -- search -----------------------------------------------------------------------------------------------------------


def _occurrences(lines: Iterable[str], wanted: Lines) -> Iterator[int]:
    """Every index at which `wanted` begins in `lines`, overlapping ones too."""
    falls = _falls(wanted)
    matched = 0
    for at, line in enumerate(lines):
        while matched and (matched == len(wanted) or line != wanted[matched]):
            matched = falls[matched - 1]
        matched += line == wanted[matched]
        if matched == len(wanted):
            yield at + 1 - matched


def _falls(wanted: Lines) -> list[int]:
    """For each prefix, the length of its longest proper prefix that is also its suffix."""
    falls, length = [0], 0
    for line in wanted[1:]:
        while length and line != wanted[length]:
            length = falls[length - 1]
        length += line == wanted[length]
        falls.append(length)
    return falls
