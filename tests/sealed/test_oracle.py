"""The reference interpreter itself: gas worked out by hand, one rule at a time, and each error at its place."""

from __future__ import annotations

import decimal
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import decimals
from oracle.encode import cbor, fnv1a64
from oracle.json_text import sealed_json
from oracle.machine import EffectFailedError, Outcome, run
from oracle.reader import Unsealed, read
from oracle.strategies import sealed_programs
from oracle.values import NONE, NOWHERE, Number, Ok, Place, Record, Some, Table

GAS = [
    ("literals, names and parentheses are free", "return ((input));", 3),
    ("nothing costs nothing", "", 0),
    ("unary minus", "return -1;", 3 + 1),
    ("not", "return !true;", 3 + 1),
    ("addition", "return 1 + 2;", 3 + 2),
    ("joining texts is an addition too", "return 'a' + 'b';", 3 + 2),
    ("each part of a template", "return `${1}-${2}`;", 3 + 3 + 3),
    ("a template without parts", "return `a`;", 3),
    ("subtraction", "return 1 - 2;", 3 + 2),
    ("multiplication", "return 2 * 3;", 3 + 3),
    ("division", "return 6 / 3;", 3 + 4),
    ("remainder", "return 5 % 3;", 3 + 4),
    ("a comparison", "return 1 < 2;", 3 + 2),
    ("an equality", "return 1 === 2;", 3 + 2),
    ("typeof", "return typeof 1;", 3 + 2),
    ("in", "return 'a' in { a: 1 };", 3 + 2 + 5),
    ("an element", "return [1][0];", 3 + 2 + 5),
    ("a property", "return { a: 1 }.a;", 3 + 3 + 5),
    ("a length", "return 'abc'.length;", 3 + 3),
    ("a constant", "const a = 1;", 3),
    ("one constant for each declarator", "const a = 1, b = 2;", 3 + 3),
    ("a pattern adds nothing", "const { a, b: [c, ...d] } = { a: 1, b: [2] };", 3 + 5 + 5),
    ("a function declaration", "function f() { return 1 + 1; }", 10),
    ("an arrow is a closure and a constant", "const f = () => 1 + 1;", 10 + 3),
    ("return", "return;", 3),
    ("spread adds nothing to an array", "return [...[1], 2];", 3 + 5 + 5),
    ("spread adds nothing to an object", "return { ...{ a: 1 }, b: 2 };", 3 + 5 + 5),
    ("none", "return none;", 3 + 2),
    ("JsonNull is free", "return JsonNull;", 3),
    ("an if without else", "if (1 < 2) log();", 3 + 2 + 5),
    ("an if without else, not taken", "if (1 > 2) log();", 3 + 2),
    ("an if with else, one arm", "if (true) { log(1 + 1); } else { log(2 * 2 * 2); }", 4 + 2 + 5),
    ("an if with else, the other arm", "if (false) { log(1 + 1); } else { log(2 * 2 * 2); }", 4 + 6 + 5),
    ("else if", "if (false) log(); else if (true) log();", 4 + 3 + 5),
    ("?: pays for the arm it takes", "return true ? 1 + 1 : 2 * 2;", 3 + 4 + 2),
    ("?: pays for the other arm", "return false ? 1 + 1 : 2 * 2;", 3 + 4 + 3),
    ("&& pays for its right side if it gets there", "return true && 1 < 2;", 3 + 2 + 2),
    ("&& stops at false", "return false && 1 < 2;", 3 + 2),
    ("|| stops at true", "return true || 1 < 2;", 3 + 2),
    ("a block that declares is entered and left", "{ const a = 1; }", 2 + 2 + 3),
    ("a block that declares nothing is free", "{ log(); }", 5),
    ("a function's body is no block", "function f() { const a = 1; return a; } log(f());", 10 + 5 + 3 + 3 + 5),
    ("a call", "const f = (x) => x + 1; const y = f(1);", 10 + 3 + 3 + 5 + 2),
    ("a tail call", "const f = (x) => x + 1; return f(1);", 10 + 3 + 3 + 0 + 2),
    ("a tail call in an arrow's body", "const f = () => 1; const g = () => f(); const x = g();", 13 + 13 + 3 + 5),
    ("a tail call in an arm of ?:", "const f = () => 1; return true ? f() : 2;", 13 + 3 + 4),
    ("a tail call right of &&", "const f = () => true; return true && f();", 13 + 3 + 2),
    ("no tail call left of &&", "const f = () => true; return f() && true;", 13 + 3 + 5 + 2),
    ("no tail call in an argument", "const f = (x) => x; return f(f(1));", 13 + 3 + 5),
    ("a call through an element is a tail call", "return [() => 1][0]();", 3 + 10 + 5 + 2),
    ("an await of an effect", "return await effects.now();", 3 + 100),
    ("an await of a function is a call", "async function f() { return 1; } const x = await f();", 10 + 3 + 5 + 3),
    ("an await in tail position is a tail call", "async function f() { return 1; } return await f();", 10 + 3 + 3),
    ("a function of a record", "const r = { f: () => 1 }; return r.f();", 3 + 5 + 10 + 3 + 3 + 5),
    ("a built-in", "return Int.abs(-1);", 3 + 1 + 2),
    ("a method", "return 'abc'.slice(1);", 3 + 4),
    ("a row for each kind of receiver", "return [[1].slice(0), 'a'.slice(0)];", 3 + 5 + 5 + 5 + 4),
    ("a call back for each item", "return [1, 2].map((x) => x * 2);", 3 + 5 + 10 + 5 + 2 * (5 + 3)),
    ("no call back after the one that decides", "return [1, 2].some((x) => x === 1);", 3 + 5 + 10 + 5 + 5 + 2),
    ("reduce", "return [1, 2].reduce((a, b) => a + b, 0);", 3 + 5 + 10 + 5 + 2 * (5 + 2)),
    ("sorting three takes two or three comparisons", "return [3, 1, 2].toSorted((a, b) => a - b);", 18 + 20 + 3 * 7),
    ("a pipe", "return pipe(1, (x) => x + 1, (x) => x);", 3 + 20 + 3 + 4 + 2 + 4),
    ("a match", "return match(some(1), { some: (x) => x + 1, none: () => 0 });", 3 + 20 + 5 + 3 + 10 + 5 + 5 + 2),
    ("a sum of Decimals, for each", "return Decimal.sum([Decimal.fromInt(1), Decimal.fromInt(2)]);", 3 + 5 + 5 + 5 + 4),
]


@pytest.mark.parametrize(("fact", "source", "gas"), GAS, ids=[fact for fact, _, _ in GAS])
def test_gas_is_the_sum_of_the_rows_of_what_was_entered(fact: str, source: str, gas: int) -> None:
    """Each rule of the contract, with the sum written out."""
    outcome = run(source, effects={"now": lambda: 1})

    assert (outcome.error, outcome.gas_used) == (None, gas), fact


AFTER_IF = "if (input) { return 1; } const a = 1; const b = 2; return a + b;"
NESTED = "if (true) { if (input) { return 1; } log(1); } const a = 2; return a;"
NO_RETURN = "if (input) { log(1); } const a = 2; return a;"
IN_A_FUNCTION = "if (input) { const f = () => { return 1; }; } const a = 2; return a;"

SEGMENTS = [
    (AFTER_IF, True, 3 + 3),
    (AFTER_IF, False, 3 + 3 + 3 + 5),
    (NESTED, True, 3 + 3 + 3),
    (NESTED, False, 3 + 3 + 5 + 3 + 3),
    (NO_RETURN, True, 3 + 3 + 3 + 5),
    (NO_RETURN, False, 3 + 3 + 3),
    (IN_A_FUNCTION, False, 3 + 3 + 3),
]


@pytest.mark.parametrize(("source", "given_input", "gas"), SEGMENTS)
def test_what_follows_an_if_that_may_return_is_paid_for_when_it_is_reached(
    source: str, given_input: bool, gas: int
) -> None:
    """A `return` inside a nested function does not count as one."""
    assert run(source, input=given_input).gas_used == gas


def test_a_segment_is_paid_for_as_a_whole_before_it_begins() -> None:
    """At the limit the run ends without the segment: neither its log line nor its gas is there."""
    source = "const f = (x) => { log(x); return x + 1; }; log('first'); const y = f(1); return y;"
    enough = run(source, gas_limit=40)

    assert (enough.value, enough.gas_used, enough.log) == (2, 13 + 3 + 5 + 3 + 5 + 5 + 5, ("first", "1"))
    assert run(source, gas_limit=33) == Outcome(error="GasExhausted", gas_used=29, log=("first",))
    assert run(source, gas_limit=23) == Outcome(error="GasExhausted")


ERRORS = [
    ("1 + 'a'", "TypeMismatchError", 3),
    ("9007199254740991 + 1", "IntegerOverflowError", 18),
    ("-9007199254740991 - 1", "IntegerOverflowError", 19),
    ("94906267 * 94906267", "IntegerOverflowError", 10),
    ("0 * -1", "InexactResultError", 3),
    ("-input.zero", "InexactResultError", 1),
    ("-4 % 2", "InexactResultError", 4),
    ("1 / 2", "InexactResultError", 3),
    ("0 / -2", "InexactResultError", 3),
    ("1 / 0", "DivisionByZeroError", 3),
    ("1 % 0", "DivisionByZeroError", 3),
    ("1 < 'a'", "TypeMismatchError", 3),
    ("!1", "TypeMismatchError", 1),
    ("1 && true", "TypeMismatchError", 3),
    ("1 ? 2 : 3", "TypeMismatchError", 1),
    ("`a${[]}`", "TypeMismatchError", 1),
    ("1 in {}", "TypeMismatchError", 3),
    ("[1][1]", "IndexOutOfRangeError", 4),
    ("[1]['a']", "TypeMismatchError", 4),
    ("'a'[1]", "IndexOutOfRangeError", 4),
    ("'\U0001f600'[0]", "InvalidStringError", 5),
    ("input.nil", "PropertyNotFoundError", 7),
    ("input['nil']", "PropertyNotFoundError", 6),
    ("(1).x", "TypeMismatchError", 5),
    ("(1).x()", "TypeMismatchError", 5),
    ("[].x", "PropertyNotFoundError", 4),
    ("[...input]", "TypeMismatchError", 1),
    ("({ ...[] })", "TypeMismatchError", 2),
    ("({ [1]: 1 })", "TypeMismatchError", 2),
    ("input.zero()", "NotAFunctionError", 7),
    ("input.nil()", "PropertyNotFoundError", 7),
    ("[].nil()", "PropertyNotFoundError", 4),
    ("(() => 1)(2)", "ArityError", 2),
    ("(({ a }) => a)({})", "PropertyNotFoundError", 3),
    ("(([a]) => a)([])", "IndexOutOfRangeError", 3),
    ("Int.abs(1, 2)", "ArityError", 5),
    ("Int.abs('a')", "TypeMismatchError", 5),
    ("Int.div(1, 0)", "DivisionByZeroError", 5),
    ("Int.pow(2, 53)", "IntegerOverflowError", 5),
    ("List.pop([])", "IndexOutOfRangeError", 6),
    ("List.range(100001)", "LimitError", 6),
    ("'ab'.repeat(524289)", "LimitError", 6),
    ("[1].map(1)", "TypeMismatchError", 5),
    ("[1].map(() => 1)", "ArityError", 5),
    ("[1].filter((x) => x)", "TypeMismatchError", 5),
    ("Dict.of([[() => 1, 2]])", "DictKeyError", 6),
    ("Json.stringify(() => 1)", "UnencodableError", 6),
    ("match(some(1), { ok: (x) => x, err: (x) => x })", "PropertyNotFoundError", 1),
    ("match(1, { ok: (x) => x, err: (x) => x })", "TypeMismatchError", 1),
]


@pytest.mark.parametrize(("expression", "code", "column"), ERRORS, ids=[expression for expression, _, _ in ERRORS])
def test_an_error_is_at_the_operator(expression: str, code: str, column: int) -> None:
    """On the second line, so that the line is told as well."""
    outcome = run(f"const x =\n{expression};", input={"zero": 0})

    assert (outcome.error, outcome.at) == (code, Place(2, column))


def test_columns_are_utf16_units_and_a_line_ends_as_in_javascript() -> None:
    """A letter beyond the first plane is two columns; CR LF is one line end."""
    assert run("const a = '\U0001f600';\r\nconst b = '\U0001f600' + 1;").at == Place(2, 16)


def test_a_name_is_there_once_its_declaration_has_been_executed() -> None:
    """A function may name what comes after it; calling it too soon is an error at the name."""
    source = "const f = () => late; {} const g = f(); const late = 1;"

    assert run("const f = () => late; const late = 1; return f();").value == 1
    assert run(source) == Outcome(error="UseBeforeDeclarationError", at=Place(1, 17), gas_used=13 + 3 + 5 + 3)


DEEP = "const deep = (n) => n === 0 ? 0 : 1 + deep(n - 1); const x = deep(input); return x;"


def test_calls_nest_to_256_and_tail_calls_do_not_nest() -> None:
    """The call that is one too deep is named; a million tail calls would be fine."""
    mutual = """
    const even = (n) => n === 0 ? true : odd(n - 1);
    const odd = (n) => n === 0 ? false : even(n - 1);
    return even(input);
    """
    too_deep = run(DEEP, input=256)

    assert run(DEEP, input=255).value == 255
    assert (too_deep.error, too_deep.at) == ("LimitError", Place(1, 39))
    assert run(mutual, input=5000).value is True


def test_a_loop_that_costs_nothing_is_ended_by_fuel(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tail call is free, so gas never ends it."""
    monkeypatch.setattr("oracle.machine.FUEL", 1000)

    assert run("const f = () => f(); return f();").error == "CpuLimitError"


SAME = [
    ("[1, { a: 'x' }] === [1, { a: 'x' }]", True),
    ("{ a: 1, b: 2 }.a === true", False),
    ("1 === '1'", False),
    ("some(1) === ok(1)", False),
    ("none === none", True),
    ("Decimal.of('1.0') === Decimal.of('1.00')", True),
    ("Dict.of([[1, 2], [3, 4]]) === Dict.of([[3, 4], [1, 2]])", True),
    ("adder(1) === adder(1)", True),
    ("adder(1) === adder(2)", False),
    ("((x) => x) === ((x) => x)", False),
    ("knot(1) === knot(1)", True),
    ("knot(1) === knot(2)", False),
]


@pytest.mark.parametrize(("expression", "expected"), SAME, ids=[expression for expression, _ in SAME])
def test_equality_is_structural(expression: str, expected: bool) -> None:
    """Functions are the same where their place and what they captured are; a function may capture itself."""
    source = "const adder = (n) => (x) => x + n; const knot = (n) => { const f = () => n > 0 && f(); return f; };"

    assert run(f"{source} return {expression};").value is expected


def test_effects_are_asked_in_turn_and_answered_with_data() -> None:
    """What was asked is kept in order; the answers are values."""
    outcome = run(
        "const a = await effects.rate('EUR'); const b = await effects.rate('USD', a.value); return [a, b];",
        effects={"rate": lambda *asked: {"value": len(asked)}},
    )

    assert outcome.value == (Record({"value": 1}), Record({"value": 2}))
    assert outcome.effects == (("rate", ("EUR",)), ("rate", ("USD", 1)))


def test_an_effect_that_fails_ends_the_run_where_it_was_awaited() -> None:
    """So does an answer that is no data of the language; both are at the name of the effect."""

    def fail() -> None:
        raise EffectFailedError

    failed = run("return await effects.now();", effects={"now": fail})
    inexact = run("return await effects.now();", effects={"now": lambda: [0.5]})

    assert (failed.error, failed.at, failed.effects) == ("ToolExecutionError", Place(1, 22), (("now", ()),))
    assert (inexact.error, inexact.at) == ("InexactResultError", Place(1, 22))


@pytest.mark.parametrize(
    "source",
    ["let a = 1;", "for (;;) {}", "1.5;", "return null;", "a == b;", "return this;", "return xs.map(Int.abs);",
     "return { __proto__: 1 };", "const Int = 1;", "1 + 1;", "return a?.b;", "return f?.();",
     "const f = (x = 1) => x;"],
)  # fmt: skip
def test_what_is_not_sealed_is_not_read(source: str) -> None:
    """The reader knows the subset and nothing else."""
    with pytest.raises(Unsealed):
        read(source)


CBOR = [
    (0, "00"), (24, "1818"), (-1, "20"), (2**53 - 1, "1b001fffffffffffff"), (True, "f5"), (None, "f6"),
    ("\u00fc", "62c3bc"), ((1, (2,)), "82018102"), (Record({"bb": 1, "c": 2}), "a2616302626262 01".replace(" ", "")),
    (Number(27315, 2), "c48221196ab3"), (Number(100, 2), "c4820001"),
    (Number(-(2**64) - 1, 0), "c48200c349010000000000000000"),
    (NONE, "d99e3480"), (Some(1), "d99e348101"), (Ok("a"), "d99e3582f56161"), (Table({}), "d99e3680"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "expected"), CBOR, ids=[expected for _, expected in CBOR])
def test_cbor_is_deterministic(value: object, expected: str) -> None:
    """Bytes written out by hand from RFC 8949, appendix A, and the contract's tags."""
    assert cbor(value).hex() == expected


def test_keys_go_by_tag_then_hash_then_bytes() -> None:
    """So the order of a record is not the order of its text, and of a Dict it is by kind first."""
    keys = ["a", "b", "c", "zz"]
    by_hash = sorted(keys, key=lambda key: fnv1a64(cbor(key)))
    mixed = run("return Dict.keys(Dict.of([[[1], 1], ['a', 1], [2, 1], [true, 1], [JsonNull, 1]]));")

    assert fnv1a64(b"foobar") == 0x85944171F73967E8
    assert sealed_json(Record(dict.fromkeys(keys, 1))) == "{" + ",".join(f'"{key}":1' for key in by_hash) + "}"
    assert mixed.value == (None, True, 2, "a", (1,))


NUMBERS = st.builds(Number, st.integers(-(10**34) + 1, 10**34 - 1), st.integers(0, 28))
PEER = decimal.Context(prec=34, rounding=decimal.ROUND_HALF_EVEN, Emin=-6143, Emax=6144)


def _peer(value: Number) -> decimal.Decimal:
    return decimal.Decimal(value.coefficient).scaleb(-value.scale, decimal.Context(prec=99))


@settings(derandomize=True, deadline=None, max_examples=60)
@given(NUMBERS, NUMBERS, st.sampled_from(["add", "subtract", "multiply", "divide"]))
def test_decimals_agree_with_the_decimal_module_where_it_needs_no_larger_scale(
    one: Number, other: Number, name: str
) -> None:
    """Same digits and same scale wherever decimal128 itself ends up with a scale from 0 to 28."""
    if name == "divide" and other.coefficient == 0:
        assert decimals.divide(one, other) == "DivisionByZero"
        return
    expected = getattr(PEER, name)(_peer(one), _peer(other))
    exponent = expected.as_tuple().exponent
    found = getattr(decimals, name)(one, other)

    if isinstance(exponent, int) and -28 <= exponent <= 0:
        sign = -1 if expected.is_signed() else 1
        assert found == Number(sign * int("".join(map(str, expected.as_tuple().digits))), -exponent)
    elif expected.adjusted() >= 34:
        assert found == "Overflow"


OWN_WORDS = {("json-config", 2)}
"""Answers that quote why a text is no JSON: the contract says that it is a text, not which."""

TABLE = Path(__file__).parent / "table"
RECORDED = [
    (name, index, case)
    for name, cases in json.loads((TABLE / "table.json").read_text()).items()
    for index, case in enumerate(cases)
]


def _answering(turns: list[dict[str, Any]]) -> Callable[..., Any]:
    """An effect that gives its recorded answers in turn."""
    left = iter(turns)

    def answer(*_asked: Any) -> Any:
        turn = next(left)
        if "failure" in turn:
            raise EffectFailedError
        return turn["answer"]

    return answer


def _as_recorded(outcome: Outcome, gas_limit: int) -> Any:
    """The sealed response of an outcome, less the message, which is the product's own."""
    if outcome.error == "GasExhausted":
        return {"error": "GasExhausted", "gasLimit": gas_limit, "gasUsed": outcome.gas_used}
    if outcome.error:
        line, column = (None, None) if outcome.at == NOWHERE else outcome.at
        return {"error": {"code": outcome.error, "line": line, "column": column}}
    return sealed_json(outcome.value)


def _expected(text: str, *, is_error: bool) -> Any:
    """A recorded response in the same form."""
    if not is_error:
        return text
    response = json.loads(text)
    if isinstance(response["error"], dict):
        del response["error"]["message"]
    return response


@pytest.mark.parametrize(("name", "index", "case"), RECORDED, ids=[f"{name}-{index}" for name, index, _ in RECORDED])
def test_the_interpreter_gives_what_the_table_of_programs_records(name: str, index: int, case: dict[str, Any]) -> None:
    """The answer's bytes, or the code and place of its error, and the gas: worked out by a second implementation."""
    gas_limit = case.get("gas_limit", 10_000_000)
    outcome = run(
        (TABLE / f"{name}.ts").read_text(),
        input=case["input"],
        gas_limit=gas_limit,
        effects={effect: _answering(turns) for effect, turns in case.get("effects", {}).items()},
    )
    recorded = case["outcome"]

    if (name, index) not in OWN_WORDS:
        assert _as_recorded(outcome, gas_limit) == _expected(
            recorded["canonical_json"], is_error=outcome.error is not None
        )
    assert outcome.gas_used == recorded["gas"], (name, index)
    assert list(outcome.log) == recorded.get("console", [])


ERRORS_OF_RANDOM_PROGRAMS = {
    "IntegerOverflowError", "IndexOutOfRangeError", "DivisionByZeroError", "InexactResultError",
    "InvalidStringError", "GasExhausted",
}  # fmt: skip


@settings(derandomize=True, deadline=None, max_examples=20)
@given(sealed_programs())
def test_the_interpreter_is_total_on_sealed_programs(source: str) -> None:
    """A random program ends with a value that has an encoding, or with an error of the profile; twice the same."""
    outcome = run(source, gas_limit=100_000)

    assert outcome == run(source, gas_limit=100_000)
    assert outcome.gas_used <= 100_000
    if outcome.error is None:
        assert sealed_json(outcome.value)
    else:
        assert outcome.error in {
            "IntegerOverflowError",
            "IndexOutOfRangeError",
            "DivisionByZeroError",
            "InexactResultError",
        }
        assert (outcome.at == NOWHERE) is (outcome.error == "GasExhausted")
