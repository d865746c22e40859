"""The tools of a harness that are too many for a prompt, or that change between its runs."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from belljar import Harness, Outcome, Tool
from belljar.errors import UsageError
from belljar.tools import estimated_tokens


def answering(name: str) -> Tool[..., Any]:
    """A tool that tells its own name."""
    noun = name.rpartition(".")[2]
    return Tool.from_schema(
        lambda arguments: f"{noun} {arguments['id']}",
        name=name,
        description=f"Reads the {noun} of a customer by its number, with all that is known of it.",
        parameters={"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]},
        result={"type": "string"},
    )


NOUNS = ("invoice", "order", "address", "contract", "complaint", "payment", "discount", "visit", "parcel", "note")
MANY = [answering(f"shop{group}.{noun}") for group in range(20) for noun in NOUNS]


def ran(harness: Harness, source: str) -> Outcome:
    async def main() -> Outcome:
        async with harness:
            return await harness.run(source)

    return asyncio.run(main())


def test_tools_that_the_prompt_has_no_room_for_are_found_by_scripts() -> None:
    """The prompt stays within its budget and says how to find the rest; a script finds, reads and calls one."""
    harness = Harness(MANY, prompt_tokens=1_500)
    prompt = harness.prompt(query="where does the customer live?")

    outcome = ran(
        harness,
        "const [first] = await tools.search({query: 'address of a customer', limit: 1});"
        "const {length} = await tools.describe({name: first.name});"
        "const tool = first.name.split('.').reduce((at, name) => at[name], tools);"
        "return [first.name, length > 20, await tool({id: 7})];",
    )

    assert estimated_tokens(prompt) <= 1_500
    assert "tools.search" in prompt
    assert outcome.value == ["shop0.address", True, "address 7"]
    assert [record.facts["tool"] for record in outcome.journal.records if record.type == "intent"] == [
        "search", "describe", "shop0.address",
    ]  # fmt: skip


def test_a_catalogue_that_fits_has_no_search() -> None:
    """Nothing is added where everything is told."""
    harness = Harness(MANY[:3], prompt_tokens=4_000)

    assert harness.registry.names == ("shop0.invoice", "shop0.order", "shop0.address")
    assert harness.prompt() == Harness(MANY[:3]).prompt()


def test_a_budget_too_small_for_the_rules_is_refused() -> None:
    """The error names the least that works."""
    with pytest.raises(UsageError, match=r"the rules alone need \d+ tokens, and max_tokens is 100"):
        Harness(MANY, prompt_tokens=100).prompt()
