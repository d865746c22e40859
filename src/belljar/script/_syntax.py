"""What to tell a model about a text that the parser could not read.

The parser recovers from errors, and where it does so is not always where the mistake is. So brackets and quotes are
looked at first, then signs of another language, and what the parser stumbled over comes last.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from tree_sitter import Node

from belljar.script._brackets import Problem, first_problem
from belljar.script._findings import Reporter, quote
from belljar.script._grammar import Tree, span
from belljar.script._text import EOL

MAX_ERRORS: Final = 3
"""Places that are told from the parser alone: what it says after its first stumble is worth less and less."""

MAX_GAP: Final = 200
"""Units before a bracket that are searched for a line end."""

_CODE: Final = "ScriptSyntaxError"
_FENCE: Final = re.compile(r"[ \t]*(?:`{3,}|~{3,})[\w+-]*[ \t]*(?=[\n\r\u2028\u2029]|\Z)")
_BROKEN_STRING: Final = re.compile(r"(?<!\\)(?:\\\\)*(?:(?<!\r)\n|\r)")
_TOKEN: Final = re.compile(r"[\w$]+|\S")


_KINDS: Final = {"identifier": "a name", "property_identifier": "a name", "type_identifier": "a type"}
_KEYWORD: Final = re.compile(r"(?:const|let|var|return|throw|if|while|function|class|new|await|case)\b")
_SHORT: Final = 3
"""Parts of a stumble that still are one statement's beginning."""


class _Foreign(NamedTuple):
    """A sign of another language: what it looks like at the start of a line or at a stumble."""

    pattern: re.Pattern[str]
    message: str
    hint: str


def _foreign(pattern: str, message: str, hint: str) -> _Foreign:
    return _Foreign(re.compile(pattern), message, hint)


_PYTHON: Final = "this is Python, not TypeScript"
_FOREIGN: Final = (
    _foreign(r"(?:async\s+)?def\s+\w+\s*\(", _PYTHON, "Write function name(...) {...}."),
    _foreign(r"elif\b", _PYTHON, "Write else if (...)."),
    _foreign(r"(?:if|while|for|else|try|except|finally|with)\b[^\n{(]*:\s*(?=[\n#]|\Z)", _PYTHON, "Write (...) {...}."),
    _foreign(r"(?:if|while|for)\s*\(.*\)\s*:\s*(?=[\n#]|\Z)", _PYTHON, "Write { instead of the colon."),
    _foreign(r"except\b|raise\b", _PYTHON, "Write try {...} catch (error) {...} and throw new Error(...)."),
    _foreign(r"(?:from\s+[\w.]+\s+)?import\s+[\w.]+\s*(?=[\n,]|\Z)", _PYTHON, "There are no modules in a script."),
    _foreign(r"lambda\b", _PYTHON, "Write (x) => value."),
    _foreign(r"(?:and|or|not|is|in)\s+\w", _PYTHON, "Write &&, ||, ! and ===."),
    _foreign(r"pass\b", _PYTHON, "An empty block is {}."),
    _foreign(r'[fr]?"""', _PYTHON, "For text of several lines, use a template string: `...`."),
    _foreign(r"f[\"']", _PYTHON, "Write a template string: `...${value}...`."),
    _foreign(r"#(?![\w$])|#(?=\w+[ \t]+\w)", "'#' does not begin a comment", "Comments begin with //."),
    _foreign(r"package\b|func\b|fn\b|let\s+mut\b", "this is not TypeScript", "Write TypeScript."),
)


def report_fence(units: str, reporter: Reporter) -> bool:
    """A Markdown fence around the whole script; JavaScript would read it as template strings. True if there is one."""
    found = _FENCE.match(units, len(units) - len(units.lstrip()))
    if found is None:
        return False
    _report_fence(found.start(), reporter)
    return True


def _report_fence(start: int, reporter: Reporter) -> None:
    hint = "Delete the fence lines: inside <tool-calls> there is only the script."
    reporter.add(_CODE, start, "a Markdown code fence is not part of a script", width=3, hint=hint)


def report_line_ends(tree: Tree, reporter: Reporter) -> None:
    """Line ends that the parser reads over: in strings, and where TypeScript ends a type and what follows is code."""
    for start, _ in tree.spans("same_line"):
        before = tree.units[max(0, start - MAX_GAP) : start]
        if EOL.search(before, len(before.rstrip())):
            hint = "End the line before with a semicolon, or move the bracket to it."
            reporter.add(_CODE, start, "this line could continue the type before it", hint=hint)
    for start, end in tree.spans("string"):
        if _BROKEN_STRING.search(tree.units, start, end):
            hint = "Add the missing quote, or use a template string for several lines."
            reporter.add(_CODE, start, "the string is not closed on its line", hint=hint)


def report_syntax(tree: Tree, reporter: Reporter) -> bool:
    """Findings for a tree with errors; True when they are certain, so that no other parser need be asked."""
    problem = first_problem(tree.units)
    if problem is not None:
        reporter.add(_CODE, problem.start, problem.message, hint=problem.hint)
    elif not _report_stumbles(tree, reporter):
        reporter.add(_CODE, 0, "this is not TypeScript")
    return problem is not None and problem.ends_body


def report_unreadable(units: str, reporter: Reporter) -> None:
    """A text that the parser gave up on: its first bracket or quote that does not fit, or just that."""
    problem = first_problem(units) or Problem(0, "this is not TypeScript", "Write it anew.")
    reporter.add(_CODE, problem.start, problem.message, hint=problem.hint)


def _report_stumbles(tree: Tree, reporter: Reporter) -> int:
    """What the parser could not read, outermost only; the number of findings."""
    told: set[int] = set()
    for node in (*_outermost(tree), *tree.nodes("missing")):
        line, _ = reporter.lines.position(node.start_byte >> 1)
        if line not in told and len(told) < MAX_ERRORS:
            told.add(line)
            _report_stumble(tree.units, node, reporter)
    return len(told)


def _outermost(tree: Tree) -> Iterator[Node]:
    done = -1
    for node in sorted(tree.nodes("error"), key=lambda node: (node.start_byte, -node.end_byte)):
        if node.start_byte >= done:
            yield node
            done = node.end_byte


def _report_stumble(units: str, node: Node, reporter: Reporter) -> None:
    """One place: a sign of another language if there is one, else the token that does not fit."""
    start = span(node).start
    line, _ = reporter.lines.position(start)
    first = reporter.lines.offset(line, 1)
    text = reporter.lines.line(line)
    if _FENCE.match(units, first):
        return _report_fence(first, reporter)
    for at in (start, first + len(text) - len(text.lstrip())):
        for foreign in _FOREIGN:
            if found := foreign.pattern.match(units, at):
                width = len(found[0].rstrip())
                return reporter.add(_CODE, at, foreign.message, width=width, hint=foreign.hint)
    if node.is_missing:
        return reporter.add(_CODE, start, f"{_KINDS.get(node.type) or quote(node.type)} is missing")
    return _report_token(units, node, reporter)


def _report_token(units: str, node: Node, reporter: Reporter) -> None:
    """A short stumble after a keyword is about its last token, any other about its first."""
    start, end = span(node)
    if node.child_count <= _SHORT and _KEYWORD.match(units, start):
        start = span(node.children[-1]).start
        if not units[end:].strip():
            return reporter.add(_CODE, end, "the script ends in the middle of a statement")
    token = _TOKEN.search(units, start)
    text = token[0] if token else ""
    at = token.start() if token else start
    return reporter.add(_CODE, at, f"unexpected {quote(text)}" if text else "unexpected end", width=max(1, len(text)))
