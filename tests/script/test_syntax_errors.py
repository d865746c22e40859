"""What a model is told about a text that is not TypeScript."""

from __future__ import annotations

import pytest

from belljar.errors import ScriptSyntaxError
from belljar.script import analyse, parse, reread

TOLD = {
    "an unclosed parenthesis": ("const a = (1 + 2;\nreturn a", 1, 11, "'(' is never closed"),
    "an unclosed brace": ("if (1) {\n  f()", 1, 8, "'{' is never closed"),
    "an unclosed bracket": ("return [1, 2", 1, 8, "'[' is never closed"),
    "the wrong bracket": ("const a = [1\n);", 2, 1, "')' does not close the '[' of line 1"),
    "a closing brace too many": ("if (1) { }\n}", 2, 1, "'}' closes nothing that was opened"),
    "a string over two lines": ("const a = 'x\n';", 1, 11, "the string is not closed on its line"),
    "an unclosed template": ("const a = `x${1}", 1, 11, "the template string is never closed"),
    "an unclosed substitution": ("const a = `x${1`", 1, 16, "the template string is never closed"),
    "an unclosed comment": ("return 1 /* x", 1, 10, "the comment is never closed"),
    "a Python function": ("def f(x):\n  return x", 1, 1, "this is Python, not TypeScript"),
    "a Python condition": ("const a = 1\nif a > 1:\n  a", 2, 1, "this is Python, not TypeScript"),
    "a Python comment": ("const a = 1\n# a comment here\nreturn a", 2, 1, "'#' does not begin a comment"),
    "the end of the text": ("return 1 +", 1, 11, "the script ends in the middle of a statement"),
    "a missing value": ("await tools.x({ a: });", 1, 19, "a name is missing"),
    "a missing parenthesis": ("if (a { }", 1, 4, "'(' is never closed"),
    "a missing comma": ("return { a: 1 b: 2 }", 1, 15, "unexpected 'b'"),
    "a stray word": ("const = 1", 1, 7, "unexpected '='"),
}


@pytest.mark.parametrize("name", TOLD)
def test_f29_syntax_errors_are_explained(name: str) -> None:
    """Line, column and message of the first finding."""
    source, line, column, message = TOLD[name]
    finding = analyse(source).findings[0]
    assert (finding.code, finding.line, finding.column, finding.message) == ("ScriptSyntaxError", line, column, message)
    assert finding.excerpt.endswith("^" * 1)


def test_the_error_carries_excerpt_and_hint() -> None:
    """What the model reads, in full."""
    with pytest.raises(ScriptSyntaxError) as caught:
        parse("const a = (1 + 2;\nreturn a")
    assert caught.value.to_model() == (
        "ScriptSyntaxError at script.ts:1:11: '(' is never closed\n"
        "   1 | const a = (1 + 2;\n"
        "     |           ^\n"
        "hint: Add the missing ')'."
    )


@pytest.mark.parametrize("fence", ["```ts\nreturn 1\n```", "\n  ```\nreturn 1\n```", "~~~js\nreturn 1\n~~~"])
def test_a_fence_around_a_script_is_told(fence: str) -> None:
    """Although JavaScript can read backtick fences as templates."""
    analysis = analyse(fence)
    assert analysis.findings[0].message == "a Markdown code fence is not part of a script"
    assert (analysis.script, analysis.tentative) == (None, False)


def test_the_parsers_doubts_are_tentative() -> None:
    """The script is there with its plain source, for the jar's own compiler to decide."""
    source = "const abstract = 1; abstract = 2; return abstract"
    analysis = analyse(source)
    assert analysis.tentative
    assert [finding.code for finding in analysis.findings] == ["ScriptSyntaxError"]
    assert analysis.script is not None
    assert (analysis.script.code, analysis.script.source) == (source, source)
    assert analysis.script.position(1, 5) == (1, 5)


@pytest.mark.parametrize(
    "source",
    [
        "})(); foo(); (async () => {",
        "}); target(), (function(){",
        "}\nfoo();\n{",
        "return 1 }; foo(); async function x() {",
        "`${1}`})(); foo(); (async () => {`",
        "/}/; }; foo(); {",
        "'}' }; foo(); {",
    ],
)
def test_a_text_that_leaves_its_own_body_is_certainly_refused(source: str) -> None:
    """The jar is never asked about a text whose closing brackets end the function around it."""
    analysis = analyse(source)
    assert (analysis.script, analysis.tentative) == (None, False)
    assert "closes nothing that was opened" in analysis.findings[0].message


def test_a_source_that_ran_before_is_read_again_without_doubts() -> None:
    """The jar compiled it then; what is certainly wrong is still an error."""
    source = "const abstract = 1; abstract = 2; return abstract"
    assert reread(source) is analyse(source).script
    with pytest.raises(ScriptSyntaxError):
        reread("} {")


def test_doubts_beside_a_certain_finding_are_not_tentative() -> None:
    """A banned name is wrong whatever the parser thinks of the rest."""
    analysis = analyse("const abstract = 1; abstract = eval('2')")
    assert (analysis.script, analysis.tentative) == (None, False)
    assert "BannedIdentifierError" in {finding.code for finding in analysis.findings}


@pytest.mark.parametrize(
    "source",
    [
        "[" * 9_000,
        "!" * 9_000,
        "(" * 4_000 + ")" * 4_000,
        "a=>" * 3_000 + "1",
        "return " + "-" * 2_000 + "1",
        "[" + "," * 5_000 + "]",
    ],
)
def test_text_that_nests_without_end_is_refused(source: str) -> None:
    """Long before anything could run out of stack."""
    analysis = analyse(source)
    assert [finding.message for finding in analysis.findings] == ["nested more than 1,000 levels deep"]
    assert analysis.script is None


def test_what_models_write_nests_less() -> None:
    """A sum of 300 terms, a chain of 300 calls, 90 else-ifs."""
    assert not analyse("return " + " + ".join("1" * 300)).findings
    assert not analyse("return ''" + ".trim()" * 300).findings
    assert not analyse("const a = 1; " + "if (a) 1; else " * 90 + "return 2").findings
