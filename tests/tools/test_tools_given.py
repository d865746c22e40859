"""Tools that another system describes by JSON Schema, an MCP server for instance."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from belljar.errors import ToolValidationError, UsageError
from belljar.tools import AbortSignal, CallInfo, Registry, Tool, declaration

CALL = CallInfo(run_id="r1", call_id="c1", ordinal=0, tool="mcp.git.search", line=1, column=1, key="k")
PARAMETERS: dict[str, Any] = {
    "type": "object",
    "title": "SearchInput",
    "properties": {
        "query": {"type": "string", "description": "What to look for."},
        "max-results": {"type": ["integer", "null"]},
        "score": {"type": "number"},
        "_raw": {"$ref": "#/$defs/Raw"},
        "anything": True,
    },
    "required": ["query", "gone", 5],
    "additionalProperties": False,
    "$defs": {"Raw": {"type": "object", "properties": {"self": {"$ref": "#/$defs/Raw"}}}},
}


async def forward(arguments: dict[str, Any], *, signal: AbortSignal, call: CallInfo) -> dict[str, Any]:
    return {"got": arguments, "aborted": signal.aborted, "key": call.key}


SEARCH = Tool.from_schema(
    forward,
    name="mcp.git.search",
    description="Search.",
    parameters=PARAMETERS,
    result={"type": "object", "properties": {"hits": {"type": "integer"}}, "title": "Hits"},
    approval="always",
)


def test_the_schema_is_what_the_model_is_told() -> None:
    """Parameters and result as given; the Python signature of the function that forwards the call does not show."""
    assert declaration(SEARCH) == (
        "type Raw = { self?: Raw };\n"
        "type Hits = { hits?: number };\n"
        "declare const tools: {\n"
        "  mcp: {\n"
        "    git: {\n"
        "      /** Search. */\n"
        "      search(args: {\n"
        "        /** What to look for. */\n"
        "        query: string;\n"
        '        "max-results"?: number | null;\n'
        "        score?: number;\n"
        "        _raw?: Raw;\n"
        "        anything?: unknown;\n"
        "      }): Promise<Hits>;\n"
        "    };\n"
        "  };\n"
        "};\n"
    )


def test_the_function_gets_the_argument_object_as_it_came() -> None:
    """Nothing is converted or filled in; signal and call are handed over as for any tool."""
    arguments = {"query": "x", "max-results": None, "score": 1, "_raw": {"a": b"\xff"}}

    result = asyncio.run(SEARCH.invoke(SEARCH.validate([arguments]), signal=AbortSignal(), call=CALL))

    assert result == {"got": arguments, "aborted": False, "key": "k"}
    assert type(result["got"]["score"]) is int
    assert SEARCH.encode(result) == result
    assert Registry([SEARCH]).get("mcp.git.search") is SEARCH


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        ({}, [("query", "is missing")]),
        (
            {"query": "x", "max_results": 1},
            [("max_results", "is not a known key, did you mean max-results?")],
        ),
        ({"query": 5}, [("query", "should be a string, got number 5")]),
        ({"query": "x", "score": "1"}, [("score", 'should be a number, got string "1"')]),
        ({"query": "x", "max-results": 1.5}, [("max-results", "should be a whole number, got number 1.5")]),
    ],
)
def test_sure_mistakes_are_caught_before_the_other_system_is_asked(
    given: dict[str, Any], problems: list[tuple[str, str]]
) -> None:
    """Missing keys, unknown keys of a closed schema, and top-level values of the wrong JSON type."""
    with pytest.raises(ToolValidationError) as caught:
        SEARCH.validate([given])

    assert [(each["path"], each["message"]) for each in caught.value.details["problems"]] == problems


def test_an_open_schema_takes_more_keys() -> None:
    """Unknown keys pass unless additionalProperties is false."""
    of = Tool.from_schema(forward, name="f", parameters={"type": "object"})

    assert of.validate([{"x": 1}]) == {"x": 1}
    assert declaration(of) == "declare const tools: {\n  f(args?: Record<string, unknown>): Promise<unknown>;\n};\n"


@pytest.mark.parametrize(
    ("schema", "given", "named"),
    [
        ({"$ref": "#/$defs/A"}, {"x": 1}, {"x": 1}),
        ({"anyOf": [{"type": "null"}, {"type": "object"}]}, {"x": 1}, {"v": {"x": 1}}),
        ({"type": ["object", "null"]}, {"x": 1}, {"v": {"x": 1}}),
        ({"type": "string"}, {"x": 1}, {"x": 1}),
        ({"anyOf": "nonsense", "$ref": ["x"]}, {"x": 1}, {"x": 1}),
        ({"enum": [1]}, {"v": 1}, {"v": 1}),
    ],
)
def test_a_lone_object_goes_to_a_parameter_that_takes_objects(
    schema: dict[str, Any], given: dict[str, Any], named: dict[str, Any]
) -> None:
    """References that only lead to themselves, and shapes that make no sense, take no objects."""
    parameters = {
        "type": "object",
        "properties": {"v": schema},
        "required": ["v"],
        "$defs": {"A": {"$ref": "#/$defs/A"}},
    }

    assert Tool.from_schema(forward, name="f", parameters=parameters).bind([given]) == named


@pytest.mark.parametrize("parameters", [{"type": "string"}, {"type": "object", "properties": ["a"]}])
def test_a_schema_that_describes_no_object_is_refused_at_once(parameters: dict[str, Any]) -> None:
    """The one who registers the tool hears of it, not the script that calls it."""
    with pytest.raises(UsageError, match="tool 'f': parameters is not the JSON Schema of an object"):
        Tool.from_schema(forward, name="f", parameters=parameters)
