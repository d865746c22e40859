"""`belljar runs list|show|cancel`: what a store knows of its runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console
from rich.text import Text

from belljar.cli._document import print_json
from belljar.cli._exits import ExitCode
from belljar.cli._question import arguments_line, question_facts, standing_text
from belljar.cli._screen import counted, err, out, print_error, print_marked, print_value, safe, safe_line
from belljar.cli._store import (
    Cell,
    command,
    login_name,
    moment,
    opened,
    print_facts,
    print_rows,
    span,
    state_text,
)
from belljar.errors import UsageError, from_dict
from belljar.journal import CallState, CallStatus, History
from belljar.tools._clock import wall_ms
from belljar.values import wire_tree

if TYPE_CHECKING:
    from belljar.store import Question, RunRow, Store

_CALL_STYLES: Final[Mapping[CallState, str]] = {
    CallState.DONE: "green",
    CallState.FAILED: "red",
    CallState.UNKNOWN: "yellow",
    CallState.INTENDED: "cyan",
}
_QUESTIONS: Final = 1_000
"""A run may make 10,000 calls, each of which may ask; the newest are shown."""
_CANCELLED: Final = {
    "cancelled": "cancelled",
    "requested": "it goes on in a process, which was told to cancel it",
    "ended": "it had ended already",
}


def list_command(named: str | None, *, state: str | None, search: str | None, limit: int, as_json: bool) -> ExitCode:
    """Print the newest runs."""
    with opened(named) as store:
        found = store.runs.find(state=state, text=search, limit=limit)
    if as_json:
        print_json({"ok": True, "runs": [asdict(run) for run in found]})
    elif found:
        now = wall_ms()
        print_rows(out(), ("run", "state", "age", "calls", "about"), [_row(run, now) for run in found])
    else:
        err().print(Text("no run", style="dim"))
    return ExitCode.FINE


def _row(run: RunRow, now: int) -> tuple[Cell, ...]:
    return (run.id, state_text(run.state), span(now - run.created_ms), f"{run.calls:,}", _about(run))


def _about(run: RunRow) -> Text:
    """What there is to say first: what it waits for, how it failed, or how it begins."""
    if run.waiting:
        return Text(f"waits for {counted(run.waiting, 'decision')}", style="yellow")
    if run.error is not None:
        return Text(safe_line(run.error), style="red")
    return Text(safe_line(run.source.strip()), style="dim")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """One run, with what its journal and its questions say."""

    run: RunRow
    history: History
    questions: Sequence[Question]

    @property
    def calls(self) -> tuple[CallStatus, ...]:
        return self.history.calls()

    @property
    def open_questions(self) -> tuple[Question, ...]:
        return tuple(question for question in self.questions if question.state == "open")

    def waiting_lines(self) -> frozenset[int]:
        """Where the script is: lines of open questions and of calls without an answer, in a run that has not ended."""
        if self.run.ended_ms is not None:
            return frozenset()
        asking = (question.request.line for question in self.open_questions if question.request is not None)
        under_way = (call.line for call in self.calls if call.state is CallState.INTENDED)
        return frozenset(line for line in (*asking, *under_way) if line)

    def facts(self) -> dict[str, Any]:
        """Plain JSON data."""
        return {
            "run": asdict(self.run),
            "calls": [{**call.to_dict(), **self.times_of(call)} for call in self.calls],
            "questions": [question_facts(question) for question in self.questions],
            "waiting_lines": sorted(self.waiting_lines()),
            "end": None if self.history.end is None else _end_facts(self.history.end),
        }

    def times_of(self, call: CallStatus) -> dict[str, int | None]:
        """When it was last sent to its tool, and when it was answered; None where it was not."""
        records = {"started_ms": self.history.intents, "answered_ms": self.history.answers}
        return {name: facts.get(call.id, {}).get("at_ms") for name, facts in records.items()}


def _end_facts(end: Mapping[str, Any]) -> dict[str, Any]:
    return {"returned": end["returned"], "value": wire_tree(end.get("value"), depth=512), "error": end["error"]}


def show_command(named: str | None, run_id: str, *, journal: Path | None, as_json: bool) -> ExitCode:
    """Print one run. Raises NotInStoreError, JournalError for a journal that was changed, UsageError."""
    with opened(named) as store:
        shown = _shown(store, run_id)
        if journal is not None:
            _write_new(journal, store.runs.journal_text(run_id))
    if as_json:
        print_json({"ok": True, **shown.facts()})
    else:
        _print(out(), shown, named)
    if journal is not None:
        err().print(Text(f"journal: {safe_line(str(journal))}", style="dim"))
    return ExitCode.FINE


def _shown(store: Store, run_id: str) -> _Shown:
    run = store.runs.get(run_id)
    history = History(store.runs.journal(run_id).records if run.records else ())
    questions = store.approvals.find(run_id=run_id, limit=_QUESTIONS)
    questions.sort(key=lambda question: (question.ordinal, question.asked_ms))
    return _Shown(run=run, history=history, questions=questions)


def _write_new(file: Path, text: str) -> None:
    """For its owner's eyes: a journal has what tools gave."""
    try:
        file.touch(mode=0o600, exist_ok=False)
        file.write_bytes(text.encode())
    except FileExistsError:
        raise UsageError(f"{file} exists already", hint="Name a new file.") from None
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}") from None


def _print(console: Console, shown: _Shown, named: str | None) -> None:
    run = shown.run
    console.print(Text.assemble((safe_line(run.id), "bold"), "  ", state_text(run.state)))
    print_facts(console, list(_facts(run)))
    console.print()
    lines = run.source.strip("\n").count("\n") + 1
    console.print(Text.assemble(("script", "bold magenta"), (f"  TypeScript, {counted(lines, 'line')}", "dim")))
    print_marked(console, run.source.rstrip(), shown.waiting_lines())
    if shown.calls:
        console.print(Text("\ncalls", style="bold magenta"))
        rows = [_call_row(call, **shown.times_of(call)) for call in shown.calls]
        print_rows(console, ("n", "tool", "state", "line", "started", "took", ""), rows)
    if shown.questions:
        console.print(Text("\nquestions", style="bold magenta"))
        _print_questions(console, shown.questions)
    if shown.history.end is not None:
        _print_end(console, shown.history.end)
    _print_next(shown, named)


def _facts(run: RunRow) -> Iterable[tuple[str, Cell]]:
    now = wall_ms()
    yield "created", f"{moment(run.created_ms)}, {span(now - run.created_ms)} ago"
    yield "changed", f"{moment(run.updated_ms)}, {span(now - run.updated_ms)} ago"
    if run.ended_ms is not None:
        yield "ended", moment(run.ended_ms)
    if run.error is not None:
        yield "error", Text(safe_line(run.error), style="red")
    if run.owner is not None:
        yield "worker", run.owner
    if run.agent_id is not None:
        yield "agent", run.agent_id
    if run.cancel_requested and run.ended_ms is None:
        yield "cancel", "asked for"
    yield "queue", f"{run.queue}, priority {run.priority}"
    yield "used", f"{counted(run.calls, 'call')}, {counted(run.steps, 'step')}, {run.spent_ms:,} ms of its time"
    yield "journal", f"{counted(run.records, 'record')}, {counted(run.journal_bytes, 'byte')}"
    yield "sha256", run.script_sha256


def _call_row(call: CallStatus, started_ms: int | None, answered_ms: int | None) -> tuple[Cell, ...]:
    state = Text(call.state.value, style=_CALL_STYLES.get(call.state, ""))
    started = moment(started_ms) if started_ms is not None else ""
    took = span(answered_ms - started_ms) if started_ms is not None and answered_ms is not None else ""
    error = Text(safe_line(call.error or ""), style="red")
    return (str(call.id), call.tool, state, str(call.line), started, took, error)


def _print_questions(console: Console, questions: Sequence[Question]) -> None:
    rows = [(each.id, standing_text(each), each.tool, arguments_line(each)) for each in questions]
    print_rows(console, ("question", "state", "tool", "arguments"), rows)


def _print_end(console: Console, end: Mapping[str, Any]) -> None:
    if end["error"] is not None:
        console.print()
        print_error(console, from_dict(end["error"]))
    elif end["returned"]:
        console.print(Text("\nresult", style="bold green"))
        print_value(console, wire_tree(end.get("value"), depth=512))


def _print_next(shown: _Shown, named: str | None) -> None:
    """What to type to make it go on."""
    for question in shown.open_questions:
        line = command("approvals", "approve", question.id, store=named)
        err().print(Text(safe(f"to decide: {line}"), style="dim"), soft_wrap=True)


def cancel_command(named: str | None, run_id: str, *, who: str | None, as_json: bool) -> ExitCode:
    """End a run, or have its process end it. Raises NotInStoreError."""
    name = login_name(who)
    with opened(named) as store:
        answer = store.runs.cancel(run_id, who=name, now_ms=wall_ms())
    if as_json:
        print_json({"ok": True, "run_id": run_id, "state": answer})
    else:
        out().print(Text(f"{safe_line(run_id)}: {_CANCELLED[answer]}"))
    return ExitCode.FINE
