"""Enums are lowered where they stand, with TypeScript's meaning."""

from __future__ import annotations

import pytest

from belljar.script import analyse, parse

LOWERED = {
    "numbers count from zero": (
        "enum E { A, B }\nreturn E",
        'var E;(function( E ){ E[E["A"]=0]="A";  E[E["B"]=E["A"]+1]="B"; })(E||(E={}));\nreturn E',
    ),
    "numbers go on from a number": (
        "enum E { A = 5, B, }\nreturn E",
        'var E;(function( E ){ E[E["A"] = 5]="A";  E[E["B"]=6]="B";  })(E||(E={}));\nreturn E',
    ),
    "strings have no reverse mapping": (
        "enum E { A = 'x', B = `y` }\nreturn E",
        """var E;(function( E ){ E["A"] = 'x';  E["B"] = `y`; })(E||(E={}));\nreturn E""",
    ),
    "earlier members are read from the enum": (
        "enum E { A = 1, B = A << 1, C = ~(A | B) }\nreturn E",
        'var E;(function( E ){ E[E["A"] = 1]="A"; '
        ' E["B"] = E.A << 1;if(typeof E["B"]!=="string")E[E["B"]]="B"; '
        ' E["C"] = ~(E.A | E.B);if(typeof E["C"]!=="string")E[E["C"]]="C"; })(E||(E={}));\nreturn E',
    ),
    "members with other names": (
        "enum E { 'a-b', ['c'] = 2, \"d\" }\nreturn E",
        """var E;(function( E ){ E[E['a-b']=0]='a-b';  E[E['c'] = 2]='c';  E[E["d"]=3]="d"; })(E||(E={}));\nreturn E""",
    ),
    "const enums are objects too": (
        "const enum E { A }\nreturn E.A",
        ' var E;(function( E ){ E[E["A"]=0]="A"; })(E||(E={}));\nreturn E.A',
    ),
    "lines stay": (
        "enum E {\n  // one\n  A = 1, /* two */\n  B\n}\nreturn E",
        'var E;(function( E ){\n  // one\n  E[E["A"] = 1]="A";  /* two */\n  E[E["B"]=2]="B";\n})(E||(E={}));\n'
        "return E",
    ),
    "enums of one name merge": (
        "enum E { A }\nenum E { B = A + 1 }\nreturn E",
        'var E;(function( E ){ E[E["A"]=0]="A"; })(E||(E={}));\n'
        ';(function( E ){ E["B"] = E.A + 1;if(typeof E["B"]!=="string")E[E["B"]]="B"; })(E||(E={}));\nreturn E',
    ),
    "in a block the declaration is let": (
        "{ enum E { A } }\nreturn 1",
        '{ let E;(function( E ){ E[E["A"]=0]="A"; })(E||(E={})); }\nreturn 1',
    ),
    "a parameter of the same name is not the member": (
        "enum E { A, B = ((A) => A)(A) }\nreturn E",
        'var E;(function( E ){ E[E["A"]=0]="A"; '
        ' E["B"] = ((A) => A)(E.A);if(typeof E["B"]!=="string")E[E["B"]]="B"; })(E||(E={}));\nreturn E',
    ),
    "a shorthand property keeps its name": (
        "enum E { A, B = f({ A }) }\nfunction f(o) { return o.A }\nreturn E",
        'var E;(function( E ){ E[E["A"]=0]="A"; '
        ' E["B"] = f({ A:E.A });if(typeof E["B"]!=="string")E[E["B"]]="B"; })(E||(E={}));\n'
        "function f(o) { return o.A }\nreturn E",
    ),
    "an empty enum": ("enum E {}\nreturn E", "var E;(function( E ){})(E||(E={}));\nreturn E"),
    "types in values are erased": (
        "enum E { A = <number>1 as number }\nreturn E",
        'var E;(function( E ){ E["A"] =         1          ;if(typeof E["A"]!=="string")E[E["A"]]="A"; })(E||(E={}));\n'
        "return E",
    ),
}


@pytest.mark.parametrize("name", LOWERED)
def test_enums_are_lowered_in_place(name: str) -> None:
    """Exact JavaScript, on the lines of the TypeScript."""
    source, code = LOWERED[name]
    assert parse(source).code == code


def test_an_ambient_enum_is_erased() -> None:
    """It does not exist at run time, so that its name is unknown."""
    analysis = analyse("declare enum E { A }\nreturn E.A")
    assert [(finding.code, finding.line, finding.column) for finding in analysis.findings] == [
        ("UndefinedNameError", 2, 8)
    ]


def test_a_member_after_a_string_needs_a_value() -> None:
    """As TypeScript demands."""
    findings = analyse("enum E { A = 'x', B }").findings
    assert [(f.column, f.message) for f in findings] == [(19, "enum member 'B' needs a value")]


def test_positions_in_a_lowered_enum_lead_back() -> None:
    """Made-up text points at the member it was made from, copied text at itself."""
    script = parse("enum E { A = 1, B = boom() }\nfunction boom() { return 1 }\nreturn E")
    column = script.code.index("boom") + 1
    assert script.position(1, column) == (1, 21)
    assert script.position(1, script.code.index('E["B"]') + 1) == (1, 17)
    assert script.position(2, 10) == (2, 10)
