"""Each built-in: what it gives and what it costs, on both engines."""

from __future__ import annotations

from typing import Any

import pytest
from sealed_engines import P, both

from belljar.script.seal import costs

NAMES = "const x = fn(1, 1, 0, (a) => a, null), big = fn(2, 1, 0, (a) => gt(a, 1, P), null), xs = arr([3, 1, 2]);"
SUM = "fn(3, 2, 0, (a, b) => add(a, b, P), null)"
LESS = "fn(4, 2, 0, (a, b) => sub(a, b, P), null)"
ABC = '"a-b-c"'
DICT = 'bi(P, "Dict.of", arr([arr([1, "one"]), arr([true, "yes"]), arr([1, "uno"])]))'

# by call: the value, the row, and what is charged besides
ARRAYS: dict[str, tuple[Any, str, int]] = {
    'method(P, xs, "map", fn(1, 1, 0, (a) => add(a, 1, P), null))': ([4, 2, 3], "array_slice", 15),
    f'method(P, xs, "map", {SUM})': ([3, 2, 4], "array_slice", 15),
    'method(P, xs, "map", fn(1, 0, 1, (...r) => arr(r), null))': ([[3, 0], [1, 1], [2, 2]], "array_slice", 15),
    'method(P, xs, "filter", big)': ([3, 2], "array_slice", 15),
    f'method(P, xs, "reduce", {SUM}, 10)': (16, "array_slice", 15),
    'method(P, xs, "reduce", fn(1, 3, 0, (s, a, i) => add(s, mul(a, i, P), P), null), 0)': (5, "array_slice", 15),
    'method(P, xs, "flatMap", fn(1, 1, 0, (a) => arr([a, a]), null))': ([3, 3, 1, 1, 2, 2], "array_slice", 15),
    'method(P, xs, "find", big)': (3, "array_slice", 5),
    'method(P, arr([0]), "find", big)': (None, "array_slice", 5),
    'method(P, arr([0, 9]), "findIndex", big)': (1, "array_slice", 10),
    'method(P, arr([]), "findIndex", big)': (-1, "array_slice", 0),
    'method(P, xs, "some", big)': (True, "array_slice", 5),
    'method(P, xs, "every", big)': (False, "array_slice", 10),
    'method(P, arr([]), "every", big)': (True, "array_slice", 0),
    'method(P, xs, "concat", arr([4]), arr([]))': ([3, 1, 2, 4], "array_slice", 0),
    'method(P, xs, "slice", 1)': ([1, 2], "array_slice", 0),
    'method(P, xs, "slice", -2, -1)': ([1], "array_slice", 0),
    'method(P, xs, "slice")': ([3, 1, 2], "array_slice", 0),
    'method(P, arr([arr([1])]), "includes", arr([1]))': (True, "array_slice", 0),
    'method(P, arr([none, arr([1])]), "indexOf", arr([1]))': (1, "array_slice", 0),
    'method(P, xs, "indexOf", true)': (-1, "array_slice", 0),
    'method(P, arr([1, "a", true]), "join")': ("1,a,true", "array_join", 0),
    'method(P, xs, "join", "--")': ("3--1--2", "array_join", 0),
    'method(P, xs, "toReversed")': ([2, 1, 3], "array_reverse", 0),
    f'method(P, xs, "toSorted", {LESS})': ([1, 2, 3], "sort", 15),
    f'method(P, arr([1]), "toSorted", {LESS})': ([1], "sort", 0),
    'method(P, xs, "toSpliced", 1, 1, 8, 9)': ([3, 8, 9, 2], "array_splice", 0),
    'method(P, xs, "with", 0, 7)': ([7, 1, 2], "array_slice", 0),
    'bi(P, "List.push", xs, 4)': ([3, 1, 2, 4], "array_push", 0),
    'bi(P, "List.pop", xs)': ([3, 1], "array_pop", 0),
    'bi(P, "List.shift", xs)': ([1, 2], "array_shift", 0),
    'bi(P, "List.unshift", xs, arr([4]))': ([[4], 3, 1, 2], "array_unshift", 0),
    'bi(P, "List.range", 3)': ([0, 1, 2], "array_slice", 0),
}

TEXTS: dict[str, tuple[Any, str, int]] = {
    f'method(P, {ABC}, "slice", 2)': ("b-c", "string_slice", 0),
    f'method(P, {ABC}, "slice", -1)': ("c", "string_slice", 0),
    f'method(P, {ABC}, "substring", 3, 1)': ("-b", "string_slice", 0),
    f'method(P, {ABC}, "includes", "b-")': (True, "string_search", 0),
    f'method(P, {ABC}, "indexOf", "-")': (1, "string_search", 0),
    f'method(P, {ABC}, "startsWith", "a")': (True, "string_search", 0),
    f'method(P, {ABC}, "endsWith", "b")': (False, "string_search", 0),
    f'method(P, {ABC}, "replace", "-", "$&")': ("a$&b-c", "string_replace", 0),
    f'method(P, {ABC}, "replaceAll", "-", "$1")': ("a$1b$1c", "string_replace", 0),
    'method(P, "ab", "replaceAll", "", "-")': ("-a-b-", "string_replace", 0),
    f'method(P, {ABC}, "split", "-")': (["a", "b", "c"], "string_split", 0),
    'method(P, "ab", "split", "")': (["a", "b"], "string_split", 0),
    'method(P, " \\u00a0a\\t\\n\\r\\v\\f ", "trim")': ("\u00a0a", "string_format", 0),
    'method(P, " a ", "trimStart")': ("a ", "string_format", 0),
    'method(P, " a ", "trimEnd")': (" a", "string_format", 0),
    'method(P, "7", "padStart", 3, "0")': ("007", "string_format", 0),
    'method(P, "7", "padEnd", 3)': ("7  ", "string_format", 0),
    'method(P, "ab", "repeat", 2)': ("abab", "string_format", 0),
    'method(P, "", "repeat", 9007199254740991)': ("", "string_format", 0),
    'method(P, "aé\\u0131ß", "upperAscii")': ("Aé\u0131ß", "string_format", 0),
    'method(P, "AÉ\\u0130", "lowerAscii")': ("aÉİ", "string_format", 0),
    'method(P, "é", "charCodeAt", 0)': (233, "element", 0),
    'bi(P, "Text.fromCode", 128512)': ("😀", "string_format", 0),
}

VALUES: dict[str, tuple[Any, str, int]] = {
    'bi(P, "Int.abs", -3)': (3, "compare", 0),
    'bi(P, "Int.min", 2, -3)': (-3, "compare", 0),
    'bi(P, "Int.max", 2, -3)': (2, "compare", 0),
    'bi(P, "Int.sign", -3)': (-1, "compare", 0),
    'bi(P, "Int.div", -7, 2)': (-4, "divide", 0),
    'bi(P, "Int.mod", -7, 2)': (1, "divide", 0),
    'bi(P, "Int.pow", -2, 52)': (2**52, "multiply", 0),
    'bi(P, "Int.pow", -1, 9007199254740991)': (-1, "multiply", 0),
    'bi(P, "Int.pow", 0, 0)': (1, "multiply", 0),
    'bi(P, "Int.parse", "-12")': (-12, "string_format", 0),
    'bi(P, "Int.parse", "9007199254740992")': (None, "string_format", 0),
    'bi(P, "Int.parse", "-0")': (None, "string_format", 0),
    'bi(P, "Int.parse", "1.0")': (None, "string_format", 0),
    'bi(P, "Int.toText", -12)': ("-12", "string_format", 0),
    'bi(P, "log", 1, "a", arr(["b"]))': (None, "log", 0),
    'bi(P, "pipe", 1, x, x)': (1, "pipeline", 8),
    'bi(P, "pipe", 1)': (1, "pipeline", 0),
    'bi(P, "some", 1)': (1, "option", 0),
    'bi(P, "ok", 1)': ({"ok": 1}, "option", 0),
    'bi(P, "err", 1)': ({"err": 1}, "option", 0),
    'bi(P, "Option.isSome", none)': (False, "option", 0),
    'bi(P, "Option.getOr", none, 4)': (4, "option", 0),
    'bi(P, "Option.map", none, x)': (None, "option", 0),
    'bi(P, "Option.andThen", none, x)': (None, "option", 0),
    'bi(P, "match", none, rec(P, ["some", x, "none", fn(1, 0, 0, () => 8, null)]))': (8, "match", 10),
    'bi(P, "Dict.empty")': ([], "object", 0),
}

# calls whose argument is a call, too: the value, and all that is charged
NESTED: dict[str, tuple[Any, int]] = {
    'bi(P, "Option.map", bi(P, "some", 1), x)': (1, 3 + 3 + 5),
    'bi(P, "Option.andThen", bi(P, "some", 1), fn(1, 1, 0, (a) => none, null))': (None, 3 + 3 + 5),
    'bi(P, "Option.getOr", bi(P, "some", 1), 4)': (1, 3 + 3),
    'bi(P, "Result.isOk", bi(P, "err", 1))': (False, 3 + 3),
    'bi(P, "Result.getOr", bi(P, "err", 1), 4)': (4, 3 + 3),
    'bi(P, "Result.map", bi(P, "ok", 1), x)': ({"ok": 1}, 3 + 3 + 5),
    'bi(P, "Result.map", bi(P, "err", 1), x)': ({"err": 1}, 3 + 3),
    'bi(P, "Result.andThen", bi(P, "ok", 1), fn(1, 1, 0, (a) => bi(P, "err", a), null))': ({"err": 1}, 3 + 3 + 5 + 3),
    'bi(P, "match", bi(P, "err", 1), rec(P, ["ok", x, "err", fn(5, 1, 0, (e) => arr([e]), null)]))': ([1], 23),
    'bi(P, "match", bi(P, "some", 1), rec(P, ["some", x, "none", x]))': (1, 23),
    'method(P, rec(P, ["f", x]), "f", 9)': (9, 3 + 5),
    DICT: ([[True, "yes"], [1, "uno"]], 5),
    f'bi(P, "Dict.get", {DICT}, 1)': ("uno", 5 + 3),
    f'bi(P, "Dict.get", {DICT}, "1")': (None, 5 + 3),
    f'bi(P, "Dict.has", {DICT}, true)': (True, 5 + 3),
    f'bi(P, "Dict.set", {DICT}, 2, "two")': ([[True, "yes"], [1, "uno"], [2, "two"]], 5 + 5),
    f'bi(P, "Dict.set", {DICT}, 1, "eins")': ([[True, "yes"], [1, "eins"]], 5 + 5),
    f'bi(P, "Dict.remove", {DICT}, true)': ([[1, "uno"]], 5 + 5),
    f'bi(P, "Dict.remove", {DICT}, false)': ([[True, "yes"], [1, "uno"]], 5 + 5),
    f'bi(P, "Dict.keys", {DICT})': ([True, 1], 5 + 4),
    f'bi(P, "Dict.values", {DICT})': (["yes", "uno"], 5 + 4),
    f'bi(P, "Dict.entries", {DICT})': ([[True, "yes"], [1, "uno"]], 5 + 5),
    f'bi(P, "Dict.size", {DICT})': (2, 5 + 3),
}

ERRORS = {
    'bi(P, "List.pop", arr([]))': "IndexOutOfRangeError",
    'bi(P, "List.shift", arr([]))': "IndexOutOfRangeError",
    'bi(P, "List.range", -1)': "IndexOutOfRangeError",
    'bi(P, "List.range", 100001)': "LimitError",
    'bi(P, "List.push", bi(P, "List.range", 100000), 1)': "LimitError",
    'bi(P, "List.unshift", bi(P, "List.range", 100000), 1)': "LimitError",
    'method(P, bi(P, "List.range", 100000), "concat", arr([1]))': "LimitError",
    'method(P, bi(P, "List.range", 100000), "toSpliced", 0, 0, 1)': "LimitError",
    'method(P, bi(P, "List.range", 100000), "flatMap", fn(1, 1, 0, (a) => arr([a, a]), null))': "LimitError",
    'method(P, xs, "with", 3, 1)': "IndexOutOfRangeError",
    'method(P, xs, "flatMap", x)': "TypeMismatchError",
    'method(P, xs, "filter", x)': "TypeMismatchError",
    'method(P, xs, "toSorted", fn(1, 2, 0, (a, b) => true, null))': "TypeMismatchError",
    'method(P, arr([none]), "join")': "TypeMismatchError",
    'method(P, arr(["a".repeat(600000), "a".repeat(600000)]), "join")': "LimitError",
    'method(P, "ab", "repeat", -1)': "IndexOutOfRangeError",
    'method(P, "ab", "repeat", 524289)': "LimitError",
    'method(P, "a", "padStart", 1048577)': "LimitError",
    'method(P, "a".repeat(1025), "replaceAll", "a", "b".repeat(1024))': "LimitError",
    'method(P, "a".repeat(100001), "split", "")': "LimitError",
    'method(P, "\\ud83d\\ude00", "slice", 1)': "InvalidStringError",
    'method(P, "\\ud83d\\ude00", "split", "")': "InvalidStringError",
    'method(P, "a", "padEnd", 2, "\\ud83d\\ude00")': "InvalidStringError",
    'method(P, "a", "charCodeAt", 1)': "IndexOutOfRangeError",
    'bi(P, "Text.fromCode", 55296)': "InvalidStringError",
    'bi(P, "Text.fromCode", 1114112)': "IndexOutOfRangeError",
    'bi(P, "Int.div", 1, 0)': "DivisionByZeroError",
    'bi(P, "Int.pow", 2, 53)': "IntegerOverflowError",
    'bi(P, "Int.pow", 2, -1)': "IndexOutOfRangeError",
    'bi(P, "Option.andThen", bi(P, "some", 1), x)': "TypeMismatchError",
    'bi(P, "Result.andThen", bi(P, "ok", 1), x)': "TypeMismatchError",
    'bi(P, "match", 1, rec(P, []))': "TypeMismatchError",
    'bi(P, "match", none, rec(P, ["some", x]))': "PropertyNotFoundError",
    'bi(P, "match", none, rec(P, ["some", x, "none", x, "else", x]))': "PropertyNotFoundError",
    'bi(P, "match", none, rec(P, ["some", x, "none", 1]))': "NotAFunctionError",
    'bi(P, "Object.fromEntries", arr([arr(["a"])]))': "IndexOutOfRangeError",
    'bi(P, "Object.fromEntries", arr([arr([1, 2])]))': "TypeMismatchError",
    'bi(P, "Dict.of", arr([1]))': "TypeMismatchError",
    'bi(P, "Dict.set", bi(P, "Dict.empty"), arr([x]), 1)': "DictKeyError",
    'bi(P, "Dict.get", bi(P, "Dict.empty"), x)': "DictKeyError",
    'bi(P, "Decimal.sum", arr([1]))': "TypeMismatchError",
}


@pytest.mark.parametrize(("call", "expected"), [*ARRAYS.items(), *TEXTS.items(), *VALUES.items()])
def test_a_built_in_gives_its_value_for_the_units_of_its_row(call: str, expected: tuple[Any, str, int]) -> None:
    """Besides its row, only callbacks cost something."""
    value, row, more = expected
    told = both(f"{NAMES} return {call};")

    assert (told.value, told.gas) == (value, costs()[row] + more)


@pytest.mark.parametrize(("call", "expected"), NESTED.items())
def test_built_ins_of_wrapped_values(call: str, expected: tuple[Any, int]) -> None:
    """Option, Result, match and Dict: each call on the way costs its row."""
    told = both(f"{NAMES} return {call};")

    assert (told.value, told.gas) == expected


@pytest.mark.parametrize("call", ERRORS)
def test_a_built_in_refuses_what_it_cannot_do(call: str) -> None:
    """At the place of the call, before anything large is made."""
    told = both(f"{NAMES} return {call};")

    assert (told.code, told.error["position"]) == (ERRORS[call], P)


def test_sorting_is_stable_and_compares_the_same_pairs_everywhere() -> None:
    """A merge sort from the whole down: the pairs of five items are these, and equals keep their order."""
    told = both(
        'const by = fn(1, 2, 0, (a, b) => { bi(P, "log", a, b); return sub(Number(a[0]), Number(b[0]), P); }, null);'
        'return method(P, arr(["2a", "1a", "2b", "1b", "1c"]), "toSorted", by);'
    )

    assert told.value == ["1a", "1b", "1c", "2a", "2b"]
    assert told.lines == ["2a 1a", "1b 1c", "2b 1b", "2b 1c", "1a 1b", "2a 1b", "2a 1c", "2a 2b"]


def test_log_writes_texts_as_they_are_and_other_values_as_json() -> None:
    """One line a call, its parts with a space between."""
    told = both('bi(P, "log", "a b", 1, none, rec(P, ["b", 1, "a", "x"])); bi(P, "log"); return JsonNull;')

    assert told.lines == ['a b 1 null {"a":"x","b":1}', ""]


def test_nothing_that_is_given_is_changed() -> None:
    """Every method that makes another array leaves its own as it was."""
    told = both(
        f'const xs = arr([2, 1]); const ys = arr([method(P, xs, "toSorted", {LESS}), bi(P, "List.push", xs, 3),'
        ' method(P, xs, "concat", xs), bi(P, "List.pop", xs), method(P, xs, "with", 0, 9)]);'
        'const r = rec(P, ["a", 1, "b", 2]); const s = prest(r, ["a"], P); return arr([xs, r]);'
    )

    assert told.value == [[2, 1], {"a": 1, "b": 2}]
