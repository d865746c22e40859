"""The checker around the compiler: its words, its threads, its limits, and that it never stands in a script's way."""

from __future__ import annotations

import logging
import os
import resource
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import PROGRAMS, program
from runs import run_checked, run_unchecked
from shop import DECLARATIONS, TOOLS

from belljar import Tool
from belljar.errors import Finding
from belljar.tools import declarations
from belljar.typecheck import TypeChecker, _checker

WRONG = "return (await tools.now()).nope"
NOPE = Finding(
    code="ScriptTypeError",
    message="Property 'nope' does not exist on type 'string'. (TS2339)",
    line=1,
    column=28,
    excerpt="   1 | return (await tools.now()).nope\n     |                            ^^^^",
)
LIMITED = {
    resource.RLIMIT_CPU: 300,
    resource.RLIMIT_FSIZE: 0,
    resource.RLIMIT_CORE: 0,
    resource.RLIMIT_NOFILE: 64,
    resource.RLIMIT_DATA: 768 << 20,
}


@pytest.fixture
def own(checker: TypeChecker) -> Iterator[TypeChecker]:
    """A checker that a test may break."""
    own = TypeChecker(checker.compiler, seconds=20.0)
    yield own
    own.close()


# -- its words --------------------------------------------------------------------------------------------------------


def test_a_finding_has_place_excerpt_and_the_compilers_reason(checker: TypeChecker) -> None:
    """And its number, by which a model knows it."""
    assert checker.findings(WRONG, DECLARATIONS) == (NOPE,)


def test_a_finding_says_what_was_meant(checker: TypeChecker) -> None:
    """What the compiler guesses is the hint."""
    (found,) = checker.findings("return (await tools.list_invoices({status: 'opened'})).lenght", DECLARATIONS)[:1]

    assert (found.message, found.hint) == (
        "Type '\"opened\"' is not assignable to type 'Status | null | undefined'. (TS2820)",
        "Did you mean '\"open\"'?",
    )


def test_a_finding_says_where_an_expectation_comes_from(checker: TypeChecker) -> None:
    """What it says of other places, but not where in our files they are."""
    (found,) = checker.findings("return await tools.save({invoice: {id: 1, cents: 1, due: ''}})", DECLARATIONS)

    assert (found.message, found.hint) == (
        "Type 'number' is not assignable to type 'string'. (TS2322)",
        "The expected type comes from property 'id' which is declared here on type 'Invoice2'",
    )


def test_a_finding_gives_the_innermost_reason(checker: TypeChecker) -> None:
    """Of a chain of reasons the first line and the last, on one line."""
    (found,) = checker.findings(
        "const q = {invoice: {id: 1, cents: 1, due: ''}}; return await tools.save(q)", DECLARATIONS
    )

    assert found.message == (
        "Argument of type '{ invoice: { id: number; cents: number; due: string; }; }' is not assignable to parameter "
        "of type '{ invoice: Invoice2; }'. Type 'number' is not assignable to type 'string'. (TS2345)"
    )


def test_the_outcome_of_a_run_is_the_finding(checker: TypeChecker) -> None:
    """As for every other thing that is wrong before a run."""
    outcome = run_checked(WRONG, *TOOLS, checker=checker)

    assert outcome.error is not None
    assert outcome.error.to_model() == (
        "ScriptTypeError at script.ts:1:28: Property 'nope' does not exist on type 'string'. (TS2339)\n"
        f"{NOPE.excerpt}\nhint: Correct the types; the tools are declared with their arguments and results."
    )


def test_findings_are_many_at_most(checker: TypeChecker) -> None:
    """A model that reads a hundred will not miss the rest."""
    assert len(checker.findings("(await tools.now()).nope;\n" * 150, DECLARATIONS)) == 100


def test_a_long_type_is_cut(checker: TypeChecker) -> None:
    """The compiler spells whole types out; a message stays readable."""
    fields = ", ".join(f"field_number_{number}: {number}" for number in range(400))
    (found,) = checker.findings(f"const q = {{{fields}}}; return await tools.get_invoice(q)", DECLARATIONS)

    assert len(found.message) <= 620


def test_a_result_without_a_type_may_be_anything(checker: TypeChecker) -> None:
    """`unknown` in a declaration is the word for a result that nobody described, also inside others."""
    schema = {
        "type": "object",
        "properties": {"unknown": {}, "list": {"type": "array"}},
        "required": ["unknown", "list"],
    }

    async def unknown(arguments: dict[str, object]) -> object:
        return {"unknown": {"a": {"b": len(arguments)}}, "list": [{"x": 1}]}

    tool = Tool.from_schema(unknown, name="unknown", description='Says "unknown".', parameters={}, result=schema)
    source = "const r = await tools.unknown(); return r.unknown.a.b + r.list[0].x"

    assert run_unchecked(source, tool).value == 1
    assert checker.findings(source, declarations([tool])) == ()
    assert [f.message for f in checker.findings(source.replace("r.list", "r.lists"), declarations([tool]))] == [
        "Property 'lists' does not exist on type '{ unknown: any; list: any[]; }'. (TS2551)"
    ]


def test_a_script_without_tools_is_checked_too(checker: TypeChecker) -> None:
    """Against the language alone."""
    assert [found.message for found in checker.findings("return 'a'.contains('b')", "")] == [
        "Property 'contains' does not exist on type '\"a\"'. (TS2339)"
    ]


CLASHING = """\
type Generator = { id: string; status: Status };
type Status = "a" | "b";
type Disposable = { name: string };
declare const tools: {
  gen(args: { id: string; d: Disposable }): Promise<Generator>;
};
"""


def test_a_type_of_the_tools_hides_one_of_the_library(checker: TypeChecker) -> None:
    """A tool author may call a class as ECMAScript calls one of its own types."""
    source = "const g: Generator = await tools.gen({id: 'x', d: {name: 'y'}}); return g.id + g.status.length"

    assert checker.findings(source, CLASHING) == ()
    assert [found.message for found in checker.findings(source.replace("g.id", "g.next"), CLASHING)] == [
        "Property 'next' does not exist on type 'Generator'. (TS2339)"
    ]


def test_types_of_one_name_are_told_by_that_name(checker: TypeChecker) -> None:
    """The compiler would name our module beside them; a model knows none."""
    source = "interface Disposable { x: number }\nconst d: Disposable = {x: 1}; await tools.gen({id: 'x', d})"

    assert [found.message for found in checker.findings(source, CLASHING)] == [
        "Property 'name' is missing in type 'Disposable' but required in type 'Disposable'. (TS2741)"
    ]


# -- it does not stand in the way -------------------------------------------------------------------------------------


def test_what_the_front_end_refuses_has_no_findings_here(checker: TypeChecker) -> None:
    """Whatever a text is, its types are nobody's concern before it is a script."""
    assert checker.findings("eval('1'); return (await tools.now()).nope", DECLARATIONS) == ()


@given(
    st.lists(
        st.sampled_from(
            [
                "await tools.now()",
                ".nope",
                "(",
                ")",
                "{",
                "}",
                "return ",
                "\n",
                "\r",
                "\u2028",
                "'",
                "`${",
                "const x = ",
                ";",
                "=> ",
                "x",
                "😀",
                "/*",
                "*/",
                "//",
                "class A ",
                "<",
                ">",
                " as any",
                "?.",
                "[",
                "]",
                "\ud800",
                "\0",
            ]
        ),
        max_size=14,
    )
)
@settings(max_examples=60)
def test_any_text_is_checked_without_an_exception(checker: TypeChecker, parts: list[str]) -> None:
    """And every place that is found lies in it."""
    source = "".join(parts)

    found = checker.findings(source, DECLARATIONS)

    assert all(
        1 <= finding.line <= source.count("\n") + source.count("\r") + source.count("\u2028") + 1 for finding in found
    )
    assert checker.problems == 0


@given(before=st.text(alphabet="\n\r \t\u2028", max_size=6), name=st.sampled_from(["nope", "größe", "名前", "x😀"[:1]]))
@settings(max_examples=25)
def test_what_stands_before_moves_a_finding_and_nothing_else(checker: TypeChecker, before: str, name: str) -> None:
    """Lines are counted as ECMAScript counts them, columns in UTF-16 units."""
    source = f"{before}/*😀*/return (await tools.now()).{name}"

    (found,) = checker.findings(source, DECLARATIONS)

    lines = before.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").split("\n")
    assert (found.line, found.column) == (len(lines), len(lines[-1]) + 34)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_compiler_that_is_of_no_use_says_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str) -> None:
    """The script runs; the first time the log has it, and it is counted; each check starts a new process."""
    with (
        closing(TypeChecker(program(tmp_path, name), seconds=0.1)) as checker,
        caplog.at_level(logging.WARNING, "belljar"),
    ):
        assert checker.findings(WRONG, DECLARATIONS) == ()
        assert checker.findings(WRONG, DECLARATIONS) == ()

    assert checker.problems == 2
    assert [record.message.partition(":")[0] for record in caplog.records] == ["a script was not checked for types"]


@pytest.mark.parametrize(("name", "starts"), [("ends at once", 3), ("ends at the question", 5)])
def test_a_compiler_that_does_not_start_is_not_tried_for_ever(tmp_path: Path, name: str, starts: int) -> None:
    """Three times in a row; one that starts and fails later is given another chance each time."""
    with closing(TypeChecker(program(tmp_path, name))) as checker:
        assert [checker.findings(WRONG, DECLARATIONS) for _ in range(5)] == [()] * 5

    assert (checker.problems, len(list(tmp_path.glob("compiler.*")))) == (5, starts)


def test_control_c_leaves_no_question_half_asked(own: TypeChecker, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process goes, and the next check has a fresh one."""

    def interrupted(*_: object) -> object:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(_checker, "remarks", interrupted)
        with pytest.raises(KeyboardInterrupt):
            own.findings(WRONG, DECLARATIONS)

    assert own._servers == []
    assert own.findings(WRONG, DECLARATIONS) == (NOPE,)


def test_a_program_that_cannot_be_started_says_nothing(tmp_path: Path, checker: TypeChecker) -> None:
    """It was there when it was found, and is gone now."""
    gone = type(checker.compiler)(path=tmp_path / "gone", version="7.0.0", where="test")
    with closing(TypeChecker(gone)) as own:
        assert (own.findings(WRONG, DECLARATIONS), own.problems) == ((), 1)


def test_a_type_that_computes_for_ever_is_given_up(checker: TypeChecker) -> None:
    """The process is killed at its time limit, and the script is not held up."""
    names = "abcdefghijklmnop"
    union = " | ".join(f"'{name}'" for name in names)
    source = (
        f"type U = {union};\ntype P<T extends string, A extends string = T> = [T] extends [never] ? '' : A extends A ? "
        "`${A}${P<Exclude<T, A>>}` : never;\nlet p: P<U> = 'x' as any;\n" + WRONG
    )
    with closing(TypeChecker(checker.compiler, seconds=0.2)) as own:
        assert (own.findings(source, DECLARATIONS), own.problems, own._servers) == ((), 1, [])


# -- its process ------------------------------------------------------------------------------------------------------


def test_a_compiler_that_died_is_started_again(own: TypeChecker) -> None:
    """Between two checks it may be killed by anybody."""
    own.findings("return 1", DECLARATIONS)
    first = own._servers[0]
    os.kill(first.pid, 9)
    first._process.wait()

    assert own.findings(WRONG, DECLARATIONS) == (NOPE,)
    assert (own.problems, own._servers[0].pid == first.pid) == (0, False)


def test_a_compiler_is_replaced_after_its_checks(own: TypeChecker, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it keeps in memory goes with it."""
    monkeypatch.setattr(_checker, "CHECKS", 2)
    pids = []
    for number in range(4):
        assert own.findings(f"return {number}", DECLARATIONS) == ()
        pids.append(own._servers[0].pid)

    assert [pids.index(pid) for pid in pids] == [0, 0, 2, 2]


def test_a_forked_process_leaves_its_parents_compiler_alone(own: TypeChecker, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pipes are its parent's: it starts one of its own, and does not kill the other."""
    own.findings("return 1", DECLARATIONS)
    first = own._servers[0]
    with monkeypatch.context() as patched:
        patched.setattr(first, "_owner", os.getpid() + 1)
        assert own.findings(WRONG, DECLARATIONS) == (NOPE,)

    assert first._process.poll() is None
    first.bury()


def test_a_closed_checker_leaves_nothing_behind(own: TypeChecker) -> None:
    """The process is gone; and it can be used again."""
    own.findings("return 1", DECLARATIONS)
    first = own._servers[0]

    own.close()

    assert (first._process.returncode, own._servers) == (-9, [])
    assert own.findings(WRONG, DECLARATIONS) == (NOPE,)


def test_a_check_that_was_made_is_not_made_again(own: TypeChecker) -> None:
    """The findings are kept; another script, or the same with other tools, needs the compiler."""
    first = [own.findings(WRONG, DECLARATIONS) for _ in range(2)]
    made = own._servers[0].checks
    own.close()

    assert (own.findings(WRONG, DECLARATIONS), own._servers) == ((NOPE,), [])
    assert (first, made) == ([(NOPE,)] * 2, 2)  # a finding is looked at as TypeScript and as what runs
    own.findings(WRONG, "")
    assert len(own._servers) == 1


def test_nothing_is_written_to_disk(own: TypeChecker) -> None:
    """The settings are files of the package; every other text of the two projects is in memory."""
    folder = Path(_checker.__file__).parent
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if "__pycache__" not in path.parts}

    own.findings(WRONG, DECLARATIONS)

    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*") if "__pycache__" not in path.parts} == before
    assert sorted(path.name for path in (folder / "projects").rglob("*")) == [
        "common.json",
        "javascript",
        "tsconfig.json",
        "tsconfig.json",
        "typescript",
    ]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_the_process_has_limits_and_no_environment(own: TypeChecker) -> None:
    """Memory, CPU, files and core dumps are bounded before it reads a word of a model's."""
    own.findings(WRONG, DECLARATIONS)
    pid = own._servers[0].pid

    assert {limit: resource.prlimit(pid, limit) for limit in LIMITED} == {
        limit: (most, most) for limit, most in LIMITED.items()
    }
    names = {entry.partition("=")[0] for entry in Path(f"/proc/{pid}/environ").read_text().split("\0") if entry}
    assert names == {"GOMAXPROCS", "GOMEMLIMIT", "GOTRACEBACK"}


def test_a_script_reads_no_file_of_this_computer(checker: TypeChecker, tmp_path: Path) -> None:
    """Neither by a type that imports nor by a reference: the one is any type, the other a comment."""
    (tmp_path / "secret.ts").write_text("export const secret: { deep: 'hunter2' };")
    (tmp_path / "secret.json").write_text('{"deep": "hunter2"}')
    files = [f"{tmp_path}/secret{end}" for end in ("", ".ts", ".json")]
    sources = [
        f"type S = typeof import('{file}');\nlet s: S = await tools.raw(); s.deep.nope; {WRONG}" for file in files
    ]
    sources.append(f"/// <reference path='{tmp_path}/secret.ts' />\nreturn secret.nope")

    told = [finding.message for source in sources for finding in checker.findings(source, DECLARATIONS)]

    assert told == [NOPE.message] * 3  # and nothing of what `s` is


def test_threads_take_turns(checker: TypeChecker) -> None:
    """Each gets the findings of its own script."""
    sources = [f"{' ' * number}{WRONG}" for number in range(24)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda source: checker.findings(source, DECLARATIONS), sources))

    assert [finding.column for (finding,) in found] == [28 + number for number in range(24)]


def test_a_check_waits_for_others_no_longer_than_for_the_compiler(own: TypeChecker) -> None:
    """One slow script does not hold up all others: they run unchecked."""
    own._seconds = 0.05
    with own._lock:
        assert (own.findings(WRONG, DECLARATIONS), own.problems) == ((), 1)


def test_each_check_has_the_tools_it_is_given(checker: TypeChecker) -> None:
    """One checker serves many harnesses, one after the other."""
    other = DECLARATIONS.replace("now(): Promise<string>", "now(): Promise<{ nope: number }>")

    assert [checker.findings(WRONG, given) for given in (DECLARATIONS, other, DECLARATIONS)] == [(NOPE,), (), (NOPE,)]
