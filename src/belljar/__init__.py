"""belljar: run the scripts that a language model writes, sealed, metered, approved and replayable.

Data moves one way: a reply becomes scripts (`script`), a machine runs one (`machine`), its calls go through the facade
to tools (`tools`), everything is written down (`journal`), and `harness` brings it together; `store` and `durable` let
runs outlive the process. `values` has the canonical forms, `errors` and `limits` every error and every number. A room
imports only rooms below it.

Names are loaded when they are first used, so that `import belljar` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import belljar.gate  # noqa: F401 - reads its variable now, before anything else can write it

if TYPE_CHECKING:
    from belljar.errors import BelljarError, Finding
    from belljar.harness import Harness, Outcome, Report, Turn, check, run
    from belljar.journal import Journal, replay
    from belljar.limits import Limits
    from belljar.tools import (
        AbortSignal,
        ApprovalRequest,
        AutoApprover,
        CallbackApprover,
        CallInfo,
        Ceiling,
        Decision,
        DeferApprover,
        Happened,
        NeverHappened,
        Quorum,
        TerminalApprover,
        Tool,
        tool,
    )

_HOMES = {
    "AbortSignal": "tools",
    "ApprovalRequest": "tools",
    "AutoApprover": "tools",
    "BelljarError": "errors",
    "CallInfo": "tools",
    "CallbackApprover": "tools",
    "Ceiling": "tools",
    "Decision": "tools",
    "DeferApprover": "tools",
    "Finding": "errors",
    "Happened": "tools",
    "Harness": "harness",
    "Journal": "journal",
    "Limits": "limits",
    "NeverHappened": "tools",
    "Outcome": "harness",
    "Quorum": "tools",
    "Report": "harness",
    "TerminalApprover": "tools",
    "Tool": "tools",
    "Turn": "harness",
    "check": "harness",
    "replay": "journal",
    "run": "harness",
    "tool": "tools",
}

__version__ = "0.1.0"
__all__ = [
    "AbortSignal",
    "ApprovalRequest",
    "AutoApprover",
    "BelljarError",
    "CallInfo",
    "CallbackApprover",
    "Ceiling",
    "Decision",
    "DeferApprover",
    "Finding",
    "Happened",
    "Harness",
    "Journal",
    "Limits",
    "NeverHappened",
    "Outcome",
    "Quorum",
    "Report",
    "TerminalApprover",
    "Tool",
    "Turn",
    "check",
    "replay",
    "run",
    "tool",
]


def __getattr__(name: str) -> Any:
    """Load the room that a public name lives in."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"belljar.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
