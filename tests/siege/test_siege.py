"""An attacker writes JavaScript inside the jar. Every attack ends as a coded error or as a harmless value, in time."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from attacks import ATTACKS, ends_of, limits_of
from ends import each, end_of, expected_of, host_text_in, is_one_of
from support import boom, echo, hang

import belljar
from belljar import Limits, Outcome

SLACK_S = 5.0
"""Beyond its limit and this, an attack hangs. How far runs overshoot on an idle computer is what the soak measures."""
HARMLESS = "return [await tools.echo({value: [1, 'two', null]}), Math.max(3, 4), [3, 1, 2].sort(), String({})]"


def attacked(source: str, engine: str, **options: Any) -> Outcome:
    """The outcome of an attack with the attacker's three tools."""
    return belljar.run(source, tools=[echo, boom, hang], engine=engine, **options)


@pytest.mark.parametrize("name", ATTACKS)
def test_attack_ends_in_time_as_expected_and_harms_no_other_run(name: str, engine: str) -> None:
    """One of the table's ends, in time, without a word of engine or host; the next run is as if nothing had been."""
    limits = limits_of(name, engine)
    begun = time.monotonic()
    outcome = attacked(ATTACKS[name][0], engine, limits=limits)
    took_s = time.monotonic() - begun
    assert is_one_of(end_of(outcome), ends_of(name, engine)), (end_of(outcome), outcome.to_model()[:300])
    assert took_s < limits.timeout_ms / 1000 * 1.5 + SLACK_S
    assert host_text_in(outcome) == []
    assert attacked(HARMLESS, engine).value == [[1, "two", None], 4, [1, 2, 3], "[object Object]"]


BOMBS = [
    "memory: closures",
    "memory: property names",
    "more memory: Set",
    "memory: promises",
    "typed array: Int8Arrays",
]


@pytest.mark.parametrize("name", BOMBS)
def test_a_memory_bomb_is_told_as_one_where_there_is_time(name: str, engine: str) -> None:
    """The memory limit ends it, not the clock, on an engine that is slow to give up as well."""
    outcome = attacked(ATTACKS[name][0], engine, limits=Limits(timeout_ms=10_000, memory_mb=16))
    assert is_one_of(end_of(outcome), ends_of(name, "quickjs")), outcome.to_model()[:300]


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
def test_what_the_model_reads_of_an_attack_is_short(source: str, engine: str) -> None:
    """A script cannot choose how much its error costs to read or to keep."""
    outcome = attacked(source, engine, limits=Limits(timeout_ms=3_000))
    assert outcome.error is not None
    assert len(outcome.to_model()) < 12_000
    assert len(json.dumps(outcome.error.to_dict())) < 40_000


NAMED = "f (script.ts:99:99)\\n    at g"
SPOOFS = [
    (
        "const e = new Error('x')\ne.stack = 'Error\\n    at f (script.ts:99:99)'\nthrow e",
        each(quickjs=1, v8={1, None}),
    ),
    (f"const o = {{['{NAMED}'](): void {{ throw new Error('x') }}}}\no['{NAMED}']()", each(quickjs=1, v8={1, 2})),
    ("\n\nthrow new Error('x\\n    at f (script.ts:99:99)')", 3),
    ("\nconst e = Error('x')\nObject.defineProperty(e, 'lineNumber', {value: 99}); throw e", 2),
    ("class Own extends Error { get stack() { return 'at f (script.ts:99:99)' } }\nthrow new Own('x')", 2),
    (
        "const e: any = {name: 'Error', message: 'x', stack: '    at f (script.ts:99:99)', line: 99}\nthrow e",
        each(quickjs=2, v8={2, None}),
    ),
    ("\n//# sourceURL=script.ts:99:99\nthrow new Error('x')", 3),
    ("// a\u2028// b\u2029// c\r// d\r\n/* e\n */ throw new Error('x')", 6),
    ("const t = `\n\n\n`\nthrow new Error(t)", 5),
    ("throw Object.assign(new Error('x'), {fileName: 'a.js', columnNumber: 9, line: 99, position: 99})", 1),
    ("try { throw new Error('inner') } catch (cause) {\nthrow new Error('x', {cause}) }", 2),
]
"""A script, and the line that is blamed. V8 keeps no record of its own: where a script spoils the stack, it may have no
line, or that of the call; never one of the script's choice."""


@pytest.mark.parametrize(("source", "line"), SPOOFS)
def test_a_script_cannot_choose_the_line_it_is_blamed_at(source: str, line: Any, engine: str) -> None:
    """Positions come from the engine's own record, whatever stack, name or message say."""
    error = attacked(source, engine).error
    assert error is not None
    assert is_one_of(error.line, expected_of(line, engine))
    assert not any(frame.endswith(":99:99)") for frame in error.details.get("stack", ()))


STACKS_READ = """
const seen: string[] = []
const tries = [() => tools['no' + 'pe'], () => (null as any).x, () => Promise.race(1 as any),
               () => [1].map(() => { throw new Error('z') })]
for (const f of tries) try { await f() } catch (e) { seen.push(e.stack ?? '', e.message) }
try { await tools.boom({message: '/etc/secret/place.txt is gone'}) } catch (e) { seen.push(e.stack ?? '', e.message) }
return seen.join('\\n')
"""


def test_no_host_path_reaches_the_script(engine: str) -> None:
    """Neither a tool's message nor any stack that a script can read shows where anything lies, or the prelude."""
    text = attacked(STACKS_READ, engine).value
    assert not any(trace in text for trace in ("/etc/secret", "/work", "site-packages", ".py", "belljar:", "Users"))


def test_a_stack_that_a_script_reads_has_the_script_s_own_lines(engine: str) -> None:
    """The lines of `e.stack` count as the model counts."""
    stack = attacked(
        "const f = () => { throw new Error('x') }\ntry {\n  f()\n} catch (e) { return e.stack }", engine
    ).value
    assert [line.rpartition("script.ts:")[2].split(":")[0] for line in stack.splitlines() if "script.ts" in line] == [
        "1",
        "3",
    ]
