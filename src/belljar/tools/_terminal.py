"""Asks the person at the terminal, one question at a time.

Questions and answers go over standard error and standard input, so that standard output stays data. Everything that
comes from a script or a tool is written as text, never as markup or as an escape sequence. What was typed before a
question was on the screen does not answer it.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TextIO, TypeAlias
from weakref import WeakKeyDictionary

from belljar.audit import redact
from belljar.errors import SerializationError, UsageError
from belljar.tools._approval import ApprovalRequest, Decision, approval_digest
from belljar.tools._terminal_io import LineReader, edited_in, editor_command, visible
from belljar.values import from_wire, wire_tree

if TYPE_CHECKING:
    from rich.console import RenderableType

Fallback: TypeAlias = Literal["approve", "deny"]

_MENU: Final = "[y] approve  [n] deny  [a] approve {tool} for the rest of this run  [e] edit the arguments: "
_LINES_SHOWN: Final = 120
"""Of arguments and excerpt each. More scrolls the question away."""
_WIDTH: Final = 100


class TerminalApprover:
    """Shows each request and reads y, n, a or e from the terminal.

    `fallback` answers when standard input is no terminal, and standard error says so each time; it is "deny" unless
    stated. `editor` is the command for `e`; None takes $VISUAL or $EDITOR, and an empty one asks for a line of JSON.
    The editor and that line hold the real arguments, secrets included. `who` goes into the decisions. Streams other
    than the standard ones are for tests.
    """

    def __init__(
        self,
        *,
        fallback: Fallback = "deny",
        editor: Sequence[str] | None = None,
        who: str = "terminal",
        stdin: TextIO | None = None,
        stderr: TextIO | None = None,
    ) -> None:
        if fallback not in ("approve", "deny"):
            raise UsageError(f'fallback is "approve" or "deny", got {fallback!r}')
        self._fallback = fallback
        self._editor = editor
        self._who = who
        self._stdin = stdin
        self._stderr = stderr
        # One approver may serve several event loops in turn (each belljar.run has its own); a lock belongs to one.
        self._locks: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()

    async def decide(self, request: ApprovalRequest) -> Decision:
        """The person's answer. Waits its turn when another question is open; safe to cancel at any point."""
        async with self._locks.setdefault(asyncio.get_running_loop(), asyncio.Lock()):
            screen = _Screen(file=self._stderr or sys.stderr)
            stdin = self._stdin or sys.stdin
            if stdin is None or stdin.closed or not stdin.isatty():
                return self._without_terminal(request, screen, "standard input is no terminal")
            try:
                return await self._ask(request, screen, LineReader(stdin))
            except NotImplementedError:  # the event loop cannot watch a terminal
                return self._without_terminal(request, screen, "this event loop cannot watch the terminal")

    def _without_terminal(self, request: ApprovalRequest, screen: _Screen, why: str) -> Decision:
        screen.say(f"belljar: approval of {request.tool}: {why}; the fallback policy is {self._fallback}.")
        if self._fallback == "approve":
            return Decision.approve(request, reason=why, who=f"{self._who} fallback")
        return Decision.deny(request, f"nobody could be asked: {why}", who=f"{self._who} fallback")

    async def _ask(self, request: ApprovalRequest, screen: _Screen, lines: LineReader) -> Decision:
        screen.show(request)
        lines.discard_typeahead()
        dialog = _Dialog(request=request, screen=screen, lines=lines, editor=self._command(), who=self._who)
        return await dialog.run()

    def _command(self) -> Sequence[str]:
        return editor_command() if self._editor is None else self._editor


@dataclass(frozen=True, slots=True, kw_only=True)
class _Dialog:
    """One question, until it has its answer."""

    request: ApprovalRequest
    screen: _Screen
    lines: LineReader
    editor: Sequence[str]
    who: str

    async def run(self) -> Decision:
        decision: Decision | None = None
        while decision is None:
            answer = await self._line(_MENU.format(tool=self.request.tool))
            if answer is None:
                return Decision.deny(self.request, "the terminal was closed", who=self.who)
            decision = await self._take(answer.strip().lower())
        return decision

    async def _take(self, answer: str) -> Decision | None:
        if answer in ("y", "yes"):
            return Decision.approve(self.request, who=self.who)
        if answer in ("a", "all"):
            return Decision.approve_for_run(self.request, who=self.who)
        if answer in ("n", "no"):
            reason = await self._line("Reason for the script (may be empty): ")
            return Decision.deny(self.request, (reason or "").strip(), who=self.who)
        if answer in ("e", "edit"):
            return await self._edit()
        self.screen.say("Please answer y, n, a or e.")
        return None

    async def _edit(self) -> Decision | None:
        text = await self._edited_text()
        arguments = _arguments_of(text, self.screen.say) if text is not None else None
        if arguments is None:
            self.screen.say("Nothing was changed.")
            return None
        self.screen.show_arguments("new arguments", redact(arguments))
        self.screen.say(f"digest {_digest(self.request, arguments)}")
        answer = await self._line("Approve the call with these arguments? [y/n]: ")
        if (answer or "").strip().lower() in ("y", "yes"):
            return Decision.edit(self.request, arguments, who=self.who)
        return None

    async def _edited_text(self) -> str | None:
        if not self.editor:
            return await self._line("New arguments as one line of JSON: ")
        current = json.dumps(wire_tree(dict(self.request.arguments), depth=256), indent=2, ensure_ascii=False)
        return await edited_in(self.editor, current + "\n")

    async def _line(self, question: str) -> str | None:
        self.screen.prompt(question)
        return await self.lines.line()


def _arguments_of(text: str, say: Callable[[str], None]) -> dict[str, Any] | None:
    try:
        arguments = from_wire(text)
    except SerializationError as error:
        say(error.message)
        return None
    if not isinstance(arguments, dict):
        say("The arguments must be one JSON object.")
        return None
    return arguments


def _digest(request: ApprovalRequest, arguments: Mapping[str, Any]) -> str:
    return approval_digest(request.script_sha256, request.ordinal, request.tool, arguments)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Screen:
    """Writes to one stream. rich comes in with the first question that is shown: it takes 50 ms to import."""

    file: TextIO

    def say(self, text: str) -> None:
        print(visible(text), file=self.file, flush=True)

    def prompt(self, question: str) -> None:
        print(visible(question), end="", file=self.file, flush=True)

    def show(self, request: ApprovalRequest) -> None:
        from rich.text import Text

        excerpt = Text(_cut(request.excerpt))
        facts = Text(_facts(request), style="dim")
        arguments = Text(_pretty(request.display))
        self._panel(f"approve {request.tool}?", [Text(visible(request.reason)), arguments, excerpt, facts])

    def show_arguments(self, title: str, arguments: Mapping[str, Any]) -> None:
        from rich.text import Text

        self._panel(title, [Text(_pretty(arguments))])

    def _panel(self, title: str, parts: list[RenderableType]) -> None:
        from rich.box import ROUNDED
        from rich.console import Console, Group
        from rich.panel import Panel
        from rich.text import Text

        console = Console(file=self.file, markup=False, emoji=False, highlight=False, soft_wrap=False)
        width = min(console.width, _WIDTH)
        console.print(Panel(Group(*parts), title=Text(visible(title)), title_align="left", box=ROUNDED, width=width))


def _facts(request: ApprovalRequest) -> str:
    where = f"line {request.line}:{request.column}, " if request.line is not None else ""
    return (
        f"{where}call {request.ordinal} of run {visible(request.run_id)}\n"
        f"running for {request.elapsed_ms / 1000:.1f} s, answer within {request.expires_ms / 1000:.0f} s\n"
        f"digest {visible(request.digest)}"
    )


def _pretty(arguments: Mapping[str, Any]) -> str:
    return _cut(json.dumps(arguments, indent=2, ensure_ascii=False, default=str))


def _cut(text: str) -> str:
    lines = visible(text).split("\n")
    if len(lines) <= _LINES_SHOWN:
        return "\n".join(lines)
    return "\n".join([*lines[:_LINES_SHOWN], f"… {len(lines) - _LINES_SHOWN} more of {len(lines)} lines"])
