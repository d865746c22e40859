"""From what the compiler says of a framed text back to the source, and the calls in the source. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import chain
from typing import Final

from tree_sitter import Node

from belljar.script import Script
from belljar.script._grammar import parse_units, span
from belljar.script._text import Lines, to_units
from belljar.typecheck._project import LINES_BEFORE
from belljar.typecheck._remarks import ARGUMENT, KINDS, Remark
from belljar.typecheck._server import Diagnostic

_LINE_END: Final = re.compile("\r\n|\n|\r")
"""Where a line ends for the language server protocol, which is not where it ends for ECMAScript."""

_MODULE: Final = re.compile(r'import\("[^"]*"\)\.')
"""Before a type's name, where the script has one of the same name. A model knows no modules."""

MOST: Final = 300
"""Remarks of one reading that are looked into: three times as many as there can be findings."""

Way = Callable[[int, int], int]
"""From the compiler's line and column to an offset in the source."""


def way_from(text: str) -> Way:
    """Out of the frame around `text`, to an offset in it; what lies in the frame becomes its nearest end."""
    units = to_units(text)
    starts = [0, *(found.end() for found in _LINE_END.finditer(units))]

    def offset(line: int, column: int) -> int:
        own = line - LINES_BEFORE
        if own < 0:
            return 0
        return min(starts[own] + column, len(units)) if own < len(starts) else len(units)

    return offset


def way_from_code(script: Script) -> Way:
    """Out of the frame around the script's plain JavaScript, to an offset in what the model wrote."""
    within = way_from(script.code)
    code, source = Lines(to_units(script.code)), Lines(to_units(script.source))

    def offset(line: int, column: int) -> int:
        return min(source.offset(*script.position(*code.position(within(line, column)))), len(source.units))

    return offset


def remarks(diagnostics: Iterable[Diagnostic], way: Way) -> list[Remark]:
    """What the compiler said that may count, at its places in the source, in their order; `MOST` at most."""
    may_count = sorted(
        (diagnostic for diagnostic in diagnostics if diagnostic.code in KINDS or diagnostic.code in ARGUMENT),
        key=lambda diagnostic: (diagnostic.line, diagnostic.column, diagnostic.code),
    )
    return [
        Remark(
            code=diagnostic.code,
            start=way(diagnostic.line, diagnostic.column),
            end=way(diagnostic.end_line, diagnostic.end_column),
            message=_MODULE.sub("", diagnostic.message),
            related=tuple(_MODULE.sub("", text) for text in diagnostic.related),
        )
        for diagnostic in may_count[:MOST]
    ]


def calls_of(units: str, complaints: Iterable[Remark]) -> list[tuple[int, int]]:
    """The extents of the calls of tools that the JavaScript reading complains of.

    A complaint is about one of the arguments, or about the whole call where there are none.
    """
    tree = parse_units(units)
    if tree is None:
        return []
    found = (_call_around(tree.root_node, remark) for remark in complaints)
    return list(dict.fromkeys(chain.from_iterable(found)))


def _call_around(root: Node, remark: Remark) -> Iterable[tuple[int, int]]:
    node = root.descendant_for_byte_range(2 * remark.start, 2 * remark.start + 1)
    while node is not None:
        arguments = node.child_by_field_name("arguments") if node.type == "call_expression" else None
        if arguments is not None and (_holds(arguments, remark) or _is_whole(node, arguments, remark)):
            return [(span(node).start, span(node).end)]
        node = node.parent
    return ()


def _holds(arguments: Node, remark: Remark) -> bool:
    return span(arguments).start < remark.start < span(arguments).end


def _is_whole(call: Node, arguments: Node, remark: Remark) -> bool:
    return arguments.named_child_count == 0 and remark.start in range(span(call).start, span(arguments).start)
