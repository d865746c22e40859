"""A reply worked off: its parts in, items out, in the order in which the model wrote them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Literal, TypeAlias, get_args

from belljar.errors import FeatureDisabledError, MalformedReplyError, ToolBudgetExceededError, UsageError, from_dict
from belljar.harness._check import Report, stand_in
from belljar.harness._items import (
    ErrorItem,
    Item,
    MessageItem,
    ReasoningItem,
    ScriptCallItem,
    ScriptOutputItem,
    Status,
    ToolCallItem,
    ToolOutputItem,
    Turn,
)
from belljar.harness._outcome import Outcome
from belljar.harness._parts import CallPart, Part, ScriptPart, TextPart, ThinkingPart
from belljar.script import Segment, decode_reply, detect, near_misses

Mode: TypeAlias = Literal["enabled", "dry-run", "disabled"]
LANGUAGE = "typescript"
_SKIPPED = "not run: a script before it failed"
_DRY = "nothing was run: dry run"


def checked_modes(mode: Mode | Mapping[str, Mode] | None) -> dict[str, Mode]:
    """The mode of each provider, "*" for the rest. Raises UsageError for one that there is not."""
    modes = mode if isinstance(mode, Mapping) else {} if mode is None else {"*": mode}
    return {provider: _checked(each) for provider, each in modes.items()}


def chosen_mode(turn: Mode | None, modes: Mapping[str, Mode], provider: str | None) -> Mode:
    """The mode of one turn: its own, its provider's, everybody's; without a word, what a provider brings is not run."""
    said = (turn and _checked(turn)) or modes.get(provider or "") or modes.get("*")
    return said or ("enabled" if provider is None else "disabled")


def _checked(mode: str) -> Mode:
    if mode not in get_args(Mode):
        raise UsageError(f"unknown mode {mode!r}", hint=f"Modes: {', '.join(get_args(Mode))}.")
    return mode  # type: ignore[return-value]  # checked the line above


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """What a turn needs of its harness."""

    run: Callable[[str], Awaitable[Outcome]]
    call: Callable[[str, Any], Awaitable[Outcome]]
    check: Callable[[str], Report]
    mode: Mode
    stop_on_failure: bool
    calls_left: int
    """Structured calls that may still be made."""


@dataclass(slots=True)
class _Made:
    """A turn while it is being made."""

    items: list[Item] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    scripts: int = 0
    ids: int = 0
    stopped: bool = False
    calls: int = 0

    @property
    def call_id(self) -> str:
        """Of the latest script or call."""
        return f"call_{self.ids}"


def parts_of(reply: str | bytes | Sequence[Part]) -> tuple[Part, ...]:
    """A reply as parts. Raises MalformedReplyError for bytes that are no UTF-8."""
    if isinstance(reply, bytes):
        reply = decode_reply(reply)
    return (TextPart(reply),) if isinstance(reply, str) else tuple(reply)


async def work_off(reply: str | bytes | Sequence[Part], workshop: Workshop) -> Turn:
    """The turn of `reply`. A reply with malformed tags runs nothing: which scripts it means is not known."""
    try:
        parts = parts_of(reply)
        segments = {at: detect(part.text) for at, part in enumerate(parts) if isinstance(part, TextPart)}
    except MalformedReplyError as error:
        return Turn(items=(*_told(reply), ErrorItem(error=error)))
    made = _Made()
    for is_call, group in groupby(enumerate(parts), key=lambda each: isinstance(each[1], CallPart)):
        if is_call:
            await _calls(made, [(at, part) for at, part in group if isinstance(part, CallPart)], workshop)
        else:
            for at, part in group:
                await _part(made, at, part, segments.get(at, ()), workshop)
    return Turn(items=tuple(made.items), outcomes=tuple(made.outcomes))


def _told(reply: str | bytes | Sequence[Part]) -> Iterator[Item]:
    """The reply as it is, of which nothing was run."""
    if isinstance(reply, bytes):
        reply = reply.decode(errors="replace")
    for at, part in enumerate((TextPart(reply),) if isinstance(reply, str) else reply):
        match part:
            case TextPart(text):
                yield MessageItem(text=text, part=at)
            case ThinkingPart(text):
                yield ReasoningItem(text=text, part=at)


async def _part(made: _Made, at: int, part: Part, segments: Iterable[Segment], workshop: Workshop) -> None:
    match part:
        case ThinkingPart(text):
            made.items.append(ReasoningItem(text=text, part=at))
        case ScriptPart(source):
            await _script(made, at, source, workshop)
        case TextPart(text):
            for segment in segments:
                if segment.kind == "script":
                    await _script(made, at, segment.source or "", workshop)
                else:
                    made.items.append(_prose(segment, at))
            made.items.extend(_near_miss_items(text, at))


# -- scripts ----------------------------------------------------------------------------------------------------------


async def _script(made: _Made, at: int, source: str, workshop: Workshop) -> None:
    made.scripts += 1
    made.ids += 1
    status, output = await _script_output(made, at, source, workshop)
    made.stopped = made.stopped or (workshop.stop_on_failure and status in ("failed", "suspended"))
    call = ScriptCallItem(
        id=f"script_{made.scripts}",
        call_id=made.call_id,
        language=LANGUAGE,
        source=source,
        sha256=stand_in(source).sha256,
        status=status,
        part=at,
    )
    made.items += [call, output]


async def _script_output(made: _Made, at: int, source: str, workshop: Workshop) -> tuple[Status, Item]:
    call_id = made.call_id
    if made.stopped:
        return "skipped", ScriptOutputItem(call_id=call_id, text=_SKIPPED, summary=_SKIPPED, part=at)
    match workshop.mode:
        case "disabled":
            error = FeatureDisabledError("running scripts is switched off; this one was not run")
            return "disabled", ErrorItem(error=error, is_warning=True, part=at)
        case "dry-run":
            text = json.dumps(workshop.check(source).to_dict(), ensure_ascii=False)
            return "checked", ScriptOutputItem(call_id=call_id, output_json=text, text=text, summary=_DRY, part=at)
        case "enabled":
            outcome = await workshop.run(source)
            made.outcomes.append(outcome)
            return _STATUS[outcome.status], script_result(call_id, outcome, part=at)


_STATUS: dict[str, Status] = {"done": "completed", "failed": "failed", "suspended": "suspended"}


def script_result(call_id: str, outcome: Outcome, *, part: int) -> ScriptOutputItem:
    """The item of a script's outcome."""
    return ScriptOutputItem(
        call_id=call_id,
        output_json=outcome.canonical_json if outcome.ok else None,
        error=outcome.error,
        text=outcome.to_model(),
        partial=tuple(part.value for part in outcome.partial),
        summary=outcome.summary,
        figures=outcome.figures,
        part=part,
    )


# -- structured calls -------------------------------------------------------------------------------------------------


async def _calls(made: _Made, calls: Sequence[tuple[int, CallPart]], workshop: Workshop) -> None:
    """Calls that follow one another, at the same time; their items in the order of the reply."""
    works = []
    for at, part in calls:
        made.ids += 1
        made.calls += 1
        is_over = made.calls > workshop.calls_left
        works.append(_call(made.call_id, at, part, workshop, is_over=is_over))
    for call, output, outcome in await asyncio.gather(*works):
        made.items += [call, output]
        made.outcomes += [outcome] if outcome is not None else []


async def _call(
    call_id: str, at: int, part: CallPart, workshop: Workshop, *, is_over: bool
) -> tuple[Item, Item, Outcome | None]:
    status, output, outcome = await _call_output(call_id, at, part, workshop, is_over=is_over)
    call = ToolCallItem(call_id=call_id, tool=part.tool, arguments=part.arguments, status=status, part=at)
    return call, output, outcome


async def _call_output(
    call_id: str, at: int, part: CallPart, workshop: Workshop, *, is_over: bool
) -> tuple[Status, Item, Outcome | None]:
    match workshop.mode:
        case "disabled":
            error = FeatureDisabledError("tools are switched off; this one was not called")
            return "disabled", ErrorItem(error=error, is_warning=True, part=at), None
        case "dry-run":
            return "checked", ToolOutputItem(call_id=call_id, tool=part.tool, text=_DRY, part=at), None
    if is_over:
        over = ToolBudgetExceededError(f"no more than {workshop.calls_left} calls may be made here", tool=part.tool)
        refused = ToolOutputItem(call_id=call_id, tool=part.tool, error=over, text=over.to_model(), part=at)
        return "failed", refused, None
    outcome = await workshop.call(part.tool, part.arguments)
    return _STATUS[outcome.status], call_result(call_id, part.tool, outcome, part=at), outcome


def call_result(call_id: str, tool: str, outcome: Outcome, *, part: int) -> ToolOutputItem:
    """The item of a structured call's outcome. Its error has no place: the model wrote no script."""
    error = outcome.error
    if error is not None:
        error = from_dict({**error.to_dict(), "line": None, "column": None, "excerpt": ""})
    return ToolOutputItem(
        call_id=call_id,
        tool=tool,
        output_json=outcome.canonical_json if outcome.ok else None,
        error=error,
        text=outcome.to_model() if error is None else error.to_model(),
        figures=outcome.figures,
        part=part,
    )


# -- text -------------------------------------------------------------------------------------------------------------


def _prose(segment: Segment, at: int) -> Item:
    make = ReasoningItem if segment.kind == "thinking" else MessageItem
    return make(text=segment.text, part=at)


def _near_miss_items(text: str, at: int) -> Iterator[Item]:
    for finding in near_misses(text):
        error = MalformedReplyError(
            finding.message, line=finding.line, column=finding.column, hint=finding.hint, excerpt=finding.excerpt
        )
        yield ErrorItem(error=error, is_warning=True, part=at)
