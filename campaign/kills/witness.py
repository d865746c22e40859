"""What really happened, seen from outside: a file to which each effect of a tool adds one line before anybody answers.

A line is one write to a file that is opened for appending, so that lines of several processes do not mix, and a process
that is killed has written a line or has not.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """A tool did what it is there for."""

    run_id: str
    call: int
    tool: str
    key: str
    """The call's idempotency key."""


class Witness:
    """The file. Used by the tools of every process, and read by the one that kills them."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def note(self, effect: Effect) -> None:
        """It happened, and survives the process."""
        file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(file, f"{json.dumps(asdict(effect))}\n".encode())
        finally:
            os.close(file)

    def effects(self) -> list[Effect]:
        """All that happened, the first first."""
        if not self.path.exists():
            return []
        return [Effect(**json.loads(line)) for line in self.path.read_text().splitlines()]

    def counts(self) -> Counter[tuple[str, int]]:
        """How often each call of each run happened."""
        return Counter((effect.run_id, effect.call) for effect in self.effects())

    def saw(self, run_id: str, call: int) -> bool:
        """Whether the call happened."""
        return self.counts()[run_id, call] > 0
