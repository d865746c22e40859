"""A turn's items on a terminal: in order, with line numbers, wrapped and never cut."""

from __future__ import annotations

import asyncio
import io
import re

import pytest
from rich.console import Console

from belljar import Harness, tool
from belljar.cli._items import Reply, TurnPrinter, figures_text
from belljar.harness import RunFigures

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@pytest.fixture
def terminal() -> Console:
    """A terminal of 40 columns in memory."""
    return Console(
        file=io.StringIO(), force_terminal=True, width=40, markup=False, highlight=False, color_system="standard"
    )


@tool
def fail() -> None:
    """Always fails."""
    raise OSError("no disk")


def told(terminal: Console, reply: str, *, stop_on_failure: bool = True) -> list[str]:
    """The lines on the terminal after the reply was worked off, without colours and blank lines."""
    printer = TurnPrinter(Reply(name="r.md", text=reply), terminal, lambda _: None)

    async def go() -> None:
        async with Harness([fail]) as harness:
            printer.finish(await harness.process(reply, on_event=printer, stop_on_failure=stop_on_failure))

    asyncio.run(go())
    assert isinstance(terminal.file, io.StringIO)
    lines = _ESCAPES.sub("", terminal.file.getvalue()).splitlines()
    return [line.rstrip() for line in lines if line.strip() and " · " not in line]


def test_a_script_has_the_line_numbers_that_errors_name(terminal: Console) -> None:
    """The first line of the script is 1, blank lines count."""
    lines = told(terminal, "<tool-calls>\nconst a = 1;\n\nreturn nope;\n</tool-calls>")

    assert [line.lstrip("❱ ") for line in lines[:4]] == [
        "script 1  TypeScript, 3 lines",
        "1 const a = 1;",
        "2",
        "3 return nope;",
    ]
    assert lines[4].startswith("script.ts:3:8: UndefinedNameError")


def test_thinking_is_set_back_and_wrapped_whole(terminal: Console) -> None:
    """At the terminal's width every word is still there."""
    words = [f"word{n}" for n in range(30)]

    lines = told(terminal, f"<thinking>{' '.join(words)}</thinking>")

    assert (lines[0], {line[:2] for line in lines[1:]}) == ("thinking", {"  "})
    assert " ".join(lines[1:]).split() == words


def test_a_failure_lists_the_calls_that_were_started(terminal: Console) -> None:
    """So that nobody repeats a write."""
    lines = told(terminal, "<tool-calls>await tools.fail()</tool-calls>")

    assert "ToolExecutionError; calls so far: fail (line 1): failed, ToolExecutionError" in " ".join(lines)


def test_going_on_after_a_failure_prints_every_script_once(terminal: Console) -> None:
    """Also where the first was refused and the second ran."""
    reply = "a\n<tool-calls>return nope</tool-calls>\nb\n<tool-calls>return 2</tool-calls>\nc"

    lines = told(terminal, reply, stop_on_failure=False)

    kept = [line for line in lines if line in ("a", "b", "c", "result", "2") or line.startswith("script ")]
    assert kept == ["a", "script 1  TypeScript, 1 line", "b", "script 2  TypeScript, 1 line", "result", "2", "c"]


@pytest.mark.parametrize(
    ("fuel", "text"), [(0, "0"), (999, "999"), (1_500, "1.5 k"), (2_000_000, "2.0 M"), (3 * 10**9, "3.0 G")]
)
def test_figures_are_one_line(fuel: int, text: str) -> None:
    """With units, and fuel rounded to what a person reads."""
    figures = RunFigures(duration_ms=1234.5, cpu_ms=1.25, tool_calls=1, memory_mb=2.19, fuel=fuel, steps=2)

    assert figures_text(figures).plain == f"1,234 ms · cpu 1.2 ms · fuel {text} · memory 2.2 MB · 1 call · 2 steps"
