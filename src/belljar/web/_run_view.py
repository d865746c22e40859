"""A run as its page shows it: picture, script, calls, console, journal. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from belljar.audit import redact
from belljar.errors import JournalError
from belljar.journal import History, Journal
from belljar.web._picture import Picture, draw
from belljar.web._question_view import Group, group, question_view
from belljar.web._script_view import Line, script_lines
from belljar.web._timeline import make_timeline
from belljar.web._visible import cleaned, cut, json_text

if TYPE_CHECKING:
    from belljar.store import Question, RunRow

RECORDS = 200
"""Records on one page."""
_VALUE = 4_000
"""Characters of one value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallView:
    """One call and what came of it."""

    call: int
    tool: str
    state: str
    line: int
    arguments: str
    result: str
    """JSON, or the error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordView:
    """One record of the journal."""

    n: int
    type: str
    at_ms: int | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A console line or a progress message."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """What the template of a run needs."""

    run: RunRow
    picture: Picture | None
    lines: tuple[Line, ...]
    open: Group
    calls: tuple[CallView, ...]
    said: tuple[Said, ...]
    value: str
    """What the script returned, as JSON; empty where it did not."""
    error: str
    records: tuple[RecordView, ...]
    next_record: int | None
    """Where the journal's next page begins."""
    damage: str
    """What is wrong with the journal; empty where nothing is."""
    stamp: str


def run_view(run: RunRow, text: str, questions: Sequence[Question], *, after: int, now_ms: int) -> RunView:
    """Of a run, the text of its journal, and all its questions. A journal that is damaged is said to be so."""
    journal, damage = _read(text)
    history = History(journal.records)
    waiting = [each for each in questions if each.state == "open"]
    unknown = {each.ordinal for each in waiting if each.request is not None and each.request.is_unknown}
    asking = frozenset(each.request.line for each in waiting if each.request is not None and each.request.line)
    timeline = make_timeline(journal.records, questions, now_ms=now_ms)
    shown = journal.records[after : after + RECORDS]
    return RunView(
        run=run,
        picture=draw(timeline) if timeline is not None else None,
        lines=script_lines(run.source, asking),
        open=group(run.id, [question_view(each, run) for each in waiting]),
        calls=tuple(_calls(history, unknown)),
        said=tuple(_said(journal)),
        value=_returned(history),
        error=_ended_with(history),
        records=tuple(_record(n, each) for n, each in enumerate(shown, start=after)),
        next_record=after + RECORDS if after + RECORDS < len(journal.records) else None,
        damage=damage,
        stamp=f"{run.state}.{run.records}.{len(waiting)}.{run.owner or ''}.{run.cancel_requested}",
    )


def _read(text: str) -> tuple[Journal, str]:
    """The journal, and what is wrong with it."""
    if not text:
        return Journal(), ""
    try:
        return Journal.parse(text.encode()), ""
    except JournalError as error:
        return Journal(), error.message


def _calls(history: History, unknown: Collection[int]) -> Iterable[CallView]:
    """All calls. Those that a person is asked about, since a process died, are `unknown` until they answer."""
    for status in history.calls():
        intent, answer = history.intents.get(status.id), history.answers.get(status.id)
        yield CallView(
            call=status.id,
            tool=status.tool,
            state="unknown" if status.id in unknown else status.state.value,
            line=status.line,
            arguments=_json(intent["arguments"]) if intent is not None else "",
            result=_result(answer) if answer is not None else "",
        )


def _result(answer: Any) -> str:
    error = answer.get("error")
    return f"{error['code']}: {_text(error['message'])}" if error else _json(answer.get("value"))


def _said(journal: Journal) -> Iterable[Said]:
    for record in journal.records:
        if record.type == "output":
            for line in record.facts["console"]:
                yield Said(kind=str(line.get("level", "log")), text=_text(str(line.get("text", ""))))
            for each in record.facts["progress"]:
                yield Said(kind="progress", text=_text(str(each.get("message", ""))))


def _returned(history: History) -> str:
    end = history.end
    return _json(end.get("value")) if end is not None and end["returned"] and not end.get("error") else ""


def _ended_with(history: History) -> str:
    error = (history.end or {}).get("error")
    return f"{error['code']}: {_text(error['message'])}" if error else ""


def _record(n: int, record: Any) -> RecordView:
    at = record.facts.get("at_ms") or record.facts.get("now_ms")
    return RecordView(n=n, type=record.type, at_ms=at, text=_json(record.facts))


def _json(value: Any) -> str:
    return cut(json_text(redact(value)), _VALUE)


def _text(text: str) -> str:
    return cut(cleaned(text), _VALUE)
