"""`belljar replay`: run a journal again, call no tool, and compare."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.text import Text

from belljar.cli._document import print_json
from belljar.cli._exits import ExitCode
from belljar.cli._screen import counted, err, out, print_error, print_value, safe, safe_line
from belljar.errors import ReplayDivergedError
from belljar.journal import History, Journal, Result, replay
from belljar.values import wire_tree

_SHOWN_CHARACTERS = 2_000


def replay_command(file: Path, *, engine: str | None, as_json: bool) -> ExitCode:
    """Print the comparison. Raises JournalError for a journal that cannot be read or has no end."""
    journal = Journal.load(file)
    if journal.torn:
        err().print(Text("the last line is cut off and was left out", style="yellow"))
    try:
        result = replay(journal, engine=engine)
    except ReplayDivergedError as error:
        return _print_divergence(error, as_json=as_json)
    facts = _facts(journal, result)
    if as_json:
        print_json(facts)
    else:
        _print_same(facts, result)
    return ExitCode.FINE


def _facts(journal: Journal, result: Result) -> dict[str, Any]:
    history = History(journal.records)
    return {
        "ok": True,
        "run_id": history.run["run_id"],
        "records": len(journal.records),
        "calls": [call.to_dict() for call in history.calls()],
        "head": journal.head,
        "sha256": result.sha256,
        "value": wire_tree(result.value, depth=512),
        "error": result.error.to_dict() if result.error is not None else None,
    }


def _print_same(facts: dict[str, Any], result: Result) -> None:
    console = err()
    console.print(Text.assemble(("the same bytes again", "bold green"), f", run {safe_line(facts['run_id'])}"))
    counts = f"{counted(facts['records'], 'record')}, {counted(len(facts['calls']), 'call')}"
    console.print(Text(f"  {counts} answered from the journal, no tool was called"))
    console.print(Text(f"  outcome sha256 {facts['sha256']}\n  journal head   {facts['head']}", style="dim"))
    if result.error is not None:
        console.print(Text("the run had ended with this error, and so does the replay:"))
        print_error(console, result.error)
    elif result.returned:
        print_value(out(), facts["value"])


def _print_divergence(error: ReplayDivergedError, *, as_json: bool) -> ExitCode:
    if as_json:
        print_json({"ok": False, "error": error.to_dict()})
    console = err()
    print_error(console, error)
    for side, style in (("run", "green"), ("replay", "red")):
        if side in error.details:
            question = safe(str(error.details[side]))[:_SHOWN_CHARACTERS]
            console.print(Text.assemble((f"  {side:<7}", style), question))
    return ExitCode.FAILED
