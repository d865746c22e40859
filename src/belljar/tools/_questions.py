"""The questions of one run: who must agree to a call, what was asked, what came of it, what stays open.

A question is put to the approver, its end is written down, and what the approver leaves open waits in `pending`: the
run is suspended when nothing else goes on. An approval for the rest of the run answers later questions by itself, as
far as its ceiling goes.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from belljar.audit import redact, redact_text
from belljar.errors import ApprovalDeniedError, ApprovalTimeoutError, CallUnknownError, StoreError, UsageError
from belljar.journal import History, Journal, Record
from belljar.limits import Limits
from belljar.script import Script
from belljar.tools._approval import (
    ApprovalRequest,
    Approver,
    Decision,
    QuestionExpired,
    approval_digest,
    decision_on,
)
from belljar.tools._clock import RunClock, wall_ms
from belljar.tools._open_call import OpenCall
from belljar.tools._statistics import ApprovalStatistics, Ending
from belljar.tools._terms import HOST, Ceiling, Grant
from belljar.tools.events import ApprovalRequested, ApprovalResolved, Event


class Asker(Protocol):
    """What questions need of their run."""

    @property
    def run_id(self) -> str: ...
    @property
    def script(self) -> Script: ...
    @property
    def limits(self) -> Limits: ...
    @property
    def journal(self) -> Journal: ...
    @property
    def clock(self) -> RunClock: ...
    @property
    def approver(self) -> Approver | None: ...
    @property
    def statistics(self) -> ApprovalStatistics: ...
    @property
    def redact_secrets(self) -> Sequence[str]: ...

    def tell(self, make: Any) -> None: ...


class Questions:
    """Used from the event loop's thread only."""

    def __init__(self, services: Asker) -> None:
        self._s = services
        self._grants: dict[str, Grant] = {}
        self._open: dict[int, ApprovalRequest] = {}
        """Left open by the approver, by call."""
        self._reasons: dict[int, str] = {}
        """Why a call was asked about that is open since before a suspension."""

    def restore(self, history: History) -> None:
        """Know what was approved and asked before this process took the run over."""
        self._reasons = dict(history.waiting)
        for tool, facts in history.grants.items():
            self._grants[tool] = grant = Grant(ordinal=facts["call"], ceiling=_ceiling(facts.get("ceiling")))
            for intent in history.granted(facts["call"]):
                grant.use(intent["arguments"])

    @property
    def pending(self) -> tuple[ApprovalRequest, ...]:
        """What a person must answer before the run can go on, in the order of the calls."""
        return tuple(self._open[id_] for id_ in sorted(self._open))

    def drop(self, call: int) -> None:
        """Nobody wants the answer any more."""
        self._open.pop(call, None)

    # -- whether to ask -------------------------------------------------------------------------------------------

    def reason(self, call: OpenCall) -> str | None:
        """Why somebody must agree; None where nobody need. What was asked once is asked until it is answered."""
        waits_for = self._reasons.pop(call.id, None)
        if waits_for is not None or self._use_grant(call):
            return waits_for
        try:
            return call.tool.approval_reason(call.kwargs)
        except Exception as error:  # the rule is the host's code: what it cannot decide is not allowed
            reason = f"the approval rule of {call.tool.name} failed"
            raise ApprovalDeniedError(reason, tool=call.tool.name) from error

    def _use_grant(self, call: OpenCall) -> bool:
        grant = self._grants.get(call.tool.name)
        if grant is None or not grant.covers(call.asked):
            return False
        grant.use(call.asked)
        call.granted = grant.ordinal
        call.is_approved = True
        return True

    # -- asking ---------------------------------------------------------------------------------------------------

    async def put(self, call: OpenCall, reason: str) -> Decision | None:
        """The approval or response, which is applied to `call`, or None for a question that is left open.

        Raises the script's error where the call may not be made.
        """
        request = self._request(call, reason)
        self._s.statistics.count_request()
        self._s.tell(lambda: _requested(request))
        asked_s = time.monotonic()
        ending: Ending = "cancelled"
        decision: Decision | None = None
        try:
            async with asyncio.timeout(request.expires_ms / 1000):
                decision = await self._decision(request)
            ending = _ending(decision)
        except (TimeoutError, QuestionExpired) as error:
            ending = "timed_out"
            waited = f"within {request.expires_ms / 1000:g} s" if isinstance(error, TimeoutError) else "in time"
            raise ApprovalTimeoutError(f"nobody decided on {request.tool} {waited}", tool=request.tool) from None
        except StoreError:
            ending = "deferred"  # the question stands, and the run goes on elsewhere
            raise
        finally:
            waited_ms = round((time.monotonic() - asked_s) * 1000)
            self._s.statistics.count_ending(ending, waited_ms=waited_ms)
            self._write(call, request, decision, ending)
        if decision is None:
            self._open[call.id] = replace(request, expires_ms=self._s.limits.open_approval_ms)
            return None
        return self.apply(call, decision)

    def apply(self, call: OpenCall, decision: Decision) -> Decision:
        """Do to `call` what was decided. Raises the script's error where it may not be made."""
        if decision.verdict == "respond":
            return decision
        if not decision.is_approval:
            raise _denial(call, decision)
        if decision.arguments is not None:
            call.asked = dict(decision.arguments)
            call.kwargs = call.tool.validate(call.asked)
        if decision.verdict == "approve_for_run":
            self._grant(call, decision.ceiling)
        call.is_approved = True
        return decision

    def _grant(self, call: OpenCall, ceiling: Ceiling | None) -> None:
        known = self._grants.get(call.tool.name)
        grant = known if known is not None and known.ordinal == call.id else Grant(ordinal=call.id, ceiling=ceiling)
        if not grant.covers(call.asked):
            raise ApprovalDeniedError(
                f"the approval of {call.tool.name} has a ceiling below the call itself", tool=call.tool.name
            )
        grant.use(call.asked)
        call.granted = call.id
        self._grants[call.tool.name] = grant

    async def _decision(self, request: ApprovalRequest) -> Decision | None:
        """The approver's answer; whatever goes wrong there is a denial, and None leaves the question open.

        Raises StoreError where the store cannot say what was decided.
        """
        if self._s.approver is None:
            return Decision.deny(request, "no approver is configured", who=HOST)
        try:
            decision = decision_on(request, await self._s.approver.decide(request), who="approver")
            if decision is not None and decision.verdict == "respond" and not request.is_unknown:
                raise UsageError("only a call that may have taken place can be responded to")
        except (QuestionExpired, StoreError):
            raise
        except Exception as error:  # an approver that fails has not approved
            return Decision.deny(request, f"the approver failed ({type(error).__name__})", who=HOST)
        if decision is not None and decision.digest != request.digest:
            return Decision.deny(request, "the decision was made for another call", who=HOST)
        return decision

    def _request(self, open_call: OpenCall, reason: str) -> ApprovalRequest:
        call, script, secrets = open_call.call, self._s.script, self._s.redact_secrets
        tool, attempt = open_call.tool, open_call.attempt
        excerpt = script.excerpt(call.line, call.column) if call.line else ""
        return ApprovalRequest(
            id=f"{self._s.run_id}:{call.id}" if attempt == 1 else f"{self._s.run_id}:{call.id}.{attempt}",
            run_id=self._s.run_id,
            script_sha256=script.sha256,
            ordinal=call.id,
            call_id=str(call.id),
            tool=tool.name,
            arguments=open_call.asked,
            display=redact(open_call.asked, secrets=secrets),
            excerpt=redact_text(excerpt, secrets=secrets),
            line=call.line or None,
            column=call.column or None,
            reason=redact_text(reason, secrets=secrets),
            elapsed_ms=round(self._s.clock.spent_s * 1000),
            expires_ms=self._s.limits.approval_timeout_ms,
            digest=approval_digest(script.sha256, call.id, tool.name, open_call.asked, attempt=attempt),
            quorum=tool.quorum,
            is_unknown=open_call.is_unknown,
            schema=tool.parameters,
        )

    # -- what is written down -------------------------------------------------------------------------------------

    def _write(self, call: OpenCall, request: ApprovalRequest, decision: Decision | None, ending: Ending) -> None:
        """Write down and tell how a question ended. One left open is written down with the suspension."""
        verdict = decision.verdict if decision is not None else ending
        facts: dict[str, Any] = {
            "call": call.id, "request": request.id, "tool": request.tool, "digest": request.digest, "verdict": verdict,
            "at_ms": wall_ms(),
        }  # fmt: skip
        if decision is not None:
            facts |= _facts(decision)
        if ending != "deferred":
            self._s.journal.append(Record("approval", facts))
        self._s.tell(lambda: _resolved(request, verdict, decision.who if decision is not None else ""))


def decision_of(facts: Mapping[str, Any]) -> Decision:
    """The decision in a journal's approval record."""
    names = ("verdict", "digest", "arguments", "reason", "who", "at_ms", "value")
    known = {name: facts[name] for name in names if name in facts}
    return Decision(**known, ceiling=_ceiling(facts.get("ceiling")))


def _facts(decision: Decision) -> dict[str, Any]:
    facts: dict[str, Any] = {"who": decision.who, "reason": decision.reason, "at_ms": decision.at_ms or wall_ms()}
    if decision.arguments is not None:
        facts["arguments"] = dict(decision.arguments)
    if decision.ceiling is not None:
        facts["ceiling"] = decision.ceiling.to_dict()
    if decision.verdict == "respond":
        facts["value"] = decision.value
    return facts


def _ceiling(facts: Mapping[str, Any] | None) -> Ceiling | None:
    return Ceiling(**facts) if facts else None


def _denial(call: OpenCall, decision: Decision) -> ApprovalDeniedError | CallUnknownError:
    name, why = call.tool.name, f": {decision.reason}" if decision.reason else ""
    if call.is_unknown:
        return CallUnknownError(
            f"nobody knows whether the call of {name} took place, and it is not made again{why}", tool=name
        )
    return ApprovalDeniedError(f"the call of {name} was denied{why}", tool=name)


def _ending(decision: Decision | None) -> Ending:
    if decision is None:
        return "deferred"
    if decision.verdict == "deny":
        return "denied"
    return "edited" if decision.arguments is not None else "approved"


def _requested(request: ApprovalRequest) -> Event:
    return ApprovalRequested(
        run_id=request.run_id,
        call=request.ordinal,
        tool=request.tool,
        request_id=request.id,
        reason=request.reason,
        expires_ms=request.expires_ms,
    )


def _resolved(request: ApprovalRequest, verdict: str, who: str) -> Event:
    return ApprovalResolved(
        run_id=request.run_id,
        call=request.ordinal,
        tool=request.tool,
        request_id=request.id,
        verdict=verdict,
        who=who,
    )
