"""What a script may know of its surroundings: `context` inside the machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from belljar.errors import UsageError
from belljar.limits import Limits

GIVEN_KEYS = ("conversationId", "sessionId", "turnId", "workingDirectory", "provider", "model")
"""What the caller may set. None of it is guessed: a host path or a model's name is the caller's to tell."""


def checked_context(context: Mapping[str, Any] | None) -> dict[str, Any]:
    """`context` as given by a caller. Raises UsageError for a key that scripts do not know."""
    given = dict(context or {})
    if unknown := sorted(set(given) - set(GIVEN_KEYS)):
        raise UsageError(f"unknown context key {unknown[0]!r}", hint=f"Known keys: {', '.join(GIVEN_KEYS)}.")
    return given


def build_context(
    given: Mapping[str, Any], *, run_id: str, limits: Limits, tools: Sequence[str], asking: Sequence[str], mode: str
) -> dict[str, Any]:
    """The whole context object of one run; the prelude adds `telemetry`. `asking` are the tools that need approval."""
    return {
        **dict.fromkeys(GIVEN_KEYS),
        **given,
        "scriptId": run_id,
        "sandbox": {
            "timeoutMs": limits.timeout_ms,
            "memoryMb": limits.memory_mb,
            "remainingToolBudget": limits.tool_calls,
            "maxConcurrentToolCalls": limits.concurrent_calls,
            "mode": mode,
        },
        "capabilities": {"tools": list(tools)},
        "approvals": {"required": list(asking), "lastRequestId": None},
    }
