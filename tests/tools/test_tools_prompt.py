"""The rules and declarations that go into a model's prompt."""

from __future__ import annotations

import enum
import re
from typing import Any, Literal

import pytest
from pydantic import BaseModel

from belljar.limits import Limits
from belljar.tools import Tool, declarations, prompt_text, tool


@tool(approval="always")
def pay(invoice: str, cents: int, *, mode: Literal["now", "later"], lines: list[str], extra: dict[str, Any]) -> None:
    """Pay."""


@tool
def ping() -> str:
    """Ping."""
    return "pong"


def example_of(tools: list[Tool[..., Any]]) -> str:
    found = re.search(r"^<tool-calls>\n(.*?)\n</tool-calls>$", prompt_text(tools), re.DOTALL | re.MULTILINE)
    assert found is not None
    return found[1]


def test_the_prompt_holds_rules_an_example_and_the_declarations() -> None:
    """One tag, one example, the rules as a list, and every tool's declaration in a fence at the end."""
    text = prompt_text([pay, ping])

    assert text.startswith("# Tools\n\nYou act by writing a script: TypeScript between a `<tool-calls>` line")
    assert text.endswith(f"\n```ts\n{declarations([pay, ping])}```\n")
    for rule in ("body of an async function", "`return`", "Promise.all", "`err.code`", "no `import`", "Uint8Array"):
        assert rule in text


def test_the_rules_without_declarations_stay_short() -> None:
    """A model pays for every token: less than 2,200 characters, about 500 tokens."""
    assert len(prompt_text([])) < 2_200


def test_the_example_calls_a_tool_that_exists() -> None:
    """The first tool with its own required arguments, each of a type that fits."""
    assert example_of([pay, ping]) == (
        "try {\n"
        '  const result = await tools.pay({ invoice: "...", cents: 1, mode: "now", lines: [], extra: {} });\n'
        "  return { result };\n"
        "} catch (err) {\n"
        "  return { failed: err.code, why: err.message };\n"
        "}"
    )
    assert "await tools.ping();" in example_of([ping])
    assert example_of([]) == "return [1, 2, 3].map((n) => n * n);"


class Mode(enum.Enum):
    FAST = "fast"


class Node(BaseModel):
    children: list[Node] = []


def test_the_example_follows_references_and_unions() -> None:
    """An enum gives its first value, an optional its type, a model an object, anything else null."""

    def f(mode: Mode, limit: int | None, node: Node, other: Any) -> None: ...

    assert 'tools.f({ mode: "fast", limit: 1, node: {}, other: null });' in example_of([Tool.of(f)])


def test_an_example_from_a_strangers_schema_is_still_an_example() -> None:
    """References in a circle and shapes that make no sense give null."""
    parameters = {
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/A"}, "b": {"$ref": "gone"}, "c": {"anyOf": [5]}, "d-e": {"const": "x"}},
        "required": ["a", "b", "c", "d-e"],
        "$defs": {"A": {"$ref": "#/$defs/A"}},
    }
    made = Tool.from_schema(lambda arguments: arguments, name="f", parameters=parameters)

    assert 'tools.f({ a: null, b: null, c: null, "d-e": "x" });' in example_of([made])


def test_limits_are_the_ones_that_hold() -> None:
    """The numbers come from the limits of the run, not from the documentation."""
    text = prompt_text([ping], limits=Limits(timeout_ms=1_500, tool_calls=7, concurrent_calls=2, memory_mb=64))

    assert (
        "- Limits: 1.5 s of time, 7 calls, 2 of them at once (more wait their turn), 64 MB of memory, "
        "20,000 bytes of script." in text
    )


def test_tools_that_ask_a_person_are_named() -> None:
    """The model knows which calls may be denied; without such tools there is no word about it."""
    sometimes = Tool.of(ping, name="mcp.ping", approval=lambda _: True)

    assert "A person may be asked before `pay` or `mcp.ping` runs and may say no" in prompt_text([pay, ping, sometimes])
    assert "A person" not in prompt_text([ping])


@pytest.mark.parametrize(("description", "fence"), [("a ``` b", "````"), ("`````", "``````"), ("` `` `", "```")])
def test_no_description_can_close_the_fence(description: str, fence: str) -> None:
    """The fence is longer than any run of backticks inside."""
    text = prompt_text([Tool.of(ping, description=description)])

    assert f"\n{fence}ts\n" in text
    assert text.endswith(f"\n{fence}\n")
