"""What a person said, in a form or in a JSON body, as a Decision on one question. Pure.

The digest comes from what the person had before their eyes, not from the question as it is now: the store compares the
two and refuses an answer to another call. Whether the arguments fit the tool is the store's to say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from belljar.errors import DecisionRefusedError, UsageError
from belljar.tools import Decision
from belljar.tools._terms import Ceiling
from belljar.web._edit import edited, read_json

if TYPE_CHECKING:
    from belljar.store import Question

Given = Mapping[str, str]


def decision_of_form(question: Question, form: Given, *, now_ms: int) -> Decision:
    """Raises DecisionRefusedError where a field cannot be read."""
    kind = form.get("verdict", "")
    if kind not in _VERDICTS:
        raise DecisionRefusedError(f"{kind!r} is no verdict", hint=f"One of {', '.join(_VERDICTS)}.")
    facts = _VERDICTS[kind](question, form)
    try:
        return Decision(
            digest=form.get("digest", ""),
            reason=form.get("reason", "").strip(),
            at_ms=now_ms,
            **_verdict(kind),
            **facts,
        )
    except UsageError as error:
        raise DecisionRefusedError(error.message) from None


def _verdict(kind: str) -> dict[str, Any]:
    return {"verdict": "approve" if kind in ("edit", "join") else kind}


def _nothing(_question: Question, _form: Given) -> dict[str, Any]:
    return {}


def _edit(question: Question, form: Given) -> dict[str, Any]:
    if question.request is None:
        raise DecisionRefusedError("this was decided on the spot")
    return {"arguments": edited(form.get("arguments", ""), question.request)}


def _join(question: Question, form: Given) -> dict[str, Any]:
    """The very arguments that somebody before approved: a quorum needs the same ones."""
    same = [vote for vote in question.votes if vote.arguments is not None and vote.digest == form.get("joined")]
    if not same:
        raise DecisionRefusedError("nobody approved these arguments", hint="Look at the question again.")
    return {"arguments": same[0].arguments}


def _for_run(_question: Question, form: Given) -> dict[str, Any]:
    calls, sum_of, at_most = (form.get(name, "").strip() for name in ("calls", "sum_of", "at_most"))
    if not (calls or sum_of or at_most):
        return {"ceiling": None}
    try:
        return {
            "ceiling": Ceiling(calls=_number(calls, "calls"), sum_of=sum_of or None, at_most=_number(at_most, "sum"))
        }
    except UsageError as error:
        raise DecisionRefusedError(error.message) from None


def _number(text: str, what: str) -> Any:
    """An int where it is one; None where nothing was written."""
    if not text:
        return None
    value = read_json(text)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise DecisionRefusedError(f"the bound of the {what} is a number, not {text!r}")
    return value


def _respond(_question: Question, form: Given) -> dict[str, Any]:
    text = form.get("value", "").strip()
    return {"value": read_json(text) if text else None}


_VERDICTS: Final[Mapping[str, Callable[[Question, Given], dict[str, Any]]]] = {
    "approve": _nothing,
    "edit": _edit,
    "join": _join,
    "approve_for_run": _for_run,
    "deny": _nothing,
    "respond": _respond,
}
"""`edit` and `join` are approvals with other arguments."""
