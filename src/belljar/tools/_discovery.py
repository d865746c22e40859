"""`search` and `describe`: two tools by which a script finds the tools that its prompt has no room for.

They are tools like any other, journalled and counted. What they show is the catalogue at the moment of the call, so
tools that come and go between turns are found, or not, as they are there. A name that is described is described
exactly; a group is described as long as it stays readable, and else listed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from threading import Lock
from typing import Any, Final, TypeAlias

from belljar.errors import ToolNotFoundError, ToolValidationError
from belljar.guess import closest
from belljar.tools._characters import UNPRINTABLE
from belljar.tools._declare import call_text, declarations
from belljar.tools._problems import refuse
from belljar.tools._search import SearchIndex, terms
from belljar.tools._tool import AnyTool, Tool

ToolsView: TypeAlias = Callable[[], Iterable[AnyTool]]
"""Gives the tools as they are now. Discovery tools among them are left out."""

NAMES: Final = ("search", "describe")
_OTHER_NAMES: Final = ("catalogue.search", "catalogue.describe")
"""Where a tool or a group of the host has one of the short names."""

_MOST_HITS: Final = 50
_QUERY_CHARS: Final = 1_000
_MOST_NAMES: Final = 50
_DECLARED_CHARS: Final = 24_000
"""Of a group's declarations, some 6,000 tokens; a larger group is listed."""
_LISTED_TOOLS: Final = 200
_SIGNATURE_CHARS: Final = 400
_SENTENCE_CHARS: Final = 160


def discovery_tools(view: ToolsView) -> tuple[AnyTool, AnyTool]:
    """`search` and `describe` over what `view` gives; called at once, for its names, and at every call.

    They are named so unless a tool or group of the view has one of these names: then `catalogue.search` and
    `catalogue.describe`. An answer never holds more than 50 hits or, of a group, 24,000 characters of declarations.
    """
    roots = {tool.name.partition(".")[0] for tool in view() if not is_discovery(tool)}
    search, describe = NAMES if roots.isdisjoint(NAMES) else _OTHER_NAMES
    catalogue = Catalogue(view, search=search, describe=describe)
    return (
        Tool.from_schema(
            catalogue.search,
            name=search,
            description="Find tools by what they do, best first.",
            parameters=_SEARCH_PARAMETERS,
            result=_SEARCH_RESULT,
            idempotent=True,
        ),
        Tool.from_schema(
            catalogue.describe,
            name=describe,
            description="The exact declarations of tools, as TypeScript.",
            parameters=_DESCRIBE_PARAMETERS,
            result={"type": "string"},
            idempotent=True,
        ),
    )


def is_discovery(tool: AnyTool) -> bool:
    """Whether `discovery_tools` made it."""
    return isinstance(getattr(tool.fn, "__self__", None), Catalogue)


class Catalogue:
    """The tools of a view, and the index of them as long as they stay the same objects."""

    def __init__(self, view: ToolsView, *, search: str, describe: str) -> None:
        self._view = view
        self._search, self._describe = search, describe
        self._lock = Lock()
        self._index = SearchIndex(())

    def index(self) -> SearchIndex:
        """Of the tools that are there now."""
        tools = tuple(tool for tool in self._view() if not is_discovery(tool))
        with self._lock:  # calls that run at the same time build it once
            if tools != self._index.tools:
                self._index = SearchIndex(tools)
            return self._index

    # -- search --------------------------------------------------------------------------------------------------------

    def search(self, arguments: Mapping[str, Any]) -> list[dict[str, str]]:
        """Raises ToolValidationError for a query without words and for a limit that is none."""
        query, limit = arguments["query"], arguments.get("limit", 10)
        if not 1 <= limit <= _MOST_HITS:
            raise self._refused(self._search, "limit", f"should be from 1 to {_MOST_HITS}, got {limit}")
        if len(query) > _QUERY_CHARS:
            raise self._refused(self._search, "query", f"should have at most {_QUERY_CHARS:,} characters")
        if not any(terms(query)):
            whole = f'To see a whole group: tools.{self._describe}({{ name: "GROUP.*" }}).'
            raise self._refused(self._search, "query", "should have a word", hint=whole)
        return [_hit(tool) for tool in self.index().rank(query, limit)]

    # -- describe ------------------------------------------------------------------------------------------------------

    def describe(self, arguments: Mapping[str, Any]) -> str:
        """Raises ToolNotFoundError for a name that is no tool, group or pattern of one."""
        names = self._asked_for(arguments)
        if not names:
            return "// no tools\n"  # of a search that found none
        index = self.index()
        found = [self._resolved(name, index) for name in names]
        tools = list(dict.fromkeys(tool for several in found for tool in several))
        are_all_named = all(len(several) == 1 for several in found)
        if len(tools) > _LISTED_TOOLS and not are_all_named:
            return _listed(tools)
        text = _declared(tools)
        return text if are_all_named or len(text) <= _DECLARED_CHARS else _listed(tools)

    def _asked_for(self, arguments: Mapping[str, Any]) -> list[str]:
        one = [arguments["name"]] if "name" in arguments else []
        names = [*one, *arguments.get("names", ())]
        if not arguments or not all(isinstance(name, str) for name in names):
            raise self._refused(self._describe, "name", "should be a tool's name, or names a list of them")
        if len(names) > _MOST_NAMES:
            raise self._refused(self._describe, "names", f"should have at most {_MOST_NAMES}, got {len(names)}")
        return names

    def _resolved(self, name: str, index: SearchIndex) -> list[AnyTool]:
        for wanted in dict.fromkeys((name, name.removeprefix("tools."))):
            found = [tool for tool in index.tools if tool.name == wanted] or list(_group(wanted, index.tools))
            if found:
                return found
        raise self._not_found(name, index)

    def _not_found(self, name: str, index: SearchIndex) -> ToolNotFoundError:
        shown = name if len(name) <= 80 else f"{name[:80]}..."
        near = closest(shown, [tool.name for tool in index.tools])
        ranked = [tool.name for tool in index.rank(shown, 3)]
        nearest = list(dict.fromkeys([near, *ranked] if near else ranked))
        hint = f"Did you mean {' or '.join(nearest)}?" if nearest else f"Look for it with tools.{self._search}."
        return ToolNotFoundError(
            f"there is no tool, group or pattern {shown!r}",
            hint=hint,
            tool=self._describe,
            details={"name": shown, "closest": nearest},
        )

    def _refused(self, tool: str, path: str, message: str, *, hint: str = "") -> ToolValidationError:
        problem = {"path": path, "message": message, "input_type": "unknown"}
        return refuse(tool, [problem], what="arguments", hint=hint)


def _group(name: str, tools: Sequence[AnyTool]) -> Iterator[AnyTool]:
    """The tools of a group, or those that a pattern with `*` fits, in order."""
    if "*" in name:
        return (tool for tool in tools if fnmatchcase(tool.name, name))
    return (tool for tool in tools if tool.name.startswith(f"{name}."))


# -- what is shown of a tool ------------------------------------------------------------------------------------------


def _hit(tool: AnyTool) -> dict[str, str]:
    return {"name": tool.name, "signature": _signature(tool), "description": first_sentence(tool.description)}


def _signature(tool: AnyTool) -> str:
    line = re.sub(r"\s*\n\s*", " ", call_text(tool.name, tool.parameters, tool.result))
    return line if len(line) <= _SIGNATURE_CHARS else f"{line[:_SIGNATURE_CHARS]}..."


def first_sentence(text: str) -> str:
    """Up to the first full stop or blank line, on one line, at most 160 characters."""
    paragraph = " ".join(UNPRINTABLE.sub("", text.strip().partition("\n\n")[0]).split())
    sentence = re.split(r"(?<=[.!?])\s(?![a-z])|(?<=。)", paragraph, maxsplit=1)[0]  # not after "e.g."
    return sentence if len(sentence) <= _SENTENCE_CHARS else f"{sentence[: _SENTENCE_CHARS - 3]}..."


def _declared(tools: Sequence[AnyTool]) -> str:
    asking = [tool.name for tool in tools if tool.approval != "never"]
    asked = f"// A person may be asked before these run and may say no: {', '.join(asking)}\n" if asking else ""
    return asked + declarations(tools)


def _listed(tools: Sequence[AnyTool]) -> str:
    head = f"// {len(tools)} tools. Describe some of them by name for their declarations.\n"
    lines = [f"// {tool.name}: {first_sentence(tool.description)}\n" for tool in tools[:_LISTED_TOOLS]]
    more = len(tools) - _LISTED_TOOLS
    tail = f"// and {more} more: give a narrower group or pattern\n" if more > 0 else ""
    return f"{head}{''.join(lines)}{tail}"


# -- what is told of the two ------------------------------------------------------------------------------------------

_SEARCH_PARAMETERS: Final[Mapping[str, Any]] = {
    "type": "object",
    "properties": {
        "query": {"type": "string", "description": "What the tool should do, in a few words."},
        "limit": {"type": "integer", "minimum": 1, "maximum": _MOST_HITS, "default": 10},
    },
    "required": ["query"],
    "additionalProperties": False,
}
_HIT_FIELDS: Final = ("name", "signature", "description")
_SEARCH_RESULT: Final[Mapping[str, Any]] = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {name: {"type": "string"} for name in _HIT_FIELDS},
        "required": list(_HIT_FIELDS),
    },
}
_DESCRIBE_PARAMETERS: Final[Mapping[str, Any]] = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "description": "Of a tool or a group, or a pattern: `mcp.github.*`."},
        "names": {"type": "array", "items": {"type": "string"}, "maxItems": _MOST_NAMES},
    },
    "required": [],
    "additionalProperties": False,
}
