"""What the sealed language has not: each form is refused where it stands, with what to write instead."""

from __future__ import annotations

from collections import defaultdict

import pytest
from tree_sitter import Tree as Parsed

from belljar.errors import Finding
from belljar.script._findings import Reporter
from belljar.script._grammar import Tree, parse_units
from belljar.script._text import Lines, to_units
from belljar.script.seal import _refusals, seal, well_parsed

FORMS = {
    "for_statement": "for (;;) {}",
    "for_in_statement": "for (const x of input) {}",
    "while_statement": "while (true) {}",
    "do_statement": "do {} while (true)",
    "break_statement": "break;",
    "continue_statement": "continue;",
    "class_declaration": "class A {}",
    "abstract_class_declaration": "abstract class A {}",
    "class": "return class {}",
    "this": "return this",
    "super": "return super.x",
    "new_expression": "return new Thing()",
    "meta_property": "return new.target",
    "variable_declaration": "var x = 1;",
    "assignment_expression": "input = 1;",
    "augmented_assignment_expression": "input += 1;",
    "update_expression": "input++;",
    "throw_statement": "throw input;",
    "try_statement": "try {} catch {}",
    "null": "return null",
    "undefined": "return undefined",
    "optional_chain": "return input?.x",
    "regex": "return /x/",
    "generator_function": "return function* () {}",
    "generator_function_declaration": "function* f() {}",
    "yield_expression": "yield 1;",
    "import_statement": "import x from 'y';",
    "import_alias": "import x = y.z;",
    "import": "return import('x')",
    "export_statement": "export const x = 1;",
    "switch_statement": "switch (input) {}",
    "labeled_statement": "a: log(1);",
    "with_statement": "with (input) {}",
    "debugger_statement": "debugger;",
    "sequence_expression": "return (1, 2)",
    "function_expression": "return function () {}",
    "assignment_pattern": "return (x = 1) => x",
    "object_assignment_pattern": "const { x = 1 } = input;",
    "optional_parameter": "return (x?: number) => x",
    "method_definition": "return { f() {} }",
    "decorator": "@d class A {}",
    "enum_declaration": "enum A {}",
    "internal_module": "namespace A {}",
    "module": "module A {}",
    "private_property_identifier": "return input.#x",
}
NOT_ALONE = {"import", "decorator"}
"""The parser shows these inside of forms that are refused as a whole."""


def findings(source: str, *, effects: tuple[str, ...] | None = None) -> list[Finding]:
    units = to_units(source)
    parsed = parse_units(units)
    assert isinstance(parsed, Parsed)
    reporter = Reporter(Lines(units))
    seal(well_parsed(Tree(units, parsed)), reporter, costs=defaultdict(int), effects=effects)
    return list(reporter.findings())


def told(source: str, **options: tuple[str, ...]) -> list[tuple[int, int, str]]:
    return [(each.line, each.column, each.message) for each in findings(source, **options)]


@pytest.mark.parametrize("form", FORMS)
def test_a_form_that_the_language_has_not_is_refused_with_a_rewrite(form: str) -> None:
    """By the table's own words, and by none that says only that the form is unknown."""
    found = findings(FORMS[form])

    assert _refusals.KIND_NAMES not in [each.hint for each in found]
    if form not in NOT_ALONE:
        assert _refusals.REFUSALS[form].message in [each.message for each in found]


def test_every_refusal_has_an_example() -> None:
    """The table of forms is the table of examples."""
    assert set(FORMS) == set(_refusals.REFUSALS)


@pytest.mark.parametrize("sign", _refusals.OPERATORS)
def test_an_operator_that_the_language_has_not_is_refused_at_its_sign(sign: str) -> None:
    """With its own rewrite."""
    is_unary = sign in ("void", "delete", "+", "~")
    source = f"return {sign} input" if is_unary else f"return input {sign} input"

    (found,) = findings(source)

    assert (found.column, found.message) == (8 if is_unary else 14, _refusals.OPERATORS[sign].message)


@pytest.mark.parametrize("name", _refusals.NAMES)
def test_a_name_of_javascript_says_what_there_is_instead(name: str) -> None:
    """Where a name of the same kind is missing."""
    assert _refusals.NAMES[name].message in [each.message for each in findings(f"return [{name}]")]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("return 1.5", "'1.5' is no integer literal of the sealed language"),
        ("return 1e3", "'1e3' is no integer literal of the sealed language"),
        ("return 1n", "'1n' is no integer literal of the sealed language"),
        ("return 9007199254740992", "'9007199254740992' is too large for an integer"),
        ("return '\\ud800'", "half a surrogate pair is no text"),
        ("return `\\udc00${input}`", "half a surrogate pair is no text"),
        ("return { '\\ud800': 1 }", "half a surrogate pair is no text"),
        ("const { '\\ud800': x } = input;", "half a surrogate pair is no text"),
        ("return '\\u{110000}'", r"'\u{110000}' is no escape"),
        ("return `\\u{FFFFFFFFFFFFFF}`", r"'\u{FFFFFFFFFFFFFF}' is no escape"),
        ("return '\\07'", r"'\07' is no escape"),
        ("return '\\8'", r"'\8' is no escape"),
        ("return `\\1`", r"'\1' is no escape"),
        ("return input.\\u0062", "a name has no escapes in the sealed language"),
        ("return { \\u0061: 1 }", "a name has no escapes in the sealed language"),
        ("const \\u0061 = 1;", "a name has no escapes in the sealed language"),
        (f"return {'[' * 900}{']' * 900}", "nested more than 50 levels deep"),
        (f"const {'[' * 60}a{']' * 60} = input;", "nested more than 50 levels deep"),
        (f"{'if (true) {' * 60}log(1);{'}' * 60}", "nested more than 50 levels deep"),
        ("const f = () => 1; return f?.()", "?. is not in the sealed language"),
        ("return input.f?.()", "?. is not in the sealed language"),
        ("const eval = 1;", "'eval' is a built-in"),
        ("const undefined = 1;", "'undefined' is a built-in"),
        ("return new Map()", "there is no Map in the sealed language"),
        (f"log({', '.join('1' * 31)});", "31 arguments are too many: 30 are allowed"),
        (f"return `{'${1}' * 31}`", "31 substitutions are too many: 30 are allowed"),
        (f"return ({', '.join(f'x{at}' for at in range(31))}) => 1", "31 parameters are too many: 30 are allowed"),
        ("return [1, , 2]", "a list has no holes in the sealed language"),
        ("const [, x] = input;", "a list has no holes in the sealed language"),
        ("return { __proto__: input }", "__proto__ is no key in the sealed language"),
        ("return input.__proto__", "__proto__ is no key in the sealed language"),
        ("const { __proto__: x } = input;", "__proto__ is no key in the sealed language"),
        ("const { ['x']: y } = input;", "a pattern's keys are written out"),
        ("const f = () => 1; return f`x`", "tagged templates are not in the sealed language"),
        ("log(...input);", "a call has no spread arguments in the sealed language"),
        ("input.x;", "a value alone does nothing"),
        ("let x = 1;", "nothing changes in the sealed language"),
        ("return [async (x) => x]", "an async function is no value in the sealed language"),
        ("const f = async () => 1; return [f]", "an async function is no value"),
        ("const f = async () => 1; return f()", "'f' is async"),
        ("const f = () => 1; return await f()", "'f' is not async"),
        ("return await input", "await is for calls only"),
        ("return effects.x(1)", "the call of an effect is awaited"),
        ("const f = () => await effects.x(1);", "await stands in an async function only"),
        ("return [Int]", "'Int' is a built-in and no value"),
        ("return input.map(some)", "'some' is a built-in and no value"),
        ("return effects", "'effects' is a built-in and no value"),
        ("const some = 1;", "'some' is a built-in"),
        ("const x = 1; const x = 2;", "'x' is declared twice"),
        ("return (x, x) => x", "'x' is declared twice"),
        ("log(x); const x = 1;", "'x' is used before it is declared"),
        ("const x = x;", "'x' is used before it is declared"),
        ("return f(); function f() { return 1 }", "'f' is used before it is declared"),
    ],
)
def test_what_is_wrong_inside_of_a_form_is_told(source: str, message: str) -> None:
    """A literal, a key, a place, a name."""
    assert [each.message for each in findings(source)] == [message]


def test_unknown_names_come_with_the_nearest() -> None:
    """Of the program, of the built-ins, of a group, of the effects."""
    source = "const amount = 1; log(amuont, soem(1), Int.pows(1), await effects.fetchRaet(1));"

    assert [(each.code, each.message, each.hint) for each in findings(source, effects=("fetchRate",))] == [
        ("UndefinedNameError", "'amuont' does not exist here", "Did you mean 'amount'?"),
        ("UndefinedNameError", "'soem' does not exist here", "Did you mean 'some'?"),
        ("UndefinedNameError", "there is no Int.pows", "Did you mean 'pow'?"),
        ("UndefinedNameError", "there is no effect 'fetchRaet'", "Did you mean 'fetchRate'?"),
    ]


def test_all_that_is_wrong_is_told_together() -> None:
    """In the order of the text, each at its own place."""
    source = "const a = null;\nfor (;;) {}\nreturn 1.5 ** unknown"

    assert told(source) == [
        (1, 11, "null and undefined are not in the sealed language"),
        (2, 1, "loops are not in the sealed language"),
        (3, 12, "** is not in the sealed language"),
    ]


@pytest.mark.parametrize(
    "source",
    [
        "type X = { a: number }; interface Y { b: X }; const x = input as X; return (x!.a satisfies number)",
        "const { a, 'b c': [d, ...e], ...f } = input, g = 0x1f; return { a, d, e, f, g, ['k']: 1_000, 2: -1, ...f }",
        "function f<T>(x: T, [y]: T[], ...z: T[]): T { return x } return f(1, [2], 3)",
        "if (true) return 1; else if (false) { const x = 1; return x } { const x = 2; log(x); } return none",
        "const f = async (x: number) => { return await f(await effects.rate(x)) }; return await f(1)",
        "return `a${1}b` + 'c\\n' + typeof input === 'x' && !false || 'k' in input",
        "const even = (n) => n === 0 || odd(n - 1); const odd = (n) => n !== 0 && even(n - 1); return even(4)",
        "const a = 1; if (a < (-2)) { log(1); } return a < ( (-a) ) || a <(a)",
        "// nothing\n;",
    ],
)
def test_what_the_language_has_is_not_refused(source: str) -> None:
    """Its statements, expressions and patterns, with TypeScript's types."""
    assert told(source) == []


def test_a_function_of_many_statements_is_not_too_large() -> None:
    """What is computed one after another does not wait together."""
    lines = "".join(f"log({at}, [n, {at}].map((x) => x + {at})); " for at in range(60))
    assert told(f"const f = (n) => {{ {lines} return n }}; return f(1)") == []
