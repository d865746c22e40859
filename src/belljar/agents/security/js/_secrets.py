"""Rules about secrets: in the source, and in the log."""

from __future__ import annotations

import re
from typing import Final

from belljar.agents.security.js._rule import Rule, arguments, callee, name_of
from belljar.agents.security.js._tree import Node

_CREDENTIAL: Final = re.compile(
    r"(?:^|_|-|(?<=[a-z0-9]))(?:passw(?:or)?d|passphrase|pwd|secret|secret_?key|api_?key|private_?key|access_?key|"
    r"(?:auth|access|refresh|bearer)_?token|client_?secret|db_?pass)$",
    re.I,
)
_SHAPE: Final = re.compile(r"[\x21-\x7e]{6,200}")
_WORDS: Final = re.compile(r"[^\W\d_]+(?:[\s_.:/*-]+[^\W\d_]+)*[_.:*?!-]*")
_EXAMPLES: Final = re.compile(
    r"[<{$%\[]|\.\.\.|xxx|\*\*\*|example|sample|dummy|placeholder|your|change_?me|redacted|insert|todo|test|fake|"
    r"^(?:https?:|/|\.|#|@|--)|undefined|null|_?(?:password|token|secret|key)$",
    re.I,
)


def _hardcoded(node: Node) -> Node | None:
    name = name_of(node.part("name") or node.part("left") or node.part("key"))
    value = node.part("value") or node.part("right")
    if value is None or value.kind not in {"string", "template_string"} or not value.fact.is_constant:
        return None
    return value if _CREDENTIAL.search(name) and _looks_secret(value.fact.text or "") else None


def _looks_secret(text: str) -> bool:
    """Whether it can be a credential: one word with more than letters in it, and no example."""
    return bool(_SHAPE.fullmatch(text)) and not _WORDS.fullmatch(text) and not _EXAMPLES.search(text)


_LOGGED: Final = re.compile(
    r"(?:^|_|(?<=[a-z]))(?:passw(?:or)?d|passphrase|secret|api_?key|private_?key|client_?secret|"
    r"(?:auth|access|refresh|bearer|session|jwt)_?token)$",
    re.I,
)
_LOGGERS: Final = frozenset({"console", "logger", "log", "winston", "pino", "_logger", "LOG", "Logger"})


def _logged(call: Node) -> Node | None:
    function = callee(call)
    holder = function.part("object") if function else None
    if holder is None or name_of(holder) not in _LOGGERS:
        return None
    return call if any(_shows_secret(value) for value in arguments(call)) else None


def _shows_secret(value: Node) -> bool:
    if value.kind == "template_string":
        return any(_is_secret(part.children[0]) for part in value.children if _is_substitution(part))
    if value.kind == "binary_expression":
        return any(_is_secret(side) for side in value.children)
    return _is_secret(value)


def _is_substitution(part: Node) -> bool:
    return part.kind == "template_substitution" and bool(part.children)


def _is_secret(value: Node) -> bool:
    is_name = value.kind in {"identifier", "member_expression"}
    return is_name and not value.fact.is_constant and bool(_LOGGED.search(name_of(value)))


RULES: Final = (
    Rule(
        id="js-hardcoded-credential",
        title="Credential in the source",
        severity="high",
        confidence="medium",
        cwe=798,
        message="A password or key stands in the source.",
        help="Read it from the environment or a secret store, and replace the one that was here.",
        kinds=("variable_declarator", "assignment_expression", "pair", "public_field_definition"),
        check=_hardcoded,
    ),
    Rule(
        id="js-logged-secret",
        title="Secret in the log",
        severity="medium",
        confidence="medium",
        cwe=532,
        message="A value that is named as a secret is written to the log.",
        help="Log that it is there, or the last characters of its digest, never the value.",
        calls=("log", "info", "debug", "warn", "error", "trace", "verbose"),
        check=_logged,
    ),
)
