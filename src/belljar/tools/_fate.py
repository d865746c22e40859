"""What a tool's probe says of a call that may have taken place before a process died."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Happened:
    """The call took place, and gave `value`: the script gets it, and the tool is not called again."""

    value: Any = None


@dataclass(frozen=True, slots=True)
class NeverHappened:
    """The call did not take place and will not: it is made again."""
