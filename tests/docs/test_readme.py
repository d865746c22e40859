"""The README's code runs, and its links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "SECURITY.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
CODE = [
    pytest.param(match[1], id=f"{page.name}-{number}")
    for page in PAGES
    for number, match in enumerate(re.finditer(r"```python\n(.*?)```", page.read_text(), re.DOTALL), start=1)
]


@pytest.mark.parametrize("code", CODE)
def test_python_code_in_the_documents_runs(code: str) -> None:
    """Every Python block is a program that ends without an error; its assertions hold."""
    exec(compile(code, "document", "exec"), {"__name__": "document"})  # noqa: S102  (our own documents)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_to_files_lead_to_files(page: Path) -> None:
    """A link or a path in back quotes that names a file of the tree names one that is there."""
    text = page.read_text()
    named = re.findall(r"\]\((?!http)([^)#]+)", text)
    named += re.findall(r"`((?:tests|docs|guest|src|benchmarks|examples)/[\w/.]+)`", text)

    missing = [name for name in named if not (page.parent / name).exists() and not (ROOT / name).exists()]

    assert missing == []


NAMED_TEST = re.compile(r"\[`(test_\w+)`\]\(([\w./]+\.py)\)")
NAMES_TESTS = [page for page in PAGES if NAMED_TEST.search(page.read_text())]


@pytest.mark.parametrize("page", NAMES_TESTS, ids=lambda page: page.name)
def test_every_test_that_a_page_names_is_in_the_file_it_links_to(page: Path) -> None:
    """A guarantee that names a test whose name has changed is no guarantee."""
    named = NAMED_TEST.findall(page.read_text())

    missing = [name for name, file in named if f"def {name}(" not in (page.parent / file).read_text()]

    assert missing == []


def test_code_blocks_and_named_tests_were_found() -> None:
    """The README has at least one program to run, and the pages that make promises name tests."""
    assert {"README.md", "security.md", "engines.md", "approvals.md"} <= {page.name for page in NAMES_TESTS}
    assert any(str(parameter.id).startswith("README") for parameter in CODE)
