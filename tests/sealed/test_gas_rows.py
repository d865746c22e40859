"""Annex A, row by row: for each the smallest program that performs it, and all rows that it is charged for."""

from __future__ import annotations

import asyncio
import json
from importlib.resources import files

import pytest

from belljar import Harness, tool
from belljar.harness import Outcome

TABLE = json.loads((files("belljar.script.seal") / "gas.json").read_text())
UNITS = {row["id"]: row["units"] for row in TABLE["rows"]}
PUBLISHED = {
    "tail_call": 0,
    "negate": 1, "not": 1, "stack": 1,
    "add": 2, "subtract": 2, "compare": 2, "logical": 2, "element": 2, "typeof": 2, "in": 2, "scope": 2, "none": 2,
    "array_pop": 2,
    "multiply": 3, "property": 3, "const": 3, "return": 3, "concat": 3, "array_push": 3, "array_shift": 3,
    "array_reverse": 3, "pipeline": 3, "option": 3, "instanceof": 3, "if": 3,
    "divide": 4, "remainder": 4, "if_else": 4, "conditional": 4, "string_slice": 4, "array_unshift": 4,
    "object_keys": 4, "pipeline_call": 4,
    "call": 5, "array": 5, "array_slice": 5, "object": 5, "object_entries": 5, "match_case": 5, "string_format": 5,
    "log": 5, "hash": 5,
    "array_join": 6, "string_search": 6,
    "string_replace": 8, "array_splice": 8, "union": 8,
    "closure": 10, "string_split": 10, "match": 10, "error": 10,
    "union_match": 12,
    "json_stringify": 15, "regexp": 15,
    "json_parse": 20, "sort": 20, "effect_registration": 20,
    "sha256": 50, "hmac": 60,
    "effect": 100, "http_read": 100, "database_read": 100,
    "http_write": 120, "database_write": 150, "verify": 150, "sign": 200,
}  # fmt: skip
"""As SPEC-sealed section 10 has them; `hash` is ours, by the row of a string format."""
COUNT = "const f = (n) => n === 0 ? 0 : f(n - 1); return f(1);"
PROGRAMS = {
    "tail_call": (COUNT, "const closure return conditional compare subtract conditional compare"),
    "negate": ("return -1;", "return negate"),
    "not": ("return !true;", "return not"),
    "add": ("return 1 + 2;", "return add"),
    "subtract": ("return 2 - 1;", "return subtract"),
    "compare": ("return 1 < 2;", "return compare"),
    "logical": ("return true && false;", "return logical"),
    "element": ("return [1][0];", "return element array"),
    "typeof": ("return typeof 1;", "return typeof"),
    "in": ("return 'a' in {};", "return in object"),
    "scope": ("{ const a = 1; } return 1;", "scope scope const return"),
    "none": ("return none;", "return none"),
    "array_pop": ("return List.pop([1]);", "return array_pop array"),
    "multiply": ("return 2 * 3;", "return multiply"),
    "property": ("return { a: 1 }.a;", "return property object"),
    "const": ("const a = 1; return a;", "const return"),
    "return": ("return 1;", "return"),
    "concat": ("return `${1}${2}`;", "return concat concat"),
    "array_push": ("return List.push([], 1);", "return array_push array"),
    "array_shift": ("return List.shift([1]);", "return array_shift array"),
    "array_reverse": ("return [1].toReversed();", "return array_reverse array"),
    "pipeline": ("return pipe(1);", "return pipeline"),
    "option": ("return some(1);", "return option"),
    "if": ("if (false) return 2; return 1;", "if return"),
    "divide": ("return 4 / 2;", "return divide"),
    "remainder": ("return 5 % 2;", "return remainder"),
    "if_else": ("if (true) return 1; else return 2;", "if_else return"),
    "conditional": ("return true ? 1 : 2;", "return conditional"),
    "string_slice": ("return 'ab'.slice(1);", "return string_slice"),
    "array_unshift": ("return List.unshift([], 1);", "return array_unshift array"),
    "object_keys": ("return Object.keys({});", "return object_keys object"),
    "pipeline_call": ("return pipe(1, (x) => x);", "return pipeline pipeline_call closure"),
    "call": ("const f = () => 1; return f() + 1;", "const closure return call add"),
    "array": ("return [];", "return array"),
    "array_slice": ("return [].slice();", "return array_slice array"),
    "object": ("return {};", "return object"),
    "object_entries": ("return Object.entries({});", "return object_entries object"),
    "match_case": (
        "return match(none, { some: (x) => x, none: () => 1 });",
        "return match match_case call none object closure closure",
    ),
    "string_format": ("return 'a'.repeat(2);", "return string_format"),
    "log": ("log(1); return 1;", "log return"),
    "hash": ("return fnv1a64(1);", "return hash"),
    "array_join": ("return ['a'].join();", "return array_join array"),
    "string_search": ("return 'a'.includes('b');", "return string_search"),
    "string_replace": ("return 'a'.replace('a', 'b');", "return string_replace"),
    "array_splice": ("return [1].toSpliced(0, 1);", "return array_splice array"),
    "closure": ("const f = () => 1; return 1;", "const closure return"),
    "string_split": ("return 'a'.split('b');", "return string_split"),
    "match": (
        "return match(ok(1), { ok: (x) => x, err: (e) => e });",
        "return match match_case call option object closure closure",
    ),
    "json_stringify": ("return Json.stringify(1);", "return json_stringify"),
    "json_parse": ("return Json.parse('1');", "return json_parse"),
    "sort": (
        "return [2, 1].toSorted((a, b) => a - b);", "return sort array closure call subtract",
    ),
    "sha256": ("return sha256('');", "return sha256"),
    "hmac": ("return hmacSha256('k', '');", "return hmac"),
    "effect": ("return await effects.one({});", "return effect object"),
}  # fmt: skip


@tool
def one() -> int:
    """One."""
    return 1


def run(source: str, engine: str) -> Outcome:
    async def main() -> Outcome:
        async with Harness([one], engine=engine) as harness:
            return await harness.run_sealed(source)

    return asyncio.run(main())


def test_the_table_is_the_published_one() -> None:
    """No row is missing, none is invented, none costs something else."""
    assert UNITS == PUBLISHED


def test_every_row_that_the_language_can_express_has_a_program() -> None:
    """The others say why not."""
    assert set(PROGRAMS) == {row["id"] for row in TABLE["rows"] if row["expressible"]}
    assert all(row["why"] for row in TABLE["rows"] if not row["expressible"])


@pytest.mark.parametrize("row", PROGRAMS)
def test_a_row_costs_what_the_table_says(row: str, engine: str) -> None:
    """The program's gas is the sum of its rows, on both engines."""
    source, rows = PROGRAMS[row]
    outcome = run(source, engine)

    assert outcome.error is None
    assert row in rows.split() or row == "tail_call"
    assert outcome.figures.gas == sum(UNITS[each] for each in rows.split())


@pytest.mark.parametrize(
    ("source", "rows"),
    [
        ("return [1, 2, 3].map((x) => x * 2);", "return array array_slice closure" + 3 * " call multiply"),
        ("return [1].reduce((sum, x) => sum + x, 0);", "return array array_slice closure call add"),
        ("return { f: (x) => x }.f(1);", "return object closure property call"),
        ("return Decimal.sum([]);", "return array"),
        ("const a = false; return a && 1 + 1 === 2;", "const return logical"),
        ("const a = true; return a && 1 + 1 === 2;", "const return logical add compare"),
        ("return true ? 1 + 1 : 2 * 2;", "return conditional add"),
        ("if (input === JsonNull) { return 1 } return 2 * 2;", "if compare return"),
        ("if (input !== JsonNull) { return 1 } return 2 * 2;", "if compare return multiply"),
        ("if (false) { log(1); } return 1;", "if return"),
    ],
)  # fmt: skip
def test_what_is_not_executed_is_not_charged(source: str, rows: str, engine: str) -> None:
    """Arms, right sides and what follows an early return are charged when they are entered; callbacks for each call."""
    assert run(source, engine).figures.gas == sum(UNITS[each] for each in rows.split())
