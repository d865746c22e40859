"""The data flow: what is known of each expression, worked out once, from its parts, in the order of the text.

It stays inside one file and follows names, members, templates, sums, destructuring and a table of functions. What any
other function returns counts as the author's own, and so does what was put into an object or an array: that keeps
parameters of queries apart from their text. A value counts as checked once a condition has asked about it. Where the
flow is not straight it goes by the order of the text; a closure sees what was last known. Wrong both ways at times, on
purpose small.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from belljar.agents.security.js import _sources
from belljar.agents.security.js._fact import CLEAN, NOBODY, NOTHING, Fact, any_origin, joined
from belljar.agents.security.js._parameters import parameter_facts
from belljar.agents.security.js._scope import Names, pattern_names
from belljar.agents.security.js._tree import FUNCTIONS, Node

_MAX_PATH: Final = 160
"""Characters of a path. A longer one names nothing that a rule knows."""


_MAX_NAME: Final = 80


class Flow:
    """What is known at the place the evaluation has come to."""

    __slots__ = ("_checked", "names")

    def __init__(self, names: Names) -> None:
        self.names = names
        self._checked: set[str] = set()

    def open(self, node: Node) -> None:
        """A scope begins: what is known of a function's parameters is known inside."""
        if node.kind in FUNCTIONS:
            for name, fact in parameter_facts(node):
                self._bind(name, fact)

    def close(self, node: Node) -> None:
        """A scope ends."""
        if node.kind in FUNCTIONS:
            self._checked.clear()

    def leave(self, node: Node) -> None:
        """An expression ends: its parts are known."""
        evaluate = _BY_KIND.get(node.kind)
        if evaluate is not None:
            node.fact = evaluate(self, node)
        if node.field == "right" and node.parent is not None and node.parent.kind == "for_in_statement":
            self._bind_loop(node, node.parent)

    # what a name, a member and a call are

    def identifier(self, node: Node) -> Fact:
        name = node.text
        binding = self.names.find(name)
        fact = binding.fact if binding else _sources.named(name)
        return self._unless_checked(fact)

    def member(self, node: Node) -> Fact:
        held, prop = node.part("object"), node.part("property")
        if held is None or prop is None:
            return NOTHING
        name = prop.text
        if name == "length":
            return CLEAN
        return self._at(_sources.member(held.fact.path or "?", name), held.fact.origin)

    def subscript(self, node: Node) -> Fact:
        held, index = node.part("object"), node.part("index")
        if held is None or index is None:
            return NOTHING
        key = index.fact.text if index.kind == "string" else None
        return self._at(_sources.member(held.fact.path or "?", key or "*"), held.fact.origin)

    def _at(self, path: str, origin: int) -> Fact:
        if len(path) > _MAX_PATH:
            return Fact(origin=origin)
        return self._unless_checked(_sources.named(path, origin))

    def _unless_checked(self, fact: Fact) -> Fact:
        if fact.origin and fact.path in self._checked:
            return fact._replace(origin=NOBODY)
        return fact

    def call(self, node: Node) -> Fact:
        function, arguments = node.part("function"), node.part("arguments")
        if function is None or arguments is None:
            return NOTHING
        if arguments.kind == "template_string":
            return arguments.fact if function.fact.path == "String.raw" else Fact(f"{function.fact.path}()"[:_MAX_PATH])
        self._notice_check(node, function, arguments.children)
        if function.fact.path in {"import", "require"}:
            return _imported(arguments.children)
        return self._result(function, arguments.children)

    def _result(self, function: Node, arguments: list[Node]) -> Fact:
        path = function.fact.path
        if path in _sources.SAME_VALUE or path.lstrip("?") in _sources.SAME_VALUE:
            return arguments[0].fact if arguments else NOTHING
        if path in _sources.NUMBERS or path.startswith("Math."):
            return Fact(f"{path}()", "0")
        if path in _sources.PASS_THROUGH:
            given = [argument.fact for argument in arguments]
            text = given[0].text if path in _SAME_TEXT and given else None
            return Fact(f"{path}()", text, any_origin(given))
        held, prop = function.part("object"), function.part("property")
        if _sources.ESCAPES.search((prop or function).head(_MAX_NAME)):
            return Fact(f"{path}()"[:_MAX_PATH], "0")
        if function.kind == "member_expression" and held and prop:
            return _method_result(function, held, prop.text, arguments)
        return Fact(f"{path or '?'}()"[:_MAX_PATH])

    def new(self, node: Node) -> Fact:
        constructor, arguments = node.part("constructor"), node.part("arguments")
        if constructor is None:
            return NOTHING
        path = f"new {constructor.fact.path}"[:_MAX_PATH]
        given = [argument.fact for argument in arguments.children] if arguments else []
        return Fact(path, None, any_origin(given) if path in _sources.PASS_THROUGH else NOBODY)

    def _notice_check(self, node: Node, function: Node, arguments: list[Node]) -> None:
        held, prop = function.part("object"), function.part("property")
        name = prop.text if prop else function.text if function.kind == "identifier" else ""
        if _sources.VALIDATES.match(name):
            asked = arguments[:1]
        elif name in _sources.CHECKS and held and _is_condition(node):
            asked = [held, *arguments[:1]]
        else:
            return
        for value in asked:
            self._mark_checked(value)

    def _mark_checked(self, value: Node) -> None:
        if not value.fact.origin:
            return
        binding = self.names.find(value.text) if value.kind == "identifier" else None
        if binding:
            binding.fact = binding.fact._replace(origin=NOBODY)
        elif value.fact.path:
            self._checked.add(value.fact.path)

    # what texts are

    def binary(self, node: Node) -> Fact:
        left, right, sign = node.part("left"), node.part("right"), node.part("operator")
        if left is None or right is None or sign is None:
            return NOTHING
        return _BINARY.get(sign.kind, _nothing)(_placeholder(left), _placeholder(right))

    # what is assigned

    def declarator(self, node: Node) -> Fact:
        name, value = node.part("name"), node.part("value")
        if name and value:
            self._bind_pattern(name, value.fact)
        return NOTHING

    def assignment(self, node: Node) -> Fact:
        left, right = node.part("left"), node.part("right")
        if left is None or right is None:
            return NOTHING
        self._bind_pattern(left, right.fact if self._is_straight(node) else _either_way(left.fact, right.fact))
        return right.fact

    def _is_straight(self, assignment: Node) -> bool:
        """Whether it is a statement of the scope itself, and no branch of one."""
        statement = assignment.parent
        return (
            statement is not None and statement.kind == "expression_statement" and statement.parent is self.names.here
        )

    def augmented(self, node: Node) -> Fact:
        left, right, sign = node.part("left"), node.part("right"), node.part("operator")
        if left is None or right is None or sign is None:
            return NOTHING
        fact = _BINARY.get(sign.kind.removesuffix("="), _nothing)(left.fact, right.fact)
        self._bind_pattern(left, fact)
        return fact

    def _bind_pattern(self, pattern: Node, fact: Fact) -> None:
        if pattern.kind == "identifier":
            self._bind(pattern.text, fact)
        elif pattern.kind in {"object_pattern", "array_pattern"}:
            for name, path in pattern_names(pattern):
                self._bind(name, self._down(fact, path))

    def _down(self, fact: Fact, path: str) -> Fact:
        """What a pattern takes out of a value, step by step as members do."""
        for step in path.split(".")[1:]:
            fact = self._at(_sources.member(fact.path or "?", step), fact.origin)
        return fact

    def _bind(self, name: str, fact: Fact) -> None:
        binding = self.names.find(name)
        if binding is None:
            return
        here = self.names.here
        if here is not binding.scope and here.parent is not binding.scope:
            fact = fact._replace(origin=fact.origin | binding.fact.origin)
        binding.fact = fact if fact.path else fact._replace(path=f"?{name}")

    def _bind_loop(self, values: Node, loop: Node) -> None:
        name, sign = loop.part("left"), loop.part("operator")
        if name and sign and sign.kind == "of":
            self._bind_pattern(name, Fact(origin=values.fact.origin))
        elif name:
            self._bind_pattern(name, NOTHING)

    def imported(self, node: Node) -> Fact:
        holder = node.first("import_require_clause") or node
        source = holder.part("source")
        if source is None:
            return NOTHING
        base = _sources.module(source.text.strip("'\""))
        for name, path in _imported_names(node):
            self._bind(name, self._down(base, path))
        return NOTHING


def _either_way(old: Fact, new: Fact) -> Fact:
    """What is known after an assignment that may not have happened."""
    return new._replace(origin=new.origin | old.origin)


def _imported_names(statement: Node) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    todo = list(statement.children)
    while todo:
        node = todo.pop()
        if node.kind == "identifier":
            found.append((node.text, ""))
        elif node.kind == "import_specifier" and (name := node.part("name")):
            found.append(((node.part("alias") or name).text, f".{name.text}"))
        elif node.kind != "string":
            todo.extend(node.children)
    return found


def _imported(arguments: list[Node]) -> Fact:
    fact = arguments[0].fact if arguments else NOTHING
    return _sources.module(fact.text or "") if fact.is_constant else NOTHING


def _method_result(function: Node, held: Node, name: str, arguments: list[Node]) -> Fact:
    path = f"{function.fact.path}()"[:_MAX_PATH]
    if name in _sources.ANSWERS:
        return Fact(path, "0")
    if name == "join" and held.kind == "array":
        return joined([element.fact for element in held.children])._replace(path=path)
    if name == "join" and held.fact.text is not None:
        return held.fact
    if name in {"map", "fill"} and arguments and (each := _element(arguments[0])).text is not None:
        return Fact(path, each.text, each.origin)
    if name == "concat" and held.fact.text is not None:
        return joined([held.fact, *(argument.fact for argument in arguments)])._replace(path=path)
    if name in {"replace", "replaceAll"} and _takes_out(arguments):
        return Fact(path)
    return _sources.named(path, held.fact.origin)


def _element(filler: Node) -> Fact:
    """What each element becomes: the text stands for all of them."""
    body = filler.part("body") if filler.kind == "arrow_function" else filler
    return body.fact if body else NOTHING


def _takes_out(arguments: list[Node]) -> bool:
    """Whether a replacement is by a pattern for all places: what such a text can do, the author has thought about."""
    flags = arguments[0].part("flags") if arguments and arguments[0].kind == "regex" else None
    return flags is not None and "g" in flags.text


_SAME_TEXT: Final = frozenset({"String", "Buffer.from"})
_LOGIC: Final = frozenset({"&&", "||", "??"})
_ASIDE: Final = frozenset({"unary_expression", "parenthesized_expression", "binary_expression", "await_expression"})
_FORKS: Final = frozenset({"if_statement", "ternary_expression", "while_statement"})


def _is_condition(node: Node) -> bool:
    """Whether the flow depends on this very value; eight steps up are enough for a condition that people write."""
    at = node
    for _ in range(8):
        holder = at.parent
        if holder is None or holder.kind in _FORKS:
            return holder is not None and at.field == "condition"
        if at.field == "left" and (sign := holder.part("operator")) and sign.kind in _LOGIC:
            return True
        if holder.kind not in _ASIDE:
            return holder.kind in {"return_statement", "variable_declarator"}
        at = holder
    return False


def _nothing(_left: Fact, _right: Fact) -> Fact:
    return NOTHING


def _sum(left: Fact, right: Fact) -> Fact:
    if left.text is None and right.text is None:
        return Fact(origin=left.origin | right.origin)
    return joined([left, right])


def _either(left: Fact, right: Fact) -> Fact:
    path = left.path or right.path
    if left.is_constant and right.is_constant:
        return Fact(path, left.text, left.origin | right.origin)
    return Fact(path, None, left.origin | right.origin)


_BINARY: Final[dict[str, Callable[[Fact, Fact], Fact]]] = {
    "+": _sum,
    "||": _either,
    "??": _either,
    "&&": lambda _, right: right,
    "": lambda _, right: right,
    **dict.fromkeys(("-", "*", "/", "%", "**", "&", "|", "^", "<<", ">>", ">>>"), lambda _left, _right: CLEAN),
}


def _text(_flow: Flow, node: Node) -> Fact:
    return Fact(text=node.text[1:-1][:_MAX_LITERAL])


def _word(_flow: Flow, node: Node) -> Fact:
    return Fact(text=node.text[:_MAX_LITERAL])


_MAX_LITERAL: Final = 2_000


def _template(_flow: Flow, node: Node) -> Fact:
    return joined([_template_part(child) for child in node.children])


def _template_part(child: Node) -> Fact:
    if child.kind != "template_substitution":
        return Fact(text=child.text[:_MAX_LITERAL])
    if not child.children:
        return NOTHING
    return _placeholder(child.children[0])


def _placeholder(value: Node) -> Fact:
    """A part of a text. A name in capitals is a constant of the author's, wherever it comes from."""
    fact = value.fact
    if fact.text is None and not fact.origin and (value.kind == "identifier" and value.text.isupper()):
        return Fact(text="X")
    return fact


def _inner(_flow: Flow, node: Node) -> Fact:
    return node.children[0].fact if node.children else NOTHING


def _last(_flow: Flow, node: Node) -> Fact:
    return node.children[-1].fact if node.children else NOTHING


def _choice(_flow: Flow, node: Node) -> Fact:
    yes, no = node.part("consequence"), node.part("alternative")
    return _either(yes.fact, no.fact) if yes and no else NOTHING


def _number(_flow: Flow, _node: Node) -> Fact:
    return CLEAN


def _word_path(_flow: Flow, node: Node) -> Fact:
    return Fact(node.kind)


_BY_KIND: Final[dict[str, Callable[[Flow, Node], Fact]]] = {
    "identifier": Flow.identifier,
    "shorthand_property_identifier": Flow.identifier,
    "member_expression": Flow.member,
    "subscript_expression": Flow.subscript,
    "call_expression": Flow.call,
    "new_expression": Flow.new,
    "binary_expression": Flow.binary,
    "variable_declarator": Flow.declarator,
    "assignment_expression": Flow.assignment,
    "augmented_assignment_expression": Flow.augmented,
    "import_statement": Flow.imported,
    "string": _text,
    "number": _word,
    "true": _word,
    "false": _word,
    "null": _word,
    "this": _word_path,
    "import": _word_path,
    "template_string": _template,
    "ternary_expression": _choice,
    "unary_expression": _number,
    "update_expression": _number,
    "sequence_expression": _last,
    **dict.fromkeys(
        (
            "parenthesized_expression", "await_expression", "as_expression", "satisfies_expression",
            "non_null_expression", "spread_element", "jsx_expression", "expression_statement",
        ),
        _inner,
    ),
}  # fmt: skip
