"""What a request tells the model: definitions of tools in each provider's shape, and instructions."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from provider_support import KINDS, PROVIDERS, first_turn, told

from belljar import Harness, tool
from belljar.errors import UsageError
from belljar.harness import CallPart
from belljar.providers import AnthropicMessages, OpenAIChat, OpenAIResponses
from belljar.providers._definitions import tool_names, wire_names
from belljar.testing.stub import StubReply
from belljar.tools import Registry, Tool

Made = TypeVar("Made")
CODE = {
    "type": "object",
    "properties": {"code": {"type": "string", "description": "The script: TypeScript, the body of an async function."}},
    "required": ["code"],
    "additionalProperties": False,
}
DESCRIPTION = "Run one TypeScript script that calls tools, and get back what it returns."


@tool
async def add(a: int, b: int = 1) -> int:
    """Their sum."""
    return a + b


ADD_SCHEMA = {
    "type": "object",
    "properties": {"a": {"type": "integer"}, "b": {"type": "integer", "default": 1}},
    "required": ["a"],
    "additionalProperties": False,
}


def with_harness(work: Callable[[Harness], Made], *tools: Any) -> Made:
    """What `work` makes of a harness."""

    async def run() -> Made:
        async with Harness(tools) as harness:
            return work(harness)

    return asyncio.run(run())


def test_definitions_for_the_responses_api() -> None:
    """A custom tool takes the source as it is; tools one by one when they are wanted."""
    raw, function = with_harness(
        lambda harness: [OpenAIResponses(harness).tools(form=form) for form in ("custom", "function")], add
    )
    assert raw == [{"type": "custom", "name": "run_typescript", "description": DESCRIPTION, "format": {"type": "text"}}]
    assert function == [
        {"type": "function", "name": "run_typescript", "description": DESCRIPTION, "parameters": CODE, "strict": True}
    ]
    both = with_harness(lambda harness: OpenAIResponses(harness).tools(structured=True), add)
    assert both == [
        *raw,
        {"type": "function", "name": "add", "description": "Their sum.", "parameters": ADD_SCHEMA, "strict": False},
    ]


def test_definitions_for_programs_of_the_responses_api() -> None:
    """The tool that runs them, and ours with who may call them and what they give."""
    made = with_harness(lambda harness: OpenAIResponses(harness).tools(programmatic=True), add)
    assert made == [
        {"type": "programmatic_tool_calling"},
        {
            "type": "function",
            "name": "add",
            "description": "Their sum.",
            "parameters": ADD_SCHEMA,
            "strict": False,
            "allowed_callers": ["programmatic"],
            "output_schema": {"type": "integer"},
        },
    ]


def test_definitions_for_chat_completions() -> None:
    """A function for every server, a custom tool for OpenAI's own."""
    made = with_harness(
        lambda harness: OpenAIChat(harness).tools(structured=True) + OpenAIChat(harness).tools(form="custom"), add
    )
    named = {"name": "run_typescript", "description": DESCRIPTION}
    assert made == [
        {"type": "function", "function": {**named, "parameters": CODE}},
        {"type": "function", "function": {"name": "add", "description": "Their sum.", "parameters": ADD_SCHEMA}},
        {"type": "custom", "custom": {**named, "format": {"type": "text"}}},
    ]


def test_definitions_for_messages() -> None:
    """Tools with an input schema; for programs, with who may call them."""
    made = with_harness(lambda harness: AnthropicMessages(harness).tools(structured=True), add)
    ours = {"name": "add", "description": "Their sum.", "input_schema": ADD_SCHEMA}
    assert made == [{"name": "run_typescript", "description": DESCRIPTION, "input_schema": CODE}, ours]
    programs = with_harness(lambda harness: AnthropicMessages(harness).tools(programmatic=True), add)
    assert programs == [
        {"type": "code_execution_20260521", "name": "code_execution"},
        {**ours, "allowed_callers": ["code_execution_20260521"]},
    ]


def test_a_tool_cannot_have_the_name_of_the_one_that_takes_scripts() -> None:
    """Which of them a call means would not be known."""

    async def run_typescript(code: str) -> str:
        """Ours."""
        return code

    for kind in KINDS.values():
        with pytest.raises(UsageError, match="a tool is named 'run_typescript'"):
            with_harness(lambda harness, kind=kind: kind(harness).tools(), run_typescript)  # type: ignore[misc]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_instructions_name_the_tools_in_either_form(provider: str) -> None:
    """For scripts by tool, and for scripts in text."""
    by_tool, by_tags = with_harness(
        lambda harness: [KINDS[provider](harness).instructions(form=form) for form in ("tool", "tags")],
        add,
    )
    assert "`run_typescript`" in by_tool
    assert "<tool-calls>" not in by_tool
    assert "<tool-calls>" in by_tags
    assert all("  /** Their sum. */\n  add(args: {" in text for text in (by_tool, by_tags))


def test_tools_that_begin_calls_are_for_scripts_alone() -> None:
    """What `tools.spawn.x` begins is awaited in the same script, or never."""
    begins = Tool.of(add, name="spawn.add")
    made = with_harness(lambda harness: AnthropicMessages(harness).tools(structured=True), begins)
    assert [each["name"] for each in made] == ["run_typescript"]


NAMES = st.lists(
    st.from_regex(r"[A-Za-z_$][A-Za-z0-9_$]{0,5}(\.[a-z_$]{1,5}){0,3}", fullmatch=True)
    | st.sampled_from(["run_typescript", "run.typescript", "a.b", "a_b", "a$b", "n" * 64, "n" * 65, "n" * 64 + ".x"]),
    unique=True,
    max_size=8,
)


@given(NAMES)
def test_names_on_the_wire_are_accepted_by_providers_and_unique(names: list[str]) -> None:
    """And a tool whose own name can be sent keeps it, whatever other tools are called."""
    wire = wire_names(names)
    assert sorted(wire) == sorted(names)
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name) for name in wire.values())
    assert len(set(wire.values())) == len(names)
    assert all(wire[name] == name for name in names if re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name))
    assert all(wire[name] != "run_typescript" for name in names if name != "run_typescript")


@given(NAMES)
def test_a_name_on_the_wire_is_that_tool_s(names: list[str]) -> None:
    """Both ways, and the true name is understood too."""
    registry = Registry(Tool.of(add, name=name) for name in names if "." not in name and name != "run_typescript")
    known = tool_names(registry)
    assert {known[wire] for wire in wire_names(registry.names).values()} == set(registry.names)
    assert all(known[name] == name for name in registry.names)


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("name", ["mcp_shop_buy", "mcp.shop.buy"])
def test_a_tool_with_dots_is_called_by_its_name_on_the_wire(provider: str, name: str) -> None:
    """Or by its own, as some models do."""
    buys = Tool.of(add, name="mcp.shop.buy")
    turn = first_turn(provider, StubReply(parts=[CallPart(name, {"a": 2})]), buys)
    assert [text for _, text in told(turn)] == ["3"]
    assert turn.turn.items[0].tool == "mcp.shop.buy"  # type: ignore[union-attr]
