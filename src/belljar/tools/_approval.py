"""One question to a person about one call, and the answer, tied together by a digest.

What is approved is what runs: `approval_digest` covers the script, the call's place in the run, the tool and the whole
arguments. The person sees the digest beside a shortened, redacted view; the decision carries it back; the host compares
it with the digest of what it is about to dispatch and refuses any other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, Literal, Protocol, TypeAlias

from belljar.errors import UsageError
from belljar.tools._terms import Ceiling, Quorum
from belljar.values import canonical_json, wire_tree

Verdict: TypeAlias = Literal["approve", "approve_for_run", "deny", "respond"]
_VERDICTS: Final = ("approve", "approve_for_run", "deny", "respond")

_DOMAIN: Final = b"belljar.approval.v1\x00"
"""So that no digest of another kind of record can ever equal one of these."""

_DEPTH: Final = 256
"""Limits.return_depth's largest value."""


def approval_digest(
    script_sha256: str, ordinal: int, tool: str, arguments: Mapping[str, Any], *, attempt: int = 1
) -> str:
    """64 hex digits: SHA-256 over a domain prefix and the canonical JSON (RFC 8785) of the facts.

    Bytes in the arguments count in their wire form. `attempt` counts from 1: a decision to make a call is none to make
    it again. Raises SerializationError for arguments that are no data.
    """
    facts: dict[str, Any] = {
        "arguments": wire_tree(dict(arguments), depth=_DEPTH),
        "ordinal": ordinal,
        "script": script_sha256,
        "tool": tool,
    }
    if attempt > 1:
        facts["attempt"] = attempt
    return hashlib.sha256(_DOMAIN + canonical_json(facts).encode("utf-8")).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRequest:
    """What an approver is asked."""

    id: str
    """Unique over all runs; answers name it."""
    run_id: str
    script_sha256: str
    ordinal: int
    """Place of the call among the run's calls, from 1."""
    call_id: str
    tool: str
    arguments: Mapping[str, Any]
    """The real ones, by name, in plain data and bytes. Not for display."""
    display: Mapping[str, Any]
    """`arguments` after `redact`."""
    excerpt: str
    """The script around the call, with the call's line marked."""
    line: int | None
    """Of the call, from 1."""
    column: int | None
    """From 1, in UTF-16 code units."""
    reason: str
    """Why the tool asks."""
    elapsed_ms: int
    """How long the run had been going when it asked, waiting for approvals not counted."""
    expires_ms: int
    """How long the answer is waited for, from the moment of asking."""
    digest: str
    """`approval_digest` of script, ordinal, tool and arguments."""
    quorum: Quorum | None = None
    """Whose word is needed; None: anybody's who is asked."""
    is_unknown: bool = False
    """Whether the process died while this call was on its way. Approved, it is made again; `respond` says that it took
    place, and what it gave."""
    schema: Mapping[str, Any] | None = None
    """JSON Schema of the tool's parameters."""

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON data for a person's eyes: the arguments as `display` has them."""
        shown = ("id", "run_id", "tool", "reason", "excerpt", "line", "column", "elapsed_ms", "digest", "is_unknown")
        return {"arguments": dict(self.display), **{name: getattr(self, name) for name in shown}}

    def to_facts(self) -> dict[str, Any]:
        """All of it, the real arguments too, as plain data and bytes for a record."""
        facts = {field.name: getattr(self, field.name) for field in fields(self)}
        quorum = self.quorum
        return facts | {"quorum": {"needed": quorum.needed, "of": list(quorum.of)} if quorum is not None else None}

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> ApprovalRequest:
        """What `to_facts` gave. Raises TypeError for facts that are of another version."""
        quorum = facts.get("quorum")
        return cls(**{**facts, "quorum": Quorum(needed=quorum["needed"], of=tuple(quorum["of"])) if quorum else None})


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """An approver's answer. Made by the five constructors; valid for the request with this digest only."""

    verdict: Verdict
    digest: str
    """Of the request that was answered, not of replaced arguments."""
    arguments: Mapping[str, Any] | None = None
    """Instead of the request's, to be validated again; None leaves them."""
    reason: str = ""
    """In the decider's words; a denied script reads it."""
    who: str = ""
    """The person or policy, for the audit log."""
    at_ms: int = 0
    """Milliseconds since 1970, UTC; 0 when the host shall set it."""
    ceiling: Ceiling | None = None
    """How far an approval for the run goes; None: for all its calls of the tool."""
    value: Any = None
    """What the call gave, where somebody says that it took place."""

    def __post_init__(self) -> None:
        if self.verdict not in _VERDICTS:
            raise UsageError(f"a verdict is one of {', '.join(_VERDICTS)}, got {self.verdict!r}")
        if self.arguments is not None and self.verdict != "approve":
            raise UsageError(f"a decision to {self.verdict} cannot change the arguments")
        if self.ceiling is not None and self.verdict != "approve_for_run":
            raise UsageError(f"a decision to {self.verdict} has no ceiling")

    @classmethod
    def approve(cls, request: ApprovalRequest, *, reason: str = "", who: str = "", at_ms: int = 0) -> Decision:
        """Make this one call as it is."""
        return cls(verdict="approve", digest=request.digest, reason=reason, who=who, at_ms=at_ms)

    @classmethod
    def edit(
        cls, request: ApprovalRequest, arguments: Mapping[str, Any], *, reason: str = "", who: str = "", at_ms: int = 0
    ) -> Decision:
        """Make this one call with other arguments; the tool's schema is applied to them as well."""
        changed = dict(arguments)
        return cls(verdict="approve", digest=request.digest, arguments=changed, reason=reason, who=who, at_ms=at_ms)

    @classmethod
    def approve_for_run(
        cls,
        request: ApprovalRequest,
        *,
        ceiling: Ceiling | None = None,
        reason: str = "",
        who: str = "",
        at_ms: int = 0,
    ) -> Decision:
        """Make this call, and later calls of the same tool in the same run without asking again, up to `ceiling`."""
        return cls(
            verdict="approve_for_run", digest=request.digest, ceiling=ceiling, reason=reason, who=who, at_ms=at_ms
        )

    @classmethod
    def respond(
        cls, request: ApprovalRequest, value: Any, *, reason: str = "", who: str = "", at_ms: int = 0
    ) -> Decision:
        """Do not make the call again: it took place, and gave `value`. For a request that `is_unknown` only."""
        return cls(verdict="respond", digest=request.digest, value=value, reason=reason, who=who, at_ms=at_ms)

    @classmethod
    def deny(cls, request: ApprovalRequest, reason: str = "", *, who: str = "", at_ms: int = 0) -> Decision:
        """Do not make this call."""
        return cls(verdict="deny", digest=request.digest, reason=reason, who=who, at_ms=at_ms)

    @property
    def is_approval(self) -> bool:
        """Whether the call may be made."""
        return self.verdict != "deny"


class QuestionExpired(Exception):  # noqa: N818 (no error of the approver's: an answer that came to nothing)
    """Raised by an approver for a question that waited longer than it may: the script gets ApprovalTimeoutError."""


class DecisionNeeded(Exception):  # noqa: N818 (no error: the call goes on when somebody has decided)
    """Raised by a tool that finds out in the middle of its work that somebody must agree to the call.

    What it did so far must be harmless: after an approval the call is made again from its beginning, and
    `CallInfo.is_approved` is True then.
    """

    def __init__(self, reason: str = "") -> None:
        super().__init__(reason)
        self.reason = reason


Answer: TypeAlias = bool | str | Decision
"""True approves, False denies, a string denies with that reason, a Decision says it all."""
MaybeAnswer: TypeAlias = Answer | None
"""None leaves the question open: the run is suspended."""


def decision_on(request: ApprovalRequest, answer: MaybeAnswer, *, who: str) -> Decision | None:
    """An answer as a Decision on this very request; a Decision stays what it is. Raises UsageError for other kinds."""
    if answer is None or isinstance(answer, Decision):
        return answer
    if isinstance(answer, str):
        return Decision.deny(request, answer, who=who)
    if isinstance(answer, bool):
        make = Decision.approve if answer else Decision.deny
        return make(request, who=who)
    raise UsageError(f"a request is answered with a bool, a str, a Decision or None, not a {type(answer).__name__}")


class Approver(Protocol):
    """Answers requests, several at a time. A host cancels `decide` when the request expires or the run ends."""

    async def decide(self, request: ApprovalRequest) -> MaybeAnswer:
        """The answer to this request; None where nobody can decide here and now, and the run is to be suspended.

        What it raises counts as a denial, and so does an answer of another kind.
        """
        ...
