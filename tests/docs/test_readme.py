"""Links of the documentation lead somewhere, and what it names is there."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from docs_pages import DOCS, PAGES, ROOT, anchors, fences, is_made, prose

from belljar.errors import ERRORS
from docs._made.commands import all_commands

LINK = re.compile(r"\]\((?!https?:|mailto:)([^)\s]*)\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_to_files_lead_to_files(page: Path) -> None:
    """A link or a path in back quotes that names a file of the tree names one that is there."""
    text = prose(page)
    named = [name.partition("#")[0] for name in LINK.findall(text)]
    named += re.findall(r"`((?:tests|docs|guest|src|benchmarks|examples)/[\w/.]+)`", text)

    missing = [name for name in named if not (page.parent / name).exists() and not (ROOT / name).exists()]

    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_to_headings_lead_to_headings(page: Path) -> None:
    """Of the page itself, or of another."""
    linked = [name.partition("#") for name in LINK.findall(prose(page)) if "#" in name]

    missing = [
        f"{name}#{anchor}"
        for name, _, anchor in linked
        if not name or name.endswith(".md")
        if anchor not in anchors(page.parent / name if name else page)
    ]

    assert missing == []


NAMED_TEST = re.compile(r"\[`(test_\w+)`\]\(([\w./]+\.py)\)")
NAMES_TESTS = [page for page in PAGES if NAMED_TEST.search(page.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("page", NAMES_TESTS, ids=lambda page: page.name)
def test_every_test_that_a_page_names_is_in_the_file_it_links_to(page: Path) -> None:
    """A guarantee that names a test whose name has changed is no guarantee."""
    named = NAMED_TEST.findall(page.read_text(encoding="utf-8"))

    missing = [name for name, file in named if f"def {name}(" not in (page.parent / file).read_text(encoding="utf-8")]

    assert missing == []


def test_pages_that_make_promises_name_tests() -> None:
    """The pattern above finds them."""
    assert {"README.md", "security.md", "engines.md", "approvals.md"} <= {page.name for page in NAMES_TESTS}


CHECKLIST = (DOCS / "security-checklist.md").read_text(encoding="utf-8")


def test_every_claim_of_the_checklist_links_to_its_test() -> None:
    """But for the section that is about the reader's own installation."""
    claims, own = CHECKLIST.split("## On your own installation")
    lines = re.findall(r"^- \[ \] .*", claims, re.MULTILINE)

    assert [line for line in lines if not re.search(r"\[`test_\w+(\.py)?`\]\(\.\./tests/[\w/]+\.py\)$", line)] == []
    assert len(lines) >= 40
    assert "- [ ] " in own


def test_every_page_is_in_the_navigation_once() -> None:
    """A page that no list of the front page has would be on the site and never be found."""
    front = (DOCS / "index.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```\{toctree\}\n.*?\n\n(.*?)```", front, re.DOTALL)
    listed = [re.sub(r".*<(.+)>", r"\1", line) for block in blocks for line in block.splitlines()]

    assert sorted(listed) == sorted({page.stem for page in DOCS.glob("*.md")} - {"index"})


def test_lines_are_no_longer_than_the_code_s() -> None:
    """But for tables, links that cannot be broken, and pages that are made."""
    long = [
        f"{page.name}:{number}"
        for page in PAGES
        if not is_made(page)
        for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1)
        if len(line) > 120
        and not line.startswith(("|", "- [ ] "))
        and " " in line[line.find("](") :]
        and "](" not in line
    ]

    assert long == []


def test_error_codes_that_pages_name_exist() -> None:
    """`SomethingError` is an error of belljar's or of one of the languages."""
    foreign = {"RangeError", "TypeError", "ReferenceError", "SyntaxError", "AggregateError", "KeyError", "RuntimeError"}
    foreign |= {"Error", "ValueError", "OSError", "ImportError", "AssertionError", "EvalError", "URIError"}
    pages = [page for page in PAGES if not is_made(page)]
    named = {(page.name, code) for page in pages for code in re.findall(r"\b[A-Z][A-Za-z]*Error\b", prose(page))}

    assert {(page, code) for page, code in named if code not in ERRORS and code not in foreign} == set()


COMPARISON = (DOCS / "comparison.md").read_text(encoding="utf-8")
ROWS = [line.strip("| ").split(" | ") for line in re.findall(r"^\| (?!-).*", COMPARISON, re.MULTILINE)]


def test_every_fact_about_another_system_has_its_version_and_date() -> None:
    """Of the tables that were found by hand: what was looked at, how, and when."""
    dated = [row for row in ROWS if any(re.fullmatch(r"(ran|read), 20\d\d-\d\d", cell) for cell in row)]
    others = [row for row in ROWS if row not in dated and row[0] not in ("belljar", *HEADS, *ENGINES)]

    assert others == []
    assert [row for row in dated if not re.search(r"\d\.\d", " ".join(row))] == []
    assert len(dated) >= 12


HEADS = ("system", "framework", "fact", "engine", "package")
ENGINES = {
    each["name"]: each["version"]
    for each in json.loads((ROOT / "benchmarks/latest.json").read_text(encoding="utf-8"))["subjects"]
}


def test_engines_are_compared_in_the_versions_that_were_measured() -> None:
    """The date of those is the benchmark's."""
    compared = {row[0]: row[1] for row in ROWS if row[0] in ENGINES}

    assert compared == ENGINES


COMMANDS = {
    path: {option for each in command.params for option in each.opts}
    for path, command in all_commands()
    if path != "belljar"
}


def typed() -> Iterator[tuple[str, str]]:
    """Where, and what: each command of a block, run or not."""
    for page in PAGES:
        for fence in fences(page):
            for line in re.findall(r"^(?:\$ )?((?:[A-Z0-9_]+=\S+ )*belljar \w.*)$", fence.text, re.MULTILINE):
                yield f"{fence.place}", re.sub(r"^(?:[A-Z0-9_]+=\S+ )+", "", line)


@pytest.mark.parametrize(("place", "line"), [pytest.param(*each, id=" ".join(each)) for each in typed()])
def test_commands_and_their_options_exist(place: str, line: str) -> None:
    """Also of those that cannot be run in a test, such as a server."""
    words = shlex.split(re.sub(r"\s{3,}.*", "", line).replace("|", " "), comments=True)
    known = [path for path in COMMANDS if words[: len(path.split())] == path.split() or words[1:2] == ["--version"]]
    groups = [path for path in COMMANDS if path.split()[:2] == words[:2]]

    assert known or groups, place
    options = {word.partition("=")[0] for word in words if word.startswith("--")}
    assert options <= set().union(*(COMMANDS[path] for path in known or groups)) | {"--help", "--version"}, place
