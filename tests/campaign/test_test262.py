"""The runner of test262, on a tiny suite of our own."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from belljar.limits import Limits
from belljar.machine import installed_engines
from campaign.plan import Plan
from campaign.test262 import (
    UNKNOWN,
    Case,
    Negative,
    Result,
    Suite,
    Tally,
    Upstream,
    Verdict,
    attempt,
    attempts,
    cause_of,
    finds,
    judge,
    lines,
    open_suite,
    read_case,
    read_upstream,
    run,
    spread,
    why_skipped,
)
from campaign.test262 import _runs as runs  # what a worker's process has in it

HARNESS = {
    "assert.js": "function assert(fact, words) { if (fact !== true) throw new Test262Error(words); }",
    "sta.js": """
function Test262Error(message) { this.message = message; }
function $DONOTEVALUATE() { throw 'evaluated'; }""",
    "twice.js": "var twice = (n) => 2 * n;",
    "bound.js": "var join = Function.prototype.call.bind(Array.prototype.join);",
    "host.js": "var detach = (buffer) => $262.detachArrayBuffer(buffer);",
    "fnGlobalObject.js": "var found = Function('return this')(); function fnGlobalObject() { return found; }",
    "asyncHelpers.js": "function asyncTest(test) { if (!Object.hasOwn(globalThis, '$DONE')) throw 'no $DONE'; }",
}


def write_suite(root: Path, tests: dict[str, str]) -> Suite:
    """A checkout with these tests."""
    for folder, files in (("harness", HARNESS), ("test", tests)):
        for name, text in files.items():
            file = root / folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text.encode())
    return open_suite(root)


def written(front_matter: str, source: str = "") -> str:
    """A test's file."""
    return f"// A comment.\n/*---\n{front_matter}\n---*/\n{source}\n"


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    """The harness alone."""
    return write_suite(tmp_path, {})


@pytest.fixture(params=installed_engines())
def verdict(request: pytest.FixtureRequest, suite: Suite) -> Callable[..., Verdict]:
    """What each engine makes of a test given by its front matter and source."""

    def judged(front_matter: str, source: str) -> Verdict:
        made = judge(suite, read_case("a.js", written(front_matter, source)), request.param)
        return replace(made, seconds=0.0)

    return judged


# -- reading ----------------------------------------------------------------------------------------------------------


def test_front_matter_is_read_in_all_its_shapes() -> None:
    """Lists in brackets, over several lines, or with hyphens; a mapping; comments and free text are left out."""
    case = read_case(
        "built-ins/x.js",
        written(
            "description: flags: [not, these]\n"
            "info: |\n  1. includes: none\n  2. Return.\n"
            "includes: [one.js,\n  two.js]\n"
            "flags: [onlyStrict, async, generated]  # all of them\n"
            "features:\n  - class-fields-public\n  - Symbol.iterator\n"
            "negative:\n  phase: parse\n  type: SyntaxError"
        ),
    )

    assert replace(case, source="") == Case(
        path="built-ins/x.js",
        source="",
        flags=frozenset({"onlyStrict", "async", "generated"}),
        features=frozenset({"class-fields-public", "Symbol.iterator"}),
        includes=("one.js", "two.js"),
        negative=Negative(phase="parse", type="SyntaxError"),
    )


@pytest.mark.parametrize("text", ["assert(true);", "/*---\n---*/", "/*---\rdescription: old line ends\r---*/"])
def test_a_test_may_say_nothing_of_itself(text: str) -> None:
    """Without front matter, or with an empty one, a test has no flags and is expected to end well."""
    assert read_case("a.js", text) == Case(path="a.js", source=text)


def test_front_matter_may_be_indented() -> None:
    """Keys are those of the least indentation."""
    case = read_case(
        "a.js", "/*---\n  info: |\n    flags: [raw]\n  negative:\n    phase: parse\n    type: SyntaxError\n---*/"
    )

    assert (case.flags, case.negative) == (frozenset(), Negative(phase="parse", type="SyntaxError"))


def test_line_ends_in_front_matter_do_not_matter() -> None:
    """Tests of line terminators are written with carriage returns."""
    assert read_case("a.js", "/*---\r\nflags:\r  [raw]\r\nincludes:\r- a.js\r---*/") == Case(
        path="a.js",
        source="/*---\r\nflags:\r  [raw]\r\nincludes:\r- a.js\r---*/",
        flags=frozenset({"raw"}),
        includes=("a.js",),
    )


def test_fixtures_are_no_tests(tmp_path: Path) -> None:
    """Files that end with _FIXTURE.js belong to other tests; the rest is listed in order."""
    suite = write_suite(tmp_path, {"b/2.js": "", "b/1.js": "", "a.js": "", "b/1_FIXTURE.js": "", "b/notes.txt": ""})

    assert suite.paths == ("a.js", "b/1.js", "b/2.js")


@pytest.mark.parametrize("count", [1, 2, 3, 10, 1_000])
def test_every_beginning_of_a_sample_is_spread_over_the_whole_suite(count: int) -> None:
    """Each test comes once, and after any number of them no stretch of the suite is left out for long."""
    order = list(spread([f"{number:04}" for number in range(count)]))

    assert sorted(order) == [f"{number:04}" for number in range(count)]
    for done in range(1, count + 1):
        marks = sorted(int(path) for path in order[:done])
        gaps = [after - before for before, after in zip(marks, [*marks[1:], marks[0] + count], strict=True)]
        assert max(gaps) <= 3 * count / done + 1


@pytest.mark.parametrize(
    ("front_matter", "source", "why"),
    [
        ("flags: [module]", "export {};", "module code: a script is no module"),
        ("flags: [raw]", "'use strict'", "raw source: a script is always wrapped, and strict"),
        ("flags: [noStrict]", "with ({}) {}", "sloppy mode: a script is always strict"),
        ("includes: [nowhere.js]", "", "a harness file is missing in this checkout"),
        (
            "includes: [host.js]",
            "",
            "$262: the host's realms, agents, garbage collector and detached buffers are not lent out",
        ),
        (
            "flags: []",
            "$262.createRealm()",
            "$262: the host's realms, agents, garbage collector and detached buffers are not lent out",
        ),
        ("flags: [onlyStrict, async, generated, CanBlockIsFalse]\nincludes: [twice.js]", "", None),
    ],
)
def test_what_no_strict_function_body_can_be_is_skipped(
    suite: Suite, front_matter: str, source: str, why: str | None
) -> None:
    """Tests that a script cannot express have a reason; all others run."""
    assert why_skipped(suite, read_case("a.js", written(front_matter, source))) == why


# -- running ----------------------------------------------------------------------------------------------------------

PASSED = Verdict(passed=True)
EARLY = "negative:\n  phase: parse\n  type: SyntaxError"
OLD_EARLY = "negative:\n  phase: early\n  type: SyntaxError"
NEVER_DONE = "ScriptRuntimeError: the script waits for a promise that nothing will settle"
LATE = "negative:\n  phase: runtime\n  type: RangeError"


@pytest.mark.parametrize(
    ("front_matter", "source"),
    [
        ("flags: []", "assert(true, 'fine');"),
        ("includes: [twice.js]", "assert(twice(2) === 4);"),
        ("flags: [onlyStrict]", "assert((function () { return this; })() === undefined);"),
        ("flags: []", "var await = 1; assert(await === 1); assert(this === globalThis);"),
        ("flags: []", "let twice = 1; function assert() {} assert(twice === 1); // no line end"),
        ("includes: [bound.js]", "assert(join([1, 2], '-') === '1-2'); assert(typeof Function === 'undefined');"),
        ("includes: [fnGlobalObject.js]", "assert(fnGlobalObject() === globalThis);"),
        ("flags: [async]", "Promise.resolve().then(() => assert(true)).then($DONE, $DONE);"),
        ("flags: [async]", "print('Test262:AsyncTestComplete');"),
        ("flags: [async]\nincludes: [asyncHelpers.js]", "asyncTest(async () => { await null; assert(true); });"),
        (EARLY, "$DONOTEVALUATE(); let x; let x;"),
        (EARLY, "$DONOTEVALUATE(); /* without an end"),
        (EARLY, "$DONOTEVALUATE(); }"),
        (OLD_EARLY, "$DONOTEVALUATE(); break;"),
        (LATE, "new Array(-1);"),
    ],
)
def test_tests_pass(verdict: Callable[..., Verdict], front_matter: str, source: str) -> None:
    """The harness is there, names are those of global code, $DONE settles, expected errors come in their phase."""
    assert verdict(front_matter, source).passed


@pytest.mark.parametrize(
    ("front_matter", "source", "message"),
    [
        ("flags: []", "assert(1 === 2, 'one is two');", "Test262Error: one is two"),
        ("flags: []", "throw new RangeError('far');", "RangeError: far"),
        ("flags: []", "throw 'text \\ud800';", "String: text \N{REPLACEMENT CHARACTER}"),
        ("flags: []", "throw null;", "object: null"),
        ("flags: [async]", "assert(true);", NEVER_DONE),
        ("flags: [async]", "Promise.reject(new RangeError('far')).then($DONE, $DONE);", "RangeError: far"),
        ("flags: [async]", "print('Test262:AsyncTestFailure: no');", "String: Test262:AsyncTestFailure: no"),
        (
            "flags: [async]\nincludes: [asyncHelpers.js]",
            "asyncTest(async () => { throw undefined; });",
            "String: rejected",
        ),
        (EARLY, "var fine;", ""),
        (EARLY, "throw new SyntaxError('too late');", "SyntaxError: too late"),
        (LATE, "assert(true);", ""),
        (LATE, "throw new TypeError('another one');", "TypeError: another one"),
    ],
)
def test_tests_fail(verdict: Callable[..., Verdict], front_matter: str, source: str, message: str) -> None:
    """A test that ends otherwise than expected fails, with the words of its end."""
    assert verdict(front_matter, source) == Verdict(passed=False, message=message)


def test_an_early_error_fails_a_test_that_should_run(verdict: Callable[..., Verdict]) -> None:
    """A runtime error is no early one, even of the same name."""
    made = verdict("negative:\n  phase: runtime\n  type: SyntaxError", "let x; let x;")

    assert not made.passed
    assert made.message.startswith("SyntaxError: ")


def test_a_test_that_hangs_costs_its_own_limit(suite: Suite) -> None:
    """It is stopped by the machine and has failed."""
    case = read_case("a.js", "for (;;);")

    made = judge(suite, case, "quickjs", limits=Limits(timeout_ms=50))

    assert (made.passed, made.message) == (False, "ScriptTimeoutError: the script ran longer than 50 ms")
    assert 0.05 <= made.seconds < 1


def test_a_batch_is_judged_on_each_engine_with_causes(tmp_path: Path) -> None:
    """Verdicts stand side by side; a failure has its cause; a skipped test has none."""
    write_suite(
        tmp_path,
        {"good.js": "assert(true);", "frozen.js": "Array.prototype.x = 1;", "old.js": written("flags: [noStrict]")},
    )

    good, frozen, old = attempt(tmp_path, ("quickjs",), ("good.js", "frozen.js", "old.js"))

    assert good.verdicts["quickjs"].passed
    assert frozen.verdicts["quickjs"].cause == "frozen intrinsics"
    assert old == Result(path="old.js", skipped="sloppy mode: a script is always strict")


def test_a_file_that_is_no_text_is_skipped(tmp_path: Path) -> None:
    """Bytes that are not UTF-8 are no script."""
    write_suite(tmp_path, {})
    (tmp_path / "test" / "bytes.js").parent.mkdir(exist_ok=True)
    (tmp_path / "test" / "bytes.js").write_bytes(b"'\xff'")

    assert attempt(tmp_path, ("quickjs",), ("bytes.js",)) == (Result(path="bytes.js", skipped="the file is not UTF-8"),)


def test_an_exception_of_the_host_is_a_verdict(tmp_path: Path) -> None:
    """Whatever belljar raises because of a test is told, and the batch goes on."""
    write_suite(tmp_path, {"a.js": ""})

    (result,) = attempt(tmp_path, ("no such engine",), ("a.js",))

    assert result.verdicts == {
        "no such engine": Verdict(
            passed=False, message="the host raised UsageError: unknown engine 'no such engine'", cause=UNKNOWN
        )
    }


# -- workers ----------------------------------------------------------------------------------------------------------


def killed_by_two(root: Path, engines: tuple[str, ...], batch: tuple[str, ...]) -> tuple[Result, ...]:
    """Instead of `attempt`: the test 2.js ends its process."""
    if "2.js" in batch:
        os._exit(1)
    return attempt(root, engines, batch)


def stuck(root: Path, engines: tuple[str, ...], batch: tuple[str, ...]) -> tuple[Result, ...]:
    """Instead of `attempt`: a machine that does not stop at its limit."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "OVERRUN_S", 0.1)
        patch.setattr(runs, "judge", lambda *_: time.sleep(60))
        return attempt(root, engines, batch)


@pytest.mark.slow
def test_a_test_that_kills_its_worker_is_told_and_no_other_is_lost(tmp_path: Path) -> None:
    """What was under way with it runs again alone."""
    suite = write_suite(tmp_path, {f"{number}.js": "" for number in range(1, 4)})

    results = list(attempts(suite, ("quickjs",), 60, killed_by_two))

    assert {result.path: result.died for result in results} == {"1.js": False, "2.js": True, "3.js": False}


@pytest.mark.slow
def test_a_machine_that_does_not_stop_ends_its_worker(tmp_path: Path) -> None:
    """A hang of the host itself is bounded, too, and told as a death."""
    suite = write_suite(tmp_path, {"a.js": ""})

    assert list(attempts(suite, ("quickjs",), 60, stuck)) == [Result(path="a.js")]


def test_without_time_nothing_runs(tmp_path: Path) -> None:
    """The clock is looked at before each round."""
    assert list(attempts(write_suite(tmp_path, {"a.js": ""}), ("quickjs",), 0)) == []


# -- causes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "cause"),
    [
        ("TypeError: object is not extensible", "frozen intrinsics"),
        ("TypeError: Cannot assign to read only property 'x' of object", "frozen intrinsics"),
        ("TypeError: could not delete property", "frozen intrinsics"),
        ("Test262Error: descriptor should be configurable", "frozen intrinsics"),
        ("Test262Error: Expected obj[name] to have writable:true.", "frozen intrinsics"),
        ("Test262Error: desc.writable Expected SameValue(«false», «true») to be true", "frozen intrinsics"),
        ("ReferenceError: eval is not defined", "no code from text"),
        ("TypeError: code cannot be made from text in the jar", "no code from text"),
        ("ReferenceError: Intl is not defined", "no Intl"),
        ("ReferenceError: Atomics is not defined", "no shared memory"),
        ("ReferenceError: WeakRef is not defined", "no weak references"),
        ("ReferenceError: could not load module 'x.js'", "no modules"),
        ("Test262Error: 1 is not 2", UNKNOWN),
    ],
)
def test_the_words_of_the_end_tell_a_cause(message: str, cause: str) -> None:
    """On both engines, each in its own words; what no rule fits is unexplained."""
    assert cause_of(Case(path="built-ins/Math/a.js", source=""), "quickjs", message) == cause


@pytest.mark.parametrize(
    ("path", "engine", "cause"),
    [
        ("intl402/a.js", "v8", "no Intl"),
        ("built-ins/Atomics/add/a.js", "v8", "no shared memory"),
        ("built-ins/WeakRef/a.js", "v8", "no weak references"),
        ("built-ins/AsyncGeneratorFunction/a.js", "v8", "no code from text"),
        ("built-ins/Function/prototype/bind/a.js", "v8", UNKNOWN),
        ("language/eval-code/direct/a.js", "v8", "no code from text"),
        ("language/global-code/a.js", "v8", "a function's body"),
        ("language/expressions/dynamic-import/a.js", "v8", "no modules"),
        ("language/expressions/assignment/S11.13.1_A7_T3.js", "v8", "order of evaluation"),
        ("language/expressions/assignment/S11.13.1_A7_T3.js", "quickjs", UNKNOWN),
    ],
)
def test_the_folder_tells_a_cause(path: str, engine: str, cause: str) -> None:
    """Whatever the words; some of them on one engine alone."""
    assert cause_of(Case(path=path, source=""), engine, "Test262Error: no") == cause


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        ("assert.throws(SyntaxError, () => eval('1 +'));", "no code from text"),
        ("// eval\n/* Function */ assert(1);", UNKNOWN),
        ("var buffer = new SharedArrayBuffer(8);", "no shared memory"),
        ("Array.prototype[0] = 1;", "frozen intrinsics"),
        ("assert(Array.prototype.x == 1);", UNKNOWN),
        ("Object.defineProperty(Object.prototype, 'x', {});", "frozen intrinsics"),
        ("setTimeout(done, 1);", "no timers"),
        ("var x;\nthis.x = 1;", "a function's body"),
    ],
)
def test_what_a_test_uses_tells_a_cause(source: str, cause: str) -> None:
    """By its source without comments, where its end says nothing."""
    assert cause_of(Case(path="built-ins/Math/a.js", source=source), "quickjs", "Test262Error: no") == cause


def test_features_tell_a_cause() -> None:
    """Tail calls are known by the feature, and only where the stack ran out."""
    case = Case(path="a.js", source="", features=frozenset({"let", "tail-call-optimization"}))

    assert cause_of(case, "v8", "RangeError: Maximum call stack size exceeded") == "no tail calls"
    assert cause_of(case, "v8", "Test262Error: no") == UNKNOWN


# -- upstream ---------------------------------------------------------------------------------------------------------

ERRORS = """test262/test/a/b.js:27: SyntaxError: no
test262/test/a/c.js:7: Test262Error: no
test262/test/a/c.js:7: strict mode: Test262Error: no, in strict mode
"""
CONFIGURATION = """[features]
class
ShadowRealm=skip
[exclude]
# not now
test262/test/intl402/
test262/test/a/slow.js
"""


@pytest.mark.parametrize("beside", [True, False])
def test_upstreams_lists_are_read_where_they_lie(tmp_path: Path, beside: bool) -> None:
    """Beside the suite, as in a checkout of quickjs-ng, or in it."""
    root = tmp_path / "test262"
    root.mkdir()
    place = tmp_path if beside else root
    (place / "test262_errors.txt").write_text(ERRORS)
    (place / "test262.conf").write_text(CONFIGURATION)

    upstream = read_upstream(root)

    assert upstream == Upstream(
        failures={"a/b.js": "SyntaxError: no", "a/c.js": "Test262Error: no, in strict mode"},
        skipped_features=frozenset({"ShadowRealm"}),
        excluded=("intl402/", "a/slow.js"),
        sources=(place / "test262_errors.txt", place / "test262.conf"),
    )


def test_upstream_skips_by_feature_file_and_folder(tmp_path: Path) -> None:
    """As its configuration says; without one it skips nothing."""
    upstream = Upstream(skipped_features=frozenset({"ShadowRealm"}), excluded=("intl402/", "a/slow.js"))
    cases = [
        Case(path="a.js", source="", features=frozenset({"class", "ShadowRealm"})),
        Case(path="intl402/deep/a.js", source=""),
        Case(path="a/slow.js", source=""),
        Case(path="a/slow.js.js", source="", features=frozenset({"class"})),
    ]

    assert [upstream.skips(case) for case in cases] == [True, True, True, False]
    assert not any(read_upstream(tmp_path).skips(case) for case in cases)


# -- the report -------------------------------------------------------------------------------------------------------


def failed(message: str, cause: str) -> Verdict:
    """A verdict without a clock."""
    return Verdict(passed=False, message=message, cause=cause)


def tally_of(*results: Result, upstream: Upstream | None = None) -> Tally:
    """Everything a suite of six tests came to."""
    return Tally(
        suite=Suite(root=Path("/suite"), paths=tuple(f"{number}.js" for number in range(6))),
        engines=("quickjs", "v8"),
        results=results,
        upstream=upstream or Upstream(),
    )


def test_the_report_shows_engines_side_by_side_and_every_cause() -> None:
    """Folder by folder, then why tests were skipped and failed, then where the engines differ."""
    tally = tally_of(
        Result(path="a/x/deep/1.js", verdicts={"quickjs": PASSED, "v8": replace(PASSED, seconds=0.5)}),
        Result(path="a/x/2.js", verdicts={"quickjs": failed("words", "no Intl"), "v8": failed("words", "no Intl")}),
        Result(
            path="a/y/3.js", verdicts={"quickjs": failed("two\nlines", UNKNOWN), "v8": PASSED}, skipped_upstream=True
        ),
        Result(path="a/y/4.js", verdicts={"quickjs": failed("known", UNKNOWN), "v8": PASSED}),
        Result(path="a/y/5.js", skipped="sloppy mode: a script is always strict"),
        Result(path="b/6.js", verdicts={"quickjs": failed("p", UNKNOWN), "v8": failed("q", UNKNOWN)}),
        upstream=Upstream(failures={"a/y/4.js": "known"}, sources=(Path("/errors.txt"),)),
    )

    shown = [line.rstrip() for line in lines(tally)]

    assert shown == [
        "looked at 6 of 6 tests of /suite (all of them); each once, in strict mode",
        "upstream: /errors.txt",
        "folder                                        tests skipped | quickjs passed failed |      v8 passed failed"
        " | upstream fails  skips",
        "a/x                                               2       0 |              1      1 |              1      1"
        " |              0      0",
        "a/y                                               3       1 |              0      2 |              2      0"
        " |              1      1",
        "b                                                 1       0 |              0      1 |              0      1"
        " |              0      0",
        "all                                               6       1 |              1      4 |              3      2"
        " |              1      1",
        "skipped: 1",
        "       1 sloppy mode: a script is always strict",
        "quickjs failed: 4",
        "       1 known upstream: upstream lists the test as failing",
        "       1 no Intl: neither Intl nor what it adds to toLocaleString and its kin",
        "       1 unexplained: no rule fits, and other engines pass",
        "       1 unexplained on every engine: no rule fits, and no engine passes: the jar's prelude, the runner, or a"
        " suite of another year",
        "  unexplained, the first of 1:",
        "    a/y/3.js: two lines",
        "  unexplained on every engine, the first of 1:",
        "    b/6.js: p",
        "v8 failed: 2",
        "       1 no Intl: neither Intl nor what it adds to toLocaleString and its kin",
        "       1 unexplained on every engine: no rule fits, and no engine passes: the jar's prelude, the runner, or a"
        " suite of another year",
        "  unexplained on every engine, the first of 1:",
        "    b/6.js: q",
        "engines: 2 fail everywhere, 2 fail on quickjs alone, 1 pass everywhere",
        "slowest: 0.5 s, a/x/deep/1.js on v8",
    ]


def test_a_sample_says_how_much_it_saw() -> None:
    """And that there is no list of upstream's to compare with."""
    first, second, *_ = lines(tally_of(Result(path="1.js", verdicts={"quickjs": PASSED, "v8": PASSED})))

    assert first == "looked at 1 of 6 tests of /suite (spread evenly, one of 6.0); each once, in strict mode"
    assert second.startswith("upstream: quickjs-ng's test262_errors.txt is not beside the suite; ")


def test_an_empty_run_has_a_report() -> None:
    """No test, no figures, no failure."""
    assert [line for line in lines(tally_of()) if line.startswith(("looked", "slowest", "engines"))] == [
        "looked at 0 of 6 tests of /suite (spread evenly, one of 6.0); each once, in strict mode",
        "engines: ",
    ]


def test_what_should_never_happen_is_found() -> None:
    """A dead worker, an exception of the host, a dead machine, a limit that did not hold; failing is no find."""
    tally = tally_of(
        Result(path="1.js"),
        Result(path="2.js", verdicts={"quickjs": failed("the host raised KeyError: 'x'", UNKNOWN)}),
        Result(path="3.js", verdicts={"v8": failed("HarnessInternalError: the machine stopped unexpectedly", UNKNOWN)}),
        Result(path="4.js", verdicts={"v8": Verdict(passed=True, seconds=12)}),
        Result(path="5.js", verdicts={"v8": failed("Test262Error: no", UNKNOWN)}),
        Result(path="6.js", skipped="no"),
    )

    assert [(find.target, find.data, find.why) for find in finds(tally)] == [
        ("test262", b"1.js\n", "1.js: ended the process that ran it, or was not stopped"),
        ("test262", b"2.js\n", "2.js: quickjs: the host raised KeyError: 'x'"),
        ("test262", b"3.js\n", "3.js: v8: HarnessInternalError: the machine stopped unexpectedly"),
        ("test262", b"4.js\n", "4.js: v8: took 12.0 s of 10"),
    ]


# -- the campaign -----------------------------------------------------------------------------------------------------


def test_without_a_suite_the_report_is_one_line() -> None:
    """It says how to get one."""
    report = run(Plan(seconds=1, engines=("quickjs",)))

    assert len(report.lines) == 1
    assert report.lines[0].startswith("left out: no test262 here. git clone ")
    assert report.finds == ()


def test_a_folder_that_is_no_suite_is_told(tmp_path: Path) -> None:
    """With the file that is missing."""
    report = run(Plan(seconds=1, engines=("quickjs",), test262=tmp_path))

    assert report.lines == (
        f"left out: {tmp_path} is no checkout of test262, it has no {tmp_path / 'harness' / 'assert.js'}",
    )


@pytest.mark.slow
def test_the_campaign_runs_a_suite(tmp_path: Path) -> None:
    """From a checkout to a report, in worker processes, on each engine that is installed."""
    write_suite(tmp_path, {"a/1.js": "assert(true);", "a/2.js": "assert(false);", "b/3.js": written("flags: [raw]")})

    report = run(Plan(seconds=60, engines=installed_engines(), test262=tmp_path))

    assert report.finds == ()
    assert report.lines[0] == f"looked at 3 of 3 tests of {tmp_path} (all of them); each once, in strict mode"
    assert "engines: 1 fail everywhere, 1 pass everywhere" in report.lines
