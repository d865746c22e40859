"""Two streams: standard output for the result, standard error for everything that is said about it.

Whatever comes from a script, a tool or a model goes through `safe` and is printed as text: no markup, no escape
sequence of its own. Colour, boxes and spinners only where the stream is a terminal; rich honours NO_COLOR.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Collection
from typing import Any, Final, TextIO

from rich.console import Console
from rich.syntax import Syntax
from rich.text import Text

from belljar.errors import VIRTUAL_FILE, BelljarError, Finding
from belljar.tools._characters import DECEIVING, written_out
from belljar.tools._terminal_io import visible

_CARETS: Final = re.compile(r"^[\s\d]*\|\s*[\^~]+\s*$")
_THEME: Final = "ansi_dark"


def console_on(stream: TextIO) -> Console:
    """A console that interprets nothing in what it prints and, on a pipe, wraps nothing."""
    return Console(file=stream, markup=False, emoji=False, highlight=False, soft_wrap=not stream.isatty())


def out() -> Console:
    """Standard output, as it is now."""
    return console_on(sys.stdout)


def err() -> Console:
    """Standard error, as it is now."""
    return console_on(sys.stderr)


def safe(text: str) -> str:
    """`text` with every character that a terminal would obey written out; tabs become blanks."""
    return visible(text.expandtabs(4))


def safe_line(text: str, *, limit: int = 160) -> str:
    """`safe`, on one line and cut where it is long."""
    line = safe(" ".join(text[: limit * 4].split()))
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def counted(number: int, noun: str) -> str:
    """`1 call`, `2 calls`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def json_text(value: Any) -> str:
    """JSON to read: indented, any script's letters as they are, and nothing in it that a terminal obeys."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    return DECEIVING.sub(written_out, text)


def print_value(console: Console, value: Any) -> None:
    """A result, coloured on a terminal."""
    print_code(console, json_text(value), "json")


def print_code(console: Console, code: str, language: str, *, numbered: bool = False, indent: int = 0) -> None:
    """Source text; on a pipe it is printed as it is, so that it can be used again."""
    shown = safe(code)
    if not console.is_terminal:
        console.print(Text(shown))
        return
    console.print(_syntax(shown, language, numbered=numbered, indent=indent))


def _syntax(shown: str, language: str, *, numbered: bool, indent: int = 0, marked: Collection[int] = ()) -> Syntax:
    return Syntax(
        shown,
        language,
        theme=_THEME,
        background_color="default",
        line_numbers=numbered,
        word_wrap=True,
        padding=(0, 0, 0, indent),
        highlight_lines=set(marked),
    )


def print_marked(console: Console, code: str, lines: Collection[int]) -> None:
    """A script with line numbers, and an arrow at each of `lines`; also on a pipe."""
    shown = safe(code)
    if console.is_terminal:
        console.print(_syntax(shown, "typescript", numbered=True, marked=lines))
        return
    texts = shown.split("\n")
    width = len(str(len(texts)))
    for number, text in enumerate(texts, start=1):
        console.print(Text(f"{'❱' if number in lines else ' '} {number:>{width}} {text}"))


def excerpt_text(excerpt: str) -> Text:
    """A source excerpt with its carets in red."""
    text = Text()
    for line in safe(excerpt).split("\n"):
        text.append(f"{line}\n", style="bold red" if _CARETS.match(line) else "")
    text.rstrip()
    return text


def print_finding(console: Console, finding: Finding, file: str) -> None:
    """One finding as compilers print them: file, line, column, what is wrong, the place, what to do."""
    _print_fault(console, f"{file}:{finding.line}:{finding.column}", finding.code, finding)


def print_error(console: Console, error: BelljarError, file: str = VIRTUAL_FILE) -> None:
    """An error of a script or of the host: what, where, what to do."""
    where = f"{file}:{error.line}:{error.column}" if error.line is not None else ""
    _print_fault(console, where, error.code, error)


def print_warning(console: Console, warning: BelljarError, file: str = VIRTUAL_FILE) -> None:
    """Something that was wrong and made nothing fail."""
    console.print(Text("warning", style="bold yellow"))
    print_error(console, warning, file)


def _print_fault(console: Console, where: str, code: str, fault: Finding | BelljarError) -> None:
    place = (safe_line(where), "bold") if where else ""
    colon = ": " if where else ""
    console.print(Text.assemble(place, colon, (code, "bold red"), ": ", safe(fault.message)))
    if fault.excerpt:
        console.print(excerpt_text(fault.excerpt))
    if fault.hint:
        console.print(Text.assemble(("hint: ", "cyan"), safe(fault.hint)))
