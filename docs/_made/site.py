"""The site's own part of Sphinx: links to files of the tree lead to pages, and a block that is a file has its name.

In Markdown a link such as `[test_x](../tests/security/test_s.py)` leads to the file on the code host. On the site it
leads to a page with that file's text, at the function where the link's text names one. Folders get a page that lists
them. A drawing of `_static` stands in the page itself, so that it has the theme's colours. Long names may be broken
where their words meet, for tables on narrow screens.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from docutils import nodes
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import TextLexer, get_lexer_for_filename
from pygments.util import ClassNotFound
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

ROOT: Final = Path(__file__).resolve().parents[2]
_FILE_BLOCK: Final = re.compile(r"^```(\w+) ([\w./-]+\.\w+)$", re.MULTILINE)
_OUT: Final = re.compile(r"\]\((\.\./[^)#\s]+)")
_DEFINED: Final = re.compile(r"^\s*(?:async )?(?:def|class) (\w+)")
_LINE: Final = re.compile(r'<span id="L-(\d+)">')
_NAME: Final = re.compile(r'(?<=<span class="pre">)[^<]+')
_JOINT: Final = re.compile(r"(?<=\w[_/.])(?=\w)|(?<=[a-z])(?=[A-Z])")


def setup(app: Sphinx) -> dict[str, Any]:
    """Sphinx calls this."""
    app.add_transform(_ToTree)
    app.add_transform(_Drawings)
    app.connect("source-read", _name_file_blocks)
    app.connect("html-collect-pages", _tree_pages)
    app.connect("html-page-context", _let_names_break)
    return {"version": "1", "parallel_read_safe": False, "parallel_write_safe": True}


def _name_file_blocks(_app: Sphinx, _page: str, source: list[str]) -> None:
    """A block whose info has a file's name is shown under it."""
    source[0] = _FILE_BLOCK.sub(r"```{code-block} \1\n:caption: \2\n", source[0])


def _let_names_break(_app: Sphinx, _page: str, _template: str, context: dict[str, Any], _tree: object) -> None:
    context["body"] = _NAME.sub(lambda found: _JOINT.sub("<wbr>", found[0]), context.get("body", ""))


# -- links into the tree ----------------------------------------------------------------------------------------------


class _ToTree(SphinxTransform):
    """Before Sphinx copies linked files or looks for linked documents."""

    default_priority = 5

    def apply(self, **_options: Any) -> None:
        for node in [
            *self.document.findall(addnodes.download_reference),
            *self.document.findall(addnodes.pending_xref),
        ]:
            target = ROOT / "docs" / node["reftarget"].partition("#")[0]
            if target.exists() and target.resolve().is_relative_to(ROOT) and not _is_page(target):
                self._lead_to(node, target.resolve().relative_to(ROOT).as_posix())

    def _lead_to(self, node: nodes.Element, name: str) -> None:
        anchor = _anchor(ROOT / name, node.astext())
        link = nodes.reference("", "", *node.children, internal=True, refuri=f"tree/{name}.html{anchor}")
        node.replace_self(link)


def _is_page(path: Path) -> bool:
    return path.resolve().parent == ROOT / "docs" and path.suffix == ".md"


def _anchor(path: Path, text: str) -> str:
    """`#test_x`, where the file defines what the link is called."""
    if path.suffix != ".py" or not text.isidentifier():
        return ""
    return f"#{text}" if re.search(rf"^\s*(?:async )?(?:def|class) {text}\b", path.read_text(), re.MULTILINE) else ""


def _linked() -> set[str]:
    """Files and folders of the tree that the pages link to, by their names below the root."""
    targets = (ROOT / "docs" / name for page in (ROOT / "docs").glob("*.md") for name in _OUT.findall(page.read_text()))
    return {target.resolve().relative_to(ROOT).as_posix() for target in targets if target.exists()}


def _tree_pages(_app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    for name in sorted(_with_members(_linked())):
        body = _listing(name) if (ROOT / name).is_dir() else _text(ROOT / name)
        title = f"<h1>{html.escape(name)}</h1>"
        yield f"tree/{name}", {"title": name, "body": title + body, "toc": ""}, "page.html"


def _with_members(names: set[str]) -> set[str]:
    """Of a folder that is linked, its own files too."""
    members = {f"{name}/{each.name}" for name in names if (ROOT / name).is_dir() for each in _members(ROOT / name)}
    return names | members


def _members(folder: Path) -> list[Path]:
    return sorted(each for each in folder.iterdir() if each.is_file() and each.suffix in (".py", ".js", ".ts", ".md"))


def _listing(name: str) -> str:
    base = name.rpartition("/")[2]
    rows = (
        f'<li><a href="{base}/{each.name}.html">{html.escape(each.name)}</a></li>' for each in _members(ROOT / name)
    )
    return f"<ul>{''.join(rows)}</ul>"


def _text(path: Path) -> str:
    """Highlighted, each line with an anchor: what it defines, or else its number."""
    text = path.read_text(encoding="utf-8")
    shown = highlight(text, _lexer(path), HtmlFormatter(linespans="L", wrapcode=True))
    return _LINE.sub(lambda match: f'<span id="{_names(text, path).get(int(match[1]), f"L-{match[1]}")}">', shown)


def _lexer(path: Path) -> Any:
    try:
        return get_lexer_for_filename(path.name, stripnl=False)
    except ClassNotFound:
        return TextLexer(stripnl=False)


def _names(text: str, path: Path) -> dict[int, str]:
    if path.suffix != ".py":
        return {}
    found = {match[1]: number for number, line in enumerate(text.splitlines(), 1) if (match := _DEFINED.match(line))}
    return {number: name for name, number in found.items()}


# -- drawings ---------------------------------------------------------------------------------------------------------


class _Drawings(SphinxTransform):
    """An SVG of ours becomes a part of the page."""

    default_priority = 5

    def apply(self, **_options: Any) -> None:
        for node in list(self.document.findall(nodes.image)):
            if node["uri"].startswith("_static/") and node["uri"].endswith(".svg"):
                drawing = (ROOT / "docs" / node["uri"]).read_text(encoding="utf-8")
                node.replace_self(nodes.raw("", f'<div class="drawing">{drawing}</div>', format="html"))
