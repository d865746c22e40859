"""One question as a page shows it: the script around the call, the versions of its arguments, the votes. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from belljar.audit import redacted_whole
from belljar.web._edit import Change, changes, displayed, edit_text
from belljar.web._script_view import Line, around, script_lines
from belljar.web._visible import json_text

if TYPE_CHECKING:
    from belljar.store import Question, RunRow
    from belljar.tools import ApprovalRequest

_MOST_LINES: Final = 5_000
"""Of one text. A page of so many has half a megabyte."""
_KINDS: Final = {"+": "added", "-": "removed", "@": "place"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """Arguments that somebody put in the place of the script's."""

    who: str
    digest: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LongText:
    """An argument of several lines, whole and line by line: nobody can agree to the digest of a patch."""

    name: str
    lines: tuple[tuple[str, str], ...]
    """added, removed, place or plain; and the text."""
    left_out: int
    """Lines beyond `_MOST_LINES`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionView:
    """What the template of a question needs."""

    question: Question
    at: str
    """What its elements are called by. Not by the digest, which two runs of one script may share."""
    line: int | None
    """Of the call in the script."""
    nearby: tuple[Line, ...]
    lines: tuple[Line, ...]
    arguments: str
    texts: tuple[LongText, ...]
    versions: tuple[Version, ...]
    needed: int
    """Approvals that decide."""
    numbers: tuple[str, ...]
    """Names of arguments that a ceiling can sum up."""
    stamp: str
    """Another one where anything but the clock has changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The open questions of one run, answered one by one or together."""

    run_id: str
    at: str
    """What its element is called by."""
    views: tuple[QuestionView, ...]
    stamp: str


def question_view(question: Question, run: RunRow) -> QuestionView:
    """Of one question and the run that asks it."""
    request = question.request
    line = request.line if request is not None else None
    lines = script_lines(run.source, {line} if line else ())
    return QuestionView(
        question=question,
        at=_stamp(question.id),
        line=line,
        nearby=around(lines, line),
        lines=lines,
        arguments=edit_text(request) if request is not None else "",
        texts=tuple(_texts(request)) if request is not None else (),
        versions=tuple(_versions(question)),
        needed=question.quorum.needed if question.quorum is not None else 1,
        numbers=tuple(_numbers(request)),
        stamp=_stamp(question.id, question.state, str(len(question.votes))),
    )


def group(run_id: str, views: Sequence[QuestionView]) -> Group:
    """The questions of one run, in the order of its calls."""
    ordered = tuple(sorted(views, key=lambda view: view.question.ordinal))
    return Group(run_id=run_id, at=_stamp(run_id), views=ordered, stamp=_stamp(*(view.stamp for view in ordered)))


def decided_text(question: Question) -> str:
    """What the decision put in the place of the arguments, as JSON; empty where it left them."""
    decision = question.decision
    if decision is None or decision.arguments is None or question.request is None:
        return ""
    return json_text(displayed(decision.arguments, question.request))


def _texts(request: ApprovalRequest) -> Iterator[LongText]:
    for name, value in request.arguments.items():
        if isinstance(value, str) and "\n" in value:
            # No other sign ends a line: one that did would forge lines of a diff.
            lines = str(redacted_whole({name: value})[name]).removesuffix("\n").split("\n")
            shown = tuple((_KINDS.get(line[:1], "plain"), line) for line in lines[:_MOST_LINES])
            yield LongText(name=name, lines=shown, left_out=max(len(lines) - _MOST_LINES, 0))


def _versions(question: Question) -> Iterator[Version]:
    request = question.request
    for vote in question.votes:
        if vote.arguments is not None and request is not None:
            found = changes(request.display, displayed(vote.arguments, request))
            yield Version(who=vote.who, digest=vote.digest, changes=found)


def _numbers(request: ApprovalRequest | None) -> Iterator[str]:
    for name, value in request.arguments.items() if request is not None else ():
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            yield name


def _stamp(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]
