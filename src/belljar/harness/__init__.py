"""From a model's reply to items: the only coordinator.

`_harness` is the face; `_driver` takes one run through machine, facade and journal; `_check` looks at a script before
it runs; `_outcome` is how a run ended, `_items` what goes back to the model; `_context` what the script may know of
its surroundings; `_threads` the workers that step machines; `_sync` the one-line calls without an event loop.
"""

from belljar.harness._check import Report, check
from belljar.harness._harness import Harness, Mode
from belljar.harness._items import ErrorItem, Item, MessageItem, ReasoningItem, ScriptCallItem, ScriptOutputItem, Turn
from belljar.harness._outcome import Outcome, PartialResult, RunFigures
from belljar.harness._sync import run

__all__ = [
    "ErrorItem",
    "Harness",
    "Item",
    "MessageItem",
    "Mode",
    "Outcome",
    "PartialResult",
    "ReasoningItem",
    "Report",
    "RunFigures",
    "ScriptCallItem",
    "ScriptOutputItem",
    "Turn",
    "check",
    "run",
]
