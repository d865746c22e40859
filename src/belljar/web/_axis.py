"""Time on a line: milliseconds to places, with the long waits cut out. Pure.

A run may work for two seconds and wait for a person for three days. Where nothing but waiting goes on for longer than
all work together, the axis is broken: that stretch gets a fixed width, and the picture says how long it was.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

BREAK_WIDTH: Final = 44.0
"""Of a stretch that is cut out."""
_LEAST_BREAK_MS: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A part of the axis on which time passes evenly."""

    start_ms: int
    end_ms: int
    left: float
    right: float
    is_broken: bool
    """Whether it is drawn shorter than it was."""

    def place(self, ms: float) -> float:
        """Where a moment of this stretch lies."""
        share = (ms - self.start_ms) / max(self.end_ms - self.start_ms, 1)
        return self.left + (self.right - self.left) * share


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """Stretches that follow each other without a gap."""

    stretches: tuple[Stretch, ...]

    def place(self, ms: float) -> float:
        """Where `ms` lies; what is outside is put at the nearer end."""
        last = self.stretches[-1]
        found = next((stretch for stretch in self.stretches if ms <= stretch.end_ms), last)
        return min(max(found.place(ms), self.stretches[0].left), last.right)

    @property
    def breaks(self) -> tuple[Stretch, ...]:
        """The stretches that were cut out."""
        return tuple(stretch for stretch in self.stretches if stretch.is_broken)


def make_axis(start_ms: int, end_ms: int, busy: Iterable[tuple[int, int]], *, width: float) -> Axis:
    """An axis of `width` from start to end. `busy` are the times in which more than waiting went on; moments count."""
    end_ms = max(end_ms, start_ms + 1)
    idle = _idle(start_ms, end_ms, busy)
    work = end_ms - start_ms - sum(end - start for start, end in idle)
    cut = [gap for gap in idle if gap[1] - gap[0] > max(work, _LEAST_BREAK_MS)]
    return _laid_out(start_ms, end_ms, cut, width=width)


def _idle(start_ms: int, end_ms: int, busy: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """What of the time `busy` leaves, in order."""
    gaps: list[tuple[int, int]] = []
    at = start_ms
    for start, end in sorted(busy):
        if min(start, end_ms) > at:
            gaps.append((at, min(start, end_ms)))
        at = max(at, end)
    return [*gaps, (at, end_ms)] if at < end_ms else gaps


def _laid_out(start_ms: int, end_ms: int, cut: list[tuple[int, int]], *, width: float) -> Axis:
    even_ms = end_ms - start_ms - sum(end - start for start, end in cut)
    broken = min(BREAK_WIDTH, width / (2 * len(cut))) if even_ms and cut else width / max(len(cut), 1)
    scale = (width - broken * len(cut)) / even_ms if even_ms else 0.0
    edges = [start_ms, *(edge for gap in cut for edge in gap), end_ms]
    stretches: list[Stretch] = []
    left = 0.0
    for number, (start, end) in enumerate(pairwise(edges)):
        if start == end:
            continue
        size = broken if number % 2 else (end - start) * scale
        stretches.append(Stretch(start_ms=start, end_ms=end, left=left, right=left + size, is_broken=number % 2 == 1))
        left += size
    return Axis(stretches=tuple(stretches))
