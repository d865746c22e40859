"""The analysis of regular expressions: which can take for ever, which grow by the square, and what is not judged."""

from __future__ import annotations

from time import thread_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from belljar.agents.security.js._ambiguity import MAX_POSITIONS, Blowup, blowup
from belljar.agents.security.js._pattern import MAX_DEPTH, MAX_LENGTH, parse_pattern

EXPONENTIAL = [
    r"(a+)+$", r"(a*)*$", r"(a|a)*$", r"(a|aa)+$", r"^(\w+\s?)*$", r"(.*)*x", r"^(([a-z])+.)+[A-Z]$", r"(x+x+)+y",
    r"([a-zA-Z0-9]+)*$", r"(\d{1,3}\.?)*$", r"^(?:a{1,5}){3,}$", r'"(?:\\.|.)*"', r"(?<n>a|[ab])+\k<n>",
    r"(?:a?b?)*c$|(?:aa|a)*d",
    r"(?=(a+)+$)b", r"[^]*(\u0061|a)+b",
]  # fmt: skip
POLYNOMIAL = [r"a*a*b", r"^\d+\.?\d*$", r"^(.*?)\s*$", r"\s+\s+x", r"[a-f]+[e-z]+!"]
HARMLESS = [
    r"(a+)+", r"a+b+c", r"^(?:[a-z0-9]+-)*[a-z]+$", r"^\s+|\s+$", r"(?:\\.|[^\\])*\"", r"(ab|ac)*d", r"(\d{1,3}\.){3}$",
    r"^\w+(?:\s\w+)*$", r"^[a-z](?:[a-z-]{0,61}[a-z])?$", r"([^]|a)*$", r"(?:é|[\xea-\xff])+$",
    r"(?:[\u0600-\u06ff]|[一-龥])*$",
    r"", r"()*", r"(?:)+x", r"[]a*a*", r"{a{1,b}+",
]  # fmt: skip
UNKNOWN = [r"(\p{L}+)+$", r"(a+", r"a+)+$", r"*a", r"[a", r"\u{zz}(a+)+$", r"(?<a(a+)+$", "\\"]


@pytest.mark.parametrize("pattern", EXPONENTIAL)
def test_two_ways_through_one_loop_are_exponential(pattern: str) -> None:
    """A repeat in a repeat, or branches in a repeat that begin alike, with something after them that may fail."""
    assert blowup(pattern) is Blowup.EXPONENTIAL


@pytest.mark.parametrize("pattern", POLYNOMIAL)
def test_two_loops_side_by_side_are_polynomial(pattern: str) -> None:
    """Repeats that share a character, with nothing between them that must be there."""
    assert blowup(pattern) is Blowup.POLYNOMIAL


@pytest.mark.parametrize("pattern", HARMLESS)
def test_one_way_for_each_text_is_harmless(pattern: str) -> None:
    """Loops that share nothing, are divided by a character of their own, or that nothing follows which may fail."""
    assert parse_pattern(pattern, "") is not None
    assert blowup(pattern) is None


@pytest.mark.parametrize("pattern", UNKNOWN)
def test_what_is_not_known_is_not_judged(pattern: str) -> None:
    """Property escapes and what is no regular expression have no tree."""
    assert parse_pattern(pattern, "") is None
    assert blowup(pattern) is None


def test_flags_decide_what_characters_are_equal() -> None:
    """With i both cases are one; with s a dot takes line ends; the set notation of v is not known."""
    assert [blowup(r"(a|A)+$", flags) for flags in ("", "i")] == [None, Blowup.EXPONENTIAL]
    assert [blowup(r"(.|\n)+x", flags) for flags in ("", "s")] == [None, Blowup.EXPONENTIAL]
    assert [blowup(r"([^]|a)+$", flags) for flags in ("", "m")] == [None, Blowup.EXPONENTIAL]
    assert [blowup(r"(a+)+$", flags) for flags in ("u", "v")] == [Blowup.EXPONENTIAL, None]


def test_length_depth_and_positions_are_bounded() -> None:
    """At each bound a pattern is judged, above it it is not."""
    bad = "(a+)+$"

    assert blowup(bad + "b{0}" * ((MAX_LENGTH - len(bad)) // 4)) is Blowup.EXPONENTIAL
    assert blowup(bad + "b" * MAX_LENGTH) is None
    assert blowup("(" * (MAX_DEPTH - 1) + bad + ")" * (MAX_DEPTH - 1)) is Blowup.EXPONENTIAL
    assert blowup("(" * (MAX_DEPTH + 1) + bad + ")" * (MAX_DEPTH + 1)) is None
    assert blowup("b" * (MAX_POSITIONS - 2) + bad) is Blowup.EXPONENTIAL
    assert blowup("b" * (MAX_POSITIONS - 1) + bad) is None


def test_a_pattern_whose_analysis_would_cost_too_much_is_not_judged() -> None:
    """Many loops around many branches: the links alone are beyond the bound."""
    branches = "|".join(chr(0x4E00 + number) for number in range(100))
    start = thread_time()

    assert blowup("(" * 20 + branches + ")*" * 20 + "$") is None
    assert thread_time() - start < 0.2


@settings(derandomize=True, deadline=None, max_examples=300)
@given(
    st.lists(st.sampled_from(["(", ")", "(?:", "(?=", "(?!", "|", "*", "+", "?", "{2}", "{1,3}", "{2,}", "a", "b", ".",
                              r"\w", r"\s", "[^a]", "[a-c]", "[", "]", "^", "$", r"\b", r"\1", "\\", "{", "}"]),
             max_size=30).map("".join),
    st.sampled_from(["", "i", "gs", "u"]),
)  # fmt: skip
def test_any_pattern_is_judged_or_left_alone(pattern: str, flags: str) -> None:
    """No pattern is an exception, and the same one has the same answer."""
    assert blowup(pattern, flags) is blowup(pattern, flags)
