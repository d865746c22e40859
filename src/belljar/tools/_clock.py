"""A run's own clock: it runs while the script computes or a tool works, and stands while all wait for a person."""

from __future__ import annotations

import time


class RunClock:
    """Counts the time in which at least one party is busy. Used from the event loop's thread only."""

    def __init__(self, limit_ms: int, *, spent_ms: int = 0) -> None:
        """`spent_ms` is what the run took before this process took it over."""
        self._limit_s = limit_ms / 1000
        self._busy = 0
        self._spent_s = spent_ms / 1000
        self._since_s = 0.0

    @property
    def is_running(self) -> bool:
        return self._busy > 0

    def enter(self) -> None:
        """One more party is busy."""
        if self._busy == 0:
            self._since_s = time.monotonic()
        self._busy += 1

    def leave(self) -> None:
        """A party that entered waits or has ended."""
        self._busy -= 1
        if self._busy == 0:
            self._spent_s += time.monotonic() - self._since_s

    @property
    def spent_s(self) -> float:
        """Seconds spent so far."""
        return self._spent_s + (time.monotonic() - self._since_s if self._busy else 0.0)

    @property
    def left_s(self) -> float:
        """Seconds until the limit; zero or less when it is reached."""
        return self._limit_s - self.spent_s


def wall_ms() -> int:
    """Milliseconds since 1970: the time that a script is told. The only place that asks for it."""
    return time.time_ns() // 1_000_000
