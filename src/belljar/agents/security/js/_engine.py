"""One parse and one way through the tree for all rules.

When a node ends, what is known of it is worked out, and the rules for its kind are asked; for a call only those that
name its function. So the cost is linear in the file, however many rules there are.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import Final

from belljar.agents.security._finding import ScanFinding
from belljar.agents.security.js._evaluate import Flow
from belljar.agents.security.js._rule import Rule, callee, name_of
from belljar.agents.security.js._rules import RULES, UNREAD
from belljar.agents.security.js._scope import Names, hoisted
from belljar.agents.security.js._tree import SCOPES, Node, Source, parse

TOOL: Final = "belljar-js"

_CALLS: Final = frozenset({"call_expression", "new_expression"})
_TYPESCRIPT: Final = (".ts", ".mts", ".cts")


def _by_kind() -> dict[str, list[Rule]]:
    table: dict[str, list[Rule]] = {}
    for rule in RULES:
        for kind in rule.kinds:
            table.setdefault(kind, []).append(rule)
    return table


def _by_call() -> dict[str, list[Rule]]:
    table: dict[str, list[Rule]] = {}
    for rule in RULES:
        for name in rule.calls:
            table.setdefault(name, []).append(rule)
    return table


_BY_KIND: Final = _by_kind()
_BY_CALL: Final = _by_call()


def scan_source(path: str, text: str) -> list[ScanFinding]:
    """What the rules hold against one file of JavaScript or TypeScript, in the order of the text.

    The path decides the grammar: `.ts`, `.mts` and `.cts` have no JSX, everything else may. A text with errors is
    scanned as far as it can be read; one that the parser gives up on has the finding `js-unread`.
    """
    source = Source(text)
    events = parse(source, is_typescript=path.lower().endswith(_TYPESCRIPT))
    if events is None:
        return [_finding(UNREAD, path, (1, 1), (1, 1))]
    hits = sorted({(node.start, node.end, rule.id): rule for rule, node in _hits(events)}.items())
    places = _Places(source, {offset for (start, end, _), _ in hits for offset in (start, end)})
    return [_finding(rule, path, places.at(start), places.at(end)) for (start, end, _), rule in hits]


def _finding(rule: Rule, path: str, start: tuple[int, int], end: tuple[int, int]) -> ScanFinding:
    return ScanFinding(
        rule=rule.id,
        severity=rule.severity,
        confidence=rule.confidence,
        message=rule.message,
        path=path,
        line=start[0],
        column=start[1],
        end_line=end[0],
        end_column=end[1],
        cwe=rule.cwe,
        tool=TOOL,
        help=rule.help,
    )


def _hits(events: list[Node]) -> Iterator[tuple[Rule, Node]]:
    names = Names(hoisted(events))
    flow = Flow(names)
    for node in events:
        if node.kind in SCOPES:
            if names.crosses(node):
                flow.open(node)
                continue
            flow.close(node)
        flow.leave(node)
        for rule in _asked(node):
            place = rule.check(node)
            if place is not None:
                yield rule, place


def _asked(node: Node) -> list[Rule]:
    if node.kind not in _CALLS:
        return _BY_KIND.get(node.kind, _NONE)
    function = callee(node)
    if function is None:
        return _NONE
    path = function.fact.path
    name = path.rpartition(".")[2].removeprefix("new ").lstrip("@?") if path else name_of(function)
    return _BY_CALL.get(name, _NONE)


_NONE: Final[list[Rule]] = []


class _Places:
    """Lines and columns of some offsets, by one way through the text."""

    __slots__ = ("_characters", "_lines")

    def __init__(self, source: Source, offsets: set[int]) -> None:
        self._characters: dict[int, int] = {}
        before = characters = 0
        for offset in sorted(offsets):
            characters += len(source.cut(before, offset))
            self._characters[offset] = characters
            before = offset
        self._lines = [0]
        found = source.text.find("\n")
        while found >= 0:
            self._lines.append(found + 1)
            found = source.text.find("\n", found + 1)

    def at(self, offset: int) -> tuple[int, int]:
        """The line and the column, both from 1."""
        character = self._characters[offset]
        line = bisect_right(self._lines, character)
        return line, character - self._lines[line - 1] + 1
