"""The people who are asked: what they answer follows from the question, when they answer does not."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from belljar.errors import DecisionRefusedError
from belljar.store import Question, Store
from belljar.tools import ApprovalRequest, Ceiling, Decision
from campaign.kills.hands import PEOPLE, answer_of
from campaign.kills.scripts import case_of
from campaign.kills.witness import Witness


@dataclass(slots=True, kw_only=True)
class Voters:
    """They remember what counted, so that none of it can be lost unseen."""

    store: Store
    witness: Witness
    dice: random.Random
    decided: dict[str, Decision] = field(default_factory=dict)
    """What each question came to, by its id."""
    again: Counter[tuple[str, int]] = field(default_factory=Counter)
    """How often somebody said of a call that had taken place that it shall be made again."""
    votes: int = 0

    def look(self, *, patience: float = 1.0) -> None:
        """Answer some of what is open: each question with probability `patience`."""
        for question in self.store.approvals.open():
            if self.dice.random() < patience:
                self._answer(question)

    def _answer(self, question: Question) -> None:
        decision = decision_on(question, self.witness, self.dice)
        if decision is None:
            return
        try:
            standing = self.store.approvals.vote(
                question.id, decision, who=self._who(question), source="campaign", now_ms=time.time_ns() // 1_000_000
            )
        except DecisionRefusedError:  # it was cancelled or expired since it was looked up
            return
        self.votes += standing.is_new
        if standing.is_new and standing.decided is not None:
            self.decided[question.id] = standing.decided
            self._count_again(question, standing.decided)

    def _who(self, question: Question) -> str:
        """Somebody who is asked; a second one of a quorum comes another time, or the first one again."""
        return self.dice.choice(PEOPLE) if question.quorum is not None else "ann"

    def _count_again(self, question: Question, decision: Decision) -> None:
        if decision.verdict == "approve" and self.witness.saw(question.run_id, question.ordinal):
            self.again[question.run_id, question.ordinal] += 1


def decision_on(question: Question, witness: Witness, dice: random.Random) -> Decision | None:
    """What a person says; None: nothing, ever."""
    if _asked(question).is_unknown:
        return _of_unknown(question, witness, dice)
    answer = _ANSWERS.get(case_of(question.run_id).name, _agree)
    return answer(question)


def _of_unknown(question: Question, witness: Witness, dice: random.Random) -> Decision:
    """Somebody looks whether it took place. One in ten has it made again whatever was seen."""
    request = _asked(question)
    if witness.saw(question.run_id, question.ordinal) and dice.random() > 0.1:
        return Decision.respond(request, answer_of(question.tool, request.arguments))
    return Decision.approve(request)


def _asked(question: Question) -> ApprovalRequest:
    assert question.request is not None
    return question.request


def _agree(question: Question) -> Decision:
    return Decision.approve(_asked(question))


def _within(ceiling: Ceiling) -> Callable[[Question], Decision]:
    return lambda question: Decision.approve_for_run(_asked(question), ceiling=ceiling)


_ANSWERS: Final[Mapping[str, Callable[[Question], Decision | None]]] = {
    "edit": lambda question: Decision.edit(_asked(question), {"cents": question.ordinal}),
    "ceiling": _within(Ceiling(calls=2)),
    "sum": _within(Ceiling(sum_of="cents", at_most=30)),
    "crowd": _within(Ceiling(calls=1)),
    "denied": lambda question: Decision.deny(_asked(question), "not today"),
    "late": lambda _question: None,
}
