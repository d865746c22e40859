"""What a model must be told to use the tools: the rules, one example, the declarations.

Short, because it is paid for in every request; exact, because the model takes it at its word. The example calls a tool
that exists with its true argument names: an invented one would be called. Of a catalogue too large for the tokens that
the host allows, some tools are declared, the others named by group, and the model is told how to find them.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias, get_args

from belljar.errors import UsageError
from belljar.limits import Limits
from belljar.tools._budget import (
    SIXTHS,
    by_group,
    choose,
    cost,
    estimated_tokens,
    least_cost,
    longest_fence,
    names_text,
    rest_cost,
)
from belljar.tools._declare import declarations
from belljar.tools._discovery import is_discovery
from belljar.tools._search import SearchIndex
from belljar.tools._tool import AnyTool
from belljar.tools._typescript import key_text, literal_text

Form: TypeAlias = Literal["tags", "tool"]
"""How a script reaches belljar: between `<tool-calls>` tags in the reply, or handed to a tool `run_typescript`."""

_INTRODUCTIONS: Final[Mapping[Form, str]] = {
    "tags": """\
# Tools

You act by writing a script: TypeScript between a `<tool-calls>` line and a `</tool-calls>` line, as plain text of \
your reply. Inside a code fence it is not run. It runs once, you get back what it returns, and nothing is kept for the \
next script. Put steps that depend on each other into one script, with logic between the calls.

<tool-calls>
{example}
</tool-calls>
""",
    "tool": """\
# Tools

You act by writing a script: TypeScript that you hand to the tool `run_typescript`, without a code fence around it. It \
runs once, you get back what it returns, and nothing is kept for the next script. The tools below exist only inside \
the script. Put steps that depend on each other into one script, with logic between the calls.

{fence}ts
{example}
{fence}
""",
}

_RULES: Final = """
- The script is the body of an async function. `await` every call, and `return` the data you need to see (at most \
{return_kb} kB as JSON): summarise, filter and count in the script instead of returning everything.
- `tools.name({{...}})` takes one object with named arguments and gives a promise. Independent calls go together: \
`await Promise.all([...])`.
- Values are JSON data, and `Uint8Array` for bytes. `undefined` cannot be sent. Results are read-only: copy before you \
sort or change them.
- There are standard ECMAScript, `tools`, `console` and `context`, and nothing else: no `import`, `require`, `eval`, \
`fetch`, `process`, timers or files. Types may be written and are erased; no `namespace` and no decorators.
- A call that fails throws: catch it where you can go on (`err.name`, `err.code` and `err.message` say what happened). \
An error that is not caught ends the script, and you are told which calls were made: do not make those again.
- Limits: {limits}.
"""

_ASKED: Final = "- A person may be asked before {names} runs and may say no (`ApprovalDeniedError`): then do not retry."

_DISCOVERY: Final = """\
- There are {count:,} tools, more than are declared here. `tools.{search}({{ query: "..." }})` finds tools by what \
they do and gives `[{{ name, signature, description }}]`, best first. `tools.{describe}({{ name: "..." }})`, or \
`names: [...]`, gives exact declarations as text, for a group too: `"{group}*"`. `return` what they give, then call \
the tool by its full name in your next script. Do not guess the arguments of a tool whose declaration or signature \
you have not seen.
"""

_DISCOVERY_EXAMPLE: Final = """\
const found = await tools.{search}({{ query: "...", limit: 3 }});
return await tools.{describe}({{ names: found.map((tool) => tool.name) }});"""

_NAMES_HEADING: Final = "\nNot declared here:\n"

_NAMES_SHARE: Final = (2, 5)
"""How much of the room the names of undeclared tools may claim before declarations do. A name costs a twentieth of a
declaration and lets a model ask for the rest."""


def prompt_text(
    tools: Iterable[AnyTool],
    *,
    limits: Limits | None = None,
    max_tokens: int | None = None,
    query: str | None = None,
    asked: Collection[str] | None = None,
    form: Form = "tags",
) -> str:
    """The system prompt's part on tools: rules that hold under `limits` (default: `Limits()`), then declarations.

    With `max_tokens` the text never takes more, as `estimated_tokens` counts them. Tools that do not fit must be
    reachable by those of `discovery_tools`, which are given among `tools`: the most relevant to `query`, then whole
    groups in order, then single tools are declared, and the others are named. If everything fits, discovery is not
    mentioned. `asked` names the tools before which a person may be asked; None goes by each tool's own rule.

    Raises UsageError for too few tokens even for the rules, naming the least number; when not everything fits and there
    are no discovery tools; and for an unknown form.
    """
    listed = list(tools)
    frame = _Frame.of(limits, asked, form)
    if max_tokens is None:
        return frame.whole(listed)
    others = [tool for tool in listed if not is_discovery(tool)]
    whole = frame.whole_within(max_tokens, others)
    if whole is not None:
        return whole
    names = [tool.name for tool in listed if is_discovery(tool)]
    if len(names) != 2:
        raise _too_large(len(others), estimated_tokens(frame.whole(others)), max_tokens)
    selection = _Selection(frame=frame, tools=others, search=names[0], describe=names[1], max_tokens=max_tokens)
    return selection.text(SearchIndex(others).rank(query) if query else ())


def fits(
    tools: Iterable[AnyTool],
    max_tokens: int,
    *,
    limits: Limits | None = None,
    asked: Collection[str] | None = None,
    form: Form = "tags",
) -> bool:
    """Whether all tools but those of discovery can be declared in so many tokens: if so, discovery is not needed."""
    others = [tool for tool in tools if not is_discovery(tool)]
    return _Frame.of(limits, asked, form).whole_within(max_tokens, others) is not None


def _too_large(count: int, needed: int, max_tokens: int) -> UsageError:
    return UsageError(
        f"the rules and declarations of {count:,} tools need {needed:,} tokens, and max_tokens is {max_tokens:,}",
        hint="Give both discovery_tools(...) among the tools, or raise max_tokens.",
    )


# -- the parts --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    """What does not depend on the tools."""

    limits: Limits
    asked: frozenset[str] | None
    form: Form

    @classmethod
    def of(cls, limits: Limits | None, asked: Collection[str] | None, form: Form) -> _Frame:
        if form not in get_args(Form):
            raise UsageError(f"unknown form {form!r}", hint=f"Forms: {', '.join(get_args(Form))}.")
        return cls(limits=limits or Limits(), asked=None if asked is None else frozenset(asked), form=form)

    def whole(self, tools: Sequence[AnyTool]) -> str:
        """The text with every tool declared."""
        names = [f"`{tool.name}`" for tool in tools if self.asks(tool)]
        return f"{self.rules(_example(tools))}{_asked(names)}{_fenced(tools)}"

    def whole_within(self, max_tokens: int, tools: Sequence[AnyTool]) -> str | None:
        """The same, or None where it is too long; of a large catalogue that is known without writing it."""
        if least_cost(tools) > SIXTHS * max_tokens:
            return None
        text = self.whole(tools)
        return text if estimated_tokens(text) <= max_tokens else None

    def rules(self, example: str) -> str:
        introduction = _INTRODUCTIONS[self.form].format(example=example, fence=_fence(example))
        return introduction + _RULES.format(limits=_limits(self.limits), return_kb=self.limits.return_bytes // 1024)

    def asks(self, tool: AnyTool) -> bool:
        return tool.approval != "never" if self.asked is None else tool.name in self.asked


def _limits(limits: Limits) -> str:
    return (
        f"{_seconds(limits.timeout_ms)} of time, {limits.tool_calls} calls, {limits.concurrent_calls} of them at once "
        f"(more wait their turn), {limits.memory_mb} MB of memory, {limits.source_bytes:,} bytes of script"
    )


def _seconds(milliseconds: int) -> str:
    return f"{milliseconds / 1000:g} s"


def _asked(names: Sequence[str]) -> str:
    return _ASKED.format(names=" or ".join(names)) + "\n" if names else ""


def _fenced(tools: Sequence[AnyTool]) -> str:
    declared = declarations(tools)
    fence = _fence(declared)
    return f"\n{fence}ts\n{declared}{fence}\n"


def _fence(text: str) -> str:
    """Backticks that nothing in the text can close."""
    return "`" * longest_fence(text)


# -- a part of a large catalogue --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Selection:
    """Some of the tools declared, the others named, in `max_tokens`."""

    frame: _Frame
    tools: Sequence[AnyTool]
    search: str
    describe: str
    max_tokens: int

    def text(self, relevant: Sequence[AnyTool]) -> str:
        """`relevant` tools come first, among the declarations and among the names."""
        declared = dict.fromkeys(self._declared(relevant))
        others = [tool for tool in dict.fromkeys((*relevant, *self.tools)) if tool not in declared]
        before = self._before_names(list(declared))
        return before + names_text(others, SIXTHS * self.max_tokens - cost(before))

    def _declared(self, relevant: Sequence[AnyTool]) -> list[AnyTool]:
        free = self._free([])
        if free < 0:
            least = self.max_tokens - free // SIXTHS
            raise UsageError(f"the rules alone need {least:,} tokens, and max_tokens is {self.max_tokens:,}")
        mine, whole = _NAMES_SHARE
        room = free - min(cost(names_text(self.tools, free)), free * mine // whole)
        chosen = choose(self.tools, relevant, room)
        while (missing := -self._free(chosen)) > 0:  # what surrounds a declaration is not in its price
            room -= missing
            chosen = choose(self.tools, relevant, room)
        return chosen

    def _free(self, declared: Sequence[AnyTool]) -> int:
        """Sixths of a token that are left beside the shortest list of names."""
        return SIXTHS * self.max_tokens - cost(self._before_names(declared)) - rest_cost(self.tools)

    def _before_names(self, declared: Sequence[AnyTool]) -> str:
        group = next((name for name in by_group(self.tools) if name), "")
        names = {"search": self.search, "describe": self.describe}
        rules = self.frame.rules(_DISCOVERY_EXAMPLE.format(**names))
        discovery = _DISCOVERY.format(count=len(self.tools), group=f"{group}." if group else "", **names)
        fenced = _fenced(declared) if declared else ""
        return f"{rules}{self._asked(declared)}{discovery}{fenced}{_NAMES_HEADING}"

    def _asked(self, declared: Sequence[AnyTool]) -> str:
        names = [f"`{tool.name}`" for tool in declared if self.frame.asks(tool)]
        others = sum(map(self.frame.asks, self.tools)) - len(names)
        return _asked([*names, f"{others:,} of the others"] if others else names)


# -- the example ------------------------------------------------------------------------------------------------------


def _example(tools: Sequence[AnyTool]) -> str:
    if not tools:
        return "return [1, 2, 3].map((n) => n * n);"
    first = tools[0]
    return (
        "try {\n"
        f"  const result = await tools.{first.name}({_sample_arguments(first.parameters)});\n"
        "  return { result };\n"
        "} catch (err) {\n"
        "  return { failed: err.code, why: err.message };\n"
        "}"
    )


_SAMPLES: Final[Mapping[str, str]] = {
    "string": '"..."',
    "integer": "1",
    "number": "1",
    "boolean": "true",
    "array": "[]",
    "object": "{}",
}


def _sample_arguments(schema: Mapping[str, Any]) -> str:
    properties = schema.get("properties", {})
    fields = [f"{key_text(name)}: {_sample(properties.get(name, {}), schema)}" for name in schema.get("required", ())]
    return f"{{ {', '.join(fields)} }}" if fields else ""


def _sample(schema: Any, root: Mapping[str, Any]) -> str:
    resolved = _resolved(schema, root)
    if "const" in resolved or resolved.get("enum"):
        return literal_text(resolved["const"] if "const" in resolved else resolved["enum"][0])
    return _SAMPLES.get(json.dumps(resolved.get("type")).strip('"'), "null")


def _resolved(schema: Any, root: Mapping[str, Any]) -> Mapping[str, Any]:
    """The first schema that says something itself, through references and unions; a cycle ends after a few steps."""
    for _ in range(8):
        if not isinstance(schema, Mapping):
            return {}
        members = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
        if "$ref" in schema:
            schema = root.get("$defs", {}).get(str(schema["$ref"]).rpartition("/")[2])
        elif isinstance(members, list):
            schema = members[0]
        else:
            return schema
    return {}
