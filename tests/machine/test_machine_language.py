"""The language as the standard has it, where an engine had a mistake of its own that is patched or bridged."""

from __future__ import annotations

from typing import Any

import pytest
from support import error_of, place, value_of

from belljar import Limits
from belljar.values import ecmascript_number

pytestmark = pytest.mark.usefixtures("engine")

POWERS = """
const out: string[] = []
for (let e = -1074; e < 1024; e++) {
    out.push(String(2 ** e), String(2 ** e * (1 + Number.EPSILON)), String(2 ** e * (1 - Number.EPSILON / 2)))
}
return out
"""
QUEUE = """
async function* g() {}
const it = g()
return await Promise.all([it.next(), it.return(9), it.throw(4).catch(x => x), it.return(5), it.next()])
"""
CLOSED = """
const closed: string[] = []
const close = () => { closed.push('yes'); return {} }
const endless = {[Symbol.iterator]: () => ({next: () => ({done: false, value: 1}), return: close})}
class Odd extends Promise<any> { static resolve(): any { throw new Error('no') } }
return [await (Odd as any).all(endless).catch((e: Error) => e.message), closed]
"""
LOCALES = """
return [(1234567.891).toLocaleString(), 'a'.localeCompare('B'), new Date(0).toLocaleString(),
        'i'.toLocaleUpperCase('tr')]
"""
OVERRIDES = """
const re: any = /a/, map: any = new WeakMap()
re.exec = () => 5
map.set = 1
return [re.exec(), map.set]
"""
CASES: list[tuple[str, str, Any]] = [
    ("spread of text", "return {...'hi', ...(5 as any), ...null}", {"0": "h", "1": "i"}),
    (
        "queue of a completed async generator",
        QUEUE,
        [{"done": True}, {"value": 9, "done": True}, 4, {"value": 5, "done": True}, {"done": True}],
    ),
    ("RegExp.escape", "return RegExp.escape('😀.')", "😀\\."),
    ("all of what is no list", "return await Promise.all(5 as any).catch(error => error.name)", "TypeError"),
    ("an endless list is closed", CLOSED, ["no", ["yes"]]),
    ("no locale", LOCALES, ["1234567.891", 1, "01/01/1970, 12:00:00 AM", "I"]),
    ("no zone's name", "return String(new Date(0))", "Thu Jan 01 1970 00:00:00 GMT+0000"),
    ("text of natives", "return String(Math.max)", "function max() { [native code] }"),
    ("methods are frozen", "return Object.isFrozen(Array.prototype.map)", True),
    ("own properties of built-in names", OVERRIDES, [5, 1]),
    (
        "not on both engines",
        "return ['Temporal', 'Intl'].some(name => name in globalThis) || 'sumPrecise' in Math",
        False,
    ),
    ("large whole numbers", "return [2 ** 60, 1e20, -(2 ** 53)]", [2.0**60, 1e20, -(2.0**53)]),
]
ENDLESS = ["with(0, 1)", "toReversed()", "toSorted()", "toSpliced(0, 1)"]


def test_numbers_print_in_the_fewest_digits_that_read_back() -> None:
    """Powers of two and their neighbours, against Python's own shortest digits."""
    told = value_of(POWERS, limits=Limits(return_bytes=1 << 20))
    numbers = [value for e in range(-1074, 1024) for value in (2.0**e, 2.0**e * (1 + 2**-52), 2.0**e * (1 - 2**-53))]
    assert told == [ecmascript_number(number) for number in numbers]


@pytest.mark.parametrize(("source", "value"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_both_engines_do_the_same(source: str, value: Any) -> None:
    """What one of them did not, before it was patched or bridged."""
    assert value_of(source) == value


def test_an_error_in_a_regular_expression_is_at_the_literal() -> None:
    """It was found by the jar's parser, not by the front end."""
    assert place(error_of("const a = 1\nreturn /[\\w-a]/u")) == ("ScriptSyntaxError", 2, 8)


@pytest.mark.parametrize("call", ENDLESS)
@pytest.mark.parametrize("length", ["2 ** 29 - 1", "2 ** 29", "2 ** 29 + 1", "2 ** 30", "2 ** 31 - 1"])
def test_an_array_of_more_values_than_memory_is_refused(call: str, length: str) -> None:
    """Its bytes are 2^32 or more, which a 32-bit size cannot say."""
    method, _, arguments = call.partition("(")
    source = f"return [].{method}.call(...[{{length: {length}}}, {arguments[:-1]}] as [any]).length"
    error = error_of(source, limits=Limits(timeout_ms=60))
    assert error.code in ("ScriptMemoryError", "ScriptTimeoutError")
