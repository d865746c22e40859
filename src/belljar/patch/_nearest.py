"""What to say of a hunk that fits nowhere: the place it was most likely meant for, and what differs there. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher, get_close_matches
from heapq import nlargest
from typing import Final

from belljar.errors import PatchError
from belljar.patch._diff import Hunk
from belljar.patch._pace import Pace, paced
from belljar.patch._text import collapsed, plain, shown

_LISTED: Final = 6
"""Differing lines that a message shows at most."""
_VOTES: Final = 200
"""Places that one line may vote for: a line that is everywhere says nothing."""
_VOTERS: Final = 1_000
"""Lines of the hunk that vote."""
_COMPARED: Final = 4_000
"""Lines of the file whose letters are counted where none agrees."""
_LIKELY: Final = 10
"""Of these, those that are compared letter by letter, which is quadratic in their length."""
_CHARACTERS: Final = 100
"""Of a line, for both."""
_DIFFED: Final = 100
"""Lines, from the first that differs on, in which differences are looked for: that is quadratic, and six are shown."""

Lines = Sequence[str]


def misfit(lines: Lines, hunk: Hunk, *, path: str, pace: Pace = lambda: None) -> PatchError:
    """The error for a hunk whose lines are not in the file."""
    wanted = [plain(line.text) for line in hunk.old]
    details: dict[str, object] = {"path": path, "hunk": hunk.number, "patch_line": hunk.patch_line}
    details["expected"] = wanted[: _LISTED * 2]
    opening = f"{path}, hunk {hunk.number} (line {hunk.patch_line} of the patch)"
    if hunk.is_last and lines:
        opening += ", which ends the file"
    if hunk.restored:
        opening += f", whose header counts {hunk.restored} more than its lines, taken for blank ones"
    index = _nearest(lines, wanted, hunk.stated_index, pace)
    if index is None:
        return PatchError(
            f"{opening}: no line like its first, {shown(_first(wanted))}, is in the file", details=details
        )
    end = min(index + len(wanted), len(lines))
    differs = _differences([plain(line) for line in lines[index:end]], wanted, index)
    details["nearest"] = {"line": index + 1, "end": end, "differs": differs}
    body = "".join(f"\n  {line}" for line in differs)
    return PatchError(
        f"{opening}: its lines are not in the file. Nearest are lines {index + 1} to {end}, which differ:{body}",
        details=details,
    )


def _first(wanted: list[str]) -> str:
    return next((line for line in wanted if line.strip()), "")


def _nearest(lines: Lines, wanted: list[str], stated: int | None, pace: Pace) -> int | None:
    """The index at which most lines agree but for white space; of several, the nearest to the stated one."""
    votes = _votes(lines, wanted, pace)
    if not votes:
        return _similar(lines, wanted, pace)
    most = max(votes.values())
    best = [index for index, count in votes.items() if count == most]
    return min(best, key=lambda index: (abs(index - (stated or 0)), index))


def _votes(lines: Lines, wanted: list[str], pace: Pace) -> Counter[int]:
    texts = [collapsed(line) for line in wanted[:_VOTERS]]
    places: dict[str, list[int]] = {text: [] for text in texts if text}
    for at, line in enumerate(paced(lines, pace)):
        found = places.get(collapsed(line))
        if found is not None and len(found) < _VOTES:
            found.append(at)
    return Counter(max(at - row, 0) for row, text in enumerate(texts) for at in places.get(text, ()))


def _similar(lines: Lines, wanted: list[str], pace: Pace) -> int | None:
    """The place of the line that is most like the hunk's first: the letters that they share are an upper bound."""
    texts = [collapsed(line)[:_CHARACTERS] for line in lines[:_COMPARED]]
    first = collapsed(_first(wanted))[:_CHARACTERS]
    matcher = SequenceMatcher(b=first)

    def shared(text: str) -> float:
        pace()
        matcher.set_seq1(text)
        return matcher.quick_ratio()

    match = get_close_matches(first, nlargest(_LIKELY, texts, key=shared), n=1)
    if not match or not match[0]:
        return None
    row = next(at for at, line in enumerate(wanted) if line.strip())
    return max(texts.index(match[0]) - row, 0)


def _differences(found: list[str], wanted: list[str], index: int) -> list[str]:
    """`file 12: 'x'` for what stands there, `patch: 'y'` for what was expected, in order; lines that agree left out."""
    same = next((at for at, (line, other) in enumerate(zip(found, wanted, strict=False)) if line != other), len(found))
    index, found, wanted = index + same, found[same : same + _DIFFED], wanted[same : same + _DIFFED]
    told: list[str] = []
    for tag, low, high, first, last in SequenceMatcher(None, found, wanted, autojunk=False).get_opcodes():
        if tag != "equal":
            told += [f"file {index + at + 1}: {shown(found[at])}" for at in range(low, high)]
            told += [f"patch: {shown(wanted[at])}" for at in range(first, last)]
    more = [f"... and {len(told) - _LISTED} more"] if len(told) > _LISTED else []
    return told[:_LISTED] + more
