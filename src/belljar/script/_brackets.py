"""A lexer that knows brackets and quotes only, for texts that the parser could not read.

It finds the first bracket, string, template or comment that does not fit, says where its other end is, and tells a
closing bracket that ends the script's own body. It guesses, as all lexers without a parser must, whether `/` divides;
so only that last answer counts as certain. Linear: each character is looked at once or twice.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from belljar.script._text import EOL

_TOKEN: Final = re.compile(
    r"""
    (?P<comment>//[^\n\r\u2028\u2029]*|/\*(?s:.*?)\*/)
    |(?P<string>"(?:[^"\\\n\r]|\\(?:\r\n|(?s:.)))*+"|'(?:[^'\\\n\r]|\\(?:\r\n|(?s:.)))*+')
    |(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<template>`)
    |(?P<half_string>["'])|(?P<half_comment>/\*)|(?P<slash>/)
    |(?P<word>[\w$]+)|(?P<sign>\S)
    """,
    re.VERBOSE,
)
_TEMPLATE: Final = re.compile(r"(?:[^`\\$]|\\(?s:.)|\$(?!\{))*+(`|\$\{|\Z|\\\Z)")
_REGEX: Final = re.compile(r"/(?![*/])(?:[^/\\\[\n\r]|\\.|\[(?:[^\]\\\n\r]|\\.)*+\])++/\w*")
_HALVES: Final = {
    '"': ("the string is not closed on its line", 'Add the missing ", or use a template string for several lines.'),
    "'": ("the string is not closed on its line", "Add the missing ', or use a template string for several lines."),
    "/*": ("the comment is never closed", "Add the missing '*/'."),
}
_PAIRS: Final = {"(": ")", "[": "]", "{": "}", "${": "}", "`": "`"}
_VALUE_ENDS: Final = frozenset(("string", "close", "word", "template"))
_WORDS_BEFORE_REGEX: Final = frozenset("return typeof case in of do else void delete throw new await yield".split())  # noqa: SIM905 a table of words


class Problem(NamedTuple):
    """What does not fit, and where."""

    start: int
    message: str
    hint: str
    ends_body: bool = False
    """A closing bracket with nothing open: it would end the script's own body."""


class _Open(NamedTuple):
    bracket: str
    start: int


def first_problem(units: str) -> Problem | None:
    """The first thing that does not fit, or None where all brackets and quotes do."""
    return _Lexer(units).run()


class _Lexer:
    """One pass over a text."""

    def __init__(self, units: str) -> None:
        self._units = units
        self._open: list[_Open] = []
        self._at = 0
        self._after_value = False
        self._no_regex_before = 0

    def run(self) -> Problem | None:
        while found := _TOKEN.search(self._units, self._at):
            self._at = found.end()
            kind = found.lastgroup or ""
            was_value = self._after_value
            self._after_value = kind in _VALUE_ENDS and found[0] not in _WORDS_BEFORE_REGEX
            problem = self._handle(kind, found, was_value)
            if problem is not None:
                return problem
        return self._unclosed() if self._open else None

    def _handle(self, kind: str, found: re.Match[str], was_value: bool) -> Problem | None:
        match kind:
            case "open":
                self._open.append(_Open(found[0], found.start()))
            case "close":
                return self._close(found)
            case "template":
                return self._template(found.start())
            case "half_string" | "half_comment":
                message, hint = _HALVES[found[0]]
                return Problem(found.start(), message, hint)
            case "comment":
                self._after_value = was_value
            case "slash" if not was_value and found.start() >= self._no_regex_before:
                self._regex(found.start())
        return None

    def _unclosed(self) -> Problem:
        bracket, start = self._open[-1]
        return Problem(start, f"'{bracket}' is never closed", f"Add the missing '{_PAIRS[bracket]}'.")

    def _close(self, found: re.Match[str]) -> Problem | None:
        if not self._open:
            message = f"'{found[0]}' closes nothing that was opened"
            return Problem(found.start(), message, "Delete it, or add what it should close.", ends_body=True)
        bracket, start = self._open.pop()
        if _PAIRS[bracket] != found[0]:
            line = len(EOL.findall(self._units, 0, start)) + 1
            message = f"'{found[0]}' does not close the '{bracket}' of line {line}"
            return Problem(found.start(), message, f"Write '{_PAIRS[bracket]}' first.")
        return self._template(start) if bracket == "${" else None

    def _template(self, start: int) -> Problem | None:
        """From inside a template to its end, or to the next `${`."""
        found = _TEMPLATE.match(self._units, self._at)
        end = found[1] if found else ""
        if not found or end not in ("`", "${"):
            return Problem(start, "the template string is never closed", "Add the missing '`'.")
        self._at = found.end()
        self._after_value = end == "`"
        if end == "${":
            self._open.append(_Open("${", start))
        return None

    def _regex(self, start: int) -> None:
        """Skips a regular expression; after one that has no end, the rest of the line has only divisions."""
        if regex := _REGEX.match(self._units, start):
            self._at = regex.end()
            self._after_value = True
        else:
            end = EOL.search(self._units, start)
            self._no_regex_before = end.start() if end else len(self._units)
