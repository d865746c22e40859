"""The terminal approver on a real pseudo-terminal: what it shows, what it takes for an answer."""

from __future__ import annotations

import asyncio
import dataclasses
import io
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from belljar.errors import UsageError
from belljar.tools import ApprovalRequest, Decision, TerminalApprover, approval_digest, redact

pty = pytest.importorskip("pty", reason="pseudo-terminals are a Unix thing")

ARGUMENTS = {"invoice": "A", "password": "hunter2"}


def request(**changed: Any) -> ApprovalRequest:
    arguments = changed.pop("arguments", ARGUMENTS)
    facts: dict[str, Any] = {
        "id": "q1",
        "run_id": "r1",
        "script_sha256": "ab" * 32,
        "ordinal": 0,
        "call_id": "c1",
        "tool": "pay",
        "arguments": arguments,
        "display": redact(arguments),
        "excerpt": "  1 | const a = 1;\n> 2 | await tools.pay(...)",
        "line": 2,
        "column": 7,
        "reason": "it costs money",
        "elapsed_ms": 1_500,
        "expires_ms": 60_000,
        "digest": approval_digest("ab" * 32, 0, "pay", arguments),
    }
    return ApprovalRequest(**{**facts, **changed})


class Person:
    """Sits at the other end of the terminal: waits for a question, types an answer."""

    def __init__(self, master: int, screen: io.StringIO) -> None:
        self.master = master
        self.screen = screen

    async def reads(self, question: str) -> None:
        while question not in self.screen.getvalue():
            await asyncio.sleep(0)

    async def answers(self, question: str, text: str) -> None:
        await self.reads(question)
        os.write(self.master, text.encode() + b"\n")


@pytest.fixture
def terminal() -> Iterator[tuple[int, io.TextIOWrapper]]:
    master, slave = os.openpty()
    with os.fdopen(slave, "r", encoding="utf-8") as stdin:
        yield master, stdin
    os.close(master)


Terminal = tuple[int, io.TextIOWrapper]
Script = Callable[[Person], Awaitable[None]]


def ask(
    terminal: Terminal, typed: Script, *, asked: ApprovalRequest | None = None, **options: Any
) -> tuple[Decision, str]:
    """The decision after `typed` has played the person, and everything that was on the screen."""
    master, stdin = terminal
    screen = io.StringIO()
    approver = TerminalApprover(stdin=stdin, stderr=screen, **{"editor": (), **options})

    async def both() -> Decision:
        decision, _ = await asyncio.wait_for(
            asyncio.gather(approver.decide(asked or request()), typed(Person(master, screen))), 10
        )
        return decision

    return asyncio.run(both()), screen.getvalue()


def typing(*lines: tuple[str, str]) -> Script:
    async def play(person: Person) -> None:
        for question, text in lines:
            await person.answers(question, text)

    return play


MENU = "[e] edit the arguments: "


def test_the_question_shows_what_is_to_be_decided(terminal: Terminal) -> None:
    """Tool, reason, redacted arguments, excerpt with the call's line, times and digest."""
    asked = request()
    _, screen = ask(terminal, typing((MENU, "y")), asked=asked)

    for line in (
        "approve pay?",
        "it costs money",
        '"invoice": "A"',
        '"password": "[redacted]"',
        "> 2 | await tools.pay(...)",
        "line 2:7, call 0 of run r1",
        "running for 1.5 s, answer within 60 s",
        f"digest {asked.digest}",
    ):
        assert line in screen
    assert "hunter2" not in screen


@pytest.mark.parametrize(
    ("lines", "decision"),
    [
        ([(MENU, "y")], Decision.approve(request(), who="terminal")),
        ([(MENU, " YES ")], Decision.approve(request(), who="terminal")),
        ([(MENU, "a")], Decision.approve_for_run(request(), who="terminal")),
        ([(MENU, "n"), ("Reason", "too  much ")], Decision.deny(request(), "too  much", who="terminal")),
        ([(MENU, "n"), ("Reason", "")], Decision.deny(request(), who="terminal")),
        ([(MENU, ""), ("Please answer y, n, a or e.", "y")], Decision.approve(request(), who="terminal")),
        (
            [(MENU, "e"), ("New arguments", '{"invoice":"B"}'), ("Approve the call with these", "y")],
            Decision.edit(request(), {"invoice": "B"}, who="terminal"),
        ),
        (
            [(MENU, "e"), ("New arguments", '{"raw":{"$bytes":"/w=="}}'), ("Approve the call with these", "y")],
            Decision.edit(request(), {"raw": b"\xff"}, who="terminal"),
        ),
    ],
)
def test_answers_become_decisions(terminal: Terminal, lines: list[tuple[str, str]], decision: Decision) -> None:
    """y, a, n with a reason, e with new arguments; anything else is asked again."""
    assert ask(terminal, typing(*lines))[0] == decision


def test_an_edit_that_is_no_object_changes_nothing(terminal: Terminal) -> None:
    """Broken JSON, an array, and second thoughts all lead back to the menu."""

    async def play(person: Person) -> None:
        for number, (text, after) in enumerate([("{", "not JSON"), ("[1]", "must be one JSON object")], start=1):
            while person.screen.getvalue().count(MENU) < number:
                await asyncio.sleep(0)
            os.write(person.master, f"e\n{text}\n".encode())
            await person.reads(after)
        while person.screen.getvalue().count(MENU) < 3:
            await asyncio.sleep(0)
        os.write(person.master, b'e\n{"invoice":"B"}\nn\nn\n\n')

    decision, screen = ask(terminal, play)

    assert decision == Decision.deny(request(), who="terminal")
    assert screen.count("Nothing was changed.") == 2


def test_edited_arguments_are_shown_redacted_with_their_own_digest(terminal: Terminal) -> None:
    """The person confirms what was read, not what was meant."""
    edited = {"invoice": "B", "password": "other"}
    lines = [(MENU, "e"), ("New arguments", json.dumps(edited)), ("Approve the call with these", "y")]

    _, screen = ask(terminal, typing(*lines))

    shown = screen.partition("new arguments")[2]
    assert '"password": "[redacted]"' in shown
    assert f"digest {approval_digest('ab' * 32, 0, 'pay', edited)}" in shown


def test_an_editor_gets_the_real_arguments(terminal: Terminal, tmp_path: Path) -> None:
    """The command is run with a private file, and what it leaves there are the new arguments."""
    seen = tmp_path / "seen.json"
    code = (
        f"import sys, os, json; p = sys.argv[1]; open({str(seen)!r}, 'w').write(open(p).read());"
        "assert os.stat(os.path.dirname(p)).st_mode & 0o077 == 0; open(p, 'w').write(json.dumps({'invoice': 'C'}))"
    )
    editor = (sys.executable, "-S", "-c", code)

    decision, _ = ask(terminal, typing((MENU, "e"), ("Approve the call with these", "y")), editor=editor)

    assert decision.arguments == {"invoice": "C"}
    assert json.loads(seen.read_text()) == ARGUMENTS


@pytest.mark.parametrize("editor", [("/no/such/editor",), ("false",), ("rm",)])
def test_an_editor_that_fails_changes_nothing(terminal: Terminal, editor: tuple[str, ...]) -> None:
    """A missing command, a bad exit code and a deleted file lead back to the menu."""
    decision, screen = ask(terminal, typing((MENU, "e"), ("Nothing was changed.", "y")), editor=editor)

    assert decision == Decision.approve(request(), who="terminal")
    assert "Nothing was changed." in screen


def test_cancelling_kills_the_editor(terminal: Terminal, tmp_path: Path) -> None:
    """When the request expires while the editor is open, no process and no file stay behind."""
    seen = tmp_path / "seen"
    code = (
        f"import sys, os, time; open({str(seen)!r}, 'w').write(f'{{os.getpid()}} {{sys.argv[1]}}\\n'); time.sleep(60)"
    )
    master, stdin = terminal
    person = Person(master, io.StringIO())
    approver = TerminalApprover(stdin=stdin, stderr=person.screen, editor=(sys.executable, "-S", "-c", code))

    async def play() -> None:
        task = asyncio.create_task(approver.decide(request()))
        await person.answers(MENU, "e")
        while not (seen.exists() and seen.read_text().endswith("\n")):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(asyncio.wait_for(play(), 10))
    pid, _, path = seen.read_text().strip().partition(" ")

    assert not Path(path).exists()
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)


def test_a_platform_without_termios_falls_back(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where typed-ahead answers cannot be flushed, nobody is asked at all."""
    monkeypatch.setitem(sys.modules, "termios", None)
    approver = TerminalApprover(stdin=terminal[1], stderr=io.StringIO())

    assert asyncio.run(approver.decide(request())).who == "terminal fallback"


def test_a_terminal_that_cannot_be_read_denies(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process in the background gets EIO from its terminal; that is no answer."""

    def read(*_: int) -> bytes:
        raise OSError(5, "Input/output error")

    async def type_in_vain(person: Person) -> None:
        await person.reads(MENU)
        monkeypatch.setattr(os, "read", read)
        os.write(person.master, b"y\n")

    assert ask(terminal, type_in_vain)[0] == Decision.deny(request(), "the terminal was closed", who="terminal")


class BlindLoop(asyncio.SelectorEventLoop):
    """Like Windows' default loop: it cannot watch a terminal."""

    def add_reader(self, *_: Any) -> None:  # type: ignore[override]  # it takes anything and refuses it
        raise NotImplementedError


def test_a_loop_that_cannot_watch_a_terminal_falls_back(terminal: Terminal) -> None:
    """The question is not left hanging: the fallback answers, and standard error says why."""
    screen = io.StringIO()
    approver = TerminalApprover(stdin=terminal[1], stderr=screen)
    with asyncio.Runner(loop_factory=BlindLoop) as runner:
        decision = runner.run(approver.decide(request()))

    assert decision.reason == "nobody could be asked: this event loop cannot watch the terminal"
    assert "the fallback policy is deny." in screen.getvalue()


def test_the_editor_is_the_persons_own(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless stated, $VISUAL or $EDITOR is run."""
    monkeypatch.setenv("VISUAL", "false --wait")

    assert "Nothing was changed." in ask(terminal, typing((MENU, "e"), ("Nothing", "y")), editor=None)[1]


def test_what_was_typed_before_the_question_is_no_answer(terminal: Terminal) -> None:
    """A `y` that was waiting in the terminal's queue does not approve what nobody has seen."""
    os.write(terminal[0], b"y\n")

    assert ask(terminal, typing((MENU, "n"), ("Reason", "unseen")))[0].reason == "unseen"


HOSTILE = "\x1b[2J\x1b]0;owned\x07[red]x[/red] \u202eabc\r:smile:"


def test_nothing_that_is_shown_can_drive_the_terminal(terminal: Terminal) -> None:
    """Escape sequences, carriage returns and direction marks are written out; markup and emoji codes stay text."""
    asked = request(tool=HOSTILE, reason=HOSTILE, excerpt=HOSTILE, run_id=HOSTILE, arguments={HOSTILE: HOSTILE})
    _, screen = ask(terminal, typing((MENU, "y")), asked=asked)

    assert not set(screen) & {"\x1b", "\x07", "\r", "\u202e"}
    assert screen.count("\\x1b[2J\\x1b]0;owned\\x07[red]x[/red] \\u202eabc\\x0d:smile:") >= 4


def test_a_long_request_does_not_scroll_the_question_away(terminal: Terminal) -> None:
    """At most 120 lines of arguments and of excerpt, with the full count."""
    asked = request(excerpt="\n".join(f"line {number}" for number in range(500)))
    _, screen = ask(terminal, typing((MENU, "y")), asked=asked)

    assert "… 380 more of 500 lines" in screen
    assert "line 120" not in screen


def test_a_closed_terminal_denies(terminal: Terminal) -> None:
    """End of input at the menu is a denial."""

    async def hang_up(person: Person) -> None:
        await person.reads(MENU)
        os.write(person.master, b"\x04")

    assert ask(terminal, hang_up)[0] == Decision.deny(request(), "the terminal was closed", who="terminal")


def test_a_terminal_that_goes_away_denies() -> None:
    """Closing the window is a denial, not an exception."""
    master, slave = os.openpty()

    async def close(person: Person) -> None:
        await person.reads(MENU)
        os.close(person.master)

    with os.fdopen(slave, "r", encoding="utf-8") as stdin:
        assert ask((master, stdin), close)[0] == Decision.deny(request(), "the terminal was closed", who="terminal")


def test_without_a_terminal_the_fallback_answers_and_says_so() -> None:
    """Deny unless stated; standard error has the reason each time."""
    for fallback, verdict in (("deny", "deny"), ("approve", "approve")):
        screen = io.StringIO()
        approver = TerminalApprover(stdin=io.StringIO("y\n"), stderr=screen, fallback=fallback)  # type: ignore[arg-type]
        decision = asyncio.run(approver.decide(request()))

        assert (decision.verdict, decision.who) == (verdict, "terminal fallback")
        assert screen.getvalue() == (
            f"belljar: approval of pay: standard input is no terminal; the fallback policy is {fallback}.\n"
        )


def test_the_fallback_is_one_of_two() -> None:
    """A misspelt fallback is found at once."""
    wrong: Any = "ask"

    with pytest.raises(UsageError, match='fallback is "approve" or "deny"'):
        TerminalApprover(fallback=wrong)


@asynccontextmanager
async def open_question(terminal: Terminal) -> AsyncIterator[tuple[TerminalApprover, Person, asyncio.Task[Decision]]]:
    master, stdin = terminal
    person = Person(master, io.StringIO())
    approver = TerminalApprover(stdin=stdin, stderr=person.screen, editor=())
    task = asyncio.create_task(approver.decide(request()))
    await person.reads(MENU)
    yield approver, person, task


def test_a_cancelled_question_leaves_the_terminal_for_the_next(terminal: Terminal) -> None:
    """When a request expires, nothing goes on reading; the next question gets the next answer."""

    async def play() -> Decision:
        async with open_question(terminal) as (approver, person, task):
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            person.screen.truncate(0)
            following = asyncio.create_task(approver.decide(request(tool="second")))
            await person.answers("approve second for the rest", "y")
            return await following

    assert asyncio.run(asyncio.wait_for(play(), 10)).is_approval


def test_questions_are_asked_one_at_a_time(terminal: Terminal) -> None:
    """The second request is not on the screen before the first is answered."""

    async def play() -> tuple[Decision, Decision]:
        async with open_question(terminal) as (approver, person, first):
            second = asyncio.create_task(approver.decide(request(tool="second")))
            for _ in range(20):
                await asyncio.sleep(0)
            assert "approve second" not in person.screen.getvalue()
            os.write(person.master, b"y\n")
            await person.answers("approve second for the rest", "n")
            await person.answers("Reason", "no")
            return await first, await second

    first, second = asyncio.run(asyncio.wait_for(play(), 10))

    assert (first.verdict, second.verdict) == ("approve", "deny")


def test_one_approver_serves_one_event_loop_after_another(terminal: Terminal) -> None:
    """Each belljar.run has a loop of its own."""
    assert dataclasses.asdict(ask(terminal, typing((MENU, "y")))[0]) == dataclasses.asdict(
        ask(terminal, typing((MENU, "y")))[0]
    )
