"""From the parser's tree to a program, refusing what the sealed language has not. Types are passed over.

All refusals of a text are found together. What is refused is read as the literal 0, so that nothing else is said of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from tree_sitter import Node as Syntax

from belljar.script._findings import Reporter, quote
from belljar.script._grammar import Tree, parse_units, span
from belljar.script.seal import _program as p
from belljar.script.seal._built_ins import EFFECTS, FUNCTIONS, GROUPS
from belljar.script.seal._refusals import KIND_NAMES, NAMES, OPERATORS, REFUSALS, Refusal
from belljar.script.seal._texts import cooked, escapes, is_odd, is_whole

LANGUAGE: Final = "SealedLanguageError"
MOST_INTEGER: Final = 2**53 - 1
MOST_NESTING: Final = 50
"""Levels of expressions, patterns and blocks in each other: no engine's parser meets its own limit in these."""
MOST_ARGUMENTS: Final = 30
"""Of a call, a template or a function: what waits on the stack together is bounded."""

_INTEGER: Final = re.compile(
    r"(?:0|[1-9](?:_?[0-9])*|0[xX][0-9a-fA-F](?:_?[0-9a-fA-F])*|0[oO][0-7](?:_?[0-7])*|0[bB][01](?:_?[01])*)\Z"
)
_PASSIVE: Final = frozenset(
    """comment html_comment empty_statement function_signature interface_declaration type_alias_declaration
    ambient_declaration""".split()  # noqa: SIM905 a table of words
)
_CASTS: Final = frozenset(("parenthesized_expression", "as_expression", "satisfies_expression", "non_null_expression"))
_COMPARING: Final = frozenset(("===", "!==", "<", "<=", ">", ">="))
_BINARY: Final = frozenset(("+", "-", "*", "/", "%", "in", *_COMPARING))
_PROTO: Final = "__proto__"
_LESS_THAN_GROUP: Final = re.compile(r"<(?=\s*\()")


def well_parsed(tree: Tree) -> Tree:
    """The grammar takes `a < (-1)` for the beginning of type arguments, but not with `>` in that place.

    The tree that was made so, with the text as it is; the same tree where that was not it.
    """
    if not _LESS_THAN_GROUP.search(tree.units) or not _is_misread(tree.root):
        return tree
    parsed = parse_units(_LESS_THAN_GROUP.sub(">", tree.units))
    return tree if parsed is None or parsed.root_node.has_error else Tree(tree.units, parsed)


def _is_misread(node: Syntax) -> bool:
    return node.has_error or any(map(_is_instantiation, _below(node)))


def _is_instantiation(node: Syntax) -> bool:
    return node.type == "instantiation_expression"


def _below(root: Syntax) -> Iterator[Syntax]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += node.named_children


class Reader:
    """One text. `program` is to be asked once."""

    def __init__(self, tree: Tree, reporter: Reporter) -> None:
        self._tree = tree
        self._reporter = reporter
        self._level = 0
        self._is_deep = False
        self._statements: dict[str, Callable[[Syntax], p.Statement]] = {
            "lexical_declaration": self._const,
            "function_declaration": self._declaration,
            "if_statement": self._if,
            "return_statement": self._return,
            "expression_statement": self._run,
            "statement_block": self._block,
        }
        self._expressions: dict[str, Callable[[Syntax], p.Expression]] = {
            "number": self._number,
            "string": self._string,
            "template_string": self._template,
            "true": self._boolean,
            "false": self._boolean,
            "identifier": self._name,
            "shorthand_property_identifier": self._name,
            "array": self._array,
            "object": self._record,
            "member_expression": self._property,
            "subscript_expression": self._element,
            "call_expression": self._call,
            "await_expression": self._await,
            "arrow_function": self._arrow,
            "ternary_expression": self._conditional,
            "unary_expression": self._unary,
            "binary_expression": self._binary,
            **dict.fromkeys(_CASTS, self._inner),
            "type_assertion": self._asserted,
        }
        self._patterns: dict[str, Callable[[Syntax], p.Pattern]] = {
            "identifier": self._target,
            "shorthand_property_identifier_pattern": self._target,
            "object_pattern": self._record_pattern,
            "array_pattern": self._array_pattern,
        }

    def program(self) -> p.Function:
        """The whole text, as a function of no arguments."""
        body = p.Block(at=0, statements=tuple(self._all(self._tree.root)))
        return p.Function(at=0, name="", parameters=(), rest=None, body=body, is_async=True)

    # -- statements ---------------------------------------------------------------------------------------------------

    def _all(self, block: Syntax) -> Iterator[p.Statement]:
        """`const a = 1, b = 2` is two statements."""
        for node in _parts(block):
            if node.type == "lexical_declaration":
                yield from self._consts(node)
            else:
                yield self._statement(node)

    def _statement(self, node: Syntax) -> p.Statement:
        read = self._statements.get(node.type)
        if read is not None:
            with self._deeper(node) as is_fine:
                if is_fine:
                    return read(node)
            return p.Block(at=_at(node), statements=())
        return p.Run(at=_at(node), value=self._refused(node))

    def _const(self, node: Syntax) -> p.Statement:
        """As the only statement of an `if`, where no declaration can stand."""
        return p.Block(at=_at(node), statements=tuple(self._consts(node)))

    def _consts(self, node: Syntax) -> Iterator[p.Const]:
        kind = node.child_by_field_name("kind")
        if kind is not None and kind.type != "const":
            self._refuse(node, REFUSALS["variable_declaration"])
        for each in node.named_children:
            if each.type == "variable_declarator":
                value = each.child_by_field_name("value")
                name = _field(each, "name")
                read = self._named(name, value) if value is not None else self._refused(each)
                yield p.Const(at=_at(each), target=self._pattern(name), value=read)

    def _named(self, name: Syntax, value: Syntax) -> p.Expression:
        """An arrow that a `const` names may be async."""
        if value.type == "arrow_function" and name.type == "identifier":
            return self._function(value, self._word(name))
        return self._expression(value)

    def _declaration(self, node: Syntax) -> p.Statement:
        name = self._word(_field(node, "name"))
        return p.Declaration(at=_at(_field(node, "name")), function=self._function(node, name))

    def _if(self, node: Syntax) -> p.Statement:
        otherwise = node.child_by_field_name("alternative")
        return p.If(
            at=_at(node),
            condition=self._expression(_field(node, "condition")),
            then=self._arm(_field(node, "consequence")),
            otherwise=self._arm(next(_parts(otherwise))) if otherwise is not None else None,
        )

    def _arm(self, node: Syntax) -> p.Block:
        if node.type == "statement_block":
            return p.Block(at=_at(node), statements=tuple(self._all(node)))
        if node.type in _PASSIVE:
            return p.Block(at=_at(node), statements=())
        return p.Block(at=_at(node), statements=(self._statement(node),))

    def _return(self, node: Syntax) -> p.Statement:
        value = next(_parts(node), None)
        return p.Return(at=_at(node), value=self._expression(value) if value is not None else None)

    def _run(self, node: Syntax) -> p.Statement:
        """Only a call does something when it is a statement."""
        inner = next(_parts(node))
        value = self._expression(inner)
        if not isinstance(value, p.Call | p.MethodCall | p.BuiltInCall | p.EffectCall) and inner.type not in REFUSALS:
            self._refuse(inner, Refusal("a value alone does nothing", "Return it, name it with const, or delete it."))
        return p.Run(at=_at(node), value=value)

    def _block(self, node: Syntax) -> p.Block:
        return p.Block(at=_at(node), statements=tuple(self._all(node)))

    # -- functions ----------------------------------------------------------------------------------------------------

    def _arrow(self, node: Syntax) -> p.Expression:
        if any(child.type == "async" for child in node.children):
            hint = "Name it where it is declared: const name = async (...) => ...; and call it by await name(...)."
            self._refuse(node, Refusal("an async function is no value in the sealed language", hint))
        return self._function(node, "")

    def _function(self, node: Syntax, name: str) -> p.Function:
        parameters, rest = self._parameters(node)
        return p.Function(
            at=_at(node),
            name=name,
            parameters=parameters,
            rest=rest,
            body=self._body(_field(node, "body")),
            is_async=any(child.type == "async" for child in node.children),
        )

    def _body(self, node: Syntax) -> p.Block:
        if node.type == "statement_block":
            return self._block(node)
        value = p.Return(at=_at(node), value=self._expression(node), is_implied=True)
        return p.Block(at=_at(node), statements=(value,))

    def _parameters(self, node: Syntax) -> tuple[tuple[p.Pattern, ...], p.Pattern | None]:
        single = node.child_by_field_name("parameter")
        if single is not None:
            return (self._pattern(single),), None
        patterns, rest = [], None
        for each in _parts(_field(node, "parameters")):
            if each.type != "required_parameter" or each.child_by_field_name("value") is not None:
                kind = "assignment_pattern" if each.type == "required_parameter" else each.type
                self._refuse(
                    each, REFUSALS.get(kind, Refusal("this parameter is not in the sealed language", KIND_NAMES))
                )
            pattern = each.child_by_field_name("pattern")
            if pattern is None:
                continue
            if pattern.type == "rest_pattern":
                rest = self._pattern(next(_parts(pattern)))
            else:
                patterns.append(self._pattern(pattern))
        self._bound(node, len(patterns), "parameters", "Take a record.")
        return tuple(patterns), rest

    # -- patterns -----------------------------------------------------------------------------------------------------

    def _pattern(self, node: Syntax) -> p.Pattern:
        read = self._patterns.get(node.type)
        if read is None:
            self._refused(node)
        with self._deeper(node) as is_fine:
            if read is not None and is_fine:
                return read(node)
        return p.ArrayPattern(at=_at(node), items=(), rest=None)

    def _target(self, node: Syntax) -> p.Target:
        return p.Target(at=_at(node), name=self._word(node))

    def _record_pattern(self, node: Syntax) -> p.Pattern:
        fields: list[tuple[str, p.Pattern]] = []
        rest: p.Target | None = None
        for each in _parts(node):
            if each.type == "pair_pattern":
                fields.append((self._plain_key(_field(each, "key")), self._pattern(_field(each, "value"))))
            elif each.type == "shorthand_property_identifier_pattern":
                fields.append((self._plain_key(each), self._target(each)))
            elif each.type == "rest_pattern":
                rest = self._target(next(_parts(each)))
            else:
                self._refused(each)
        return p.RecordPattern(at=_at(node), fields=tuple(fields), rest=rest)

    def _array_pattern(self, node: Syntax) -> p.Pattern:
        self._no_holes(node)
        items = [each for each in _parts(node) if each.type != "rest_pattern"]
        rest = next((each for each in _parts(node) if each.type == "rest_pattern"), None)
        return p.ArrayPattern(
            at=_at(node),
            items=tuple(map(self._pattern, items)),
            rest=self._pattern(next(_parts(rest))) if rest is not None else None,
        )

    def _plain_key(self, node: Syntax) -> str:
        if node.type == "string":
            return self._checked_key(node, self._cooked(node))
        if node.type == "number":
            return str(self._integer(node))
        if node.type == "computed_property_name":
            self._refuse(node, Refusal("a pattern's keys are written out", "Read it: const value = record[key]."))
            return ""
        return self._checked_key(node, self._word(node))

    def _checked_key(self, node: Syntax, key: str) -> str:
        if key == _PROTO:
            self._refuse(node, Refusal("__proto__ is no key in the sealed language", "Choose another name."))
        return key

    # -- expressions --------------------------------------------------------------------------------------------------

    def _expression(self, node: Syntax) -> p.Expression:
        read = self._expressions.get(node.type)
        if read is None:
            return self._refused(node)
        with self._deeper(node) as is_fine:
            return read(node) if is_fine else p.Literal(at=_at(node), value=0)

    @contextmanager
    def _deeper(self, node: Syntax) -> Iterator[bool]:
        """One level further in, and whether that is allowed; the first that is not is told."""
        self._level += 1
        if self._level > MOST_NESTING and not self._is_deep:
            self._is_deep = True
            hint = "Name an inner part with const, or make it a function."
            self._refuse(node, Refusal(f"nested more than {MOST_NESTING} levels deep", hint))
        yield self._level <= MOST_NESTING
        self._level -= 1

    def _inner(self, node: Syntax) -> p.Expression:
        return self._expression(next(_parts(node)))

    def _asserted(self, node: Syntax) -> p.Expression:
        return self._expression(list(_parts(node))[-1])

    def _number(self, node: Syntax) -> p.Expression:
        return p.Literal(at=_at(node), value=self._integer(node))

    def _integer(self, node: Syntax) -> int:
        text = self._tree.text(node)
        if not _INTEGER.match(text):
            hint = f'Write Decimal.of("{text}"), which gives a Result.' if "." in text else "Write a plain integer."
            self._refuse(node, Refusal(f"{quote(text)} is no integer literal of the sealed language", hint))
            return 0
        value = int(text.replace("_", ""), 0)
        if value > MOST_INTEGER:
            hint = f'Integers go to {MOST_INTEGER:,}; write Decimal.of("{value}").'
            self._refuse(node, Refusal(f"{quote(text)} is too large for an integer", hint))
        return value

    def _string(self, node: Syntax) -> p.Expression:
        return p.Literal(at=_at(node), value=self._cooked(node))

    def _word(self, node: Syntax) -> str:
        """A name as it is written, which is how it is read."""
        text = self._tree.text(node)
        if "\\" in text:
            self._refuse(node, Refusal("a name has no escapes in the sealed language", "Write the character itself."))
        return text

    def _cooked(self, node: Syntax) -> str:
        """What a string, or a piece of a template, says."""
        for each in escapes(node):
            if is_odd(self._tree, each):
                self._refuse(
                    each, Refusal(f"{quote(self._tree.text(each))} is no escape", "Write the character itself.")
                )
                return ""
        text = cooked(self._tree, node)
        return self._whole(node, text) if node.type == "string" else text

    def _whole(self, node: Syntax, text: str) -> str:
        if not is_whole(text):
            self._refuse(node, Refusal("half a surrogate pair is no text", "Write the whole character."))
        return text

    def _template(self, node: Syntax) -> p.Expression:
        parts: list[str | p.Expression] = [""]
        for each in node.named_children:
            if each.type == "template_substitution":
                parts += [self._inner(each), ""]
            elif each.type in ("string_fragment", "escape_sequence"):
                last = parts[-1]
                assert isinstance(last, str)
                parts[-1] = last + self._cooked(each)
        self._bound(node, len(parts) // 2, "substitutions", 'Join a list: [a, b].join("").')
        for part in parts:
            if isinstance(part, str):
                self._whole(node, part)
        return p.Template(at=_at(node), parts=tuple(parts))

    def _boolean(self, node: Syntax) -> p.Expression:
        return p.Literal(at=_at(node), value=node.type == "true")

    def _name(self, node: Syntax) -> p.Expression:
        return p.Name(at=_at(node), name=self._word(node))

    def _array(self, node: Syntax) -> p.Expression:
        self._no_holes(node)
        return p.Array(at=_at(node), items=tuple(map(self._item, _parts(node))))

    def _item(self, node: Syntax) -> p.Expression | p.Spread:
        if node.type == "spread_element":
            return p.Spread(at=_at(node), value=self._inner(node))
        return self._expression(node)

    def _no_holes(self, node: Syntax) -> None:
        hint = "Name what you skip: [_, second]." if node.type == "array_pattern" else "Write every element."
        kinds = [child.type for child in node.children if child.type not in ("comment", "html_comment", "[")]
        if any(kind == "," and (at == 0 or kinds[at - 1] == ",") for at, kind in enumerate(kinds)):
            self._refuse(node, Refusal("a list has no holes in the sealed language", hint))

    def _record(self, node: Syntax) -> p.Expression:
        return p.Record(at=_at(node), fields=tuple(map(self._record_field, _parts(node))))

    def _record_field(self, node: Syntax) -> p.Field | p.Spread:
        if node.type == "spread_element":
            return p.Spread(at=_at(node), value=self._inner(node))
        if node.type == "shorthand_property_identifier":
            key = p.Literal(at=_at(node), value=self._checked_key(node, self._word(node)))
            return p.Field(at=_at(node), key=key, value=self._name(node))
        if node.type != "pair":
            return p.Field(at=_at(node), key=p.Literal(at=_at(node), value=""), value=self._refused(node))
        return p.Field(at=_at(node), key=self._key(_field(node, "key")), value=self._expression(_field(node, "value")))

    def _key(self, node: Syntax) -> p.Expression:
        if node.type == "computed_property_name":
            return self._inner(node)
        return p.Literal(at=_at(node), value=self._plain_key(node))

    def _property(self, node: Syntax) -> p.Expression:
        name = _field(node, "property")
        if name.type != "property_identifier" or _has(node, "optional_chain"):
            return self._refused(next((child for child in node.children if child.type == "optional_chain"), name))
        key = self._checked_key(name, self._word(name))
        return p.Property(at=_at(name), object=self._expression(_field(node, "object")), name=key)

    def _element(self, node: Syntax) -> p.Expression:
        if _has(node, "optional_chain"):
            return self._refused(next(child for child in node.children if child.type == "optional_chain"))
        bracket = next(child for child in node.children if child.type == "[")
        return p.Element(
            at=_at(bracket),
            object=self._expression(_field(node, "object")),
            index=self._expression(_field(node, "index")),
        )

    def _conditional(self, node: Syntax) -> p.Expression:
        return p.Conditional(
            at=_at(node),
            condition=self._expression(_field(node, "condition")),
            then=self._expression(_field(node, "consequence")),
            otherwise=self._expression(_field(node, "alternative")),
        )

    def _unary(self, node: Syntax) -> p.Expression:
        sign = _field(node, "operator")
        if sign.type not in ("-", "!", "typeof"):
            return self._refused_sign(sign)
        return p.Unary(at=_at(sign), operator=sign.type, operand=self._expression(_field(node, "argument")))

    def _binary(self, node: Syntax) -> p.Expression:
        sign = _field(node, "operator")
        operator = self._tree.text(sign)  # the tree may have another one there, see `well_parsed`
        if operator not in _BINARY and operator not in ("&&", "||"):
            return self._refused_sign(sign)
        left, right = self._expression(_field(node, "left")), self._expression(_field(node, "right"))
        if operator in _BINARY:
            return p.Binary(at=_at(sign), operator=operator, left=left, right=right)
        return p.Logical(at=_at(sign), operator=operator, left=left, right=right)

    # -- calls --------------------------------------------------------------------------------------------------------

    def _call(self, node: Syntax) -> p.Expression:
        if _has(node, "?."):
            self._refuse(node, REFUSALS["optional_chain"])
        callee = _stripped(_field(node, "function"))
        arguments = self._arguments(node)
        if callee.type == "identifier" and self._tree.text(callee) in FUNCTIONS:
            return p.BuiltInCall(at=_at(callee), name=self._tree.text(callee), arguments=arguments)
        if callee.type == "member_expression":
            return self._member_call(callee, arguments)
        return p.Call(at=_at(callee), callee=self._expression(callee), arguments=arguments)

    def _member_call(self, callee: Syntax, arguments: tuple[p.Expression, ...]) -> p.Expression:
        member = self._property(callee)
        if not isinstance(member, p.Property):
            return member
        owner = member.object.name if isinstance(member.object, p.Name) else ""
        if owner == EFFECTS:
            return p.EffectCall(at=member.at, name=member.name, arguments=arguments)
        if owner in GROUPS:
            return p.BuiltInCall(at=member.at, name=f"{owner}.{member.name}", arguments=arguments)
        return p.MethodCall(at=member.at, object=member.object, name=member.name, arguments=arguments)

    def _arguments(self, node: Syntax) -> tuple[p.Expression, ...]:
        found = _field(node, "arguments")
        if found.type == "template_string":
            self._refuse(
                node, Refusal("tagged templates are not in the sealed language", "Call the function: f(`...`).")
            )
            return ()
        arguments = list(_parts(found))
        self._bound(found, len(arguments), "arguments", "Pass a list or a record.")
        return tuple(map(self._argument, arguments))

    def _argument(self, node: Syntax) -> p.Expression:
        if node.type == "spread_element":
            hint = "Pass the list itself, or write the arguments out."
            self._refuse(node, Refusal("a call has no spread arguments in the sealed language", hint))
        return self._expression(node) if node.type != "spread_element" else self._inner(node)

    def _await(self, node: Syntax) -> p.Expression:
        inner = _stripped(next(_parts(node)))
        value = self._expression(inner)
        if isinstance(value, p.EffectCall):
            return replace(value, awaited=True)
        if isinstance(value, p.Call) and isinstance(value.callee, p.Name):
            return replace(value, awaited=True)
        hint = "await stands before effects.name(...) or before the call of an async function by its name."
        self._refuse(node, Refusal("await is for calls only", hint))
        return value

    def _bound(self, node: Syntax, count: int, what: str, hint: str) -> None:
        if count > MOST_ARGUMENTS:
            self._refuse(node, Refusal(f"{count} {what} are too many: {MOST_ARGUMENTS} are allowed", hint))

    # -- refusals -----------------------------------------------------------------------------------------------------

    def _refused(self, node: Syntax) -> p.Expression:
        fallback = Refusal(f"{node.type.replace('_', ' ')} is not in the sealed language", KIND_NAMES)
        made = node.child_by_field_name("constructor")
        of_name = NAMES.get(self._tree.text(made)) if made is not None else None
        self._refuse(node, of_name or REFUSALS.get(node.type, fallback))
        return p.Literal(at=_at(node), value=0)

    def _refused_sign(self, sign: Syntax) -> p.Expression:
        fallback = Refusal(f"{sign.type} is not in the sealed language", KIND_NAMES)
        self._refuse(sign, OPERATORS.get(sign.type, fallback))
        return p.Literal(at=_at(sign), value=0)

    def _refuse(self, node: Syntax, refusal: Refusal) -> None:
        width = len(self._tree.text(node).splitlines()[0]) if node.end_byte > node.start_byte else 1
        self._reporter.add(LANGUAGE, _at(node), refusal.message, width=width, hint=refusal.hint)


def _parts(node: Syntax) -> Iterator[Syntax]:
    return (child for child in node.named_children if child.type not in _PASSIVE)


def _field(node: Syntax, name: str) -> Syntax:
    child = node.child_by_field_name(name)
    assert child is not None  # the grammar has it there, and a tree with errors does not come here
    return child


def _has(node: Syntax, kind: str) -> bool:
    return any(child.type == kind for child in node.children)


def _stripped(node: Syntax) -> Syntax:
    while node.type in _CASTS:
        node = next(iter(_parts(node)))
    return node


def _at(node: Syntax) -> int:
    return span(node).start
