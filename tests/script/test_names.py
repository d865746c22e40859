"""Names that do not exist, and constructs that a script may not contain."""

from __future__ import annotations

import pytest

from belljar.errors import BannedIdentifierError, UndefinedNameError
from belljar.script import GLOBALS, analyse, parse

Found = list[tuple[str, int, int]]


def found(source: str) -> Found:
    """Code and place of every finding."""
    return [(finding.code, finding.line, finding.column) for finding in analyse(source).findings]


@pytest.mark.parametrize(
    ("source", "column"),
    [
        ("eval('1')", 1),
        ("(0, eval)('1')", 5),
        ("x = { eval }", 7),
        ("return e\\u0076al('1')", 8),
        ("new Function('1')", 5),
        ("return f instanceof Function", 21),
        ("require('fs')", 1),
        ("import fs from 'fs'", 1),
        ("import type { A } from 'a'", 1),
        ("import a = require('a')", 1),
        ("const a = await import('a')", 17),
        ("return import.meta.url", 8),
        ("with (Math) { PI }", 1),
        ("if (1) debugger", 8),
        ("export const a = 1", 1),
        ("export default 1", 1),
        ("export interface A {}", 1),
        ("function f() { return arguments.callee }", 23),
    ],
)
def test_banned_constructs_are_found(source: str, column: int) -> None:
    """S3, S4, S9, S10: code from text, modules, `with` and `debugger`, by syntax tree, with their place."""
    banned = [place for place in found(source) if place[0] == "BannedIdentifierError"]
    assert banned == [("BannedIdentifierError", 1, column)]


@pytest.mark.parametrize(
    "source",
    [
        "return 'eval(1); require(2)'",
        "// eval(1)\nreturn /require(1)/",
        "return { require: 1, eval: 2, Function: 3, import: 4, with: 5 }",
        "const a = {}; return a.require ?? a.eval ?? a.import ?? a.debugger",
        "const require = (x) => x; return require(1)",
        "class Function {} return new Function()",
        "let f: Function = () => 1; return f()",
        "type A = typeof import('a'); return 1",
        "return typeof eval === 'undefined' && typeof require",
        "function A() { return new.target } return new A()",
        "function f() { return arguments.length } return f()",
    ],
)
def test_the_same_words_elsewhere_are_fine(source: str) -> None:
    """Strings, comments, properties, types, local names, and `typeof` of a name that does not exist."""
    assert found(source) == []


def test_s03_require_is_refused_before_any_engine() -> None:
    """With its place, an excerpt, and what to do instead."""
    with pytest.raises(BannedIdentifierError) as caught:
        parse("const a = 1;\nconst fs = require('fs');")
    assert caught.value.to_model() == (
        "BannedIdentifierError at script.ts:2:12: 'require' is not available\n"
        "   2 | const fs = require('fs');\n"
        "     |            ^^^^^^^\n"
        "hint: There are no modules. Use the declared tools and the standard ECMAScript built-ins."
    )


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("fetch", "tools.http"),
        ("setTimeout", "sleep tool"),
        ("process", "`context`"),
        ("Buffer", "Uint8Array"),
        ("fs", "file tools"),
        ("__dirname", "file tools"),
        ("document", "no web page"),
        ("performance", "new Date()"),
        ("structuredClone", "JSON.parse"),
        ("URL", "encodeURIComponent"),
        ("SharedArrayBuffer", "one thread"),
        ("WeakRef", "WeakMap"),
        ("None", "Write null"),
        ("print", "console.log"),
    ],
)
def test_known_absentees_come_with_a_replacement(name: str, instead: str) -> None:
    """A name from elsewhere is told with what to use here."""
    findings = analyse(f"return {name}").findings
    assert [(finding.code, finding.column) for finding in findings] == [("UndefinedNameError", 8)]
    assert instead in findings[0].hint


@pytest.mark.parametrize(
    ("source", "guess"),
    [
        ("const total = 1; return totl", "total"),
        ("const user_name = 1; return userName", "user_name"),
        ("return math.PI", "Math"),
        ("return parseint('1')", "parseInt"),
        ("return tool.x()", "tools"),
    ],
)
def test_a_near_miss_gets_did_you_mean(source: str, guess: str) -> None:
    """Compared with declared names and globals; a difference in case or underscores wins."""
    findings = analyse(source).findings
    assert [(finding.code, finding.hint) for finding in findings] == [
        ("UndefinedNameError", f"Did you mean '{guess}'?")
    ]


def test_each_unknown_name_is_told_once() -> None:
    """Where it is used first."""
    assert found("qqq();\nqqq(); zzz = 1") == [("UndefinedNameError", 1, 1), ("UndefinedNameError", 2, 8)]


def test_all_findings_come_together() -> None:
    """One error with every finding, in the order of the text, whatever their kind."""
    with pytest.raises(UndefinedNameError) as caught:
        parse("qqq();\neval('1');\ntools.nope();\nnamespace A {}", tools=["get"])
    assert [(finding.code, finding.line) for finding in caught.value.findings] == [
        ("UndefinedNameError", 1),
        ("BannedIdentifierError", 2),
        ("ToolNotFoundError", 3),
        ("ScriptSyntaxError", 4),
    ]


def test_a_type_used_as_a_value_is_told() -> None:
    """The name exists, but not when the script runs."""
    findings = analyse("interface Shape {}\nreturn new Shape()").findings
    assert [(finding.line, finding.column) for finding in findings] == [(2, 12)]
    assert findings[0].hint == "'Shape' is only a type, and types do not exist when the script runs."


DECLARED = {
    "var is hoisted to its function": "f(a); function f(x) { { var b = x } return b } var a",
    "function is hoisted in its block": "{ f(); function f() {} }",
    "let in a block": "{ let a = 1; a }",
    "for heads": "for (let i = 0; i < 1; i++) i; for (const k in {}) k; for (const v of []) v; for (var w of []) w; w",
    "for await": "for await (const a of []) a",
    "destructuring": "const { a, b: { c }, d = 1, ...e } = {}, [f, [g], h = f, ...i] = []; a; c; d; e; f; g; h; i",
    "assignment to declared names": "let a, b; [a, { b }] = [1, {}]; ({ a, c: b = a } = {})",
    "parameters": "((a, { b }, [c], d = a, ...e) => { a; b; c; d; e })",
    "one parameter without parentheses": "[1].map(a => a); (async b => b)",
    "typed parameters": "function f(a: number, b?: string, { c }: { c: any } = { c: 1 }, ...d: any[]) { a; b; c; d }",
    "destructuring in a default": "(({ a = ([b]) => b }) => a)",
    "catch": "try {} catch (e) { e } try {} catch ({ message }) { message }",
    "function expression": "(function f() { f })",
    "class expression": "(class A { m() { A } })",
    "class": "class A extends Array { a = A; static { A } [Symbol.iterator]() { return super.x } }",
    "generator": "function* g() { yield g }",
    "labels are no names": "a: for (;;) { continue a; break a }",
    "properties are no names": "({ a: 1, b() {}, get c() { return 1 }, 'd': 2 }).e?.f",
    "new.target and this": "function F() { this.a = new.target }",
    "switch": "switch (1) { case 1: let a = 1; default: a }",
    "closures": "const a = () => b; const b = 1; a()",
    "types are no names": "const a: Foo<Bar> = 1 as Baz; function f<T>(x: T): x is Q { return !!x }",
    "enum": "enum E { A, B = A } E.A",
    "arguments": "function f() { return (() => arguments)() }",
    "globals": " ".join(f"{name};" for name in sorted(GLOBALS)),
    "wide names": "const \u6f22\u5b57 = 1, \U00010400 = 2; \u6f22\u5b57 + \U00010400",
    "escaped names": "const a\\u0062 = 1; ab",
}


@pytest.mark.parametrize("name", DECLARED)
def test_declared_names_are_found(name: str) -> None:
    """Every way to declare a name makes it known where it is visible."""
    assert found(DECLARED[name]) == []


UNDECLARED = {
    "let outside its block": ("{ let a = 1 } a", 15),
    "for head outside the loop": ("for (const a of []) {} a", 24),
    "var outside its function": ("(() => { var a })(); a", 22),
    "parameter outside its function": ("((a) => a)(1); a", 16),
    "catch outside its clause": ("try {} catch (e) {} e", 21),
    "function in a block": ("{ function f() {} } f()", 21),
    "function expression's name": ("(function f() {}); f()", 20),
    "class expression's name": ("(class A {}); new A()", 19),
    "a declared const": ("declare const a: number; a", 26),
    "assignment": ("a = 1", 1),
    "destructuring assignment": ("[a] = [1]", 2),
    "shorthand": ("({ a })", 4),
    "template": ("`${a}`", 4),
    "arguments of no function": ("arguments[0]", 1),
    "enum member outside": ("enum E { A } A", 14),
}


@pytest.mark.parametrize("name", UNDECLARED)
def test_names_are_unknown_outside_their_scope(name: str) -> None:
    """Scopes end where ECMAScript ends them."""
    source, column = UNDECLARED[name]
    assert found(source) == [("UndefinedNameError", 1, column)]
