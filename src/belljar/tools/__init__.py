"""Tools: Python functions that scripts may call, what the model is told of them, and who must agree to a call.

`_tool` is the decorator and the object, `_signature` reads the function, `_contract` compiles its types, `_arguments`
and `_results` use them, `_problems` says what did not fit. `_typescript`, `_jsdoc` and `_declare` write declarations,
`_prompt` the rules for the model, within a budget where there is one (`_budget`). `_search` ranks tools by words, and
`_discovery` makes two tools of it. `_registry` holds tools by name. `_facade` takes a run's calls to their tools,
`_questions` asks people about them (`_approval`, `_terms`, `_approvers`, `_terminal`, `_statistics`), and `_recovery`
knows what to do with calls of a process that is gone (`_fate`). pydantic and rich are imported when they are first
needed.
"""

from typing import TYPE_CHECKING, Any

from belljar.audit import redact, redact_text
from belljar.tools._approval import ApprovalRequest, Approver, Decision, DecisionNeeded, MaybeAnswer, approval_digest
from belljar.tools._approvers import AutoApprover, CallbackApprover, DeferApprover
from belljar.tools._budget import estimated_tokens
from belljar.tools._call_info import CallInfo
from belljar.tools._declare import declaration, declarations
from belljar.tools._discovery import discovery_tools
from belljar.tools._fate import Happened, NeverHappened
from belljar.tools._prompt import fits, prompt_text
from belljar.tools._registry import Registry
from belljar.tools._signal import AbortSignal
from belljar.tools._statistics import ApprovalFigures, ApprovalStatistics
from belljar.tools._terms import Ceiling, Quorum
from belljar.tools._tool import AnyTool, Tool, tool

if TYPE_CHECKING:
    from belljar.tools._terminal import TerminalApprover

__all__ = [
    "AbortSignal",
    "AnyTool",
    "ApprovalFigures",
    "ApprovalRequest",
    "ApprovalStatistics",
    "Approver",
    "AutoApprover",
    "CallInfo",
    "CallbackApprover",
    "Ceiling",
    "Decision",
    "DecisionNeeded",
    "DeferApprover",
    "Happened",
    "MaybeAnswer",
    "NeverHappened",
    "Quorum",
    "Registry",
    "TerminalApprover",
    "Tool",
    "approval_digest",
    "declaration",
    "declarations",
    "discovery_tools",
    "estimated_tokens",
    "fits",
    "prompt_text",
    "redact",
    "redact_text",
    "tool",
]


def __getattr__(name: str) -> Any:
    """TerminalApprover on demand: it brings asyncio in, which tools themselves do not need."""
    if name != "TerminalApprover":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from belljar.tools._terminal import TerminalApprover

    return TerminalApprover
