"""Secrets known by their form, their name, their want of order; and that no text makes the search for them slow."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from belljar.audit import _entropy, _named, _personal, _shapes, redact, redact_details
from belljar.audit._entropy import entropy_spans
from belljar.audit._named import named_spans
from belljar.audit._personal import personal_spans
from belljar.audit._shapes import SHAPES, Shape, Span, shape_spans

parser: Any = importlib.import_module("re._parser")
UNBOUNDED = 300
PATTERNS = {shape.name: shape.pattern for shape in SHAPES} | {
    f"{module.__name__.rpartition('.')[2]}.{name}": value
    for module in (_shapes, _named, _entropy, _personal)
    for name, value in vars(module).items()
    if isinstance(value, re.Pattern)
}

HOSTILE = {
    "one letter": "a" * 100_000,
    "digits": "4" * 100_000,
    "mixed": "aB3" * 33_333,
    "backslashes": "\\" * 100_000,
    "escapes": "\\n" * 50_000,
    "quotes": "\"'" * 50_000,
    "blanks": " " * 100_000,
    "hyphens": "-" * 100_000,
    "dotted": "a." * 50_000,
    "colons": "a:" * 50_000,
    "at signs": "a@" * 50_000,
    "assignments": "token=" * 16_666,
    "options": "--token" * 14_285,
    "key lines": "-----BEGIN PRIVATE KEY-----" * 3_700,
    "key headers": "-----BEGIN PRIVATE KEY-----A-b: c" * 3_000,
    "short rows": "-----BEGIN PRIVATE KEY-----\n" + "aB3\n" * 25_000,
    "rows": "-----BEGIN PRIVATE KEY-----\n" + ("aB3d" * 16 + "\n") * 1_500,
    "schemes": "http://" * 14_285,
    "addresses": "http://a:" * 11_111,
    "percent": "%3A%2F%2Fa%3A" * 7_692,
    "bearers": "Bearer " * 14_285,
    "cookies": "Cookie: a" * 11_111,
    "prefixes": "eyJsk-ghp_SG.hvs.xoxb-AKIA" * 3_846,
    "dots of tokens": "eyJaaaaaaaaaa." * 7_142,
}


def redacted_parts(spans: Callable[[str], Iterable[Span]], text: str) -> list[str]:
    return [text[start:end] for start, end in spans(text)]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_the_example_of_each_form_is_taken_out_of_a_text(shape: Shape) -> None:
    """For the log and for an approver, in any kind of string, and as a key."""
    secret = next(iter(redacted_parts(lambda text: _shapes.spans_of(shape, text), shape.example)))
    text = f"before {shape.example}\nafter"

    assert any(mark in shape.example for mark in shape.marks)
    assert redact_details(text).startswith("before ")
    assert redact_details(text).endswith("\nafter")
    for function in (redact, redact_details):
        assert secret not in function(text)
        assert secret not in str(function({text: [text]}))


def test_the_forms_have_different_names() -> None:
    """A table with a name twice has lost one."""
    assert len({shape.name for shape in SHAPES}) == len(SHAPES) == 72


@pytest.mark.parametrize("name", sorted(PATTERNS))
def test_no_expression_can_go_back_over_more_than_a_bounded_part(name: str) -> None:
    """Each repeat is possessive, or bounded and with no other such repeat inside; so a match costs what it reads."""
    assert list(backtracking(parser.parse(PATTERNS[name].pattern))) == []


def test_the_check_of_expressions_finds_what_it_looks_for() -> None:
    """Nested and unbounded repeats are found, possessive ones are let through."""
    found = [
        bool(list(backtracking(parser.parse(text)))) for text in (r"(a+)+", r"a*b", r"(?:a{1,9}b){1,9}", r"(?:a++b)*+c")
    ]

    assert found == [True, True, True, False]


def backtracking(tree: Any, *, is_inside: bool = False) -> Iterator[tuple[int, int]]:
    """The repeats that can give back without a bound, or inside of another that can."""
    for operation, argument in tree:
        gives_back = str(operation) in ("MAX_REPEAT", "MIN_REPEAT") and argument[0] != argument[1]
        if gives_back and (is_inside or argument[1] > UNBOUNDED):
            yield argument[0], int(argument[1])
        inside = is_inside or gives_back
        yield from (each for part in parts_of(argument) for each in backtracking(part, is_inside=inside))


def parts_of(argument: Any) -> Iterator[Any]:
    if isinstance(argument, parser.SubPattern):
        yield argument
    elif isinstance(argument, (tuple, list)):
        for each in argument:
            yield from parts_of(each)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_of_100_kilobytes_come_to_an_end(name: str) -> None:
    """Every rule over all of it, as the windows of a long text would never be."""
    text = HOSTILE[name]
    assert len(text) > 95_000
    for rule in (shape_spans, named_spans, entropy_spans, personal_spans):
        assert all(0 <= start < end <= len(text) for start, end in rule(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("DB_PASSWORD=hunter22 ./run", ["hunter22"]),
        ('{"apiKey": "abcdefgh"}', ["abcdefgh"]),
        ('{\\"apiKey\\": \\"abcdefgh\\"}', ["abcdefgh"]),
        ("line\\nAPI_KEY=abc12345", ["abc12345"]),
        ("q=1&access_token=abc12345&page=2", ["abc12345"]),
        ("run --password=hunter22 --fast", ["hunter22"]),
        ('<add key="API_KEY" value="abcdefg1"/>', ["abcdefg1"]),
        ("run=PASSWORD=hunter22", ["hunter22"]),
        ("the password is hunter22", ["hunter22"]),
        ("token: string; secret: SecretName", []),
        ("password_file=/run/secrets/db1", []),
        ("max_tokens=10000000", []),
        ("key: value12345", []),
        ("password=${DB_PASSWORD_1}", []),
        ("author=somebody1", []),
        ("auth = httpx2.Auth", []),
    ],
)
def test_names_tell_secrets_inside_of_texts(text: str, expected: list[str]) -> None:
    """The name must be of a secret, and the value no word and no stand-in."""
    assert redacted_parts(named_spans, text) == expected


@pytest.mark.parametrize(
    ("text", "is_taken"),
    [
        ("kQ8vZ2mX7pLr4TnB9wYc3HdF", True),
        ("kQ8vZ2mX7pLr4TnB9wYc3Hd", False),
        ("sha512-kQ8vZ2mX7pLr4TnB9wYc3HdF", False),
        ('"file_id": "kQ8vZ2mX7pLr4TnB9wYc3HdF"', False),
        ("data:image/png;base64,kQ8vZ2mX7pLr4TnB9wYc3HdF", False),
        ("0123456789abcdef0123456789abcdef01234567", False),
        ("0123456789ABCDEF0123456789ABCDEF01234567", False),
        ("VGhpcyBpcyBwbGFpbiB0ZXh0IGluIGJhc2U2NA==", False),
        ("src/components/Button2/ButtonGroup.test", False),
        ("getElementsByTagNameAndClassName2", False),
        ("aB3aB3aB3aB3aB3aB3aB3aB3aB3", False),
        ("kQ8vZ2mX7pLr4TnB9wYc3HdF" * 9, False),
    ],
)
def test_strings_without_order_are_told_from_names_and_digests(text: str, is_taken: bool) -> None:
    """Long enough, three classes of characters that change often, and nothing beside that says what it is."""
    assert bool(list(entropy_spans(text))) == is_taken


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mail mara.tobias+x@mail.lakeside.co.uk now", ["mara.tobias+x@mail.lakeside.co.uk"]),
        ("a@b.de", ["a@b.de"]),
        ("<yuki@fjord.io>", ["yuki@fjord.io"]),
        ("git@github.com:org/repo.git icon@2x.png a@localhost x@4.17.21", []),
        ("4111 1111 1111 1111", ["4111 1111 1111 1111"]),
        ("4111-1111-1111-1111.", ["4111-1111-1111-1111"]),
        ("378282246310005", ["378282246310005"]),
        ("3782 822463 10005", ["3782 822463 10005"]),
        ("4111 1111-1111 1111", []),
        ("4111111111111112", []),
        ("1111111111111117", []),
        ("DE89 3704 0044 0532 0130 00", []),
        ("DE57 2449 0784 8609 4346 80", []),
        ("2449 0784 8609 4346 80", ["2449 0784 8609 4346"]),
        ("4111 1111 1111 1111 12/27 123", ["4111 1111 1111 1111"]),
        ("1767225600000", []),
    ],
)
def test_personal_data_is_known_by_its_form(text: str, expected: list[str]) -> None:
    """Cards by issuer, length, grouping and check digit; an IBAN stays."""
    assert redacted_parts(personal_spans, text) == expected
