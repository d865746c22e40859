"""Rules about pages that talk to other pages, and about what the author left in them."""

from __future__ import annotations

import re
from typing import Final

from belljar.agents.security.js._rule import Rule, argument, arguments, callee, callee_path, fact, name_of
from belljar.agents.security.js._tree import FUNCTIONS, Node

_MAX_LOOK: Final = 20_000
"""Characters of a listener in which a check of the origin is looked for."""
_CHECKED: Final = re.compile(r"\borigin\b|\.source\b|isTrusted")


def _post_to_all(call: Node) -> Node | None:
    is_post = name_of(callee(call)) == "postMessage"
    return call if is_post and len(arguments(call)) > 1 and fact(argument(call, 1)).text == "*" else None


def _unchecked_listener(node: Node) -> Node | None:
    listener = _listener(node)
    return node if listener and listener.kind in FUNCTIONS and _uses_data_unchecked(listener) else None


def _listener(node: Node) -> Node | None:
    """What a page does with messages."""
    if node.kind == "assignment_expression":
        return node.part("right") if fact(node.part("left")).path == "onmessage" else None
    function = callee(node)
    # `self` is a worker's: what it gets comes from the page that started it
    is_window = (
        function is not None and callee_path(node) == "addEventListener" and not function.text.startswith("self")
    )
    is_message = is_window and fact(argument(node, 0)).text == "message"
    return argument(node, 1) if is_message else None


def _uses_data_unchecked(listener: Node) -> bool:
    text = listener.head(_MAX_LOOK)
    return "data" in text and not _CHECKED.search(text)


def _new_window(tag: Node) -> Node | None:
    if name_of(tag.part("name")) != "a":
        return None
    attributes = {name_of(part.first("property_identifier")): part for part in tag.children if _is_attribute(part)}
    if _attribute_text(attributes.get("target")) != "_blank" or "rel" in attributes:
        return None
    link = _attribute_text(attributes.get("href"))
    is_spread = any(part.kind == "jsx_expression" for part in tag.children)
    return tag if not is_spread and (link is None or link.startswith("http")) else None


def _is_attribute(part: Node) -> bool:
    return part.kind == "jsx_attribute"


def _attribute_text(attribute: Node | None) -> str | None:
    value = attribute.children[-1] if attribute and len(attribute.children) > 1 else None
    return value.fact.text if value and value.fact.is_constant else None


def _debugger(statement: Node) -> Node | None:
    return statement


RULES: Final = (
    Rule(
        id="js-post-message-any",
        title="Message to a window of any origin",
        severity="medium",
        confidence="medium",
        cwe=346,
        message="The message goes to whatever page the window shows by then.",
        help="Name the origin that the message is for instead of *.",
        calls=("postMessage",),
        check=_post_to_all,
    ),
    Rule(
        id="js-message-origin",
        title="Messages are taken from every origin",
        severity="medium",
        confidence="medium",
        cwe=346,
        message="The listener uses the data of messages and does not look at their origin.",
        help="Compare event.origin with the origins that you expect before using event.data.",
        calls=("addEventListener",),
        kinds=("assignment_expression",),
        check=_unchecked_listener,
    ),
    Rule(
        id="js-target-blank",
        title="New window that can move the page that opened it",
        severity="low",
        confidence="medium",
        cwe=1022,
        message="The link opens a new window without rel; in older browsers it can move this page elsewhere.",
        help='Add rel="noopener noreferrer".',
        kinds=("jsx_opening_element", "jsx_self_closing_element"),
        check=_new_window,
    ),
    Rule(
        id="js-debugger",
        title="Debugger statement",
        severity="low",
        confidence="high",
        cwe=489,
        message="A debugger statement was left in the code.",
        help="Take the statement out.",
        kinds=("debugger_statement",),
        check=_debugger,
    ),
)
