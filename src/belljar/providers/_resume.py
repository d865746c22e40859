"""A turn that waited, gone on with: decisions in, the runs taken up, the scripts behind them run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from belljar.errors import HostError, UsageError
from belljar.harness import (
    Harness,
    Item,
    Outcome,
    ScriptCallItem,
    ScriptOutputItem,
    ScriptPart,
    ToolCallItem,
    ToolOutputItem,
    Turn,
)
from belljar.harness._turn import call_result, script_result
from belljar.providers._state import Waiting, is_waiting
from belljar.providers._work import in_context
from belljar.tools import MaybeAnswer
from belljar.tools.events import Event

_STATUS: dict[str, Any] = {"done": "completed", "failed": "failed", "suspended": "suspended"}


async def go_on(
    harness: Harness,
    waiting: Waiting,
    decisions: Mapping[str, MaybeAnswer],
    *,
    provider: str,
    on_event: Callable[[Event], None] | None,
) -> Turn:
    """The turn's items as they are now, and the outcomes of what ran here.

    Raises what `Harness.resume` raises, as long as nothing has gone on; after that a run that cannot be taken up is a
    failed item, so that what the others came to is not lost.
    """
    mine = _sorted_out(harness, waiting, decisions)
    items = list(waiting.items)
    outcomes: list[Outcome] = []
    for at in [at for at, item in enumerate(items) if is_waiting(item)]:
        call = items[at]
        assert isinstance(call, ScriptCallItem | ToolCallItem)
        try:
            outcome = await harness.resume(waiting.runs[call.call_id], mine[call.call_id], on_event=on_event)
        except HostError as error:
            if not outcomes:
                raise
            items[at : at + 2] = _broken(call, items[at + 1], error)
        else:
            outcomes.append(outcome)
            items[at : at + 2] = _resumed(call, outcome)
    options = in_context({"on_event": on_event}, provider, waiting.frame.model)
    outcomes += await _run_skipped(harness, items, provider=provider, mode=waiting.mode, **options)
    return Turn(items=tuple(items), outcomes=tuple(outcomes))


def _sorted_out(
    harness: Harness, waiting: Waiting, decisions: Mapping[str, MaybeAnswer]
) -> dict[str, dict[str, MaybeAnswer]]:
    """The decisions of each run. Raises UsageError for those that nobody asked for."""
    asked = {call_id: {ask.id for ask in harness.pending(state)} for call_id, state in waiting.runs.items()}
    every = set().union(*asked.values())
    if unknown := sorted(decisions.keys() - every):
        raise UsageError(f"nobody asked {unknown[0]!r}", hint=f"The turn waits for: {', '.join(sorted(every))}.")
    return {call_id: {ask: decisions[ask] for ask in asks & decisions.keys()} for call_id, asks in asked.items()}


def _resumed(call: ScriptCallItem | ToolCallItem, outcome: Outcome) -> tuple[Item, Item]:
    status = _STATUS[outcome.status]
    if isinstance(call, ScriptCallItem):
        return replace(call, status=status), script_result(call.call_id, outcome, part=call.part)
    return replace(call, status=status), call_result(call.call_id, call.tool, outcome, part=call.part)


def _broken(call: ScriptCallItem | ToolCallItem, output: Item, error: HostError) -> tuple[Item, Item]:
    assert isinstance(output, ScriptOutputItem | ToolOutputItem)
    return replace(call, status="failed"), replace(output, error=error, text=error.to_model())


async def _run_skipped(harness: Harness, items: list[Item], **options: Any) -> tuple[Outcome, ...]:
    """Scripts stood back for one that waited; when all that waited is done and no script failed, it is their turn."""
    skipped = {
        at: item for at, item in enumerate(items) if isinstance(item, ScriptCallItem) and item.status == "skipped"
    }
    if not skipped or not all(_lets_on(item) for item in items):
        return ()
    parts = [ScriptPart(item.source) for item in skipped.values()]
    made = await harness.process(parts, **options)
    for (at, before), call, output in zip(skipped.items(), made.items[::2], made.items[1::2], strict=True):
        assert isinstance(call, ScriptCallItem)
        items[at] = replace(before, status=call.status)
        moved = replace(output, part=before.part)
        items[at + 1] = replace(moved, call_id=before.call_id) if isinstance(moved, ScriptOutputItem) else moved
    return made.outcomes


def _lets_on(item: Item) -> bool:
    if isinstance(item, ScriptCallItem):
        return item.status in ("completed", "skipped")
    return not is_waiting(item)
