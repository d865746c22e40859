"""From text to nodes: the sealed subset of TypeScript, and nothing else.

Rule 1: what this file does not know is `Unsealed`, with its place; hints are the compiler's business. Rule 2: a place
is the operator's own: the operator token, `[` of an element, the name after the dot, and for all else the first token:
of the condition, of what is called, of a pattern or a name, of the whole template, array or object.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

import tree_sitter
import tree_sitter_typescript

from oracle import syntax as s
from oracle.captures import captures_of
from oracle.literals import number_of, text_of
from oracle.tables import BUILT_INS, CONSTANTS, NAMESPACES
from oracle.values import Place

_LANGUAGE: Final = tree_sitter.Language(tree_sitter_typescript.language_typescript())
_EOL: Final = re.compile(r"\r\n|[\n\r\u2028\u2029]")
_LESS_THAN_GROUP: Final = re.compile(r"<(?=\s*\()")
_ERASED: Final = {"type_alias_declaration", "interface_declaration"}
_WRAPPERS: Final = {"parenthesized_expression", "as_expression", "satisfies_expression", "non_null_expression"}
_BINARY: Final = {"+", "-", "*", "/", "%", "===", "!==", "<", "<=", ">", ">=", "in"}
_OPTIONAL: Final = {"optional_chain", "?."}
_LOGICAL: Final = {"&&", "||"}
_UNARY: Final = {"-", "!", "typeof"}

Node = tree_sitter.Node


class Unsealed(Exception):  # noqa: N818 - the text is no program, and that is no failure of ours
    """The text is outside the sealed subset."""

    def __init__(self, at: Place, what: str) -> None:
        super().__init__(f"{at.line}:{at.column}: {what}")
        self.at = at


def read(source: str) -> tuple[s.Statement, ...]:
    """The statements of a program. Raises `Unsealed`."""
    return _Reader(source).program()


def in_tail(node: s.Expression) -> s.Expression:
    """The same expression where its value is what the function returns."""
    if isinstance(node, s.Call):
        return replace(node, is_tail=True)
    if isinstance(node, s.Conditional):
        return replace(node, then=in_tail(node.then), otherwise=in_tail(node.otherwise))
    if isinstance(node, s.Logical):
        return replace(node, right=in_tail(node.right))
    return node


class _Reader:
    def __init__(self, source: str) -> None:
        self.data = source.encode("utf-16-le")
        units = self.data.decode("utf-16-le")
        self.lines = [0, *(len(units[: found.end()].encode("utf-16-le")) for found in _EOL.finditer(units))]

    # places and texts

    def at(self, node: Node) -> Place:
        line = bisect_right(self.lines, node.start_byte)
        return Place(line, (node.start_byte - self.lines[line - 1]) // 2 + 1)

    def text(self, node: Node) -> str:
        return self.data[node.start_byte : node.end_byte].decode("utf-16-le")

    def refuse(self, node: Node, what: str = "") -> Unsealed:
        return Unsealed(self.at(node), what or node.type)

    def field(self, node: Node, name: str) -> Node:
        found = node.child_by_field_name(name)
        if found is None:
            raise self.refuse(node)
        return found

    def token(self, node: Node, text: str) -> Node:
        return next(child for child in node.children if child.type == text)

    # statements

    def program(self) -> tuple[s.Statement, ...]:
        tree = tree_sitter.Parser(_LANGUAGE).parse(self.data, encoding="utf16le")
        if tree.root_node.has_error:  # the grammar takes `a < (-1)` for type arguments
            other = _LESS_THAN_GROUP.sub(">", self.data.decode("utf-16-le")).encode("utf-16-le")
            tree = tree_sitter.Parser(_LANGUAGE).parse(other, encoding="utf16le")
        if tree.root_node.has_error:
            raise self.refuse(tree.root_node, "syntax")
        return self.statements(tree.root_node)

    def statements(self, node: Node) -> tuple[s.Statement, ...]:
        return tuple(part for child in parts_of(node) for part in self.statement(child))

    def statement(self, node: Node) -> Iterator[s.Statement]:
        """One statement; a `const` is one for each declarator and a type is none."""
        if node.type in _ERASED:
            return
        reader = _STATEMENTS.get(node.type)
        if reader is None:
            raise self.refuse(node)
        yield from reader(self, node)

    def const(self, node: Node) -> Iterator[s.Statement]:
        if self.text(self.field(node, "kind")) != "const":
            raise self.refuse(node)
        for part in parts_of(node):
            value = self.expression(self.field(part, "value"))
            yield s.Const(pattern=self.pattern(self.field(part, "name")), value=value)

    def function_declaration(self, node: Node) -> Iterator[s.Statement]:
        name = s.NamePattern(name=self.name(self.field(node, "name")))
        yield s.Const(pattern=name, value=self.function(node), is_function=True)

    def if_statement(self, node: Node) -> Iterator[s.Statement]:
        condition = parts_of(self.field(node, "condition"))[0]
        otherwise = node.child_by_field_name("alternative")
        yield s.If(
            at=self.at(condition),
            test=self.expression(condition),
            then=self.arm(self.field(node, "consequence")),
            otherwise=self.arm(parts_of(otherwise)[0]) if otherwise else None,
        )

    def arm(self, node: Node) -> s.Statement:
        if node.type in _DECLARATIONS:
            raise self.refuse(node, "declaration as an arm")
        return next(iter(self.statement(node)))

    def block(self, node: Node) -> Iterator[s.Statement]:
        yield s.Block(statements=self.statements(node))

    def returning(self, node: Node) -> Iterator[s.Statement]:
        parts = parts_of(node)
        yield s.Return(value=in_tail(self.expression(parts[0])) if parts else s.Literal(value=None))

    def expression_statement(self, node: Node) -> Iterator[s.Statement]:
        part = parts_of(node)[0]
        if part.type not in {"call_expression", "await_expression"}:
            raise self.refuse(part, "a statement that does nothing")
        yield s.Do(value=self.expression(part))

    # patterns and functions

    def name(self, node: Node) -> str:
        name = self.text(node)
        if name in NAMESPACES or name in BUILT_INS or name in CONSTANTS:
            raise self.refuse(node, "a built-in's name")
        return name

    def pattern(self, node: Node) -> s.Pattern:
        if node.type == "object_pattern":
            return self.record_pattern(node)
        if node.type == "array_pattern":
            items, rest = self.pattern_list(parts_of(node))
            return s.ArrayPattern(at=self.at(node), items=items, rest=rest)
        if node.type not in {"identifier", "shorthand_property_identifier_pattern"}:
            raise self.refuse(node)
        return s.NamePattern(name=self.name(node))

    def pattern_list(self, parts: list[Node]) -> tuple[tuple[s.Pattern, ...], s.Pattern | None]:
        """Patterns and, where the last one is `...p`, that one."""
        rest = parts.pop() if parts and parts[-1].type == "rest_pattern" else None
        return tuple(map(self.pattern, parts)), self.pattern(parts_of(rest)[0]) if rest else None

    def record_pattern(self, node: Node) -> s.Pattern:
        parts = parts_of(node)
        rest = parts.pop() if parts and parts[-1].type == "rest_pattern" else None
        return s.RecordPattern(
            at=self.at(node),
            fields=tuple(map(self.field_pattern, parts)),
            rest=self.pattern(parts_of(rest)[0]) if rest else None,
        )

    def field_pattern(self, node: Node) -> tuple[str, s.Pattern]:
        if node.type == "pair_pattern":
            return self.fixed_key(self.field(node, "key")), self.pattern(self.field(node, "value"))
        return self.text(node), self.pattern(node)

    def function(self, node: Node) -> s.Function:
        if any(child.type == "*" for child in node.children):
            raise self.refuse(node)
        parameters, rest = self.pattern_list(self.parameters(node))
        body = self.field(node, "body")
        made = s.Function(
            at=self.at(node),
            parameters=parameters,
            rest=rest,
            body=self.statements(body) if body.type == "statement_block" else in_tail(self.expression(body)),
            captures=(),
        )
        return replace(made, captures=captures_of(made))

    def parameters(self, node: Node) -> list[Node]:
        single = node.child_by_field_name("parameter")
        return [single] if single else [self.parameter(part) for part in parts_of(self.field(node, "parameters"))]

    def parameter(self, node: Node) -> Node:
        if node.type != "required_parameter" or node.child_by_field_name("value"):
            raise self.refuse(node)
        return self.field(node, "pattern")

    # expressions

    def expression(self, node: Node) -> s.Expression:
        while node.type in _WRAPPERS:
            node = parts_of(node)[0]
        reader = _EXPRESSIONS.get(node.type)
        if reader is None:
            raise self.refuse(node)
        return reader(self, node)

    def identifier(self, node: Node) -> s.Expression:
        name = self.text(node)
        if name in CONSTANTS:
            return CONSTANTS[name]
        if name in NAMESPACES or name in BUILT_INS or name == "undefined":
            raise self.refuse(node, "a built-in as a value")
        return s.Name(at=self.at(node), name=name)

    def number(self, node: Node) -> s.Expression:
        value = number_of(self.text(node))
        if value is None:
            raise self.refuse(node)
        return s.Literal(value=value)

    def string(self, node: Node) -> s.Expression:
        return s.Literal(value=self.joined(node, parts_of(node)))

    def joined(self, node: Node, parts: list[Node]) -> str:
        text = text_of("".join(map(self.text, parts)))
        if text is None:
            raise self.refuse(node, "half a pair")
        return text

    def template(self, node: Node) -> s.Expression:
        texts: list[list[Node]] = [[]]
        parts: list[tuple[Place, s.Expression]] = []
        for child in parts_of(node):
            if child.type == "template_substitution":
                parts.append((self.at(node), self.expression(parts_of(child)[0])))
                texts.append([])
            else:
                texts[-1].append(child)
        return s.Template(texts=tuple(self.joined(node, text) for text in texts), parts=tuple(parts))

    def array(self, node: Node) -> s.Expression:
        items = tuple(self.spread(part, node) or self.expression(part) for part in parts_of(node))
        return s.ArrayLiteral(at=self.at(node), items=items)

    def spread(self, node: Node, literal: Node) -> s.Spread | None:
        if node.type != "spread_element":
            return None
        return s.Spread(at=self.at(literal), value=self.expression(parts_of(node)[0]))

    def object(self, node: Node) -> s.Expression:
        items = tuple(self.spread(part, node) or self.pair(part, node) for part in parts_of(node))
        return s.RecordLiteral(at=self.at(node), items=items)

    def pair(self, node: Node, literal: Node) -> s.Pair:
        if node.type == "shorthand_property_identifier":
            return s.Pair(at=self.at(literal), key=s.Literal(value=self.text(node)), value=self.identifier(node))
        key = self.field(node, "key")
        computed = key.type == "computed_property_name"
        return s.Pair(
            at=self.at(literal),
            key=self.expression(parts_of(key)[0]) if computed else s.Literal(value=self.fixed_key(key)),
            value=self.expression(self.field(node, "value")),
        )

    def fixed_key(self, node: Node) -> str:
        if node.type not in {"property_identifier", "string"}:
            raise self.refuse(node)
        key = self.text(node) if node.type == "property_identifier" else self.joined(node, parts_of(node))
        if key == "__proto__":
            raise self.refuse(node, key)
        return key

    def member(self, node: Node) -> s.Expression:
        name = self.field(node, "property")
        return s.Property(at=self.at(name), target=self.target(node), name=self.fixed_key(name))

    def target(self, node: Node) -> s.Expression:
        """The object of a member or an element, reached without `?.`."""
        if any(child.type in _OPTIONAL for child in node.children):
            raise self.refuse(node, "?.")
        return self.expression(self.field(node, "object"))

    def subscript(self, node: Node) -> s.Expression:
        index = self.expression(self.field(node, "index"))
        return s.Element(at=self.at(self.token(node, "[")), target=self.target(node), index=index)

    def arguments(self, node: Node) -> tuple[s.Expression, ...]:
        given = self.field(node, "arguments")
        if given.type != "arguments" or any(child.type in _OPTIONAL for child in node.children):
            raise self.refuse(node)
        return tuple(map(self.expression, parts_of(given)))

    def call(self, node: Node) -> s.Expression:
        callee = self.field(node, "function")
        while callee.type in _WRAPPERS:
            callee = parts_of(callee)[0]
        arguments = self.arguments(node)
        path = self.text(callee)
        if path in BUILT_INS:
            return s.BuiltIn(
                at=self.at(callee.child_by_field_name("property") or callee), name=path, arguments=arguments
            )
        if callee.type == "member_expression":
            name = self.field(callee, "property")
            return s.Method(
                at=self.at(name), target=self.target(callee), name=self.fixed_key(name), arguments=arguments
            )
        return s.Call(at=self.at(callee), callee=self.expression(callee), arguments=arguments)

    def awaiting(self, node: Node) -> s.Expression:
        """`await` says nothing more: an async function is known by name and always awaited."""
        call = parts_of(node)[0]
        if call.type != "call_expression":
            raise self.refuse(node)
        callee = self.field(call, "function")
        path = self.text(callee)
        if path.startswith("effects."):
            return s.Effect(
                at=self.at(self.field(callee, "property")), name=path.partition(".")[2], arguments=self.arguments(call)
            )
        return self.call(call)

    def conditional(self, node: Node) -> s.Expression:
        test, then, otherwise = map(self.expression, parts_of(node))
        return s.Conditional(at=self.at(parts_of(node)[0]), test=test, then=then, otherwise=otherwise)

    def unary(self, node: Node) -> s.Expression:
        token = self.field(node, "operator")
        if token.type not in _UNARY:
            raise self.refuse(node, token.type)
        operand = self.expression(self.field(node, "argument"))
        return s.Unary(at=self.at(token), operator=token.type, operand=operand)

    def binary(self, node: Node) -> s.Expression:
        token = self.field(node, "operator")
        left, right = self.expression(self.field(node, "left")), self.expression(self.field(node, "right"))
        if token.type in _LOGICAL:
            return s.Logical(at=self.at(token), operator=self.text(token), left=left, right=right)
        if token.type not in _BINARY:
            raise self.refuse(token)
        return s.Binary(at=self.at(token), operator=self.text(token), left=left, right=right)


def parts_of(node: Node) -> list[Node]:
    """The named children, without comments."""
    return [child for child in node.named_children if child.type != "comment"]


_DECLARATIONS: Final = {"lexical_declaration", "function_declaration", *_ERASED}

_STATEMENTS: Final[dict[str, Callable[[_Reader, Node], Iterator[s.Statement]]]] = {
    "lexical_declaration": _Reader.const,
    "function_declaration": _Reader.function_declaration,
    "if_statement": _Reader.if_statement,
    "statement_block": _Reader.block,
    "return_statement": _Reader.returning,
    "expression_statement": _Reader.expression_statement,
    "empty_statement": _Reader.block,
}

_EXPRESSIONS: Final[dict[str, Callable[[_Reader, Node], s.Expression]]] = {
    "identifier": _Reader.identifier,
    "number": _Reader.number,
    "string": _Reader.string,
    "template_string": _Reader.template,
    "true": lambda _reader, _node: s.Literal(value=True),
    "false": lambda _reader, _node: s.Literal(value=False),
    "array": _Reader.array,
    "object": _Reader.object,
    "member_expression": _Reader.member,
    "subscript_expression": _Reader.subscript,
    "call_expression": _Reader.call,
    "await_expression": _Reader.awaiting,
    "arrow_function": _Reader.function,
    "ternary_expression": _Reader.conditional,
    "unary_expression": _Reader.unary,
    "binary_expression": _Reader.binary,
}
