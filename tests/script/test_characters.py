"""Encoding, size and characters are checked before anything is parsed."""

from __future__ import annotations

import pytest

from belljar.errors import ScriptSyntaxError, ScriptTooLargeError
from belljar.script import analyse, parse


def found(source: str | bytes) -> list[tuple[int, int, str]]:
    """Place and message of every finding."""
    return [(finding.line, finding.column, finding.message) for finding in analyse(source).findings]


def test_bytes_and_text_are_the_same_script() -> None:
    """Bytes are UTF-8; a byte order mark is not part of the source."""
    assert parse("\ufeffreturn '\u00e9'".encode()) == parse("return '\u00e9'") == parse("\ufeffreturn '\u00e9'")


def test_bytes_that_are_not_utf8_are_refused_by_offset() -> None:
    """With line and column of the first wrong byte."""
    assert found("return 1;\n'\U0001f600".encode() + b"\xff'") == [(2, 4, "byte 15 (0xff) is not valid UTF-8")]


def test_invalid_utf8_is_an_error_before_parsing() -> None:
    """Whatever else would be wrong."""
    with pytest.raises(ScriptSyntaxError, match="byte 0"):
        parse(b"\xc0\xafeval(")


@pytest.mark.parametrize("source", ["x" * 20_001, "\u00e9" * 10_001, b"x" * 20_001, "[" * 1_000_000])
def test_a_source_over_the_limit_is_refused(source: str | bytes) -> None:
    """Counted in bytes of UTF-8, before anything is read."""
    with pytest.raises(ScriptTooLargeError):
        parse(source)


def test_a_source_at_the_limit_is_accepted() -> None:
    """20,000 bytes are allowed, and a byte order mark does not count."""
    source = "return 1;" + " " * 19_991
    assert parse(("\ufeff" + source).encode()).source == source


def test_the_limit_can_be_raised() -> None:
    """As a number of bytes."""
    assert parse("return 1;" + " " * 30_000, source_bytes=40_000).code.startswith("return 1;")


@pytest.mark.parametrize(
    ("char", "name"),
    [
        ("\x00", "U+0000 (control character)"),
        ("\x08", "U+0008 (control character)"),
        ("\x0b", "U+000B (control character)"),
        ("\x0c", "U+000C (control character)"),
        ("\x1b", "U+001B (control character)"),
        ("\x7f", "U+007F (control character)"),
        ("\x85", "U+0085 (control character)"),
        ("\u202e", "U+202E (right-to-left override)"),
        ("\u2066", "U+2066 (left-to-right isolate)"),
        ("\ud83d", "U+D83D (surrogate without its partner)"),
        ("\ude00", "U+DE00 (surrogate without its partner)"),
    ],
)
def test_some_characters_are_refused_even_in_strings(char: str, name: str) -> None:
    """Controls, direction marks and half characters, with their place."""
    assert found(f"return 1;\n'\U0001f600{char}'") == [(2, 4, f"{name} is not allowed in a script")]


@pytest.mark.parametrize("char", ["\u200b", "\u200d", "\u200e", "\u2060", "\ufeff", "\u00ad", "\u3164"])
def test_invisible_characters_are_refused_in_code(char: str) -> None:
    """Between tokens, in names, and in what a template computes."""
    findings = found(f"let a = 1;\nlet b{char} = `${{a{char}}}`")
    assert [(line, column) for line, column, text in findings if "invisible" in text] == [(2, 6), (2, 14)]


@pytest.mark.parametrize("marks", ["''", '""', "``", "//", "/**/", ["/*", "*/ 1 //"]])
def test_invisible_characters_are_text_in_text(marks: str | list[str]) -> None:
    """An emoji made of several characters may stand in strings, templates, comments and regular expressions."""
    half = len(marks) // 2
    before, after = "".join(marks[:half]), "".join(marks[half:])
    assert found(f"return {before}\U0001f469\u200d\U0001f4bb{after}") == []


def test_tabs_and_every_line_end_are_allowed() -> None:
    """LF, CR, CR LF, U+2028 and U+2029 each end a line."""
    assert found("let a\t= 1;\r\nlet b;\rlet c;\u2028let d;\u2029x") == [(5, 1, "'x' does not exist here")]


def test_many_bad_characters_are_told_up_to_a_hundred() -> None:
    """Enough for any reader."""
    assert len(found("\x00" * 15_000)) == 100
