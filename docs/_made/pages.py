"""What is made: file -> text. `docs/generate.py` writes it or compares it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from .commands import commands
from .errors import errors
from .figures import benchmark
from .house import drawing, rooms_table
from .names import names
from .settings import configuration
from .tools import tool_reference

DOCS: Final = Path(__file__).resolve().parents[1]
_BEGIN: Final = "<!-- made: rooms -->\n"
_END: Final = "<!-- end -->\n"


def architecture() -> str:
    """The page as it is, with its table of rooms made anew."""
    before, _, rest = (DOCS / "architecture.md").read_text(encoding="utf-8").partition(_BEGIN)
    return before + _BEGIN + "\n" + "\n".join(rooms_table()) + "\n\n" + _END + rest.partition(_END)[2]


PAGES: Final[Mapping[str, Callable[[], str]]] = {
    "configuration.md": configuration,
    "commands.md": commands,
    "errors.md": errors,
    "tool-reference.md": tool_reference,
    "api.md": names,
    "benchmark.md": benchmark,
    "architecture.md": architecture,
    "_static/house.svg": drawing,
}
"""By their path below docs/."""


def stale(folder: Path = DOCS) -> dict[Path, str]:
    """The pages that are not what the code makes of them, with what it does."""
    made = {folder / name: make() for name, make in PAGES.items()}
    return {path: text for path, text in made.items() if not path.exists() or path.read_text(encoding="utf-8") != text}
