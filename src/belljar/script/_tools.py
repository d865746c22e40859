"""Which tools a script names, and names of tools that do not exist.

Seen are `tools.name`, `tools.group.name`, `tools["name"]` and `const {name} = tools`, of the global `tools` only. Of
any other use (a computed name, a group or `tools` itself passed on) only the fact is recorded.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Final, NamedTuple

from tree_sitter import Node

from belljar.guess import listing
from belljar.script._findings import Reporter, quote
from belljar.script._grammar import Tree
from belljar.script._names import Guesser
from belljar.script._scope import Scopes, Use, plain_name

_GAP: Final = r"(?:\s|/\*(?s:.*?)\*/|//[^\n\r\u2028\u2029]*)*+"
_NAME: Final = r"(?:[\w$]|\\u\{[0-9A-Fa-f]+\}|\\u[0-9A-Fa-f]{4})+"
"""Letters, also as escapes; a brace that belongs to no escape ends the name."""
_MEMBER: Final = re.compile(
    rf"{_GAP}!?{_GAP}(?:"
    rf"(?:\?\.|\.){_GAP}({_NAME})"
    rf"|(?:\?\.)?{_GAP}\[{_GAP}(?:'([^'\\\n]*)'|\"([^\"\\\n]*)\"|`([^`\\$]*)`){_GAP}\])"
)
"""One step from an object to a property with a fixed name. What comes before is known to be an expression."""


_DOT: Final = re.compile(r"\.")

MAX_STEPS: Final = 8
"""Properties of one path that are read; a tool's name has at most four parts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolUse:
    """One place where a script names a tool."""

    name: str
    """The dotted name, whether or not there is such a tool."""
    line: int
    """Of the name; counts from 1."""
    column: int
    """Counts from 1, in UTF-16 code units."""


class _Step(NamedTuple):
    """A property on the way from `tools`."""

    name: str
    start: int


class _Path(NamedTuple):
    """`tools` at an offset, and the properties that follow."""

    start: int
    steps: tuple[_Step, ...]


class _Resolved(NamedTuple):
    """The tool a path names, and the step that leads nowhere."""

    path: _Path
    name: str | None
    missing: _Step | None


class _Known:
    """The declared tools and the groups they are in."""

    def __init__(self, names: Collection[str]) -> None:
        self.names = names
        self._groups = {name[: dot.start()] for name in names for dot in _DOT.finditer(name)}
        self._listing = f"Declared tools: {listing(names)}." if names else "No tools are declared."
        self._guesser = Guesser(names)

    def resolve(self, path: _Path) -> _Resolved:
        """What a path names. Of `a` and `a.b`, both tools, the longer is meant; a group alone is no tool."""
        dotted = _dotted(path)
        for name in reversed(dotted):
            if name in self.names:
                return _Resolved(path, name, None)
        for index, name in enumerate(dotted):
            if name not in self._groups:
                return _Resolved(path, name, path.steps[index])
        return _Resolved(path, None, None)

    def hint(self, name: str) -> str:
        return f"{self._guesser.did_you_mean(name)} {self._listing}".strip()


class ToolNames(NamedTuple):
    """What a script does with `tools`."""

    uses: tuple[ToolUse, ...]
    """Every place that names one, in the order of the text."""
    has_computed: bool
    """Whether some names are known only when the script runs."""


def report_tools(tree: Tree, scopes: Scopes, reporter: Reporter, *, names: Collection[str] | None) -> ToolNames:
    """All uses; unknown names become findings, unless `names` is None."""
    paths = sorted(_paths(tree, scopes))
    if names is None:
        found = [_Resolved(path, ".".join(_dotted(path)[-1:]) or None, None) for path in paths]
    else:
        known = _Known(names)
        found = [known.resolve(path) for path in paths]
        _report_missing(found, known, reporter)
    uses = tuple(_use(path, name, reporter) for path, name, _ in found if name is not None)
    return ToolNames(uses, len(uses) < len(found))


def _report_missing(found: Iterable[_Resolved], known: _Known, reporter: Reporter) -> None:
    for _, name, missing in found:
        if missing and name:
            hint = known.hint(name)
            message = f"there is no tool {quote(name)}"
            reporter.add("ToolNotFoundError", missing.start, message, width=len(missing.name), hint=hint)


def _dotted(path: _Path) -> list[str]:
    """The names that a path may stand for, shortest first."""
    return list(accumulate((step.name for step in path.steps), "{}.{}".format))


def _use(path: _Path, name: str, reporter: Reporter) -> ToolUse:
    line, column = reporter.lines.position(path.steps[0].start)
    return ToolUse(name=name, line=line, column=column)


def _paths(tree: Tree, scopes: Scopes) -> Iterator[_Path]:
    taken = {node.start_byte >> 1: node for node in tree.nodes("taken_from")}
    for use in scopes.uses:
        if use.name != "tools" or scopes.is_declared(use):
            continue
        parent = taken[use.start].parent if use.start in taken else None
        if parent is None:
            yield _Path(use.start, tuple(_chain(tree.units, use)))
        else:
            yield from _taken_apart(tree, parent, use)


def _chain(units: str, use: Use) -> Iterator[_Step]:
    at = use.start + len("tools")
    for _ in range(MAX_STEPS):
        found = _MEMBER.match(units, at)
        if not found:
            return
        group = found.lastindex or 1
        yield _Step(plain_name(found[group]), found.start(group))
        at = found.end()


def _taken_apart(tree: Tree, parent: Node, use: Use) -> Iterator[_Path]:
    """`const {a, b: c, d = 1, ...rest} = tools`: one path for each property."""
    pattern = parent.child_by_field_name("name") or parent.child_by_field_name("left")
    for child in pattern.named_children if pattern else ():
        key = child.child_by_field_name("key") or child.child_by_field_name("left") or child
        if key.type in ("shorthand_property_identifier_pattern", "property_identifier", "string"):
            text = tree.text(key)
            yield _Path(use.start, (_Step(plain_name(text.strip("\"'")), (key.start_byte >> 1) + (text[0] in "\"'")),))
        elif child.type != "comment":
            yield _Path(use.start, ())
