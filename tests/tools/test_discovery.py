"""search and describe: how a script finds the tools that its prompt had no room for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Literal

import pytest
from pydantic import BaseModel

import belljar
from belljar.errors import ToolNotFoundError, ToolValidationError, UsageError
from belljar.journal import Journal
from belljar.tools import AnyTool, Registry, Tool, declarations, tool
from belljar.tools._discovery import discovery_tools, first_sentence, is_discovery


class Issue(BaseModel):
    """An issue."""

    number: int
    state: Literal["open", "closed"]


@tool(name="mcp.github.createIssue", approval="always")
def create_issue(title: str, labels: list[str] | None = None) -> Issue:
    """Open an issue, e.g. for a bug. Labels must exist.

    More about it.
    """
    return Issue(number=len(title) + len(labels or ()), state="open")


@tool(name="mcp.github.listIssues")
def list_issues(state: Literal["open", "closed"] = "open") -> list[Issue]:
    """Issues of the repository."""
    return [Issue(number=1, state=state)]


@tool(name="mcp.mail.send")
def send(to: str, text: str) -> None:
    """Send an email."""


@tool
def ping() -> str:
    """Answer."""
    return "pong"


TOOLS: tuple[AnyTool, ...] = (create_issue, list_issues, send, ping)


def ask(source: str, tools: tuple[AnyTool, ...] = TOOLS) -> belljar.Outcome:
    """The outcome of a script that has the tools and discovery of them."""
    return belljar.run(source, tools=[*tools, *discovery_tools(lambda: tools)])


def call(which: int, arguments: dict[str, Any], tools: tuple[AnyTool, ...] = TOOLS) -> Any:
    """What search (0) or describe (1) answers, without a machine."""
    chosen = discovery_tools(lambda: tools)[which]
    function: Callable[[dict[str, Any]], Any] = chosen.fn
    return function(chosen.validate([arguments]))


def test_a_script_finds_a_tool_by_what_it_does() -> None:
    """Hits are plain data, best first: name, signature on one line, first sentence."""
    outcome = ask("return await tools.search({ query: 'open a new issue', limit: 2 })")

    assert outcome.value == [
        {
            "name": "mcp.github.createIssue",
            "signature": "mcp.github.createIssue(args: { title: string; labels?: string[] | null }): Promise<Issue>",
            "description": "Open an issue, e.g. for a bug.",
        },
        {
            "name": "mcp.github.listIssues",
            "signature": 'mcp.github.listIssues(args?: { state?: "open" | "closed" }): Promise<Issue[]>',
            "description": "Issues of the repository.",
        },
    ]


def test_a_script_reads_a_declaration_and_calls_the_tool_in_one_go() -> None:
    """What search finds can be described and called by the same script."""
    outcome = ask(
        "const [hit] = await tools.search('answer');\n"
        "const text = await tools.describe(hit.name);\n"
        "return [hit.name, text.includes('ping(): Promise<string>'), await tools[hit.name]()];"
    )

    assert outcome.value == ["ping", True, "pong"]


def test_describe_gives_the_declarations_word_for_word() -> None:
    """Types included, shared ones once; a person's say is told where there is one."""
    described = call(1, {"names": ["mcp.github.createIssue", "mcp.github.listIssues"]})

    asked = "// A person may be asked before these run and may say no: mcp.github.createIssue\n"
    assert described == asked + declarations([create_issue, list_issues])
    assert call(1, {"name": "ping"}) == declarations([ping])


@pytest.mark.parametrize("name", ["mcp.github", "mcp.github.*", "tools.mcp.github", "*Issue*"])
def test_describe_takes_groups_and_patterns(name: str) -> None:
    """A group, the group's pattern, with or without `tools.`, and any pattern of names."""
    assert call(1, {"name": name}).endswith(declarations([create_issue, list_issues]))


def test_a_tool_is_described_once_however_often_it_is_named() -> None:
    """Names and the groups that hold them may overlap."""
    described = call(1, {"name": "mcp.mail.send", "names": ["mcp.mail", "tools.mcp.mail.send"]})

    assert described == declarations([send])


def test_describing_nothing_is_no_mistake() -> None:
    """The names of a search without hits can be passed on."""
    outcome = ask("return tools.describe({ names: (await tools.search({ query: 'xyzzy' })).map((t) => t.name) })")

    assert outcome.value == "// no tools\n"


def many(count: int) -> tuple[AnyTool, ...]:
    """Tools of one group with a long declaration each."""
    fields = {f"parameter_{n}": {"type": "string", "description": f"What {n} means."} for n in range(20)}
    return tuple(
        Tool.from_schema(
            lambda arguments: arguments,
            name=f"big.do{n}",
            description=f"Does {n}. Nothing else.",
            parameters={"type": "object", "properties": fields},
        )
        for n in range(count)
    )


def test_a_large_group_is_listed_instead() -> None:
    """24,000 characters are declared at most; a line for each tool says what to ask for."""
    assert call(1, {"name": "big"}, many(10)) == declarations(many(10))

    lines = call(1, {"name": "big"}, many(30)).splitlines()
    assert lines[0] == "// 30 tools. Describe some of them by name for their declarations."
    assert lines[1:] == [f"// big.do{n}: Does {n}." for n in range(30)]


def test_a_huge_group_is_cut() -> None:
    """200 lines at most, and the last says what is missing."""
    lines = call(1, {"name": "*"}, many(230)).splitlines()

    assert len(lines) == 202
    assert lines[0] == "// 230 tools. Describe some of them by name for their declarations."
    assert lines[-1] == "// and 30 more: give a narrower group or pattern"


def test_tools_asked_for_by_name_are_never_cut() -> None:
    """Exact names give exact declarations, whatever their size."""
    tools = many(50)

    assert call(1, {"names": [each.name for each in tools]}, tools) == declarations(tools)


def test_a_long_signature_and_description_are_cut_in_hits() -> None:
    """A hit stays small: 400 characters of signature and 160 of description; describe has the rest."""
    long = Tool.of(many(1)[0], description="word " * 100)

    [hit] = call(0, {"query": "do0"}, (long,))

    assert len(hit["signature"]) == 403
    assert hit["signature"].endswith("...")
    assert len(hit["description"]) == 160


def test_an_unknown_name_is_an_error_with_the_closest_names() -> None:
    """The script can catch it; uncaught, the model reads what it may have meant."""
    outcome = ask("return await tools.describe({ name: 'mcp.github.newIssue' })")

    assert isinstance(outcome.error, ToolNotFoundError)
    assert outcome.error.message == "there is no tool, group or pattern 'mcp.github.newIssue'"
    assert outcome.error.hint == "Did you mean mcp.github.createIssue or mcp.github.listIssues or mcp.mail.send?"
    assert outcome.error.details["closest"] == ["mcp.github.createIssue", "mcp.github.listIssues", "mcp.mail.send"]


def test_an_unknown_name_that_is_like_nothing_sends_to_search() -> None:
    """There is nothing to suggest."""
    with pytest.raises(ToolNotFoundError) as caught:
        call(1, {"name": "x" * 500})

    assert caught.value.hint == "Look for it with tools.search."
    assert len(caught.value.message) < 150


@pytest.mark.parametrize(
    ("which", "arguments", "problem"),
    [
        (0, {"query": "  ... "}, "query should have a word"),
        (0, {"query": "x" * 1_001}, "query should have at most 1,000 characters"),
        (0, {"query": "x", "limit": 0}, "limit should be from 1 to 50, got 0"),
        (0, {"query": "x", "limit": 51}, "limit should be from 1 to 50, got 51"),
        (0, {}, "query is missing"),
        (0, {"query": 5}, "query should be a string, got number 5"),
        (1, {}, "name should be a tool's name, or names a list of them"),
        (1, {"names": ["ping", 5]}, "name should be a tool's name, or names a list of them"),
        (1, {"names": ["ping"] * 51}, "names should have at most 50, got 51"),
    ],
)
def test_a_wrong_question_is_told_what_is_wrong(which: int, arguments: dict[str, Any], problem: str) -> None:
    """Each as a validation error that names the argument."""
    with pytest.raises(ToolValidationError) as caught:
        call(which, arguments)

    assert caught.value.message == f"{('search', 'describe')[which]}: the arguments did not fit: {problem}"


def test_a_query_without_words_learns_how_to_see_a_group() -> None:
    """`*` is what a model tries that wants to see everything."""
    outcome = ask("return await tools.search({ query: '*' })")

    assert outcome.error is not None
    assert outcome.error.hint == 'To see a whole group: tools.describe({ name: "GROUP.*" }).'


def test_discovery_follows_the_catalogue() -> None:
    """Between two calls tools come and go; what is there now is what is found."""
    tools: list[AnyTool] = [ping]
    search, describe = discovery_tools(lambda: tools)

    assert search.fn({"query": "send mail"}) == []
    tools.append(send)
    assert [hit["name"] for hit in search.fn({"query": "send mail"})] == ["mcp.mail.send"]
    tools.remove(send)
    assert search.fn({"query": "send mail"}) == []
    with pytest.raises(ToolNotFoundError):
        describe.fn({"name": "mcp.mail.send"})


def test_the_index_is_kept_while_the_tools_are_the_same() -> None:
    """A changed copy of a tool is another tool, even under the same name."""
    tools: list[AnyTool] = list(TOOLS)
    catalogue = discovery_tools(lambda: tools)[0].fn.__self__  # type: ignore[attr-defined]
    index = catalogue.index()

    tools = list(tools)
    assert catalogue.index() is index
    tools[3] = Tool.of(ping, description="Other.")
    assert catalogue.index() is not index


def test_discovery_does_not_find_itself() -> None:
    """The view may hold the discovery tools, as the registry does."""
    registry = Registry([*TOOLS, *discovery_tools(lambda: TOOLS)])
    search, describe = discovery_tools(lambda: registry)

    assert [each.name for each in registry if is_discovery(each)] == ["search", "describe"]
    assert search.fn({"query": "search describe find tools declarations"}) == []
    assert declarations(TOOLS) in describe.fn({"name": "*"})


@pytest.mark.parametrize("name", ["search", "describe.all"])
def test_a_host_that_has_such_a_name_itself_keeps_it(name: str) -> None:
    """Discovery steps aside, into a group of its own."""
    tools = (Tool.of(ping, name=name), send)

    search, describe = discovery_tools(lambda: tools)

    assert (search.name, describe.name) == ("catalogue.search", "catalogue.describe")
    assert ask("return (await tools.catalogue.search({ query: 'send' }))[0].name", tools).value == "mcp.mail.send"
    with pytest.raises(UsageError, match=r"two tools are named 'catalogue\.search'"):
        Registry([Tool.of(ping, name="catalogue.search"), search])


def test_two_scripts_may_search_at_the_same_time() -> None:
    """The index is built once; both get the same."""
    found = ask("return Promise.all([1, 2, 3, 4].map(() => tools.search({ query: 'email', limit: 1 })))").value

    assert [[hit["name"] for hit in hits] for hits in found] == [["mcp.mail.send"]] * 4


def test_discovery_is_journalled_and_counted_like_any_call() -> None:
    """It is in the journal with its arguments, and takes from the budget of calls."""
    journal = Journal()

    async def run() -> belljar.Outcome:
        tools = [*TOOLS, *discovery_tools(lambda: TOOLS)]
        async with belljar.Harness(tools, limits=belljar.Limits(tool_calls=1)) as harness:
            return await harness.run("await tools.search('ping'); return tools.describe('ping')", journal=journal)

    outcome = asyncio.run(run())

    assert outcome.error is not None
    assert outcome.error.code == "ToolBudgetExceededError"
    assert belljar.replay(journal).error is not None


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", ""),
        ("One", "One"),
        ("One. Two.", "One."),
        ("Is it, e.g. this one? Yes.", "Is it, e.g. this one?"),
        ("Version 1.5 of\n  it.\n\nMore.", "Version 1.5 of it."),
        ("列出问题。分页。", "列出问题。"),
        ("a\u202eb\u0000c", "abc"),
    ],
)
def test_the_first_sentence_is_found(text: str, sentence: str) -> None:
    """On one line, without characters that deceive."""
    assert first_sentence(text) == sentence
