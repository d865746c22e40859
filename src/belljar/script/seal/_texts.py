"""What the literals of strings and templates say, in UTF-16 units."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from tree_sitter import Node

from belljar.script._grammar import Tree, span
from belljar.script._text import to_units

_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}
_LINE_END: Final = re.compile("\r\n?")
_LONE: Final = re.compile("[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]")


def cooked(tree: Tree, node: Node) -> str:
    """The text of a string, or of a piece of a string or template."""
    if node.type == "escape_sequence":
        return _unescaped(tree.text(node)[1:])
    if node.type == "string":
        return "".join(cooked(tree, child) for child in node.named_children)
    return _LINE_END.sub("\n", tree.text(node))


def escapes(node: Node) -> Iterator[Node]:
    """The escapes in a string, or in a piece of a template."""
    if node.type == "escape_sequence":
        yield node
    for child in node.named_children:
        yield from escapes(child)


def is_odd(tree: Tree, escape: Node) -> bool:
    """Whether it is none that strict code has: octal, or a character beyond the last."""
    text = tree.text(escape)[1:]
    if text[0].isdigit():
        following = tree.units[span(escape).end : span(escape).end + 1]
        return text != "0" or following.isdigit()
    return text.startswith("u{") and int(text[2:-1], 16) > 0x10FFFF


def is_whole(units: str) -> bool:
    """Whether each surrogate has its partner."""
    return _LONE.search(units) is None


def _unescaped(text: str) -> str:
    """What follows a backslash."""
    kind = text[0]
    if kind in "xu":
        return to_units(chr(int(text[1:].strip("{}"), 16)))
    if kind in "\n\r\u2028\u2029":
        return ""
    return _ESCAPES.get(kind, text)
