"""Which names a script declares, where each is visible, and which names it uses without declaring them.

Theory of operation: a declaration is visible in one stretch of the text, the node that makes its scope. Scopes nest or
are apart, never cross, so the stretches of one name merge into a sorted list of disjoint ones, and "is this use
declared?" is one bisection. A single sweep over scopes and declarations, in the order of the text, finds for each
declaration its scope; uses need no sweep. Linear but for the sorts.

Not seen: that a name is used before its declaration was reached, and that one is declared twice. The jar's compiler
and the run itself tell these better.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Container, Iterable, Iterator
from typing import Final, NamedTuple

from tree_sitter import Node

from belljar.script._grammar import Span, Tree

_SCOPES: Final = {"function": 0, "arrow": 0, "block": 1, "in_var": 2, "in_let": 2, "in_assignment": 2}
"""Roles that enclose declarations: functions, blocks, and patterns that say what names inside them are."""

_PATTERN_MEANS: Final = {"in_var": "var", "in_let": "let"}
_DECLARES: Final = ("var", "let", "outer", "pattern")
_ESCAPE: Final = re.compile(r"\\u(?:\{([0-9a-fA-F]+)\}|([0-9a-fA-F]{4}))")


class Use(NamedTuple):
    """One name, used at an offset."""

    name: str
    start: int


class _Frame(NamedTuple):
    """An open scope: where it ends, what `var` and `let` in it belong to, and what a name in a pattern is."""

    end: int
    function: Span
    block: Span
    pattern: str


class Spans:
    """Sorted, disjoint spans."""

    __slots__ = ("_ends", "_starts")

    def __init__(self, spans: Iterable[Span]) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        for start, end in sorted(spans):
            self._add(start, end)

    def _add(self, start: int, end: int) -> None:
        if self._ends and start < self._ends[-1]:
            self._ends[-1] = max(end, self._ends[-1])
        else:
            self._starts.append(start)
            self._ends.append(end)

    def spans(self) -> Iterator[Span]:
        """Each of them, in order."""
        return map(Span, self._starts, self._ends)

    def outside(self, spans: Iterable[Span]) -> Iterator[Span]:
        """Those of sorted spans that begin in none of these."""
        index, last = 0, len(self._ends)
        for span in spans:
            while index < last and self._ends[index] <= span.start:
                index += 1
            if index == last or span.start < self._starts[index]:
                yield span

    def __contains__(self, offset: int) -> bool:
        index = bisect_right(self._starts, offset) - 1
        return index >= 0 and offset < self._ends[index]


class Scopes:
    """The names of one script."""

    __slots__ = ("_homes", "_starts", "_visible", "_visible_spans", "own_return", "uses", "whole")

    def __init__(self, tree: Tree, hidden: Spans) -> None:
        """`hidden` is what will not exist at run time: types, and what is refused anyway."""
        sweep = _Sweep(tree, hidden)
        self.whole = sweep.whole
        """The scope of the script's own body."""
        self.own_return = sweep.own_return
        """Whether the script itself, outside all functions, has a `return`."""
        self.uses = list(_uses(tree, hidden, sweep.homes))
        """All names used, in the order of the text; property names and labels are no names."""
        self._homes = sweep.homes
        self._visible = sweep.visible
        self._visible_spans = {name: Spans(spans) for name, spans in sweep.visible.items()}
        self._starts = [use.start for use in self.uses]

    def is_declared(self, use: Use) -> bool:
        """Whether a declaration of that name is visible there."""
        spans = self._visible_spans.get(use.name)
        return spans is not None and use.start in spans

    def is_declared_inside(self, use: Use, scope: Span) -> bool:
        """Whether a declaration in a scope within this one hides the scope's own."""
        inside = (span for span in self._visible.get(use.name, ()) if scope.start < span.start)
        return any(span.start <= use.start < span.end for span in inside)

    def uses_in(self, span: Span) -> list[Use]:
        """The uses within a span."""
        return self.uses[bisect_right(self._starts, span.start) : bisect_right(self._starts, span.end - 1)]

    def home(self, start: int) -> Span:
        """The scope of the declaration whose name begins there."""
        return self._homes[start]

    def names(self) -> list[str]:
        """Every declared name, wherever it is visible."""
        return list(self._visible)


class _Sweep:
    """One pass over scopes and declarations."""

    def __init__(self, tree: Tree, hidden: Spans) -> None:
        self._tree = tree
        self.whole = Span(0, len(tree.units) + 1)
        self._stack = [_Frame(self.whole.end, self.whole, self.whole, "")]
        self.visible: dict[str, list[Span]] = {}
        self.homes: dict[int, Span] = {}
        self.own_return = False
        for start, negative_end, role in sorted(_events(tree, hidden)):
            while self._stack[-1].end <= start:
                self._stack.pop()
            self._visit(role, Span(start, -negative_end))
        for span in tree.spans("function"):
            self._declare("arguments", span)
        for member in _enum_members(tree):
            self._declare(*member)

    def _visit(self, role: str, span: Span) -> None:
        if role in _SCOPES:
            self._open(role, span)
        elif role == "return":
            self.own_return |= self._stack[-1].function is self.whole
        else:
            self._name(role, span)

    def _open(self, role: str, span: Span) -> None:
        outer = self._stack[-1]
        function = span if _SCOPES[role] == 0 else outer.function
        block = outer.block if _SCOPES[role] == 2 else span
        self._stack.append(_Frame(span.end, function, block, role))

    def _name(self, role: str, span: Span) -> None:
        frame = self._stack[-1]
        kind = _PATTERN_MEANS.get(frame.pattern, "") if role == "pattern" else role
        if not kind:
            return
        scope = frame.function if kind == "var" else self._stack[-2].block if kind == "outer" else frame.block
        self.homes[span.start] = scope
        self._declare(plain_name(self._tree.units[span.start : span.end]), scope)

    def _declare(self, name: str, scope: Span) -> None:
        self.visible.setdefault(name, []).append(scope)


def _events(tree: Tree, hidden: Spans) -> Iterator[tuple[int, int, str]]:
    """Scopes, declarations and returns; sorting them puts an outer one before what it holds."""
    for role in (*_SCOPES, *_DECLARES, "return"):
        for start, end in hidden.outside(sorted(tree.spans(role))):
            yield start, -end, role


def _enum_members(tree: Tree) -> Iterator[tuple[str, Span]]:
    """Members of an enum, under their plain names: visible from its body to the end of the last enum of that name,
    which merges with it."""
    bodies = [(_text_of(tree, node, "name"), body) for node in tree.nodes("enum") if (body := _body(node))]
    last = {name: body.end_byte >> 1 for name, body in bodies}
    for enum, body in bodies:
        for child in body.named_children:
            member = _text_of(tree, child, "name") if child.type == "enum_assignment" else tree.text(child)
            yield member.strip("\"'"), Span(body.start_byte >> 1, last[enum])


def _body(node: Node) -> Node | None:
    return node.child_by_field_name("body")


def _text_of(tree: Tree, node: Node, field: str) -> str:
    child = node.child_by_field_name(field)
    return tree.text(child) if child is not None else ""


def _uses(tree: Tree, hidden: Spans, declared: Container[int]) -> Iterator[Use]:
    units = tree.units
    for start, end in hidden.outside(sorted(tree.spans("name"))):
        if start not in declared:
            yield Use(plain_name(units[start:end]), start)


def plain_name(text: str) -> str:
    """A name with its unicode escapes read, so that none can hide behind them."""
    return _ESCAPE.sub(_unescaped, text) if "\\" in text else text


def _unescaped(found: re.Match[str]) -> str:
    number = int(found[1] or found[2], 16)
    return chr(number) if number <= 0x10FFFF else found[0]
