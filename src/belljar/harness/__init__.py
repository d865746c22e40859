"""From a model's reply to items: the only coordinator.

`_harness` is the face; `_catalogue` has the tools there are now, `_check` looks at a script before it runs, `_turn`
works off a reply (`_parts` in, `_items` out; `_call` makes a script of a structured call). `_runner` starts runs and
takes up those that were suspended (`_suspension`); `_driver` takes one through machine, facade and journal to its
`_outcome`. `_context` is what the script may know of its surroundings, `_threads` the workers that step machines,
`_sync` the one-line calls without an event loop.
"""

from belljar.harness._check import Report, check
from belljar.harness._harness import Harness
from belljar.harness._items import (
    ErrorItem,
    Item,
    MessageItem,
    ReasoningItem,
    ScriptCallItem,
    ScriptOutputItem,
    ToolCallItem,
    ToolOutputItem,
    Turn,
)
from belljar.harness._outcome import Outcome, PartialResult, RunFigures
from belljar.harness._parts import CallPart, Part, ScriptPart, TextPart, ThinkingPart
from belljar.harness._runner import Origin, RunOptions
from belljar.harness._sealed import Identity
from belljar.harness._suspension import Suspension
from belljar.harness._sync import run
from belljar.harness._turn import Mode

__all__ = [
    "CallPart",
    "ErrorItem",
    "Harness",
    "Identity",
    "Item",
    "MessageItem",
    "Mode",
    "Origin",
    "Outcome",
    "Part",
    "PartialResult",
    "ReasoningItem",
    "Report",
    "RunFigures",
    "RunOptions",
    "ScriptCallItem",
    "ScriptOutputItem",
    "ScriptPart",
    "Suspension",
    "TextPart",
    "ThinkingPart",
    "ToolCallItem",
    "ToolOutputItem",
    "Turn",
    "check",
    "run",
]
