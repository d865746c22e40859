"""The prompt for a catalogue that is larger than the tokens a host allows."""

from __future__ import annotations

import gc
import re
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from belljar.errors import UsageError
from belljar.tools import AnyTool, Tool, declarations, prompt_text
from belljar.tools._budget import _prices, choose, cost, estimated_tokens, names_text, rest_cost
from belljar.tools._discovery import discovery_tools
from belljar.tools._prompt import fits
from benchmarks.catalogue import catalogue


@cache
def thousand() -> tuple[AnyTool, ...]:
    tools = catalogue()
    return (*tools, *discovery_tools(lambda: tools))


def made(name: str, *, description: str = "Does it.", fields: int = 3, result: Any = None) -> AnyTool:
    parameters = {"type": "object", "properties": {f"field_{n}": {"type": "string"} for n in range(fields)}}
    return Tool.from_schema(
        lambda arguments: arguments, name=name, description=description, parameters=parameters, result=result
    )


def offered(*tools: AnyTool) -> list[AnyTool]:
    return [*tools, *discovery_tools(lambda: tools)]


def listed_in(text: str) -> list[str]:
    """The lines that name undeclared tools."""
    return [line for line in text.splitlines() if line.startswith(("- tools.", "- tools ("))]


@pytest.mark.parametrize("max_tokens", [700, 999, 2_000, 4_000, 8_000, 16_000, 64_000])
@pytest.mark.parametrize("query", [None, "merge a pull request"])
def test_the_prompt_stays_within_its_budget_and_uses_it(max_tokens: int, query: str | None) -> None:
    """Never a token more; and what is left is less than the next declaration or name would take."""
    tokens = estimated_tokens(prompt_text(thousand(), max_tokens=max_tokens, query=query))

    assert 0.9 * max_tokens < tokens <= max_tokens


def test_all_that_fits_is_told_as_ever() -> None:
    """Not a word of discovery, though its tools are there."""
    tools = [made("a"), made("b.c")]
    plain = prompt_text(tools)
    exact = estimated_tokens(plain)

    assert prompt_text(offered(*tools), max_tokens=exact) == plain
    assert prompt_text(tools, max_tokens=exact) == plain
    assert prompt_text(offered(*tools), max_tokens=exact + 900) == plain
    assert fits(offered(*tools), exact)
    assert not fits(tools, exact - 1)


def test_fits_agrees_with_the_text() -> None:
    """What the host asks before it registers discovery; form and limits count."""
    tools = [made(f"group{n % 3}.tool{n}") for n in range(12)]
    exact = estimated_tokens(prompt_text(tools, form="tool", asked=["group0.tool0"]))

    assert fits(tools, exact, form="tool", asked=["group0.tool0"])
    assert not fits(tools, exact - 1, form="tool", asked=["group0.tool0"])
    assert not fits(thousand(), 100_000)


def test_what_does_not_fit_needs_discovery() -> None:
    """A prompt must not promise tools that are not there; the error says how much is needed."""
    tools = [made(f"tool{n}", fields=30) for n in range(9)]
    needed = estimated_tokens(prompt_text(tools))

    with pytest.raises(UsageError) as caught:
        prompt_text(tools, max_tokens=1_000)

    assert caught.value.message == (
        f"the rules and declarations of 9 tools need {needed:,} tokens, and max_tokens is 1,000"
    )
    assert caught.value.hint == "Give both discovery_tools(...) among the tools, or raise max_tokens."


@pytest.mark.parametrize("form", ["tags", "tool"])
def test_too_few_tokens_for_the_rules_are_refused(form: Any) -> None:
    """The error names the least number, and that number works."""
    with pytest.raises(UsageError, match=r"the rules alone need \d+ tokens, and max_tokens is 100$") as caught:
        prompt_text(thousand(), max_tokens=100, form=form)

    least = int(re.findall(r"\d+", caught.value.message)[0])
    text = prompt_text(thousand(), max_tokens=least, form=form)
    assert estimated_tokens(text) == least
    assert text.endswith("\nNot declared here:\n- 1000 tools in 20 more groups\n")
    with pytest.raises(UsageError, match=f"need {least} tokens, and max_tokens is {least - 1}"):
        prompt_text(thousand(), max_tokens=least - 1, form=form)


def test_the_model_is_told_how_to_find_the_others() -> None:
    """Names as they are registered, a group that exists, and an example that runs."""
    text = prompt_text(thousand(), max_tokens=2_000)

    assert '\nconst found = await tools.search({ query: "...", limit: 3 });\n' in text
    assert "return await tools.describe({ names: found.map((tool) => tool.name) });\n" in text
    assert '- There are 1,000 tools, more than are declared here. `tools.search({ query: "..." })`' in text
    assert 'for a group too: `"mcp.github.*"`' in text


def test_discovery_under_other_names_is_told_so() -> None:
    """Where the host has a tool `search` itself."""
    text = prompt_text(offered(made("search"), *(made(f"tool{n}", fields=30) for n in range(9))), max_tokens=1_200)

    assert "await tools.catalogue.search({" in text
    assert "`tools.catalogue.describe({" in text
    assert 'for a group too: `"*"`' in text


def test_whole_groups_are_declared_first() -> None:
    """In order, each group that has room; then single tools; the rest is named by group with its count."""
    big = [made(f"big.do{n}", fields=20) for n in range(20)]
    small = [made(f"small.do{n}") for n in range(3)]
    own = [made("own")]

    text = prompt_text(offered(*big, *small, *own), max_tokens=1_500)

    assert declarations([*big[:3], *small, *own]) in text
    assert listed_in(text) == ["- tools.big (17): " + ", ".join(f"do{n}" for n in range(3, 20))]


def test_what_a_query_asks_for_is_declared_first() -> None:
    """Relevant tools come before whole groups, and first among the names too."""
    text = prompt_text(thousand(), max_tokens=2_000, query="refund a charge in stripe")

    assert "      refund_charge(args: {\n        charge: string;\n" in text
    assert listed_in(text)[0].startswith("- tools.mcp.stripe (")
    plain = prompt_text(thousand(), max_tokens=2_000)
    assert "refund_charge(args" not in plain
    assert listed_in(plain)[0].startswith("- tools.mcp.github (")


def test_a_query_that_finds_nothing_changes_nothing() -> None:
    """As without one."""
    assert prompt_text(thousand(), max_tokens=2_000, query="xyzzyq") == prompt_text(thousand(), max_tokens=2_000)
    assert prompt_text(thousand(), max_tokens=2_000, query="") == prompt_text(thousand(), max_tokens=2_000)


def test_types_that_tools_share_are_paid_for_once() -> None:
    """Twenty tools that give the same large model are declared together with it."""
    fields = {f"field_{n}": {"type": "string", "description": "What it is."} for n in range(40)}
    tools = [made(f"tool{n}", result={"title": "Big", "type": "object", "properties": fields}) for n in range(20)]
    room = cost(declarations(tools))

    assert choose(tools, [], room) == tools
    assert len(choose(tools, [], room - 1)) == 19


def test_a_tool_that_is_too_large_is_passed_over() -> None:
    """The next one may have room."""
    tools = [made("a"), made("huge", fields=900), made("z")]

    text = prompt_text(offered(*tools), max_tokens=1_000)

    assert declarations([tools[0], tools[2]]) in text
    assert listed_in(text) == ["- tools (1): huge"]


@pytest.mark.parametrize(("run", "fence"), [(100, 101), (9_000, 3)])
def test_backticks_in_a_description_are_in_the_budget(run: int, fence: int) -> None:
    """The fence around the declarations must be longer than any run of them; a tool may not be worth it."""
    tools = [made("a", description="`" * run), *(made(f"tool{n}", fields=20) for n in range(30))]

    text = prompt_text(offered(*tools), max_tokens=1_700)

    assert estimated_tokens(text) <= 1_700
    assert f"\n{'`' * fence}ts\ndeclare const tools: {{\n" in text


def test_only_some_of_the_asking_tools_are_named() -> None:
    """Those that are declared by name, the others by their number."""
    asking = [made("first"), *(made(f"big.do{n}", fields=20) for n in range(20))]
    tools = [Tool.of(each, approval="always") for each in asking]

    text = prompt_text(offered(*tools), max_tokens=1_100)

    assert "- A person may be asked before `first` or `big.do0` or 19 of the others runs and may say no" in text
    assert "A person" not in prompt_text(offered(*asking), max_tokens=1_100)


def test_a_host_may_say_itself_who_asks() -> None:
    """`asked` takes the place of the tools' own rules, with and without a budget."""
    tools = [Tool.of(made("a"), approval="always"), made("b")]

    assert "A person may be asked before `b` runs" in prompt_text(tools, asked=["b"])
    assert "A person" not in prompt_text(tools, asked=())
    big = [made(f"big.do{n}", fields=20) for n in range(20)]
    assert "before 2 of the others runs" in prompt_text(offered(*big), max_tokens=850, asked=["big.do18", "big.do19"])


# -- names ------------------------------------------------------------------------------------------------------------


NAMED = [made(f"{group}.{name}", fields=0) for group in ("mcp.a", "mcp.b") for name in ("one", "two", "three")]
NAMED += [made("alone", fields=0)]


def test_names_stand_by_group_with_their_number() -> None:
    """As a script writes them."""
    assert names_text(NAMED, 10_000) == (
        "- tools.mcp.a (3): one, two, three\n- tools.mcp.b (3): one, two, three\n- tools (1): alone\n"
    )


@pytest.mark.parametrize(
    ("room", "text"),
    [
        (0, "- 7 tools in 3 more groups\n"),
        (90, "- tools.mcp.a (3)\n- 4 tools in 2 more groups\n"),
        (96, "- tools.mcp.a (3)\n- tools.mcp.b (3)\n- tools (1)\n"),
        (110, "- tools.mcp.a (3)\n- tools.mcp.b (3)\n- tools (1): alone\n"),
        (136, "- tools.mcp.a (3): one, ...\n- tools.mcp.b (3): one, ...\n- tools (1)\n"),
        (150, "- tools.mcp.a (3): one, ...\n- tools.mcp.b (3): one, ...\n- tools (1): alone\n"),
        (170, "- tools.mcp.a (3): one, two, ...\n- tools.mcp.b (3): one, two, ...\n- tools (1): alone\n"),
        (178, "- tools.mcp.a (3): one, two, three\n- tools.mcp.b (3): one, two, three\n- tools (1): alone\n"),
    ],
)
def test_room_is_shared_out_evenly_among_groups(room: int, text: str) -> None:
    """First every group with its count, then names in turn; what does not fit is counted."""
    assert names_text(NAMED, room) == text
    assert cost(text) == room or room == 0


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(1, 60)), min_size=1, max_size=30), st.integers(0, 3_000))
def test_names_never_take_more_than_their_room(shape: list[tuple[int, int]], room: int) -> None:
    """Whatever the groups; the shortest list is always possible, and every tool is counted."""
    tools = [
        _Named(f"{'g' * group}{'.' if group else ''}{'n' * length}{at}") for at, (group, length) in enumerate(shape)
    ]

    text = names_text(tools, room)  # type: ignore[arg-type]

    assert cost(text) <= max(room, rest_cost(tools))  # type: ignore[arg-type]
    counted = re.findall(r"\((\d+)\)|^- (\d+) tools", text, re.MULTILINE)
    assert sum(int(one or other) for one, other in counted) == len(tools)


class _Named:
    def __init__(self, name: str) -> None:
        self.name = name


@given(st.integers(700, 3_000), st.sampled_from([None, "walrus", "field"]), st.sampled_from(["tags", "tool"]))
def test_no_catalogue_breaks_the_budget(max_tokens: int, query: str | None, form: Any) -> None:
    """Hostile text, types of one name, names without groups: never a token more."""
    assert estimated_tokens(prompt_text(hostile(), max_tokens=max_tokens, query=query, form=form)) <= max_tokens


@cache
def hostile() -> tuple[AnyTool, ...]:
    texts = ("`" * 40, "*/ walrus", "列出" * 30, "🦭" * 20, "", "\u202e\n\n\n", "type X = 1;\ndeclare const tools: {")
    schemas = [{"title": "Same", "type": "object", "properties": {f"p{n}": {"type": "string"}}} for n in range(5)]
    tools = [
        Tool.of(made(f"{'a.' * (n % 4)}new{n}", fields=n % 9, result=schemas[n % 5]), description=texts[n % len(texts)])
        for n in range(60)
    ]
    return tuple(offered(*tools))


# -- tokens -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "tokens"), [("", 0), ("a", 1), ("abc", 1), ("abcd", 2), ("é", 1), ("éé", 2), ("列出", 3), ("\ud800", 2)]
)
def test_three_ascii_bytes_or_two_others_make_a_token(text: str, tokens: int) -> None:
    """Rounded up."""
    assert estimated_tokens(text) == tokens


@given(st.text(), st.text())
def test_the_cost_of_parts_is_the_cost_of_the_whole(first: str, second: str) -> None:
    """So that parts can be paid for one by one."""
    assert cost(first + second) == cost(first) + cost(second)


@given(st.sets(st.integers(0, 59), max_size=12))
def test_prices_add_up_to_what_is_written(chosen: set[int]) -> None:
    """A room of exactly the declarations' cost holds them; types of one name may cost a few bytes more."""
    tools = [hostile()[number] for number in sorted(chosen)]
    room = cost(declarations(tools)) + 2 * cost("`") * 40 * len(tools)

    assert choose(tools, [], room) == tools


def test_prices_go_with_their_tools() -> None:
    """The cache holds no tool alive."""
    gc.collect()
    before = len(_prices)
    tools: list[AnyTool] | None = [made(f"gone{n}") for n in range(5)]
    fits(tools or [], 5_000)
    assert len(_prices) == before + 5

    tools = None
    gc.collect()

    assert len(_prices) == before
