"""Enums, lowered where they stand.

TypeScript's `enum E { A, B = "b" }` becomes

    var E;(function(E ){ E[E["A"]=0]="A"; E["B"] = "b"; })(E||(E={}));

on the same lines: `var` in the script's own body and `let` in blocks as TypeScript emits it, no declaration where the
same scope has one already (enums merge). A member without a value is one more than the one before. A name that is a
member's own (of this enum, or of one it merges with) is read from the enum. Members with strings have no reverse
mapping; where only the run can tell, the run does. A `const enum` is lowered in the same way, not inlined.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from tree_sitter import Node

from belljar.script._findings import Reporter, quote
from belljar.script._grammar import Span, Tree, span
from belljar.script._positions import Edit
from belljar.script._scope import Scopes, Spans

_INTEGER: Final = re.compile(r"(?:0|[1-9][0-9]{0,14})\Z")
_PLAIN_KEY: Final = re.compile(r"[\w$\\{}]+\Z")
_MEMBER_TYPES: Final = frozenset(
    ("property_identifier", "string", "computed_property_name", "enum_assignment", "number")
)
_STRINGS: Final = ("string", "template_string")

_STRING_FORM: Final = ("{slot}", ";")
_ANY_FORM: Final = ("{slot}", ';if(typeof {slot}!=="string"){reverse}')
_FORMS: Final = {
    "number": ("{enum}[{slot}", "]={key};"),
    "string": _STRING_FORM,
    "template_string": _STRING_FORM,
}
"""By the type of a member's value: what its name becomes, and what follows the value."""


class _Member(NamedTuple):
    """One member: its name's node, its key as a string literal, its value's node."""

    name: Node
    key: str
    value: Node | None


def enum_edits(tree: Tree, erased: Spans, scopes: Scopes, reporter: Reporter) -> Iterator[Edit]:
    """The edits that lower every enum that is not erased with a `declare`."""
    merged: dict[tuple[str, Span], set[str]] = {}
    for node in tree.nodes("enum"):
        if span(node).start not in erased:
            yield from _Lowering(tree, node, reporter).edits(merged, scopes)


class _Lowering:
    """One enum on its way to JavaScript."""

    def __init__(self, tree: Tree, node: Node, reporter: Reporter) -> None:
        self._tree = tree
        self._node = node
        self._reporter = reporter
        self._body = _field(node, "body")
        self._name = tree.text(_field(node, "name"))
        self._members = [_member(tree, child) for child in self._body.named_children if child.type in _MEMBER_TYPES]

    def edits(self, merged: dict[tuple[str, Span], set[str]], scopes: Scopes) -> Iterator[Edit]:
        """Head, members, foot. `merged` has the members of enums of the same name in the same scope so far."""
        scope = scopes.home(span(_field(self._node, "name")).start)
        is_first = (self._name, scope) not in merged
        names = merged.setdefault((self._name, scope), set())
        names |= {_unquoted(member.key) for member in self._members}
        keyword = "var" if scope == scopes.whole else "let"
        yield from self._head(f"{keyword} {self._name};" if is_first else ";")
        for index, member in enumerate(self._members):
            yield from self._lower(member, self._members[index - 1] if index else None)
        yield from self._references(names, scopes)
        yield from self._foot()

    def _head(self, declaration: str) -> Iterator[Edit]:
        for child in self._node.children:
            if child.type in ("const", "enum"):
                yield Edit(*span(child), "" if child.type == "const" else f"{declaration}(function(")
        opening = span(self._body).start
        yield Edit(opening, opening + 1, "){")

    def _foot(self) -> Iterator[Edit]:
        for child in self._body.children:
            if child.type == ",":
                yield Edit(*span(child), " ")
        end = span(self._body).end
        yield Edit(end - 1, end, f"}})({self._name}||({self._name}={{}}));")

    def _lower(self, member: _Member, previous: _Member | None) -> Iterator[Edit]:
        slot = f"{self._name}[{member.key}]"
        reverse = f"{self._name}[{slot}]={member.key};"
        if member.value is None:
            yield Edit(*span(member.name), f"{self._name}[{slot}={self._next(member, previous)}]={member.key};")
            return
        head, foot = _FORMS.get(member.value.type, _ANY_FORM)
        done = span(member.value).end
        parts = {"enum": self._name, "slot": slot, "key": member.key, "reverse": reverse}
        yield Edit(*span(member.name), head.format(**parts))
        yield Edit(done, done, foot.format(**parts), 1)

    def _next(self, member: _Member, previous: _Member | None) -> str:
        """The value of a member that gives none."""
        if previous is None:
            return "0"
        text = self._tree.text(previous.value) if previous.value else ""
        if previous.value and previous.value.type in _STRINGS:
            self._reporter.add(
                "ScriptSyntaxError",
                span(member.name).start,
                f"enum member {quote(_unquoted(member.key))} needs a value",
                width=len(self._tree.text(member.name)),
                hint="The member before it is a string, so there is no next number.",
            )
        return str(int(text) + 1) if _INTEGER.match(text) else f"{self._name}[{previous.key}]+1"

    def _references(self, names: set[str], scopes: Scopes) -> Iterator[Edit]:
        """Members that are named in values."""
        body = span(self._body)
        shorthand = {start for start, _ in self._tree.spans("shorthand")}
        for use in scopes.uses_in(body):
            if use.name in names and not scopes.is_declared_inside(use, body):
                prefix = f"{use.name}:{self._name}." if use.start in shorthand else f"{self._name}."
                yield Edit(use.start, use.start, prefix)


def _field(node: Node, name: str) -> Node:
    child = node.child_by_field_name(name)
    assert child is not None  # the grammar demands it; a text without it was refused before
    return child


def _member(tree: Tree, child: Node) -> _Member:
    if child.type != "enum_assignment":
        return _Member(child, _key(tree.text(child)), None)
    name = _field(child, "name")
    return _Member(name, _key(tree.text(name)), _field(child, "value"))


def _key(text: str) -> str:
    """A member's name as a string literal."""
    text = text.removeprefix("[").removesuffix("]").strip()
    return f'"{text}"' if _PLAIN_KEY.match(text) else text


def _unquoted(key: str) -> str:
    return key[1:-1]
