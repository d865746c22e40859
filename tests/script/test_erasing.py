"""Types become spaces; nothing else moves."""

from __future__ import annotations

import pytest
from erasure_cases import ERASED
from hypothesis import given, settings
from hypothesis import strategies as st

from belljar.script import analyse, parse


def erased(source: str) -> str:
    """The JavaScript of statements, in a function so that no result is inserted and no name is unknown."""
    names = "a b c d e f g h i x y z core s z T Type D B C as"
    head = f"async function* all({', '.join(sorted(set(names.split()) - {'as'}))}, as_) {{"
    return parse(f"{head}{source}\n}}").code.removeprefix(head).removesuffix("\n}")


@pytest.mark.parametrize("name", ERASED)
def test_types_are_erased_in_place(name: str) -> None:
    """The JavaScript has every line and column of the TypeScript."""
    source, code = ERASED[name]
    assert erased(source.replace("as as any", "a as any")) == code.replace("= as ", "= a ").replace(
        "a        ;", "a        ;"
    )


JAVASCRIPT = [
    "",
    "return 1",
    "'use strict'; return this",
    "const a = { get: 1, set: 2, type: 3, async: 4 }; return a.type",
    "let type = 1, declare = 2; type++; return type + declare",
    "class A { #a = 1; static b = 2; get c() { return this.#a } static async *d() {} }\nreturn new A()",
    "label: for (const a of [1]) { for (;;) continue label }",
    "const f = async ({ a, b: [c] = [], ...d } = {}, ...e) => { await null; return [a, c, d, e] }; return f()",
    "return `a${`b${1}`}c` + /[/]\\/`/.source",
    "switch (1) { case 1: { let a = 1; return a } default: return 2 }",
    "if (1) return 2; else return 3 // as any",
    "try { throw new Error('x') } catch { return 1 } finally { }",
    "var [a, , b = 1] = [1, 2]; return a ?? (b ||= 2) ** 2",
    "do { var i = 1 } while (i++ < 3)\nreturn i",
    "const \u00e9\u6f22 = '\U0001f600'; return \u00e9\u6f22",
    "return 1_000n ** 2n",
    "return [1,,2].at?.(0)?.toString?.()",
    "function* g() { const a = yield; yield* [a] } return [...g()]",
    "return ((a) => (b) => a < b && b > a)(1)(2)",
    "return 4 / 2 / 1 // g",
]


@pytest.mark.parametrize("source", JAVASCRIPT)
def test_plain_javascript_passes_through_unchanged(source: str) -> None:
    """To the byte, where there is no result to insert."""
    assert parse(source).code == source


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(JAVASCRIPT), min_size=1, max_size=5), st.sampled_from(["\n", "\r\n", "\u2028"]))
def test_javascript_in_functions_is_unchanged(parts: list[str], line_end: str) -> None:
    """Whatever is put together from JavaScript stays what it was."""
    source = line_end.join(f"(async () => {{{line_end}{part}{line_end}}})();" for part in parts) + "return 1"
    assert parse(source).code == source


def utf16_length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@pytest.mark.parametrize("name", ERASED)
def test_no_line_and_no_length_changes(name: str) -> None:
    """Outside the parentheses that replace an assertion, not a unit is added or lost."""
    source, code = ERASED[name]
    assert code.count("\n") == source.count("\n")
    assert utf16_length(code) - utf16_length(source) == (
        "<any>function" in source or "<T>{" in source or "\n>x" in source
    )


@pytest.mark.parametrize(
    ("source", "hint"),
    [
        ("namespace N { export const a = 1 }", "const name = {...}"),
        ("module N { }", "const name = {...}"),
        ("@d class A {}", "const wrapped = decorate(original)"),
        ("class A { @d m() {} }", "const wrapped = decorate(original)"),
        ("class A { constructor(private a: number) {} }", "this.name = name"),
        ("class A { constructor(readonly a: number) {} }", "this.name = name"),
        ("class A { constructor(override a?: number) {} }", "this.name = name"),
    ],
)
def test_what_needs_a_compiler_is_refused_with_what_to_write(source: str, hint: str) -> None:
    """Each of these gets exactly one finding, and its hint says what to write instead."""
    findings = analyse(source).findings
    assert [finding.code for finding in findings] == ["ScriptSyntaxError"]
    assert hint in findings[0].hint


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ("const a = [1], b = [2];\nlet c = a as any\n[0].toString();", (3, 1)),
    ],
)
def test_line_ends_that_typescript_reads_otherwise_are_refused(source: str, place: tuple[int, int]) -> None:
    """Rather than erase what TypeScript would have kept as code."""
    findings = analyse(source).findings
    assert [(finding.code, finding.line, finding.column) for finding in findings] == [("ScriptSyntaxError", *place)]
