"""A reply in chunks gives what the whole reply gives."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from belljar.errors import MalformedReplyError, UsageError
from belljar.script import Detector, Segment, detect

PIECES = """<tool-calls> </tool-calls> <think> </think> <thinking> </thinking> ` `` ``` ~~~ \\ \\` a x< <t <tool-c
            js > 😀 <tool-calls>q</tool-calls> <tool-calls>`r`</tool-calls>""".split()  # noqa: SIM905 a table of words
REPLIES = st.lists(st.sampled_from([*PIECES, "\n", "\r\n", "\r", "\n\n", " ", "   ", "\t"]), max_size=24).map("".join)

Faults = list[tuple[str, int, int]]


def merged(segments: Iterable[Segment]) -> tuple[Segment, ...]:
    """Neighbouring texts joined."""
    out: list[Segment] = []
    for segment in segments:
        if out and out[-1].kind == segment.kind == "text":
            out[-1] = replace(out[-1], text=out[-1].text + segment.text)
        else:
            out.append(segment)
    return tuple(out)


def streamed(chunks: Iterable[str]) -> tuple[Segment, ...] | Faults:
    """What a detector makes of chunks."""
    detector = Detector()
    out = [segment for chunk in chunks for segment in detector.feed(chunk)]
    try:
        return merged([*out, *detector.close()])
    except MalformedReplyError as error:
        return [(finding.message, finding.line, finding.column) for finding in error.findings]


def whole(reply: str) -> tuple[Segment, ...] | Faults:
    """What `detect` makes of the reply."""
    try:
        return detect(reply)
    except MalformedReplyError as error:
        return [(finding.message, finding.line, finding.column) for finding in error.findings]


@settings(max_examples=400, deadline=None, derandomize=True)
@given(REPLIES, st.lists(st.integers(1, 12), min_size=1))
def test_every_split_gives_the_same_segments(reply: str, sizes: list[int]) -> None:
    """However a reply is cut into chunks, the segments are those of the whole, and so are the faults."""
    chunks: list[str] = []
    at = 0
    while at < len(reply):
        size = sizes[len(chunks) % len(sizes)]
        chunks.append(reply[at : at + size])
        at += size
    assert streamed(chunks) == whole(reply)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(REPLIES)
def test_character_by_character_is_the_same(reply: str) -> None:
    """The finest split of all."""
    assert streamed(reply) == whole(reply)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text())
def test_segments_join_to_any_text(reply: str) -> None:
    """Nothing is lost or added, whatever the text."""
    assert "".join(segment.text for segment in detect(reply)) == reply


def texts(segments: list[Segment]) -> list[str]:
    return [segment.text for segment in segments]


def test_text_comes_out_at_once() -> None:
    """Text that can no longer be part of a tag does not wait."""
    detector = Detector()
    assert texts(detector.feed("Hello <")) == ["Hello "]
    assert texts(detector.feed("world `code")) == ["<world `code"]
    assert texts(detector.feed(" more")) == [" more"]


def test_half_a_tag_never_comes_out() -> None:
    """A tag waits until it is whole; the script comes out in one piece when it is closed."""
    detector = Detector()
    assert texts(detector.feed("a<tool-")) == ["a"]
    assert texts(detector.feed("calls>1")) == []
    assert texts(detector.feed("</tool-calls")) == []
    assert texts(detector.feed(">b")) == ["<tool-calls>1</tool-calls>", "b"]


def test_a_tag_in_an_open_code_span_waits() -> None:
    """Whether it counts is known when the span is closed or its paragraph ends."""
    detector = Detector()
    assert texts(detector.feed("a `<tool-calls>")) == ["a `"]
    assert texts(detector.feed("` b")) == ["<tool-calls>` b"]
    assert texts(detector.feed(" `<tool-calls>1</tool-calls>")) == [" `"]
    assert texts(detector.feed("\n\n")) == ["<tool-calls>1</tool-calls>", "\n\n"]


def test_no_script_comes_out_after_a_fault() -> None:
    """The fault can be seen before the end, and `close` raises it."""
    detector = Detector()
    assert texts(detector.feed("</tool-calls><tool-calls>1</tool-calls>")) == ["</tool-calls>"]
    assert [finding.line for finding in detector.findings] == [1]
    with pytest.raises(MalformedReplyError, match="closes nothing"):
        detector.close()


def test_a_closed_detector_takes_nothing() -> None:
    """Each reply has its own detector."""
    detector = Detector()
    detector.close()
    with pytest.raises(UsageError):
        detector.feed("a")


REPLY = "Some `code`.\n\n```ts\nlet x = `a`;\n```\nnext <tool-calls>\nconst a = `b`;\n</tool-calls> it`s\n"


@pytest.mark.parametrize("unit", [REPLY, "`a", "``` ", "<tool-calls>", "</tool-calls>x", "\n```", "\n   ", "` ``"])
def test_detecting_is_linear(unit: str) -> None:
    """Ten times the text is ten times the characters examined, and at most four looks at each."""
    steps = [_steps(unit * (size // len(unit))) for size in (4_000, 40_000)]
    assert steps[1] < 11 * steps[0]
    assert steps[1] < 4 * 40_000


def test_ten_megabytes_take_two_looks_at_each_character() -> None:
    """Batch detection of a long reply: prose, and one script of 5 MB."""
    line = "A line of prose without anything to stop at, as most lines are.\n"
    reply = line * (5_000_000 // len(line)) + "<tool-calls>" + "x();\n" * 1_000_000 + "</tool-calls>"
    assert _steps(reply) < 2 * len(reply)


@pytest.mark.parametrize("unit", [REPLY, "a `b\n", "<tool-calls>", "` ``"])
def test_streaming_is_linear(unit: str) -> None:
    """Chunk by chunk too, doubling the text doubles the work; an open code span costs most."""
    steps = [_steps(*(unit * (size // len(unit)))) for size in (4_000, 8_000)]
    assert steps[1] < 3 * steps[0]


def _steps(*chunks: str) -> int:
    detector = Detector()
    for chunk in chunks:
        detector.feed(chunk)
    detector.finish()
    return detector.steps
