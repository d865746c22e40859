"""Suppression: a comment that says which rule is wrong about a line, and why.

    token = "not-one"  # belljar: ignore secret-named-secret -- the tests' own

On the line itself, or alone on the line above; several may stand alone above one line. Without a reason it suppresses
nothing; and one that is without a reason, or for a rule that found nothing there, is a finding itself, so that none
outlives what it was written for.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from belljar.agents.security._finding import ScanFinding
from belljar.agents.security._stamp import with_prints
from belljar.agents.security._text import plain
from belljar.agents.security._walk import TOOL, SourceFile

_WITHOUT_COMMENTS: Final = (".json", ".sarif")
_MARK: Final = "belljar: ignore"
_COMMENT: Final = re.compile(r"(?:#|//|/\*|<!--|--|;|\{/\*)[ \t]{0,8}belljar: ignore(?!\w)(?P<rest>[^\n]{0,1000})")
_QUOTED: Final = re.compile(r"""\"(?:[^"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`""")
_QUOTE: Final = re.compile("[\"'`]")
_REST: Final = re.compile(r"[ \t]{1,8}(?P<rule>[\w.:-]{1,100})(?:[ \t]{1,8}--[ \t]{1,8}(?P<reason>\S.*))?(?![\w.:-])")
_CLOSED: Final = re.compile(r"[ \t]{0,8}(?:\*/\}?|-->)?[ \t\r]{0,8}$")
_REASON: Final = 200
_NO_REASON: Final = "Write `belljar: ignore RULE -- reason`, or repair what the rule found."
_UNUSED: Final = "Take the comment away, or put it on the line that the rule finds, or alone on the line above."


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """One such comment."""

    path: str
    """As it is shown."""
    line: int
    rule: str
    reason: str
    about: int
    """The line that it is about besides its own: below it, where the line has nothing else; else its own."""

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for `Suppression(**data)`."""
        return asdict(self)

    @property
    def lines(self) -> frozenset[int]:
        """That it is about."""
        return frozenset({self.line, self.about})


def suppressions(file: SourceFile, text: str) -> list[Suppression]:
    """The comments of a text, without secrets. What stands in a text of the program is no comment."""
    if _MARK not in text or file.path.lower().endswith(_WITHOUT_COMMENTS):
        return []
    places = _of_python(text) if file.language == "python" else _of_lines(text)
    found = [each for line, before, comment in places if (each := _parsed(file.shown, line, before, comment))]
    below: dict[int, int] = {}
    for each in reversed(found):
        if each.about != each.line:
            below[each.line] = below.get(each.about, each.about)
    return [replace(each, about=below.get(each.line, each.line)) for each in found]


_Place = tuple[int, str, str]
"""A line's number, what stands before the comment, the comment."""


def _of_python(text: str) -> Iterator[_Place]:
    """As far as Python's own reader gets."""
    with suppress(tokenize.TokenError, SyntaxError):
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.line[: token.start[1]], token.string


def _of_lines(text: str) -> Iterator[_Place]:
    for number, line in enumerate(text.split("\n"), 1):
        found = _COMMENT.search(line) if _MARK in line else None
        if found and not _QUOTE.search(_QUOTED.sub("", line[: found.start()])):
            yield number, line[: found.start()], line[found.start() :]


def _parsed(path: str, line: int, before: str, comment: str) -> Suppression | None:
    found = _COMMENT.search(comment)
    if found is None:
        return None
    rest = _REST.match(_CLOSED.sub("", found["rest"]))
    return Suppression(
        path=path,
        line=line,
        rule=plain(rest["rule"] if rest else ""),
        reason=plain(((rest["reason"] if rest else None) or "").strip(), limit=_REASON),
        about=line if before.strip() else line + 1,
    )


def applied(
    findings: Iterable[ScanFinding], comments: Sequence[Suppression], *, is_whole: bool = True
) -> list[ScanFinding]:
    """The findings with what is suppressed marked so, and those about the comments themselves.

    Unless the scan `is_whole`, nothing is said of comments whose rule found nothing: it may not have been asked.
    """
    by_place = {
        (comment.path, comment.rule, line): comment for comment in comments if comment.reason for line in comment.lines
    }
    used: set[Suppression] = set()
    result = []
    for finding in findings:
        comment = by_place.get((finding.path, finding.rule, finding.line))
        if comment is not None:
            used.add(comment)
        result.append(replace(finding, suppressed=comment.reason if comment else None))
    return result + _about(comments, used, is_whole=is_whole)


def _about(comments: Sequence[Suppression], used: set[Suppression], *, is_whole: bool) -> list[ScanFinding]:
    found: dict[str, list[ScanFinding]] = {}
    for comment in comments:
        if not comment.reason:
            finding = _finding(comment, "suppression-without-reason", "A suppression gives no reason.", _NO_REASON)
        elif is_whole and comment not in used:
            message = f"The rule {comment.rule} finds nothing here."
            finding = _finding(comment, "suppression-unused", message, _UNUSED)
        else:
            continue
        found.setdefault(comment.path, []).append(finding)
    return [each for group in found.values() for each in with_prints(group, lambda finding: finding.message)]


def _finding(comment: Suppression, rule: str, message: str, help: str) -> ScanFinding:
    return ScanFinding(
        rule=rule,
        severity="low",
        confidence="high",
        message=message,
        path=comment.path,
        line=comment.line,
        end_line=comment.line,
        tool=TOOL,
        help=help,
    )
