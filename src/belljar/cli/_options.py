"""Arguments and options that several commands have: each is declared here once. Imported at every start."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal, TypeAlias

import typer

from belljar.cli._complete import engines

DEBUG_VARIABLE: Final = "BELLJAR_DEBUG"
STORE_VARIABLE: Final = "BELLJAR_STORE"
MOST: Final = 10**15
"""The largest number that is asked of a store: far beyond any of its rows, and no database's limit."""
Answers: TypeAlias = Literal["ask", "all", "none"]
AnswersOrLater: TypeAlias = Literal["ask", "all", "none", "later"]
"""later: whoever looks into the store decides, some time."""

InputFile = Annotated[Path, typer.Argument(metavar="FILE|-", allow_dash=True, help="A reply or a script; - is stdin.")]
ToolSpecs = Annotated[
    list[Path] | None,
    typer.Option("--tools", "-t", metavar="MODULE|FILE.py[:ATTR]", help="Where tools are; may be given several times."),
]
Servers = Annotated[
    list[str] | None,
    typer.Option("--mcp", metavar="NAME=COMMAND|URL", help="An MCP server; its tools are tools.mcp.NAME.TOOL."),
]
Workspace = Annotated[
    Path | None,
    typer.Option("--workspace", "-w", metavar="DIR", help="A folder whose files scripts may use; exec asks first."),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
Engine = Annotated[str, typer.Option("--engine", autocompletion=engines, help="What runs the script.")]
Timeout = Annotated[int, typer.Option("--timeout-ms", help="Wall clock, approvals not counted.")]
Memory = Annotated[int, typer.Option("--memory-mb", help="The machine's memory.")]
ToolCalls = Annotated[int, typer.Option("--tool-calls", help="Calls that one script may make.")]
Journal = Annotated[Path | None, typer.Option("--journal", help="A new file for the run's journal.")]
Approve = Annotated[Answers, typer.Option("--approve", help="Who answers approvals; ask without a terminal denies.")]

ProgramInput = Annotated[str | None, typer.Option("--input", metavar="JSON|@FILE", help="Sealed: what it is given.")]
GasLimit = Annotated[int | None, typer.Option("--gas-limit", help="Sealed: else $MTP_GAS_LIMIT, or 10,000,000.")]
RequestId = Annotated[str | None, typer.Option("--request-id", help="Sealed: of this run, used once.")]
AccountId = Annotated[str, typer.Option("--account-id", help="Sealed: whose run it is.")]
FunctionVersion = Annotated[str, typer.Option("--function-version", help="Sealed: of the program.")]

StoreUrl = Annotated[
    str | None,
    typer.Option("--store", metavar="URL", help=f"The store: a file, or postgresql://…; else ${STORE_VARIABLE}."),
]
Login = Annotated[str | None, typer.Option("--as", metavar="NAME", help="Who you are; else the login name.")]
Limit = Annotated[int, typer.Option("--limit", metavar="N", min=1, max=MOST, help="At most so many.")]


def specs(paths: list[Path] | None) -> tuple[str, ...]:
    """Tools as they were named; declared as paths, so that a shell completes them."""
    return tuple(str(path) for path in paths or ())
