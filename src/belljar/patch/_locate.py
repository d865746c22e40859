"""Where the hunks of one file belong. Pure.

For each hunk, the first of these questions that has an answer decides:

1. where do its lines stand, exactly?
2. where do they stand but for CRLF against LF?
3. where do they stand when at most `fuzz` of them differ in white space: context lines anywhere, removed lines at
   their end only? The places with the fewest such lines count.

Of several places the one nearest to the stated line is taken, moved by as much as the hunk before was off. Without a
number, the first below the hunk's heading, or the only one below the hunk before. Else the place is ambiguous, and
an error: a guess would change the wrong lines.

The search is linear in file and hunk (Knuth, Morris, Pratt 1977), whatever repeats in them; the comparison of white
space is bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from belljar.errors import PatchError
from belljar.patch._diff import REMOVED, Hunk
from belljar.patch._nearest import misfit
from belljar.patch._text import bare, collapsed, plain, shown, trimmed

_NAMED: Final = 8
"""Places that an error names at most."""

_COMPARISONS: Final = 500_000
"""Lines that are compared for one hunk when white space is forgiven: 0.15 s. Only lines that are all alike need more,
and then the places nearest to the stated line are compared."""

Lines = Sequence[str]
Pace = Callable[[], None]


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


@dataclass(frozen=True, kw_only=True)
class _File:
    lines: Lines
    path: str
    fuzz: int
    pace: Pace

    @cached_property
    def _bare(self) -> list[str]:
        return [bare(line) for line in self.lines]

    @cached_property
    def _plain(self) -> list[str]:
        return [plain(line) for line in self.lines]

    @cached_property
    def _collapsed(self) -> list[str]:
        return [collapsed(line) for line in self.lines]

    def place(self, hunk: Hunk, *, drift: int, after: int) -> Placed:
        if not hunk.old:
            return Placed(hunk=hunk, index=self._stated_place(hunk, drift), is_literal=True)
        if self._stands_where_it_says(hunk, drift):
            return self._literal(hunk, (hunk.stated_index or 0) + drift)
        candidates = self._candidates(hunk, drift)
        if hunk.is_last:
            candidates = [each for each in candidates if each.end == len(self.lines)]
        if not candidates:
            raise misfit(self.lines, hunk, path=self.path)
        return candidates[0] if len(candidates) == 1 else self._chosen(hunk, candidates, drift, after)

    # -- a hunk that expects nothing ------------------------------------------------------------------------------

    def _stated_place(self, hunk: Hunk, drift: int) -> int:
        """Only additions: the header's number is all there is, or the heading, or the end of the file."""
        if hunk.stated_index is not None:
            return min(max(hunk.stated_index + drift, 0), len(self.lines))
        if hunk.is_last or not self.lines:
            return len(self.lines)
        if hunk.headings:
            return self._below_headings(hunk)
        raise PatchError(
            f"{self.path}, hunk {hunk.number}: it only adds lines, and nothing says where",
            hint="Give it a line of context above or below, or numbers in its @@ line.",
            details=_details(self.path, hunk),
        )

    # -- candidates -----------------------------------------------------------------------------------------------

    def _stands_where_it_says(self, hunk: Hunk, drift: int) -> bool:
        """The usual case, for which nothing need be searched."""
        if hunk.stated_index is None or hunk.is_last or hunk.stated_index + drift < 0:
            return False
        begin = hunk.stated_index + drift
        return self._bare[begin : begin + len(hunk.old)] == [line.text for line in hunk.old]

    def _literal(self, hunk: Hunk, index: int) -> Placed:
        """With the question whether the hunk agrees with any line ending at all: a text's only line may have none."""
        shows_ending = self.lines[index].endswith("\n") or hunk.old[-1].is_open
        return Placed(hunk=hunk, index=index, is_literal=shows_ending)

    def _candidates(self, hunk: Hunk, drift: int) -> list[Placed]:
        """The best places, in order; empty when there are none."""
        texts = [line.text for line in hunk.old]
        if literal := list(_occurrences(self._bare, texts, self.pace)):
            return [self._literal(hunk, index) for index in literal]
        if found := list(_occurrences(self._plain, [plain(text) for text in texts], self.pace)):
            return [Placed(hunk=hunk, index=index) for index in found]
        return self._fuzzy_candidates(hunk, drift)

    def _fuzzy_candidates(self, hunk: Hunk, drift: int) -> list[Placed]:
        wanted = [collapsed(line.text) for line in hunk.old]
        places = list(_occurrences(self._collapsed, wanted, self.pace))
        room = _COMPARISONS // len(wanted) + 1
        if len(places) > room:
            if hunk.stated_index is None:
                raise self._ambiguous(hunk, places)
            stated = hunk.stated_index + drift
            places = sorted(sorted(places, key=lambda index: abs(index - stated))[:room])
        counted = [(self._differing(hunk, index), index) for index in places]
        fewest = min(counted, default=(self.fuzz + 1, 0))[0]
        if fewest > self.fuzz:
            return []
        return [Placed(hunk=hunk, index=index, fuzz=count) for count, index in counted if count == fewest]

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

    def _chosen(self, hunk: Hunk, candidates: list[Placed], drift: int, after: int) -> Placed:
        if hunk.stated_index is not None:
            return self._nearest(hunk, candidates, hunk.stated_index + drift)
        start = self._below_headings(hunk) if hunk.headings else after
        below = [each for each in candidates if each.index >= start]
        if below and (hunk.headings or (after and len(below) == 1)):
            return below[0]
        raise self._ambiguous(hunk, [each.index for each in candidates])

    def _nearest(self, hunk: Hunk, candidates: list[Placed], stated: int) -> Placed:
        best = min(abs(each.index - stated) for each in candidates)
        nearest = [each for each in candidates if abs(each.index - stated) == best]
        if len(nearest) > 1:
            raise self._ambiguous(hunk, [each.index for each in nearest])
        return nearest[0]

    def _below_headings(self, hunk: Hunk) -> int:
        """The line after the last heading. A heading is found as a whole line first, then as a line's beginning."""
        at = 0
        for heading in hunk.headings:
            at = self._heading(hunk, collapsed(heading), at) + 1
        return at

    def _heading(self, hunk: Hunk, wanted: str, start: int) -> int:
        texts = self._collapsed[start:]
        places = [at for at, text in enumerate(texts) if text == wanted]
        places = places or [at for at, text in enumerate(texts) if text.startswith(wanted)]
        if len(places) == 1:
            return start + places[0]
        found = "is not in the file" if not places else f"stands there {len(places)} times"
        raise PatchError(
            f"{self.path}, hunk {hunk.number}: its place is not clear, and its heading {shown(wanted)} {found}",
            hint="Give the hunk more lines of context, or its line numbers.",
            details=_details(self.path, hunk),
        )

    def _ambiguous(self, hunk: Hunk, indexes: list[int]) -> PatchError:
        places = [index + 1 for index in indexes]
        more = f" and {len(places) - _NAMED} more" if len(places) > _NAMED else ""
        named = ", ".join(str(line) for line in places[:_NAMED])
        return PatchError(
            f"{self.path}, hunk {hunk.number}: its lines stand at several places, beginning at lines {named}{more}",
            hint="Give the hunk more lines of context, or the right line numbers in its @@ line.",
            details=_details(self.path, hunk) | {"candidates": places[:_NAMED]},
        )


def _details(path: str, hunk: Hunk) -> dict[str, object]:
    return {"path": path, "hunk": hunk.number, "patch_line": hunk.patch_line}


# -- search -----------------------------------------------------------------------------------------------------------


def _occurrences(lines: Lines, wanted: Lines, pace: Pace) -> Iterator[int]:
    """Every index at which `wanted` begins in `lines`, overlapping ones too."""
    falls = _falls(wanted)
    matched = 0
    for at, line in enumerate(lines):
        if at % 1024 == 0:
            pace()
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
