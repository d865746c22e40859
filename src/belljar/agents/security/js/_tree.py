"""The syntax tree of one file as small Python objects: what the rules read.

The parser's own nodes find a parent by a walk from the root, so that asking each node for it is quadratic in the depth
of the file. Here every node knows its parent, types and comments are left out, and nothing recurses: a file of 100,000
brackets is a list like any other.

Offsets are bytes of the UTF-8 form of the text. A lone surrogate has none and counts as U+FFFD, which keeps the number
of characters.
"""

from __future__ import annotations

import re
from time import thread_time
from typing import Final

import tree_sitter
import tree_sitter_typescript

from belljar.agents.security.js._fact import NOTHING, Fact

_TYPESCRIPT: Final = tree_sitter.Language(tree_sitter_typescript.language_typescript())
_TSX: Final = tree_sitter.Language(tree_sitter_typescript.language_tsx())

MAX_NODES: Final = 1_000_000
"""Nodes of the parser's tree that are looked at: 1.4 MB of the densest minified text, 6 MB of what people write. They
take 350 bytes each."""
MAX_OPEN: Final = 4_000
"""`<` that nothing closes. At the end of the file the parser works through the open ones in time that grows by more
than their square, and cannot be stopped meanwhile: 5,000 take 0.8 s, 20,000 take 26 s. A MB of minified code has some
2,500 in all."""


_SECONDS: Final = 1.0
_BYTES_PER_SECOND: Final = 500_000
"""The parser's time on the processor. Ordinary text takes a twentieth of it (10 MB/s); error recovery can run in
circles on hostile text (`a.b<c,` repeated), and its steps differ so much in cost that counting them bounds nothing."""

_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_CHUNK: Final = 1 << 16

_LEFT_OUT: Final = frozenset(
    {
        "comment", "html_comment", "hash_bang_line", "type_annotation", "type_arguments", "type_parameters",
        "interface_declaration", "type_alias_declaration", "function_signature", "ambient_declaration",
        "implements_clause", "type_predicate_annotation", "asserts_annotation", "jsx_text",
    }
)  # fmt: skip
_KEPT_SIGNS: Final = frozenset({"operator", "kind", "function"})
"""Fields whose value may be a bare word or sign: `+`, `const`, `import`."""


FUNCTIONS: Final = frozenset(
    {
        "function_declaration", "generator_function_declaration", "function_expression", "generator_function",
        "arrow_function", "method_definition", "class_static_block",
    }
)  # fmt: skip
SCOPES: Final = FUNCTIONS | {
    "program", "statement_block", "for_statement", "for_in_statement", "catch_clause", "switch_body", "class",
}  # fmt: skip
"""Kinds of nodes in which names are declared."""


class Source:
    """One text and its bytes."""

    __slots__ = ("_is_ascii", "data", "patterns", "text")

    def __init__(self, text: str) -> None:
        self.text = _SURROGATE.sub("\ufffd", text)
        self.data = self.text.encode()
        self._is_ascii = len(self.data) == len(self.text)
        self.patterns = 0
        """Regular expressions that have been judged so far."""

    def cut(self, start: int, end: int) -> str:
        """The text between two offsets."""
        return self.text[start:end] if self._is_ascii else self.data[start:end].decode(errors="replace")


class Node:
    """A named node of the tree, or an operator."""

    __slots__ = ("children", "end", "fact", "field", "kind", "parent", "source", "start")

    def __init__(self, kind: str, field: str | None, start: int, end: int, parent: Node | None, source: Source) -> None:
        self.kind = kind
        self.field = field
        self.start = start
        self.end = end
        self.parent = parent
        self.source = source
        self.children: list[Node] = []
        self.fact: Fact = NOTHING

    @property
    def text(self) -> str:
        """What the node says in the file."""
        return self.source.cut(self.start, self.end)

    def head(self, length: int) -> str:
        """How the node begins. The text of a node that holds most of a file costs as much as the file, each time."""
        return self.source.cut(self.start, min(self.end, self.start + length))

    def part(self, field: str) -> Node | None:
        """The first child in a field."""
        for child in self.children:
            if child.field == field:
                return child
        return None

    def first(self, kind: str) -> Node | None:
        """The first child of a kind."""
        for child in self.children:
            if child.kind == kind:
                return child
        return None


class Tables:
    """Names of a grammar's kinds and fields by number, so that no name is made twice."""

    __slots__ = ("fields", "kinds", "language", "left_out")

    def __init__(self, language: tree_sitter.Language) -> None:
        self.language = language
        self.kinds = [language.node_kind_for_id(number) or "" for number in range(language.node_kind_count)]
        self.fields = [language.field_name_for_id(number) for number in range(language.field_count + 1)]
        self.left_out = frozenset(number for number, kind in enumerate(self.kinds) if kind in _LEFT_OUT)

    def kind(self, number: int) -> str:
        """The name of a kind; what the parser could not read has a number beyond the grammar's."""
        return self.kinds[number] if number < len(self.kinds) else "ERROR"


_TABLES: Final = {False: Tables(_TSX), True: Tables(_TYPESCRIPT)}


def parse(source: Source, *, is_typescript: bool) -> list[Node] | None:
    """All nodes in the order in which they end, children first; a node that makes a scope also stands where it begins.

    None where the parser does not come to an end within its time, or the tree has more than `MAX_NODES`.
    """
    if _opens_too_many(source.text):
        return None
    tables = _TABLES[is_typescript]
    tree = _parsed(source.data, tables.language)
    if tree is None or tree.root_node.descendant_count > MAX_NODES:
        return None
    return _copied(tree, tables, source)


_ANGLES: Final = re.compile(
    r"""'(?:[^'\\\n]|\\.)*|"(?:[^"\\\n]|\\.)*|//[^\n]*|/\*.*?(?:\*/|\Z)|=>|<=|>=|<<|>>|<|>""", re.S
)
_DEPTHS: Final = {"<": 1, ">": -1, ">>": -2}


def _opens_too_many(text: str) -> bool:
    """Whether more than `MAX_OPEN` angles are open at once; texts and comments have none."""
    if text.count("<") <= MAX_OPEN:
        return False
    depth = 0
    for found in _ANGLES.finditer(text):
        depth = max(0, depth + _DEPTHS.get(found[0], 0))
        if depth > MAX_OPEN:
            return True
    return False


def _parsed(data: bytes, language: tree_sitter.Language) -> tree_sitter.Tree | None:
    deadline = thread_time() + _SECONDS + len(data) / _BYTES_PER_SECOND

    def is_spent(_offset: int, _has_error: bool) -> bool:
        return thread_time() > deadline

    def read(offset: int, _point: tree_sitter.Point) -> bytes:
        return data[offset : offset + _CHUNK]

    try:
        return tree_sitter.Parser(language).parse(read, encoding="utf8", progress_callback=is_spent)
    except ValueError:
        if thread_time() <= deadline:
            raise
        return None


def _copied(tree: tree_sitter.Tree, tables: Tables, source: Source) -> list[Node]:
    cursor = tree.walk()
    root = parent = Node("program", None, 0, len(source.data), None, source)
    events = [root]
    if not cursor.goto_first_child():
        return [*events, root]
    while True:
        node = _kept(cursor, tables, parent)
        if node is not None:
            parent.children.append(node)
            if node.kind in SCOPES:
                events.append(node)
            if cursor.goto_first_child():
                parent = node
                continue
            events.append(node)
        while not cursor.goto_next_sibling():
            cursor.goto_parent()
            events.append(parent)
            if parent.parent is None:
                return events
            parent = parent.parent


def _kept(cursor: tree_sitter.TreeCursor, tables: Tables, parent: Node) -> Node | None:
    """The node under the cursor, or None where no rule has a use for it."""
    node = cursor.node
    assert node is not None
    number = node.kind_id
    field_id = cursor.field_id
    field = tables.fields[field_id] if field_id else None
    if number in tables.left_out or not (node.is_named or field in _KEPT_SIGNS):
        return None
    start, end = node.byte_range
    return Node(tables.kind(number), field, start, end, parent, parent.source)
