"""The pages of the documentation, taken apart: fenced blocks, headings, links.

A block's info says what becomes of it:

- `python` is a program, `python NAME` (or any language with a file's name) is a file of the page's folder;
- `console` has commands after `$ `, each followed by what it shows, where `...` stands for anything;
- `json` and `toml` without a name are parsed; `text` is what somebody reads;
- `<!-- not run: REASON -->` on the line before says that a block is not run, `<!-- gate: open -->` that it is run with
  the gate open.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "SECURITY.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.glob("*.md"))]
MADE = "<!-- Made from the code by"
"""Begins a page that docs/generate.py writes; it runs what it shows."""
_OPEN = re.compile(r"^(`{3,})(.*)$")
_MARK = re.compile(r"^<!-- (gate: open|not run: .+) -->$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fence:
    """One fenced block."""

    page: Path
    line: int
    """Of its first line of text, from 1."""
    info: str
    text: str
    mark: str

    @property
    def language(self) -> str:
        return self.info.partition(" ")[0]

    @property
    def file(self) -> str:
        """The file that it is, or nothing."""
        name = self.info.partition(" ")[2]
        return name if "." in name else ""

    @property
    def place(self) -> str:
        return f"{self.page.name}:{self.line}"


def fences(page: Path) -> Iterator[Fence]:
    """In the page's order. Raises ValueError for one that is not closed."""
    lines = iter(enumerate(page.read_text(encoding="utf-8").splitlines(), start=1))
    before = ""
    for number, line in lines:
        if not (opened := _OPEN.match(line)):
            before = line
            continue
        inside: list[str] = []
        for _, each in lines:
            if re.fullmatch(f"{opened[1]}`*", each):
                break
            inside.append(each)
        else:
            raise ValueError(f"{page.name}:{number}: a block that is not closed")
        mark = _MARK.match(before)
        text = "".join(f"{each}\n" for each in inside)
        yield Fence(page=page, line=number + 1, info=opened[2].strip(), text=text, mark=mark[1] if mark else "")
        before = ""


def prose(page: Path) -> str:
    """The page without its blocks: what has links and headings."""
    return re.sub(r"^(`{3,}).*?^\1`*$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


def is_made(page: Path) -> bool:
    return page.read_text(encoding="utf-8").startswith(MADE)


def anchors(page: Path) -> set[str]:
    """Of its headings, as the code host and the site make them."""
    found: set[str] = set()
    for title in re.findall(r"^#{1,6} (.+)$", prose(page), re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title).strip().lower()
        slug = base = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        number = 0
        while slug in found:
            number += 1
            slug = f"{base}-{number}"
        found.add(slug)
    return found
