"""A question of a store as a person sees it, and as JSON; and whether they meant it."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console
from rich.text import Text

from belljar.audit import redact
from belljar.cli._approve import print_texts
from belljar.cli._screen import counted, excerpt_text, print_value, safe, safe_line
from belljar.cli._store import Cell, moment, print_facts, span, state_text
from belljar.tools import ApprovalRequest, Ceiling, Decision
from belljar.tools._clock import wall_ms
from belljar.tools._terminal_io import LineReader
from belljar.values import wire_tree

if TYPE_CHECKING:
    from belljar.store import Question, Vote

_UNREADABLE: Final = "asked by another version of belljar, which can show it"


def question_facts(question: Question) -> dict[str, Any]:
    """Plain JSON data: arguments as an approver sees them."""
    return {
        "id": question.id,
        "run_id": question.run_id,
        "ordinal": question.ordinal,
        "tool": question.tool,
        "state": question.state,
        "asked_ms": question.asked_ms,
        "expires_ms": question.expires_ms,
        "is_unknown": is_unknown(question),
        "request": question.request.to_dict() if question.request is not None else None,
        "quorum": asdict(question.quorum) if question.quorum is not None else None,
        "votes": [_vote_facts(vote) for vote in question.votes],
        "decision": decision_facts(question.decision),
        "decided_ms": question.decided_ms,
        "edited_digest": question.edited_digest,
    }


def is_unknown(question: Question) -> bool:
    """Whether it asks about a call that may have taken place."""
    return question.request is not None and question.request.is_unknown


def decision_facts(decision: Decision | None) -> dict[str, Any] | None:
    """Plain JSON data of what was decided."""
    if decision is None:
        return None
    return {
        "verdict": decision.verdict,
        "who": decision.who,
        "reason": decision.reason,
        "arguments": _shown(decision.arguments),
        "ceiling": decision.ceiling.to_dict() if decision.ceiling is not None else None,
        "value": _shown(decision.value),
        "digest": decision.digest,
        "at_ms": decision.at_ms,
    }


def _vote_facts(vote: Vote) -> dict[str, Any]:
    named = ("who", "source", "at_ms", "verdict", "reason", "digest")
    return {**{name: getattr(vote, name) for name in named}, "arguments": _shown(vote.arguments)}


def _shown(value: Any) -> Any:
    return None if value is None else redact({"value": wire_tree(value, depth=512)})["value"]


def print_question(console: Console, question: Question) -> None:
    """The whole of it: who asks, what for, with which arguments, and from which line."""
    title = "may have been called already; nobody knows" if is_unknown(question) else "asks for approval"
    console.print(Text.assemble(("? ", "yellow"), (safe_line(question.tool), "bold"), f" {title}"))
    print_facts(console, list(_facts(question)))
    if question.request is not None:
        _print_call(console, question.request)
    elif question.state == "open":
        console.print(Text(_UNREADABLE, style="yellow"))
    if question.decision is not None:
        print_terms(console, question, question.decision)


def _print_call(console: Console, request: ApprovalRequest) -> None:
    shown = {**request.display, **print_texts(console, request.arguments, request.display)}
    console.print(Text("arguments", style="bold magenta"))
    print_value(console, shown)
    if request.excerpt:
        console.print(Text("script", style="bold magenta"))
        console.print(excerpt_text(request.excerpt))


def _facts(question: Question) -> Iterator[tuple[str, Cell]]:
    now = wall_ms()
    left = question.expires_ms - now
    yield "question", question.id
    yield "state", state_text(question.state)
    if question.request is not None:
        yield "reason", question.request.reason
    yield "asked", f"{moment(question.asked_ms)}, {span(now - question.asked_ms)} ago"
    if question.state == "open":
        yield "expires", f"{moment(question.expires_ms)}{f', in {span(left)}' if left > 0 else ''}"
    if question.quorum is not None:
        yield "quorum", f"{question.quorum.needed} of {', '.join(question.quorum.of)}"
    for vote in question.votes:
        yield "vote", f"{vote.verdict} by {vote.who}, {vote.source}{_because(vote.reason)}"
    if question.decision is not None:
        yield "decision", verdict_text(question.decision)
    yield "digest", question.digest
    if question.edited_digest is not None:
        yield "edited", question.edited_digest


def verdict_text(decision: Decision) -> str:
    """`approve by ada: looks right`."""
    by = f" by {decision.who}" if decision.who else ""
    bound = f", {ceiling_text(decision.ceiling)}" if decision.ceiling is not None else ""
    return f"{decision.verdict}{by}{bound}{_because(decision.reason)}"


def ceiling_text(ceiling: Ceiling) -> str:
    """`up to 5 calls, 5,000 of cents in all`."""
    calls = f"up to {counted(ceiling.calls, 'call')}" if ceiling.calls is not None else ""
    total = f"{ceiling.at_most:,} of {ceiling.sum_of} in all" if ceiling.sum_of is not None else ""
    return ", ".join(filter(None, (calls, total)))


def _because(reason: str) -> str:
    return f": {reason}" if reason else ""


def standing_text(question: Question) -> Text:
    """Its state; of a decided one, how; of an open one, whether the call may have been made."""
    if question.decision is not None:
        return state_text(question.decision.verdict)
    return state_text("unknown" if is_unknown(question) and question.state == "open" else question.state)


def arguments_line(question: Question) -> str:
    """The arguments on one line, as an approver sees them."""
    if question.request is None:
        return _UNREADABLE if question.state == "open" else ""
    return safe_line(json.dumps(dict(question.request.display), ensure_ascii=False, default=str))


def print_terms(console: Console, question: Question, decision: Decision) -> None:
    """What a decision brings: other arguments and their digest, or a value."""
    if decision.arguments is not None and question.request is not None:
        console.print(Text("new arguments", style="bold magenta"))
        print_value(console, _shown(decision.arguments))
        from belljar.store._questions import voted_digest

        print_facts(console, [("digest", voted_digest(question.request, decision.arguments))])
    if decision.verdict == "respond":
        console.print(Text("value", style="bold magenta"))
        print_value(console, _shown(decision.value))


def said_yes(question: str) -> bool:
    """Ask the person at the terminal. What they typed before the question was there is no answer."""
    return asyncio.run(_is_yes(f"{question} [y/N]: "))


async def _is_yes(text: str) -> bool:
    reader = LineReader(sys.stdin)
    print(safe(text), end="", file=sys.stderr, flush=True)
    reader.discard_typeahead()
    return (await reader.line() or "").strip().lower() in ("y", "yes")
