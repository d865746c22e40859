"""A sealed program as data: what the passes hand on to each other. Pure values, one class for each form.

`at` is an offset into the source's UTF-16 units, the place that an error of this node names: an operator's sign, a
property's name, a callee's beginning.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, Final, TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """Anything in a program."""

    at: int


# -- expressions ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal(Node):
    """An integer, a string in UTF-16 units, or a boolean."""

    value: int | str | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Template(Node):
    """Texts and expressions, in turn; begins and ends with a text."""

    parts: tuple[str | Expression, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Name(Node):
    """A declared name, `input`, or a built-in value."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread(Node):
    """`...value` in an array or a record."""

    value: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Array(Node):
    items: tuple[Expression | Spread, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field(Node):
    key: Expression
    value: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Record(Node):
    fields: tuple[Field | Spread, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Property(Node):
    object: Expression
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Element(Node):
    object: Expression
    index: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Unary(Node):
    operator: str
    """`-`, `!` or `typeof`."""
    operand: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Binary(Node):
    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Logical(Node):
    operator: str
    """`&&` or `||`."""
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditional(Node):
    condition: Expression
    then: Expression
    otherwise: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Function(Node):
    """A declaration's or an arrow's. `at` is the identity of its code, too."""

    name: str
    """Empty for an arrow that no `const` names."""
    parameters: tuple[Pattern, ...]
    rest: Pattern | None
    body: Block
    is_async: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Node):
    """Of a function of the program. With `awaited`, of an async one by its name."""

    callee: Expression
    arguments: tuple[Expression, ...]
    awaited: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodCall(Node):
    """Of a built-in method, or of a function in a record: what it is shows when it runs."""

    object: Expression
    name: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltInCall(Node):
    name: str
    """Dotted: `Int.abs`, `some`."""
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectCall(Node):
    name: str
    arguments: tuple[Expression, ...]
    awaited: bool = False
    """As each must be."""


Expression: TypeAlias = (
    Literal
    | Template
    | Name
    | Array
    | Record
    | Property
    | Element
    | Unary
    | Binary
    | Logical
    | Conditional
    | Function
    | Call
    | MethodCall
    | BuiltInCall
    | EffectCall
)

# -- patterns ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Target(Node):
    """A name that is declared here."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPattern(Node):
    fields: tuple[tuple[str, Pattern], ...]
    rest: Target | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrayPattern(Node):
    items: tuple[Pattern, ...]
    rest: Pattern | None


Pattern: TypeAlias = Target | RecordPattern | ArrayPattern

# -- statements -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Const(Node):
    """One declarator."""

    target: Pattern
    value: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration(Node):
    """`function name() {}`."""

    function: Function


@dataclass(frozen=True, slots=True, kw_only=True)
class If(Node):
    condition: Expression
    then: Block
    otherwise: Block | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Return(Node):
    value: Expression | None
    is_implied: bool = False
    """The value of an arrow without a block: costs nothing of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run(Node):
    """A call whose value nobody needs."""

    value: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Block(Node):
    statements: tuple[Statement, ...]


Statement: TypeAlias = Const | Declaration | If | Return | Run | Block


def children(node: Node) -> Iterator[Node]:
    """The nodes directly in a node, in the order of the text."""
    for name in _parts(type(node)):  # type: ignore[arg-type]  # a class can be hashed, whatever its instances can
        value = getattr(node, name)
        if isinstance(value, Node):
            yield value
        elif type(value) is tuple:
            yield from _nodes(value)


@cache
def _parts(kind: type[Node]) -> tuple[str, ...]:
    """The fields that may hold nodes."""
    return tuple(field.name for field in fields(kind) if field.name not in _PLAIN)


_PLAIN: Final = frozenset(("at", "name", "operator", "is_async", "awaited", "is_implied"))


def _nodes(items: tuple[Any, ...]) -> Iterator[Node]:
    for item in items:
        if isinstance(item, Node):
            yield item
        elif type(item) is tuple:
            yield from _nodes(item)


def names_in(pattern: Pattern) -> Iterator[Target]:
    """The names that a pattern declares, in the order of the text."""
    if isinstance(pattern, Target):
        yield pattern
        return
    for child in children(pattern):
        assert isinstance(child, Target | RecordPattern | ArrayPattern)
        yield from names_in(child)
