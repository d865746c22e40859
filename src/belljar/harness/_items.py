"""What a turn gives back, in the order in which the model wrote it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar, Literal, TypeAlias

from belljar.errors import BelljarError
from belljar.harness._outcome import Outcome, RunFigures
from belljar.values import wire_tree

Status: TypeAlias = Literal["completed", "failed", "suspended", "skipped", "disabled", "checked"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageItem:
    """Text that the model wrote."""

    type: ClassVar[str] = "message"
    text: str
    part: int = 0
    """Index of the reply's part that this item came from; so for every kind of item."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasoningItem:
    """Thinking, untouched."""

    type: ClassVar[str] = "reasoning"
    text: str
    part: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptCallItem:
    """A script that the model wrote."""

    type: ClassVar[str] = "script_call"
    id: str
    call_id: str
    language: str
    source: str
    sha256: str
    status: Status
    part: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptOutputItem:
    """What came of it. One of `output_json` and `error` is set; neither where the script was not run."""

    type: ClassVar[str] = "script_output"
    call_id: str
    output_json: str | None = None
    error: BelljarError | None = None
    text: str = ""
    """What the model reads."""
    partial: tuple[Any, ...] = ()
    summary: str = ""
    figures: RunFigures | None = None
    part: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCallItem:
    """A structured call of one tool."""

    type: ClassVar[str] = "tool_call"
    call_id: str
    tool: str
    arguments: Any
    status: Status
    part: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolOutputItem:
    """What came of it. One of `output_json` and `error` is set; neither where the call was not made."""

    type: ClassVar[str] = "tool_output"
    call_id: str
    tool: str
    output_json: str | None = None
    error: BelljarError | None = None
    text: str = ""
    """What the model reads."""
    figures: RunFigures | None = None
    part: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorItem:
    """Something about the reply itself, or a warning; the text around it is kept."""

    type: ClassVar[str] = "error"
    error: BelljarError
    is_warning: bool = False
    part: int = 0


Item: TypeAlias = (
    MessageItem | ReasoningItem | ScriptCallItem | ScriptOutputItem | ToolCallItem | ToolOutputItem | ErrorItem
)


def item_dict(item: Item) -> dict[str, Any]:
    """Plain JSON data of one item."""
    data: dict[str, Any] = {"type": item.type}
    for field in fields(item):
        value = getattr(item, field.name)
        match value:
            case BelljarError():
                value = value.to_dict()
            case RunFigures():
                value = asdict(value)
            case tuple():
                value = wire_tree(list(value), depth=512)
        data[field.name] = value
    return data


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One reply, worked off."""

    items: tuple[Item, ...]
    outcomes: tuple[Outcome, ...] = ()
    """Of the scripts and structured calls that ran, in order."""

    @property
    def ok(self) -> bool:
        """Whether nothing went wrong: every script ran to a value and the reply was well formed."""
        broken = any(isinstance(item, ErrorItem) and not item.is_warning for item in self.items)
        return not broken and all(outcome.ok for outcome in self.outcomes)

    @property
    def suspended(self) -> tuple[Outcome, ...]:
        """Outcomes of the runs that wait for a decision."""
        return tuple(outcome for outcome in self.outcomes if outcome.suspension is not None)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON data: what `--json` prints."""
        return {
            "ok": self.ok,
            "items": [item_dict(item) for item in self.items],
            "runs": [outcome.to_dict() for outcome in self.outcomes],
        }
