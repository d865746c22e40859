"""What the front end hands on: a checked script, and everything it found out on the way."""

from __future__ import annotations

from dataclasses import dataclass, field

from belljar.errors import Finding
from belljar.script._positions import PositionMap
from belljar.script._text import Lines, to_units
from belljar.script._tools import ToolUse


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """One checked script, ready to run as the body of an async function in strict mode."""

    source: str
    """What the model wrote, without a byte order mark."""
    sha256: str
    """Hex digest of the UTF-8 of `source`: the script's identity."""
    code: str
    """Plain JavaScript with the line ends of `source`; the body of an async function."""
    profile: str = "standard"
    """The language the script is written in: `standard` or `sealed`."""
    tools_used: tuple[ToolUse, ...] = ()
    """Every place that names a tool, in the order of the text."""
    positions: PositionMap = field(default_factory=PositionMap)
    """The way from `code` back to `source`."""

    def position(self, line: int, column: int) -> tuple[int, int]:
        """Where in `source` a line and column of `code` come from. All count from 1, columns in UTF-16 units."""
        return self.positions.source(line, column)

    def excerpt(self, line: int, column: int, width: int = 1) -> str:
        """The source line with a gutter and carets under `width` units; two lines of text without a line end."""
        return Lines(to_units(self.source)).excerpt(line, column, width)


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """Everything that is known about a text before it runs."""

    findings: tuple[Finding, ...]
    """All that is wrong, in the order of the text; empty for a script that may run."""
    script: Script | None
    """The script; None when something is certainly wrong."""
    tools_used: tuple[ToolUse, ...]
    """Every place that names a tool, also in a text with findings."""
    has_computed_tools: bool = False
    """Whether the script also uses tools whose names are known only when it runs."""
    tentative: bool = False
    """Whether all findings are the parser's own doubts. The script is then there with its plain source as code: if the
    jar compiles it, the findings are void."""
    steps: int = 0
    """Nodes of the syntax tree that were looked at: what the analysis costs, without a clock."""
