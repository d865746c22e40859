"""A script without a return yields its last expression."""

from __future__ import annotations

import pytest

from belljar.script import parse

RESULTS = {
    "one expression": ("1 + 1", "return(1 + 1)"),
    "with a semicolon": ("1 + 1;", "return(1 + 1);"),
    "with a comment behind": ("1 + 1 // two", "return(1 + 1) // two"),
    "with a comment before the semicolon": ("1 /* a */ ;", "return(1) /* a */ ;"),
    "on a later line": ("\n  1", "return(\n  1)"),
    "below a comment": ("// a\n1", "return(// a\n1)"),
    "beside a comment": ("/* a */ 1", "/* a */ return(1)"),
    "below a statement": ("const a = 1;\na", "const a = 1;;return(\na)"),
    "below a statement without a semicolon": ("const a = 1\na", "const a = 1;return(\na)"),
    "below a statement with a comment": ("const a = 1 // one\n\na", "const a = 1;return( // one\n\na)"),
    "beside a statement": ("const a = 1; a", "const a = 1; return(a)"),
    "below a block": ("if (1) { }\n2", "if (1) { };return(\n2)"),
    "below an erased type": ("const a = 1\ntype T = string\na as T", "const a = 1\n               ;return(\na     )"),
    "with a type below it": ("const a = 1\na\ntype T = string", "const a = 1;return(\na)\n               "),
    "with helpers below it": ("f()\nfunction f() { return 1 }", "return(f())\nfunction f() { return 1 }"),
    "over several lines": ("[\n  1,\n].map(String)", "return([\n  1,\n].map(String))"),
    "an object literal": ("({ a: 1 })", "return(({ a: 1 }))"),
    "a sequence": ("1, 2", "return(1, 2)"),
    "a directive": ("'use strict'", "return('use strict')"),
    "an await": ("await tools.a()", "return(await tools.a())"),
    "an arrow function": ("async () => { return 1 }", "return(async () => { return 1 })"),
    "an assertion on an object": ("<any>{ a: 1 }", "return((    { a: 1 }))"),
    "a return in a function only": ("const f = () => { return 1 }\nf()", "const f = () => { return 1 };return(\nf())"),
}


@pytest.mark.parametrize("name", RESULTS)
def test_the_last_expression_is_returned(name: str) -> None:
    """Inserted so that the expression's own columns stay where that can be."""
    source, code = RESULTS[name]
    assert parse(source).code == code


@pytest.mark.parametrize(
    "source",
    [
        "",
        "// nothing",
        "const a = 1",
        "1; return 2",
        "if (1) return 2; 3",
        "for (;;) { try { return 1 } finally { } }\n2",
        "1; if (2) 3",
        "{ 1 }",
        "class A {}",
        "a: 1",
    ],
)
def test_f22_no_value_is_invented(source: str) -> None:
    """A script with a return of its own, or whose last statement is no expression, is left alone."""
    assert parse(source).code == source


def test_columns_on_the_line_of_an_insertion_lead_back() -> None:
    """Every column of the code on a moved line maps to where the model wrote it; other lines are the identity."""
    script = parse("const a = 1; a.b\n// end")
    assert script.code == "const a = 1; return(a.b)\n// end"
    assert [script.position(1, column)[1] for column in range(12, 26)] == [
        *(12, 13, 14, 14, 14, 14, 14, 14, 14),
        *(14, 15, 16, 17, 17),
    ]
    assert script.position(2, 3) == (2, 3)


def test_columns_of_an_expression_below_a_statement_do_not_move() -> None:
    """The insertion goes behind the statement before."""
    script = parse("const a = 1\na.b")
    assert [script.position(2, column) for column in (1, 3)] == [(2, 1), (2, 3)]
    assert script.position(1, 20) == (1, 12)
