"""Tools are known by name before anything runs."""

from __future__ import annotations

import pytest

from belljar.errors import ToolNotFoundError
from belljar.script import ToolUse, analyse, parse

TOOLS = ("get_rate", "pay", "mcp.github.search", "mcp.github.open", "spawn.exec", "a", "a.b")


def found(source: str) -> list[tuple[int, str]]:
    """Column and message of every finding."""
    return [(finding.column, finding.message) for finding in analyse(source, tools=TOOLS).findings]


def used(source: str, tools: tuple[str, ...] | None = TOOLS) -> list[str]:
    """Names of the tools used."""
    return [use.name for use in analyse(source, tools=tools).tools_used]


def test_a_brace_ends_a_name_unless_it_is_of_an_escape() -> None:
    """An object that hands tools on, however tightly it is written."""
    tools = ("a", "g.b")
    analysis = analyse("return {x:tools.a,y:{z:tools.g.b},w:tools.\\u{61}}", tools=tools)

    assert (analysis.findings, [use.name for use in analysis.tools_used]) == ((), ["a", "g.b", "a"])


def test_f28_an_unknown_tool_is_told_with_a_suggestion() -> None:
    """Place of the name, the closest name, and the list."""
    with pytest.raises(ToolNotFoundError) as caught:
        parse("return await tools.getRate({})", tools=["get_rate", "pay"])
    assert caught.value.to_model() == (
        "ToolNotFoundError at script.ts:1:20: there is no tool 'getRate'\n"
        "   1 | return await tools.getRate({})\n"
        "     |                    ^^^^^^^\n"
        "hint: Did you mean 'get_rate'? Declared tools: get_rate, pay."
    )


@pytest.mark.parametrize(
    ("source", "column", "name"),
    [
        ("tools.nope()", 7, "nope"),
        ("tools['nope']()", 8, "nope"),
        ('tools["nope"]()', 8, "nope"),
        ("tools[`nope`]()", 8, "nope"),
        ("tools?.nope()", 8, "nope"),
        ("tools?.['nope']", 10, "nope"),
        ("tools!.nope()", 8, "nope"),
        ("tools /* a */ . nope", 17, "nope"),
        ("tools.mcp.gitlab.search()", 11, "mcp.gitlab"),
        ("tools.mcp.github.find()", 18, "mcp.github.find"),
        ("const { nope } = tools", 9, "nope"),
        ("const { nope: a } = tools", 9, "nope"),
        ("const { 'nope': a } = tools", 10, "nope"),
        ("const { nope = 1 } = tools", 9, "nope"),
        ("let nope; ({ nope } = tools)", 14, "nope"),
    ],
)
def test_unknown_names_are_found_wherever_they_are_fixed(source: str, column: int, name: str) -> None:
    """As a property, a string, in a group, or by destructuring; the place is that of the part that leads nowhere."""
    assert found(source) == [(column, f"there is no tool '{name}'")]


@pytest.mark.parametrize(
    "source",
    [
        "tools.pay({})",
        "tools\n  .mcp\n  .github\n  .search({})",
        "const github = tools.mcp.github; github.search()",
        "const { pay, get_rate: rate, ...rest } = tools; pay(); rate(); rest",
        "tools.pay.name",
        "tools[context.name]()",
        "const tools = { nope() {} }; tools.nope()",
        "((tools) => tools.nope())({})",
        "const a = { tools: 1 }; a.tools.nope",
        "typeof tools.pay",
        "const f = ({ nope } = tools.pay) => nope",
    ],
)
def test_known_and_computed_names_are_fine(source: str) -> None:
    """So is everything about a local name `tools`."""
    assert found(source) == []


def test_uses_are_listed_with_their_places() -> None:
    """In the order of the text."""
    analysis = analyse("tools.pay();\nconst { a } = tools; a(await tools['get_rate']())", tools=TOOLS)
    assert analysis.tools_used == (
        ToolUse(name="pay", line=1, column=7),
        ToolUse(name="a", line=2, column=9),
        ToolUse(name="get_rate", line=2, column=37),
    )
    assert not analysis.has_computed_tools


@pytest.mark.parametrize(
    "source",
    [
        "tools[context.a]()",
        "f(tools)\nfunction f(x) {}",
        "const { ...all } = tools; all",
        "tools.mcp.github",
        "({ tools })",
    ],
)
def test_names_that_only_the_run_knows_are_told(source: str) -> None:
    """A computed name, or `tools` or a group of them passed on."""
    analysis = analyse(source, tools=TOOLS)
    assert (analysis.findings, analysis.tools_used, analysis.has_computed_tools) == ((), (), True)


def test_the_longer_of_two_names_is_meant() -> None:
    """`a` and `a.b` are both tools; a property of a tool's result is neither."""
    assert used("tools.a(); tools.a.b(); tools.a.c(); tools.mcp.github.search.x") == [
        "a",
        "a.b",
        "a",
        "mcp.github.search",
    ]


def test_without_a_list_names_are_read_but_not_checked() -> None:
    """Every property up to the call counts."""
    assert used("tools.x.y.z({}).a; tools['q']()", None) == ["x.y.z", "q"]


def test_no_tools_at_all() -> None:
    """An empty list is a list."""
    assert [finding.hint for finding in analyse("tools.a()", tools=()).findings] == ["No tools are declared."]


def test_long_lists_are_cut() -> None:
    """Twenty names, in order, and the number of the others."""
    finding = analyse("tools.zzz()", tools=[f"t{number:02}" for number in range(25)]).findings[0]
    listed = ", ".join(f"t{number:02}" for number in range(20))
    assert finding.hint == f"Declared tools: {listed} and 5 more."
