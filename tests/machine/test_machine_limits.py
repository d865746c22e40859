"""Every limit that the machine enforces, at its edge: just below passes, just above is the coded error."""

from __future__ import annotations

import time
from typing import Any

import pytest
from support import done, finished, started, waiting

import belljar
from belljar import Limits
from belljar.errors import UsageError
from belljar.machine import Answer, Finished, open_machine
from belljar.script import parse


def ended(source: str, **limits: Any) -> Finished:
    """The end of a script under limits."""
    return finished(source, limits=Limits(**limits))


def code(step: Finished) -> str | None:
    """The code of the error it ended with."""
    return step.error.code if step.error is not None else None


def test_clock() -> None:
    """A loop under the limit passes; over it the run ends with cause `clock`, no later than 1.5 times."""
    loop = "for (let i = 0; i < %d; i++) Math.max(i); return 1"
    assert ended(loop % 10_000, timeout_ms=2_000).value == 1
    begun = time.monotonic()
    step = ended(loop % 10**9, timeout_ms=100)
    assert 0.09 < time.monotonic() - begun < 0.2
    assert step.error is not None
    assert (code(step), step.error.details["cause"], step.error.line, step.error.retryable) == (
        "ScriptTimeoutError",
        "clock",
        1,
        False,
    )


def test_clock_counts_over_steps() -> None:
    """What earlier steps used is not there for later ones."""
    machine, _ = waiting(
        (
            "const spin = ms => { for (let i = 0; i < ms * 4000; i++) Math.max(i) }; spin(20); "
            "await tools.f(); for (;;) Math.max(1)"
        ),
        "f",
        limits=Limits(timeout_ms=150),
    )
    begun = time.monotonic()
    used_s = machine.figures.cpu_ms / 1000
    assert code(done(machine, Answer(1))) == "ScriptTimeoutError"
    assert time.monotonic() - begun < 0.15 - used_s + 0.06


def test_a_step_s_own_budget() -> None:
    """budget_ms bounds one step below the run's limit."""
    machine = open_machine(limits=Limits(timeout_ms=5_000))
    begun = time.monotonic()
    step = machine.start(parse("while (true) Math.max(1)"), budget_ms=50)
    assert isinstance(step, Finished)
    assert code(step) == "ScriptTimeoutError"
    assert time.monotonic() - begun < 0.15


def test_fuel() -> None:
    """Exactly the fuel that a script burns is enough, and less is a ScriptTimeoutError with cause `fuel`."""
    source = "let n = 0; for (let i = 0; i < 2000; i++) n += i; return n"
    machine, step = started(source)
    needed = machine.figures.fuel
    assert isinstance(step, Finished)
    assert step.value == 1_999_000
    assert ended(source, fuel=needed + 1_000).value == 1_999_000
    short = ended(source, fuel=needed - 10_000)
    assert short.error is not None
    assert (code(short), short.error.details["cause"]) == ("ScriptTimeoutError", "fuel")


MEMORY = {
    "array": "const a = []; for (let i = 0; i < n * 60_000; i++) a.push(i); return a.length > 0",
    "typed arrays": (
        "const a = []; for (let i = 0; i < n * 10; i++) a.push(new Uint8Array(100_000)); return a.length > 0"
    ),
    "one typed array": "return new Uint8Array(n * 1_000_000).length > 0",
    "strings": "const a = []; for (let i = 0; i < n * 10; i++) a.push('x'.repeat(100_000) + i); return a.length > 0",
    "one string": "return 'x'.repeat(n * 1_000_000).length > 0",
    "objects": "const a = []; for (let i = 0; i < n * 8_000; i++) a.push({i}); return a.length > 0",
}


@pytest.mark.parametrize("kind", MEMORY)
def test_memory(kind: str) -> None:
    """8 MB of anything fit into 24 MB, 40 MB do not: ScriptMemoryError at its line, and never more than 24 MB."""
    source = MEMORY[kind]
    assert ended(f"const n = 8; {source}", memory_mb=24).value is True
    machine, step = started(f"const n = 40;\n{source}", limits=Limits(memory_mb=24))
    assert isinstance(step, Finished)
    assert step.error is not None
    assert (code(step), step.error.line) == ("ScriptMemoryError", 2)
    assert "24 MB" in step.error.message
    assert machine.figures.memory_bytes <= 24 << 20


def test_memory_error_can_be_caught_and_the_script_goes_on() -> None:
    """What was too large is gone; the rest of the memory is still there."""
    source = (
        "let why = ''; try { new Uint8Array(1e9) } catch (e) { why = e.message }; "
        "return [why !== '', 'x'.repeat(1e6).length]"
    )
    assert ended(source, memory_mb=24).value == [True, 1_000_000]


def test_an_answer_that_does_not_fit_is_a_memory_error() -> None:
    """The host cannot blow the machine up either."""
    machine, _ = waiting("return (await tools.f()).length", "f", limits=Limits(memory_mb=8))
    assert code(done(machine, Answer(1, "x" * 9_000_000))) == "ScriptMemoryError"


@pytest.mark.parametrize("kilobytes", [32, 128, 512])
def test_stack(kilobytes: int) -> None:
    """Depth grows with the limit; beyond it is a RangeError inside and ScriptStackError outside."""
    depth = (
        "let n = 0; const f = () => { n++; f() }; "
        "try { f() } catch (e) { if (!(e instanceof RangeError)) throw e }; return n"
    )
    reached = ended(depth, stack_kb=kilobytes).value
    assert kilobytes < reached < kilobytes * 8
    step = ended("const f = () => f()\nf()", stack_kb=kilobytes)
    assert step.error is not None
    assert (code(step), step.error.line) == ("ScriptStackError", 1)


def test_source_bytes() -> None:
    """The limit is in UTF-8 bytes, a byte order mark not counted."""
    exact = "return '" + "\u4e2d" * 10 + "'"
    size = len(exact.encode())
    assert belljar.run(exact, limits=Limits(source_bytes=size)).ok
    assert belljar.run(b"\xef\xbb\xbf" + exact.encode(), limits=Limits(source_bytes=size)).ok
    refused = belljar.run(exact, limits=Limits(source_bytes=size - 1)).error
    assert refused is not None
    assert (refused.code, refused.line, refused.column) == ("ScriptTooLargeError", 1, 1)


@pytest.mark.parametrize("letter", ["x", "\u00e9", "\u4e2d", "\U0001f600", '"', "\x00"])
def test_return_bytes(letter: str) -> None:
    """The limit is in UTF-8 bytes of the value's JSON, quotes and escapes counted."""
    size = len(json_bytes(letter * 100))
    source = f"return {json_text(letter)}.repeat(100)"
    assert ended(source, return_bytes=size).value == letter * 100
    step = ended(source, return_bytes=size - 1)
    assert step.error is not None
    assert step.error.code == "ReturnValueTooLargeError"
    assert step.error.message == f"the returned value is more than {size - 1} bytes of JSON"


def json_text(text: str) -> str:
    """As JSON, with escapes only where they must be."""
    import json

    return json.dumps(text, ensure_ascii=False)


def json_bytes(text: str) -> bytes:
    """Its UTF-8."""
    return json_text(text).encode()


def test_return_depth() -> None:
    """A value as deep as the limit passes; one level more does not."""
    nested = "let v: any = 1; for (let i = 0; i < {}; i++) v = [v]; return v"
    value = ended(nested.replace("{}", "5"), return_depth=5).value
    assert value == [[[[[1]]]]]
    step = ended(nested.replace("{}", "6"), return_depth=5)
    assert step.error is not None
    assert (code(step), step.error.message) == (
        "ReturnValueTooLargeError",
        "the returned value is nested deeper than 5",
    )


def test_argument_depth() -> None:
    """Arguments have the same bound; over it the call throws."""
    nested = "let v: any = 1; for (let i = 0; i < {}; i++) v = [v]; return await tools.f(v)"
    _, step = waiting(nested.replace("{}", "4"), "f", limits=Limits(return_depth=5))
    assert step.calls[0].arguments == [[[[[1]]]]]
    _, refused = started(nested.replace("{}", "5"), "f", limits=Limits(return_depth=5))
    assert isinstance(refused, Finished)
    assert code(refused) == "SerializationError"


@pytest.mark.parametrize("letter", ["x", "\u00e9", "\U0001f600", '"'])
def test_argument_bytes(letter: str) -> None:
    """The limit is in UTF-8 bytes of the arguments' JSON; over it the call throws at its place, catchable."""
    size = len(json_bytes(letter * 50)) + len("[]")
    source = (
        f"const text = {json_text(letter)}.repeat(50)\ntry {{ await tools.f(text) }} catch (e) {{ return e.message }}"
    )
    _, step = waiting(source, "f", limits=Limits(argument_bytes=size))
    assert step.calls[0].arguments == [letter * 50]
    refused = finished(source, "f", limits=Limits(argument_bytes=size - 1))
    assert refused.value == f"the arguments are more than {size - 1} bytes of JSON"
    _, ended_by_it = started("const text = 'xxx'\nawait tools.f(text)", "f", limits=Limits(argument_bytes=6))
    assert isinstance(ended_by_it, Finished)
    assert ended_by_it.error is not None
    assert (ended_by_it.error.code, ended_by_it.error.line, ended_by_it.error.column) == ("SerializationError", 2, 13)


def test_console_events() -> None:
    """So many are kept over the run, the rest is dropped and counted."""
    step = ended("for (let i = 0; i < 30; i++) console.log(i)", console_events=7)
    assert ([line.text for line in step.output.console], step.output.dropped_console) == ([*"0123456"], 23)


def test_console_events_per_second() -> None:
    """A second of the run's own clock has its own allowance."""
    source = (
        "for (let i = 0; i < 5; i++) console.log('a'); await tools.f(); for (let i = 0; i < 5; "
        "i++) console.log('b'); await tools.f(); console.log('c')"
    )
    machine, step = waiting(source, "f", limits=Limits(console_events_per_s=3), now_ms=1_500)
    assert (len(step.output.console), step.output.dropped_console) == (3, 2)
    same = machine.resume([Answer(1)], now_ms=1_999)
    assert (len(same.output.console), same.output.dropped_console) == (0, 7)
    later = done(machine, Answer(2), now_ms=2_000)
    assert ([line.text for line in later.output.console], later.output.dropped_console) == (["c"], 7)


@pytest.mark.parametrize("letter", ["x", "\u4e2d", "\U0001f600"])
def test_console_bytes(letter: str) -> None:
    """An event is cut to so many UTF-8 bytes, at the boundary of a character."""
    (line,) = ended(f"console.log('{letter}'.repeat(100))", console_bytes=30).output.console
    assert line.text == letter * (30 // len(letter.encode()))


def test_progress_events_interval_and_characters() -> None:
    """One event per interval of the run's clock, so many in all, each so long."""
    source = "for (let i = 0; i < 6; i++) { context.telemetry.emitProgress('abcdef' + i, 'k'); await tools.f() }"
    machine, step = waiting(
        source, "f", limits=Limits(progress_events=2, progress_interval_ms=100, progress_chars=3), now_ms=0
    )
    seen, dropped = [*step.output.progress], []
    for call, now_ms in enumerate((99, 100, 150, 200, 300, 400), start=1):
        step = machine.resume([Answer(call)], now_ms=now_ms)  # type: ignore[assignment]
        seen += step.output.progress
        dropped.append(step.output.dropped_progress)
    assert [(event.message, event.kind) for event in seen] == [("abc", "k"), ("abc", "k")]
    assert dropped == [1, 1, 2, 3, 4, 4]


@pytest.mark.parametrize(
    ("field", "low", "high"),
    [
        ("timeout_ms", 1, 86_400_000),
        ("memory_mb", 4, 2_048),
        ("stack_kb", 32, 512),
        ("return_depth", 1, 256),
        ("tool_calls", 0, 1_000_000),
        ("concurrent_calls", 1, 10_000),
        ("fuel", 1, 1 << 62),
    ],
)
def test_limits_have_a_range(field: str, low: int, high: int) -> None:
    """Both ends are allowed, what is beyond them is a UsageError that names the field and the range."""
    for value in (low, high):
        options: dict[str, Any] = {field: value}
        assert getattr(Limits(**options), field) == value
    for value in (low - 1, high + 1):
        options = {field: value}
        with pytest.raises(
            UsageError, match=f"Limits.{field} must be a whole number from {low} to {high}, got {value}"
        ):
            Limits(**options)


@pytest.mark.parametrize(
    "limits", [{"memory_mb": 4}, {"memory_mb": 2_048}, {"stack_kb": 32}, {"timeout_ms": 86_400_000}]
)
def test_the_smallest_and_largest_limits_work(limits: dict[str, int]) -> None:
    """A small script runs with each of them."""
    assert ended("return [1, 2].map(n => n * 2)", **limits).value == [2, 4]
