"""A timeline as shapes for an SVG, and as rows of a table that say the same. Pure geometry, no markup.

Lanes lie under each other, the run's own first. Kinds differ in shape and in words, never in colour alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from belljar.web._axis import Axis, make_axis
from belljar.web._timeline import Bar, Lane, Moment, Timeline
from belljar.web._visible import cut, span_text

LABEL: Final = 168
"""Room for the lanes' names, left of the axis."""
PLOT: Final = 720
"""The axis."""
_TOP: Final = 30
_ROW: Final = 26
_BAR: Final = 12
_LEAST: Final = 3.0
"""A bar is never thinner than this: a call of a microsecond is a call."""
_MAX_LANES: Final = 200
_TICKS: Final = 6
_TICK_Y: Final = 16
_TICK_ROOM: Final = 60
"""For the text behind a tick, and half of that over the break which may follow."""
_NAME: Final = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """One bar."""

    kind: str
    x: float
    y: float
    width: float
    height: float
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """One moment."""

    kind: str
    x: float
    y: float
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A text at a place: a lane's name, a tick, the length of what was cut out."""

    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table beside the picture."""

    at: str
    lasted: str
    what: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Everything the template draws."""

    width: int
    height: float
    boxes: tuple[Box, ...]
    dots: tuple[Dot, ...]
    names: tuple[Label, ...]
    ticks: tuple[Label, ...]
    breaks: tuple[Label, ...]
    rows: tuple[Row, ...]
    left_out: int
    """Calls that have a row in the table and no lane."""
    summary: str
    """What the picture shows, in a sentence."""


def draw(timeline: Timeline) -> Picture:
    """The picture of a run's time."""
    axis = make_axis(timeline.start_ms, timeline.end_ms, timeline.busy, width=PLOT)
    lanes = timeline.lanes[:_MAX_LANES]
    placed = [(lane, _TOP + index * _ROW) for index, lane in enumerate(lanes)]
    return Picture(
        width=LABEL + PLOT + 12,
        height=_TOP + _ROW * len(lanes) + 6,
        boxes=tuple(_box(bar, lane, y, axis) for lane, y in placed for bar in lane.bars),
        dots=tuple(_dot(moment, lane, y, axis) for lane, y in placed for moment in lane.moments),
        names=tuple(Label(x=LABEL - 10, y=y + _ROW / 2, text=cut(_name(lane), _NAME)) for lane, y in placed),
        ticks=tuple(_ticks(timeline, axis)),
        breaks=tuple(_break_labels(axis)),
        rows=_rows(timeline),
        left_out=len(timeline.lanes) - len(lanes),
        summary=_summary(timeline, axis),
    )


def _name(lane: Lane) -> str:
    return f"{lane.call} {lane.name}" if lane.call else lane.name


def _box(bar: Bar, lane: Lane, y: float, axis: Axis) -> Box:
    left, right = axis.place(bar.start_ms), axis.place(bar.end_ms)
    width = max(right - left, _LEAST)
    return Box(
        kind=bar.kind,
        x=_at(min(left, PLOT - width)),
        y=y + (_ROW - _BAR) / 2,
        width=round(width, 1),
        height=_BAR,
        title=f"{_name(lane)}: {bar.text}, {span_text(bar.end_ms - bar.start_ms)}",
    )


def _dot(moment: Moment, lane: Lane, y: float, axis: Axis) -> Dot:
    return Dot(kind=moment.kind, x=_at(axis.place(moment.at_ms)), y=y + _ROW / 2, title=f"{_name(lane)}: {moment.text}")


def _at(place: float) -> float:
    return round(LABEL + place, 1)


def _ticks(timeline: Timeline, axis: Axis) -> list[Label]:
    """At round moments of the stretches that are drawn evenly. Behind a break they count from it: `+20 ms`."""
    even = [each for each in axis.stretches if not each.is_broken]
    step = _round_step(sum(each.end_ms - each.start_ms for each in even) / _TICKS)
    labels: list[Label] = []
    for stretch in even:
        is_first = stretch.start_ms == timeline.start_ms
        for ms in range(0 if is_first else step, stretch.end_ms - stretch.start_ms + 1, step):
            place = stretch.place(stretch.start_ms + ms)
            if place + _TICK_ROOM <= stretch.right:
                text = span_text(ms) if is_first else f"+{span_text(ms)}"
                labels.append(Label(x=_at(place), y=_TICK_Y, text=text))
    return labels


def _round_step(ms: float) -> int:
    """1, 2 or 5 with noughts, at least a millisecond."""
    size = 10 ** math.floor(math.log10(max(ms, 1)))
    return int(next(factor * size for factor in (1, 2, 5, 10) if factor * size >= ms or factor == 10))


def _break_labels(axis: Axis) -> list[Label]:
    return [
        Label(x=_at((each.left + each.right) / 2), y=_TICK_Y, text=span_text(each.end_ms - each.start_ms))
        for each in axis.breaks
    ]


def _rows(timeline: Timeline) -> tuple[Row, ...]:
    events: list[tuple[int, Row]] = []
    for lane in timeline.lanes:
        events += [(bar.start_ms, _row(timeline, lane, bar.start_ms, bar, bar.end_ms)) for bar in lane.bars]
        events += [(each.at_ms, _row(timeline, lane, each.at_ms, each, None)) for each in lane.moments]
    return tuple(row for _, row in sorted(events, key=lambda event: event[0]))


def _row(timeline: Timeline, lane: Lane, at_ms: int, what: Bar | Moment, end_ms: int | None) -> Row:
    lasted = span_text(end_ms - at_ms) if end_ms is not None else ""
    return Row(
        at=span_text(at_ms - timeline.start_ms), lasted=lasted, what=_name(lane), text=f"{what.kind}: {what.text}"
    )


def _summary(timeline: Timeline, axis: Axis) -> str:
    whole = span_text(timeline.end_ms - timeline.start_ms)
    calls = len(timeline.lanes) - 1
    breaks = len(axis.breaks)
    drawn_short = f", {_counted(breaks, 'long wait')} drawn short" if breaks else ""
    return f"{whole} from the first record to the last, {_counted(calls, 'call')}{drawn_short}"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
