"""What a script may not contain, and names that exist nowhere.

By syntax tree and scope analysis, never by text: a string, a property or a local variable named `require` is fine.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from typing import Final, NamedTuple

from belljar.script._findings import Reporter, quote
from belljar.script._grammar import Span, Tree
from belljar.script._names import BANNED_NAMES, GLOBALS, INSTEAD, Guesser
from belljar.script._scope import Scopes, Spans, Use

_ASK_THE_TOOLS = "There are no modules. Use the declared tools and the standard ECMAScript built-ins."


class _Refusal(NamedTuple):
    code: str
    message: str
    hint: str


_BANNED = "BannedIdentifierError"
_SYNTAX = "ScriptSyntaxError"

REFUSED: Final = {
    "import": _Refusal(_BANNED, "import is not available", _ASK_THE_TOOLS),
    "dynamic_import": _Refusal(_BANNED, "import() is not available", _ASK_THE_TOOLS),
    "import_meta": _Refusal(_BANNED, "import.meta is not available", "What the script may know is in `context`."),
    "export": _Refusal(_BANNED, "export is not available", "Delete the word export; end with `return value`."),
    "with": _Refusal(_BANNED, "with is not available in strict mode", "Name the object: object.property."),
    "debugger": _Refusal(_BANNED, "debugger is not available", "Delete it; use console.log to see values."),
    "namespace": _Refusal(
        _SYNTAX, "namespaces are not supported", "Write an object: const name = {...}, or plain functions."
    ),
    "decorator": _Refusal(
        _SYNTAX, "decorators are not supported", "Call the function yourself: const wrapped = decorate(original)."
    ),
    "parameter_property": _Refusal(
        _SYNTAX,
        "parameter properties are not supported",
        "Declare the field in the class and assign it in the constructor: this.name = name.",
    ),
    "hash_bang": _Refusal(_SYNTAX, "a script has no #! line", "Delete the line."),
}
"""Constructs that are refused wherever they stand, by their role in the tree."""

_CALLEE: Final = re.compile(r"arguments\s*\.\s*callee\b")
_WHOLE: Final = ("namespace", "decorator")


def refused_spans(tree: Tree) -> Iterator[Span]:
    """Statements that will not run anyway, so that nothing else is said about what is in them."""
    return tree.spans(*_WHOLE)


def report_constructs(tree: Tree, erased: Spans, reporter: Reporter) -> None:
    """Refused constructs. Types are not looked into; of a construct inside a refused one only the outer is told."""
    found = sorted((span, role) for role in REFUSED for span in tree.spans(role) if span.start not in erased)
    done = 0
    for span, role in found:
        if span.start >= done:
            refusal = REFUSED[role]
            width = _word_length(tree.units, span.start)
            reporter.add(refusal.code, span.start, refusal.message, width=width, hint=refusal.hint)
            done = span.end if role in _WHOLE else done


def _word_length(units: str, start: int) -> int:
    end = start
    while end < len(units) and units[end].isalnum():
        end += 1
    return max(1, end - start)


def report_names(tree: Tree, scopes: Scopes, reporter: Reporter, *, is_broken: bool) -> None:
    """Banned names wherever they are used; each unknown name where it is used first.

    In a broken tree (`is_broken`) declarations may have been lost, so only names that are known to be missing are told.
    """
    asked = {node.start_byte >> 1 for node in tree.nodes("typeof")}
    uses = [use for use in scopes.uses if use.name not in GLOBALS and use.start not in asked]
    for use in chain(_arguments_callee(tree, scopes), (use for use in uses if _is_banned(use, scopes))):
        hint = BANNED_NAMES.get(use.name, "Give the function a name and call it by that.")
        reporter.add(_BANNED, use.start, f"{quote(use.name)} is not available", width=len(use.name), hint=hint)
    unknown: dict[str, Use] = {}
    for use in uses:
        if use.name not in BANNED_NAMES and use.name not in unknown and not scopes.is_declared(use):
            unknown[use.name] = use
    types = {tree.text(node) for node in tree.nodes("type_name")}
    guesser = Guesser({*GLOBALS, *scopes.names()})
    for use in unknown.values():
        if not is_broken or use.name in INSTEAD:
            hint = _hint(use.name, types, guesser)
            message = f"{quote(use.name)} does not exist here"
            reporter.add("UndefinedNameError", use.start, message, width=len(use.name), hint=hint)


def _is_banned(use: Use, scopes: Scopes) -> bool:
    """`eval` cannot be declared in strict code, the others can."""
    return use.name == "eval" or (use.name in BANNED_NAMES and not scopes.is_declared(use))


def _arguments_callee(tree: Tree, scopes: Scopes) -> Iterator[Use]:
    for use in scopes.uses:
        if use.name == "arguments" and _CALLEE.match(tree.units, use.start):
            yield Use("arguments.callee", use.start)


def _hint(name: str, types: set[str], guesser: Guesser) -> str:
    if name in types:
        return f"{quote(name)} is only a type, and types do not exist when the script runs."
    return INSTEAD.get(name) or guesser.did_you_mean(name)
