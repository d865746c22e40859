"""The runs of an MCP server: started, asked about, gone on with.

    run -> done | failed | suspended -> (who can decide?) -> resume -> ...

Who decides is settled when the server is made, and is never the model: a person at the client, through the protocol's
own forms; an operator, who is an Approver; or, where that was switched on in words, whoever the client says. Rule 1: a
decision counts for the questions that were shown, and once. Rule 2: what nobody can be asked stays open, and the result
says what to do. Rule 3: no suspended run is kept here; the harness's journal folder has it.
"""

from __future__ import annotations

import json
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

import mcp_types as t
from pydantic import BaseModel, Field

from belljar.errors import HostError, JournalError, UsageError
from belljar.harness import Harness, Outcome, Suspension
from belljar.integrations._mcp_caller import Asking, Caller
from belljar.integrations._mcp_questions import ROUNDS, Round, questions, shown_digest, stated
from belljar.integrations._mcp_results import refused, result_of, still_suspended
from belljar.tools import ApprovalRequest, Approver, Decision, MaybeAnswer

Answer: TypeAlias = t.CallToolResult | t.InputRequiredResult

_ENDED_KEPT: Final = 64
"""Results of runs that ended here, for a client that lost the answer. Each is 260 kB at most: value and text."""
_WAITS: Final = (
    "A person must decide; you cannot. Do not send the script again and do not call the tool another way: what the "
    "script has done is kept, and it goes on where it stopped."
)


class ClientDecision(BaseModel):
    """What a client says that a person has decided about one call."""

    id: str = Field(description="Of the open question.")
    digest: str = Field(description="Of the open question, as the person was shown it.")
    decision: Literal["approve", "approve_for_run", "deny"]
    reason: str = Field(default="", description="The script reads it where the call is denied.")


@dataclass(slots=True, kw_only=True)
class Runs:
    """What the server's tools do. Used from the event loop's thread only."""

    harness: Harness
    asks_client: bool
    """Whether the person at the client decides, where the client can show a form."""
    operator: Approver | None
    """Is asked by `go_on`; what he leaves open stays open."""
    trusts_client: bool
    """Whether `go_on` takes the client's word for what a person decided."""
    _ended: OrderedDict[str, t.CallToolResult] = field(default_factory=OrderedDict)

    # -- what the tools do ------------------------------------------------------------------------------------------

    async def start(self, code: str, caller: Caller) -> Answer:
        """Run a script; or, where the request answers questions, go on with its run."""
        asked = caller.round
        return await _told_of(self._started(code, caller) if asked is None else self._answered(asked, caller))

    async def go_on(self, run_id: str, said: Sequence[ClientDecision], caller: Caller) -> Answer:
        """Go on with a suspended run as far as it is decided, or say what it waits for."""
        asked = caller.round
        return await _told_of(self._looked_at(run_id, said, caller) if asked is None else self._answered(asked, caller))

    async def _started(self, code: str, caller: Caller) -> Answer:
        outcome = await caller.wait(lambda tell: self.harness.run(code, on_event=tell))
        return await self._next(outcome, caller, number=1)

    async def _looked_at(self, run_id: str, said: Sequence[ClientDecision], caller: Caller) -> Answer:
        if (ended := self._ended.get(run_id)) is not None:
            return ended
        if (suspension := self._suspension(run_id)) is None:
            return _not_suspended(run_id)
        if decisions := await self._decided_elsewhere(suspension.pending, said, caller):
            return await self._resumed(suspension, decisions, caller, number=1)
        return await self._asked(suspension, caller, number=1) or self._still_suspended(suspension, caller)

    async def _answered(self, asked: Round, caller: Caller) -> Answer:
        """The client repeats a request with the answers to the questions that it got."""
        suspension = self._suspension(asked.run_id)
        if suspension is None or shown_digest(suspension.pending) != asked.shown:
            return _not_suspended(asked.run_id)
        decisions = caller.decisions(suspension.pending)
        if not decisions:
            return self._still_suspended(suspension, caller)
        return await self._resumed(suspension, decisions, caller, number=asked.number + 1)

    # -- from one question to the next ------------------------------------------------------------------------------

    async def _resumed(
        self, suspension: Suspension, decisions: Mapping[str, MaybeAnswer], caller: Caller, *, number: int
    ) -> Answer:
        """Go on with these decisions. Where they leave a question open, nothing is asked again in this request."""
        outcome = await caller.wait(lambda tell: self.harness.resume(suspension.state, decisions, on_event=tell))
        is_complete = all(request.id in decisions for request in suspension.pending)
        return await self._next(outcome, caller, number=number if is_complete else ROUNDS + 1)

    async def _next(self, outcome: Outcome, caller: Caller, *, number: int) -> Answer:
        """What the client gets of an outcome: its next questions, or the result."""
        if outcome.suspension is None:
            return self._kept(result_of(outcome), outcome.run_id)
        asked = await self._asked(outcome.suspension, caller, number=number)
        return asked or result_of(outcome, what_to_do=self._what_to_do(outcome.suspension, caller))

    async def _asked(self, suspension: Suspension, caller: Caller, *, number: int) -> Answer | None:
        """What comes of asking the person at the client; None where he cannot be asked or leaves all open."""
        asking = self._asking(caller)
        if asking is None or number > ROUNDS:
            return None
        if asking == "result":
            return questions(suspension, number=number)
        decisions = await caller.ask(suspension.pending)
        return await self._resumed(suspension, decisions, caller, number=number + 1) if decisions else None

    def _kept(self, result: t.CallToolResult, run_id: str) -> t.CallToolResult:
        self._ended[run_id] = result
        if len(self._ended) > _ENDED_KEPT:
            self._ended.popitem(last=False)
        return result

    def _still_suspended(self, suspension: Suspension, caller: Caller) -> t.CallToolResult:
        return still_suspended(suspension, what_to_do=self._what_to_do(suspension, caller))

    def _suspension(self, run_id: str) -> Suspension | None:
        try:
            return self.harness.suspended(run_id)
        except (JournalError, UsageError):  # no such run, no run's name, or it went on: for a client the same
            return None

    # -- who decides ------------------------------------------------------------------------------------------------

    async def _decided_elsewhere(
        self, pending: Sequence[ApprovalRequest], said: Sequence[ClientDecision], caller: Caller
    ) -> Mapping[str, MaybeAnswer]:
        """Answers of the operator, or those that the client states where it is trusted to."""
        if self.trusts_client:
            return _on_trust(pending, said, who=f"{caller.who}, on its word")
        if self.operator is None:
            return {}
        answers = {request.id: await self.operator.decide(request) for request in pending}
        return {id_: answer for id_, answer in answers.items() if answer is not None}

    def _asking(self, caller: Caller) -> Asking | None:
        return caller.asking if self.asks_client else None

    def _what_to_do(self, suspension: Suspension, caller: Caller) -> str:
        """For the model: that it cannot decide, who can, and how the run goes on."""
        again = f"call resume_run with run_id {suspension.run_id!r}"
        if self.trusts_client:
            how = f"Show the user every entry of pending in full and ask; then {again} and what the user decided."
        elif self._asking(caller) is not None:
            how = f"The user decides in a form that this client shows. When the user is ready, {again}: it asks."
        elif self.operator is not None:
            how = f"An operator decides. Tell the user; when the user says that it is decided, {again}."
        else:
            how = f"This client cannot show the question. Tell the user: from one that can, {again}."
        return f"{_WAITS} {how}"


def _on_trust(pending: Sequence[ApprovalRequest], said: Sequence[ClientDecision], *, who: str) -> dict[str, Decision]:
    """Decisions of the client's own that carry the digests of the questions they answer."""
    answers = {(answer.id, answer.digest): answer for answer in said}
    pairs = ((request, answers.get((request.id, request.digest))) for request in pending)
    decisions = {
        request.id: stated(request, answer.decision, answer.reason, who=who)
        for request, answer in pairs
        if answer is not None
    }
    return {id_: decision for id_, decision in decisions.items() if decision is not None}


# -- what was not done ------------------------------------------------------------------------------------------------


def _not_suspended(run_id: str) -> t.CallToolResult:
    return refused(
        f"Nothing was run: {run_id[:80]!r} is no run that waits for this. It was decided already, goes on, "
        "has ended, or never was; a decision counts once. What came of a run that ended lately: resume_run."
    )


async def _told_of(work: Awaitable[Answer]) -> Answer:
    """A host that cannot go on is told of in its log; the model learns what was done, and no path of the host."""
    try:
        return await work
    except HostError as error:
        logging.getLogger("belljar").exception("a run of the MCP server could not go on")
        calls = json.dumps(error.details.get("calls", []))
        return refused(
            f"{error.code}: the host could not go on, and its log says why. This is not the script's fault. "
            f"Calls of this request, which must not be repeated: {calls}"
        )
