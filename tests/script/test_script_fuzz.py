"""Whatever the text: no exception but the documented ones, the same lines, and linear work."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import belljar.script
from belljar.errors import SourceError
from belljar.script import analyse, near_misses, parse

WORDS = """let const var a b c = == => ( ) [ ] { } ; , . ?. ? : ! + - * / < > & | ` ${ } ' " // /* */ \\ # @ class
           extends implements interface type enum namespace declare abstract private readonly static get set async
           await function return yield if else for of in while do switch case break try catch finally throw new
           typeof as satisfies is asserts keyof import export default this super null 1 0x1 1n 'x' `y` /z/g tools
           tools.x eval <T> <T>a a! a? a: :string : { } as const \U0001f600 \u6f22 \\u0061 def elif None ```""".split()  # noqa: SIM905 a table of words
TEXTS = st.lists(st.sampled_from([*WORDS, "\n", "\r\n", "\u2028", " ", "\t"]), max_size=40).map(" ".join)


@settings(max_examples=1_000, deadline=None, derandomize=True)
@given(TEXTS)
def test_any_words_are_analysed(source: str) -> None:
    """There is a script or there are findings, each in the text, and code has the lines of its source."""
    analysis = analyse(source, tools=["x", "y.z"])
    lines = len(belljar.script._text.Lines(source)._starts)
    assert (analysis.script is None or analysis.tentative) == bool(analysis.findings)
    assert all(1 <= finding.line <= lines and finding.column >= 1 for finding in analysis.findings)
    assert [finding.line for finding in analysis.findings] == sorted(finding.line for finding in analysis.findings)
    if analysis.script:
        assert len(belljar.script._text.Lines(analysis.script.code)._starts) == lines


@settings(max_examples=500, deadline=None, derandomize=True)
@given(st.one_of(st.text(max_size=200), st.binary(max_size=200)))
def test_any_text_or_bytes_are_parsed_or_refused(source: str | bytes) -> None:
    """Only SourceError and its kinds."""
    analysis = analyse(source)
    if analysis.findings:
        with pytest.raises(SourceError) as caught:
            parse(source)
        assert caught.value.findings == analysis.findings
    else:
        assert parse(source).source == analysis.script.source  # type: ignore[union-attr]  # no findings, so a script


@settings(max_examples=500, deadline=None, derandomize=True)
@given(st.text(alphabet="<>/\uff1c\uff1etol-_calsTOLCAS `\n~", max_size=80))
def test_near_misses_never_raise(reply: str) -> None:
    """Malformed or not."""
    assert all(finding.line >= 1 for finding in near_misses(reply))


@settings(max_examples=300, deadline=None, derandomize=True)
@given(TEXTS, st.integers(1, 400))
def test_positions_of_code_lead_into_the_source(source: str, column: int) -> None:
    """Every position of the code has one in the source, on its own line."""
    script = analyse(source).script
    if script is not None:
        line, mapped = script.position(1, column)
        assert (line, mapped >= 1) == (1, True)


UNITS = {
    "plain": "const f = async (x) => { const y = await tools.get({ x }); return y.map((z) => z.a + 1) };\n",
    "typed": "{ interface A { a: string }\nlet a: A[] = [] as A[]; class B<T> { private x?: T; m(q: T): void {} } }\n",
    "names": "{ let a = 1; a; }\n",
    "unknown": "qqq(zzz);\n",
    "enums": "{ enum E { A, B = A } }\n",
    "tools": "tools.get({}); tools.nope();\n",
}


@pytest.mark.parametrize("name", UNITS)
def test_analysis_is_linear(name: str) -> None:
    """Ten times the text is ten times the nodes looked at."""
    unit = UNITS[name]
    steps = [analyse(unit * (size // len(unit)), tools=["get"]).steps for size in (1_900, 19_000)]
    assert 0 < steps[1] <= 11 * steps[0]


def test_a_text_that_the_parser_never_finishes_is_refused() -> None:
    """Its error recovery runs in circles on this one; the effort it may spend ends that."""
    source = (
        "}<;]a,/<;?$:]<\"\n==/)b '\"\" $=`/]/{)/[,.'/;c>=$};cc$/[c}{:==b=!([:(<[?]:!\"=?$[}=!..)/{,,\n!$?]> ',').\\;.,="
    )
    analysis = analyse(source)
    assert [(finding.column, finding.message) for finding in analysis.findings] == [
        (1, "'}' closes nothing that was opened")
    ]
    assert (analysis.script, analysis.tentative) == (None, False)


def test_the_room_does_no_io() -> None:
    """Pure: neither clock nor threads nor files nor network are imported."""
    banned = {"asyncio", "socket", "subprocess", "threading", "time", "random", "os", "pathlib", "io"}
    folder = Path(belljar.script.__file__).parent
    imported = set()
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add((node.module or "").partition(".")[0])
    assert banned.isdisjoint(imported)


def test_the_public_names_are_these() -> None:
    """The list changes on purpose."""
    assert belljar.script.__all__ == [
        "GLOBALS",
        "PROFILES",
        "Analysis",
        "Detector",
        "PositionMap",
        "Script",
        "Segment",
        "ToolUse",
        "analyse",
        "decode_reply",
        "detect",
        "near_misses",
        "parse",
        "reread",
    ]
