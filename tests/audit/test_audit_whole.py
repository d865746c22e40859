"""Secrets in whole texts: found wherever they stand, taken out of a value of which nothing else changes."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from belljar.audit import REDACTED, SecretSpan, redacted_whole, secret_spans
from belljar.audit._shapes import SHAPES, Shape, spans_of

TOKEN = "ghp_" + "a1B2c3D4e5" * 4
ROWS = ("aB3d" * 16 + "\n") * 3_000
WINDOW = 65_536


def found(text: str, **options: Any) -> list[tuple[str, str]]:
    return [(text[span.start : span.end], span.kind) for span in secret_spans(text, **options)]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_each_form_is_found_and_named(shape: Shape) -> None:
    """The kind is the name of the form; a name that stands before it changes nothing."""
    start, end = next(iter(spans_of(shape, shape.example)))
    spans = secret_spans(f"x\n{shape.example}\n")

    assert SecretSpan(start + 2, end + 2, shape.name) in spans or spans[0].start <= start + 2 < end + 2 <= spans[0].end


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("DB_PASSWORD=hunter22", [("hunter22", "named secret")]),
        (f"DB_PASSWORD={TOKEN}", [(TOKEN, "github token")]),
        (f"{TOKEN} {TOKEN}", [(TOKEN, "github token")] * 2),
        ("api-token==1.2.345", []),
        ("if password == expected1:", []),
        ("mara@lakeside.co.uk 4111 1111 1111 1111 kQ8vZ2mX7pLr4TnB9wYc3HdF", []),
        ("sha256:" + "0a1b2c3d" * 8, []),
        ("", []),
        ("a", []),
    ],
)
def test_a_place_is_told_once_and_by_its_surest_rule(text: str, expected: list[tuple[str, str]]) -> None:
    """Pins, comparisons, hashes and personal data are no secrets here."""
    assert found(text) == expected


def test_a_registered_secret_is_found_in_its_usual_forms() -> None:
    """As it is, in base64, in hexadecimal, percent-encoded; also where it is no longer than a word."""
    text = "a s3cr t! b czNjciB0IQ c 7333637220742 1 d s3cr%20t%21 e 73336372207421"

    assert found(text, secrets=["s3cr t!"]) == [
        ("s3cr t!", "registered secret"),
        ("czNjciB0IQ", "registered secret"),
        ("s3cr%20t%21", "registered secret"),
        ("73336372207421", "registered secret"),
    ]
    assert found("ab", secrets=["ab"]) == [("ab", "registered secret")]


HIDING = "\0\x01\x08\x1b\x7f\x85\xad\u061c\u180e\u200b\u200d\u2028\u202e\u2060\ufeff"


@given(
    st.lists(st.text(st.sampled_from(HIDING + "\r"), max_size=2), min_size=17, max_size=17), st.text("a \n", max_size=4)
)
@settings(derandomize=True, deadline=None, max_examples=100)
def test_nothing_that_nobody_sees_hides_a_secret(between: list[str], around: str) -> None:
    """Whatever stands between its letters, the zeros of UTF-16 too: it is one place from its first to its last."""
    hidden = "".join(letter + gap for letter, gap in zip("correct horse 42x", between, strict=True))[
        : -len(between[-1]) or None
    ]
    text = f"{around}{hidden}{around}"

    assert found(text, secrets=["correct horse 42x"]) == [(hidden, "registered secret")]
    assert len(f"{redacted_whole(text, secrets=['correct horse 42x'])}.".splitlines()) == len(f"{text}.".splitlines())


def test_a_form_is_seen_through_what_hides_and_a_text_of_two_line_feeds_is_none() -> None:
    """A token in UTF-16 that was read as UTF-8; the ends of lines of Windows are no marks."""
    assert found("\0".join(TOKEN)) == [("\0".join(TOKEN), "github token")]
    assert found("correct\r\nhorse", secrets=["correcthorse"]) == []


def test_a_registered_secret_names_what_a_form_overlaps() -> None:
    """The two are one place, and the surer rule tells its kind."""
    assert found(f"x {TOKEN}", secrets=[TOKEN[:20]]) == [(TOKEN, "registered secret")]


@pytest.mark.parametrize("place", [0, 1, 57_000, 57_344, 60_000, 65_500, 65_536, 70_000, 130_000, 199_000])
def test_a_secret_is_found_wherever_in_a_long_text_it_stands(place: int) -> None:
    """Also across the ends of the windows in which a long text is read."""
    filler = "word " * 40_000
    text = f"{filler[:place]}\nAPI_TOKEN={TOKEN}\n{filler[place:]}"

    assert found(text) == [(TOKEN, "github token")]


@pytest.mark.parametrize("before", [0, 56_000, 57_343, 60_000])
def test_a_secret_longer_than_a_window_is_found_to_its_end(before: int) -> None:
    """A key of 195 kB is one place, and no row of it stays."""
    key = f"-----BEGIN PRIVATE KEY-----\n{ROWS}-----END PRIVATE KEY-----\n"
    text = "x" * before + "\n" + key + "tail\n" * 20_000
    assert len(key) > 2 * WINDOW

    clean = redacted_whole(text)
    assert [span.kind for span in secret_spans(text)] == ["private key"]
    assert "aB3d" not in clean
    assert clean.count("\n") == text.count("\n")
    assert clean.endswith("-----END PRIVATE KEY-----\n" + "tail\n" * 20_000)


def test_windows_find_what_one_look_finds() -> None:
    """A text of many windows with a secret in each kilobyte: none is lost, none told twice, none made up."""
    line = f"value {TOKEN} and DB_PASSWORD=hunter22 {'z' * 900}\n"
    count = 300

    assert found(line * count) == [(TOKEN, "github token"), ("hunter22", "named secret")] * count


def test_the_copy_is_the_same_tree_with_nothing_shortened() -> None:
    """Long texts, many items, deep nesting, numbers and None stay; secrets go, in keys too."""
    value = {
        "text": f"first\r\nAPI_TOKEN={TOKEN}\nlast " + "x" * 100_000,
        "list": [*range(100), 1.5, None, True],
        "password": {"of": ["anything"]},
        "token": None,
        "apiKey": False,
        TOKEN: 1,
        "ghp_" + "b" * 30 + "1" * 10: 2,
    }

    assert redacted_whole(value) == {
        "text": f"first\r\nAPI_TOKEN={REDACTED}\nlast " + "x" * 100_000,
        "list": [*range(100), 1.5, None, True],
        "password": REDACTED,
        "token": None,
        "apiKey": False,
        REDACTED: 1,
        f"{REDACTED} (2)": 2,
    }
    assert list(redacted_whole({"b": 1, "a": 2})) == ["b", "a"]


def test_a_number_that_holds_a_registered_secret_goes() -> None:
    """A PIN is a secret as a number too."""
    assert redacted_whole([4321, 943210, 5.4321, 4320, True], secrets=["4321"]) == [REDACTED] * 3 + [4320, True]


def test_texts_can_be_changed_before_they_are_looked_at_and_bytes_stand_for_something() -> None:
    """Keys too, and those that are the same afterwards are two; without a word for them, bytes stay."""
    value = {"a_b": f"x_{TOKEN}", "ab": [b"x"], "pass_word": "short"}

    clean = redacted_whole(
        value, first=lambda text: text.replace("_", ""), data=bytes.upper, secrets=[TOKEN.replace("_", "")]
    )

    assert clean == {"ab": f"x{REDACTED}", "ab (2)": [b"X"], "password": REDACTED}
    assert redacted_whole([b"x"]) == [b"x"]


def test_what_is_given_is_not_changed() -> None:
    """The copy shares no list and no object with the original."""
    value = {"a": [TOKEN, {"b": TOKEN}]}

    redacted_whole(value)
    assert value == {"a": [TOKEN, {"b": TOKEN}]}


def test_no_nesting_is_too_deep() -> None:
    """100,000 lists in one another come out as deep as they went in."""
    value: list[Any] = [TOKEN]
    for _ in range(100_000):
        value = [value]
    inner = redacted_whole(value)

    for _ in range(100_000):
        inner = inner[0]
    assert inner == [REDACTED]


def test_many_keys_that_look_alike_cost_no_more_than_others() -> None:
    """Each gets the next number, without a search from the first."""
    keys = [f"ghp_{number:040d}aB" for number in range(4_000)]

    clean = redacted_whole(dict.fromkeys(keys, 1))
    assert len(clean) == 4_000
    assert list(clean)[-1] == f"{REDACTED} (4000)"


BREAKS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"


@given(st.text(st.sampled_from(f"aB1 :=\"'\\/@{BREAKS}"), max_size=80), st.integers(0, 80))
@settings(derandomize=True, deadline=None, max_examples=150)
def test_the_number_of_lines_is_kept(text: str, place: int) -> None:
    """Whatever ends a line, inside of a secret and outside."""
    secret = f"one{BREAKS}\r\ntwo"
    whole = text[:place] + secret + text[place:]
    clean = redacted_whole(whole, secrets=[secret])

    assert secret not in clean
    assert len(f"{clean}.".splitlines()) == len(f"{whole}.".splitlines())


HOSTILE = {
    "one letter": "a" * 400_000,
    "assignments": "token=" * 66_666,
    "key lines": "-----BEGIN PRIVATE KEY-----" * 14_800,
    "rows without an end": "-----BEGIN PRIVATE KEY-----\n" + "aB3dE5fG" * 50_000,
    "schemes": "http://" * 57_000,
    "addresses": "http://a:" * 44_000,
    "tokens": f"{TOKEN} " * 9_000,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_time_grows_with_the_text_and_no_faster(name: str) -> None:
    """Four times the text costs less than ten times the time, over whatever rules it wakes."""
    text = HOSTILE[name]

    def seconds(part: str) -> float:
        begin = time.process_time()
        secret_spans(part)
        return time.process_time() - begin

    assert seconds(text) < 10 * min(seconds(text[: len(text) // 4]) for _ in range(3)) + 0.05
