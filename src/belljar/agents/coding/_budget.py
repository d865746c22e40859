"""What a job has spent, over all its processes, and whether there is enough for the next thing.

A question to the model is written down before it is asked, with the most that it may cost; its answer, a step of the
job, says what it did cost. Of a question whose answer was lost with its process the most counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, NoReturn

from belljar.agents.coding._spec import Budget
from belljar.errors import AgentBudgetError

_CALLING: Final = ("script-", "test-")
"""Steps that call tools."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question to the model."""

    step: str
    most_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """So far. Plain data in the job's notes."""

    questions: tuple[Question, ...] = ()
    lost_calls: int = 0
    """Tool calls of scripts whose process died."""
    work_ms: int = 0
    since_ms: int | None = None
    """When the step began that goes on; None between two."""

    @classmethod
    def of(cls, note: Mapping[str, Any] | None) -> Spent:
        """From the job's notes."""
        if note is None:
            return cls()
        questions = tuple(Question(**each) for each in note["questions"])
        return cls(**{**note, "questions": questions})

    def tokens(self, steps: Mapping[str, Any]) -> int:
        """Of all questions: what the answers that are there did cost, and the most of the others."""
        answered = {each.step for each in self.questions if each.step in steps}
        real: int = sum(steps[name]["input_tokens"] + steps[name]["output_tokens"] for name in answered)
        last = {each.step: number for number, each in enumerate(self.questions)}
        lost = (
            each for number, each in enumerate(self.questions) if each.step not in answered or last[each.step] != number
        )
        return real + sum(each.most_tokens for each in lost)

    def asking(self, step: str, input_tokens: int, steps: Mapping[str, Any], budget: Budget) -> tuple[Spent, int]:
        """After one more question, and how long its answer may be. Raises AgentBudgetError where it is one too many."""
        if len(self.questions) >= budget.model_calls:
            over("model_calls", len(self.questions), budget.model_calls)
        spent = self.tokens(steps)
        room = min(budget.reply_tokens, budget.tokens - spent - input_tokens)
        if room < 1:
            over("tokens", spent, budget.tokens, f"; the next question has about {input_tokens:,}")
        question = Question(step=step, most_tokens=input_tokens + room)
        return replace(self, questions=(*self.questions, question)), room

    def tool_calls(self, steps: Mapping[str, Any]) -> int:
        """Of all scripts and tests."""
        kept: int = sum(each["tool_calls"] for name, each in steps.items() if name.startswith(_CALLING))
        return self.lost_calls + kept

    def calls_left(self, steps: Mapping[str, Any], budget: Budget) -> int:
        """Tool calls that may still be made. Raises AgentBudgetError where there are none."""
        spent = self.tool_calls(steps)
        if spent >= budget.tool_calls:
            over("tool_calls", spent, budget.tool_calls)
        return budget.tool_calls - spent

    def work_left_s(self, budget: Budget) -> float:
        """Time that may still be worked. Raises AgentBudgetError where there is none."""
        left_ms = budget.work_s * 1_000 - self.work_ms
        if left_ms <= 0:
            over("work_s", self.work_ms // 1_000, budget.work_s)
        return left_ms / 1_000

    def settled(self, last_ms: int) -> Spent:
        """With the time of a step that a process began and nobody ended; it lived until `last_ms` at least."""
        if self.since_ms is None:
            return self
        return replace(self, work_ms=self.work_ms + max(0, last_ms - self.since_ms), since_ms=None)


def over(which: str, spent: int, limit: int, more: str = "") -> NoReturn:
    """Raise AgentBudgetError."""
    details = {"budget": which, "spent": spent, "limit": limit}
    raise AgentBudgetError(f"the job has used up its budget: {which} {spent:,} of {limit:,}{more}", details=details)
