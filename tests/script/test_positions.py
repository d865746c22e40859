"""Excerpts, and the identity of a script."""

from __future__ import annotations

import hashlib

import pytest

from belljar.errors import UsageError
from belljar.script import Script, analyse, parse


def script(source: str) -> Script:
    """Any text as a script, to look at its excerpts."""
    return Script(source=source, sha256="", code=source)


EXCERPTS = {
    "a token": ("let a = 1;\nlet bcd = 2;", 2, 5, 3, "   2 | let bcd = 2;\n     |     ^^^"),
    "a tab before it": ("\tx", 1, 2, 1, "   1 |     x\n     |     ^"),
    "a wide character before it": ("'漢' x", 1, 5, 1, "   1 | '漢' x\n     |      ^"),
    "a character of two units before it": ("'😀' x", 1, 6, 1, "   1 | '😀' x\n     |      ^"),
    "behind the end of a line": ("ab\ncd", 1, 3, 1, "   1 | ab\n     |   ^"),
    "a column too far": ("ab", 1, 99, 5, "   1 | ab\n     |   ^"),
    "a line that is not there": ("ab", 7, 1, 1, "   7 | \n     | ^"),
    "a direction mark": ("a\u202eb", 1, 3, 1, "   1 | a<U+202E>b\n     |          ^"),
    "a control character": ("\x00", 1, 1, 1, "   1 | <U+0000>\n     | ^^^^^^^^"),
    "a CR LF": ("ab\r\ncd", 2, 2, 1, "   2 | cd\n     |  ^"),
}


@pytest.mark.parametrize("name", EXCERPTS)
def test_excerpts_put_the_caret_under_the_token(name: str) -> None:
    """As a terminal shows it, with nothing hidden."""
    source, line, column, width, excerpt = EXCERPTS[name]
    assert script(source).excerpt(line, column, width) == excerpt


def test_long_lines_are_cut_around_the_column() -> None:
    """Ninety-six units are shown, with an ellipsis at each cut."""
    excerpt = script("a" * 300 + "X" + "b" * 300).excerpt(1, 301)
    assert excerpt == f"   1 | …{'a' * 48}X{'b' * 47}…\n     | {' ' * 49}^"


def test_a_script_is_known_by_the_digest_of_its_source() -> None:
    """SHA-256 of the UTF-8, without a byte order mark."""
    assert parse("\ufeffreturn '\u00e9'").sha256 == hashlib.sha256("return '\u00e9'".encode()).hexdigest()


def test_the_profile_is_kept() -> None:
    """And must exist."""
    assert parse("return 1", profile="sealed").profile == "sealed"
    with pytest.raises(UsageError):
        analyse("return 1", profile="other")


def test_results_are_cached_by_text_tools_and_profile() -> None:
    """The same question gives the same object; the order of the tools does not matter."""
    first = parse("return tools.a()", tools=["a", "b"])
    assert parse("return tools.a()", tools=("b", "a")) is first
    assert parse("return tools.a()", tools=["a"]) is not first
    assert parse("return 1", tools=["a"], profile="sealed") is not parse("return 1", tools=["a"])


def test_the_cache_is_bounded() -> None:
    """After 200 other scripts the first is made anew."""
    first = parse("return 'first'")
    for number in range(200):
        parse(f"return {number}")
    again = parse("return 'first'")
    assert again == first
    assert again is not first
