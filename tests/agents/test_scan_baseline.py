"""Which findings count: fingerprints that outlive moved lines, the baseline, and suppression with a reason."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scan_support import GITHUB, grown, source

from belljar.agents.security import ScanFinding
from belljar.agents.security._baseline import Baseline, write_baseline
from belljar.agents.security._language import language_of
from belljar.agents.security._stamp import stamped
from belljar.agents.security._suppress import Suppression, applied, suppressions
from belljar.errors import UsageError

SALT = "0a" * 16


def finding(line: int = 1, rule: str = "B602", path: str = "a.py", column: int = 1, **facts: object) -> ScanFinding:
    return ScanFinding(
        rule=rule,
        severity="high",
        confidence="high",
        message="m",
        path=path,
        line=line,
        column=column,
        tool="bandit",
        help="h",
        **facts,  # type: ignore[arg-type]
    )


def prints(root: Path, text: str, *findings: ScanFinding) -> list[str]:
    grown(root, {"a.py": text})
    return [each.fingerprint for each in stamped(root, [source("a.py")], findings)]


def test_a_fingerprint_stays_when_the_line_moves_or_is_indented(tmp_path: Path) -> None:
    """It is over the line's text without blanks."""
    first = prints(tmp_path, "call(x, shell=True)\n", finding(1))

    assert prints(tmp_path, "import os\n\n    call(x,  shell = True)\r\n", finding(3, column=9)) == first
    assert prints(tmp_path, "call(y, shell=True)\n", finding(1)) != first
    assert prints(tmp_path, "call(x, shell=True)\n", finding(1, rule="B603")) != first


def test_equal_lines_are_told_apart_by_their_order(tmp_path: Path) -> None:
    """The first of two keeps its fingerprint when a third comes behind them."""
    two = prints(tmp_path, "x()\nx()\n", finding(1), finding(2))
    three = prints(tmp_path, "\nx()\ny()\nx()\nx()\n", finding(5), finding(2), finding(4))

    assert len(set(three)) == 3
    assert three[:2] == two


@given(st.permutations(range(1, 6)), st.integers(0, 5))
@settings(derandomize=True, deadline=None, max_examples=30)
def test_the_order_in_which_a_tool_tells_its_findings_means_nothing(order: list[int], above: int) -> None:
    """Nor do lines that come before all of them."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        text = "x()\nx()\ny()\nx()\ny()\n"
        plain = prints(Path(folder), text, *(finding(line) for line in range(1, 6)))
        moved = prints(Path(folder), "\n" * above + text, *(finding(line + above) for line in order))

    assert moved == plain


def test_a_fingerprint_knows_no_secret(tmp_path: Path) -> None:
    """A line is hashed without what is known as one; where a rule says that a text is one, without all texts."""
    same = prints(tmp_path, f'x = "{GITHUB}"\n', finding(1))
    assert prints(tmp_path, f'x = "{GITHUB[:-1]}Z"\n', finding(1)) == same
    assert prints(tmp_path, f'y = "{GITHUB}"\n', finding(1)) != same

    same = prints(tmp_path, 'password = "abc"\n', finding(1, cwe=259))
    assert prints(tmp_path, "password = 'xyz'\n", finding(1, cwe=259)) == same
    assert prints(tmp_path, 'password = "xyz"\n', finding(1)) != same


def test_a_file_that_has_gone_or_is_shorter_by_now_has_findings_all_the_same(tmp_path: Path) -> None:
    """Their lines count as empty."""
    grown(tmp_path, {"a.py": "x\n"})
    there = stamped(tmp_path, [source("a.py")], [finding(99)])
    gone = stamped(tmp_path, [source("gone.py")], [finding(1, path="gone.py")])

    assert len(there) == len(gone) == 1
    assert len(gone[0].fingerprint) == 32


# -- baseline ---------------------------------------------------------------------------------------------------------

KNOWN = finding(1, fingerprint="ab" * 16)
SECRET = finding(2, rule="secret-jwt", fingerprint="cd" * 16, digest="12" * 8)


def test_what_is_in_the_baseline_is_known(tmp_path: Path) -> None:
    """By its fingerprint alone; a finding about a secret only with the same secret."""
    file = tmp_path / "baseline.json"
    write_baseline(file, SALT, [SECRET, KNOWN])
    baseline = Baseline.load(file)
    changed = replace(SECRET, digest="34" * 8)

    assert baseline.salt == SALT
    assert baseline.marked([KNOWN, SECRET, changed, finding(3, fingerprint="ef" * 16)]) == [
        replace(KNOWN, is_known=True),
        replace(SECRET, is_known=True),
        changed,
        finding(3, fingerprint="ef" * 16),
    ]


def test_the_file_is_the_same_for_the_same_findings(tmp_path: Path) -> None:
    """In whatever order they come, with nothing but fingerprints; what is suppressed is not in it."""
    file = tmp_path / "baseline.json"
    write_baseline(file, SALT, [SECRET, KNOWN, replace(KNOWN, suppressed="why", fingerprint="99" * 16)])
    first = file.read_bytes()
    write_baseline(file, SALT, [KNOWN, SECRET])

    assert file.read_bytes() == first
    assert json.loads(first) == {
        "belljar_baseline": 1,
        "salt": SALT,
        "findings": [
            {"path": "a.py", "rule": "B602", "fingerprint": "ab" * 16},
            {"path": "a.py", "rule": "secret-jwt", "fingerprint": "cd" * 16, "digest": "12" * 8},
        ],
    }
    assert list(tmp_path.iterdir()) == [file]
    assert Baseline.empty().salt != Baseline.empty().salt


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "its beginning"),
        ("[]", "its beginning"),
        ('{"belljar_baseline": 2, "salt": "' + SALT + '", "findings": []}', "belljar_baseline"),
        ('{"belljar_baseline": 1, "salt": "x", "findings": []}', "salt"),
        ('{"belljar_baseline": 1, "salt": "' + SALT + '", "findings": [{"rule": "a"}]}', "findings.0.fingerprint"),
        ('{"belljar_baseline": 1, "salt": "' + SALT + '", "findings": [], "more": 1}', "more"),
    ],
)
def test_a_file_that_is_no_baseline_is_refused_with_the_place(tmp_path: Path, text: str, place: str) -> None:
    """A damaged one never counts as empty, or as one that knows everything."""
    file = tmp_path / "baseline.json"
    file.write_text(text)

    with pytest.raises(UsageError, match=f"is no baseline: at {place}: "):
        Baseline.load(file)


def test_a_baseline_that_cannot_be_read_or_written_is_told_by_name(tmp_path: Path) -> None:
    """With the reason of the system."""
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        Baseline.load(tmp_path / "none.json")
    with pytest.raises(UsageError, match="cannot be written: No such file"):
        write_baseline(tmp_path / "none" / "b.json", SALT, [])


# -- suppression ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x()  # belljar: ignore B602 -- fixed words only", [(1, "B602", "fixed words only", False)]),
        ("x(); // belljar: ignore js-eval -- why", [(1, "js-eval", "why", False)]),
        ("\n  // belljar: ignore js-eval -- why\nx()", [(2, "js-eval", "why", True)]),
        ("/* belljar: ignore js-eval -- why */", [(1, "js-eval", "why", True)]),
        ("{/* belljar: ignore js-eval -- why */}", [(1, "js-eval", "why", True)]),
        ("<!-- belljar: ignore secret-jwt -- why -->\r", [(1, "secret-jwt", "why", True)]),
        ("; belljar: ignore secret-jwt -- why", [(1, "secret-jwt", "why", True)]),
        ("-- belljar: ignore secret-jwt -- why -- and more", [(1, "secret-jwt", "why -- and more", True)]),
        ("# belljar: ignore B602", [(1, "B602", "", True)]),
        ("# belljar: ignore B602 --", [(1, "B602", "", True)]),
        ("# belljar: ignore B602 because", [(1, "B602", "", True)]),
        ("# belljar: ignore", [(1, "", "", True)]),
        ("# belljar: ignored B602 -- why", []),
        ("belljar: ignore B602 -- why", []),
        (f"# belljar: ignore B602 -- {GITHUB}", [(1, "B602", "[redacted]", True)]),
    ],
)
def test_comments_of_many_languages(text: str, expected: list[tuple[int, str, str, bool]]) -> None:
    """Rule and reason; whether the comment has its line to itself."""
    assert [
        (each.line, each.rule, each.reason, each.about != each.line) for each in commented(text, "a.ts")
    ] == expected


def commented(text: str, path: str = "a.py") -> list[Suppression]:
    return suppressions(replace(source(path), language=language_of(path, b"")), text)


def suppressed(text: str, *findings: ScanFinding) -> list[tuple[str, int, str | None]]:
    result = applied(findings, commented(text))
    return [(each.rule, each.line, each.suppressed) for each in result]


def test_a_comment_is_about_its_line_and_alone_about_the_next() -> None:
    """Behind code it says nothing of the next line; the rule must be the one that it names."""
    behind = "x()  # belljar: ignore B602 -- why\nx()\n"
    assert suppressed(behind, finding(1), finding(2)) == [("B602", 1, "why"), ("B602", 2, None)]

    alone = "# belljar: ignore B602 -- why\nx()\nx()\n"
    assert suppressed(alone, finding(2), finding(3)) == [("B602", 2, "why"), ("B602", 3, None)]
    assert suppressed(alone, finding(2, rule="B1")) == [("B1", 2, None), ("suppression-unused", 1, None)]
    assert suppressed(alone, finding(2, path="b.py")) == [("B602", 2, None), ("suppression-unused", 1, None)]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.py", 'x = "# belljar: ignore B602 -- in a text"; y()'),
        ("a.py", '"""\n# belljar: ignore B602 -- in a text\n"""'),
        ("a.js", "x = '// belljar: ignore B602 -- in a text'; y()"),
        ("a.js", "x = `// belljar: ignore B602 -- in a text`; y()"),
        ("a.yaml", 'x: "\\" # belljar: ignore B602 -- in a text"'),
        ("package-lock.json", "// belljar: ignore B602 -- in a text"),
    ],
)
def test_a_text_of_the_program_suppresses_nothing(path: str, text: str) -> None:
    """What a value from outside brings along is no comment."""
    assert commented(text, path) == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.py", 'x = "#"; y()  # noqa: S602 # belljar: ignore B602 -- why'),
        ("a.js", "x = 'it\\'s'; y() // belljar: ignore B602 -- why"),
        ("a.py", "y()  # belljar: ignore B602 -- why\n(("),
    ],
)
def test_a_comment_behind_a_text_is_one(path: str, text: str) -> None:
    """And before what nobody can read, too."""
    assert [(each.line, each.rule, each.reason) for each in commented(text, path)] == [(1, "B602", "why")]


def test_several_comments_may_stand_alone_above_a_line() -> None:
    """One for each rule; a name of a rule may have a colon."""
    text = "# belljar: ignore B602 -- one\n# belljar: ignore GO:1 -- two\n# belljar: ignore B1 -- three\nx()\n"
    found = [finding(4), finding(4, rule="GO:1"), finding(4, rule="B1"), finding(5)]

    assert suppressed(text, *found) == [("B602", 4, "one"), ("GO:1", 4, "two"), ("B1", 4, "three"), ("B602", 5, None)]


def test_a_comment_without_a_reason_suppresses_nothing_and_is_a_finding() -> None:
    """A low one, with a fingerprint of its own."""
    result = applied([finding(1)], commented("x()  # belljar: ignore B602\n"))

    assert [(each.rule, each.severity, each.suppressed) for each in result] == [
        ("B602", "high", None),
        ("suppression-without-reason", "low", None),
    ]
    assert len(result[1].fingerprint) == 32


def test_nothing_is_said_of_unused_comments_when_a_tool_failed() -> None:
    """The rule may not have been asked."""
    comments = [Suppression(path="a.py", line=1, rule="B602", reason="why", about=2)]

    assert [each.rule for each in applied([], comments)] == ["suppression-unused"]
    assert applied([], comments, is_whole=False) == []


def test_a_suppressed_finding_does_not_count_and_a_known_one_neither() -> None:
    """Only what is new and not suppressed decides about the exit status."""
    assert [
        each.counts for each in (finding(), finding(suppressed="why"), finding(is_known=True), finding(suppressed=""))
    ] == [True, False, False, False]
