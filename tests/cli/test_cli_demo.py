"""`belljar demo`, and the tools that it works with."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_support import Cli

from belljar.cli._demo._patch import parse_diff
from belljar.cli._demo._tools import Workspace

DIFF = "--- a/a.txt\n+++ b/a.txt\n@@ -1,3 +1,3 @@\n one\n-two\n+TWO\n three\n"


@pytest.fixture
def demo(cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Cli:
    """The command, with its temporary folders under the test's own."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return cli


@pytest.mark.parametrize(
    ("options", "verdict", "failing"),
    [
        ((), "fixed", []),
        (("--approve", "all"), "fixed", []),
        (("--approve", "none"), "declined", ["test_parts_add_up", "test_shares_add_up_to_the_total"]),
    ],
)
def test_the_demo_finds_the_bug_and_does_what_was_decided(
    options: tuple[str, ...], verdict: str, failing: list[str], demo: Cli
) -> None:
    """Two scripts: one finds the failing tests, one patches if it may, and says truly how the tests are then."""
    ran = demo("demo", "--json", *options)

    found, mended = (run["value"] for run in ran.document["runs"])
    assert ran.code == 0
    assert found["failing"] == ["test_parts_add_up", "test_shares_add_up_to_the_total"]
    assert [suspect["line"] for suspect in found["suspects"]] == [20]
    assert (mended["verdict"], mended["tests"]) == (verdict, {"ran": 6, "failed": failing})


def test_without_a_terminal_the_demo_says_who_decided(demo: Cli) -> None:
    """The policy is stated, and the commands that come next are printed."""
    ran = demo("demo")

    policy = "standard input is no terminal, so nobody can be asked: approved, as this is a throw-away copy"
    replays = [line.split()[-1] for line in ran.stderr.splitlines() if "belljar replay" in line]
    assert (ran.code, f"approvals {policy}" in ran.stderr.splitlines()) == (0, True)
    assert [demo("replay", journal).code for journal in replays] == [0, 0]


def test_the_demo_s_journals_hold_the_approval(demo: Cli) -> None:
    """Who approved which digest."""
    document = demo("demo", "--json").document

    records = [json.loads(line) for line in Path(document["runs"][1]["journal"]).read_text().splitlines()]
    assert [(each["verdict"], each["who"]) for each in records if each["type"] == "approval"] == [
        ("approve", "policy *")
    ]


class TestWorkspace:
    """The demo's tools."""

    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        """A workspace with one file in it and one beside it."""
        (tmp_path / "secret.txt").write_text("secret")
        root = tmp_path / "root"
        (root / "tests").mkdir(parents=True)
        (root / "a.txt").write_text("one\ntwo\nthree\n")
        (root / "link").symlink_to(tmp_path / "secret.txt")
        return root

    @pytest.mark.parametrize("path", ["../secret.txt", "/etc/passwd", "link", "tests/../../secret.txt"])
    def test_no_path_leads_out(self, path: str, root: Path) -> None:
        """Neither by dots, nor absolute, nor through a symbolic link."""
        workspace = Workspace(root)

        with pytest.raises(PermissionError, match="is outside the workspace"):
            workspace.read_file(path)
        with pytest.raises(PermissionError, match="is outside the workspace"):
            workspace.apply_patch(DIFF.replace("a.txt", path))

    def test_links_out_are_neither_listed_nor_searched(self, root: Path) -> None:
        """They are not there for the script."""
        workspace = Workspace(root)

        assert workspace.list_files() == ["a.txt"]
        assert [(hit.path, hit.line) for hit in workspace.grep("secret|two", glob="**/*")] == [("a.txt", 2)]
        assert workspace.grep("secret", glob="../*.txt") == []

    def test_a_patch_changes_the_lines_that_it_names(self, root: Path) -> None:
        """And says how many."""
        patched = Workspace(root).apply_patch(DIFF)

        assert (patched.files, patched.added, patched.removed) == (["a.txt"], 1, 1)
        assert (root / "a.txt").read_text() == "one\nTWO\nthree\n"

    def test_a_patch_that_does_not_fit_changes_nothing(self, root: Path) -> None:
        """Not even the files whose hunks would fit."""
        (root / "b.txt").write_text("other\n")

        with pytest.raises(ValueError, match=r"b\.txt:1 is 'other', the diff expects 'one\\n'"):
            Workspace(root).apply_patch(DIFF + DIFF.replace("a.txt", "b.txt"))

        assert (root / "a.txt").read_text() == "one\ntwo\nthree\n"

    def test_tests_that_flood_are_read_and_dropped(self, root: Path) -> None:
        """The middle of a long output is left out, and the count is still found."""
        flood = "import unittest\nclass T(unittest.TestCase):\n    def test_a(self):\n        print('x' * 1_000_000)\n"
        (root / "tests" / "__init__.py").write_text("")
        (root / "tests" / "test_a.py").write_text(flood)

        run = asyncio.run(Workspace(root).run_tests())

        assert (run.ok, run.ran, len(run.output) < 17_000, "bytes left out]" in run.output) == (True, 1, True, True)

    def test_tests_that_hang_are_stopped(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The process is gone when the call ends."""
        monkeypatch.setattr("belljar.cli._demo._tools._TESTS_S", 0.1)
        (root / "tests" / "__init__.py").write_text("import time\ntime.sleep(60)\n")

        with pytest.raises(TimeoutError):
            asyncio.run(Workspace(root).run_tests())


def bad_diffs() -> Iterator[tuple[str, str]]:
    """Texts that are no whole diff, and what is said of them."""
    yield "", "this is not a whole unified diff"
    yield "@@ -1 +1 @@\n", "a hunk without a"
    yield DIFF[:-7], "this is not a whole unified diff"
    yield DIFF.replace("-two", "*two"), "is no line of a hunk"
    yield DIFF.replace("b/a.txt", "/dev/null"), "neither added nor deleted"
    yield DIFF.replace(" one\n", "+one\n+uno\n+eins\n+un\n"), "more lines than its header says"


@pytest.mark.parametrize(("diff", "message"), tuple(bad_diffs()))
def test_a_text_that_is_no_diff_is_refused(diff: str, message: str) -> None:
    """Before anything is read or written."""
    with pytest.raises(ValueError, match=message):
        parse_diff(diff)


def test_an_empty_context_line_may_have_lost_its_blank() -> None:
    """Editors take it away; models leave it out."""
    (change,) = parse_diff("+++ b/a\n@@ -1,2 +1,2 @@\n\n-x\n+y\n")

    assert change.apply("\nx\n") == "\ny\n"
