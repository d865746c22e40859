"""Rules about regular expressions."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from belljar.agents.security.js._ambiguity import Blowup, blowup
from belljar.agents.security.js._fact import REMOTE
from belljar.agents.security.js._rule import Rule, argument, callee_path, fact
from belljar.agents.security.js._tree import Node

_blowup = lru_cache(maxsize=1_024)(blowup)


def _literal(node: Node) -> Blowup | None:
    pattern, flags = node.part("pattern"), node.part("flags")
    return _blowup(pattern.text, flags.text if flags else "") if pattern else None


def _constructed(call: Node) -> Blowup | None:
    pattern, flags = fact(argument(call, 0)), fact(argument(call, 1))
    if callee_path(call) != "RegExp" or not pattern.is_constant or pattern.path:
        return None
    text = (pattern.text or "").replace("\\\\", "\\")
    return _blowup(text, flags.text if flags.is_constant and flags.text else "")


MAX_PATTERNS: Final = 2_000
"""Judgements of patterns in one file, two for each pattern. The dearest take 10 ms; people's files need 500."""


def _grows(node: Node, how: Blowup) -> Node | None:
    node.source.patterns += 1
    if node.source.patterns > MAX_PATTERNS:
        return None
    found = _literal(node) if node.kind == "regex" else _constructed(node)
    return node if found is how else None


def _from_outside(call: Node) -> Node | None:
    return call if callee_path(call) == "RegExp" and fact(argument(call, 0)).origin & REMOTE else None


RULES: Final = (
    Rule(
        id="js-regex-exponential",
        title="Regular expression that can take for ever",
        severity="high",
        confidence="high",
        cwe=1333,
        message="A text that nearly matches makes this pattern try exponentially many ways.",
        help="Give each text one way only: no repeat inside a repeat, no branches that begin alike.",
        kinds=("regex",),
        calls=("RegExp",),
        check=lambda node: _grows(node, Blowup.EXPONENTIAL),
    ),
    Rule(
        id="js-regex-polynomial",
        title="Regular expression with overlapping repeats side by side",
        severity="low",
        confidence="medium",
        cwe=1333,
        message="Two repeats side by side share characters; a long text of them takes time that grows by its square.",
        help="Put something between the repeats that neither takes, or bound the length of the text.",
        kinds=("regex",),
        calls=("RegExp",),
        check=lambda node: _grows(node, Blowup.POLYNOMIAL),
    ),
    Rule(
        id="js-regex-from-outside",
        title="Regular expression from outside",
        severity="medium",
        confidence="high",
        cwe=1333,
        message="A value from outside is compiled as a regular expression; one can be chosen that takes for ever.",
        help="Escape the value's special characters, or search with includes.",
        calls=("RegExp",),
        check=_from_outside,
    ),
)
