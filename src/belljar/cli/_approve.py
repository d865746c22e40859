"""Who answers when a call needs approval: the person at the terminal, or the policy that the command line states."""

from __future__ import annotations

import asyncio
import hashlib
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, Literal, TextIO, TypeAlias

from rich.console import Console
from rich.text import Text

from belljar.audit import redacted_whole
from belljar.cli._screen import err, safe
from belljar.tools import ApprovalRequest, Approver, AutoApprover, MaybeAnswer, TerminalApprover

Policy: TypeAlias = Literal["ask", "all", "none"]
_BLOCK_LINES: Final = 5_000
_STYLES: Final = {"+": "green", "-": "red", "@": "cyan"}


def approver_for(
    policy: Policy,
    *,
    fallback: Literal["approve", "deny"] = "deny",
    stdin_is_used: bool = False,
    who: str = "terminal",
) -> Approver:
    """The approver of a policy. `fallback` answers for a person who cannot be asked, and says so each time.

    `stdin_is_used` tells that the script came in by standard input, so that answers are read from the terminal itself.
    `who` is the person there.
    """
    if policy != "ask":
        return AutoApprover(policy)
    stdin = _terminal() if stdin_is_used else None
    return WholeTextApprover(TerminalApprover(fallback=fallback, stdin=stdin, who=who))


def _terminal() -> TextIO | None:
    """The controlling terminal, or None in a process that has none."""
    try:
        return open("/dev/tty", encoding="utf-8")  # read until the process ends
    except OSError:
        return None


def can_ask() -> bool:
    """Whether somebody sits there to be asked."""
    return sys.stdin is not None and not sys.stdin.closed and sys.stdin.isatty()


class WholeTextApprover:
    """Shows long texts among the arguments in full, diffs in colour, before the question is put.

    A digest of a patch is nothing that a person can agree to.
    """

    def __init__(self, inner: Approver, *, console: Console | None = None) -> None:
        self._inner = inner
        self._console = console
        self._one_at_a_time = asyncio.Lock()

    async def decide(self, request: ApprovalRequest) -> MaybeAnswer:
        """The inner approver's answer, on the same request with the shown texts left out of its display."""
        async with self._one_at_a_time:  # texts belong above their own question
            shown = print_texts(self._console or err(), request.arguments, request.display)
            return await self._inner.decide(replace(request, display={**request.display, **shown}))


def print_texts(console: Console, arguments: Mapping[str, Any], display: Mapping[str, Any]) -> dict[str, str]:
    """Print the texts that `display` has in short, without their secrets; give what stands for them there."""
    shown: dict[str, str] = {}
    for name, value in arguments.items():
        if isinstance(value, str) and "\n" in value and _is_shortened(value, display.get(name)):
            # No other sign ends a line: one that did would forge lines of a diff.
            lines = str(redacted_whole({name: value})[name]).removesuffix("\n").split("\n")
            _print_block(console, name, lines)
            shown[name] = _reference(value, len(lines))
    return shown


def _is_shortened(value: str, display: object) -> bool:
    """Whether there is more to see than the beginning; a registered secret in that keeps all of it hidden."""
    return isinstance(display, str) and display[:200] == value[:200]


def _print_block(console: Console, name: str, lines: list[str]) -> None:
    console.print(Text(f"\n{safe(name)}:", style="bold"))
    for line in lines[:_BLOCK_LINES]:
        console.print(Text(f"  {safe(line)}", style=_STYLES.get(line[:1], "")))
    if len(lines) > _BLOCK_LINES:
        console.print(Text(f"  … {len(lines) - _BLOCK_LINES} more of {len(lines)} lines", style="yellow"))


def _reference(value: str, lines: int) -> str:
    digest = hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()
    return f"[shown above: {lines} lines, {len(value):,} characters, sha256 {digest[:16]}…]"
