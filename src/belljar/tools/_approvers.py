"""Approvers without a terminal: a function of yours, a policy that needs nobody, and nobody here at all."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from fnmatch import fnmatchcase
from typing import Any, Final, Literal, TypeAlias

from belljar.errors import UsageError
from belljar.tools._approval import ApprovalRequest, Decision, MaybeAnswer, decision_on

Policy: TypeAlias = Literal["all", "none"] | Mapping[str, Literal["approve", "deny"]]

_ALL_OR_NONE: Final[Mapping[object, Mapping[str, str]]] = {"all": {"*": "approve"}, "none": {"*": "deny"}}


class CallbackApprover:
    """Asks a function of the host. A sync one runs in a worker thread, so it may block: the event loop goes on.

    Cancelling `decide` cancels an async function; a sync one cannot be stopped, and its late answer is dropped.
    """

    def __init__(
        self, fn: Callable[[ApprovalRequest], MaybeAnswer | Awaitable[MaybeAnswer]], *, who: str = "callback"
    ) -> None:
        if not callable(fn):
            raise UsageError(f"CallbackApprover takes a function, got a {type(fn).__name__}")
        self._fn = fn
        self._who = who

    async def decide(self, request: ApprovalRequest) -> Decision | None:
        """The function's answer. Raises UsageError when it is none of the kinds, and what the function raises."""
        return decision_on(request, await self._ask(request), who=self._who)

    async def _ask(self, request: ApprovalRequest) -> Any:
        if inspect.iscoroutinefunction(self._fn):
            return await self._fn(request)
        import asyncio  # 17 ms that `import belljar` need not pay

        answer = await asyncio.to_thread(self._fn, request)
        return await answer if inspect.isawaitable(answer) else answer


class DeferApprover:
    """Leaves every question open: a run that needs a decision is suspended, and `Harness.resume` brings it."""

    async def decide(self, request: ApprovalRequest) -> None:
        """Nobody is here."""


class AutoApprover:
    """Answers by a rule, at once. For tests, for sandboxes with nothing to lose, and for policy by tool name.

    `policy` is "all", "none", or a mapping of name patterns (`mcp.github.*`, case counts) to "approve" or "deny": the
    first pattern that fits decides, and what no pattern fits is denied.
    """

    def __init__(self, policy: Policy) -> None:
        rules = policy if isinstance(policy, Mapping) else _ALL_OR_NONE.get(policy)
        if rules is None:
            raise UsageError(f'a policy is "all", "none" or a mapping, got {policy!r}')
        for pattern, verdict in rules.items():
            if verdict not in ("approve", "deny"):
                raise UsageError(f'policy for {pattern!r} must be "approve" or "deny", got {verdict!r}')
        self._rules = dict(rules)

    async def decide(self, request: ApprovalRequest) -> Decision:
        """The first fitting rule's verdict; `who` names the rule."""
        for pattern, verdict in self._rules.items():
            if fnmatchcase(request.tool, pattern):
                return self._answer(request, pattern, verdict)
        return Decision.deny(request, "no rule of the policy allows this tool", who="policy")

    @staticmethod
    def _answer(request: ApprovalRequest, pattern: str, verdict: str) -> Decision:
        who = f"policy {pattern}"
        if verdict == "approve":
            return Decision.approve(request, who=who)
        return Decision.deny(request, "the policy denies this tool", who=who)
