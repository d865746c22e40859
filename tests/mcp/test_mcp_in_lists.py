"""What a server lists and answers is a stranger's: names, schemas, results of every kind, none of them an exception."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from servers import answering, one_tool, scripted

from belljar import Harness, Outcome
from belljar.mcp import McpServers, Problem, ServerSpec, Target
from belljar.mcp._names import script_names
from belljar.tools import AnyTool, declarations
from belljar.tools._names import checked_tool_name

OBJECT = {"type": "object"}
TEXT = {"content": [{"type": "text", "text": "ok"}]}


def connected(target: Target) -> tuple[tuple[AnyTool, ...], tuple[Problem, ...]]:
    """What one server, `s`, comes to."""

    async def go() -> tuple[tuple[AnyTool, ...], tuple[Problem, ...]]:
        async with McpServers({"s": target}, approval="never") as servers:
            return servers.tools, servers.problems

    return asyncio.run(go())


def called(target: Target, source: str = "return await tools.mcp.s.go()") -> Outcome:
    """One script with that server."""

    async def go() -> Outcome:
        async with McpServers({"s": target}, approval="never") as servers, Harness(tools=servers.tools) as harness:
            return await harness.run(source)

    return asyncio.run(go())


def error_of(outcome: Outcome) -> tuple[str, str]:
    """Code and message."""
    assert outcome.error is not None, outcome.value
    return outcome.error.code, outcome.error.message


# -- names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "made"),
    [
        (["search", "get-issue", "a.b"], ["search", "get_issue", "a_b"]),
        (["a-b", "a.b", "a_b"], ["a_b_d44362", "a_b_2e7336", "a_b"]),
        (["1x", "then", "toString", "new"], ["_1x", "_then", "_toString", "new"]),
        (["поиск", "", "--"], ["tool_d89cae", "tool_e3b0c4", "tool_d8156b"]),
        (["x" * 65], ["x" * 57 + "_9537c5"]),
        (["__proto__"], ["proto"]),
        (["*/ evil(); /*"], ["evil"]),
    ],
)
def test_names_become_names_of_javascript(names: list[str], made: list[str]) -> None:
    """A name that a script can write stays; others are made so, and never two alike."""
    found = script_names(names)
    assert [found[name] for name in names] == made


@given(st.lists(st.text(max_size=80), max_size=12))
def test_any_names_can_be_called_and_told_apart(names: list[str]) -> None:
    """Whatever a server calls its tools, each gets one name of its own, whatever order they come in."""
    made = script_names(names)

    for name in made.values():
        assert checked_tool_name(f"mcp.s.{name}")
        assert "." not in name
    assert len(set(made.values())) == len(set(names)) == len(made)
    assert script_names(reversed(names)) == made


def test_the_servers_own_name_is_used_on_the_wire_and_told() -> None:
    """The script says `get_it`, the server hears `get-it`, the declaration has both."""
    answer = answering("{'content': [{'type': 'text', 'text': asked['params']['name']}]}")
    target = scripted(one_tool("get-it"), answer)

    assert called(target, "return await tools.mcp.s.get_it()").value == "get-it"
    assert "The server calls it 'get-it'." in declarations(connected(target)[0])


# -- schemas ----------------------------------------------------------------------------------------------------------


def _nested(depth: int) -> Any:
    schema: Any = {"type": "string"}
    for _ in range(depth):
        schema = {"type": "object", "properties": {"a": schema}}
    return schema


HOSTILE: dict[str, Any] = {
    "boolean": True,
    "text": "object",
    "array": {"type": "array"},
    "no type": {},
    "boolean property": {"type": "object", "properties": {"a": True}},
    "properties are a list": {"type": "object", "properties": ["a"]},
    "required is a number": {"type": "object", "properties": {"a": {}}, "required": 3},
    "recursive": {"type": "object", "properties": {"a": {"$ref": "#"}}, "$ref": "#"},
    "reference outside": {"type": "object", "properties": {"a": {"$ref": "https://evil.example/x.json"}}},
    "reference to a file": {"$ref": "file:///etc/passwd", "type": "object"},
    "type is an object": {"type": {"type": "object"}},
    "prototype": {"type": "object", "properties": {"__proto__": {"type": "string"}}},
    "deep": _nested(40),
    "huge": {"type": "object", "properties": {f"p{n}": {"type": "string"} for n in range(1_200)}},
    "comment": {"type": "object", "properties": {"*/ evil(); /*": {"description": "*/ evil(); /*"}}},
    "exponential": {
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/d0"}},
        "$defs": {
            **{f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(24)},
            "d24": {"type": "string"},
        },
    },
}


@pytest.mark.parametrize("era", ["legacy", "modern"])
@pytest.mark.parametrize("key", ["inputSchema", "outputSchema"])
def test_no_schema_takes_a_server_down(key: str, era: str) -> None:
    """Each hostile schema leaves its tool there and callable, with a type as wide as it must be, and the rest alone."""
    listed = [{"name": f"t{n}", "inputSchema": OBJECT, key: schema} for n, schema in enumerate(HOSTILE.values())]
    target = scripted([*listed, *one_tool("last")], TEXT, era=era)

    tools, problems = connected(target)

    assert [tool.name for tool in tools] == [*(f"mcp.s.t{n}" for n in range(len(HOSTILE))), "mcp.s.last"]
    assert declarations(tools)
    assert "evil()" not in re.sub(r'/\*.*?\*/|"[^"]*"', "", declarations(tools), flags=re.DOTALL)
    assert all(problem.tool is not None for problem in problems)
    assert called(target, "return await tools.mcp.s.last()").value == "ok"


def test_what_cannot_be_used_is_listed_with_its_reason() -> None:
    """A tool whose description is not valid is wide, one without a name is left out, a second of a name too."""
    huge = {"type": "object", "properties": {f"p{n}": {} for n in range(4_000)}}
    listed = [
        {"name": "bad", "inputSchema": True, "description": "Kept."},
        {"inputSchema": OBJECT},
        7,
        *one_tool("twice"),
        *one_tool("twice"),
        {"name": "huge", "inputSchema": huge},
    ]

    tools, problems = connected(scripted(listed))

    assert [(tool.name, tool.description.splitlines()[0]) for tool in tools] == [
        ("mcp.s.bad", "Kept."),
        ("mcp.s.twice", "@returns the server does not say what"),
        ("mcp.s.huge", "@returns the server does not say what"),
    ]
    assert [(problem.server, problem.tool, problem.message) for problem in problems] == [
        ("s", "bad", "inputSchema cannot be used: the tool does without"),
        ("s", None, "a tool without a name was left out"),
        ("s", None, "a tool without a name was left out"),
        ("s", "twice", "it is listed twice: the second was left out"),
        (
            "s",
            "huge",
            f"the schema of its arguments has {len(json.dumps(huge)):,} bytes, and at most 32,768 are used:"
            " it takes anything",
        ),
    ]


@pytest.mark.parametrize(("depth", "names"), [(60, ["deep", "go"]), (100, ["deep", "go"]), (5_000, [])])
def test_a_schema_of_any_depth_is_no_exception(depth: int, names: list[str]) -> None:
    """As deep as Python's own parser goes it costs nothing; deeper, the server does not speak JSON for us."""
    deep = f'\'{{"type": "object", "properties": {{"a": \' * {depth} + \'{{}}\' + \'}}}}\' * {depth}'
    listed = (
        f"page = json.dumps({{'tools': {[{'name': 'deep', 'inputSchema': 'DEEP'}, *one_tool()]!r}}})\n"
        f"page = page.replace('\"DEEP\"', {deep})\n"
        'say(\'{"jsonrpc": "2.0", "id": %d, "result": %s}\' % (id, page))'
    )

    tools, problems = connected(ServerSpec(target=scripted(listed), connect_timeout_ms=500))

    assert [tool.name.rpartition(".")[2] for tool in tools] == names
    assert bool(problems) == (names == [])


def test_a_list_without_an_end_is_cut() -> None:
    """A server whose every page names a next one is asked for a hundred."""
    endless = "n = int(asked.get('params', {}).get('cursor') or 0)\n" + answering(
        "{'nextCursor': str(n + 1), 'tools': [{'name': f't{n}', 'inputSchema': {'type': 'object'}}]}"
    )

    assert len(connected(scripted(endless))[0]) == 100


def test_a_list_that_is_too_long_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """So many tools of one server are used, and the operator is told."""
    monkeypatch.setattr("belljar.mcp._catalogue.TOOLS", 20)

    tools, problems = connected(scripted([{"name": f"t{n}", "inputSchema": OBJECT} for n in range(21)]))

    assert len(tools) == 20
    assert [problem.message for problem in problems] == ["it lists more than 20 tools: the rest was left out"]


@settings(max_examples=25)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "type",
                        "properties",
                        "required",
                        "$ref",
                        "$defs",
                        "anyOf",
                        "items",
                        "enum",
                        "additionalProperties",
                        "a",
                    ]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_no_schema_is_an_exception(schema: Any) -> None:
    """Whatever stands in the place of a schema, a tool comes of it and has a declaration."""
    import mcp_types as types

    from belljar.mcp._catalogue import Catalogue, Policy

    async def never(*_: Any) -> Any:
        raise AssertionError

    catalogue = Catalogue("s", Policy(), never)
    as_object = schema if isinstance(schema, dict) else {"type": "object", "properties": {"a": schema}}
    catalogue.take([types.Tool(name="go", input_schema=as_object, output_schema=as_object)])

    assert declarations(catalogue.tools())


# -- results ----------------------------------------------------------------------------------------------------------

STRUCTURED = {"type": "object", "properties": {"n": {"type": "number"}}}
WRAPPED = {"type": "object", "properties": {"result": {"type": "number"}}, "required": ["result"], "title": "goOutput"}


@pytest.mark.parametrize(
    ("answer", "schema", "value"),
    [
        ({"content": []}, None, None),
        ({"content": [{"type": "text", "text": "[1]"}]}, None, "[1]"),
        ({"content": [], "structuredContent": {"n": 1}}, None, {"n": 1}),
        ({"content": [], "structuredContent": {"n": 1}}, STRUCTURED, {"n": 1}),
        ({"content": [{"type": "text", "text": '{"n": 1}'}]}, STRUCTURED, {"n": 1}),
        ({"content": [], "structuredContent": {"result": 1}}, WRAPPED, 1),
        ({"content": [], "structuredContent": {"result": 1}}, {**WRAPPED, "title": "Go"}, {"result": 1}),
        ({"content": [], "structuredContent": {"other": 1}}, WRAPPED, {"other": 1}),
        ({"content": [{"type": "text", "text": '{"result": 2}'}]}, WRAPPED, 2),
        (
            {"content": [{"type": "audio", "mimeType": "audio/wav", "data": "AAE="}]},
            None,
            [{"type": "audio", "mimeType": "audio/wav", "data": b"\x00\x01"}],
        ),
        (
            {
                "content": [
                    {"type": "resource", "resource": {"uri": "file:///a", "mimeType": "text/plain", "text": "x"}},
                    {"type": "resource", "resource": {"uri": "file:///b", "blob": "AA=="}},
                    {"type": "resource_link", "uri": "file:///c", "name": "c"},
                ]
            },
            None,
            [
                {"type": "resource", "uri": "file:///a", "mimeType": "text/plain", "text": "x"},
                {"type": "resource", "uri": "file:///b", "data": b"\x00"},
                {"type": "resource_link", "uri": "file:///c", "name": "c"},
            ],
        ),
    ],
)
def test_what_a_result_becomes(answer: Any, schema: Any, value: Any) -> None:
    """Structured content first, a lone text as a string, all else as blocks; JSON in texts only where declared."""
    target = scripted(one_tool(**({"outputSchema": schema} if schema else {})), answer)

    assert called(target).value == value


@pytest.mark.parametrize(
    ("answer", "schema", "code", "message"),
    [
        (
            {"content": [{"type": "text", "text": "x" * 3_000}], "isError": True},
            None,
            "ToolExecutionError",
            f"mcp.s.go: {'x' * 2_000}… (3,000 characters)",
        ),
        ({"content": [], "isError": True}, None, "ToolExecutionError", "mcp.s.go: failed"),
        (
            {"content": [{"type": "text", "text": "all went well"}]},
            STRUCTURED,
            "ToolExecutionError",
            "mcp.s.go declares a structured result and sent a text instead: all went well",
        ),
        (
            {"content": [{"type": "image", "mimeType": "image/png", "data": "?!"}]},
            None,
            "ToolExecutionError",
            "mcp.s.go sent data that is not base64",
        ),
        (
            {"content": [{"type": "hologram"}]},
            None,
            "ServerUnavailableError",
            "MCP server 's' answered with something that is not MCP; whether the call took effect is not known",
        ),
        (None, None, "ToolExecutionError", "mcp.s.go failed: no tools/call"),
    ],
)
def test_what_a_failure_becomes(answer: Any, schema: Any, code: str, message: str) -> None:
    """Coded, bounded, catchable, with the server's words where it has any."""
    target = scripted(one_tool(**({"outputSchema": schema} if schema else {})), answer)

    assert error_of(called(target)) == (code, message)


def test_a_schema_that_would_keep_a_validator_busy_does_not() -> None:
    """Results are not checked against a stranger's schema: this pattern takes longer than the universe has."""
    schema = {"type": "object", "properties": {"a": {"type": "string", "pattern": "^(a+)+$"}}}
    answer = {"content": [], "structuredContent": {"a": "a" * 60 + "!"}}

    assert called(scripted(one_tool(outputSchema=schema), answer)).ok


def test_deceiving_characters_of_a_server_do_not_reach_a_declaration() -> None:
    """Descriptions are comments, without characters that a reader does not see, and are cut."""
    text = "*/ evil(); /* \u202e\u200b" + "y" * 5_000
    declared = declarations(connected(scripted(one_tool(description=text, title="T")))[0])

    assert "*/ evil" not in declared
    assert "\u202e" not in declared
    assert "… (5,0" in declared
    assert len(declared) < 4_400
