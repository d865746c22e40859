"""How a walk over a value says what cannot pass, and where.

A walk raises `RefusedError` at the bad leaf; each container on the way out adds its own step; the public function turns
the whole into one SerializationError. So the good case pays nothing for paths.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from belljar.errors import SerializationError

_PLAIN_KEY = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*\Z", re.ASCII)


class RefusedError(Exception):
    """A leaf that cannot pass, on its way to the function that began the walk: callers of that never see it.

    `steps` grow from the leaf outwards: each container appends its own key or index and raises again.
    """

    def __init__(self, reason: str, *, hint: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint
        self.steps: list[str | int] = []

    def to_error(self) -> SerializationError:
        """The public error, with `details["path"]`."""
        path = path_text(reversed(self.steps))
        return SerializationError(f"{path}: {self.reason}", hint=self.hint, details={"path": path})


def path_text(steps: Iterable[str | int]) -> str:
    """`$.a[3]["b c"]` for ("a", 3, "b c"): what a JavaScript reader would write after the value's name."""
    return "$" + "".join(_step_text(step) for step in steps)


def _step_text(step: str | int) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    return f".{step}" if _PLAIN_KEY.match(step) else f"[{json.dumps(step)}]"


def type_name(value: object) -> str:
    """The Python type's own name: never its module's file, never a repr with a memory address."""
    return type(value).__name__
