"""An open question of a run as a form that an MCP client shows to a person, and the filled form as a decision.

What binds an answer to its question is not in the form, where a client could change it: `Round` goes into the sealed
`requestState` and holds a digest of all questions that were shown. Where the run waits for others by then, it no longer
fits, and no answer counts.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import mcp_types as t

from belljar.harness import Suspension
from belljar.tools import ApprovalRequest, Decision
from belljar.tools._terminal_io import visible

ROUNDS: Final = 10
"""Forms that one call may bring, one after another. The official Python, TypeScript, C# and Go clients give a call up
after as many (`input_required_max_rounds`); what comes after is left to `resume_run`."""

_ARGUMENTS_SHOWN: Final = 6_000
"""Characters. A longer form hides its own buttons."""
_REASON_CHARACTERS: Final = 1_000
_FORM: Final[Mapping[str, Any]] = {
    "type": "object",
    "properties": {
        "decision": {
            "type": "string",
            "title": "Decision",
            "description": "approve_for_run: this tool for the rest of the run, without asking again.",
            "enum": ["approve", "approve_for_run", "deny"],
        },
        "reason": {
            "type": "string",
            "title": "Reason",
            "description": "The script reads it where you deny.",
            "maxLength": _REASON_CHARACTERS,
        },
    },
    "required": ["decision"],
}
"""Primitives and an enum as every protocol version since 2025-06-18 knows them; no default, so that nobody approves by
pressing Enter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One exchange of questions and answers; all that a client carries from one request to the next."""

    run_id: str
    shown: str
    """`shown_digest` of the questions."""
    number: int
    """From 1, within one call."""

    def to_text(self) -> str:
        """For `requestState`, which the SDK seals."""
        return json.dumps({"run_id": self.run_id, "shown": self.shown, "number": self.number})

    @classmethod
    def from_text(cls, text: str) -> Round:
        """The round in a state that the SDK has unsealed: it is one of ours."""
        return cls(**json.loads(text))


def shown_digest(pending: Iterable[ApprovalRequest]) -> str:
    """64 hex digits that name these questions, each with script, place, tool and whole arguments."""
    facts = [[request.id, request.digest] for request in pending]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def questions(suspension: Suspension, *, number: int) -> t.InputRequiredResult:
    """All open questions of a run at once."""
    pending = suspension.pending
    state = Round(run_id=suspension.run_id, shown=shown_digest(pending), number=number)
    return t.InputRequiredResult(
        input_requests={request.id: t.ElicitRequest(params=form(request)) for request in pending},
        request_state=state.to_text(),
    )


def form(request: ApprovalRequest) -> t.ElicitRequestFormParams:
    """What a person is shown of one question, and what he can answer."""
    return t.ElicitRequestFormParams(message=_message(request), requested_schema=dict(_FORM))


def decisions_of(pending: Iterable[ApprovalRequest], responses: Mapping[str, Any], *, who: str) -> dict[str, Decision]:
    """The decisions in a client's answers, by request id.

    A declined form is a denial. One that was cancelled, is missing, or holds no decision leaves its question open.
    """
    found = {request.id: _decision(request, responses.get(request.id), who) for request in pending}
    return {id_: decision for id_, decision in found.items() if decision is not None}


def _decision(request: ApprovalRequest, response: Any, who: str) -> Decision | None:
    if not isinstance(response, t.ElicitResult) or response.action == "cancel":
        return None
    if response.action == "decline":
        return Decision.deny(request, "the person who was asked declined", who=who)
    content = response.content or {}
    return stated(request, content.get("decision"), content.get("reason"), who=who)


def stated(request: ApprovalRequest, verdict: object, reason: object, *, who: str) -> Decision | None:
    """The decision in these two words; None where the first is none of a form's."""
    why = visible(reason)[:_REASON_CHARACTERS] if isinstance(reason, str) else ""
    match verdict:
        case "approve":
            return Decision.approve(request, reason=why, who=who)
        case "approve_for_run":
            return Decision.approve_for_run(request, reason=why, who=who)
        case "deny":
            return Decision.deny(request, why, who=who)
    return None


# -- what a person reads ----------------------------------------------------------------------------------------------


def _message(request: ApprovalRequest) -> str:
    """Every line that comes from a script is quoted or indented, so none can pass for one of ours."""
    lines = [
        f"A script asks to call the tool {visible(request.tool)}.",
        f"Why you are asked: {_one_line(request.reason)}",
        f"Arguments: {_arguments(request.display)}",
    ]
    if request.excerpt:
        lines += [f"Line {request.line} of the script:", *_indented(request.excerpt)]
    return "\n".join([*lines, f"Digest of the whole call: {request.digest}"])


def _arguments(display: Mapping[str, Any]) -> str:
    text = visible(json.dumps(dict(display), ensure_ascii=False, indent=2))
    if len(text) <= _ARGUMENTS_SHOWN:
        return text
    return f"{text[:_ARGUMENTS_SHOWN]}\n[cut: {len(text):,} characters in all; the digest covers the whole]"


def _one_line(text: str) -> str:
    return " ".join(visible(text).split())


def _indented(text: str) -> list[str]:
    """Of an excerpt, which shows invisible characters by their numbers already."""
    return [f"    {line}" for line in text.split("\n")]
