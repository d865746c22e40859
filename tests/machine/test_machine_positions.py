"""Where an error is: line and column of the model's own TypeScript, at the token that is wrong."""

from __future__ import annotations

import re

import pytest
from support import boom, echo, error_of, failed

CASES = {
    "thrown error": "const a = 1\nif (a) throw ▸new Error('x')",
    "thrown text": "const a = 1; throw ▸'no'",
    "rejected await": "await Promise.reject(▸new Error('x'))",
    "property of null": "const a: any = null\nreturn a.▸b",
    "property of a constant": "null.▸x",
    "property of undefined in a chain": "const v: any = {a: {}}\nv.a.b.▸c",
    "method of null": "const v: any = null\n  v.▸foo()",
    "array pattern": "const ▸[x] = null as any",
    "object pattern": "const ▸{y} = undefined as any",
    "not a function": "const f: any = 1\n▸f()",
    "missing method": "const o: any = {}; o.▸method()",
    "constant written": "const a = 1; (▸a as any) = 2",
    "name before its declaration": "▸x; let x = 1",
    "not iterable": "▸for (const z of 5 as any) ;",
    "private name": "class A { #p = 1; static t(o: any) { return o.▸#p } }\nA.t({})",
    "mixed BigInt": "1n + ▸(1 as any)",
    "bad JSON": "JSON.▸parse('{bad')",
    "bad length": "▸new Array(-1)",
    "bad repeat": "'x'.▸repeat(-1)",
    "frozen object": "const o = Object.freeze({a: 1} as any); o.▸a = 2",
    "callback": "[1, 2].map((n: number) => { throw ▸new RangeError('x') })",
    "getter": "const o = {get g(): number { throw ▸new Error('x') }}\no.g",
    "after wide characters": "const é = '汉字😀', a: any = undefined; a.▸b",
    "after a comment of wide characters": "/* 汉字😀 */ throw ▸new Error('x')",
    "after a template": "const t = `😀\n${1}\n`; throw ▸new Error('x')",
    "after an enum": "enum Kind { A, B = 'b' as any }\nconst k: any = Kind.A; k.x.▸y",
    "after erased types": "type T = { a: number }\nlet v = undefined! as unknown as T; return v.▸a",
    "generic call": "const id = <T,>(x: T): T => x; id<any>(null).▸x",
    "inserted result": "const v: any = undefined\nv.▸x",
    "tool that fails": "const a = [\n  1 as any, await tools.▸boom({message: 'x'})]",
    "tool behind its arguments": "await tools.▸boom({message: String([1, 2].map(n => n + 1))})",
    "arguments that cannot cross": "await tools.▸echo({value: () => 1})",
    "wrong arguments": "const o = {wrong: 1} as any\nawait tools.▸boom(o)",
    "line ends of Windows": "const a = 1\r\nconst b: any = null\r\nb.▸c",
}


@pytest.mark.parametrize("name", CASES)
def test_the_error_is_where_it_happens(name: str) -> None:
    """The position is that of the mark, columns in UTF-16 units."""
    before, _, after = CASES[name].partition("▸")
    lines = re.split("\r\n|[\n\u2028\u2029]", before)
    error = error_of(before + after, boom, echo)
    assert (error.line, error.column) == (len(lines), len(lines[-1].encode("utf-16-le")) // 2 + 1), error.excerpt


def test_the_excerpt_marks_the_token() -> None:
    """The model is shown its own line with a caret below the place."""
    error = error_of("const a = 1\nconst b: any = null; b.c")
    assert error.to_model() == (
        "ScriptRuntimeError at script.ts:2:24: TypeError: cannot read property 'c' of null\n"
        "   2 | const b: any = null; b.c\n"
        "     |                        ^\n"
        "hint: Correct the script at this position, or catch the error."
    )


def test_the_stack_has_script_frames_only_and_at_most_ten() -> None:
    """Innermost first, in the model's own lines; the prelude's and the host's frames are left out."""
    error = error_of("const f = (n: number): number => n ? f(n - 1) : (() => { throw new Error('x') })()\nf(20)")
    stack = error.details["stack"]
    assert len(stack) == 10
    assert stack[0] == "<anonymous> (script.ts:1:64)"
    assert all(re.fullmatch(r"(f|<anonymous>|<script>) \(script\.ts:1:\d+\)", frame) for frame in stack)


def test_a_failed_run_tells_every_call_with_its_line() -> None:
    """The outcome lists the calls that were started, so that no write is made again."""
    outcome = failed(
        "await tools.echo({value: 1})\nawait Promise.all([tools.echo({value: 2}), tools.boom({})])", echo, boom
    )
    assert [(call.tool, call.line, call.state.value, call.error) for call in outcome.calls] == [
        ("echo", 1, "done", None),
        ("echo", 2, "done", None),
        ("boom", 2, "failed", "ToolExecutionError"),
    ]
