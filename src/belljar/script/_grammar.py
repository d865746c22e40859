"""One parse and one query: everything the other modules ask of the syntax tree.

The tree is never walked in Python. The query below runs in C and gives, by role, the few nodes that matter; each
module works on those lists. Offsets are UTF-16 units, because the parser is fed UTF-16.

Theory of operation: tree-sitter's cost is linear in the text and in the depth of the tree times its size. A tree that
is deeper than `MAX_DEPTH` is therefore refused before the query runs, and so is a run of punctuation that would become
one flat, endless list of anonymous nodes.

Tree-sitter's error recovery can run in circles on hostile text, so parsing is given an effort it may spend.

Still ugly: within that effort, recovery takes up to 0.7 s for 20 kB (`a.b<c,` repeated), as one report of progress can
stand for many versions of the stack; nothing but the limit on the source's size bounds that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

import tree_sitter
import tree_sitter_typescript

_LANGUAGE: Final = tree_sitter.Language(tree_sitter_typescript.language_typescript())

MAX_DEPTH: Final = 1_000
"""Levels of the syntax tree. A sum of 500 terms has 500; the jar's own stack ends near 1,600 frames."""

MAX_RUN: Final = 1_000
"""Brackets, commas and signs in a row, blanks not counted."""

_RUN: Final = re.compile(r"(?:[\[\](){},;!~+\-]\s*+){%d}" % (MAX_RUN + 1))  # noqa: UP031 braces are the pattern's

_QUERY: Final = tree_sitter.Query(
    _LANGUAGE,
    """
    ; what makes a scope
    [(function_declaration) (generator_function_declaration) (function_expression) (generator_function)
     (method_definition) (class_static_block)] @function
    (arrow_function) @arrow
    [(statement_block) (for_statement) (for_in_statement) (catch_clause) (switch_body) (enum_body) (class)] @block

    ; names that are declared where they stand
    (variable_declaration (variable_declarator name: (identifier) @var))
    (for_in_statement kind: "var" left: (identifier) @var)
    (lexical_declaration (variable_declarator name: (identifier) @let))
    (for_in_statement kind: ["let" "const"] left: (identifier) @let)
    (required_parameter pattern: (identifier) @let)
    (optional_parameter pattern: (identifier) @let)
    (arrow_function parameter: (identifier) @let)
    (catch_clause parameter: (identifier) @let)
    (function_expression name: (identifier) @let)
    (generator_function name: (identifier) @let)
    (class name: (type_identifier) @let)
    (class_declaration name: (type_identifier) @let)
    (abstract_class_declaration name: (type_identifier) @let)
    (enum_declaration name: (identifier) @let)
    (import_specifier (identifier) @let)
    (import_clause (identifier) @let)
    (namespace_import (identifier) @let)
    (import_require_clause (identifier) @let)
    (internal_module name: (identifier) @let)
    (module name: (identifier) @let)
    (function_declaration name: (identifier) @outer)
    (generator_function_declaration name: (identifier) @outer)

    ; names inside patterns are declared where the innermost of these says so
    (variable_declaration (variable_declarator name: [(object_pattern) (array_pattern)] @in_var))
    (for_in_statement kind: "var" left: [(object_pattern) (array_pattern)] @in_var)
    (lexical_declaration (variable_declarator name: [(object_pattern) (array_pattern)] @in_let))
    (for_in_statement kind: ["let" "const"] left: [(object_pattern) (array_pattern)] @in_let)
    (required_parameter pattern: [(object_pattern) (array_pattern) (rest_pattern)] @in_let)
    (optional_parameter pattern: [(object_pattern) (array_pattern) (rest_pattern)] @in_let)
    (catch_clause parameter: [(object_pattern) (array_pattern)] @in_let)
    (assignment_expression left: [(object_pattern) (array_pattern)] @in_assignment)
    (for_in_statement !kind left: [(object_pattern) (array_pattern)] @in_assignment)
    (array_pattern (identifier) @pattern)
    (rest_pattern (identifier) @pattern)
    (pair_pattern value: (identifier) @pattern)
    (assignment_pattern left: (identifier) @pattern)
    (shorthand_property_identifier_pattern) @pattern

    ; names that are used
    (identifier) @name
    (shorthand_property_identifier) @name @shorthand
    (unary_expression operator: "typeof" argument: (identifier) @typeof)
    (variable_declarator name: (object_pattern) value: (identifier) @taken_from)
    (assignment_expression left: (object_pattern) right: (identifier) @taken_from)

    ; statements
    (return_statement) @return
    (interface_declaration name: (type_identifier) @type_name)
    (type_alias_declaration name: (type_identifier) @type_name)

    ; types: whole statements and members
    [(interface_declaration) (type_alias_declaration) (ambient_declaration) (function_signature)] @erased_statement
    (class_body [(abstract_method_signature) (method_signature) (index_signature)] @erased_member)
    (class_body (public_field_definition ["declare" "abstract"]) @erased_member)

    ; types: parts
    [(type_annotation) (type_predicate_annotation) (asserts_annotation) (type_parameters) (type_arguments)
     (implements_clause)] @erased
    [(accessibility_modifier) (override_modifier)] @modifier
    (public_field_definition "readonly" @modifier)
    (public_field_definition ["?" "!"] @erased)
    (method_definition "?" @erased)
    (variable_declarator "!" @erased)
    (optional_parameter "?" @erased)
    (non_null_expression "!" @erased)
    (abstract_class_declaration "abstract" @erased)
    [(as_expression) (satisfies_expression)] @cast
    (member_expression object: [(as_expression) (satisfies_expression)]) @cast_tail
    (type_assertion) @assertion
    (class_body [(public_field_definition) (method_definition)] @member)
    (class_body (public_field_definition name: (property_identifier) !value type: (_)) @typed_field)
    (required_parameter pattern: (this)) @this_parameter
    (arrow_function type_parameters: (_) @generic_arrow)
    (arrow_function return_type: (_) @arrow_result)

    (array_type "[" @same_line)
    (lookup_type "[" @same_line)
    (generic_type (type_arguments "<" @same_line))

    ; enums
    (enum_declaration) @enum

    ; refused
    (import_statement) @import
    (import) @dynamic_import
    (meta_property "import") @import_meta
    (import_alias) @import
    (export_statement) @export
    (with_statement) @with
    (debugger_statement) @debugger
    [(internal_module) (module)] @namespace
    (decorator) @decorator
    (required_parameter [(accessibility_modifier) (override_modifier) "readonly"] pattern: (_) @parameter_property)
    (optional_parameter [(accessibility_modifier) (override_modifier) "readonly"] pattern: (_) @parameter_property)

    ; what is neither code nor white space
    (comment) @comment
    (html_comment) @comment
    (hash_bang_line) @hash_bang

    (string) @string

    ; syntax
    (ERROR) @error
    (MISSING) @missing
    """,
)

_QUOTED: Final = tree_sitter.Query(
    _LANGUAGE, "[(comment) (html_comment) (string_fragment) (regex_pattern) (hash_bang_line)] @quoted"
)


class Span(NamedTuple):
    """A stretch of the text in UTF-16 units, end excluded."""

    start: int
    end: int


class Tree:
    """One parsed text: spans and nodes by role."""

    __slots__ = ("_nodes", "_spans", "root", "steps", "units")

    def __init__(self, units: str, tree: tree_sitter.Tree) -> None:
        self.units = units
        self.root = tree.root_node
        self._nodes = tree_sitter.QueryCursor(_QUERY).captures(self.root)
        self._spans: dict[str, list[Span]] = {}
        self.steps = sum(map(len, self._nodes.values()))

    def nodes(self, role: str) -> list[tree_sitter.Node]:
        """The nodes captured under a role, in the order of the text."""
        return self._nodes.get(role, [])

    def spans(self, *roles: str) -> Iterator[Span]:
        """Where the nodes of these roles are."""
        for role in roles:
            if role in self._nodes:
                yield from self._spans_of(role)

    def _spans_of(self, role: str) -> list[Span]:
        spans = self._spans.get(role)
        if spans is None:
            spans = self._spans[role] = list(map(span, self._nodes[role]))
        return spans

    def text(self, node: tree_sitter.Node) -> str:
        """The node's own text, in units."""
        start, end = node.byte_range
        return self.units[start >> 1 : end >> 1]


def span(node: tree_sitter.Node) -> Span:
    """Where a node is."""
    start, end = node.byte_range
    return Span(start >> 1, end >> 1)


def parse_units(units: str) -> tree_sitter.Tree | None:
    """The concrete tree, or None where the parser did not get to an end within `_effort`.

    A parser is not thread-safe and costs 2 us, so each call makes its own.
    """
    data = units.encode("utf-16-le", "surrogatepass")
    left = _effort(len(units))

    def is_spent(_offset: int, _has_error: bool) -> bool:
        nonlocal left
        left -= 1
        return left < 0

    def read(offset: int, _point: tree_sitter.Point) -> bytes:
        return data[offset : offset + _CHUNK]

    parser = tree_sitter.Parser(_LANGUAGE)
    try:
        return parser.parse(read, encoding="utf16le", progress_callback=is_spent)
    except ValueError:
        if left >= 0:
            raise
        return None


_CHUNK: Final = 1 << 16


def _effort(units: int) -> int:
    """How often the parser may report progress (each 100 operations, it says). Ordinary text needs 0.014 reports a
    unit and the worst that came to an end 0.064; a recovery that runs in circles never ends."""
    return 500 + units // 4


def too_deep(units: str, tree: tree_sitter.Tree) -> int | None:
    """The offset where the text nests too deep or runs into punctuation without end, or None.

    A path of 2 * MAX_DEPTH nodes has, below its middle, at least MAX_DEPTH nodes in a row that are deeper than
    MAX_DEPTH; so looking at every MAX_DEPTH-th node of the tree finds each such path.
    """
    if run := _RUN.search(units):
        return run.start()
    cursor = tree.walk()
    for index in range(0, tree.root_node.descendant_count, MAX_DEPTH):
        cursor.goto_descendant(index)
        if cursor.depth > MAX_DEPTH and cursor.node:
            return cursor.node.start_byte >> 1
    return None


def quoted(tree: tree_sitter.Tree) -> list[Span]:
    """Where comments, and the insides of strings, templates and regular expressions are."""
    found = tree_sitter.QueryCursor(_QUOTED).captures(tree.root_node)
    return sorted(span(node) for node in found.get("quoted", ()))
