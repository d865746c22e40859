"""What a scan could not do: told beside its findings, so that an empty report never stands for a scan that failed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Level = Literal["note", "warning", "error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanProblem:
    """One thing that was not looked at, or not to its end."""

    tool: str
    level: Level
    """note: left out on purpose. warning: one file could not be read as what it is. error: a tool failed, and the scan
    is not whole."""
    message: str
    path: str = ""
    """Where it is about one file or folder."""

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)
