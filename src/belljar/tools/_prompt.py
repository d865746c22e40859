"""What a model must be told to use the tools: the rules, one example, the declarations.

Short, because it is paid for in every request; exact, because the model takes it at its word. The example calls a tool
that exists with its true argument names: an invented one would be called.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from belljar.limits import Limits
from belljar.tools._declare import declarations
from belljar.tools._tool import AnyTool
from belljar.tools._typescript import key_text, literal_text

_RULES: Final = """\
# Tools

You act by writing a script: TypeScript between a `<tool-calls>` line and a `</tool-calls>` line, as plain text of \
your reply. Inside a code fence it is not run. It runs once, you get back what it returns, and nothing is kept for the \
next script. Put steps that depend on each other into one script, with logic between the calls.

<tool-calls>
{example}
</tool-calls>

- The script is the body of an async function. `await` every call, and `return` the data you need to see (at most \
{return_kb} kB as JSON): summarise, filter and count in the script instead of returning everything.
- `tools.name({{...}})` takes one object with named arguments and gives a promise. Independent calls go together: \
`await Promise.all([...])`.
- Values are JSON data, and `Uint8Array` for bytes. `undefined` cannot be sent.
- There are standard ECMAScript, `tools`, `console` and `context`, and nothing else: no `import`, `require`, `eval`, \
`fetch`, `process`, timers or files. Types may be written and are erased; no `namespace` and no decorators.
- A call that fails throws: catch it where you can go on (`err.name`, `err.code` and `err.message` say what happened). \
An error that is not caught ends the script, and you are told which calls were made: do not make those again.
- Limits: {limits}.
"""

_ASKED: Final = "- A person may be asked before {names} runs and may say no (`ApprovalDeniedError`): then do not retry."


def prompt_text(tools: Iterable[AnyTool], *, limits: Limits | None = None) -> str:
    """The system prompt's part on tools: rules that hold under `limits` (default: `Limits()`), then declarations."""
    listed = list(tools)
    bounds = limits or Limits()
    rules = _RULES.format(example=_example(listed), limits=_limits(bounds), return_kb=bounds.return_bytes // 1024)
    declared = declarations(listed)
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", declared)), default=0))  # no description can close it
    return f"{rules}{_asked(listed)}\n{fence}ts\n{declared}{fence}\n"


def _limits(limits: Limits) -> str:
    return (
        f"{_seconds(limits.timeout_ms)} of time, {limits.tool_calls} calls, {limits.concurrent_calls} of them at once "
        f"(more wait their turn), {limits.memory_mb} MB of memory, {limits.source_bytes:,} bytes of script"
    )


def _seconds(milliseconds: int) -> str:
    return f"{milliseconds / 1000:g} s"


def _asked(tools: list[AnyTool]) -> str:
    names = [f"`{tool.name}`" for tool in tools if tool.approval != "never"]
    return _ASKED.format(names=" or ".join(names)) + "\n" if names else ""


# -- the example ------------------------------------------------------------------------------------------------------


def _example(tools: list[AnyTool]) -> str:
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
