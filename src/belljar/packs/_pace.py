"""How long a file tool may go on: until the call is aborted, or its time is up."""

from __future__ import annotations

import time

from belljar.tools import AbortSignal


class Pace:
    """Asked in every loop over files."""

    def __init__(self, signal: AbortSignal, *, ms: int) -> None:
        self._signal = signal
        self._ends_s = time.monotonic() + ms / 1000

    @property
    def left_s(self) -> float:
        """Time left, at least 0. Raises CallAbortedError when the call was aborted."""
        self._signal.throw_if_aborted()
        return max(self._ends_s - time.monotonic(), 0.0)

    @property
    def is_over(self) -> bool:
        """Whether the time is up. Raises CallAbortedError when the call was aborted."""
        return self.left_s <= 0
