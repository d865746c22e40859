"""What the pages show works: every program, file and command, page by page, in the page's order."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from docs_console import Shell, commands, fitting
from docs_pages import PAGES, Fence, fences, is_made

import belljar.gate

WRITTEN_BY_HAND = [page for page in PAGES if not is_made(page)]
OWN_TESTS = {("sealed.md", "ts"), ("sealed-migration.md", "ts")}
"""Blocks that tests/docs/test_sealed_docs.py runs, each as it says itself."""


@pytest.mark.parametrize("page", WRITTEN_BY_HAND, ids=lambda page: page.name)
def test_what_a_page_shows_works_in_its_order(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a folder of its own that has the page's files: programs end without an error, commands show what it says."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    for name in ("BELLJAR_DEBUG", "BELLJAR_STORE"):
        monkeypatch.delenv(name, raising=False)
    shell = Shell(monkeypatch)

    for fence in fences(page):
        _work(fence, shell, monkeypatch)

    assert shell.status == 0, "the last command failed, and no `echo $?` follows"


def _work(fence: Fence, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    if fence.mark.startswith("not run"):
        return
    with monkeypatch.context() as patch:
        patch.setattr(belljar.gate, "_is_on", fence.mark == "gate: open")
        if fence.file:
            _write(fence)
        else:
            _RUN.get(fence.language, _leave)(fence, shell)


def _write(fence: Fence) -> None:
    path = Path(fence.file)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(fence.text, encoding="utf-8")


def _execute(fence: Fence, _shell: Shell) -> None:
    """Lines of a traceback are those of the page."""
    program = "\n" * (fence.line - 1) + fence.text
    exec(compile(program, fence.page.name, "exec"), {"__name__": "document"})  # noqa: S102  (our own documents)


def _type(fence: Fence, shell: Shell) -> None:
    for command in commands(fence.text):
        other = shell.shows(command)
        assert not other, f"{fence.place}: {command.typed}\n{other}"


def _parse_json(fence: Fence, _shell: Shell) -> None:
    json.loads(fence.text)


def _parse_toml(fence: Fence, _shell: Shell) -> None:
    tomllib.loads(fence.text)


def _leave(_fence: Fence, _shell: Shell) -> None:
    """What somebody reads, or what another test runs: the test below looks after these."""


_RUN: Mapping[str, Callable[[Fence, Shell], None]] = {
    "python": _execute,
    "console": _type,
    "json": _parse_json,
    "toml": _parse_toml,
}
_NOT_RUN = {"text", "{toctree}"}


def test_every_block_is_run_or_says_that_it_is_not() -> None:
    """A language that no test knows, or none, would be passed over."""
    passed_over = [
        f"{fence.place} {fence.info!r}"
        for page in WRITTEN_BY_HAND
        for fence in fences(page)
        if not fence.file and not fence.mark.startswith("not run")
        if fence.language not in {*_RUN, *_NOT_RUN} and (page.name, fence.language) not in OWN_TESTS
    ]

    assert passed_over == []


def test_every_file_that_a_page_shows_is_used_on_it() -> None:
    """By a command or a program, so that it is known to be right."""
    unused = [
        f"{fence.place} {fence.file}"
        for page in WRITTEN_BY_HAND
        for shown in [list(fences(page))]
        for number, fence in enumerate(shown)
        if fence.file and not any(Path(fence.file).name in later.text for later in shown[number + 1 :])
        if not any(str(Path(fence.file).parent) in later.text for later in shown[number + 1 :] if "/" in fence.file)
    ]

    assert unused == []


def test_blocks_were_found() -> None:
    """The pages that teach have programs and commands."""
    found = {(page.name, fence.language) for page in PAGES for fence in fences(page)}

    assert {("README.md", "python"), ("start.md", "console"), ("guide.md", "python"), ("durable.md", "python")} <= found


@pytest.mark.parametrize(
    ("shown", "expected", "is_so"),
    [
        ("a\nb\n", "a\nb", True),
        ("a 17 ms\n", "a ... ms", True),
        ("a\nb\nc\n", "a\n...\nc", True),
        ("a\nc\n", "a\n...\nc", True),
        ("a\nb\n", "a", False),
        ("ab\n", "a...c", False),
    ],
)
def test_what_is_shown_is_compared_but_for_dots(shown: str, expected: str, is_so: bool) -> None:
    """Three dots stand for anything in a line, or for any lines."""
    assert (fitting(shown, expected) is not None) is is_so


def test_an_id_on_a_page_stands_for_the_one_that_is_shown() -> None:
    """The same one in each place; commands that come later are about that run."""
    page = "run_00000000000000aa waits\nlook at run_00000000000000aa:1"

    assert fitting("run_12ab waits\nlook at run_12ab:1\n", page) == {"run_00000000000000aa": "run_12ab"}
    assert fitting("run_12ab waits\nlook at run_34cd:1\n", page) is None


def test_the_end_of_a_jobs_id_stands_for_the_one_that_is_shown() -> None:
    """In the ids of its runs too; other numbers of eight digits are what they are."""
    page = "tidy:0000aaaa waits\ntidy-0000aaaa-patch-1:1 of 00000001"

    assert fitting("tidy:12ab34cd waits\ntidy-12ab34cd-patch-1:1 of 00000001\n", page) == {"0000aaaa": "12ab34cd"}
    assert fitting("tidy:12ab34cd waits\ntidy-ffffffff-patch-1:1 of 00000001\n", page) is None


def test_a_command_that_fails_is_noticed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Unless the page shows its exit code next."""
    monkeypatch.chdir(tmp_path)
    shell = Shell(monkeypatch)
    shell.run("belljar run missing.ts")

    assert shell.run("echo $?") == "2\n"
    shell.run("belljar run missing.ts")
    with pytest.raises(AssertionError, match="ended with 2"):
        shell.run("ls")


def test_a_block_that_is_not_closed_is_an_error(tmp_path: Path) -> None:
    """Else the rest of the page would be taken for code, and nothing in it would be looked at."""
    (tmp_path / "page.md").write_text("text\n```python\n1\n")

    with pytest.raises(ValueError, match=r"page\.md:2: a block that is not closed"):
        list(fences(tmp_path / "page.md"))


def test_a_block_in_a_longer_fence_is_a_part_of_it(tmp_path: Path) -> None:
    """A file that is itself Markdown has blocks of its own."""
    (tmp_path / "page.md").write_text("<!-- not run: no -->\n````markdown a.md\n```ts\n1\n```\n````\n")

    (fence,) = fences(tmp_path / "page.md")

    assert (fence.file, fence.text, fence.mark, fence.line) == ("a.md", "```ts\n1\n```\n", "not run: no", 3)


def test_a_console_block_begins_with_a_command() -> None:
    """What is shown before any command would be compared with nothing."""
    with pytest.raises(ValueError, match="begins with"):
        list(commands("belljar run a.ts\n"))
