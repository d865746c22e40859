"""grepFiles and fileSearch: what they find, and that a stranger's pattern cannot hold anybody up."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import error_of, value_of

from belljar import AbortSignal, Harness, Limits
from belljar.errors import CallAbortedError
from belljar.packs import FileLimits, Workspace, files
from belljar.packs._glob import globber
from belljar.packs._rank import ranked
from belljar.packs._search import search
from belljar.packs._tree import Found

EXPLODING = "(a+)+$"
"""On a's and one b, Python's re tries every way to divide the a's: 2 to the power of their number."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    contents = {
        "README.md": "Hello\n",
        "src/app.py": "import os\n\ndef hello():\n    return 'Hello'\n",
        "src/web/app.ts": "const hello = 'hello'\n",
        "node_modules/x/index.js": "hello\n",
        ".git/HEAD": "hello\n",
        "data.bin": "hello\0",
    }
    for path, text in contents.items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path


def grepped(root: Path, *, limits: FileLimits | None = None, **args: Any) -> Any:
    return value_of(f"return await tools.grepFiles({json.dumps(args)})", *files(root, limits=limits))


def places(found: Any) -> list[tuple[str, int, int]]:
    return [(match["path"], match["line"], match["column"]) for match in found["matches"]]


def refused(root: Path, **args: Any) -> tuple[str, str]:
    error = error_of(f"await tools.grepFiles({json.dumps(args)})", *files(root))
    return error.code, error.message


# -- grepFiles --------------------------------------------------------------------------------------------------------


def test_lines_that_fit(project: Path) -> None:
    """In order of paths; binary files are counted as skipped, version control and packages are not entered."""
    assert grepped(project, pattern="[Hh]ello") == {
        "matches": [
            {"path": "README.md", "line": 1, "column": 1, "text": "Hello"},
            {"path": "src/app.py", "line": 3, "column": 5, "text": "def hello():"},
            {"path": "src/app.py", "line": 4, "column": 13, "text": "    return 'Hello'"},
            {"path": "src/web/app.ts", "line": 1, "column": 7, "text": "const hello = 'hello'"},
        ],
        "searched": 3,
        "skipped": 1,
        "truncated": False,
        "reason": "",
    }


def test_lines_above_and_below(project: Path) -> None:
    """Only when they are asked for."""
    (match,) = grepped(project, pattern="def", context=1)["matches"]

    assert (match["before"], match["after"]) == ([""], ["    return 'Hello'"])


def test_where_to_look(project: Path) -> None:
    """A folder, a file, a pattern for files."""
    assert places(grepped(project, pattern="hello", path="src/web")) == [("src/web/app.ts", 1, 7)]
    assert places(grepped(project, pattern="hello", path="src/app.py")) == [("src/app.py", 3, 5)]
    assert places(grepped(project, pattern="hello", glob="*.{ts,md}")) == [("src/web/app.ts", 1, 7)]
    assert places(grepped(project, pattern="hello", path="node_modules")) == [("node_modules/x/index.js", 1, 1)]
    assert refused(project, pattern="x", path="nowhere") == ("WorkspaceError", "'nowhere' does not exist")


def test_flags(project: Path) -> None:
    """`i` ignores case; a letter that is no flag is an error."""
    assert len(grepped(project, pattern="HELLO", flags="i")["matches"]) == 4
    assert refused(project, pattern="x", flags="ig") == ("ToolValidationError", "flags: 'g' is none of i, s, x, a")


def test_patterns_that_are_none(project: Path) -> None:
    """The position is Python's."""
    assert refused(project, pattern="(") == (
        "ToolValidationError",
        "pattern: missing ), unterminated subpattern at position 0",
    )
    assert refused(project, pattern="") == ("ToolValidationError", "pattern: from 1 to 2,000 characters")
    assert refused(project, pattern="a{99999999999}")[0] == "ToolValidationError"
    assert refused(project, pattern="(?u)x", flags="a") == (
        "ToolValidationError",
        "pattern: ASCII and UNICODE flags are incompatible",
    )


def test_more_matches_than_allowed(project: Path) -> None:
    """The script's limit, up to the host's; exactly as many is not more."""
    for limit, count in ((2, 2), (3, 3), (4, 4), (None, 4)):
        found = grepped(project, pattern="[Hh]ello", limit=limit)
        assert (len(found["matches"]), found["truncated"]) == (count, count < 4)
    found = grepped(project, pattern="[Hh]ello", limit=99, limits=FileLimits(matches=1))
    assert (len(found["matches"]), found["reason"]) == (1, "more than 1 matches")


def test_long_lines_are_cut_around_the_match(tmp_path: Path) -> None:
    """The column is that of the whole line, in UTF-16 code units."""
    (tmp_path / "f").write_text("😀" * 100 + "needle" + "y" * 100 + "\n")

    (match,) = grepped(tmp_path, pattern="needle", limits=FileLimits(line_characters=20))["matches"]

    assert (match["column"], match["text"]) == (201, "…" + "😀" * 5 + "needle" + "y" * 9 + "…")


def test_crlf_is_no_part_of_a_line(tmp_path: Path) -> None:
    """`$` fits before it."""
    (tmp_path / "f").write_bytes(b"one\r\ntwo\r\n")

    assert grepped(tmp_path, pattern="two$")["matches"][0]["text"] == "two"


def test_files_that_are_too_large_or_no_utf_8(tmp_path: Path) -> None:
    """The first are skipped, the second searched as far as they go."""
    (tmp_path / "large").write_text("x" * 100)
    (tmp_path / "latin").write_bytes(b"caf\xe9 x\n")

    found = grepped(tmp_path, pattern="x", limits=FileLimits(grep_file_bytes=50))

    assert ([match["text"] for match in found["matches"]], found["skipped"]) == (["caf\ufffd x"], 1)


def test_a_file_that_is_gone_when_its_turn_comes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted as skipped, and the search goes on."""
    for name in ("a", "b"):
        (tmp_path / name).write_text("x\n")
    real = Found.open

    def gone(found: Found) -> int:
        if found.name == "a":
            raise FileNotFoundError
        return real(found)

    monkeypatch.setattr(Found, "open", gone)
    found = grepped(tmp_path, pattern="x")

    assert (places(found), found["searched"], found["skipped"]) == ([("b", 1, 1)], 1, 1)


def test_links_are_not_searched(tmp_path: Path) -> None:
    """What is inside is searched under its own name, what is outside not at all."""
    (tmp_path / "f").write_text("x\n")
    (tmp_path / "link").symlink_to("f")
    (tmp_path / "out").symlink_to("/etc/passwd")

    assert places(grepped(tmp_path, pattern=".")) == [("f", 1, 1)]


# -- a stranger's pattern ---------------------------------------------------------------------------------------------


def children() -> set[str]:
    """Processes of ours, whichever thread started them."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # ended meanwhile
            if int(stat.read_text().rpartition(")")[2].split()[1]) == os.getpid():
                found.add(stat.parent.name)
    return found


def test_a_pattern_that_would_take_for_ever(tmp_path: Path) -> None:
    """It is stopped in time, what was found before is given, and the file is named."""
    (tmp_path / "a").write_text("aaa\n")
    (tmp_path / "b").write_text("a" * 60 + "b\n")

    found = grepped(tmp_path, pattern=EXPLODING, limits=FileLimits(search_ms=300))

    assert (places(found), found["truncated"], found["reason"]) == ([("a", 1, 1)], True, "the time was up in b")


def test_a_pattern_that_takes_long_to_compile(tmp_path: Path) -> None:
    """Fifty ranges over all of Unicode, letter case ignored, take half a minute: nothing is found in the time."""
    pattern = r"[\0-\U0010fffe]" * 50

    found = grepped(tmp_path, pattern=pattern, flags="i", limits=FileLimits(search_ms=150))

    assert (found["matches"], found["reason"]) == ([], "the time was up")


def test_a_pattern_that_is_nested_too_deep(tmp_path: Path) -> None:
    """Python's own limit, in the process that tries it."""
    source = "await tools.grepFiles({pattern: '('.repeat(900) + ')'.repeat(900)})"

    assert error_of(source, *files(tmp_path)).code == "ToolValidationError"


def test_an_abort_ends_a_search_at_once(tmp_path: Path) -> None:
    """The run's time is up in the middle of a pattern that never ends; the process is gone when the run is."""
    (tmp_path / "f").write_text("a" * 60 + "b\n")
    began = time.monotonic()

    async def run() -> str:
        async with Harness(files(tmp_path), limits=Limits(timeout_ms=400)) as harness:
            outcome = await harness.run(f"await tools.grepFiles({{pattern: {EXPLODING!r}}})")
            assert outcome.error is not None
            return outcome.error.code

    before = children()

    assert asyncio.run(run()) == "ScriptTimeoutError"
    assert time.monotonic() - began < 5
    assert children() == before


def test_a_pattern_that_takes_too_much_memory(tmp_path: Path) -> None:
    """The process that tries it has a limit of its own, and the error says so."""
    (tmp_path / "f").write_bytes(b"a" * (12 << 20) + b"\n")
    limits = FileLimits(search_mb=128, grep_file_bytes=64 << 20)

    error = error_of("await tools.grepFiles({pattern: '(?:(a)|b)*'})", *files(tmp_path, limits=limits))

    assert (error.code, error.message) == (
        "WorkspaceError", "the pattern could not be tried: it takes too much memory",
    )  # fmt: skip


# -- fileSearch -------------------------------------------------------------------------------------------------------


def test_files_by_a_part_of_their_path(project: Path) -> None:
    """Best first, and only what a script may read without asking further."""
    found = value_of("return await tools.fileSearch({query: 'app'})", *files(project))

    assert [each["path"] for each in found["files"]] == ["src/app.py", "src/web/app.ts"]
    assert (found["searched"], found["truncated"], found["reason"]) == (4, False, "")


def test_more_files_than_asked_for(project: Path) -> None:
    """The result says that there are more."""
    found = value_of("return await tools.fileSearch({query: 'a', limit: 1})", *files(project))

    assert (len(found["files"]), found["truncated"]) == (1, True)


def test_a_file_search_whose_time_is_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Judging a path is a part of it: whatever that costs, no further one is judged after the limit."""
    for number in range(50):
        (tmp_path / f"file{number:02}").touch()
    now_s = 0.0

    def score(_words: Any, _path: str) -> int:
        nonlocal now_s
        now_s += 0.1
        return 1

    monkeypatch.setattr("belljar.packs._rank._score", score)
    monkeypatch.setattr("belljar.packs._pace.time", SimpleNamespace(monotonic=lambda: now_s))

    assert search(Workspace(tmp_path), "x", ".", 2, FileLimits(search_ms=250), AbortSignal()) == {
        "files": [{"path": "file00", "score": 1}, {"path": "file01", "score": 1}],
        "searched": 3,
        "truncated": True,
        "reason": "the time was up",
    }


def test_a_file_search_that_is_aborted_judges_no_further_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does it hold the paths that it has seen: one comes after the other."""
    signal, judged = AbortSignal(), list[str]()
    for number in range(50):
        (tmp_path / f"file{number:02}").touch()

    def score(_words: Any, path: str) -> int:
        judged.append(path)
        signal.abort("enough")
        return 1

    monkeypatch.setattr("belljar.packs._rank._score", score)
    with pytest.raises(CallAbortedError):
        search(Workspace(tmp_path), "x", ".", 20, FileLimits(), signal)

    assert judged == ["file00"]


def test_a_word_that_is_repeated_counts_once() -> None:
    """A hundred times the same is no hundred times the work."""
    assert ranked("user " * 100, PATHS, most=9) == ranked("user", PATHS, most=9)


PATHS = (
    "src/user_service.py",
    "src/users/services/index.py",
    "tests/test_user_service.py",
    "docs/us.md",
    "src/UserService.ts",
    "src/abuser/service.py",
)

QUERIES = {
    "user_service": "src/user_service.py",
    "usrsvc": "src/UserService.ts",
    "UserService": "src/UserService.ts",
    "tests user": "tests/test_user_service.py",
    "us.md": "docs/us.md",
    "index": "src/users/services/index.py",
    "abuser": "src/abuser/service.py",
}


@pytest.mark.parametrize(("query", "best"), QUERIES.items())
def test_the_best_file_for_a_query(query: str, best: str) -> None:
    """Letters may be left out, case does not count, words come in any order."""
    assert ranked(query, PATHS, most=1)[0][1] == best


def test_letters_together_beat_letters_scattered() -> None:
    """Even where each of the scattered ones begins a word."""
    paths = ["b/a/s/e/m/o/d/e/l.py", "lib/beta_api_scope_errors_modal_details.py", "pydantic/base_model.py"]

    assert ranked("basemodel", paths, most=1)[0][1] == "pydantic/base_model.py"


def test_no_file_for_a_query() -> None:
    """Letters that are not there, or not in this order."""
    assert ranked("zzz", PATHS, most=9) == []
    assert ranked("dm.su", PATHS, most=9) == []


@given(st.lists(st.text("abc/_.ABİ", min_size=1, max_size=12), max_size=20), st.text("abc ", max_size=5))
def test_the_order_does_not_depend_on_the_order_of_the_files(paths: list[str], query: str) -> None:
    """Score, then length, then alphabet: always the same. Every word is a subsequence of every hit."""
    found = ranked(query, paths, most=50)

    assert found == ranked(query, paths[::-1], most=50)
    for _, path in found:
        for word in query.split():
            letters = iter(path.lower())
            assert all(letter in letters for letter in word)


# -- patterns for files -----------------------------------------------------------------------------------------------

GLOBS = {
    "*.py": (["a.py", "src/a.py"], ["a.pyc", "py"]),
    "src/*.py": (["src/a.py"], ["src/b/a.py", "a.py"]),
    "src/**/*.py": (["src/a.py", "src/b/c/a.py"], ["a.py"]),
    "**/test_*": (["test_a", "x/y/test_a"], ["x/test_a/b"]),
    "src/**": (["src/a", "src/b/c"], ["srcs/a"]),
    "*.{ts,tsx}": (["a.ts", "b/a.tsx"], ["a.t"]),
    "{src,lib}/[ab].?s": (["src/a.js", "lib/b.ts"], ["src/c.js"]),
    "./a": (["a", "b/a"], ["b"]),
    "": (["anything/at.all"], []),
}


@pytest.mark.parametrize(("glob", "paths"), GLOBS.items())
def test_patterns_for_files(glob: str, paths: tuple[list[str], list[str]]) -> None:
    """What fits, and what does not."""
    fits = globber(glob)

    assert [path for path in (*paths[0], *paths[1]) if fits(path)] == paths[0]


def test_a_pattern_for_files_cannot_explode(project: Path) -> None:
    """Stars do not multiply, braces have a limit."""
    (project / ("a" * 250)).touch()
    began = time.monotonic()
    assert grepped(project, pattern="x", glob="**/" * 50 + "*a" * 60 + "b")["searched"] == 0
    assert time.monotonic() - began < 2
    code, message = refused(project, pattern="x", glob="{a,b}" * 10)
    assert (code, message.partition("' ")[2]) == ("ToolValidationError", "stands for more than 64 patterns")
    assert refused(project, pattern="x", glob="a" * 1001)[1] == "glob: a pattern of more than 1,000 characters"
