"""How approvals went, in numbers."""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass
from typing import Final, Literal, TypeAlias

from belljar.errors import UsageError

Ending: TypeAlias = Literal["approved", "edited", "denied", "timed_out", "cancelled", "deferred"]
_ENDINGS: Final = ("approved", "edited", "denied", "timed_out", "cancelled", "deferred")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalFigures:
    """The counters at one moment. `requested` is the sum of the six endings and of what is still open."""

    requested: int = 0
    approved: int = 0
    """As asked, once or for the rest of the run."""
    edited: int = 0
    """Approved with other arguments; not in `approved`."""
    denied: int = 0
    timed_out: int = 0
    cancelled: int = 0
    """The run ended or the call was aborted before an answer came."""
    deferred: int = 0
    """Left open by the approver; the run was suspended, and asks again when it goes on."""
    decide_ms_total: int = 0
    """Time to decide, over what was approved, edited or denied."""
    decide_ms_max: int = 0

    @property
    def open(self) -> int:
        """Asked and not ended yet."""
        counts = self.to_dict()
        return self.requested - sum(counts[ending] for ending in _ENDINGS)

    @property
    def decide_ms_mean(self) -> float | None:
        """Mean time to decide; None before the first decision."""
        decided = self.approved + self.edited + self.denied
        return self.decide_ms_total / decided if decided else None

    def to_dict(self) -> dict[str, int]:
        """Plain data."""
        return asdict(self)


class ApprovalStatistics:
    """Counts requests and their endings. Any thread may count and read."""

    __slots__ = ("_counts", "_lock")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts = ApprovalFigures().to_dict()

    def count_request(self) -> None:
        """One more question was asked."""
        with self._lock:
            self._counts["requested"] += 1

    def count_ending(self, ending: Ending, *, waited_ms: int) -> None:
        """One question ended this way, `waited_ms` after it was asked."""
        if ending not in _ENDINGS:
            raise UsageError(f"an approval ends {', '.join(_ENDINGS)}, got {ending!r}")
        with self._lock:
            self._counts[ending] += 1
            if ending in ("approved", "edited", "denied"):
                self._counts["decide_ms_total"] += waited_ms
                self._counts["decide_ms_max"] = max(self._counts["decide_ms_max"], waited_ms)

    @property
    def figures(self) -> ApprovalFigures:
        """A copy of the counters."""
        with self._lock:
            return ApprovalFigures(**self._counts)
