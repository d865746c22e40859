"""What the command line's tests pass around."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a command left behind."""

    code: int
    stdout: str
    stderr: str

    @property
    def document(self) -> Any:
        """The one JSON document on standard output."""
        return json.loads(self.stdout)


Cli = Callable[..., Ran]
"""`cli("run", "a.ts", stdin=b"...")`: runs a command in the test's own folder, which has a tools.py."""

Write = Callable[[str, str], str]
"""`write("a.ts", text)`: puts a file into that folder and gives its name."""
