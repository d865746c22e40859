"""What a segment costs: the sum of what it does for certain.

Rule 1: the arms of `if` and `?:`, the right side of `&&` and `||`, and the bodies of functions are segments of their
own. Rule 2: the statements after an `if` that may return are one as well, so a list of statements is summed up to and
including that `if`; and nothing after a `return` is counted, for it is never reached.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from oracle import syntax as s
from oracle.tables import UNITS


def may_return(node: s.Statement) -> bool:
    """Whether a `return` of this function is somewhere in a statement."""
    if isinstance(node, s.Block):
        return any(map(may_return, node.statements))
    if isinstance(node, s.If):
        return may_return(node.then) or (node.otherwise is not None and may_return(node.otherwise))
    return isinstance(node, s.Return)


def ends_segment(node: s.Statement) -> bool:
    """Whether what comes after a statement is a segment of its own."""
    return isinstance(node, s.If) and may_return(node)


class Prices:
    """The prices of the segments of one program; each is worked out once."""

    def __init__(self) -> None:
        self._known: dict[Any, int] = {}

    def of(self, segment: Any) -> int:
        """The price of a statement, of an expression or of a list of statements."""
        if segment not in self._known:
            self._known[segment] = _sum(segment) if isinstance(segment, tuple) else price(segment)
        return self._known[segment]


def price(node: Any) -> int:
    """What a node does for certain."""
    return _PRICES[type(node)](node)


def _all(nodes: Iterable[Any]) -> int:
    return sum(map(price, nodes))


def _sum(statements: tuple[s.Statement, ...]) -> int:
    total = 0
    for node in statements:
        total += price(node)
        if ends_segment(node) or isinstance(node, s.Return):
            break
    return total


def _of_literal(node: s.Literal) -> int:
    return UNITS[node.row] if node.row else 0


def _of_template(node: s.Template) -> int:
    return sum(UNITS["concat"] + price(part) for _, part in node.parts)


def _of_call(node: s.Call) -> int:
    return UNITS["tail_call" if node.is_tail else "call"] + price(node.callee) + _all(node.arguments)


def _of_if(node: s.If) -> int:
    return UNITS["if_else" if node.otherwise else "if"] + price(node.test)


def _of_block(node: s.Block) -> int:
    return _sum(node.statements) + (2 * UNITS["scope"] if s.declared(node.statements) else 0)


def _of_const(node: s.Const) -> int:
    return price(node.value) + (0 if node.is_function else UNITS["const"])


def _of_binary(node: s.Binary) -> int:
    return UNITS[_OPERATORS.get(node.operator, "compare")] + price(node.left) + price(node.right)


_OPERATORS: Final = {"+": "add", "-": "subtract", "*": "multiply", "/": "divide", "%": "remainder", "in": "in"}
_SIGNS: Final = {"-": "negate", "!": "not", "typeof": "typeof"}

_PRICES: Final[dict[type, Callable[[Any], int]]] = {
    s.Literal: _of_literal,
    s.Name: lambda _node: 0,
    s.Template: _of_template,
    s.Spread: lambda node: price(node.value),
    s.ArrayLiteral: lambda node: UNITS["array"] + _all(node.items),
    s.Pair: lambda node: price(node.key) + price(node.value),
    s.RecordLiteral: lambda node: UNITS["object"] + _all(node.items),
    s.Property: lambda node: UNITS["property"] + price(node.target),
    s.Element: lambda node: UNITS["element"] + price(node.target) + price(node.index),
    s.Call: _of_call,
    s.Method: lambda node: price(node.target) + _all(node.arguments),
    s.BuiltIn: lambda node: _all(node.arguments),
    s.Effect: lambda node: UNITS["effect"] + _all(node.arguments),
    s.Function: lambda _node: UNITS["closure"],
    s.Conditional: lambda node: UNITS["conditional"] + price(node.test),
    s.Logical: lambda node: UNITS["logical"] + price(node.left),
    s.Unary: lambda node: UNITS[_SIGNS[node.operator]] + price(node.operand),
    s.Binary: _of_binary,
    s.Const: _of_const,
    s.If: _of_if,
    s.Return: lambda node: UNITS["return"] + price(node.value),
    s.Do: lambda node: price(node.value),
    s.Block: _of_block,
}
