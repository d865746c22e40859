"""What of a reply is a script, and what is not."""

from __future__ import annotations

import pytest

from belljar.errors import MalformedReplyError
from belljar.script import Segment, decode_reply, detect, near_misses


def kinds(reply: str) -> list[tuple[str, str]]:
    """The segments as (kind, text), after checking that they are the reply."""
    segments = detect(reply)
    assert reply == "".join(segment.text for segment in segments)
    return [(segment.kind, segment.text) for segment in segments]


def sources(reply: str) -> list[str | None]:
    """The sources of the scripts in a reply."""
    return [segment.source for segment in detect(reply) if segment.kind == "script"]


def faults(reply: str) -> list[tuple[int, int, str]]:
    """Where and what is wrong with a malformed reply."""
    with pytest.raises(MalformedReplyError) as caught:
        detect(reply)
    return [(finding.line, finding.column, finding.message) for finding in caught.value.findings]


def test_f02_text_around_a_script_is_kept() -> None:
    """Text, script and text come out in order, exactly, with their places."""
    assert detect("Sure.\n<tool-calls>\nreturn 1\n</tool-calls> Done") == (
        Segment(kind="text", text="Sure.\n", source=None, line=1, column=1),
        Segment(kind="script", text="<tool-calls>\nreturn 1\n</tool-calls>", source="return 1\n", line=2, column=1),
        Segment(kind="text", text=" Done", source=None, line=4, column=14),
    )


def test_f09_thinking_text_and_script_stay_in_order() -> None:
    """Both thinking tags make thinking segments, in the order of the reply."""
    assert kinds("<thinking>a</thinking>b<tool-calls>c</tool-calls><think>d</think>") == [
        ("thinking", "<thinking>a</thinking>"),
        ("text", "b"),
        ("script", "<tool-calls>c</tool-calls>"),
        ("thinking", "<think>d</think>"),
    ]


def test_f19_a_fenced_block_is_not_executed() -> None:
    """A script in a Markdown fence is prose."""
    reply = "Write:\n```\n<tool-calls>\nreturn 1\n</tool-calls>\n```\n"
    assert kinds(reply) == [("text", reply)]


def test_f20_several_scripts_come_in_order() -> None:
    """Each block is a script of its own."""
    assert sources("<tool-calls>1</tool-calls> and <tool-calls>2</tool-calls>") == ["1", "2"]


def test_an_empty_reply_has_no_segments() -> None:
    """Nothing in, nothing out."""
    assert detect("") == ()


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r", "\u2028"])
def test_one_line_end_after_the_tag_is_not_source(line_end: str) -> None:
    """Line 1 of the source is the first line below the tag; further blank lines and trailing blanks are kept."""
    assert sources(f"<tool-calls>{line_end}{line_end}a {line_end}</tool-calls>") == [f"{line_end}a {line_end}"]


def test_source_beside_the_tag_is_exact() -> None:
    """Blanks beside the tag are part of the source."""
    assert sources("<tool-calls> a\n</tool-calls>") == [" a\n"]


@pytest.mark.parametrize(
    "reply",
    [
        "Use `<tool-calls>` and `</tool-calls>`.",
        "Use ``a ` <tool-calls>`` here",
        "A span may `run on\n<tool-calls>x</tool-calls>` to the next line",
        "~~~~ts\n~~~\n<tool-calls>\n~~~~~  \ntext",
        "   ```\n<tool-calls>\n  ````",
        "a\n``` never closed\n<tool-calls>",
        "~~~ `info` may have backticks\n<tool-calls>x</tool-calls>",
        "```\r\n<tool-calls>\r\n```\r\n",
        "<tool_calls>x</tool_calls>",
        "<Tool-Calls>x</Tool-Calls>",
        "<tool-calls >x</tool-calls >",
        '<tool-calls id="1">x',
        "\uff1ctool-calls\uff1ex",
        "<tool\u200d-calls>x",
    ],
)
def test_what_markdown_shows_as_code_is_prose(reply: str) -> None:
    """Tags in fences and code spans, and look-alikes of tags, are not executed."""
    assert {kind for kind, _ in kinds(reply)} == {"text"}


@pytest.mark.parametrize(
    "before",
    [
        "it`s ",
        "``a` ",
        "`a\n\nb` ",
        "`a\n```\nfence\n```\n",
        "\\`",
        "`a\\` ",
        "    ```\n",
        "```a`b\n",
        "~~\n",
        "```\ncode\n```\n",
        "x ```\n\n",
    ],
)
def test_a_script_after_what_is_no_code_is_a_script(before: str) -> None:
    """Unmatched backticks, escaped ones, indented or closed fences do not hide a script."""
    assert sources(f"{before}<tool-calls>x</tool-calls>") == ["x"]


def test_backticks_and_fences_inside_a_script_are_script() -> None:
    """Template literals, and fences in them, belong to the script."""
    source = "const a = `<thinking>`;\n```\n`b`"
    assert sources(f"<tool-calls>{source}</tool-calls>") == [source]


def test_a_closing_tag_in_a_string_ends_the_block() -> None:
    """Detection does not read the script: the first closing tag ends it."""
    assert faults('<tool-calls>"</tool-calls>"</tool-calls>') == [(1, 28, "this </tool-calls> closes nothing")]


def test_tags_inside_thinking_are_prose() -> None:
    """What a model thinks is not executed."""
    reply = "<think><tool-calls>x</tool-calls> ` ``` </thinking></think>"
    assert kinds(reply) == [("thinking", reply)]


def test_unclosed_thinking_takes_the_rest() -> None:
    """A reply that breaks off in a thought has nothing to run, and is not malformed."""
    assert kinds("a <think>b <tool-calls>c</tool-calls>") == [
        ("text", "a "),
        ("thinking", "<think>b <tool-calls>c</tool-calls>"),
    ]


def test_a_closing_thinking_tag_alone_is_text() -> None:
    """Some models leave the opening tag out."""
    assert kinds("</think>a</thinking>") == [("text", "</think>a</thinking>")]


def test_an_unclosed_block_names_its_line() -> None:
    """Line and column of the opening tag, columns in UTF-16 units."""
    assert faults("a\r\n\U0001f600 <tool-calls>x") == [(2, 4, "this <tool-calls> is never closed")]


def test_a_nested_block_names_both_lines() -> None:
    """The inner tag's place, and the line of the outer."""
    assert faults("<tool-calls>\na <tool-calls>b</tool-calls>\n</tool-calls>") == [
        (2, 3, "this <tool-calls> stands inside the one of line 1")
    ]


def test_all_faults_are_told_in_order() -> None:
    """One error carries them all, and no script of the reply comes out."""
    assert faults("</tool-calls>\n<tool-calls>1</tool-calls>\n<tool-calls>a\n<tool-calls>b") == [
        (1, 1, "this </tool-calls> closes nothing"),
        (3, 1, "this <tool-calls> is never closed"),
        (4, 1, "this <tool-calls> stands inside the one of line 3"),
    ]


def test_bytes_lose_their_byte_order_mark() -> None:
    """A reply as bytes is UTF-8."""
    assert decode_reply("\ufeffa\U0001f600".encode()) == "a\U0001f600"


def test_bytes_that_are_not_utf8_are_told_by_offset() -> None:
    """The byte's offset, and its line and column."""
    with pytest.raises(MalformedReplyError) as caught:
        decode_reply("\ufeffä\n\U0001f600".encode() + b"\xff")
    error = caught.value
    assert (error.line, error.column, error.details) == (2, 3, {"offset": 10})


@pytest.mark.parametrize(
    "tag",
    [
        "<tool_calls>",
        "<Tool-Calls>",
        "<tool-calls >",
        "< tool-calls>",
        '<tool-calls lang="ts">',
        "<toolcalls>",
        "</tool_calls>",
        "\uff1ctool-calls\uff1e",
        "<tool\u200b-calls>",
        "<tool-call>",
        "&lt;tool-calls&gt;",
    ],
)
def test_near_misses_are_told(tag: str) -> None:
    """A look-alike in prose is found with its place."""
    assert [(found.line, found.column) for found in near_misses(f"ok\n\U0001f600 {tag} x")] == [(2, 4)]


def test_near_misses_in_code_and_scripts_are_none() -> None:
    """What is code, thinking or script, and other tags, is not warned about."""
    reply = "`<tool_calls>` <tools>\n```\n<tool_calls>\n```\n<tool-calls>'<tool_calls>'</tool-calls><think><tool_calls>"
    assert near_misses(reply) == ()


def test_a_script_lost_in_unclosed_thinking_is_a_near_miss() -> None:
    """The reply is valid, and nothing ran: the harness can say why."""
    assert [(found.line, found.column, found.message) for found in near_misses("<think>\n <tool-calls>x")] == [
        (2, 2, "this <tool-calls> is inside thinking that is never closed")
    ]
