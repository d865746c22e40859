"""The switch in front of plugins and agents. Off unless the environment says otherwise, and read once.

`PHASE5_ENABLE` is read when `belljar` is first imported: what a program, a tool or a script writes into the environment
later changes nothing. The gated packages ask `require` before they load anything.
"""

from __future__ import annotations

import os
from typing import Final

from belljar.errors import FeatureDisabledError

VARIABLE: Final = "PHASE5_ENABLE"
ENABLING: Final = ("1", "true", "on")
"""Only these, letter by letter."""

_is_on = os.environ.get(VARIABLE) in ENABLING


def is_on() -> bool:
    """Whether plugins and agents may be used in this process."""
    return _is_on


def require(what: str) -> None:
    """Raises FeatureDisabledError while the gate is closed; `what` is named in it."""
    if not _is_on:
        raise FeatureDisabledError(
            f"{what} is switched off", hint=f"An operator switches it on with {VARIABLE}=1, before belljar starts."
        )
