"""Which declaration a name means: scopes are opened and closed in the order of the text, names are hoisted as
JavaScript does, and each look-up is one step.

A look-up that went from scope to scope would cost the depth of the file for each name; here every name has a stack of
its declarations, of which the last is the one that holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from belljar.agents.security.js._fact import Fact
from belljar.agents.security.js._tree import FUNCTIONS, SCOPES, Node


class Binding:
    """One declared name and what is known of its value so far."""

    __slots__ = ("fact", "scope")

    def __init__(self, name: str, scope: Node) -> None:
        self.scope = scope
        self.fact = Fact(path=f"?{name}")


_IMPORTED: Final = frozenset({"import_clause", "namespace_import", "import_require_clause"})
_NAMED: Final = frozenset(
    {
        "function_declaration",
        "generator_function_declaration",
        "class_declaration",
        "enum_declaration",
        "internal_module",
    }
)
_OWN_NAME: Final = frozenset({"function_expression", "generator_function", "class"})


def hoisted(events: list[Node]) -> dict[Node, list[str]]:
    """The names that each scope declares."""
    names: dict[Node, list[str]] = {}
    blocks: list[Node] = []
    functions: list[Node] = []
    for node in events:
        if node.kind in SCOPES:
            if not (blocks and blocks[-1] is node):
                _open(node, blocks, functions)
                continue
            _close(blocks, functions)
        if blocks and (found := _declared(node)):
            target = functions[-1] if _is_var(node) else blocks[-1]
            names.setdefault(target, []).extend(found)
    return names


def _open(node: Node, blocks: list[Node], functions: list[Node]) -> None:
    blocks.append(node)
    if node.kind in FUNCTIONS or node.kind == "program":
        functions.append(node)


def _close(blocks: list[Node], functions: list[Node]) -> None:
    if blocks.pop() is functions[-1]:
        functions.pop()


def _declared(node: Node) -> list[str]:
    """The names that a node declares in the scope around it."""
    kind, field = node.kind, node.field
    parent = node.parent
    if parent is None:
        return []
    if field == "name" and parent.kind == "variable_declarator":
        return [name for name, _ in pattern_names(node)]
    if field == "left" and parent.kind == "for_in_statement" and parent.part("kind"):
        return [name for name, _ in pattern_names(node)]
    if field in {"pattern", "parameter"}:
        return [name for name, _ in pattern_names(node)]
    if kind == "identifier" and parent.kind in _IMPORTED:
        return [node.text]
    if kind == "import_specifier":
        named = node.part("alias") or node.part("name")
        return [named.text] if named else []
    if kind in _NAMED and (named := node.part("name")):
        return [named.text]
    if field == "name" and parent.kind in _OWN_NAME:
        return [node.text]
    return []


def _is_var(node: Node) -> bool:
    holder = node.parent
    if holder is not None and holder.kind == "variable_declarator":
        return holder.parent is not None and holder.parent.kind == "variable_declaration"
    if holder is not None and holder.kind == "for_in_statement" and node.field == "left":
        kind = holder.part("kind")
        return kind is not None and kind.kind == "var"
    return False


def pattern_names(pattern: Node) -> Iterator[tuple[str, str]]:
    """Each name that a pattern binds, and the path from the value to it: `.body.id`; `*` where it is not known."""
    todo: list[tuple[Node, str]] = [(pattern, "")]
    while todo:
        node, path = todo.pop()
        if node.kind in {"identifier", "shorthand_property_identifier_pattern"}:
            is_short = node.kind != "identifier"
            yield node.text, f"{path}.{node.text}" if is_short else path
            continue
        todo.extend(_steps(node, path))


def _steps(node: Node, path: str) -> Iterator[tuple[Node, str]]:
    if node.kind == "pair_pattern":
        key, value = node.part("key"), node.part("value")
        if key and value:
            yield value, f"{path}.{_key_name(key)}"[:_MAX_PATH]
        return
    if node.kind in {"assignment_pattern", "object_assignment_pattern"}:
        if left := node.part("left"):
            yield left, path
        return
    inner = path if node.kind in {"object_pattern", "required_parameter", "optional_parameter"} else f"{path}.*"
    if node.kind in _PATTERNS:
        for child in node.children:
            yield child, inner[:_MAX_PATH]


_MAX_PATH: Final = 120
_PATTERNS: Final = frozenset({"object_pattern", "array_pattern", "rest_pattern"})


def _key_name(key: Node) -> str:
    return key.text.strip("'\"") if key.kind in {"property_identifier", "string"} else "*"


class Names:
    """The declarations that hold at the place the evaluation has come to."""

    __slots__ = ("_hoisted", "_open", "_stacks")

    def __init__(self, hoisted_names: dict[Node, list[str]]) -> None:
        self._hoisted = hoisted_names
        self._stacks: dict[str, list[Binding]] = {}
        self._open: list[Node] = []

    def crosses(self, scope: Node) -> bool:
        """Open a scope, or close it where it is the one that is open; whether it was opened."""
        if self._open and self._open[-1] is scope:
            self._open.pop()
            for name in self._hoisted.get(scope, ()):
                self._stacks[name].pop()
            return False
        self._open.append(scope)
        for name in self._hoisted.get(scope, ()):
            self._stacks.setdefault(name, []).append(Binding(name, scope))
        return True

    def find(self, name: str) -> Binding | None:
        """The declaration that a name means here; None for a global."""
        stack = self._stacks.get(name)
        return stack[-1] if stack else None

    @property
    def here(self) -> Node:
        """The innermost scope."""
        return self._open[-1]
