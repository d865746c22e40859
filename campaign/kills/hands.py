"""The tools that scripts call: of each kind there is one. What each gives follows from its arguments alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final

from belljar import CallInfo, tool
from belljar.tools import AnyTool, DecisionNeeded, Happened, NeverHappened, Quorum, Tool
from campaign.kills.witness import Effect, Witness

PEOPLE: Final = ("ann", "bob", "cy")
SLOW_S: Final = 0.03
"""Longer than `scripts.SOON` waits before a machine is frozen."""
IDEMPOTENT: Final = ("look", "slow", "hang", "raises", "asks")
"""Tools that may be called again when nobody knows."""


class Hands:
    """The tools. `at` is told of the moments around an effect, so that a process can be killed there."""

    def __init__(self, witness: Witness, at: Callable[[str], None] = lambda _moment: None) -> None:
        self._witness = witness
        self._at = at

    def tools(self) -> list[AnyTool]:
        """All of them."""
        probed = Tool.of(self.probed, probe=self._probe)
        plain = (self.look, self.slow, self.hang, self.post, self.raises, self.asks)
        return [*plain, probed, self.pay, self.refused, self.quorum, self.late]

    def _effect(self, call: CallInfo) -> None:
        self._at("before effect")
        self._witness.note(Effect(run_id=call.run_id, call=call.ordinal, tool=call.tool, key=call.key))
        self._at("after effect")

    def _probe(self, arguments: Mapping[str, Any], call: CallInfo) -> Happened | NeverHappened:
        happened = self._witness.saw(call.run_id, call.ordinal)
        return Happened(arguments["n"] * 3) if happened else NeverHappened()

    @tool(idempotent=True)
    def look(self, n: int, call: CallInfo) -> int:
        """Twice the number. Looking again does no harm."""
        self._effect(call)
        return n * 2

    @tool(idempotent=True)
    async def slow(self, n: int, call: CallInfo) -> int:
        """The number, after a while."""
        await asyncio.sleep(SLOW_S)
        self._effect(call)
        return n

    @tool(idempotent=True)
    async def hang(self) -> None:
        """Never answers, and stops when it is told to."""
        await asyncio.Event().wait()

    @tool
    def post(self, n: int, call: CallInfo) -> str:
        """Something that must not happen twice."""
        self._effect(call)
        return f"posted {n}"

    @tool
    def probed(self, n: int, call: CallInfo) -> int:
        """Something that must not happen twice, and can be looked up."""
        self._effect(call)
        return n * 3

    @tool(approval="always")
    def pay(self, cents: int, call: CallInfo) -> str:
        """Something that people must agree to."""
        self._effect(call)
        return f"paid {cents}"

    @tool(idempotent=True)
    def raises(self, n: int, call: CallInfo) -> None:
        """Fails."""
        self._effect(call)
        raise ValueError(f"no {n}")

    @tool(approval="always")
    def refused(self, n: int, call: CallInfo) -> int:
        """Something that nobody agrees to."""
        self._effect(call)
        return n

    @tool(approval="always", quorum=Quorum(needed=2, of=PEOPLE))
    def quorum(self, n: int, call: CallInfo) -> int:
        """Something that two of three must agree to."""
        self._effect(call)
        return n + 100

    @tool(idempotent=True)
    def asks(self, n: int, call: CallInfo) -> int:
        """Finds out in the middle of its work that somebody must agree."""
        if not call.is_approved:
            raise DecisionNeeded("it is Friday")
        self._effect(call)
        return n * 7

    @tool(approval="always")
    def late(self, n: int, call: CallInfo) -> int:
        """Something that nobody answers in time."""
        self._effect(call)
        return n


def answer_of(tool_name: str, arguments: Mapping[str, Any]) -> Any:
    """What a tool that must not be called twice gives."""
    return ANSWERS[tool_name](next(iter(arguments.values())))


ANSWERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "post": lambda n: f"posted {n}",
    "pay": lambda cents: f"paid {cents}",
    "quorum": lambda n: n + 100,
    "refused": lambda n: n,
    "late": lambda n: n,
}
