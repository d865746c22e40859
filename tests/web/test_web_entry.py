"""Who may enter: tokens, sessions, how often."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from belljar.errors import UsageError
from belljar.web import People, Rate
from belljar.web._attempts import Attempts
from belljar.web._buckets import Buckets
from belljar.web._people import clean_name, new_token
from belljar.web._sessions import Sessions

TOKEN = "correct-horse-battery"  # noqa: S105 - of these tests


class Clock:
    """Time that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def people_of(folder: Path, text: str) -> People:
    file = folder / "tokens"
    file.write_text(text, encoding="utf-8")
    file.chmod(0o640)
    return People.from_file(file)


def test_a_token_file_gives_each_person_a_token(tmp_path: Path) -> None:
    """Names with blanks and colons in the token; comments and empty lines count for nothing."""
    people = people_of(tmp_path, f"# who\n\nAnn Lee : {TOKEN}:1\nBob:{TOKEN}-2\n")
    found = [people.find(token) for token in (f"{TOKEN}:1", f"{TOKEN}-2", TOKEN)]

    assert [entry.name if entry is not None else "nobody" for entry in found] == ["Ann Lee", "Bob", "nobody"]
    assert people.is_named


def test_a_file_with_one_token_is_shared(tmp_path: Path) -> None:
    """Whoever has it says who they are."""
    people = people_of(tmp_path, f"{TOKEN}\n")

    assert not people.is_named
    assert people.find(TOKEN) == People.shared(TOKEN).entries[0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the token file FILE is empty"),
        (f"Ann:{TOKEN}\nBob\n", "line 2 of the token file FILE is not NAME:TOKEN"),
        (f" :{TOKEN}\n", "line 1 of the token file FILE is not NAME:TOKEN"),
        ("Ann:short\n", "the token in line 1 of FILE has 5 characters, and 16 are the least"),
        ("short\n", "the token has 5 characters, and 16 are the least"),
        (f"Ann:{TOKEN}\nann:{TOKEN}2\n", "the token file FILE has one name twice"),
        (f"belljar:{TOKEN}\n", "'belljar' cannot be a person's name"),
        (f"Somebody:{TOKEN}\n", "'Somebody' cannot be a person's name"),
        (f"api:{TOKEN}\n", "'api' cannot be a person's name"),
        (f"Ann:{TOKEN}\nBob:{TOKEN}\n", "the token file FILE has one token twice"),
    ],
)
def test_a_token_file_that_cannot_be_meant_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """With the line, and never with a token."""
    with pytest.raises(UsageError) as refused:
        people_of(tmp_path, text)

    assert refused.value.message.replace(str(tmp_path / "tokens"), "FILE") == message


def test_a_token_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """As a usage error."""
    with pytest.raises(UsageError):
        People.from_file(tmp_path / "nowhere")


@pytest.mark.skipif(os.name != "posix", reason="files have no such modes here")
def test_a_token_file_that_everybody_may_read_is_refused(tmp_path: Path) -> None:
    """Whoever reads it can be anybody in it."""
    people_of(tmp_path, TOKEN)
    (tmp_path / "tokens").chmod(0o644)
    with pytest.raises(UsageError) as refused:
        People.from_file(tmp_path / "tokens")

    assert refused.value.hint == f"chmod o= {tmp_path / 'tokens'}"


def test_a_name_is_one_line() -> None:
    """What stands in a decision has no line breaks, an end, and nothing hidden."""
    assert clean_name("  Ann \n Lee ") == "Ann Lee"
    assert clean_name("Ann\u202eeeL\u200b") == "Ann\\u202eeeL\\u200b"
    assert len(clean_name("x" * 500)) == 80


def test_made_tokens_differ() -> None:
    """And are long enough to be taken."""
    one, other = new_token(), new_token()

    assert one != other
    assert People.shared(one).find(one) is not None
    assert TOKEN not in repr(People.shared(TOKEN))


def test_a_session_is_what_was_sealed() -> None:
    """Its cookie opens to the same session."""
    sessions = Sessions(lifetime_s=60, clock=Clock())
    session = sessions.new('Änn "the" Lee;')

    assert sessions.open(sessions.seal(session)) == session
    assert session.is_signed_in
    assert not sessions.new().is_signed_in


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.integers(0, 200), st.characters(codec="utf-8"))
def test_a_changed_cookie_opens_nothing(at: int, character: str) -> None:
    """At whatever place it was changed."""
    sessions = Sessions(lifetime_s=60, clock=Clock(), key=b"k" * 32)
    cookie = sessions.seal(sessions.new("Ann"))
    at %= len(cookie)
    changed = cookie[:at] + character + cookie[at + 1 :]

    assert changed == cookie or sessions.open(changed) is None


@pytest.mark.parametrize("cookie", [None, "", ".", "a.b", "é.é", "a" * 10_000])
def test_what_is_no_cookie_opens_nothing(cookie: str | None) -> None:
    """Whatever a browser sends."""
    assert Sessions(lifetime_s=60, clock=Clock()).open(cookie) is None


def test_a_session_ends_with_its_time() -> None:
    """To the second."""
    clock = Clock()
    sessions = Sessions(lifetime_s=60, clock=clock)
    session = sessions.new("Ann")
    cookie = sessions.seal(session)
    clock.now += 59.9
    assert sessions.open(cookie) == session
    clock.now += 0.1

    assert sessions.open(cookie) is None
    assert not sessions.is_live(session)


def test_a_session_that_was_signed_out_is_over_everywhere() -> None:
    """A copy of the cookie is worth nothing; others go on; what has ended by itself is forgotten."""
    clock = Clock()
    sessions = Sessions(lifetime_s=60, clock=clock)
    one, other = sessions.new("Ann"), sessions.new("Bob")
    sessions.end(one)

    assert sessions.open(sessions.seal(one)) is None
    assert sessions.open(sessions.seal(other)) == other
    clock.now += 61
    sessions.end(other)
    assert list(sessions._ended) == [other.id]


def test_a_form_belongs_to_its_session() -> None:
    """Its token is another one for another session, and for another server."""
    sessions = Sessions(lifetime_s=60, clock=Clock())
    one, other = sessions.new("Ann"), sessions.new("Ann")
    token = sessions.form_token(one)

    assert sessions.is_form_token(one, token)
    assert not any(sessions.is_form_token(other, each) for each in (token, "", "é"))
    assert not Sessions(lifetime_s=60, clock=Clock()).is_form_token(one, token)


def test_a_bucket_gives_a_burst_and_then_so_many_a_second() -> None:
    """Each address has its own."""
    clock = Clock()
    buckets = Buckets(Rate(burst=2, per_s=0.5), clock)

    assert [buckets.wait_s("a") for _ in range(3)] == [0, 0, 2]
    assert buckets.wait_s("b") == 0
    clock.now += 2
    assert [buckets.wait_s("a") for _ in range(2)] == [0, 2]


def test_a_bucket_is_looked_into_and_nothing_is_taken() -> None:
    """However often."""
    buckets = Buckets(Rate(burst=1, per_s=0.5), Clock())

    assert [buckets.until_s("a") for _ in range(3)] == [0, 0, 0]
    assert [buckets.wait_s("a"), buckets.until_s("a"), buckets.until_s("b")] == [0, 2, 0]


def test_a_right_token_is_no_guess_for_an_hour() -> None:
    """Of that address; each use begins the hour anew, and what is over is forgotten."""
    clock = Clock()
    attempts = Attempts(Rate(burst=1, per_s=0.0001), clock)
    ann, bob = (People.shared(token).entries[0] for token in (TOKEN, TOKEN + "2"))
    assert [attempts.wait_s("a", ann), attempts.wait_s("a", None)] == [0, 0]
    clock.now += 3599

    assert [attempts.wait_s("a", ann), attempts.wait_s("b", bob)] == [0, 0]
    assert attempts.wait_s("a", bob) > 0
    clock.now += 3600
    assert attempts.wait_s("a", ann) > 0
    clock.now += 10_000
    assert attempts.wait_s("a", bob) == 0
    assert list(attempts._right) == [("a", bob.digest)]


def test_a_flood_of_addresses_costs_no_more_memory() -> None:
    """The one that was quiet longest is forgotten."""
    buckets = Buckets(Rate(burst=1, per_s=1), Clock())
    for number in range(10_050):
        buckets.wait_s(f"10.0.{number >> 8}.{number & 255}")

    assert len(buckets._left) == 10_000
