"""A provider's reply worked off by the harness: everything the model asked for, in its order, each thing once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from belljar.errors import MalformedReplyError, ToolBudgetExceededError
from belljar.harness import (
    CallPart,
    ErrorItem,
    Harness,
    Item,
    MessageItem,
    ReasoningItem,
    ScriptCallItem,
    ScriptOutputItem,
    TextPart,
    ThinkingPart,
    ToolCallItem,
    ToolOutputItem,
    Turn,
)
from belljar.limits import Limits
from belljar.providers._reply import Entry, Reply
from belljar.script import Detector

_WHOLE = "Send it again, whole; make it shorter if it was too long."


async def work_off(reply: Reply, harness: Harness, programs: dict[str, int], **options: Any) -> Turn:
    """The turn of `reply`, with `part` in its items an index of `reply.entries`. `options` are of `Harness.process`.

    Nothing of a flawed reply runs: what is missing of it could be what makes the rest right. `programs` has the calls
    that each program of the provider has made so far, and is brought up to date.
    """
    if reply.flaw:
        return Turn(items=(*_told(reply.entries), _flaw(reply)))
    limits: Limits = options.get("limits") or harness.limits
    entries = list(_within_budget(reply.entries, programs, limits.tool_calls))
    tried = [at for at, entry in enumerate(entries) if entry.fault is None]
    made = await harness.process([entries[at].part for at in tried], calls_left=len(tried), **options)
    return replace(made, items=tuple(numbered(_woven(entries, tried, made.items))))


def has_work(reply: Reply) -> bool:
    """Whether there is anything in the reply that would run, or would have been meant to."""
    return any(_is_work(entry) for entry in reply.entries)


def _is_work(entry: Entry) -> bool:
    match entry.part:
        case ThinkingPart():
            return False
        case TextPart(text):
            detector = Detector()
            segments = [*detector.feed(text), *detector.finish()]
            return bool(detector.findings) or any(segment.kind == "script" for segment in segments)
    return True


def _told(entries: Iterable[Entry]) -> Iterator[Item]:
    for at, entry in enumerate(entries):
        match entry.part:
            case TextPart(text):
                yield MessageItem(text=text, part=at)
            case ThinkingPart(text):
                yield ReasoningItem(text=text, part=at)


def _flaw(reply: Reply) -> ErrorItem:
    """A text that was merely cut off is still a text: a warning."""
    is_work = has_work(reply)
    error = MalformedReplyError(reply.flaw, hint=_WHOLE)
    return ErrorItem(error=error, is_warning=not is_work, part=max(len(reply.entries) - 1, 0))


# -- budgets ----------------------------------------------------------------------------------------------------------


def _within_budget(entries: Iterable[Entry], programs: dict[str, int], most: int) -> Iterator[Entry]:
    """The entries, with calls over the budget refused: that of their program over all its rounds, or the turn's own."""
    direct = 0
    for entry in entries:
        if not isinstance(entry.part, CallPart) or entry.fault is not None:
            yield entry
        elif entry.program is None:
            direct += 1
            yield entry if direct <= most else _over(entry, f"no more than {most} calls may be made in one turn")
        else:
            used = programs[entry.program] = programs.get(entry.program, 0) + 1
            yield entry if used <= most else _over(entry, f"no more than {most} calls may be made by one program")


def _over(entry: Entry, message: str) -> Entry:
    assert isinstance(entry.part, CallPart)
    return replace(entry, fault=ToolBudgetExceededError(message, tool=entry.part.tool))


# -- items ------------------------------------------------------------------------------------------------------------


def _woven(entries: Sequence[Entry], tried: Sequence[int], items: Iterable[Item]) -> Iterator[Item]:
    """The items of what was tried and of what was not, in the order of the reply; what is wrong with all of it last."""
    by_entry: dict[int, list[Item]] = {}
    last: list[Item] = []
    for item in items:
        at = tried[item.part] if tried else 0
        is_whole = isinstance(item, ErrorItem) and not item.is_warning
        (last if is_whole else by_entry.setdefault(at, [])).append(replace(item, part=at))
    for at, entry in enumerate(entries):
        yield from by_entry.get(at, ()) if entry.fault is None else _refused(entry, at)
    yield from last


def _refused(entry: Entry, at: int) -> tuple[Item, Item]:
    assert isinstance(entry.part, CallPart)
    assert entry.fault is not None
    tool = entry.part.tool
    call = ToolCallItem(call_id="", tool=tool, arguments=entry.part.arguments, status="failed", part=at)
    return call, ToolOutputItem(call_id="", tool=tool, error=entry.fault, text=entry.fault.to_model(), part=at)


def numbered(items: Iterable[Item]) -> Iterator[Item]:
    """The items with call ids in their order."""
    count = 0
    for item in items:
        count += isinstance(item, ScriptCallItem | ToolCallItem)
        if isinstance(item, ScriptCallItem | ScriptOutputItem | ToolCallItem | ToolOutputItem):
            yield replace(item, call_id=f"call_{count}")
        else:
            yield item


def in_context(options: Mapping[str, Any], provider: str, model: str | None) -> dict[str, Any]:
    """The options of a run, with what scripts may know of who wrote them."""
    return {**options, "context": {"provider": provider, "model": model, **(options.get("context") or {})}}
