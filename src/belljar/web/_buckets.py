"""A token bucket for each address: a burst at once, then so many a second. Pure but for the clock it is given.

That clock never goes back: no address waits for an hour because somebody set the computer's time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

_MAX_ADDRESSES: Final = 10_000
"""Addresses remembered; a flood of new ones then costs memory no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How often something may happen."""

    burst: int
    """At once, after a pause."""
    per_s: float
    """For ever."""


class Buckets:
    """Counts for each address. Used from the event loop's thread only."""

    def __init__(self, rate: Rate, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._clock = clock
        self._left: dict[str, tuple[float, float]] = {}
        """Address -> what was left, and when."""

    def wait_s(self, address: str) -> float:
        """Take one. 0 where there was one, else the seconds until there is."""
        now = self._clock()
        left = self._level(address, now)
        self._left.pop(address, None)
        self._left[address] = (left - (left >= 1), now)  # put back last: the first is the one that was quiet longest
        if len(self._left) > _MAX_ADDRESSES:
            del self._left[next(iter(self._left))]
        return self._seconds_from(left)

    def until_s(self, address: str) -> float:
        """The seconds until there is one; 0 where there is one now. None is taken."""
        return self._seconds_from(self._level(address, self._clock()))

    def _level(self, address: str, now: float) -> float:
        left, at = self._left.get(address, (float(self._rate.burst), now))
        return min(left + (now - at) * self._rate.per_s, self._rate.burst)

    def _seconds_from(self, left: float) -> float:
        return 0.0 if left >= 1 else (1 - left) / self._rate.per_s
