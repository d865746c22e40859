"""The value of a script that has no `return`: that of its last statement, if it is an expression.

`return (` and `)` are inserted so that as little as possible moves: where the statement before ends on an earlier line,
the insertion goes there, behind its end, and no column of the expression's first line changes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tree_sitter import Node

from belljar.script._grammar import Tree, span
from belljar.script._positions import Edit
from belljar.script._text import EOL

_PASSIVE: Final = frozenset(
    """comment html_comment empty_statement function_declaration generator_function_declaration function_signature
    interface_declaration type_alias_declaration ambient_declaration""".split()  # noqa: SIM905 a table of words
)
"""What does nothing when it is reached, so that it does not count as the last statement."""


def result_edits(tree: Tree) -> Iterator[Edit]:
    """The two insertions, or none. Only for a script without a `return` of its own."""
    statements = [node for node in tree.root.named_children if node.type != "comment"]
    index = len(statements) - 1
    while index >= 0 and statements[index].type in _PASSIVE:
        index -= 1
    if index < 0 or statements[index].type != "expression_statement":
        return
    value = next(child for child in statements[index].named_children if child.type != "comment")
    yield _opening(tree, span(value).start, statements[index - 1] if index else None)
    end = span(value).end
    yield Edit(end, end, ")", 2)


def _opening(tree: Tree, start: int, before: Node | None) -> Edit:
    """Behind the statement before if that ends on an earlier line, else in place."""
    done = _end(tree, before) if before is not None else 0
    if EOL.search(tree.units, done, start):
        return Edit(done, done, ";return(" if before is not None else "return(", 3)
    return Edit(start, start, "return(", 3)


def _end(tree: Tree, statement: Node) -> int:
    """The end of a statement's last token: without a semicolon, the parser counts comments behind it as part of it."""
    comments = {end: start for start, end in tree.spans("comment")}
    end = span(statement).end
    while end in comments:
        end = comments[end]
        while tree.units[end - 1].isspace():
            end -= 1
    return end
