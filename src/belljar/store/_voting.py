"""Whether an answer to a question counts, and what the answers come to. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from belljar.errors import DecisionRefusedError, UsageError
from belljar.store._questions import Question, voted_digest
from belljar.tools import ApprovalRequest, Decision
from belljar.tools._terms import person_name
from belljar.values import canonical_json, wire_tree

_REASON_CHARS: Final = 10_000
_DEPTH: Final = 256
_SPLIT: Final = "the people who were asked do not agree"


def named(decision: Decision, who: str, *, now_ms: int) -> Decision:
    """The decision as `who` made it now, in text that can be kept. Raises DecisionRefusedError for who is nobody."""
    try:
        name = person_name(who)
    except UsageError as error:
        raise DecisionRefusedError(error.message, hint=error.hint) from None
    reason = decision.reason.encode("utf-8", "replace").decode()
    return replace(decision, who=name, reason=reason, at_ms=now_ms)


def check(question: Question, decision: Decision, *, now_ms: int) -> None:
    """Raise DecisionRefusedError where `decision`, of its `who`, cannot count."""
    assert question.request is not None  # it was never open otherwise
    for find in _CHECKS:
        problem = find(question, question.request, decision, now_ms)
        if problem:
            raise DecisionRefusedError(problem, tool=question.tool, details={"approval": question.id})


def _has_long_reason(_question: Question, _request: ApprovalRequest, decision: Decision, _now_ms: int) -> str | None:
    return f"a reason has at most {_REASON_CHARS:,} characters" if len(decision.reason) > _REASON_CHARS else None


def _has_ended(question: Question, _request: ApprovalRequest, _decision: Decision, now_ms: int) -> str | None:
    if question.state == "cancelled":
        return "the run has ended, and nobody waits for the answer"
    is_late = question.state == "expired" or now_ms >= question.expires_ms
    return "the question has expired" if is_late else None


def _is_stranger(_question: Question, request: ApprovalRequest, decision: Decision, _now_ms: int) -> str | None:
    if request.quorum is None or decision.who in request.quorum.of:
        return None
    return f"{decision.who} is not among those who are asked: {', '.join(request.quorum.of)}"


def _is_of_other_call(_question: Question, request: ApprovalRequest, decision: Decision, _now_ms: int) -> str | None:
    return None if decision.digest == request.digest else "the decision was made on another call"


def _does_not_fit(_question: Question, request: ApprovalRequest, decision: Decision, _now_ms: int) -> str | None:
    if decision.verdict == "respond" and not request.is_unknown:
        return "only a call that may have taken place can be responded to"
    if decision.verdict == "approve_for_run" and request.is_unknown:
        return "whether to make a call again is decided for this call alone"
    return None


def _has_bad_arguments(_question: Question, request: ApprovalRequest, decision: Decision, _now_ms: int) -> str | None:
    if decision.arguments is None or request.schema is None:
        return None
    return schema_problem(decision.arguments, request.schema)


def _has_low_ceiling(_question: Question, request: ApprovalRequest, decision: Decision, _now_ms: int) -> str | None:
    if decision.ceiling is None or decision.ceiling.covers(request.arguments):
        return None
    return "the ceiling is below the call itself"


_Check = Callable[[Question, ApprovalRequest, Decision, int], str | None]
_CHECKS: Final[tuple[_Check, ...]] = (
    _has_ended, _is_stranger, _has_long_reason, _is_of_other_call, _does_not_fit, _has_bad_arguments, _has_low_ceiling,
)  # fmt: skip


def schema_problem(arguments: Mapping[str, Any], schema: Mapping[str, Any]) -> str | None:
    """What the schema refuses, with its path; None where it takes the arguments."""
    import jsonschema
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    # An empty registry, so that no schema of a stranger's makes this process fetch another one.
    validator = jsonschema.Draft202012Validator(dict(schema), registry=Registry())
    try:
        problems = sorted(validator.iter_errors(_json(dict(arguments))), key=lambda error: error.json_path)
    except Unresolvable as error:
        return f"the tool's schema cannot be applied: {error}"
    return f"{problems[0].json_path}: {problems[0].message}" if problems else None


def _json(value: Any) -> Any:
    """`value` with a string for bytes: that is what a schema has for them."""
    if isinstance(value, Mapping):
        return {key: _json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_json(item) for item in value]
    return "" if isinstance(value, bytes) else value


def outcome(request: ApprovalRequest, cast: Sequence[Decision], *, now_ms: int) -> Decision | None:
    """What the answers come to; None where more are needed.

    Without a quorum the first one decides. With one, a denial denies, and the same answer of as many people as are
    needed decides: the same verdict, arguments, ceiling and value. Where so many cannot agree any more, it is a denial.
    """
    denials = [decision for decision in cast if decision.verdict == "deny"]
    agreeing = denials[:1] or _largest_group(request, cast)
    needed, left = (request.quorum.needed, len(request.quorum.of) - len(cast)) if request.quorum is not None else (1, 0)
    if not denials and len(agreeing) + left < needed:
        return Decision.deny(request, _SPLIT, who=", ".join(decision.who for decision in cast), at_ms=now_ms)
    if not denials and len(agreeing) < needed:
        return None
    who = ", ".join(decision.who for decision in agreeing)
    reason = "; ".join(filter(None, (decision.reason for decision in agreeing)))
    return replace(agreeing[0], who=who, reason=reason, at_ms=now_ms)


def _largest_group(request: ApprovalRequest, cast: Sequence[Decision]) -> list[Decision]:
    groups: dict[str, list[Decision]] = {}
    for decision in cast:
        groups.setdefault(_same(request, decision), []).append(decision)
    return max(groups.values(), key=len, default=[])


def _same(request: ApprovalRequest, decision: Decision) -> str:
    """What people agree on: the call, by its digest with the arguments that were voted for, and on what terms."""
    ceiling = decision.ceiling.to_dict() if decision.ceiling is not None else None
    terms = wire_tree([decision.verdict, ceiling, decision.value], depth=_DEPTH)
    return voted_digest(request, decision.arguments) + canonical_json(terms)
