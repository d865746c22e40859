"""A reply's items, printed in the order in which the model wrote them, each as soon as it is known."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from belljar.cli._screen import counted, print_code, print_error, print_value, print_warning, safe
from belljar.errors import MalformedReplyError
from belljar.harness import (
    ErrorItem,
    Item,
    MessageItem,
    Outcome,
    ReasoningItem,
    RunFigures,
    ScriptCallItem,
    ScriptOutputItem,
    Turn,
)
from belljar.script import Segment, detect
from belljar.tools.events import Event, ScriptFinished, ScriptStarted
from belljar.values import wire_tree

_VALUE_DEPTH: Final = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a printer must know of a reply before it is worked off."""

    name: str
    text: str

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The pieces; none where the tags are broken, which the turn's own error item tells."""
        try:
            return tuple(detect(self.text))
        except MalformedReplyError:
            return ()


class TurnPrinter:
    """Prints a turn while it goes on. Hand it to `Harness.process` as `on_event`, then call `finish` with the turn.

    Text that stands before a script is printed when that script starts; `progress` hears every event as well.
    """

    def __init__(self, reply: Reply, console: Console, progress: Callable[[Event], None]) -> None:
        self._name = reply.name
        self._segments = reply.segments
        self._console = console
        self._progress = progress
        self._told = 0
        self._scripts = 0
        self._items_told = 0
        self._running = False

    def __call__(self, event: Event) -> None:
        if isinstance(event, (ScriptStarted, ScriptFinished)) and not self._running:
            self._tell_up_to_script()
            self._running = True
        self._progress(event)
        if isinstance(event, ScriptFinished):
            self._running = False
            print_outcome(self._console, event.outcome)

    def _tell_up_to_script(self) -> None:
        """Everything up to the script that starts now, itself included. A refused script only ever finishes."""
        while self._told < len(self._segments):
            segment = self._segments[self._told]
            self._told += 1
            if segment.kind == "script":
                self._scripts += 1
                self._items_told += 2
                print_script(self._console, segment.source or "", f"script {self._scripts}")
                return
            self._items_told += 1
            _PROSE[segment.kind](self._console, segment.text)

    def finish(self, turn: Turn) -> None:
        """Print what no event has told: the rest of the text, scripts that were not run, warnings."""
        for item in turn.items[self._items_told :]:
            if isinstance(item, ScriptCallItem):
                self._scripts += 1
                print_script(self._console, item.source, f"script {self._scripts}, {item.status}")
            else:
                print_item(self._console, item, self._name)


def print_text(console: Console, text: str) -> None:
    """What the model said."""
    if text.strip():
        console.print(Text(safe(text.strip())))
        console.print()


def print_thinking(console: Console, text: str) -> None:
    """What the model thought, set back."""
    inner = text.strip().removeprefix("<thinking>").removesuffix("</thinking>").strip()
    if inner:
        shown = Text(safe(inner), style="dim italic")
        console.print(Text("thinking", style="bold dim"))
        # A pipe gets its lines as they are: padding would cut them at a width that a pipe does not have.
        console.print(Padding(shown, (0, 0, 0, 2), expand=False) if console.is_terminal else shown)
        console.print()


_PROSE: Final[Mapping[str, Callable[[Console, str], None]]] = {"text": print_text, "thinking": print_thinking}


def print_script(console: Console, source: str, title: str) -> None:
    """A script with line numbers that errors refer to: the first line is the one that the tag stands on."""
    lines = source.strip("\n").count("\n") + 1
    console.print(Text.assemble((title, "bold magenta"), (f"  TypeScript, {counted(lines, 'line')}", "dim")))
    print_code(console, source.rstrip(), "typescript", numbered=True)
    console.print()


def print_outcome(console: Console, outcome: Outcome) -> None:
    """A run's end: its value or its error, then what it used."""
    console.print()
    if outcome.error is not None:
        print_failure(console, outcome)
    elif outcome.returned:
        console.print(Text("result", style="bold green"))
        print_value(console, wire_tree(outcome.value, depth=_VALUE_DEPTH))
    else:
        console.print(Text("no result: the script returned nothing", style="dim"))
    for warning in outcome.warnings:
        print_warning(console, warning)
    console.print(figures_text(outcome.figures))
    console.print()


def print_failure(console: Console, outcome: Outcome, file: str = "script.ts") -> None:
    """What went wrong, and every call that was started: the caller must not repeat a write."""
    assert outcome.error is not None
    print_error(console, outcome.error, file)
    if outcome.calls:
        console.print(Text(safe(outcome.summary), style="dim"))


def figures_text(figures: RunFigures) -> Text:
    """One dim line of figures."""
    parts = (
        f"{figures.duration_ms:,.0f} ms",
        f"cpu {figures.cpu_ms:,.1f} ms",
        f"fuel {_short(figures.fuel)}",
        f"memory {figures.memory_mb:.1f} MB",
        counted(figures.tool_calls, "call"),
        counted(figures.steps, "step"),
        *((f"gas {figures.gas:,} of {figures.gas_limit:,}",) if figures.gas_limit else ()),
    )
    return Text(" · ".join(parts), style="dim")


def _short(number: int) -> str:
    for size, unit in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if number >= size:
            return f"{number / size:.1f} {unit}"
    return str(number)


def print_item(console: Console, item: Item, reply_name: str) -> None:
    """One item of a turn that is over. Errors of the reply itself are at lines of the file `reply_name`."""
    match item:
        case MessageItem():
            print_text(console, item.text)
        case ReasoningItem():
            print_thinking(console, item.text)
        case ScriptCallItem():
            print_script(console, item.source, item.status)
        case ScriptOutputItem():
            _print_output(console, item)
        case ErrorItem():
            _print_error_item(console, item, reply_name)


def _print_output(console: Console, item: ScriptOutputItem) -> None:
    if item.output_json is not None:
        print_value(console, json.loads(item.output_json))
    console.print(Text(safe(item.summary), style="dim"))
    console.print()


def _print_error_item(console: Console, item: ErrorItem, reply_name: str) -> None:
    show = print_warning if item.is_warning else print_error
    show(console, item.error, reply_name)
    console.print()
