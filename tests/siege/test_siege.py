"""An attacker writes JavaScript inside the jar. Every attack ends as a coded error or as a harmless value, in time."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from attacks import ATTACKS
from support import QUICK, boom, echo, hang

import belljar
from belljar import Limits, Outcome

LONGEST_S = 0.25 * 2.5
"""One and a half times the limit of an attack, and what a busy computer needs to start and end a run."""


def attacked(source: str, **options: Any) -> Outcome:
    """The outcome of an attack with the attacker's three tools."""
    return belljar.run(source, tools=[echo, boom, hang], **options)


def is_one_of(got: Any, expected: Any) -> bool:
    """Whether `got` is an expected value; True is not 1 here."""
    listed = expected if isinstance(expected, set) else [expected]
    return any(type(each) is type(got) and each == got for each in listed)


@pytest.mark.parametrize("name", ATTACKS)
def test_attack_ends_in_time_as_expected_and_harms_no_other_run(name: str) -> None:
    """The attack gets the answer of the table within its time, and the next run is as if nothing had been."""
    source, expected = ATTACKS[name]
    begun = time.monotonic()
    outcome = attacked(source, limits=QUICK)
    took_s = time.monotonic() - begun
    got = outcome.error.code if outcome.error is not None else outcome.value
    assert is_one_of(got, expected), (got, outcome.error and outcome.error.message[:200])
    assert took_s < LONGEST_S
    assert attacked("return await tools.echo({value: [1, 'two', null]})").value == [1, "two", None]


TALKATIVE = [
    "throw 'x'.repeat(5_000_000)",
    "throw {a: 'x'.repeat(5_000_000)}",
    "throw Symbol('x'.repeat(1_000_000))",
    "throw new Error('x'.repeat(5_000_000))",
    "const e = new Error('x'); e.name = 'x'.repeat(5_000_000); throw e",
    "const f = {['x'.repeat(1e6)]() { throw new Error('mine') }}; f['x'.repeat(1e6)]()",
    "return tools['x'.repeat(1e6)]",
    "return {['x'.repeat(1e5)]: 1n}",
    "throw new AggregateError(Array.from({length: 100}, () => new Error('x'.repeat(1e5))))",
    "await tools.boom({message: 'x'.repeat(1e6)})",
    "await tools.echo({['x'.repeat(1e5)]: 1, value: 2})",
    "throw Array.from({length: 1000}, () => Array.from({length: 1000}, () => 'x'.repeat(100)))",
]


@pytest.mark.parametrize("source", TALKATIVE)
def test_what_the_model_reads_of_an_attack_is_short(source: str) -> None:
    """A script cannot choose how much its error costs to read or to keep."""
    outcome = attacked(source, limits=Limits(timeout_ms=3_000))
    assert outcome.error is not None
    assert len(outcome.to_model()) < 12_000
    assert len(json.dumps(outcome.error.to_dict())) < 40_000


SPOOFS = [
    ("const e = new Error('x')\ne.stack = 'Error\\n    at f (script.ts:99:99)'\nthrow e", 1),
    (
        (
            "const o = {['f (script.ts:99:99)\\n    at g'](): void { throw new Error('x') }}\no['f "
            "(script.ts:99:99)\\n    at g']()"
        ),
        1,
    ),
    ("\n\nthrow new Error('x\\n    at f (script.ts:99:99)')", 3),
    ("\nconst e = Error('x')\nObject.defineProperty(e, 'lineNumber', {value: 99}); throw e", 2),
    ("class Own extends Error { get stack() { return 'at f (script.ts:99:99)' } }\nthrow new Own('x')", 2),
    ("const e: any = {name: 'Error', message: 'x', stack: '    at f (script.ts:99:99)', line: 99}\nthrow e", 2),
]


@pytest.mark.parametrize(("source", "line"), SPOOFS)
def test_a_script_cannot_choose_the_line_it_is_blamed_at(source: str, line: int) -> None:
    """Positions come from the engine's own record, whatever stack, name or message say."""
    error = attacked(source).error
    assert error is not None
    assert error.line == line
    assert not any(frame.endswith(":99:99)") for frame in error.details.get("stack", ()))


STACKS_READ = """
const seen: string[] = []
const tries = [() => tools['no' + 'pe'], () => (null as any).x, () => Promise.race(1 as any),
               () => [1].map(() => { throw new Error('z') })]
for (const f of tries) try { await f() } catch (e) { seen.push(e.stack ?? '', e.message) }
try { await tools.boom({message: '/etc/secret/place.txt is gone'}) } catch (e) { seen.push(e.stack ?? '', e.message) }
return seen.join('\\n')
"""


def test_no_host_path_reaches_the_script() -> None:
    """Neither a tool's message nor any stack that a script can read shows where anything lies, or the prelude."""
    text = attacked(STACKS_READ).value
    assert not any(trace in text for trace in ("/etc/secret", "/work", "site-packages", ".py", "belljar:", "Users"))


def test_a_stack_that_a_script_reads_has_the_script_s_own_lines() -> None:
    """The lines of `e.stack` count as the model counts."""
    stack = attacked("const f = () => { throw new Error('x') }\ntry {\n  f()\n} catch (e) { return e.stack }").value
    assert [line.rpartition("script.ts:")[2].split(":")[0] for line in stack.splitlines() if "script.ts" in line] == [
        "1",
        "3",
    ]
