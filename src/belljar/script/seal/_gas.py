"""What each segment of a program costs, and which calls are tail calls. Costs are Annex A's, by their ids.

A segment is what is executed as a whole once it is entered: a function's body, an arm of `if` and `?:`, the right side
of `&&` and `||`, and what follows an `if` that may return. It is charged at its entry.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from belljar.script.seal import _program as p

_OF_OPERATOR: Final = {
    "+": "add",
    "-": "subtract",
    "*": "multiply",
    "/": "divide",
    "%": "remainder",
    "in": "in",
    **dict.fromkeys(("===", "!==", "<", "<=", ">", ">="), "compare"),
}
_OF_UNARY: Final = {"-": "negate", "!": "not", "typeof": "typeof"}
_OF_NODE: Final[Mapping[type[p.Node], str]] = {
    p.Array: "array",
    p.Record: "object",
    p.Property: "property",
    p.Element: "element",
    p.EffectCall: "effect",
}


@dataclass(slots=True, eq=False)
class Gas:
    """What the pass found out, by the identity of nodes of the program."""

    segments: dict[int, int] = field(default_factory=dict)
    """Units to charge at a function's or block's beginning, before a statement, or before an expression."""
    tails: set[int] = field(default_factory=set)
    """Calls that are tail calls."""

    def charge(self, node: p.Node) -> int:
        """Units to charge before this node."""
        return self.segments.get(id(node), 0)

    def is_tail(self, call: p.Call) -> bool:
        """Whether nothing of the caller is left to do after this call."""
        return id(call) in self.tails


def meter(program: p.Function, costs: Mapping[str, int]) -> Gas:
    """`costs` are units by id."""
    pass_ = _Pass(costs)
    pass_.function(program)
    return pass_.gas


def may_return(node: p.Statement) -> bool:
    """Whether a `return` of this very function stands in a statement."""
    match node:
        case p.Return():
            return True
        case p.If():
            return may_return(node.then) or (node.otherwise is not None and may_return(node.otherwise))
        case p.Block():
            return any(map(may_return, node.statements))
    return False


class _Pass:
    def __init__(self, costs: Mapping[str, int]) -> None:
        self.gas = Gas()
        self._costs = costs

    def function(self, function: p.Function) -> None:
        self.gas.segments[id(function)] = self._statements(function.body.statements)

    # -- statements: units of the segment that a statement is in ------------------------------------------------------

    def _statements(self, statements: Sequence[p.Statement]) -> int:
        units = 0
        for at, statement in enumerate(statements):
            units += self._statement(statement)
            following = statements[at + 1 :]
            if following and not isinstance(statement, p.Return) and may_return(statement):
                self.gas.segments[id(following[0])] = self._statements(following)
                break
        return units

    def _statement(self, statement: p.Statement) -> int:
        match statement:
            case p.Const():
                return self._costs["const"] + self._expression(statement.value)
            case p.Declaration():
                self.function(statement.function)
                return self._costs["closure"]
            case p.If():
                return self._if(statement)
            case p.Return():
                own = 0 if statement.is_implied else self._costs["return"]
                return own + (self._expression(statement.value, tail=True) if statement.value else 0)
            case p.Run():
                return self._expression(statement.value)
            case p.Block():
                return self._scope(statement) + self._statements(statement.statements)

    def _if(self, node: p.If) -> int:
        for arm in (node.then, node.otherwise):
            if arm is not None:
                self.gas.segments[id(arm)] = self._scope(arm) + self._statements(arm.statements)
        return self._costs["if" if node.otherwise is None else "if_else"] + self._expression(node.condition)

    def _scope(self, block: p.Block) -> int:
        """Entering and leaving, where there is something to enter."""
        declares = any(isinstance(each, p.Const | p.Declaration) for each in block.statements)
        return 2 * self._costs["scope"] if declares else 0

    # -- expressions --------------------------------------------------------------------------------------------------

    def _expression(self, node: p.Expression, *, tail: bool = False) -> int:
        match node:
            case p.Conditional():
                self.gas.segments[id(node.then)] = self._expression(node.then, tail=tail)
                self.gas.segments[id(node.otherwise)] = self._expression(node.otherwise, tail=tail)
                return self._costs["conditional"] + self._expression(node.condition)
            case p.Logical():
                self.gas.segments[id(node.right)] = self._expression(node.right, tail=tail)
                return self._costs["logical"] + self._expression(node.left)
            case p.Function():
                self.function(node)
                return self._costs["closure"]
            case p.Call() if tail:
                self.gas.tails.add(id(node))
                return self._inside(node)
        return self._own(node) + self._inside(node)

    def _inside(self, node: p.Node) -> int:
        """Of the parts, all of which are executed whenever the node is."""
        return sum(self._part(child) for child in p.children(node))

    def _part(self, node: p.Node) -> int:
        if isinstance(node, p.Field | p.Spread):
            return self._inside(node)
        return self._expression(node)  # type: ignore[arg-type]  # the parts of an expression are expressions

    def _own(self, node: p.Expression) -> int:
        match node:
            case p.Unary():
                return self._costs[_OF_UNARY[node.operator]]
            case p.Binary():
                return self._costs[_OF_OPERATOR[node.operator]]
            case p.Template():
                return self._costs["concat"] * (len(node.parts) // 2)
            case p.Call():
                return self._costs["call"]
            case p.Name(name="none"):
                return self._costs["none"]
        id_ = _OF_NODE.get(type(node))
        return self._costs[id_] if id_ else 0
