"""The site builds without a warning and without the network, and every link on it leads somewhere."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest
from docs_pages import DOCS, ROOT

pytestmark = pytest.mark.slow
pytest.importorskip("furo", reason="pip install 'belljar[docs]'")


@dataclass(slots=True)
class Page:
    """What the links of others may lead to, and where its own lead."""

    ids: set[str] = field(default_factory=set)
    links: set[str] = field(default_factory=set)
    loads: set[str] = field(default_factory=set)
    """Scripts, styles and pictures."""


class _Reader(HTMLParser):
    def __init__(self, page: Page) -> None:
        super().__init__()
        self._page = page

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if "id" in given:
            self._page.ids.add(given["id"])
        if tag == "a" and "href" in given:
            self._page.links.add(given["href"])
        if loaded := given.get("src") or (given.get("href") if tag == "link" else None):
            self._page.loads.add(loaded)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built as `make docs` does; a warning is an error."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", "-d", str(folder / "trees")]
    done = subprocess.run(  # noqa: S603  (our own interpreter)
        [*command, str(DOCS), str(folder / "site")], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return folder / "site"


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    """All of them, read."""
    found: dict[Path, Page] = {}
    for path in site.rglob("*.html"):
        found[path] = Page()
        _Reader(found[path]).feed(path.read_text(encoding="utf-8"))
    return found


def test_every_page_of_the_documentation_is_on_the_site(site: Path) -> None:
    """None is left out."""
    assert {page.stem for page in DOCS.glob("*.md")} - {page.stem for page in site.glob("*.html")} == set()


def test_every_link_of_the_site_leads_to_a_page_and_a_place_on_it(pages: dict[Path, Page]) -> None:
    """Tests that are named have pages of their own, at the function."""
    assert sorted(broken(pages)) == []


def broken(pages: dict[Path, Page]) -> Iterator[str]:
    for path, page in pages.items():
        for link in page.links:
            target, anchor = urldefrag(link)
            if target.startswith(("http:", "https:")):
                continue
            there = (path.parent / unquote(target)).resolve() if target else path
            if not there.exists() or (anchor and there in pages and unquote(anchor) not in pages[there].ids):
                yield f"{path.name}: {link}"


def test_a_test_that_is_named_is_found_at_its_line(pages: dict[Path, Page]) -> None:
    """The front of the checklist leads to the function, not only to its file."""
    (checklist,) = [page for path, page in pages.items() if path.name == "security-checklist.html"]

    assert "tree/tests/guest/test_guest.py.html#test_the_module_imports_nothing" in checklist.links


def test_a_long_name_may_be_broken_where_its_words_meet(site: Path) -> None:
    """So that a table of names fits a narrow screen."""
    page = (site / "configuration.html").read_text(encoding="utf-8")

    assert '<span class="pre">timeout_<wbr>ms</span>' in page


def test_the_site_loads_nothing_from_elsewhere(pages: dict[Path, Page]) -> None:
    """It can be read without a network, and nobody is told who reads it."""
    assert {link for page in pages.values() for link in page.loads if link.startswith(("http", "//"))} == set()


def test_the_house_stands_on_the_architecture_page(site: Path) -> None:
    """As a part of the page, so that it has the theme's colours."""
    page = (site / "architecture.html").read_text(encoding="utf-8")

    assert page.count('<svg id="house"') == 1
    assert "<title>harness imports machine</title>" in page
