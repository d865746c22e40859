"""What a rule is, and the questions about nodes that rules ask."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from belljar.agents.security._finding import Confidence, Severity
from belljar.agents.security.js._fact import NOTHING, Fact
from belljar.agents.security.js._tree import Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One thing that the scan holds against JavaScript and TypeScript."""

    id: str
    """The name that findings and suppressions have: `js-eval`."""
    title: str
    severity: Severity
    confidence: Confidence
    cwe: int
    """Number of the weakness in the CWE list."""
    message: str
    """What is wrong at the place of a finding."""
    help: str
    """What to write instead."""
    check: Callable[[Node], Node | None]
    """The node that a finding points at, or None; it is asked when the node has ended and its facts are known."""
    kinds: tuple[str, ...] = ()
    """The kinds of nodes it looks at."""
    calls: tuple[str, ...] = ()
    """The last names of the functions and constructors whose calls it looks at, by the name they have at home."""


def callee(call: Node) -> Node | None:
    """The function of a call, or the constructor of a `new`."""
    return call.part("function") or call.part("constructor")


def callee_path(call: Node) -> str:
    """Where the called function comes from; empty for a tagged template, which is no call with arguments."""
    function = callee(call)
    return function.fact.path if function else ""


def arguments(call: Node) -> list[Node]:
    """The arguments of a call."""
    given = call.part("arguments")
    return given.children if given and given.kind == "arguments" else []


def argument(call: Node, index: int) -> Node | None:
    """One argument of a call."""
    given = arguments(call)
    return given[index] if index < len(given) else None


def fact(node: Node | None) -> Fact:
    """What is known of a value, also where there is none."""
    return node.fact if node else NOTHING


def pairs(holder: Node | None) -> Iterator[tuple[str, Node]]:
    """The names and values that an object in the text has, spread ones and methods left out."""
    for child in holder.children if holder and holder.kind == "object" else ():
        if child.kind == "pair":
            key, value = child.part("key"), child.part("value")
            if key and value:
                yield name_of(key), value
        elif child.kind == "shorthand_property_identifier":
            yield child.text, child


def value_of(holder: Node | None, name: str) -> Node | None:
    """The value of one name in an object in the text."""
    for key, value in pairs(holder):
        if key == name:
            return value
    return None


def name_of(node: Node | None) -> str:
    """The last name that a node says: `b` of `a.b`, `x` of `"x"`."""
    if node is None:
        return ""
    if node.kind == "member_expression":
        node = node.part("property") or node
    elif node.kind == "subscript_expression":
        index = node.part("index")
        node = index if index and index.kind == "string" else node
    if node.kind == "string":
        return node.text[1:-1]
    return node.text if node.kind in _NAMES else ""


_NAMES = frozenset(
    {
        "identifier", "property_identifier", "private_property_identifier", "shorthand_property_identifier",
        "type_identifier",
    }
)  # fmt: skip


def is_true(node: Node | None) -> bool:
    """Whether a value is `true` in the text."""
    return node is not None and node.kind == "true"


def is_false(node: Node | None) -> bool:
    """Whether a value is `false` in the text."""
    return node is not None and node.kind == "false"


def above(node: Node, kinds: frozenset[str], *, steps: int) -> Node | None:
    """The nearest node around of some kinds, at most so many steps up: without a bound a deep file costs its square."""
    at = node.parent
    for _ in range(steps):
        if at is None or at.kind in kinds:
            return at
        at = at.parent
    return None
