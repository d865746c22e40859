"""Rules about values that become HTML."""

from __future__ import annotations

import re
from typing import Final

from belljar.agents.security.js._fact import HOLE, REMOTE, REQUEST, Fact
from belljar.agents.security.js._rule import Rule, argument, arguments, callee, callee_path, fact, name_of, value_of
from belljar.agents.security.js._tree import Node

_HTML_PROPERTIES: Final = frozenset({"innerHTML", "outerHTML", "srcdoc"})
_WRITES: Final = frozenset({"document.write", "document.writeln"})
_JQUERY: Final = frozenset({"html", "append", "prepend", "after", "before", "replaceWith"})
_TAG: Final = re.compile(r"<[a-zA-Z/!]")
_IN_TAG: Final = re.compile(rf"<[a-zA-Z][^{HOLE}]*{HOLE}")


def _assigned(assignment: Node) -> Fact:
    left, right = assignment.part("left"), assignment.part("right")
    if left is None or right is None or left.kind != "member_expression":
        return Fact()
    return right.fact if name_of(left) in _HTML_PROPERTIES else Fact()


def _written(call: Node) -> Fact:
    """The HTML that a call puts into the page."""
    function = callee(call)
    name = name_of(function)
    if callee_path(call) in _WRITES or name in {"createContextualFragment", "parseFromString"}:
        return fact(argument(call, 0))
    if name == "insertAdjacentHTML":
        return fact(argument(call, 1))
    holder = function.part("object") if function else None
    is_jquery = holder is not None and (holder.head(1) == "$" or holder.fact.path.startswith(("$(", "jQuery(")))
    return fact(argument(call, 0)) if is_jquery and name in _JQUERY else Fact()


def _html(node: Node) -> Fact:
    return _assigned(node) if node.part("left") else _written(node)


def _from_outside(node: Node) -> Node | None:
    return node if _html(node).origin & REMOTE else None


def _built(node: Node) -> Node | None:
    value = _html(node)
    return node if not value.origin and value.text is not None and _IN_TAG.search(value.text) else None


def _react(attribute: Node) -> Node | None:
    if name_of(attribute.first("property_identifier")) != "dangerouslySetInnerHTML":
        return None
    given = attribute.first("jsx_expression")
    html = value_of(given.children[0], "__html") if given and given.children else None
    return attribute if html and not html.fact.is_constant else None


_ANSWERS: Final = frozenset({"send", "write", "end"})
_RESPONSES: Final = frozenset({"res", "response", "resp", "reply", "_res"})


def _reflected(call: Node) -> Node | None:
    function = callee(call)
    holder = function.part("object") if function else None
    if holder is None or not _is_response(holder) or not arguments(call):
        return None
    value = arguments(call)[0].fact
    return call if value.origin & REQUEST and value.text is not None and _TAG.search(value.text) else None


def _is_response(holder: Node) -> bool:
    """`res`, or what one of its own methods gives back: `res.status(400)`."""
    if holder.kind == "call_expression":
        function = holder.part("function")
        inner = function.part("object") if function else None
        return name_of(inner) in _RESPONSES
    return name_of(holder) in _RESPONSES


RULES: Final = (
    Rule(
        id="js-html-from-outside",
        title="Value from outside becomes HTML of the page",
        severity="high",
        confidence="high",
        cwe=79,
        message="A value from outside becomes HTML of the page, with every script in it.",
        help="Assign it to textContent, or clean it with a sanitizer first.",
        kinds=("assignment_expression", "augmented_assignment_expression"),
        calls=("write", "writeln", "insertAdjacentHTML", "createContextualFragment", "parseFromString", *_JQUERY),
        check=_from_outside,
    ),
    Rule(
        id="js-html-built",
        title="HTML put together from parts",
        severity="low",
        confidence="low",
        cwe=79,
        message="HTML is put together from parts that nothing escapes here.",
        help="Make elements and set their textContent, or escape each part.",
        kinds=("assignment_expression", "augmented_assignment_expression"),
        calls=("write", "writeln", "insertAdjacentHTML", "createContextualFragment"),
        check=_built,
    ),
    Rule(
        id="js-react-html",
        title="React's HTML attribute with a computed value",
        severity="medium",
        confidence="low",
        cwe=79,
        message="dangerouslySetInnerHTML gets a value that nothing cleans here.",
        help="Render the value as a child, or clean it with a sanitizer first.",
        kinds=("jsx_attribute",),
        check=_react,
    ),
    Rule(
        id="js-reflected-html",
        title="The answer has a part of the request in its HTML",
        severity="high",
        confidence="high",
        cwe=79,
        message="A part of the request is sent back inside HTML, with every script in it.",
        help="Render the answer with a template engine that escapes, or escape the value.",
        calls=tuple(_ANSWERS),
        check=_reflected,
    ),
)
