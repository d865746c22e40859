"""From a plugin's script to the text that runs: the word `export` blanked, and one last line that calls the entry.

The script is read as a syntax tree and changed in place, so every line and column is the author's. What it may export
are its own declarations, by name; it imports nothing. The last line builds `api` and is not the author's.

In the profile `sealed` there is no `api`: functions are no data there, and what it would do is among the effects.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tree_sitter import Node

from belljar.errors import ManifestError
from belljar.guess import closest
from belljar.limits import MAX_SOURCE_BYTES
from belljar.plugins._problems import Problem, refusal
from belljar.script import analyse
from belljar.script._grammar import Tree, parse_units, span
from belljar.script._positions import Edit, apply, in_order
from belljar.script._text import Lines, from_units, to_units

_EXPORT: Final = "export"
_LONE_END: Final = re.compile(r"\r(?!\n)")
_FUNCTIONS: Final = frozenset({"arrow_function", "function_expression"})
_WITH_BODY: Final = _FUNCTIONS | {
    "function_declaration", "method_definition", "generator_function", "generator_function_declaration",
}  # fmt: skip
"""What a return may stand in."""
_TAKEN: Final = frozenset({"tools", "context", "console", "Object", "Date", "TypeError"})
"""Names that the last line needs."""
_EXPORTABLE: Final = frozenset(
    {
        "function_declaration",
        "lexical_declaration",
        "class_declaration",
        "enum_declaration",
        "interface_declaration",
        "type_alias_declaration",
    }
)

_STANDARD: Final = (
    ";return await {name}(Object.freeze({{"
    "log:(level,message,meta)=>{{if(!['debug','info','warn','error'].includes(level))"
    "throw new TypeError('api.log takes the level debug, info, warn or error');"
    "meta===undefined?console[level](message):console[level](message,meta);}},"
    "now:()=>Date.now(),"
    "getConfig:tools.api.getConfig,sleep:tools.api.sleep,validateInput:tools.api.validateInput,"
    "metrics:Object.freeze({{emit: tools.api.metrics.emit }})"
    "}}),context.input);"
)
_SEALED: Final = {True: ";return await {name}(input);", False: ";return {name}(input);"}


def compose(source: str, *, entry_point: str, profile: str, file: str = "plugin.ts") -> str:
    """The text to run. Raises ManifestError, with every problem, for a script that has no such entry, or imports."""
    units = to_units(source.removeprefix("\ufeff"))
    parsed = parse_units(units)
    if parsed is None:
        raise _refused([Problem(file=file, line=1, message="the script cannot be read")])
    reader = _Reader(Tree(units, parsed), file)
    reader.look_at_lines()
    edits = reader.edits()
    entry = reader.entry(entry_point)
    if reader.problems or entry is None:
        raise _refused(reader.problems)
    last = _STANDARD if profile == "standard" else _SEALED[entry.is_async]
    body = from_units(apply(units, in_order(edits)))
    text = f"{body}\n{last.format(name=entry_point)}"
    _check(text, profile, file)
    return text


def _check(text: str, profile: str, file: str) -> None:
    """What the language refuses is told now. Names of tools are looked at when it is known which there are.

    The parser's doubts count, too: who packages a plugin can write what it reads, and an open bracket, text or comment
    would swallow the last line.
    """
    analysis = analyse(text, source_bytes=MAX_SOURCE_BYTES, profile=profile)
    last = text.count("\n")  # of the author's own
    found = [Problem(file=file, line=min(each.line or 1, last), message=each.message) for each in analysis.findings]
    if found:
        raise _refused(found)


@dataclass(frozen=True, slots=True)
class _Exported:
    """One name that the script exports."""

    name: str
    is_function: bool
    is_async: bool = False


class _Reader:
    """One script."""

    def __init__(self, tree: Tree, file: str) -> None:
        self._tree = tree
        self._file = file
        self._lines = Lines(tree.units)
        self._exported: dict[str, _Exported] = {}
        self.problems: list[Problem] = []

    def edits(self) -> list[Edit]:
        """What blanks each `export`. Notes what may not be there."""
        for node in self._tree.nodes("import"):
            self._note(node, "a plugin imports nothing; what it may use is in api and tools")
        for node in self._tree.nodes("return"):
            if not _is_in_function(node):
                self._note(node, "a return outside of functions would end the script before its entry is called")
        return [edit for node in self._tree.nodes("export") for edit in self._blanked(node)]

    def look_at_lines(self) -> None:
        """Notes an end of a line that is one for the engine alone: lines would have other numbers there."""
        found = _LONE_END.search(self._tree.units)
        if found is not None:
            line, _ = self._lines.position(found.start())
            self.problems.append(Problem(file=self._file, line=line, message="end lines with a line feed"))

    def entry(self, name: str) -> _Exported | None:
        """The function that the manifest names. Notes where there is none."""
        found = self._exported.get(name)
        if name in _TAKEN:
            self.problems.append(Problem(file=self._file, line=1, message=f"an entry point cannot be called {name!r}"))
        elif found is not None and found.is_function:
            return found
        if self.problems:
            return None  # it may be missing only because of them
        has_error = self._tree.root.has_error
        message = "the syntax is wrong here" if has_error else self._missing(name, found)
        self.problems.append(Problem(file=self._file, line=self._error_line() if has_error else 1, message=message))
        return None

    def _missing(self, name: str, found: _Exported | None) -> str:
        if found is not None:
            return f"the entry point {name!r} is exported, but it is no function"
        near = closest(name, self._exported)
        return f"the script exports no function {name!r}" + (f"; did you mean {near!r}?" if near else "")

    def _blanked(self, node: Node) -> Iterator[Edit]:
        declared = node.child_by_field_name("declaration")
        is_plain = declared is not None and declared.type in _EXPORTABLE
        if not is_plain or any(child.type == "default" for child in node.children):
            self._note(node, "write export in front of a declaration: export async function name(...) {...}")
            return
        if node.parent is None or node.parent.type != "program":
            self._note(node, "export stands outside of functions and blocks")
            return
        assert declared is not None
        self._exported |= {each.name: each for each in self._names(declared)}
        word = next(child for child in node.children if child.type == _EXPORT)  # a decorator may stand before it
        yield Edit(*span(word), " " * len(_EXPORT))

    def _names(self, declared: Node) -> Iterator[_Exported]:
        if declared.type == "lexical_declaration":
            for each in declared.named_children:
                if each.type == "variable_declarator":
                    yield self._named(each, each.child_by_field_name("value"))
        else:
            yield self._named(declared, declared)

    def _named(self, node: Node, value: Node | None) -> _Exported:
        name = node.child_by_field_name("name")
        is_function = value is not None and (value.type in _FUNCTIONS or value.type == "function_declaration")
        is_async = value is not None and any(child.type == "async" for child in value.children)
        return _Exported(self._tree.text(name) if name is not None else "", is_function, is_async)

    def _error_line(self) -> int:
        marked = [*self._tree.spans("error", "missing")]
        return self._lines.position(min(marked).start)[0] if marked else 1

    def _note(self, node: Node, message: str) -> None:
        line, _ = self._lines.position(span(node).start)
        self.problems.append(Problem(file=self._file, line=line, message=message))


def _is_in_function(node: Node | None) -> bool:
    while node is not None:
        if node.type in _WITH_BODY:
            return True
        node = node.parent
    return False


def _refused(problems: list[Problem]) -> ManifestError:
    return refusal(sorted(problems, key=lambda problem: problem.line or 0))
