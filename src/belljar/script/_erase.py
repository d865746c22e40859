"""TypeScript to JavaScript in place: types become spaces, so every line and column stays where the model wrote it.

Plain JavaScript comes out as it went in. Blanking can glue together what a type kept apart; the few places where that
changes the meaning get one character in place of a blank (the idea is that of Bloomberg's ts-blank-space):

- `;` where an erased statement, a cast's type or a class member's modifier would let the next line continue the last;
- a moved parenthesis where a line end inside a type would come before `=>`, or after `async`;
- `(...)` instead of `<T>...` where a line end would follow `return`, or an object literal would become a block.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Final

from tree_sitter import Node

from belljar.script._grammar import Span, Tree, span
from belljar.script._positions import Edit
from belljar.script._scope import Spans
from belljar.script._text import EOL, blank

_SKIPPED: Final = re.compile(r"(?:\s|//[^\n\r\u2028\u2029]*|/\*(?s:.*?)\*/)*+")
_CONTINUES: Final = re.compile(r"[(\[`+\-/]")
"""What begins a statement and would also continue an expression before it."""
_CONTINUES_CAST: Final = re.compile(r"[(\[`]")
"""The same after a type: there, a sign would have continued the expression in TypeScript too."""
_CONTINUES_MEMBER: Final = re.compile(r"[(\[*]|in\b|instanceof\b")
_NEEDS_PARENTHESES: Final = re.compile(r"\{|(?:function|class|async|let)\b")
_PROPERTIES: Final = re.compile(r"(?:\s*\.\s*[\w$]+)*")
_ACCESSOR_WORDS: Final = frozenset(("get", "set", "static", "accessor"))
_ACCESSOR_BEFORE: Final = re.compile(r"(?<![\w$.#])(?:get|set|static|accessor)\Z")
"""Field names that, without what stood behind them, would be read as a modifier of the next member."""

_SPACE: Final = re.compile(r"\s*")

_WHOLE_ROLES: Final = ("erased_statement", "erased_member", "erased", "modifier")


def erased_spans(tree: Tree) -> Spans:
    """Where types are. Names there are no names of the script."""
    return Spans(_blanked(tree))


def _blanked(tree: Tree) -> Iterator[Span]:
    yield from tree.spans(*_WHOLE_ROLES)
    yield from map(_cast, tree.nodes("cast"))
    yield from (_cast_tail(tree.units, node) for node in tree.nodes("cast_tail"))


def erasing_edits(tree: Tree) -> list[Edit]:
    """The edits that turn types into spaces; some lie inside others, which then count alone."""
    return _Eraser(tree).edits()


class _Eraser:
    """The blanked spans of one text, and what each is replaced by."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._units = tree.units
        self._text: dict[Span, str] = {}
        self._added: list[Edit] = []

    def edits(self) -> list[Edit]:
        for blanked in _blanked(self._tree):
            self._blank(blanked)
        for parameter in self._tree.spans("this_parameter"):
            self._blank(self._with_comma(parameter))
        for node in self._tree.nodes("assertion"):
            self._open_assertion(node)
        for node in self._tree.nodes("generic_arrow"):
            self._join_parenthesis(span(node))
        for node in self._tree.nodes("arrow_result"):
            self._join_arrow(node)
        self._keep_apart()
        return [*(Edit(*blanked, text) for blanked, text in self._text.items()), *self._added]

    def _blank(self, blanked: Span) -> None:
        self._text[blanked] = blank(self._units[blanked.start : blanked.end])

    def _first(self, blanked: Span, char: str) -> None:
        self._text[blanked] = char + self._text[blanked][1:]

    def _skip(self, offset: int) -> int:
        """The offset of the next token."""
        found = _SKIPPED.match(self._units, offset)
        return found.end() if found else offset

    def _with_comma(self, parameter: Span) -> Span:
        comma = self._skip(parameter.end)
        return Span(parameter.start, comma + 1) if self._units[comma : comma + 1] == "," else parameter

    def _open_assertion(self, node: Node) -> None:
        """`<T>x`: blanks, or parentheses where blanks would change the meaning."""
        types = next(span(child) for child in node.children if child.type == "type_arguments")
        operand = self._skip(types.end)
        if EOL.search(self._units, types.start, operand) or _NEEDS_PARENTHESES.match(self._units, operand):
            self._first(types, "(")
            end = span(node).end
            self._added.append(Edit(end, end, ")"))

    def _join_parenthesis(self, types: Span) -> None:
        """`async <T>\\n(x) => x`: the parenthesis must stay on the line of `async` or `return`."""
        opening = self._skip(types.end)
        if EOL.search(self._units, types.start, opening):
            self._first(types, "(")
            self._added.append(Edit(opening, opening + 1, " "))

    def _join_arrow(self, result: Node) -> None:
        """`(x): {\\n} => x`: the parenthesis must stay on the line of the arrow."""
        before = result.prev_sibling
        while before is not None and before.type != "formal_parameters":
            before = before.prev_sibling
        types = span(result)
        closing = span(before).end - 1 if before is not None else types.start
        if EOL.search(self._units, closing, types.end):
            self._text[types] = self._text[types][:-1] + ")"
            self._added.append(Edit(closing, closing + 1, " "))

    def _keep_apart(self) -> None:
        """Puts `;` where blanks would let what follows continue what was before."""
        hazards = list(self._hazards())
        if not hazards:
            return
        gaps = _Gaps(self._units, (*self._text, *self._tree.spans("comment")))
        for blanked, follows in hazards:
            before, after = gaps.around(blanked.start)
            is_glued = follows.match(self._units, after) or self._splits_accessor(follows, before)
            if is_glued and self._units[before - 1 : before] not in ("", "{", ";"):
                self._first(blanked, ";")

    def _splits_accessor(self, follows: re.Pattern[str], before: int) -> bool:
        return follows is _CONTINUES_MEMBER and bool(_ACCESSOR_BEFORE.search(self._units[max(0, before - 10) : before]))

    def _hazards(self) -> Iterator[tuple[Span, re.Pattern[str]]]:
        """Blanked spans at which a statement or member begins or ends, and what must not follow them."""
        tree = self._tree
        yield from ((blanked, _CONTINUES) for blanked in tree.spans("erased_statement"))
        yield from ((blanked, _CONTINUES_CAST) for blanked in map(_cast, tree.nodes("cast")))
        yield from ((blanked, _CONTINUES_MEMBER) for blanked in tree.spans("erased_member"))
        members = {start for start, _ in tree.spans("member")}
        yield from ((word, _CONTINUES_MEMBER) for word in tree.spans("modifier") if word.start in members)
        for node in tree.nodes("typed_field"):
            name, types = node.child_by_field_name("name"), node.child_by_field_name("type")
            if name and types and tree.text(name) in _ACCESSOR_WORDS:
                yield span(types), _CONTINUES_MEMBER


class _Gaps:
    """Stretches of blanks, comments and erased types: where the token before and the token after each is."""

    def __init__(self, units: str, spans: Iterable[Span]) -> None:
        self._units = units
        self._starts: list[int] = []
        self._ends: list[int] = []
        for start, end in sorted(spans):
            self._add(start, end)

    def _add(self, start: int, end: int) -> None:
        if self._ends and not self._units[self._ends[-1] : start].strip():
            self._ends[-1] = max(end, self._ends[-1])
        else:
            self._starts.append(start)
            self._ends.append(end)

    def around(self, offset: int) -> tuple[int, int]:
        """The end of the token before, and the start of the token after, the gap that has this offset."""
        index = bisect_right(self._starts, offset) - 1
        start, end = self._starts[index], self._ends[index]
        before = self._ends[index - 1] if index else 0
        before += len(self._units[before:start].rstrip())
        after = _SPACE.match(self._units, end)
        return before, after.end() if after else end


def _cast(node: Node) -> Span:
    """From the word `as` or `satisfies` to the end of the type."""
    word = next(child for child in node.children if child.type in ("as", "satisfies"))
    return Span(word.start_byte >> 1, node.end_byte >> 1)


def _cast_tail(units: str, node: Node) -> Span:
    """The `.B.C` of `x as A.B.C`, where the parser took them for properties of `x as A`: only a name of a type can
    follow there without parentheses."""
    start = span(node.named_children[0]).end
    found = _PROPERTIES.match(units, start)
    return Span(start, found.end() if found else start)
