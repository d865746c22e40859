"""Replies that a model writes, or is made to write, to run what nobody sees, or to keep the host busy."""

from __future__ import annotations

import asyncio
import time

import pytest
from support import echo

from belljar import Harness, Turn
from belljar.harness import ErrorItem, MessageItem, ScriptOutputItem

OPEN, CLOSE = "<tool-calls>", "</tool-calls>"


def processed(reply: str | bytes) -> Turn:
    """The turn of a reply."""

    async def process() -> Turn:
        async with Harness([echo]) as harness:
            return await harness.process(reply)

    return asyncio.run(process())


MALFORMED: dict[str, str | bytes] = {
    "block in a block": f"{OPEN}{OPEN}return 1{CLOSE}{CLOSE}",
    "thousands of blocks in blocks": OPEN * 2_000 + "return 1" + CLOSE * 2_000,
    "block that is not closed": f"{OPEN}return 1",
    "thousands of blocks that are not closed": OPEN * 2_000,
    "block that was never opened": f"return 1{CLOSE}",
    "good block before a bad one": f"{OPEN}return 1{CLOSE}{OPEN}return 2",
    "closing tag in a string": f"{OPEN}return '{CLOSE}'{CLOSE}",
    "bytes that are not UTF-8": b"\xff" + f"{OPEN}return 1{CLOSE}".encode(),
    "bytes of UTF-16": f"{OPEN}return 1{CLOSE}".encode("utf-16"),
    "tag with attributes": f"<tool-calls lang='ts'>return 1{CLOSE}",
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_reply_runs_nothing(name: str) -> None:
    """MalformedReplyError; not even a block that is well formed runs."""
    turn = processed(MALFORMED[name])
    assert turn.outcomes == ()
    assert [item.error.code for item in turn.items if isinstance(item, ErrorItem)] == ["MalformedReplyError"]


LOOKALIKES = (
    "<t\u043e\u043el-calls>return 1</t\u043e\u043el-calls>",
    "<tool\u200b-calls>return 1</tool\u200b-calls>",
    "<tool\u2011calls>return 1</tool\u2011calls>",
    "\uff1ctool-calls\uff1ereturn 1\uff1c/tool-calls\uff1e",
    "<TOOL-CALLS>return 1</TOOL-CALLS>",
    "<tool_calls>return 1</tool_calls>",
    "<\u202etool-calls>return 1<\u202e/tool-calls>",
    "<tool-calls\u00a0>return 1</tool-calls\u00a0>",
    "&lt;tool-calls&gt;return 1&lt;/tool-calls&gt;",
    "<\uff54ool-calls>return 1</\uff54ool-calls>",
    "<tool-calls\0>return 1</tool-calls\0>",
    "```\n<tool-calls>return 1</tool-calls>\n```",
    "<thinking><tool-calls>return 1</tool-calls></thinking>",
    "`<tool-calls>return 1</tool-calls>`",
)


@pytest.mark.parametrize("reply", LOOKALIKES)
def test_what_only_looks_like_a_block_runs_nothing(reply: str) -> None:
    """Letters that look like the tag's, and tags that Markdown or a thought shows, are prose."""
    assert processed(reply).outcomes == ()


LARGE: dict[str, str] = {
    "letters": "x" * 1_000_000,
    "lines": "abc def\n" * 120_000,
    "empty lines": "\n" * 200_000,
    "angle brackets": "<" * 1_000_000,
    "backticks": "`" * 1_000_000,
    "pairs of backticks": "` " * 50_000,
    "runs of backticks, each its own length": " ".join("`" * (n % 300 + 1) for n in range(2_000)),
    "fences": "```\n" * 30_000,
    "fences, each longer than the last": "\n".join("`" * (n + 3) for n in range(700)),
    "thoughts in thoughts": "<thinking>" * 20_000 + "</thinking>" * 20_000,
    "thoughts that are not closed": "<thinking>" * 20_000 + f"{OPEN}return 1{CLOSE}",
    "near misses": "<tool_calls>" * 5_000,
    "wide near misses": "\uff1ctool-calls\uff1e" * 5_000,
    "near misses with zero width spaces": "<tool\u200b-calls>" * 5_000,
    "near misses in Cyrillic": "<t\u043e\u043el-calls>" * 5_000,
    "spaces that are none": "\u00a0\u2003" * 100_000,
    "marks on one letter": "a" + "\u0301" * 200_000,
    "tags of another kind": "<div>" * 50_000,
    "tags that begin and do not end": "<tool-calls" * 20_000,
    "closing tags that begin and do not end": "</tool-calls" * 20_000,
    "wide tags that begin and do not end": "\uff1ctool-calls" * 20_000,
}


@pytest.mark.parametrize("name", LARGE)
def test_a_large_reply_takes_no_longer_than_its_length(name: str) -> None:
    """Nothing of it runs, and twice the reply takes about twice the time: half a second is plenty for all of these."""
    begun = time.monotonic()
    turn = processed(LARGE[name])
    assert time.monotonic() - begun < 1.0
    assert turn.outcomes == ()


@pytest.mark.slow
def test_ten_megabytes_are_prose() -> None:
    """Text of any size comes back as it was."""
    reply = "x" * 10_000_000
    (item,) = processed(reply).items
    assert item == MessageItem(text=reply)


def test_ten_megabytes_in_a_block_are_refused_unread() -> None:
    """ScriptTooLargeError, in the time that it takes to look for the closing tag."""
    turn = processed(f"{OPEN}{'x' * 10_000_000}{CLOSE}")
    assert [outcome.error.code for outcome in turn.outcomes if outcome.error] == ["ScriptTooLargeError"]


def test_thousands_of_blocks_stop_at_the_first_that_fails() -> None:
    """The rest is skipped, and said to be."""
    turn = processed(f"{OPEN}throw 1{CLOSE}" * 2_000)
    assert len(turn.outcomes) == 1
    assert len(turn.items) == 4_000
    rest = [item for item in turn.items[3:] if isinstance(item, ScriptOutputItem)]
    assert {item.summary for item in rest} == {"not run: a script before it failed"}


def test_blocks_cannot_see_each_other() -> None:
    """Each is a run on a machine of its own, though they stand in one reply."""
    first = f"{OPEN}Object.defineProperty(context, 'x', {{value: 1}}){CLOSE}"
    second = f"{OPEN}const tools2 = tools; return [typeof tools2, 'x' in context]{CLOSE}"
    turn = processed(f"{OPEN}try {{ context.x = 1 }} catch {{ }}; return 1{CLOSE}{second}")
    assert [outcome.value for outcome in turn.outcomes] == [1, ["object", False]]
    assert [outcome.ok for outcome in processed(first + second).outcomes] == [False]


def test_direction_marks_around_a_block_do_not_turn_it() -> None:
    """What runs is what stands between the tags, in the order of its characters; the marks stay in the prose."""
    turn = processed(f"\u202e{OPEN}return 'abc'{CLOSE}\u202c")
    assert [outcome.value for outcome in turn.outcomes] == ["abc"]
    assert [item.text for item in turn.items if isinstance(item, MessageItem)] == ["\u202e", "\u202c"]
