"""What came of a run, as `run` and `runs resume` tell it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.text import Text

from belljar.cli._items import figures_text, print_failure
from belljar.cli._screen import counted, err, out, print_value, print_warning, safe, safe_line
from belljar.cli._store import command
from belljar.harness import Outcome
from belljar.values import wire_tree


def tell_outcome(outcome: Outcome, name: str, *, as_json: bool) -> None:
    """The value goes to standard output, so that it can be piped on; all else is about it."""
    if outcome.answer is not None and not as_json:
        out().file.write(f"{outcome.answer}\n")  # its very bytes
    elif outcome.returned and not as_json:
        print_value(out(), wire_tree(outcome.value, depth=512))
    console = err()
    if outcome.error is not None and outcome.suspension is None:
        print_failure(console, outcome, name)
    for warning in outcome.warnings:
        print_warning(console, warning, name)
    console.print(figures_text(outcome.figures))
    print_journals([outcome])


def tool_words(tools: Iterable[str], workspace: Path | None, servers: Iterable[str]) -> tuple[str, ...]:
    """What gives another command the same tools."""
    where = () if workspace is None else (f"--workspace={workspace}",)
    return (*(f"--tools={spec}" for spec in tools), *where, *(f"--mcp={server}" for server in servers))


def print_waiting(
    outcome: Outcome, words: Iterable[str], *, store: str | None, again: Sequence[str] = ("runs", "resume")
) -> None:
    """Which run it was; and of one that is suspended, what it waits for and what to type.

    `again` are the words in front of its id that make it go on, `words` those behind.
    """
    console, run_id = err(), outcome.run_id
    if outcome.suspension is None:
        console.print(Text(f"run: {safe(run_id)}", style="dim"))
        return
    pending = outcome.suspension.pending
    waits = f"{safe(run_id)} waits for {counted(len(pending), 'decision')}"
    console.print(Text(waits, style="bold yellow"))
    for request in pending:
        where = f"  line {request.line}" if request.line is not None else ""
        about = f"{where}  {safe_line(request.id)}"
        console.print(Text.assemble(("  ? ", "yellow"), (safe_line(request.tool), "bold"), about))
    ids = [request.id for request in pending]
    for label, line in (
        ("look", command("approvals", "show", ids[0], store=store)),
        ("decide", command("approvals", "approve", *ids, store=store)),
        ("go on", command(*again, run_id, *words, store=store)),
    ):
        console.print(Text.assemble((f"  {label:<8}", "dim"), safe(line)), soft_wrap=True)  # it can be copied whole


def print_journals(outcomes: Iterable[Outcome]) -> None:
    """The files that runs were written down in."""
    for outcome in outcomes:
        if outcome.journal.path is not None:
            err().print(Text(f"journal: {safe(str(outcome.journal.path))}", style="dim"))
