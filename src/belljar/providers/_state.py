"""A turn that waits for decisions, as JSON text, and back.

The state of each run in it is sealed by the harness; the rest is the conversation, which is the host's own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, TypeGuard, get_args

from belljar.errors import UsageError, from_dict
from belljar.harness import Item, Mode, Outcome, RunFigures, ScriptCallItem, ToolCallItem
from belljar.harness._items import item_dict
from belljar.providers._reply import Frame, Slot
from belljar.providers._shape import Plain
from belljar.values import wire_tree

_VERSION: Final = 1
_DEPTH: Final = 512
"""Of plain data in items: arguments and partial results."""
_KINDS: Final = {kind.type: kind for kind in get_args(Item)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A turn that waits: all that is needed to finish it."""

    frame: Frame
    items: Sequence[Item]
    runs: Mapping[str, str]
    """The states of the suspended runs, by the call id of their items, in order."""
    programs: Mapping[str, int]
    """Calls made so far by each of the provider's programs."""
    mode: Mode | None
    """The turn's own."""


def suspended_runs(items: Iterable[Item], outcomes: Iterable[Outcome]) -> dict[str, str]:
    """The states of the runs that wait, by the call id of their items. Both come in the order of the reply."""
    waiting = [item.call_id for item in items if is_waiting(item)]
    states = [outcome.suspension.state for outcome in outcomes if outcome.suspension is not None]
    return dict(zip(waiting, states, strict=True))


def is_waiting(item: Item) -> TypeGuard[ScriptCallItem | ToolCallItem]:
    """Whether this is a script or call that waits for a decision."""
    return isinstance(item, ScriptCallItem | ToolCallItem) and item.status == "suspended"


def dump(waiting: Waiting, provider: str) -> str:
    """JSON text; `load` is its inverse."""
    data = {
        "version": _VERSION,
        "provider": provider,
        "frame": asdict(waiting.frame),
        "items": [wire_tree(item_dict(item), depth=_DEPTH) for item in waiting.items],
        "runs": dict(waiting.runs),
        "programs": dict(waiting.programs),
        "mode": waiting.mode,
    }
    return json.dumps(data)


def load(state: str, provider: str) -> Waiting:
    """Raises UsageError for a text that is not the state of a turn of this provider, made by this version."""
    try:
        data = json.loads(state)
        if (data["version"], data["provider"]) != (_VERSION, provider):
            raise KeyError("version")
        return Waiting(
            frame=_frame(**data["frame"]),
            items=[_item(item) for item in data["items"]],
            runs=data["runs"],
            programs=data["programs"],
            mode=data["mode"],
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f"this is no state of an {provider} turn of this version of belljar",
            hint="Give `ProviderTurn.suspended.state` as it was.",
        ) from error


def _frame(*, said: list[Plain], slots: list[Plain], unanswered: list[Plain], **facts: Any) -> Frame:
    made = tuple(Slot(**slot) for slot in slots)
    return Frame(said=tuple(said), slots=made, unanswered=tuple(unanswered), **facts)


def _item(data: Plain) -> Item:
    kind: Any = _KINDS[data.pop("type")]
    if data.get("error") is not None:
        data["error"] = from_dict(data["error"])
    if data.get("figures") is not None:
        data["figures"] = RunFigures(**data["figures"])
    if "partial" in data:
        data["partial"] = tuple(data["partial"])
    item: Item = kind(**data)
    return item
