"""Calls: arity, depth, tail calls, callbacks, awaited calls and effects, and what runs out of gas."""

from __future__ import annotations

import pytest
from sealed_engines import P, both

DOWN = "const down = fn(1, 1, 0, (n) => eq(n, 0) ? 0 : add(1, call(P, down, sub(n, 1, P)), P), null);"
LOOP = (
    "const even = fn(1, 1, 0, (n) => eq(n, 0) ? true : tail(P, odd, sub(n, 1, P)), null);"
    "const odd = fn(2, 1, 0, (n) => eq(n, 0) ? false : tail(P, even, sub(n, 1, P)), null);"
)


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ("call(P, fn(1, 1, 0, (a) => a, null))", "ArityError"),
        ("call(P, fn(1, 1, 0, (a) => a, null), 1, 2)", "ArityError"),
        ("call(P, fn(1, 1, 1, (a, ...r) => arr(r), null))", "ArityError"),
        ("call(P, 5)", "NotAFunctionError"),
        ('call(P, rec(P, ["a", 1]))', "NotAFunctionError"),
        ("tail(P, none, 1)", "NotAFunctionError"),
        ("tail(P, fn(1, 1, 0, (a) => a, null))", "ArityError"),
        ('method(P, rec(P, ["a", 1]), "a")', "NotAFunctionError"),
        ('method(P, rec(P, []), "a")', "PropertyNotFoundError"),
        ('method(P, arr([]), "push", 1)', "PropertyNotFoundError"),
        ('method(P, 5, "toString")', "TypeMismatchError"),
        ('bi(P, "Int.abs")', "ArityError"),
        ('bi(P, "Int.abs", 1, 2)', "ArityError"),
        ('bi(P, "Int.abs", "1")', "TypeMismatchError"),
        ('method(P, arr([]), "map", 1)', "TypeMismatchError"),
        ('method(P, arr([]), "map", fn(1, 0, 0, () => 1, null))', "ArityError"),
        ('method(P, arr([]), "map", fn(1, 3, 0, (a, b, c) => 1, null))', "ArityError"),
        ('method(P, arr([]), "toSorted", fn(1, 1, 0, (a) => 1, null))', "ArityError"),
    ],
)
def test_a_call_that_does_not_fit_is_an_error_at_the_call(call: str, code: str) -> None:
    """The number of arguments, what is called, and the kinds that built-ins want."""
    told = both(f"return {call};")

    assert (told.code, told.error["position"]) == (code, P)


def test_a_rest_parameter_takes_what_is_left() -> None:
    """At least the fixed ones must be there."""
    told = both("const f = fn(1, 1, 1, (a, ...r) => arr(r), null); return arr([call(P, f, 1), call(P, f, 1, 2, 3)]);")

    assert told.value == [[], [2, 3]]


def test_calls_are_256_deep_at_most() -> None:
    """The 401st is a LimitError, before the engine's own stack ends."""
    allowed, refused = (both(f"{DOWN} return call(P, down, {depth});") for depth in (255, 256))

    assert allowed.value == 255
    assert (refused.code, refused.error["details"]) == ("LimitError", {"limit": "call depth", "max": 256})


@pytest.mark.parametrize(
    "again",
    [
        'at(method(P, arr([sub(n, 1, P)]), "map", down), 0, P)',
        'method(P, arr([sub(n, 1, P)]), "findIndex", fn(2, 1, 0, (m) => eq(call(P, down, m), 9), () => []))',
        'bi(P, "pipe", sub(n, 1, P), down)',
        'bi(P, "match", bi(P, "ok", sub(n, 1, P)), rec(P, ["ok", down, "err", down]))',
        'method(P, rec(P, ["f", down]), "f", sub(n, 1, P))',
        'at(method(P, arr([n, 1]), "toSorted", fn(3, 2, 0, (a, b) => call(P, down, sub(n, 1, P)), null)), 0, P)',
    ],
)
def test_callbacks_are_as_deep_as_calls(again: str) -> None:
    """Whatever calls back, the limit is met and not the engine's stack."""
    body = f"const down = fn(1, 1, 0, (n) => eq(n, 0) ? 0 : {again}, null); return call(P, down, "
    steps = 127 if "call(P" in again else 255

    assert not both(f"{body}{steps});").error
    assert both(f"{body}{steps + 1});").code == "LimitError"


def test_encoding_has_room_at_the_deepest_call() -> None:
    """Data that is nested 255 deep is read and written where calls are 256 deep."""
    told = both(
        "const brackets = '['.repeat(255) + ']'.repeat(255);"
        "const down = fn(1, 1, 0, (n) => eq(n, 0) ? bi(P, 'Json.stringify', bi(P, 'Json.parse', brackets))"
        " : add('', call(P, down, sub(n, 1, P)), P), null); return call(P, down, 255);"
    )

    assert told.value == '{"ok":' + "[" * 255 + "]" * 255 + "}"


def test_a_tail_call_takes_neither_stack_nor_depth() -> None:
    """Mutual tail calls go on as long as there is gas, also from the program itself."""
    assert both(f"{LOOP} return arr([call(P, even, 20000), call(P, even, 20001)]);").value == [True, False]
    assert both(f"{LOOP} return tail(P, even, 1001);").value is False


def test_awaited_calls_are_calls() -> None:
    """Their depth counts, tail calls among them do not; an effect is asked from any depth and its answer comes back."""
    asks = (
        "const ask = fn(1, 1, 0, function* (n) { return eq(n, 0) ? (yield* effect(P, 'price', 'x', n))"
        " : add(1, yield* agcall(P, ask, sub(n, 1, P)), P); }, null);"
    )
    loops = "const loop = fn(2, 1, 0, function* (n) { return eq(n, 0) ? 7 : tail(P, loop, sub(n, 1, P)); }, null);"
    deep = both(f"{asks} return yield* agcall(P, ask, 255);", answers=["40"])
    tails = both(f"{loops} return yield* agcall(P, loop, 5000);")
    ends = both(f"{asks} return tail(P, ask, 2);", answers=["40"])

    assert (deep.value, deep.asked) == (295, [["price", '["x",0]', P]])
    assert (tails.value, ends.value) == (7, 42)
    assert both(f"{asks} return yield* agcall(P, ask, 256);").code == "LimitError"


def test_answers_of_effects_come_in_order() -> None:
    """Nothing else runs between the question and its answer."""
    told = both(
        "const a = yield* effect(P, 'a'); const b = yield* effect(P, 'b', a); return arr([a, b]);",
        answers=['{"n":1}', '"two"'],
    )

    assert told.value == [{"n": 1}, "two"]
    assert told.asked == [["a", "[]", P], ["b", '[{"n":1}]', P]]


def test_a_charge_that_does_not_fit_is_not_made() -> None:
    """The gas used is what was charged before; a charge that just fits is made."""
    told = both("charge(60); charge(41); return 1;", gas=100)

    assert (told.code, told.gas) == ("GasExhausted", 60)
    assert told.error["details"] == {"gasLimit": 100, "gasUsed": 60}
    assert both("charge(60); charge(40); return 1;", gas=100).gas == 100


def test_a_built_in_is_charged_before_it_looks_at_its_arguments() -> None:
    """Its row first, then the number and kinds of what it is given."""
    assert both('return bi(P, "sha256", 1);', gas=49).code == "GasExhausted"
    assert both('return bi(P, "sha256", 1);', gas=50).code == "TypeMismatchError"


def test_a_callback_is_charged_before_each_call() -> None:
    """Gas ends within the list, at the call for which there is none."""
    told = both('return method(P, arr([1, 2, 3]), "map", fn(1, 1, 0, (n) => n, null));', gas=5 + 5 + 5 + 4)

    assert (told.code, told.gas) == ("GasExhausted", 15)
