"""All rules, family by family."""

from __future__ import annotations

from typing import Final

from belljar.agents.security.js import (
    _browser,
    _command,
    _crypto,
    _dynamic,
    _files,
    _markup,
    _objects,
    _query,
    _regex,
    _secrets,
    _web,
)
from belljar.agents.security.js._rule import Rule
from belljar.agents.security.js._tree import Node


def _never(_node: Node) -> Node | None:
    return None


UNREAD: Final = Rule(
    id="js-unread",
    title="File that could not be parsed",
    severity="low",
    confidence="high",
    cwe=1120,
    message="The parser gave this file up, so no rule has seen it.",
    help="Leave generated and minified files out of the scan; split a file that people write.",
    check=_never,
)

RULES: Final[tuple[Rule, ...]] = (
    *_dynamic.RULES,
    *_command.RULES,
    *_query.RULES,
    *_files.RULES,
    *_web.RULES,
    *_markup.RULES,
    *_browser.RULES,
    *_crypto.RULES,
    *_objects.RULES,
    *_regex.RULES,
    *_secrets.RULES,
    UNREAD,
)
