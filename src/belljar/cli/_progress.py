"""A run as it happens, on standard error: one line for everything that is over, a spinner for every call that is not.

Without a terminal there are only the lines.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from belljar.cli._screen import safe, safe_line
from belljar.tools.events import (
    ApprovalRequested,
    ApprovalResolved,
    CallFinished,
    CallStarted,
    ConsoleWritten,
    Event,
    ProgressMade,
    ScriptFinished,
    ScriptStarted,
)

_FRAMES_PER_S: Final = 12
_LEVELS: Final = {"error": "red", "warn": "yellow", "debug": "dim"}
_VERDICTS: Final = {
    "approve": ("approved", "green"),
    "approve_for_run": ("approved for this run", "green"),
    "deny": ("denied", "red"),
    "timeout": ("nobody answered", "red"),
    "deferred": ("waits for a decision", "yellow"),
    "cancelled": ("no longer needed", "dim"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _OpenCall:
    event: CallStarted
    since_s: float


class ProgressPrinter:
    """Hand it to a run as `on_event`. One printer serves several runs in turn."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._open: dict[int, _OpenCall] = {}
        self._questions = 0
        self._live: Live | None = None

    def __call__(self, event: Event) -> None:
        handler: Callable[[ProgressPrinter, Any], None] | None = _HANDLERS.get(type(event))
        if handler is not None:
            handler(self, event)

    def started(self, _: ScriptStarted) -> None:
        """A run begins."""
        self._open.clear()
        self._questions = 0
        self._resume()

    def finished(self, _: ScriptFinished) -> None:
        """A run is over: nothing moves any more."""
        self._pause()

    def call_started(self, event: CallStarted) -> None:
        """A spinner more."""
        self._open[event.call] = _OpenCall(event=event, since_s=time.monotonic())

    def call_finished(self, event: CallFinished) -> None:
        """A spinner less, a line more."""
        open_call = self._open.pop(event.call, None)
        mark, style = ("✗", "red") if event.error else ("✓", "green")
        line = Text.assemble("  ", (mark, style), " ", (safe_line(event.tool), "bold"))
        if open_call is not None:
            line.append(_arguments(open_call.event.display), style="dim")
        line.append(f"  {_duration(event.duration_ms)}", style="cyan")
        if event.error:
            line.append(f"  {safe_line(event.error)}", style="red")
        self._line(line)

    def console_written(self, event: ConsoleWritten) -> None:
        """What the script says, marked as its own words."""
        style = _LEVELS.get(event.level, "")
        for line in safe(event.text).split("\n"):
            self._line(Text.assemble(("  │ ", "dim"), (line, style)))

    def progress_made(self, event: ProgressMade) -> None:
        """What the script says it is at."""
        self._line(Text.assemble(("  · ", "cyan"), (safe_line(event.message), "italic")))

    def asked(self, event: ApprovalRequested) -> None:
        """A person needs the screen."""
        self._questions += 1
        self._pause()
        self._line(Text.assemble(("  ? ", "yellow"), (safe_line(event.tool), "bold"), " asks for approval"))

    def answered(self, event: ApprovalResolved) -> None:
        """The screen is ours again when nobody else is asked."""
        word, style = _VERDICTS.get(event.verdict, (safe_line(event.verdict), ""))
        who = f" by {safe_line(event.who)}" if event.who else ""
        self._line(Text.assemble(("  ? ", "yellow"), (safe_line(event.tool), "bold"), " ", (word, style), who))
        self._questions -= 1
        if self._questions == 0:
            self._resume()

    def close(self) -> None:
        """Give the screen back, whatever happened."""
        self._pause()

    def _line(self, line: Text) -> None:
        if self._console.is_terminal:
            self._console.print(line, overflow="ellipsis", no_wrap=True)
        else:
            self._console.print(line)

    def _resume(self) -> None:
        if self._console.is_terminal and self._live is None:
            self._live = Live(
                console=self._console, transient=True, get_renderable=self._spinners, refresh_per_second=_FRAMES_PER_S
            )
            self._live.start()

    def _pause(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _spinners(self) -> RenderableType:
        now_s = time.monotonic()
        calls = tuple(self._open.values())  # rich asks from a thread of its own
        return Group(*(_spinner(call, now_s) for call in calls))


def _spinner(call: _OpenCall, now_s: float) -> Spinner:
    text = Text.assemble(
        (safe_line(call.event.tool), "bold"),
        (_arguments(call.event.display), "dim"),
        (f"  {_duration((now_s - call.since_s) * 1000)}", "cyan"),
    )
    text.no_wrap, text.overflow = True, "ellipsis"
    spinner = Spinner("dots", text=text)
    spinner.start_time = call.since_s
    return spinner


def _arguments(display: Mapping[str, Any]) -> str:
    if not display:
        return "()"
    text = ", ".join(f"{name}: {json.dumps(value, ensure_ascii=False, default=str)}" for name, value in display.items())
    return f"({safe_line(text, limit=60)})"


def _duration(ms: float) -> str:
    return f"{ms:.0f} ms" if ms < 1000 else f"{ms / 1000:.1f} s"


_HANDLERS: Final[Mapping[type, Callable[[ProgressPrinter, Any], None]]] = {
    ScriptStarted: ProgressPrinter.started,
    ScriptFinished: ProgressPrinter.finished,
    CallStarted: ProgressPrinter.call_started,
    CallFinished: ProgressPrinter.call_finished,
    ConsoleWritten: ProgressPrinter.console_written,
    ProgressMade: ProgressPrinter.progress_made,
    ApprovalRequested: ProgressPrinter.asked,
    ApprovalResolved: ProgressPrinter.answered,
}
