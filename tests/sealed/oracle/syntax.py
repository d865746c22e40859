"""The nodes of a sealed program, as plain data.

Types, parentheses and `await` are gone; whether a call is a tail call, an effect or a built-in is decided here, because
gas depends on it. Nodes are compared by identity: two equal texts at two places are two pieces of code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from oracle.values import Place, Value


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Literal:
    """A value that is written down; `row` is what it costs, if anything."""

    value: Value
    row: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Name:
    """A name in use."""

    at: Place
    name: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Template:
    """Texts with parts between them: one text more than parts."""

    texts: tuple[str, ...]
    parts: tuple[tuple[Place, Expression], ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spread:
    """`...value` in an array or a record."""

    at: Place
    value: Expression


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ArrayLiteral:
    """`[a, ...b]`."""

    at: Place
    items: tuple[Expression | Spread, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pair:
    """One key and its value; the key of `{a: 1}` is a literal."""

    at: Place
    key: Expression
    value: Expression


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RecordLiteral:
    """`{a, b: 1, [c]: 2, ...d}`."""

    at: Place
    items: tuple[Pair | Spread, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Property:
    """`target.name`, not called."""

    at: Place
    target: Expression
    name: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Element:
    """`target[index]`."""

    at: Place
    target: Expression
    index: Expression


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Call:
    """A call of a function value; a tail call costs nothing and takes no depth."""

    at: Place
    callee: Expression
    arguments: tuple[Expression, ...]
    is_tail: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Method:
    """`target.name(...)`."""

    at: Place
    target: Expression
    name: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BuiltIn:
    """A call of a built-in by its full name, such as `Int.abs`."""

    at: Place
    name: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Effect:
    """`await effects.name(...)`."""

    at: Place
    name: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Function:
    """A function of any spelling; `body` is a list of statements or, for a short arrow, one expression."""

    at: Place
    parameters: tuple[Pattern, ...]
    rest: Pattern | None
    body: tuple[Statement, ...] | Expression
    captures: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Conditional:
    """`test ? then : otherwise`."""

    at: Place
    test: Expression
    then: Expression
    otherwise: Expression


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Logical:
    """`&&` or `||`."""

    at: Place
    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Unary:
    """`-`, `!` or `typeof`."""

    at: Place
    operator: str
    operand: Expression


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Binary:
    """An operator that always takes both sides."""

    at: Place
    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NamePattern:
    """A name that takes the whole value."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RecordPattern:
    """`{a, b: p, ...rest}`."""

    at: Place
    fields: tuple[tuple[str, Pattern], ...]
    rest: Pattern | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ArrayPattern:
    """`[a, p, ...rest]`."""

    at: Place
    items: tuple[Pattern, ...]
    rest: Pattern | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Const:
    """One declarator of a `const`, or a function declaration."""

    pattern: Pattern
    value: Expression
    is_function: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class If:
    """`if`, with or without `else`."""

    at: Place
    test: Expression
    then: Statement
    otherwise: Statement | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Return:
    """`return`; without a value it gives JsonNull."""

    value: Expression


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Do:
    """An expression for its effect."""

    value: Expression


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Block:
    """Statements with a scope of their own; an empty statement is an empty one."""

    statements: tuple[Statement, ...]


Pattern: TypeAlias = NamePattern | RecordPattern | ArrayPattern
Statement: TypeAlias = Const | If | Return | Do | Block
Expression: TypeAlias = (
    Literal
    | Name
    | Template
    | ArrayLiteral
    | RecordLiteral
    | Property
    | Element
    | Call
    | Method
    | BuiltIn
    | Effect
    | Function
    | Conditional
    | Logical
    | Unary
    | Binary
)
Node: TypeAlias = Expression | Statement | Spread | Pair


def names_of(pattern: Pattern) -> list[str]:
    """The names that a pattern declares."""
    if isinstance(pattern, NamePattern):
        return [pattern.name]
    parts = [part for _, part in pattern.fields] if isinstance(pattern, RecordPattern) else list(pattern.items)
    if pattern.rest:
        parts.append(pattern.rest)
    return [name for part in parts for name in names_of(part)]


def declared(statements: tuple[Statement, ...]) -> list[str]:
    """The names that a list of statements declares itself."""
    return [name for part in statements if isinstance(part, Const) for name in names_of(part.pattern)]
